//! What Python code passes: numbers, formats, shapes and orders here, keys in [`keys`]. Converting
//! them may run arbitrary Python code, so that nothing is converted while memory is touched.
//! Arguments of exactly Python's own types are the common case, and run none: [`exact`]. The code
//! that runs may come back with the same arguments, so that the stack is looked at first.

pub(crate) mod exact;
pub(crate) mod keys;
pub(crate) mod names;

use std::ffi::CStr;
use std::sync::Arc;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use consumer::dtype::ScalarType;
use consumer::error::Error;
use consumer::fallible;
use consumer::form::recent::{self, Recent};
use consumer::form::{ElementType, Judgement, judge};
use consumer::format::{Format, FormatString};
use consumer::kernels::convert::Overflow;
use consumer::layout::{Layout, MAX_NDIM, Order, check_ndim};
use consumer::python::exceptions::{PyTypeError, PyValueError};
use consumer::python::objects;
use consumer::python::stack;

/// Converts an index, through its `__index__`.
///
/// # Errors
/// IndexError if no array is that long.
pub(crate) fn index(object: &Bound<'_, PyAny>) -> PyResult<isize> {
    let py = object.py();
    stack::check(py)?;
    // SAFETY: the object is alive, and the exception is a type.
    let index = unsafe {
        ffi::PyNumber_AsSsize_t(
            object.as_ptr(),
            py.get_type::<pyo3::exceptions::PyIndexError>().as_ptr(),
        )
    };
    if index == -1
        && let Some(error) = PyErr::take(py)
    {
        return Err(error);
    }
    Ok(index)
}

/// Converts a bound or a length, through its `__index__`. One beyond every array becomes the
/// largest or the smallest number.
pub(crate) fn clipped(object: &Bound<'_, PyAny>) -> PyResult<isize> {
    stack::check(object.py())?;
    // SAFETY: the object is alive; without an exception to raise, the number is clipped.
    let number = unsafe { ffi::PyNumber_AsSsize_t(object.as_ptr(), std::ptr::null_mut()) };
    match PyErr::take(object.py()) {
        Some(error) if number == -1 => Err(error),
        _ => Ok(number),
    }
}

/// Converts the name of an order. `A` is Fortran order for elements that are contiguous in it, and
/// else C order.
pub(crate) fn order(name: Option<&str>, layout: &Layout) -> PyResult<Order> {
    match name {
        None | Some("C") => Ok(Order::C),
        Some("F") => Ok(Order::Fortran),
        Some("A") if layout.is_f_contiguous() && !layout.is_c_contiguous() => Ok(Order::Fortran),
        Some("A") => Ok(Order::C),
        Some(_) => Err(PyValueError::new_err("order must be 'C', 'F' or 'A'")),
    }
}

/// Converts the numbers of a call such as `reshape(2, 3)` or `reshape((2, 3))`.
///
/// # Errors
/// ValueError for more than there can be dimensions; an iterator is not asked for those.
pub(crate) fn numbers(arguments: &Bound<'_, PyTuple>) -> PyResult<Vec<isize>> {
    stack::check(arguments.py())?;
    if let Ok(only) = arguments.get_item(0)
        && arguments.len() == 1
        // SAFETY: the object is alive.
        && unsafe { ffi::PyIndex_Check(only.as_ptr()) } == 0
    {
        return numbers_of(&only, index);
    }
    numbers_of(arguments, index)
}

/// Converts the numbers of an iterable, at most as many as there can be dimensions.
fn numbers_of<'py>(
    iterable: &Bound<'py, PyAny>,
    convert: impl Fn(&Bound<'py, PyAny>) -> PyResult<isize>,
) -> PyResult<Vec<isize>> {
    if let Ok(tuple) = iterable.cast_exact::<PyTuple>() {
        check_ndim(tuple.len())?;
        let mut numbers = fallible::vec_for(tuple.len())?;
        for number in tuple {
            numbers.push(convert(&number)?);
        }
        return Ok(numbers);
    }
    if let Ok(list) = iterable.cast_exact::<PyList>() {
        check_ndim(list.len())?;
    }
    let mut numbers = Vec::new();
    for number in iterable.try_iter()? {
        if numbers.len() == MAX_NDIM {
            let message = format!("more dimensions than the {MAX_NDIM} that are allowed");
            return Err(PyValueError::new_err(message));
        }
        fallible::push(&mut numbers, convert(&number?)?)?;
    }
    Ok(numbers)
}

/// Returns an argument that is a str.
///
/// # Errors
/// TypeError for another object. PyO3's own quotes the whole name of its type.
pub(crate) fn str_argument<'a, 'py>(
    name: &str,
    argument: &'a Bound<'py, PyAny>,
) -> PyResult<&'a Bound<'py, PyString>> {
    argument.cast::<PyString>().map_err(|_| {
        let found = objects::type_name(argument);
        let message = format!("argument '{name}': '{found}' object is not an instance of 'str'");
        PyTypeError::new_err(message)
    })
}

/// Returns the text of an argument that is a str.
pub(crate) fn str_text<'a>(name: &str, argument: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    str_argument(name, argument)?.to_str()
}

/// Converts a format, or the name of a type that formats have no code for; returns the format with
/// the size of its elements in bytes.
///
/// # Errors
/// ValueError for a string that is not a format.
pub(crate) fn format(format: &Bound<'_, PyString>) -> PyResult<(FormatString, usize)> {
    if let Some((format, scalar_type)) =
        exact::str_text(format.as_any().as_borrowed()).and_then(format_of_letter)
    {
        return Ok((format, scalar_type.dtype.size()));
    }
    let found = exact::str_text(format.as_any().as_borrowed());
    if let Some(known) = found.and_then(measured) {
        return Ok((known.format, known.size));
    }
    // Formats nest, and the functions that read them with them.
    stack::check(format.py())?;
    let format = format_text(format)?;
    if let Some((scalar_type, format)) = ScalarType::from_name(format.as_bytes()) {
        return Ok((format, scalar_type.dtype.size()));
    }
    let unknown = |error: Error| match error.is_too_large() {
        true => error.into(),
        false => PyValueError::new_err(error.to_string()),
    };
    let measure = Format::parse_strict(format.as_bytes()).and_then(|format| format.measure());
    let size = measure.map_err(unknown)?.size;
    if let Some(key) = recent::key_of_text(format.as_bytes()) {
        let element_type = match judge(format.as_bytes(), size) {
            Judgement::Composite(found) if !found.has_objects() => Some(found),
            _ => None,
        };
        MEASURED.keep(key, Measured { format: format.clone(), size, element_type });
    }
    Ok((format, size))
}

/// A format that was measured.
#[derive(Clone)]
pub(crate) struct Measured {
    pub(crate) format: FormatString,
    /// The size of its elements.
    pub(crate) size: usize,
    /// What those are, if they are composite, and hold no objects.
    pub(crate) element_type: Option<Arc<ElementType>>,
}

static MEASURED: Recent<Measured> = Recent::new();

/// Returns what is known of a format, if that has been measured lately.
pub(crate) fn measured(text: &str) -> Option<Measured> {
    let same =
        |known: &Measured| (*known.format.as_bytes() == *text.as_bytes()).then(|| known.clone());
    MEASURED.find(recent::key_of_text(text.as_bytes())?, same)
}

/// Converts the text of a format, whatever it says.
///
/// # Errors
/// ValueError for one with a null character.
pub(crate) fn format_text(format: &Bound<'_, PyString>) -> PyResult<FormatString> {
    // Bytes that are not UTF-8 were decoded to surrogates, and are encoded back.
    // SAFETY: attached; the object is a str; the result is a new bytes object or NULL.
    let bytes = unsafe {
        let bytes = ffi::PyUnicode_AsEncodedString(
            format.as_ptr(),
            c"utf-8".as_ptr(),
            c"surrogateescape".as_ptr(),
        );
        Bound::from_owned_ptr_or_err(format.py(), bytes)?.cast_into_unchecked::<PyBytes>()
    };
    // SAFETY: CPython ends the bytes with a NUL, which no slice of theirs shows.
    let text = unsafe { CStr::from_ptr(bytes.as_bytes().as_ptr().cast()) };
    if text.to_bytes().len() < bytes.as_bytes().len() {
        return Err(PyValueError::new_err("a format cannot contain a null character"));
    }
    Ok(FormatString::try_from_c_str(text)?)
}

/// Recognises a format of one letter after at most one prefix, as almost all are.
#[inline(always)]
pub(crate) fn format_of_letter(format: &str) -> Option<(FormatString, ScalarType)> {
    let scalar_type = ScalarType::from_letters(format.as_bytes())?;
    Some((FormatString::inline(format.bytes()), scalar_type))
}

/// Converts a shape: a list or tuple of ints.
///
/// # Errors
/// TypeError for another type; OverflowError for a length beyond the machine's integers, as in
/// memoryview.
pub(crate) fn shape(shape: &Bound<'_, PyAny>) -> PyResult<Vec<isize>> {
    stack::check(shape.py())?;
    if !shape.is_instance_of::<PyList>() && !shape.is_instance_of::<PyTuple>() {
        let found = objects::type_name(shape);
        return Err(PyTypeError::new_err(format!("shape must be a list or a tuple, not {found}")));
    }
    numbers_of(shape, |length| length.extract::<isize>())
}

/// Converts a number of bytes or elements, the argument `name`. One beyond the machine's integers
/// becomes the largest one, which is more than any memory has.
///
/// # Errors
/// ValueError for a negative number.
pub(crate) fn count(object: Option<&Bound<'_, PyAny>>, name: &str) -> PyResult<Option<usize>> {
    let Some(object) = object else { return Ok(None) };
    let negative = |_| PyValueError::new_err(format!("{name} must not be negative"));
    usize::try_from(clipped(object)?).map(Some).map_err(negative)
}

/// Converts the name of a rule for numbers that do not fit.
pub(crate) fn overflow(name: &str) -> PyResult<Overflow> {
    match name {
        "error" => Ok(Overflow::Error),
        "wrap" => Ok(Overflow::Wrap),
        "saturate" => Ok(Overflow::Saturate),
        _ => Err(PyValueError::new_err("overflow must be 'error', 'wrap' or 'saturate'")),
    }
}
