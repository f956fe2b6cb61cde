//! Arrays of every type.

mod equal;
mod types;
