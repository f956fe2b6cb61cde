//! Numbers with more digits than Python's float has: long doubles, and the objects that are ones.
//!
//! NumPy's scalars, arrays without dimensions and views without dimensions turn into a float when
//! Python asks for one, and lose digits, or become infinite. Their buffer has the number itself:
//! [`Exact`].

use std::mem::MaybeUninit;

use num_complex::Complex;
use pyo3::basic::CompareOp;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyFloat, PyInt, PyTuple};

use consumer::array::AnyArray;
use consumer::element::{LongDouble, complex_text};
use consumer::python::acquire::Export;
use consumer::python::errors::{DiscardError, discard, with_exception};
use consumer::python::exceptions::{PyOverflowError, PyRecursionError};
use consumer::python::objects;

use super::{NewReference, failure};

/// A number in the memory of an object.
#[derive(Clone, Copy)]
pub(super) enum Number {
    /// A whole number of 64 bits, as a long double.
    Whole(LongDouble),
    Real(LongDouble),
    Complex(Complex<LongDouble>),
}

impl Number {
    /// Returns the long double that the number is; of a complex number the real part, if it was
    /// converted to a float.
    pub(super) fn real(self, converted: bool) -> Option<LongDouble> {
        match self {
            Self::Real(real) => Some(real),
            Self::Complex(number) if converted => Some(number.re),
            _ => None,
        }
    }

    /// Returns the complex number of two long doubles that the number is, or would be.
    pub(super) fn complex(self) -> Option<Complex<LongDouble>> {
        match self {
            Self::Whole(_) => None,
            Self::Real(real) => Some(Complex::new(real, LongDouble::from_f64(0.0))),
            Self::Complex(number) => Some(number),
        }
    }
}

/// The one element of an object that exports a buffer, if it is of a type that has numbers which
/// are no floats.
pub(super) struct Exact {
    pub(super) number: Number,
    /// Whether the object has no dimensions, and so is a number.
    pub(super) is_number: bool,
}

/// What the buffer of an object is found to hold.
enum InBuffer {
    Number(Exact),
    /// Perhaps a number, which only the object itself hands out: it refuses its buffer, as NumPy's
    /// long doubles in the other byte order do, or refers to an object.
    Hidden,
    Other,
}

impl InBuffer {
    fn number(self) -> Option<Exact> {
        if let Self::Number(exact) = self { Some(exact) } else { None }
    }
}

impl Exact {
    /// Returns the element of an object; `None` if it has none of these types, or no buffer. May
    /// run arbitrary Python code.
    pub(super) fn of(object: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        if !objects::exports_buffer(object) {
            return Ok(None);
        }
        match Self::in_buffer(object)? {
            InBuffer::Number(exact) => Ok(Some(exact)),
            InBuffer::Other => Ok(None),
            InBuffer::Hidden => {
                let element = object.get_item(PyTuple::empty(object.py())).or_discard(object.py());
                match element.filter(|element| !element.get_type().is(object.get_type())) {
                    Some(element) => Self::in_buffer(&element).map(InBuffer::number),
                    None => Ok(None),
                }
            }
        }
    }

    fn in_buffer(object: &Bound<'_, PyAny>) -> PyResult<InBuffer> {
        let mut export = Export::uninit();
        let mut array = MaybeUninit::<AnyArray>::uninit();
        // SAFETY: both places are valid for writes, and stay where they are until the export is
        // released, once, after the last use of the array, which was written if there is no error.
        unsafe {
            let place = &raw mut export;
            let flags = ffi::PyBUF_FULL_RO;
            let acquired = Export::acquire(place, array.as_mut_ptr(), object, flags, |_| None);
            match acquired.map_err(PyErr::from) {
                Ok(_) => {}
                Err(error) => {
                    let error = with_exception(object.py(), error);
                    // It says nothing of the object that the stack is full.
                    if PyRecursionError::matches(&error, object.py()) {
                        return Err(error);
                    }
                    discard(object.py(), error);
                    return Ok(InBuffer::Hidden);
                }
            }
            let array = array.assume_init();
            let found = match Self::in_array(&array) {
                Some(exact) => InBuffer::Number(exact),
                None if array.has_objects() && array.layout().ndim() == 0 => InBuffer::Hidden,
                None => InBuffer::Other,
            };
            drop(array);
            (*place).release();
            Ok(found)
        }
    }

    fn in_array(array: &AnyArray) -> Option<Self> {
        if array.layout().len() != 1 {
            return None;
        }
        let whole = |negative, magnitude: u64| {
            LongDouble::from_whole(negative, magnitude.into(), 0).map(Number::Whole)
        };
        let signed = |value: i64| whole(value < 0, value.unsigned_abs());
        let number = match array {
            AnyArray::LongDouble(typed) => typed.iter().next().map(Number::Real),
            AnyArray::LongDoubleSwapped(typed) => typed.iter().next().map(Number::Real),
            AnyArray::ComplexLongDouble(typed) => typed.iter().next().map(Number::Complex),
            AnyArray::ComplexLongDoubleSwapped(typed) => typed.iter().next().map(Number::Complex),
            AnyArray::I64(typed) => typed.iter().next().and_then(signed),
            AnyArray::I64Swapped(typed) => typed.iter().next().and_then(signed),
            AnyArray::U64(typed) => typed.iter().next().and_then(|value| whole(false, value)),
            AnyArray::U64Swapped(typed) => {
                typed.iter().next().and_then(|value| whole(false, value))
            }
            _ => None,
        };
        Some(Self { number: number?, is_number: array.layout().ndim() == 0 })
    }
}

/// The text of a complex number.
pub(super) fn text_of(number: Complex<LongDouble>) -> String {
    complex_text(&number.re.to_string(), &number.im.to_string())
}

/// A long double that is to be compared or shown, or a complex number of two.
#[pyclass(frozen, immutable_type, name = "LongDouble", module = "consumer")]
pub(crate) struct PyLongDouble {
    real: LongDouble,
    /// `None` for a real number.
    imaginary: Option<LongDouble>,
}

impl PyLongDouble {
    /// Creates the object of a number; NULL with an exception if that fails.
    pub(super) fn create(
        py: Python<'_>,
        real: LongDouble,
        imaginary: Option<LongDouble>,
    ) -> NewReference {
        match Bound::new(py, Self { real, imaginary }) {
            Ok(object) => object.into_any().into_ptr(),
            Err(error) => failure(py, error),
        }
    }

    fn exactly(&self) -> Complex<LongDouble> {
        Complex::new(self.real, self.imaginary.unwrap_or_else(|| LongDouble::from_f64(0.0)))
    }

    /// Returns the number of another object that is a long double; `None` for all others.
    fn of(object: &Bound<'_, PyAny>) -> PyResult<Option<Complex<LongDouble>>> {
        if let Ok(other) = object.cast_exact::<Self>() {
            return Ok(Some(other.get().exactly()));
        }
        // NumPy's other floats and complex numbers are Python's as well.
        let is_pythons = object.is_instance_of::<PyFloat>()
            || object.is_instance_of::<PyInt>()
            || object.is_instance_of::<PyComplex>();
        let exact = if is_pythons { None } else { Exact::of(object)? };
        Ok(exact.filter(|exact| exact.is_number).and_then(|exact| exact.number.complex()))
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
        if let Some(other) = Self::of(other)? {
            return equal(self.exactly() == other);
        }
        let Some(number) = self.number(py)? else { return equal(false) };
        match number.rich_compare(other, op) {
            // NumPy's numbers make a float of the int that stands for a number beyond floats.
            Err(error)
                if self.real.to_f64_checked().is_none() && PyOverflowError::matches(&error, py) =>
            {
                discard(py, error);
                equal(false)
            }
            result => result,
        }
    }

    fn __repr__(&self) -> String {
        match self.imaginary {
            None => self.real.to_string(),
            Some(_) => text_of(self.exactly()),
        }
    }
}
