//! One element and its Python object, in both directions.
//!
//! Reading takes the element out of memory by value and then creates the object, so that no memory
//! is touched once Python code can run. Writing converts the object to the bytes of an element
//! first, which may call the user's `__index__`, `__float__` or `__bool__`, and stores the bytes
//! after that.
//!
//! [`elements`] has these operations for the elements of any array. They dispatch on the element
//! type once, and only what depends on it is compiled for each type: [`PyValue`], which the files
//! for [`integers`], [`floats`], [`long_doubles`] and [`text`] implement; objects with more digits
//! than floats have are read in [`exact_numbers`]. Everything that is no scalar is in [`record`],
//! [`references`] keeps account of who owns the references in memory, and [`places`] of who uses
//! one at the moment. [`lists`](mod@lists) are what `tolist` gives.

pub(crate) mod elements;
pub(crate) mod equal;
mod exact_numbers;
mod floats;
mod integers;
mod lists;
mod long_doubles;
mod places;
pub(crate) mod record;
pub(crate) mod references;
mod scalars;
pub(crate) mod shown;
mod text;

use std::fmt::Display;

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use consumer::dtype::ScalarType;
use consumer::error::Error;
use consumer::fallible::Shortened;
use consumer::format::FormatString;
use consumer::python::errors;
use consumer::python::exceptions::{
    PyNotImplementedError, PyOverflowError, PyTypeError, PyValueError,
};
use consumer::python::objects;

pub(crate) use elements::{read, read_exactly, read_inline};
pub(crate) use exact_numbers::PyLongDouble;
pub(crate) use integers::{exact_int, fill_small_int_table};
pub(crate) use lists::lists;
pub(crate) use text::format_object;

/// A new reference, or NULL with an exception set: what CPython's own constructors return.
pub(crate) type NewReference = *mut ffi::PyObject;

/// What the objects of elements are for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// To be handed out.
    AsPython,
    /// To be compared or shown: no long double is rounded, and none is an error.
    Exactly,
}

/// A value and its Python object.
trait PyValue: Copy + Sized {
    /// Creates the object of the value.
    fn into_object(self, py: Python<'_>) -> NewReference;

    /// Creates the object of the value where elements are compared or shown: see
    /// [`Reading::Exactly`].
    fn into_exact_object(self, py: Python<'_>) -> NewReference {
        self.into_object(py)
    }

    /// Returns the message for a value that no object of Python's own holds, `None` for others.
    /// `view` is how the user names a view of such values.
    fn beyond_float(&self, _view: Option<&str>) -> Option<String> {
        None
    }

    /// Converts an object to a value. May run arbitrary Python code.
    ///
    /// # Errors
    /// TypeError for an object of the wrong type and ValueError for a value out of range, as
    /// memoryview has them; both name the format that was to be written. OverflowError for a long
    /// double that becomes a float, and for an int that becomes a long double, if it is beyond all
    /// of them.
    fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self>;

    /// Converts an object of exactly Python's own int or float, if its value is this type's,
    /// exactly or rounded; returns `None` for everything unusual. Runs no Python code.
    #[inline(always)]
    fn from_exact(_object: Borrowed<'_, '_, PyAny>) -> Option<Self> {
        None
    }

    /// Returns the one value that equals an object of one of Python's own types.
    fn equal_to(_object: &Bound<'_, PyAny>) -> Equal<Self> {
        Equal::Unknown
    }
}

/// Which elements of a type equal one Python object, or what was found of them.
pub(crate) enum Equal<T> {
    /// Those that equal this one.
    To(T),
    /// None can.
    None,
    /// Each has to be compared with the object, in Python.
    Unknown,
}

impl<T> Equal<T> {
    /// Converts the value; one that cannot be converted equals no element.
    fn and_then<U>(self, f: impl FnOnce(T) -> Option<U>) -> Equal<U> {
        match self {
            Self::To(value) => f(value).map_or(Equal::None, Equal::To),
            Self::None => Equal::None,
            Self::Unknown => Equal::Unknown,
        }
    }
}

impl<T> Equal<PyResult<T>> {
    /// Takes the error out.
    pub(crate) fn transpose(self) -> PyResult<Equal<T>> {
        Ok(match self {
            Self::To(result) => Equal::To(result?),
            Self::None => Equal::None,
            Self::Unknown => Equal::Unknown,
        })
    }
}

/// Returns NULL, with an exception. Those who read elements may be called by functions that go
/// around PyO3: see `slots/trampoline.rs`.
#[cold]
#[inline(never)]
fn failure(py: Python<'_>, error: impl Into<PyErr>) -> NewReference {
    errors::restore(py, error.into());
    std::ptr::null_mut()
}

/// Returns NULL, with the ValueError for an element that is no value of its type.
#[cold]
fn no_value(py: Python<'_>, message: String) -> NewReference {
    failure(py, PyValueError::new_err(message))
}

/// Returns NULL, with the ValueError for a character that does not exist.
#[cold]
fn no_code_point(py: Python<'_>, code: u32) -> NewReference {
    no_value(py, format!("{code:#x} is no code point: the last one is 0x10ffff"))
}

/// Returns NULL, with the NotImplementedError for elements that cannot be read.
#[cold]
fn no_element(py: Python<'_>, why: &Error) -> NewReference {
    failure(py, PyNotImplementedError::new_err(why.to_string()))
}

#[cold]
fn wrong_type(object: &Bound<'_, PyAny>, expected: &str, format: &FormatString) -> PyErr {
    let found = objects::type_name(object);
    PyTypeError::new_err(format!("expected {expected} for format '{format}', found {found}"))
}

#[cold]
fn out_of_range(value: impl Display, format: &FormatString) -> PyErr {
    let range = ScalarType::from_own_format(format.as_bytes()).and_then(|it| it.dtype.range());
    let range = match range {
        Some((low, high)) => format!(", {low} to {high}"),
        None => String::new(),
    };
    PyValueError::new_err(format!("{value} is out of range for format '{format}'{range}"))
}

/// Has an error that was found in a value for a field say so; what the user's own code has raised
/// passes as it is.
#[cold]
fn in_field(py: Python<'_>, error: PyErr, name: &str) -> PyErr {
    let error = errors::with_exception(py, error);
    let class = error.get_type(py);
    let is_type = class.is(py.get_type::<pyo3::exceptions::PyTypeError>());
    let is_value = class.is(py.get_type::<pyo3::exceptions::PyValueError>());
    if error.traceback(py).is_some() || !(is_type || is_value) {
        return error;
    }
    let message = format!("field '{}': {}", Shortened(name), objects::message(py, &error));
    errors::discard(py, error);
    if is_type { PyTypeError::new_err(message) } else { PyValueError::new_err(message) }
}

/// The repr of an object for a message. An int may have more digits than Python converts to text.
#[cold]
pub(crate) fn repr_or_default(object: &Bound<'_, PyAny>) -> String {
    objects::repr(object).unwrap_or_else(|| "the value".to_owned())
}

/// Turns the pending exception of one of CPython's conversions into memoryview's: TypeError for an
/// object of the wrong type, ValueError for OverflowError. Exceptions that the user's own code
/// raised pass as they are.
#[cold]
fn conversion_error(object: &Bound<'_, PyAny>, expected: &str, format: &FormatString) -> PyErr {
    let py = object.py();
    let error = PyErr::fetch(py);
    if PyOverflowError::matches(&error, py) {
        return out_of_range(repr_or_default(object), format);
    }
    if PyTypeError::matches(&error, py) {
        return wrong_type(object, expected, format);
    }
    error
}
