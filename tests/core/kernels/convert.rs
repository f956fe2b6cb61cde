//! Conversions of all pairs of element types and byte orders, against exact numbers and the
//! definition of rounding. The oracle knows nothing but how each type keeps a number.

#![cfg(target_endian = "little")]

use crate::support::config;
use consumer::form::{Judgement, judge};
use consumer::kernels::convert::Overflow;
use consumer::kernels::simd::width::{Width, force};
use consumer::memory::Memory;
use consumer::{AnyArray, Error, Format};
use proptest::prelude::*;
use std::ffi::CString;
use std::sync::PoisonError;

/// A number as what it is: `magnitude * 2^exponent`, the magnitude odd or 0.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Real {
    Finite { negative: bool, magnitude: u128, exponent: i32 },
    Infinite { negative: bool },
    NotANumber,
}

impl Real {
    fn new(negative: bool, magnitude: u128, exponent: i32) -> Self {
        if magnitude == 0 {
            return Self::Finite { negative, magnitude, exponent: 0 };
        }
        let zeros = magnitude.trailing_zeros();
        let (magnitude, exponent) = (magnitude >> zeros, exponent + zeros as i32);
        Self::Finite { negative, magnitude, exponent }
    }

    fn whole(number: i128) -> Self {
        Self::new(number < 0, number.unsigned_abs(), 0)
    }

    fn is_zero(self) -> bool {
        matches!(self, Self::Finite { magnitude: 0, .. })
    }
}

/// How a type keeps one real number.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Family {
    Bool,
    Signed,
    Unsigned,
    /// Bits of the exponent, and of the significand.
    Float(i32, i32),
}

/// A type of scalars: its code, the size of each of its parts in bytes, their kind, and how many
/// there are; and what it can be converted to, as a set of bits that overlap.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Type(&'static str, usize, Family, usize, u8);

const BYTE: u8 = 1;
const TEXT: u8 = 2;
const NUMBER: u8 = 4;
const ADDRESS: u8 = 8;

const TYPES: &[Type] = &[
    Type("c", 1, Family::Unsigned, 1, BYTE),
    Type("u", 2, Family::Unsigned, 1, TEXT),
    Type("w", 4, Family::Unsigned, 1, TEXT),
    Type("P", size_of::<usize>(), Family::Unsigned, 1, ADDRESS),
    Type("?", 1, Family::Bool, 1, NUMBER | ADDRESS),
    Type("b", 1, Family::Signed, 1, NUMBER | ADDRESS),
    Type("B", 1, Family::Unsigned, 1, NUMBER | ADDRESS),
    Type("h", 2, Family::Signed, 1, NUMBER | ADDRESS),
    Type("H", 2, Family::Unsigned, 1, NUMBER | ADDRESS),
    Type("i", 4, Family::Signed, 1, NUMBER | ADDRESS),
    Type("I", 4, Family::Unsigned, 1, NUMBER | ADDRESS),
    Type("q", 8, Family::Signed, 1, NUMBER | ADDRESS),
    Type("Q", 8, Family::Unsigned, 1, NUMBER | ADDRESS),
    Type("e", 2, Family::Float(5, 11), 1, NUMBER),
    Type("f", 4, Family::Float(8, 24), 1, NUMBER),
    Type("d", 8, Family::Float(11, 53), 1, NUMBER),
    Type("Ze", 2, Family::Float(5, 11), 2, NUMBER),
    Type("Zf", 4, Family::Float(8, 24), 2, NUMBER),
    Type("Zd", 8, Family::Float(11, 53), 2, NUMBER),
    // The last two only where a long double is that of the x87.
    Type("g", 16, Family::Float(15, 64), 1, NUMBER),
    Type("Zg", 16, Family::Float(15, 64), 2, NUMBER),
];

fn types() -> &'static [Type] {
    let x87 = cfg!(all(target_arch = "x86_64", not(windows)));
    if x87 { TYPES } else { &TYPES[..TYPES.len() - 2] }
}

impl Family {
    /// The number that little-endian bits are.
    fn decode(self, bits: u128, size: usize) -> Real {
        match self {
            Self::Bool => Real::whole(i128::from(bits != 0)),
            Self::Unsigned => Real::new(false, bits, 0),
            Self::Signed => {
                let unused = 128 - 8 * size as u32;
                Real::whole((bits << unused) as i128 >> unused)
            }
            Self::Float(exponent_bits, precision) => {
                let explicit = precision == 64;
                let fraction_bits = if explicit { 64 } else { precision - 1 };
                let fraction = bits & ((1 << fraction_bits) - 1);
                let all_ones = (1 << exponent_bits) - 1;
                let biased = (bits >> fraction_bits) as i32 & all_ones;
                let negative = bits >> (fraction_bits + exponent_bits) & 1 == 1;
                let no_number = explicit && biased > 0 && fraction >> 63 == 0;
                if biased == all_ones || no_number {
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
    fn convert(self, number: Real, size: usize, overflow: Overflow) -> Option<Real> {
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

fn bits_of(magnitude: u128) -> i32 {
    (128 - magnitude.leading_zeros()) as i32
}

/// A number without its fraction; `None` where it is a multiple of 2^64.
fn truncated(negative: bool, magnitude: u128, exponent: i32) -> Option<i128> {
    let whole = match exponent {
        64.. => return (magnitude == 0).then_some(0),
        0..64 => magnitude as i128 * (1 << exponent),
        -127..0 => (magnitude >> -exponent) as i128,
        _ => 0,
    };
    Some(if negative { -whole } else { whole })
}

/// The nearest number of a precision that is a multiple of 2^last, to even between two.
fn round(number: Real, precision: i32, last: i32) -> Real {
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
fn decode(bytes: &[u8], of: Type, swapped: bool) -> Vec<Real> {
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
fn converted(parts: &[Real], from: Type, to: Type, overflow: Overflow) -> Option<Vec<Real>> {
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
fn bytes_of(memory: &Memory) -> Vec<u8> {
    // SAFETY: the memory has that many bytes, and nothing else accesses it.
    unsafe { std::slice::from_raw_parts(memory.start(), memory.len()) }.to_vec()
}

/// Exponents at which something happens in some type.
fn exponents() -> impl Strategy<Value = i32> {
    prop_oneof![
        4 => -2..70_i32,
        2 => -30..-10_i32,
        1 => -152..-120_i32,
        1 => 120..130_i32,
        1 => -1080..-1018_i32,
        1 => 1018..1026_i32,
        1 => any::<i16>().prop_map(i32::from),
    ]
}

/// Bits of a number of a kind: at random, or near where something happens.
fn bits(kind: Family, size: usize) -> BoxedStrategy<u128> {
    let unused = 128 - 8 * size as u32;
    let random = any::<u128>().prop_map(move |bits| bits >> unused);
    let small = (0_i128..=2).prop_map(move |bits| (bits as u128) << unused >> unused);
    let near = (0..128_u32, -2..=2_i128)
        .prop_map(move |(bit, more)| ((1_u128 << bit) as i128).wrapping_add(more) as u128)
        .prop_map(move |bits| bits << unused >> unused);
    let Family::Float(exponent_bits, precision) = kind else {
        return prop_oneof![random, small, near].boxed();
    };
    let explicit = precision == 64;
    let fraction_bits = if explicit { 63 } else { precision - 1 };
    let bias = (1 << (exponent_bits - 1)) - 1;
    // A few high bits, and then nothing, as little as there is, or as much.
    let fraction = (0..64_u64, 0..64_u32, 0..4_u8).prop_map(move |(high, at, rest)| {
        let high = u128::from(high) << 58 << 64 >> at;
        let rest = match rest {
            0 => 0,
            1 => 1_u128 << (128 - fraction_bits),
            2 => u128::MAX >> 10,
            _ => 0x5555 << 66,
        };
        (high | rest) >> (128 - fraction_bits)
    });
    let number = (exponents(), fraction, any::<bool>(), any::<bool>());
    let number = number.prop_map(move |(exponent, fraction, negative, subnormal)| {
        let lowest = if subnormal { 0 } else { 1 };
        let biased = (exponent + bias).clamp(lowest, 2 * bias + 1) as u128;
        let (shift, integer) = match explicit {
            true => (64, u128::from(biased > 0) << 63),
            false => (fraction_bits, 0),
        };
        let sign = u128::from(negative) << (shift + exponent_bits);
        sign | biased << shift | integer | fraction
    });
    prop_oneof![1 => random, 4 => number].boxed()
}

/// The bytes of some elements, in either order.
fn elements(of: Type, swapped: bool, count: usize) -> impl Strategy<Value = Vec<u8>> {
    let parts = proptest::collection::vec(bits(of.2, of.1), count * of.3);
    // Every other complex number is a real one.
    (parts, any::<bool>()).prop_map(move |(parts, real)| {
        let part = |(index, bits): (usize, &u128)| {
            let bits = if of.3 == 2 && real && index % 2 == 1 { 0 } else { *bits };
            let mut bytes = bits.to_le_bytes()[..of.1].to_vec();
            if swapped {
                bytes.reverse();
            }
            bytes
        };
        parts.iter().enumerate().flat_map(part).collect()
    })
}

#[derive(Debug, Clone)]
struct Case {
    from: (Type, bool),
    to: (Type, bool),
    overflow: Overflow,
    shape: [usize; 2],
    bytes: Vec<u8>,
    transposed: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let a_type = || (proptest::sample::select(types()), any::<bool>());
    // More than a block of numbers, now and then.
    let shapes = prop_oneof![
        40 => (1..4_usize, 1..5_usize),
        1 => (1..3_usize, 500..530_usize),
        1 => (500..530_usize, 1..3_usize),
        2 => (0..2_usize, 0..2_usize),
    ];
    let overflow =
        proptest::sample::select(&[Overflow::Error, Overflow::Wrap, Overflow::Saturate][..]);
    (a_type(), a_type(), overflow, shapes, any::<bool>()).prop_flat_map(
        |(from, to, overflow, (rows, columns), transposed)| {
            elements(from.0, from.1, rows * columns).prop_map(move |bytes| Case {
                from,
                to,
                overflow,
                shape: [rows, columns],
                bytes,
                transposed,
            })
        },
    )
}

fn format(of: (Type, bool)) -> CString {
    let prefix = if of.1 { ">" } else { "<" };
    CString::new(format!("{prefix}{}", of.0.0)).unwrap()
}

fn convert(case: &Case) -> Result<Vec<u8>, Error> {
    let array = AnyArray::from_bytes(&case.bytes, &format(case.from), &case.shape).unwrap();
    let array = if case.transposed { array.transpose(&[1, 0]).unwrap() } else { array };
    let memory = array.to_format(&format(case.to).into(), case.overflow)?;
    Ok(bytes_of(&memory))
}

/// The elements of a case in the order in which they are converted, by their parts.
fn sources(case: &Case) -> Vec<Vec<Real>> {
    let (of, swapped) = case.from;
    let [rows, columns] = case.shape;
    let element = |row: usize, column: usize| {
        let size = of.1 * of.3;
        let start = (row * columns + column) * size;
        decode(&case.bytes[start..start + size], of, swapped)
    };
    if case.transposed {
        (0..columns).flat_map(|column| (0..rows).map(move |row| (row, column))).collect::<Vec<_>>()
    } else {
        (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))).collect()
    }
    .into_iter()
    .map(|(row, column)| element(row, column))
    .collect()
}

fn same(left: &[Real], right: &[Real]) -> bool {
    let same = |(left, right): (&Real, &Real)| left == right;
    left.len() == right.len() && left.iter().zip(right).all(same)
}

/// Short formats are known without the parser, and every other one is left to it.
#[test]
fn formats_of_one_or_two_bytes_are_what_the_parser_makes_of_them() {
    let bytes = AnyArray::from_bytes(&[1; 4], c"B", &[4]).unwrap();
    let one = (1..=u8::MAX).map(|letter| vec![letter]);
    let two =
        (1..=u8::MAX).flat_map(|prefix| (1..=u8::MAX).map(move |letter| vec![prefix, letter]));
    let mut known = 0;
    for format in one.chain(two) {
        let parsed = Format::parse(&format).and_then(|format| format.measure());
        let target = CString::new(format.clone()).unwrap().as_c_str().into();
        let result = bytes.to_format(&target, Overflow::Wrap);
        match (parsed, result) {
            (Err(expected), Err(error)) => assert_eq!(error.to_string(), expected.to_string()),
            (Ok(measure), Ok(memory)) => {
                let Judgement::Scalar(found) = judge(&format, measure.size) else {
                    panic!("{format:?} is of scalars")
                };
                assert_eq!((memory.len(), found.dtype.size()), (4 * measure.size, measure.size));
                known += 1;
            }
            (Ok(_), Err(error)) => assert!(error.is_wrong_kind(), "{format:?} {error}"),
            (Err(error), Ok(_)) => panic!("{format:?} {error}"),
        }
    }
    assert!(known > 100, "{known}");
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn every_number_becomes_what_its_new_type_makes_of_it(case in cases()) {
        let (from, (to, swapped)) = (case.from.0, case.to);
        let _guard = super::widths::WIDTH.lock().unwrap_or_else(PoisonError::into_inner);
        let widths = Width::ALL.into_iter().filter(|&width| force(width));
        let mut results: Vec<_> = widths.map(|_| convert(&case)).collect();
        prop_assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{results:?}");
        let result = results.remove(0);
        if from.4 & to.4 == 0 {
            prop_assert!(result.unwrap_err().is_wrong_kind());
            return Ok(());
        }
        let sources = sources(&case);
        let expected: Vec<_> =
            sources.iter().map(|parts| converted(parts, from, to, case.overflow)).collect();
        if let Some(bad) = expected.iter().position(Option::is_none) {
            let error = result.unwrap_err();
            prop_assert!(error.is_value(), "{error}");
            let inner = if case.transposed { case.shape[0] } else { case.shape[1] };
            let index = format!(" at index ({}, {}) ", bad / inner, bad % inner);
            prop_assert!(error.to_string().contains(&index), "{error} {index}");
            return Ok(());
        }
        let bytes = result.unwrap();
        let found: Vec<_> =
            bytes.chunks_exact(to.1 * to.3).map(|bytes| decode(bytes, to, swapped)).collect();
        prop_assert_eq!(found.len(), expected.len());
        let expected = expected.iter().flatten();
        for ((found, expected), source) in found.iter().zip(expected).zip(&sources) {
            prop_assert!(same(found, expected), "{source:?}: {found:?} and not {expected:?}");
        }
    }
}
