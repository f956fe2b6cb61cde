//! How the memory of a view is handed on: a file or folder for each protocol.
//!
//! Whoever is handed the memory for longer than a call keeps the view from being released: see
//! `object/usage.rs`.

mod arrow;
pub(crate) mod buffer;
pub(crate) mod dlpack;
mod lease;
mod numpy;
pub(crate) mod pickle;
