//! What the crate `consumer` is built on, and shows as its own: its documentation is the place to
//! begin. This package has no promises of its own.
//!
//! The modules are layers, each of which may use those to its left:
//!
//! ```text
//! error ← fallible ← format ← element ← dtype ← form ← layout ← memory ← view ← kernels
//! ```
//!
//! With the feature `pyo3` there is `exceptions`: what each error becomes in Python.

pub mod dtype;
pub mod element;
pub mod error;
#[cfg(feature = "pyo3")]
#[doc(hidden)]
pub mod exceptions;
#[doc(hidden)]
pub mod fallible;
pub mod form;
pub mod format;
#[doc(hidden)]
pub mod kernels;
pub mod layout;
pub mod memory;
pub mod view;

pub use dtype::{DType, ScalarType};
pub use error::{Error, Result};
pub use format::{Format, FormatString};
pub use layout::{Key, Layout, Order};
pub use view::View;
