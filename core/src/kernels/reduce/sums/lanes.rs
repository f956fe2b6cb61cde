//! The pass that `window` explains over many lanes at once, each with accumulators of its own.
//!
//! Where lanes lie side by side, some rows are added at a time, so that the accumulators seldom go
//! through memory; where the numbers of a lane do, each lane is added up by itself. An accumulator
//! less its start is the difference of two numbers of one binade, which is exact. So the sum of a
//! lane is that of two numbers, if nothing was lost.
//!
//! Of floats of 32 bits a few rows, or a lane that lies along, are tried with one level each.

#![allow(unsafe_code)]

use super::block::{OneLevel, STEPS, Sums};
use super::doubles::{Doubles, Float, WIDEST, numbers_of, with_doubles};
use super::window::{HIGHEST_BOUND, SAMPLE, SPARE, bound_of_all, starts_of};
use crate::kernels::simd::{Kernel, run};
use std::hint::black_box;

/// Numbers that are added in one place of a vector, at most.
pub(in super::super) const LONGEST: usize = 1 << STEPS;
/// Powers of two that the next window has room for beyond one that was too narrow.
const MORE: i32 = 16;
/// Rows that are added at a time.
const ROWS: usize = 8;

/// Numbers of lanes, at distances in bytes, of which one is that of numbers that lie side by side.
#[derive(Clone, Copy)]
pub(in super::super) struct FloatLanes {
    pub(in super::super) start: *const u8,
    /// From a lane to the next one.
    pub(in super::super) beside: isize,
    pub(in super::super) lanes: usize,
    /// From a number of a lane to the next one.
    pub(in super::super) along: isize,
    /// Numbers of a lane, at most [`LONGEST`], or twice as many if they lie side by side.
    pub(in super::super) count: usize,
    /// Whether they are of 32 bits.
    pub(in super::super) single: bool,
}

impl FloatLanes {
    /// Adds up each lane, into one number and another one that is to be added to it. `bound` is
    /// that of the last numbers, and becomes that of the next ones. Returns whether the two are the
    /// exact sum.
    ///
    /// # Safety
    /// There are lanes and numbers. These are valid for reads, and the rooms for writes of as many
    /// numbers as whole vectors for the lanes have.
    #[inline(never)]
    pub(in super::super) unsafe fn sum(self, sums: [*mut f64; 2], bound: &mut Option<i32>) -> bool {
        let guess = match *bound {
            Some(bound) => bound,
            None => {
                // Some numbers from the first to the last one, of other lanes and rows.
                let few = self.lanes.min(self.count).min(2 * SAMPLE);
                let [beside, along] = [(self.beside, self.lanes), (self.along, self.count)]
                    .map(|(stride, count)| stride * (count / few) as isize);
                let step = beside + along;
                // SAFETY: the caller guarantees the numbers.
                let bound = unsafe { bound_of_all((self.start, step), few, self.single) };
                (bound + SPARE).min(HIGHEST_BOUND)
            }
        };
        let starts = starts_of(guess);
        // SAFETY: the caller guarantees the numbers and the room.
        let [wide, lost] = unsafe {
            match self.single {
                true => run(AddLanes::<f32>::of(self, starts, sums)),
                false => run(AddLanes::<f64>::of(self, starts, sums)),
            }
        };
        *bound = Some(if wide { (guess + MORE).min(HIGHEST_BOUND) } else { guess });
        !wide && !lost
    }
}

/// Adds up lanes of numbers of one type.
struct AddLanes<T> {
    start: *const T,
    from: FloatLanes,
    starts: [f64; 2],
    sums: [*mut f64; 2],
    /// [`ROWS`], as a number that the compiler does not unroll loops for.
    most: usize,
}

impl<T> AddLanes<T> {
    fn of(from: FloatLanes, starts: [f64; 2], sums: [*mut f64; 2]) -> Self {
        Self { start: from.start.cast(), from, starts, sums, most: black_box(ROWS) }
    }
}

impl<T: Float> AddLanes<T> {
    /// Returns whether the numbers were too large for the window, and whether anything was lost.
    ///
    /// # Safety
    /// The numbers are valid for reads, the room for writes, and the processor has the vectors.
    #[inline(always)]
    unsafe fn with<V: Doubles>(self) -> [bool; 2] {
        let Self { start, from: FloatLanes { beside, lanes, along, count, .. }, .. } = self;
        let at = |lane: usize, number: usize| {
            start.wrapping_byte_offset(beside * lane as isize + along * number as isize)
        };
        let size = size_of::<T>();
        let is_along = along == size as isize;
        // What is left of a vector is loaded from a copy, with zeros behind, which change nothing.
        let mut rest = [T::default(); ROWS * WIDEST];
        // SAFETY: the caller guarantees the vectors, the numbers and the room.
        unsafe {
            let mut sums = Sums::<V>::new(self.starts);
            let starts = sums.starts;
            let (mut wide, mut one_level) = (false, OneLevel::ALWAYS);
            // Lanes that lie along are taken one by one and as a whole, others as many as a vector
            // has places, some rows at a time.
            let (group, step, steps, most) = match is_along {
                true => (1, (V::LANES * size) as isize, count / V::LANES, usize::MAX),
                false => (V::LANES, along, count, self.most),
            };
            let tail = if is_along { count % V::LANES } else { 0 };
            let mut first = 0;
            loop {
                let rows = most.min(steps - first);
                first += rows;
                let is_last = first == steps;
                for lane in (0..lanes).step_by(group) {
                    let [to_high, to_low] = self.sums.map(|sums| sums.add(lane));
                    let mut accumulators = starts;
                    if first > rows {
                        accumulators = [V::load(to_high), V::load(to_low)];
                    }
                    let (mut row, mut step) = (at(lane, first - rows), step);
                    if lanes - lane < group {
                        let bytes = V::LANES * size;
                        let to = (rest.as_mut_ptr().cast(), bytes);
                        copy_rest((row.cast(), along), rows, (lanes - lane) * size, to);
                        (row, step) = (rest.as_ptr(), bytes as isize);
                    }
                    let pairs = if is_along { rows / 2 } else { 0 };
                    let (numbers, counts) = ((row, step), [pairs, rows - 2 * pairs]);
                    let end = sums.add_rows(&mut accumulators, numbers, counts, &mut one_level);
                    if tail > 0 {
                        copy_rest((end.cast(), 0), 1, tail * size, (rest.as_mut_ptr().cast(), 0));
                        sums.add::<2>(&mut accumulators, T::load(rest.as_ptr()));
                    }
                    let [mut high, mut low] = accumulators;
                    if is_last {
                        (high, low) = (high.sub(starts[0]), low.sub(starts[1]));
                    }
                    if is_along {
                        *to_high = total(high);
                        *to_low = total(low);
                        wide |= (*to_high).abs() > self.starts[0];
                    } else {
                        high.store(to_high);
                        low.store(to_low);
                    }
                }
                if is_last {
                    break;
                }
            }
            let [moved, lost] = sums.seen();
            [wide | moved, lost]
        }
    }
}

impl<V: Doubles> Sums<V> {
    /// Adds rows of numbers, which are so many bytes apart: pairs, and single ones. At one level,
    /// if they are to be tried and that is enough. Returns where the next row is.
    ///
    /// # Safety
    /// The numbers are valid for reads, and the processor has the vectors.
    #[inline(always)]
    unsafe fn add_rows<T: Float>(
        &mut self,
        accumulators: &mut [V; 2],
        rows: (*const T, isize),
        counts: [usize; 2],
        one_level: &mut OneLevel,
    ) -> *const T {
        // SAFETY: the caller guarantees the vectors and the numbers.
        unsafe {
            if T::NARROW && one_level.is_next() {
                let (before, lost) = (*accumulators, self.lost);
                self.lost = V::splat(0.0);
                let end = self.add_rows_at::<T, 1>(accumulators, rows, counts);
                let is_exact = !self.seen()[1];
                self.lost = lost;
                one_level.tried(is_exact);
                if is_exact {
                    return end;
                }
                *accumulators = before;
            }
            self.add_rows_at::<T, 2>(accumulators, rows, counts)
        }
    }

    /// Adds rows of numbers: of pairs, the second ones to accumulators of their own, so that half
    /// as many additions wait for the one before. Returns where the next row is.
    ///
    /// The difference between these and their start is exact, and so is adding it to the others, as
    /// long as the sum stays in the binade as well.
    ///
    /// # Safety
    /// The same as for [`add_rows`](Self::add_rows).
    #[inline(always)]
    unsafe fn add_rows_at<T: Float, const LEVELS: usize>(
        &mut self,
        accumulators: &mut [V; 2],
        (mut row, step): (*const T, isize),
        [pairs, singles]: [usize; 2],
    ) -> *const T {
        let mut others = self.starts;
        // SAFETY: the caller guarantees the vectors and the numbers.
        unsafe {
            for _ in 0..pairs {
                self.add::<LEVELS>(accumulators, T::load(row));
                self.add::<LEVELS>(&mut others, T::load(row.wrapping_byte_offset(step)));
                row = row.wrapping_byte_offset(2 * step);
            }
            for _ in 0..singles {
                self.add::<LEVELS>(accumulators, T::load(row));
                row = row.wrapping_byte_offset(step);
            }
            if pairs > 0 {
                for level in 0..LEVELS {
                    let more = others[level].sub(self.starts[level]);
                    accumulators[level] = accumulators[level].add(more);
                }
                self.moved = self.moved.or_differing(accumulators[0], self.starts[0]);
            }
        }
        row
    }
}

/// Copies rows of so many bytes, each at a distance from the one before.
///
/// # Safety
/// Both are valid, and do not overlap.
#[inline(never)]
unsafe fn copy_rest(
    (from, from_stride): (*const u8, isize),
    rows: usize,
    bytes: usize,
    (to, to_stride): (*mut u8, usize),
) {
    for row in 0..rows {
        let from = from.wrapping_offset(from_stride * row as isize);
        // SAFETY: the caller guarantees both.
        unsafe { to.add(row * to_stride).copy_from_nonoverlapping(from, bytes) };
    }
}

/// The sum of accumulators less their starts, in a vector of at most 8 places.
///
/// Each is `2^(k-1)` at most, so that the sums of up to four of them are exact: multiples of `g`
/// that are no more than `2^(k+1)`. That of eight is exact as well if it is no more. What the
/// second accumulators took is `2 * m` remainders at most, `m * g` in all, for which their grid has
/// room.
///
/// # Safety
/// The processor has the vector.
#[inline(always)]
unsafe fn total<V: Doubles>(vector: V) -> f64 {
    // SAFETY: the caller guarantees the vector.
    let mut numbers = unsafe { numbers_of(vector) };
    let mut width = V::LANES;
    while width > 1 {
        width /= 2;
        for index in 0..width {
            numbers[index] += numbers[index + width];
        }
    }
    numbers[0]
}

impl<T: Float> Kernel for AddLanes<T> {
    type Output = [bool; 2];

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> [bool; 2] {
        if cfg!(target_arch = "x86_64") && BYTES == 16 {
            // The narrowest vectors gain too little for a loop of their own.
            return [true; 2];
        }
        // SAFETY: the caller guarantees the numbers, and the features that go with `BYTES`.
        unsafe { with_doubles!(BYTES, V => self.with::<V>()) }
    }
}
