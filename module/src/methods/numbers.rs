//! `int(v)`, `float(v)` and `complex(v)`.
//!
//! A view without dimensions is its one element. One with dimensions is what it is to these
//! functions without such methods, and what a memoryview is: text to `int` and `float`, which take it
//! from the buffer, and nothing to `complex`.
//!
//! There is no `__index__`: `bytes(v)` and `range(v)` would take it for a length.

use std::mem::MaybeUninit;

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyComplex};

use consumer::array::AnyArray;
use consumer::form::ElementType;

use crate::object::PyConsumerArray;
use crate::values::read;

/// The element of a view without dimensions; `None` for other views, and released ones.
fn only_element<'py>(
    py: Python<'py>,
    view: &PyConsumerArray,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(access) = view.try_access(py).filter(|access| access.layout().ndim() == 0) else {
        return Ok(None);
    };
    let is_number = match &*access {
        AnyArray::Composite(array) => matches!(**array.descriptor(), ElementType::Object),
        // Asking for an element says why there is none.
        _ => true,
    };
    if !is_number {
        let message = format!("an element of format '{}' is no number", access.format());
        return Err(PyTypeError::new_err(message));
    }
    let pointer = access.start();
    // SAFETY: a view without dimensions has one element, under access; `read` returns a new
    // reference, or NULL with an exception.
    unsafe { Bound::from_owned_ptr_or_err(py, read(py, &access, pointer)) }.map(Some)
}

/// The bytes of an object that exports contiguous ones.
fn bytes_of<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let py = object.py();
    let mut buffer = MaybeUninit::<ffi::Py_buffer>::uninit();
    // SAFETY: the object is alive. A buffer that was filled in is `len` bytes, and released once
    // these were copied; it is not moved.
    unsafe {
        let status =
            ffi::PyObject_GetBuffer(object.as_ptr(), buffer.as_mut_ptr(), ffi::PyBUF_SIMPLE);
        if status != 0 {
            ffi::PyErr_Clear();
            return Ok(None);
        }
        let buffer = buffer.as_mut_ptr();
        let bytes = ffi::PyBytes_FromStringAndSize((*buffer).buf.cast(), (*buffer).len);
        ffi::PyBuffer_Release(buffer);
        Ok(Some(Bound::from_owned_ptr_or_err(py, bytes)?.cast_into_unchecked()))
    }
}

#[pymethods]
impl PyConsumerArray {
    /// int(element) of a view without dimensions; any other is text, as a memoryview is.
    fn __int__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let number = match only_element(py, this.get())? {
            Some(element) => element,
            None => match bytes_of(this)? {
                Some(bytes) => bytes.into_any(),
                None => {
                    return Err(PyTypeError::new_err(
                        "int() argument must be a string, a bytes-like object or a real number, \
                         not 'consumer.ConsumerArray'",
                    ));
                }
            },
        };
        // SAFETY: the object is alive; the result is a new reference, or NULL with an exception.
        unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyNumber_Long(number.as_ptr())) }
    }

    /// float(element) of a view without dimensions; any other is text, as a memoryview is.
    fn __float__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        // SAFETY: the objects are alive; the results are new references, or NULL with an exception.
        unsafe {
            let float = match only_element(py, this.get())? {
                Some(element) => ffi::PyNumber_Float(element.as_ptr()),
                None => ffi::PyFloat_FromString(this.as_ptr()),
            };
            Bound::from_owned_ptr_or_err(py, float)
        }
    }

    /// complex(element) of a view without dimensions; TypeError for any other.
    fn __complex__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        match only_element(py, this.get())? {
            Some(element) => py.get_type::<PyComplex>().call1((element,)),
            None => Err(PyTypeError::new_err(
                "complex() first argument must be a string or a number, \
                 not 'consumer.ConsumerArray'",
            )),
        }
    }
}
