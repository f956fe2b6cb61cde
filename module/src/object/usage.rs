//! Whether a view is released, how many buffers of it are exported, and how many operations hold
//! it: one atomic number for all of it.
//!
//! While there are exports, a view cannot be released. While there are holds it can, but keeps its
//! memory until the last of them is dropped: whoever releases it, or drops that one, is told that
//! it is time to let go. That is said once in the life of a view, and nobody looks at its memory
//! any more.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;

use consumer::python::exceptions::{PyBufferError, PyValueError};

/// The state of a view: the lower half counts the holds, the upper one the exports, and the highest
/// bit is set once the view is released.
pub(crate) struct Usage(AtomicU64);

impl Usage {
    const RELEASED: u64 = 1 << 63;
    /// One hold. Each has a place on the stack of a thread, so that they never fill their half.
    const HOLD: u64 = 1;
    const EXPORT: u64 = 1 << 32;

    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The state of a view that is released from the beginning, and has let go.
    pub(crate) fn released() -> Self {
        Self(AtomicU64::new(Self::RELEASED))
    }

    #[inline]
    pub(crate) fn is_released(&self) -> bool {
        self.0.load(Ordering::Acquire) >= Self::RELEASED
    }

    /// Counts one more export, which keeps the view from being released.
    ///
    /// # Errors
    /// ValueError if the view is released, BufferError if there are more exports than can be
    /// counted.
    #[inline(always)]
    pub(crate) fn add_export(&self) -> PyResult<()> {
        if self.try_add_export() { Ok(()) } else { Err(self.no_export()) }
    }

    /// The same; returns whether it did.
    #[inline(always)]
    pub(crate) fn try_add_export(&self) -> bool {
        let full = Self::RELEASED - Self::EXPORT;
        self.update(|state| (state < full).then(|| state + Self::EXPORT)).is_ok()
    }

    /// Why no export could be counted.
    #[cold]
    fn no_export(&self) -> PyErr {
        if self.is_released() {
            return released();
        }
        PyBufferError::new_err("ConsumerArray has too many exported buffers")
    }

    /// Counts one export less: one that was added.
    pub(crate) fn drop_export(&self) {
        // Fails only where there is none, which whoever has one keeps from being.
        let _ = self.update(|state| state.checked_sub(Self::EXPORT));
    }

    /// Counts one more hold, unless the view is released; returns whether it did.
    #[inline(always)]
    pub(crate) fn add_hold(&self) -> bool {
        self.update(|state| (state < Self::RELEASED).then_some(state + Self::HOLD)).is_ok()
    }

    /// Counts one hold less: one that was added. Returns whether it is time to let go of the
    /// memory.
    #[must_use]
    #[inline(always)]
    pub(crate) fn drop_hold(&self) -> bool {
        #[cfg(Py_GIL_DISABLED)]
        let state = self.0.fetch_sub(Self::HOLD, Ordering::AcqRel);
        #[cfg(not(Py_GIL_DISABLED))]
        let state = {
            let state = self.0.load(Ordering::Relaxed);
            self.0.store(state - Self::HOLD, Ordering::Relaxed);
            state
        };
        state == Self::RELEASED + Self::HOLD
    }

    /// Marks the view as released. Returns whether it is time to let go of the memory, or the
    /// number of exports that keep the view from being released.
    #[inline(always)]
    pub(crate) fn release(&self) -> Result<bool, u64> {
        match self.update(|state| (state < Self::EXPORT).then_some(state | Self::RELEASED)) {
            Ok(holds) => Ok(holds == 0),
            Err(state) if state >= Self::RELEASED => Ok(false),
            Err(state) => Err(state / Self::EXPORT),
        }
    }

    /// Returns whether the view was never released, when it dies.
    #[inline]
    pub(crate) fn is_open_at_death(&mut self) -> bool {
        *self.0.get_mut() < Self::RELEASED
    }

    /// Changes the state, unless `change` gives none. Returns the one before it, either way.
    #[inline(always)]
    fn update(&self, change: impl Fn(u64) -> Option<u64>) -> Result<u64, u64> {
        #[cfg(Py_GIL_DISABLED)]
        {
            self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, change)
        }
        #[cfg(not(Py_GIL_DISABLED))]
        {
            // With the GIL no other thread comes between the load and the store.
            let state = self.0.load(Ordering::Relaxed);
            self.0.store(change(state).ok_or(state)?, Ordering::Relaxed);
            Ok(state)
        }
    }
}

/// The exception for the use of a released view.
#[cold]
#[inline(never)]
pub(crate) fn released() -> PyErr {
    PyValueError::new_err("operation forbidden on released ConsumerArray object")
}
