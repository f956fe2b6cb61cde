//! The pass over a block of floats that `window` explains: two accumulators, whether the first one
//! stayed in its binade, and whether anything was lost.

#![allow(unsafe_code)]

use super::super::streams::{STREAMS, disjoint};
use super::doubles::{Doubles, Float, WIDEST, numbers_of, with_doubles};
use crate::kernels::simd::Kernel;
use std::hint::black_box;

/// Numbers of a block, at most.
pub(super) const BLOCK: usize = 4096;
/// The logarithm of the numbers that are added in one place of a vector, at most: those of the
/// narrowest vectors, of which there have to be the most.
pub(super) const STEPS: i32 = 9;
const _: () = assert!(BLOCK <= (2 * STREAMS) << STEPS);

/// What was found of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// The sums of the accumulators, in units of their grids.
    pub(super) high: i64,
    pub(super) low: i64,
    /// Whether the numbers were too large for the first accumulators.
    pub(super) wide: bool,
    /// Whether anything was lost.
    pub(super) inexact: bool,
}

/// Adds at most [`BLOCK`] numbers, of 64 bits or of 32, to accumulators that start at these two
/// numbers: to both of them, or, with one level, to the first ones alone.
pub(super) struct AddFloats<T, const LEVELS: usize> {
    pub(super) start: *const T,
    pub(super) count: usize,
    /// From one stream to the next; 0 if the numbers are contiguous. Else they are as many streams
    /// of as many of the widest vectors each.
    pub(super) gap: usize,
    pub(super) starts: [f64; 2],
}

/// Blocks in a row that are not tried with one level, at most.
const LONGEST_PAUSE: u8 = 31;

/// When blocks, or rows, are tried with one level: the more of them lost something, the more seldom.
#[derive(Debug, Clone, Copy)]
pub(super) struct OneLevel {
    /// How many there are until the next trial, and were between the last two.
    until: u8,
    pause: u8,
}

impl OneLevel {
    /// As long as nothing is lost.
    pub(super) const ALWAYS: Self = Self { until: 0, pause: 0 };

    /// Returns whether the next block is one to try.
    #[inline]
    pub(super) fn is_next(&mut self) -> bool {
        let is_next = self.until == 0;
        self.until = self.until.saturating_sub(1);
        is_next
    }

    /// Takes note of a trial.
    #[inline]
    pub(super) fn tried(&mut self, is_exact: bool) {
        self.pause = if is_exact { 0 } else { (2 * self.pause + 1).min(LONGEST_PAUSE) };
        self.until = self.pause;
    }
}

/// The bits of an `f64` that tell the binade: the exponent, and the sign.
const BINADE: u64 = f64::NEG_INFINITY.to_bits();

/// Numbers, what they start at, and what is seen while they are added.
pub(super) struct Sums<V> {
    pub(super) starts: [V; 2],
    /// The number that the compiler does not know to be 1.
    one: V,
    /// The bits in which the first accumulators differ from their start.
    pub(super) moved: V,
    /// The bits that differ if anything is lost.
    pub(super) lost: V,
}

impl<V: Doubles> Sums<V> {
    /// # Safety
    /// The processor has the vectors.
    #[inline(always)]
    pub(super) unsafe fn new(starts: [f64; 2]) -> Self {
        // SAFETY: the caller guarantees the vectors.
        unsafe {
            let starts = [V::splat(starts[0]), V::splat(starts[1])];
            let one = V::splat(black_box(1.0));
            Self { starts, one, moved: V::splat(0.0), lost: V::splat(0.0) }
        }
    }

    /// Adds numbers to two accumulators, or, with one level, to the first one alone.
    ///
    /// # Safety
    /// The processor has the vectors.
    #[inline(always)]
    pub(super) unsafe fn add<const LEVELS: usize>(&mut self, sums: &mut [V; 2], numbers: V) {
        let [high, low] = *sums;
        // SAFETY: the caller guarantees the vectors.
        unsafe {
            let next = high.add(numbers);
            let added = next.sub_beside(high, self.one);
            sums[0] = next;
            self.moved = self.moved.or_differing(next, self.starts[0]);
            if LEVELS == 1 {
                self.lost = self.lost.or_differing(numbers, added);
                return;
            }
            let rest = numbers.sub_beside(added, self.one);
            sums[1] = low.add(rest);
            self.lost = self.lost.or_differing(rest, sums[1].sub(low));
        }
    }

    /// Whether an accumulator left its binade, and whether anything was lost.
    ///
    /// # Safety
    /// The processor has the vectors.
    #[inline(always)]
    pub(super) unsafe fn seen(&self) -> [bool; 2] {
        let any = |vector: V| {
            // SAFETY: the caller guarantees the vectors.
            unsafe { numbers_of(vector) }.into_iter().fold(0, |bits, one| bits | one.to_bits())
        };
        // Zeros of both signs are the only numbers that differ in nothing but the sign.
        [any(self.moved) & BINADE != 0, any(self.lost) << 1 != 0]
    }
}

/// The bits of accumulators, less those of their starts: the sum in units of their grid.
#[inline(never)]
fn units(places: [f64; WIDEST], lanes: usize, start: f64) -> i64 {
    let starts = start.to_bits().wrapping_mul(STREAMS as u64);
    let sum = |sum: u64, place: &f64| sum.wrapping_add(place.to_bits().wrapping_sub(starts));
    places[..lanes].iter().fold(0, sum).cast_signed()
}

impl<T: Float, const LEVELS: usize> AddFloats<T, LEVELS> {
    /// # Safety
    /// `count` numbers are valid for reads, and the processor has the vectors.
    #[inline(always)]
    unsafe fn with<V: Doubles>(self) -> Block {
        let Self { start, count, gap, starts } = self;
        // SAFETY: the caller guarantees the vectors and the numbers; what is left of them is
        // loaded from a copy, with zeros behind, which change nothing.
        unsafe {
            let mut sums = Sums::<V>::new(starts);
            let mut accumulators = [sums.starts; STREAMS];
            // AVX2 has too few registers for all of them at two levels.
            let used = if V::LANES == 4 && LEVELS == 2 { STREAMS / 2 } else { STREAMS };
            let mut rest = [T::default(); STREAMS * WIDEST];
            let (mut numbers, mut length) = (start, disjoint(count, V::LANES));
            let (mut gap, left) = (if gap == 0 { length } else { gap }, count - STREAMS * length);
            let target = rest.as_mut_ptr().cast::<u8>();
            target.copy_from_nonoverlapping(start.add(count - left).cast(), left * size_of::<T>());
            // No call is between the additions, around which vectors would go through memory; and
            // the compiler is not to know that there are two turns, and write them out.
            for _ in 0..black_box(2) {
                for index in (0..length).step_by(V::LANES) {
                    for stream in 0..STREAMS {
                        let numbers = T::load(numbers.add(index + stream * gap));
                        sums.add::<LEVELS>(&mut accumulators[stream % used], numbers);
                    }
                }
                (numbers, gap) = (rest.as_ptr(), V::LANES);
                length = if left > 0 { gap } else { 0 };
            }
            let [a, b, c, d] = accumulators;
            let bits = |level: usize| {
                let pairs = [a[level].add_bits(b[level]), c[level].add_bits(d[level])];
                numbers_of(pairs[0].add_bits(pairs[1]))
            };
            let [high, low] = [0, 1].map(|level| units(bits(level), V::LANES, starts[level]));
            let [wide, inexact] = sums.seen();
            Block { high, low, wide, inexact }
        }
    }
}

impl<T: Float, const LEVELS: usize> Kernel for AddFloats<T, LEVELS> {
    type Output = Block;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> Block {
        if cfg!(target_arch = "x86_64") && BYTES == 16 && LEVELS == 1 {
            // The narrowest vectors gain too little for a loop of their own.
            return Block { high: 0, low: 0, wide: false, inexact: true };
        }
        // SAFETY: the caller guarantees the numbers, and the features that go with `BYTES`.
        unsafe { with_doubles!(BYTES, V => self.with::<V>()) }
    }
}
