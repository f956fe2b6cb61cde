//! The steps of a conversion, each over one or two types.
//!
//! A scalar is first widened to one of a few wide types, which holds it exactly; then it becomes the
//! wide type of the target, and then the target. So there is a loop for each pair of wide types, and
//! not for each pair of scalars. Where a scalar is as wide as its wide type nothing is to be done:
//! the commonest conversions are one step, and with a check two.

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::loops::{
    Find, Found, Limited, Limits, Map, Mapped, Tried, Try, by_size, find, map, try_map,
};
use crate::dtype::DType;
use crate::element::{LongDouble, f32_odd_from_f64};
use crate::format::LONG_DOUBLE_SIZE;

/// The types that everything goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wide {
    I32,
    I64,
    U64,
    F32,
    F64,
    LongDouble,
}

impl Wide {
    /// The narrowest that holds every value of a real scalar.
    pub(super) fn of(scalar: DType) -> Self {
        match scalar {
            DType::I64 | DType::U32 => Self::I64,
            DType::U64 => Self::U64,
            DType::F16 | DType::F32 => Self::F32,
            DType::F64 => Self::F64,
            DType::LongDouble => Self::LongDouble,
            _ => Self::I32,
        }
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64 | Self::LongDouble)
    }

    fn size(self) -> usize {
        match self {
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
            Self::LongDouble => LONG_DOUBLE_SIZE,
        }
    }
}

/// The same values, for those of real scalars.
pub(super) fn copy(size: usize) -> Map {
    by_size!(size, N => map!([u8; N] => [u8; N], |bytes| bytes))
}

/// The same values in the other byte order.
pub(super) fn swap(size: usize) -> Map {
    by_size!(size, N => map!([u8; N] => [u8; N], |bytes| {
        let mut bytes = bytes;
        bytes.reverse();
        bytes
    }))
}

/// Reals to complex numbers.
pub(super) fn spread(size: usize) -> Map {
    by_size!(size, N => map!([u8; N] => [[u8; N]; 2], |real| [real, [0; N]]))
}

/// Complex numbers, as two wide parts, to their real parts.
pub(super) fn reals(wide: Wide) -> Map {
    by_size!(wide.size(), N => map!([[u8; N]; 2] => [u8; N], |[real, _]| real))
}

/// The first complex number that is no real one. Only floats are parts of one.
pub(super) fn imaginary(wide: Wide) -> Find {
    match wide {
        Wide::F64 => find!([f64; 2], |[_, imaginary]| imaginary != 0.0),
        Wide::LongDouble => find!([LongDouble; 2], |[_, imaginary]| !imaginary.is_zero()),
        _ => find!([f32; 2], |[_, imaginary]| imaginary != 0.0),
    }
}

/// Complex numbers, as two wide parts, to whether they are not 0.
pub(super) fn complex_truth(wide: Wide) -> Map {
    match wide {
        Wide::F64 => map!([f64; 2] => u8, |[re, im]| u8::from(re != 0.0) | u8::from(im != 0.0)),
        Wide::LongDouble => map!([LongDouble; 2] => u8, |[re, im]| {
            u8::from(!re.is_zero() || !im.is_zero())
        }),
        _ => map!([f32; 2] => u8, |[re, im]| u8::from(re != 0.0) | u8::from(im != 0.0)),
    }
}

/// Wide numbers to whether they are not 0.
pub(super) fn truth(wide: Wide) -> Map {
    match wide {
        Wide::I32 => map!(i32 => u8, |x| u8::from(x != 0)),
        Wide::I64 | Wide::U64 => map!(i64 => u8, |x| u8::from(x != 0)),
        Wide::F32 => map!(f32 => u8, |x| u8::from(x != 0.0)),
        Wide::F64 => map!(f64 => u8, |x| u8::from(x != 0.0)),
        Wide::LongDouble => map!(LongDouble => u8, |x| u8::from(!x.is_zero())),
    }
}

/// Scalars to their wide type; `None` where they are of it.
pub(super) fn widen(scalar: DType) -> Option<Map> {
    Some(match scalar {
        // Any byte but 0 is true.
        DType::Bool => map!(u8 => i32, |x| i32::from(x != 0)),
        DType::I8 => map!(i8 => i32, |x| i32::from(x)),
        DType::U8 => map!(u8 => i32, |x| i32::from(x)),
        DType::I16 => map!(i16 => i32, |x| i32::from(x)),
        DType::U16 => map!(u16 => i32, |x| i32::from(x)),
        DType::U32 => map!(u32 => i64, |x| i64::from(x)),
        DType::F16 => widen_halves,
        _ => return None,
    })
}

/// Wide numbers to scalars, integers less the bits that these have no room for; `None` where they
/// are of that type.
pub(super) fn narrow(scalar: DType) -> Option<Map> {
    Some(match scalar {
        DType::I8 | DType::U8 => map!(i32 => u8, |x| x as u8),
        DType::I16 | DType::U16 => map!(i32 => u16, |x| x as u16),
        DType::U32 => map!(i64 => u32, |x| x as u32),
        DType::F16 => narrow_to_halves,
        _ => return None,
    })
}

/// How many halves are converted in one.
const HALVES: usize = 64;

/// [`widen`] for halves, which processors have instructions for.
unsafe fn widen_halves(source: *const u8, target: *mut u8, count: usize, _limits: &Limits) {
    let (mut halves, mut floats) = ([f16::ZERO; HALVES], [0.0; HALVES]);
    let (source, target) = (source.cast::<f16>(), target.cast::<f32>());
    for start in (0..count).step_by(HALVES) {
        let part = ..HALVES.min(count - start);
        // SAFETY: as the caller says; bytes need no alignment.
        unsafe { copy_bytes(source.add(start), &mut halves[part]) };
        halves[part].convert_to_f32_slice(&mut floats[part]);
        // SAFETY: as above.
        unsafe { put_bytes(&floats[part], target.add(start)) };
    }
}

/// [`narrow`] for halves.
unsafe fn narrow_to_halves(source: *const u8, target: *mut u8, count: usize, _limits: &Limits) {
    let (mut floats, mut halves) = ([0.0; HALVES], [f16::ZERO; HALVES]);
    let (source, target) = (source.cast::<f32>(), target.cast::<f16>());
    for start in (0..count).step_by(HALVES) {
        let part = ..HALVES.min(count - start);
        // SAFETY: as the caller says; bytes need no alignment.
        unsafe { copy_bytes(source.add(start), &mut floats[part]) };
        halves[part].convert_from_f32_slice(&floats[part]);
        // SAFETY: as above.
        unsafe { put_bytes(&halves[part], target.add(start)) };
    }
}

/// Reads floats from adjacent bytes.
///
/// # Safety
/// `source` is valid for reads of as many; any bytes are a `T`.
unsafe fn copy_bytes<T: Copy>(source: *const T, values: &mut [T]) {
    let target = values.as_mut_ptr().cast::<u8>();
    // SAFETY: as the caller says.
    unsafe { target.copy_from_nonoverlapping(source.cast(), size_of_val(values)) };
}

/// Writes floats to adjacent bytes.
///
/// # Safety
/// `target` is valid for writes of as many.
unsafe fn put_bytes<T: Copy>(values: &[T], target: *mut T) {
    let source = values.as_ptr().cast::<u8>();
    // SAFETY: as the caller says.
    unsafe { target.cast::<u8>().copy_from_nonoverlapping(source, size_of_val(values)) };
}

/// Numbers of one wide type to another, integers less the bits that it has no room for, and floats
/// to the nearest integer that it has; `None` where the types are one.
pub(super) fn convert(from: Wide, to: Wide) -> Option<Map> {
    use Wide::{F32, F64, I32, I64, LongDouble as Long, U64};
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
        (Long, I32) => map!(LongDouble => i32, |x| i32::limit(x.to_i128_saturating())),
        (Long, I64) => map!(LongDouble => i64, |x| i64::limit(x.to_i128_saturating())),
        (Long, U64) => map!(LongDouble => u64, |x| u64::limit(x.to_i128_saturating())),
        (Long, F32) => map!(LongDouble => f32, |x| x.to_f64_odd() as f32),
        (Long, F64) => map!(LongDouble => f64, |x| x.to_f64()),
        _ => return None,
    })
}

/// A float without its fraction, faster than by `as`, where the integer type has room for that.
macro_rules! truncated {
    ($float:ty => $integer:ty) => {
        |x: $float| {
            // Whatever the memory has become since it was looked at, and what is no good.
            const LOW: $float = <$integer>::MIN as $float;
            const HIGH: $float = {
                let high = <$integer>::MAX as $float;
                if high as i128 > <$integer>::MAX as i128 { high.next_down() } else { high }
            };
            let x = if x > LOW { x } else { LOW };
            let x = if x < HIGH { x } else { HIGH };
            // SAFETY: what lies between these, and is no NaN, is in range without its fraction.
            unsafe { x.to_int_unchecked::<$integer>() }
        }
    };
}

/// Numbers of one wide type to another, where those are found that the target, of that wide type, has
/// no room for; `None` where that takes a step of its own.
pub(super) fn try_convert(from: Wide, to: Wide, target: DType) -> Option<Try> {
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
        (Wide::F32, Wide::I32) => truncate!(f32 => i32, floats),
        (Wide::F32, Wide::I64) => truncate!(f32 => i64, floats),
        (Wide::F32, Wide::U64) => truncate!(f32 => u64, floats),
        (Wide::F64, Wide::I32) => truncate!(f64 => i32, doubles),
        (Wide::F64, Wide::I64) => truncate!(f64 => i64, doubles),
        (Wide::F64, Wide::U64) => truncate!(f64 => u64, doubles),
        (Wide::F64, Wide::F32) if target == DType::F32 => try_map!(
            f64 => f32,
            with |limits| {
                let above = limits.doubles.1;
                move |x: f64| (x.abs() >= above) & (x.abs() < f64::INFINITY)
            },
            |x| x as f32
        ),
        (Wide::I64, Wide::I32) => try_map!(
            i64 => i32,
            with |limits| {
                let (low, high) = i64::limits(limits);
                move |x| (x < low) | (x > high)
            },
            |x| x as i32
        ),
        _ => return None,
    })
}

/// Floats of one wide type to integers of another, modulo 2 to the number of its bits.
pub(super) fn wrap(from: Wide, to: Wide) -> Option<Map> {
    use Wide::{F32, F64, I32, LongDouble as Long};
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

/// A float without its fraction, modulo 2^64; 0 where that has no meaning.
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

/// Floats to the wide type of halves, so that rounding twice is rounding once; `None` where they are
/// of it.
pub(super) fn convert_for_halves(from: Wide) -> Option<Map> {
    match from {
        Wide::F64 => Some(map!(f64 => f32, |x| f32_odd_from_f64(x))),
        Wide::LongDouble => Some(map!(LongDouble => f32, |x| f32_odd_from_f64(x.to_f64_odd()))),
        _ => convert(from, Wide::F32),
    }
}

/// The first number that lies beyond the limits of a target of integers, or, of integers, beyond
/// those of any target. A NaN does.
pub(super) fn outside(wide: Wide) -> Find {
    macro_rules! outside {
        ($type:ty) => {
            find!(
                $type,
                with | limits | {
                    let (low, high) = <$type>::limits(limits);
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
        Wide::I32 => outside!(i32),
        Wide::I64 => outside!(i64),
        Wide::U64 => outside!(u64),
        Wide::F32 => outside!(f32, floats),
        Wide::F64 => outside!(f64, doubles),
        Wide::LongDouble => find!(
            LongDouble,
            with | limits
                | |x| {
                    x.is_nan() || !(limits.low..=limits.high).contains(&x.to_i128_saturating())
                }
        ),
    }
}

/// The first finite float that becomes infinite in a target of floats.
pub(super) fn infinite(from: Wide, target: DType) -> Find {
    match (from, target) {
        (Wide::F32, _) => find!(
            f32,
            with | limits | {
                let above = limits.floats.1;
                move |x| (x.abs() >= above) & (x.abs() < f32::INFINITY)
            }
        ),
        (Wide::F64, _) => find!(
            f64,
            with | limits | {
                let above = limits.doubles.1;
                move |x| (x.abs() >= above) & (x.abs() < f64::INFINITY)
            }
        ),
        (_, DType::F64) => find!(LongDouble, |x| { x.to_f64().is_infinite() && !x.is_infinite() }),
        _ => find!(
            LongDouble,
            with | limits | |x| { x.to_f64_odd().abs() >= limits.doubles.1 && !x.is_infinite() }
        ),
    }
}

/// Integers to the nearest ones within the limits; `None` for floats.
pub(super) fn clamp(wide: Wide) -> Option<Map> {
    macro_rules! clamp {
        ($type:ty) => {
            map!($type => $type, with |limits| {
                let (low, high) = <$type>::limits(limits);
                move |x| x.max(low).min(high)
            })
        };
    }
    match wide {
        Wide::I32 => Some(clamp!(i32)),
        Wide::I64 => Some(clamp!(i64)),
        Wide::U64 => Some(clamp!(u64)),
        _ => None,
    }
}
