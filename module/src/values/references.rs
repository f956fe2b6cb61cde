//! Memory that holds references to Python objects (format 'O'): who owns them, and when they are
//! dropped. This is the only place that moves references from one memory to another.
//!
//! A reference is copied together with taking it: attached, and before anything else runs. So at
//! each moment at which other code can run, the memory of ours owns exactly what it holds. It is
//! NULL where nothing was copied yet, so that it can be dropped halfway, as after an exception of a
//! signal handler. References that are exchanged between two memories keep their count.
//!
//! The memory of an exporter like NumPy owns its references. A store therefore creates the new
//! references first, exchanges them for the old ones, and drops the old ones once no memory is
//! touched any more, because that may run arbitrary Python code. A copy of such memory owns
//! references of its own. ctypes keeps the objects of its `py_object`s elsewhere, and its memory
//! only borrows them: it is read but not written.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use consumer::python::exceptions::PyNotImplementedError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit, ffi};

use consumer::array::AnyArray;
use consumer::error::{Error, Result};
use consumer::fallible;
use consumer::form::{Composite, ElementType, Leaf};
use consumer::kernels::copy::{self, record};
use consumer::layout::{Layout, Order};
use consumer::memory::{self, Memory};
use consumer::view::{RawView, View, Walk};

use super::places::Places;
use crate::gil;

/// Returns a new reference to the object that an element is. NULL stands for None, as in NumPy.
///
/// # Safety
/// `pointer` leads to a reference, to an object that the memory keeps alive, or NULL.
pub(super) unsafe fn read(py: Python<'_>, pointer: *const u8) -> *mut ffi::PyObject {
    // SAFETY: the caller guarantees it; None is always there.
    unsafe {
        let object = Places::new(py).take(pointer);
        if object.is_null() { ffi::Py_NewRef(ffi::Py_None()) } else { object }
    }
}

/// Takes a new reference to each object of an element, so that the objects outlive its conversion,
/// and writes it to `bytes`, which are a copy of the element but for that.
///
/// # Safety
/// `pointer` leads to an element of the element type, which the caller has access to.
pub(super) unsafe fn take<'py>(
    py: Python<'py>,
    element_type: &ElementType,
    pointer: *const u8,
    bytes: &mut [u8],
) -> Result<Vec<Bound<'py, PyAny>>> {
    let mut references = Vec::new();
    if !element_type.has_objects() {
        return Ok(references);
    }
    let mut kept = Ok(());
    element_type.for_each_leaf(0, &mut |range, leaf| {
        if leaf == Leaf::Object && kept.is_ok() {
            // SAFETY: an element has a reference there, to an object that is alive or NULL. One
            // that is not kept is dropped when its place is out of use again.
            let object = unsafe { Places::new(py).take(pointer.wrapping_add(range.start)) };
            bytes[range].copy_from_slice(&object.addr().to_ne_bytes());
            // SAFETY: a new reference, or NULL.
            if let Some(object) = unsafe { Bound::from_owned_ptr_or_opt(py, object) } {
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
    /// Memory for elements of a type, without references yet.
    fn without_references(
        element_type: Arc<ElementType>,
        itemsize: usize,
        length: usize,
    ) -> Result<Self> {
        let memory = Memory::zeroed(length)?;
        memory::advise_huge(memory.start(), length);
        Ok(Self { memory, element_type, itemsize })
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

    /// Exchanges the elements for those of a view of the same element type and number of elements,
    /// which is held.
    fn exchange_all(&self, py: Python<'_>, target: &View<'_, Composite>) -> PyResult<()> {
        let (shape, itemsize) = (target.layout().shape(), target.layout().itemsize());
        let layout = Layout::contiguous(shape, itemsize)?;
        if target.readonly() {
            return Err(Error::read_only().into());
        }
        if self.memory.len() < layout.nbytes() {
            return Err(Error::memory_too_small(layout.nbytes(), self.memory.len()).into());
        }
        // SAFETY: the memory has room for the elements of that layout, and nobody else has it.
        let elements = unsafe { RawView::new(self.memory.start(), &layout) };
        gil::in_attached_pieces(py, [target.raw(), elements], &mut |[target_piece, piece], _| {
            // SAFETY: parts of the target, which is writable, and of the memory, which is apart
            // from it and nobody else's. Nothing runs until all are exchanged.
            unsafe {
                let mut places = Places::new(py);
                let exchange = &mut |place, own| places.exchange(place, own);
                record::store_all(target.descriptor(), target_piece, piece, exchange)
            }
        })
    }

    /// Calls `f` with each reference in the memory.
    ///
    /// # Safety
    /// Nobody else uses the memory. `f` does not use the references beyond what their owner, or
    /// nobody, may do.
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
    /// Copies the elements of a view that is held, in C order, and takes a new reference to each of
    /// their objects; if `native`, in this machine's byte order. Where there are many, signals are
    /// handled meanwhile.
    ///
    /// # Errors
    /// MemoryError, and what a signal handler raises.
    pub(crate) fn copied(
        py: Python<'py>,
        view: &View<'_, Composite>,
        native: bool,
    ) -> PyResult<Self> {
        let layout = Layout::contiguous(view.layout().shape(), view.layout().itemsize())?;
        let (element_type, itemsize) = (view.descriptor().clone(), layout.itemsize());
        let objects = Objects::without_references(element_type, itemsize, layout.nbytes())?;
        // From here on the references are dropped, come what may.
        let copy = Self { objects, py };
        // SAFETY: the memory has room for the elements of that layout, and nobody else has it.
        let target = unsafe { RawView::new(copy.objects.memory.start(), &layout) };
        gil::in_attached_pieces(py, [target, view.raw()], &mut |[target, piece], _| {
            let walk = Walk::new([target, piece], Order::C)?;
            // SAFETY: the pieces are parts of the new memory, which nobody else has, and of the
            // view, which is held: its objects are alive. Nothing runs between copy and taking, and
            // a copy that fails has not begun.
            unsafe {
                if native {
                    record::write_native(view.descriptor(), target, piece)?;
                } else {
                    copy::copy_nonoverlapping(target, piece, 1)?;
                }
                take_all(py, view.descriptor(), walk);
            }
            Ok(())
        })?;
        Ok(copy)
    }

    /// Repeats the element in `bytes` so many times, and takes as many references.
    ///
    /// # Safety
    /// The bytes are an element of the type, whose references are to objects that are alive.
    unsafe fn repeated(
        py: Python<'py>,
        element_type: Arc<ElementType>,
        bytes: &[u8],
        count: usize,
    ) -> Result<Self> {
        let too_large = || Error::too_large(format!("no memory for {count} elements"));
        let length = bytes.len().checked_mul(count).ok_or_else(too_large)?;
        let objects = Objects::without_references(element_type, bytes.len(), length)?;
        for index in 0..count {
            let element = objects.memory.start().wrapping_add(index * bytes.len());
            // SAFETY: the memory has room for as many elements.
            unsafe { element.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        }
        // SAFETY: the caller guarantees it for the bytes, which all elements are copies of.
        unsafe { objects.for_each_reference(|object| ffi::Py_XINCREF(object)) };
        Ok(Self { objects, py })
    }

    /// The address of the memory.
    pub(crate) fn start(&self) -> *mut u8 {
        self.objects.memory.start()
    }

    /// The memory with its references, whose owner is to release them.
    pub(crate) fn into_objects(self) -> Objects {
        let this = ManuallyDrop::new(self);
        // SAFETY: the value is read once: its place is not dropped.
        unsafe { std::ptr::read(&raw const this.objects) }
    }
}

impl Drop for AttachedObjects<'_> {
    fn drop(&mut self) {
        self.objects.release(self.py);
    }
}

/// Writes a new reference to each object of some elements, the second ones of the walk, to the same
/// places of the first ones.
///
/// # Safety
/// All are elements of the type, the second ones with references to objects that are alive or NULL,
/// and nobody else has the first ones.
unsafe fn take_all(py: Python<'_>, element_type: &ElementType, walk: Walk<'_, 2>) {
    // SAFETY: nothing below runs any Python code.
    let mut places = unsafe { Places::new(py) };
    for run in walk {
        for index in 0..run.length {
            let (own, shared) = (run.pointer(0, index), run.pointer(1, index));
            element_type.for_each_leaf(0, &mut |range, leaf| {
                if leaf == Leaf::Object {
                    let own = own.wrapping_add(range.start).cast::<*mut ffi::PyObject>();
                    // SAFETY: the caller guarantees it: there is a reference on both sides.
                    unsafe { own.write_unaligned(places.take(shared.wrapping_add(range.start))) };
                }
            });
        }
    }
}

/// Copies the elements of one view, which hold references, to another one of the same element type
/// and shape, as if through a copy in between: the two may overlap. Both are held. Returns the
/// references that were stored over.
///
/// # Errors
/// The errors of [`AttachedObjects::copied`], and TypeError if the target is read-only.
pub(crate) fn assign<'py>(
    py: Python<'py>,
    target: &View<'_, Composite>,
    source: &View<'_, Composite>,
) -> PyResult<AttachedObjects<'py>> {
    let new = AttachedObjects::copied(py, source, false)?;
    new.objects.exchange_all(py, target)?;
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
    // SAFETY: the caller guarantees it.
    unsafe {
        let new = AttachedObjects::repeated(py, target.descriptor().clone(), bytes, 1)?;
        let own = new.objects.memory.start();
        record::store(target.descriptor(), pointer, own, &mut |place, own| {
            Places::new(py).exchange(place, own);
        });
        Ok(new)
    }
}

/// Stores the element in `bytes`, which hold references, in every element of a view that is held.
/// Returns the references that were stored over.
///
/// # Errors
/// TypeError if the view is read-only, MemoryError, and what a signal handler raises.
///
/// # Safety
/// The bytes are one element of the view, whose references are to objects that are alive.
pub(crate) unsafe fn fill<'py>(
    py: Python<'py>,
    target: &View<'_, Composite>,
    bytes: &[u8],
) -> PyResult<AttachedObjects<'py>> {
    let (element_type, count) = (target.descriptor().clone(), target.layout().len());
    // SAFETY: the caller guarantees it.
    let new = unsafe { AttachedObjects::repeated(py, element_type, bytes, count)? };
    new.objects.exchange_all(py, target)?;
    Ok(new)
}

/// Refuses to copy elements to where bytes that cannot be read would be taken for references, which
/// nobody owns.
///
/// # Errors
/// NotImplementedError for such elements.
pub(crate) fn check_readable(array: &AnyArray) -> PyResult<()> {
    if !array.hides_references() {
        return Ok(());
    }
    let why = match array {
        AnyArray::Opaque(array) => array.descriptor().to_string(),
        _ => "a part of the elements cannot be read".to_owned(),
    };
    Err(PyNotImplementedError::new_err(format!(
        "{why}; there may be references to objects in it, which cannot be copied"
    )))
}
