//! Results, and records.

use consumer::extension::{ANY, Array, Owned, Records};
use consumer::record;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The numbers from 0 on.
#[pyfunction]
pub fn ramp(count: usize) -> Owned<f64, 1> {
    (0..count).map(|number| number as f64).collect::<Vec<_>>().into()
}

/// A matrix of numbers from 0 on.
#[pyfunction]
pub fn grid(rows: u16, columns: u16) -> PyResult<Owned<i32, 2>> {
    let count = i32::from(rows) * i32::from(columns);
    Ok(Owned::new((0..count).collect(), [rows.into(), columns.into()])?)
}

/// A shape of other elements.
#[pyfunction]
pub fn wrong_shape() -> PyResult<Owned<u8, 2>> {
    Ok(Owned::new(vec![1, 2, 3], [2, 2])?)
}

/// The memory that was given.
#[pyfunction]
pub fn same(x: Array<f64, ANY>) -> Array<f64, ANY> {
    x
}

/// A copy with the order of the rows reversed.
#[pyfunction]
pub fn mirrored(x: Array<f64, 2>) -> PyResult<Owned<f64, 2>> {
    // SAFETY: no Python code runs meanwhile, and callers do not store from other threads.
    let view = unsafe { x.as_ndarray() };
    let values = match &view {
        Some(view) => view.rows().into_iter().rev().flatten().copied().collect(),
        None => x.to_ndarray()?.rows().into_iter().rev().flatten().copied().collect(),
    };
    Ok(Owned::new(values, x.dim())?)
}

record! {
    /// A body in the plane.
    #[derive(Debug)]
    pub struct Body {
        kind: u8,
        at: [f64; 2],
    }
}

record! {
    /// Two points and a name.
    pub struct Line {
        ends: [Point; 2],
        name: [u8; 4],
    }
}

record! {
    /// A point.
    pub struct Point {
        x: i16,
        y: i16,
    }
}

/// The fields of bodies.
#[pyfunction]
pub fn bodies(x: Records<Body>) -> Vec<(u8, [f64; 2])> {
    x.iter().map(|body| (body.kind, body.at)).collect()
}

/// The last of some lines.
#[pyfunction]
pub fn lines<'py>(py: Python<'py>, x: Records<Line>) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(line) = x.len().checked_sub(1).and_then(|last| x.get(last)) else {
        return Ok(None);
    };
    let found = PyDict::new(py);
    found.set_item("ends", line.ends.map(|point| (point.x, point.y)))?;
    found.set_item("name", String::from_utf8_lossy(&line.name))?;
    Ok(Some(found))
}
