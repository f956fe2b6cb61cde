//! The encoding of a scalar type: what kernels need to know of it, as a value and not as a type, so
//! that they are compiled once for all types that are the same to them.

use crate::element::{Scalar, is_bitwise};
use crate::format::Kind;

/// Kind, size and byte order of a scalar type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    pub(super) kind: Kind,
    /// Bytes of one element.
    pub(super) size: usize,
    /// Whether the bytes are in the order that is not this machine's.
    pub(super) swapped: bool,
}

impl Encoding {
    /// The encoding of a type.
    #[must_use]
    #[inline]
    pub const fn from_type<T: Scalar>() -> Self {
        Self { kind: T::KIND, size: T::SIZE, swapped: T::SWAPPED }
    }

    /// How many numbers an element is: a complex one is two.
    pub(super) const fn numbers(self) -> usize {
        if matches!(self.kind, Kind::Complex) { 2 } else { 1 }
    }

    /// Bytes of one of these numbers.
    pub(super) const fn number_size(self) -> usize {
        self.size / self.numbers()
    }

    /// How many bytes are reversed together to come to this machine's byte order; 1 if none are.
    pub(crate) const fn swap_unit(self) -> usize {
        if self.swapped { self.number_size() } else { 1 }
    }

    /// Whether elements are equal exactly when their bytes are.
    pub(super) const fn is_bitwise(self) -> bool {
        is_bitwise(self.kind)
    }

    /// Whether the numbers are floats.
    pub(super) const fn is_float(self) -> bool {
        matches!(self.kind, Kind::Float | Kind::Complex)
    }

    /// The encoding of one of the numbers.
    pub(super) const fn of_number(self) -> Self {
        let kind = if self.is_float() { Kind::Float } else { self.kind };
        Self { kind, size: self.number_size(), swapped: self.swapped }
    }
}
