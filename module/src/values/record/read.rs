//! From the bytes of an element to its Python object.

use pyo3::ffi;
use pyo3::prelude::*;
use smallvec::SmallVec;

use consumer::dtype::{ScalarType, dispatch_scalar};
use consumer::element::Scalar;
use consumer::fallible::{self, Shortened};
use consumer::form::{Bits, ElementType, Field, Record, code_points, pascal};
use consumer::python::exceptions::PyOverflowError;
use consumer::python::stack;
use consumer::view::load;

use super::rows::{Rows, complete, new_tuple};
use crate::gil::Checkpoints;
use crate::values::lists::fill::{fill_list, new_list, set_items};
use crate::values::{NewReference, PyValue, Reading, failure, no_code_point, no_element, no_value};

/// Creates the object of an element, whose bytes are a copy; NULL with an exception if that fails.
pub(super) fn object(
    py: Python<'_>,
    element_type: &ElementType,
    bytes: &[u8],
    reading: Reading,
) -> NewReference {
    // Elements nest, and these functions with them.
    if element_type.is_nested() && !stack::has_room() {
        return stack::raise_too_deep(py);
    }
    match element_type {
        ElementType::Scalar(scalar_type) => scalar(py, *scalar_type, bytes, reading),
        ElementType::Bits(bits) => bit_field(py, bits, bytes),
        ElementType::Object => reference(py, bytes),
        ElementType::Bytes(size) | ElementType::Void(size) => bytes_object(&bytes[..*size]),
        ElementType::Pascal(size) => bytes_object(pascal(&bytes[..*size])),
        ElementType::Text(unit, count) => str_object(py, code_points(*unit, *count, bytes)),
        ElementType::Array { shape, element } => list(py, shape, element, bytes, reading),
        ElementType::Record(record) => tuple(py, record, bytes, reading),
        ElementType::Padded(offset, element_type) => {
            object(py, element_type, &bytes[*offset..], reading)
        }
        ElementType::Unreadable { why, .. } => no_element(py, why),
    }
}

#[inline(always)]
fn scalar(py: Python<'_>, scalar_type: ScalarType, bytes: &[u8], reading: Reading) -> NewReference {
    dispatch_scalar!(scalar_type, T => {
        match bytes.get(..T::SIZE).map(<T as Scalar>::Bytes::try_from) {
            Some(Ok(bytes)) => match reading {
                Reading::AsPython => T::decode(bytes).into_object(py),
                Reading::Exactly => T::decode(bytes).into_exact_object(py),
            },
            // The element type lies within the element.
            _ => no_value(py, "an element of another size".to_owned()),
        }
    })
}

fn bit_field(py: Python<'_>, bits: &Bits, bytes: &[u8]) -> NewReference {
    let value = bits.value(bytes);
    // No unit has more than 64 bits.
    match i64::try_from(value) {
        Ok(value) => value.into_object(py),
        Err(_) => (value as u64).into_object(py),
    }
}

/// Returns the object that a reference in memory refers to. NULL stands for None, as in NumPy.
fn reference(py: Python<'_>, bytes: &[u8]) -> NewReference {
    let Some(bytes) = bytes.first_chunk() else {
        return no_value(py, "half a reference".to_owned());
    };
    let object = usize::from_ne_bytes(*bytes) as *mut ffi::PyObject;
    // SAFETY: an exporter of format 'O' vouches that its memory holds references or NULL; whoever
    // copied this one keeps its object alive meanwhile.
    unsafe { ffi::Py_NewRef(if object.is_null() { ffi::Py_None() } else { object }) }
}

#[inline]
fn bytes_object(bytes: &[u8]) -> NewReference {
    // SAFETY: attached; the bytes are those of the slice, and the result is a new reference or
    // NULL.
    unsafe { ffi::PyBytes_FromStringAndSize(bytes.as_ptr().cast(), bytes.len() as isize) }
}

fn str_object(py: Python<'_>, codes: impl Iterator<Item = u32>) -> NewReference {
    let codes = match fallible::collect(codes) {
        Ok(codes) => codes,
        Err(error) => return failure(py, error),
    };
    if let Some(code) = codes.iter().find(|&&code| code > 0x10_ffff) {
        return no_code_point(py, *code);
    }
    let kind = ffi::PyUnicode_4BYTE_KIND as i32;
    // SAFETY: as many code points as the slice has, each of four bytes; the result is a new
    // reference or NULL.
    unsafe { ffi::PyUnicode_FromKindAndData(kind, codes.as_ptr().cast(), codes.len() as isize) }
}

pub(super) fn tuple(
    py: Python<'_>,
    record: &Record,
    bytes: &[u8],
    reading: Reading,
) -> NewReference {
    let fields = &record.fields;
    // What is compared or shown is only looked at.
    let rows = Rows::of(record).filter(|_| reading == Reading::AsPython);
    // SAFETY: attached; the tuple is new, and filled from its start. Its empty places are NULL,
    // which the collector, should it run meanwhile, knows to pass over.
    unsafe {
        let tuple = new_tuple(rows, fields.len());
        if tuple.is_null() {
            return tuple;
        }
        for (place, field) in fields.iter().enumerate() {
            let bytes = &bytes[field.offset..];
            // Most fields are scalars.
            let object = match &field.element_type {
                ElementType::Scalar(scalar_type) => scalar(py, *scalar_type, bytes, reading),
                element_type => object(py, element_type, bytes, reading),
            };
            if object.is_null() {
                ffi::Py_DECREF(tuple);
                return object;
            }
            ffi::PyTuple_SET_ITEM(tuple, place as isize, object);
        }
        complete(rows, tuple);
        tuple
    }
}

fn list(
    py: Python<'_>,
    shape: &[usize],
    element: &ElementType,
    bytes: &[u8],
    reading: Reading,
) -> NewReference {
    let [length, inner @ ..] = shape else { return object(py, element, bytes, reading) };
    if !stack::has_room() {
        return stack::raise_too_deep(py);
    }
    let step = inner.iter().product::<usize>() * element.size();
    // SAFETY: attached; the list is new.
    unsafe {
        let list = new_list(py, *length);
        if list.is_null() {
            return list;
        }
        let none = &mut Checkpoints::none(py);
        fill_list(list, *length, none, &mut |places, _| {
            set_items(list, places, |place| {
                self::list(py, inner, element, &bytes[place * step..], reading)
            })
        })
    }
}

/// Returns an element type as the record (not a union) of nothing but scalars that it is.
#[inline]
pub(super) fn record_if_scalars(element_type: &ElementType) -> Option<&Record> {
    let ElementType::Record(record @ Record { fields, union: false, .. }) = element_type else {
        return None;
    };
    let scalars = fields.iter().all(|field| matches!(field.element_type, ElementType::Scalar(_)));
    scalars.then_some(record)
}

/// A record of nothing but scalars: the offsets and types of its fields, and the class of its rows.
pub(in crate::values) struct ScalarFields<'a> {
    fields: SmallVec<[(usize, ScalarType); 16]>,
    rows: Option<&'a Rows>,
}

/// Returns the fields of an element type that is such a record.
pub(in crate::values) fn scalar_fields(element_type: &ElementType) -> Option<ScalarFields<'_>> {
    let record = record_if_scalars(element_type)?;
    let scalar = |field: &Field| match field.element_type {
        ElementType::Scalar(scalar_type) => Some((field.offset, scalar_type)),
        _ => None,
    };
    let fields = record.fields.iter().map(scalar).collect::<Option<_>>()?;
    Some(ScalarFields { fields, rows: Rows::of(record) })
}

/// Creates the tuple of such a record straight from memory, without a copy of its bytes and a walk
/// over the element type.
///
/// # Safety
/// `pointer` leads to an element with these fields, which is held.
#[inline(always)]
pub(in crate::values) unsafe fn read_scalars(
    py: Python<'_>,
    ScalarFields { fields, rows }: &ScalarFields<'_>,
    pointer: *const u8,
) -> NewReference {
    // SAFETY: attached; the tuple is new, and filled from its start.
    unsafe {
        let tuple = new_tuple(*rows, fields.len());
        if tuple.is_null() {
            return tuple;
        }
        for (place, &(offset, scalar_type)) in fields.iter().enumerate() {
            let pointer = pointer.wrapping_add(offset);
            let object = dispatch_scalar!(scalar_type, T => load::<T>(pointer).into_object(py));
            if object.is_null() {
                ffi::Py_DECREF(tuple);
                return object;
            }
            ffi::PyTuple_SET_ITEM(tuple, place as isize, object);
        }
        // No cycle leads through scalars. The collector would find out by itself, but one by one.
        // It does not know of rows.
        if rows.is_none() {
            ffi::PyObject_GC_UnTrack(tuple.cast());
        }
        tuple
    }
}

/// Has the OverflowError for a long double that is no float say which field it is of, and how that
/// field can be read. `bytes` are the element that could not be read.
#[cold]
#[inline(never)]
pub(super) fn name_field(py: Python<'_>, element_type: &ElementType, bytes: &[u8]) {
    // SAFETY: attached, with an exception.
    if unsafe { ffi::PyErr_ExceptionMatches(ffi::PyExc_OverflowError) } == 0 {
        return;
    }
    if let Some(message) = beyond_float(element_type, bytes, Some("v".to_owned())) {
        // SAFETY: attached.
        unsafe { ffi::PyErr_Clear() };
        failure(py, PyOverflowError::new_err(message));
    }
}

/// Returns what there is to say of the first long double in an element that is no float. `view` is
/// how the user names the view of the element; `None` where a field on the way has no name.
fn beyond_float(element_type: &ElementType, bytes: &[u8], view: Option<String>) -> Option<String> {
    match element_type {
        ElementType::Scalar(scalar_type) => dispatch_scalar!(*scalar_type, T => {
            let bytes = <T as Scalar>::Bytes::try_from(bytes.get(..T::SIZE)?).ok()?;
            T::decode(bytes).beyond_float(view.as_deref().filter(|&view| view != "v"))
        }),
        ElementType::Padded(offset, element_type) => {
            beyond_float(element_type, bytes.get(*offset..)?, view)
        }
        ElementType::Array { shape, element } => {
            let count = shape.iter().product::<usize>();
            (0..count).find_map(|index| {
                beyond_float(element, bytes.get(index * element.size()..)?, view.clone())
            })
        }
        ElementType::Record(record) => {
            record.fields.iter().enumerate().find_map(|(place, field)| {
                let name = record.name(place);
                let name = Shortened(&name);
                let part = view.as_ref().map(|view| match field.anonymous {
                    true => view.clone(),
                    false => format!("{view}['{name}']"),
                });
                let message = beyond_float(&field.element_type, bytes.get(field.offset..)?, part)?;
                Some(match &view {
                    Some(view) if view == "v" && !field.anonymous => {
                        format!("field '{name}': {message}")
                    }
                    _ => message,
                })
            })
        }
        _ => None,
    }
}
