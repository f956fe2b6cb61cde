//! Telling PyO3 that the thread is attached to the interpreter.
//!
//! PyO3 counts how often a thread is attached. Functions that go around PyO3, such as the slots of
//! a class that are written by hand, run attached without its knowing. What is dropped there of
//! errors and `Py`s, PyO3 puts off until some function of its own happens to run: exceptions,
//! frames and buffers of other objects would pile up. And where PyO3 attaches by itself, as it does
//! to look at an error, it panics while the interpreter ends.

use std::any::Any;
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
    let mut call = Call::Before(body);
    // SAFETY: the token shows that the thread is attached.
    unsafe { call.pass() };
    match call {
        Call::After(Ok(result)) => result,
        Call::After(Err(panic)) => resume_unwind(panic),
        Call::Before(body) => body(),
        // Whatever is run ends with a result.
        Call::Running => std::process::abort(),
    }
}

/// Runs code of others while an exception may be on its way, which that code must neither see nor
/// lose.
pub fn aside_from_exception<R>(_attached: Python<'_>, body: impl FnOnce() -> R) -> R {
    let [mut class, mut value, mut traceback] = [std::ptr::null_mut(); 3];
    // SAFETY: the token shows that the thread is attached; the exception is taken and put back in
    // the same thread.
    unsafe {
        #[allow(deprecated, reason = "its successor came with Python 3.12")]
        ffi::PyErr_Fetch(&raw mut class, &raw mut value, &raw mut traceback);
        let result = body();
        #[allow(deprecated, reason = "its successor came with Python 3.12")]
        ffi::PyErr_Restore(class, value, traceback);
        result
    }
}

/// A body on its way through PyO3's layer, and its result on the way back.
enum Call<F, R> {
    Before(F),
    Running,
    After(Result<R, Box<dyn Any + Send>>),
}

impl<F: FnOnce() -> R, R> MethodDef<inquiry::Func> for Call<F, R> {
    const METH: inquiry::Func = Self::run;
}

impl<F: FnOnce() -> R, R> Call<F, R> {
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
        if let Self::Before(body) = std::mem::replace(call, Self::Running) {
            *call = Self::After(catch_unwind(AssertUnwindSafe(body)));
        }
        Ok(0)
    }
}
