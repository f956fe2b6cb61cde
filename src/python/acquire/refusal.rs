//! The errors for objects that give no buffer.

use std::ffi::c_int;
use std::mem::MaybeUninit;

use pyo3::ffi;
use pyo3::prelude::*;

use super::hints::hint;
use crate::python::attached::attached;
use crate::python::errors::{DiscardError, buffer_protocol_error, discard, instance};
use crate::python::exceptions::{PyMemoryError, PyValueError};
use crate::python::objects;
use crate::python::stack;

/// The exception for an object that gave no buffer: because it has none, or its exporter's own.
#[cold]
pub(super) fn refusal(object: &Bound<'_, PyAny>) -> PyErr {
    let error = PyErr::fetch(object.py());
    if !objects::exports_buffer(object) {
        return no_buffer(object);
    }
    // Python code is asked once only: it may have consumed another object, or the same, and to ask
    // twice at each of several levels would be to ask without end.
    // SAFETY: the class is alive.
    let asks_python = unsafe { stack::may_run_python(object.get_type_ptr()) };
    if asks_python {
        return error;
    }
    if is_of_names(object.py(), &error) && itemsize(object, ffi::PyBUF_FULL_RO).is_some() {
        discard(object.py(), error);
        return PyMemoryError::new_err("");
    }
    if let Some(size) = itemsize(object, ffi::PyBUF_FULL_RO & !ffi::PyBUF_FORMAT) {
        // What has fewer than eight bytes is some kind of float.
        let numbers = match size {
            1 => "u1",
            2 => "u2",
            4 => "u4",
            _ => "i8",
        };
        let hint = format!(
            "consumer asks for the format of the elements, which this exporter refuses to give; \
             where they can be seen as plain numbers first (NumPy: x.view('{numbers}')), consume \
             those"
        );
        // A note changes neither type nor message. An exception that takes none passes without it.
        let note = objects::string(object.py(), &hint);
        note.and_then(|note| error.value(object.py()).call_method1("add_note", (note,)))
            .or_discard(object.py());
    }
    error
}

/// The exception for an object without a buffer, with what to take instead.
#[must_use]
#[cold]
pub(super) fn no_buffer(object: &Bound<'_, PyAny>) -> PyErr {
    let py = object.py();
    let mut message =
        format!("The object does not support buffer protocol: {}", objects::type_name(object));
    if let Some(hint) = attached(py, || hint(object)) {
        message.push_str("; ");
        message.push_str(&hint);
    }
    let made = buffer_protocol_error(py).and_then(|class| instance(class, &message));
    made.unwrap_or_else(|error| error)
}

/// Returns whether an error is what NumPy raises for the name of a field that has no UTF-8, and
/// also where there is no memory for that.
pub(super) fn is_of_names(py: Python<'_>, error: &PyErr) -> bool {
    PyValueError::matches(error, py) && objects::message(py, error) == "invalid field name"
}

/// Returns the itemsize of an exporter that refused its buffer, if it gives it when it is asked
/// with these flags.
fn itemsize(object: &Bound<'_, PyAny>, flags: c_int) -> Option<isize> {
    let mut buffer = MaybeUninit::<ffi::Py_buffer>::uninit();
    // SAFETY: the object is alive; a buffer that was filled in is read, and then released in the
    // same place.
    unsafe {
        if ffi::PyObject_GetBuffer(object.as_ptr(), buffer.as_mut_ptr(), flags) != 0 {
            ffi::PyErr_Clear();
            return None;
        }
        let itemsize = (*buffer.as_ptr()).itemsize;
        ffi::PyBuffer_Release(buffer.as_mut_ptr());
        Some(itemsize)
    }
}
