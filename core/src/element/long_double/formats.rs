//! The two formats of `long double` that are not `f64`: bytes to parts, and back.
//!
//! Only the one of this machine is compiled; tests try both.

#[cfg(any(test, long_double = "x87"))]
pub(super) mod x87 {
    //! The 80-bit format of the x87, without the padding behind it.

    use super::super::parts::{Magnitude, Parts, Rounding};

    /// Bits of a significand.
    #[cfg_attr(not(long_double = "x87"), allow(dead_code))]
    pub(in super::super) const PRECISION: u32 = 64;

    /// Returns the significand, and sign and exponent.
    #[inline]
    fn split(bytes: [u8; 10]) -> (u64, u16) {
        let [significand @ .., _, _] = bytes;
        let [.., low, high] = bytes;
        (u64::from_le_bytes(significand), u16::from_le_bytes([low, high]))
    }

    /// Rounds to `f64` if both are normal numbers.
    #[cfg_attr(not(long_double = "x87"), allow(dead_code))]
    #[inline]
    pub(in super::super) fn round_normal(bytes: [u8; 10], rounding: Rounding) -> Option<f64> {
        let (significand, top) = split(bytes);
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

    pub(in super::super) fn unpack(bytes: [u8; 10]) -> Parts {
        let (significand, top) = split(bytes);
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

    pub(in super::super) fn pack(parts: Parts) -> [u8; 10] {
        let (significand, exponent) = match parts.magnitude {
            Magnitude::Zero => (0, 0),
            Magnitude::Infinite => (1 << 63, 0x7fff),
            Magnitude::NotANumber => (3 << 62, 0x7fff),
            // Every f64, subnormal ones too, and every integer of 64 bits is a normal number here.
            Magnitude::Finite { significand, exponent } => {
                ((significand >> 64) as u64, (exponent + 127 + 16383) as u16)
            }
        };
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&significand.to_le_bytes());
        let top = exponent | u16::from(parts.negative) << 15;
        bytes[8..].copy_from_slice(&top.to_le_bytes());
        bytes
    }
}

#[cfg(any(test, long_double = "binary128"))]
pub(super) mod binary128 {
    //! IEEE 754 binary128, as the bits of a number.

    use super::super::parts::{Magnitude, Parts};

    /// Bits of a significand.
    #[cfg_attr(not(long_double = "binary128"), allow(dead_code))]
    pub(in super::super) const PRECISION: u32 = 113;

    pub(in super::super) fn unpack(bits: u128) -> Parts {
        let negative = bits >> 127 == 1;
        let (exponent, fraction) = ((bits >> 112) as i32 & 0x7fff, bits & ((1 << 112) - 1));
        match (exponent, fraction) {
            (0x7fff, 0) => Parts { negative, magnitude: Magnitude::Infinite },
            (0x7fff, _) => Parts { negative, magnitude: Magnitude::NotANumber },
            (0, _) => Parts::finite(negative, fraction, -16494),
            _ => Parts::finite(negative, fraction | 1 << 112, exponent - 16383 - 112),
        }
    }

    pub(in super::super) fn pack(parts: Parts) -> u128 {
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
        magnitude | u128::from(parts.negative) << 127
    }
}
