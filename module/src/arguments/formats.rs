//! Formats, and what else states a type: see `consumer::python::acquire::stated`.

use std::ffi::CStr;
use std::sync::Arc;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use consumer::dtype::ScalarType;
use consumer::error::Error;
use consumer::form::recent::{self, Recent};
use consumer::form::{ElementType, Judgement, judge, judge_own};
use consumer::format::{Format, FormatString};
use consumer::python::acquire::{AsView, Elements, Stated, format_of_name, stated};
use consumer::python::errors::with_memory;
use consumer::python::exceptions::{PyTypeError, PyValueError};
use consumer::python::objects;
use consumer::python::stack;

use super::exact::str_text;

/// Converts what states the type of elements: a format, or what [`stated`] knows. May run arbitrary
/// Python code.
///
/// # Errors
/// ValueError for a str that is not a format, TypeError for what states no type.
pub(crate) fn elements(object: &Bound<'_, PyAny>, as_view: AsView) -> PyResult<Elements> {
    let of_text = |text: &Bound<'_, PyString>| {
        let (format, itemsize) = format(text)?;
        Ok(Elements { format, itemsize, element_type: None })
    };
    if let Ok(text) = object.cast::<PyString>() {
        return of_text(text);
    }
    stack::check(object.py())?;
    match with_memory(|| stated(object, as_view))? {
        Some(Stated::Format(text)) => of_text(&text),
        Some(Stated::Elements(elements)) => Ok(elements),
        None => {
            let found = objects::type_name(object);
            Err(PyTypeError::new_err(format!(
                "argument 'format': expected a str, such as 'i', '<f4' or 'T{{I:id:d:x:}}', a \
                 numpy.dtype, a struct.Struct or a class of ctypes, not {found}"
            )))
        }
    }
}

/// Converts a format, or the name of a type that formats have no code for or that is NumPy's;
/// returns the format with the size of its elements in bytes.
///
/// # Errors
/// ValueError for a string that is not a format.
fn format(format: &Bound<'_, PyString>) -> PyResult<(FormatString, usize)> {
    if let Some((format, scalar_type)) =
        str_text(format.as_any().as_borrowed()).and_then(format_of_letter)
    {
        return Ok((format, scalar_type.dtype.size()));
    }
    if let Some(known) = str_text(format.as_any().as_borrowed()).and_then(measured) {
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
    let size_of = |format: &FormatString| {
        let measure = Format::parse_strict(format.as_bytes()).and_then(|format| format.measure());
        measure.map(|measure| measure.size)
    };
    // A name may be a format by chance, as `single` is: nobody writes records so.
    if let Some(named) = std::str::from_utf8(format.as_bytes()).ok().and_then(format_of_name) {
        let format = named?;
        if let Ok(size) = size_of(&format) {
            return Ok((format, size));
        }
    }
    let size = size_of(&format).map_err(unknown)?;
    Ok((keep(format, size), size))
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

/// Keeps a format that was measured, unless it is long, and returns it. Callers go by the rules
/// here: what NumPy would read otherwise is written anew, so that it sees in it what the caller
/// meant.
fn keep(mut format: FormatString, size: usize) -> FormatString {
    let mut judgement = judge(format.as_bytes(), size);
    if let Judgement::Unreadable(_) = judgement {
        judgement = judge_own(format.as_bytes(), size);
        if let Judgement::Composite(found) = &judgement
            && !found.has_objects()
            && !found.is_described_by(format.as_bytes())
        {
            format = found.format();
        }
    }
    if let Some(key) = recent::key_of_text(format.as_bytes()) {
        let element_type = match judgement {
            Judgement::Composite(found) if !found.has_objects() => Some(found),
            _ => None,
        };
        MEASURED.keep(key, Measured { format: format.clone(), size, element_type });
    }
    format
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
