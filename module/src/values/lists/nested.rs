//! The nested lists of an array's elements.

use std::ops::Range;

use pyo3::ffi;
use pyo3::prelude::*;

use consumer::array::{AnyArray, ConsumerArray, dispatch};
use consumer::element::Scalar;
use consumer::memory;

use super::fill::{fill_list, new_list, set_items};
use crate::gil::Checkpoints;
use crate::values::elements::{read, read_scalar};
use crate::values::{NewReference, PyValue, Reading, no_element, record};

/// Creates the nested lists of an array's elements; NULL with an exception if that fails.
///
/// # Safety
/// The array is held.
pub(crate) unsafe fn lists(py: Python<'_>, array: &AnyArray) -> NewReference {
    // Empty lists are objects as well.
    let count = array.layout().shape().iter().map(|&length| length.max(1)).product();
    let checkpoints = &mut Checkpoints::for_objects(py, count);
    // SAFETY: the caller guarantees it; no index leads to `start`.
    unsafe { lists_from(py, array, 0, array.start(), checkpoints) }
}

/// The lists of the dimensions from `dimension` on.
///
/// # Safety
/// The same as for [`lists`]; `pointer` is where the indices of the dimensions before lead.
unsafe fn lists_from(
    py: Python<'_>,
    array: &AnyArray,
    dimension: usize,
    pointer: *mut u8,
    checkpoints: &mut Checkpoints<'_>,
) -> NewReference {
    let layout = array.layout();
    let Some(&length) = layout.shape().get(dimension) else {
        // SAFETY: all indices together lead to an element, which is held.
        return unsafe { read(py, array, pointer) };
    };
    // SAFETY: attached; the list is new and has `length` places; the array is held, and every index
    // is below the length of its dimension.
    unsafe {
        let list = new_list(py, length);
        if list.is_null() {
            return list;
        }
        if length > 0 && layout.itemsize() == 1 {
            // The objects of single bytes exist already, so that the list's own memory is most of
            // the work. Where objects are created between its places, the advice gains nothing.
            let items = (*list.cast::<ffi::PyListObject>()).ob_item;
            memory::advise_huge(items.cast(), length * size_of::<*mut ffi::PyObject>());
        }
        if dimension + 1 == layout.ndim() && layout.suboffsets().is_empty() {
            let line = (pointer.cast_const(), layout.strides()[dimension]);
            return read_line(py, array, line, list, length, checkpoints);
        }
        fill_list(list, length, checkpoints, &mut |places, checkpoints| {
            set_items(list, places, |place| {
                let next = array.raw().step(pointer, dimension, place);
                lists_from(py, array, dimension + 1, next, checkpoints)
            })
        })
    }
}

/// Fills a list with the objects of equally spaced elements; NULL with an exception if that fails.
///
/// # Safety
/// The line, an address and a stride, leads to `length` elements of the array, which is held; the
/// list is new and has as many places.
unsafe fn read_line(
    py: Python<'_>,
    array: &AnyArray,
    line @ (pointer, stride): (*const u8, isize),
    list: NewReference,
    length: usize,
    checkpoints: &mut Checkpoints<'_>,
) -> NewReference {
    let address = |place: usize| pointer.wrapping_offset(stride.wrapping_mul(place as isize));
    // SAFETY: the caller guarantees it; the addresses are those of the line's elements.
    unsafe {
        if let AnyArray::Composite(typed) = array
            && let Some(fields) = record::scalar_fields(typed.descriptor())
        {
            return fill_list(list, length, checkpoints, &mut |places, _| {
                set_items(list, places, |place| {
                    record::read_scalars(py, typed, &fields, address(place))
                })
            });
        }
        fill_list(list, length, checkpoints, &mut |places, _| {
            dispatch!(
                array,
                scalar typed => read_scalars(py, typed, line, list, places),
                composite typed => set_items(list, places, |place| {
                    record::read(py, typed, address(place), Reading::AsPython)
                }),
                opaque typed => {
                    no_element(py, typed.descriptor());
                    false
                },
            )
        })
    }
}

/// The scalar case of [`read_line`]: the one loop that is compiled for each type. Fills these
/// places, and returns what [`set_items`] does.
///
/// # Safety
/// The same as for [`read_line`]; the places are the ones to fill.
#[inline(never)]
unsafe fn read_scalars<T: Scalar<Value: PyValue>>(
    py: Python<'_>,
    array: &ConsumerArray<T>,
    (pointer, stride): (*const u8, isize),
    list: NewReference,
    places: Range<usize>,
) -> bool {
    // SAFETY: the caller guarantees it.
    unsafe {
        set_items(list, places, |place| {
            let pointer = pointer.wrapping_offset(stride.wrapping_mul(place as isize));
            read_scalar(py, array, pointer)
        })
    }
}
