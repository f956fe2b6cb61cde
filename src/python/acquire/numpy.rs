//! What the elements of NumPy's record arrays are, by their dtypes.
//!
//! The formats that NumPy exports for records do not tell the offset of every field. Padding is
//! written as `x` between fields, but not at the end of a record in a sub-array of records; after a
//! nested record it follows the closing brace, so that a parser that aligns the nested record
//! counts it twice; and for a scalar, or an array of one element, an unaligned field is written as
//! aligned. The dtype has all offsets. Formats without records are right, and never come here.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::types::{MAX_DEPTH, base_class};
use crate::array::AnyArray;
use crate::dtype::{DType, ScalarType};
use crate::form::{ElementType, Field, Judgement, Record, judge};
use crate::format::ByteOrder;
use crate::layout::MAX_NDIM;
use crate::python::errors::DiscardError;

/// Returns the array as its dtype describes it, if NumPy exports it, itself or through a
/// memoryview. A format that does not say all that the dtype does is written anew.
///
/// # Safety
/// The array's memory is that of `exporter`.
pub(super) unsafe fn correct(array: &AnyArray, exporter: &Bound<'_, PyAny>) -> Option<AnyArray> {
    if !array.format().as_bytes().contains(&b'{') {
        return None;
    }
    let mut element_type = element_type(array, exporter)?;
    let partial = covered(&element_type) < element_type.size();
    let format = array.format().as_bytes();
    let told = matches!(array, AnyArray::Composite(claimed) if **claimed.descriptor() == element_type)
        && element_type.is_described_to_numpy_by(format);
    if told && !partial {
        return Some(array.clone());
    }
    if let ElementType::Record(record) = &mut element_type {
        record.partial = partial;
        record.hides_objects = partial && base_holds_objects(exporter);
    }
    let format = if told { array.format().clone() } else { element_type.format() };
    let layout = array.layout().clone();
    // SAFETY: the same memory in elements of the same size, which are of that dtype.
    Some(unsafe {
        AnyArray::composite(
            array.start(),
            layout,
            format,
            array.readonly(),
            None,
            Arc::new(element_type),
        )
    })
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

/// Returns the element type of the elements by their dtype; `None` if NumPy does not export them,
/// if the dtype is no longer that of the export, or if it holds what is not read.
fn element_type(array: &AnyArray, exporter: &Bound<'_, PyAny>) -> Option<ElementType> {
    let (exporter, class) = owner(exporter)?;
    // The attribute of NumPy's own class, because a class derived from it may have another one.
    let dtype = class.getattr("dtype").ok()?.call_method1("__get__", (&exporter,)).ok()?;
    let element_type = element_type_of(&dtype, 0, 0).ok()?;
    let fits = element_type.size() == array.layout().itemsize() && is_current(array, &exporter);
    fits.then_some(element_type)
}

/// Returns the NumPy array or scalar whose memory an exporter shows, and NumPy's class for it.
fn owner<'py>(exporter: &Bound<'py, PyAny>) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let mut exporter = exporter.clone();
    // SAFETY: the object is alive.
    while unsafe { ffi::PyMemoryView_Check(exporter.as_ptr()) } != 0 {
        exporter = exporter.getattr("obj").ok()?;
    }
    let class = base_class(&exporter, |name| name == c"numpy.ndarray" || name == c"numpy.void")?;
    Some((exporter, class))
}

/// Returns whether a NumPy array is a view of one whose elements hold references, and of which it
/// shows some fields only.
fn base_holds_objects(exporter: &Bound<'_, PyAny>) -> bool {
    let mut next = owner(exporter);
    while let Some((array, class)) = next {
        let attribute = |name| class.getattr(name)?.call_method1("__get__", (&array,));
        let holds: PyResult<bool> =
            attribute("dtype").and_then(|dtype| dtype.getattr("hasobject")?.extract());
        // Where nothing tells, there may be some.
        if holds.or_discard(array.py()).unwrap_or(true) {
            return true;
        }
        next = attribute("base").or_discard(array.py()).and_then(|base| owner(&base));
    }
    false
}

/// Returns whether an exporter still exports what the array was made from: its dtype can be set.
fn is_current(array: &AnyArray, exporter: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the object is alive; the result is a new reference or NULL.
    let view = unsafe {
        Bound::from_owned_ptr_or_err(exporter.py(), ffi::PyMemoryView_FromObject(exporter.as_ptr()))
    };
    let format = view.and_then(|view| view.getattr("format")?.extract::<String>());
    format.is_ok_and(|format| format == array.format().to_string())
}

/// Returns the element type of one element of a dtype that lies so deep in others, and in sub-arrays
/// of so many dimensions together. The limits are those of format strings.
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
        let mut fields = Vec::with_capacity(names.len());
        for name in names {
            let field = described.get_item(&name)?;
            let element_type = element_type_of(&field.get_item(0)?, depth + 1, dimensions)?;
            let offset: usize = field.get_item(1)?.extract()?;
            if offset.checked_add(element_type.size()).is_none_or(|end| end > size) {
                return Err(unknown());
            }
            let name = Some(name.cast::<PyString>()?.to_string_lossy().into_owned());
            fields.push(Field { name, offset, element_type, anonymous: false });
        }
        ElementType::Record(Record::new(fields, size))
    } else {
        simple(&dtype.getattr("str")?.extract::<String>()?, size).ok_or_else(unknown)?
    };
    if element_type.size() == size { Ok(element_type) } else { Err(unknown()) }
}

/// Returns the element type of one element of a dtype without parts, by its name: byte order, kind
/// and size.
fn simple(name: &str, size: usize) -> Option<ElementType> {
    let (order, kind) = (*name.as_bytes().first()?, *name.as_bytes().get(1)?);
    let swapped = order == ByteOrder::NATIVE.reversed().prefix();
    let code = match (kind, size) {
        (b'S', _) => return Some(ElementType::Bytes(size)),
        (b'V', _) => return Some(ElementType::Void(size)),
        (b'U', _) => {
            return Some(ElementType::Text(ScalarType { dtype: DType::Ucs4, swapped }, size / 4));
        }
        (b'O', _) => return Some(ElementType::Object),
        (b'b', 1) => "?",
        (b'i', 1) => "b",
        (b'i', 2) => "h",
        (b'i', 4) => "i",
        (b'i', 8) => "q",
        (b'u', 1) => "B",
        (b'u', 2) => "H",
        (b'u', 4) => "I",
        (b'u', 8) => "Q",
        (b'f', 2) => "e",
        (b'f', 4) => "f",
        (b'f', 8) => "d",
        (b'f', _) => "g",
        (b'c', 8) => "Zf",
        (b'c', 16) => "Zd",
        (b'c', _) => "Zg",
        _ => return None,
    };
    // Codes of standard size need their byte order; a long double exists in native order only.
    let prefix = if swapped { order as char } else { '@' };
    match judge(format!("{prefix}{code}").as_bytes(), size) {
        Judgement::Scalar(scalar_type) => Some(ElementType::Scalar(scalar_type)),
        Judgement::Composite(_) | Judgement::Unreadable(_) => None,
    }
}
