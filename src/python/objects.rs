//! Python objects made of what Rust has, and text of Python's: errors where there is no memory.
//!
//! PyO3's own conversions, such as `PyTuple::new` and `PyString::new`, panic there.

#![allow(unsafe_code)]

#[cfg(not(Py_LIMITED_API))]
use std::ffi::c_ulong;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::fallible::{self, QUOTED, Shortened};

/// Returns an error if there is no memory for an object of `size` bytes, where CPython does not
/// find out by itself: without a GIL, its allocator reserves address space whether there is memory
/// or not, and the system kills the process once it is used.
///
/// # Errors
/// MemoryError.
#[inline(always)]
pub fn check_memory(size: usize) -> PyResult<()> {
    // Less is not worth asking for.
    const LARGE: usize = 1 << 26;
    if cfg!(Py_GIL_DISABLED) && size >= LARGE {
        fallible::room_for(size)?;
    }
    Ok(())
}

/// Imports a module. PyO3 panics where there is no memory for the name.
///
/// # Errors
/// What the import raises, and MemoryError.
pub fn import<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    Ok(py.import(string(py, name)?)?.into_any())
}

/// Returns an attribute. PyO3 panics where there is no memory for the name.
///
/// # Errors
/// What the attribute raises, and MemoryError.
pub fn attribute<'py>(object: &Bound<'py, PyAny>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    object.getattr(string(object.py(), name)?)
}

/// Creates a str.
///
/// # Errors
/// MemoryError.
pub fn string<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyString>> {
    // SAFETY: attached; the bytes are those of the text; the result is a new str or NULL.
    unsafe {
        let text = ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len() as isize);
        Ok(Bound::from_owned_ptr_or_err(py, text)?.cast_into_unchecked())
    }
}

/// Creates an int.
///
/// # Errors
/// MemoryError.
pub fn int(py: Python<'_>, number: isize) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: attached; the result is a new reference or NULL.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyLong_FromSsize_t(number)) }
}

/// Creates the int of a size, which no memory makes larger than `isize::MAX`.
///
/// # Errors
/// MemoryError.
pub fn size(py: Python<'_>, number: usize) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: attached; the result is a new reference or NULL.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyLong_FromSize_t(number)) }
}

/// Creates a tuple.
///
/// # Errors
/// The first error among the items, and MemoryError.
pub fn tuple<'py>(
    py: Python<'py>,
    items: impl ExactSizeIterator<Item = PyResult<Bound<'py, PyAny>>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let length = items.len();
    // SAFETY: attached; the tuple is new, and its places, which are NULL until they are filled, are
    // as many as there are items at most.
    unsafe {
        let tuple = Bound::from_owned_ptr_or_err(py, ffi::PyTuple_New(length as isize))?;
        for (place, item) in items.take(length).enumerate() {
            #[cfg(not(Py_LIMITED_API))]
            ffi::PyTuple_SET_ITEM(tuple.as_ptr(), place as isize, item?.into_ptr());
            #[cfg(Py_LIMITED_API)]
            ffi::PyTuple_SetItem(tuple.as_ptr(), place as isize, item?.into_ptr());
        }
        Ok(tuple.cast_into_unchecked())
    }
}

/// Creates a tuple of lengths or indices.
///
/// # Errors
/// MemoryError.
pub fn sizes<'py>(py: Python<'py>, numbers: &[usize]) -> PyResult<Bound<'py, PyTuple>> {
    tuple(py, numbers.iter().map(|&number| size(py, number)))
}

/// Creates a tuple of numbers.
///
/// # Errors
/// MemoryError.
pub fn ints<'py>(py: Python<'py>, numbers: &[isize]) -> PyResult<Bound<'py, PyTuple>> {
    tuple(py, numbers.iter().map(|&number| int(py, number)))
}

/// Creates an empty dict.
///
/// # Errors
/// MemoryError.
pub fn dict(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    // SAFETY: attached; the result is a new dict or NULL.
    unsafe { Ok(Bound::from_owned_ptr_or_err(py, ffi::PyDict_New())?.cast_into_unchecked()) }
}

/// Appends the text of a str; surrogates, which UTF-8 has not, become replacement characters.
///
/// # Errors
/// MemoryError.
pub fn push_text(text: &mut String, more: &Bound<'_, PyString>) -> PyResult<()> {
    let mut size = 0;
    // SAFETY: attached; the object is a str, which keeps its UTF-8 as long as it lives. CPython
    // encodes as UTF-8, and nothing else.
    unsafe {
        let start = ffi::PyUnicode_AsUTF8AndSize(more.as_ptr(), &raw mut size);
        if !start.is_null() {
            let bytes = std::slice::from_raw_parts(start.cast(), size as usize);
            return Ok(fallible::push_str(text, std::str::from_utf8_unchecked(bytes))?);
        }
        if ffi::PyErr_ExceptionMatches(ffi::PyExc_UnicodeEncodeError) == 0 {
            return Err(PyErr::fetch(more.py()));
        }
        ffi::PyErr_Clear();
    }
    for character in characters(more) {
        fallible::push_str(text, character.encode_utf8(&mut [0; 4]))?;
    }
    Ok(())
}

/// Returns the text of a str: see [`push_text`].
///
/// # Errors
/// MemoryError.
pub fn text(source: &Bound<'_, PyString>) -> PyResult<String> {
    let mut text = String::new();
    push_text(&mut text, source)?;
    Ok(text)
}

/// Iterates over the code points of a str.
fn characters(text: &Bound<'_, PyString>) -> impl Iterator<Item = char> {
    // SAFETY: the object is a str, and every index is below its length.
    unsafe {
        (0..ffi::PyUnicode_GetLength(text.as_ptr())).map(|index| {
            let code = ffi::PyUnicode_ReadChar(text.as_ptr(), index);
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
        })
    }
}

/// Returns the text of a str for a message: its start, if it is long.
#[must_use]
pub fn shortened(text: &Bound<'_, PyString>) -> String {
    let mut size = 0;
    // SAFETY: attached; the object is a str, which keeps its UTF-8 as long as it lives.
    unsafe {
        // A long one would have to be encoded whole.
        if ffi::PyUnicode_GetLength(text.as_ptr()) <= QUOTED as isize {
            let start = ffi::PyUnicode_AsUTF8AndSize(text.as_ptr(), &raw mut size);
            if !start.is_null() {
                let bytes = std::slice::from_raw_parts(start.cast(), size as usize);
                return String::from_utf8_lossy(bytes).into_owned();
            }
            ffi::PyErr_Clear();
        }
    }
    let start: String = characters(text).take(QUOTED + 1).collect();
    Shortened(&start).to_string()
}

/// Returns the start of a str that was just asked for; `None`, and no exception, where there is
/// none.
///
/// # Safety
/// Attached; `text` is a new reference, or NULL with an exception.
unsafe fn shortened_or_none(py: Python<'_>, text: *mut ffi::PyObject) -> Option<String> {
    // SAFETY: the caller guarantees it.
    match unsafe { Bound::from_owned_ptr_or_opt(py, text) } {
        Some(text) => text.cast_into::<PyString>().ok().map(|text| shortened(&text)),
        None => {
            // SAFETY: attached.
            unsafe { ffi::PyErr_Clear() };
            None
        }
    }
}

/// Returns the name of an object's type for a message, with its module unless that is `builtins`.
#[must_use]
#[cold]
pub fn type_name(object: &Bound<'_, PyAny>) -> String {
    let class = object.get_type();
    // The name of a class that no Python code can change has that of its module in it.
    #[cfg(not(Py_LIMITED_API))]
    // SAFETY: the class is alive, and the name of such a class a C string that nobody changes.
    unsafe {
        let flags = ffi::PyType_GetFlags(class.as_type_ptr());
        if flags & ffi::Py_TPFLAGS_HEAPTYPE == 0 || flags & ffi::Py_TPFLAGS_IMMUTABLETYPE != 0 {
            let name = std::ffi::CStr::from_ptr((*class.as_type_ptr()).tp_name);
            return Shortened(&String::from_utf8_lossy(name.to_bytes())).to_string();
        }
    }
    // SAFETY: attached; the class is alive, and each result is a new reference or NULL.
    let (module, name) = unsafe {
        let module = ffi::PyObject_GetAttrString(class.as_ptr(), c"__module__".as_ptr());
        let module = shortened_or_none(object.py(), module);
        (module, shortened_or_none(object.py(), ffi::PyType_GetQualName(class.as_type_ptr())))
    };
    match (module, name) {
        (Some(module), Some(name)) if module != "builtins" => format!("{module}.{name}"),
        (_, Some(name)) => name,
        (_, None) => "an object".to_owned(),
    }
}

/// Returns the repr of an object for a message; `None` where there is none. May run arbitrary
/// Python code.
#[must_use]
#[cold]
pub fn repr(object: &Bound<'_, PyAny>) -> Option<String> {
    // SAFETY: attached; the object is alive.
    unsafe { shortened_or_none(object.py(), ffi::PyObject_Repr(object.as_ptr())) }
}

/// Returns whether the class of an object exports buffers.
#[must_use]
#[inline]
pub fn exports_buffer(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the object is alive.
    unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) != 0 }
}

/// Returns whether an object is an int, or stands for one by `__index__`.
#[must_use]
pub fn is_index(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: attached; the object is alive.
    unsafe { ffi::PyIndex_Check(object.as_ptr()) != 0 }
}

/// Returns the message of an error, for another one.
#[must_use]
#[cold]
pub fn message(py: Python<'_>, error: &PyErr) -> String {
    // SAFETY: attached; the exception is alive.
    unsafe { shortened_or_none(py, ffi::PyObject_Str(error.value(py).as_ptr())) }
        .unwrap_or_default()
}

/// Sets or clears a flag of a class.
#[cfg(not(Py_LIMITED_API))]
pub fn change_flag(class: &mut ffi::PyTypeObject, flag: c_ulong, set: bool) {
    #[cfg(not(Py_GIL_DISABLED))]
    {
        class.tp_flags = if set { class.tp_flags | flag } else { class.tp_flags & !flag };
    }
    #[cfg(Py_GIL_DISABLED)]
    {
        use std::sync::atomic::Ordering::Relaxed;
        if set {
            class.tp_flags.fetch_or(flag, Relaxed)
        } else {
            class.tp_flags.fetch_and(!flag, Relaxed)
        };
    }
}
