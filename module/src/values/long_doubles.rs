//! Long doubles, which hold numbers that Python's float does not.
//!
//! A long double is read as the nearest float. One beyond every float is none: reading it is an
//! OverflowError. Where elements are compared or shown, and none is handed out, [`PyLongDouble`]
//! stands for the element: beside another one it is the number with all its digits, beside
//! everything else what Python sees of it. An object that is a long double, or an int, is stored
//! with all the digits that there is room for.

use num_complex::Complex;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyFloat};

use consumer::element::LongDouble;
use consumer::format::FormatString;
use consumer::python::exceptions::PyOverflowError;

use super::exact_numbers::{Exact, Number, PyLongDouble, text_of};
use super::floats::double;
use super::integers::integer;
use super::{NewReference, PyValue, failure, out_of_range, repr_or_default};

/// NULL, with the exception for a number that is no float.
#[cold]
#[inline(never)]
fn beyond_float(py: Python<'_>, number: &impl PyValue) -> NewReference {
    failure(py, PyOverflowError::new_err(number.beyond_float(Some("v")).unwrap_or_default()))
}

/// What there is to say of a number that is no float, and of the view that converts it to one.
fn message(number: &str, format: &str, view: Option<&str>) -> String {
    let beyond = format!("{number} of format '{format}' is beyond Python's floats");
    match view {
        Some(view) => {
            let double = format.replace('g', "d");
            format!("{beyond}; {view}.astype('{double}', overflow='wrap') makes it infinite")
        }
        None => beyond,
    }
}

impl PyValue for LongDouble {
    #[inline]
    fn into_object(self, py: Python<'_>) -> NewReference {
        match self.to_f64_checked() {
            Some(rounded) => rounded.into_object(py),
            None => beyond_float(py, &self),
        }
    }

    fn into_exact_object(self, py: Python<'_>) -> NewReference {
        PyLongDouble::create(py, self, None)
    }

    fn beyond_float(&self, view: Option<&str>) -> Option<String> {
        self.to_f64_checked().is_none().then(|| message(&self.to_string(), "g", view))
    }

    fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
        match exactly(object, format)? {
            Some(Exact { number: Number::Real(number) | Number::Whole(number), is_number }) => {
                if !is_number {
                    // Whether an array of one element is a number, the array decides.
                    double(object, format)?;
                }
                Ok(number)
            }
            Some(Exact { number: Number::Complex(number), .. }) => {
                double(object, format).map(|_| number.re)
            }
            None => double(object, format).map(Self::from_f64),
        }
    }
}

impl PyValue for Complex<LongDouble> {
    #[inline]
    fn into_object(self, py: Python<'_>) -> NewReference {
        match (self.re.to_f64_checked(), self.im.to_f64_checked()) {
            (Some(re), Some(im)) => Complex::new(re, im).into_object(py),
            _ => beyond_float(py, &self),
        }
    }

    fn into_exact_object(self, py: Python<'_>) -> NewReference {
        PyLongDouble::create(py, self.re, Some(self.im))
    }

    fn beyond_float(&self, view: Option<&str>) -> Option<String> {
        let is_float = self.re.to_f64_checked().is_some() && self.im.to_f64_checked().is_some();
        (!is_float).then(|| message(&text_of(*self), "Zg", view))
    }

    fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
        let from_python = || {
            let value = Complex::<f64>::from_object(object, format)?;
            Ok(Self::new(LongDouble::from_f64(value.re), LongDouble::from_f64(value.im)))
        };
        if object.is_instance_of::<PyComplex>() {
            return from_python();
        }
        let Some(Exact { number, is_number }) = exactly(object, format)? else {
            return from_python();
        };
        if !is_number {
            from_python()?;
        }
        Ok(match number {
            Number::Real(real) | Number::Whole(real) => Self::new(real, LongDouble::from_f64(0.0)),
            Number::Complex(number) => number,
        })
    }
}

/// Returns the number of an object that may have more digits than a float: an int, what has an
/// `__index__` and no `__float__` or `__complex__`, or what exports the number. `None` for all
/// others.
fn exactly(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Option<Exact>> {
    if object.is_instance_of::<PyFloat>() {
        return Ok(None);
    }
    if let Some(exact) = Exact::of(object)? {
        return Ok(Some(exact));
    }
    let class = object.get_type_ptr();
    // SAFETY: the object and its class are alive; the functions raise nothing.
    let is_whole = unsafe {
        ffi::PyLong_Check(object.as_ptr()) != 0
            || (ffi::PyIndex_Check(object.as_ptr()) != 0
                && ffi::PyType_GetSlot(class, ffi::Py_nb_float).is_null()
                && ffi::PyObject_HasAttrString(class.cast(), c"__complex__".as_ptr()) == 0)
    };
    if !is_whole {
        return Ok(None);
    }
    let int = integer(object, format)?;
    Ok(Some(Exact { number: Number::Whole(rounded(&int, format)?), is_number: true }))
}

/// Rounds an int to the nearest long double, ties to even.
fn rounded(int: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<LongDouble> {
    let beyond = || out_of_range(repr_or_default(int), format);
    let negative = int.lt(0)?;
    let magnitude = if negative { int.neg()? } else { int.clone() };
    let length: usize = magnitude.call_method0("bit_length")?.extract()?;
    let Ok(dropped) = u16::try_from(length.saturating_sub(128)) else { return Err(beyond()) };
    let kept = magnitude.rshift(dropped)?;
    let is_inexact = !kept.lshift(dropped)?.eq(magnitude)?;
    // The last of 128 bits stands for all behind it: no long double has as many, nor is it a tie
    // then.
    let significand = kept.extract::<u128>()? | u128::from(is_inexact);
    LongDouble::from_whole(negative, significand, dropped).ok_or_else(beyond)
}
