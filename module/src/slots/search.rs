//! `value in v`, `v.index(value)` and `v.count(value)`.

use std::ffi::{CStr, c_int};

use pyo3::impl_::extract_argument::FunctionDescription;
use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use super::parameters::Call;
use super::trampoline::attached_trampoline;
use crate::methods::elements::search;
use crate::object::PyConsumerArray;
use crate::object::uninit::value;
use crate::values::NewReference;

/// `sought in v`
pub(super) unsafe extern "C" fn contains(
    object: *mut ffi::PyObject,
    sought: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: the slot is called attached, on objects of the class, with a value that is alive.
    let (view, sought) =
        unsafe { (value(object), Borrowed::from_ptr(Python::assume_attached(), sought)) };
    match search::contains_exact(view, &sought) {
        Some(found) => c_int::from(found),
        None => slow_contains(view, sought),
    }
}

#[inline(never)]
fn slow_contains(view: &PyConsumerArray, sought: Borrowed<'_, '_, PyAny>) -> c_int {
    // SAFETY: called by the slot.
    unsafe { attached_trampoline(|_| search::contains(view, &sought).map(c_int::from)) }
}

/// The number that a search gives. With one argument `exact` may find it at once; `slow` is the
/// method for all else.
///
/// # Safety
/// The call is one that the interpreter makes, attached, of a method of `object`, a ConsumerArray.
#[inline(always)]
unsafe fn number(
    object: *mut ffi::PyObject,
    call: Call,
    exact: impl FnOnce(&PyConsumerArray, &Bound<'_, PyAny>) -> Option<usize>,
    slow: unsafe fn(&PyConsumerArray, Call) -> NewReference,
) -> NewReference {
    // SAFETY: the caller guarantees it.
    unsafe {
        let view = value(object);
        match call.only(Python::assume_attached()).and_then(|sought| exact(view, &sought)) {
            Some(number) => ffi::PyLong_FromSize_t(number),
            None => slow(view, call),
        }
    }
}

pub(super) const INDEX: &CStr = c"index($self, value, start=None, stop=None, /)
--

The index of the first element that equals value; ValueError where there is none.

In one dimension the search can be bounded by start and stop, as in list.index. In several
the index is a tuple, so that v[v.index(x)] == x, and the whole view is searched: start and
stop raise TypeError.

>>> import array, consumer
>>> consumer.consume(array.array(\"d\", [0.5, 1.5, 2.5])).index(1.5)
1";

/// `v.index(sought, start, stop)`
pub(super) unsafe extern "C" fn index(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> NewReference {
    let call = Call { arguments, count, names };
    // SAFETY: the method is called attached, on objects of the class, and by the interpreter.
    unsafe { number(object, call, search::index_exact, slow_index) }
}

/// # Safety
/// The call is one that the interpreter makes.
#[inline(never)]
unsafe fn slow_index(view: &PyConsumerArray, call: Call) -> NewReference {
    static PARAMETERS: FunctionDescription = FunctionDescription::new(
        Some("ConsumerArray"),
        "index",
        &["value", "start", "stop"],
        3,
        1,
        &[],
    );
    let body = |py| -> PyResult<NewReference> {
        // SAFETY: the caller guarantees it for the call; there are three parameters.
        let [sought, start, stop] = unsafe { call.parse(py, &PARAMETERS)? };
        // The one required argument: without it there is an error before.
        let Some(sought) = sought else { return Ok(std::ptr::null_mut()) };
        let [start, stop] = [start, stop].map(|bound| bound.filter(|bound| !bound.is_none()));
        search::index(view, &sought, start.as_deref(), stop.as_deref()).map(Bound::into_ptr)
    };
    // SAFETY: called by the method.
    unsafe { attached_trampoline(body) }
}

pub(super) const COUNT: &CStr = c"count($self, value, /)
--

How many elements equal value, in any number of dimensions.

>>> import consumer
>>> consumer.consume(b\"banana\").count(97)
3";

/// `v.count(sought)`
pub(super) unsafe extern "C" fn count(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> NewReference {
    let call = Call { arguments, count, names };
    // SAFETY: the method is called attached, on objects of the class, and by the interpreter.
    unsafe { number(object, call, search::count_exact, slow_count) }
}

/// # Safety
/// The call is one that the interpreter makes.
#[inline(never)]
unsafe fn slow_count(view: &PyConsumerArray, call: Call) -> NewReference {
    static PARAMETERS: FunctionDescription =
        FunctionDescription::new(Some("ConsumerArray"), "count", &["value"], 1, 1, &[]);
    let body = |py| -> PyResult<NewReference> {
        // SAFETY: the caller guarantees it for the call; there is one parameter.
        let [sought] = unsafe { call.parse(py, &PARAMETERS)? };
        // The one required argument: without it there is an error before.
        let Some(sought) = sought else { return Ok(std::ptr::null_mut()) };
        search::count(view, &sought).map(Bound::into_ptr)
    };
    // SAFETY: called by the method.
    unsafe { attached_trampoline(body) }
}
