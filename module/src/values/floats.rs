//! Floats and complex numbers as Python objects, and back.

use std::cmp::Ordering;

use half::{bf16, f16};
use num_complex::Complex;
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyFloat, PyInt};
use pyo3::{Borrowed, ffi};

use consumer::element::{F8E4M3, F8E5M2, LongDouble, bf16_from_f64, f16_from_f64};
use consumer::format::FormatString;
use consumer::python::errors::{DiscardError, with_exception};
use consumer::python::exceptions::{PyTypeError, PyValueError};

use super::exact_numbers::{Exact, Number};
use super::integers::{self, Integer, exact_int, number};
use super::{Equal, NewReference, PyValue, conversion_error, out_of_range};

/// Returns the double of an object: a float, or what its `__float__` or `__index__` returns.
pub(super) fn double(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<f64> {
    // SAFETY: the object is alive.
    let value = unsafe { ffi::PyFloat_AsDouble(object.as_ptr()) };
    // SAFETY: attached.
    if value == -1.0 && !unsafe { ffi::PyErr_Occurred() }.is_null() {
        return Err(conversion_error(object, "a float", format));
    }
    Ok(value)
}

/// Returns the complex number of an object: what its `__complex__`, `__float__` or `__index__`
/// returns.
fn complex(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Complex<f64>> {
    // SAFETY: the object is alive.
    let value = unsafe { ffi::PyComplex_AsCComplex(object.as_ptr()) };
    // SAFETY: attached.
    if value.real == -1.0 && !unsafe { ffi::PyErr_Occurred() }.is_null() {
        return Err(conversion_error(object, "a complex number", format));
    }
    Ok(Complex::new(value.real, value.imag))
}

/// Returns what an int has to be rounded to, given the double that Python made of it, before it is
/// rounded to fewer digits: where the double lost some, a neighbour of the int with an odd last
/// bit, which no second rounding takes for a tie. The double itself for all other objects.
#[cold]
#[inline(never)]
fn odd_double(object: &Bound<'_, PyAny>, value: f64) -> PyResult<f64> {
    if value.to_bits() & 1 == 1 || !object.is_exact_instance_of::<PyInt>() {
        return Ok(value);
    }
    // Python compares its ints with floats exactly.
    Ok(match object.compare(PyFloat::new(object.py(), value))? {
        Ordering::Less => value.next_down(),
        Ordering::Equal => value,
        Ordering::Greater => value.next_up(),
    })
}

/// Returns the long double that an object is, given what Python's conversion made of it: a float
/// that may have lost digits or become infinite on the way, or an error. `None` for other objects.
/// May run arbitrary Python code.
#[cold]
#[inline(never)]
fn lost_digits<T>(object: &Bound<'_, PyAny>, converted: &PyResult<T>) -> PyResult<Option<Number>> {
    let py = object.py();
    match converted {
        Err(error) if !PyValueError::matches(error, py) && !PyTypeError::matches(error, py) => {
            Ok(None)
        }
        converted => Ok(Exact::of(object)?
            .filter(|exact| exact.is_number || converted.is_ok())
            .map(|exact| exact.number)),
    }
}

/// A float of any width, beside Python's, which is `f64`.
trait Narrow: Copy + PartialEq {
    fn narrow(value: f64) -> Self;
    fn widen(self) -> f64;

    /// Rounds to the nearest number of this width; `None` for a finite number that would become
    /// infinite, and for any but NaN that would become NaN.
    #[inline(always)]
    fn rounded(value: f64) -> Option<Self> {
        let narrow = Self::narrow(value);
        let fits = narrow.widen().is_finite() || narrow.widen() == value || value.is_nan();
        fits.then_some(narrow)
    }

    /// Rounds to the nearest number of this width.
    ///
    /// # Errors
    /// ValueError for a number that has none: see [`rounded`](Self::rounded).
    fn fit(value: f64, format: &FormatString) -> PyResult<Self> {
        Self::rounded(value).ok_or_else(|| out_of_range(value, format))
    }

    /// Rounds the double that Python made of an object to the nearest number of this width, as if
    /// the object had been rounded to that at once.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit).
    fn fit_of(object: &Bound<'_, PyAny>, value: f64, format: &FormatString) -> PyResult<Self> {
        // Up to 2^53 every whole number is exactly an f64.
        let is_exact = value.abs() <= (1_u64 << 53) as f64;
        let is_double = size_of::<Self>() == size_of::<f64>();
        let once = if is_exact || is_double { value } else { odd_double(object, value)? };
        Self::rounded(once).ok_or_else(|| out_of_range(value, format))
    }

    /// Rounds a long double to the nearest number of this width.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit).
    fn fit_long(long: LongDouble, format: &FormatString) -> PyResult<Self> {
        let Some(nearest) = long.to_f64_checked() else { return Err(out_of_range(long, format)) };
        // Rounded twice, a number close to a tie would be rounded wrong.
        let is_double = size_of::<Self>() == size_of::<f64>();
        Self::fit(if is_double { nearest } else { long.to_f64_odd() }, format)
    }

    /// Returns whether a float that was made of an object is sure to be the number of the object as
    /// far as it is stored.
    fn is_settled(value: f64) -> bool {
        value.is_finite() && Self::narrow(value).widen() == value
    }

    /// Returns the number of this width that equals `value`, if there is one.
    fn exactly(value: f64) -> Option<Self> {
        let narrow = Self::narrow(value);
        (narrow.widen() == value).then_some(narrow)
    }
}

impl Narrow for f16 {
    fn narrow(value: f64) -> Self {
        f16_from_f64(value)
    }
    fn widen(self) -> f64 {
        self.to_f64()
    }
}

impl Narrow for bf16 {
    fn narrow(value: f64) -> Self {
        bf16_from_f64(value)
    }
    fn widen(self) -> f64 {
        self.to_f32().into()
    }
}

impl Narrow for F8E4M3 {
    fn narrow(value: f64) -> Self {
        Self::from_f64(value)
    }
    fn widen(self) -> f64 {
        self.to_f64()
    }
}

impl Narrow for F8E5M2 {
    fn narrow(value: f64) -> Self {
        Self::from_f64(value)
    }
    fn widen(self) -> f64 {
        self.to_f64()
    }
}

impl Narrow for f32 {
    fn narrow(value: f64) -> Self {
        value as Self
    }
    fn widen(self) -> f64 {
        f64::from(self)
    }
}

impl Narrow for f64 {
    fn narrow(value: f64) -> Self {
        value
    }
    fn widen(self) -> f64 {
        self
    }
}

macro_rules! floats {
    ($($type:ty)*) => {
        $(
            impl PyValue for $type {
                #[inline(always)]
                fn into_object(self, _py: Python<'_>) -> NewReference {
                    // SAFETY: attached; the result is a new reference or NULL.
                    unsafe { ffi::PyFloat_FromDouble(self.widen()) }
                }

                fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
                    let value = double(object, format)
                        .map_err(|error| with_exception(object.py(), error));
                    let is_settled = value.as_ref().is_ok_and(|&value| Self::is_settled(value))
                        || object.is_instance_of::<PyFloat>();
                    if !is_settled
                        && let Some(long) = lost_digits(object, &value)?
                            .and_then(|number| number.real(value.is_ok()))
                    {
                        value.or_discard(object.py());
                        return Self::fit_long(long, format);
                    }
                    Self::fit_of(object, value?, format)
                }

                #[inline(always)]
                fn from_exact(object: Borrowed<'_, '_, PyAny>) -> Option<Self> {
                    // SAFETY: the object is alive, and a float where it is asked for its number.
                    let value = unsafe {
                        if ffi::PyFloat_CheckExact(object.as_ptr()) != 0 {
                            ffi::PyFloat_AS_DOUBLE(object.as_ptr())
                        } else {
                            // Up to 2^53 every whole number is exactly an f64.
                            let value = exact_int(object)?;
                            if value.unsigned_abs() > 1 << 53 {
                                return None;
                            }
                            value as f64
                        }
                    };
                    Self::rounded(value)
                }

                fn equal_to(object: &Bound<'_, PyAny>) -> Equal<Self> {
                    let value = match number(object) {
                        integers::Number::Float(value) => value,
                        // Up to 2^53 every whole number is exactly an f64.
                        integers::Number::Integer(Integer::Signed(value)) if value.unsigned_abs() <= 1 << 53 => {
                            value as f64
                        }
                        integers::Number::Unlike => return Equal::None,
                        _ => return Equal::Unknown,
                    };
                    Self::exactly(value).map_or(Equal::None, Equal::To)
                }
            }
        )*
    };
}

macro_rules! complex_numbers {
    ($($type:ty)*) => {
        $(
            impl PyValue for Complex<$type> {
                #[inline]
                fn into_object(self, _py: Python<'_>) -> NewReference {
                    // SAFETY: attached; the result is a new reference or NULL.
                    unsafe { ffi::PyComplex_FromDoubles(self.re.widen(), self.im.widen()) }
                }

                fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
                    let value = complex(object, format)
                        .map_err(|error| with_exception(object.py(), error));
                    let is_settled = value.as_ref().is_ok_and(|value| {
                        <$type>::is_settled(value.re) && <$type>::is_settled(value.im)
                    }) || object.is_instance_of::<PyComplex>()
                        || object.is_instance_of::<PyFloat>();
                    if !is_settled
                        && let Some(long) = lost_digits(object, &value)?.and_then(Number::complex)
                    {
                        value.or_discard(object.py());
                        return Ok(Complex::new(
                            <$type>::fit_long(long.re, format)?,
                            <$type>::fit_long(long.im, format)?,
                        ));
                    }
                    let value = value?;
                    Ok(Complex::new(
                        <$type>::fit_of(object, value.re, format)?,
                        <$type>::fit(value.im, format)?,
                    ))
                }
            }
        )*
    };
}
floats!(F8E4M3 F8E5M2 f16 bf16 f32 f64);
complex_numbers!(f16 f32 f64);
