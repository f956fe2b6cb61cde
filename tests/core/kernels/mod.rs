//! Kernels against naive loops, with every width of vectors that the machine has.

mod compare_search;
mod convert;
mod copy;
mod pieces;
mod widths;
