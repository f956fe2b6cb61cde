//! The same arguments as PyO3 and the crate numpy have them.

use std::mem::MaybeUninit;

use numpy::{
    AllowTypeChange, IntoPyArray, PyArray1, PyArrayLike1, PyReadonlyArray1, PyReadonlyArray2,
    PyUntypedArrayMethods,
};
use pyo3::buffer::PyBuffer;
use pyo3::ffi;
use pyo3::prelude::*;

/// Takes anything.
#[pyfunction]
pub fn anything(x: &Bound<'_, PyAny>) -> usize {
    x.as_ptr() as usize & 1
}

/// Asks for a buffer and releases it: what no argument takes less than.
#[pyfunction]
pub fn exported(x: &Bound<'_, PyAny>) -> PyResult<isize> {
    let mut buffer = MaybeUninit::<ffi::Py_buffer>::uninit();
    // SAFETY: the object is alive; the buffer is released where it was filled in.
    unsafe {
        if ffi::PyObject_GetBuffer(x.as_ptr(), buffer.as_mut_ptr(), ffi::PyBUF_FULL_RO) != 0 {
            return Err(PyErr::fetch(x.py()));
        }
        let len = (*buffer.as_ptr()).len;
        ffi::PyBuffer_Release(buffer.as_mut_ptr());
        Ok(len)
    }
}

/// PyO3's buffer of doubles.
#[pyfunction]
pub fn py_buffer(x: PyBuffer<f64>) -> usize {
    x.item_count()
}

/// PyO3's buffer of bytes.
#[pyfunction]
pub fn py_buffer_u8(x: PyBuffer<u8>) -> usize {
    x.item_count()
}

/// NumPy's array in one dimension.
#[pyfunction]
pub fn readonly_1(x: PyReadonlyArray1<'_, f64>) -> usize {
    x.len()
}

/// NumPy's array in two dimensions.
#[pyfunction]
pub fn readonly_2(x: PyReadonlyArray2<'_, f64>) -> usize {
    x.len()
}

/// NumPy's array, or what becomes one.
#[pyfunction]
pub fn array_like(x: PyArrayLike1<'_, f64, AllowTypeChange>) -> usize {
    x.len()
}

/// A list.
#[pyfunction]
pub fn listed(count: usize) -> Vec<f64> {
    (0..count).map(|number| number as f64).collect()
}

/// An array of NumPy's that owns a vector.
#[pyfunction]
pub fn numpy_owned(py: Python<'_>, count: usize) -> Bound<'_, PyArray1<f64>> {
    (0..count).map(|number| number as f64).collect::<Vec<_>>().into_pyarray(py)
}

/// The first double of PyO3's buffer, as it reads it.
#[pyfunction]
pub fn py_buffer_first(py: Python<'_>, x: PyBuffer<f64>) -> PyResult<Option<f64>> {
    Ok(x.to_vec(py)?.first().copied())
}
