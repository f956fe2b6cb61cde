//! Other views of the same memory: of other elements, of fields, in another shape.

pub(crate) mod cast;
pub(crate) mod fields;
mod rows;
mod shape;
