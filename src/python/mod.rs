//! What needs an interpreter, but not the class `ConsumerArray` of the Python module.
//!
//! [`acquire`] tells what a foreign object holds, and where; [`errors`] which exception each error
//! becomes.
#![allow(unsafe_code)]

pub mod acquire;
pub mod errors;
