//! Whether a view is released, and how many buffers of it are exported: one atomic number for both.

use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::prelude::*;

use consumer::python::exceptions::PyValueError;

/// The number of buffers that consumers have of a view, or that it is released.
pub(crate) struct ExportCount(AtomicUsize);

impl ExportCount {
    /// Stands for a released view; no count gets there.
    const RELEASED: usize = usize::MAX;

    pub(crate) fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// The count of a view that is released from the beginning.
    pub(crate) fn released() -> Self {
        Self(AtomicUsize::new(Self::RELEASED))
    }

    #[inline]
    pub(crate) fn is_released(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::RELEASED
    }

    /// Counts one more export, which keeps the view from being released.
    ///
    /// # Errors
    /// ValueError if the view is released.
    pub(crate) fn acquire(&self) -> PyResult<()> {
        let add = |count| if count == Self::RELEASED { None } else { Some(count + 1) };
        self.update(add).map_or_else(|_| Err(released()), |_| Ok(()))
    }

    /// Counts one export less: one that was acquired.
    pub(crate) fn release(&self) {
        // Fails only for a count of zero, which whoever has acquired an export keeps from zero.
        let _ = self.update(|count| count.checked_sub(1));
    }

    /// Marks the view as released. Returns whether this call did so, or the number of exports that
    /// keep it from it.
    pub(crate) fn close(&self) -> Result<bool, usize> {
        match self.update(|count| (count == 0).then_some(Self::RELEASED)) {
            Ok(_) => Ok(true),
            Err(Self::RELEASED) => Ok(false),
            Err(count) => Err(count),
        }
    }

    /// Returns whether the view was never released, when it dies.
    #[inline]
    pub(crate) fn is_open_at_death(&mut self) -> bool {
        *self.0.get_mut() != Self::RELEASED
    }

    /// Changes the count, unless `change` gives none. Returns the number before it, either way.
    #[inline]
    fn update(&self, change: impl Fn(usize) -> Option<usize>) -> Result<usize, usize> {
        #[cfg(Py_GIL_DISABLED)]
        {
            self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, change)
        }
        #[cfg(not(Py_GIL_DISABLED))]
        {
            // With the GIL no other thread comes between the load and the store.
            let count = self.0.load(Ordering::Relaxed);
            self.0.store(change(count).ok_or(count)?, Ordering::Relaxed);
            Ok(count)
        }
    }
}

/// The exception for the use of a released view.
#[cold]
#[inline(never)]
pub(crate) fn released() -> PyErr {
    PyValueError::new_err("operation forbidden on released ConsumerArray object")
}
