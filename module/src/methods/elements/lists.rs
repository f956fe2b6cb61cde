//! Lists stored in many elements, one value for each, where memoryview takes nothing of the kind.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use consumer::error::Tuple;
use consumer::fallible;
use consumer::form::ElementType;
use consumer::layout::{Layout, unravel};
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

/// Stores the values of nested lists in the elements of `target`, one after the other: for elements
/// that are references to objects, or have some.
///
/// # Errors
/// ValueError for lists of another shape, before anything is stored; what the values are refused
/// for, and what a signal handler raises.
pub(super) fn store_each<'py>(
    target: Description<'_>,
    list: &Bound<'py, PyAny>,
    mut store: impl FnMut(&[isize], &Bound<'py, PyAny>) -> PyResult<()>,
) -> PyResult<()> {
    let shape = target.layout().shape();
    let mut values = fallible::vec_for(target.layout().len())?;
    let mut checkpoints = Checkpoints::for_objects(list.py(), target.layout().len());
    for_each_value(target, shape, list, &mut |value| {
        checkpoints.advance(1)?;
        Ok(fallible::push(&mut values, value)?)
    })?;
    for (position, value) in values.iter().enumerate() {
        checkpoints.advance(1)?;
        let index = unravel(position, shape);
        let index: Vec<isize> = index.into_iter().map(|index| index as isize).collect();
        store(&index, value)?;
    }
    Ok(())
}

/// Converts the values of nested lists to elements, one after the other.
///
/// # Errors
/// ValueError for lists of another shape, and what the values are refused for.
pub(super) fn encoded<'py>(target: Description<'_>, list: &Bound<'py, PyAny>) -> PyResult<Vec<u8>> {
    let layout = target.layout();
    // Whatever elements in one place share, each has its own value.
    let nbytes = Layout::contiguous(layout.shape(), layout.itemsize())?.nbytes();
    let mut bytes = fallible::vec_for(nbytes)?;
    let mut checkpoints = Checkpoints::for_objects(list.py(), layout.len());
    for_each_value(target, layout.shape(), list, &mut |value| {
        checkpoints.advance(1)?;
        // As a bool it would be True, whatever is in it.
        if target.is_scalar() && is_sequence(&value) {
            return Err(other_shape(target, "single values", &value));
        }
        let mut encoded = Encoded::default();
        target.encode(&value, &mut encoded)?;
        // As many bytes were reserved.
        bytes.extend_from_slice(encoded.bytes());
        Ok(())
    })?;
    Ok(bytes)
}

/// Visits the values of nested lists, or tuples, of a shape.
fn for_each_value<'py>(
    target: Description<'_>,
    shape: &[usize],
    object: &Bound<'py, PyAny>,
    visit: &mut dyn FnMut(Bound<'py, PyAny>) -> PyResult<()>,
) -> PyResult<()> {
    let [length, inner @ ..] = shape else { return visit(object.clone()) };
    if !is_sequence(object) || object.len()? != *length {
        return Err(other_shape(target, &format!("lists of {length} values"), object));
    }
    for index in 0..*length {
        for_each_value(target, inner, &object.get_item(index)?, visit)?;
    }
    Ok(())
}

fn is_sequence(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>()
}

#[cold]
fn other_shape(target: Description<'_>, expected: &str, object: &Bound<'_, PyAny>) -> PyErr {
    let what = match is_sequence(object).then(|| object.len()) {
        Some(Ok(length)) => format!("a list of {length} values"),
        Some(Err(error)) => return error,
        None => objects::type_name(object),
    };
    let shape = Tuple(target.layout().shape());
    PyValueError::new_err(format!("elements of shape {shape} take {expected} here, not {what}"))
}
