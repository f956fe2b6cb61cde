//! Arrays of NumPy that objects make of themselves: what `__array__(copy=False)` returns.
//!
//! Only if NumPy is loaded already, as it is where such an object has an array. NumPy's own promise
//! is that there is no copy, or an error; but methods that are older than `copy` do not know of it,
//! and others take it and copy all the same.

use std::mem::MaybeUninit;

use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use pyo3::{ffi, intern};

use super::dtype;
use super::loan::Buffer;
use crate::array::AnyArray;
use crate::python::acquire::types::{attribute, loaded_module};
use crate::python::acquire::{AsView, Failure};
use crate::python::exceptions::{PyBufferError, PyTypeError};
use crate::python::objects::{self, type_name};

/// Takes the buffer of the array that an object makes of itself, and writes ours of its memory;
/// `None` if it makes none, or NumPy is not loaded.
///
/// # Errors
/// The object's own exception; BufferError for a copy.
pub(super) fn acquire(
    place: &mut MaybeUninit<AnyArray>,
    object: &Bound<'_, PyAny>,
    as_view: AsView,
) -> PyResult<Option<Buffer>> {
    let py = object.py();
    let Some(method) = attribute(object, intern!(py, "__array__"))? else { return Ok(None) };
    let Some(ndarray) = ndarray(py)? else { return Ok(None) };
    let names = objects::dict(py)?;
    names.set_item("copy", false)?;
    let made = method.call(PyTuple::empty(py), Some(&names)).map_err(|error| {
        let class = error.get_type(py);
        let why = objects::message(py, &error);
        // What NumPy raises where it would have to copy.
        if class.is(py.get_type::<pyo3::exceptions::PyValueError>()) {
            let why = why.lines().next().unwrap_or_default();
            return PyBufferError::new_err(format!(
                "ValueError: {why}; consume(numpy.asarray(x)) takes what may be a copy"
            ));
        }
        if !class.is(py.get_type::<pyo3::exceptions::PyTypeError>()) {
            return error;
        }
        PyBufferError::new_err(format!(
            "nothing tells whether it copies: {why}; consume(numpy.asarray(x)) takes what it makes"
        ))
    })?;
    if made.is(object) {
        // An array that has refused its buffer itself.
        return Ok(None);
    }
    if !made.is_instance(&ndarray)? {
        let name = type_name(&made);
        return Err(PyTypeError::new_err(format!("it returned {name}, and not numpy.ndarray")));
    }
    if is_new(&made, &ndarray)? {
        return Err(PyBufferError::new_err(
            "it made a copy; consume(numpy.asarray(x)) takes the copy",
        ));
    }
    match Buffer::acquire(&made, ffi::PyBUF_FULL_RO, as_view) {
        Ok((array, buffer)) => {
            place.write(array);
            Ok(Some(buffer))
        }
        Err(Failure::Refused(refusal)) => {
            let found = dtype::acquire(place, &made, "numpy.asarray(x)", &refusal, as_view)?;
            found.map_or(Err(refusal), |buffer| Ok(Some(buffer)))
        }
        Err(Failure::Other(error)) => Err(error),
    }
}

/// The class of NumPy's arrays, if NumPy is loaded.
fn ndarray(py: Python<'_>) -> PyResult<Option<Bound<'_, PyType>>> {
    let Some(numpy) = loaded_module(py, "numpy")? else { return Ok(None) };
    // A module that is being imported may not have it yet.
    Ok(numpy.getattr_opt("ndarray")?.and_then(|class| class.cast_into().ok()))
}

/// Returns whether nobody else has the memory of an array that was returned, which was made for it
/// then.
fn is_new(array: &Bound<'_, PyAny>, ndarray: &Bound<'_, PyType>) -> PyResult<bool> {
    let mut array = array.clone();
    // What has returned the array, and the variable here; then the array in front, and the
    // variable.
    loop {
        // SAFETY: the object is alive.
        if unsafe { ffi::Py_REFCNT(array.as_ptr()) } > 2 {
            return Ok(false);
        }
        let base = array.getattr("base")?;
        if base.is_none() {
            return Ok(true);
        }
        if !base.is_instance(ndarray)? {
            return Ok(false);
        }
        array = base;
    }
}
