//! The elements of any array: read as Python objects, stored and filled.

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use consumer::array::{AnyArray, ConsumerArray, dispatch};
use consumer::element::Scalar;
use consumer::error::{Error, Result};
use consumer::kernels::copy::{self, record as composite};
use consumer::kernels::pieces::Sequence;
use consumer::memory;
use consumer::python::exceptions::PyNotImplementedError;
use consumer::python::stack;
use consumer::view::load;

use super::record::{self, Bytes};
use super::references::{self, AttachedObjects};
use super::{NewReference, PyValue, Reading, fill_list, new_list, no_element};
use crate::gil::{self, Checkpoints};

/// Creates the object of the element at `pointer`.
///
/// # Safety
/// `pointer` leads to an element of the array, which the caller has access to.
#[inline(always)]
pub(crate) unsafe fn read(py: Python<'_>, array: &AnyArray, pointer: *const u8) -> NewReference {
    // SAFETY: the caller guarantees it; the type is that of the array's elements.
    unsafe {
        dispatch!(
            array,
            scalar typed => read_scalar(py, typed, pointer),
            composite typed => record::read(py, typed, pointer, Reading::AsPython),
            opaque typed => no_element(py, typed.descriptor()),
        )
    }
}

/// Creates the object of the element at `pointer`, to be compared or shown: the same as [`read`],
/// except that no long double is rounded, and none is an error.
///
/// # Safety
/// The same as for [`read`].
pub(crate) unsafe fn read_exactly(
    py: Python<'_>,
    array: &AnyArray,
    pointer: *const u8,
) -> NewReference {
    // SAFETY: the caller guarantees it; the type is that of the array's elements.
    unsafe {
        match array {
            AnyArray::LongDouble(typed) => read_scalar_exactly(py, typed, pointer),
            AnyArray::LongDoubleSwapped(typed) => read_scalar_exactly(py, typed, pointer),
            AnyArray::ComplexLongDouble(typed) => read_scalar_exactly(py, typed, pointer),
            AnyArray::ComplexLongDoubleSwapped(typed) => read_scalar_exactly(py, typed, pointer),
            AnyArray::Composite(typed) => record::read(py, typed, pointer, Reading::Exactly),
            _ => read(py, array, pointer),
        }
    }
}

/// # Safety
/// The same as for [`read`].
unsafe fn read_scalar_exactly<T: Scalar<Value: PyValue>>(
    py: Python<'_>,
    _array: &ConsumerArray<T>,
    pointer: *const u8,
) -> NewReference {
    // SAFETY: the caller guarantees that an element of the type is there.
    unsafe { load::<T>(pointer) }.into_exact_object(py)
}

/// # Safety
/// The same as for [`read`].
#[inline(always)]
unsafe fn read_scalar<T: Scalar<Value: PyValue>>(
    py: Python<'_>,
    _array: &ConsumerArray<T>,
    pointer: *const u8,
) -> NewReference {
    // SAFETY: the caller guarantees that an element of the type is there.
    unsafe { load::<T>(pointer) }.into_object(py)
}

/// The exception for elements that cannot be read.
#[cold]
pub(crate) fn unreadable(why: &Error) -> PyErr {
    PyNotImplementedError::new_err(why.to_string())
}

/// Creates the nested lists of an array's elements; NULL with an exception if that fails.
///
/// # Safety
/// The array is held.
pub(crate) unsafe fn lists(py: Python<'_>, array: &AnyArray) -> NewReference {
    // Empty lists are objects as well.
    let count = array.layout().shape().iter().map(|&length| length.max(1)).product();
    let checkpoints = &mut Checkpoints::for_objects(py, count);
    // SAFETY: the caller guarantees it; no index leads to `start`.
    unsafe { lists_from(py, array, 0, array.start(), checkpoints) }
}

/// The lists of the dimensions from `dimension` on.
///
/// # Safety
/// The same as for [`lists`]; `pointer` is where the indices of the dimensions before lead.
unsafe fn lists_from(
    py: Python<'_>,
    array: &AnyArray,
    dimension: usize,
    pointer: *mut u8,
    checkpoints: &mut Checkpoints<'_>,
) -> NewReference {
    let layout = array.layout();
    let Some(&length) = layout.shape().get(dimension) else {
        // SAFETY: all indices together lead to an element, which is held.
        return unsafe { read(py, array, pointer) };
    };
    // SAFETY: attached; the list is new and has `length` places; the array is held, and every index
    // is below the length of its dimension.
    unsafe {
        let list = new_list(py, length);
        if list.is_null() {
            return list;
        }
        if length > 0 && layout.itemsize() == 1 {
            // The objects of single bytes exist already, so that the list's own memory is most of
            // the work. Where objects are created between its places, the advice gains nothing.
            let items = (*list.cast::<ffi::PyListObject>()).ob_item;
            memory::advise_huge(items.cast(), length * size_of::<*mut ffi::PyObject>());
        }
        if dimension + 1 == layout.ndim() && layout.suboffsets().is_empty() {
            let line = (pointer.cast_const(), layout.strides()[dimension]);
            return read_line(py, array, line, list, length, checkpoints);
        }
        fill_list(list, length, checkpoints, |place, checkpoints| {
            let next = array.raw().step(pointer, dimension, place);
            lists_from(py, array, dimension + 1, next, checkpoints)
        })
    }
}

/// Fills a list with the objects of equally spaced elements; NULL with an exception if that fails.
///
/// # Safety
/// The line, an address and a stride, leads to `length` elements of the array, which is held; the
/// list is new and has as many places.
unsafe fn read_line(
    py: Python<'_>,
    array: &AnyArray,
    line @ (pointer, stride): (*const u8, isize),
    list: NewReference,
    length: usize,
    checkpoints: &mut Checkpoints<'_>,
) -> NewReference {
    let address = |place: usize| pointer.wrapping_offset(stride.wrapping_mul(place as isize));
    // SAFETY: the caller guarantees it; the addresses are those of the line's elements.
    unsafe {
        if let AnyArray::Composite(typed) = array
            && let Some(fields) = record::scalar_fields(typed.descriptor())
        {
            return fill_list(list, length, checkpoints, |place, _| {
                record::read_scalars(py, typed, &fields, address(place))
            });
        }
        dispatch!(
            array,
            scalar typed => read_scalars(py, typed, line, list, length, checkpoints),
            composite typed => fill_list(list, length, checkpoints, |place, _| {
                record::read(py, typed, address(place), Reading::AsPython)
            }),
            opaque typed => fill_list(list, length, checkpoints, |_, _| {
                no_element(py, typed.descriptor())
            }),
        )
    }
}

/// The scalar case of [`read_line`]: the one loop that is compiled for each type.
///
/// # Safety
/// The same as for [`read_line`].
#[inline(never)]
unsafe fn read_scalars<T: Scalar<Value: PyValue>>(
    py: Python<'_>,
    array: &ConsumerArray<T>,
    (pointer, stride): (*const u8, isize),
    list: NewReference,
    length: usize,
    checkpoints: &mut Checkpoints<'_>,
) -> NewReference {
    // SAFETY: the caller guarantees it.
    unsafe {
        fill_list(list, length, checkpoints, |place, _| {
            let pointer = pointer.wrapping_offset(stride.wrapping_mul(place as isize));
            read_scalar(py, array, pointer)
        })
    }
}

/// An element ready to be stored; empty until one is encoded.
///
/// It is passed by reference to where it was made, because moving it costs more than encoding most
/// elements.
#[derive(Default)]
pub(crate) struct Encoded<'py> {
    bytes: Bytes,
    /// Owns the references in the bytes until the element is stored.
    objects: Vec<Bound<'py, PyAny>>,
}

impl Encoded<'_> {
    /// The bytes of the element.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Makes the bytes as many zeros, for an element without objects, and returns their start.
    pub(crate) fn zeroed(&mut self, size: usize) -> Result<*mut u8> {
        record::zero(&mut self.bytes, size)?;
        Ok(self.bytes.as_mut_ptr())
    }
}

/// Converts an object to the bytes of an element of the array, which is not touched, in `encoded`,
/// which is empty before. May run arbitrary Python code.
///
/// # Errors
/// TypeError for an object of the wrong type, ValueError for a value out of range, and
/// NotImplementedError for elements that cannot be written.
pub(crate) fn encode<'py>(
    array: &AnyArray,
    object: &Bound<'py, PyAny>,
    encoded: &mut Encoded<'py>,
) -> PyResult<()> {
    // The user's conversions may store in this view again.
    stack::check(object.py())?;
    let Encoded { bytes, objects } = encoded;
    dispatch!(
        array,
        scalar typed => encode_scalar(typed, object, bytes),
        composite typed => {
            record::zero(bytes, typed.layout().itemsize())?;
            *objects = record::encode(typed.descriptor(), array.format(), object, bytes)?;
            Ok(())
        },
        opaque typed => Err(unreadable(typed.descriptor())),
    )
}

/// Copies the element of an array without dimensions, which is held, to `encoded`, which is empty
/// before: for arrays of the same type. The element is of scalars, or else no single object.
pub(crate) fn encode_copy<'py>(
    py: Python<'py>,
    array: &AnyArray,
    encoded: &mut Encoded<'py>,
) -> PyResult<()> {
    let size = array.layout().itemsize();
    let pointer = array.raw().element(&[])?;
    record::zero(&mut encoded.bytes, size)?;
    // SAFETY: the array's element is valid for reads, and the copy is as long.
    unsafe { pointer.copy_to_nonoverlapping(encoded.bytes.as_mut_ptr(), size) };
    if let AnyArray::Composite(typed) = array {
        let bytes = &mut encoded.bytes;
        // SAFETY: the element of the array, which is held.
        encoded.objects = unsafe { references::take(py, typed.descriptor(), pointer, bytes)? };
    }
    Ok(())
}

fn encode_scalar<T: Scalar<Value: PyValue>>(
    array: &ConsumerArray<T>,
    object: &Bound<'_, PyAny>,
    bytes: &mut Bytes,
) -> PyResult<()> {
    let value = T::Value::from_object(object, array.format())?;
    bytes.extend_from_slice(T::encode(value).as_ref());
    Ok(())
}

/// Stores an encoded element. Returns the objects whose references were stored over, to be dropped
/// once the memory is not touched any more, because that may run arbitrary Python code.
///
/// # Safety
/// `pointer` leads to a writable element of the array, which the caller has access to and which the
/// element was encoded for.
pub(crate) unsafe fn store<'py>(
    py: Python<'py>,
    array: &AnyArray,
    pointer: *mut u8,
    encoded: &mut Encoded<'_>,
) -> Result<Option<AttachedObjects<'py>>> {
    let Encoded { bytes, objects } = encoded;
    // SAFETY: the caller guarantees it; the bytes are one element, and `objects` owns the
    // references in them.
    unsafe {
        match array {
            AnyArray::Composite(typed) if !objects.is_empty() => {
                return references::store(py, typed, pointer, bytes).map(Some);
            }
            AnyArray::Composite(typed) => {
                let bytes = bytes.as_mut_ptr();
                composite::store(typed.descriptor(), pointer, bytes, &mut composite::no_objects);
            }
            _ => pointer.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()),
        }
    }
    Ok(None)
}

/// Stores an object that is converted without running Python code; returns whether it is one.
///
/// # Safety
/// `pointer` leads to a writable element of the array, which the caller has access to.
#[inline(always)]
pub(crate) unsafe fn store_exact(
    array: &AnyArray,
    pointer: *mut u8,
    object: Borrowed<'_, '_, PyAny>,
) -> bool {
    // SAFETY: the caller guarantees it; the type is that of the array's elements.
    unsafe {
        dispatch!(
            array,
            scalar typed => store_exact_scalar(typed, pointer, object),
            composite typed => record::store_exact(typed, pointer, object),
            opaque _ => false,
        )
    }
}

/// # Safety
/// The same as for [`store_exact`].
#[inline(always)]
unsafe fn store_exact_scalar<T: Scalar<Value: PyValue>>(
    _array: &ConsumerArray<T>,
    pointer: *mut u8,
    object: Borrowed<'_, '_, PyAny>,
) -> bool {
    let Some(value) = T::Value::from_exact(object) else { return false };
    // SAFETY: the caller guarantees that an element of the type is there; an array of bytes needs
    // no alignment.
    unsafe { pointer.cast::<T::Bytes>().write(T::encode(value)) };
    true
}

/// Stores an encoded element in every element of an array. Returns the objects whose references
/// were stored over, as [`store`] does.
///
/// # Errors
/// TypeError if the array is read-only, MemoryError, and what a signal handler raises.
///
/// # Safety
/// The array is held, and the element was encoded for it.
pub(crate) unsafe fn fill<'py>(
    py: Python<'py>,
    array: &AnyArray,
    encoded: &Encoded<'_>,
) -> PyResult<Option<AttachedObjects<'py>>> {
    if array.readonly() {
        return Err(Error::read_only().into());
    }
    let record = match array {
        AnyArray::Composite(typed) if !encoded.objects.is_empty() => {
            // SAFETY: the bytes are one element, and `objects` owns the references in them.
            return unsafe { references::fill(py, typed, &encoded.bytes).map(Some) };
        }
        AnyArray::Composite(typed) => Some(typed.descriptor()),
        _ => None,
    };
    // SAFETY: the array is writable and held, and the work touches nothing else. No references are
    // stored: there are none in the bytes of the element.
    unsafe {
        match record {
            Some(element_type) => gil::in_small_pieces(py, [array.raw()], |[piece]| {
                composite::fill(element_type, piece, &encoded.bytes).map(|()| true)
            })?,
            None => gil::in_pieces(py, [array.raw()], Sequence::Any, |[piece], _| {
                copy::fill_raw(piece, &encoded.bytes).map(|()| true)
            })?,
        }
    }
    Ok(None)
}
