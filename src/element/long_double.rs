//! C's `long double` on this machine, and its conversion from and to other numbers.
//!
//! Rust has no such type. On x86 it is the 80-bit format of the x87, padded to 12 or 16 bytes; on
//! other 64-bit Unix machines it is IEEE 754 binary128, and elsewhere it is `f64`. A number in any
//! of these formats is unpacked into sign, exponent and a 128-bit significand, and every conversion
//! works on those parts, so that only unpacking and packing depend on the format. The 80-bit format
//! has a fast path to `f64` for normal numbers, which skips the unpacking.

use std::cmp::Ordering;
use std::fmt;

use num_traits::AsPrimitive;

use crate::format::LONG_DOUBLE_SIZE;

/// A number of C's type `long double`, stored as the bytes that it was read from.
///
/// # Examples
/// ```
/// use consumer::element::LongDouble;
/// let third = LongDouble::from_f64(1.0 / 3.0);
/// assert_eq!(third.to_f64(), 1.0 / 3.0);
/// ```
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct LongDouble([u8; LONG_DOUBLE_SIZE]);

/// An unpacked binary floating-point number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parts {
    negative: bool,
    magnitude: Magnitude,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Magnitude {
    Zero,
    /// `significand * 2^exponent`. The highest bit of the significand is set, so that equal numbers
    /// have equal parts.
    Finite {
        significand: u128,
        exponent: i32,
    },
    Infinite,
    NotANumber,
}

impl Parts {
    fn finite(negative: bool, significand: u128, exponent: i32) -> Self {
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

    fn from_f64(number: f64) -> Self {
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

    /// Rounds to `f64`.
    fn to_f64(self, rounding: Rounding) -> f64 {
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
enum Rounding {
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
    fn is_up(self, is_odd: bool, rest: Ordering, is_inexact: bool) -> bool {
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

impl LongDouble {
    /// Makes a number of its bytes in the byte order of this machine.
    #[must_use]
    #[inline]
    pub const fn from_ne_bytes(bytes: [u8; LONG_DOUBLE_SIZE]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes of the number in the byte order of this machine. Padding is preserved.
    #[must_use]
    #[inline]
    pub const fn to_ne_bytes(self) -> [u8; LONG_DOUBLE_SIZE] {
        self.0
    }

    /// Returns the nearest `f64`, ties to even. A number that is too large becomes infinite, as in
    /// C.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.round(Rounding::Nearest)
    }

    /// Rounds to the `f64` from which a narrower float is then rounded: to odd, so that rounding
    /// twice gives the same result as rounding once. No finite number becomes infinite.
    pub(crate) fn to_f64_odd(self) -> f64 {
        self.round(Rounding::Odd)
    }

    fn round(self, rounding: Rounding) -> f64 {
        self.round_normal(rounding).unwrap_or_else(|| self.parts().to_f64(rounding))
    }

    /// Truncates to an integer and clamps it to the range of `i128`. A NaN becomes 0.
    pub(crate) fn to_i128_saturating(self) -> i128 {
        let Parts { negative, magnitude } = self.parts();
        let magnitude = match magnitude {
            Magnitude::Zero | Magnitude::NotANumber => 0,
            Magnitude::Infinite => u128::MAX,
            Magnitude::Finite { exponent, .. } if exponent > 0 => u128::MAX,
            Magnitude::Finite { significand, exponent } => {
                significand.checked_shr(exponent.unsigned_abs()).unwrap_or(0)
            }
        };
        let positive = i128::try_from(magnitude);
        match (positive, negative) {
            (Ok(magnitude), false) => magnitude,
            (Ok(magnitude), true) => -magnitude,
            (Err(_), false) => i128::MAX,
            (Err(_), true) => i128::MIN,
        }
    }

    /// Truncates to an integer modulo 2^64. Infinity and NaN become 0.
    pub(crate) fn to_u64_wrapping(self) -> u64 {
        let Parts { negative, magnitude } = self.parts();
        let magnitude = match magnitude {
            Magnitude::Finite { significand, exponent } if exponent < 0 => {
                significand.checked_shr(exponent.unsigned_abs()).unwrap_or(0) as u64
            }
            Magnitude::Finite { significand, exponent } => {
                significand.checked_shl(exponent.unsigned_abs()).unwrap_or(0) as u64
            }
            Magnitude::Zero | Magnitude::Infinite | Magnitude::NotANumber => 0,
        };
        if negative { magnitude.wrapping_neg() } else { magnitude }
    }

    /// Returns whether the number is a NaN.
    #[must_use]
    pub fn is_nan(self) -> bool {
        self.parts().magnitude == Magnitude::NotANumber
    }

    /// Returns whether the number is infinite.
    #[must_use]
    pub fn is_infinite(self) -> bool {
        self.parts().magnitude == Magnitude::Infinite
    }

    pub(crate) fn is_zero(self) -> bool {
        self.parts().magnitude == Magnitude::Zero
    }

    /// Converts a number exactly: every `f64` is a `long double`.
    #[must_use]
    pub fn from_f64(number: f64) -> Self {
        Self::assemble(Parts::from_f64(number))
    }

    /// Converts a number: exactly, unless a `long double` is an `f64` here, and then to the nearest
    /// one.
    pub(crate) fn from_i64(number: i64) -> Self {
        Self::assemble(Parts::finite(number < 0, u128::from(number.unsigned_abs()), 0))
    }

    /// Converts a number: exactly, unless a `long double` is an `f64` here, and then to the nearest
    /// one.
    pub(crate) fn from_u64(number: u64) -> Self {
        Self::assemble(Parts::finite(false, u128::from(number), 0))
    }
}

#[cfg(not(long_double = "x87"))]
impl LongDouble {
    fn round_normal(self, _rounding: Rounding) -> Option<f64> {
        None
    }
}

#[cfg(long_double = "x87")]
impl LongDouble {
    /// The fast path: rounds to `f64` if both are normal numbers, as they almost always are.
    #[inline]
    fn round_normal(self, rounding: Rounding) -> Option<f64> {
        let mut low = [0; 8];
        low.copy_from_slice(&self.0[..8]);
        let significand = u64::from_le_bytes(low);
        let top = u16::from_le_bytes([self.0[8], self.0[9]]);
        let biased = i32::from(top & 0x7fff) - 16383 + 1023;
        if !(1..0x7fe).contains(&biased) || significand >> 63 == 0 {
            return None;
        }
        let (kept, rest, half) = (significand >> 11, significand & 0x7ff, 0x400);
        let up = rounding.is_up(kept & 1 == 1, rest.cmp(&half), rest > 0);
        // The integer bit adds 1 to the exponent, and so does a carry out of the fraction.
        let magnitude = (((biased - 1) as u64) << 52) + kept + u64::from(up);
        Some(f64::from_bits(magnitude | u64::from(top >> 15) << 63))
    }

    fn parts(self) -> Parts {
        let mut low = [0; 8];
        low.copy_from_slice(&self.0[..8]);
        let significand = u64::from_le_bytes(low);
        let top = u16::from_le_bytes([self.0[8], self.0[9]]);
        let (negative, exponent) = (top >> 15 == 1, i32::from(top & 0x7fff));
        match exponent {
            // The integer bit is explicit: without it this is no infinity either.
            0x7fff if significand == 1 << 63 => Parts { negative, magnitude: Magnitude::Infinite },
            0x7fff => Parts { negative, magnitude: Magnitude::NotANumber },
            // Subnormal numbers have the exponent of the smallest normal ones.
            0 => Parts::finite(negative, u128::from(significand), -16445),
            // Without the integer bit it is an "unnormal", which the processor treats as no number.
            _ if significand >> 63 == 0 => Parts { negative, magnitude: Magnitude::NotANumber },
            _ => Parts::finite(negative, u128::from(significand), exponent - 16383 - 63),
        }
    }

    fn assemble(parts: Parts) -> Self {
        let (significand, exponent) = match parts.magnitude {
            Magnitude::Zero => (0, 0),
            Magnitude::Infinite => (1 << 63, 0x7fff),
            Magnitude::NotANumber => (3 << 62, 0x7fff),
            // Every f64, subnormal ones too, and every integer of 64 bits is a normal number here.
            Magnitude::Finite { significand, exponent } => {
                ((significand >> 64) as u64, (exponent + 127 + 16383) as u16)
            }
        };
        let mut bytes = [0; LONG_DOUBLE_SIZE];
        bytes[..8].copy_from_slice(&significand.to_le_bytes());
        let top = exponent | u16::from(parts.negative) << 15;
        bytes[8..10].copy_from_slice(&top.to_le_bytes());
        Self(bytes)
    }
}

#[cfg(long_double = "binary128")]
impl LongDouble {
    fn parts(self) -> Parts {
        let bits = u128::from_ne_bytes(self.0);
        let negative = bits >> 127 == 1;
        let (exponent, fraction) = ((bits >> 112) as i32 & 0x7fff, bits & ((1 << 112) - 1));
        match (exponent, fraction) {
            (0x7fff, 0) => Parts { negative, magnitude: Magnitude::Infinite },
            (0x7fff, _) => Parts { negative, magnitude: Magnitude::NotANumber },
            (0, _) => Parts::finite(negative, fraction, -16494),
            _ => Parts::finite(negative, fraction | 1 << 112, exponent - 16383 - 112),
        }
    }

    fn assemble(parts: Parts) -> Self {
        let magnitude = match parts.magnitude {
            Magnitude::Zero => 0,
            Magnitude::Infinite => 0x7fff << 112,
            Magnitude::NotANumber => 0xffff << 111,
            // Every f64, subnormal ones too, and every integer of 64 bits is a normal number here.
            Magnitude::Finite { significand, exponent } => {
                let fraction = significand >> 15 & ((1 << 112) - 1);
                ((exponent + 127 + 16383) as u128) << 112 | fraction
            }
        };
        Self((magnitude | u128::from(parts.negative) << 127).to_ne_bytes())
    }
}

#[cfg(long_double = "double")]
impl LongDouble {
    fn parts(self) -> Parts {
        Parts::from_f64(f64::from_ne_bytes(self.0))
    }

    fn assemble(parts: Parts) -> Self {
        Self(parts.to_f64(Rounding::Nearest).to_ne_bytes())
    }
}

impl AsPrimitive<f64> for LongDouble {
    fn as_(self) -> f64 {
        self.to_f64()
    }
}

impl PartialEq for LongDouble {
    /// Equality of the numbers: zeros are equal whatever their signs, and a NaN equals nothing.
    fn eq(&self, other: &Self) -> bool {
        let (left, right) = (self.parts(), other.parts());
        match (left.magnitude, right.magnitude) {
            (Magnitude::NotANumber, _) => false,
            (Magnitude::Zero, Magnitude::Zero) => true,
            _ => left == right,
        }
    }
}

impl fmt::Debug for LongDouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_f64(), f)
    }
}
