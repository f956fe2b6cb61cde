//! A number of any binary floating-point format, taken apart, and its rounding to `f64`.

use std::cmp::Ordering;

/// An unpacked binary floating-point number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) negative: bool,
    pub(super) magnitude: Magnitude,
}

/// They are ordered from zero to infinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Magnitude {
    Zero,
    /// `significand * 2^exponent`. The highest bit of the significand is set, so that equal numbers
    /// have equal parts, and exponents go before significands.
    Finite {
        exponent: i32,
        significand: u128,
    },
    Infinite,
    NotANumber,
}

impl Parts {
    pub(super) fn finite(negative: bool, significand: u128, exponent: i32) -> Self {
        if significand == 0 {
            return Self { negative, magnitude: Magnitude::Zero };
        }
        let shift = significand.leading_zeros();
        let significand = significand << shift;
        Self {
            negative,
            magnitude: Magnitude::Finite { significand, exponent: exponent - shift as i32 },
        }
    }

    pub(super) fn from_f64(number: f64) -> Self {
        let bits = number.to_bits();
        let (exponent, fraction) = ((bits >> 52) as i32 & 0x7ff, bits & ((1 << 52) - 1));
        let negative = number.is_sign_negative();
        match (exponent, fraction) {
            (0x7ff, 0) => Self { negative, magnitude: Magnitude::Infinite },
            (0x7ff, _) => Self { negative, magnitude: Magnitude::NotANumber },
            (0, _) => Self::finite(negative, u128::from(fraction), -1074),
            _ => Self::finite(negative, u128::from(fraction | 1 << 52), exponent - 1075),
        }
    }

    /// Rounds to the nearest number with a significand of so many bits, fewer than 128; of two
    /// equally near ones, to the one whose last bit is even.
    pub(super) fn rounded(self, precision: u32) -> Self {
        let Magnitude::Finite { significand, exponent } = self.magnitude else { return self };
        let dropped = 128 - precision;
        let (kept, half) = (significand >> dropped, 1 << (dropped - 1));
        let rest = significand & ((half << 1) - 1);
        let up = Rounding::Nearest.is_up(kept & 1 == 1, rest.cmp(&half), rest > 0);
        Self::finite(self.negative, kept + u128::from(up), exponent + dropped as i32)
    }

    /// Rounds to `f64`.
    pub(super) fn to_f64(self, rounding: Rounding) -> f64 {
        let magnitude = match self.magnitude {
            Magnitude::Zero => 0.0,
            Magnitude::Infinite => f64::INFINITY,
            Magnitude::NotANumber => f64::NAN,
            Magnitude::Finite { significand, exponent } => {
                f64::from_bits(round(significand, exponent, rounding))
            }
        };
        if self.negative { -magnitude } else { magnitude }
    }
}

/// Which of its two neighbours a number is rounded to.
#[derive(Clone, Copy)]
pub(super) enum Rounding {
    /// The nearer one; of two equally near ones, the one whose last bit is even.
    Nearest,
    /// The one whose last bit is odd, which no later rounding to fewer bits takes for a tie.
    Odd,
}

impl Rounding {
    /// Returns whether a number is rounded up. `is_odd` is the last bit of the lower neighbour,
    /// `rest` compares the dropped bits with half a unit in the last place, and `is_inexact` tells
    /// whether any of the dropped bits is set.
    #[inline]
    pub(super) fn is_up(self, is_odd: bool, rest: Ordering, is_inexact: bool) -> bool {
        match self {
            Self::Nearest => rest.is_gt() || (rest.is_eq() && is_odd),
            Self::Odd => is_inexact && !is_odd,
        }
    }
}

/// Rounds `significand * 2^exponent` to an `f64` and returns its bits. The highest bit of the
/// significand is set, so the number lies in `[2^(exponent + 127), 2^(exponent + 128))`.
fn round(significand: u128, exponent: i32, rounding: Rounding) -> u64 {
    let odd = matches!(rounding, Rounding::Odd);
    let biased = exponent + 127 + 1023;
    if biased >= 0x7ff {
        return if odd { f64::MAX } else { f64::INFINITY }.to_bits();
    }
    // A normal number keeps 53 bits; a subnormal one has its last bit at 2^-1074.
    let dropped = if biased > 0 { 75 } else { 76 - biased };
    if dropped > 128 {
        return u64::from(odd);
    }
    let kept = if dropped == 128 { 0 } else { (significand >> dropped) as u64 };
    let half = 1_u128 << (dropped - 1);
    let rest = if dropped == 128 { significand } else { significand & ((half << 1) - 1) };
    let up = rounding.is_up(kept & 1 == 1, rest.cmp(&half), rest > 0);
    // A carry out of the fraction runs into the exponent, which is correct: it doubles the number.
    let base = if biased > 0 { (biased as u64 - 1) << 52 } else { 0 };
    base + kept + u64::from(up)
}
