//! Steps between a scalar type and its wide type.

#![allow(unsafe_code)]

use crate::dtype::DType;
use crate::element::{F8E4M3, F8E5M2, Scalar};
use crate::kernels::convert::limits::Limits;
use crate::kernels::convert::loops::{Map, Mapped, map};
use crate::kernels::narrow;
use half::{bf16, f16};

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
        DType::F16 => widen_floats::<f16>,
        DType::BF16 => widen_floats::<bf16>,
        DType::F8E4M3 => widen_floats::<F8E4M3>,
        DType::F8E5M2 => widen_floats::<F8E5M2>,
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
        DType::F16 => narrow_floats::<f16>,
        DType::BF16 => narrow_floats::<bf16>,
        DType::F8E4M3 => narrow_floats::<F8E4M3>,
        DType::F8E5M2 => narrow_floats::<F8E5M2>,
        _ => return None,
    })
}

/// Widens floats: a step of its own, because processors have instructions for halves.
///
/// # Safety
/// The same as for [`Map`].
unsafe fn widen_floats<T: Scalar>(
    source: *const u8,
    target: *mut u8,
    count: usize,
    _limits: &Limits,
) {
    // SAFETY: the caller guarantees `count` floats of the type, and room for as many `f32`.
    unsafe { narrow::to_f32(T::FLOAT, source, target.cast(), count) }
}

/// Narrows `f32`: a step of its own, the same as [`widen_floats`].
///
/// # Safety
/// The same as for [`Map`].
unsafe fn narrow_floats<T: Scalar>(
    source: *const u8,
    target: *mut u8,
    count: usize,
    _limits: &Limits,
) {
    // SAFETY: the caller guarantees `count` floats, and room for as many of the type.
    unsafe { narrow::from_f32(T::FLOAT, source.cast(), target, count) }
}
