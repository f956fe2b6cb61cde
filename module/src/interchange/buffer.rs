//! The buffer of a view, for those who consume it in turn.

use std::ffi::c_int;

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use consumer::array::AnyArray;
use consumer::error::Error;
use consumer::python::exceptions::PyBufferError;

use crate::object::PyConsumerArray;
use crate::object::consume::borrows_objects;

/// Refuses flags that ask for what the buffer of an array cannot give, by memoryview's rules.
///
/// # Errors
/// BufferError.
fn check(array: &AnyArray, readonly: bool, flags: c_int) -> PyResult<()> {
    let asks = |flag: c_int| flags & flag == flag;
    let layout = array.layout();
    let refuse = |reason: &'static str| Err(PyBufferError::new_err(reason));
    let c_contiguous = layout.is_c_contiguous();
    if asks(ffi::PyBUF_WRITABLE) && readonly {
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
        return refuse(
            "ConsumerArray: the memory is not C-contiguous, and strides were not asked for; \
             v.copy() is",
        );
    }
    if !asks(ffi::PyBUF_ND) && asks(ffi::PyBUF_FORMAT) {
        return refuse("ConsumerArray: cannot be bytes where the format flag is present");
    }
    Ok(())
}

/// Fills in a `Py_buffer` of a view, whose array this is. Does not panic.
///
/// # Safety
/// `buffer` is valid for writes; the view's memory is held until it is released.
#[inline(always)]
unsafe fn fill(
    this: Borrowed<'_, '_, PyConsumerArray>,
    (array, readonly): (&AnyArray, bool),
    buffer: *mut ffi::Py_buffer,
    flags: c_int,
) {
    let asks = |flag: c_int| flags & flag == flag;
    let layout = array.layout();
    let (shape, strides) = (layout.shape(), layout.strides());
    let suboffsets = layout.suboffsets();
    let when = |wanted: bool, numbers: *const isize| {
        // PEP 3118: without dimensions the arrays are NULL.
        if wanted && layout.ndim() > 0 { numbers.cast_mut() } else { std::ptr::null_mut() }
    };
    let filled = ffi::Py_buffer {
        buf: array.start().cast(),
        obj: this.to_owned().into_ptr(),
        len: layout.nbytes() as isize,
        itemsize: layout.itemsize() as isize,
        readonly: c_int::from(readonly),
        // Without a shape the memory is one dimension of bytes.
        ndim: if asks(ffi::PyBUF_ND) { layout.ndim() as c_int } else { 1 },
        format: if asks(ffi::PyBUF_FORMAT) {
            array.format().as_c_str().as_ptr().cast_mut()
        } else {
            std::ptr::null_mut()
        },
        // Lengths are not negative, so that `usize` and `isize` have the same bits.
        shape: when(asks(ffi::PyBUF_ND), shape.as_ptr().cast()),
        strides: when(asks(ffi::PyBUF_STRIDES), strides.as_ptr()),
        suboffsets: when(!suboffsets.is_empty(), suboffsets.as_ptr()),
        internal: std::ptr::null_mut(),
    };
    // SAFETY: the caller guarantees it.
    unsafe { buffer.write(filled) };
}

/// The fast path of [`get`] for all there is to know of a view, which memoryview asks for: nothing
/// of that is refused. Returns whether it filled in the buffer. Does not panic.
///
/// # Safety
/// The same as for [`get`].
#[inline]
pub(crate) unsafe fn get_exact(
    this: Borrowed<'_, '_, PyConsumerArray>,
    buffer: *mut ffi::Py_buffer,
    flags: c_int,
) -> bool {
    let view = this.get();
    if flags != ffi::PyBUF_FULL_RO || buffer.is_null() || !view.try_acquire_export() {
        return false;
    }
    let access = view.try_access(this.py());
    let Some(access) = access.filter(|it| it.is_scalar() || !it.has_objects()) else {
        view.release_export();
        return false;
    };
    // SAFETY: the caller guarantees it; the count keeps the memory.
    unsafe { fill(this, (&access, access.readonly()), buffer, flags) };
    true
}

/// Fills in a `Py_buffer` of the view, which keeps it from being released.
///
/// # Errors
/// BufferError for what the flags ask and the view has not; ValueError if it is released.
///
/// # Safety
/// `buffer` is NULL or valid for writes.
pub(crate) unsafe fn get(
    this: Borrowed<'_, '_, PyConsumerArray>,
    buffer: *mut ffi::Py_buffer,
    flags: c_int,
) -> PyResult<()> {
    if buffer.is_null() {
        return Err(Error::buffer("no Py_buffer to fill in").into());
    }
    // SAFETY: the caller guarantees it.
    unsafe { (*buffer).obj = std::ptr::null_mut() };
    let view = this.get();
    // The export is counted before the array is read, so that no other thread can release the view
    // in between.
    view.acquire_export()?;
    let filled = view.access(this.py()).and_then(|access| {
        let readonly = access.readonly() || borrows_objects(view, access.has_objects(), this.py())?;
        check(&access, readonly, flags)?;
        // SAFETY: the caller guarantees it; the count keeps the memory.
        unsafe { fill(this, (&access, readonly), buffer, flags) };
        Ok(())
    });
    if filled.is_err() {
        view.release_export();
    }
    filled
}

/// Ends a buffer of the view.
#[inline]
pub(crate) fn release(view: &PyConsumerArray) {
    view.release_export();
}
