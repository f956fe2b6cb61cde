//! Creating and filling lists.

use std::ops::Range;

use pyo3::ffi;
use pyo3::prelude::*;

use consumer::python::objects;

use crate::gil::Checkpoints;
use crate::values::{NewReference, failure};

/// Creates a list of `length` empty places, for [`fill_list`]: a new reference, or NULL with an
/// exception.
///
/// # Safety
/// Nobody is given the list before it is filled.
#[inline(always)]
pub(in crate::values) unsafe fn new_list(py: Python<'_>, length: usize) -> NewReference {
    if let Err(error) = objects::check_memory(length.saturating_mul(size_of::<NewReference>())) {
        return failure(py, error);
    }
    // SAFETY: attached.
    unsafe { ffi::PyList_New(length as isize) }
}

/// Fills the empty places of a list by `fill`, which is given some of them at a time and returns
/// whether it has filled them, as [`set_items`] does. Drops the list and returns NULL if it has
/// not.
///
/// At a checkpoint other Python code runs, and `gc.get_objects()` must not hand it a list with
/// empty places, which Python code cannot deal with. So the collector does not know the list until
/// all of it is filled. (A collection itself passes over empty places.)
///
/// # Safety
/// The list is new and has `length` empty places. Where `fill` returns false there is an exception.
/// Whatever it reads is held, because checkpoints run arbitrary Python code.
pub(in crate::values) unsafe fn fill_list<'py>(
    list: NewReference,
    length: usize,
    checkpoints: &mut Checkpoints<'py>,
    fill: &mut dyn FnMut(Range<usize>, &mut Checkpoints<'py>) -> bool,
) -> NewReference {
    let hidden = checkpoints.any();
    // SAFETY: the list is alive and nobody else has it; new lists are tracked, so that it may be
    // untracked once and tracked again.
    unsafe {
        if hidden {
            ffi::PyObject_GC_UnTrack(list.cast());
        }
        let mut done = 0;
        while done < length {
            let next = match checkpoints.advance(length - done) {
                Ok(next) => next,
                Err(error) => {
                    ffi::Py_DECREF(list);
                    error.restore(checkpoints.py());
                    return std::ptr::null_mut();
                }
            };
            if !fill(done..done + next, checkpoints) {
                ffi::Py_DECREF(list);
                return std::ptr::null_mut();
            }
            done += next;
        }
        if hidden {
            ffi::PyObject_GC_Track(list.cast());
        }
    }
    list
}

/// Fills these places of a list; returns false, with the exception, if an object cannot be created.
///
/// # Safety
/// The list is being filled by [`fill_list`], and these places are the ones to fill. `object`
/// returns new references, or NULL with an exception.
#[inline(always)]
pub(in crate::values) unsafe fn set_items(
    list: NewReference,
    places: Range<usize>,
    mut object: impl FnMut(usize) -> NewReference,
) -> bool {
    for place in places {
        let object = object(place);
        if object.is_null() {
            return false;
        }
        // SAFETY: the caller guarantees the list and the place, which is empty.
        unsafe { ffi::PyList_SET_ITEM(list, place as isize, object) };
    }
    true
}
