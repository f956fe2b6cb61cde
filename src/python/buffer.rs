//! Acquiring the export of a foreign object, and letting go of it.
//!
//! How the objects relate. An exporter fills in a `Py_buffer`, once, in place: it may point into
//! itself, so that it must never move, and some exporters allow only one at a time. It lies in the
//! ConsumerArray that `consume` made, the *root*. Slices, fields, transposes and the like are
//! further ConsumerArrays that refer to the root, and each of them, the root among them, counts as
//! a hold on it ([`Root`]). Releasing a view, or its death, gives its hold back; the last one to go
//! lets go of the export. So a view may be released while its slices live on, and an operation that
//! runs other people's code takes a hold of its own, and cannot be cut off from its memory.
//!
//! The other way around (export.rs), whoever asks a ConsumerArray for a buffer counts against *that*
//! view's release, as with memoryview: see `Lease` in access.rs.

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit, ffi};

use super::describe::describe;
use super::errors::no_buffer;
use super::objects::Objects;
use crate::array::AnyArray;
use crate::error::{Error, Result};
use crate::memory::Memory;

/// The memory that a ConsumerArray and everything made from it stand on, and how many still do.
pub(super) struct Root {
    holds: AtomicUsize,
    resource: Resource,
    /// The export of a foreign object, where that is the resource.
    export: Export,
}

/// What a root stands on.
enum Resource {
    /// Nothing: it is no root.
    Nothing,
    Export,
    /// Memory of our own, until it is let go of.
    Memory(UnsafeCell<Option<OwnMemory>>),
}

/// Memory of our own.
pub(super) enum OwnMemory {
    Plain(#[expect(dead_code, reason = "it is kept, and reached by its address")] Memory),
    /// With the references in it.
    Objects(Objects),
}

/// The place of a `Py_buffer`, filled in or not.
#[repr(transparent)]
struct Export(UnsafeCell<MaybeUninit<ffi::Py_buffer>>);

// SAFETY: the resource is written before the root is shared and when the last hold on it is gone,
// and only read in between. A `Py_buffer` may be used from any thread that is attached.
unsafe impl Send for Root {}
// SAFETY: as above.
unsafe impl Sync for Root {}

impl Root {
    /// A root over memory of our own, held once.
    pub(super) fn over(memory: OwnMemory) -> Self {
        let resource = Resource::Memory(UnsafeCell::new(Some(memory)));
        let export = Export(UnsafeCell::new(MaybeUninit::uninit()));
        Self { holds: AtomicUsize::new(1), resource, export }
    }

    /// Makes a root with nothing in it, and without touching the place of the export.
    ///
    /// # Safety
    /// `place` is valid for writes.
    #[inline]
    pub(super) unsafe fn vacate(place: *mut Self) {
        // SAFETY: as the caller says. The export may hold anything as long as it is not used.
        unsafe {
            (&raw mut (*place).holds).write(AtomicUsize::new(0));
            (&raw mut (*place).resource).write(Resource::Nothing);
        }
    }

    /// Acquires the export of `object`, exactly one, into the place where the root is to stay. The
    /// root is then held once, and what its memory holds is written to `array`. Where that fails,
    /// neither place is filled in.
    ///
    /// Says whether the exporter is an object that the garbage collector has to know of.
    ///
    /// # Safety
    /// Both places are valid for writes, and nothing will move the root.
    #[inline]
    pub(super) unsafe fn acquire(
        place: *mut Self,
        array: *mut AnyArray,
        object: &Bound<'_, PyAny>,
        flags: c_int,
    ) -> PyResult<bool> {
        // SAFETY: the place is valid; a `Py_buffer` has no destructor that could run. `object` is
        // alive, and the buffer ours to be filled in. Where that fails it may hold anything, and
        // is not looked at.
        unsafe {
            let buffer = (&raw mut (*place).export).cast::<ffi::Py_buffer>();
            let status = ffi::PyObject_GetBuffer(object.as_ptr(), buffer, flags);
            if status != 0 {
                return Err(refusal(object));
            }
            match describe(object.py(), array, &*buffer) {
                Ok(()) => {
                    (&raw mut (*place).holds).write(AtomicUsize::new(1));
                    (&raw mut (*place).resource).write(Resource::Export);
                    let exporter = (*buffer).obj;
                    // Before 3.13, collecting a memoryview that somebody has a buffer of makes
                    // CPython use memory that it freed: a cycle through one is better left alone.
                    let collected = !exporter.is_null()
                        && ffi::PyObject_IS_GC(exporter) != 0
                        && (cfg!(Py_3_13) || ffi::PyMemoryView_Check(exporter) == 0);
                    Ok(collected)
                }
                Err(error) => {
                    ffi::PyBuffer_Release(buffer);
                    Err(contradiction(object, error))
                }
            }
        }
    }

    /// One more hold; the caller knows that there is one already.
    #[inline]
    pub(super) fn add_hold(&self) {
        #[cfg(not(Py_GIL_DISABLED))]
        // The GIL is held: a plain addition will do.
        self.holds.store(self.holds.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        #[cfg(Py_GIL_DISABLED)]
        self.holds.fetch_add(1, Ordering::Relaxed);
    }

    /// One more hold, if the memory is still there.
    #[inline]
    #[cfg(Py_GIL_DISABLED)]
    pub(super) fn try_hold(&self) -> bool {
        let add = |holds| if holds == 0 { None } else { Some(holds + 1) };
        self.holds.fetch_update(Ordering::Acquire, Ordering::Relaxed, add).is_ok()
    }

    /// Gives one hold back. The last one lets go of the memory, which may run anybody's code.
    #[inline(always)]
    pub(super) fn drop_hold(&self, py: Python<'_>) {
        #[cfg(not(Py_GIL_DISABLED))]
        let last = {
            let holds = self.holds.load(Ordering::Relaxed);
            self.holds.store(holds - 1, Ordering::Relaxed);
            holds == 1
        };
        #[cfg(Py_GIL_DISABLED)]
        let last = self.holds.fetch_sub(1, Ordering::AcqRel) == 1;
        if last {
            self.let_go(py);
        }
    }

    #[inline(never)]
    fn let_go(&self, _attached: Python<'_>) {
        match &self.resource {
            // SAFETY: there was a hold, so the buffer is filled in; it was the last, so nobody uses
            // it any more, and nobody comes here again.
            Resource::Export => unsafe { release_buffer(self.export.0.get().cast()) },
            // SAFETY: the last hold is gone, so nobody uses the memory any more.
            Resource::Memory(cell) => drop(unsafe { (*cell.get()).take() }),
            Resource::Nothing => {}
        }
    }

    /// The `Py_buffer`, where there is one.
    ///
    /// # Safety
    /// There is a hold on the root.
    unsafe fn buffer(&self) -> Option<&ffi::Py_buffer> {
        match &self.resource {
            // SAFETY: while there is a hold the buffer is filled in, and nobody changes it.
            Resource::Export => Some(unsafe { (*self.export.0.get()).assume_init_ref() }),
            Resource::Memory(_) | Resource::Nothing => None,
        }
    }

    /// The exporter, `Py_buffer.obj`, which is not always the object that was asked. `None` for
    /// memory of our own, and where the exporter gives none.
    ///
    /// # Safety
    /// There is a hold on the root.
    pub(super) unsafe fn exporter<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        // SAFETY: as the caller says; `obj` is alive or NULL.
        unsafe { Bound::from_borrowed_ptr_or_opt(py, self.buffer()?.obj) }
    }

    /// Shows the exporter, or the objects in memory of our own, to the garbage collector.
    pub(super) fn traverse(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if self.holds.load(Ordering::Acquire) == 0 {
            return Ok(());
        }
        if let Resource::Memory(cell) = &self.resource {
            // SAFETY: the memory is taken away with the GIL held, which the collector has.
            return match unsafe { &*cell.get() } {
                Some(OwnMemory::Objects(objects)) => objects.traverse(&visit),
                _ => Ok(()),
            };
        }
        // SAFETY: there is a hold, which nobody gives back while the collector runs.
        let Some(buffer) = (unsafe { self.buffer() }) else { return Ok(()) };
        // SAFETY: a `Py` is a pointer that is not NULL, and `Option` adds the NULL; it is only
        // looked at, and keeps its one reference.
        visit.call(unsafe { &*(&raw const buffer.obj).cast::<Option<Py<PyAny>>>() })
    }
}

/// Releases a buffer. A view may die while an exception is on its way, which the exporter's code
/// must neither see nor lose.
///
/// # Safety
/// The buffer was filled in, and not released before.
#[inline]
unsafe fn release_buffer(buffer: *mut ffi::Py_buffer) {
    // SAFETY: as the caller says; attached.
    unsafe {
        if ffi::PyErr_Occurred().is_null() {
            return ffi::PyBuffer_Release(buffer);
        }
        let [mut class, mut value, mut traceback] = [std::ptr::null_mut(); 3];
        #[allow(deprecated, reason = "its successor came with Python 3.12")]
        ffi::PyErr_Fetch(&raw mut class, &raw mut value, &raw mut traceback);
        ffi::PyBuffer_Release(buffer);
        #[allow(deprecated, reason = "its successor came with Python 3.12")]
        ffi::PyErr_Restore(class, value, traceback);
    }
}

/// The error for an export that no memory can have.
#[cold]
fn contradiction(object: &Bound<'_, PyAny>, error: Error) -> PyErr {
    if error.is_value() {
        return error.into();
    }
    let name = object.get_type().fully_qualified_name();
    let name = name.map_or_else(|_| "the exporter".to_owned(), |name| name.to_string());
    PyBufferError::new_err(format!("{name} exports a buffer that contradicts itself: {error}"))
}

/// Why an object gave no buffer: it has none, or its exporter raised an error of its own.
#[cold]
fn refusal(object: &Bound<'_, PyAny>) -> PyErr {
    let error = PyErr::fetch(object.py());
    // SAFETY: the object is alive.
    if unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) } == 0 {
        return no_buffer(object);
    }
    if exports_without_format(object) {
        let hint = "consumer asks for the format of the elements, which this exporter refuses to \
                    give; where they can be seen as plain numbers first (NumPy: x.view('i8')), \
                    consume those";
        // A note changes neither type nor message; an error that takes none passes without.
        let _ = error.value(object.py()).call_method1("add_note", (hint,));
    }
    error
}

/// Whether an exporter that refused its buffer gives it to those who do not ask for the format.
fn exports_without_format(object: &Bound<'_, PyAny>) -> bool {
    let mut buffer = MaybeUninit::<ffi::Py_buffer>::uninit();
    let flags = ffi::PyBUF_FULL_RO & !ffi::PyBUF_FORMAT;
    // SAFETY: the object is alive; the buffer is released where it was filled in, before it moves.
    unsafe {
        let granted = ffi::PyObject_GetBuffer(object.as_ptr(), buffer.as_mut_ptr(), flags) == 0;
        if granted {
            ffi::PyBuffer_Release(buffer.as_mut_ptr());
        } else {
            ffi::PyErr_Clear();
        }
        granted
    }
}
