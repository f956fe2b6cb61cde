//! What stands between C and the body of a slot or method.

use std::any::Any;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::impl_::trampoline::{MethodDef, inquiry};
use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use crate::object::PyConsumerArray;
use crate::values::NewReference;

/// What a function returns to C with an exception set.
pub(super) trait Failure {
    const FAILURE: Self;
}

impl Failure for NewReference {
    const FAILURE: Self = std::ptr::null_mut();
}

impl Failure for c_int {
    const FAILURE: Self = -1;
}

impl Failure for isize {
    const FAILURE: Self = -1;
}

/// Runs the body of a slot or method. Its error is set as the exception; so is a panic, because
/// unwinding must not cross into C.
///
/// PyO3 counts how often a thread is attached, and knows nothing of this call. What the body drops
/// of errors and `Py`s, PyO3 puts off until some function of its own happens to run: exceptions,
/// frames and buffers of other objects would pile up. So a body that succeeds drops neither (a
/// `Bound` is no such reference, and `or_discard` is there for errors). One that cannot know runs
/// in [`attached_trampoline`].
///
/// # Safety
/// The thread is attached: the interpreter calls slots and methods so.
#[inline(always)]
pub(super) unsafe fn trampoline<'py, R: Failure>(
    body: impl FnOnce(Python<'py>) -> PyResult<R>,
) -> R {
    // SAFETY: the caller guarantees it.
    let py = unsafe { Python::assume_attached() };
    match catch_unwind(AssertUnwindSafe(|| body(py))) {
        Ok(Ok(value)) => return value,
        // SAFETY: as above.
        Ok(Err(error)) => unsafe { set_exception(error) },
        // SAFETY: as above.
        Err(panic) => unsafe { set_panic(panic) },
    }
    R::FAILURE
}

/// Runs the body of a slot or method as [`trampoline`] does, but within PyO3's own layer, which
/// counts. It takes longer, and is for what converts objects of any kind.
///
/// Dropping what was put off before may run arbitrary Python code before the body does. So the body
/// relies on nothing that was found under an `Access`.
///
/// # Safety
/// The same as for [`trampoline`].
#[inline(always)]
pub(super) unsafe fn attached_trampoline<'py, R: Failure>(
    body: impl FnOnce(Python<'py>) -> PyResult<R>,
) -> R {
    // SAFETY: the caller guarantees it.
    unsafe { Call { body: Some(body), result: R::FAILURE }.pass() }
}

/// A body on its way through PyO3's layer, and its result on the way back.
struct Call<F, R> {
    body: Option<F>,
    result: R,
}

impl<'py, F: FnOnce(Python<'py>) -> PyResult<R>, R: Failure> MethodDef<inquiry::Func>
    for Call<F, R>
{
    const METH: inquiry::Func = Self::run;
}

impl<'py, F: FnOnce(Python<'py>) -> PyResult<R>, R: Failure> Call<F, R> {
    /// Passes through PyO3's layer and returns the result.
    ///
    /// # Safety
    /// The thread is attached.
    #[inline(always)]
    unsafe fn pass(mut self) -> R {
        // SAFETY: the caller guarantees it. The pointer is not to an object, but goes to `run` of
        // the same type, which alone uses it.
        unsafe { inquiry::<Self>((&raw mut self).cast()) };
        self.result
    }

    /// Runs the body. Does not panic.
    ///
    /// # Safety
    /// The thread is attached, and `call` is a `Self` that nobody else uses.
    unsafe fn run(_py: Python<'_>, call: *mut ffi::PyObject) -> PyResult<c_int> {
        // SAFETY: the caller guarantees it. The body is over before `call` is used again.
        let call = unsafe { &mut *call.cast::<Self>() };
        if let Some(body) = call.body.take() {
            // SAFETY: the caller guarantees it.
            call.result = unsafe { trampoline(body) };
        }
        Ok(0)
    }
}

/// Sets an error as the exception. Both what it is made of and what was put off on the way to it is
/// dropped.
///
/// # Safety
/// The thread is attached.
#[cold]
#[inline(never)]
unsafe fn set_exception(error: PyErr) {
    struct Restored;
    impl Failure for Restored {
        const FAILURE: Self = Self;
    }
    let restore = |py| {
        error.restore(py);
        Ok(Restored)
    };
    // SAFETY: the caller guarantees it. Setting an exception neither fails nor panics.
    unsafe { Call { body: Some(restore), result: Restored }.pass() };
}

/// Sets a panic as the exception.
///
/// # Safety
/// The thread is attached.
#[cold]
#[inline(never)]
unsafe fn set_panic(panic: Box<dyn Any + Send>) {
    drop(panic);
    // Made by CPython, which raises MemoryError where there is no memory for it: a panic in here
    // could not be caught.
    let message = c"internal error of consumer: please report it";
    // SAFETY: attached, says the caller; the exception is a class, and the message a C string.
    unsafe { ffi::PyErr_SetString(ffi::PyExc_SystemError, message.as_ptr()) };
}

/// The view that a slot or method of its class is called on.
///
/// # Safety
/// `object` is a ConsumerArray, and alive for `'a`.
#[inline(always)]
pub(super) unsafe fn this<'a, 'py>(
    py: Python<'py>,
    object: *mut ffi::PyObject,
) -> Borrowed<'a, 'py, PyConsumerArray> {
    // SAFETY: the caller guarantees it.
    unsafe { Borrowed::from_ptr(py, object).cast_unchecked() }
}

/// A new reference to None.
pub(super) fn none(_attached: Python<'_>) -> NewReference {
    // SAFETY: attached; None is immortal or counted like any object.
    unsafe { ffi::Py_NewRef(ffi::Py_None()) }
}

/// A new reference to True or False.
#[inline(always)]
pub(super) fn boolean(_attached: Python<'_>, value: bool) -> NewReference {
    // SAFETY: attached; both are immortal or counted like any object.
    unsafe { ffi::Py_NewRef(if value { ffi::Py_True() } else { ffi::Py_False() }) }
}
