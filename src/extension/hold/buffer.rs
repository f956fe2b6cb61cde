//! Asking for a buffer and releasing it, as CPython's functions do, but without calling them where
//! the slots of the class are at hand.

use std::ffi::c_int;

use pyo3::ffi;

/// Asks an object for its buffer: see [`ffi::PyObject_GetBuffer`]. Where that is known to export
/// none, the result is not 0, and no exception is set.
///
/// # Safety
/// Attached; the object is alive; `buffer` is valid for writes, and stays where it is.
#[inline(always)]
pub(in crate::extension) unsafe fn get(
    object: *mut ffi::PyObject,
    buffer: *mut ffi::Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller guarantees it; the slots of a class are NULL or functions of their types.
    unsafe {
        #[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
        match (*ffi::Py_TYPE(object)).tp_as_buffer.as_ref().and_then(|slots| slots.bf_getbuffer) {
            Some(get) => get(object, buffer, flags),
            None => 1,
        }
        #[cfg(any(Py_LIMITED_API, Py_GIL_DISABLED))]
        ffi::PyObject_GetBuffer(object, buffer, flags)
    }
}

/// Releases a buffer that an object has filled in for itself: see [`ffi::PyBuffer_Release`].
///
/// # Safety
/// Attached; the buffer was filled in, with a reference to an exporter, and nobody uses it any
/// more.
#[inline(always)]
pub(in crate::extension) unsafe fn release(buffer: *mut ffi::Py_buffer) {
    // SAFETY: the caller guarantees it; the slots of a class are NULL or functions of their types.
    unsafe {
        #[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
        {
            let exporter = (*buffer).obj;
            if let Some(slots) = (*ffi::Py_TYPE(exporter)).tp_as_buffer.as_ref()
                && let Some(release) = slots.bf_releasebuffer
            {
                release(exporter, buffer);
            }
            ffi::Py_DECREF(exporter);
        }
        #[cfg(any(Py_LIMITED_API, Py_GIL_DISABLED))]
        ffi::PyBuffer_Release(buffer);
    }
}
