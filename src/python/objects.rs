//! Memory that holds references to Python objects (format 'O'): who owns them, and when they go.
//!
//! The memory of an exporter like NumPy owns its references. So whoever stores in it makes the new
//! references first, then lets them change places with the old ones, and lets go of those when
//! nothing is touched any more, for that may run anybody's code. A copy of such memory owns references of its own. ctypes keeps the objects of its
//! `py_object`s elsewhere, and its memory only borrows them: it is read, and not written.

use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit, ffi};

use super::class::PyConsumerArray;
use crate::array::AnyArray;
use crate::element::{Composite, Form, Part};
use crate::error::{Error, Result};
use crate::kernels::copy::{self, record};
use crate::layout::{Layout, Order};
use crate::memory::Memory;
use crate::view::{RawView, View};

/// A reference of our own to an object, which goes as soon as it is dropped. PyO3 does not know that
/// raw functions are attached: it would put off letting go of a `Py` to some later call.
pub(super) struct Reference(*mut ffi::PyObject);

impl Reference {
    pub(super) fn new(object: &Bound<'_, PyAny>) -> Self {
        Self(object.clone().into_ptr())
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: a reference of our own; elements are stored attached.
        unsafe { ffi::Py_DECREF(self.0) };
    }
}

/// A reference more to each object that the bytes of an element refer to, so that all of them
/// outlive the making of its value. One object alone is taken at once, and needs none.
///
/// # Safety
/// The bytes are an element of the form, whose references are to objects that are alive, or NULL.
pub(super) unsafe fn references(form: &Form, bytes: &[u8]) -> Vec<Reference> {
    let mut references = Vec::new();
    if *form == Form::Object || !form.has_objects() {
        return references;
    }
    form.for_each_part(0, &mut |range, part| {
        if let (Part::Object, Some(bytes)) = (part, bytes[range].first_chunk()) {
            let object = usize::from_ne_bytes(*bytes) as *mut ffi::PyObject;
            if !object.is_null() {
                // SAFETY: as the caller says.
                unsafe { ffi::Py_INCREF(object) };
                references.push(Reference(object));
            }
        }
    });
    references
}

/// Calls `f` with each reference in adjacent elements.
///
/// # Safety
/// The memory holds elements of the form, of `itemsize` bytes each.
unsafe fn each(
    form: &Form,
    memory: &Memory,
    itemsize: usize,
    mut f: impl FnMut(*mut ffi::PyObject),
) {
    for element in (0..memory.len()).step_by(itemsize.max(1)) {
        form.for_each_part(element, &mut |range, part| {
            if part == Part::Object {
                let place = memory.start().wrapping_add(range.start).cast::<*mut ffi::PyObject>();
                // SAFETY: as the caller says.
                f(unsafe { place.read_unaligned() });
            }
        });
    }
}

/// Memory of our own whose elements hold references that it owns.
pub(super) struct Objects {
    memory: Memory,
    form: Arc<Form>,
    itemsize: usize,
}

impl Objects {
    /// Takes one reference more to each object in the memory.
    ///
    /// # Safety
    /// The memory holds elements of the form; its references are to objects that are alive.
    pub(super) unsafe fn own(memory: Memory, form: Arc<Form>, itemsize: usize) -> Self {
        // SAFETY: as the caller says.
        unsafe { each(&form, &memory, itemsize, |object| ffi::Py_XINCREF(object)) };
        Self { memory, form, itemsize }
    }

    /// Changes places with the elements of a view of the same form and number of elements.
    fn exchange_all(&self, target: &View<Composite>) -> Result<()> {
        let (shape, itemsize) = (target.layout().shape(), target.layout().itemsize());
        let layout = Layout::contiguous(shape, itemsize)?;
        if target.readonly() {
            return Err(Error::read_only());
        }
        if self.memory.len() < layout.nbytes() {
            let (have, want) = (self.memory.len(), layout.nbytes());
            return Err(Error::value(format!("{want} bytes do not fit memory of {have}")));
        }
        // SAFETY: the memory holds the elements of that layout, and is reached through pointers
        // only; the target is writable.
        unsafe {
            let elements = RawView::new(self.memory.start(), &layout);
            record::exchange_all(target.descriptor(), target.raw(), elements)
        }
    }

    /// Shows the objects to the garbage collector.
    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        let mut result = Ok(());
        // SAFETY: the memory holds owned references, which are only looked at.
        unsafe {
            each(&self.form, &self.memory, self.itemsize, |object| {
                if result.is_ok() && !object.is_null() {
                    result = visit.call(&*(&raw const object).cast::<Py<PyAny>>());
                }
            });
        }
        result
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // SAFETY: the memory holds owned references, and nobody uses it any more.
        unsafe {
            each(&self.form, &self.memory, self.itemsize, |object| {
                ffi::Py_XDECREF(object);
            });
        }
    }
}

/// Copies the elements of one view, which hold references, to another one of the same form, as if
/// through a copy between: the two may overlap. Both are held, and of the same shape. What it gives
/// holds the references that were stored over.
pub(super) fn assign(target: &View<Composite>, source: &View<Composite>) -> Result<Objects> {
    let memory = copy::to_memory(source, Order::C)?;
    // SAFETY: a copy of the elements of a view that is held.
    let new =
        unsafe { Objects::own(memory, target.descriptor().clone(), target.layout().itemsize()) };
    new.exchange_all(target)?;
    Ok(new)
}

/// Stores the element in `bytes`, which hold references, in the element at `pointer`.
///
/// # Safety
/// The bytes are one element of the view, whose references are to objects that are alive; `pointer`
/// leads to a writable element of the view.
pub(super) unsafe fn store(
    target: &View<Composite>,
    pointer: *mut u8,
    bytes: &[u8],
) -> Result<Objects> {
    // SAFETY: as the caller says.
    unsafe {
        let new = repeated(target.descriptor(), bytes, 1)?;
        record::exchange(target.descriptor(), pointer, new.memory.start());
        Ok(new)
    }
}

/// Stores the element in `bytes`, which hold references, in every element of a view that is held.
///
/// # Safety
/// The bytes are one element of the view, whose references are to objects that are alive.
pub(super) unsafe fn fill(target: &View<Composite>, bytes: &[u8]) -> Result<Objects> {
    // SAFETY: as the caller says.
    let new = unsafe { repeated(target.descriptor(), bytes, target.layout().len())? };
    new.exchange_all(target)?;
    Ok(new)
}

/// The same element several times, with references of its own.
///
/// # Safety
/// The bytes are one element of the form, whose references are to objects that are alive.
unsafe fn repeated(form: &Arc<Form>, bytes: &[u8], count: usize) -> Result<Objects> {
    let too_large = || Error::too_large(format!("no memory for {count} elements"));
    let memory = Memory::zeroed(bytes.len().checked_mul(count).ok_or_else(too_large)?)?;
    for index in 0..count {
        let element = memory.start().wrapping_add(index * bytes.len());
        // SAFETY: the memory is that of as many elements.
        unsafe { element.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }
    // SAFETY: as the caller says.
    Ok(unsafe { Objects::own(memory, form.clone(), bytes.len()) })
}

/// Refuses to store references in a view's memory, or a part of it, that does not own them.
pub(super) fn check_owned(view: &PyConsumerArray, part: &AnyArray, py: Python<'_>) -> PyResult<()> {
    if part.has_objects()
        && let Some(exporter) = view.exporter(py)?
        && super::ctypes::owner(&exporter).is_some()
    {
        return Err(PyTypeError::new_err(
            "the memory of ctypes only borrows its objects: store them through the ctypes object",
        ));
    }
    Ok(())
}
