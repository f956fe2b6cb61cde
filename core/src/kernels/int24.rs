//! Integers of 24 bits, widened to 32 and narrowed again.
//!
//! Nothing else is done with them as numbers: whatever looks at numbers works on those of 32 bits,
//! so that these types have no loops but the two here. Both move one byte at a time, because that
//! is what compilers make vectors of.

#![allow(unsafe_code)]

use super::simd::{Kernel, Width, run};
use crate::element::{I24, U24};

/// How many integers are widened at once where their numbers are looked at.
const BATCH: usize = 128;

struct Widen {
    signed: bool,
    source: *const u8,
    target: *mut i32,
    count: usize,
}

impl Kernel for Widen {
    type Output = ();
    const WIDEST: Width = Width::Avx2;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        // The same bits without a sign are those of the signed integer but for its upper ones.
        let mask = if self.signed { -1 } else { U24::MAX.to_u32().cast_signed() };
        for index in 0..self.count {
            // SAFETY: the caller guarantees `count` integers of both; the accesses need no
            // alignment.
            unsafe {
                let bytes = [0, 1, 2].map(|byte| self.source.add(3 * index + byte).read());
                let number = I24::from_ne_bytes(bytes).to_i32() & mask;
                self.target.add(index).write_unaligned(number);
            }
        }
    }
}

struct Narrow {
    source: *const i32,
    target: *mut u8,
    count: usize,
}

impl Kernel for Narrow {
    type Output = ();
    const WIDEST: Width = Width::Avx2;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.count {
            // SAFETY: the caller guarantees `count` integers of both; the accesses need no
            // alignment.
            unsafe {
                let number = I24::wrapping(self.source.add(index).read_unaligned());
                let ([a, b, c], place) = (number.to_ne_bytes(), self.target.add(3 * index));
                place.write(a);
                place.add(1).write(b);
                place.add(2).write(c);
            }
        }
    }
}

/// Widens native integers of 24 bits, signed or not, to `i32`.
///
/// # Safety
/// `source` is valid for reads of `count` integers, and `target` for writes of as many `i32`; they
/// do not overlap, and need no alignment.
pub(super) unsafe fn to_i32(signed: bool, source: *const u8, target: *mut i32, count: usize) {
    // SAFETY: the caller guarantees the integers.
    unsafe { run(Widen { signed, source, target, count }) }
}

/// Narrows `i32` to native integers of 24 bits, signed or not: to their lowest bits.
///
/// # Safety
/// The same as for [`to_i32`], with source and target exchanged.
pub(super) unsafe fn from_i32(source: *const i32, target: *mut u8, count: usize) {
    // SAFETY: the caller guarantees the integers.
    unsafe { run(Narrow { source, target, count }) }
}

/// Passes native integers of 24 bits, signed or not, as batches of `i32` to a closure, until that
/// returns `false`; with the index of the first one in the batch.
///
/// # Safety
/// `source` is valid for reads of `count` integers; it needs no alignment.
#[inline]
pub(super) unsafe fn in_batches(
    signed: bool,
    source: *const u8,
    count: usize,
    mut each: impl FnMut(usize, &[i32]) -> bool,
) {
    let mut batch = [0; BATCH];
    for first in (0..count).step_by(BATCH) {
        let length = BATCH.min(count - first);
        // SAFETY: the caller guarantees the next `length` integers, for which there is room in the
        // batch.
        unsafe { to_i32(signed, source.wrapping_add(3 * first), batch.as_mut_ptr(), length) };
        if !each(first, &batch[..length]) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{from_i32, in_batches, to_i32};
    use crate::kernels::simd::width::{Width, force};

    #[test]
    fn integers_are_widened_and_narrowed_with_every_width() {
        let signed: Vec<i32> = (-(1 << 23)..1 << 23).step_by(241).collect();
        let unsigned: Vec<i32> = (0..1 << 24).step_by(241).collect();
        for width in Width::ALL.into_iter().filter(|&width| force(width)) {
            for (is_signed, numbers) in [(true, &signed), (false, &unsigned)] {
                let bytes: Vec<u8> = numbers
                    .iter()
                    .flat_map(|number| match number.to_ne_bytes() {
                        [a, b, c, _] if cfg!(target_endian = "little") => [a, b, c],
                        [_, b, c, d] => [b, c, d],
                    })
                    .collect();
                let (mut wide, mut narrow) = (vec![1; numbers.len()], vec![1; bytes.len()]);
                // SAFETY: all have as many integers.
                unsafe {
                    to_i32(is_signed, bytes.as_ptr(), wide.as_mut_ptr(), numbers.len());
                    from_i32(numbers.as_ptr(), narrow.as_mut_ptr(), numbers.len());
                }
                assert!(&wide == numbers && narrow == bytes, "{width:?}, {is_signed}");
            }
        }
    }

    #[test]
    fn batches_are_all_integers_in_order_or_end_early() {
        for count in [0, 1, 127, 128, 129, 300] {
            let bytes: Vec<u8> = (0..3 * count).map(|index| index as u8).collect();
            let mut all = vec![0; count];
            let mut found = Vec::new();
            // SAFETY: the bytes are as many integers.
            unsafe {
                to_i32(true, bytes.as_ptr(), all.as_mut_ptr(), count);
                in_batches(true, bytes.as_ptr(), count, |first, batch| {
                    assert_eq!(first, found.len());
                    found.extend_from_slice(batch);
                    found.len() < 256
                });
            }
            assert_eq!(found, all[..count.min(256)]);
        }
    }
}
