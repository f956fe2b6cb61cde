//! Arguments.

use consumer::extension::{ANY, Array, ArrayLike, Bytes, C, F, Last, Rw, Shape, Untyped};
use consumer::match_types;
use pyo3::prelude::*;

/// The sum of doubles in one dimension.
#[pyfunction]
pub fn line(x: Array<f64, 1>) -> f64 {
    x.iter().sum()
}

/// The shape and the sum of doubles in two dimensions.
#[pyfunction]
pub fn plane(x: Array<f64, 2>) -> ((usize, usize), f64) {
    let [rows, columns] = x.dim();
    ((rows, columns), x.iter().sum())
}

/// The shape, the strides and the elements of doubles in any number of dimensions, in C order.
#[pyfunction]
pub fn solid(x: Array<f64, ANY>) -> PyResult<(Vec<usize>, Vec<isize>, Vec<f64>)> {
    Ok((x.shape().to_vec(), x.strides().to_vec(), x.to_vec()?))
}

/// One double.
#[pyfunction]
pub fn number(x: Array<f64, 0>) -> Option<f64> {
    x.get([])
}

/// One double, if there is one.
#[pyfunction]
#[pyo3(signature = (x=None))]
pub fn maybe(x: Option<Array<f64, 0>>) -> Option<f64> {
    x.and_then(|x| x.get([]))
}

/// The sum of doubles that are contiguous in C order.
#[pyfunction]
pub fn rows(x: Array<f64, 2, C>) -> f64 {
    // SAFETY: no Python code runs meanwhile, and callers do not store from other threads.
    unsafe { x.as_slice() }.iter().sum()
}

/// The sum of doubles that are contiguous in Fortran order.
#[pyfunction]
pub fn columns(x: Array<f64, 2, F>) -> f64 {
    // SAFETY: as above.
    unsafe { x.as_slice() }.iter().sum()
}

/// The z of points in space.
#[pyfunction]
pub fn heights(points: Array<f32, 2, (C, Last<3>)>) -> Vec<f32> {
    (0..points.dim()[0]).filter_map(|at| points.get([at, 2])).collect()
}

/// The trace of a matrix of 4×4.
#[pyfunction]
pub fn traced(x: Array<f64, 2, Shape<4, 4>>) -> f64 {
    (0..4).filter_map(|at| x.get([at, at])).sum()
}

/// The sum of each point of a cloud, in any number of dimensions.
#[pyfunction]
pub fn cloud(points: Array<f64, ANY, Last<3>>) -> f64 {
    points.iter().sum()
}

/// Inverts bytes where they are.
#[pyfunction]
pub fn invert(x: Array<u8, ANY, Rw>) {
    x.map_in_place(|byte| !byte);
}

/// Stores a number in every element but the first, which becomes 0.
#[pyfunction]
pub fn filled(x: Array<f64, 1, Rw>, value: f64) -> bool {
    x.fill(value);
    x.set([0], 0.0)
}

/// Stores other numbers.
#[pyfunction]
pub fn scaled(x: Array<f64, ANY, Rw>, factor: f64) -> PyResult<()> {
    let values: Vec<f64> = x.to_vec()?.into_iter().map(|value| value * factor).collect();
    Ok(x.copy_from_slice(&values)?)
}

/// How many bools are true.
#[pyfunction]
pub fn kinds(x: Array<bool, ANY>) -> (usize, usize) {
    (x.iter().filter(|&found| found).count(), x.len())
}

/// Halves.
#[pyfunction]
pub fn halves(x: Array<consumer::half::f16, 1>) -> Vec<f32> {
    x.iter().map(f32::from).collect()
}

/// The longest complex number.
#[pyfunction]
pub fn longest(x: Array<consumer::num_complex::Complex<f64>, 1>) -> f64 {
    x.iter().map(|number| number.norm()).fold(0.0, f64::max)
}

/// The sum of numbers of several types.
#[pyfunction]
#[allow(clippy::useless_conversion, reason = "it is none for the other types")]
pub fn total(x: Untyped<ANY>) -> PyResult<(&'static str, f64)> {
    let name = x.dtype().name();
    Ok(match_types!(x, [f32, f64, i32, u8], x => (name, x.iter().map(f64::from).sum()))?)
}

/// Doubles, or what becomes doubles, and whether they were copied.
#[pyfunction]
pub fn floats(x: ArrayLike<f64, 1>) -> (Vec<f64>, bool) {
    (x.iter().collect(), x.is_copy())
}

/// Bytes, or what becomes bytes.
#[pyfunction]
pub fn lost(x: ArrayLike<u8, ANY>) -> (Vec<usize>, Vec<u8>, bool) {
    (x.shape().to_vec(), x.iter().collect(), x.is_copy())
}

/// The number of bytes, and their sum.
#[pyfunction]
pub fn checksum(py: Python<'_>, data: Bytes) -> (usize, u64) {
    py.detach(|| (data.len(), data.iter().map(u64::from).sum()))
}

/// The bytes.
#[pyfunction]
pub fn text(x: Array<u8, 1>) -> PyResult<std::borrow::Cow<'static, [u8]>> {
    Ok(x.to_vec()?.into())
}

/// Whether bytes are UTF-8, and whether that was found out without a copy.
#[pyfunction]
pub fn is_text(py: Python<'_>, data: Array<u8, 1>) -> PyResult<(bool, bool)> {
    Ok(match data.as_frozen_slice(py) {
        Some(bytes) => (py.detach(|| std::str::from_utf8(bytes).is_ok()), true),
        None => (String::from_utf8(data.to_vec()?).is_ok(), false),
    })
}
