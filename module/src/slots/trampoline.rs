//! What stands between C and the body of a slot or method.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use consumer::python::attached::attached;
use consumer::python::errors::{restore, set_panic};

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
/// PyO3 knows nothing of this call: see `attached`. So a body that succeeds drops no error and no
/// `Py` (a `Bound` is no such reference, and `or_discard` is there for errors). One that cannot
/// know runs in [`attached_trampoline`].
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
        // Both what it is made of and what was put off on the way to it is dropped.
        Ok(Err(error)) => restore(py, error),
        Err(panic) => set_panic(py, panic),
    }
    R::FAILURE
}

/// Runs the body of a slot or method as [`trampoline`] does, but with PyO3 knowing that the thread
/// is attached. It takes longer, and is for what converts objects of any kind. Arbitrary Python
/// code may run before the body does: see [`attached`].
///
/// # Safety
/// The same as for [`trampoline`].
#[inline(always)]
pub(super) unsafe fn attached_trampoline<'py, R: Failure>(
    body: impl FnOnce(Python<'py>) -> PyResult<R>,
) -> R {
    // SAFETY: the caller guarantees it.
    attached(unsafe { Python::assume_attached() }, || unsafe { trampoline(body) })
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
