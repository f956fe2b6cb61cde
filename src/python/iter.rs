//! Iteration: an iterator type of its own, forwards and backwards.
//!
//! An iterator keeps its view alive, but does not hold the memory: a view that is released
//! meanwhile ends the iteration with an error.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyTypeInfo, PyVisit};

use super::class::PyConsumerArray;
use super::convert::NewReference;
use super::{index, vacant};
use crate::array::AnyArray;
use crate::layout::{Key, Layout};

/// Iterator over the elements of a ConsumerArray, or, above one dimension, over its sub-views.
#[pyclass(frozen, immutable_type, name = "ConsumerArrayIterator", module = "consumer")]
pub(super) struct PyIterator {
    /// `None` once the iterator is at its end: it then keeps nothing alive.
    view: UnsafeCell<Option<Py<PyConsumerArray>>>,
    /// How many were given out.
    done: AtomicUsize,
    length: usize,
    backwards: bool,
    /// Where the first element to be given out lies and how far it is to the next; `None` where
    /// elements do not lie in a line, or are sub-views, or put together from others.
    line: Option<(*mut u8, isize)>,
}

// SAFETY: the address of the line is only followed under access to the view. The view is only taken
// away with the GIL held, where nobody is looking at it; without a GIL it never is.
unsafe impl Send for PyIterator {}
// SAFETY: as above.
unsafe impl Sync for PyIterator {}

impl PyIterator {
    fn new<'py>(view: &Bound<'py, PyConsumerArray>, backwards: bool) -> PyResult<Bound<'py, Self>> {
        let array = view.get().array()?;
        let [length, ..] = *array.layout().shape() else {
            return Err(PyTypeError::new_err("0-dim memory cannot be iterated over"));
        };
        let line = match (array.layout().strides(), array.layout().suboffsets()) {
            // Making their tuples may run code that ends this iteration, and with it the view: they
            // take the way that keeps it.
            _ if matches!(array, AnyArray::Composite(_)) => None,
            (&[stride], []) if backwards && length > 0 => {
                let last = stride.wrapping_mul(length as isize - 1);
                Some((array.start().wrapping_offset(last), stride.wrapping_neg()))
            }
            (&[stride], []) => Some((array.start(), stride)),
            _ => None,
        };
        let done = AtomicUsize::new(0);
        let (owned, py) = (view.clone().unbind(), view.py());
        let (collected, class) = (view.get().is_collected(), Self::type_object_raw(py));
        let view = UnsafeCell::new(Some(owned));
        // A cycle can lead through an iterator only if it leads through its view.
        // SAFETY: the class is ready, and ends its objects by `dealloc`.
        unsafe { vacant::made(py, class, Self { view, done, length, backwards, line }, collected) }
    }

    /// The view, to be looked at before any Python code runs; `None` at the end.
    #[inline(always)]
    fn view(&self) -> Option<&Py<PyConsumerArray>> {
        // SAFETY: the view is taken away only by `finish`, which Python code has to call.
        unsafe { (*self.view.get()).as_ref() }
    }

    /// Lets go of the view at the end of the iteration.
    #[cold]
    fn finish(&self, py: Python<'_>) {
        if cfg!(Py_GIL_DISABLED) {
            return;
        }
        // SAFETY: the GIL is held, and nobody is looking at the view. It is out of its place before
        // its end runs anybody's code.
        let view = unsafe { (*self.view.get()).take() };
        drop(view.map(|view| view.into_bound(py)));
    }

    /// The next element of a line of scalars; `None` for all else, and at the end.
    #[inline(always)]
    pub(super) fn next_scalar(&self, py: Python<'_>) -> Option<NewReference> {
        let (first, stride) = self.line?;
        let done = self.done.load(Ordering::Relaxed);
        let access = match self.view() {
            Some(view) if done < self.length => view.get().try_access(py)?,
            _ => return None,
        };
        // Without the GIL two threads may be given the same element, as with other iterators.
        self.done.store(done + 1, Ordering::Relaxed);
        let pointer = first.wrapping_offset(stride.wrapping_mul(done as isize));
        // SAFETY: `done` is below the length, so that the line leads to an element, and the access
        // is for it.
        Some(unsafe { index::read(py, &access, pointer) })
    }

    /// The next object; NULL at the end, and, with an exception, where that fails.
    pub(super) fn next(&self, py: Python<'_>) -> NewReference {
        if let Some(element) = self.next_scalar(py) {
            return element;
        }
        let done = self.done.load(Ordering::Relaxed);
        let view = match self.view() {
            Some(view) if done < self.length => view,
            _ => {
                self.finish(py);
                return std::ptr::null_mut();
            }
        };
        self.done.store(done + 1, Ordering::Relaxed);
        let index = if self.backwards { self.length - 1 - done } else { done };
        match part(&view.bind(py).clone(), index as isize) {
            Ok(object) => object.into_ptr(),
            Err(error) => {
                error.restore(py);
                std::ptr::null_mut()
            }
        }
    }
}

impl Drop for PyIterator {
    fn drop(&mut self) {
        // SAFETY: objects die attached.
        let py = unsafe { Python::assume_attached() };
        // A `Bound` is dropped at once, wherever this is called from.
        drop(self.view.get_mut().take().map(|view| view.into_bound(py)));
    }
}

/// What the index of the first dimension selects: a sub-view above one dimension.
fn part<'py>(view: &Bound<'py, PyConsumerArray>, index: isize) -> PyResult<Bound<'py, PyAny>> {
    let py = view.py();
    let access = view.get().access(py)?;
    if access.layout().ndim() == 1 {
        let pointer = access.raw().element(&[index])?;
        // SAFETY: the pointer leads to an element; `read` gives a new reference, or NULL with an
        // exception.
        return unsafe { Bound::from_owned_ptr_or_err(py, index::read(py, &access, pointer)) };
    }
    if let Some(offset) = access.layout().index_first(index) {
        // SAFETY: a row of the view, just found under access.
        let row = unsafe { PyConsumerArray::share_changed(view, offset, Layout::remove_first)? };
        return Ok(row.into_any());
    }
    let (start, layout) = access.raw().select(&[Key::Index(index)])?;
    // SAFETY: a selection of the view's elements, just made under access.
    Ok(unsafe { PyConsumerArray::share_part(view, start, layout)? }.into_any())
}

#[pymethods]
impl PyIterator {
    fn __iter__<'py>(this: &Bound<'py, Self>) -> Bound<'py, Self> {
        this.clone()
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let object = self.next(py);
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
        visit.call(self.view())
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
