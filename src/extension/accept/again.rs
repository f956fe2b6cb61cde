//! The second look: at formats that have to be parsed, at many dimensions, at objects that share
//! their memory by another protocol, and at what does not fit.

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use super::expected::{Expected, Wanted};
use super::mismatch::Mismatch;
use super::{Seen, Unfit};
use crate::array::AnyArray;
use crate::extension::hold::{Body, Hold, Vacant, no_memory};
use crate::layout::Layout;
use crate::python::acquire::{
    AsView, acquire_lent_moved, check_class, describe, exports_nothing_else, release_buffer,
};
use crate::python::errors::with_exception;
use crate::python::exceptions::PyBufferError;
use crate::python::objects;

/// Views of the Python module's are exporters as any others.
const NO_VIEWS: AsView = |_| None;

/// What was taken.
pub(in crate::extension) struct Taken {
    /// What holds the memory.
    pub(in crate::extension) hold: Hold,
    /// What is in it. It is valid as long as it is held.
    pub(in crate::extension) array: AnyArray,
}

/// Takes an object whatever its elements are, if they are what is expected otherwise.
pub(in crate::extension) fn take(
    object: &Bound<'_, PyAny>,
    expected: &Expected,
) -> Result<Taken, Mismatch> {
    let Some(vacant) = Vacant::take(object.py()) else {
        return Err(Mismatch::refused(object, expected, no_memory()));
    };
    check_class(object).map_err(|error| Mismatch::refused(object, expected, error))?;
    // SAFETY: attached; the place is ours.
    unsafe {
        let buffer = Body::buffer(vacant.body());
        match ffi::PyObject_GetBuffer(object.as_ptr(), buffer, super::flags(expected.writable)) {
            0 => taken(object, vacant, expected),
            _ => taken_otherwise(object, vacant, expected),
        }
    }
}

/// Takes the bytes of an object whose memory is contiguous.
pub(in crate::extension) fn accept_bytes(
    object: &Bound<'_, PyAny>,
    expected: &Expected,
) -> Result<Hold, Mismatch> {
    let py = object.py();
    let refused = |error| Mismatch::refused(object, expected, error);
    let vacant = Vacant::take(py).ok_or_else(|| refused(no_memory()))?;
    check_class(object).map_err(refused)?;
    let body = vacant.body();
    // SAFETY: attached; the place is ours, and where the exporter has filled the buffer in, it is
    // read, and stays until the hold is dropped, or is released.
    unsafe {
        let buffer = Body::buffer(body);
        // Without the format: what it would be, and whether there is one, does not matter.
        if ffi::PyObject_GetBuffer(object.as_ptr(), buffer, ffi::PyBUF_ANY_CONTIGUOUS) == 0 {
            let ffi::Py_buffer { buf, len, readonly, .. } = *buffer;
            let is_flat = [b'C', b'F']
                .iter()
                .any(|&order| ffi::PyBuffer_IsContiguous(buffer, order as std::ffi::c_char) != 0);
            let length = usize::try_from(len).ok().filter(|&len| len == 0 || !buf.is_null());
            return match length.map(|length| Layout::line(length, 1, 1)) {
                Some(Ok(layout)) if is_flat => {
                    let none = std::ptr::NonNull::dangling().as_ptr();
                    let start = if buf.is_null() { none } else { buf.cast() };
                    Body::fill_bytes(body, start, readonly != 0, layout);
                    Ok(vacant.into_hold())
                }
                _ => {
                    release_buffer(buffer);
                    Err(refused(PyBufferError::new_err("its memory is not contiguous")))
                }
            };
        }
        let Taken { hold, array } = taken_otherwise(object, vacant, expected)?;
        let bytes = Layout::line(array.layout().nbytes(), 1, 1);
        let bytes = bytes.map_err(|error| refused(error.into()))?;
        drop(array);
        Ok(hold.into_bytes(bytes))
    }
}

/// Looks again at an object that did not fit at first sight.
#[cold]
#[inline(never)]
pub(super) fn look<S: Seen>(
    object: Borrowed<'_, '_, PyAny>,
    unfit: Unfit,
    expected: &Expected,
) -> Result<(Hold, S), Mismatch> {
    let taken = take_after(&object, unfit, expected)?;
    Ok((taken.hold, S::again(taken.array.scalar_type())))
}

/// Takes an object that did not fit at first sight.
pub(in crate::extension) fn take_after(
    object: &Bound<'_, PyAny>,
    unfit: Unfit,
    expected: &Expected,
) -> Result<Taken, Mismatch> {
    // SAFETY: that is what the first look has left.
    unsafe {
        match unfit {
            Unfit::Unasked => take(object, expected),
            Unfit::Refused(vacant) => taken_otherwise(object, vacant, expected),
            Unfit::Filled(vacant) => taken(object, vacant, expected),
        }
    }
}

/// Takes a buffer that was filled in.
///
/// # Safety
/// The buffer of the place was filled in for the object.
unsafe fn taken(
    object: &Bound<'_, PyAny>,
    vacant: Vacant,
    expected: &Expected,
) -> Result<Taken, Mismatch> {
    let body = vacant.body();
    // SAFETY: the caller guarantees that the buffer was filled in, which it stays until the hold is
    // dropped, or until it is released here.
    unsafe {
        let buffer = Body::buffer(body);
        let flags = super::flags(expected.writable);
        let why = match describe(object, &*buffer, flags, NO_VIEWS) {
            Ok(array) if expected.is(&array) => {
                Body::fill_from(body, &array);
                return Ok(Taken { hold: vacant.into_hold(), array });
            }
            Ok(array) => Mismatch::elements(object, expected, &array, None),
            Err(error) => Mismatch::refused(object, expected, error),
        };
        release_buffer(buffer);
        Err(why)
    }
}

/// Takes the memory of an object that has refused its buffer, or has none.
///
/// # Safety
/// An exception is set, if it has one.
unsafe fn taken_otherwise(
    object: &Bound<'_, PyAny>,
    vacant: Vacant,
    expected: &Expected,
) -> Result<Taken, Mismatch> {
    let py = object.py();
    if !objects::exports_buffer(object) {
        // SAFETY: attached.
        unsafe { ffi::PyErr_Clear() };
        if exports_nothing_else(object) {
            return Err(Mismatch::nothing(object, expected));
        }
        return lent(object, expected, None);
    }
    let refusal = PyErr::fetch(py);
    // What is not to be written to can be looked at, to tell what it is.
    if expected.writable {
        // SAFETY: attached; the place is ours; a buffer that was filled in is released.
        unsafe {
            let buffer = Body::buffer(vacant.body());
            if ffi::PyObject_GetBuffer(object.as_ptr(), buffer, ffi::PyBUF_FULL_RO) == 0 {
                let described = describe(object, &*buffer, ffi::PyBUF_FULL_RO, NO_VIEWS);
                let why = match described {
                    Ok(array) if array.readonly() => {
                        Mismatch::elements(object, expected, &array, None)
                    }
                    _ => Mismatch::refused(object, expected, refusal),
                };
                release_buffer(buffer);
                return Err(why);
            }
            ffi::PyErr_Clear();
        }
    }
    lent(object, expected, Some(refusal))
}

/// Takes the memory that an object lends by another protocol than the buffer's.
fn lent(
    object: &Bound<'_, PyAny>,
    expected: &Expected,
    refusal: Option<PyErr>,
) -> Result<Taken, Mismatch> {
    let py = object.py();
    let had_buffer = refusal.is_some();
    let (array, loan) = match acquire_lent_moved(object, refusal, NO_VIEWS) {
        Ok(lent) => lent,
        // Without a buffer it may have none of the protocols.
        Err(error) => {
            let error = with_exception(py, error);
            return Err(match !had_buffer && is_no_buffer(py, &error) {
                true => Mismatch::nothing(object, expected),
                false => Mismatch::refused(object, expected, error),
            });
        }
    };
    if !expected.is(&array) || matches!(expected.element, Wanted::Bytes) && !is_flat(&array) {
        let why = Mismatch::elements(object, expected, &array, None);
        drop(array);
        loan.release(py);
        return Err(why);
    }
    match Hold::of_loan(py, array.clone(), loan) {
        Ok(hold) => Ok(Taken { hold, array }),
        Err(error) => Err(Mismatch::refused(object, expected, error)),
    }
}

fn is_flat(array: &AnyArray) -> bool {
    array.layout().is_c_contiguous() || array.layout().is_f_contiguous()
}

/// Returns whether an error is that for an object without a buffer.
fn is_no_buffer(py: Python<'_>, error: &PyErr) -> bool {
    let class = crate::python::errors::buffer_protocol_error(py);
    class.is_ok_and(|class| error.get_type(py).is(class))
}
