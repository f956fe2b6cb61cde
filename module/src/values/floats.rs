//! Floats and complex numbers as Python objects, and back.

use half::f16;
use num_complex::Complex;
use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use consumer::element::f16_from_f64;
use consumer::format::FormatString;

use super::integers::{Integer, Number, exact_int, number};
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

/// A float of any width, beside Python's, which is `f64`.
trait Narrow: Copy + PartialEq {
    fn narrow(value: f64) -> Self;
    fn widen(self) -> f64;

    /// Rounds to the nearest number of this width.
    ///
    /// # Errors
    /// ValueError for a finite number that would become infinite.
    fn fit(value: f64, format: &FormatString) -> PyResult<Self> {
        let narrow = Self::narrow(value);
        if value.is_finite() && narrow.widen().is_infinite() {
            return Err(out_of_range(value, format));
        }
        Ok(narrow)
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
                    Self::fit(double(object, format)?, format)
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
                    let narrow = Self::narrow(value);
                    (narrow.widen().is_finite() || !value.is_finite()).then_some(narrow)
                }

                fn equal_to(object: &Bound<'_, PyAny>) -> Equal<Self> {
                    let value = match number(object) {
                        Number::Float(value) => value,
                        // Up to 2^53 every whole number is exactly an f64.
                        Number::Integer(Integer::Signed(value)) if value.unsigned_abs() <= 1 << 53 => {
                            value as f64
                        }
                        Number::Unlike => return Equal::None,
                        _ => return Equal::Unknown,
                    };
                    Self::exactly(value).map_or(Equal::None, Equal::To)
                }
            }

            impl PyValue for Complex<$type> {
                #[inline]
                fn into_object(self, _py: Python<'_>) -> NewReference {
                    // SAFETY: attached; the result is a new reference or NULL.
                    unsafe { ffi::PyComplex_FromDoubles(self.re.widen(), self.im.widen()) }
                }

                fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
                    // SAFETY: the object is alive.
                    let value = unsafe { ffi::PyComplex_AsCComplex(object.as_ptr()) };
                    // SAFETY: attached.
                    if value.real == -1.0 && !unsafe { ffi::PyErr_Occurred() }.is_null() {
                        return Err(conversion_error(object, "a complex number", format));
                    }
                    Ok(Complex::new(
                        <$type>::fit(value.real, format)?,
                        <$type>::fit(value.imag, format)?,
                    ))
                }
            }
        )*
    };
}
floats!(f16 f32 f64);
