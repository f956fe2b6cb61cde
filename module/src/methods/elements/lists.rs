//! Lists stored in many elements, one value for each, where memoryview takes nothing of the kind.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use consumer::error::Tuple;
use consumer::fallible;
use consumer::form::ElementType;
use consumer::layout::Layout;
use consumer::python::exceptions::PyValueError;
use consumer::python::objects;

use crate::gil::Checkpoints;
use crate::object::Description;
use crate::values::elements::Encoded;

/// Returns whether a list is values for elements: not if it can be one element. Where a record can
/// be given as a list, those of several are tuples or mappings, as NumPy has it.
pub(super) fn are_elements(target: Description<'_>, list: &Bound<'_, PyList>) -> PyResult<bool> {
    let ndim = target.layout().ndim();
    if ndim == 0 || target.has_references() {
        return Ok(false);
    }
    match target.element_type() {
        None => Ok(target.is_scalar()),
        Some(ElementType::Record(record)) => {
            let mut first = list.clone().into_any();
            for _ in 0..ndim {
                let Ok(list) = first.cast::<PyList>() else { return Ok(false) };
                if list.is_empty() {
                    return Ok(true);
                }
                first = list.get_item(0)?;
            }
            let nested = |field: &ElementType| field.is_nested();
            let ambiguous = record.fields.first().is_some_and(|it| nested(&it.element_type));
            Ok(first.is_instance_of::<PyDict>() || first.is_instance_of::<PyTuple>() && !ambiguous)
        }
        Some(ElementType::Array { .. } | ElementType::Padded(..)) => Ok(false),
        Some(_) => Ok(true),
    }
}

/// Converts the values of nested lists to elements, one after the other.
///
/// # Errors
/// ValueError for lists of another shape, and what the values are refused for.
pub(super) fn encoded(target: Description<'_>, list: &Bound<'_, PyList>) -> PyResult<Vec<u8>> {
    let layout = target.layout();
    // Whatever elements in one place share, each has its own value.
    let nbytes = Layout::contiguous(layout.shape(), layout.itemsize())?.nbytes();
    let mut bytes = fallible::vec_for(nbytes)?;
    let checkpoints = &mut Checkpoints::for_objects(list.py(), layout.len());
    encode(target, layout.shape(), list.as_any(), &mut bytes, checkpoints)?;
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
        let mut encoded = Encoded::default();
        target.encode(object, &mut encoded)?;
        // As many bytes were reserved.
        bytes.extend_from_slice(encoded.bytes());
        return Ok(());
    };
    let (is_list, is_tuple) =
        (object.is_instance_of::<PyList>(), object.is_instance_of::<PyTuple>());
    let found = if is_list || is_tuple { object.len()? } else { 0 };
    if !(is_list || is_tuple) || found != *length {
        let shape = Tuple(target.layout().shape());
        let what = match is_list || is_tuple {
            true => format!("one of {found} values"),
            false => objects::type_name(object),
        };
        return Err(PyValueError::new_err(format!(
            "elements of shape {shape} take lists of {length} values here, not {what}"
        )));
    }
    for index in 0..*length {
        encode(target, inner, &object.get_item(index)?, bytes, checkpoints)?;
    }
    Ok(())
}
