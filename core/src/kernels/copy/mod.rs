//! Copies: elements gathered into contiguous memory, scattered, assigned, filled, byte-swapped.
//!
//! Which bytes go where depends on the element's size and, if they are byte-swapped, on the size of
//! the unit that is swapped; never on the type. So everything below the typed functions is compiled
//! once, not per type. Only [`record`] and [`bits`] look into the elements.
//!
//! | file | what it does |
//! |---|---|
//! | `gather` | copies a view into contiguous memory |
//! | `assign` | copies a view onto another, which it may overlap |
//! | `fill` | stores one element in all places |
//! | `nonoverlapping` | the engine of the above: chooses between the three below |
//! | `strided` | copies runs with any strides |
//! | `transpose` | copies matrices that are contiguous along different axes |
//! | `swap` | reverses bytes |
//! | [`record`] | copies elements that are records |
//! | [`bits`] | copies bit-fields as integers |

mod assign;
pub mod bits;
mod fill;
mod gather;
mod nonoverlapping;
pub mod record;
mod strided;
mod swap;
mod transpose;

pub use assign::{assign, assign_raw, check_alike, may_overlap};
pub use fill::{fill, fill_raw};
pub use gather::to_memory_swapped;
pub use gather::{gather, to_memory, to_native, to_slice};
pub use nonoverlapping::copy_nonoverlapping;
pub(crate) use strided::copy_strided;
pub(crate) use swap::{swap_copy, swap_in_place};
