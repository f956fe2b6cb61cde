//! Typed, zero-copy access to memory that is described by a format string, a shape and strides: the
//! buffers of PEP 3118, which `bytes`, `array`, `mmap`, ctypes, NumPy and many other Python objects
//! export.
//!
//! Such memory may be unaligned, byte-swapped, strided in any direction, made of records or written
//! to by somebody else at any moment. This crate reads and writes it without assuming any of the
//! opposite: elements are copied in and out by value, the itemsize decides whether the format is
//! believed, and a view is checked once, when it is made.
//!
//! - [`AnyArray`] is an array of whatever its format says, as an enum over all element types and
//!   byte orders, and [`ConsumerArray`] is one variant of it: a [`View`] that keeps its memory
//!   alive.
//! - [`View`] is typed access to memory that somebody else owns; [`view::Walk`] takes several of
//!   them apart into runs, for loops over all elements.
//! - [`Layout`] is shape, strides and suboffsets: everything that indexing, slicing, transposing
//!   and reshaping do without touching memory.
//! - [`Format`] parses, measures and writes format strings, and [`form`] makes of them what stands
//!   where in a record.
//!
//! Without features nothing here needs Python; the feature `pyo3` adds the module `python`. The
//! Python module `consumer` is built on this crate.
//!
//! ```
//! use consumer::element::Scalar;
//! use consumer::{AnyArray, ConsumerArray, DType, Key};
//!
//! // A 2×3 matrix of big-endian doubles, as Java or a FITS file would hold it.
//! let bytes: Vec<u8> = (0..6).flat_map(|n| (f64::from(n) / 2.0).to_be_bytes()).collect();
//! let matrix = AnyArray::from_bytes(&bytes, c">d", &[2, 3])?;
//! assert_eq!(matrix.scalar_type().map(|found| found.dtype), Some(DType::F64));
//!
//! // The last column, backwards: other strides over the same memory.
//! let backwards = Key::Slice { start: isize::MAX, stop: isize::MIN, step: -1 };
//! let column = matrix.select(&[backwards, Key::Index(-1)])?;
//! assert_eq!((column.layout().shape(), column.layout().strides()), (&[2][..], &[-24][..]));
//!
//! // The variant knows the type and the byte order, and its elements are plain values.
//! fn negate<T: Scalar<Value = f64>>(column: &ConsumerArray<T>) -> consumer::Result<Vec<f64>> {
//!     column.set(&[0], -column.get(&[0])?)?;
//!     Ok(column.iter().collect())
//! }
//! let negated = match &column {
//!     // Of this machine's byte order, and of the other one.
//!     AnyArray::F64(column) => negate(column)?,
//!     AnyArray::F64Swapped(column) => negate(column)?,
//!     _ => vec![],
//! };
//! assert_eq!(negated, [-2.5, 1.0]);
//! # Ok::<(), consumer::Error>(())
//! ```
//!
//! The modules are layers, each of which may use those to its left. The lower ones, up to
//! `kernels`, are those of the package `consumer-core`:
//!
//! ```text
//! error ← fallible ← format ← element ← dtype ← form ← layout ← memory ← view ← kernels ← array ←
//! python
//! ```

pub mod array;
#[cfg(feature = "pyo3")]
pub mod extension;
#[cfg(feature = "pyo3")]
pub mod python;

#[doc(inline)]
pub use consumer_core::{dtype, element, error, form, format, layout, memory, view};
#[doc(hidden)]
pub use consumer_core::{fallible, kernels};

#[doc(no_inline)]
pub use half;
#[doc(no_inline)]
pub use num_complex;

pub use array::{AnyArray, ConsumerArray};
#[doc(inline)]
pub use consumer_core::{
    DType, Error, Format, FormatString, Key, Layout, Order, Result, ScalarType, View,
};
