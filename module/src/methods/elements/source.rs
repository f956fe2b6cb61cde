//! Where the elements come from that are stored in others: whether an object has some, and whether
//! they may be stored there.

use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::dtype::{DType, ScalarType};
use consumer::error::Tuple;
use consumer::form::ElementType;
use consumer::python::acquire;
use consumer::python::exceptions::PyValueError;
use consumer::python::objects;

use crate::object::consume::view_of;
use crate::object::{Description, PyConsumerArray};

/// Returns a view of an object whose elements may be stored in those of `target`: one that exports
/// a buffer, or shares its memory by another protocol. `None` for any other object, and for one
/// that is stored itself.
pub(super) fn exporter_of<'py>(
    target: Description<'_>,
    value: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyConsumerArray>>> {
    if !objects::exports_buffer(value)
        && (target.element_type().is_some_and(is_object) || !acquire::lends(value)?)
    {
        return Ok(None);
    }
    view_of(value).map(Some)
}

/// Returns whether elements hold all values of others, in the same shape.
pub(super) fn is_safe(source: &AnyArray, target: &AnyArray) -> bool {
    !target.has_references()
        && !source.has_references()
        && source.is_safe_in(target).unwrap_or(false)
}

/// Returns whether elements are references to objects, whatever these are.
pub(super) fn takes_objects(array: &AnyArray) -> bool {
    matches!(array, AnyArray::Composite(array) if is_object(array.descriptor()))
}

fn is_object(element_type: &ElementType) -> bool {
    match element_type {
        ElementType::Object => true,
        ElementType::Padded(_, element_type) => is_object(element_type),
        _ => false,
    }
}

pub(super) fn holds_long_doubles(array: &AnyArray) -> bool {
    let is_long = |scalar_type: ScalarType| {
        matches!(scalar_type.dtype, DType::LongDouble | DType::ComplexLongDouble)
    };
    match array {
        AnyArray::Composite(array) => array
            .descriptor()
            .any(&|part| matches!(part, ElementType::Scalar(scalar_type) if is_long(*scalar_type))),
        array => array.scalar_type().is_some_and(is_long),
    }
}

/// Returns whether an object that exports a buffer may be meant as one element: a byte string. (So
/// may one without dimensions, as NumPy's scalars are.)
pub(super) fn holds_bytes(array: &AnyArray) -> bool {
    fn is_bytes(element_type: &ElementType) -> bool {
        match element_type {
            ElementType::Bytes(_) | ElementType::Pascal(_) | ElementType::Void(_) => true,
            ElementType::Scalar(scalar_type) => scalar_type.dtype == DType::Char,
            ElementType::Padded(_, element_type) => is_bytes(element_type),
            _ => false,
        }
    }
    match array {
        AnyArray::Char(_) => true,
        AnyArray::Composite(array) => is_bytes(array.descriptor()),
        _ => false,
    }
}

#[cold]
pub(super) fn different_structures(target: &AnyArray, source: &AnyArray) -> PyErr {
    let (from, to) = (source.layout().shape(), target.layout().shape());
    if from != to {
        return PyValueError::new_err(format!(
            "cannot assign a buffer of shape {} to elements of shape {}",
            Tuple(from),
            Tuple(to)
        ));
    }
    let (from, to) = (source.format(), target.format());
    let advice = match source.is_safe_in(target) {
        Ok(_) if target.has_references() || source.has_references() => {
            ": references to objects are only copied between elements of one format, or field by \
             field: v['name'] = x['name']"
                .to_owned()
        }
        Ok(_) => format!(
            ", which does not hold all of its values: consume(x).astype('{to}') converts them"
        ),
        // Which fields do not become each other.
        Err(error) if source.record().is_some() => format!(": {error}"),
        Err(_) if target.bits().is_some() => ": v[...] = x.tolist() stores integers".to_owned(),
        Err(_) => String::new(),
    };
    PyValueError::new_err(format!(
        "cannot assign a buffer of format '{from}' to elements of format '{to}'{advice}"
    ))
}
