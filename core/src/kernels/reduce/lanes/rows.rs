//! Rows of numbers reduced into one row: the loops for lanes that lie side by side.
//!
//! Each place has an accumulator of its own, so that there is no order that a compiler had to keep,
//! and plain loops become vector code.

#![allow(unsafe_code)]

use super::super::order::Ordered;
use super::super::sums::Pair;
use crate::kernels::simd::{Kernel, Width};

/// Rows of native numbers.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    pub(super) start: *const u8,
    /// From a row to the next one, in bytes.
    pub(super) stride: isize,
    pub(super) count: usize,
    /// Numbers of a row.
    pub(super) lanes: usize,
}

/// Rows that are looked at together, so that what is found so far seldom goes through memory.
pub(super) const TOGETHER: usize = 4;

impl Rows {
    /// Returns where a row starts.
    #[inline(always)]
    fn row<T>(self, index: usize) -> *const T {
        self.start.wrapping_offset(self.stride * index as isize).cast()
    }

    /// Calls `body` with each row, its index, and each place.
    #[inline(always)]
    fn each<T>(self, mut body: impl FnMut(*const T, usize, usize)) {
        for row in 0..self.count {
            let start = self.row::<T>(row);
            for lane in 0..self.lanes {
                body(start.wrapping_add(lane), row, lane);
            }
        }
    }
}

/// Adds rows of numbers of 64 bits, modulo `2^64`. Returns bits that are a number no less than any
/// of them, or than -1 less a negative one.
pub(super) struct AddIntegers {
    pub(super) rows: Rows,
    pub(super) sums: *mut i64,
    /// As many zeros as a row has numbers.
    pub(super) zeros: *const i64,
    /// -1 if numbers have signs, else 0.
    pub(super) signs: i64,
}

impl Kernel for AddIntegers {
    type Output = u64;
    const WIDEST: Width = Width::Avx2;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> u64 {
        let Self { rows, sums, zeros, signs } = self;
        let mut bits = 0;
        for first in (0..rows.count).step_by(TOGETHER) {
            let row = |index: usize| match first + index < rows.count {
                true => rows.row::<i64>(first + index),
                false => zeros,
            };
            let starts: [*const i64; TOGETHER] = std::array::from_fn(row);
            for lane in 0..rows.lanes {
                // SAFETY: the caller guarantees the numbers, which need no alignment, and the sums.
                unsafe {
                    let place = sums.add(lane);
                    let mut sum = *place;
                    for start in starts {
                        let number = start.wrapping_add(lane).read_unaligned();
                        sum = sum.wrapping_add(number);
                        bits |= number ^ ((number >> 63) & signs);
                    }
                    *place = sum;
                }
            }
        }
        bits.cast_unsigned()
    }
}

/// Adds rows of `f64` to pairs, and records what was lost.
pub(super) struct AddDoubles {
    pub(super) rows: Rows,
    pub(super) sums: *mut f64,
    pub(super) rests: *mut f64,
    pub(super) lost: *mut u64,
}

impl Kernel for AddDoubles {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        let Self { rows, sums, rests, lost } = self;
        rows.each(|number: *const f64, _, lane| {
            // SAFETY: the caller guarantees the numbers, which need no alignment, and the places.
            unsafe {
                let (sum, rest) = (sums.add(lane), rests.add(lane));
                let mut pair = Pair { sum: *sum, rest: *rest };
                *lost.add(lane) |= pair.add(number.read_unaligned());
                (*sum, *rest) = (pair.sum, pair.rest);
            }
        });
    }
}

/// Finds the least number of each place, flipped, beginning with the numbers that are there.
pub(super) struct LeastOf<T> {
    pub(super) rows: Rows,
    pub(super) least: *mut T,
    pub(super) flip: u64,
}

impl<T: Ordered> LeastOf<T> {
    /// Looks at so many rows together.
    ///
    /// # Safety
    /// The same as for [`run`](Kernel::run).
    #[inline(always)]
    unsafe fn with<const ROWS: usize>(self) {
        let Self { rows, least, flip } = self;
        for first in (0..rows.count).step_by(ROWS) {
            // A row may be looked at several times, which changes nothing.
            let row = |index: usize| rows.row::<T>((first + index).min(rows.count - 1));
            let starts: [*const T; ROWS] = std::array::from_fn(row);
            for lane in 0..rows.lanes {
                // SAFETY: the caller guarantees the numbers, which need no alignment, and the
                // places.
                unsafe {
                    let place = least.add(lane);
                    let mut best = *place;
                    for start in starts {
                        let number = start.wrapping_add(lane).read_unaligned().flipped(flip);
                        best = if number.precedes(best) { number } else { best };
                    }
                    *place = best;
                }
            }
        }
    }
}

impl<T: Ordered> Kernel for LeastOf<T> {
    type Output = ();
    const WIDEST: Width = Width::Avx2;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        // SAFETY: the caller guarantees the numbers and the places.
        unsafe {
            match BYTES {
                // Where vectors have no minimum of most types, the work is more than the memory.
                16 if cfg!(target_arch = "x86_64") => self.with::<1>(),
                _ => self.with::<TOGETHER>(),
            }
        }
    }
}

/// The same, and the rows that they are in, counted from `first` on.
pub(super) struct FirstOf<T> {
    pub(super) rows: Rows,
    pub(super) least: *mut T,
    pub(super) flip: u64,
    pub(super) places: *mut i64,
    pub(super) first: usize,
}

impl<T: Ordered> Kernel for FirstOf<T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        let Self { rows, least, flip, places, first } = self;
        rows.each(|number: *const T, row, lane| {
            // SAFETY: the caller guarantees the numbers, which need no alignment, and the places.
            unsafe {
                let (number, least) = (number.read_unaligned().flipped(flip), least.add(lane));
                let (better, place) = (number.precedes(*least), places.add(lane));
                *least = if better { number } else { *least };
                *place = if better { (first + row) as i64 } else { *place };
            }
        });
    }
}
