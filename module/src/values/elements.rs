//! The elements of any array: read as Python objects, stored and filled.

use pyo3::Borrowed;
use pyo3::prelude::*;

use consumer::array::{AnyArray, ConsumerArray, dispatch};
use consumer::element::Scalar;
use consumer::error::{Error, Result};
use consumer::kernels::copy::{self, record as composite};
use consumer::kernels::pieces::Sequence;
use consumer::python::exceptions::PyNotImplementedError;
use consumer::python::stack;
use consumer::view::load;

use super::record::{self, Bytes};
use super::references::{self, AttachedObjects};
use super::{NewReference, PyValue, Reading, no_element, scalars};
use crate::gil;

/// Creates the object of the element at `pointer`.
///
/// # Safety
/// `pointer` leads to an element of the array, which the caller has access to.
#[inline(never)]
pub(crate) unsafe fn read(py: Python<'_>, array: &AnyArray, pointer: *const u8) -> NewReference {
    // SAFETY: the caller guarantees it.
    unsafe { read_inline(py, array, pointer) }
}

/// [`read`], to be part of the few functions that do little else.
///
/// # Safety
/// The same as for [`read`].
#[inline(always)]
pub(crate) unsafe fn read_inline(
    py: Python<'_>,
    array: &AnyArray,
    pointer: *const u8,
) -> NewReference {
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
pub(super) unsafe fn read_scalar<T: Scalar<Value: PyValue>>(
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
    match array {
        AnyArray::Composite(typed) => {
            record::zero(bytes, typed.layout().itemsize())?;
            *objects = record::encode(typed.descriptor(), array.format(), object, bytes)?;
        }
        AnyArray::Opaque(typed) => return Err(unreadable(typed.descriptor())),
        _ => {
            if let Some(scalar_type) = array.scalar_type() {
                let mut scalar = [0; scalars::LARGEST];
                scalars::encode(scalar_type, object, array.format(), &mut scalar)?;
                bytes.extend_from_slice(&scalar[..scalar_type.dtype.size()]);
            }
        }
    }
    Ok(())
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
