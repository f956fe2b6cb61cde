//! Elements of several parts: storing and turning around the bytes that hold
//! values, and no others. Padding, and the fields that a view does not show, stay as they are.

#![allow(unsafe_code)]

use crate::element::{Composite, Form, Part, write_number};
use crate::error::{Error, Result};
use crate::format::Class;
use crate::kernels::copy;
use crate::layout::{Layout, Order};
use crate::memory::Memory;
use crate::view::{RawView, View, Walk};

/// Stores the parts of the element in `bytes` at `pointer`. A reference to an object changes places:
/// the one that was in memory is in `bytes` after that.
///
/// # Safety
/// `pointer` is valid for reads and writes of an element of the form, as are `bytes`, which lie
/// apart from it.
pub(crate) unsafe fn exchange(form: &Form, pointer: *mut u8, bytes: *mut u8) {
    form.for_each_part(0, &mut |range, part| {
        let (place, new) = (pointer.wrapping_add(range.start), bytes.wrapping_add(range.start));
        // SAFETY: as the caller says: the range lies within the element, and slices of the bytes
        // live for one step alone.
        unsafe {
            match part {
                Part::Scalar(_) | Part::Bytes => place.copy_from_nonoverlapping(new, range.len()),
                Part::Object => std::ptr::swap_nonoverlapping(place, new, range.len()),
                Part::Bits(unit, mask) => {
                    let mut masks = [0; size_of::<u64>()];
                    let masks = &mut masks[..range.len()];
                    write_number(unit, mask, masks);
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

/// Exchanges every element of a writable view with one of `memory`, which holds as many, adjacent
/// and in C order. But for the references to objects, the view's are not given back.
///
/// # Errors
/// One that [`is_read_only`](Error::is_read_only) where the view is; one that
/// [`is_value`](Error::is_value) where the memory is too small.
pub(crate) fn exchange_all(target: &View<Composite>, memory: &Memory) -> Result<()> {
    let layout = Layout::contiguous(target.layout().shape(), target.layout().itemsize())?;
    if target.readonly() {
        return Err(Error::read_only());
    }
    if memory.len() < layout.nbytes() {
        let (have, want) = (memory.len(), layout.nbytes());
        return Err(Error::value(format!("{want} bytes do not fit memory of {have}")));
    }
    // SAFETY: the memory holds the elements of that layout, for as long as this function.
    let other = unsafe { RawView::new(memory.start(), &layout) };
    for run in Walk::new([target.raw(), other], Order::C)? {
        for index in 0..run.length {
            // SAFETY: a run leads to elements of both; the target is writable, and the memory of
            // our own is reached through pointers only.
            unsafe { exchange(target.descriptor(), run.pointer(0, index), run.pointer(1, index)) };
        }
    }
    Ok(())
}

/// Stores the same element in every element of a writable view without objects.
///
/// # Errors
/// One that [`is_read_only`](Error::is_read_only) where the view is; one that
/// [`is_value`](Error::is_value) where the bytes are not one element.
pub(crate) fn fill(target: &View<Composite>, element: &[u8]) -> Result<()> {
    if target.readonly() {
        return Err(Error::read_only());
    }
    let (have, want) = (element.len(), target.layout().itemsize());
    if have != want {
        return Err(Error::value(format!("{have} bytes are not one element of {want} bytes")));
    }
    let mut element = element.to_vec();
    for run in Walk::of(target.raw(), Order::C) {
        for index in 0..run.length {
            // SAFETY: a run leads to elements of the view, which is writable, and apart from the
            // vector.
            unsafe { exchange(target.descriptor(), run.pointer(0, index), element.as_mut_ptr()) };
        }
    }
    Ok(())
}

/// The elements of a view, in C order and this machine's byte order, in memory of their own. The
/// bytes of bit-fields and unions, which several fields share, stay in theirs, as in
/// [`Form::to_native`].
///
/// # Errors
/// As those of [`copy::to_memory`].
pub(crate) fn to_native(view: &View<Composite>) -> Result<Memory> {
    let memory = copy::to_memory(view, Order::C)?;
    let itemsize = view.layout().itemsize();
    if view.descriptor().to_native() == **view.descriptor() {
        return Ok(memory);
    }
    for index in 0..view.layout().len() {
        let element = memory.start().wrapping_add(index * itemsize);
        view.descriptor().for_each_part(0, &mut |range, part| {
            let Part::Scalar(scalar_type) = part else { return };
            if scalar_type.swapped {
                let halves = 1 + usize::from(scalar_type.scalar.class() == Class::Complex);
                // SAFETY: the range lies within the element, which is ours alone; the slice lives
                // for this one part.
                let bytes = unsafe {
                    std::slice::from_raw_parts_mut(element.wrapping_add(range.start), range.len())
                };
                bytes.chunks_exact_mut(range.len() / halves).for_each(<[u8]>::reverse);
            }
        });
    }
    Ok(memory)
}
