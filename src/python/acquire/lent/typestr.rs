//! The types of the array interface: strings such as `<f8`, and lists of them for records.

use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use crate::error::{Error, Result};
use crate::fallible::{self, Shortened};
use crate::format::{ByteOrder, FormatString};
use crate::layout::MAX_NDIM;
use crate::python::acquire::types::{MAX_DEPTH, code_of_number};
use crate::python::exceptions::{PyBufferError, PyTypeError};
use crate::python::objects;

/// A type as a typestr has it: the kind of its values, their size and their byte order.
#[derive(Clone, Copy)]
pub(in crate::python::acquire) struct TypeString {
    kind: u8,
    /// The size of an element in bytes.
    pub(super) itemsize: usize,
    swapped: bool,
}

impl TypeString {
    pub(in crate::python::acquire) const fn new(kind: u8, itemsize: usize, swapped: bool) -> Self {
        // Bytes have no order.
        Self { kind, itemsize, swapped: swapped && !matches!(kind, b'S' | b'V') && itemsize > 1 }
    }

    /// Reads a type such as `<f8`.
    ///
    /// # Errors
    /// Returns an error for what is none.
    pub(in crate::python::acquire) fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::buffer(format!("'{}' is no typestr", Shortened(text)));
        let (order, rest) = match text.as_bytes() {
            [order @ (b'<' | b'>' | b'|' | b'='), rest @ ..] => (*order, rest),
            rest => (b'=', rest),
        };
        let [kind, digits @ ..] = rest else { return Err(wrong()) };
        // Behind the size of dates stands their unit.
        let end = digits.iter().position(|&byte| byte == b'[').unwrap_or(digits.len());
        let size = std::str::from_utf8(&digits[..end]).ok().and_then(|digits| digits.parse().ok());
        let swapped = order == if cfg!(target_endian = "little") { b'>' } else { b'<' };
        // The size of text is in characters.
        let unit = if *kind == b'U' { 4 } else { 1 };
        let itemsize = size.and_then(|size: usize| size.checked_mul(unit)).ok_or_else(wrong)?;
        Ok(Self::new(*kind, itemsize, swapped))
    }

    /// Returns whether its elements are bytes, or records that a list describes.
    pub(super) const fn is_void(self) -> bool {
        self.kind == b'V'
    }

    /// Returns the format of the type.
    ///
    /// # Errors
    /// Returns an error for types that are none of ours.
    pub(in crate::python::acquire) fn format(self) -> Result<FormatString> {
        let mut text = String::new();
        self.write(&mut text)?;
        // A type alone has nothing to be aligned with.
        if !self.swapped {
            text.remove(0);
        }
        finished(text)
    }

    /// Appends the format of the type, behind a prefix that says that nothing is aligned.
    fn write(self, text: &mut String) -> Result<()> {
        let Self { kind, itemsize: size, swapped } = self;
        let letters = match (kind, size) {
            (b'S', _) => "s",
            (b'U', _) => "w",
            (b'V', _) => "x",
            (b'm' | b'M', _) => {
                return Err(Error::buffer(
                    "its elements are dates or times, whose unit a format cannot tell; \
                     consume(numpy.asarray(x).view('i8')) has their numbers",
                ));
            }
            (b'O', _) => {
                return Err(Error::buffer(
                    "its elements are references to objects, which only a buffer can hand over",
                ));
            }
            _ => code_of_number(kind, size).ok_or_else(|| {
                let kind = char::from(kind);
                Error::buffer(format!(
                    "its elements are of type {kind:?} in {size} bytes, of which there are none here"
                ))
            })?,
        };
        // In the machine's order there is a prefix that leaves the sizes as they are in C.
        let prefix = if swapped { ByteOrder::from_swapped(true).prefix() } else { b'^' };
        fallible::push_str(text, char::from(prefix).encode_utf8(&mut [0; 4]))?;
        match kind {
            b'S' | b'V' => fallible::push_number(text, size)?,
            b'U' => fallible::push_number(text, size / 4)?,
            _ => {}
        }
        fallible::push_str(text, letters)
    }
}

/// Returns the format of records that a list describes, in elements of a type.
///
/// # Errors
/// TypeError for what is no such list; BufferError for types that are none of ours.
pub(super) fn format_of_records(
    descr: &Bound<'_, PyAny>,
    element: TypeString,
) -> PyResult<FormatString> {
    let fields = descr.cast::<PyList>()?;
    // A single field without a name stands for elements that are no records.
    if let [only] = &fields.iter().take(2).collect::<Vec<_>>()[..]
        && only.get_item(0)?.cast::<PyString>().is_ok_and(|name| name.is_empty().unwrap_or(false))
    {
        return Ok(element.format()?);
    }
    // Without a prefix the record itself would be aligned.
    let mut text = "^".to_owned();
    write_record(fields, &mut text, 0)?;
    Ok(finished(text)?)
}

/// Returns the format of a text without NULs.
fn finished(mut text: String) -> Result<FormatString> {
    fallible::push_str(&mut text, "\0")?;
    let text = CStr::from_bytes_with_nul(text.as_bytes());
    FormatString::try_from_c_str(text.map_err(|_| Error::buffer("a NUL in its format"))?)
}

fn write_record(fields: &Bound<'_, PyList>, text: &mut String, depth: usize) -> PyResult<()> {
    if depth > MAX_DEPTH {
        return Err(PyBufferError::new_err("its records are nested too deep"));
    }
    fallible::push_str(text, "T{")?;
    for field in fields.iter() {
        let field = field.cast_into::<PyTuple>()?;
        if let Ok(shape) = field.get_item(2) {
            write_shape(&shape, text)?;
        }
        let kind = field.get_item(1)?;
        if let Ok(nested) = kind.cast::<PyList>() {
            write_record(nested, text, depth + 1)?;
        } else {
            TypeString::parse(&objects::text(kind.cast::<PyString>()?)?)?.write(text)?;
        }
        let name = field.get_item(0)?;
        // A title may come first.
        let name = if name.is_instance_of::<PyTuple>() { name.get_item(1)? } else { name };
        let name = objects::text(name.cast::<PyString>()?)?;
        if name.contains([':', '\0']) {
            return Err(PyTypeError::new_err(format!("no format can have the name '{name}'")));
        }
        if !name.is_empty() {
            for part in [":", &name, ":"] {
                fallible::push_str(text, part)?;
            }
        }
    }
    Ok(fallible::push_str(text, "}")?)
}

fn write_shape(shape: &Bound<'_, PyAny>, text: &mut String) -> PyResult<()> {
    fallible::push_str(text, "(")?;
    if let Ok(length) = shape.extract::<usize>() {
        fallible::push_number(text, length)?;
    } else {
        for (index, length) in shape.try_iter()?.enumerate() {
            if index == MAX_NDIM {
                let message = format!("a sub-array of more than {MAX_NDIM} dimensions");
                return Err(PyTypeError::new_err(message));
            }
            if index > 0 {
                fallible::push_str(text, ",")?;
            }
            fallible::push_number(text, length?.extract::<usize>()?)?;
        }
    }
    Ok(fallible::push_str(text, ")")?)
}
