//! Arrays: a view, its format, and what keeps its memory alive.
//!
//! [`ConsumerArray<T>`] is monomorphised over element type and byte order; [`AnyArray`] is the enum
//! over all of them, and `dispatch!` the one way from it to the typed array. Both are generated
//! from the table in [`dtype`](crate::dtype).
//!
//! A slice, a field or a transpose is another array over the same memory, with another layout.
//! Arrays are neither `Send` nor `Sync`, because others over the same memory may store into it.

#![allow(unsafe_code)]

mod any;
mod bits;
mod conversion;
mod equal;
mod fields;
mod make;
mod native;
mod pairs;
mod share;

use std::any::Any;
use std::ops::Deref;
use std::sync::Arc;

pub use any::AnyArray;
#[doc(hidden)]
pub use any::dispatch;
#[doc(hidden)]
pub use pairs::Pair;

#[doc(inline)]
pub use crate::kernels::convert::Overflow;

use crate::element::Element;
use crate::format::FormatString;
use crate::layout::Layout;
use crate::view::View;

/// What keeps the memory of an array alive. It is dropped with the last array over that memory.
pub type Owner = Arc<dyn Any + Send + Sync>;

/// An array of elements of type `T`: a [`View`] that keeps its memory alive.
///
/// # Examples
/// ```
/// use consumer::{AnyArray, ConsumerArray};
///
/// let bytes = [1_i32, 2, 3, 4, 5].map(i32::to_ne_bytes).concat();
/// let any = AnyArray::from_bytes(&bytes, c"i", &[5]).unwrap();
/// let AnyArray::I32(array) = any else { panic!() };
/// assert_eq!(array.get(&[-1]).unwrap(), 5);
/// assert_eq!(array.iter().sum::<i32>(), 15);
/// ```
#[derive(Debug)]
#[repr(C)] // Fixes the offsets of the fields, as for `View`.
pub struct ConsumerArray<T: Element> {
    format: FormatString,
    owner: Option<Owner>,
    /// Of memory that lives as long as the array: only views that borrow the array are handed out.
    view: View<'static, T>,
}

impl<T: Element> ConsumerArray<T> {
    /// Makes an array over memory that `owner` keeps alive or, without an owner, the caller.
    #[inline(always)]
    fn new(view: View<'static, T>, format: FormatString, owner: Option<Owner>) -> Self {
        Self { view, format, owner }
    }

    /// Returns the format string of the elements: the exporter's own, wherever it describes them.
    #[must_use]
    #[inline]
    pub fn format(&self) -> &FormatString {
        &self.format
    }

    /// Returns what keeps the memory alive, unless the caller does.
    #[must_use]
    pub fn owner(&self) -> Option<&Owner> {
        self.owner.as_ref()
    }
}

impl<T: Element> ConsumerArray<T> {
    /// Makes an array of the same type over other memory.
    ///
    /// # Safety
    /// The requirements of [`View::new`].
    #[inline(always)]
    unsafe fn with_same_type(
        &self,
        start: *mut u8,
        layout: Layout,
        readonly: bool,
        format: FormatString,
        owner: Option<Owner>,
    ) -> Self {
        // SAFETY: the caller gives the guarantees of `View::new`.
        let view = unsafe { View::new(start, layout, readonly, self.descriptor().clone()) };
        Self::new(view, format, owner)
    }
}

impl<T: Element> Clone for ConsumerArray<T> {
    fn clone(&self) -> Self {
        let (layout, format, owner) =
            (self.layout().clone(), self.format.clone(), self.owner.clone());
        // SAFETY: the same elements, whose memory the same owner keeps alive.
        unsafe { self.with_same_type(self.start(), layout, self.readonly(), format, owner) }
    }
}

impl<T: Element> Deref for ConsumerArray<T> {
    type Target = View<'static, T>;

    #[inline]
    fn deref(&self) -> &View<'static, T> {
        &self.view
    }
}
