//! Format strings: grammar, sizes, and what holds for all of them.

mod grammar;
mod measure;
mod properties;
