//! Steps between a scalar type and its wide type.

#![allow(unsafe_code)]

use crate::dtype::DType;
use crate::kernels::convert::limits::Limits;
use crate::kernels::convert::loops::{Map, Mapped, map};
use crate::kernels::narrow;

/// Returns the step from scalars to their wide type, or `None` if they are of it.
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

/// Returns the step from wide numbers to scalars, which keeps the lowest bits of integers, or
/// `None` if they are of that type.
pub(crate) fn narrow(dtype: DType) -> Option<Map> {
    Some(match dtype {
        DType::I8 | DType::U8 => map!(i32 => u8, |x| x as u8),
        DType::I16 | DType::U16 => map!(i32 => u16, |x| x as u16),
        DType::U32 => map!(i64 => u32, |x| x as u32),
        DType::F16 => narrow_to_halves,
        _ => return None,
    })
}

/// Widens halves: a step of its own, because processors have instructions for it.
///
/// # Safety
/// The same as for [`Map`].
unsafe fn widen_halves(source: *const u8, target: *mut u8, count: usize, _limits: &Limits) {
    // SAFETY: the caller guarantees `count` halves, and room for as many floats.
    unsafe { narrow::to_f32(source.cast(), target.cast(), count) }
}

/// Narrows floats to halves: a step of its own, the same as [`widen_halves`].
///
/// # Safety
/// The same as for [`Map`].
unsafe fn narrow_to_halves(source: *const u8, target: *mut u8, count: usize, _limits: &Limits) {
    // SAFETY: the caller guarantees `count` floats, and room for as many halves.
    unsafe { narrow::from_f32(source.cast(), target.cast(), count) }
}
