//! The Python module: the only layer that knows PyO3.
//!
//! An object flows through it in this order: `module` takes the call of `consume`; `buffer`
//! acquires the export, and `describe` reads off it what the memory holds; `class` is the object that
//! keeps both, and `access` says who may touch the memory when; the other files are its protocols, one
//! each. `convert` turns one element into a Python object and back; `raw` has the few functions that
//! go around PyO3 because it was measured to pay, and `install` puts them in their places; `long` lets
//! others run while work takes long.

#![allow(unsafe_code)]

mod access;
mod astype;
mod attributes;
mod buffer;
mod cast;
mod class;
mod compare;
mod composite;
mod convert;
mod copy;
mod ctypes;
mod describe;
mod errors;
mod export;
mod fields;
mod index;
mod install;
mod iter;
mod long;
mod module;
mod numpy;
mod numpy_records;
mod objects;
mod plain;
mod raw;
mod text;
mod vacant;

pub use class::PyConsumerArray;
pub use module::consume;
#[cfg(feature = "extension")]
pub use module::consumer;
