//! Conversions between floats of at most 16 bits and wider ones.
//!
//! Processors have instructions for IEEE 754's halves, which compilers do not generate from plain
//! loops. The crate `half` uses them if there are any, but on slices, and memory that others may
//! write to must not be in a slice. So values go through small local arrays; those of the other
//! types, for which plain loops do, go the same way.

#![allow(unsafe_code)]

use crate::element::{F8E4M3, F8E5M2, FloatFormat};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

/// How many values are converted at once.
const BATCH: usize = 128;

/// Aligned to cache lines, so that no vector lies in two of them.
#[repr(align(64))]
struct Batch<T>([T; BATCH]);

/// Converts floats of a format, of which `Standard` means halves, to `f32`. Not inlined, so that
/// there is each loop once.
///
/// # Safety
/// `source` is valid for reads of `count` floats of the format, `target` for writes of as many
/// `f32`; they do not overlap, and need no alignment.
#[inline(never)]
pub(super) unsafe fn to_f32(
    format: FloatFormat,
    source: *const u8,
    target: *mut f32,
    count: usize,
) {
    // SAFETY: the caller guarantees that both are valid.
    unsafe {
        match format {
            FloatFormat::Standard => {
                convert_in_chunks(source.cast(), target, count, |halves: &[f16], floats| {
                    halves.convert_to_f32_slice(floats);
                });
            }
            FloatFormat::Bfloat16 => each(source.cast(), target, count, bf16::to_f32),
            FloatFormat::Float8E4M3 => {
                each(source, target, count, |bits| F8E4M3::from_bits(bits).to_f32());
            }
            FloatFormat::Float8E5M2 => {
                each(source, target, count, |bits| F8E5M2::from_bits(bits).to_f32());
            }
        }
    }
}

/// Converts floats of a format, of which `Standard` means halves, to `f64`.
///
/// # Safety
/// The same as for [`to_f32`].
pub(super) unsafe fn to_f64(
    format: FloatFormat,
    source: *const u8,
    target: *mut f64,
    count: usize,
) {
    // SAFETY: the caller guarantees that both are valid.
    unsafe {
        match format {
            FloatFormat::Standard => {
                convert_in_chunks(source.cast(), target, count, |halves: &[f16], doubles| {
                    halves.convert_to_f64_slice(doubles);
                });
            }
            FloatFormat::Bfloat16 => {
                each(source.cast(), target, count, |x: bf16| x.to_f32().into());
            }
            FloatFormat::Float8E4M3 => {
                each(source, target, count, |bits| F8E4M3::from_bits(bits).to_f64());
            }
            FloatFormat::Float8E5M2 => {
                each(source, target, count, |bits| F8E5M2::from_bits(bits).to_f64());
            }
        }
    }
}

/// Converts `f32` to the nearest floats of a format, of which `Standard` means halves.
///
/// # Safety
/// The same as for [`to_f32`], with source and target exchanged.
#[inline(never)]
pub(super) unsafe fn from_f32(
    format: FloatFormat,
    source: *const f32,
    target: *mut u8,
    count: usize,
) {
    // SAFETY: the caller guarantees that both are valid.
    unsafe {
        match format {
            FloatFormat::Standard => {
                convert_in_chunks(source, target.cast(), count, |floats, halves: &mut [f16]| {
                    halves.convert_from_f32_slice(floats);
                });
            }
            FloatFormat::Bfloat16 => each(source, target.cast(), count, bf16::from_f32),
            FloatFormat::Float8E4M3 => {
                each(source, target, count, |x| F8E4M3::from_f32(x).to_bits());
            }
            FloatFormat::Float8E5M2 => {
                each(source, target, count, |x| F8E5M2::from_f32(x).to_bits());
            }
        }
    }
}

/// Converts values one by one.
///
/// # Safety
/// The same as for [`convert_in_chunks`].
#[inline(always)]
unsafe fn each<A: Copy + Default, B: Copy + Default>(
    source: *const A,
    target: *mut B,
    count: usize,
    convert: impl Fn(A) -> B,
) {
    // SAFETY: the caller guarantees that both are valid.
    unsafe {
        convert_in_chunks(source, target, count, |from, to| {
            from.iter().zip(to).for_each(|(from, to)| *to = convert(*from));
        });
    }
}

/// Converts values, as many at a time as the local arrays have room for.
///
/// # Safety
/// `source` is valid for reads of `count` values, `target` for writes; they do not overlap. Any
/// bytes are an `A`.
#[inline(always)]
unsafe fn convert_in_chunks<A: Copy + Default, B: Copy + Default>(
    source: *const A,
    target: *mut B,
    count: usize,
    convert: impl Fn(&[A], &mut [B]),
) {
    let (mut from, mut to) = (Batch([A::default(); BATCH]), Batch([B::default(); BATCH]));
    for first in (0..count).step_by(BATCH) {
        let length = BATCH.min(count - first);
        let (start, end) = (source.wrapping_add(first), target.wrapping_add(first));
        // SAFETY: the caller guarantees the next `length` values, for which there is room in the
        // array. As bytes they need no alignment.
        unsafe {
            let bytes = length * size_of::<A>();
            from.0.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(start.cast(), bytes);
        }
        convert(&from.0[..length], &mut to.0[..length]);
        // SAFETY: the same as above, with source and target exchanged.
        unsafe {
            let bytes = length * size_of::<B>();
            end.cast::<u8>().copy_from_nonoverlapping(to.0.as_ptr().cast(), bytes);
        }
    }
}
