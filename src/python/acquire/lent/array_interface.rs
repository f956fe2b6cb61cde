//! The array interface: `__array_struct__`, and `__array_interface__`, a dict of the same. It is
//! NumPy's, needs no NumPy, and says nothing of how long the memory lives: as long as the object.

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyInt, PyString, PyTuple};
use pyo3::{ffi, intern};
use smallvec::SmallVec;

use super::described::{Described, lengths, start_of};
use super::loan::{Buffer, Keeper};
use super::typestr::{TypeString, format_of_records};
use crate::array::AnyArray;
use crate::dtype::{DType, ScalarType};
use crate::error::{Error, Result};
use crate::format::FormatString;
use crate::layout::{Layout, check_ndim};
use crate::python::acquire::AsView;
use crate::python::acquire::types::{attribute, loaded_module};
use crate::python::errors::wrong;
use crate::python::exceptions::{PyBufferError, PyTypeError};
use crate::python::objects;

/// Takes the memory that `__array_interface__` describes, and writes its array; `None` if an object
/// has none.
///
/// # Errors
/// What getting it raises; BufferError for what cannot be read, TypeError for what is no interface.
pub(super) fn acquire(
    place: &mut MaybeUninit<AnyArray>,
    object: &Bound<'_, PyAny>,
    as_view: AsView,
) -> PyResult<Option<Keeper>> {
    let Some(found) = attribute(object, intern!(object.py(), "__array_interface__"))? else {
        return Ok(None);
    };
    let Ok(interface) = found.cast_into::<PyDict>() else {
        return Err(PyTypeError::new_err("it is no dict"));
    };
    if interface.get_item("mask")?.is_some_and(|mask| !mask.is_none()) {
        return Err(PyBufferError::new_err("some of its elements are masked"));
    }
    let needed = |name: &str| {
        let found = interface.get_item(name)?;
        found.ok_or_else(|| PyTypeError::new_err(format!("it has no '{name}'")))
    };
    let typestr = needed("typestr")?;
    let typestr = TypeString::parse(&objects::text(typestr.cast::<PyString>()?)?)?;
    let format = format_of(object, typestr, interface.get_item("descr")?)?;
    let shape = lengths(&steps(&needed("shape")?)?)?;
    let strides = interface.get_item("strides")?.filter(|strides| !strides.is_none());
    let strides = strides.map(|strides| steps(&strides)).transpose()?;
    let layout = Layout::new(&shape, strides.as_deref(), None, typestr.itemsize).map_err(wrong)?;
    let data = interface.get_item("data")?.filter(|data| !data.is_none());
    let Some(data) = data else {
        return Err(PyBufferError::new_err("its data is its buffer, which it does not export"));
    };
    if let Ok(data) = data.cast::<PyTuple>() {
        let (address, readonly): (Bound<'_, PyInt>, bool) = data.extract()?;
        let start = start_of(address.extract::<usize>()? as *mut c_void, 0, &layout)?;
        // SAFETY: the object vouches for the memory that its interface describes, and keeps it for
        // as long as it lives itself.
        place.write(unsafe { AnyArray::new(start, layout, format, readonly, None).judged()? });
        return Ok(Some(Keeper::Object(interface.into_any().unbind())));
    }
    // SAFETY: both objects are alive.
    if unsafe { ffi::Py_REFCNT(interface.as_ptr()) == 1 && ffi::Py_REFCNT(data.as_ptr()) == 2 } {
        return Err(PyBufferError::new_err(
            "its data is a copy, made for whoever asks; consume(numpy.asarray(x)) takes it",
        ));
    }
    let offset = match interface.get_item("offset")? {
        Some(offset) => offset.extract::<isize>()?,
        None => 0,
    };
    let (bytes, buffer) = Buffer::acquire(&data, ffi::PyBUF_FULL_RO, as_view)?;
    // SAFETY: the buffer is released after the array's last use.
    match unsafe { part(&bytes, layout, format, offset) } {
        Ok(array) => {
            place.write(array);
            Ok(Some(Keeper::Buffer(buffer)))
        }
        Err(error) => {
            // SAFETY: the thread is attached; there is no array.
            unsafe { buffer.release() };
            Err(wrong(error))
        }
    }
}

/// Returns the format of elements: of a type, or of records that a list describes.
fn format_of(
    object: &Bound<'_, PyAny>,
    typestr: TypeString,
    descr: Option<Bound<'_, PyAny>>,
) -> PyResult<FormatString> {
    let format = typestr.format();
    if format.is_ok() && !typestr.is_void() {
        return Ok(format?);
    }
    match (format_by_class(object)?, descr) {
        (Some(format), _) => Ok(format),
        (None, Some(descr)) if typestr.is_void() => format_of_records(&descr, typestr),
        _ => Ok(format?),
    }
}

/// Returns the format of an array of NumPy whose type is another package's, to whom the interface
/// is raw bytes; `None` for those of NumPy's own.
///
/// # Errors
/// BufferError for a type that is none of ours.
fn format_by_class(object: &Bound<'_, PyAny>) -> PyResult<Option<FormatString>> {
    let py = object.py();
    let (Some(numpy), Some(told)) =
        (loaded_module(py, "numpy")?, attribute(object, intern!(py, "dtype"))?)
    else {
        return Ok(None);
    };
    let Some(class) = attribute(&told, intern!(py, "type"))? else { return Ok(None) };
    // NumPy's own arrays have a buffer, unless no format describes their records.
    if told.getattr_opt(intern!(py, "names"))?.is_some_and(|names| !names.is_none())
        && object.is_instance(&numpy.getattr("ndarray")?)?
    {
        return Err(PyBufferError::new_err("no format describes its records"));
    }
    for name in ["void", "record", "datetime64", "timedelta64", "object_"] {
        if numpy.getattr(name)?.is(&class) {
            return Ok(None);
        }
    }
    if let Some(ml_dtypes) = loaded_module(py, "ml_dtypes")? {
        for dtype in [DType::BF16, DType::F8E4M3, DType::F8E5M2] {
            if ml_dtypes.getattr_opt(dtype.name())?.is_some_and(|found| found.is(&class)) {
                let swapped = dtype.size() > 1 && !told.getattr("isnative")?.is_truthy()?;
                return Ok(Some(ScalarType { dtype, swapped }.format()));
            }
        }
    }
    let name = objects::repr(&told).unwrap_or_default();
    Err(PyBufferError::new_err(format!("its elements are {name}, of which there are none here")))
}

/// Returns what lies `offset` bytes from the start of a buffer.
///
/// # Safety
/// The buffer is not released before the array's last use.
unsafe fn part(
    bytes: &AnyArray,
    layout: Layout,
    format: FormatString,
    offset: isize,
) -> Result<AnyArray> {
    if bytes.has_references() {
        return Err(Error::buffer("its data holds references to objects"));
    }
    let (begin, end) = layout.checked_extent().unwrap_or((isize::MIN, isize::MAX));
    let fits = begin.checked_add(offset).is_some_and(|begin| begin >= 0)
        && end.checked_add(offset).is_some_and(|end| end.unsigned_abs() <= bytes.layout().nbytes());
    if !bytes.layout().is_c_contiguous() || !fits {
        return Err(Error::buffer(format!(
            "what it describes does not lie in the {} bytes of its data",
            bytes.layout().nbytes()
        )));
    }
    let start = bytes.start().wrapping_offset(offset);
    // SAFETY: the elements lie in the buffer's memory, which the caller keeps.
    unsafe { AnyArray::new(start, layout, format, bytes.readonly(), None).judged() }
}

/// What `__array_struct__` points to: `PyArrayInterface` of NumPy's `ndarraytypes.h`.
#[repr(C)]
struct Interface {
    /// Always the number 2.
    two: c_int,
    ndim: c_int,
    kind: c_char,
    itemsize: c_int,
    flags: c_int,
    shape: *mut isize,
    strides: *mut isize,
    data: *mut c_void,
    /// Only where the flags say so.
    descr: *mut ffi::PyObject,
}

const NOT_SWAPPED: c_int = 0x200;
const WRITEABLE: c_int = 0x400;
const HAS_DESCR: c_int = 0x800;

/// Takes the memory that `__array_struct__` describes, and writes its array; `None` if an object
/// has none.
///
/// # Errors
/// The same as for [`acquire`].
pub(super) fn acquire_struct(
    place: &mut MaybeUninit<AnyArray>,
    object: &Bound<'_, PyAny>,
    _as_view: AsView,
) -> PyResult<Option<Keeper>> {
    let Some(found) = attribute(object, intern!(object.py(), "__array_struct__"))? else {
        return Ok(None);
    };
    let Ok(capsule) = found.cast_into::<PyCapsule>() else {
        return Err(PyTypeError::new_err("it is no capsule"));
    };
    // SAFETY: the interface's capsules have no name; one without a name has a pointer.
    let interface = unsafe {
        if ffi::PyCapsule_IsValid(capsule.as_ptr(), std::ptr::null()) == 0 {
            return Err(PyTypeError::new_err("its capsule is that of something else"));
        }
        &*ffi::PyCapsule_GetPointer(capsule.as_ptr(), std::ptr::null()).cast::<Interface>()
    };
    if interface.two != 2 {
        return Err(PyTypeError::new_err("its capsule is that of something else"));
    }
    let swapped = interface.flags & NOT_SWAPPED == 0;
    let itemsize = usize::try_from(interface.itemsize)
        .map_err(|_| Error::buffer(format!("its elements have {} bytes", interface.itemsize)))?;
    let typestr = TypeString::new(interface.kind as u8, itemsize, swapped);
    // SAFETY: the flag says that there is an object, which the capsule keeps alive.
    let descr = unsafe {
        let is_there = interface.flags & HAS_DESCR != 0 && typestr.is_void();
        Bound::from_borrowed_ptr_or_opt(
            object.py(),
            if is_there { interface.descr } else { std::ptr::null_mut() },
        )
    };
    let format = format_of(object, typestr, descr)?;
    let Interface { ndim, shape, strides, .. } = *interface;
    let described = Described { ndim, shape, strides, unit: 1 };
    // SAFETY: the struct has as many lengths and strides as dimensions, and the object vouches for
    // the memory that it describes, which the capsule and the object keep.
    place.write(unsafe {
        let layout = described.layout(itemsize).map_err(wrong)?;
        let start = start_of(interface.data, 0, &layout)?;
        let readonly = interface.flags & WRITEABLE == 0;
        AnyArray::new(start, layout, format, readonly, None).judged()?
    });
    Ok(Some(Keeper::Object(capsule.into_any().unbind())))
}

/// Converts a tuple of as many numbers as there can be dimensions.
fn steps(numbers: &Bound<'_, PyAny>) -> PyResult<SmallVec<[isize; 4]>> {
    let numbers = numbers.cast::<PyTuple>()?;
    check_ndim(numbers.len())?;
    numbers.iter().map(|number| number.extract::<isize>()).collect()
}
