//! Elements whose type is known only at run time: records, strings of fixed width, sub-arrays,
//! bit-fields and objects.
//!
//! An [`ElementType`] is the tree of what one element holds and where. It is made from a format
//! string and can be written as one again; [`judge`] decides which format strings are believed.
//! Exporters that describe their elements better than a format can (ctypes, NumPy) build the tree
//! themselves. Nothing here follows a pointer: an element is a slice of bytes.

mod ambiguity;
mod bits;
mod byte_order;
mod element_type;
mod from_format;
mod judge;
mod readings;
#[doc(hidden)]
pub mod recent;
mod record;
mod strings;
mod to_format;

use std::sync::Arc;

pub use bits::Bits;
#[doc(hidden)]
pub use bits::{load_unsigned, store_unsigned};
pub use element_type::{ElementType, Field, Leaf, Record};
pub use judge::{Judgement, judge};
#[doc(hidden)]
pub use judge::{judge_letter, judge_own};
#[doc(hidden)]
pub use record::NamePlaces;
#[doc(hidden)]
pub use record::RowClass;
#[doc(hidden)]
pub use record::overlapping;
#[doc(hidden)]
pub use strings::{code_points, pascal};

use crate::element::{Element, sealed::Sealed};

/// The type of elements that consist of others, or whose size only their format tells.
#[derive(Debug, Clone, Copy)]
pub struct Composite;
impl Sealed for Composite {}
impl Element for Composite {
    type Descriptor = Arc<ElementType>;

    fn has_references(element_type: &Arc<ElementType>) -> bool {
        element_type.has_references()
    }
}
