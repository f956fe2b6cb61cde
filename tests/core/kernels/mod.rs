//! Kernels against naive loops, with every width of vectors that the machine has.

mod compare_search;
mod compare_widths;
mod convert;
mod convert_oracle;
mod copy;
mod pieces;
mod reduce_oracle;
mod reduce_streams;
mod reduce_widths;
mod search_widths;
mod widths;
