//! NumPy, if it is installed: `v.dtype`, `v.__array__()`, and methods of arrays.
//!
//! Nothing is imported before it is asked for. The `numpy` crate panics if NumPy is missing, so
//! that every call into it comes after an import of our own, which raises ImportError.

mod array;
mod dtype;

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use ::numpy::{PyArrayDescr, get_array_module};
use pyo3::prelude::*;

use consumer::python::acquire::is_ordinary;
use consumer::python::errors::{caused_by, with_exception};
use consumer::python::exceptions::PyImportError;
use consumer::python::objects;

pub(crate) use array::numpys_method;

/// Imports NumPy, and what the `numpy` crate takes for granted of it.
///
/// # Errors
/// ImportError that tells what NumPy was needed for; what says nothing of NumPy, such as Ctrl-C,
/// passes.
fn import<'py>(py: Python<'py>, what: &str) -> PyResult<Bound<'py, PyModule>> {
    let usable = || -> PyResult<Bound<'py, PyModule>> {
        let numpy = py.import("numpy")?;
        find(py)?;
        Ok(numpy)
    };
    usable().map_err(|cause| {
        let cause = with_exception(py, cause);
        if is_ordinary(py, &cause) { is_missing(py, what, cause) } else { cause }
    })
}

/// Has the crate find NumPy, unless it has. It runs Python code for that within a lock of its own,
/// and code that runs meanwhile, such as a signal handler, must not come back to it: it would wait
/// for itself.
///
/// # Errors
/// What importing raises; ImportError for code that has come back.
fn find(py: Python<'_>) -> PyResult<()> {
    static IS_FOUND: AtomicBool = AtomicBool::new(false);
    thread_local! {
        static IS_AT_IT: Cell<bool> = const { Cell::new(false) };
    }
    if IS_FOUND.load(Ordering::Acquire) {
        return Ok(());
    }
    if IS_AT_IT.replace(true) {
        return Err(PyImportError::new_err("a call that this one interrupts is still finding it"));
    }
    let found = get_array_module(py).and_then(|module| module.getattr("_ARRAY_API"));
    // Only now that there is one, because the crate panics if there is none.
    let found = found.map(|_| drop(py.get_type::<PyArrayDescr>()));
    IS_AT_IT.set(false);
    IS_FOUND.store(found.is_ok(), Ordering::Release);
    found
}

/// The error for what needs NumPy where importing it raised another.
fn is_missing(py: Python<'_>, what: &str, cause: PyErr) -> PyErr {
    let why = objects::message(py, &cause);
    let error =
        PyImportError::new_err(format!("{what} needs NumPy, which cannot be imported: {why}"));
    caused_by(py, error, cause)
}
