//! Characters as Python objects, and back; and formats as text.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use pyo3::{Borrowed, ffi};

use consumer::element::{Char, Ucs2, Ucs4};
use consumer::format::FormatString;
use consumer::python::exceptions::PyValueError;

use super::integers::{Number, number};
use super::{Equal, NewReference, PyValue, no_code_point, out_of_range, wrong_type};

/// Returns the format as a str. Bytes that are not UTF-8 become surrogates, as in file names, so
/// that none is lost and none is refused.
pub(crate) fn format_object<'py>(
    py: Python<'py>,
    format: &FormatString,
) -> PyResult<Bound<'py, PyString>> {
    let format = format.as_bytes();
    // SAFETY: the pointer and length are those of a slice; the result is a new str or NULL.
    unsafe {
        let text = ffi::PyUnicode_DecodeUTF8(
            format.as_ptr().cast(),
            format.len() as isize,
            c"surrogateescape".as_ptr(),
        );
        Ok(Bound::from_owned_ptr_or_err(py, text)?.cast_into_unchecked())
    }
}

impl PyValue for Char {
    #[inline]
    fn into_object(self, _py: Python<'_>) -> NewReference {
        let byte = self.0;
        // SAFETY: one byte is read; the result is a new reference or NULL.
        unsafe { ffi::PyBytes_FromStringAndSize((&raw const byte).cast(), 1) }
    }

    fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
        let bytes = object.cast::<PyBytes>();
        let bytes = bytes.map_err(|_| wrong_type(object, "bytes of length 1", format))?;
        match bytes.as_bytes() {
            &[byte] => Ok(Self(byte)),
            other => Err(PyValueError::new_err(format!(
                "expected bytes of length 1 for format '{format}', found length {}",
                other.len()
            ))),
        }
    }

    fn equal_to(object: &Bound<'_, PyAny>) -> Equal<Self> {
        match object.cast_exact::<PyBytes>().map(PyBytesMethods::as_bytes) {
            Ok(&[byte]) => Equal::To(Self(byte)),
            Ok(_) => Equal::None,
            Err(_) => unlike(object),
        }
    }
}

/// Returns the code point of a str of length 1.
fn character(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<u32> {
    let text = object.cast::<PyString>();
    let text = text.map_err(|_| wrong_type(object, "a str of length 1", format))?;
    code_point(text.as_borrowed()).ok_or_else(|| {
        let length = text.len().unwrap_or(0);
        PyValueError::new_err(format!(
            "expected a str of length 1 for format '{format}', found length {length}"
        ))
    })
}

fn code_point(text: Borrowed<'_, '_, PyString>) -> Option<u32> {
    // SAFETY: the object is a str, and index 0 is looked at only where there is one.
    unsafe {
        match ffi::PyUnicode_GetLength(text.as_ptr()) {
            1 => Some(ffi::PyUnicode_ReadChar(text.as_ptr(), 0)),
            _ => None,
        }
    }
}

macro_rules! texts {
    ($($type:ident($unit:ty);)*) => {
        $(impl PyValue for $type {
            #[inline]
            fn into_object(self, py: Python<'_>) -> NewReference {
                text_object(py, u32::from(self.0))
            }

            fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
                let code = character(object, format)?;
                <$unit>::try_from(code).map(Self).map_err(|_| {
                    out_of_range(format_args!("code point {code:#x}"), format)
                })
            }

            fn equal_to(object: &Bound<'_, PyAny>) -> Equal<Self> {
                match object.cast_exact::<PyString>() {
                    Ok(text) => code_point(text.as_borrowed())
                        .and_then(|code| <$unit>::try_from(code).ok())
                        .map_or(Equal::None, |code| Equal::To(Self(code))),
                    Err(_) => unlike(object),
                }
            }
        })*
    };
}
texts! {
    Ucs2(u16);
    Ucs4(u32);
}

/// Returns which characters equal an object that is no text of their kind: none, if it is of
/// another of Python's own types.
fn unlike<T>(object: &Bound<'_, PyAny>) -> Equal<T> {
    match number(object) {
        Number::Other => Equal::Unknown,
        Number::Integer(_) | Number::Float(_) | Number::Unlike => Equal::None,
    }
}

/// Creates the str of one code point, which may be a surrogate.
fn text_object(py: Python<'_>, code: u32) -> NewReference {
    match i32::try_from(code) {
        // SAFETY: attached; the result is a new reference or NULL.
        Ok(ordinal) if code <= 0x10_ffff => unsafe { ffi::PyUnicode_FromOrdinal(ordinal) },
        _ => no_code_point(py, code),
    }
}
