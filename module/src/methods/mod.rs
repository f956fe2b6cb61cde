//! What Python code can do with a view: one file for each protocol.
//!
//! Those that give elements are in [`elements`], those that give other views of the same memory in
//! [`views`], and those that give copies in [`copies`].

mod attributes;
pub(crate) mod compare;
pub(crate) mod copies;
pub(crate) mod elements;
mod lifetime;
mod report;
mod repr;
pub(crate) mod summaries;
pub(crate) mod views;
