//! Arguments and results of extensions.
#![allow(unsafe_code)]

mod accept;
mod array;
mod atomic;
mod bytes;
mod constraint;
mod element;
mod hold;
mod like;
mod owned;
mod records;
mod untyped;

pub use accept::Mismatch;
pub use array::{Array, Blocks, Elements};
pub use bytes::Bytes;
pub use constraint::{ANY, C, Constraint, F, Last, Rw, Shape};
pub use element::Native;
pub use like::ArrayLike;
pub use owned::Owned;
pub use records::{Part, Record, Records};
pub use untyped::Untyped;

/// What the expansion of `record!` uses.
#[doc(hidden)]
pub mod __record {
    pub use super::records::{Part, Place, fields_of, find_field};
    pub use crate::form::ElementType;
}
