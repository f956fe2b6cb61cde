//! Conversions between half-precision floats and wider ones.
//!
//! Processors have instructions for that, which compilers do not generate from plain loops. The
//! crate `half` uses them if there are any, but on slices, and memory that others may write to must
//! not be in a slice. So values go through small local arrays.

#![allow(unsafe_code)]

use half::f16;
use half::slice::HalfFloatSliceExt;

/// How many values are converted at once.
const BATCH: usize = 128;

/// Aligned to cache lines, so that no vector lies in two of them.
#[repr(align(64))]
struct Batch<T>([T; BATCH]);

/// Converts halves to `f32`.
///
/// # Safety
/// `source` is valid for reads of `count` halves, `target` for writes of as many `f32`; they do not
/// overlap, and need no alignment.
pub(super) unsafe fn to_f32(source: *const f16, target: *mut f32, count: usize) {
    // SAFETY: the caller guarantees that both are valid.
    unsafe { convert_in_chunks(source, target, count, <[_]>::convert_to_f32_slice) };
}

/// Converts halves to `f64`.
///
/// # Safety
/// The same as for [`to_f32`].
pub(super) unsafe fn to_f64(source: *const f16, target: *mut f64, count: usize) {
    // SAFETY: the caller guarantees that both are valid.
    unsafe { convert_in_chunks(source, target, count, <[_]>::convert_to_f64_slice) };
}

/// Converts `f32` to the nearest halves.
///
/// # Safety
/// The same as for [`to_f32`], with source and target exchanged.
pub(super) unsafe fn from_f32(source: *const f32, target: *mut f16, count: usize) {
    // SAFETY: the caller guarantees that both are valid.
    unsafe {
        convert_in_chunks(source, target, count, |floats, halves| {
            halves.convert_from_f32_slice(floats);
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
