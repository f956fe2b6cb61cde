//! Lists stored in many elements, one value for each, where memoryview takes nothing of the kind.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use consumer::error::Tuple;
use consumer::fallible;
use consumer::form::ElementType;
use consumer::layout::Layout;
use consumer::python::exceptions::PyValueError;
use consumer::python::objects;

use crate::gil::Checkpoints;
use crate::object::Description;
use crate::values::elements::Encoded;

/// Returns whether an object is values for elements, one for each: a list always, as in NumPy, and
/// a tuple where it cannot be an element.
pub(super) fn are_elements(target: Description<'_>, object: &Bound<'_, PyAny>) -> bool {
    let is_tuple = object.is_instance_of::<PyTuple>();
    let nested = |element_type: &ElementType| {
        element_type.is_nested() || matches!(element_type, ElementType::Object)
    };
    target.layout().ndim() > 0
        && (object.is_instance_of::<PyList>()
            || is_tuple && !target.element_type().is_some_and(nested))
}

/// Stores the values of nested lists in the elements of `target`, which are references or have
/// some, one after the other.
///
/// # Errors
/// ValueError for lists of another shape, before anything is stored, and what the values are
/// refused for.
pub(super) fn store_each<'py>(
    target: Description<'_>,
    list: &Bound<'py, PyAny>,
    mut store: impl FnMut(&[isize], &Bound<'py, PyAny>) -> PyResult<()>,
) -> PyResult<()> {
    let shape = target.layout().shape();
    let mut values = fallible::vec_for(target.layout().len())?;
    flatten(target, shape, list, &mut values)?;
    let mut index = fallible::vec_for(shape.len())?;
    index.resize(shape.len(), 0);
    for value in &values {
        store(&index, value)?;
        for (place, &length) in index.iter_mut().zip(shape).rev() {
            *place += 1;
            if place.unsigned_abs() < length {
                break;
            }
            *place = 0;
        }
    }
    Ok(())
}

fn flatten<'py>(
    target: Description<'_>,
    shape: &[usize],
    object: &Bound<'py, PyAny>,
    values: &mut Vec<Bound<'py, PyAny>>,
) -> PyResult<()> {
    let [length, inner @ ..] = shape else {
        return Ok(fallible::push(values, object.clone())?);
    };
    check(target, *length, object)?;
    for index in 0..*length {
        flatten(target, inner, &object.get_item(index)?, values)?;
    }
    Ok(())
}

/// Converts the values of nested lists to elements, one after the other.
///
/// # Errors
/// ValueError for lists of another shape, and what the values are refused for.
pub(super) fn encoded(target: Description<'_>, list: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let layout = target.layout();
    // Whatever elements in one place share, each has its own value.
    let nbytes = Layout::contiguous(layout.shape(), layout.itemsize())?.nbytes();
    let mut bytes = fallible::vec_for(nbytes)?;
    let checkpoints = &mut Checkpoints::for_objects(list.py(), layout.len());
    encode(target, layout.shape(), list, &mut bytes, checkpoints)?;
    Ok(bytes)
}

fn encode<'py>(
    target: Description<'_>,
    shape: &[usize],
    object: &Bound<'py, PyAny>,
    bytes: &mut Vec<u8>,
    checkpoints: &mut Checkpoints<'py>,
) -> PyResult<()> {
    let [length, inner @ ..] = shape else {
        checkpoints.advance(1)?;
        // As a bool it would be True, whatever is in it.
        if target.is_scalar() && is_sequence(object) {
            return Err(other_shape(target, "single values", object)?);
        }
        let mut encoded = Encoded::default();
        target.encode(object, &mut encoded)?;
        // As many bytes were reserved.
        bytes.extend_from_slice(encoded.bytes());
        return Ok(());
    };
    check(target, *length, object)?;
    for index in 0..*length {
        encode(target, inner, &object.get_item(index)?, bytes, checkpoints)?;
    }
    Ok(())
}

fn is_sequence(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>()
}

/// Checks that an object is a list, or a tuple, of that length.
fn check(target: Description<'_>, length: usize, object: &Bound<'_, PyAny>) -> PyResult<()> {
    if is_sequence(object) && object.len()? == length {
        return Ok(());
    }
    Err(other_shape(target, &format!("lists of {length} values"), object)?)
}

#[cold]
fn other_shape(
    target: Description<'_>,
    expected: &str,
    object: &Bound<'_, PyAny>,
) -> PyResult<PyErr> {
    let what = match is_sequence(object) {
        true => format!("one of {} values", object.len()?),
        false => objects::type_name(object),
    };
    let shape = Tuple(target.layout().shape());
    Ok(PyValueError::new_err(format!("elements of shape {shape} take {expected} here, not {what}")))
}
