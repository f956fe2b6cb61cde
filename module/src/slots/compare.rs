//! `v == other` and `hash(v)`.

use std::ffi::c_int;

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use super::trampoline::{attached_trampoline, boolean, this, trampoline};
use crate::methods::compare;
use crate::object::PyConsumerArray;
use crate::object::uninit;
use crate::values::NewReference;

/// `v == other` and `v != other`; NotImplemented for the other comparisons.
pub(super) unsafe extern "C" fn rich_compare(
    object: *mut ffi::PyObject,
    other: *mut ffi::PyObject,
    operator: c_int,
) -> NewReference {
    // SAFETY: the slot is called attached, on objects of the class, with another object that is
    // alive.
    let (py, same_class) =
        unsafe { (Python::assume_attached(), ffi::Py_TYPE(object) == ffi::Py_TYPE(other)) };
    if same_class && matches!(operator, ffi::Py_EQ | ffi::Py_NE) {
        // SAFETY: both are of the class.
        let (left, right) = unsafe { (uninit::value(object), uninit::value(other)) };
        if let Some(equal) = compare::equals_exact(py, left, right) {
            return boolean(py, equal == (operator == ffi::Py_EQ));
        }
    }
    // SAFETY: as above.
    unsafe { slow_compare(this(py, object), Borrowed::from_ptr(py, other), operator) }
}

#[inline(never)]
fn slow_compare<'py>(
    this: Borrowed<'_, 'py, PyConsumerArray>,
    other: Borrowed<'_, 'py, PyAny>,
    operator: c_int,
) -> NewReference {
    // SAFETY: called by the slot.
    unsafe {
        trampoline(|py| {
            let equal = match operator {
                ffi::Py_EQ | ffi::Py_NE => compare::equals(&this, &other)?,
                _ => None,
            };
            Ok(match equal {
                Some(equal) => boolean(py, equal == (operator == ffi::Py_EQ)),
                None => ffi::Py_NewRef(ffi::Py_NotImplemented()),
            })
        })
    }
}

/// `hash(v)`
pub(super) unsafe extern "C" fn hash(object: *mut ffi::PyObject) -> ffi::Py_hash_t {
    // SAFETY: the slot is called on objects of the class.
    let view = unsafe { uninit::value(object) };
    compare::known_hash(view).unwrap_or_else(|| slow_hash(view))
}

#[cold]
#[inline(never)]
fn slow_hash(view: &PyConsumerArray) -> ffi::Py_hash_t {
    // SAFETY: called by the slot.
    unsafe { attached_trampoline(|py| compare::hash(py, view)) }
}
