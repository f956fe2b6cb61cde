//! Steps that look at numbers, to find errors, to clamp them to limits, or for their truth.

#![allow(unsafe_code)]

use crate::dtype::DType;
use crate::element::LongDouble;
use crate::kernels::convert::limits::Limits;
use crate::kernels::convert::loops::{Find, Found, Map, Mapped, find, map};
use crate::kernels::convert::wide::WideType;

/// Returns the step that finds the first complex number with an imaginary part. Only floats are
/// parts of complex numbers.
pub(crate) fn imaginary(wide: WideType) -> Find {
    match wide {
        WideType::F64 => find!([f64; 2], |[_, imaginary]| imaginary != 0.0),
        WideType::LongDouble => find!([LongDouble; 2], |[_, imaginary]| !imaginary.is_zero()),
        _ => find!([f32; 2], |[_, imaginary]| imaginary != 0.0),
    }
}

/// Returns the step from complex numbers, as two wide parts, to whether they are not 0.
pub(crate) fn complex_truth(wide: WideType) -> Map {
    match wide {
        WideType::F64 => map!([f64; 2] => u8, |[re, im]| u8::from(re != 0.0) | u8::from(im != 0.0)),
        WideType::LongDouble => map!([LongDouble; 2] => u8, |[re, im]| {
            u8::from(!re.is_zero() || !im.is_zero())
        }),
        _ => map!([f32; 2] => u8, |[re, im]| u8::from(re != 0.0) | u8::from(im != 0.0)),
    }
}

/// Returns the step from wide numbers to whether they are not 0.
pub(crate) fn truth(wide: WideType) -> Map {
    match wide {
        WideType::I32 => map!(i32 => u8, |x| u8::from(x != 0)),
        WideType::I64 | WideType::U64 => map!(i64 => u8, |x| u8::from(x != 0)),
        WideType::F32 => map!(f32 => u8, |x| u8::from(x != 0.0)),
        WideType::F64 => map!(f64 => u8, |x| u8::from(x != 0.0)),
        WideType::LongDouble => map!(LongDouble => u8, |x| u8::from(!x.is_zero())),
    }
}

/// Returns the step that finds the first number beyond the limits of the target: of integers if the
/// numbers are floats, of any type if they are integers. A NaN is beyond all limits.
pub(crate) fn outside(wide: WideType) -> Find {
    macro_rules! outside {
        ($type:ty) => {
            find!(
                $type,
                with | limits | {
                    let (low, high) = limits.integers::<$type>();
                    move |x| (x < low) | (x > high)
                }
            )
        };
        ($type:ty, $limits:ident) => {
            find!(
                $type,
                with | limits | {
                    let (below, above) = limits.$limits;
                    move |x| !((x > below) & (x < above))
                }
            )
        };
    }
    match wide {
        WideType::I32 => outside!(i32),
        WideType::I64 => outside!(i64),
        WideType::U64 => outside!(u64),
        WideType::F32 => outside!(f32, floats),
        WideType::F64 => outside!(f64, doubles),
        WideType::LongDouble => find!(
            LongDouble,
            with | limits
                | |x| {
                    x.is_nan() || !(limits.low..=limits.high).contains(&x.to_i128_saturating())
                }
        ),
    }
}

/// Returns the step that finds the first finite float that becomes infinite in a target of floats,
/// or NaN, as infinity does, too, where the target has none.
pub(crate) fn infinite(from: WideType, target: DType) -> Find {
    match (from, target) {
        (WideType::F32, _) => find!(
            f32,
            with | limits | {
                let above = limits.floats.1;
                let infinity = limits.infinity;
                move |x| (x.abs() >= above) & (x.abs() != infinity)
            }
        ),
        (WideType::F64, _) => find!(
            f64,
            with | limits | {
                let above = limits.doubles.1;
                let infinity = f64::from(limits.infinity);
                move |x| (x.abs() >= above) & (x.abs() != infinity)
            }
        ),
        (_, DType::F64) => find!(LongDouble, |x| { x.to_f64().is_infinite() && !x.is_infinite() }),
        _ => find!(
            LongDouble,
            with | limits
                | |x| {
                    let exempt = x.is_infinite() && limits.infinity.is_infinite();
                    x.to_f64_odd().abs() >= limits.doubles.1 && !exempt
                }
        ),
    }
}

/// Returns the step from floats to the nearest ones within the limits of integers, which the type
/// that they are rounded to then has.
pub(crate) fn clamp_floats() -> Map {
    map!(f32 => f32, with |limits| {
        let (low, high) = (limits.low as f32, limits.high as f32);
        move |x| if x < low { low } else if x > high { high } else { x }
    })
}

/// Returns the step from integers to the nearest ones within the limits, or `None` for floats.
pub(crate) fn clamp(wide: WideType) -> Option<Map> {
    macro_rules! clamp {
        ($type:ty) => {
            map!($type => $type, with |limits| {
                let (low, high) = limits.integers::<$type>();
                move |x| x.max(low).min(high)
            })
        };
    }
    match wide {
        WideType::I32 => Some(clamp!(i32)),
        WideType::I64 => Some(clamp!(i64)),
        WideType::U64 => Some(clamp!(u64)),
        _ => None,
    }
}
