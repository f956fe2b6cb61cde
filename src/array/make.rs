//! Arrays of a format over some memory.

#![allow(unsafe_code)]

use std::sync::Arc;

use super::{AnyArray, ConsumerArray, Owner};
use crate::dtype::{Judgement, judge};
use crate::error::{Error, Result};
use crate::format::{Format, FormatString};
use crate::kernels::copy;
use crate::layout::{Layout, Order};
use crate::memory::Memory;
use crate::view::View;

impl AnyArray {
    /// An array over memory that `owner` keeps alive, or, without one, the caller. The format
    /// decides what it is an array of; one that cannot be read, or contradicts the layout's
    /// itemsize, makes the elements [`Opaque`](AnyArray::Opaque).
    ///
    /// # Safety
    /// As for [`View::new`].
    #[inline]
    pub unsafe fn new(
        start: *mut u8,
        layout: Layout,
        format: FormatString,
        readonly: bool,
        owner: Option<Owner>,
    ) -> Self {
        match judge(format.as_bytes(), layout.itemsize()) {
            // SAFETY: as the caller says; a judgement is only given for its itemsize.
            Judgement::Scalar(scalar_type) => unsafe {
                Self::of_scalars(scalar_type, start, layout, format, readonly, owner)
            },
            // SAFETY: as the caller says.
            Judgement::Composite(form) => unsafe {
                Self::composite(start, layout, format, readonly, owner, form)
            },
            // SAFETY: as the caller says.
            Judgement::Unreadable(why) => unsafe {
                Self::opaque(start, layout, format, readonly, owner, why)
            },
        }
    }

    /// An array of elements that cannot be read, for the reason given.
    ///
    /// # Safety
    /// As for [`View::new`].
    pub unsafe fn opaque(
        start: *mut u8,
        layout: Layout,
        format: FormatString,
        readonly: bool,
        owner: Option<Owner>,
        why: Error,
    ) -> Self {
        // SAFETY: as the caller says.
        let view = unsafe { View::new(start, layout, readonly, why) };
        Self::Opaque(ConsumerArray::new(view, format, owner))
    }

    /// A writable array over memory of our own, its elements adjacent in C order.
    ///
    /// # Errors
    /// One that [`is_value`](Error::is_value) where the memory is smaller than the elements.
    pub fn over(memory: Arc<Memory>, layout: Layout, format: FormatString) -> Result<Self> {
        let (have, want) = (memory.len(), layout.nbytes());
        if !layout.is_c_contiguous() || have < want {
            return Err(Error::value(format!("{want} bytes do not fit memory of {have}")));
        }
        let start = memory.start();
        // SAFETY: the memory holds the adjacent elements, and lives as long as the array; it is
        // reached through pointers only.
        Ok(unsafe { Self::new(start, layout, format, false, Some(memory)) })
    }

    /// An array of a format and shape whose elements are a copy of these bytes, in C order.
    ///
    /// # Errors
    /// One that [`is_format`](Error::is_format) or [`is_unreadable`](Error::is_unreadable) where the
    /// format has no size; one that [`is_value`](Error::is_value) where the bytes are not as many
    /// as shape and format ask for; one that [`is_too_large`](Error::is_too_large).
    pub fn from_bytes(bytes: &[u8], format: &std::ffi::CStr, shape: &[usize]) -> Result<Self> {
        let size = Format::parse(format.to_bytes())?.measure()?.size;
        let layout = Layout::contiguous(shape, size)?;
        if layout.nbytes() != bytes.len() {
            return Err(Error::value(format!(
                "{} bytes are not shape {shape:?} of elements of {size} bytes",
                bytes.len()
            )));
        }
        let source = Layout::line(bytes.len(), 1, 1)?;
        // SAFETY: the view lies within the slice, and ends with this function.
        let source = unsafe { View::<u8>::new(bytes.as_ptr().cast_mut(), source, true, ()) };
        let memory = copy::to_memory(&source, Order::C)?;
        Self::over(Arc::new(memory), layout, format.into())
    }
}
