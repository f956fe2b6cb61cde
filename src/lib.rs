//! Typed, zero-copy views of any object that exports a buffer (PEP 3118).
//!
//! The crate is the Python module `consumer` and, without its feature `python`, a core that knows
//! nothing of Python: format strings ([`format`](mod@format)), layouts ([`layout`]), typed views over foreign
//! memory ([`view`]) and the enum over all of them ([`array`](mod@array)).
//!
//! ```
//! use consumer::AnyArray;
//!
//! // Two big-endian doubles, as astropy or Java would export them.
//! let bytes = [1.5_f64, -2.0].map(f64::to_be_bytes).concat();
//! let array = AnyArray::from_bytes(&bytes, c">d", &[2]).unwrap();
//! let AnyArray::F64Swapped(array) = array else { panic!("a little-endian machine expected") };
//! assert_eq!(array.iter().collect::<Vec<_>>(), [1.5, -2.0]);
//! ```

// What only the Python layer calls is dead without it.
#![cfg_attr(not(feature = "python"), allow(dead_code, unused_imports))]

pub mod array;
pub mod dtype;
pub mod element;
pub mod error;
pub mod form;
pub mod format;
pub mod kernels;
pub mod layout;
pub mod memory;
#[cfg(feature = "python")]
pub mod python;
pub mod view;

pub use array::{AnyArray, ConsumerArray};
pub use dtype::{DType, ScalarType};
pub use error::{Error, Result};
pub use format::{Format, FormatString};
pub use layout::{Key, Layout, Order};
pub use view::View;
