//! Views of foreign memory.

mod elements;
mod suboffsets;
mod walk;
