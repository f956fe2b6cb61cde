//! Copies: lists, bytes, and views over memory of their own.

mod astype;
pub(crate) mod copy;
