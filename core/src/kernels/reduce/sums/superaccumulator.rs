//! A sum of any `f64`, exact: the whole range of them as one fixed-point number.
//!
//! After Radford Neal's "small superaccumulator" (Fast Exact Summation Using Small and Large
//! Superaccumulators, 2015): digits of 32 bits in signed integers of 64, so that carries can wait
//! until many terms are added. It is slower than a window and takes everything: what the window
//! cannot decide is added here.

#![allow(unsafe_code)]

use super::round::Exact;
use super::window::Floats;

/// Digits: 66 for the range of `f64`, the others for the carries of 2^64 terms.
const DIGITS: usize = 68;
/// Terms that are added between two rounds of carries: 2^10 of less than 2^53 do not overflow.
const TERMS: usize = 1 << 10;

/// The sum so far.
#[derive(Debug, Clone)]
pub(in super::super) struct Superaccumulator {
    digits: [i64; DIGITS],
    /// Terms until the next carries.
    left: usize,
    /// The sum of the infinities and NaNs, as IEEE 754 has it.
    special: f64,
}

impl Superaccumulator {
    pub(in super::super) const fn new() -> Self {
        Self { digits: [0; DIGITS], left: TERMS, special: 0.0 }
    }

    /// Adds a number.
    #[inline]
    pub(in super::super) fn add(&mut self, number: f64) {
        if self.left == 0 {
            self.carry();
        }
        self.left -= 1;
        let bits = number.to_bits();
        let exponent = (bits >> 52) as usize & 0x7ff;
        if exponent == 0x7ff {
            self.special += number;
            return;
        }
        let normal = u64::from(exponent != 0);
        let significand = (bits & ((1 << 52) - 1)) | (normal << 52);
        let place = exponent - normal as usize;
        let (digit, shift) = (place / 32, place % 32);
        let shifted = u128::from(significand) << shift;
        let sign = bits.cast_signed() >> 63;
        let parts = [shifted as u32, (shifted >> 32) as u32, (shifted >> 64) as u32];
        for (digit, part) in self.digits[digit..].iter_mut().zip(parts) {
            *digit += (i64::from(part) ^ sign) - sign;
        }
    }

    /// Adds contiguous numbers.
    ///
    /// # Safety
    /// The numbers are valid for reads.
    #[inline(never)]
    pub(in super::super) unsafe fn add_all(&mut self, floats: Floats) {
        for index in 0..floats.count {
            // SAFETY: the caller guarantees the numbers.
            self.add(unsafe { floats.get(index) });
        }
    }

    /// Makes every digit but the last one a digit of 32 bits.
    #[inline(never)]
    fn carry(&mut self) {
        let mut carry = 0;
        for digit in &mut self.digits[..DIGITS - 1] {
            let sum = *digit + carry;
            carry = sum >> 32;
            *digit = sum & 0xffff_ffff;
        }
        self.digits[DIGITS - 1] += carry;
        self.left = TERMS;
    }

    /// Returns the sum, divided by a count and rounded, or what the infinities and NaNs among the
    /// terms make of it.
    #[inline(never)]
    pub(in super::super) fn divided_to_f64(mut self, count: usize) -> f64 {
        if self.special != 0.0 {
            return self.special;
        }
        self.carry();
        let negative = self.digits[DIGITS - 1] < 0;
        if negative {
            self.digits.iter_mut().for_each(|digit| *digit = -*digit);
            self.carry();
        }
        let highest = self.digits.iter().rposition(|&digit| digit != 0).unwrap_or(0);
        let lowest = highest.saturating_sub(3);
        let digits = self.digits[lowest..=highest].iter().rev();
        let magnitude = digits.fold(0, |sum, &digit| (sum << 32) | digit as u128);
        let below = self.digits[..lowest].iter().any(|&digit| digit != 0);
        let exponent = 32 * lowest as i32 - 1074;
        let magnitude = magnitude | u128::from(below);
        Exact { negative, magnitude, exponent }.divided_to_f64(count)
    }
}

#[cfg(test)]
mod tests {
    use super::Superaccumulator;

    fn sum(terms: impl IntoIterator<Item = f64>) -> f64 {
        let mut sum = Superaccumulator::new();
        terms.into_iter().for_each(|term| sum.add(term));
        sum.divided_to_f64(1)
    }

    #[test]
    fn nothing_is_lost_between_the_largest_and_the_smallest() {
        let (max, tiny) = (f64::MAX, f64::from_bits(1));
        assert_eq!(sum([max, max, tiny, -max, -max]), tiny);
        assert_eq!(sum([-max, -tiny, max]), -tiny);
        assert_eq!(sum([max, max]), f64::INFINITY);
        assert_eq!(sum(std::iter::repeat_n(0.1, 10)), 1.0);
        assert_eq!(sum((0..5000).flat_map(|_| [1e300, -1e-300, -1e300])), -5000.0 * 1e-300);
        assert_eq!(sum([]), 0.0);
    }

    #[test]
    fn infinities_and_nans_are_added_as_ieee_754_has_it() {
        let infinity = f64::INFINITY;
        assert_eq!(sum([1.0, infinity, f64::MAX]), infinity);
        assert_eq!(sum([-infinity, 1.0]), -infinity);
        assert!(sum([infinity, -infinity]).is_nan());
        assert!(sum([1.0, f64::NAN]).is_nan());
    }
}
