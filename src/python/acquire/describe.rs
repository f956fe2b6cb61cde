//! Turning an exporter's `Py_buffer` into an array: what it left out is filled in, what it says is
//! checked.
//!
//! Most exporters have elements of one letter, and most of those one dimension. Their array is
//! written straight to its final place, without the parser of formats and the loops of the general
//! layout.

use std::ffi::{CStr, c_int};

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use smallvec::SmallVec;

use super::known::Source;
use super::redirect::origin;
use super::{AsView, ctypes, numpy};
use crate::array::AnyArray;
use crate::error::{Error, Result};
use crate::form::{ElementType, judge_letter};
use crate::format::FormatString;
use crate::layout::{Layout, MAX_NDIM, check_ndim};
use crate::python::attached::attached;
use crate::python::errors::DiscardError;

/// Writes the array that a `Py_buffer` describes to `array`, if that is one of elements of a type
/// of one letter, after at most one prefix. Returns whether it is: the fast path.
///
/// # Errors
/// For a buffer that contradicts itself, or is more than this library holds.
///
/// # Safety
/// The buffer was filled in by an exporter, and is released after the array's last use; `array` is
/// valid for writes.
#[inline(always)]
pub(super) unsafe fn describe_letter(
    array: *mut AnyArray,
    buffer: &ffi::Py_buffer,
) -> Result<bool> {
    let itemsize = buffer.itemsize as usize;
    // PEP 3118: without a format the elements are unsigned bytes.
    let mut bytes = [b'B', 0];
    let mut scalar_type = None;
    if !buffer.format.is_null() {
        // SAFETY: the exporter's format is a C string: after a byte that is not NUL there is
        // another.
        let byte = |index| unsafe { *buffer.format.wrapping_add(index) as u8 };
        bytes = [byte(0), if byte(0) == 0 { 0 } else { byte(1) }];
        if bytes[1] != 0 && byte(2) == 0 {
            scalar_type = judge_letter(Some(bytes[0]), bytes[1], itemsize);
        }
    }
    if bytes[1] == 0 {
        scalar_type = judge_letter(None, bytes[0], itemsize);
    }
    let Some(scalar_type) = scalar_type else { return Ok(false) };
    // What ctypes cannot describe, it calls bytes. Nobody else leaves out the strides of bytes.
    if (bytes == [b'B', 0] && buffer.strides.is_null())
        || buffer.shape.is_null()
        || buffer.buf.is_null()
        || !buffer.suboffsets.is_null()
        || !(1..=MAX_NDIM as c_int).contains(&buffer.ndim)
    {
        return Ok(false);
    }
    // SAFETY: `shape` has an entry, and so has `strides` where it is not NULL.
    let (length, stride) = unsafe { (*buffer.shape as usize, buffer.strides.as_ref()) };
    let stride = stride.copied().unwrap_or(buffer.itemsize);
    let (start, readonly) = (buffer.buf.cast(), buffer.readonly != 0);
    // If the exporter states another length than these numbers give, the slow path decides. A
    // product that overflows is refused with the layout.
    // SAFETY: `shape` has `ndim` entries.
    let nbytes = (1..buffer.ndim as usize)
        .fold(length.wrapping_mul(itemsize), |nbytes, dim| unsafe {
            nbytes.wrapping_mul(*buffer.shape.add(dim) as usize)
        });
    if nbytes != buffer.len as usize {
        return Ok(false);
    }
    // SAFETY: the exporter's arrays are NULL or have `ndim` entries.
    let layout = unsafe {
        if buffer.ndim == 1 && Layout::line_fits(length, stride, itemsize) {
            Layout::line_unchecked(length, stride, itemsize)
        } else {
            layout(buffer, itemsize)?
        }
    };
    let format = FormatString::from_letters(bytes[0], bytes[1]);
    // SAFETY: the exporter vouches for the memory that its own numbers describe until the buffer is
    // released; the type was judged by the itemsize. The caller guarantees the place.
    unsafe {
        array.write(AnyArray::from_scalars(scalar_type, start, layout, format, readonly, None));
    }
    Ok(true)
}

/// Writes the array that a `Py_buffer` describes to `array`, if the type of its exporter, or of
/// what that is a memoryview of, has told before what its elements are, and few dimensions say
/// where. Returns whether that is so.
///
/// # Safety
/// The same as for [`describe_letter`].
#[inline(never)]
pub(super) unsafe fn describe_known(
    py: Python<'_>,
    array: *mut AnyArray,
    buffer: &ffi::Py_buffer,
) -> bool {
    /// More than a layout has without the heap.
    const FEW: usize = 4;
    let (ndim, itemsize) = (buffer.ndim as usize, buffer.itemsize as usize);
    if ndim > FEW
        || (ndim > 0 && buffer.shape.is_null())
        || !buffer.suboffsets.is_null()
        || buffer.buf.is_null()
        || buffer.format.is_null()
    {
        return false;
    }
    let (mut shape, mut strides, mut nbytes) = ([0; FEW], [0; FEW], buffer.itemsize);
    for dim in (0..ndim).rev() {
        // SAFETY: the exporter's arrays are NULL or have `ndim` entries.
        unsafe {
            shape[dim] = *buffer.shape.add(dim);
            strides[dim] = buffer.strides.as_ref().map_or(nbytes, |_| *buffer.strides.add(dim));
        }
        nbytes = nbytes.wrapping_mul(shape[dim]);
    }
    // What is not as it should be is looked at by `describe_any`.
    if nbytes != buffer.len {
        return false;
    }
    // SAFETY: the owner is alive, or NULL; the exporter's format is a C string.
    let (exporter, format) =
        unsafe { (Bound::from_borrowed_ptr_or_opt(py, buffer.obj), CStr::from_ptr(buffer.format)) };
    let Some(mut exporter) = exporter else { return false };
    // SAFETY: the object is alive.
    if unsafe { ffi::PyMemoryView_Check(exporter.as_ptr()) } != 0 {
        let Some(viewed) = exporter.getattr(intern!(py, "obj")).or_discard(py) else {
            return false;
        };
        exporter = viewed;
    }
    let find = |source: &Source| source.find(&exporter, format, itemsize);
    let Some((element_type, format)) = find(&ctypes::KNOWN).or_else(|| find(&numpy::KNOWN)) else {
        return false;
    };
    let Some(layout) = Layout::try_inline(&shape[..ndim], &strides[..ndim], itemsize) else {
        return false;
    };
    let (start, readonly) = (buffer.buf.cast(), buffer.readonly != 0);
    // SAFETY: the exporter vouches for the memory that its own numbers describe until the buffer is
    // released; its elements are of that type, whose size is the itemsize. The caller guarantees
    // the place.
    unsafe {
        array.write(AnyArray::composite(start, layout, format, readonly, None, element_type));
    }
    true
}

/// Returns the array that a `Py_buffer`, asked for with some flags, describes: the slow path, for
/// every buffer.
///
/// # Errors
/// The same as for [`describe_letter`].
///
/// # Safety
/// The buffer was filled in by an exporter, and is released after the array's last use.
pub(super) unsafe fn describe_any(
    py: Python<'_>,
    buffer: &ffi::Py_buffer,
    flags: c_int,
    as_view: AsView,
) -> Result<AnyArray> {
    let itemsize = usize::try_from(buffer.itemsize)
        .map_err(|_| Error::buffer(format!("itemsize is {}", buffer.itemsize)))?;
    // A memoryview may itself have been made without asking for a shape.
    // SAFETY: the owner is NULL or alive; the exporter's arrays are NULL or have `ndim` entries.
    let layout = unsafe {
        let asked = flags & ffi::PyBUF_ND == ffi::PyBUF_ND
            && (buffer.obj.is_null() || ffi::PyMemoryView_Check(buffer.obj) == 0);
        // An object of ctypes that was resized has room behind its element.
        let is_resized = || {
            let exporter = Bound::from_borrowed_ptr_or_opt(py, buffer.obj);
            let origin = exporter.and_then(|exporter| origin(&exporter));
            origin.is_some_and(|origin| ctypes::is_of_ctypes(&origin.get_type()))
        };
        if buffer.ndim == 0 && buffer.len > buffer.itemsize && is_resized() {
            Layout::contiguous(&[], itemsize)?
        } else if buffer.shape.is_null() && buffer.ndim == 0 && !asked {
            layout_without_shape(buffer.len, itemsize)?
        } else {
            layout(buffer, itemsize)?
        }
    };
    let mut start = buffer.buf.cast::<u8>();
    if start.is_null() {
        if layout.nbytes() > 0 {
            return Err(Error::buffer(format!("{} bytes at address 0", layout.nbytes())));
        }
        start = std::ptr::NonNull::dangling().as_ptr();
    }
    let format = if buffer.format.is_null() {
        // PEP 3118: without a format the elements are unsigned bytes.
        FormatString::from(c"B")
    } else {
        // SAFETY: the exporter's format is a C string.
        FormatString::try_from_c_str(unsafe { CStr::from_ptr(buffer.format) })?
    };
    let readonly = buffer.readonly != 0;
    // SAFETY: the exporter vouches for the memory that its own numbers describe, and keeps `obj`
    // alive, until the buffer is released.
    unsafe {
        let array = AnyArray::new(start, layout, format, readonly, None).judged()?;
        // ctypes writes bare 'B' for what it cannot describe, and '<B' for bytes.
        let doubtful = array.scalar_type().is_none() || array.format().as_bytes() == b"B";
        let exporter = Bound::from_borrowed_ptr_or_opt(py, buffer.obj);
        // Others may leave the length wrong. ctypes tells how much memory an object has, but its
        // shape by a class that may have been set since.
        let is_short = usize::try_from(buffer.len).is_ok_and(|len| len < array.layout().nbytes());
        if is_short && exporter.as_ref().is_some_and(ctypes::is_owner) {
            return Err(Error::buffer(format!(
                "its shape describes {} bytes, but its memory has {}",
                array.layout().nbytes(),
                buffer.len
            )));
        }
        let exporter = exporter.filter(|_| doubtful);
        let correct = exporter.and_then(|exporter| {
            attached(py, || {
                ctypes::correct(&array, &exporter, as_view)
                    .or_else(|| numpy::correct(&array, &exporter, as_view))
            })
        });
        correct.unwrap_or_else(|| without_objects(array.with_exact_format())).judged()
    }
}

/// Returns the array, of whose elements only the format tells: unreadable if they are records that
/// hold objects, since a wrong place would make a reference of other bytes.
///
/// # Safety
/// The array's memory is what it describes.
unsafe fn without_objects(array: AnyArray) -> AnyArray {
    let AnyArray::Composite(known) = &array else { return array };
    let holds_objects = known.descriptor().any(&|part| {
        matches!(part, ElementType::Record(_) | ElementType::Padded(..)) && part.has_objects()
    });
    if !holds_objects {
        return array;
    }
    let why = Error::unreadable(format!(
        "elements of format {:?} cannot be read: a format alone does not prove where a record has \
         references to objects",
        array.format().to_string()
    ))
    .with_references();
    let (start, format) = (array.start(), array.format().clone());
    // SAFETY: the same memory, of which no element is read.
    unsafe { AnyArray::opaque(start, array.layout().clone(), format, array.readonly(), None, why) }
}

/// Copies the layout that an exporter describes: some exporters change theirs while it is exported.
///
/// # Safety
/// `shape`, `strides` and `suboffsets` are NULL or have `ndim` entries.
unsafe fn layout(buffer: &ffi::Py_buffer, itemsize: usize) -> Result<Layout> {
    let ndim = usize::try_from(buffer.ndim)
        .map_err(|_| Error::buffer(format!("{} dimensions", buffer.ndim)))?;
    check_ndim(ndim)?;
    if buffer.shape.is_null() {
        return layout_of_length(ndim, buffer.len, itemsize);
    }
    // SAFETY: `numbers` is one of the exporter's arrays, and not NULL.
    let slice = |numbers: *mut isize| unsafe { std::slice::from_raw_parts(numbers, ndim) };
    if !buffer.strides.is_null()
        && buffer.suboffsets.is_null()
        && let Some(layout) =
            Layout::try_inline(slice(buffer.shape), slice(buffer.strides), itemsize)
    {
        return Ok(layout);
    }
    let optional = |numbers: *mut isize| (!numbers.is_null()).then(|| slice(numbers));
    let lengths = slice(buffer.shape).iter().map(|&length| usize::try_from(length));
    let shape: SmallVec<[usize; 4]> = lengths
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| Error::buffer(format!("shape is {:?}", slice(buffer.shape))))?;
    Layout::new(&shape, optional(buffer.strides), optional(buffer.suboffsets), itemsize)
}

/// The layout for an exporter that was not asked for the shape, and says that there are no
/// dimensions, as NumPy does of all its arrays. With more or less than one element there is one
/// dimension, as the C API has it.
fn layout_without_shape(length: isize, itemsize: usize) -> Result<Layout> {
    let ndim = usize::from(usize::try_from(length) != Ok(itemsize));
    layout_of_length(ndim, length, itemsize)
}

/// The layout for an exporter that leaves out the shape: `length` bytes in one dimension, or none.
fn layout_of_length(ndim: usize, length: isize, itemsize: usize) -> Result<Layout> {
    let wrong = || Error::buffer(format!("no shape, {ndim} dimensions, {length} bytes"));
    let bytes = usize::try_from(length).map_err(|_| wrong())?;
    match ndim {
        0 if bytes == itemsize => Layout::contiguous(&[], itemsize),
        1 if itemsize == 0 => Layout::line(0, 0, 0),
        1 if bytes % itemsize == 0 => Layout::line(bytes / itemsize, itemsize as isize, itemsize),
        _ => Err(wrong()),
    }
}
