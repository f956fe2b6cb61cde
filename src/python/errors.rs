//! Exceptions of our own, and what becomes of those that Python code raised.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use pyo3::exceptions;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use super::attached::attached;
use super::exceptions::{PyBufferError, PyMemoryError};
use super::objects;
use super::once::made_once;
use crate::error::Error;

/// The class of the exception for objects without a buffer: `consumer.BufferProtocolError`. It is a
/// TypeError, which Python's own consumers raise, and a ValueError, which the C tutorial raised.
///
/// # Errors
/// MemoryError and the like, if the class cannot be created.
pub fn buffer_protocol_error(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let doc = "The object does not export a buffer (PEP 3118).\n\n\
               A TypeError, as Python's own consumers of buffers raise, and a ValueError as well.";
    class_of_both(py, &CLASS, "BufferProtocolError", doc)
}

/// The class of the exception for a view that has no hash: `consumer.UnhashableError`. It is a
/// TypeError, which Python raises for every other object without a hash and which is caught for
/// that, and a ValueError, which memoryview raises.
///
/// # Errors
/// MemoryError and the like, if the class cannot be created.
#[doc(hidden)]
pub fn unhashable_error(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let doc = "The view has no hash: its elements may change.\n\n\
               A TypeError, as Python raises for every other object without a hash, and a ValueError, as\n\
               memoryview raises.";
    class_of_both(py, &CLASS, "UnhashableError", doc)
}

/// The exception for a view that has no hash.
#[doc(hidden)]
#[must_use]
#[cold]
pub fn unhashable(py: Python<'_>, message: &str) -> PyErr {
    unhashable_error(py).and_then(|class| instance(class, message)).unwrap_or_else(|error| error)
}

/// Returns a class of exceptions that are TypeErrors and ValueErrors, created when it is first
/// asked for.
fn class_of_both<'py>(
    py: Python<'py>,
    class: &'static PyOnceLock<Py<PyType>>,
    name: &str,
    doc: &str,
) -> PyResult<&'py Bound<'py, PyType>> {
    let class = made_once(class, py, || {
        let bases =
            (py.get_type::<exceptions::PyTypeError>(), py.get_type::<exceptions::PyValueError>());
        let namespace = PyDict::new(py);
        namespace.set_item("__module__", "consumer")?;
        namespace.set_item("__doc__", doc)?;
        let class = py.get_type::<PyType>().call1((name, bases, namespace))?;
        Ok(class.cast_into::<PyType>()?.unbind())
    })?;
    Ok(class.bind(py))
}

/// Makes an exception of a class, with a message.
pub(super) fn instance(class: &Bound<'_, PyType>, message: &str) -> PyResult<PyErr> {
    let message = objects::string(class.py(), message)?.into_any();
    let arguments = objects::tuple(class.py(), std::iter::once(Ok(message)))?;
    Ok(PyErr::from_value(class.call1(arguments)?))
}

/// What an error says, for the message of another one.
pub(super) fn text(py: Python<'_>, error: &PyErr) -> String {
    attached(py, || {
        let name = error.get_type(py).qualname().or_discard(py);
        let name = name.map_or_else(|| "an error".to_owned(), |name| objects::shortened(&name));
        format!("{name}: {}", objects::message(py, error))
    })
}

/// Sets an error as the exception, for functions that go around PyO3.
#[cold]
#[inline(never)]
pub fn restore(py: Python<'_>, error: PyErr) {
    attached(py, || error.restore(py));
}

/// Returns whether PyO3 has panicked because CPython had no memory for a name or for the arguments
/// of a call.
fn is_no_memory(panic: &(dyn Any + Send)) -> bool {
    panic.downcast_ref() == Some(&"PyObject pointer is null")
}

/// Runs code that asks other objects by PyO3, which panics where there is no memory.
///
/// # Errors
/// Those of the code, and MemoryError.
pub fn with_memory<R>(body: impl FnOnce() -> PyResult<R>) -> PyResult<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result,
        Err(panic) if is_no_memory(&*panic) => Err(PyMemoryError::new_err("")),
        Err(panic) => resume_unwind(panic),
    }
}

/// Sets a panic as the exception, for functions that CPython calls: unwinding must not cross into
/// C.
#[cold]
#[inline(never)]
pub fn set_panic(_attached: Python<'_>, panic: Box<dyn Any + Send>) {
    let is_no_memory = is_no_memory(&*panic);
    drop(panic);
    // Made by CPython, which raises MemoryError where there is no memory for it: a panic in here
    // could not be caught.
    let message = c"internal error of consumer: please report it";
    // SAFETY: attached; the exception is a class, and the message a C string.
    unsafe {
        if is_no_memory {
            ffi::PyErr_NoMemory();
        } else {
            ffi::PyErr_SetString(ffi::PyExc_SystemError, message.as_ptr());
        }
    }
}

/// Makes the exception of an error that has none yet. PyO3 does so as soon as an error is looked
/// at, and panics while the interpreter ends.
#[cold]
#[inline(never)]
#[must_use]
pub fn with_exception(py: Python<'_>, error: PyErr) -> PyErr {
    restore(py, error);
    PyErr::fetch(py)
}

/// Makes the exception of an error, and another one its cause.
#[cold]
#[must_use]
#[expect(clippy::disallowed_methods, reason = "both have their exceptions")]
pub fn caused_by(py: Python<'_>, error: PyErr, cause: PyErr) -> PyErr {
    let error = with_exception(py, error);
    error.set_cause(py, Some(with_exception(py, cause)));
    error
}

/// The exception for what another object says wrong of its memory: BufferError, whatever it is that
/// is wrong, unless there is no memory to find out.
#[cold]
#[must_use]
pub fn wrong(error: Error) -> PyErr {
    if error.is_no_memory() { error.into() } else { PyBufferError::new_err(error.to_string()) }
}

/// Runs code that must neither see nor lose the exception that is set, if one is: what ends an
/// object, and may run while an exception is propagated.
#[inline(always)]
pub fn keep_exception<R>(_attached: Python<'_>, body: impl FnOnce() -> R) -> R {
    // SAFETY: attached. The exception is taken and put back in the same thread.
    unsafe {
        if ffi::PyErr_Occurred().is_null() {
            return body();
        }
        let [mut class, mut value, mut traceback] = [std::ptr::null_mut(); 3];
        #[allow(deprecated, reason = "its successor came with Python 3.12")]
        ffi::PyErr_Fetch(&raw mut class, &raw mut value, &raw mut traceback);
        let result = body();
        #[allow(deprecated, reason = "its successor came with Python 3.12")]
        ffi::PyErr_Restore(class, value, traceback);
        result
    }
}

/// Drops an error that is not passed on, and all that its traceback keeps alive, at once: see
/// [`attached`].
#[cold]
#[inline(never)]
pub fn discard(py: Python<'_>, error: PyErr) {
    attached(py, || drop(error));
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
