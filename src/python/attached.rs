//! Telling PyO3 that the thread is attached to the interpreter.
//!
//! PyO3 counts how often a thread is attached. Functions that go around PyO3, such as the slots of
//! a class that are written by hand, run attached without its knowing. What is dropped there of
//! errors and `Py`s, PyO3 puts off until some function of its own happens to run: exceptions,
//! frames and buffers of other objects would pile up. And where PyO3 attaches by itself, as it does
//! to look at an error, it panics while the interpreter ends.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use pyo3::ffi;
use pyo3::impl_::trampoline::{MethodDef, inquiry};
use pyo3::prelude::*;

/// Runs `body` with PyO3 knowing that the thread is attached, so that what is dropped in it is
/// dropped at once. What was put off before is dropped first, which may run arbitrary Python code:
/// so the body relies on nothing that was found out about memory which such code can release.
#[inline(always)]
pub fn attached<R>(_attached: Python<'_>, body: impl FnOnce() -> R) -> R {
    let mut result = None;
    let mut call = Call(Some(|| result = Some(catch_unwind(AssertUnwindSafe(body)))));
    // SAFETY: the token shows that the thread is attached.
    unsafe { call.pass() };
    if let Some(body) = call.0 {
        body();
    }
    match result {
        Some(Ok(result)) => result,
        Some(Err(panic)) => resume_unwind(panic),
        // Whatever is run ends with a result.
        None => std::process::abort(),
    }
}

/// A body on its way through PyO3's layer. It stores its result itself, and does not panic.
struct Call<F>(Option<F>);

impl<F: FnOnce()> MethodDef<inquiry::Func> for Call<F> {
    const METH: inquiry::Func = Self::run;
}

impl<F: FnOnce()> Call<F> {
    /// Passes through PyO3's layer.
    ///
    /// # Safety
    /// The thread is attached.
    #[inline(always)]
    unsafe fn pass(&mut self) {
        // SAFETY: the caller guarantees it. The pointer is not to an object, but goes to `run` of
        // the same type, which alone uses it.
        unsafe { inquiry::<Self>(std::ptr::from_mut(self).cast()) };
    }

    /// Runs the body. Does not panic.
    ///
    /// # Safety
    /// The thread is attached, and `call` is a `Self` that nobody else uses.
    unsafe fn run(_py: Python<'_>, call: *mut ffi::PyObject) -> PyResult<c_int> {
        // SAFETY: the caller guarantees it. The body is over before `call` is used again.
        let call = unsafe { &mut *call.cast::<Self>() };
        if let Some(body) = call.0.take() {
            body();
        }
        Ok(0)
    }
}
