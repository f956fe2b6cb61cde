//! Tensors: what `__dlpack__` hands over.

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCapsule, PyString, PyTuple};
use pyo3::{ffi, intern};

use super::described::{Described, start_of};
use crate::array::AnyArray;
use crate::dtype::ScalarType;
use crate::error::{Error, Result};
use crate::python::abi::dlpack::{
    COPIED, Device, Managed, READ_ONLY, Tensor, Unversioned, VERSION, Versioned,
};
use crate::python::acquire::types::attribute;
use crate::python::errors::{keep_exception, wrong};
use crate::python::exceptions::{PyBufferError, PyTypeError};
use crate::python::objects;
use crate::python::once::made_once;

/// A managed tensor that was handed over, and has to be deleted.
pub(super) enum ManagedTensor {
    /// That of before version 1.
    Unversioned(NonNull<Unversioned>),
    /// That of version 1.
    Versioned(NonNull<Versioned>),
}

// SAFETY: a managed tensor may be used and deleted in any thread.
unsafe impl Send for ManagedTensor {}
// SAFETY: shared, it is only read.
unsafe impl Sync for ManagedTensor {}

impl ManagedTensor {
    /// Calls the producer's deleter.
    pub(super) fn release(self, py: Python<'_>) {
        // SAFETY: each is deleted once, because `self` is taken and owned it.
        unsafe {
            match self {
                Self::Unversioned(managed) => delete(py, managed),
                Self::Versioned(managed) => delete(py, managed),
            }
        }
    }
}

/// # Safety
/// The managed tensor is ours to delete.
unsafe fn delete<M: Managed>(py: Python<'_>, managed: NonNull<M>) {
    // SAFETY: the caller guarantees it.
    unsafe {
        if let Some(deleter) = managed.as_ref().deleter() {
            keep_exception(py, || {
                deleter(managed.as_ptr());
                // It has no way to say that it failed.
                if !ffi::PyErr_Occurred().is_null() {
                    ffi::PyErr_WriteUnraisable(std::ptr::null_mut());
                }
            });
        }
    }
}

/// Takes the tensor of an object, and writes the array of its memory; `None` if its class has no
/// `__dlpack__`.
///
/// # Errors
/// The object's own exception; BufferError for a tensor that is not in the memory of the host, was
/// copied, has elements of a type that there is not here, or contradicts itself.
pub(super) fn acquire(
    place: &mut MaybeUninit<AnyArray>,
    object: &Bound<'_, PyAny>,
) -> PyResult<Option<ManagedTensor>> {
    let py = object.py();
    let Some(method) = attribute(object, intern!(py, "__dlpack__"))? else { return Ok(None) };
    // The tensor itself tells where it is. Where there is none, the reason may be that.
    let capsule = match ask(&method) {
        Ok(capsule) => capsule,
        Err(error) => {
            return Err(match device_of(object) {
                Ok(Some(device)) => check_device(device).map_or_else(wrong, |()| error),
                Ok(None) | Err(_) => error,
            });
        }
    };
    let Ok(capsule) = capsule.cast_into::<PyCapsule>() else {
        return Err(PyTypeError::new_err("__dlpack__ returned no capsule"));
    };
    let lent = take(&capsule)?;
    // SAFETY: the tensor is alive until it is deleted, which is after the array's last use.
    match unsafe { read(place, &lent) } {
        Ok(()) => Ok(Some(lent)),
        Err(error) => {
            lent.release(py);
            Err(wrong(error))
        }
    }
}

/// Returns where an object says that its memory is.
fn device_of(object: &Bound<'_, PyAny>) -> PyResult<Option<Device>> {
    let Some(method) = attribute(object, intern!(object.py(), "__dlpack_device__"))? else {
        return Ok(None);
    };
    let (kind, id) = method.call0()?.extract()?;
    Ok(Some(Device { kind, id }))
}

/// Calls `__dlpack__` by the newest signature that the object knows: `copy` and `max_version` came
/// with version 1.
fn ask<'py>(method: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    static REQUEST: PyOnceLock<(Py<PyTuple>, Py<PyTuple>)> = PyOnceLock::new();
    let py = method.py();
    let request = made_once(&REQUEST, py, || {
        let (major, minor) = VERSION;
        let version = objects::ints(py, &[major as isize, minor as isize])?;
        let names = ["max_version", "copy"].map(|name| Ok(PyString::intern(py, name).into_any()));
        Ok((version.unbind(), objects::tuple(py, names.into_iter())?.unbind()))
    })?;
    let (version, names) = (request.0.bind(py), request.1.bind(py));
    // Vectorcalls are not in the API of 3.11 that all versions share.
    #[cfg(Py_LIMITED_API)]
    let call = |names: &Bound<'py, PyTuple>| {
        let keywords = objects::dict(py)?;
        for (place, name) in names.iter().enumerate() {
            if place == 0 {
                keywords.set_item(name, version)
            } else {
                keywords.set_item(name, false)
            }?;
        }
        method.call((), Some(&keywords))
    };
    // SAFETY: attached; as many values as there are names, all of them alive; the result is a new
    // reference or NULL.
    #[cfg(not(Py_LIMITED_API))]
    let call = |names: &Bound<'py, PyTuple>| unsafe {
        let values = [version.as_ptr(), ffi::Py_False()];
        let made = ffi::PyObject_Vectorcall(method.as_ptr(), values.as_ptr(), 0, names.as_ptr());
        Bound::from_owned_ptr_or_err(py, made)
    };
    let is_unknown =
        |error: &PyErr| error.get_type(py).is(py.get_type::<pyo3::exceptions::PyTypeError>());
    match call(names) {
        Ok(made) => return Ok(made),
        Err(error) if is_unknown(&error) => {}
        Err(error) => return Err(error),
    }
    let version_alone = names.get_slice(0, 1);
    match call(&version_alone) {
        Err(error) if is_unknown(&error) => method.call0(),
        result => result,
    }
}

fn check_device(device: Device) -> Result<()> {
    if device.is_host() {
        return Ok(());
    }
    let Device { kind, id } = device;
    let name = match kind {
        2 => " (CUDA)",
        10 => " (ROCm)",
        13 => " (CUDA managed memory)",
        8 => " (Metal)",
        14 => " (oneAPI)",
        _ => "",
    };
    Err(Error::buffer(format!(
        "its memory is on device ({kind}, {id}){name}, and not the host's; move it there first, \
         as x.cpu() does"
    )))
}

/// Consumes a capsule: renames it, so that what is in it is ours to delete.
fn take(capsule: &Bound<'_, PyCapsule>) -> PyResult<ManagedTensor> {
    if let Some(managed) = consumed::<Versioned>(capsule)? {
        return Ok(ManagedTensor::Versioned(managed));
    }
    if let Some(managed) = consumed::<Unversioned>(capsule)? {
        return Ok(ManagedTensor::Unversioned(managed));
    }
    Err(PyBufferError::new_err(
        "__dlpack__ returned a capsule that is no tensor, or one that was consumed before",
    ))
}

/// Consumes a capsule of a managed tensor of one kind; `None` if it is another one.
fn consumed<M: Managed>(capsule: &Bound<'_, PyCapsule>) -> PyResult<Option<NonNull<M>>> {
    let capsule_ptr = capsule.as_ptr();
    // SAFETY: it is a capsule; a valid one has a pointer that is not NULL, and by its name that is
    // one to an `M`.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule_ptr, M::NAME.as_ptr()) == 0 {
            return Ok(None);
        }
        let managed = ffi::PyCapsule_GetPointer(capsule_ptr, M::NAME.as_ptr());
        let managed = NonNull::new(managed.cast::<M>());
        if ffi::PyCapsule_SetName(capsule_ptr, M::USED.as_ptr()) != 0 {
            return Err(PyErr::fetch(capsule.py()));
        }
        Ok(managed)
    }
}

/// Writes the array of a tensor that was handed over.
///
/// # Safety
/// It is alive until after the array's last use.
unsafe fn read(place: &mut MaybeUninit<AnyArray>, lent: &ManagedTensor) -> Result<()> {
    // SAFETY: the caller guarantees it; of another major version nothing but the number is read.
    unsafe {
        match lent {
            ManagedTensor::Unversioned(managed) => {
                // Nothing tells whether it may be written to.
                write_array(place, &managed.as_ref().tensor, true)
            }
            ManagedTensor::Versioned(managed) => {
                let (major, minor) = ((*managed.as_ptr()).major, (*managed.as_ptr()).minor);
                if major != VERSION.0 {
                    return Err(Error::buffer(format!(
                        "it is a tensor of DLPack {major}.{minor}, and only {}.x is known",
                        VERSION.0
                    )));
                }
                let managed = managed.as_ref();
                if managed.flags & COPIED != 0 {
                    return Err(Error::buffer("__dlpack__ made a copy"));
                }
                write_array(place, &managed.tensor, managed.flags & READ_ONLY != 0)
            }
        }
    }
}

/// Writes the array over the memory of a tensor.
///
/// # Safety
/// The tensor describes memory that is there until after the array's last use.
unsafe fn write_array(
    place: &mut MaybeUninit<AnyArray>,
    tensor: &Tensor,
    readonly: bool,
) -> Result<()> {
    check_device(tensor.device)?;
    let Some(dtype) = tensor.dtype.to_dtype() else {
        return Err(Error::buffer(format!(
            "its elements are {}, of which there are none here",
            tensor.dtype.name()
        )));
    };
    let Tensor { ndim, shape, strides, .. } = *tensor;
    let described = Described { ndim, shape, strides, unit: dtype.size() };
    // SAFETY: the caller guarantees it for what the tensor says.
    let layout = unsafe { described.layout(dtype.size())? };
    let start = start_of(tensor.data, tensor.byte_offset, &layout)?;
    let scalar_type = ScalarType::native(dtype);
    let format = scalar_type.format();
    // SAFETY: the caller guarantees it; the layout's itemsize is that of the type. The place is
    // valid for writes: `MaybeUninit::write` would move the array once more.
    unsafe {
        let array = place.as_mut_ptr();
        array.write(AnyArray::from_scalars(scalar_type, start, layout, format, readonly, None));
    }
    Ok(())
}
