//! Iteration: an iterator type of its own, forwards and backwards.
//!
//! An iterator keeps its view alive, but does not hold the memory: a view that is released
//! meanwhile ends the iteration with an error.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use consumer::array::AnyArray;
use consumer::layout::Key;
use consumer::python::exceptions::PyTypeError;
use consumer::python::objects;

use crate::free_list::FreeList;
use crate::lock::Lock;
use crate::object::PyConsumerArray;
use crate::object::create::Dimensions;
use crate::object::uninit::{self, InPlace};
use crate::values::{NewReference, read, read_inline};

/// Iterator over the elements of a ConsumerArray, or, above one dimension, over its sub-views.
#[pyclass(frozen, immutable_type, name = "ConsumerArrayIterator", module = "consumer")]
pub(crate) struct PyIterator {
    /// Acquired by whoever uses the two fields below.
    lock: Lock,
    /// `None` once the iteration has ended, which then keeps nothing alive.
    view: UnsafeCell<Option<Py<PyConsumerArray>>>,
    /// How many elements were returned.
    done: AtomicUsize,
    length: usize,
    backwards: bool,
    /// The address of the first element to be returned and the stride to the next one; `None` for
    /// elements that are not equally spaced, that are sub-views, or that are composite.
    line: Option<(*mut u8, isize)>,
}

// SAFETY: the address of the line is only followed under access to the view. The view is only taken
// away, and looked at, under the lock. The rest is atomic or immutable.
unsafe impl Send for PyIterator {}
// SAFETY: as for `Send`.
unsafe impl Sync for PyIterator {}

// SAFETY: the class has neither, and the module sets the deallocator when it is executed.
unsafe impl InPlace for PyIterator {
    const FREE_LIST: &'static FreeList = {
        static LIST: FreeList = FreeList::new();
        &LIST
    };
}

impl PyIterator {
    /// An iterator over a view, forwards or backwards.
    ///
    /// # Errors
    /// TypeError for a view without dimensions, ValueError for one that is released.
    pub(crate) fn new<'py>(
        view: &Bound<'py, PyConsumerArray>,
        backwards: bool,
    ) -> PyResult<Bound<'py, Self>> {
        let py = view.py();
        let (length, line) = {
            let access = view.get().access(py)?;
            let [length, ..] = *access.layout().shape() else {
                return Err(PyTypeError::new_err("0-dim memory cannot be iterated over"));
            };
            let line = match (access.layout().strides(), access.layout().suboffsets()) {
                // Creating the object of a composite element may run Python code that ends this
                // iteration, and the view with it. The slow path keeps the view alive for that.
                _ if matches!(*access, AnyArray::Composite(_)) => None,
                (&[stride], []) if backwards && length > 0 => {
                    let last = stride.wrapping_mul(length as isize - 1);
                    Some((access.start().wrapping_offset(last), stride.wrapping_neg()))
                }
                (&[stride], []) => Some((access.start(), stride)),
                _ => None,
            };
            (length, line)
        };
        let (done, tracked) = (AtomicUsize::new(0), view.get().is_tracked());
        let view = UnsafeCell::new(Some(view.clone().unbind()));
        let iterator = Self { lock: Lock::new(), view, done, length, backwards, line };
        // A cycle can lead through an iterator only if it leads through its view.
        // SAFETY: the module has set the deallocator before anybody can have a view.
        unsafe { uninit::create_other(py, iterator, tracked) }
    }

    /// The view, and how many elements were returned; `None` once all were.
    ///
    /// # Safety
    /// The lock is acquired, and given up after the last use of the result; with a GIL, that is
    /// before Python code runs.
    #[inline(always)]
    unsafe fn position<'py>(
        &self,
        py: Python<'py>,
    ) -> Option<(&Bound<'py, PyConsumerArray>, usize)> {
        let done = self.done.load(Ordering::Relaxed);
        // SAFETY: the view is only taken away by `finish`, under the lock or the GIL.
        let view = unsafe { (*self.view.get()).as_ref() };
        view.filter(|_| done < self.length).map(|view| (view.bind(py), done))
    }

    /// Gives the view up at the end of the iteration.
    #[cold]
    fn finish(&self, py: Python<'_>) {
        let locked = self.lock.acquire(py);
        // SAFETY: nobody is looking at the view, because of the lock or the GIL. It is out of its
        // place, and the lock given up, before its end can run Python code.
        let view = unsafe { (*self.view.get()).take() };
        locked.give_up();
        drop(view.map(|view| view.into_bound(py)));
    }

    /// Returns the next of equally spaced scalars; `None` at the end and for all other elements.
    /// Does not panic.
    #[inline(always)]
    pub(crate) fn next_scalar(&self, py: Python<'_>) -> Option<NewReference> {
        let (first, stride) = self.line?;
        // Without a GIL another thread may end the iteration while the element is read.
        #[allow(clippy::needless_late_init, reason = "it is dropped after the lock is given up")]
        let kept;
        let locked = self.lock.acquire(py);
        // SAFETY: the lock is acquired. With a GIL, creating the object of a scalar runs no Python
        // code; without one, the view that is used after the lock is our own.
        let (view, done) = unsafe { self.position(py)? };
        kept = cfg!(Py_GIL_DISABLED).then(|| view.clone());
        let access = kept.as_ref().unwrap_or(view).get().try_access(py)?;
        self.done.store(done + 1, Ordering::Relaxed);
        locked.give_up();
        let pointer = first.wrapping_offset(stride.wrapping_mul(done as isize));
        // SAFETY: `done` is below the length, so that the line leads to an element of the view,
        // which is accessed.
        Some(unsafe { read_inline(py, &access, pointer) })
    }

    /// Returns the next object; NULL at the end, and where creating it has set an exception.
    pub(crate) fn next(&self, py: Python<'_>) -> PyResult<NewReference> {
        if let Some(element) = self.next_scalar(py) {
            return Ok(element);
        }
        let locked = self.lock.acquire(py);
        // SAFETY: the lock is acquired, and nothing runs before there is a reference to the view.
        let position = unsafe { self.position(py) }.map(|(view, done)| (view.clone(), done));
        let Some((view, done)) = position else {
            locked.give_up();
            self.finish(py);
            return Ok(std::ptr::null_mut());
        };
        self.done.store(done + 1, Ordering::Relaxed);
        locked.give_up();
        let index = if self.backwards { self.length - 1 - done } else { done };
        item_at(&view, index as isize).map(Bound::into_ptr)
    }
}

impl Drop for PyIterator {
    fn drop(&mut self) {
        // SAFETY: objects are deallocated attached.
        let py = unsafe { Python::assume_attached() };
        // PyO3 does not know that the deallocator is attached, and would put dropping a `Py` off; a
        // `Bound` is dropped at once.
        drop(self.view.get_mut().take().map(|view| view.into_bound(py)));
    }
}

/// Returns what an index of the first dimension selects: a sub-view above one dimension.
fn item_at<'py>(view: &Bound<'py, PyConsumerArray>, index: isize) -> PyResult<Bound<'py, PyAny>> {
    let py = view.py();
    let access = view.get().access(py)?;
    if access.layout().ndim() == 1 {
        let pointer = access.raw().element(&[index])?;
        // SAFETY: the pointer leads to an element, under access; `read` returns a new reference, or
        // NULL with an exception.
        return unsafe { Bound::from_owned_ptr_or_err(py, read(py, &access, pointer)) };
    }
    if let Some(offset) = access.layout().index_first(index) {
        // SAFETY: a row of the view, just found under access.
        let row =
            unsafe { PyConsumerArray::share_dimensions(view, offset, Dimensions::ButTheFirst)? };
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

    fn __length_hint__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects::size(py, self.length.saturating_sub(self.done.load(Ordering::Relaxed)))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // SAFETY: while the collector runs, no other thread does, and none stops under a lock.
        visit.call(unsafe { &*self.view.get() })
    }
}

#[pymethods]
impl PyConsumerArray {
    /// The elements in reverse order; above one dimension, views of one dimension less.
    fn __reversed__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyIterator>> {
        PyIterator::new(this, true)
    }
}
