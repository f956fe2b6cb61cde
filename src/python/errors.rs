//! Which exception each error becomes.

use pyo3::exceptions;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use super::exceptions::{
    PyBufferError, PyIndexError, PyKeyError, PyMemoryError, PyNotImplementedError, PyTypeError,
    PyValueError,
};
use super::objects;
use crate::error::Error;

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

/// The class of the exception for objects without a buffer: `consumer.BufferProtocolError`. It is a
/// TypeError, which Python's own consumers raise, and a ValueError, which the C tutorial raised.
///
/// # Errors
/// MemoryError and the like, if the class cannot be created.
pub fn buffer_protocol_error(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.get_or_try_init(py, || {
        let bases =
            (py.get_type::<exceptions::PyTypeError>(), py.get_type::<exceptions::PyValueError>());
        let namespace = PyDict::new(py);
        namespace.set_item("__module__", "consumer")?;
        namespace.set_item("__doc__", "The object does not export a buffer (PEP 3118).")?;
        let class = py.get_type::<PyType>().call1(("BufferProtocolError", bases, namespace))?;
        Ok::<_, PyErr>(class.cast_into::<PyType>()?.unbind())
    })?;
    Ok(class.bind(py))
}

/// The exception for an object without a buffer.
#[must_use]
#[cold]
pub fn no_buffer(object: &Bound<'_, PyAny>) -> PyErr {
    let raise = || -> PyResult<PyErr> {
        let name = objects::type_name(object);
        let message = format!("The object does not support buffer protocol: {name}");
        let message = objects::string(object.py(), &message)?.into_any();
        let class = buffer_protocol_error(object.py())?;
        let arguments = objects::tuple(object.py(), std::iter::once(Ok(message)))?;
        Ok(PyErr::from_value(class.call1(arguments)?))
    };
    raise().unwrap_or_else(|error| error)
}

/// Drops an error that is not passed on, and all that its traceback keeps alive, at once.
///
/// Functions that go around PyO3 run without its knowing that the thread is attached. What is dropped
/// there, PyO3 puts off until some function of its own happens to run: exceptions, frames and buffers
/// of other objects would pile up. So no error is ever dropped but here.
#[cold]
#[inline(never)]
pub fn discard(_attached: Python<'_>, error: PyErr) {
    // While the interpreter ends it cannot be told, and nothing piles up any more.
    let _ = Python::try_attach(move |_| drop(error));
}

/// Results whose errors can be left out.
pub trait DiscardError<T> {
    /// Returns the value, or drops the error: see [`discard`].
    fn or_discard(self, py: Python<'_>) -> Option<T>;
}

impl<T> DiscardError<T> for PyResult<T> {
    #[inline]
    fn or_discard(self, py: Python<'_>) -> Option<T> {
        match self {
            Ok(value) => Some(value),
            Err(error) => {
                discard(py, error);
                None
            }
        }
    }
}
