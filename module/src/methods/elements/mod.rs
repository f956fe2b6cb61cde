//! Elements: reading, storing, iterating over and looking for them.

pub(crate) mod assign;
pub(crate) mod item;
pub(crate) mod iter;
mod lists;
pub(crate) mod search;
mod source;
