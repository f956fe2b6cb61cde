//! Arrays made from a format and memory.

#![allow(unsafe_code)]

use std::sync::Arc;

use super::{AnyArray, ConsumerArray, Owner};
use crate::dtype::ScalarType;
use crate::error::{Error, Result, Tuple};
use crate::form::{Judgement, judge, judge_own};
use crate::format::{Format, FormatString};
use crate::kernels::copy;
use crate::layout::{Layout, Order};
use crate::memory::Memory;
use crate::view::View;

impl AnyArray {
    /// Makes an array over memory that `owner` keeps alive or, without an owner, the caller. The
    /// format decides the type of the elements. If it cannot be read or contradicts the layout's
    /// itemsize, they are [`Opaque`](AnyArray::Opaque).
    ///
    /// # Safety
    /// The requirements of [`View::new`].
    pub unsafe fn new(
        start: *mut u8,
        layout: Layout,
        format: FormatString,
        readonly: bool,
        owner: Option<Owner>,
    ) -> Self {
        let judgement = judge(format.as_bytes(), layout.itemsize());
        // SAFETY: the caller guarantees it; the judgement is of the layout's itemsize.
        unsafe { Self::of(judgement, start, layout, format, readonly, owner) }
    }

    /// The same for a format whose writer goes by the rules here: see [`judge_own`].
    ///
    /// # Safety
    /// The requirements of [`View::new`].
    #[doc(hidden)]
    pub unsafe fn of_own(
        start: *mut u8,
        layout: Layout,
        format: FormatString,
        readonly: bool,
        owner: Option<Owner>,
    ) -> Self {
        let judgement = judge_own(format.as_bytes(), layout.itemsize());
        // SAFETY: the caller guarantees it; the judgement is of the layout's itemsize.
        unsafe { Self::of(judgement, start, layout, format, readonly, owner) }
    }

    /// Makes an array of elements that were judged.
    ///
    /// # Safety
    /// The requirements of [`View::new`]; the judgement is of elements of the layout's itemsize.
    unsafe fn of(
        judgement: Judgement,
        start: *mut u8,
        layout: Layout,
        format: FormatString,
        readonly: bool,
        owner: Option<Owner>,
    ) -> Self {
        match judgement {
            // SAFETY: the caller gives the guarantees of `View::new`, and a scalar is only found
            // where its size is the itemsize.
            Judgement::Scalar(scalar_type) => unsafe {
                Self::from_scalars(scalar_type, start, layout, format, readonly, owner)
            },
            // SAFETY: the caller gives the guarantees of `View::new`.
            Judgement::Composite(element_type) => unsafe {
                Self::composite(start, layout, format, readonly, owner, element_type)
            },
            // SAFETY: the caller gives the guarantees of `View::new`.
            Judgement::Unreadable(why) => unsafe {
                Self::opaque(start, layout, format, readonly, owner, why)
            },
        }
    }

    /// Returns the same array with a format that describes its elements: the one that it has, or,
    /// if that one leaves out the padding at the end, the same with that padding. A format that
    /// calls aligned what is not, that has records in braces, or that ends with a prefix, is
    /// written anew instead.
    #[doc(hidden)]
    #[must_use]
    pub fn with_exact_format(self) -> Self {
        let (format, itemsize) = (self.format(), self.layout().itemsize());
        let scalar_type = self.scalar_type();
        if scalar_type.is_some() && ScalarType::from_letters(format.as_bytes()) == scalar_type {
            return self;
        }
        let measure = Format::parse_strict(format.as_bytes()).and_then(|format| format.measure());
        let missing = measure.ok().and_then(|measure| itemsize.checked_sub(measure.size));
        if missing == Some(0) {
            return self;
        }
        let (start, layout, readonly) = (self.start(), self.layout().clone(), self.readonly());
        let owner = self.owner().cloned();
        // SAFETY: the same elements, of the same type.
        unsafe {
            match (scalar_type, &self) {
                (Some(scalar_type), _) => {
                    let format = scalar_type.format();
                    Self::from_scalars(scalar_type, start, layout, format, readonly, owner)
                }
                (_, Self::Composite(array)) => {
                    let element_type = array.descriptor().clone();
                    let format = match missing {
                        // Behind a record in braces it might be taken for that one's own.
                        Some(missing) if !format.as_bytes().contains(&b'{') => {
                            format.followed_by(&format!("{missing}x"))
                        }
                        _ => element_type.format_in(itemsize),
                    };
                    Self::composite(start, layout, format, readonly, owner, element_type)
                }
                _ => self,
            }
        }
    }

    /// Returns the array, unless its elements cannot be read for no other reason than that there
    /// was no memory to find out what they are.
    ///
    /// # Errors
    /// Returns an error with [`is_too_large`](Error::is_too_large).
    #[doc(hidden)]
    pub fn judged(self) -> Result<Self> {
        match &self {
            Self::Opaque(array) if array.descriptor().is_no_memory() => {
                Err(array.descriptor().clone())
            }
            _ => Ok(self),
        }
    }

    /// Makes an array of elements that cannot be read, for the given reason.
    ///
    /// # Safety
    /// The requirements of [`View::new`].
    #[doc(hidden)]
    #[must_use]
    pub unsafe fn opaque(
        start: *mut u8,
        layout: Layout,
        format: FormatString,
        readonly: bool,
        owner: Option<Owner>,
        why: Error,
    ) -> Self {
        // SAFETY: the caller gives the guarantees of `View::new`.
        let view = unsafe { View::new(start, layout, readonly, why) };
        Self::Opaque(ConsumerArray::new(view, format, owner))
    }

    /// Makes a writable array over owned memory, with elements that are contiguous in C order.
    ///
    /// The memory is taken by value, so that no other thread can make an array over it.
    ///
    /// # Errors
    /// Returns an error with [`is_value`](Error::is_value) if the layout is not contiguous or the
    /// memory is smaller than the elements.
    pub fn from_memory(memory: Memory, layout: Layout, format: FormatString) -> Result<Self> {
        // Memory safety depends on the product that this checks, wherever the layout comes from.
        let layout = layout.checked()?;
        let (have, want) = (memory.len(), layout.nbytes());
        if !layout.is_c_contiguous() || have < want {
            return Err(Error::memory_too_small(want, have));
        }
        // Moved into its place before the pointer is taken, because a move asserts unique access.
        let memory = Arc::new(memory);
        let start = memory.start();
        // SAFETY: the memory has room for the contiguous elements, whose size did not overflow, and
        // as their owner it lives as long as the array. It was passed by value, so nothing else
        // refers to it, and its bytes are only accessed through pointers.
        Ok(unsafe { Self::new(start, layout, format, false, Some(memory)) })
    }

    /// Makes an array of a format and shape whose elements are a copy of these bytes, in C order.
    ///
    /// # Errors
    /// Returns an error with [`is_format`](Error::is_format) or
    /// [`is_unreadable`](Error::is_unreadable) if the format has no size, with
    /// [`is_value`](Error::is_value) if the number of bytes is not that of shape and format, and
    /// with [`is_too_large`](Error::is_too_large) if there is not enough memory.
    pub fn from_bytes(bytes: &[u8], format: &std::ffi::CStr, shape: &[usize]) -> Result<Self> {
        let size = Format::parse(format.to_bytes())?.measure()?.size;
        let layout = Layout::contiguous(shape, size)?;
        if layout.nbytes() != bytes.len() {
            return Err(Error::value(format!(
                "{} bytes are not shape {} of elements of {size} bytes",
                bytes.len(),
                Tuple(shape)
            )));
        }
        let source = Layout::line(bytes.len(), 1, 1)?;
        // SAFETY: the view is read-only and lies within the slice, which outlives it.
        let source = unsafe { View::<u8>::new(bytes.as_ptr().cast_mut(), source, true, ()) };
        let memory = copy::to_memory(&source, Order::C)?;
        Self::from_memory(memory, layout, format.into())
    }
}
