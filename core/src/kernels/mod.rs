//! Operations on many elements at once: copies, conversions, comparisons, searches.
//!
//! A kernel takes views and goes over them in long runs. It is compiled once for all types that it
//! treats alike: copies depend on the element's size, not on its type; whatever looks at values
//! depends on kind, size and byte order, which are a value ([`Encoding`]) and not a type. The plain
//! loop that a fast path must agree with is beside it or in its tests.
//!
//! | module | what it does |
//! |---|---|
//! | [`copy`] | copies: gather, assign, fill, transpose, swap bytes |
//! | [`convert`] | converts elements to another scalar type |
//! | [`compare`] | equality of two views |
//! | [`search`] | finds and counts the elements that equal a value |
//! | [`reduce`] | sums, means, minima and maxima, and where these are |
//! | [`hex`] | writes hexadecimal digits |
//!
//! | shared | what it does |
//! |---|---|
//! | `encoding` | kind, size and byte order of a scalar type |
//! | `axes` | sorts the dimensions of views into the order that suits the memory |
//! | `runs` | several runs of elements, divided into blocks |
//! | `blocks` | makes elements contiguous, native and wider |
//! | `narrow` | converts floats of at most 16 bits to wider ones, and back |
//! | `int24` | converts integers of 24 bits to 32, and back |
//! | [`pieces`] | divides views, so that long work can pause |
//! | [`simd`] | widths of vectors, shuffles, vectorised searches |
//!
//! The modules of the first table do not use each other, except that all of them, and `blocks`, may
//! use `copy`, and `reduce` uses `search`.

mod axes;
mod blocks;
pub mod compare;
pub mod convert;
pub mod copy;
mod encoding;
pub mod hex;
mod int24;
mod narrow;
pub mod pieces;
pub mod reduce;
mod runs;
pub mod search;
pub mod simd;

pub use encoding::Encoding;
