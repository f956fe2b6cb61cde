//! A lock for where there is no GIL; where there is one, that is the lock, and this is nothing.
//!
//! What is done under one is a few loads and stores: no Python code runs, no object is dropped,
//! nothing is allocated, and no second one is acquired. So no thread waits for itself, two never
//! wait for each other, and the wait is so short that a thread stays attached: nothing else happens
//! in it meanwhile that it is not prepared for, and what it is about to finish is seen by nobody.

#[cfg(Py_GIL_DISABLED)]
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;

/// The lock.
pub(crate) struct Lock(#[cfg(Py_GIL_DISABLED)] Mutex<()>);

/// The lock is acquired until this is dropped, or given up.
#[must_use]
pub(crate) struct Locked<'a> {
    #[cfg(Py_GIL_DISABLED)]
    _guard: MutexGuard<'a, ()>,
    #[cfg(not(Py_GIL_DISABLED))]
    _lock: &'a Lock,
}

impl Lock {
    pub(crate) const fn new() -> Self {
        Self(
            #[cfg(Py_GIL_DISABLED)]
            Mutex::new(()),
        )
    }

    /// Waits until nobody else has the lock, or the GIL.
    #[inline(always)]
    pub(crate) fn acquire(&self, _attached: Python<'_>) -> Locked<'_> {
        Locked {
            // Nothing panics under a lock, and there is nothing in it that could be half done.
            #[cfg(Py_GIL_DISABLED)]
            _guard: self.0.lock().unwrap_or_else(PoisonError::into_inner),
            #[cfg(not(Py_GIL_DISABLED))]
            _lock: self,
        }
    }
}

impl Locked<'_> {
    #[inline(always)]
    pub(crate) fn give_up(self) {}
}
