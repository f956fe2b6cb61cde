//! Moving the elements of arrays: to bytes, to memory in this machine's byte order, and from one
//! array to another. Large arrays are moved piece by piece, detached: so what is moved here is
//! bytes and numbers. References to objects are moved by `values::references`.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use consumer::array::{AnyArray, Pair};
use consumer::dtype::ScalarType;
use consumer::error::Error;
use consumer::form::{Bits, ElementType};
use consumer::format::FormatString;
use consumer::kernels::convert::Overflow;
use consumer::kernels::copy::{self, bits, record};
use consumer::kernels::pieces::Sequence;
use consumer::layout::{Layout, Order};
use consumer::memory::{self, Memory};
use consumer::python::errors::with_exception;
use consumer::python::exceptions::PyValueError;
use consumer::python::objects;
use consumer::view::RawView;

use crate::gil;

/// Writes the bytes of the elements one after the other, in an order. `array` is held. Nobody takes
/// the bytes of a reference for one.
///
/// # Safety
/// `target` is valid for writes of the array's `nbytes`, and nobody else has it.
unsafe fn gather(py: Python<'_>, array: &AnyArray, order: Order, target: *mut u8) -> PyResult<()> {
    let (source, layout) = (array.raw(), array.layout());
    // SAFETY: the caller guarantees it; the target is apart from the source, and the pieces are
    // parts of both.
    unsafe {
        if !gil::is_large(source) {
            return Ok(copy::gather(source, order, target)?);
        }
        let contiguous_layout = Layout::contiguous_in(layout.shape(), layout.itemsize(), order)?;
        let target = RawView::new(target, &contiguous_layout);
        gil::in_pieces(py, [target, source], Sequence::Any, |[to, from], _| {
            copy::copy_nonoverlapping(to, from, 1).map(|()| true)
        })
    }
}

/// Copies the elements, in C order and their own byte order, to memory of their own. `array` is
/// held.
pub(crate) fn to_memory(py: Python<'_>, array: &AnyArray) -> PyResult<Memory> {
    let contiguous_layout = Layout::contiguous(array.layout().shape(), array.layout().itemsize())?;
    // SAFETY: the memory is new and has room for as many elements, all of which are written.
    unsafe {
        Memory::written(contiguous_layout.nbytes(), |start| gather(py, array, Order::C, start))
    }
}

/// Copies the elements, in C order and this machine's byte order, to memory of their own. `array`
/// is held, and without references to objects.
pub(crate) fn to_native(py: Python<'_>, array: &AnyArray) -> PyResult<Memory> {
    let source = array.raw();
    if !gil::is_large(source) {
        return Ok(array.to_native()?);
    }
    let contiguous_layout =
        Layout::contiguous(source.layout().shape(), source.layout().itemsize())?;
    // SAFETY: the memory is new and has room for as many elements, all of which are written.
    unsafe {
        Memory::written(contiguous_layout.nbytes(), |start| {
            let target = RawView::new(start, &contiguous_layout);
            gil::in_pieces(py, [target, source], Sequence::Any, |[to, from], _| {
                array.write_native(to, from).map(|()| true)
            })
        })
    }
}

/// Copies every element of one array to the same place of another one of the same type, without
/// references to objects, as if through a copy in between: the two may overlap. Both are held.
///
/// # Errors
/// TypeError if the target is read-only, ValueError if the shapes differ.
pub(crate) fn assign(py: Python<'_>, target: &AnyArray, source: &AnyArray) -> PyResult<()> {
    let partial = match target {
        AnyArray::Composite(array) if !array.descriptor().is_whole() => Some(&**array.descriptor()),
        _ => None,
    };
    assign_parts(py, target, source, partial)
}

/// The same, but of records the values alone: what lies between them stays in the target.
pub(crate) fn assign_values(py: Python<'_>, target: &AnyArray, source: &AnyArray) -> PyResult<()> {
    let values = match target {
        AnyArray::Composite(array) => Some(&**array.descriptor()),
        _ => None,
    };
    assign_parts(py, target, source, values)
}

/// The same, but only what belongs to the values of elements of the type `partial`, if it is given.
fn assign_parts(
    py: Python<'_>,
    target: &AnyArray,
    source: &AnyArray,
    partial: Option<&ElementType>,
) -> PyResult<()> {
    if partial.is_none() && !gil::is_large(target.raw()) {
        return Ok(target.assign(source)?);
    }
    if target.readonly() {
        return Err(Error::read_only().into());
    }
    let (to, mut from) = (target.raw(), source.raw());
    copy::check_alike(to.layout(), from.layout())?;
    let contiguous_layout = Layout::contiguous(from.layout().shape(), from.layout().itemsize())?;
    let contiguous = to.layout().is_c_contiguous() && from.layout().is_c_contiguous();
    let in_place = contiguous && partial.is_none();
    let mut disjoint = !copy::may_overlap(to, from);
    let between;
    // SAFETY: the memory is as large as all elements together, and all of it is written.
    unsafe {
        if !disjoint && !in_place {
            between = Memory::written(contiguous_layout.nbytes(), |start| {
                gather(py, source, Order::C, start)
            })?;
            from = RawView::new(between.start(), &contiguous_layout);
            disjoint = true;
        }
    }
    // Of elements that share bytes, the last one in C order has to stay. Of contiguous ones, which
    // may overlap the source's, none may be stored over before it was copied.
    let sequence = match disjoint {
        true if !to.layout().overlaps_itself() => Sequence::Any,
        false if to.start() > from.start() => Sequence::Backward,
        _ => Sequence::Forward,
    };
    // SAFETY: the target is writable and the pieces are parts of it; nothing else is touched.
    unsafe {
        gil::in_pieces(py, [to, from], sequence, |[to, from], _| {
            match partial {
                Some(element_type) => {
                    record::store_all(element_type, to, from, &mut record::no_objects)?;
                }
                None => copy::assign_raw(to, from)?,
            }
            Ok(true)
        })
    }
}

/// Copies bit-fields as the integers that they are, in C order, to memory of their own, which the
/// array that is returned with it must not outlive. `array` is held.
pub(crate) fn to_numbers(
    py: Python<'_>,
    array: &AnyArray,
    field: Bits,
) -> PyResult<(Memory, AnyArray)> {
    let scalar_type = ScalarType::native(field.dtype());
    let layout = Layout::contiguous(array.layout().shape(), scalar_type.dtype.size())?;
    // SAFETY: the memory is new and has room for as many integers, all of which are written; the
    // elements are these bit-fields.
    let memory = unsafe {
        Memory::written(layout.nbytes(), |start| {
            let target = RawView::new(start, &layout);
            gil::in_pieces(py, [target, array.raw()], Sequence::Any, |[to, from], _| {
                bits::write_numbers(field, to, from).map(|()| true)
            })
        })?
    };
    let (start, format) = (memory.start(), scalar_type.format());
    // SAFETY: the memory holds as many integers of the type, and outlives the array, says the
    // caller.
    let numbers = unsafe { AnyArray::from_scalars(scalar_type, start, layout, format, true, None) };
    Ok((memory, numbers))
}

/// Copies the elements, converted to another scalar format, in C order to memory of their own.
/// `array` is held. Bit-fields are converted as the integers that they are.
///
/// # Errors
/// TypeError where there is no such conversion, ValueError for a value that the format has no room
/// for.
pub(crate) fn to_format(
    py: Python<'_>,
    array: &AnyArray,
    format: &FormatString,
    overflow: Overflow,
) -> PyResult<Memory> {
    if let Some(field) = array.bits() {
        let (_memory, numbers) = to_numbers(py, array, field)?;
        return to_format(py, &numbers, format, overflow);
    }
    let conversion = array.conversion(format, overflow)?;
    // SAFETY: the pieces are parts of the array, and the memory is new and has room for all
    // elements; the conversion touches nothing else.
    unsafe {
        Memory::written(conversion.nbytes()?, |start| {
            gil::in_pieces(py, [array.raw()], Sequence::Forward, |[piece], before| {
                conversion.write(piece, before, start).map(|()| true)
            })
        })
    }
}

/// Stores the elements of one array, converted, in the same places of another, as if through a copy
/// in between: the two may overlap. Both are held.
///
/// # Errors
/// TypeError if the target is read-only, for references, and for elements that do not become those
/// of the target; ValueError for a value that the target has no room for.
pub(crate) fn convert(
    py: Python<'_>,
    target: &AnyArray,
    source: &AnyArray,
    overflow: Overflow,
) -> PyResult<()> {
    if target.readonly() {
        return Err(Error::read_only().into());
    }
    if target.has_references() || source.has_references() {
        return Err(Error::references_as_bytes().into());
    }
    let (memory, copy);
    let source = match source {
        AnyArray::Composite(_) if copy::may_overlap(target.raw(), source.raw()) => {
            memory = to_memory(py, source)?;
            // SAFETY: the memory holds the elements as they are, and outlives the copy.
            copy = unsafe { source.copied_to(memory.start(), source.format().clone())? };
            &copy
        }
        _ => source,
    };
    for Pair { field, from, to } in &source.pairs(target)? {
        if to.has_type_of(from) {
            assign(py, to, from)?;
            continue;
        }
        let in_field = |error: PyErr| named(py, error, field.as_deref());
        let memory = to_format(py, from, to.format(), overflow).map_err(in_field)?;
        let layout = Layout::contiguous(to.layout().shape(), to.layout().itemsize())?;
        // SAFETY: the memory holds as many elements of the target's type, and outlives the array.
        let converted = unsafe { to.with_layout(memory.start(), layout, false) };
        assign(py, to, &converted)?;
    }
    Ok(())
}

/// Has the exception for a value say which field it is about.
#[cold]
fn named(py: Python<'_>, error: PyErr, field: Option<&str>) -> PyErr {
    let error = with_exception(py, error);
    match field {
        Some(field) if PyValueError::matches(&error, py) => {
            let why = objects::message(py, &error);
            PyValueError::new_err(format!("field '{field}': {why}"))
        }
        _ => error,
    }
}

/// Creates a bytes object of the elements in an order. `array` is held.
pub(crate) fn bytes_object<'py>(
    py: Python<'py>,
    array: &AnyArray,
    order: Order,
) -> PyResult<Bound<'py, PyBytes>> {
    let size = array.layout().nbytes() as isize;
    objects::check_memory(size as usize)?;
    // SAFETY: the object has `size` bytes. If there are any it is new, and all of them are written
    // before anybody else has it; the empty object, which is shared, has none to write.
    unsafe {
        let bytes = ffi::PyBytes_FromStringAndSize(std::ptr::null(), size);
        let bytes = Bound::from_owned_ptr_or_err(py, bytes)?.cast_into_unchecked::<PyBytes>();
        let target = ffi::PyBytes_AsString(bytes.as_ptr()).cast();
        memory::advise_huge(target, size as usize);
        gather(py, array, order, target)?;
        Ok(bytes)
    }
}
