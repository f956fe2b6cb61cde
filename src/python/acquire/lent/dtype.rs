//! NumPy's arrays of elements that NumPy has no format for, by their dtypes. Records whose fields
//! overlap or are out of order are read, from a buffer that is asked for without a format. Dates
//! are not: without their unit, which no format tells, they would be any numbers.

use std::mem::MaybeUninit;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::loan::Buffer;
use crate::array::AnyArray;
use crate::format::ByteOrder;
use crate::python::acquire::types::MAX_DEPTH;
use crate::python::acquire::{AsView, numpy};
use crate::python::errors::caused_by;
use crate::python::exceptions::PyValueError;
use crate::python::objects;

/// Takes the buffer of an array of NumPy's that has refused it, and writes ours of its memory;
/// `None` if it is none, or one whose dtype is not read either. `path` is how the caller gets the
/// array.
///
/// # Errors
/// ValueError for dates, whose cause is the refusal.
pub(super) fn acquire(
    place: &mut MaybeUninit<AnyArray>,
    object: &Bound<'_, PyAny>,
    path: &str,
    refusal: &PyErr,
    as_view: AsView,
) -> PyResult<Option<Buffer>> {
    let py = object.py();
    let Some((_, dtype)) = numpy::dtype(object)? else { return Ok(None) };
    if let Some((path, dtype)) = dates(&dtype, path.to_owned(), 0)? {
        let name = objects::text(dtype.getattr("str")?.cast()?)?;
        // Of the other byte order they are numbers of that byte order.
        let order = name.strip_prefix(ByteOrder::NATIVE.reversed().prefix() as char);
        let order = order.map_or("", |_| &name[..1]);
        let error = PyValueError::new_err(format!(
            "{}; consume({path}.view('{order}i8')) has the numbers of {}",
            objects::message(py, refusal),
            objects::repr(&dtype).unwrap_or_default(),
        ));
        return Err(caused_by(py, error, refusal.clone_ref(py)));
    }
    let (bytes, buffer) =
        Buffer::acquire(object, ffi::PyBUF_FULL_RO & !ffi::PyBUF_FORMAT, as_view)?;
    // SAFETY: the buffer is that of the object, and is released after the array's last use.
    match unsafe { numpy::described(&bytes, object, as_view) } {
        Ok(Some(array)) => {
            place.write(array);
            Ok(Some(buffer))
        }
        other => {
            // SAFETY: the thread is attached; there is no array.
            unsafe { buffer.release() };
            other.map(|_| None)
        }
    }
}

/// Returns the first part of a dtype that is a date or a duration, and the way to it from `path`.
fn dates<'py>(
    dtype: &Bound<'py, PyAny>,
    path: String,
    depth: usize,
) -> PyResult<Option<(String, Bound<'py, PyAny>)>> {
    let base = dtype.getattr("base")?;
    let kind: char = base.getattr("kind")?.extract()?;
    if matches!(kind, 'M' | 'm') {
        return Ok(Some((path, base)));
    }
    let names = base.getattr("names")?;
    let Ok(names) = names.cast::<PyTuple>() else { return Ok(None) };
    if depth > MAX_DEPTH {
        return Ok(None);
    }
    let fields = base.getattr("fields")?;
    for name in names {
        let field = fields.get_item(&name)?.get_item(0)?;
        let path = format!("{path}[{}]", objects::repr(&name).unwrap_or_default());
        if let Some(found) = dates(&field, path, depth + 1)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
