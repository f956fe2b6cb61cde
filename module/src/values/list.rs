//! Creating and filling lists.

use pyo3::ffi;
use pyo3::prelude::*;

use consumer::python::objects;

use super::{NewReference, failure};
use crate::gil::Checkpoints;

/// Creates a list of `length` empty places, for [`fill_list`]: a new reference, or NULL with an
/// exception.
///
/// # Safety
/// Nobody is given the list before it is filled.
#[inline(always)]
pub(crate) unsafe fn new_list(py: Python<'_>, length: usize) -> NewReference {
    if let Err(error) = objects::check_memory(length.saturating_mul(size_of::<NewReference>())) {
        return failure(py, error);
    }
    // SAFETY: attached.
    unsafe { ffi::PyList_New(length as isize) }
}

/// Fills the empty places of a list. Drops the list and returns NULL if an object cannot be
/// created.
///
/// At a checkpoint other Python code runs, and `gc.get_objects()` must not hand it a list with
/// empty places, which Python code cannot deal with. So the collector does not know the list until
/// all of it is filled. (A collection itself passes over empty places.)
///
/// # Safety
/// The list is new and has `length` empty places. `object` returns new references, or NULL with an
/// exception. Whatever it reads is held, because checkpoints run arbitrary Python code.
#[inline(always)]
pub(crate) unsafe fn fill_list<'py>(
    list: NewReference,
    length: usize,
    checkpoints: &mut Checkpoints<'py>,
    mut object: impl FnMut(usize, &mut Checkpoints<'py>) -> NewReference,
) -> NewReference {
    let hidden = checkpoints.any();
    // SAFETY: the list is alive and nobody else has it; new lists are tracked, so that it may be
    // untracked once and tracked again; every index is below its length.
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
            for place in done..done + next {
                let object = object(place, checkpoints);
                if object.is_null() {
                    ffi::Py_DECREF(list);
                    return object;
                }
                ffi::PyList_SET_ITEM(list, place as isize, object);
            }
            done += next;
        }
        if hidden {
            ffi::PyObject_GC_Track(list.cast());
        }
    }
    list
}
