//! Single elements: loads, stores and conversions.

mod half;
mod int24;
mod long_double;
mod narrow;
mod scalars;
