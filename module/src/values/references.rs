//! Memory that holds references to Python objects (format 'O'): who owns them, and when they are
//! dropped.
//!
//! The memory of an exporter like NumPy owns its references. A store therefore creates the new
//! references first, exchanges them for the old ones, and drops the old ones once no memory is
//! touched any more, because that may run arbitrary Python code. A copy of such memory owns
//! references of its own. ctypes keeps the objects of its `py_object`s elsewhere, and its memory
//! only borrows them: it is read but not written.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit, ffi};

use consumer::error::{Error, Result};
use consumer::fallible;
use consumer::form::{Composite, ElementType, Leaf};
use consumer::kernels::copy::{self, record};
use consumer::layout::{Layout, Order};
use consumer::memory::Memory;
use consumer::view::{RawView, View};

/// Takes a new reference to each object that the bytes of an element refer to, so that the objects
/// outlive the conversion of the element. An element that is one object needs none, because its
/// conversion is to take a reference.
///
/// # Safety
/// The bytes are an element of the element type, whose references are to objects that are alive, or
/// NULL.
pub(crate) unsafe fn new_references<'py>(
    py: Python<'py>,
    element_type: &ElementType,
    bytes: &[u8],
) -> Result<Vec<Bound<'py, PyAny>>> {
    let mut references = Vec::new();
    if *element_type == ElementType::Object || !element_type.has_objects() {
        return Ok(references);
    }
    let mut kept = Ok(());
    element_type.for_each_leaf(0, &mut |range, part| {
        if let (Leaf::Object, Some(bytes)) = (part, bytes[range].first_chunk()) {
            let object = usize::from_ne_bytes(*bytes) as *mut ffi::PyObject;
            // SAFETY: the caller guarantees that it is NULL or an object that is alive.
            let object = unsafe { Bound::from_borrowed_ptr_or_opt(py, object) };
            if let (Some(object), Ok(())) = (object, &kept) {
                kept = fallible::push(&mut references, object);
            }
        }
    });
    kept.map(|()| references)
}

/// Memory whose elements hold references that it owns.
///
/// References can only be dropped attached, so that this has no `Drop`: whoever keeps it calls
/// [`release`](Self::release) when it goes; [`AttachedObjects`] does so by itself.
pub(crate) struct Objects {
    memory: Memory,
    element_type: Arc<ElementType>,
    itemsize: usize,
}

impl Objects {
    /// Takes a new reference to each object in the memory.
    ///
    /// # Safety
    /// The memory holds elements of the type, whose references are to objects that are alive.
    pub(crate) unsafe fn own(
        _attached: Python<'_>,
        memory: Memory,
        element_type: Arc<ElementType>,
        itemsize: usize,
    ) -> Self {
        let objects = Self { memory, element_type, itemsize };
        // SAFETY: the caller guarantees it, and the thread is attached.
        unsafe { objects.for_each_reference(|object| ffi::Py_XINCREF(object)) };
        objects
    }

    /// Drops the references, once and for all, which may run arbitrary Python code.
    pub(crate) fn release(&self, _attached: Python<'_>) {
        // SAFETY: the memory holds owned references, and nobody uses it any more.
        unsafe { self.for_each_reference(|object| ffi::Py_XDECREF(object)) }
    }

    /// Shows the objects to the garbage collector.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        let mut result = Ok(());
        // SAFETY: the memory holds owned references, which are only looked at.
        unsafe {
            self.for_each_reference(|object| {
                if result.is_ok() && !object.is_null() {
                    result = visit.call(&*(&raw const object).cast::<Py<PyAny>>());
                }
            });
        }
        result
    }

    /// Exchanges the elements for those of a view of the same element type and number of elements.
    fn exchange_all(&self, target: &View<'_, Composite>) -> Result<()> {
        let (shape, itemsize) = (target.layout().shape(), target.layout().itemsize());
        let layout = Layout::contiguous(shape, itemsize)?;
        if target.readonly() {
            return Err(Error::read_only());
        }
        if self.memory.len() < layout.nbytes() {
            return Err(Error::memory_too_small(layout.nbytes(), self.memory.len()));
        }
        // SAFETY: the memory has room for the elements of that layout, and nobody else has it; the
        // target is writable, and apart from it.
        unsafe {
            let elements = RawView::new(self.memory.start(), &layout);
            record::exchange_all(target.descriptor(), target.raw(), elements)
        }
    }

    /// Calls `f` with each reference in the memory.
    ///
    /// # Safety
    /// `f` does not use the references beyond what their owner, or nobody, may do.
    unsafe fn for_each_reference(&self, mut f: impl FnMut(*mut ffi::PyObject)) {
        for element in (0..self.memory.len()).step_by(self.itemsize.max(1)) {
            self.element_type.for_each_leaf(element, &mut |range, leaf| {
                if leaf == Leaf::Object {
                    let place = self.memory.start().wrapping_add(range.start);
                    // SAFETY: the memory holds elements of the type, which have a reference there.
                    f(unsafe { place.cast::<*mut ffi::PyObject>().read_unaligned() });
                }
            });
        }
    }
}

/// [`Objects`] in the hands of an attached thread, which drops their references.
///
/// References that a store has exchanged for new ones are returned in one, and dropped once the
/// memory is not touched any more, because that may run arbitrary Python code.
pub(crate) struct AttachedObjects<'py> {
    objects: Objects,
    py: Python<'py>,
}

impl<'py> AttachedObjects<'py> {
    /// Takes a new reference to each object in the memory: see [`Objects::own`].
    ///
    /// # Safety
    /// The same as for [`Objects::own`].
    unsafe fn own(
        py: Python<'py>,
        memory: Memory,
        element_type: Arc<ElementType>,
        itemsize: usize,
    ) -> Self {
        // SAFETY: the caller guarantees it.
        Self { objects: unsafe { Objects::own(py, memory, element_type, itemsize) }, py }
    }
}

impl Drop for AttachedObjects<'_> {
    fn drop(&mut self) {
        self.objects.release(self.py);
    }
}

/// Copies the elements of one view, which hold references, to another one of the same element type
/// and shape, as if through a copy in between: the two may overlap. Both are held. Returns the
/// references that were stored over.
pub(crate) fn assign<'py>(
    py: Python<'py>,
    target: &View<'_, Composite>,
    source: &View<'_, Composite>,
) -> Result<AttachedObjects<'py>> {
    let memory = copy::to_memory(source, Order::C)?;
    let (element_type, itemsize) = (target.descriptor().clone(), target.layout().itemsize());
    // SAFETY: a copy of the elements of a view that is held, whose objects are alive.
    let new = unsafe { AttachedObjects::own(py, memory, element_type, itemsize) };
    new.objects.exchange_all(target)?;
    Ok(new)
}

/// Stores the element in `bytes`, which hold references, in the element at `pointer`. Returns the
/// references that were stored over.
///
/// # Safety
/// The bytes are one element of the view, whose references are to objects that are alive; `pointer`
/// leads to a writable element of the view, which is apart from them.
pub(crate) unsafe fn store<'py>(
    py: Python<'py>,
    target: &View<'_, Composite>,
    pointer: *mut u8,
    bytes: &[u8],
) -> Result<AttachedObjects<'py>> {
    let memory = repeated(bytes, 1)?;
    let start = memory.start();
    // SAFETY: the caller guarantees it for the bytes, which the memory is a copy of.
    unsafe {
        let element_type = target.descriptor().clone();
        let new = AttachedObjects::own(py, memory, element_type, bytes.len());
        record::exchange(target.descriptor(), pointer, start);
        Ok(new)
    }
}

/// Stores the element in `bytes`, which hold references, in every element of a view that is held.
/// Returns the references that were stored over.
///
/// # Safety
/// The bytes are one element of the view, whose references are to objects that are alive.
pub(crate) unsafe fn fill<'py>(
    py: Python<'py>,
    target: &View<'_, Composite>,
    bytes: &[u8],
) -> Result<AttachedObjects<'py>> {
    let memory = repeated(bytes, target.layout().len())?;
    // SAFETY: the caller guarantees it for the bytes, which all elements are copies of.
    let new = unsafe { AttachedObjects::own(py, memory, target.descriptor().clone(), bytes.len()) };
    new.objects.exchange_all(target)?;
    Ok(new)
}

/// Repeats the bytes of an element.
fn repeated(bytes: &[u8], count: usize) -> Result<Memory> {
    let too_large = || Error::too_large(format!("no memory for {count} elements"));
    let memory = Memory::zeroed(bytes.len().checked_mul(count).ok_or_else(too_large)?)?;
    for index in 0..count {
        let element = memory.start().wrapping_add(index * bytes.len());
        // SAFETY: the memory has room for as many elements.
        unsafe { element.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }
    Ok(memory)
}
