//! Objects that were used lately: nearly every call gets the one of the call before.
//!
//! With a GIL a few are kept, in a list that is threaded through them. Without one each thread
//! would need some of its own, and CPython's allocator has them already.

use std::ptr::NonNull;

use pyo3::ffi;
use pyo3::prelude::*;

use super::body::Body;

#[cfg(not(Py_GIL_DISABLED))]
mod list {
    use std::cell::UnsafeCell;
    use std::ptr::NonNull;

    use super::super::body::Body;

    /// More arguments than most functions have.
    const KEPT: usize = 8;

    struct First(UnsafeCell<Option<NonNull<Body>>>);

    // SAFETY: used by whoever has the GIL, which nobody gives up meanwhile. Interpreters with GILs
    // of their own cannot import an extension of PyO3's twice.
    unsafe impl Sync for First {}

    static FIRST: First = First(UnsafeCell::new(None));

    /// Takes a place, if there is one.
    ///
    /// # Safety
    /// Attached.
    #[inline(always)]
    pub(super) unsafe fn pop() -> Option<NonNull<Body>> {
        // SAFETY: attached, so that nobody else uses it; what is in the list has a next one.
        unsafe {
            let first = (*FIRST.0.get())?;
            *FIRST.0.get() = (*first.as_ptr()).next();
            Some(first)
        }
    }

    /// Keeps a place. Returns whether there was room for it.
    ///
    /// # Safety
    /// Attached.
    #[inline(always)]
    pub(super) unsafe fn push(place: NonNull<Body>) -> bool {
        // SAFETY: as above. The count begins an object, and is as large as a pointer: the next one
        // to take it has the only reference.
        unsafe {
            let first = *FIRST.0.get();
            let behind = first.map_or(0, |first| (*first.as_ptr()).behind());
            if behind >= KEPT {
                return false;
            }
            place.cast::<isize>().write(1);
            Body::put_before(place.as_ptr(), first, behind + 1);
            *FIRST.0.get() = Some(place);
        }
        true
    }
}

#[cfg(Py_GIL_DISABLED)]
mod list {
    use std::ptr::NonNull;

    use super::super::body::Body;

    pub(super) unsafe fn pop() -> Option<NonNull<Body>> {
        None
    }

    pub(super) unsafe fn push(_place: NonNull<Body>) -> bool {
        false
    }
}

/// Takes a place that was kept.
#[inline(always)]
pub(super) fn take(_attached: Python<'_>) -> Option<NonNull<Body>> {
    // SAFETY: attached.
    unsafe { list::pop() }
}

/// Keeps a place that is not used any more, or frees it.
///
/// # Safety
/// Attached; the place was allocated by CPython's allocator of objects.
#[inline(always)]
pub(super) unsafe fn keep(place: NonNull<Body>) {
    // SAFETY: the caller guarantees it.
    unsafe {
        if !list::push(place) {
            free(place);
        }
    }
}

/// # Safety
/// The same as for [`keep`].
#[cold]
#[inline(never)]
unsafe fn free(place: NonNull<Body>) {
    // SAFETY: the caller guarantees it. An object has a reference to its class.
    unsafe {
        let class = ffi::Py_TYPE(place.as_ptr().cast());
        ffi::PyObject_Free(place.as_ptr().cast());
        ffi::Py_DECREF(class.cast());
    }
}
