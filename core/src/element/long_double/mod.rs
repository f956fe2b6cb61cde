//! C's `long double` on this machine, and its conversion from and to other numbers.
//!
//! Rust has no such type. On x86 it is the 80-bit format of the x87, padded to 12 or 16 bytes; on
//! most other 64-bit Unix machines it is IEEE 754 binary128, and on Windows and Arm Macs it is
//! `f64`. build.rs knows which. What it does not know is taken for `f64`, so that numbers of any
//! other size are refused. A number in any of these formats is unpacked into sign, exponent and a
//! 128-bit significand (`parts`), and every conversion works on those, so that only unpacking and
//! packing (`formats`) depend on the format.
//! The 80-bit format has a fast path to `f64` for normal numbers, which skips the unpacking.
//!
//! Numbers beyond every `f64` are no floats of Python's: whoever needs one as `f64` has to ask
//! whether it is such a number, and `text` writes them.

mod formats;
mod parts;
mod text;

use std::fmt;

use num_traits::AsPrimitive;

use super::text::PythonFloat;
use crate::format::LONG_DOUBLE_SIZE;
#[cfg(long_double = "binary128")]
use formats::binary128::{self, PRECISION};
#[cfg(long_double = "x87")]
use formats::x87::{self, PRECISION};
use parts::{Magnitude, Parts, Rounding};

/// Bits of a significand.
#[cfg(long_double = "double")]
const PRECISION: u32 = 53;

/// The exponent of the largest numbers: they are below `2^(MAX_EXPONENT + 1)`.
const MAX_EXPONENT: i32 = if cfg!(long_double = "double") { 1023 } else { 16383 };

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

impl LongDouble {
    /// The bits of a significand, which tell the formats of different machines apart.
    #[doc(hidden)]
    pub const MANTISSA_DIGITS: u32 = PRECISION;

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
    /// C; see [`to_f64_checked`](Self::to_f64_checked).
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.round(Rounding::Nearest)
    }

    /// Returns the nearest `f64`; `None` for a finite number whose nearest `f64` is infinite.
    #[must_use]
    #[inline]
    pub fn to_f64_checked(self) -> Option<f64> {
        let rounded = self.to_f64();
        (!rounded.is_infinite() || self.is_infinite()).then_some(rounded)
    }

    /// Returns the `f64` that the number equals beside numbers of other types: the nearest, or NaN,
    /// which equals nothing, if it is beyond every `f64`.
    #[inline]
    pub(crate) fn to_f64_or_nan(self) -> f64 {
        self.to_f64_checked().unwrap_or(f64::NAN)
    }

    /// Returns sign, significand and exponent of a number beyond every `f64`, which is a whole one:
    /// `significand * 2^exponent`, negative if the sign is true. `None` for other numbers.
    #[doc(hidden)]
    #[must_use]
    pub fn beyond_f64(self) -> Option<(bool, u128, u32)> {
        match self.parts() {
            Parts { negative, magnitude: Magnitude::Finite { significand, exponent } }
                if self.to_f64_checked().is_none() =>
            {
                let bits = 128 - PRECISION;
                let exponent = u32::try_from(exponent + bits as i32).ok()?;
                Some((negative, significand >> bits, exponent))
            }
            _ => None,
        }
    }

    /// Rounds to the `f64` from which a narrower float is then rounded: to odd, so that rounding
    /// twice gives the same result as rounding once. No finite number becomes infinite.
    #[doc(hidden)]
    #[must_use]
    pub fn to_f64_odd(self) -> f64 {
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

    /// Returns whether the number is less than another, or greater; a NaN is both, except of a NaN.
    pub(crate) fn precedes(self, other: Self, greater: bool) -> bool {
        let [one, other] = [self, other].map(Self::parts);
        let nan = [one, other].map(|parts| parts.magnitude == Magnitude::NotANumber);
        let [first, second] = if greater { [other, one] } else { [one, other] };
        let negative = [first, second].map(|it| it.negative && it.magnitude != Magnitude::Zero);
        match (nan, negative) {
            ([true, other], _) => !other,
            ([_, true], _) => false,
            (_, [true, true]) => second.magnitude < first.magnitude,
            (_, [false, false]) => first.magnitude < second.magnitude,
            (_, [less, _]) => less,
        }
    }

    pub(crate) fn is_zero(self) -> bool {
        self.parts().magnitude == Magnitude::Zero
    }

    /// Converts a number exactly: every `f64` is a `long double`.
    #[must_use]
    pub fn from_f64(number: f64) -> Self {
        Self::assemble(Parts::from_f64(number))
    }

    /// Rounds the whole number `significand * 2^exponent`, negative if the sign is true, to the
    /// nearest one, ties to even. `None` if that is beyond every `long double`.
    #[doc(hidden)]
    #[must_use]
    pub fn from_whole(negative: bool, significand: u128, exponent: u16) -> Option<Self> {
        let parts = Parts::finite(negative, significand, i32::from(exponent)).rounded(PRECISION);
        match parts.magnitude {
            Magnitude::Finite { exponent, .. } if exponent + 127 > MAX_EXPONENT => None,
            _ => Some(Self::assemble(parts)),
        }
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
        x87::round_normal(self.ten_bytes(), rounding)
    }

    #[inline]
    fn ten_bytes(self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&self.0[..10]);
        bytes
    }

    fn parts(self) -> Parts {
        x87::unpack(self.ten_bytes())
    }

    fn assemble(parts: Parts) -> Self {
        let mut bytes = [0; LONG_DOUBLE_SIZE];
        bytes[..10].copy_from_slice(&x87::pack(parts));
        Self(bytes)
    }
}

#[cfg(long_double = "binary128")]
impl LongDouble {
    fn parts(self) -> Parts {
        binary128::unpack(u128::from_ne_bytes(self.0))
    }

    fn assemble(parts: Parts) -> Self {
        Self(binary128::pack(parts).to_ne_bytes())
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

impl fmt::Display for LongDouble {
    /// Writes the number as Python writes the float that it is read as or, if it is beyond every
    /// float, with the fewest digits that tell it from other numbers: `1.5`, `nan`, `1e+4000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { negative, magnitude } = self.parts();
        match (self.to_f64(), magnitude) {
            (rounded, Magnitude::Finite { significand, exponent }) if rounded.is_infinite() => {
                let sign = if negative { "-" } else { "" };
                write!(f, "{sign}{}", text::shortest(significand, exponent, PRECISION))
            }
            (rounded, _) => fmt::Display::fmt(&PythonFloat(rounded), f),
        }
    }
}

impl fmt::Debug for LongDouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
