//! Sums, minima and maxima by loops over the elements: what is taken for the truth.

use consumer::element::{F8E4M3, F8E5M2};
use consumer::kernels::reduce::Number;
use half::{bf16, f16};
use num_bigint::{BigInt, Sign};
use num_complex::Complex;
use num_traits::Float;
use std::collections::BTreeMap;

/// A value as the numbers that it is a sum of.
pub(super) trait Numbers: Copy {
    const FLOAT: bool;
    const COMPLEX: bool = false;
    fn integer(self) -> i128 {
        0
    }
    fn floats(self) -> [f64; 2] {
        [0.0; 2]
    }
}

macro_rules! numbers {
    (integers $($integer:ty)*; floats $($float:ty)*; complex $($complex:ty)*) => {
        $(impl Numbers for $integer {
            const FLOAT: bool = false;
            fn integer(self) -> i128 { self.into() }
        })*
        $(impl Numbers for $float {
            const FLOAT: bool = true;
            fn floats(self) -> [f64; 2] { [f64::from(self), 0.0] }
        })*
        $(impl Numbers for $complex {
            const FLOAT: bool = true;
            const COMPLEX: bool = true;
            fn floats(self) -> [f64; 2] { [f64::from(self.re), f64::from(self.im)] }
        })*
    };
}
numbers! {
    integers bool i8 u8 i16 u16 i32 u32 i64 u64;
    floats f16 bf16 F8E4M3 F8E5M2 f32 f64;
    complex Complex<f32> Complex<f64>
}

/// The sum, exact as an integer until it is rounded once, to even; not a float that overflows is
/// added anywhere.
pub(super) fn exact_sum(terms: impl Iterator<Item = f64>) -> f64 {
    let (mut by_exponent, mut special) = (BTreeMap::<i16, i128>::new(), 0.0);
    for term in terms {
        if term.is_finite() {
            let (mantissa, exponent, sign) = term.integer_decode();
            *by_exponent.entry(exponent).or_default() += i128::from(mantissa) * i128::from(sign);
        } else {
            special += term;
        }
    }
    if special != 0.0 {
        return special;
    }
    // In units of half the least subnormal, that of the least exponent.
    let shift = |exponent: i16| usize::try_from(exponent + 1075).unwrap();
    let sum: BigInt = by_exponent
        .into_iter()
        .map(|(exponent, mantissas)| BigInt::from(mantissas) << shift(exponent))
        .sum();
    let (sign, magnitude) = sum.into_parts();
    // Rounded where nothing is subnormal, to which scaling adds no rounding: what has few enough
    // bits to be subnormal afterwards is a double as it is.
    let dropped = magnitude.bits().saturating_sub(64);
    let mut high = u64::try_from(&magnitude >> dropped).unwrap();
    if magnitude.trailing_zeros().is_some_and(|zeros| zeros < dropped) {
        // What is dropped only tells on which side of a tie the rest is.
        high |= 1;
    }
    let scale = |float: f64, by: i32| float * 2_f64.powi(by / 2) * 2_f64.powi(by - by / 2);
    let rounded = scale(high as f64, i32::try_from(dropped).unwrap() - 1075);
    if sign == Sign::Minus { -rounded } else { rounded }
}

pub(super) fn sum_of<V: Numbers>(values: &[V]) -> Number {
    let part = |part: usize| exact_sum(values.iter().map(|value| value.floats()[part]));
    match (V::FLOAT, V::COMPLEX) {
        (false, _) => Number::Integer(values.iter().map(|value| value.integer()).sum()),
        (true, false) => Number::Float(part(0)),
        (true, true) => Number::Complex([part(0), part(1)]),
    }
}

/// The position of the first minimum or maximum; a NaN comes before all other numbers.
pub(super) fn first_of<V: Numbers>(values: &[V], maximum: bool) -> Option<usize> {
    let precedes = |one: V, other: V| match V::FLOAT {
        false if maximum => one.integer() > other.integer(),
        false => one.integer() < other.integer(),
        true => match (one.floats()[0], other.floats()[0]) {
            (one, other) if one.is_nan() || other.is_nan() => !other.is_nan(),
            (one, other) if maximum => one > other,
            (one, other) => one < other,
        },
    };
    (0..values.len()).reduce(|best, at| if precedes(values[at], values[best]) { at } else { best })
}

pub(super) fn same(one: Option<Number>, other: Number) -> bool {
    let bits = |float: f64| if float.is_nan() { 1 } else { float.to_bits() };
    match (one, other) {
        (Some(Number::Float(one)), Number::Float(other)) => bits(one) == bits(other),
        (Some(Number::Complex(one)), Number::Complex(other)) => one.map(bits) == other.map(bits),
        (one, other) => one == Some(other),
    }
}
