//! Arrow's PyCapsule interface: arrays that an object hands over as Arrow's C structs.
//!
//! An array is viewed if its elements are numbers, bools of a byte each or byte strings of one
//! size, in lists of fixed size or not (schema.rs), that lie one after the other and without nulls
//! (place.rs). What else there is is refused with what to call first (refusal.rs): nothing is
//! copied, and nothing read as what it is not. Whoever has an Arrow array must not change it, so
//! that views are read-only.

mod metadata;
mod place;
mod refusal;
mod schema;
mod stream;

pub(super) use refusal::nulls;

use std::ffi::CString;
use std::mem::MaybeUninit;

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use pyo3::{ffi, intern};
use smallvec::SmallVec;

use self::place::{Place, place};
use self::refusal::{Fault, Refusal, contradiction};
use self::schema::{Described, Element, describe};
use crate::array::AnyArray;
use crate::dtype::ScalarType;
use crate::format::FormatString;
use crate::layout::{Layout, check_ndim};
use crate::python::abi::arrow::{ArrowArray, ArrowArrayStream, ArrowSchema, Moved, Struct};
use crate::python::acquire::types::attribute;
use crate::python::errors::keep_exception;
use crate::python::objects::{text, type_name};

/// The memory of an array that came through Arrow. It is given back when this is dropped. The
/// struct is on the heap, so that what keeps memory by other protocols stays small.
pub(super) struct Column(Box<Moved<ArrowArray>>);

// SAFETY: the specification lets an array be released by any thread, and nothing else is done here.
unsafe impl Send for Column {}
// SAFETY: shared, nothing can be done with it.
unsafe impl Sync for Column {}

impl Column {
    /// Gives the memory back, which may run any code, while an exception may be on its way.
    pub(super) fn release(self, py: Python<'_>) {
        keep_exception(py, || drop(self.0));
    }
}

/// Writes the array that an object hands over through Arrow, read-only, and returns what keeps its
/// memory; `None` if it has neither of the methods for that.
///
/// # Errors
/// The object's own exception; BufferError for what is not viewed, which names what it is, and for
/// structs that contradict themselves.
pub(super) fn acquire(
    place: &mut MaybeUninit<AnyArray>,
    object: &Bound<'_, PyAny>,
) -> PyResult<Option<Column>> {
    acquire_pieces(place, object).map_err(|fault| fault.exception(object))
}

fn acquire_pieces(
    place: &mut MaybeUninit<AnyArray>,
    object: &Bound<'_, PyAny>,
) -> Result<Option<Column>, Fault> {
    let py = object.py();
    // SAFETY: the structs are taken out of capsules that are theirs, and so what a producer has
    // filled in.
    unsafe {
        if let Some(method) = attribute(object, intern!(py, "__arrow_c_array__"))? {
            let (schema, array) = taken_pair(&method.call0()?)?;
            let described = describe(py, &schema)?;
            check_bytes(object, &described)?;
            return write_array(place, &described, Some(array)).map(Some);
        }
        if let Some(method) = attribute(object, intern!(py, "__arrow_c_stream__"))? {
            let stream = taken::<ArrowArrayStream>(&method.call0()?)?;
            let (described, chunk) = stream::only_chunk(py, stream)?;
            check_bytes(object, &described)?;
            return write_array(place, &described, chunk).map(Some);
        }
    }
    Ok(None)
}

/// Refuses byte strings that are the addresses of Python objects. polars hands columns of objects
/// over as such, and nothing but the object's own dtype tells them from any others of the size.
///
/// # Errors
/// A refusal; what the dtype raises.
fn check_bytes(object: &Bound<'_, PyAny>, described: &Described) -> Result<(), Fault> {
    let py = object.py();
    if !matches!(described.element, Element::Bytes(size) if size == size_of::<usize>()) {
        return Ok(());
    }
    let Some(dtype) = attribute(object, intern!(py, "dtype"))? else { return Ok(()) };
    let name = text(&dtype.str()?)?;
    if name.to_ascii_lowercase().contains("object") {
        return Err(Refusal::Objects.into());
    }
    Ok(())
}

/// Moves the structs out of what `__arrow_c_array__` has returned.
///
/// # Safety
/// The same as for [`taken`].
unsafe fn taken_pair(
    returned: &Bound<'_, PyAny>,
) -> Result<(Moved<ArrowSchema>, Moved<ArrowArray>), Fault> {
    let pair = returned.cast::<PyTuple>().ok().filter(|pair| pair.len() == 2);
    let Some(pair) = pair else {
        let name = type_name(returned);
        return Err(contradiction(format!(
            "__arrow_c_array__() returned {name}, and not a tuple of two capsules"
        )));
    };
    // SAFETY: the caller guarantees it.
    unsafe { Ok((taken(&pair.get_item(0)?)?, taken(&pair.get_item(1)?)?)) }
}

/// Moves a struct out of its capsule.
///
/// # Safety
/// A capsule of the struct's name has a struct of a producer's.
unsafe fn taken<T: Struct>(capsule: &Bound<'_, PyAny>) -> Result<Moved<T>, Fault> {
    // SAFETY: attached; the object is alive, the name a C string; a capsule of that name has a
    // pointer, which is not NULL. The caller guarantees the struct.
    unsafe {
        let name = T::CAPSULE.as_ptr();
        if ffi::PyCapsule_IsValid(capsule.as_ptr(), name) == 0 {
            let (found, name) = (type_name(capsule), T::CAPSULE);
            return Err(contradiction(format!("{found} is no capsule named {name:?}")));
        }
        let place = ffi::PyCapsule_GetPointer(capsule.as_ptr(), name).cast::<T>();
        Moved::take(place).ok_or_else(|| {
            let name = T::CAPSULE;
            contradiction(format!("the struct in the capsule {name:?} is released"))
        })
    }
}

/// Writes the array of what was described; without a struct, that of no elements.
///
/// # Safety
/// The struct is what a producer has filled in.
unsafe fn write_array(
    target: &mut MaybeUninit<AnyArray>,
    described: &Described,
    array: Option<Moved<ArrowArray>>,
) -> Result<Column, Fault> {
    let itemsize = match described.element {
        Element::Scalar(dtype) => dtype.size(),
        Element::Bytes(size) => size,
    };
    let found = match &array {
        // SAFETY: the caller guarantees it.
        Some(array) => unsafe { place(array, &described.lists, itemsize)? },
        None => Place { start: std::ptr::NonNull::dangling().as_ptr(), length: 0 },
    };
    let layout = layout(found.length, described, itemsize)?;
    // SAFETY: the producer vouches for the memory that its structs describe until they are
    // released, which the column does after the array's last use. The itemsize is that of the type.
    target.write(unsafe {
        match described.element {
            Element::Scalar(dtype) => {
                let scalar_type = ScalarType::native(dtype);
                let format = scalar_type.format();
                AnyArray::from_scalars(scalar_type, found.start, layout, format, true, None)
            }
            Element::Bytes(size) => {
                let format = CString::new(format!("{size}s")).unwrap_or_default();
                let format = FormatString::try_from_c_str(&format)?;
                AnyArray::new(found.start, layout, format, true, None).judged()?
            }
        }
    });
    Ok(Column(Box::new(array.unwrap_or_else(Moved::released))))
}

/// Returns the layout of an array of that length: contiguous, but for tensors whose dimensions come
/// in another order.
fn layout(length: usize, described: &Described, itemsize: usize) -> Result<Layout, Fault> {
    let mut shape: SmallVec<[usize; 4]> = SmallVec::new();
    let mut axes: SmallVec<[isize; 4]> = SmallVec::new();
    shape.push(length);
    axes.push(0);
    for list in &described.lists {
        check_ndim(shape.len() + list.shape.len())?;
        let before = shape.len();
        shape.extend_from_slice(&list.shape);
        let in_order = 0..list.shape.len();
        if list.axes.is_empty() {
            axes.extend(in_order.map(|axis| (before + axis) as isize));
        } else {
            axes.extend(list.axes.iter().map(|axis| (before + axis) as isize));
        }
    }
    let contiguous = Layout::contiguous(&shape, itemsize)?;
    Ok(contiguous.transpose(&axes)?)
}
