//! Exact sums of `f64` at the speed of plain ones: a window of two fixed-point levels.
//!
//! # How
//! An accumulator `S` starts at `1.5 * 2^k`, in the middle of the binade from `2^k` to `2^(k+1)`.
//! As long as it stays there, all numbers that it was are multiples of `g = 2^(k-52)`: so `S + x`
//! rounds `x` to that grid and adds it exactly, and `r = x - ((S + x) - S)` is what was cut off,
//! exactly: both ends of the step are positive and in the binade, so that `|S| >= |x|`, which makes
//! `r` the error term of FastTwoSum (Dekker 1971), and `|r| <= g/2`. Whether it stays there is
//! found out in the same pass, from the bits of exponent and sign. It does if all `|x| < 2^l` and
//! there are fewer than `m = 2^STEPS` of them, with `k = l + STEPS + 1`: then `|S - 1.5 * 2^k|` is
//! less than `m * 2^l = 2^(k-1)`. Where there are `m`, it may end at `2^(k+1)`, which is too much.
//!
//! A second accumulator `E` starts at `1.5 * 2^k2`, with `k2 = k - 52 + STEPS`, and takes the
//! remainders in the same way: `m * g/2 = 2^(k2-1)` is the room it has. Its grid is
//! `g2 = 2^(k2-52)`. Only `E + r` may lose something, `g2/2` at most, and whether any did is
//! recorded: it did not where `(E + r) - E` is `r`.
//!
//! In a binade floats are spaced evenly, so that the bits of an accumulator less those of its start
//! are the sum in units of its grid: an integer. These are added up in 128 bits. So a [`Window`]
//! knows that the sum is `units * g2`, give or take `error * g2`, where `error` is 0 if nothing was
//! lost, and then the sum is known exactly: zeros and ties need no second look. Else it is decided
//! where both ends of the enclosure are rounded to the same number, because rounding is monotone.
//! What is not decided has a range of more than 2^80 *and* cancels, and goes to a
//! [`Superaccumulator`](super::superaccumulator::Superaccumulator).
//!
//! Of floats of 32 bits a first accumulator alone takes every bit, unless the numbers are of more
//! than some fifteen binades: `S + x` is exact where `(S + x) - S` is `x`. So a block of these is
//! tried with one level, and done again with two where it lost anything.
//!
//! A block for which the window is too narrow is done again with a wider one, to whose grid the
//! units so far are rounded down. Numbers whose window would overflow fail. Beside infinities and
//! NaNs no other number counts, so that once there was one only these are looked for.
//!
//! For tiny numbers the lower grid ends at the smallest subnormal, below which there is nothing to
//! lose.

#![allow(unsafe_code)]

use super::super::blocks::parts;
use super::super::streams::{STREAMS, disjoint};
use super::block::{AddFloats, BLOCK, Block, OneLevel, STEPS};
use super::pair::Pair;
use super::round::{Exact, power_of_two};
use crate::kernels::simd::run;
use std::hint::black_box;

/// Numbers that the first window is guessed from.
pub(super) const SAMPLE: usize = 16;
/// Powers of two that the first window has room for beyond them.
pub(super) const SPARE: i32 = 6;
/// The same for one level, which has fewer bits to spare.
const SPARE_OF_ONE: i32 = 2;
/// Below this bound the lower grid would be finer than the smallest subnormal.
const LOWEST_BOUND: i32 = -1074 + 103 - 2 * STEPS;
/// Beyond this one the start would overflow.
pub(super) const HIGHEST_BOUND: i32 = 1021 - STEPS;
/// The bound that infinities and NaNs seem to have.
const BOUND_OF_SPECIAL: i32 = bound_of(f64::INFINITY.to_bits());
/// So many numbers are added up one by one sooner than a window is made.
const FEW: usize = 24;
/// Numbers that are divided into streams, at most.
const PART: usize = 8 * BLOCK;
/// The streams that blocks are taken from have a multiple of so many numbers: all begin with cache
/// lines if the first does.
const LINE: usize = 16;

/// A sum so far.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Window {
    /// The window has room for numbers below `2^bound`, if it is `Some`.
    bound: Option<i32>,
    units: i128,
    error: u64,
    /// Whether there was a number that no window has room for.
    failed: bool,
    /// The sum of the infinities and NaNs, as IEEE 754 has it, or 0: nothing else counts beside it.
    special: f64,
    one_level: OneLevel,
    /// The sum of those that came before there was a window.
    before: Pair,
}

/// Contiguous floats of 64 bits, or of 32.
#[derive(Clone, Copy)]
pub(in super::super) struct Floats {
    pub(in super::super) start: *const u8,
    pub(in super::super) count: usize,
    pub(in super::super) single: bool,
}

impl Floats {
    /// # Safety
    /// There are so many numbers, valid for reads.
    #[inline(always)]
    pub(in super::super) unsafe fn get(self, index: usize) -> f64 {
        // SAFETY: the caller guarantees the number; the load needs no alignment.
        unsafe {
            match self.single {
                true => self.start.cast::<f32>().add(index).read_unaligned().into(),
                false => self.start.cast::<f64>().add(index).read_unaligned(),
            }
        }
    }

    /// The bytes of a number.
    fn size(self) -> usize {
        if self.single { size_of::<f32>() } else { size_of::<f64>() }
    }

    /// Some of the numbers.
    fn part(self, first: usize, count: usize) -> Self {
        Self { start: self.start.wrapping_add(first * self.size()), count, ..self }
    }

    /// The streams that these numbers are in, each as many numbers behind the one before; or, if
    /// the gap is 0, all of them.
    fn streams(self, gap: usize) -> impl Iterator<Item = Self> {
        let (streams, count) =
            if gap == 0 { (1, self.count) } else { (STREAMS, self.count / STREAMS) };
        (0..streams).map(move |stream| self.part(stream * gap, count))
    }
}

/// The exponent of the lower grid for numbers below `2^bound`.
const fn unit(bound: i32) -> i32 {
    bound + 2 * STEPS - 103
}

/// What the accumulators start at for numbers below `2^bound`.
pub(super) fn starts_of(bound: i32) -> [f64; 2] {
    [bound + STEPS + 1, bound + 2 * STEPS - 51].map(|exponent| 1.5 * power_of_two(exponent))
}

/// The smallest bound that numbers are below, which are so many bytes apart.
///
/// # Safety
/// So many numbers, of 64 bits or of 32, are valid for reads.
#[inline(never)]
pub(super) unsafe fn bound_of_all(
    (start, stride): (*const u8, isize),
    count: usize,
    single: bool,
) -> i32 {
    let bits = |index: usize| {
        let start = start.wrapping_offset(stride * index as isize);
        // Not worth a loop for each type.
        let single = black_box(single);
        // SAFETY: the caller guarantees the number.
        unsafe { Floats { start, count: 1, single }.get(0) }.abs().to_bits()
    };
    bound_of((0..count).map(bits).max().unwrap_or(0))
}

/// The smallest bound that a number, whose sign is not set, is below.
const fn bound_of(bits: u64) -> i32 {
    let bound = (bits >> 52) as i32 - 1022;
    if bound < LOWEST_BOUND { LOWEST_BOUND } else { bound }
}

impl Window {
    pub(in super::super) const fn new() -> Self {
        let (one_level, before) = (OneLevel::ALWAYS, Pair::ZERO);
        Self { bound: None, units: 0, error: 0, failed: false, special: 0.0, one_level, before }
    }

    /// An empty one, which goes by what this one has seen of blocks with one level.
    pub(in super::super) fn emptied(&self) -> Self {
        Self { one_level: self.one_level, ..Self::new() }
    }

    /// Adds contiguous numbers, any number of them.
    ///
    /// # Safety
    /// The numbers are valid for reads; they need no alignment.
    pub(in super::super) unsafe fn add(&mut self, floats: Floats) {
        // SAFETY: the caller guarantees the numbers.
        if floats.count <= FEW && self.bound.is_none() && unsafe { self.add_few(floats) } {
            return;
        }
        for (first, length) in parts(floats.start, floats.count, floats.size(), PART) {
            // SAFETY: the caller guarantees the numbers.
            unsafe { self.add_part(floats.part(first, length)) };
        }
    }

    /// Adds contiguous numbers, any number of them: if they are more than a block, blocks that are
    /// taken from several streams each, and what remains.
    ///
    /// # Safety
    /// The same as for [`add`](Self::add).
    unsafe fn add_part(&mut self, floats: Floats) {
        const OF_STREAM: usize = BLOCK / STREAMS;
        let gap = if floats.count > BLOCK { disjoint(floats.count, LINE) } else { 0 };
        for first in (0..gap).step_by(OF_STREAM) {
            let count = STREAMS * OF_STREAM.min(gap - first);
            // SAFETY: the caller guarantees the numbers.
            unsafe { self.add_block(floats.part(first, count), gap) };
        }
        let rest = floats.part(STREAMS * gap, floats.count - STREAMS * gap);
        if rest.count > 0 {
            // SAFETY: the caller guarantees the numbers.
            unsafe { self.add_block(rest, 0) };
        }
    }

    /// Adds a few numbers one by one. Returns whether that was exact; if not, nothing was added.
    ///
    /// # Safety
    /// The same as for [`add`](Self::add).
    #[inline]
    unsafe fn add_few(&mut self, floats: Floats) -> bool {
        let (mut sum, mut lost) = (self.before, 0);
        for index in 0..floats.count {
            // SAFETY: the caller guarantees the numbers.
            lost |= sum.add(unsafe { floats.get(index) });
        }
        let is_exact = lost << 1 == 0 && (sum.sum + sum.rest).is_finite();
        if is_exact {
            self.before = sum;
        }
        is_exact
    }

    /// Adds as many numbers as a block has at most, but at least one: contiguous ones, or, if the
    /// gap is not 0, those of streams that are so far apart.
    ///
    /// # Safety
    /// The same as for [`add`](Self::add).
    unsafe fn add_block(&mut self, floats: Floats, gap: usize) {
        if self.failed || self.special.is_nan() {
            return;
        }
        if self.special != 0.0 {
            // SAFETY: the caller guarantees the numbers.
            return unsafe { self.add_special(floats.streams(gap)) };
        }
        let Floats { start, count, single } = floats;
        let size = floats.size() as isize;
        // SAFETY: the caller guarantees the numbers.
        let of_all = || unsafe {
            let streams = floats.streams(gap);
            streams.map(|floats| bound_of_all((floats.start, size), floats.count, single)).max()
        };
        let mut levels = if single && self.one_level.is_next() { 1 } else { 2 };
        let spare = if levels == 1 { SPARE_OF_ONE } else { SPARE };
        let guess = || {
            // From all over the numbers, which may grow.
            let (few, all) = (count.min(SAMPLE), if gap == 0 { count } else { STREAMS * gap });
            let stride = (all / few) as isize * size;
            // SAFETY: the caller guarantees the numbers.
            let bound = unsafe { bound_of_all((start, stride), few, single) };
            (bound + spare).min(HIGHEST_BOUND)
        };
        let mut bound = self.bound.unwrap_or_else(guess);
        loop {
            let starts = starts_of(bound);
            // SAFETY: the caller guarantees the numbers, which are no more than a block.
            let block = unsafe {
                match (single, levels) {
                    (true, 1) => {
                        run(AddFloats::<f32, 1> { start: start.cast(), count, gap, starts })
                    }
                    (true, _) => {
                        run(AddFloats::<f32, 2> { start: start.cast(), count, gap, starts })
                    }
                    (false, _) => {
                        run(AddFloats::<f64, 2> { start: start.cast(), count, gap, starts })
                    }
                }
            };
            if block.wide {
                let needed = of_all().unwrap_or(bound);
                if needed == BOUND_OF_SPECIAL {
                    // SAFETY: the caller guarantees the numbers.
                    return unsafe { self.add_special(floats.streams(gap)) };
                }
                if bound == HIGHEST_BOUND || needed > HIGHEST_BOUND {
                    self.failed = true;
                    return;
                }
                bound = (needed.max(bound) + 1).min(HIGHEST_BOUND);
                continue;
            }
            if levels == 1 {
                self.one_level.tried(!block.inexact);
                if block.inexact {
                    levels = 2;
                    continue;
                }
            }
            return self.take(bound, &block, count);
        }
    }

    /// Adds the infinities and NaNs among some numbers.
    ///
    /// # Safety
    /// The same as for [`add`](Self::add).
    #[cold]
    #[inline(never)]
    unsafe fn add_special(&mut self, streams: impl Iterator<Item = Floats>) {
        for floats in streams {
            for index in 0..floats.count {
                // SAFETY: the caller guarantees the numbers.
                let number = unsafe { floats.get(index) };
                self.special += if number.is_finite() { 0.0 } else { number };
            }
        }
    }

    /// Adds what was found of a block.
    fn take(&mut self, bound: i32, block: &Block, count: usize) {
        self.widen(bound);
        let units = (i128::from(block.high) << (52 - STEPS)) + i128::from(block.low);
        let sum = self.units.checked_add(units);
        self.failed |= sum.is_none();
        self.units = sum.unwrap_or(0);
        if block.inexact {
            self.error += count as u64 / 2 + 1;
        }
    }

    /// Goes over to a window that is no narrower.
    fn widen(&mut self, bound: i32) {
        let steps = bound - self.bound.unwrap_or(bound);
        self.bound = Some(bound);
        if steps > 0 {
            let steps = steps as u32;
            let coarser = self.units >> steps.min(127);
            let exact = self.units == 0 || (steps < 127 && coarser << steps == self.units);
            let error = self.error.checked_shr(steps).unwrap_or(0);
            let rounded = error.checked_shl(steps) != Some(self.error) && self.error != 0;
            self.units = coarser;
            self.error = error + u64::from(rounded) + u64::from(!exact);
        }
    }

    /// Returns the sum, divided by a count and rounded, if that can be told.
    pub(in super::super) fn decide(&self, count: usize) -> Option<f64> {
        if self.special != 0.0 {
            return Some(self.special);
        }
        if self.bound.is_none() && !self.failed {
            return self.before.divided(count).or_else(|| self.with_all().decide(count));
        }
        let Self { bound, units, error, failed, before, .. } = *self;
        if before != Pair::ZERO {
            return self.with_all().decide(count);
        }
        if failed {
            return None;
        }
        let (exponent, error) = (unit(bound.unwrap_or(0)), i128::from(error));
        let low = Exact::from_units(units - error, exponent).divided_to_f64(count);
        if error == 0 {
            return Some(low);
        }
        let high = Exact::from_units(units + error, exponent).divided_to_f64(count);
        // Zeros of both signs would be a sum that may be either, or nothing.
        (low.to_bits() == high.to_bits() && low != 0.0).then_some(low)
    }

    /// The same with all numbers in the window.
    fn with_all(&self) -> Self {
        let Pair { sum, rest } = self.before;
        let numbers = [sum, rest];
        let mut all = Self { before: Pair::ZERO, ..*self };
        let start = numbers.as_ptr().cast();
        // SAFETY: the array has as many numbers.
        unsafe { all.add_block(Floats { start, count: numbers.len(), single: false }, 0) };
        all
    }
}
