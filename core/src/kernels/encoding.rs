//! [`Encoding`]: what kernels need to know about a scalar type, as a value and not as a type, so
//! that they are compiled once for all types that they treat alike.

use crate::element::{FloatFormat, Scalar, is_bitwise};
use crate::format::Kind;

/// Kind, size and byte order of a scalar type, and how its floats are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    pub(super) kind: Kind,
    /// Bytes of one element.
    pub(super) size: usize,
    /// How the bits of its numbers are divided, if they are floats.
    pub(super) float: FloatFormat,
    /// Whether the bytes are in the other order than this machine's.
    pub(super) swapped: bool,
}

impl Encoding {
    /// Returns the encoding of a type.
    #[must_use]
    #[inline]
    pub const fn from_type<T: Scalar>() -> Self {
        Self { kind: T::KIND, size: T::SIZE, float: T::FLOAT, swapped: T::SWAPPED }
    }

    /// Returns the size in bytes of an element.
    #[must_use]
    #[inline]
    pub const fn size(self) -> usize {
        self.size
    }

    /// Returns the kind of the elements.
    #[must_use]
    #[inline]
    pub const fn kind(self) -> Kind {
        self.kind
    }

    /// Returns how many numbers an element consists of: a complex one of two.
    pub(super) const fn numbers(self) -> usize {
        if matches!(self.kind, Kind::Complex) { 2 } else { 1 }
    }

    /// Returns the size in bytes of one of these numbers.
    pub(super) const fn number_size(self) -> usize {
        self.size / self.numbers()
    }

    /// Returns how many bytes are reversed together to get this machine's byte order, or 1 if none
    /// are.
    #[must_use]
    pub const fn swap_unit(self) -> usize {
        if self.swapped { self.number_size() } else { 1 }
    }

    /// Returns whether elements are equal exactly when their bytes are.
    pub(super) const fn is_bitwise(self) -> bool {
        is_bitwise(self.kind)
    }

    /// Returns whether the numbers are floats.
    pub(super) const fn is_float(self) -> bool {
        matches!(self.kind, Kind::Float | Kind::Complex)
    }

    /// Returns the encoding of one of the numbers.
    pub(super) const fn of_number(self) -> Self {
        let kind = if self.is_float() { Kind::Float } else { self.kind };
        Self { kind, size: self.number_size(), ..self }
    }
}
