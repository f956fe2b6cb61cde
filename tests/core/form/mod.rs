//! The types of elements that only a format describes.

mod descriptions;
mod judge;
