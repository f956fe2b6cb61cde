//! Floats of 8 bits, and what tells floats of one size apart.
//!
//! Machine learning has floats that keep the exponent's range or the fraction's digits of wider
//! ones in fewer bits: bfloat16 (the crate `half` has that one), and two of a single byte, which
//! the Open Compute Project defines.

use super::f32_odd_from_f64;

/// How the bits of a float are divided among sign, exponent and fraction. Size and kind do not tell
/// that of all floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FloatFormat {
    /// As IEEE 754 has it for the size, or C for its `long double`.
    Standard,
    /// As in the upper half of an `f32`.
    Bfloat16,
    /// Four bits of exponent and three of fraction; no infinity.
    Float8E4M3,
    /// As in the upper half of an `f16`.
    Float8E5M2,
}

/// A float of 8 bits, by its parts: what [`float8`] makes types of.
struct Float8 {
    fraction_bits: u32,
    bias: u32,
    /// The bits of the largest number.
    largest: u8,
    /// The bits of what numbers beyond that become, and infinity: itself, or else NaN.
    beyond: u8,
    nan: u8,
}

/// The bits of all but the sign of a float that is infinite.
const INFINITE: u32 = f32::INFINITY.to_bits();

impl Float8 {
    /// Returns the power of two as an `f32`, whose exponent has this bias.
    const fn power(exponent: u32) -> f32 {
        f32::from_bits(exponent << 23)
    }

    /// Returns the exponent, with the bias of `f32`, of the smallest number that is not subnormal.
    const fn lowest(&self) -> u32 {
        128 - self.bias
    }

    /// Returns the number that some bits are.
    const fn decode(&self, bits: u8) -> f32 {
        let magnitude = (bits & 0x7f) as u32;
        let (exponent, fraction) =
            (magnitude >> self.fraction_bits, magnitude & ((1 << self.fraction_bits) - 1));
        let number = if magnitude <= self.largest as u32 {
            // The bit in front of the fraction is 0 in subnormal numbers, and else 1.
            let (hidden, exponent) = if exponent == 0 { (0, 1) } else { (1, exponent) };
            let unit = Self::power(exponent + self.lowest() - 1 - self.fraction_bits);
            (fraction | hidden << self.fraction_bits) as f32 * unit
        } else if magnitude == self.beyond as u32 && self.beyond != self.nan {
            f32::INFINITY
        } else {
            f32::NAN
        };
        if bits >> 7 == 1 { -number } else { number }
    }

    /// Returns all numbers, by their bits.
    const fn numbers(&self) -> [f32; 256] {
        let mut numbers = [0.0; 256];
        let mut bits = 0;
        while bits < 256 {
            numbers[bits] = self.decode(bits as u8);
            bits += 1;
        }
        numbers
    }

    /// Returns the bits of the nearest number, ties to even.
    #[inline(always)]
    fn encode(&self, number: f32) -> u8 {
        let sign = (number.to_bits() >> 24) as u8 & 0x80;
        let magnitude = number.to_bits() & (u32::MAX >> 1);
        let dropped = 23 - self.fraction_bits;
        let rounded = if magnitude < self.lowest() << 23 {
            // The last bit of a float of this size stands for the last bit of a subnormal number,
            // so that the sum is rounded there.
            let large = Self::power(self.lowest() + dropped);
            (f32::from_bits(magnitude) + large).to_bits() - large.to_bits()
        } else {
            let is_odd = magnitude >> dropped & 1;
            let rounded = (magnitude + (1 << (dropped - 1)) - 1 + is_odd) >> dropped;
            rounded - ((self.lowest() - 1) << self.fraction_bits)
        };
        let bits = if magnitude > INFINITE {
            self.nan
        } else if rounded > u32::from(self.largest) {
            self.beyond
        } else {
            rounded as u8
        };
        sign | bits
    }
}

/// Defines the type of a float of 8 bits.
macro_rules! float8 {
    ($(#[$doc:meta])* $name:ident $numbers:ident $parts:expr) => {
        static $numbers: [f32; 256] = $parts.numbers();

        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        #[repr(transparent)]
        pub struct $name(u8);

        impl $name {
            /// Makes the number of its bits.
            #[must_use]
            #[inline]
            pub const fn from_bits(bits: u8) -> Self {
                Self(bits)
            }

            /// Returns the bits.
            #[must_use]
            #[inline]
            pub const fn to_bits(self) -> u8 {
                self.0
            }

            /// Rounds to the nearest number, ties to even. What lies beyond all of them, and
            /// infinity, becomes infinite, or NaN where the type has no infinity.
            #[must_use]
            #[inline]
            pub fn from_f32(number: f32) -> Self {
                const PARTS: Float8 = $parts;
                Self(PARTS.encode(number))
            }

            /// Rounds as [`from_f32`](Self::from_f32) does, and once.
            #[must_use]
            pub fn from_f64(number: f64) -> Self {
                Self::from_f32(f32_odd_from_f64(number))
            }

            /// Returns the number, which an `f32` holds exactly.
            #[must_use]
            #[inline]
            pub fn to_f32(self) -> f32 {
                $numbers[usize::from(self.0)]
            }

            /// Returns the number, which an `f64` holds exactly.
            #[must_use]
            #[inline]
            pub fn to_f64(self) -> f64 {
                self.to_f32().into()
            }
        }

        /// The zeros are equal, and a NaN equals nothing.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.to_f32() == other.to_f32()
            }
        }

        impl From<$name> for f64 {
            fn from(number: $name) -> Self {
                number.to_f64()
            }
        }
    };
}

float8! {
    /// A float of 8 bits, four of them the exponent's: float8_e4m3fn. It has no infinity, and its
    /// largest number is 448.
    ///
    /// # Examples
    /// ```
    /// use consumer::element::F8E4M3;
    /// assert_eq!(F8E4M3::from_f64(1.3).to_f64(), 1.25);
    /// assert_eq!(F8E4M3::from_f64(464.0).to_f64(), 448.0);
    /// assert!(F8E4M3::from_f64(465.0).to_f64().is_nan());
    /// ```
    F8E4M3 E4M3 Float8 { fraction_bits: 3, bias: 7, largest: 0x7e, beyond: 0x7f, nan: 0x7f }
}
float8! {
    /// A float of 8 bits, five of them the exponent's: float8_e5m2. Its largest number is 57344.
    ///
    /// # Examples
    /// ```
    /// use consumer::element::F8E5M2;
    /// assert_eq!(F8E5M2::from_f64(1.3).to_f64(), 1.25);
    /// assert_eq!(F8E5M2::from_f64(61_440.0).to_f64(), f64::INFINITY);
    /// ```
    F8E5M2 E5M2 Float8 { fraction_bits: 2, bias: 15, largest: 0x7b, beyond: 0x7c, nan: 0x7e }
}
