//! Elements of several parts: storing and turning around the bytes that hold
//! values, and no others. Padding, and the fields that a view does not show, stay as they are.

#![allow(unsafe_code)]

use crate::error::{Error, Result};
use crate::form::{Composite, ElementType, Leaf, store_unsigned};
use crate::format::Kind;
use crate::kernels::copy;
use crate::layout::{Layout, Order};
use crate::memory::Memory;
use crate::view::{RawView, View, Walk};

/// Stores the parts of the element in `bytes` at `pointer`. A reference to an object changes places:
/// the one that was in memory is in `bytes` after that.
///
/// # Safety
/// `pointer` is valid for reads and writes of an element of the form, as are `bytes`, which lie
/// apart from it; where there are no objects, they are only read.
pub unsafe fn exchange(element_type: &ElementType, pointer: *mut u8, bytes: *mut u8) {
    element_type.for_each_leaf(0, &mut |range, part| {
        let (place, new) = (pointer.wrapping_add(range.start), bytes.wrapping_add(range.start));
        // SAFETY: as the caller says: the range lies within the element, and slices of the bytes
        // live for one step alone.
        unsafe {
            match part {
                Leaf::Scalar(_) | Leaf::Bytes => place.copy_from_nonoverlapping(new, range.len()),
                Leaf::Object => std::ptr::swap_nonoverlapping(place, new, range.len()),
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

/// Stores every element of one view in the same place of another, as [`exchange`] does.
///
/// # Safety
/// Both are of the same shape, and of elements of the form; the target is writable, and so is the
/// source where there are objects. They lie apart.
///
/// # Errors
/// None for valid views.
pub unsafe fn exchange_all(
    element_type: &ElementType,
    target: RawView<'_>,
    source: RawView<'_>,
) -> Result<()> {
    for run in Walk::new([target, source], Order::C)? {
        for index in 0..run.length {
            // SAFETY: a run leads to elements of both; the rest is as the caller says.
            unsafe { exchange(element_type, run.pointer(0, index), run.pointer(1, index)) };
        }
    }
    Ok(())
}

/// Stores the same element in every element of a view without objects.
///
/// # Safety
/// The target's elements are of the form, and valid for writes.
///
/// # Errors
/// One that [`is_value`](Error::is_value) where the bytes are not one element.
pub unsafe fn fill(element_type: &ElementType, target: RawView<'_>, element: &[u8]) -> Result<()> {
    let (have, want) = (element.len(), target.layout().itemsize());
    if have != want {
        return Err(Error::value(format!("{have} bytes are not one element of {want} bytes")));
    }
    let mut element = element.to_vec();
    for run in Walk::from_view(target, Order::C) {
        for index in 0..run.length {
            // SAFETY: a run leads to elements of the view, which is writable, and apart from the
            // vector.
            unsafe { exchange(element_type, run.pointer(0, index), element.as_mut_ptr()) };
        }
    }
    Ok(())
}

/// The elements of a view, in C order and this machine's byte order, in memory of their own, as
/// [`write_native`] writes them.
///
/// # Errors
/// As those of [`copy::to_memory`].
pub fn to_native(view: &View<Composite>) -> Result<Memory> {
    let adjacent = Layout::contiguous(view.layout().shape(), view.layout().itemsize())?;
    // SAFETY: fresh memory for as many adjacent elements, all of which are written.
    unsafe {
        Memory::written(adjacent.nbytes(), |start| {
            write_native(view.descriptor(), RawView::new(start, &adjacent), view.raw())
        })
    }
}

/// Copies every element of a view to the same place of another, in this machine's byte order. The
/// bytes of bit-fields and unions, which several fields share, stay in theirs, as in
/// [`ElementType::to_native`].
///
/// # Safety
/// The source's elements are of the form; the target is writable, has the same shape and itemsize,
/// and lies apart from the source.
///
/// # Errors
/// None for valid views.
pub unsafe fn write_native(
    element_type: &ElementType,
    target: RawView<'_>,
    source: RawView<'_>,
) -> Result<()> {
    // SAFETY: as the caller says.
    unsafe { copy::copy_apart(target, source, 1)? };
    if element_type.to_native() == *element_type {
        return Ok(());
    }
    for run in Walk::from_view(target, Order::C) {
        for index in 0..run.length {
            // SAFETY: a run leads to elements of the target.
            unsafe { turn(element_type, run.pointer(0, index)) };
        }
    }
    Ok(())
}

/// Turns around the numbers of one element that are in the other byte order.
///
/// # Safety
/// `element` is valid for reads and writes of an element of the form.
unsafe fn turn(element_type: &ElementType, element: *mut u8) {
    element_type.for_each_leaf(0, &mut |range, part| {
        let Leaf::Scalar(scalar_type) = part else { return };
        if scalar_type.swapped {
            let halves = 1 + usize::from(scalar_type.dtype.kind() == Kind::Complex);
            // SAFETY: the range lies within the element, which is ours alone; the slice lives for
            // this one part.
            let bytes = unsafe {
                std::slice::from_raw_parts_mut(element.wrapping_add(range.start), range.len())
            };
            bytes.chunks_exact_mut(range.len() / halves).for_each(<[u8]>::reverse);
        }
    });
}
