//! DLPack: `v.__dlpack__()` and `v.__dlpack_device__()`, by which libraries of tensors take memory.

use std::ffi::c_void;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use smallvec::SmallVec;

use consumer::array::AnyArray;
use consumer::error::Error;
use consumer::layout::Layout;
use consumer::python::abi::dlpack::{
    COPIED, CPU, DataType, Managed, READ_ONLY, Tensor, Unversioned, VERSION, Versioned,
};
use consumer::python::errors::keep_exception;
use consumer::python::exceptions::{PyBufferError, PyTypeError, PyValueError};
use consumer::python::objects;
use consumer::python::stack;

use super::lease::Lease;
use crate::arguments::{clipped, exact};
use crate::interchange::as_wider;
use crate::object::PyConsumerArray;
use crate::object::create::copy_of;

/// What a consumer asks for.
#[derive(Default)]
pub(crate) struct Request<'a, 'py> {
    pub(crate) stream: Option<&'a Bound<'py, PyAny>>,
    pub(crate) max_version: Option<&'a Bound<'py, PyAny>>,
    pub(crate) device: Option<&'a Bound<'py, PyAny>>,
    pub(crate) copy: Option<&'a Bound<'py, PyAny>>,
}

/// Returns the capsule of a tensor over the memory of a view, or over that of a copy.
///
/// # Errors
/// BufferError for what no tensor can be; TypeError and ValueError for arguments; ValueError if the
/// view is released.
pub(crate) fn capsule<'py>(
    view: &Bound<'py, PyConsumerArray>,
    request: &Request<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = view.py();
    if request.stream.is_some() {
        return Err(PyValueError::new_err(
            "__dlpack__: stream has to be None, because memory of the host has none",
        ));
    }
    let versioned = match request.max_version {
        None => false,
        Some(version) => pair("max_version", version)?[0] >= 1,
    };
    if let Some(device) = request.device
        && pair("dl_device", device)? != [CPU.kind as isize, CPU.id as isize]
    {
        return Err(PyBufferError::new_err(
            "__dlpack__: the memory is the host's, and dl_device can only be (1, 0)",
        ));
    }
    let copies = match request.copy {
        None => false,
        Some(copy) => copy.extract::<bool>().map_err(|_| {
            let found = objects::type_name(copy);
            PyTypeError::new_err(format!("__dlpack__: copy has to be a bool or None, not {found}"))
        })?,
    };
    if copies {
        let copy = {
            let hold = view.get().hold(py)?;
            element_type(&hold, true)?;
            copy_of(py, &hold)?
        };
        return export(&copy, versioned, COPIED);
    }
    export(view, versioned, 0)
}

/// Returns where the memory of a view is.
///
/// # Errors
/// ValueError if the view is released.
pub(crate) fn device<'py>(view: &Bound<'py, PyConsumerArray>) -> PyResult<Bound<'py, PyTuple>> {
    view.get().describe()?;
    objects::ints(view.py(), &[CPU.kind as isize, CPU.id as isize])
}

/// Converts an argument that is a tuple of two numbers.
fn pair(name: &str, argument: &Bound<'_, PyAny>) -> PyResult<[isize; 2]> {
    let wrong = || {
        // The repr may be the user's.
        if let Err(error) = stack::check(argument.py()) {
            return error;
        }
        let found = objects::repr(argument).unwrap_or_default();
        PyTypeError::new_err(format!(
            "__dlpack__: {name} has to be a tuple of two ints or None, not {found}"
        ))
    };
    let Ok(pair) = argument.cast::<PyTuple>() else { return Err(wrong()) };
    if pair.len() != 2 {
        return Err(wrong());
    }
    let number = |place| {
        let item = pair.get_borrowed_item(place)?;
        exact::int(item).map_or_else(|| clipped(&item), Ok)
    };
    Ok([number(0)?, number(1)?])
}

/// Exports a view as a tensor of one kind or the other.
fn export<'py>(
    view: &Bound<'py, PyConsumerArray>,
    versioned: bool,
    flags: u64,
) -> PyResult<Bound<'py, PyAny>> {
    let py = view.py();
    // Counted before the array is read, so that no other thread can release the view in between.
    let lease = Lease::new(view)?;
    let (readonly, tensor) = {
        let access = view.get().access(py)?;
        if access.readonly() && !versioned {
            return Err(PyBufferError::new_err(
                "__dlpack__: the memory is read-only, which only tensors of version 1 tell: pass \
                 max_version=(1, 0), or copy=True",
            ));
        }
        (access.readonly(), tensor_of(&access)?)
    };
    let context = std::ptr::null_mut();
    if versioned {
        let flags = flags | if readonly { READ_ONLY } else { 0 };
        let (major, minor) = VERSION;
        let deleter = Some(delete::<Versioned> as _);
        let managed = Versioned { major, minor, context, deleter, flags, tensor };
        Block::new(managed, lease, view)?.into_capsule(py)
    } else {
        let deleter = Some(delete::<Unversioned> as _);
        let managed = Unversioned { tensor, context, deleter };
        Block::new(managed, lease, view)?.into_capsule(py)
    }
}

/// The lengths of a tensor, and behind them its steps.
type Numbers = SmallVec<[i64; 8]>;

/// Returns a tensor of an array, without the addresses of its shape and strides.
fn tensor_of(array: &AnyArray) -> PyResult<Tensor> {
    let dtype = element_type(array, false)?;
    let layout = array.layout();
    if !layout.suboffsets().is_empty() {
        return Err(refused("its elements lie behind pointers", "copy=True"));
    }
    Ok(Tensor {
        data: if layout.is_empty() { std::ptr::null_mut() } else { array.start().cast::<c_void>() },
        device: CPU,
        ndim: layout.ndim() as i32,
        dtype,
        shape: std::ptr::null_mut(),
        strides: std::ptr::null_mut(),
        byte_offset: 0,
    })
}

/// Writes the lengths and steps of a tensor.
fn write_numbers(numbers: &mut Numbers, layout: &Layout) -> PyResult<()> {
    let (ndim, is_empty) = (layout.ndim(), layout.is_empty());
    numbers.resize(2 * ndim, 0);
    let (lengths, steps) = numbers.split_at_mut(ndim);
    // The step in a dimension of one element, or of none, means nothing: a compact one is written.
    let mut compact = 1_i64;
    for dim in (0..ndim).rev() {
        let (length, stride) = (layout.shape()[dim], layout.strides()[dim]);
        let itemsize = layout.itemsize() as isize;
        let is_compact = stride as i64 == compact.wrapping_mul(itemsize as i64);
        lengths[dim] = length as i64;
        steps[dim] = if length <= 1 || is_empty || is_compact {
            compact
        } else if stride % itemsize == 0 {
            (stride / itemsize) as i64
        } else {
            let reason = format!(
                "a step of {stride} bytes is no multiple of its elements' {itemsize} bytes"
            );
            return Err(refused(&reason, "copy=True"));
        };
        compact = compact.saturating_mul(length.max(1) as i64);
    }
    Ok(())
}

/// Returns what DLPack calls the elements; those of the other byte order only if they are `copied`.
fn element_type(array: &AnyArray, copied: bool) -> PyResult<DataType> {
    let Some(scalar_type) = array.scalar_type() else {
        let AnyArray::Opaque(opaque) = array else {
            return Err(refused("tensors have no records, strings and objects", ""));
        };
        return Err(refused(&opaque.descriptor().to_string(), ""));
    };
    let dtype = scalar_type.dtype;
    let Some(element_type) = DataType::of(dtype) else {
        let help = as_wider(dtype).map_or(String::new(), |help| format!(": {help}"));
        return Err(refused(&format!("tensors have no {} elements{help}", dtype.name()), ""));
    };
    if scalar_type.swapped && !copied {
        return Err(refused("its byte order is not this machine's", "copy=True"));
    }
    Ok(element_type)
}

/// The exception for what no tensor can be, with what helps.
#[cold]
fn refused(reason: &str, remedy: &str) -> PyErr {
    let remedy = if remedy.is_empty() {
        String::new()
    } else {
        format!("; {remedy} makes a tensor of a copy")
    };
    Error::buffer(format!("__dlpack__: {reason}{remedy}")).into()
}

/// A managed tensor, and what it keeps. The tensor comes first, so that its address is the block's.
#[repr(C)]
struct Block<M> {
    managed: M,
    lease: Lease,
    numbers: Numbers,
}

impl<M: Managed> Block<M> {
    /// Puts a tensor of a view where it will stay, and then its lengths and steps, which would take
    /// long to move.
    fn new(managed: M, lease: Lease, view: &Bound<'_, PyConsumerArray>) -> PyResult<Box<Self>> {
        let mut block = Box::new(Self { managed, lease, numbers: Numbers::new() });
        write_numbers(&mut block.numbers, view.get().access(view.py())?.layout())?;
        Ok(block)
    }

    /// Wraps the block in a capsule.
    fn into_capsule<'py>(self: Box<Self>, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let block = Box::into_raw(self);
        // SAFETY: the block is on the heap and nobody else's until it is in the capsule; what its
        // shape and strides point to lies in it, or is its own.
        unsafe {
            let numbers = (*block).numbers.as_mut_ptr();
            let ndim = (*block).numbers.len() / 2;
            if ndim > 0 {
                let tensor = (*block).managed.tensor_mut();
                (tensor.shape, tensor.strides) = (numbers, numbers.add(ndim));
            }
            let name = M::NAME.as_ptr();
            let capsule = ffi::PyCapsule_New(block.cast(), name, Some(destroy::<M>));
            Bound::from_owned_ptr_or_err(py, capsule).inspect_err(|_| drop(Box::from_raw(block)))
        }
    }
}

/// The deleter of a managed tensor.
///
/// # Safety
/// `managed` is that of a `Block`, and not used any more.
unsafe extern "C" fn delete<M>(managed: *mut M) {
    // SAFETY: the caller guarantees it; the block was leaked from a box.
    drop(unsafe { Box::from_raw(managed.cast::<Block<M>>()) });
}

/// The destructor of a capsule: deletes a tensor that nobody has consumed.
///
/// # Safety
/// `capsule` is one that `into_capsule` has made, in an attached thread.
unsafe extern "C" fn destroy<M: Managed>(capsule: *mut ffi::PyObject) {
    // SAFETY: the caller guarantees it; a valid capsule has a pointer to what was put in.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, M::NAME.as_ptr()) != 0 {
            let managed = ffi::PyCapsule_GetPointer(capsule, M::NAME.as_ptr());
            let block = Box::from_raw(managed.cast::<Block<M>>());
            let py = Python::assume_attached();
            keep_exception(py, || block.lease.release(py));
        }
    }
}
