//! The root: what the memory of a view, and of everything made from it, comes from, and how many
//! views and operations hold it.

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use consumer::array::AnyArray;
use consumer::memory::Memory;
use consumer::python::acquire::{Acquired, AsView, Export, Failure, Loan};

use crate::values::references::Objects;

/// What the memory of a view and everything made from it comes from, and how many hold it.
pub(crate) struct Root {
    holds: AtomicUsize,
    resource: Resource,
    /// Filled in if the resource is an export.
    export: Export,
}

/// What the memory comes from.
enum Resource {
    /// Nothing: the view is not a root.
    None,
    /// The export of a foreign object.
    Export,
    /// Something that is dropped with the last hold.
    Owned(UnsafeCell<Option<Owned>>),
}

/// Memory that does not come from an export.
pub(crate) enum Owned {
    /// Memory without references to objects.
    Plain(#[expect(dead_code, reason = "kept alive here, and used by its address")] Memory),
    /// Memory with the references in it.
    Objects(Objects),
    /// Memory that another object has lent by another protocol than the buffer's.
    Lent(Loan),
}

impl Owned {
    /// Ends the memory, and drops the references in it, or gives it back, which may run arbitrary
    /// Python code.
    pub(super) fn release(self, py: Python<'_>) {
        match self {
            Self::Plain(_) => {}
            Self::Objects(objects) => objects.release(py),
            Self::Lent(loan) => loan.release(py),
        }
    }
}

// SAFETY: the resource is written before the root is shared and when the last hold is gone, and
// only read in between; the count is atomic. `Py_buffer`s may be used and released from any
// attached thread. `Memory` and `Objects` are owned pointers into the heap; the references in the
// latter are only touched attached.
unsafe impl Send for Root {}
// SAFETY: as for `Send`: shared, the resource is only read.
unsafe impl Sync for Root {}

impl Root {
    /// A root over memory of its own, held once.
    pub(crate) fn over(owned: Owned) -> Self {
        let resource = Resource::Owned(UnsafeCell::new(Some(owned)));
        Self { holds: AtomicUsize::new(1), resource, export: Export::uninit() }
    }

    /// Writes a root with nothing in it, without touching the place of the export.
    ///
    /// # Safety
    /// `place` is valid for writes.
    #[inline]
    pub(crate) unsafe fn write_none(place: *mut Self) {
        // SAFETY: the caller guarantees it. An `Export` may hold any bytes.
        unsafe {
            (&raw mut (*place).holds).write(AtomicUsize::new(0));
            (&raw mut (*place).resource).write(Resource::None);
        }
    }

    /// Writes a root over the export of `object`, held once: see [`Export::acquire`]. If that
    /// fails, neither place is written.
    ///
    /// # Safety
    /// Both places are valid for writes, and the root is never moved.
    #[inline]
    pub(crate) unsafe fn acquire(
        place: *mut Self,
        array: *mut AnyArray,
        object: &Bound<'_, PyAny>,
        flags: c_int,
        as_view: AsView,
    ) -> Result<Acquired, Failure> {
        // SAFETY: the caller guarantees it.
        unsafe {
            let export = &raw mut (*place).export;
            let acquired = Export::acquire(export, array, object, flags, as_view)?;
            (&raw mut (*place).holds).write(AtomicUsize::new(1));
            (&raw mut (*place).resource).write(Resource::Export);
            Ok(acquired)
        }
    }

    /// Adds a hold to one that the caller knows of.
    #[inline]
    pub(crate) fn add_hold(&self) {
        #[cfg(not(Py_GIL_DISABLED))]
        // With the GIL a plain addition is enough.
        self.holds.store(self.holds.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        #[cfg(Py_GIL_DISABLED)]
        self.holds.fetch_add(1, Ordering::Relaxed);
    }

    /// Drops a hold. The last one ends the export, or drops the memory, which may run arbitrary
    /// Python code.
    #[inline(always)]
    pub(crate) fn drop_hold(&self, py: Python<'_>) {
        #[cfg(not(Py_GIL_DISABLED))]
        let last = {
            let holds = self.holds.load(Ordering::Relaxed);
            self.holds.store(holds.wrapping_sub(1), Ordering::Relaxed);
            holds == 1
        };
        #[cfg(Py_GIL_DISABLED)]
        let last = self.holds.fetch_sub(1, Ordering::AcqRel) == 1;
        if last {
            self.drop_resource(py);
        }
    }

    /// Returns whether there is just one hold.
    #[inline(always)]
    pub(super) fn is_held_once(&self) -> bool {
        self.holds.load(Ordering::Relaxed) == 1
    }

    /// Returns whether dropping the last hold is certain to end no object and to run no code but
    /// ours.
    ///
    /// # Safety
    /// The root is held.
    #[inline(always)]
    pub(super) unsafe fn ends_alone(&self) -> bool {
        match &self.resource {
            Resource::None => true,
            // SAFETY: the export is filled in, and released after the last hold.
            Resource::Export => unsafe { self.export.ends_nothing() },
            Resource::Owned(cell) => {
                // SAFETY: the memory is taken away after the last hold.
                matches!(unsafe { &*cell.get() }, None | Some(Owned::Plain(_)))
            }
        }
    }

    #[inline(never)]
    fn drop_resource(&self, py: Python<'_>) {
        match &self.resource {
            // SAFETY: the export was filled in with the first hold. This was the last one, so that
            // nobody uses the buffer any more, and no hold is ever added to none.
            Resource::Export => unsafe { self.export.release() },
            Resource::Owned(cell) => {
                // SAFETY: the last hold is gone, so that nobody else looks at the memory.
                let owned = unsafe { (*cell.get()).take() };
                // It is out of its place before its end can run Python code.
                if let Some(owned) = owned {
                    owned.release(py);
                }
            }
            Resource::None => {}
        }
    }

    /// Returns the exporter, `Py_buffer.obj`, which is not always the object that was asked, or the
    /// object that has lent the memory. `None` for memory of one's own, and for an exporter that
    /// leaves itself out.
    ///
    /// # Safety
    /// The root is held.
    pub(crate) unsafe fn exporter<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        match &self.resource {
            // SAFETY: while the root is held, the buffer is filled in and nobody changes it; `obj`
            // is alive or NULL.
            Resource::Export => unsafe {
                Bound::from_borrowed_ptr_or_opt(py, self.export.buffer().obj)
            },
            // SAFETY: the memory is taken away after the last hold.
            Resource::Owned(cell) => match unsafe { &*cell.get() } {
                Some(Owned::Lent(loan)) => Some(loan.object(py)),
                _ => None,
            },
            Resource::None => None,
        }
    }

    /// Shows what the memory comes from, or the objects in the root's own, to the garbage
    /// collector.
    pub(crate) fn traverse(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if self.holds.load(Ordering::Acquire) == 0 {
            return Ok(());
        }
        match &self.resource {
            Resource::None => Ok(()),
            // SAFETY: the root is held, and no hold is dropped while the collector runs. `Py` is a
            // pointer that is not NULL, and an `Option` of it one that may be. It is only looked at
            // in its place, so that the number of references stays.
            Resource::Export => visit.call(unsafe {
                &*(&raw const self.export.buffer().obj).cast::<Option<Py<PyAny>>>()
            }),
            // SAFETY: the memory is only taken away by an attached thread, and while the collector
            // runs there is no other.
            Resource::Owned(cell) => match unsafe { &*cell.get() } {
                Some(Owned::Objects(objects)) => objects.traverse(&visit),
                Some(Owned::Lent(loan)) => loan.traverse(&visit),
                Some(Owned::Plain(_)) | None => Ok(()),
            },
        }
    }
}
