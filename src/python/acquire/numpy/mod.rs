//! What the elements of NumPy's record arrays are, by their dtypes.
//!
//! The formats that NumPy exports for records do not tell the offset of every field. Padding is
//! written as `x` between fields, but not at the end of a record in a sub-array of records; after a
//! nested record it follows the closing brace, so that a parser that aligns the nested record
//! counts it twice; and for a scalar, or an array of one element, an unaligned field is written as
//! aligned. The dtype has all offsets. Formats without records are right, and never come here.
//!
//! Whose memory it is, arrays.rs finds; what a dtype describes, dtypes.rs.

mod arrays;
mod dtypes;

use std::sync::Arc;

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::AsView;
use super::known::Source;
use super::refusal::is_of_names;
use crate::array::AnyArray;
use crate::error::Error;
use crate::fallible;
use crate::form::recent::key_of_text;
use crate::form::{ElementType, Field};
use crate::format::{Format, FormatString};
use crate::python::errors::{DiscardError, discard, with_exception};
use crate::python::exceptions::{PyMemoryError, PyValueError};
use crate::python::objects;
use arrays::{attribute, base_holds_objects, owner};
pub(super) use arrays::{base, dtype};
use dtypes::element_type_of;

/// What dtypes have told of arrays of few classes.
pub(super) static KNOWN: Source =
    Source::new(|_, format| key_of_text(format.to_bytes()), is_same_record);

/// Returns the array as its dtype describes it, if NumPy exports it, itself or through a
/// memoryview. A format that does not say all that the dtype does is written anew.
///
/// # Safety
/// The array's memory is that of `exporter`.
pub(super) unsafe fn correct(
    array: &AnyArray,
    exporter: &Bound<'_, PyAny>,
    as_view: AsView,
) -> Option<AnyArray> {
    if !array.format().as_bytes().contains(&b'{') {
        return None;
    }
    let py = exporter.py();
    let element_type = match element_type(array, exporter) {
        Ok(element_type) => element_type?,
        Err(error) => {
            let error = with_exception(py, error);
            // The array was exported by its names a moment ago.
            let no_memory = PyMemoryError::matches(&error, py) || is_of_names(py, &error);
            discard(py, error);
            let why = || fallible::no_memory(array.layout().itemsize());
            // SAFETY: the caller guarantees it.
            return no_memory.then(|| unsafe { opaque(array, why()) });
        }
    };
    let is_read =
        matches!(array, AnyArray::Composite(claimed) if **claimed.descriptor() == element_type);
    let text = array.format().as_bytes();
    let told = (is_read || element_type.is_described_by(text))
        && element_type.is_described_to_numpy_by(text);
    let holds_objects = element_type.has_objects();
    let keep = |found: &AnyArray| {
        if let Some((owner, _)) = owner(exporter) {
            KNOWN.keep(&owner, array.format().as_c_str(), found);
        }
    };
    if is_read && told && !holds_objects && covered(&element_type) == element_type.size() {
        keep(array);
        return Some(array.clone());
    }
    if holds_objects && !claimed(array).is_some_and(|claimed| same_objects(&claimed, &element_type))
    {
        return None;
    }
    let format = if told { array.format().clone() } else { element_type.format() };
    // SAFETY: the caller guarantees it.
    let found = unsafe { array_of(array, (exporter, as_view), element_type, format) };
    keep(&found);
    Some(found)
}

/// Returns the array as its dtype describes it, where NumPy exports it without a format only: it
/// has none for records whose fields overlap or are out of order. `None` if it is no record of
/// NumPy's, or one whose dtype holds what is not read.
///
/// # Errors
/// What the dtype raises.
///
/// # Safety
/// The array's memory is that of `exporter`.
pub(super) unsafe fn described(
    array: &AnyArray,
    exporter: &Bound<'_, PyAny>,
    as_view: AsView,
) -> PyResult<Option<AnyArray>> {
    let Some((_, dtype)) = dtype(exporter)? else { return Ok(None) };
    if dtype.getattr("names")?.is_none() {
        return Ok(None);
    }
    let element_type = match element_type_of(&dtype, 0, 0) {
        Ok(element_type) => element_type,
        Err(error) => {
            let error = with_exception(exporter.py(), error);
            if !PyValueError::matches(&error, exporter.py()) {
                return Err(error);
            }
            discard(exporter.py(), error);
            return Ok(None);
        }
    };
    // No format proves where there are references.
    if element_type.size() != array.layout().itemsize() || element_type.has_objects() {
        return Ok(None);
    }
    let format = element_type.format();
    // SAFETY: the caller guarantees it.
    Ok(Some(unsafe { array_of(array, (exporter, as_view), element_type, format) }))
}

/// Returns the array with elements that are known.
///
/// # Safety
/// The array's memory is that of `exporter`, and has elements of that type.
unsafe fn array_of(
    array: &AnyArray,
    (exporter, as_view): (&Bound<'_, PyAny>, AsView),
    mut element_type: ElementType,
    format: FormatString,
) -> AnyArray {
    let partial = covered(&element_type) < element_type.size();
    if let ElementType::Record(record) = &mut element_type {
        record.partial = partial;
        record.hides_objects = partial && base_holds_objects(owner(exporter), Some(as_view));
    }
    if let Err(why) = fallible::room_for(element_type.weight()) {
        // SAFETY: the caller guarantees it.
        return unsafe { opaque(array, why) };
    }
    let (start, layout, readonly) = (array.start(), array.layout().clone(), array.readonly());
    // SAFETY: the caller guarantees it: the same memory in elements of the same size.
    unsafe { AnyArray::composite(start, layout, format, readonly, None, Arc::new(element_type)) }
}

/// Returns the array with elements that cannot be read, and why.
///
/// # Safety
/// The array's memory is what it describes.
unsafe fn opaque(array: &AnyArray, why: Error) -> AnyArray {
    let (layout, format) = (array.layout().clone(), array.format().clone());
    // SAFETY: the same memory, of which no element is read.
    unsafe { AnyArray::opaque(array.start(), layout, format, array.readonly(), None, why) }
}

/// Returns whether the elements of an exporter are the records that were read from a dtype when
/// NumPy had exported the same format and itemsize.
///
/// NumPy writes every byte in front of a field, and refuses to export fields that are not in the
/// order of their offsets. What it leaves out is the padding at the end of records in records, so
/// that these must have the same sizes. That no references lie between the fields is known of each
/// array only by itself.
fn is_same_record(exporter: &Bound<'_, PyAny>, known: &ElementType) -> bool {
    let ElementType::Record(record) = known else { return false };
    let nests = record.fields.iter().any(|field| has_records(&field.element_type));
    if !nests && !record.partial {
        return true;
    }
    let Some((array, class)) = owner(exporter) else { return false };
    let same_sizes = || {
        let dtype = attribute(&array, &class, intern!(array.py(), "dtype"))?;
        has_sizes(&dtype, known)
    };
    (!nests || same_sizes().or_discard(array.py()).unwrap_or(false))
        && !(record.partial && base_holds_objects(Some((array, class)), None))
}

fn has_records(element_type: &ElementType) -> bool {
    element_type.any(&|part| matches!(part, ElementType::Record(_)))
}

/// Returns whether the records in a dtype have the sizes of those in an element type.
fn has_sizes(dtype: &Bound<'_, PyAny>, known: &ElementType) -> PyResult<bool> {
    let py = dtype.py();
    match known {
        ElementType::Array { element, .. } => {
            has_sizes(&dtype.getattr(intern!(py, "base"))?, element)
        }
        ElementType::Record(record) => {
            let fields = dtype.getattr(intern!(py, "fields"))?;
            for field in record.fields.iter().filter(|field| has_records(&field.element_type)) {
                let name = objects::string(py, field.name.as_deref().unwrap_or_default())?;
                if !has_sizes(&fields.get_item(name)?.get_item(0)?, &field.element_type)? {
                    return Ok(false);
                }
            }
            Ok(dtype.getattr(intern!(py, "itemsize"))?.extract::<usize>()? == record.size)
        }
        _ => Ok(true),
    }
}

/// Returns the element type that the array's format claims, whether it is believed or not.
fn claimed(array: &AnyArray) -> Option<Arc<ElementType>> {
    match array {
        AnyArray::Composite(array) => Some(array.descriptor().clone()),
        _ => {
            let tree = Format::parse(array.format().as_bytes()).ok()?;
            ElementType::from_format(&tree).ok().map(Arc::new)
        }
    }
}

/// Returns how many bytes of an element belong to its fields. The others may be more than padding:
/// other fields of the array that this one is a selection from, as in `a[["x", "y"]]`.
fn covered(element_type: &ElementType) -> usize {
    match element_type {
        ElementType::Record(record) => {
            record.fields.iter().map(|field| covered(&field.element_type)).sum()
        }
        ElementType::Array { shape, element } => shape.iter().product::<usize>() * covered(element),
        _ => element_type.size(),
    }
}

/// Returns whether an element type claims an object wherever a known one has one. The attributes of
/// a dtype can be reached and changed by roundabout ways, the format of an export cannot.
fn same_objects(claimed: &ElementType, known: &ElementType) -> bool {
    match (claimed, known) {
        (ElementType::Record(claimed), ElementType::Record(known)) => {
            let same = |(claimed, known): (&Field, &Field)| {
                same_objects(&claimed.element_type, &known.element_type)
            };
            claimed.fields.len() == known.fields.len()
                && claimed.fields.iter().zip(&known.fields).all(same)
        }
        (
            ElementType::Array { shape, element },
            ElementType::Array { shape: other_shape, element: other },
        ) => shape == other_shape && same_objects(element, other),
        (ElementType::Object, ElementType::Object) => true,
        (_, known) => !known.has_objects(),
    }
}

/// Returns the element type of the elements by their dtype; `None` if NumPy does not export them,
/// if the dtype is no longer that of the export, or if it holds what is not read.
fn element_type(array: &AnyArray, exporter: &Bound<'_, PyAny>) -> PyResult<Option<ElementType>> {
    let Some((owner, dtype)) = dtype(exporter)? else { return Ok(None) };
    let element_type = element_type_of(&dtype, 0, 0)?;
    let fits = element_type.size() == array.layout().itemsize() && is_current(array, &owner)?;
    Ok(fits.then_some(element_type))
}

/// Returns whether an exporter still exports what the array was made from: its dtype can be set.
fn is_current(array: &AnyArray, exporter: &Bound<'_, PyAny>) -> PyResult<bool> {
    // SAFETY: the object is alive; the result is a new reference or NULL.
    let view = unsafe {
        Bound::from_owned_ptr_or_err(exporter.py(), ffi::PyMemoryView_FromObject(exporter.as_ptr()))
    };
    let format = view?.getattr(intern!(exporter.py(), "format"))?.cast_into::<PyString>()?;
    // Its text is in the str itself, and is not copied.
    Ok(format.to_str()?.as_bytes() == array.format().as_bytes())
}
