//! Names of arguments that a method does not have. PyO3 writes such a name to its message whole,
//! however long, and without asking whether there is memory for it.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use consumer::python::exceptions::PyTypeError;
use consumer::python::objects;

/// Refuses arguments of all names that are none of a method's.
///
/// # Errors
/// TypeError for the first of them.
pub(crate) fn no_names(method: &str, names: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    match names.into_iter().flatten().next() {
        Some((name, _)) => Err(unexpected_name(method, &name)),
        None => Ok(()),
    }
}

/// The error for an argument of a name that a method does not have.
#[cold]
pub(crate) fn unexpected_name(method: &str, name: &Bound<'_, PyAny>) -> PyErr {
    let name = objects::repr(name).unwrap_or_default();
    let method = format!("ConsumerArray.{method}()");
    PyTypeError::new_err(format!("{method} got an unexpected keyword argument {name}"))
}
