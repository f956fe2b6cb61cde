//! Deallocated objects, whose memory the next ones use.

#[cfg(not(Py_GIL_DISABLED))]
use std::cell::UnsafeCell;

use pyo3::ffi;
use pyo3::prelude::*;

/// At most `ROOM` deallocated objects of one size, which are of one class, or are given one again.
#[cfg(not(Py_GIL_DISABLED))]
pub(crate) struct FreeList<const ROOM: usize = 32> {
    objects: UnsafeCell<[*mut ffi::PyObject; ROOM]>,
    count: UnsafeCell<usize>,
}

// SAFETY: it is only used with the GIL held. Interpreters with a GIL of their own do not load the
// module, which does not declare that it supports them.
#[cfg(not(Py_GIL_DISABLED))]
unsafe impl<const ROOM: usize> Sync for FreeList<ROOM> {}

#[cfg(not(Py_GIL_DISABLED))]
impl<const ROOM: usize> FreeList<ROOM> {
    /// An empty list.
    pub(crate) const fn new() -> Self {
        Self { objects: UnsafeCell::new([std::ptr::null_mut(); ROOM]), count: UnsafeCell::new(0) }
    }

    /// Takes an object from the list, if there is one: a new object but for its value, which is
    /// not filled in.
    #[inline(always)]
    pub(crate) fn new_object(&self, _attached: Python<'_>) -> Option<*mut ffi::PyObject> {
        // SAFETY: the GIL is held and nothing in here gives it up; the first `count` are filled in.
        // An object of the list has no references to itself: one makes it a new object.
        unsafe {
            let count = (*self.count.get()).checked_sub(1)?;
            *self.count.get() = count;
            let object = (*self.objects.get()).get(count).copied()?;
            ffi::Py_INCREF(object);
            Some(object)
        }
    }

    /// Keeps an object if there is room; returns whether it did.
    ///
    /// # Safety
    /// It is of the list's class or size, nobody has it any more, its value was dropped, and the
    /// collector does not track it.
    #[inline(always)]
    pub(crate) unsafe fn push(&self, _attached: Python<'_>, object: *mut ffi::PyObject) -> bool {
        if cfg!(py_sys_config = "Py_TRACE_REFS") {
            // Such an interpreter keeps a list of all objects, which new ones have to enter.
            return false;
        }
        // SAFETY: the GIL is held and nothing in here gives it up.
        unsafe {
            let count = *self.count.get();
            let Some(place) = (*self.objects.get()).get_mut(count) else { return false };
            *place = object;
            *self.count.get() = count + 1;
        }
        true
    }
}

/// No objects: without a GIL the list would need a lock, which costs what it saves.
#[cfg(Py_GIL_DISABLED)]
pub(crate) struct FreeList<const ROOM: usize = 32>;

#[cfg(Py_GIL_DISABLED)]
impl<const ROOM: usize> FreeList<ROOM> {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) fn new_object(&self, _attached: Python<'_>) -> Option<*mut ffi::PyObject> {
        None
    }

    /// # Safety
    /// There is nothing to it.
    pub(crate) unsafe fn push(&self, _attached: Python<'_>, _object: *mut ffi::PyObject) -> bool {
        false
    }
}
