//! Arrays: a view, its format, and what keeps its memory alive.
//!
//! [`ConsumerArray<T>`] is monomorphised over element type and byte order; [`AnyArray`] is the enum
//! over all of them, and `dispatch!` the one way from it to the typed array. Both are generated
//! from the table in [`dtype`](crate::dtype).
//!
//! | file | what of an `AnyArray` is in it |
//! |---|---|
//! | `any` | the enum itself, and what each of its arrays has |
//! | `make` | how one is made of a format and memory |
//! | `share` | others over the same memory, made where they stay |
//! | `fields` | those of the parts of records |
//! | `equal` | equality, whatever the types |
//! | `native`, `convert` | copies in this machine's byte order, and of other types |

#![allow(unsafe_code)]

mod any;
mod convert;
mod equal;
mod fields;
mod make;
mod native;
mod share;

use std::any::Any;
use std::ops::Deref;
use std::sync::Arc;

pub use any::AnyArray;
pub use any::dispatch;

use crate::element::Element;
use crate::format::FormatString;
use crate::layout::Layout;
use crate::view::View;

/// What keeps the memory of an array alive: dropped with the last array that stands on it.
pub type Owner = Arc<dyn Any + Send + Sync>;

/// An array of elements of type `T`: a [`View`] that holds on to its memory.
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
#[derive(Debug, Clone)]
#[repr(C)] // As for `View`.
pub struct ConsumerArray<T: Element> {
    format: FormatString,
    owner: Option<Owner>,
    view: View<T>,
}

impl<T: Element> ConsumerArray<T> {
    /// An array over memory that `owner` keeps alive; without one, the caller does.
    #[inline(always)]
    fn new(view: View<T>, format: FormatString, owner: Option<Owner>) -> Self {
        Self { view, format, owner }
    }

    /// The format string of the elements, as the exporter wrote it.
    #[must_use]
    #[inline]
    pub fn format(&self) -> &FormatString {
        &self.format
    }

    /// What keeps the memory alive, where it is not the caller.
    #[must_use]
    pub fn owner(&self) -> Option<&Owner> {
        self.owner.as_ref()
    }
}

impl<T: Element> ConsumerArray<T> {
    /// An array of the same type over other memory.
    ///
    /// # Safety
    /// As for [`View::new`].
    #[inline(always)]
    unsafe fn alike(
        &self,
        start: *mut u8,
        layout: Layout,
        readonly: bool,
        format: FormatString,
        owner: Option<Owner>,
    ) -> Self {
        // SAFETY: as the caller says.
        let view = unsafe { View::new(start, layout, readonly, self.descriptor().clone()) };
        Self::new(view, format, owner)
    }
}

impl<T: Element> Deref for ConsumerArray<T> {
    type Target = View<T>;

    #[inline]
    fn deref(&self) -> &View<T> {
        &self.view
    }
}
