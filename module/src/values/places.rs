//! The places in memory where references to objects lie, and the two things that are done to one
//! that others may use at the same moment: taking a reference to its object, and exchanging it for
//! another reference.
//!
//! With a GIL that is a load or a store. Without one a place needs a lock: between the load of a
//! reference and counting it, another thread could store over it, and drop the object. Each place
//! has one of a fixed number of locks, chosen by its address, so that views with nothing in common
//! but their memory, and those of different exports of it, have the same. What the memory's owner
//! does by itself, or whoever else has its buffer, is not locked.

use pyo3::ffi;
use pyo3::prelude::*;

/// References in memory, each of which is used when it is its turn.
pub(super) struct Places<'py> {
    _py: Python<'py>,
    #[cfg(Py_GIL_DISABLED)]
    locked: Option<locks::LockedBlock>,
}

impl<'py> Places<'py> {
    /// # Safety
    /// As long as this lives the thread runs no Python code, drops no object and makes no second
    /// one.
    #[inline]
    pub(super) unsafe fn new(py: Python<'py>) -> Self {
        Self {
            _py: py,
            #[cfg(Py_GIL_DISABLED)]
            locked: None,
        }
    }

    /// Takes a new reference to the object of a place; NULL where it has none.
    ///
    /// # Safety
    /// There is a reference, to an object that the memory keeps alive for as long as it lies there,
    /// or NULL.
    #[inline]
    pub(super) unsafe fn take(&mut self, place: *const u8) -> *mut ffi::PyObject {
        self.turn_to(place);
        // SAFETY: the caller guarantees it; `read_unaligned` needs no alignment. With the lock, or
        // the GIL, the reference stays until it is counted.
        unsafe {
            let object = place.cast::<*mut ffi::PyObject>().read_unaligned();
            ffi::Py_XINCREF(object);
            object
        }
    }

    /// Exchanges the reference of a place for one that nobody else uses.
    ///
    /// # Safety
    /// Both are references or NULL, and valid for writes.
    #[inline]
    pub(super) unsafe fn exchange(&mut self, place: *mut u8, own: *mut u8) {
        self.turn_to(place);
        // SAFETY: the caller guarantees it. An array of bytes needs no alignment.
        unsafe { std::ptr::swap(place.cast::<Reference>(), own.cast::<Reference>()) };
    }

    #[cfg(not(Py_GIL_DISABLED))]
    #[inline(always)]
    fn turn_to(&mut self, _place: *const u8) {}

    /// Acquires the lock of a place, and gives up that of the one before, unless it is the same.
    #[cfg(Py_GIL_DISABLED)]
    #[inline]
    fn turn_to(&mut self, place: *const u8) {
        let block = locks::block(place);
        if self.locked.as_ref().is_none_or(|locked| locked.block != block) {
            // The old one first: of two locks, each may be the one that another thread waits for.
            self.locked = None;
            self.locked = Some(locks::acquire(self._py, block));
        }
    }
}

/// The bytes of a reference.
type Reference = [u8; size_of::<*mut ffi::PyObject>()];

#[cfg(Py_GIL_DISABLED)]
mod locks {
    use pyo3::prelude::*;

    use crate::lock::{Lock, Locked};

    /// A place's block of memory has one lock: an array's places are used one after the other.
    const BLOCK_BITS: u32 = 12;

    /// How many locks there are: so many that threads seldom want the same by chance.
    const COUNT_BITS: u32 = 8;

    /// A lock in a line of the cache of its own, so that threads with different ones do not disturb
    /// each other.
    #[repr(align(128))]
    struct Apart(Lock);

    static LOCKS: [Apart; 1 << COUNT_BITS] = [const { Apart(Lock::new()) }; 1 << COUNT_BITS];

    pub(super) struct LockedBlock {
        pub(super) block: usize,
        _locked: Locked<'static>,
    }

    #[inline]
    pub(super) fn block(place: *const u8) -> usize {
        place.addr() >> BLOCK_BITS
    }

    #[inline]
    pub(super) fn acquire(py: Python<'_>, block: usize) -> LockedBlock {
        // The golden ratio spreads whatever distances there are between the blocks.
        let hash = (block as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - COUNT_BITS);
        LockedBlock { block, _locked: LOCKS[hash as usize].0.acquire(py) }
    }
}
