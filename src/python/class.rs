//! The class `ConsumerArray`: what one holds, who may touch its memory, and when it ends.
//!
//! The rule of access.rs holds for all of it: memory is only touched under an `Access` or a `Hold`.

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::sync::atomic::AtomicIsize;

use pyo3::exceptions::{PyBufferError, PyMemoryError};
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use pyo3::{Borrowed, PyTraverseError, PyVisit, ffi};

use super::access::{Access, HeldRoot, Hold, Lease};
use super::buffer::{OwnMemory, Root};
use super::errors::released;
use super::export::export;
use super::vacant::Vacant;
use super::{index, long, module};
use crate::array::AnyArray;
use crate::dtype::ScalarType;
use crate::error::Error;
use crate::format::FormatString;
use crate::kernels::pieces::Sequence;
use crate::layout::Layout;
use crate::memory::Memory;
use crate::view::RawView;

/// A typed, zero-copy view of the memory that another object exports (PEP 3118).
///
/// consume(object) makes one. It can be indexed, sliced, iterated, compared and assigned to, in any
/// number of dimensions, and exports the same memory again; everything made from it shares that
/// memory, and keeps the export alive.
///
/// Work on many megabytes lets other threads run meanwhile, and ends where a signal's handler raises,
/// as at Ctrl-C: what was stored until then stays.
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
#[allow(rustdoc::broken_intra_doc_links, reason = "the text above is Python's")]
#[pyclass(frozen, immutable_type, weakref, generic, name = "ConsumerArray", module = "consumer")]
pub struct PyConsumerArray {
    array: AnyArray,
    lease: Lease,
    /// The hash, once it was asked for; -1 before, which no hash is.
    pub(super) hash: AtomicIsize,
    /// Whether the garbage collector knows of the view: where a cycle can lead through it.
    collected: bool,
    parent: UnsafeCell<Parent>,
    /// What the memory stands on, where this is the root; in other views there is nothing in it.
    root: Root,
}

/// The view whose root another one stands on.
enum Parent {
    /// The view is a root.
    Itself,
    View(Py<PyConsumerArray>),
    /// The view was released, and keeps nothing alive any more.
    Gone,
}

// SAFETY: the memory behind the array is reached under the rule above. Stores by several threads at
// once can mix their bytes, as in every buffer, but elements are copied in and out, so that any
// bytes are good ones.
unsafe impl Send for PyConsumerArray {}
// SAFETY: as above.
unsafe impl Sync for PyConsumerArray {}

impl PyConsumerArray {
    /// Acquires the export of `object` and makes the view of it.
    #[inline]
    pub(super) fn acquire<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        // Read-only or not, with all there is to know.
        Self::acquire_with(object, ffi::PyBUF_FULL_RO)
    }

    /// The same with flags that say what is asked of the exporter.
    #[inline]
    fn acquire_with<'py>(object: &Bound<'py, PyAny>, flags: c_int) -> PyResult<Bound<'py, Self>> {
        let vacant = Vacant::new(object.py())?;
        let place = vacant.place();
        // SAFETY: the object has its final place, and is known to nobody before it is filled in.
        // Where the export fails, `vacant` takes it away again.
        unsafe {
            let root = &raw mut (*place).root;
            let collected = Root::acquire(root, &raw mut (*place).array, object, flags)?;
            (&raw mut (*place).lease).write(Lease::new());
            (&raw mut (*place).hash).write(AtomicIsize::new(-1));
            (&raw mut (*place).collected).write(collected);
            (&raw mut (*place).parent).write(UnsafeCell::new(Parent::Itself));
            Ok(vacant.filled())
        }
    }

    /// A view of memory of our own.
    ///
    /// # Safety
    /// The array is one over that memory, and is valid as long as that is.
    pub(super) unsafe fn over(
        py: Python<'_>,
        memory: OwnMemory,
        array: AnyArray,
    ) -> PyResult<Bound<'_, Self>> {
        let vacant = Vacant::new(py)?;
        // A cycle can only lead through the objects in the memory.
        let collected = matches!(memory, OwnMemory::Objects(_));
        // SAFETY: the root lives as long as every view of it, and keeps the memory in its place on
        // the heap. The object is filled in as a whole.
        unsafe {
            vacant.place().write(Self {
                array,
                lease: Lease::new(),
                hash: AtomicIsize::new(-1),
                collected,
                parent: UnsafeCell::new(Parent::Itself),
                root: Root::over(memory),
            });
            Ok(vacant.filled())
        }
    }

    /// A view of writable memory of our own, as adjacent elements of a scalar format in C order.
    pub(super) fn over_scalars(
        py: Python<'_>,
        memory: Memory,
        layout: Layout,
        format: FormatString,
    ) -> PyResult<Bound<'_, Self>> {
        let (have, want) = (memory.len(), layout.nbytes());
        if !layout.is_c_contiguous() || have < want {
            return Err(Error::value(format!("{want} bytes do not fit memory of {have}")).into());
        }
        // SAFETY: the memory holds the adjacent elements, which are numbers and no references.
        unsafe {
            let array = AnyArray::new(memory.start(), layout, format, false, None);
            Self::over(py, OwnMemory::Plain(memory), array)
        }
    }

    /// A released view of nothing.
    pub(super) fn empty() -> PyResult<Self> {
        let memory = Memory::zeroed(0)?;
        let layout = Layout::contiguous(&[0], 1)?;
        // SAFETY: there are no elements.
        let array = unsafe { AnyArray::new(memory.start(), layout, c"B".into(), true, None) };
        Ok(Self {
            array,
            lease: Lease::ended(),
            hash: AtomicIsize::new(-1),
            collected: true,
            parent: UnsafeCell::new(Parent::Itself),
            root: Root::over(OwnMemory::Plain(memory)),
        })
    }

    /// The same elements as those of `this`, or some of them, under another layout.
    ///
    /// # Safety
    /// The layout leads from `start` to no other elements; the caller has access to them.
    #[inline]
    pub(super) unsafe fn share_part<'py>(
        this: &Bound<'py, Self>,
        start: *mut u8,
        layout: Layout,
    ) -> PyResult<Bound<'py, Self>> {
        let array = &this.get().array;
        // SAFETY: as the caller says; the place is valid for writes.
        unsafe {
            Self::share_with(this, |place| {
                place.write(array.with_layout(start, layout, array.readonly()));
            })
        }
    }

    /// An array over memory of `this`.
    ///
    /// # Safety
    /// It leads to no other memory than that of the view's elements, which the caller has access to.
    #[inline(always)]
    pub(super) unsafe fn share<'py>(
        this: &Bound<'py, Self>,
        array: AnyArray,
    ) -> PyResult<Bound<'py, Self>> {
        // SAFETY: as the caller says; the place is valid for writes.
        unsafe { Self::share_with(this, |place| place.write(array)) }
    }

    /// A field of the elements of `this`, made in its final place.
    ///
    /// # Safety
    /// The field was found in the view, which the caller has access to.
    #[inline(always)]
    pub(super) unsafe fn share_field<'py>(
        this: &Bound<'py, Self>,
        found: (usize, ScalarType),
    ) -> PyResult<Bound<'py, Self>> {
        let array = &this.get().array;
        // SAFETY: as the caller says; the place is valid for writes.
        unsafe { Self::share_with(this, |place| place.write(array.scalar_field(found))) }
    }

    /// Some of the elements of `this`: what begins `offset` bytes from its start, under a layout
    /// that is changed in its final place. Moving what was just made costs more than making it.
    ///
    /// # Safety
    /// Together they lead to elements of this view only, which the caller has access to.
    #[inline(always)]
    pub(super) unsafe fn share_changed<'py>(
        this: &Bound<'py, Self>,
        offset: isize,
        change: impl FnOnce(&mut Layout),
    ) -> PyResult<Bound<'py, Self>> {
        let array = &this.get().array;
        // SAFETY: as the caller says; the place is valid for writes.
        unsafe {
            Self::share_with(this, |place| {
                array.write_clone(place);
                (*place).change(offset, change);
            })
        }
    }

    /// Another view of the memory that `this` is a view of, its array written in its final place.
    ///
    /// # Safety
    /// `write` fills in the place, with an array over memory that the caller has access to.
    #[inline]
    pub(super) unsafe fn share_with<'py>(
        this: &Bound<'py, Self>,
        write: impl FnOnce(*mut AnyArray),
    ) -> PyResult<Bound<'py, Self>> {
        let root = match this.get().parent() {
            Parent::View(parent) => parent.bind(this.py()),
            Parent::Itself | Parent::Gone => this,
        };
        // SAFETY: as the caller says.
        unsafe { Self::child_of(root.clone(), write) }
    }

    /// A view of the memory of a root, its array written in its final place.
    ///
    /// # Safety
    /// `root` is one, and somebody has a hold on it; `write` fills in the place, with an array over
    /// its memory.
    #[inline]
    pub(super) unsafe fn child_of<'py>(
        root: Bound<'py, Self>,
        write: impl FnOnce(*mut AnyArray),
    ) -> PyResult<Bound<'py, Self>> {
        // Making an object may set off the garbage collector, and with it anybody's code.
        root.get().own_root().add_hold();
        let vacant =
            Vacant::like(&root).inspect_err(|_| root.get().own_root().drop_hold(root.py()))?;
        let place = vacant.place();
        // SAFETY: the place is valid for writes, and every field is filled in.
        unsafe {
            write(&raw mut (*place).array);
            Root::vacate(&raw mut (*place).root);
            (&raw mut (*place).lease).write(Lease::new());
            (&raw mut (*place).hash).write(AtomicIsize::new(-1));
            // A cycle can lead through this view only if it leads through its root.
            (&raw mut (*place).collected).write(root.get().collected);
            (&raw mut (*place).parent).write(UnsafeCell::new(Parent::View(root.unbind())));
            Ok(vacant.filled())
        }
    }

    /// The parent, to be looked at before any Python code runs.
    #[inline]
    fn parent(&self) -> &Parent {
        // SAFETY: it is changed only by a release, which Python code has to call.
        unsafe { &*self.parent.get() }
    }

    /// What the view stands on, to be looked at before any Python code runs. The view is not
    /// released.
    #[inline]
    fn root(&self) -> &Root {
        match self.parent() {
            Parent::Itself | Parent::Gone => self.own_root(),
            Parent::View(parent) => parent.get().own_root(),
        }
    }

    /// The root that is in the view itself; there is something in it only where the view is one.
    #[inline]
    pub(super) fn own_root(&self) -> &Root {
        &self.root
    }

    /// The object whose memory this is.
    pub(super) fn exporter<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let _access = self.access(py)?;
        // SAFETY: a view that can be accessed has a hold.
        Ok(unsafe { self.root().exporter(py) })
    }

    /// Layout, format and element type: what needs no memory. The view may be released the next
    /// time that other people's code runs.
    #[inline]
    pub(super) fn array(&self) -> PyResult<&AnyArray> {
        self.try_array().ok_or_else(released)
    }

    /// The same; `None` where the view was released.
    #[inline(always)]
    pub(super) fn try_array(&self) -> Option<&AnyArray> {
        (!self.lease.is_over()).then_some(&self.array)
    }

    /// The array, to be used before any Python code runs; `None` where the view was released.
    #[inline]
    #[cfg(not(Py_GIL_DISABLED))]
    pub(super) fn try_access<'a>(&'a self, _py: Python<'a>) -> Option<Access<'a>> {
        (!self.lease.is_over()).then_some(Access(&self.array))
    }

    /// The array, to be used before any Python code runs; `None` where the view was released.
    /// Other threads may release it meanwhile, so that it takes a hold.
    #[inline]
    #[cfg(Py_GIL_DISABLED)]
    pub(super) fn try_access<'a>(&'a self, py: Python<'a>) -> Option<Access<'a>> {
        if self.lease.is_over() {
            return None;
        }
        let root = self.held_root(py);
        root.try_hold().then(|| Hold { array: &self.array, root, py })
    }

    /// The array, to be used before any Python code runs.
    #[inline]
    pub(super) fn access<'a>(&'a self, py: Python<'a>) -> PyResult<Access<'a>> {
        self.try_access(py).ok_or_else(released)
    }

    /// The array, to be used while any code runs: its memory stays until the hold is dropped.
    pub(super) fn hold<'a>(&'a self, py: Python<'a>) -> PyResult<Hold<'a>> {
        #[cfg(not(Py_GIL_DISABLED))]
        {
            let array = self.array()?;
            let root = self.held_root(py);
            root.add_hold();
            Ok(Hold { array, root, py })
        }
        #[cfg(Py_GIL_DISABLED)]
        self.access(py)
    }

    /// The root, kept alive even if the view gives it up meanwhile.
    fn held_root<'a>(&'a self, py: Python<'a>) -> HeldRoot<'a> {
        match self.parent() {
            Parent::Itself | Parent::Gone => HeldRoot::Own(self.root()),
            Parent::View(parent) => HeldRoot::Parents(parent.bind(py).clone()),
        }
    }

    /// Gives the root back, once the lease is over.
    fn give_back(&self, py: Python<'_>) {
        let parent = match self.parent() {
            Parent::Itself | Parent::Gone => None,
            Parent::View(parent) => Some(parent.bind(py).clone()),
        };
        match &parent {
            None => self.root().drop_hold(py),
            Some(parent) => parent.get().own_root().drop_hold(py),
        }
        // A root that nobody knows any more but its released slices has to end with them. Without
        // the GIL others may be looking at the parent: there it stays until the view dies.
        if parent.is_some() && cfg!(not(Py_GIL_DISABLED)) {
            // SAFETY: the GIL is held, and nobody is looking at the parent.
            let gone = unsafe { std::mem::replace(&mut *self.parent.get(), Parent::Gone) };
            if let Parent::View(parent) = gone {
                drop(parent.into_bound(py));
            }
        }
    }

    /// Gives the view's memory back, for good, unless somebody has a buffer of it.
    pub(super) fn let_go(&self, py: Python<'_>) -> PyResult<()> {
        match self.lease.end() {
            Ok(true) => self.give_back(py),
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

    /// Fills in a `Py_buffer` of the view, which counts against its release.
    ///
    /// # Safety
    /// `buffer` is NULL, or can be written to.
    #[inline]
    pub(super) unsafe fn lend(
        this: Borrowed<'_, '_, Self>,
        buffer: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        if buffer.is_null() {
            return Err(Error::buffer("no Py_buffer to fill in").into());
        }
        // SAFETY: as the caller says.
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
            Ok(()) => unsafe { (*buffer).obj = this.to_owned().into_ptr() },
            Err(_) => view.lease.hand_back(),
        }
        filled
    }

    /// Takes back a buffer that was lent.
    #[inline]
    pub(super) fn take_back(&self) {
        self.lease.hand_back();
    }

    /// Whether the garbage collector knows of the view.
    #[inline]
    pub(super) fn is_collected(&self) -> bool {
        self.collected
    }

    /// Whether the view was released.
    pub(super) fn is_released(&self) -> bool {
        self.lease.is_over()
    }
}

impl Drop for PyConsumerArray {
    fn drop(&mut self) {
        // SAFETY: objects die attached.
        let py = unsafe { Python::assume_attached() };
        let live = self.lease.end_with_view();
        match std::mem::replace(self.parent.get_mut(), Parent::Gone) {
            Parent::View(parent) => {
                // A `Bound` is dropped at once, wherever this is called from.
                let parent = parent.into_bound(py);
                if live {
                    parent.get().own_root().drop_hold(py);
                }
            }
            Parent::Itself => {
                if live {
                    self.root.drop_hold(py);
                }
            }
            Parent::Gone => {}
        }
    }
}

#[pymethods]
impl PyConsumerArray {
    #[new]
    #[pyo3(signature = (length = None))]
    fn new<'py>(py: Python<'py>, length: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, Self>> {
        let count = length.map_or(Ok(0), index::clipped)?;
        let count = usize::try_from(count).unwrap_or(0);
        i32::try_from(count.saturating_sub(1)).map_err(|_| {
            let length = length.map(super::convert::described).unwrap_or_default();
            PyMemoryError::new_err(format!("int32 cannot number {length} elements"))
        })?;
        let layout = Layout::contiguous(&[count], size_of::<i32>())?;
        let memory = Memory::zeroed(layout.nbytes())?;
        // SAFETY: the pieces are parts of the memory, each of them adjacent and aligned elements.
        unsafe {
            let elements = RawView::new(memory.start(), &layout);
            long::in_pieces(py, [elements], Sequence::Forward, |[piece], before| {
                for index in 0..piece.layout().len() {
                    piece.start().cast::<i32>().add(index).write((before + index) as i32);
                }
                Ok(true)
            })?;
        }
        Self::over_scalars(py, memory, layout, c"i".into())
    }

    /// The view of an object whose buffer is asked for with other flags than consume's
    /// (inspect.BufferFlags): what memoryview._from_flags is. A view of a view shares its export, as
    /// consume's does, whatever the flags.
    #[classmethod]
    fn _from_flags<'py>(
        _class: &Bound<'py, PyType>,
        object: &Bound<'py, PyAny>,
        flags: c_int,
    ) -> PyResult<Bound<'py, Self>> {
        match object.cast_exact::<Self>() {
            Ok(_) => module::consume(object),
            Err(_) => Self::acquire_with(object, flags),
        }
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
        match self.parent() {
            Parent::Itself => self.root().traverse(visit),
            Parent::View(parent) => visit.call(parent),
            Parent::Gone => Ok(()),
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
        // SAFETY: the interpreter gives a `Py_buffer` to write to.
        unsafe { Self::lend(this.as_borrowed(), buffer, flags) }
    }

    unsafe fn __releasebuffer__(&self, _buffer: *mut ffi::Py_buffer) {
        self.take_back();
    }
}
