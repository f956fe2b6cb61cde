//! What the elements of NumPy's record arrays are, by their dtypes.
//!
//! The formats that NumPy exports for records do not tell the offset of every field. Padding is
//! written as `x` between fields, but not at the end of a record in a sub-array of records; after a
//! nested record it follows the closing brace, so that a parser that aligns the nested record
//! counts it twice; and for a scalar, or an array of one element, an unaligned field is written as
//! aligned. The dtype has all offsets. Formats without records are right, and never come here.

use std::sync::Arc;

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyMemoryView, PyString, PyTuple, PyType};

use super::AsView;
use super::known::Source;
use super::redirect::{Handed, handed_on};
use super::refusal::is_of_names;
use super::types::{MAX_DEPTH, code_of_number, find_base, is_from, is_named};
use crate::array::AnyArray;
use crate::dtype::{DType, ScalarType};
use crate::error::Error;
use crate::fallible;
use crate::form::recent::key_of_text;
use crate::form::{ElementType, Field, Judgement, Record, judge, overlapping};
use crate::format::{ByteOrder, Format, FormatString};
use crate::layout::MAX_NDIM;
use crate::python::errors::{DiscardError, discard, with_exception};
use crate::python::exceptions::{PyMemoryError, PyValueError};
use crate::python::objects;

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
    let told = matches!(array, AnyArray::Composite(claimed) if **claimed.descriptor() == element_type)
        && element_type.is_described_to_numpy_by(array.format().as_bytes());
    let holds_objects = element_type.has_objects();
    let keep = |found: &AnyArray| {
        if let Some((owner, _)) = owner(exporter) {
            KNOWN.keep(&owner, array.format().as_c_str(), found);
        }
    };
    if told && !holds_objects && covered(&element_type) == element_type.size() {
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

/// Returns the NumPy array or scalar whose memory an exporter shows, and its dtype.
///
/// # Errors
/// What the attribute raises.
pub(super) fn dtype<'py>(
    exporter: &Bound<'py, PyAny>,
) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
    let Some((owner, class)) = owner(exporter) else { return Ok(None) };
    let dtype = attribute(&owner, &class, intern!(owner.py(), "dtype"))?;
    Ok(Some((owner, dtype)))
}

/// Returns an attribute that NumPy's own class has: a class derived from it may have another one.
fn attribute<'py>(
    object: &Bound<'py, PyAny>,
    class: &Bound<'py, PyType>,
    name: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    if object.get_type().is(class) {
        return object.getattr(name);
    }
    class.getattr(name)?.call_method1(intern!(object.py(), "__get__"), (object,))
}

/// Returns the NumPy array or scalar whose memory an exporter shows, and NumPy's class for it.
fn owner<'py>(exporter: &Bound<'py, PyAny>) -> Option<(Bound<'py, PyAny>, Bound<'py, PyType>)> {
    let mut exporter = exporter.clone();
    while let Some(handed) = handed_on(&exporter) {
        exporter = handed.0?;
    }
    static ARRAYS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (py, class) = (exporter.py(), exporter.get_type());
    if ARRAYS.get(py).is_some_and(|arrays| class.is(arrays)) {
        return Some((exporter, class));
    }
    let class = find_base(&class, |class| {
        is_from(class, "numpy", "ndarray") || is_from(class, "numpy", "void")
    })?;
    if is_named(&class, "ndarray") {
        ARRAYS.get_or_init(py, || class.clone().unbind());
    }
    Some((exporter, class))
}

/// Returns whether a NumPy array may be a view of memory that holds references, and of which it
/// shows some fields only. Without a way to tell views, they may all hold some.
fn base_holds_objects<'py>(
    mut next: Option<(Bound<'py, PyAny>, Bound<'py, PyType>)>,
    as_view: Option<AsView>,
) -> bool {
    while let Some((array, class)) = next {
        let py = array.py();
        let holds: PyResult<bool> = attribute(&array, &class, intern!(py, "dtype"))
            .and_then(|dtype| dtype.getattr(intern!(py, "hasobject"))?.extract());
        // Where nothing tells, there may be some.
        if holds.or_discard(py).unwrap_or(true) {
            return true;
        }
        let Some(base) = base_of(&array, &class) else { return false };
        next = owner(&base);
        if next.is_none() {
            return may_hold_objects(base, as_view);
        }
    }
    false
}

/// Returns the object whose memory a NumPy array shows, if it is not its own.
fn base_of<'py>(
    array: &Bound<'py, PyAny>,
    class: &Bound<'py, PyType>,
) -> Option<Bound<'py, PyAny>> {
    let base = attribute(array, class, intern!(array.py(), "base")).or_discard(array.py());
    base.filter(|base| !base.is_none())
}

/// Returns the object whose memory a NumPy array, or a scalar, shows, if it is not its own.
pub(super) fn base<'py>(exporter: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let (array, class) = owner(exporter)?;
    base_of(&array, &class)
}

/// Returns whether there may be references in the memory of an exporter that is none of NumPy's,
/// as far as its format tells: a record may have some between its fields if it is that of a view.
fn may_hold_objects<'py>(mut exporter: Bound<'py, PyAny>, as_view: Option<AsView>) -> bool {
    let py = exporter.py();
    loop {
        if let Some(view) = as_view.and_then(|as_view| as_view(&exporter)) {
            return view.array.has_references();
        }
        match handed_on(&exporter) {
            Some(Handed(Some(inner))) => exporter = inner,
            Some(Handed(None)) => return true,
            None => break,
        }
    }
    // What only keeps the memory alive says nothing of it.
    if !objects::exports_buffer(&exporter) {
        return false;
    }
    let shown = PyMemoryView::from(&exporter);
    let format = shown.and_then(|shown| shown.getattr(intern!(py, "format")));
    let Some(format) = format.or_discard(py) else { return true };
    let Ok(format) = format.extract::<&str>() else { return true };
    format.contains('O') || as_view.is_none() && format.contains('{')
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

/// Returns the element type of one element of a dtype that lies so deep in others, and in
/// sub-arrays of so many dimensions together. The limits are those of format strings.
fn element_type_of(
    dtype: &Bound<'_, PyAny>,
    depth: usize,
    dimensions: usize,
) -> PyResult<ElementType> {
    let unknown = || PyValueError::new_err("a dtype that is not read");
    if depth > MAX_DEPTH || dimensions > MAX_NDIM {
        return Err(unknown());
    }
    let size: usize = dtype.getattr("itemsize")?.extract()?;
    let sub_array = dtype.getattr("subdtype")?;
    let names = dtype.getattr("names")?;
    let element_type = if let Ok(parts) = sub_array.cast::<PyTuple>() {
        let shape: Vec<usize> = parts.get_item(1)?.extract()?;
        let dimensions = dimensions + shape.len();
        ElementType::array(shape, element_type_of(&parts.get_item(0)?, depth + 1, dimensions)?)
    } else if let Ok(names) = names.cast::<PyTuple>() {
        let described = dtype.getattr("fields")?;
        let mut fields = fallible::vec_for(names.len())?;
        for name in names {
            let field = described.get_item(&name)?;
            let element_type = element_type_of(&field.get_item(0)?, depth + 1, dimensions)?;
            let offset: usize = field.get_item(1)?.extract()?;
            if offset.checked_add(element_type.size()).is_none_or(|end| end > size) {
                return Err(unknown());
            }
            let name = Some(objects::text(name.cast::<PyString>()?)?);
            fields.push(Field::new(name, offset, element_type));
        }
        let union = overlapping(&fields)?.is_some();
        ElementType::Record(Record::struct_or_union(fields, size, union))
    } else {
        let element_type = simple(&dtype.getattr("str")?.extract::<String>()?, size);
        // To NumPy the types of other packages may be bytes without a meaning.
        let is_void = dtype.getattr("type")?.cast_into::<PyType>().is_ok_and(|class| {
            find_base(&class, |class| is_from(class, "numpy", "void")).is_some()
        });
        element_type
            .filter(|element_type| is_void || !matches!(element_type, ElementType::Void(_)))
            .ok_or_else(unknown)?
    };
    // NumPy counts the references of dtypes that were made to hold some.
    let counted = || dtype.getattr("hasobject")?.is_truthy();
    if element_type.size() != size || (element_type.has_objects() && !counted()?) {
        return Err(unknown());
    }
    Ok(element_type)
}

/// Returns the element type of one element of a dtype without parts, by its name: byte order, kind
/// and size. The dtypes of other packages may have any name.
fn simple(name: &str, size: usize) -> Option<ElementType> {
    let [order, kind, digits @ ..] = name.as_bytes() else { return None };
    let (order, kind) = (*order, *kind);
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let swapped = order == ByteOrder::NATIVE.reversed().prefix();
    let code = match (kind, size) {
        (b'S', _) => return Some(ElementType::Bytes(size)),
        (b'V', _) => return Some(ElementType::Void(size)),
        (b'U', _) => {
            return Some(ElementType::Text(ScalarType { dtype: DType::Ucs4, swapped }, size / 4));
        }
        (b'O', _) => return Some(ElementType::Object),
        _ => code_of_number(kind, size)?,
    };
    // Codes of standard size need their byte order; a long double exists in native order only.
    let prefix = if swapped { order as char } else { '@' };
    match judge(format!("{prefix}{code}").as_bytes(), size) {
        Judgement::Scalar(scalar_type) => Some(ElementType::Scalar(scalar_type)),
        Judgement::Composite(_) | Judgement::Unreadable(_) => None,
    }
}
