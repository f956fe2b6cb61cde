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
pub(crate) struct Lease {
    view: ManuallyDrop<Py<PyConsumerArray>>,
    #[cfg(not(Py_3_12))]
    maker: Option<sub_interpreter::Maker>,
}

impl Lease {
    /// Counts an export of a view.
    ///
    /// # Errors
    /// ValueError if the view is released.
    pub(crate) fn new(view: &Bound<'_, PyConsumerArray>) -> PyResult<Self> {
        view.get().acquire_export()?;
        Ok(Self {
            view: ManuallyDrop::new(view.clone().unbind()),
            #[cfg(not(Py_3_12))]
            maker: sub_interpreter::Maker::find(view.py()),
        })
    }

    /// Ends the lease in a thread that is attached.
    pub(crate) fn release(self, py: Python<'_>) {
        let lease = ManuallyDrop::new(self);
        // SAFETY: the reference is the lease's, which is not dropped.
        unsafe { release(py, lease.view.as_ptr()) };
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
        let view = self.view.as_ptr();
        let give_back = |py: Python<'_>| {
            // SAFETY: the lease has a reference, which goes with it: nobody uses it after the drop.
            unsafe { release(py, view) };
        };
        #[cfg(not(Py_3_12))]
        if let Some(maker) = &self.maker {
            return maker.attached(give_back);
        }
        Python::try_attach(give_back);
    }
}

/// Before Python 3.12, a thread that runs a sub-interpreter and attaches once more, as one does that
/// does not know whether it is attached, gets the thread state of the main interpreter: it waits for
/// itself for ever.
#[cfg(not(Py_3_12))]
mod sub_interpreter {
    use std::thread::{self, ThreadId};

    use pyo3::ffi;
    use pyo3::prelude::*;

    /// The thread that has made something in a sub-interpreter, and its thread state.
    pub(super) struct Maker(ThreadId, *mut ffi::PyThreadState);

    impl Maker {
        /// Returns this thread, if it runs a sub-interpreter.
        pub(super) fn find(_attached: Python<'_>) -> Option<Self> {
            // SAFETY: the token shows that the thread is attached.
            unsafe {
                let is_main = ffi::PyInterpreterState_Get() == ffi::PyInterpreterState_Main();
                (!is_main).then(|| Self(thread::current().id(), ffi::PyThreadState_Get()))
            }
        }

        /// Runs `body` if this is the thread, and attached. Elsewhere nothing tells whether it is,
        /// and what `body` would give back is leaked.
        pub(super) fn attached(&self, body: impl FnOnce(Python<'_>)) {
            // SAFETY: the state is not looked into; any thread may ask which one is current.
            let current = unsafe { ffi::compat::PyThreadState_GetUnchecked() };
            if thread::current().id() == self.0 && current == self.1 {
                // SAFETY: the current thread state is that of this thread, which is attached.
                body(unsafe { Python::assume_attached() });
            }
        }
    }
}
