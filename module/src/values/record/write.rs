//! From a Python object to the bytes of an element.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use pyo3::{Borrowed, ffi};

use consumer::dtype::{DType as Name, ScalarType, dispatch_scalar};
use consumer::element::Scalar;
use consumer::fallible;
use consumer::form::{Bits, ElementType, Field, Record, load_unsigned, store_unsigned};
use consumer::format::FormatString;
use consumer::python::exceptions::{PyNotImplementedError, PyTypeError, PyValueError};
use consumer::python::stack;

use crate::values::integers::int_and_value;
use crate::values::{PyValue, out_of_range, wrong_type};

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
    /// The format that exceptions name.
    pub(super) format: &'a FormatString,
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
        let format = self.format;
        match element_type {
            ElementType::Scalar(scalar_type) => dispatch_scalar!(*scalar_type, T => {
                let value = <T as Scalar>::Value::from_object(object, format)?;
                bytes[..T::SIZE].copy_from_slice(<T as Scalar>::encode(value).as_ref());
                Ok(())
            }),
            ElementType::Bits(bits) => self.write_bits(bits, object, bytes),
            ElementType::Object => {
                let reference = (object.as_ptr() as usize).to_ne_bytes();
                bytes[..reference.len()].copy_from_slice(&reference);
                Ok(fallible::push(&mut self.objects, object.clone())?)
            }
            ElementType::Bytes(size) => {
                self.write_byte_string(object, &mut bytes[..*size], None).map(|_length| ())
            }
            ElementType::Void(size) => {
                self.write_byte_string(object, &mut bytes[..*size], Some(*size)).map(|_length| ())
            }
            ElementType::Pascal(size) => match bytes[..*size].split_first_mut() {
                None => self.write_byte_string(object, &mut [], None).map(|_length| ()),
                Some((length, text)) => {
                    let max_length = text.len().min(255);
                    *length = self.write_byte_string(object, &mut text[..max_length], None)? as u8;
                    Ok(())
                }
            },
            ElementType::Text(unit, count) => self.write_text(object, *unit, *count, bytes),
            ElementType::Array { shape, element } => {
                self.write_nested(shape, element, object, bytes)
            }
            ElementType::Record(Record { union: true, .. }) => Err(PyTypeError::new_err(
                "a union cannot be written as a whole: write one of its fields, v[name][...] = x",
            )),
            ElementType::Record(Record { fields, .. }) => {
                let parts = self.sequence(object, fields.len(), "a tuple")?;
                for (field, part) in fields.iter().zip(parts) {
                    self.write(&field.element_type, &part, &mut bytes[field.offset..])?;
                }
                Ok(())
            }
            ElementType::Padded(offset, element_type) => {
                self.write(element_type, object, &mut bytes[*offset..])
            }
            ElementType::Unreadable { why, .. } => {
                Err(PyNotImplementedError::new_err(why.to_string()))
            }
        }
    }

    fn write_bits(&self, bits: &Bits, object: &Bound<'_, PyAny>, bytes: &mut [u8]) -> PyResult<()> {
        let (int, value) = int_and_value(object, self.format)?;
        let Some(value) = value.filter(|value| bits.range().contains(value)) else {
            return Err(out_of_range(
                format_args!("{int} in a bit-field of {} bits", bits.width),
                self.format,
            ));
        };
        // Those of other fields in the same bytes may be there already.
        let unit = &mut bytes[..bits.unit.dtype.size()];
        let others = load_unsigned(bits.unit, unit) & !bits.mask();
        store_unsigned(bits.unit, others | (value as u64) << bits.shift & bits.mask(), unit);
        Ok(())
    }

    /// Returns the items of a tuple or list of exactly that length.
    fn sequence(
        &self,
        object: &Bound<'py, PyAny>,
        length: usize,
        expected: &str,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let format = self.format;
        // Elements nest, and the functions that write them with them; so may their iterators.
        stack::check(object.py())?;
        if !object.is_instance_of::<PyTuple>() && !object.is_instance_of::<PyList>() {
            let expected = format!("{expected} or list of {length} values");
            return Err(wrong_type(object, &expected, format));
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
                "expected {expected} of {length} values for format '{format}', found {found}"
            )));
        }
        Ok(items)
    }

    /// Writes a byte string that is no longer than its place, and NULs after it. It must have the
    /// length `exactly`, if that is given. Returns its length.
    fn write_byte_string(
        &self,
        object: &Bound<'_, PyAny>,
        place: &mut [u8],
        exactly: Option<usize>,
    ) -> PyResult<usize> {
        let format = self.format;
        let text = object.cast::<PyBytes>();
        let text = text.map_err(|_| wrong_type(object, "bytes", format))?.as_bytes();
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
        Ok(text.len())
    }

    fn write_text(
        &self,
        object: &Bound<'_, PyAny>,
        unit: ScalarType,
        count: usize,
        bytes: &mut [u8],
    ) -> PyResult<()> {
        let format = self.format;
        let text = object.cast::<PyString>().map_err(|_| wrong_type(object, "a str", format))?;
        // Its own length: a subclass may tell of another.
        // SAFETY: the object is a str.
        let length = unsafe { ffi::PyUnicode_GetLength(text.as_ptr()) }.unsigned_abs();
        if length > count {
            return Err(PyValueError::new_err(format!(
                "a str of length {length} does not fit {count} characters of format '{format}'"
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
                return Err(out_of_range(format_args!("code point {code:#x}"), format));
            }
            store_unsigned(unit, u64::from(code), place);
        }
        Ok(())
    }

    fn write_nested(
        &mut self,
        shape: &[usize],
        element: &ElementType,
        object: &Bound<'py, PyAny>,
        bytes: &mut [u8],
    ) -> PyResult<()> {
        let [length, inner @ ..] = shape else { return self.write(element, object, bytes) };
        let step = inner.iter().product::<usize>() * element.size();
        for (index, part) in self.sequence(object, *length, "a list")?.iter().enumerate() {
            self.write_nested(inner, element, part, &mut bytes[index * step..])?;
        }
        Ok(())
    }
}
