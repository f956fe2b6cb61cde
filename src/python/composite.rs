//! Records, strings of fixed width and sub-arrays as Python objects, and back.
//!
//! The bytes of an element are copied before anything is made of them: making tuples can run the
//! garbage collector, and with it anybody's code. Written are only those that hold values, once all
//! of them are there: padding stays as it was.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PySequence, PyString, PyTuple};
use smallvec::SmallVec;

use super::convert::{Equal, NewReference, PyElement, PyValue};
use crate::dtype::{Scalar as Name, ScalarType, dispatch_scalar};
use crate::element::{Composite, Form, Scalar, pascal, text};
use crate::error::Result;
use crate::format::FormatString;
use crate::layout::Order;
use crate::view::{View, Walk};

/// The bytes of one element: on the heap only where it is large.
type Bytes = SmallVec<[u8; 128]>;

impl PyElement for Composite {
    type Encoded = Bytes;

    unsafe fn read(py: Python<'_>, view: &View<Self>, pointer: *const u8) -> NewReference {
        // SAFETY: as the caller says; the slice lives for this copy alone.
        let bytes = unsafe { std::slice::from_raw_parts(pointer, view.layout().itemsize()) };
        let bytes = Bytes::from_slice(bytes);
        match object(py, view.descriptor(), &bytes) {
            Ok(object) => object.into_ptr(),
            Err(error) => {
                error.restore(py);
                std::ptr::null_mut()
            }
        }
    }

    fn encode(
        view: &View<Self>,
        format: &FormatString,
        object: &Bound<'_, PyAny>,
    ) -> PyResult<Bytes> {
        let mut bytes = Bytes::from_elem(0, view.layout().itemsize());
        encode(view.descriptor(), format, object, &mut bytes)?;
        Ok(bytes)
    }

    unsafe fn store(view: &View<Self>, pointer: *mut u8, encoded: &Bytes) {
        view.descriptor().for_each_range(0, &mut |range| {
            let part = &encoded[range.clone()];
            // SAFETY: as the caller says: the range lies within the element.
            unsafe {
                pointer
                    .wrapping_add(range.start)
                    .copy_from_nonoverlapping(part.as_ptr(), part.len());
            }
        });
    }

    fn fill(view: &View<Self>, encoded: &Bytes) -> Result<()> {
        for run in Walk::of(view.raw(), Order::C) {
            for index in 0..run.length {
                // SAFETY: a run leads to elements of the view; the caller may write them.
                unsafe { Self::store(view, run.pointer(0, index), encoded) };
            }
        }
        Ok(())
    }

    fn sought(_object: &Bound<'_, PyAny>) -> Equal<Bytes> {
        Equal::Unknown
    }

    fn find(_view: &View<Self>, _element: &Bytes) -> Option<usize> {
        None
    }

    fn count(_view: &View<Self>, _element: &Bytes) -> usize {
        0
    }
}

/// The object of an element, whose bytes are a copy.
fn object<'py>(py: Python<'py>, form: &Form, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    Ok(match form {
        Form::Scalar(scalar_type) => scalar_object(py, *scalar_type, bytes)?,
        Form::Bytes(size) | Form::Void(size) => PyBytes::new(py, &bytes[..*size]).into_any(),
        Form::Pascal(size) => PyBytes::new(py, pascal(&bytes[..*size])).into_any(),
        Form::Text(unit, count) => string(py, &text(*unit, *count, bytes))?,
        Form::Array { shape, element } => nested(py, shape, element, bytes)?,
        Form::Record { fields, .. } => {
            let parts: Vec<_> = fields
                .iter()
                .map(|field| object(py, &field.form, &bytes[field.offset..]))
                .collect::<PyResult<_>>()?;
            PyTuple::new(py, parts)?.into_any()
        }
        Form::Behind(offset, form) => object(py, form, &bytes[*offset..])?,
    })
}

fn scalar_object<'py>(
    py: Python<'py>,
    scalar_type: ScalarType,
    bytes: &[u8],
) -> PyResult<Bound<'py, PyAny>> {
    let object = dispatch_scalar!(scalar_type, T => {
        match <T as Scalar>::Bytes::try_from(&bytes[..T::SIZE]) {
            Ok(bytes) => T::decode(bytes).into_object(py),
            // The slice has just that length.
            Err(_) => return Err(PyValueError::new_err("an element of another size")),
        }
    });
    // SAFETY: a new reference, or NULL with an exception.
    unsafe { Bound::from_owned_ptr_or_err(py, object) }
}

fn string<'py>(py: Python<'py>, codes: &[u32]) -> PyResult<Bound<'py, PyAny>> {
    if let Some(code) = codes.iter().find(|&&code| code > 0x10_ffff) {
        let message = format!("{code:#x} is no code point: the last one is 0x10ffff");
        return Err(PyValueError::new_err(message));
    }
    let kind = ffi::PyUnicode_4BYTE_KIND as i32;
    // SAFETY: as many code points as the slice has, each of four bytes; the result is a new
    // reference or NULL.
    unsafe {
        let text =
            ffi::PyUnicode_FromKindAndData(kind, codes.as_ptr().cast(), codes.len() as isize);
        Bound::from_owned_ptr_or_err(py, text)
    }
}

fn nested<'py>(
    py: Python<'py>,
    shape: &[usize],
    element: &Form,
    bytes: &[u8],
) -> PyResult<Bound<'py, PyAny>> {
    let [length, inner @ ..] = shape else { return object(py, element, bytes) };
    let step = inner.iter().product::<usize>() * element.size();
    let parts: Vec<_> = (0..*length)
        .map(|index| nested(py, inner, element, &bytes[index * step..]))
        .collect::<PyResult<_>>()?;
    Ok(PyList::new(py, parts)?.into_any())
}

/// Writes an object as an element of a form to the first of `bytes`.
fn encode(
    form: &Form,
    format: &FormatString,
    object: &Bound<'_, PyAny>,
    bytes: &mut [u8],
) -> PyResult<()> {
    match form {
        Form::Scalar(scalar_type) => dispatch_scalar!(*scalar_type, T => {
            let value = <T as Scalar>::Value::from_object(object, format)?;
            bytes[..T::SIZE].copy_from_slice(<T as Scalar>::encode(value).as_ref());
            Ok(())
        }),
        Form::Bytes(size) => encode_bytes(object, format, &mut bytes[..*size], None),
        Form::Void(size) => encode_bytes(object, format, &mut bytes[..*size], Some(*size)),
        Form::Pascal(size) => match bytes[..*size].split_first_mut() {
            None => encode_bytes(object, format, &mut [], None),
            Some((length, text)) => {
                let most = text.len().min(255);
                encode_bytes(object, format, &mut text[..most], None)?;
                *length = object.len()? as u8;
                Ok(())
            }
        },
        Form::Text(unit, count) => encode_text(object, format, *unit, *count, bytes),
        Form::Array { shape, element } => encode_nested(shape, element, format, object, bytes),
        Form::Record { fields, .. } => {
            let parts = sequence(object, fields.len(), "a tuple", format)?;
            for (field, part) in fields.iter().zip(parts) {
                encode(&field.form, format, &part, &mut bytes[field.offset..])?;
            }
            Ok(())
        }
        Form::Behind(offset, form) => encode(form, format, object, &mut bytes[*offset..]),
    }
}

/// The items of a tuple or list of just that length.
fn sequence<'py>(
    object: &Bound<'py, PyAny>,
    length: usize,
    expected: &str,
    format: &FormatString,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    if !object.is_instance_of::<PyTuple>() && !object.is_instance_of::<PyList>() {
        let found = object.get_type().fully_qualified_name()?;
        return Err(PyTypeError::new_err(format!(
            "expected {expected} or list of {length} values for format '{format}', found {found}"
        )));
    }
    let items: Vec<_> = object.cast::<PySequence>()?.try_iter()?.collect::<PyResult<_>>()?;
    if items.len() != length {
        return Err(PyValueError::new_err(format!(
            "expected {expected} of {length} values for format '{format}', found {}",
            items.len()
        )));
    }
    Ok(items)
}

/// Writes a byte string that is no longer than its place, with NULs behind it; where `exactly` is
/// given, it has to have that length.
fn encode_bytes(
    object: &Bound<'_, PyAny>,
    format: &FormatString,
    place: &mut [u8],
    exactly: Option<usize>,
) -> PyResult<()> {
    let Ok(text) = object.cast::<PyBytes>() else {
        let found = object.get_type().fully_qualified_name()?;
        return Err(PyTypeError::new_err(format!(
            "expected bytes for format '{format}', found {found}"
        )));
    };
    let text = text.as_bytes();
    if text.len() > place.len() || exactly.is_some_and(|length| text.len() != length) {
        return Err(PyValueError::new_err(format!(
            "{} bytes do not fit {} bytes of format '{format}'",
            text.len(),
            place.len()
        )));
    }
    let (start, rest) = place.split_at_mut(text.len());
    start.copy_from_slice(text);
    rest.fill(0);
    Ok(())
}

fn encode_text(
    object: &Bound<'_, PyAny>,
    format: &FormatString,
    unit: ScalarType,
    count: usize,
    bytes: &mut [u8],
) -> PyResult<()> {
    let Ok(text) = object.cast::<PyString>() else {
        let found = object.get_type().fully_qualified_name()?;
        return Err(PyTypeError::new_err(format!(
            "expected a str for format '{format}', found {found}"
        )));
    };
    let length = text.len()?;
    if length > count {
        return Err(PyValueError::new_err(format!(
            "a str of length {length} does not fit {count} characters of format '{format}'"
        )));
    }
    let size = unit.scalar.size();
    for (index, place) in bytes[..count * size].chunks_exact_mut(size).enumerate() {
        let code = if index < length {
            // SAFETY: the object is a str, and has that many code points.
            unsafe { ffi::PyUnicode_ReadChar(text.as_ptr(), index as isize) }
        } else {
            0
        };
        let mut unit_bytes = code.to_ne_bytes();
        let mut encoded: &mut [u8] = &mut unit_bytes;
        let narrow;
        if unit.scalar == Name::Ucs2 {
            narrow = u16::try_from(code).map_err(|_| {
                let message = format!("code point {code:#x} is out of range for format '{format}'");
                PyValueError::new_err(message)
            })?;
            encoded = &mut unit_bytes[..2];
            encoded.copy_from_slice(&narrow.to_ne_bytes());
        }
        if unit.swapped {
            encoded.reverse();
        }
        place.copy_from_slice(encoded);
    }
    Ok(())
}

fn encode_nested(
    shape: &[usize],
    element: &Form,
    format: &FormatString,
    object: &Bound<'_, PyAny>,
    bytes: &mut [u8],
) -> PyResult<()> {
    let [length, inner @ ..] = shape else { return encode(element, format, object, bytes) };
    let step = inner.iter().product::<usize>() * element.size();
    for (index, part) in sequence(object, *length, "a list", format)?.iter().enumerate() {
        encode_nested(inner, element, format, part, &mut bytes[index * step..])?;
    }
    Ok(())
}
