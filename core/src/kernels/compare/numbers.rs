//! The loop that compares numbers of one type, and the equality that it compares them by.

#![allow(unsafe_code)]

use crate::kernels::simd::{Kernel, find_first};
use num_traits::{PrimInt, Unsigned};

/// Numbers that are compared before a difference ends the comparison.
pub(super) const CHUNK: usize = 128;
/// The same if fewer are left.
const SHORT_CHUNK: usize = 16;

/// Compares two rows of numbers, number by number.
pub(super) struct Same<A, B> {
    pub(super) left: *const A,
    pub(super) right: *const B,
    pub(super) count: usize,
}

/// Equality that can be vectorised.
pub(super) trait Equals: Copy {
    fn equals(self, other: Self) -> bool;
}

/// The bits of an integer that may be signed where the other one is not: they are equal only if it
/// is not negative.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct BitPattern<U>(U);

/// The bits of an `f16`: processors compare no halves.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct HalfBits(u16);

impl<U: PrimInt + Unsigned> Equals for BitPattern<U> {
    #[inline(always)]
    fn equals(self, other: Self) -> bool {
        let sign = !(U::max_value() >> 1);
        ((self.0 ^ other.0) | (self.0 & sign)).is_zero()
    }
}

impl Equals for HalfBits {
    #[inline(always)]
    fn equals(self, other: Self) -> bool {
        let is_number = self.0 & 0x7fff <= 0x7c00;
        let are_zeros = (self.0 | other.0) & 0x7fff == 0;
        ((self.0 == other.0) & is_number) | are_zeros
    }
}

impl Equals for f32 {
    #[inline(always)]
    fn equals(self, other: Self) -> bool {
        self == other
    }
}

impl Equals for f64 {
    #[inline(always)]
    fn equals(self, other: Self) -> bool {
        self == other
    }
}

impl<A: Equals> Kernel for Same<A, A> {
    type Output = bool;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> bool {
        // SAFETY: the caller guarantees `count` numbers on both sides; the loads need no alignment.
        let differ = |index: usize| unsafe {
            let left = self.left.add(index).read_unaligned();
            !left.equals(self.right.add(index).read_unaligned())
        };
        find_first(self.count, [CHUNK, SHORT_CHUNK], differ).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::{BitPattern, Equals, HalfBits};
    use half::f16;

    #[test]
    fn halves_are_equal_just_when_the_library_says_so() {
        let bits = [0_u16, 1, 0x3c00, 0x7bff, 0x7c00, 0x7c01, 0x7e00, 0x7fff];
        let all: Vec<u16> = bits.into_iter().chain(bits.map(|bits| bits | 0x8000)).collect();
        for (&left, &right) in
            all.iter().flat_map(|left| all.iter().map(move |right| (left, right)))
        {
            let expected = f16::from_bits(left) == f16::from_bits(right);
            assert_eq!(HalfBits(left).equals(HalfBits(right)), expected);
        }
    }

    #[test]
    fn a_negative_number_equals_no_unsigned_one() {
        for (left, right) in
            (0..=u8::MAX).flat_map(|left| (0..=u8::MAX).map(move |right| (left, right)))
        {
            let expected = i16::from(left.cast_signed()) == i16::from(right);
            assert_eq!(BitPattern(left).equals(BitPattern(right)), expected);
        }
    }
}
