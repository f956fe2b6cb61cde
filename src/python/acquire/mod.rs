//! What a foreign object holds, and where.
//!
//! An exporter fills in a `Py_buffer`, once and in place: it may point into itself, so that it must
//! never be moved (export.rs). What it says of its memory becomes an array (describe.rs). Where
//! exporters are known to say it wrong, the type of the object is asked instead ([`ctypes`] and
//! `numpy`), also where others hand its memory on (redirect.rs); what one has told is kept
//! (known.rs). Types are known by the classes that C has made, and believed where what they say can
//! be checked (types.rs). What gives no buffer is refused (refusal.rs) with a hint at what does
//! (hints.rs), and so is what is more than its buffer says (masked.rs).
//!
//! Nothing here knows the class of views, because extensions need no class to take a buffer. Where
//! a view may stand between an exporter and the object whose memory it is, the caller brings an
//! [`AsView`].
//!
//! What a caller states a type by, a class or a name, becomes elements in stated.rs.
//!
//! An object without a buffer is asked for its memory by the other protocols that it has, each of
//! which has a file of its own in `lent/`.

pub mod ctypes;
mod describe;
mod export;
mod hints;
mod known;
mod lent;
mod masked;
mod numpy;
mod redirect;
mod refusal;
mod stated;
mod types;

use pyo3::prelude::*;

use crate::array::AnyArray;

pub use export::{Acquired, Export, Failure};
pub(crate) use export::{check_class, describe, release_buffer};
pub(crate) use hints::hint;
pub use lent::{Loan, acquire as acquire_lent, is_ordinary, lends};
pub(crate) use lent::{acquire_moved as acquire_lent_moved, exports_nothing_else};
pub(crate) use redirect::is_shown_to_collector;
pub use stated::{Elements, Stated, format_of_name, stated};

/// What a view tells of itself.
pub struct ViewedObject<'py> {
    /// The exporter whose memory it is.
    pub exporter: Option<Bound<'py, PyAny>>,
    /// The elements as the view knows them.
    pub array: AnyArray,
}

/// Returns what an object is a view of, if it is a view.
pub type AsView = for<'py> fn(&Bound<'py, PyAny>) -> Option<ViewedObject<'py>>;
