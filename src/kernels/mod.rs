//! Work on many elements at once: copies, conversions, comparisons, searches.
//!
//! A kernel takes views and goes over them in long runs. What it depends on decides what it is
//! compiled for: copies depend on the element's size, not on its type; what looks at values depends
//! on kind, size and byte order, which are a value ([`Encoding`]) and not a type. Each fast path
//! has the plain loop beside it that it must agree with, or in its tests.
//!
//! | room | what it does |
//! |---|---|
//! | [`copy`] | copies: gather, assign, fill, transpose, swap bytes |
//! | [`convert`] | converts elements to another scalar type |
//! | [`compare`] | equality of two views |
//! | [`search`] | finds and counts the elements that equal a value |
//! | [`hex`] | writes hexadecimal digits |
//!
//! Kernels that reduce (sums, minima, maxima and where they are) will be a room of their own beside
//! these, `reduce`. They have what they need here: `axes` for an order that suits the memory,
//! `blocks` for contiguous native numbers of one type, [`simd`] to be compiled for every width,
//! [`pieces`] to pause in between.
//!
//! | shared | what it does |
//! |---|---|
//! | `encoding` | kind, size and byte order of a scalar type |
//! | `axes` | brings the dimensions of views into the order that suits the memory |
//! | `runs` | several runs of elements, and these in blocks |
//! | `blocks` | elements made contiguous, native and wider |
//! | `halves` | `f16` to wider floats, and back |
//! | [`pieces`] | divides views, so that long work can pause |
//! | `prefetch` | asks for memory ahead; all of that is here |
//! | [`simd`] | widths of vectors, shuffles, searches that are vectorised |
//!
//! Rooms do not use each other, but for `copy`, which all of them and `blocks` may use.

mod axes;
mod blocks;
pub mod compare;
pub mod convert;
pub mod copy;
mod encoding;
mod halves;
pub mod hex;
pub mod pieces;
mod prefetch;
mod runs;
pub mod search;
pub mod simd;

pub use encoding::Encoding;
