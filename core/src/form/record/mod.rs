//! Records: what their fields are called, which share memory, and what objects are made of them.

mod names;
mod overlap;
mod row_class;

#[doc(hidden)]
pub use names::NamePlaces;
pub use overlap::overlapping;
pub use row_class::RowClass;
