//! Integers of 64 bits and floats compared exactly, none of them rounded.
//!
//! A conversion to `f64` rounds integers from 2^53 on, and not all processors have an instruction
//! for it. But an integer that is nearer to zero becomes a float by its bits alone: it is added to
//! the bits of 2^52 + 2^51, whose last bit stands for 1, and that number is subtracted again. So a
//! chunk is compared as if all its integers were that small, and the loop records whether they are.
//! Only if one is not, the chunk is compared again, by a conversion to `f64` and back.

#![allow(unsafe_code)]

use super::numbers::CHUNK;
use crate::kernels::simd::Kernel;

/// Compares integers of 64 bits with floats, number by number.
pub(super) struct Exact<I, F> {
    pub(super) left: *const I,
    pub(super) right: *const F,
    pub(super) count: usize,
}

/// An integer that a float cannot always distinguish from its neighbours.
trait Integer64: Copy {
    /// Returns whether the number is so near to zero that [`near_float`](Self::near_float) is
    /// exact.
    fn is_near(self) -> bool;
    /// Returns the number as a float, by its bits, if it is near to zero.
    fn near_float(self) -> f64;
    /// Returns whether the float is the same number, for all numbers.
    fn equals(self, float: f64) -> bool;
}

/// 2^52 + 2^51: a float of this size has a last bit that stands for 1.
const LAST_BIT_ONE: f64 = 6_755_399_441_055_744.0;

macro_rules! integer_64 {
    ($($integer:ty: |$value:ident| $is_near:expr;)*) => {
        $(impl Integer64 for $integer {
            #[inline(always)]
            fn is_near(self) -> bool {
                let $value = self;
                $is_near
            }

            #[inline(always)]
            fn near_float(self) -> f64 {
                let bits = LAST_BIT_ONE.to_bits().wrapping_add(self as u64);
                f64::from_bits(bits) - LAST_BIT_ONE
            }

            #[inline(always)]
            fn equals(self, float: f64) -> bool {
                // A float that the largest numbers were rounded up to is beyond the type.
                let rounded = self as f64;
                rounded == float && rounded < <$integer>::MAX as f64 && rounded as $integer == self
            }
        })*
    };
}
integer_64! {
    i64: |value| value.wrapping_add(1 << 51) as u64 >> 52 == 0;
    u64: |value| value >> 51 == 0;
}

impl<I: Integer64> Kernel for Exact<I, f64> {
    type Output = bool;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> bool {
        // SAFETY: the caller guarantees `count` numbers on both sides; the loads need no alignment.
        let pair = |index: usize| unsafe {
            (self.left.add(index).read_unaligned(), self.right.add(index).read_unaligned())
        };
        let equals = |index: usize| {
            let (integer, float) = pair(index);
            integer.equals(float)
        };
        let whole_chunks = self.count - self.count % CHUNK;
        for first in (0..whole_chunks).step_by(CHUNK) {
            let (mut are_near, mut are_equal) = (true, true);
            for index in first..first + CHUNK {
                let (integer, float) = pair(index);
                are_near &= integer.is_near();
                are_equal &= integer.near_float() == float;
            }
            // If one number is not near, the result says nothing about the others either.
            let are_equal = if are_near { are_equal } else { (first..first + CHUNK).all(equals) };
            if !are_equal {
                return false;
            }
        }
        (whole_chunks..self.count).all(equals)
    }
}

#[cfg(test)]
mod tests {
    use super::Integer64;

    #[test]
    fn what_is_near_becomes_the_float_that_it_is() {
        for number in [0, 1, -1, 1234, (1 << 51) - 1, -(1 << 51), 1 << 50] {
            let number: i64 = number;
            assert!(number.is_near());
            assert_eq!(number.near_float(), number as f64);
        }
        assert!(!(1_i64 << 51).is_near() && !(-(1_i64 << 51) - 1).is_near());
        assert!(((1_u64 << 51) - 1).is_near() && !(1_u64 << 51).is_near());
        assert!(!u64::MAX.is_near() && !i64::MIN.is_near() && !i64::MAX.is_near());
    }

    #[test]
    fn what_was_rounded_is_not_equal() {
        assert!((1_i64 << 53).equals(9_007_199_254_740_992.0));
        assert!(!((1_i64 << 53) + 1).equals(9_007_199_254_740_992.0));
        assert!(!i64::MAX.equals(i64::MAX as f64) && !u64::MAX.equals(u64::MAX as f64));
        assert!(i64::MIN.equals(i64::MIN as f64));
        assert!(!0_i64.equals(f64::NAN) && 0_i64.equals(-0.0));
    }
}
