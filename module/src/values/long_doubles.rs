//! Long doubles, which hold numbers that Python's float does not.
//!
//! A long double is read as the nearest float. One beyond every float is none: reading it is an
//! OverflowError. Where elements are compared or shown, and none is handed out, [`PyLongDouble`]
//! stands for the element: beside another one it is the number with all its digits, beside
//! everything else what Python sees of it.

use num_complex::Complex;
use pyo3::basic::CompareOp;
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyFloat, PyInt};

use consumer::element::{LongDouble, complex_text};
use consumer::format::FormatString;
use consumer::python::exceptions::PyOverflowError;

use super::floats::double;
use super::{NewReference, PyValue, failure};

/// NULL, with the exception for a number that is no float.
#[cold]
#[inline(never)]
fn beyond_float(py: Python<'_>, number: &str, format: &str) -> NewReference {
    let message = format!(
        "{number} of format '{format}' is beyond Python's floats; \
         v.astype('{}', overflow='wrap') makes it infinite",
        format.replace('g', "d")
    );
    failure(py, PyOverflowError::new_err(message))
}

fn text_of(number: Complex<LongDouble>) -> String {
    complex_text(&number.re.to_string(), &number.im.to_string())
}

impl PyValue for LongDouble {
    #[inline]
    fn into_object(self, py: Python<'_>) -> NewReference {
        match self.to_f64_checked() {
            Some(rounded) => rounded.into_object(py),
            None => beyond_float(py, &self.to_string(), "g"),
        }
    }

    fn into_exact_object(self, py: Python<'_>) -> NewReference {
        PyLongDouble::create(py, self, None)
    }

    fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
        double(object, format).map(Self::from_f64)
    }
}

impl PyValue for Complex<LongDouble> {
    #[inline]
    fn into_object(self, py: Python<'_>) -> NewReference {
        match (self.re.to_f64_checked(), self.im.to_f64_checked()) {
            (Some(re), Some(im)) => Complex::new(re, im).into_object(py),
            _ => beyond_float(py, &text_of(self), "Zg"),
        }
    }

    fn into_exact_object(self, py: Python<'_>) -> NewReference {
        PyLongDouble::create(py, self.re, Some(self.im))
    }

    fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
        let value = Complex::<f64>::from_object(object, format)?;
        Ok(Complex::new(LongDouble::from_f64(value.re), LongDouble::from_f64(value.im)))
    }
}

/// A long double that is to be compared or shown, or a complex number of two.
#[pyclass(frozen, immutable_type, name = "LongDouble", module = "consumer")]
struct PyLongDouble {
    real: LongDouble,
    /// `None` for a real number.
    imaginary: Option<LongDouble>,
}

impl PyLongDouble {
    /// Creates the object of a number; NULL with an exception if that fails.
    fn create(py: Python<'_>, real: LongDouble, imaginary: Option<LongDouble>) -> NewReference {
        match Bound::new(py, Self { real, imaginary }) {
            Ok(object) => object.into_any().into_ptr(),
            Err(error) => failure(py, error),
        }
    }

    /// The number that Python sees, beside numbers of other types: a float, complex number or, for
    /// what is beyond every float, an int. `None` for complex numbers that Python has none for.
    fn number<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let real = self.real;
        match self.imaginary {
            None => match whole(py, real)? {
                Some(whole) => Ok(Some(whole)),
                None => Ok(Some(PyFloat::new(py, real.to_f64()).into_any())),
            },
            Some(imaginary) => match (real.to_f64_checked(), imaginary.to_f64_checked()) {
                (Some(real), Some(imaginary)) => {
                    Ok(Some(PyComplex::from_doubles(py, real, imaginary).into_any()))
                }
                (None, Some(0.0)) => whole(py, real),
                _ => Ok(None),
            },
        }
    }
}

/// Returns the int that a number beyond every float is; `None` for other numbers.
fn whole<'py>(py: Python<'py>, number: LongDouble) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some((negative, significand, exponent)) = number.beyond_f64() else { return Ok(None) };
    let significand: Bound<'py, PyInt> = significand.into_pyobject(py)?;
    let magnitude = significand.lshift(exponent)?;
    Ok(Some(if negative { magnitude.neg()? } else { magnitude }))
}

#[pymethods]
impl PyLongDouble {
    fn __richcmp__<'py>(
        &self,
        other: &Bound<'py, PyAny>,
        op: CompareOp,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = other.py();
        let equal = |equal: bool| {
            let result = if matches!(op, CompareOp::Ne) { !equal } else { equal };
            Ok(result.into_pyobject(py)?.to_owned().into_any())
        };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(py.NotImplemented().into_bound(py));
        }
        if let Ok(other) = other.cast_exact::<Self>() {
            let other = other.get();
            let zero = LongDouble::from_f64(0.0);
            let imaginary = [self, other].map(|number| number.imaginary.unwrap_or(zero));
            return equal(self.real == other.real && imaginary[0] == imaginary[1]);
        }
        match self.number(py)? {
            Some(number) => number.rich_compare(other, op),
            None => equal(false),
        }
    }

    fn __repr__(&self) -> String {
        match self.imaginary {
            None => self.real.to_string(),
            Some(imaginary) => text_of(Complex::new(self.real, imaginary)),
        }
    }
}
