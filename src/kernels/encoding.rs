//! How the bytes of a scalar are a value, as far as kernels need to know it at run time.

use crate::element::{Scalar, is_bitwise};
use crate::format::Kind;

/// Kind, size and byte order of a scalar type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(super) class: Kind,
    /// Bytes of one element.
    pub(super) size: usize,
    pub(super) swapped: bool,
}

impl Encoding {
    /// The encoding of a type.
    pub(crate) const fn of<T: Scalar>() -> Self {
        Self { class: T::KIND, size: T::SIZE, swapped: T::SWAPPED }
    }

    /// How many numbers an element is: a complex one is two.
    pub(super) const fn parts(self) -> usize {
        if matches!(self.class, Kind::Complex) { 2 } else { 1 }
    }

    /// Bytes of one of these numbers.
    pub(super) const fn part(self) -> usize {
        self.size / self.parts()
    }

    /// How many bytes at a time are turned around to come to this machine's order; 1 for none.
    pub(crate) const fn turned(self) -> usize {
        if self.swapped { self.part() } else { 1 }
    }

    /// Whether elements are equal just when their bytes are.
    pub(super) const fn is_bitwise(self) -> bool {
        is_bitwise(self.class)
    }

    /// The encoding of one part.
    pub(super) const fn of_part(self) -> Self {
        let class = if matches!(self.class, Kind::Complex) { Kind::Float } else { self.class };
        Self { class, size: self.part(), swapped: self.swapped }
    }
}
