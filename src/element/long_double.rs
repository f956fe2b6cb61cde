//! C's `long double`: what it is on this machine, and its conversion from and to other numbers.
//!
//! Rust has no such type. On x86 it is the 80-bit format of the x87 (with padding up to 12 or 16
//! bytes), on other 64-bit Unix machines IEEE 754 binary128, elsewhere plainly `f64`. All of them
//! are taken apart into sign, exponent and significand, and put together again from there.

use crate::format::LONG_DOUBLE_SIZE;
use std::cmp::Ordering;
use std::fmt;

/// A number of C's type `long double`, kept as the bytes that it was read from.
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

/// A binary floating-point number taken apart. The value of a finite one is
/// `significand * 2^exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parts {
    negative: bool,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Zero,
    /// A significand whose highest bit is set, so that equal numbers have equal parts.
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
            return Self { negative, kind: Kind::Zero };
        }
        let shift = significand.leading_zeros();
        let significand = significand << shift;
        Self { negative, kind: Kind::Finite { significand, exponent: exponent - shift as i32 } }
    }

    fn from_f64(number: f64) -> Self {
        let bits = number.to_bits();
        let (exponent, fraction) = ((bits >> 52) as i32 & 0x7ff, bits & ((1 << 52) - 1));
        let negative = number.is_sign_negative();
        match (exponent, fraction) {
            (0x7ff, 0) => Self { negative, kind: Kind::Infinite },
            (0x7ff, _) => Self { negative, kind: Kind::NotANumber },
            (0, _) => Self::finite(negative, u128::from(fraction), -1074),
            _ => Self::finite(negative, u128::from(fraction | 1 << 52), exponent - 1075),
        }
    }

    /// The `f64` that the number becomes.
    fn to_f64(self, rounding: Rounding) -> f64 {
        let magnitude = match self.kind {
            Kind::Zero => 0.0,
            Kind::Infinite => f64::INFINITY,
            Kind::NotANumber => f64::NAN,
            Kind::Finite { significand, exponent } => {
                f64::from_bits(round(significand, exponent, rounding))
            }
        };
        if self.negative { -magnitude } else { magnitude }
    }
}

/// Which of its two neighbours a number between them becomes.
#[derive(Clone, Copy)]
enum Rounding {
    /// The nearer one, or of two equally near the one with an even last bit.
    Nearest,
    /// The one with an odd last bit, which no later rounding takes for a tie.
    Odd,
}

impl Rounding {
    /// Whether a number becomes the greater of its neighbours: `is_odd` is the last bit of the lesser
    /// one, `rest` how what is beyond that compares with half a step, `is_inexact` whether that is
    /// anything.
    #[inline]
    fn is_up(self, is_odd: bool, rest: Ordering, is_inexact: bool) -> bool {
        match self {
            Self::Nearest => rest.is_gt() || (rest.is_eq() && is_odd),
            Self::Odd => is_inexact && !is_odd,
        }
    }
}

/// The bits of the `f64` that `significand * 2^exponent` becomes; the top bit of the significand is
/// set, so the number lies in `[2^(exponent + 127), 2^(exponent + 128))`.
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
    // A carry out of the fraction runs into the exponent, which is just what rounding up means.
    let base = if biased > 0 { (biased as u64 - 1) << 52 } else { 0 };
    base + kept + u64::from(up)
}

impl LongDouble {
    /// The number that these bytes are in the byte order of this machine.
    #[must_use]
    #[inline]
    pub const fn from_ne_bytes(bytes: [u8; LONG_DOUBLE_SIZE]) -> Self {
        Self(bytes)
    }

    /// The bytes of the number in the byte order of this machine. Padding stays what it was.
    #[must_use]
    #[inline]
    pub const fn to_ne_bytes(self) -> [u8; LONG_DOUBLE_SIZE] {
        self.0
    }

    /// The nearest `f64`, ties to even; too large a number becomes infinite, as in C.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.round(Rounding::Nearest)
    }

    /// The `f64` that a narrower float is to be rounded from: of the two around the number the one
    /// with an odd last bit, so that rounding twice is rounding once. Nothing finite is infinite.
    pub fn to_f64_odd(self) -> f64 {
        self.round(Rounding::Odd)
    }

    fn round(self, rounding: Rounding) -> f64 {
        self.round_normal(rounding).unwrap_or_else(|| self.parts().to_f64(rounding))
    }

    /// The number without its fraction, or the end of `i128` that it lies beyond; 0 for a NaN.
    pub fn to_i128_saturating(self) -> i128 {
        let Parts { negative, kind } = self.parts();
        let magnitude = match kind {
            Kind::Zero | Kind::NotANumber => 0,
            Kind::Infinite => u128::MAX,
            Kind::Finite { exponent, .. } if exponent > 0 => u128::MAX,
            Kind::Finite { significand, exponent } => {
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

    /// The number without its fraction, modulo 2^64; 0 where that has no meaning.
    pub fn to_u64_wrapping(self) -> u64 {
        let Parts { negative, kind } = self.parts();
        let magnitude = match kind {
            Kind::Finite { significand, exponent } if exponent < 0 => {
                significand.checked_shr(exponent.unsigned_abs()).unwrap_or(0) as u64
            }
            Kind::Finite { significand, exponent } => {
                significand.checked_shl(exponent.unsigned_abs()).unwrap_or(0) as u64
            }
            Kind::Zero | Kind::Infinite | Kind::NotANumber => 0,
        };
        if negative { magnitude.wrapping_neg() } else { magnitude }
    }

    pub(crate) fn is_nan(self) -> bool {
        self.parts().kind == Kind::NotANumber
    }

    pub(crate) fn is_infinite(self) -> bool {
        self.parts().kind == Kind::Infinite
    }

    pub(crate) fn is_zero(self) -> bool {
        self.parts().kind == Kind::Zero
    }

    /// The same number: every `f64` is a `long double`.
    #[must_use]
    pub fn from_f64(number: f64) -> Self {
        Self::assemble(Parts::from_f64(number))
    }

    /// The same number, but where a `long double` is a double the nearest one.
    pub fn from_i64(number: i64) -> Self {
        Self::assemble(Parts::finite(number < 0, u128::from(number.unsigned_abs()), 0))
    }

    /// The same number, but where a `long double` is a double the nearest one.
    pub fn from_u64(number: u64) -> Self {
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
    /// The `f64` that the number becomes where both are normal ones: almost always, and less work.
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
            0x7fff if significand == 1 << 63 => Parts { negative, kind: Kind::Infinite },
            0x7fff => Parts { negative, kind: Kind::NotANumber },
            // Subnormal numbers have the exponent of the smallest normal ones.
            0 => Parts::finite(negative, u128::from(significand), -16445),
            // Without the integer bit it is an "unnormal", which the processor treats as no number.
            _ if significand >> 63 == 0 => Parts { negative, kind: Kind::NotANumber },
            _ => Parts::finite(negative, u128::from(significand), exponent - 16383 - 63),
        }
    }

    fn assemble(parts: Parts) -> Self {
        let (significand, exponent) = match parts.kind {
            Kind::Zero => (0, 0),
            Kind::Infinite => (1 << 63, 0x7fff),
            Kind::NotANumber => (3 << 62, 0x7fff),
            // Every f64, subnormal ones too, and every integer of 64 bits is a normal number here.
            Kind::Finite { significand, exponent } => {
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
            (0x7fff, 0) => Parts { negative, kind: Kind::Infinite },
            (0x7fff, _) => Parts { negative, kind: Kind::NotANumber },
            (0, _) => Parts::finite(negative, fraction, -16494),
            _ => Parts::finite(negative, fraction | 1 << 112, exponent - 16383 - 112),
        }
    }

    fn assemble(parts: Parts) -> Self {
        let magnitude = match parts.kind {
            Kind::Zero => 0,
            Kind::Infinite => 0x7fff << 112,
            Kind::NotANumber => 0xffff << 111,
            // Every f64, subnormal ones too, and every integer of 64 bits is a normal number here.
            Kind::Finite { significand, exponent } => {
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

impl PartialEq for LongDouble {
    /// Equality of the numbers: zeros are equal whatever their signs, and a NaN equals nothing.
    fn eq(&self, other: &Self) -> bool {
        let (left, right) = (self.parts(), other.parts());
        match (left.kind, right.kind) {
            (Kind::NotANumber, _) => false,
            (Kind::Zero, Kind::Zero) => true,
            _ => left == right,
        }
    }
}

impl fmt::Debug for LongDouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_f64(), f)
    }
}
