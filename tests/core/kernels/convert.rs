//! Conversions of all pairs of element types and byte orders, against exact numbers and the
//! definition of rounding.

#![cfg(target_endian = "little")]

use super::convert_oracle::*;
use crate::support::config;
use consumer::form::{Judgement, judge};
use consumer::kernels::convert::Overflow;
use consumer::kernels::simd::width::{Width, force};
use consumer::{AnyArray, Error, Format};
use proptest::prelude::*;
use std::ffi::CString;
use std::sync::PoisonError;

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
    let (Family::Float(exponent_bits, precision) | Family::FiniteFloat(exponent_bits, precision)) =
        kind
    else {
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
