//! Exceptions with a message: PyO3's, but that raising one does not panic where there is no memory
//! for the message; and which exception each error becomes.
//!
//! Rust wants the conversion in the package of the error.

#![allow(unsafe_code)]

use std::borrow::Cow;

use pyo3::PyErrArguments;
use pyo3::ffi;
use pyo3::prelude::*;

use crate::error::Error;

/// A message, which becomes a str when its exception is raised.
struct Message(Cow<'static, str>);

impl PyErrArguments for Message {
    fn arguments(self, py: Python<'_>) -> Py<PyAny> {
        let text = self.0.as_bytes();
        // SAFETY: attached; the bytes are those of the text; the result is a new str or NULL.
        unsafe {
            let text = ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len() as isize);
            Bound::from_owned_ptr_or_opt(py, text).map_or_else(
                || {
                    // Then the exception has no message.
                    ffi::PyErr_Clear();
                    py.None()
                },
                Bound::unbind,
            )
        }
    }
}

macro_rules! exceptions {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("Python's exception: see [`pyo3::exceptions::", stringify!($name), "`].")]
            #[derive(Debug)]
            pub enum $name {}

            impl $name {
                /// Makes the exception with a message.
                #[must_use]
                pub fn new_err(message: impl Into<Cow<'static, str>>) -> PyErr {
                    pyo3::exceptions::$name::new_err(Message(message.into()))
                }

                /// Returns whether an error is the exception, or one derived from it. An error that
                /// was not raised yet goes through `errors::with_exception` first.
                #[must_use]
                pub fn matches(error: &PyErr, py: Python<'_>) -> bool {
                    error.is_instance_of::<pyo3::exceptions::$name>(py)
                }
            }
        )*
    };
}

exceptions! {
    PyBufferError
    PyImportError
    PyIndexError
    PyKeyError
    PyMemoryError
    PyNotImplementedError
    PyOverflowError
    PyRecursionError
    PyRuntimeError
    PySystemError
    PyTypeError
    PyUnicodeEncodeError
    PyValueError
}

impl From<Error> for PyErr {
    /// The exception that memoryview raises: TypeError for a key of the wrong kind and for
    /// read-only memory, NotImplementedError for elements that cannot be read, and so on.
    fn from(error: Error) -> Self {
        let message = error.to_string();
        if error.is_index() {
            PyIndexError::new_err(message)
        } else if error.is_no_such_field() {
            PyKeyError::new_err(message)
        } else if error.is_wrong_kind() || error.is_read_only() {
            PyTypeError::new_err(message)
        } else if error.is_unreadable() {
            PyNotImplementedError::new_err(message)
        } else if error.is_buffer() {
            PyBufferError::new_err(message)
        } else if error.is_too_large() {
            PyMemoryError::new_err(message)
        } else {
            PyValueError::new_err(message)
        }
    }
}
