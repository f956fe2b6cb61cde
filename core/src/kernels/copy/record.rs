//! Copies of elements that are records: only the bytes that hold values are written. Padding, and
//! the fields that a view does not show, stay as they are.
//!
//! An element is described by its [`ElementType`], whose parts are visited one by one: each part is
//! a range of bytes that is copied, exchanged or swapped. Nothing here is vectorised: what
//! could be is an element of contiguous bytes, which is copied as such.

#![allow(unsafe_code)]

use super::nonoverlapping::copy_nonoverlapping;
use super::swap::swap_in_place;
use crate::error::{Error, Result};
use crate::form::{Composite, ElementType, Leaf, store_unsigned};
use crate::format::Kind;
use crate::layout::{Layout, Order};
use crate::memory::Memory;
use crate::view::{RawView, View, Walk};

/// Stores the parts of the element in `bytes` at `pointer`. References to objects are left to
/// `exchange`, which is called with the place of each, and with that in `bytes`.
///
/// # Safety
/// `pointer` is valid for reads and writes of an element of `element_type`, and so is `bytes`,
/// which does not overlap it, but is only read here.
pub unsafe fn store(
    element_type: &ElementType,
    pointer: *mut u8,
    bytes: *mut u8,
    exchange: &mut dyn FnMut(*mut u8, *mut u8),
) {
    element_type.for_each_leaf(0, &mut |range, part| {
        let (place, new) = (pointer.wrapping_add(range.start), bytes.wrapping_add(range.start));
        // SAFETY: the range lies within the element, which the caller guarantees on both sides, and
        // the two do not overlap.
        unsafe {
            match part {
                Leaf::Scalar(_) | Leaf::Bytes => place.copy_from_nonoverlapping(new, range.len()),
                Leaf::Object => exchange(place, new),
                Leaf::Bits(unit, mask) => {
                    let mut masks = [0; size_of::<u64>()];
                    let masks = &mut masks[..range.len()];
                    store_unsigned(unit, mask, masks);
                    // A byte without bits of the field may be another field's.
                    for (index, &mask) in masks.iter().enumerate().filter(|&(_, &mask)| mask != 0) {
                        let (place, new) = (place.wrapping_add(index), new.wrapping_add(index));
                        place.write(place.read() & !mask | new.read() & mask);
                    }
                }
            }
        }
    });
}

/// Stores every element of one view in the same place of another, as [`store`] does.
///
/// # Safety
/// Both are of the same shape, and of elements of `element_type`; the target is writable. They do
/// not overlap.
///
/// # Errors
/// Returns an error with [`is_value`](Error::is_value) if the shapes differ.
pub unsafe fn store_all(
    element_type: &ElementType,
    target: RawView<'_>,
    source: RawView<'_>,
    exchange: &mut dyn FnMut(*mut u8, *mut u8),
) -> Result<()> {
    for run in Walk::new([target, source], Order::C)? {
        for index in 0..run.length {
            let (place, bytes) = (run.pointer(0, index), run.pointer(1, index));
            // SAFETY: a run leads to elements of both views, which the caller guarantees.
            unsafe { store(element_type, place, bytes, exchange) };
        }
    }
    Ok(())
}

/// Stores the same element in every element of a view without objects.
///
/// # Safety
/// The target's elements are of `element_type`, and valid for writes.
///
/// # Errors
/// Returns an error with [`is_value`](Error::is_value) if the bytes are not one element.
pub unsafe fn fill(element_type: &ElementType, target: RawView<'_>, element: &[u8]) -> Result<()> {
    let (have, want) = (element.len(), target.layout().itemsize());
    if have != want {
        return Err(Error::value(format!("{have} bytes are not one element of {want} bytes")));
    }
    let element = element.as_ptr().cast_mut();
    for run in Walk::from_view(target, Order::C) {
        for index in 0..run.length {
            // SAFETY: a run leads to elements of the view, which the caller guarantees, and which
            // do not overlap the bytes: a view's memory is in no `&[u8]` while it is written.
            unsafe { store(element_type, run.pointer(0, index), element, &mut no_objects) };
        }
    }
    Ok(())
}

/// For elements without objects.
pub fn no_objects(_place: *mut u8, _bytes: *mut u8) {}

/// Returns the elements of a view in C order and this machine's byte order, in memory of their own,
/// as [`write_native`] writes them.
///
/// # Errors
/// Returns the errors of [`to_memory`](super::to_memory).
pub fn to_native(view: &View<'_, Composite>) -> Result<Memory> {
    let contiguous = Layout::contiguous(view.layout().shape(), view.layout().itemsize())?;
    // SAFETY: `written` passes on new memory of exactly that size, which therefore does not overlap
    // the view, and all of it is written; a view's descriptor is the type of its elements.
    unsafe {
        Memory::written(contiguous.nbytes(), |start| {
            write_native(view.descriptor(), RawView::new(start, &contiguous), view.raw())
        })
    }
}

/// Copies every element of a view to the same place of another, in this machine's byte order. The
/// bytes of bit-fields and unions, which several fields share, stay in theirs, as in
/// [`ElementType::to_native`].
///
/// # Safety
/// The source's elements are of `element_type`; the target is writable, has the same shape and
/// itemsize, and does not overlap the source.
///
/// # Errors
/// Returns an error with [`is_value`](Error::is_value) if the shapes differ.
pub unsafe fn write_native(
    element_type: &ElementType,
    target: RawView<'_>,
    source: RawView<'_>,
) -> Result<()> {
    // SAFETY: the caller guarantees the target; a unit of 1 divides every element.
    unsafe { copy_nonoverlapping(target, source, 1)? };
    if element_type.is_native() {
        return Ok(());
    }
    for run in Walk::from_view(target, Order::C) {
        for index in 0..run.length {
            // SAFETY: a run leads to elements of the target, which the caller guarantees.
            unsafe { swap_numbers(element_type, run.pointer(0, index)) };
        }
    }
    Ok(())
}

/// Reverses the bytes of those numbers of one element that are in the other byte order.
///
/// # Safety
/// `element` is valid for reads and writes of an element of `element_type`.
unsafe fn swap_numbers(element_type: &ElementType, element: *mut u8) {
    element_type.for_each_leaf(0, &mut |range, part| {
        let Leaf::Scalar(scalar_type) = part else { return };
        if scalar_type.swapped {
            let numbers = 1 + usize::from(scalar_type.dtype.kind() == Kind::Complex);
            let (start, length) = (element.wrapping_add(range.start), range.len());
            // SAFETY: the range lies within the element, which the caller guarantees, and is one or
            // two numbers.
            unsafe { swap_in_place(start, length, length / numbers) };
        }
    });
}
