//! Keys: what stands between the brackets of `v[key]`.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyEllipsis, PyList, PySlice, PyString, PyTuple};
use smallvec::SmallVec;

use consumer::array::AnyArray;
use consumer::error::Error;
use consumer::fallible;
use consumer::form::Record;
use consumer::layout::{Key, Layout, check_ndim};
use consumer::python::acquire;
use consumer::python::errors::{DiscardError, discard, with_exception};
use consumer::python::exceptions::{
    PyKeyError, PyNotImplementedError, PyTypeError, PyUnicodeEncodeError,
};
use consumer::python::objects;
use consumer::python::stack;

use super::index;

/// What a key selects.
pub(crate) enum Selected {
    /// One element, by as many indices as there are dimensions.
    Element(SmallVec<[isize; 4]>),
    /// A view of some elements.
    View(SmallVec<[Key; 4]>),
}

/// Converts a key for an array of a layout. May run arbitrary Python code.
pub(crate) fn parse(key: &Bound<'_, PyAny>, layout: &Layout) -> PyResult<Selected> {
    stack::check(key.py())?;
    let ndim = layout.ndim();
    let keys: SmallVec<[Key; 4]> = match key.cast::<PyTuple>() {
        Ok(tuple) => parse_parts(tuple, layout)?,
        Err(_) => SmallVec::from_slice(&[parse_part(key, key)?]),
    };
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

/// Converts the parts of a key. A None among them is a new dimension.
fn parse_parts(key: &Bound<'_, PyTuple>, layout: &Layout) -> PyResult<SmallVec<[Key; 4]>> {
    let mut keys = SmallVec::new();
    let mut new = 0;
    for part in key.iter() {
        if part.is_none() {
            new += 1;
            check_ndim(new)?;
            keys.push(Key::New);
            continue;
        }
        // One part beyond the dimensions can be an ellipsis. Those beyond are not converted.
        if keys.len() - new > layout.ndim() + 1 {
            break;
        }
        keys.push(parse_part(&part, key)?);
    }
    check_length(key, layout)?;
    Ok(keys)
}

/// Refuses a key of more parts than there are dimensions.
fn check_length(key: &Bound<'_, PyTuple>, layout: &Layout) -> PyResult<()> {
    let new = key.iter().filter(PyAnyMethods::is_none).count();
    let (given, ndim) = (key.len() - new, layout.ndim());
    if given <= ndim {
        return Ok(());
    }
    if ndim > 0 && key.iter().all(|part| part.is_instance_of::<PySlice>()) {
        // The exception of memoryview, which knows no other keys of several dimensions.
        let message = "slices were given, more than there are dimensions";
        return Err(PyNotImplementedError::new_err(format!("{given} {message}: {ndim}")));
    }
    match key.iter().filter(PyAnyMethods::is_instance_of::<PyEllipsis>).count() {
        ellipses @ (0 | 1) if given - ellipses > ndim => {
            Err(layout.too_many_indices(given - ellipses).into())
        }
        0 | 1 => Ok(()),
        _ => Err(Error::several_ellipses().into()),
    }
}

/// Converts a part of a key.
fn parse_part(part: &Bound<'_, PyAny>, key: &Bound<'_, PyAny>) -> PyResult<Key> {
    if objects::is_index(part) {
        let py = part.py();
        return index(part).map(Key::Index).map_err(|error| {
            // An array is an index where it has one integer.
            if !objects::exports_buffer(part) {
                return error;
            }
            let error = with_exception(py, error);
            if !PyTypeError::matches(&error, py) {
                return error;
            }
            discard(py, error);
            no_index(part, key)
        });
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
    Err(no_index(part, key))
}

/// The error for a part of a key that is none, with the key that is likely to be meant.
#[cold]
fn no_index(part: &Bound<'_, PyAny>, key: &Bound<'_, PyAny>) -> PyErr {
    let is_name = |part: &Bound<'_, PyAny>| part.is_instance_of::<PyString>();
    let text = |object| objects::repr(object).unwrap_or_default();
    let hint = if is_name(part) {
        match key.cast::<PyTuple>() {
            Ok(names) if names.iter().all(|part| is_name(&part)) => {
                let names = text(key);
                let names = names.trim_start_matches('(').trim_end_matches([')', ',']);
                format!("; several fields are v[[{names}]]")
            }
            _ => format!("; a field comes first, v[{}][...]", text(part)),
        }
    } else if part.is_instance_of::<PyList>() {
        "; a list has names of fields, and numpy.asarray(v)[x] takes one of indices".to_owned()
    } else if is_array(part) {
        "; numpy.asarray(v)[x] takes arrays of indices, and masks".to_owned()
    } else if part.is_none() {
        "; v[None, ...] has a new dimension".to_owned()
    } else {
        String::new()
    };
    let found = objects::type_name(part);
    let message = format!("indices must be integers, slices or '...', not {found}{hint}");
    PyTypeError::new_err(message)
}

/// Returns whether an object has elements that may be indices, or the bools of a mask.
fn is_array(part: &Bound<'_, PyAny>) -> bool {
    let is_bytes = part.is_instance_of::<PyBytes>();
    objects::is_index(part)
        || (objects::exports_buffer(part) && !is_bytes)
        || acquire::lends(part).or_discard(part.py()).unwrap_or(false)
}

/// The names of fields in a key: a str, or a list of them.
pub(crate) enum Names<'a, 'py> {
    One(&'a Bound<'py, PyString>),
    Several(&'a Bound<'py, PyList>),
}

/// Returns the names that a key consists of; `None` for another key. Runs no Python code.
pub(crate) fn names<'a, 'py>(key: &'a Bound<'py, PyAny>) -> Option<Names<'a, 'py>> {
    if let Ok(name) = key.cast::<PyString>() {
        return Some(Names::One(name));
    }
    let list = key.cast::<PyList>().ok()?;
    let all = !list.is_empty() && list.iter().all(|part| part.is_instance_of::<PyString>());
    all.then_some(Names::Several(list))
}

impl Names<'_, '_> {
    /// Returns the array of the fields that are named.
    ///
    /// # Errors
    /// KeyError for a name that no field has, TypeError for elements that have no fields.
    pub(crate) fn select(&self, array: &AnyArray) -> PyResult<AnyArray> {
        match self {
            Self::One(name) => Ok(array.field(field_name(array, name)?)?),
            Self::Several(list) => {
                // Among more names than there are fields one is there twice, or is no field's.
                let most = array.record().map_or(0, Record::count_names) + 1;
                let mut names = Vec::new();
                for part in list.iter().take(most) {
                    fallible::push(&mut names, part.cast_into::<PyString>()?)?;
                }
                let mut texts = fallible::vec_for(names.len())?;
                for name in &names {
                    fallible::push(&mut texts, field_name(array, name)?)?;
                }
                Ok(array.select_fields(&texts)?)
            }
        }
    }
}

/// Returns the text of a name. No field has a name that is not UTF-8.
fn field_name<'a>(array: &AnyArray, name: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    /// Names that are longer are compared with those of the fields before they become UTF-8.
    const LONG: usize = 1000;
    let py = name.py();
    // SAFETY: the object is a str.
    let length = unsafe { ffi::PyUnicode_GetLength(name.as_ptr()) }.unsigned_abs();
    if length > LONG
        && let Some(record) = array.record()
        && record.longest_name() < length
    {
        return Err(record.no_field(&objects::shortened(name)).into());
    }
    name.to_str().map_err(|error| {
        if !PyUnicodeEncodeError::matches(&error, py) {
            return error;
        }
        discard(py, error);
        let name = objects::repr(name).unwrap_or_default();
        PyKeyError::new_err(format!("no field {name}"))
    })
}

/// Returns whether a key is a slice, or a tuple with slices in it.
pub(crate) fn has_slices(key: &Bound<'_, PyAny>) -> bool {
    let is_slice = |part: &Bound<'_, PyAny>| part.is_instance_of::<PySlice>();
    match key.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter().any(|part| is_slice(&part)),
        Err(_) => is_slice(key),
    }
}
