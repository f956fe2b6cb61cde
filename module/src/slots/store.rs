//! `v[key] = value` and `del v[key]`.

use std::ffi::c_int;
use std::mem::discriminant;

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use consumer::error::Result;
use consumer::kernels::copy;
use consumer::layout::Layout;
use consumer::view::RawView;

use super::trampoline::{attached_trampoline, this, trampoline};
use crate::arguments::exact;
use crate::gil::is_large;
use crate::methods::elements::{assign, item};
use crate::object::{Access, PyConsumerArray};
use crate::values::elements;

/// `v[key] = value` and `del v[key]`. The fast paths, which cannot panic, are one element and a
/// slice that takes the elements of another view.
pub(super) unsafe extern "C" fn assign_subscript(
    object: *mut ffi::PyObject,
    key: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: the slot is called attached, on objects of the class, with a key that is alive and a
    // value that is alive or NULL.
    let (this, key, value) = unsafe {
        let py = Python::assume_attached();
        (this(py, object), Borrowed::from_ptr(py, key), Borrowed::from_ptr_or_opt(py, value))
    };
    let Some(value) = value else { return slow_assign(this, key, None) };
    if store_exact(this.get(), key, value) {
        return 0;
    }
    match SliceCopy::new(this.get(), key, value) {
        Some(copy) if copy.copy_contiguous() => 0,
        Some(copy) => slow_copy(copy),
        None => slow_assign(this, key, Some(value)),
    }
}

#[inline(never)]
fn slow_copy(copy: SliceCopy<'_>) -> c_int {
    // SAFETY: called by the slot.
    unsafe {
        trampoline(|_| {
            copy.copy()?;
            Ok(0)
        })
    }
}

#[inline(never)]
fn slow_assign(
    this: Borrowed<'_, '_, PyConsumerArray>,
    key: Borrowed<'_, '_, PyAny>,
    value: Option<Borrowed<'_, '_, PyAny>>,
) -> c_int {
    // SAFETY: called by the slot.
    unsafe {
        attached_trampoline(|_| {
            match value {
                Some(value) => assign::set(&this, &key, &value)?,
                None => item::delete(this.get())?,
            }
            Ok(0)
        })
    }
}

/// Stores a value in an element, both of exactly Python's own types; returns whether they are.
#[inline(always)]
fn store_exact(
    view: &PyConsumerArray,
    key: Borrowed<'_, '_, PyAny>,
    value: Borrowed<'_, '_, PyAny>,
) -> bool {
    let Some(access) = view.try_access(key.py()) else { return false };
    if access.readonly() {
        return false;
    }
    let Some(pointer) = exact::element(&access, key) else { return false };
    // SAFETY: the pointer leads to an element of the array, which is writable and accessed.
    unsafe { elements::store_exact(&access, pointer, value) }
}

/// A slice of one view that takes the elements of another one, both of one dimension and of the
/// same scalars, and not large.
struct SliceCopy<'a> {
    start: *mut u8,
    stride: isize,
    count: usize,
    source: Access<'a>,
    /// Keeps the target's elements accessible.
    _target: Access<'a>,
}

impl<'a> SliceCopy<'a> {
    /// `None` for any other assignment.
    #[inline]
    fn new(
        view: &'a PyConsumerArray,
        key: Borrowed<'a, 'a, PyAny>,
        value: Borrowed<'a, 'a, PyAny>,
    ) -> Option<Self> {
        let py = key.py();
        let target = view.try_access(py)?;
        let source = value.cast_exact::<PyConsumerArray>().ok()?.get().try_access(py)?;
        let same_type = discriminant(&*target) == discriminant(&*source) && target.is_scalar();
        let ([_], &[length], []) =
            (target.layout().shape(), source.layout().shape(), source.layout().suboffsets())
        else {
            return None;
        };
        let (offset, count, stride) = exact::slice(&target, key)?;
        let start = target.start().wrapping_offset(offset);
        let fits = same_type && count == length && !target.readonly() && !is_large(source.raw());
        fits.then_some(Self { start, stride, count, source, _target: target })
    }

    /// Copies the elements if those of both are contiguous; returns whether they are. Does not
    /// panic.
    #[inline(always)]
    fn copy_contiguous(&self) -> bool {
        let itemsize = self.source.layout().itemsize();
        let contiguous = self.stride == itemsize as isize && self.source.layout().is_c_contiguous();
        if contiguous {
            // SAFETY: both are as many bytes, under access, and may overlap; the target is
            // writable.
            unsafe { self.start.copy_from(self.source.start(), self.count * itemsize) };
        }
        contiguous
    }

    /// Copies the elements.
    fn copy(&self) -> Result<()> {
        let layout = Layout::line(self.count, self.stride, self.source.layout().itemsize())?;
        // SAFETY: the layout leads to elements of a slice of the target, which is writable.
        unsafe { copy::assign_raw(RawView::new(self.start, &layout), self.source.raw()) }
    }
}
