//! How the memory of a view is handed on: one file for each protocol.
//!
//! Whoever is handed the memory for longer than a call keeps the view from being released: see
//! `object/usage.rs`.

mod arrow;
pub(crate) mod buffer;
mod lease;
mod numpy;
