//! What conversions are compared with: exact numbers and the definition of rounding. It knows
//! nothing but how each type keeps a number.

#![cfg(target_endian = "little")]

use consumer::kernels::convert::Overflow;
use consumer::memory::Memory;

/// A number as what it is: `magnitude * 2^exponent`, the magnitude odd or 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Real {
    Finite { negative: bool, magnitude: u128, exponent: i32 },
    Infinite { negative: bool },
    NotANumber,
}

impl Real {
    pub(super) fn new(negative: bool, magnitude: u128, exponent: i32) -> Self {
        if magnitude == 0 {
            return Self::Finite { negative, magnitude, exponent: 0 };
        }
        let zeros = magnitude.trailing_zeros();
        let (magnitude, exponent) = (magnitude >> zeros, exponent + zeros as i32);
        Self::Finite { negative, magnitude, exponent }
    }

    pub(super) fn whole(number: i128) -> Self {
        Self::new(number < 0, number.unsigned_abs(), 0)
    }

    pub(super) fn is_zero(self) -> bool {
        matches!(self, Self::Finite { magnitude: 0, .. })
    }
}

/// How a type keeps one real number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Family {
    Bool,
    Signed,
    Unsigned,
    /// Bits of the exponent, and of the significand.
    Float(i32, i32),
    /// The same without an infinity: what would be it and most of its NaNs are numbers.
    FiniteFloat(i32, i32),
}

/// A type of scalars: its code, the size of each of its parts in bytes, their kind, and how many
/// there are; and what it can be converted to, as a set of bits that overlap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Type(
    pub(super) &'static str,
    pub(super) usize,
    pub(super) Family,
    pub(super) usize,
    pub(super) u8,
);

pub(super) const BYTE: u8 = 1;
pub(super) const TEXT: u8 = 2;
pub(super) const NUMBER: u8 = 4;
pub(super) const ADDRESS: u8 = 8;

pub(super) const TYPES: &[Type] = &[
    Type("c", 1, Family::Unsigned, 1, BYTE),
    Type("u", 2, Family::Unsigned, 1, TEXT),
    Type("w", 4, Family::Unsigned, 1, TEXT),
    Type("P", size_of::<usize>(), Family::Unsigned, 1, ADDRESS),
    Type("?", 1, Family::Bool, 1, NUMBER | ADDRESS),
    Type("b", 1, Family::Signed, 1, NUMBER | ADDRESS),
    Type("B", 1, Family::Unsigned, 1, NUMBER | ADDRESS),
    Type("h", 2, Family::Signed, 1, NUMBER | ADDRESS),
    Type("H", 2, Family::Unsigned, 1, NUMBER | ADDRESS),
    Type("3x:int24:", 3, Family::Signed, 1, NUMBER | ADDRESS),
    Type("3x:uint24:", 3, Family::Unsigned, 1, NUMBER | ADDRESS),
    Type("i", 4, Family::Signed, 1, NUMBER | ADDRESS),
    Type("I", 4, Family::Unsigned, 1, NUMBER | ADDRESS),
    Type("q", 8, Family::Signed, 1, NUMBER | ADDRESS),
    Type("Q", 8, Family::Unsigned, 1, NUMBER | ADDRESS),
    Type("1x:float8_e4m3fn:", 1, Family::FiniteFloat(4, 4), 1, NUMBER),
    Type("1x:float8_e5m2:", 1, Family::Float(5, 3), 1, NUMBER),
    Type("e", 2, Family::Float(5, 11), 1, NUMBER),
    Type("2x:bfloat16:", 2, Family::Float(8, 8), 1, NUMBER),
    Type("f", 4, Family::Float(8, 24), 1, NUMBER),
    Type("d", 8, Family::Float(11, 53), 1, NUMBER),
    Type("Ze", 2, Family::Float(5, 11), 2, NUMBER),
    Type("Zf", 4, Family::Float(8, 24), 2, NUMBER),
    Type("Zd", 8, Family::Float(11, 53), 2, NUMBER),
    // The last two only where a long double is that of the x87.
    Type("g", 16, Family::Float(15, 64), 1, NUMBER),
    Type("Zg", 16, Family::Float(15, 64), 2, NUMBER),
];

pub(super) fn types() -> &'static [Type] {
    let x87 = cfg!(all(target_arch = "x86_64", not(windows)));
    if x87 { TYPES } else { &TYPES[..TYPES.len() - 2] }
}

impl Family {
    /// The number that little-endian bits are.
    pub(super) fn decode(self, bits: u128, size: usize) -> Real {
        match self {
            Self::Bool => Real::whole(i128::from(bits != 0)),
            Self::Unsigned => Real::new(false, bits, 0),
            Self::Signed => {
                let unused = 128 - 8 * size as u32;
                Real::whole((bits << unused) as i128 >> unused)
            }
            Self::Float(exponent_bits, precision) | Self::FiniteFloat(exponent_bits, precision) => {
                let explicit = precision == 64;
                let fraction_bits = if explicit { 64 } else { precision - 1 };
                let fraction = bits & ((1 << fraction_bits) - 1);
                let all_ones = (1 << exponent_bits) - 1;
                let biased = (bits >> fraction_bits) as i32 & all_ones;
                let negative = bits >> (fraction_bits + exponent_bits) & 1 == 1;
                let no_number = explicit && biased > 0 && fraction >> 63 == 0;
                let finite = matches!(self, Self::FiniteFloat(..));
                if finite && biased == all_ones && fraction == (1 << fraction_bits) - 1 {
                    return Real::NotANumber;
                }
                if (biased == all_ones && !finite) || no_number {
                    let zero = if explicit { fraction == 1 << 63 } else { fraction == 0 };
                    return if zero { Real::Infinite { negative } } else { Real::NotANumber };
                }
                let hidden = if explicit || biased == 0 { 0 } else { 1 << fraction_bits };
                let exponent = biased.max(1) - (all_ones >> 1) - (precision - 1);
                Real::new(negative, fraction | hidden, exponent)
            }
        }
    }

    /// What a number becomes; `None` where there is no room for it.
    pub(super) fn convert(self, number: Real, size: usize, overflow: Overflow) -> Option<Real> {
        match self {
            Self::Bool => Some(Real::whole(i128::from(!number.is_zero()))),
            Self::Float(exponent_bits, precision) => {
                let largest = 1 << (exponent_bits - 1);
                let rounded = round(number, precision, 2 - largest - (precision - 1));
                match rounded {
                    Real::Finite { negative, magnitude, exponent }
                        if bits_of(magnitude) + exponent > largest =>
                    {
                        (overflow != Overflow::Error).then_some(Real::Infinite { negative })
                    }
                    fits => Some(fits),
                }
            }
            Self::FiniteFloat(exponent_bits, precision) => {
                let largest = 1 << (exponent_bits - 1);
                let negative = match round(number, precision, 2 - largest - (precision - 1)) {
                    Real::NotANumber => return Some(number),
                    Real::Infinite { negative } => negative,
                    fits @ Real::Finite { negative, magnitude, exponent } => {
                        // All ones are what NaN has.
                        let ones = bits_of(magnitude) == precision
                            && bits_of(magnitude) == magnitude.trailing_ones() as i32;
                        match bits_of(magnitude) + exponent - (largest + 1) {
                            ..0 => return Some(fits),
                            0 if !ones => return Some(fits),
                            _ => negative,
                        }
                    }
                };
                // The largest number has all ones but the last.
                let most = Real::new(negative, (1 << precision) - 2, largest + 1 - precision);
                match overflow {
                    Overflow::Error => None,
                    Overflow::Wrap => Some(Real::NotANumber),
                    Overflow::Saturate => Some(most),
                }
            }
            Self::Signed | Self::Unsigned => {
                let bits = 8 * size as u32;
                let (low, high) = match self {
                    Self::Signed => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
                    _ => (0, (1_i128 << bits) - 1),
                };
                let wrapped = |whole: i128| match whole.rem_euclid(1 << bits) {
                    rest if rest > high => rest - (1 << bits),
                    rest => rest,
                };
                let (negative, whole) = match number {
                    Real::NotANumber => (false, None),
                    Real::Infinite { negative } => (negative, None),
                    Real::Finite { negative, magnitude, exponent } => {
                        (negative, truncated(negative, magnitude, exponent))
                    }
                };
                match (overflow, whole) {
                    (_, Some(whole)) if (low..=high).contains(&whole) => Some(Real::whole(whole)),
                    (Overflow::Error, _) => None,
                    (Overflow::Wrap, Some(whole)) => Some(Real::whole(wrapped(whole))),
                    // Nothing is left of so large a number, and NaN and infinities are 0.
                    (Overflow::Wrap, None) => Some(Real::whole(0)),
                    (Overflow::Saturate, None) if number == Real::NotANumber => {
                        Some(Real::whole(0))
                    }
                    (Overflow::Saturate, _) => Some(Real::whole(if negative { low } else { high })),
                }
            }
        }
    }
}

pub(super) fn bits_of(magnitude: u128) -> i32 {
    (128 - magnitude.leading_zeros()) as i32
}

/// A number without its fraction; `None` where it is a multiple of 2^64.
pub(super) fn truncated(negative: bool, magnitude: u128, exponent: i32) -> Option<i128> {
    let whole = match exponent {
        64.. => return (magnitude == 0).then_some(0),
        0..64 => magnitude as i128 * (1 << exponent),
        -127..0 => (magnitude >> -exponent) as i128,
        _ => 0,
    };
    Some(if negative { -whole } else { whole })
}

/// The nearest number of a precision that is a multiple of 2^last, to even between two.
pub(super) fn round(number: Real, precision: i32, last: i32) -> Real {
    let Real::Finite { negative, magnitude, exponent } = number else { return number };
    let unit = last.max(bits_of(magnitude) + exponent - precision);
    let dropped = unit - exponent;
    if dropped <= 0 {
        return number;
    }
    if dropped > 100 {
        return Real::new(negative, 0, 0);
    }
    let (kept, rest) = (magnitude >> dropped, magnitude & ((1 << dropped) - 1));
    let half = 1 << (dropped - 1);
    let up = rest > half || (rest == half && kept & 1 == 1);
    Real::new(negative, kept + u128::from(up), unit)
}

/// The parts of one element.
pub(super) fn decode(bytes: &[u8], of: Type, swapped: bool) -> Vec<Real> {
    let part = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        if swapped {
            bytes.reverse();
        }
        // The x87's numbers have ten bytes and some padding.
        bytes.resize(16, 0);
        let bits = u128::from_le_bytes(bytes.try_into().unwrap());
        of.2.decode(if of.1 == 16 { bits & ((1 << 80) - 1) } else { bits }, of.1)
    };
    bytes.chunks_exact(of.1).map(part).collect()
}

/// What the parts of an element become.
pub(super) fn converted(
    parts: &[Real],
    from: Type,
    to: Type,
    overflow: Overflow,
) -> Option<Vec<Real>> {
    if from.0 == to.0 {
        return Some(parts.to_vec());
    }
    let convert = |&part: &Real| to.2.convert(part, to.1, overflow);
    match (parts, to.3) {
        ([_, _], 1) if to.2 == Family::Bool => {
            Some(vec![Real::whole(i128::from(!parts.iter().all(|part| part.is_zero())))])
        }
        ([real, imaginary], 1) => {
            imaginary.is_zero().then(|| convert(real))?.map(|real| vec![real])
        }
        ([real], 2) => Some(vec![convert(real)?, Real::whole(0)]),
        (parts, _) => parts.iter().map(convert).collect(),
    }
}

#[allow(unsafe_code)]
pub(super) fn bytes_of(memory: &Memory) -> Vec<u8> {
    // SAFETY: the memory has that many bytes, and nothing else accesses it.
    unsafe { std::slice::from_raw_parts(memory.start(), memory.len()) }.to_vec()
}
