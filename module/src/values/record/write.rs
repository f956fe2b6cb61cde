//! From a Python object to the bytes of an element.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use pyo3::{Borrowed, ffi};

use consumer::dtype::{DType as Name, ScalarType, dispatch_scalar};
use consumer::element::Scalar;
use consumer::fallible::{self, Shortened};
use consumer::form::{Bits, ElementType, Field, Record, load_unsigned, store_unsigned};
use consumer::format::FormatString;
use consumer::python::exceptions::{PyNotImplementedError, PyValueError};
use consumer::python::objects;
use consumer::python::stack;

use super::named::{by_name, bytes_of, only_field};
use crate::values::integers::int_and_value;
use crate::values::{PyValue, in_field, out_of_range, scalars, wrong_type};

/// Writes a tuple of Python's own numbers as a record of scalars to its bytes, without running
/// Python code; returns whether it is one.
pub(super) fn encode_exact(
    fields: &[Field],
    object: Borrowed<'_, '_, PyAny>,
    bytes: &mut [u8],
) -> bool {
    let Ok(tuple) = object.cast_exact::<PyTuple>() else { return false };
    tuple.len() == fields.len()
        && fields.iter().zip(tuple.iter_borrowed()).all(|(field, value)| {
            let ElementType::Scalar(scalar_type) = field.element_type else { return false };
            let place = bytes.get_mut(field.offset..).unwrap_or_default();
            dispatch_scalar!(scalar_type, T => {
                match (<T as Scalar>::Value::from_exact(value), place.get_mut(..T::SIZE)) {
                    (Some(value), Some(place)) => {
                        place.copy_from_slice(<T as Scalar>::encode(value).as_ref());
                        true
                    }
                    _ => false,
                }
            })
        })
}

/// Converts an object to the bytes of an element.
pub(super) struct Encoder<'a, 'py> {
    /// The format that exceptions name, if they are not about a field.
    pub(super) format: &'a FormatString,
    /// Whether what is written is a field, or a part of one.
    pub(super) within: bool,
    /// The objects that the bytes refer to, kept alive until the references are stored.
    pub(super) objects: Vec<Bound<'py, PyAny>>,
}

impl<'py> Encoder<'_, 'py> {
    /// Writes an object as an element of an element type to the first of `bytes`, which are 0
    /// before.
    pub(super) fn write(
        &mut self,
        element_type: &ElementType,
        object: &Bound<'py, PyAny>,
        bytes: &mut [u8],
    ) -> PyResult<()> {
        let format = || self.format_of(element_type);
        match element_type {
            ElementType::Scalar(scalar_type) => {
                let own = scalar_type.format();
                let format = if self.within { &own } else { self.format };
                let mut encoded = [0; scalars::LARGEST];
                scalars::encode(*scalar_type, object, format, &mut encoded)?;
                let size = scalar_type.dtype.size();
                bytes[..size].copy_from_slice(&encoded[..size]);
                Ok(())
            }
            ElementType::Bits(bits) => write_bits(bits, object, &format(), bytes),
            ElementType::Object => {
                let reference = (object.as_ptr() as usize).to_ne_bytes();
                bytes[..reference.len()].copy_from_slice(&reference);
                Ok(fallible::push(&mut self.objects, object.clone())?)
            }
            ElementType::Bytes(size) => {
                write_byte_string(object, &format, &mut bytes[..*size], None).map(|_length| ())
            }
            ElementType::Void(size) => {
                let place = &mut bytes[..*size];
                write_byte_string(object, &format, place, Some(*size)).map(|_length| ())
            }
            ElementType::Pascal(size) => match bytes[..*size].split_first_mut() {
                None => write_byte_string(object, &format, &mut [], None).map(|_length| ()),
                Some((length, text)) => {
                    let room = text.len().min(255);
                    let text = &mut text[..room];
                    *length = write_byte_string(object, &format, text, None)? as u8;
                    Ok(())
                }
            },
            ElementType::Text(unit, count) => write_text(object, &format, *unit, *count, bytes),
            ElementType::Array { shape, element } => {
                self.write_nested(element_type, shape, element, object, bytes)
            }
            ElementType::Record(record) => self.write_record(element_type, record, object, bytes),
            ElementType::Padded(offset, element_type) => {
                self.write(element_type, object, &mut bytes[*offset..])
            }
            ElementType::Unreadable { why, .. } => {
                Err(PyNotImplementedError::new_err(why.to_string()))
            }
        }
    }

    /// Returns the format of what is written: the element's own, or a field's.
    #[cold]
    fn format_of(&self, element_type: &ElementType) -> FormatString {
        if self.within { element_type.format() } else { self.format.clone() }
    }

    fn write_record(
        &mut self,
        element_type: &ElementType,
        record: &Record,
        object: &Bound<'py, PyAny>,
        bytes: &mut [u8],
    ) -> PyResult<()> {
        stack::check(object.py())?;
        if record.union
            && let Some((offset, element_type, value)) = only_field(record, object)?
        {
            return self.write(element_type, &value, &mut bytes[offset..]);
        }
        let count = record.fields.len();
        let parts = match by_name(record, object)? {
            Some(parts) => parts,
            None => sequence(object, &|| self.format_of(element_type), count, "a tuple")?,
        };
        let mut written = fallible::vec_for(if record.union { count } else { 0 })?;
        for (index, (field, part)) in record.fields.iter().zip(parts).enumerate() {
            let place = &mut bytes[field.offset..];
            let outer = std::mem::replace(&mut self.within, true);
            let result = self.write(&field.element_type, &part, place);
            self.within = outer;
            result.map_err(|error| in_field(part.py(), error, &record.name(index)))?;
            if record.union {
                written.push(bits_of(field, bytes)?);
            }
        }
        for (index, (field, before)) in record.fields.iter().zip(written).enumerate() {
            if bits_of(field, bytes)? != before {
                let name = record.name(index);
                let name = Shortened(&name);
                return Err(PyValueError::new_err(format!(
                    "field '{name}' shares bits with another field, for which there is another \
                     value: v['{name}'][index] = x writes one of them"
                )));
            }
        }
        Ok(())
    }

    fn write_nested(
        &mut self,
        element_type: &ElementType,
        shape: &[usize],
        element: &ElementType,
        object: &Bound<'py, PyAny>,
        bytes: &mut [u8],
    ) -> PyResult<()> {
        let [length, inner @ ..] = shape else { return self.write(element, object, bytes) };
        let step = inner.iter().product::<usize>() * element.size();
        let parts = sequence(object, &|| self.format_of(element_type), *length, "a list")?;
        for (index, part) in parts.iter().enumerate() {
            self.write_nested(element_type, inner, element, part, &mut bytes[index * step..])?;
        }
        Ok(())
    }
}

/// Returns what a record's bytes hold of a field.
fn bits_of(field: &Field, bytes: &[u8]) -> consumer::error::Result<Vec<u8>> {
    let bytes = &bytes[field.offset..][..field.element_type.size()];
    match &field.element_type {
        ElementType::Bits(bits) => fallible::bytes(&bits.value(bytes).to_ne_bytes(), 0),
        _ => fallible::bytes(bytes, 0),
    }
}

/// Where the format of what is written comes from, for an exception.
type Format<'a> = &'a dyn Fn() -> FormatString;

fn write_bits(
    bits: &Bits,
    object: &Bound<'_, PyAny>,
    format: &FormatString,
    bytes: &mut [u8],
) -> PyResult<()> {
    let (int, value) = int_and_value(object, format)?;
    let range = bits.range();
    let Some(value) = value.filter(|value| range.contains(value)) else {
        return Err(PyValueError::new_err(format!(
            "{int} is out of range for a bit-field of {} bits, {} to {}",
            bits.width,
            range.start(),
            range.end()
        )));
    };
    // Those of other fields in the same bytes may be there already.
    let unit = &mut bytes[..bits.unit.dtype.size()];
    let others = load_unsigned(bits.unit, unit) & !bits.mask();
    store_unsigned(bits.unit, others | (value as u64) << bits.shift & bits.mask(), unit);
    Ok(())
}

/// Returns the items of a tuple or list of exactly that length, or of what exports a buffer, as
/// arrays do.
fn sequence<'py>(
    object: &Bound<'py, PyAny>,
    format: Format<'_>,
    length: usize,
    expected: &str,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    // Elements nest, and the functions that write them with them; so may their iterators.
    stack::check(object.py())?;
    if !object.is_instance_of::<PyTuple>()
        && !object.is_instance_of::<PyList>()
        && !objects::exports_buffer(object)
    {
        let expected = format!("{expected} or list of {length} values");
        return Err(wrong_type(object, &expected, &format()));
    }
    let mut items = Vec::new();
    // A class derived from them may go on for ever.
    for item in object.try_iter()?.take(length.saturating_add(1)) {
        fallible::push(&mut items, item?)?;
    }
    if items.len() != length {
        let found = match object.len() {
            Ok(found) if found > length => found,
            _ => items.len(),
        };
        return Err(PyValueError::new_err(format!(
            "expected {expected} of {length} values for format '{}', found {found}",
            format()
        )));
    }
    Ok(items)
}

/// Writes a byte string that is no longer than its place, and NULs after it. It must have the
/// length `exactly`, if that is given. Returns its length.
fn write_byte_string(
    object: &Bound<'_, PyAny>,
    format: Format<'_>,
    place: &mut [u8],
    exactly: Option<usize>,
) -> PyResult<usize> {
    let copy;
    let text = match object.cast::<PyBytes>() {
        Ok(bytes) => bytes,
        // A bytearray, or another buffer of bytes, is copied, for it may change. Numbers and
        // strings are no string; in a void a single one is the bytes that it consists of.
        Err(_) if objects::exports_buffer(object) => {
            let Some(bytes) = bytes_of(object, exactly.is_some())? else {
                return Err(wrong_type(object, "bytes", &format()));
            };
            copy = bytes;
            &copy
        }
        Err(_) => return Err(wrong_type(object, "bytes", &format())),
    };
    let text = text.as_bytes();
    if text.len() > place.len() || exactly.is_some_and(|length| text.len() != length) {
        return Err(PyValueError::new_err(format!(
            "{} bytes do not fit {} bytes of format '{}'",
            text.len(),
            place.len(),
            format()
        )));
    }
    let (start, rest) = place.split_at_mut(text.len());
    start.copy_from_slice(text);
    rest.fill(0);
    Ok(text.len())
}

fn write_text(
    object: &Bound<'_, PyAny>,
    format: Format<'_>,
    unit: ScalarType,
    count: usize,
    bytes: &mut [u8],
) -> PyResult<()> {
    let text = object.cast::<PyString>().map_err(|_| wrong_type(object, "a str", &format()))?;
    // Its own length: a subclass may tell of another.
    // SAFETY: the object is a str.
    let length = unsafe { ffi::PyUnicode_GetLength(text.as_ptr()) }.unsigned_abs();
    if length > count {
        return Err(PyValueError::new_err(format!(
            "a str of length {length} does not fit {count} characters of format '{}'",
            format()
        )));
    }
    let size = unit.dtype.size();
    for (index, place) in bytes[..count * size].chunks_exact_mut(size).enumerate() {
        let code = if index < length {
            // SAFETY: the object is a str, and has that many code points.
            unsafe { ffi::PyUnicode_ReadChar(text.as_ptr(), index as isize) }
        } else {
            0
        };
        if unit.dtype == Name::Ucs2 && u16::try_from(code).is_err() {
            return Err(out_of_range(format_args!("code point {code:#x}"), &format()));
        }
        store_unsigned(unit, u64::from(code), place);
    }
    Ok(())
}
