//! Records, strings of fixed width, sub-arrays and objects as Python objects, and back.
//!
//! To read an element, its bytes are copied first: creating tuples can start a garbage collection,
//! which may run arbitrary Python code, and that may change the memory. The objects that the bytes
//! refer to are kept alive for as long. To write one, its bytes are made first and stored once all
//! of them are there; padding stays as it was.

mod named;
mod read;
mod row_class;
mod row_methods;
mod rows;
mod write;

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};
use smallvec::SmallVec;

use consumer::array::{AnyArray, ConsumerArray};
use consumer::error::Result;
use consumer::fallible;
use consumer::form::{Composite, ElementType, Record};
use consumer::format::FormatString;
use consumer::kernels::copy::record;

use super::references;
use super::{NewReference, Reading, failure};

pub(super) use read::{ScalarFields, scalar_fields};
pub(crate) use row_class::row_function;

/// The bytes of one element: on the heap only if it is large.
pub(super) type Bytes = SmallVec<[u8; 128]>;

/// Creates the object of a value that is no record and no sub-array, to be shown; NULL with an
/// exception if that fails.
///
/// # Safety
/// `pointer` leads to a value of the type, which the caller has access to.
pub(super) unsafe fn read_value(
    py: Python<'_>,
    element_type: &ElementType,
    pointer: *const u8,
) -> NewReference {
    if *element_type == ElementType::Object {
        // SAFETY: the caller guarantees it.
        return unsafe { references::read(py, pointer) };
    }
    if let ElementType::Unreadable { why, .. } = element_type {
        return super::no_element(py, why);
    }
    let (mut bytes, size) = (Bytes::new(), element_type.size());
    if let Err(error) = reserve(&mut bytes, size) {
        return failure(py, error);
    }
    // SAFETY: the value is valid for reads, and the copy has room for it.
    unsafe {
        pointer.copy_to_nonoverlapping(bytes.as_mut_ptr(), size);
        bytes.set_len(size);
    }
    read::object(py, element_type, &bytes, Reading::Exactly)
}

/// Creates the object of the element at `pointer`; NULL with an exception if that fails.
///
/// # Safety
/// `pointer` leads to an element of the array, which the caller has access to.
#[inline(never)]
pub(super) unsafe fn read(
    py: Python<'_>,
    array: &ConsumerArray<Composite>,
    pointer: *const u8,
    reading: Reading,
) -> NewReference {
    let size = array.layout().itemsize();
    if let ElementType::Bytes(length) | ElementType::Void(length) = **array.descriptor() {
        // Creating it runs no Python code, so that the copy in it is the only one.
        // SAFETY: attached; an element of the array is valid for reads; the result is a new
        // reference or NULL.
        return unsafe { ffi::PyBytes_FromStringAndSize(pointer.cast(), length as isize) };
    }
    if **array.descriptor() == ElementType::Object {
        // SAFETY: the caller guarantees it.
        return unsafe { references::read(py, pointer) };
    }
    let mut bytes = Bytes::new();
    if let Err(error) = reserve(&mut bytes, size) {
        return failure(py, error);
    }
    // SAFETY: an element of the array is valid for reads, and the copy has room for it.
    unsafe {
        pointer.copy_to_nonoverlapping(bytes.as_mut_ptr(), size);
        bytes.set_len(size);
    }
    if let Some(record) = read::record_if_scalars(array.descriptor()) {
        let tuple = read::tuple(py, record, &bytes, reading);
        if tuple.is_null() {
            read::name_field(py, array.descriptor(), &bytes);
        }
        return tuple;
    }
    // SAFETY: an element of the array, and a copy of it.
    let taken = unsafe { references::take(py, array.descriptor(), pointer, &mut bytes) };
    let objects = match taken {
        Ok(objects) => objects,
        Err(error) => return failure(py, error),
    };
    let object = read::object(py, array.descriptor(), &bytes, reading);
    drop(objects);
    if object.is_null() {
        read::name_field(py, array.descriptor(), &bytes);
    }
    object
}

/// The tuple of a record of nothing but scalars, `fields`, straight from memory; NULL with an
/// exception if that fails.
///
/// # Safety
/// `pointer` leads to an element of the array, which is held.
#[inline(always)]
pub(super) unsafe fn read_scalars(
    py: Python<'_>,
    array: &ConsumerArray<Composite>,
    fields: &ScalarFields<'_>,
    pointer: *const u8,
) -> NewReference {
    // SAFETY: the caller guarantees it.
    unsafe {
        let tuple = read::read_scalars(py, fields, pointer);
        if tuple.is_null() {
            name_field(py, array, pointer);
        }
        tuple
    }
}

/// Has the exception for an element say which field it is about: see [`read::name_field`].
///
/// # Safety
/// `pointer` leads to an element of the array, which is held.
#[cold]
#[inline(never)]
unsafe fn name_field(py: Python<'_>, array: &ConsumerArray<Composite>, pointer: *const u8) {
    let (mut bytes, size) = (Bytes::new(), array.layout().itemsize());
    if reserve(&mut bytes, size).is_ok() {
        // SAFETY: an element of the array is valid for reads, and the copy has room for it.
        unsafe {
            pointer.copy_to_nonoverlapping(bytes.as_mut_ptr(), size);
            bytes.set_len(size);
        }
        read::name_field(py, array.descriptor(), &bytes);
    }
}

/// Returns an array of the same elements, of which the records become rows: tuples with the fields
/// as attributes. `None` if there are no records in them.
///
/// # Errors
/// MemoryError, and what the creation of a class raises.
///
/// # Safety
/// The array is held.
pub(crate) unsafe fn named(py: Python<'_>, array: &AnyArray) -> PyResult<Option<AnyArray>> {
    let AnyArray::Composite(typed) = array else { return Ok(None) };
    fallible::room_for(typed.descriptor().weight())?;
    let mut element_type = ElementType::clone(typed.descriptor());
    if !element_type.set_row_classes(&mut |record| row_class::class_of(py, record))? {
        return Ok(None);
    }
    let (layout, format) = (array.layout().clone(), array.format().clone());
    // SAFETY: the same elements, which are held, as another kind of object.
    Ok(Some(unsafe {
        let element_type = Arc::new(element_type);
        AnyArray::composite(array.start(), layout, format, array.readonly(), None, element_type)
    }))
}

/// Returns an array of some of the fields of another one: named if that one is.
///
/// # Errors
/// Those of [`named`].
///
/// # Safety
/// Both arrays are held.
pub(crate) unsafe fn named_like(
    py: Python<'_>,
    array: &AnyArray,
    part: AnyArray,
) -> PyResult<AnyArray> {
    let has_no_class = |record: &Record| record.row_class.is_none();
    if !is_named(array) || !part.record().is_some_and(has_no_class) {
        return Ok(part);
    }
    // SAFETY: the caller guarantees it.
    Ok(unsafe { named(py, &part)? }.unwrap_or(part))
}

/// Returns whether the elements of an array are rows.
pub(crate) fn is_named(array: &AnyArray) -> bool {
    array.record().is_some_and(|record| record.row_class.is_some())
}

/// Makes room for an element, which may be large.
fn reserve(bytes: &mut Bytes, size: usize) -> Result<()> {
    bytes.try_reserve_exact(size).map_err(|_| fallible::no_memory(size))
}

/// Makes the bytes of an element, which are none before, all 0.
pub(super) fn zero(bytes: &mut Bytes, size: usize) -> Result<()> {
    reserve(bytes, size)?;
    bytes.resize(size, 0);
    Ok(())
}

/// Converts an object to an element in `bytes`, which are 0 before. Returns the objects that they
/// refer to. May run arbitrary Python code.
pub(super) fn encode<'py>(
    element_type: &ElementType,
    format: &FormatString,
    object: &Bound<'py, PyAny>,
    bytes: &mut [u8],
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut encoder = write::Encoder { format, within: false, objects: Vec::new() };
    encoder.write(element_type, object, bytes)?;
    Ok(encoder.objects)
}

/// Stores a tuple of Python's own numbers in a record of scalars; returns whether it is one. Runs
/// no Python code.
///
/// # Safety
/// `pointer` leads to a writable element of the array, which the caller has access to.
#[inline(never)]
pub(super) unsafe fn store_exact(
    array: &ConsumerArray<Composite>,
    pointer: *mut u8,
    object: Borrowed<'_, '_, PyAny>,
) -> bool {
    let Some(record) = read::record_if_scalars(array.descriptor()) else { return false };
    let mut bytes = Bytes::new();
    if zero(&mut bytes, array.layout().itemsize()).is_err() {
        return false;
    }
    if !write::encode_exact(&record.fields, object, &mut bytes) {
        return false;
    }
    // SAFETY: the caller guarantees it; the bytes are one element without objects.
    unsafe {
        record::store(array.descriptor(), pointer, bytes.as_mut_ptr(), &mut record::no_objects);
    }
    true
}
