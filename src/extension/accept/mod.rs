//! From an object to what holds its memory, if that is what is expected.
//!
//! Most exporters have elements of a letter and few dimensions. For them nothing is called but the
//! exporter, and what it says is compared with constants; all others, and all errors, are left to
//! again.rs.

mod again;
mod expected;
mod mismatch;

use std::ffi::c_int;

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use super::constraint::{ANY, C, Constraint};
use super::element::Native;
use super::hold::{Body, FEW, Hold, Told, Vacant, buffer};
use crate::dtype::{DType, ScalarType};
use crate::form::judge_letter;
use crate::layout::{Layout, Order};
use crate::python::acquire::check_class;
use crate::python::stack;
pub(super) use again::{Taken, accept_bytes, take, take_after};
pub(super) use expected::{Expected, Wanted};
pub use mismatch::Mismatch;

/// Takes an object of elements `T`.
#[inline(always)]
pub(super) fn accept<T: Native, const N: usize, K: Constraint>(
    object: Borrowed<'_, '_, PyAny>,
) -> Result<Hold, Mismatch> {
    let expected = const { &Expected::of::<N, K>(Wanted::Scalar(T::DTYPE)) };
    let fits = |body, buffer: &ffi::Py_buffer| {
        let align = align_of::<T>();
        // SAFETY: the buffer was filled in, for that body.
        let fits =
            unsafe { has_letter_of::<T>(buffer) && fit::<N, K>(body, buffer, T::SIZE, align) };
        fits.then_some(())
    };
    Ok(accept_with::<N, K, _>(object, expected, fits)?.0)
}

/// Takes an object of scalars of any type, in the byte order of this machine.
#[inline(always)]
pub(super) fn accept_any<const N: usize, K: Constraint>(
    object: Borrowed<'_, '_, PyAny>,
) -> Result<(Hold, DType), Mismatch> {
    let expected = const { &Expected::of::<N, K>(Wanted::Scalars) };
    let fits = |body, buffer: &ffi::Py_buffer| {
        // SAFETY: the buffer was filled in, for that body.
        unsafe {
            let scalar_type = letter(buffer).filter(|found| !found.swapped)?;
            // What is aligned to its size, is aligned.
            let size = scalar_type.dtype.size();
            fit::<N, K>(body, buffer, size, size).then_some(scalar_type.dtype)
        }
    };
    accept_with::<N, K, _>(object, expected, fits)
}

/// What is found out of a buffer at first sight.
pub(super) trait Seen: Sized {
    /// The same of what was looked at again.
    fn again(found: Option<ScalarType>) -> Self;
}

impl Seen for () {
    #[inline(always)]
    fn again(_found: Option<ScalarType>) {}
}

impl Seen for DType {
    fn again(found: Option<ScalarType>) -> Self {
        // Only scalars are looked for.
        found.map_or(Self::U8, |found| found.dtype)
    }
}

/// Takes an object that `fits` has seen to fit, and filled in; or else looks again.
#[inline(always)]
fn accept_with<const N: usize, K: Constraint, S: Seen>(
    object: Borrowed<'_, '_, PyAny>,
    expected: &'static Expected,
    fits: impl FnOnce(*mut Body, &ffi::Py_buffer) -> Option<S>,
) -> Result<(Hold, S), Mismatch> {
    match first_look::<N, K, S>(object, fits) {
        Ok(taken) => Ok(taken),
        Err(unfit) => again::look(object, unfit, expected),
    }
}

/// Takes an object of elements `T` in C order, if it fits at first sight.
#[inline(always)]
pub(super) fn accept_at_once<T: Native, const N: usize>(
    object: Borrowed<'_, '_, PyAny>,
) -> Result<Hold, Unfit> {
    let fits = |body, buffer: &ffi::Py_buffer| {
        let align = align_of::<T>();
        // SAFETY: the buffer was filled in, for that body.
        let fits =
            unsafe { has_letter_of::<T>(buffer) && fit::<N, C>(body, buffer, T::SIZE, align) };
        fits.then_some(())
    };
    Ok(first_look::<N, (), ()>(object, fits)?.0)
}

/// How far a first look has come.
pub(super) enum Unfit {
    /// The exporter was not asked: its class will not do, or there is no memory for the object that
    /// holds its.
    Unasked,
    /// The exporter has refused its buffer, and an exception is set; or there is no exporter.
    Refused(Vacant),
    /// The buffer was filled in.
    Filled(Vacant),
}

/// Takes an object that `fits` has seen to fit, and filled in.
#[inline(always)]
fn first_look<const N: usize, K: Constraint, S>(
    object: Borrowed<'_, '_, PyAny>,
    fits: impl FnOnce(*mut Body, &ffi::Py_buffer) -> Option<S>,
) -> Result<(Hold, S), Unfit> {
    const { assert!(N == ANY || K::SHAPE.len() <= N, "a shape of more lengths than dimensions") };
    // SAFETY: the object is alive, and has a class.
    let is_mutable = unsafe { stack::is_mutable(ffi::Py_TYPE(object.as_ptr())) };
    if is_mutable && !will_do(object) {
        return Err(Unfit::Unasked);
    }
    let Some(vacant) = Vacant::take(object.py()) else { return Err(Unfit::Unasked) };
    let body = vacant.body();
    // SAFETY: the object is alive, and attached; the place is ours, and where the exporter has
    // filled the buffer in, it is read.
    unsafe {
        Body::set_ends_simply(body, !is_mutable);
        let flags = const { flags(K::WRITABLE) };
        if buffer::get(object.as_ptr(), Body::buffer(body), flags) != 0 {
            return Err(Unfit::Refused(vacant));
        }
        let Some(seen) = fits(body, &*Body::buffer(body)) else {
            return Err(Unfit::Filled(vacant));
        };
        // What the buffer is of may be another object.
        if (*Body::buffer(body)).obj != object.as_ptr() {
            Body::set_ends_simply(body, false);
        }
        Ok((vacant.into_hold(), seen))
    }
}

/// Returns whether an exporter may be asked as far as its class is concerned.
#[cold]
#[inline(never)]
fn will_do(object: Borrowed<'_, '_, PyAny>) -> bool {
    check_class(&object).is_ok()
}

/// What an exporter is asked for.
const fn flags(writable: bool) -> c_int {
    if writable { ffi::PyBUF_FULL } else { ffi::PyBUF_FULL_RO }
}

/// Returns whether the format of a buffer is a letter that stands for `T`, alone or after a prefix.
///
/// # Safety
/// The buffer was filled in.
#[inline(always)]
unsafe fn has_letter_of<T: Native>(buffer: &ffi::Py_buffer) -> bool {
    let format = buffer.format.cast::<u8>();
    // SAFETY: a format is NULL or a C string: after a byte that is not NUL there is another.
    unsafe {
        if format.is_null() {
            return false;
        }
        // No letter is NUL.
        if DType::native_letter(*format).is_some_and(T::is_of) && *format.add(1) == 0 {
            return buffer.itemsize == T::SIZE as isize;
        }
        prefixed(buffer).is_some_and(|found| !found.swapped && T::is_of(found.dtype))
    }
}

/// Returns what the format of a buffer stands for, if it is a letter, alone or after a prefix.
///
/// # Safety
/// The buffer was filled in.
#[inline(always)]
unsafe fn letter(buffer: &ffi::Py_buffer) -> Option<ScalarType> {
    let format = buffer.format.cast::<u8>();
    // SAFETY: as above.
    unsafe {
        if format.is_null() || *format == 0 {
            return None;
        }
        if *format.add(1) != 0 {
            return prefixed(buffer);
        }
        judge_letter(None, *format, buffer.itemsize as usize)
    }
}

/// Returns what the format of a buffer stands for, if it is a letter after a prefix.
///
/// # Safety
/// The buffer was filled in, with a format.
#[cold]
#[inline(never)]
unsafe fn prefixed(buffer: &ffi::Py_buffer) -> Option<ScalarType> {
    let format = buffer.format.cast::<u8>();
    // SAFETY: as above.
    unsafe {
        if *format == 0 || *format.add(1) == 0 || *format.add(2) != 0 {
            return None;
        }
        judge_letter(Some(*format), *format.add(1), buffer.itemsize as usize)
    }
}

/// Fills in a body whose buffer has few dimensions and meets the constraints. Returns whether it
/// does.
///
/// # Safety
/// The buffer was filled in, in that body, and has elements of `size` bytes.
#[inline(always)]
unsafe fn fit<const N: usize, K: Constraint>(
    body: *mut Body,
    buffer: &ffi::Py_buffer,
    size: usize,
    align: usize,
) -> bool {
    // SAFETY: the caller guarantees it.
    unsafe {
        match (N, buffer.ndim) {
            (ANY, 0) => fit_few::<0, K>(body, buffer, size, align),
            (ANY, 1) => fit_few::<1, K>(body, buffer, size, align),
            (ANY, 2) => fit_few::<2, K>(body, buffer, size, align),
            (ANY, 3) => fit_few::<3, K>(body, buffer, size, align),
            _ => fit_few::<N, K>(body, buffer, size, align),
        }
    }
}

/// The same for a number of dimensions that is known.
///
/// # Safety
/// The same as for [`fit`].
#[inline(always)]
unsafe fn fit_few<const N: usize, K: Constraint>(
    body: *mut Body,
    buffer: &ffi::Py_buffer,
    size: usize,
    align: usize,
) -> bool {
    let ndim = N;
    if ndim > FEW
        || ndim != buffer.ndim as usize
        || (K::WRITABLE && buffer.readonly != 0)
        || (buffer.shape.is_null() && ndim > 0)
        || buffer.buf.is_null()
        || !buffer.suboffsets.is_null()
    {
        return false;
    }
    // What ctypes cannot describe, it calls bytes. Nobody else leaves out the strides of bytes.
    // SAFETY: the format is not NULL, as a letter was found in it.
    if buffer.strides.is_null() && size == 1 && unsafe { *buffer.format.cast::<u8>() } == b'B' {
        return false;
    }
    let (mut shape, mut strides) = ([0; FEW], [0; FEW]);
    // As many bytes as there would be if the elements were contiguous.
    let (mut nbytes, mut is_contiguous) = (size as isize, true);
    for step in 0..ndim {
        let dim = ndim - 1 - step;
        // SAFETY: the exporter's arrays are NULL or have `ndim` entries; the shape is not NULL.
        unsafe {
            shape[dim] = *buffer.shape.add(dim);
            strides[dim] = buffer.strides.as_ref().map_or(nbytes, |_| *buffer.strides.add(dim));
        }
        is_contiguous &= strides[dim] == nbytes || shape[dim] == 1;
        nbytes = nbytes.wrapping_mul(shape[dim]);
    }
    if nbytes != buffer.len {
        return false;
    }
    if let Some(order) = K::ORDER {
        if order == Order::Fortran {
            (is_contiguous, nbytes) = (true, size as isize);
            for dim in 0..ndim {
                is_contiguous &= strides[dim] == nbytes || shape[dim] == 1;
                nbytes = nbytes.wrapping_mul(shape[dim]);
            }
        }
        // No elements are contiguous, too, but that is left to a second look.
        if !is_contiguous || !buffer.buf.addr().is_multiple_of(align) {
            return false;
        }
    }
    let mut lengths = K::SHAPE.iter().rev().zip(shape[..ndim].iter().rev());
    if K::SHAPE.len() > ndim || lengths.any(|(&wanted, &found)| wanted >= 0 && wanted != found) {
        return false;
    }
    let fits = if ndim == 1 {
        Layout::line_fits(shape[0] as usize, strides[0], size)
    } else {
        Layout::few_are_small(&shape[..ndim], &strides[..ndim], size)
            || Layout::few_fit(&shape[..ndim], &strides[..ndim], size)
    };
    if !fits {
        return false;
    }
    let (start, readonly) = (buffer.buf.cast(), buffer.readonly != 0);
    // SAFETY: the exporter vouches for the memory that its own numbers describe.
    unsafe { Body::fill(body, Told { start, readonly, ndim, shape, strides }) };
    true
}
