//! How the objects hand on their memory: as exporters of buffers.

use std::ffi::c_int;

use pyo3::ffi;

use super::body::{Body, Source};
use crate::layout::Layout;

/// Fills in a buffer of an object's memory.
///
/// # Safety
/// Attached; called by CPython, for an object of the class; `buffer` is NULL or valid for writes.
pub(super) unsafe extern "C" fn get_buffer(
    object: *mut ffi::PyObject,
    buffer: *mut ffi::Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: the object is a body that was filled in, and alive; what the buffer points to lives
    // as long as the object, to which the buffer gets a reference.
    unsafe {
        let body = &*object.cast::<Body>();
        let refusal = if buffer.is_null() {
            Some(c"there is no Py_buffer to fill in")
        } else {
            refusal(body.layout(), body.readonly, flags)
        };
        if let Some(refusal) = refusal {
            if !buffer.is_null() {
                (*buffer).obj = std::ptr::null_mut();
            }
            ffi::PyErr_SetString(ffi::PyExc_BufferError, refusal.as_ptr());
            return -1;
        }
        let asked = |flag: c_int| flags & flag == flag;
        let given = |asked: bool, numbers: *const isize| {
            if asked { numbers.cast_mut() } else { std::ptr::null_mut() }
        };
        let layout = body.layout();
        let format = match body.source() {
            Source::Buffer => body.export.buffer().format,
            Source::Loan(_, format) | Source::Vector(_, format) | Source::Memory(_, format) => {
                format.as_c_str().as_ptr().cast_mut()
            }
        };
        (*buffer).buf = body.start.cast();
        (*buffer).len = layout.nbytes() as isize;
        (*buffer).itemsize = layout.itemsize() as isize;
        (*buffer).readonly = c_int::from(body.readonly);
        (*buffer).ndim = if asked(ffi::PyBUF_ND) { layout.ndim() as c_int } else { 1 };
        (*buffer).format = if asked(ffi::PyBUF_FORMAT) { format } else { std::ptr::null_mut() };
        (*buffer).shape = given(asked(ffi::PyBUF_ND), layout.shape().as_ptr().cast());
        (*buffer).strides = given(asked(ffi::PyBUF_STRIDES), layout.strides().as_ptr());
        let suboffsets = layout.suboffsets();
        (*buffer).suboffsets = given(!suboffsets.is_empty(), suboffsets.as_ptr());
        (*buffer).internal = std::ptr::null_mut();
        ffi::Py_INCREF(object);
        (*buffer).obj = object;
        0
    }
}

/// Returns why memory is not what a consumer asks for, if it is not.
fn refusal(layout: &Layout, readonly: bool, flags: c_int) -> Option<&'static std::ffi::CStr> {
    let asked = |flag: c_int| flags & flag == flag;
    let (c, fortran) = (layout.is_c_contiguous(), layout.is_f_contiguous());
    if asked(ffi::PyBUF_WRITABLE) && readonly {
        Some(c"the memory is read-only")
    } else if !layout.suboffsets().is_empty() && !asked(ffi::PyBUF_INDIRECT) {
        Some(c"pointers lead to the elements")
    } else if (asked(ffi::PyBUF_C_CONTIGUOUS) || !asked(ffi::PyBUF_STRIDES)) && !c {
        Some(c"the elements are not contiguous in C order")
    } else if asked(ffi::PyBUF_F_CONTIGUOUS) && !fortran {
        Some(c"the elements are not contiguous in Fortran order")
    } else if asked(ffi::PyBUF_ANY_CONTIGUOUS) && !c && !fortran {
        Some(c"the elements are not contiguous")
    } else {
        None
    }
}
