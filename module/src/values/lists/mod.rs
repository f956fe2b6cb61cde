//! Lists: how one is created and filled, and those of an array's elements.

pub(super) mod fill;
mod nested;

pub(crate) use nested::lists;
