//! A view's own buffer.

use std::ffi::c_int;

use pyo3::ffi;
use pyo3::prelude::*;

use super::trampoline::{this, trampoline};
use crate::interchange::buffer;

/// Fills in a buffer of the view, as memoryview(v) and numpy.asarray(v) ask for.
pub(super) unsafe extern "C" fn get_buffer(
    object: *mut ffi::PyObject,
    target: *mut ffi::Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: the slot is called attached, on objects of the class, with NULL or a buffer to fill
    // in.
    unsafe {
        if buffer::get_exact(this(Python::assume_attached(), object), target, flags) {
            return 0;
        }
        slow_get_buffer(object, target, flags)
    }
}

/// # Safety
/// The same as for the slot.
#[inline(never)]
unsafe fn slow_get_buffer(
    object: *mut ffi::PyObject,
    target: *mut ffi::Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller guarantees it.
    unsafe { trampoline(|py| buffer::get(this(py, object), target, flags).map(|()| 0)) }
}

/// Ends such a buffer.
pub(super) unsafe extern "C" fn release_buffer(
    object: *mut ffi::PyObject,
    _buffer: *mut ffi::Py_buffer,
) {
    // SAFETY: the interpreter calls the slot attached, on objects of the class.
    buffer::release(unsafe { this(Python::assume_attached(), object) }.get());
}
