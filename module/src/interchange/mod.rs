//! How the memory of a view is handed on: a file or folder for each protocol.
//!
//! Whoever is handed the memory for longer than a call keeps the view from being released: see
//! `object/usage.rs`.

mod arrow;
pub(crate) mod buffer;
pub(crate) mod dlpack;
mod lease;
pub(crate) mod numpy;
pub(crate) mod pickle;

use consumer::dtype::DType;

/// Returns what to call where a protocol lacks a type whose values a more common one has, such as
/// bfloat16; `None` for other types.
fn as_wider(dtype: DType) -> Option<String> {
    dtype.wider().map(|wider| format!("v.astype('{}') has their values", wider.name()))
}
