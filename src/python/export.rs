//! A view's own `Py_buffer`, for those who consume it in turn.

use std::ffi::c_int;

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;

use crate::array::AnyArray;

/// Fills in a `Py_buffer` for a consumer of `array`, under the rules of memoryview. `buffer.obj`
/// is left for the caller to set.
///
/// # Safety
/// `buffer` can be written to; the array stays alive, and its memory held, until it is released.
pub(super) unsafe fn export(
    array: &AnyArray,
    buffer: *mut ffi::Py_buffer,
    flags: c_int,
) -> PyResult<()> {
    let asks = |flag: c_int| flags & flag == flag;
    let layout = array.layout();
    let refuse = |reason: &'static str| Err(PyBufferError::new_err(reason));
    let c_contiguous = layout.is_c_contiguous();
    if asks(ffi::PyBUF_WRITABLE) && array.readonly() {
        return refuse("ConsumerArray: the memory is not writable");
    }
    if asks(ffi::PyBUF_C_CONTIGUOUS) && !c_contiguous {
        return refuse("ConsumerArray: the memory is not C-contiguous");
    }
    if asks(ffi::PyBUF_F_CONTIGUOUS) && !layout.is_f_contiguous() {
        return refuse("ConsumerArray: the memory is not Fortran contiguous");
    }
    if asks(ffi::PyBUF_ANY_CONTIGUOUS) && !c_contiguous && !layout.is_f_contiguous() {
        return refuse("ConsumerArray: the memory is not contiguous");
    }
    if asks(ffi::PyBUF_WRITABLE) && !asks(ffi::PyBUF_FORMAT) && array.has_references() {
        return refuse("ConsumerArray: the memory holds objects, and the format was not asked");
    }
    if !asks(ffi::PyBUF_INDIRECT) && !layout.suboffsets().is_empty() {
        return refuse("ConsumerArray: the memory requires suboffsets");
    }
    if !asks(ffi::PyBUF_STRIDES) && !c_contiguous {
        return refuse("ConsumerArray: the memory is not C-contiguous, and strides were not asked");
    }
    if !asks(ffi::PyBUF_ND) && asks(ffi::PyBUF_FORMAT) {
        return refuse("ConsumerArray: cannot be bytes where the format flag is present");
    }
    let (shape, strides) = (layout.shape(), layout.strides());
    let suboffsets = layout.suboffsets();
    let when = |wanted: bool, numbers: *const isize| {
        // PEP 3118: without dimensions the arrays are NULL.
        if wanted && layout.ndim() > 0 { numbers.cast_mut() } else { std::ptr::null_mut() }
    };
    let filled = ffi::Py_buffer {
        buf: array.start().cast(),
        obj: std::ptr::null_mut(),
        len: layout.nbytes() as isize,
        itemsize: layout.itemsize() as isize,
        readonly: c_int::from(array.readonly()),
        // Without a shape it is bytes in a row.
        ndim: if asks(ffi::PyBUF_ND) { layout.ndim() as c_int } else { 1 },
        format: if asks(ffi::PyBUF_FORMAT) {
            array.format().as_c_str().as_ptr().cast_mut()
        } else {
            std::ptr::null_mut()
        },
        // Lengths are never negative: as numbers of either kind they have the same bits.
        shape: when(asks(ffi::PyBUF_ND), shape.as_ptr().cast()),
        strides: when(asks(ffi::PyBUF_STRIDES), strides.as_ptr()),
        suboffsets: when(!suboffsets.is_empty(), suboffsets.as_ptr()),
        internal: std::ptr::null_mut(),
    };
    // SAFETY: as the caller says.
    unsafe { buffer.write(filled) };
    Ok(())
}
