//! NumPy, if it is installed: `v.dtype`, `v.__array__()`, and methods of arrays.
//!
//! Nothing is imported before it is asked for. The `numpy` crate panics if NumPy is missing, so
//! that every call into it comes after an import of our own, which raises ImportError.

mod array;
mod dtype;

use pyo3::prelude::*;

use consumer::python::exceptions::PyImportError;
use consumer::python::objects;

pub(crate) use array::numpys_method;

/// Imports NumPy, and checks what the `numpy` crate takes for granted of it.
///
/// # Errors
/// ImportError that tells what NumPy was needed for.
fn import<'py>(py: Python<'py>, what: &str) -> PyResult<Bound<'py, PyModule>> {
    let usable = || -> PyResult<Bound<'py, PyModule>> {
        let numpy = py.import("numpy")?;
        numpy.getattr("__version__")?;
        let core = py.import("numpy._core.multiarray");
        core.or_else(|_| py.import("numpy.core.multiarray"))?.getattr("_ARRAY_API")?;
        Ok(numpy)
    };
    usable().map_err(|cause| is_missing(py, what, cause))
}

/// The error for what needs NumPy where importing it raised another.
fn is_missing(py: Python<'_>, what: &str, cause: PyErr) -> PyErr {
    let why = objects::message(py, &cause);
    let error =
        PyImportError::new_err(format!("{what} needs NumPy, which cannot be imported: {why}"));
    error.set_cause(py, Some(cause));
    error
}
