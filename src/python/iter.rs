//! Iteration: an iterator type of its own, forwards and backwards.
//!
//! An iterator keeps its view alive, but does not hold the memory: a view that is released
//! meanwhile ends the iteration with an error.

use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use super::class::PyConsumerArray;
use super::convert::NewReference;
use super::index;
use crate::layout::Key;

/// Iterator over the elements of a ConsumerArray, or, above one dimension, over its sub-views.
#[pyclass(frozen, name = "ConsumerArrayIterator", module = "consumer")]
pub(super) struct PyIterator {
    view: Py<PyConsumerArray>,
    /// How many were given out.
    done: AtomicUsize,
    length: usize,
    backwards: bool,
    /// Whether elements are given out, and not sub-views.
    elements: bool,
}

impl PyIterator {
    pub(super) fn new<'py>(
        view: &Bound<'py, PyConsumerArray>,
        backwards: bool,
    ) -> PyResult<Bound<'py, Self>> {
        let shape = view.get().array()?.layout().shape();
        let [length, ..] = *shape else {
            return Err(PyTypeError::new_err("0-dim memory cannot be iterated over"));
        };
        let elements = shape.len() == 1;
        let done = AtomicUsize::new(0);
        let view = view.clone();
        let py = view.py();
        Bound::new(py, Self { view: view.unbind(), done, length, backwards, elements })
    }

    /// The next object; NULL without an exception at the end.
    #[inline(always)]
    pub(super) fn next(&self, py: Python<'_>) -> PyResult<NewReference> {
        let done = self.done.load(Ordering::Relaxed);
        if done >= self.length {
            return Ok(std::ptr::null_mut());
        }
        // Without the GIL two threads may be given the same element, as with other iterators.
        self.done.store(done + 1, Ordering::Relaxed);
        let index = if self.backwards { self.length - 1 - done } else { done };
        if self.elements {
            return index::element(self.view.get(), py, index as isize);
        }
        let view = self.view.bind(py);
        let selected = view.get().access(py)?.select(&[Key::Index(index as isize)])?;
        Ok(PyConsumerArray::share(view, selected)?.into_ptr())
    }
}

#[pymethods]
impl PyIterator {
    fn __iter__<'py>(this: &Bound<'py, Self>) -> Bound<'py, Self> {
        this.clone()
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let object = self.next(py)?;
        if object.is_null() {
            return PyErr::take(py).map_or(Ok(None), Err);
        }
        // SAFETY: `next` gives a new reference.
        Ok(Some(unsafe { Bound::from_owned_ptr(py, object) }))
    }

    fn __length_hint__(&self) -> usize {
        self.length.saturating_sub(self.done.load(Ordering::Relaxed))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.view)
    }
}

#[pymethods]
impl PyConsumerArray {
    fn __iter__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyIterator>> {
        PyIterator::new(this, false)
    }

    fn __reversed__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyIterator>> {
        PyIterator::new(this, true)
    }
}
