//! Functions that do nothing but take and give: what a call costs.

use consumer::extension::{ANY, Array, ArrayLike, Bytes, Records, Untyped};
use consumer::match_types;
use pyo3::prelude::*;

use crate::results::Body;

/// Doubles in one dimension.
#[pyfunction]
pub fn take_line(x: Array<f64, 1>) -> usize {
    x.len()
}

/// Doubles in two dimensions.
#[pyfunction]
pub fn take_plane(x: Array<f64, 2>) -> usize {
    x.len()
}

/// Doubles in any number of dimensions.
#[pyfunction]
pub fn take_any(x: Array<f64, ANY>) -> usize {
    x.len()
}

/// Bytes in one dimension.
#[pyfunction]
pub fn take_bytes(x: Array<u8, 1>) -> usize {
    x.len()
}

/// The bytes of anything.
#[pyfunction]
pub fn take_raw(x: Bytes) -> usize {
    x.len()
}

/// The second of two types.
#[pyfunction]
pub fn take_second(x: Untyped<1>) -> PyResult<usize> {
    Ok(match_types!(x, [f32, f64], x => x.len())?)
}

/// What becomes doubles.
#[pyfunction]
pub fn take_like(x: ArrayLike<f64, 1>) -> usize {
    x.len()
}

/// Records.
#[pyfunction]
pub fn take_records(x: Records<Body>) -> usize {
    x.len()
}
