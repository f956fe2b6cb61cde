//! Byte swaps: from the other byte order to this machine's, and back.
//!
//! Units of 2, 4, 8 and 16 bytes are integers whose bytes are swapped, which compilers turn into
//! one shuffle for a whole vector of them. Units of any other size are swapped by the plain loop.

#![allow(unsafe_code)]

use crate::kernels::simd::{Kernel, run};
use num_traits::PrimInt;

struct SwapCopy<W> {
    target: *mut W,
    source: *const W,
    count: usize,
}

impl<W: PrimInt> Kernel for SwapCopy<W> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.count {
            // SAFETY: the caller guarantees `count` units of both; the accesses need no alignment.
            unsafe {
                let word = self.source.add(index).read_unaligned();
                self.target.add(index).write_unaligned(word.swap_bytes());
            }
        }
    }
}

struct SwapInPlace<W> {
    start: *mut W,
    count: usize,
}

impl<W: PrimInt> Kernel for SwapInPlace<W> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.count {
            // SAFETY: the caller guarantees `count` units; the accesses need no alignment.
            unsafe {
                let place = self.start.add(index);
                place.write_unaligned(place.read_unaligned().swap_bytes());
            }
        }
    }
}

/// Copies bytes and reverses every `unit` of them.
///
/// # Safety
/// `target` is valid for writes of `length` bytes and `source` for reads; they do not overlap. The
/// length is a whole number of units.
pub(crate) unsafe fn swap_copy(target: *mut u8, source: *const u8, length: usize, unit: usize) {
    macro_rules! words {
        ($word:ty) => {
            run(SwapCopy::<$word> {
                target: target.cast(),
                source: source.cast(),
                count: length / unit,
            })
        };
    }
    // SAFETY: the caller guarantees `length` bytes, which are `length / unit` units.
    unsafe {
        match unit {
            2 => words!(u16),
            4 => words!(u32),
            8 => words!(u64),
            16 => words!(u128),
            1 => target.copy_from_nonoverlapping(source, length),
            _ => {
                target.copy_from_nonoverlapping(source, length);
                swap_plain(target, length, unit);
            }
        }
    }
}

/// Reverses every `unit` of some bytes.
///
/// # Safety
/// `start` is valid for reads and writes of `length` bytes, which are a whole number of units.
pub(crate) unsafe fn swap_in_place(start: *mut u8, length: usize, unit: usize) {
    macro_rules! words {
        ($word:ty) => {
            run(SwapInPlace::<$word> { start: start.cast(), count: length / unit })
        };
    }
    // SAFETY: the caller guarantees `length` bytes, which are `length / unit` units.
    unsafe {
        match unit {
            2 => words!(u16),
            4 => words!(u32),
            8 => words!(u64),
            16 => words!(u128),
            _ => swap_plain(start, length, unit),
        }
    }
}

/// Reverses units of any size by the plain loop, which the others must agree with.
///
/// # Safety
/// The same as for [`swap_in_place`].
unsafe fn swap_plain(start: *mut u8, length: usize, unit: usize) {
    for first in (0..length).step_by(unit) {
        for index in 0..unit / 2 {
            // SAFETY: both bytes lie in the unit that starts at `first`, and so within the length.
            unsafe { start.add(first + index).swap(start.add(first + unit - 1 - index)) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{swap_copy, swap_in_place, swap_plain};

    #[test]
    fn units_of_every_size_are_swapped_as_by_the_plain_loop() {
        for unit in 1..=20 {
            for count in [0, 1, 2, 3, 15, 16, 17, 100] {
                let bytes: Vec<u8> = (0..unit * count).map(|index| index as u8).collect();
                let length = bytes.len();
                let [mut expected, mut copied, mut in_place] =
                    [bytes.clone(), vec![0; length], bytes.clone()];
                // SAFETY: all are as long as that, which is a whole number of units.
                unsafe {
                    swap_plain(expected.as_mut_ptr(), length, unit);
                    swap_copy(copied.as_mut_ptr(), bytes.as_ptr(), length, unit);
                    swap_in_place(in_place.as_mut_ptr(), length, unit);
                }
                assert_eq!(copied, expected);
                assert_eq!(in_place, expected);
                expected.chunks_mut(unit).for_each(<[u8]>::reverse);
                assert_eq!(expected, bytes);
            }
        }
    }
}
