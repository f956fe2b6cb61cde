//! Values of fields by their names, from mappings and from objects that have them as attributes;
//! and what else than tuples and lists stands for an element.

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyMemoryView, PyString, PyTuple};

use consumer::fallible::{self, Shortened};
use consumer::form::{ElementType, NamePlaces, Record};
use consumer::python::exceptions::{PyTypeError, PyValueError};
use consumer::python::objects;

/// Copies the bytes of what exports a buffer of single bytes, or, if it may be `any` element, of no
/// dimensions; `None` if it is neither.
pub(super) fn bytes_of<'py>(
    object: &Bound<'py, PyAny>,
    any: bool,
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let py = object.py();
    let buffer = PyMemoryView::from(object)?;
    let format = buffer.getattr(intern!(py, "format"))?;
    let letter = format.extract::<&str>()?.trim_start_matches(['@', '<', '>', '=', '!']);
    let is_single = matches!(letter, "B" | "b" | "c");
    let fits = is_single || any && buffer.getattr(intern!(py, "ndim"))?.extract::<usize>()? == 0;
    if !fits {
        return Ok(None);
    }
    // SAFETY: attached; the object is alive; the result is a new reference or NULL.
    unsafe {
        let bytes = ffi::PyBytes_FromObject(buffer.as_ptr());
        Ok(Some(Bound::from_owned_ptr_or_err(object.py(), bytes)?.cast_into_unchecked()))
    }
}

/// Returns what an object has by names, as a dict of its own; `None` if it has no names. A named
/// tuple is one of the record's fields, in any order, or a tuple like others.
fn values_of<'py>(
    record: &Record,
    object: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let py = object.py();
    if let Ok(dict) = object.cast_exact::<PyDict>() {
        return dict.copy().map(Some);
    }
    let values = objects::dict(py)?;
    if let Ok(dict) = object.cast::<PyDict>() {
        // A class derived from dict may have other keys, without end.
        for item in dict.items() {
            values.set_item(item.get_item(0)?, item.get_item(1)?)?;
        }
        return Ok(Some(values));
    }
    let has = |name: &str| -> PyResult<Option<Bound<'py, PyAny>>> {
        object.get_type().getattr_opt(objects::string(py, name)?)
    };
    if object.is_instance_of::<PyList>() {
        return Ok(None);
    }
    if object.is_instance_of::<PyTuple>() {
        if object.is_exact_instance_of::<PyTuple>() {
            return Ok(None);
        }
        let Some(Ok(names)) = has("_fields")?.map(Bound::cast_into::<PyTuple>) else {
            return Ok(None);
        };
        if names.len() != record.fields.len() || object.len()? != names.len() {
            return Ok(None);
        }
        let mut in_order = true;
        for (place, name) in names.iter().enumerate() {
            let Ok(name) = name.cast::<PyString>() else { return Ok(None) };
            in_order &= record.name(place) == objects::text(name)?.as_str();
        }
        if in_order {
            return Ok(None);
        }
        for (place, name) in names.iter().enumerate() {
            values.set_item(name, object.get_item(place)?)?;
        }
        for name in record.names() {
            if !values.contains(objects::string(py, &name)?)? {
                return Ok(None);
            }
        }
        return Ok(Some(values));
    }
    if has("keys")?.is_some() {
        return dict_of(record, object).map(Some);
    }
    if has("_fields_")?.is_some() || has("__dataclass_fields__")?.is_some() {
        for name in record.names() {
            let name = objects::string(py, &name)?;
            if let Some(value) = object.getattr_opt(&name)? {
                values.set_item(name, value)?;
            }
        }
        return Ok(Some(values));
    }
    // NumPy's records, which are not sequences either.
    if let Some(dtype) = object.getattr_opt(intern!(py, "dtype"))?
        && let Some(names) = dtype.getattr_opt(intern!(py, "names"))?
        && let Ok(names) = names.cast_into::<PyTuple>()
    {
        let theirs = objects::dict(py)?;
        for name in names {
            theirs.set_item(name, py.None())?;
        }
        for name in record.names() {
            let name = objects::string(py, &name)?;
            if theirs.contains(&name)? {
                values.set_item(&name, object.get_item(&name)?)?;
            }
        }
    }
    Ok((!values.is_empty()).then_some(values))
}

/// Returns what a mapping holds, as `dict(mapping)` does, but no more than a record has fields: it
/// may say anything of its length, and never end.
///
/// # Errors
/// ValueError or KeyError for one of more keys, and what the mapping raises.
fn dict_of<'py>(record: &Record, mapping: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let dict = objects::dict(mapping.py())?;
    let (mut keys, mut count) =
        (mapping.call_method0(intern!(mapping.py(), "keys"))?.try_iter()?, 0);
    while count <= record.fields.len()
        && let Some(key) = keys.next().transpose()?
    {
        dict.set_item(&key, mapping.get_item(&key)?)?;
        count += 1;
    }
    if count > record.fields.len() {
        return Err(more_keys(record, &dict)?);
    }
    Ok(dict)
}

/// Removes the value of a key, if there is one.
pub(super) fn take<'py>(
    dict: &Bound<'py, PyDict>,
    key: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let value = dict.get_item(key)?;
    if value.is_some() {
        dict.del_item(key)?;
    }
    Ok(value)
}

/// The exception for keys of which there are more than fields: KeyError or TypeError for one that
/// is no field, else ValueError.
#[cold]
fn more_keys(record: &Record, dict: &Bound<'_, PyDict>) -> PyResult<PyErr> {
    let names = NamePlaces::new(record.names())?;
    for (key, _) in dict {
        let Ok(name) = key.cast::<PyString>() else {
            let found = objects::type_name(&key);
            return Ok(PyTypeError::new_err(format!("the names of fields are strs, not {found}")));
        };
        let name = objects::text(name)?;
        if names.first(&name).is_none() && record.field(&name).is_none() {
            return Ok(record.no_field(&name).into());
        }
    }
    let fields = record.fields.len();
    Ok(PyValueError::new_err(format!("more keys than the {fields} fields of the record")))
}

/// Returns the values of all fields, in their order, if an object has them by name.
///
/// # Errors
/// ValueError for a field without a value, KeyError for a key that is no field.
pub(super) fn by_name<'py>(
    record: &Record,
    object: &Bound<'py, PyAny>,
) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
    let py = object.py();
    let Some(values) = values_of(record, object)? else { return Ok(None) };
    let mut parts = fallible::vec_for(record.fields.len())?;
    for place in 0..record.fields.len() {
        let name = record.name(place);
        let key = objects::string(py, &name)?;
        // A name stands for one field.
        let value = take(&values, &key)?.ok_or_else(|| {
            let (found, short) = (objects::type_name(object), Shortened(&name));
            let is_twice = record.names().take(place).any(|other| other == name);
            PyValueError::new_err(match is_twice {
                true => {
                    format!(
                        "several fields are called '{short}': store a tuple, which gives their \
                         values in order"
                    )
                }
                false => format!("field '{short}' is missing in the {found}"),
            })
        })?;
        parts.push(value);
    }
    if values.is_empty() { Ok(Some(parts)) } else { Err(more_keys(record, &values)?) }
}

/// Returns the one field of a union that a mapping has a value for: its offset, type and value.
/// `None` for what is to be written field by field: fields that are bits may share some of them in
/// structures too.
///
/// # Errors
/// TypeError for anything but a mapping of one key, KeyError for one that is no field.
pub(super) fn only_field<'a, 'py>(
    record: &'a Record,
    object: &Bound<'py, PyAny>,
) -> PyResult<Option<(usize, &'a ElementType, Bound<'py, PyAny>)>> {
    if record.is_stored_by_one()
        && let Ok(dict) = object.cast::<PyDict>()
        && dict.len() == 1
        && let Some((key, value)) = dict.iter().next()
        && let Ok(name) = key.cast::<PyString>()
    {
        let name = objects::text(name)?;
        let (offset, element_type) = record.field(&name).ok_or_else(|| record.no_field(&name))?;
        return Ok(Some((offset, element_type, value)));
    }
    if record.fields.iter().any(|field| matches!(field.element_type, ElementType::Bits(_))) {
        return Ok(None);
    }
    let name = record.name(0);
    let name = Shortened(&name);
    Err(PyTypeError::new_err(if record.is_stored_by_one() {
        format!(
            "a union cannot be written as a whole: write one of its fields, as the mapping \
             {{'{name}': x}}, or v['{name}'][index] = x"
        )
    } else {
        format!(
            "fields of the record share bytes, as in a union, and cannot be written as a whole: \
             write one of its fields, v['{name}'][index] = x"
        )
    }))
}
