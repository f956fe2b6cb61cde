//! What needs an interpreter, but not the class `ConsumerArray` of the Python module.
//!
//! With this feature an [`Error`](crate::Error) becomes the exception that memoryview would raise,
//! so that `?` works in functions that return a `PyResult`:
//!
//! ```
//! use consumer::AnyArray;
//! use pyo3::exceptions::PyIndexError;
//! use pyo3::prelude::*;
//!
//! fn third(bytes: &[u8]) -> PyResult<i16> {
//!     match AnyArray::from_bytes(bytes, c"<h", &[bytes.len() / 2])? {
//!         AnyArray::I16(array) => Ok(array.get(&[2])?),
//!         AnyArray::I16Swapped(array) => Ok(array.get(&[2])?),
//!         _ => Ok(0),
//!     }
//! }
//!
//! assert_eq!(third(&[1, 0, 2, 0, 3, 0])?, 3);
//! Python::initialize();
//! Python::attach(|py| {
//!     let error = third(&[1, 0]).unwrap_err();
//!     assert!(error.is_instance_of::<PyIndexError>(py));
//! });
//! # Ok::<(), PyErr>(())
//! ```
//!
//! `acquire` tells what a foreign object holds, and where. It serves the module for now, and is the
//! ground for taking any buffer as an argument of a Rust function.
#![allow(unsafe_code)]

#[doc(hidden)]
pub mod abi;
#[doc(hidden)]
pub mod acquire;
#[doc(hidden)]
pub mod attached;
pub mod errors;
#[doc(hidden)]
pub mod objects;
#[doc(hidden)]
pub mod once;
#[doc(hidden)]
pub mod stack;
mod version;

#[doc(no_inline)]
pub use consumer_core::exceptions;
