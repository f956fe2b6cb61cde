//! Steps between a scalar type and its wide type.

#![allow(unsafe_code)]

use crate::dtype::DType;
use crate::kernels::convert::limits::Limits;
use crate::kernels::convert::loops::{Map, Mapped, map};
use crate::kernels::halves;

/// Scalars to their wide type; `None` if they are of it.
pub(crate) fn widen(dtype: DType) -> Option<Map> {
    Some(match dtype {
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

/// Wide numbers to scalars, of integers the lowest bits; `None` if they are of that type.
pub(crate) fn narrow(dtype: DType) -> Option<Map> {
    Some(match dtype {
        DType::I8 | DType::U8 => map!(i32 => u8, |x| x as u8),
        DType::I16 | DType::U16 => map!(i32 => u16, |x| x as u16),
        DType::U32 => map!(i64 => u32, |x| x as u32),
        DType::F16 => narrow_to_halves,
        _ => return None,
    })
}

/// The step of [`widen`] for halves, for which processors have instructions.
///
/// # Safety
/// As for [`Map`].
unsafe fn widen_halves(source: *const u8, target: *mut u8, count: usize, _limits: &Limits) {
    // SAFETY: the caller vouches for `count` halves, and for room for as many floats.
    unsafe { halves::to_f32(source.cast(), target.cast(), count) }
}

/// The step of [`narrow`] for halves.
///
/// # Safety
/// As for [`Map`].
unsafe fn narrow_to_halves(source: *const u8, target: *mut u8, count: usize, _limits: &Limits) {
    // SAFETY: the caller vouches for `count` floats, and for room for as many halves.
    unsafe { halves::from_f32(source.cast(), target.cast(), count) }
}
