//! How the memory of a view is handed on: the buffer protocol, NumPy and pickle, one file each.
//!
//! Whoever is handed the memory for longer than a call keeps the view from being released: see
//! `object/usage.rs`.

pub(crate) mod buffer;
mod numpy;
pub(crate) mod pickle;
