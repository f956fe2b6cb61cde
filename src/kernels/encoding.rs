//! How the bytes of a scalar are a value, as far as kernels need to know it at run time.

use crate::element::{Scalar, is_bitwise};
use crate::format::Class;

/// Class, size and byte order of a scalar type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    pub(super) class: Class,
    /// Bytes of one element.
    pub(super) size: usize,
    pub(super) swapped: bool,
}

impl Encoding {
    /// The encoding of a type.
    pub const fn of<T: Scalar>() -> Self {
        Self { class: T::CLASS, size: T::SIZE, swapped: T::SWAPPED }
    }

    /// How many numbers an element is: a complex one is two.
    pub(super) const fn parts(self) -> usize {
        if matches!(self.class, Class::Complex) { 2 } else { 1 }
    }

    /// Bytes of one of these numbers.
    pub(super) const fn part(self) -> usize {
        self.size / self.parts()
    }

    /// How many bytes at a time are turned around to come to this machine's order; 1 for none.
    pub const fn turned(self) -> usize {
        if self.swapped { self.part() } else { 1 }
    }

    /// Whether elements are equal just when their bytes are.
    pub(super) const fn is_bitwise(self) -> bool {
        is_bitwise(self.class)
    }

    /// The encoding of one part.
    pub(super) const fn of_part(self) -> Self {
        let class = if matches!(self.class, Class::Complex) { Class::Float } else { self.class };
        Self { class, size: self.part(), swapped: self.swapped }
    }
}
