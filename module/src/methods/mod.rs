//! What Python code can do with a view: one file for each protocol.

pub(crate) mod assign;
mod astype;
mod attributes;
pub(crate) mod cast;
pub(crate) mod compare;
pub(crate) mod copy;
pub(crate) mod fields;
pub(crate) mod item;
pub(crate) mod iter;
mod lifetime;
mod repr;
pub(crate) mod search;
mod shape;
