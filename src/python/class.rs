//! The class `ConsumerArray`: what one holds, who may touch its memory, and when it ends.
//!
//! Memory safety rests on one rule. Elements are only touched under an [`Access`] or a [`Hold`],
//! both of which are refused on a released view. An access is for code that runs no Python between
//! asking and touching; it costs one load. A hold keeps the memory while other people's code runs:
//! conversions, comparisons, allocations that may set off the garbage collector. What is *not*
//! touched is free: layout and format stay readable, so that keys and values can be converted
//! first, and the view be asked for access after that.

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::ops::Deref;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};

use pyo3::exceptions::{PyBufferError, PyMemoryError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use pyo3::{PyTraverseError, PyVisit, ffi};

use super::buffer::{Root, export};
use super::errors::released;
use crate::array::AnyArray;
use crate::error::Error;
use crate::format::FormatString;
use crate::layout::Layout;
use crate::memory::Memory;

/// A typed, zero-copy view of the memory that another object exports (PEP 3118).
///
/// consume(object) makes one. It can be indexed, sliced, iterated, compared and assigned to, in any
/// number of dimensions, and exports the same memory again; everything made from it shares that
/// memory, and keeps the export alive.
///
/// ConsumerArray(length) makes one over memory of its own: writable int32 elements 0, 1, …,
/// length - 1. A negative length counts as 0.
///
/// >>> import array, consumer
/// >>> v = consumer.consume(array.array("i", [1, 2, 3, 4, 5]))
/// >>> print(v)
/// [ 1 2 3 4 5 ]
/// >>> v[1:4].tolist()
/// [2, 3, 4]
/// >>> print(consumer.ConsumerArray(3))
/// [ 0 1 2 ]
#[pyclass(frozen, weakref, generic, name = "ConsumerArray", module = "consumer")]
pub struct PyConsumerArray {
    /// `None` only while the export is being acquired.
    array: UnsafeCell<Option<AnyArray>>,
    lease: Lease,
    /// The hash, once it was asked for; -1 before, which no hash is.
    pub(super) hash: AtomicIsize,
    source: Source,
}

/// Where the memory comes from.
enum Source {
    /// From here: this is the root.
    Root(Root),
    /// From the root of the view that this one was made from.
    Shared(Py<PyConsumerArray>),
}

// SAFETY: the array is written once, before anybody else knows the object; the memory behind it is
// reached under the rule above. Stores by several threads at once can mix their bytes, as in every
// buffer, but elements are copied in and out, so that any bytes are good ones.
unsafe impl Send for PyConsumerArray {}
// SAFETY: as above.
unsafe impl Sync for PyConsumerArray {}

impl PyConsumerArray {
    fn with(array: Option<AnyArray>, lease: Lease, source: Source) -> Self {
        Self { array: UnsafeCell::new(array), lease, hash: AtomicIsize::new(-1), source }
    }

    /// Acquires the export of `object` and makes the view of it.
    pub(super) fn acquire<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        let vacant = Self::with(None, Lease::ended(), Source::Root(Root::vacant()));
        let this = Bound::new(object.py(), vacant)?;
        let view = this.get();
        // SAFETY: the object has its final place, and is known to nobody: should the garbage
        // collector show it to somebody, it is a released view.
        let array = unsafe { view.root().acquire(object)? };
        // SAFETY: as above; the lease that allows others to look begins after this.
        unsafe { *view.array.get() = Some(array) };
        view.lease.begin();
        Ok(this)
    }

    /// A view of writable memory of our own, its elements adjacent in C order.
    pub(super) fn over(
        py: Python<'_>,
        memory: Memory,
        layout: Layout,
        format: FormatString,
    ) -> PyResult<Bound<'_, Self>> {
        // SAFETY: the memory is as large as the layout asks, and the root, which lives as long as
        // every view of it, keeps it in its place on the heap.
        let array = unsafe { AnyArray::new(memory.start(), layout, format, false, None) };
        Bound::new(py, Self::with(Some(array), Lease::new(), Source::Root(Root::over(memory))))
    }

    /// Another view of the memory that `this` is a view of. The caller has access to it.
    pub(super) fn share<'py>(
        this: &Bound<'py, Self>,
        array: AnyArray,
    ) -> PyResult<Bound<'py, Self>> {
        let root = match &this.get().source {
            Source::Root(_) => this.clone().unbind(),
            Source::Shared(root) => root.clone_ref(this.py()),
        };
        root.get().root().add_hold();
        Bound::new(this.py(), Self::with(Some(array), Lease::new(), Source::Shared(root)))
    }

    #[inline]
    pub(super) fn root(&self) -> &Root {
        match &self.source {
            Source::Root(root) => root,
            Source::Shared(root) => root.get().root(),
        }
    }

    /// Layout, format and element type: what needs no memory. The view may be released the next
    /// time that other people's code runs.
    #[inline]
    pub(super) fn array(&self) -> PyResult<&AnyArray> {
        if self.lease.is_over() {
            return Err(released());
        }
        // SAFETY: the lease began after the array was written, and nobody writes it again.
        unsafe { (*self.array.get()).as_ref() }.ok_or_else(released)
    }

    /// The array, to be used before any Python code runs.
    #[inline]
    #[cfg(not(Py_GIL_DISABLED))]
    pub(super) fn access<'a>(&'a self, _py: Python<'a>) -> PyResult<Access<'a>> {
        self.array().map(Access)
    }

    /// The array, to be used before any Python code runs. Other threads may release it meanwhile,
    /// so that it takes a hold.
    #[inline]
    #[cfg(Py_GIL_DISABLED)]
    pub(super) fn access<'a>(&'a self, py: Python<'a>) -> PyResult<Access<'a>> {
        self.hold(py)
    }

    /// The array, to be used while any code runs: its memory stays until the hold is dropped.
    pub(super) fn hold<'a>(&'a self, py: Python<'a>) -> PyResult<Hold<'a>> {
        let array = self.array()?;
        #[cfg(not(Py_GIL_DISABLED))]
        self.root().add_hold();
        #[cfg(Py_GIL_DISABLED)]
        if !self.root().try_hold() {
            return Err(released());
        }
        Ok(Hold { array, root: self.root(), py })
    }

    /// Gives the view's memory back, for good, unless somebody has a buffer of it.
    pub(super) fn let_go(&self, py: Python<'_>) -> PyResult<()> {
        match self.lease.end() {
            Ok(true) => self.root().drop_hold(py),
            Ok(false) => {}
            Err(exports) => {
                let plural = if exports == 1 { "" } else { "s" };
                return Err(PyBufferError::new_err(format!(
                    "ConsumerArray has {exports} exported buffer{plural}"
                )));
            }
        }
        Ok(())
    }

    /// Whether the view was released.
    pub(super) fn is_released(&self) -> bool {
        self.lease.is_over()
    }
}

impl Drop for PyConsumerArray {
    fn drop(&mut self) {
        if let Ok(true) = self.lease.end() {
            // SAFETY: objects die attached; a value dies unattached only where Python could not
            // make an object of it, and that happens attached, too.
            self.root().drop_hold(unsafe { Python::assume_attached() });
        }
    }
}

#[pymethods]
impl PyConsumerArray {
    #[new]
    #[pyo3(signature = (length = None))]
    fn new<'py>(py: Python<'py>, length: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, Self>> {
        let length = match length {
            // SAFETY: the object is alive. Without an exception to raise, a number beyond isize
            // becomes the largest one.
            Some(length) => unsafe {
                ffi::PyNumber_AsSsize_t(length.as_ptr(), std::ptr::null_mut())
            },
            None => 0,
        };
        if let Some(error) = PyErr::take(py) {
            return Err(error);
        }
        let length = usize::try_from(length).unwrap_or(0);
        let last = i32::try_from(length.saturating_sub(1)).map_err(|_| {
            PyMemoryError::new_err(format!("{length} elements of int32 cannot be numbered"))
        })?;
        let layout = Layout::contiguous(&[length], size_of::<i32>())?;
        let memory = Memory::zeroed(layout.nbytes())?;
        let this = Self::over(py, memory, layout, c"i".into())?;
        let access = this.get().access(py)?;
        if let (AnyArray::I32(array), true) = (&*access, length > 0) {
            for value in 0..=last {
                array.set(&[value as isize], value)?;
            }
        }
        drop(access);
        Ok(this)
    }

    /// Lets go of the memory now, rather than when the view dies.
    ///
    /// Whatever is done with the view after that raises ValueError. Views that were made from it
    /// live on, and keep the export with them. Releasing twice is allowed; while somebody has a
    /// buffer of this view, as memoryview(v) does, it raises BufferError.
    ///
    /// >>> import consumer
    /// >>> data = bytearray(b"abc")
    /// >>> v = consumer.consume(data)
    /// >>> v.release()
    /// >>> data.append(100)
    /// >>> v[0]
    /// Traceback (most recent call last):
    ///     ...
    /// ValueError: operation forbidden on released ConsumerArray object
    fn release(&self, py: Python<'_>) -> PyResult<()> {
        self.let_go(py)
    }

    fn __enter__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        this.get().array()?;
        Ok(this.clone())
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.let_go(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.source {
            Source::Root(root) => root.traverse(visit),
            Source::Shared(root) => visit.call(root),
        }
    }

    fn __clear__(&self, py: Python<'_>) {
        // A buffer that somebody has of this view belongs to the same garbage: when its turn comes,
        // the last reference goes, and the memory with it.
        let _ = self.let_go(py);
    }

    unsafe fn __getbuffer__(
        this: Bound<'_, Self>,
        buffer: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        if buffer.is_null() {
            return Err(Error::buffer("no Py_buffer to fill in").into());
        }
        // SAFETY: the interpreter gives a `Py_buffer` to write to.
        unsafe { (*buffer).obj = std::ptr::null_mut() };
        let view = this.get();
        // The export is counted before the array is read, so that nobody can release it between.
        view.lease.lend()?;
        let access = view.access(this.py());
        let filled = access.and_then(|access| {
            // SAFETY: as above; `obj`, set below, keeps the view alive, and the lease, held.
            unsafe { export(&access, buffer, flags) }
        });
        match filled {
            // SAFETY: as above.
            Ok(()) => unsafe { (*buffer).obj = this.into_ptr() },
            Err(_) => view.lease.hand_back(),
        }
        filled
    }

    unsafe fn __releasebuffer__(&self, _buffer: *mut ffi::Py_buffer) {
        self.lease.hand_back();
    }
}

/// Whether a view may still be used, and how many buffers of it are out.
struct Lease(AtomicUsize);

impl Lease {
    /// No count of buffers.
    const OVER: usize = usize::MAX;

    fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    fn ended() -> Self {
        Self(AtomicUsize::new(Self::OVER))
    }

    fn begin(&self) {
        self.0.store(0, Ordering::Release);
    }

    #[inline]
    fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::OVER
    }

    /// Counts one more buffer.
    fn lend(&self) -> PyResult<()> {
        let add = |lent| if lent == Self::OVER { None } else { Some(lent + 1) };
        match self.0.fetch_update(Ordering::AcqRel, Ordering::Relaxed, add) {
            Ok(_) => Ok(()),
            Err(_) => Err(released()),
        }
    }

    /// Counts one buffer less.
    fn hand_back(&self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }

    /// Ends the lease, and says whether this call did; the number of buffers that are out if
    /// there are any.
    fn end(&self) -> std::result::Result<bool, usize> {
        match self.0.compare_exchange(0, Self::OVER, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Ok(true),
            Err(Self::OVER) => Ok(false),
            Err(lent) => Err(lent),
        }
    }
}

/// Permission to touch a view's memory until Python code runs again. The GIL keeps others out.
#[cfg(not(Py_GIL_DISABLED))]
pub(super) struct Access<'a>(&'a AnyArray);
#[cfg(Py_GIL_DISABLED)]
pub(super) type Access<'a> = Hold<'a>;

#[cfg(not(Py_GIL_DISABLED))]
impl Deref for Access<'_> {
    type Target = AnyArray;

    #[inline]
    fn deref(&self) -> &AnyArray {
        self.0
    }
}

/// Permission to touch a view's memory for as long as it lives: the memory stays, even if the view
/// is released meanwhile.
pub(super) struct Hold<'a> {
    array: &'a AnyArray,
    root: &'a Root,
    py: Python<'a>,
}

impl Deref for Hold<'_> {
    type Target = AnyArray;

    #[inline]
    fn deref(&self) -> &AnyArray {
        self.array
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.root.drop_hold(self.py);
    }
}
