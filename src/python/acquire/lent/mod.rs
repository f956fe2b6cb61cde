//! Memory of objects that export no buffer, or refuse to, by the other protocols that they have.
//!
//! They are asked one after the other, and the first that shares the memory is taken: [`dtype`],
//! the buffer without a format; [`dlpack`],
//! which has all types of numbers; `__array__` where NumPy is loaded, which does not tell missing
//! values apart; Arrow, which does; and the array interface, which its authors have replaced. None
//! may copy: what is stored in a copy would be lost.

mod array;
mod array_interface;
mod arrow;
mod described;
mod dlpack;
mod dtype;
mod loan;
mod nullable;
pub(super) mod typestr;

use std::ffi::c_ulong;
use std::mem::MaybeUninit;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyType};

use super::AsView;
use super::refusal::no_buffer;
use super::types::attribute;
use crate::array::AnyArray;
use crate::python::attached::attached;
use crate::python::errors::{caused_by, discard, text, with_exception};
use crate::python::exceptions::{PyBufferError, PyMemoryError, PyRecursionError};
use crate::python::objects::{self, message, type_name};
use crate::python::stack;
pub(super) use loan::Buffer;
use loan::Keeper;
pub use loan::Loan;

/// Takes an object's memory by its other protocols, because it has no buffer, or has refused it.
/// What the memory holds is written to `place`, where the array may stay: moving one takes longer
/// than making it.
///
/// # Errors
/// `refusal`, where there was one and no other protocol will do; an error that is both a TypeError
/// and a ValueError for an object that has none; else BufferError that tells why none will do.
#[inline(never)]
pub fn acquire(
    place: &mut MaybeUninit<AnyArray>,
    object: &Bound<'_, PyAny>,
    mut refusal: Option<PyErr>,
    as_view: AsView,
) -> PyResult<Loan> {
    let py = object.py();
    let body = || acquire_attached(place, object, &mut refusal, as_view).map_err(Box::new);
    // What is put off until PyO3 runs would pile up. The error is boxed because a result is moved at
    // the size of its larger variant, also where there is no error.
    attached(py, body).map_err(|error| *error)
}

/// The same, for callers with no place where the array may stay.
///
/// # Errors
/// As for [`acquire`].
pub(crate) fn acquire_moved(
    object: &Bound<'_, PyAny>,
    refusal: Option<PyErr>,
    as_view: AsView,
) -> PyResult<(AnyArray, Loan)> {
    let mut place = MaybeUninit::uninit();
    let loan = acquire(&mut place, object, refusal, as_view)?;
    // SAFETY: where there is a loan, the array was written.
    Ok((unsafe { place.assume_init() }, loan))
}

fn acquire_attached(
    place: &mut MaybeUninit<AnyArray>,
    object: &Bound<'_, PyAny>,
    refusal: &mut Option<PyErr>,
    as_view: AsView,
) -> PyResult<Loan> {
    let py = object.py();
    let refused =
        |refusal: &mut Option<PyErr>| Err(refusal.take().unwrap_or_else(|| no_buffer(object)));
    *refusal = refusal.take().map(|refusal| with_exception(py, refusal));
    // A class has the methods of its instances, and no memory.
    if refusal.as_ref().is_some_and(|refusal| !is_ordinary(py, refusal))
        || object.is_instance_of::<PyType>()
    {
        return refused(refusal);
    }
    stack::check(py)?;
    if let Some(refusal) = refusal
        && let Some(buffer) = dtype::acquire(place, object, "x", refusal, as_view)?
    {
        return Ok(Loan::new(Keeper::Buffer(buffer), object));
    }
    let mut reasons = Vec::new();
    for (name, protocol) in PROTOCOLS {
        match protocol(place, object, as_view) {
            Ok(None) => {}
            Ok(Some(keeper)) => return Ok(Loan::new(keeper, object)),
            Err(error) => {
                let error = with_exception(py, error);
                if !is_ordinary(py, &error) {
                    return Err(error);
                }
                reasons.push((name, error));
            }
        }
    }
    if reasons.is_empty() || refusal.is_some() {
        return refused(refusal);
    }
    Err(none_will_do(object, reasons))
}

/// Returns whether an object is of one of Python's own classes that have no memory to share, so
/// that nothing needs to be asked.
pub(crate) fn exports_nothing_else(object: &Bound<'_, PyAny>) -> bool {
    const PLAIN: c_ulong = ffi::Py_TPFLAGS_LONG_SUBCLASS
        | ffi::Py_TPFLAGS_LIST_SUBCLASS
        | ffi::Py_TPFLAGS_TUPLE_SUBCLASS
        | ffi::Py_TPFLAGS_UNICODE_SUBCLASS
        | ffi::Py_TPFLAGS_DICT_SUBCLASS
        | ffi::Py_TPFLAGS_TYPE_SUBCLASS;
    // SAFETY: the class of an object is a class, and alive.
    let is_plain = unsafe {
        let class = object.get_type_ptr();
        !stack::is_mutable(class) && ffi::PyType_GetFlags(class) & PLAIN != 0
    };
    is_plain || object.is_none() || object.is_exact_instance_of::<PyFloat>()
}

/// Returns whether an object has one of the protocols, whether its memory is lent by it or not. A
/// class has those of its instances.
///
/// # Errors
/// What an attribute of the object's raises.
pub fn lends(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    if exports_nothing_else(object) || object.is_instance_of::<PyType>() {
        return Ok(false);
    }
    for name in METHODS {
        if attribute(object, &objects::string(object.py(), name)?)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How an object may lend its memory: where there is a keeper, the array was written.
type Protocol =
    fn(&mut MaybeUninit<AnyArray>, &Bound<'_, PyAny>, AsView) -> PyResult<Option<Keeper>>;

/// The attributes by which an object has one of the protocols.
const METHODS: [&str; 6] = [
    "__dlpack__",
    "__arrow_c_array__",
    "__arrow_c_stream__",
    "__array__",
    "__array_struct__",
    "__array_interface__",
];

const ARROW: &str = "Arrow";

const PROTOCOLS: [(&str, Protocol); 5] = [
    ("__dlpack__", |place, object, _| Ok(dlpack::acquire(place, object)?.map(Keeper::Tensor))),
    ("__array__", |place, object, as_view| {
        Ok(array::acquire(place, object, as_view)?.map(Keeper::Buffer))
    }),
    (ARROW, |place, object, _| Ok(arrow::acquire(place, object)?.map(Keeper::Column))),
    ("__array_struct__", array_interface::acquire_struct),
    ("__array_interface__", array_interface::acquire),
];

/// Returns whether an error says something of the object, and not of the state of the program. One
/// that was not raised yet goes through `errors::with_exception` first.
#[must_use]
pub fn is_ordinary(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<pyo3::exceptions::PyException>(py)
        && !PyMemoryError::matches(error, py)
        && !PyRecursionError::matches(error, py)
}

/// The exception for an object whose protocols have all failed.
fn none_will_do(object: &Bound<'_, PyAny>, mut reasons: Vec<(&str, PyErr)>) -> PyErr {
    let (py, class) = (object.py(), type_name(object));
    let nulls = match nullable::why(object, &class) {
        Ok(nulls) => nulls,
        Err(error) => {
            let error = with_exception(py, error);
            if !is_ordinary(py, &error) {
                return error;
            }
            discard(py, error);
            None
        }
    };
    // Arrow tells what the elements are, and so what to call first.
    if let Some(found) = reasons.iter().position(|(name, _)| *name == ARROW) {
        reasons.swap(0, found);
        reasons.truncate(1);
    }
    let why: Vec<String> = reasons
        .iter()
        .map(|(name, error)| {
            let is_ours = PyBufferError::matches(error, py);
            let why = if is_ours { message(py, error) } else { text(py, error) };
            // Others add lines of advice for their own callers.
            format!("{name}: {}", why.lines().next().unwrap_or_default())
        })
        .collect();
    let why = nulls.unwrap_or_else(|| why.join("; "));
    let message = format!("{class} does not share its memory ({why})");
    let error = PyBufferError::new_err(message);
    match reasons.drain(..).next() {
        Some((_, first)) => caused_by(py, error, first),
        None => error,
    }
}
