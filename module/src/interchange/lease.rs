//! What a consumer of another protocol than the buffer's has of a view.

use std::mem::ManuallyDrop;

use pyo3::ffi;
use pyo3::prelude::*;

use crate::object::PyConsumerArray;

/// A view whose memory is in use elsewhere: counted as a buffer of it is, so that it cannot be
/// released meanwhile.
///
/// Consumers let go of what they have in any thread, attached or not, and when the program ends.
/// What is dropped while the interpreter ends, or after, is leaked: nobody could use it any more.
pub(crate) struct Lease(ManuallyDrop<Py<PyConsumerArray>>);

impl Lease {
    /// Counts an export of a view.
    ///
    /// # Errors
    /// ValueError if the view is released.
    pub(crate) fn new(view: &Bound<'_, PyConsumerArray>) -> PyResult<Self> {
        view.get().acquire_export()?;
        Ok(Self(ManuallyDrop::new(view.clone().unbind())))
    }
}

impl Lease {
    /// Ends the lease in a thread that is attached.
    pub(crate) fn release(self, py: Python<'_>) {
        let lease = ManuallyDrop::new(self);
        // SAFETY: the reference is the lease's, which is not dropped.
        unsafe { release(py, lease.0.as_ptr()) };
    }
}

/// Gives back what a lease has.
///
/// # Safety
/// `view` is a reference that is the caller's to drop.
unsafe fn release(py: Python<'_>, view: *mut ffi::PyObject) {
    // SAFETY: the caller guarantees it; leases are of views.
    let view = unsafe { Bound::from_owned_ptr(py, view).cast_into_unchecked::<PyConsumerArray>() };
    view.get().release_export();
}

impl Drop for Lease {
    fn drop(&mut self) {
        let view = self.0.as_ptr();
        Python::try_attach(|py| {
            // SAFETY: the lease has a reference, which goes with it: nobody uses it after the drop.
            unsafe { release(py, view) };
        });
    }
}
