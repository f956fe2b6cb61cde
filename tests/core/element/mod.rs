//! Single elements: loads, stores and conversions.

mod half;
mod long_double;
mod narrow;
mod scalars;
