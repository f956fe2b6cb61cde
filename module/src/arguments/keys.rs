//! Keys: what stands between the brackets of `v[key]`.

use pyo3::exceptions::{PyKeyError, PyNotImplementedError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyEllipsis, PyList, PySlice, PyString, PyTuple};
use smallvec::SmallVec;

use consumer::array::AnyArray;
use consumer::layout::Key;
use consumer::python::stack;

use super::index;

/// What a key selects.
pub(crate) enum Selected {
    /// One element, by as many indices as there are dimensions.
    Element(SmallVec<[isize; 4]>),
    /// A view of some elements.
    View(SmallVec<[Key; 4]>),
}

/// Converts a key for an array of `ndim` dimensions. May run arbitrary Python code.
pub(crate) fn parse(key: &Bound<'_, PyAny>, ndim: usize) -> PyResult<Selected> {
    stack::check(key.py())?;
    let keys: SmallVec<[Key; 4]> = match key.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter().map(|part| parse_part(&part)).collect::<PyResult<_>>()?,
        Err(_) => SmallVec::from_slice(&[parse_part(key)?]),
    };
    if ndim > 0 && keys.len() > ndim && keys.iter().all(|key| matches!(key, Key::Slice { .. })) {
        // The exception of memoryview, which knows no other keys of several dimensions.
        let (given, message) = (keys.len(), "slices were given, more than there are dimensions");
        return Err(PyNotImplementedError::new_err(format!("{given} {message}: {ndim}")));
    }
    if keys.len() == ndim {
        let indices = keys.iter().map(|key| match key {
            Key::Index(index) => Some(*index),
            _ => None,
        });
        if let Some(index) = indices.collect() {
            return Ok(Selected::Element(index));
        }
    }
    Ok(Selected::View(keys))
}

fn parse_part(part: &Bound<'_, PyAny>) -> PyResult<Key> {
    // SAFETY: the object is alive.
    if unsafe { ffi::PyIndex_Check(part.as_ptr()) } != 0 {
        return Ok(Key::Index(index(part)?));
    }
    if part.is_instance_of::<PySlice>() {
        let (mut start, mut stop, mut step) = (0, 0, 0);
        // SAFETY: the object is a slice.
        let status = unsafe {
            ffi::PySlice_Unpack(part.as_ptr(), &raw mut start, &raw mut stop, &raw mut step)
        };
        if status != 0 {
            return Err(PyErr::fetch(part.py()));
        }
        return Ok(Key::Slice { start, stop, step });
    }
    if part.is_instance_of::<PyEllipsis>() {
        return Ok(Key::Ellipsis);
    }
    let found = part.get_type().fully_qualified_name()?;
    Err(PyTypeError::new_err(format!("indices must be integers, slices or '...', not {found}")))
}

/// The names of fields in a key: a str, or a list of them.
pub(crate) enum Names<'py> {
    One(Bound<'py, PyString>),
    Several(Vec<Bound<'py, PyString>>),
}

/// Returns the names that a key consists of; `None` for another key. Runs no Python code.
pub(crate) fn names<'py>(key: &Bound<'py, PyAny>) -> PyResult<Option<Names<'py>>> {
    if let Ok(name) = key.cast::<PyString>() {
        return Ok(Some(Names::One(name.clone())));
    }
    let Ok(list) = key.cast::<PyList>() else { return Ok(None) };
    let parts: Vec<Bound<'py, PyAny>> = list.iter().collect();
    if parts.is_empty() || !parts.iter().all(PyAnyMethods::is_instance_of::<PyString>) {
        return Ok(None);
    }
    let names = parts.into_iter().map(|part| Ok(part.cast_into::<PyString>()?));
    Ok(Some(Names::Several(names.collect::<PyResult<_>>()?)))
}

impl Names<'_> {
    /// Returns the array of the fields that are named.
    ///
    /// # Errors
    /// KeyError for a name that no field has, TypeError for elements that have no fields.
    pub(crate) fn select(&self, array: &AnyArray) -> PyResult<AnyArray> {
        Ok(match self {
            Self::One(name) => array.field(field_name(name)?)?,
            Self::Several(names) => {
                let names: Vec<&str> = names.iter().map(field_name).collect::<PyResult<_>>()?;
                array.select_fields(&names)?
            }
        })
    }
}

/// Returns the text of a name. No field has a name that is not UTF-8.
fn field_name<'a>(name: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    name.to_str().map_err(|_| PyKeyError::new_err(format!("no field {name:?}")))
}

/// Returns whether a key is a slice, or a tuple with slices in it.
pub(crate) fn has_slices(key: &Bound<'_, PyAny>) -> bool {
    let is_slice = |part: &Bound<'_, PyAny>| part.is_instance_of::<PySlice>();
    match key.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter().any(|part| is_slice(&part)),
        Err(_) => is_slice(key),
    }
}
