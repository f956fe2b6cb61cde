//! The element types that dtypes describe.

use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

use crate::dtype::{DType, ScalarType};
use crate::fallible;
use crate::form::{ElementType, Field, Judgement, Record, judge, overlapping};
use crate::format::ByteOrder;
use crate::layout::MAX_NDIM;
use crate::python::acquire::types::{MAX_DEPTH, code_of_number, find_base, is_from};
use crate::python::exceptions::PyValueError;
use crate::python::objects;

/// Returns the element type of one element of a dtype that lies so deep in others, and in
/// sub-arrays of so many dimensions together. The limits are those of format strings.
pub(super) fn element_type_of(
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
