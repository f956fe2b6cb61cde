//! Steps from one wide type to another.

#![allow(unsafe_code)]

use crate::dtype::DType;
use crate::element::{LongDouble, f32_odd_from_f64};
use crate::kernels::convert::limits::{Limits, saturated};
use crate::kernels::convert::loops::{Map, Mapped, Tried, Try, map, try_map};
use crate::kernels::convert::wide::WideType;

/// Returns the step from one wide type to another, which keeps the lowest bits of integers and
/// makes floats the nearest integer that there is, or `None` if the types are the same.
pub(crate) fn between(from: WideType, to: WideType) -> Option<Map> {
    use WideType::{F32, F64, I32, I64, LongDouble as Long, U64};
    Some(match (from, to) {
        (I32, I64 | U64) => map!(i32 => i64, |x| i64::from(x)),
        (I64 | U64, I32) => map!(i64 => i32, |x| x as i32),
        (I32, F32) => map!(i32 => f32, |x| x as f32),
        (I32, F64) => map!(i32 => f64, |x| f64::from(x)),
        (I32, Long) => map!(i32 => LongDouble, |x| LongDouble::from_i64(x.into())),
        (I64, F32) => map!(i64 => f32, |x| x as f32),
        (I64, F64) => map!(i64 => f64, |x| x as f64),
        (I64, Long) => map!(i64 => LongDouble, |x| LongDouble::from_i64(x)),
        (U64, F32) => map!(u64 => f32, |x| x as f32),
        (U64, F64) => map!(u64 => f64, |x| x as f64),
        (U64, Long) => map!(u64 => LongDouble, |x| LongDouble::from_u64(x)),
        (F32, I32) => map!(f32 => i32, |x| x as i32),
        (F32, I64) => map!(f32 => i64, |x| x as i64),
        (F32, U64) => map!(f32 => u64, |x| x as u64),
        (F32, F64) => map!(f32 => f64, |x| f64::from(x)),
        (F32, Long) => map!(f32 => LongDouble, |x| LongDouble::from_f64(x.into())),
        (F64, I32) => map!(f64 => i32, |x| x as i32),
        (F64, I64) => map!(f64 => i64, |x| x as i64),
        (F64, U64) => map!(f64 => u64, |x| x as u64),
        (F64, F32) => map!(f64 => f32, |x| x as f32),
        (F64, Long) => map!(f64 => LongDouble, |x| LongDouble::from_f64(x)),
        (Long, I32) => map!(LongDouble => i32, |x| saturated::<i32>(x.to_i128_saturating())),
        (Long, I64) => map!(LongDouble => i64, |x| saturated::<i64>(x.to_i128_saturating())),
        (Long, U64) => map!(LongDouble => u64, |x| saturated::<u64>(x.to_i128_saturating())),
        (Long, F32) => map!(LongDouble => f32, |x| x.to_f64_odd() as f32),
        (Long, F64) => map!(LongDouble => f64, |x| x.to_f64()),
        _ => return None,
    })
}

/// Makes a closure that returns a float without its fraction, if the integer type holds that. It is
/// faster than `as`, which has to saturate.
macro_rules! truncated {
    ($float:ty => $integer:ty) => {
        |x: $float| {
            // Errors are converted as well, to anything, but must be in range for that.
            const LOW: $float = <$integer>::MIN as $float;
            const HIGH: $float = {
                let high = <$integer>::MAX as $float;
                if high as i128 > <$integer>::MAX as i128 { high.next_down() } else { high }
            };
            let x = if x > LOW { x } else { LOW };
            let x = if x < HIGH { x } else { HIGH };
            // SAFETY: the number is now no NaN, because comparisons with one are false, and lies
            // between the limits, as does its integer part.
            unsafe { x.to_int_unchecked::<$integer>() }
        }
    };
}

/// Returns the step from one wide type to another that also finds the first number that `target`,
/// whose wide type that is, does not hold, or `None` if finding it takes a step of its own.
pub(crate) fn try_between(from: WideType, to: WideType, target: DType) -> Option<Try> {
    macro_rules! truncate {
        ($float:ty => $integer:ty, $limits:ident) => {
            try_map!(
                $float => $integer,
                with |limits| {
                    let (below, above) = limits.$limits;
                    move |x| !((x > below) & (x < above))
                },
                truncated!($float => $integer)
            )
        };
    }
    Some(match (from, to) {
        (WideType::F32, WideType::I32) => truncate!(f32 => i32, floats),
        (WideType::F32, WideType::I64) => truncate!(f32 => i64, floats),
        (WideType::F32, WideType::U64) => truncate!(f32 => u64, floats),
        (WideType::F64, WideType::I32) => truncate!(f64 => i32, doubles),
        (WideType::F64, WideType::I64) => truncate!(f64 => i64, doubles),
        (WideType::F64, WideType::U64) => truncate!(f64 => u64, doubles),
        (WideType::F64, WideType::F32) if target == DType::F32 => try_map!(
            f64 => f32,
            with |limits| {
                let above = limits.doubles.1;
                move |x: f64| (x.abs() >= above) & (x.abs() < f64::INFINITY)
            },
            |x| x as f32
        ),
        (WideType::I64, WideType::I32) => try_map!(
            i64 => i32,
            with |limits| {
                let (low, high) = limits.integers::<i64>();
                move |x| (x < low) | (x > high)
            },
            |x| x as i32
        ),
        _ => return None,
    })
}

/// Returns the step from floats of one wide type to integers of another, modulo 2 to the power of
/// its number of bits.
pub(crate) fn wrap(from: WideType, to: WideType) -> Option<Map> {
    use WideType::{F32, F64, I32, LongDouble as Long};
    Some(match (from, to) {
        (F32, I32) => map!(f32 => i32, |x| wrapped(x.into()) as i32),
        (F32, _) => map!(f32 => u64, |x| wrapped(x.into())),
        (F64, I32) => map!(f64 => i32, |x| wrapped(x) as i32),
        (F64, _) => map!(f64 => u64, |x| wrapped(x)),
        (Long, I32) => map!(LongDouble => i32, |x| x.to_u64_wrapping() as i32),
        (Long, _) => map!(LongDouble => u64, |x| x.to_u64_wrapping()),
        _ => return None,
    })
}

/// Returns a float without its fraction, modulo 2^64, or 0 for infinities and NaN.
#[inline(always)]
fn wrapped(number: f64) -> u64 {
    if number.abs() < 9e18 {
        return number as i64 as u64;
    }
    wrapped_beyond(number)
}

#[cold]
fn wrapped_beyond(number: f64) -> u64 {
    LongDouble::from_f64(number).to_u64_wrapping()
}

/// Returns the step from numbers to the wide type of floats narrower than that, which rounds in
/// such a way that the second rounding gives the same as a single one, or `None` if they are of
/// that type.
pub(crate) fn between_to_round(from: WideType, target: DType) -> Option<Map> {
    match (from, target) {
        (WideType::F64, _) => Some(map!(f64 => f32, |x| f32_odd_from_f64(x))),
        (WideType::LongDouble, _) => {
            Some(map!(LongDouble => f32, |x| f32_odd_from_f64(x.to_f64_odd())))
        }
        // Integers that an `f32` has no room for are beyond all other narrow floats.
        (WideType::I32, DType::BF16) => Some(map!(i32 => f32, |x| f32_odd_from_f64(x.into()))),
        (WideType::I64, DType::BF16) => Some(map!(i64 => f32, |x| {
            let beyond = x.unsigned_abs() >> 40 != 0;
            f32_odd_from_f64(shortened(x.cast_unsigned(), beyond).cast_signed() as f64)
        })),
        (WideType::U64, DType::BF16) => {
            Some(map!(u64 => f32, |x| f32_odd_from_f64(shortened(x, x >> 40 != 0) as f64)))
        }
        _ => between(from, WideType::F32),
    }
}

/// Returns an integer that a double holds in place of one beyond 2^40: between the same two `f32`,
/// and one of them only where it was. Its 17th bit stands for all behind it.
#[inline(always)]
fn shortened(integer: u64, is_beyond: bool) -> u64 {
    let rest = integer & 0xffff;
    if is_beyond { (integer ^ rest) | u64::from(rest != 0) << 16 } else { integer }
}
