//! Layouts against models that follow the definition index by index.

mod limits;
mod reshape;
mod select;
