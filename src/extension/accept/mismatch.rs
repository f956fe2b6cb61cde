//! The error for an argument that is not what is expected. What it says is found out when the
//! exception is made; until then it holds what that takes.

use std::fmt::{self, Write};

use pyo3::prelude::*;

use super::expected::{Expected, Wanted, is_aligned, is_in, push_tuple};
use crate::array::AnyArray;
use crate::dtype::{DType, ScalarType};
use crate::error::{Error, Tuple};
use crate::fallible::Shortened;
use crate::format::Kind;
use crate::layout::Order;
use crate::python::acquire::{hint, is_ordinary};
use crate::python::errors::{caused_by, with_exception};
use crate::python::exceptions::{PyBufferError, PyTypeError, PyValueError};
use crate::python::objects;

/// An argument that does not fit: a TypeError that tells what was expected, what came, and often
/// what fits instead.
///
/// Where a function tries several types in turn, those that do not fit cost no exception each:
///
/// ```
/// use consumer::extension::Array;
/// use pyo3::prelude::*;
/// use pyo3::types::PyBytes;
///
/// Python::initialize();
/// Python::attach(|py| {
///     let bytes = PyBytes::new(py, b"abc");
///     let Err(mismatch) = bytes.extract::<Array<f64, 1>>() else { panic!() };
///     assert_eq!(
///         mismatch.message(py),
///         "expected a buffer of float64 in 1 dimension, \
///          got bytes of uint8 with shape (3,); numpy.asarray(x, 'float64') makes one",
///     );
/// });
/// ```
pub struct Mismatch(Box<Inner>);

struct Inner {
    expected: Expected,
    object: Py<PyAny>,
    found: Found,
}

/// What was found instead.
enum Found {
    /// The object shares no memory.
    Nothing,
    /// It has refused to, or what it shares will not do.
    Refused(PyErr),
    /// Elements.
    Elements(Facts),
    /// A value that is none of the expected type.
    Value(Error),
}

/// What tells why elements do not fit.
struct Facts {
    scalar_type: Option<ScalarType>,
    format: String,
    shape: Vec<usize>,
    strides: Option<Vec<isize>>,
    readonly: bool,
    is_unaligned: bool,
    /// What is wrong with the elements, in words.
    why: Option<String>,
}

impl Mismatch {
    fn new(object: &Bound<'_, PyAny>, expected: &Expected, found: Found) -> Self {
        Self(Box::new(Inner { expected: *expected, object: object.clone().unbind(), found }))
    }

    /// For an object that shares no memory.
    #[cold]
    pub(in crate::extension) fn nothing(object: &Bound<'_, PyAny>, expected: &Expected) -> Self {
        Self::new(object, expected, Found::Nothing)
    }

    /// For an object that raises an error.
    #[cold]
    pub(in crate::extension) fn refused(
        object: &Bound<'_, PyAny>,
        expected: &Expected,
        error: PyErr,
    ) -> Self {
        Self::new(object, expected, Found::Refused(with_exception(object.py(), error)))
    }

    /// For a value that is none of the expected type.
    #[cold]
    pub(in crate::extension) fn value(
        object: &Bound<'_, PyAny>,
        expected: &Expected,
        error: Error,
    ) -> Self {
        Self::new(object, expected, Found::Value(error))
    }

    /// For elements that do not fit, or because of `why`.
    #[cold]
    pub(in crate::extension) fn elements(
        object: &Bound<'_, PyAny>,
        expected: &Expected,
        array: &AnyArray,
        why: Option<String>,
    ) -> Self {
        let scalar_type = array.scalar_type();
        let layout = array.layout();
        let is_bytes = matches!(expected.element, Wanted::Bytes);
        let is_disordered = is_bytes || expected.order.is_some_and(|order| !is_in(array, order));
        let format = match scalar_type {
            Some(scalar_type) if !scalar_type.swapped => String::new(),
            _ => Shortened(&array.format().to_string()).to_string(),
        };
        let facts = Facts {
            scalar_type,
            format,
            shape: layout.shape().to_vec(),
            strides: is_disordered.then(|| layout.strides().to_vec()),
            readonly: expected.writable && array.readonly(),
            is_unaligned: expected.order.is_some() && !is_disordered && !is_aligned(array),
            why,
        };
        Self::new(object, expected, Found::Elements(facts))
    }

    /// Returns the message of the exception.
    #[must_use]
    pub fn message(&self, py: Python<'_>) -> String {
        let Inner { expected, object, found } = &*self.0;
        let object = object.bind(py);
        // As much as most messages have.
        let mut text = String::with_capacity(256);
        text.push_str("expected ");
        expected.write(&mut text);
        let class = objects::type_name(object);
        text.push_str(if matches!(found, Found::Refused(_)) { ", but " } else { ", got " });
        text.push_str(&class);
        match found {
            Found::Nothing => {
                text.push_str(", which exports no buffer");
                if let Some(hint) = hint(object) {
                    text.push_str("; ");
                    text.push_str(&hint);
                }
            }
            Found::Refused(error) => {
                text.push_str(" gives none: ");
                text.push_str(&objects::message(py, error));
            }
            Found::Value(error) => {
                let _ = write!(text, ": {error}");
            }
            Found::Elements(facts) => {
                text.push_str(" of ");
                facts.write(&mut text, expected);
            }
        }
        text
    }
}

impl Facts {
    fn write(&self, text: &mut String, expected: &Expected) {
        match self.scalar_type {
            Some(ScalarType { dtype, swapped }) => {
                text.push_str(dtype.name());
                if swapped {
                    let _ = write!(text, " in the other byte order ({:?})", self.format);
                }
            }
            None => {
                let _ = write!(text, "format {:?}", self.format);
            }
        }
        text.push_str(" with shape ");
        push_tuple(text, self.shape.iter().map(|&length| length as isize));
        if let Some(strides) = &self.strides {
            text.push_str(" and strides ");
            let _ = write!(text, "{}", Tuple(strides));
        }
        if self.readonly {
            text.push_str(", read-only");
        }
        if self.is_unaligned {
            text.push_str(", unaligned");
        }
        if let Some(why) = &self.why {
            text.push_str(": ");
            text.push_str(why);
        }
        self.write_hint(text, expected);
    }

    /// Writes what to take instead, where that is plain.
    fn write_hint(&self, text: &mut String, expected: &Expected) {
        // Elements in another shape are other data.
        if !expected.has_ndim(self.shape.len()) || !expected.has_shape(&self.shape) {
            return;
        }
        let other_type = !expected.element.is(self.scalar_type);
        let wanted = match expected.element {
            Wanted::Scalar(dtype) | Wanted::OneOf(&[dtype, ..]) if other_type => Some(dtype),
            Wanted::Scalars if other_type => self.scalar_type.map(|found| found.dtype),
            _ => None,
        };
        if other_type && (wanted.is_none_or(|to| !is_known_to_numpy(to)) || !self.is_number()) {
            return;
        }
        let function = match expected.order {
            Some(Order::C) if self.strides.is_some() || self.is_unaligned || other_type => {
                "ascontiguousarray"
            }
            Some(Order::Fortran) if self.strides.is_some() || self.is_unaligned || other_type => {
                "asfortranarray"
            }
            _ if self.readonly => "array",
            _ if other_type => "asarray",
            _ => return,
        };
        text.push_str("; numpy.");
        text.push_str(function);
        text.push_str("(x");
        if let Some(dtype) = wanted {
            text.push_str(", '");
            text.push_str(dtype.name());
            text.push('\'');
        }
        text.push_str(") makes one");
    }

    fn is_number(&self) -> bool {
        self.scalar_type.is_some_and(|found| is_known_to_numpy(found.dtype))
    }
}

/// Returns whether NumPy has numbers of a type, and calls them by the same name.
fn is_known_to_numpy(dtype: DType) -> bool {
    let is_number = matches!(
        dtype.kind(),
        Kind::Bool | Kind::Signed | Kind::Unsigned | Kind::Float | Kind::Complex
    );
    is_number && dtype.has_code() && !dtype.name().contains(' ') && dtype != DType::Complex32
}

impl From<Mismatch> for PyErr {
    #[cold]
    fn from(mismatch: Mismatch) -> Self {
        Python::attach(|py| {
            let message = mismatch.message(py);
            match mismatch.0.found {
                Found::Value(error) if error.is_no_memory() => error.into(),
                Found::Value(_) => PyValueError::new_err(message),
                // It says something of the program, and nothing of the object.
                Found::Refused(error) if !is_ordinary(py, &error) => error,
                Found::Refused(error) => {
                    let made = PyTypeError::new_err(message);
                    match PyBufferError::matches(&error, py) {
                        true => made,
                        false => caused_by(py, made, error),
                    }
                }
                Found::Nothing | Found::Elements(_) => PyTypeError::new_err(message),
            }
        })
    }
}

impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.0.expected.write(&mut text);
        write!(f, "Mismatch(expected {text})")
    }
}
