//! What is made once in a process, when it is first asked for.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Returns what is in a cell; if nothing is yet, what `make` makes, which is put there.
///
/// It is made before the cell is locked. Whatever is made may run Python code, because the garbage
/// collector or a signal handler runs meanwhile, and that code may come back to the same cell: to
/// make it in the cell, as [`PyOnceLock::get_or_try_init`] does, would be to wait for oneself. Who
/// finds the cell filled afterwards drops what he has made.
///
/// # Errors
/// Those of `make`.
#[inline]
pub fn made_once<T>(
    cell: &'static PyOnceLock<T>,
    py: Python<'_>,
    make: impl FnOnce() -> PyResult<T>,
) -> PyResult<&'static T> {
    if let Some(made) = cell.get(py) {
        return Ok(made);
    }
    let made = make()?;
    Ok(cell.get_or_init(py, || made))
}
