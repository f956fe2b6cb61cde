//! The pass over a block of floats that `window` explains: two accumulators, the largest number,
//! and whether anything was lost.
//!
//! Compilers neither reorder additions of floats nor keep several accumulators in vectors, so the
//! vectors are written out: [`Doubles`] has the few operations, for each width. Floats of 32 bits
//! become doubles as they are loaded.

#![allow(unsafe_code)]

use crate::kernels::simd::Kernel;

/// Numbers of a block, at most.
pub(super) const BLOCK: usize = 4096;
/// Vectors that are added to by turns, so that none waits for the one before.
const VECTORS: usize = 4;
/// The logarithm of the numbers that are added in one place of a vector, at most: those of the
/// narrowest vectors, of which there have to be the most.
pub(super) const STEPS: i32 = 9;
const _: () = assert!(BLOCK <= (2 * VECTORS) << STEPS);
/// Places of the widest vector.
const WIDEST: usize = 8;

/// What was found of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// The sums of the accumulators, in units of their grids.
    pub(super) high: i64,
    pub(super) low: i64,
    /// The bits of the largest number without its sign; those of a NaN if there is one.
    pub(super) largest: u64,
    /// Whether anything was lost.
    pub(super) inexact: bool,
}

/// Adds at most [`BLOCK`] numbers, of 64 bits or of 32, to accumulators that start at these two
/// numbers.
pub(super) struct AddFloats<T> {
    pub(super) start: *const T,
    pub(super) count: usize,
    pub(super) starts: [f64; 2],
}

/// A vector of `f64`.
///
/// # Safety
/// Of all functions: the processor has the vectors.
pub(super) trait Doubles: Copy {
    /// How many there are.
    const LANES: usize;

    unsafe fn splat(number: f64) -> Self;
    /// As many numbers are valid for reads.
    unsafe fn load(start: *const f64) -> Self;
    /// As many numbers are valid for reads.
    unsafe fn load_widened(start: *const f32) -> Self;
    /// As many numbers are valid for writes.
    unsafe fn store(self, target: *mut f64);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    /// The sums of the bits, as integers.
    unsafe fn add_bits(self, other: Self) -> Self;
    /// The larger of a number without sign and another one without its sign; of a NaN and another,
    /// either.
    unsafe fn max_abs(self, other: Self) -> Self;
    /// The bits that are set, or that differ in two others.
    unsafe fn or_differing(self, left: Self, right: Self) -> Self;
}

/// A float that becomes an `f64`.
pub(super) trait Float: Copy + Default {
    /// # Safety
    /// As many numbers are valid for reads, and the processor has the vectors.
    unsafe fn load<V: Doubles>(start: *const Self) -> V;
}

impl Float for f64 {
    #[inline(always)]
    unsafe fn load<V: Doubles>(start: *const Self) -> V {
        // SAFETY: the caller guarantees the numbers and the vectors.
        unsafe { V::load(start) }
    }
}

impl Float for f32 {
    #[inline(always)]
    unsafe fn load<V: Doubles>(start: *const Self) -> V {
        // SAFETY: the caller guarantees the numbers and the vectors.
        unsafe { V::load_widened(start) }
    }
}

#[cfg(target_arch = "x86_64")]
macro_rules! doubles {
    (
        $vector:ident $lanes:literal: $splat:ident $load:ident $store:ident $add:ident $sub:ident
        |$start:ident| $widened:expr, |$left:ident, $right:ident| $add_bits:expr,
        |$largest:ident, $other:ident| $max_abs:expr,
        |$bits:ident, $one:ident, $two:ident| $or:expr
    ) => {
        impl Doubles for $vector {
            const LANES: usize = $lanes;
            #[inline(always)]
            unsafe fn splat(number: f64) -> Self {
                // SAFETY: the caller guarantees the vectors.
                unsafe { $splat(number) }
            }
            #[inline(always)]
            unsafe fn load(start: *const f64) -> Self {
                // SAFETY: the caller guarantees vectors and numbers, which need no alignment.
                unsafe { $load(start) }
            }
            #[inline(always)]
            unsafe fn load_widened($start: *const f32) -> Self {
                // SAFETY: the caller guarantees vectors and numbers, which need no alignment.
                unsafe { $widened }
            }
            #[inline(always)]
            unsafe fn store(self, target: *mut f64) {
                // SAFETY: the caller guarantees vectors and numbers, which need no alignment.
                unsafe { $store(target, self) }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: the caller guarantees the vectors.
                unsafe { $add(self, other) }
            }
            #[inline(always)]
            unsafe fn sub(self, other: Self) -> Self {
                // SAFETY: the caller guarantees the vectors.
                unsafe { $sub(self, other) }
            }
            #[inline(always)]
            unsafe fn add_bits(self, other: Self) -> Self {
                let ($left, $right) = (self, other);
                // SAFETY: the caller guarantees the vectors.
                unsafe { $add_bits }
            }
            #[inline(always)]
            unsafe fn max_abs(self, other: Self) -> Self {
                let ($largest, $other) = (self, other);
                // SAFETY: the caller guarantees the vectors.
                unsafe { $max_abs }
            }
            #[inline(always)]
            unsafe fn or_differing(self, left: Self, right: Self) -> Self {
                let ($bits, $one, $two) = (self, left, right);
                // SAFETY: the caller guarantees the vectors.
                unsafe { $or }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Doubles;
    use std::arch::x86_64::{
        __m128d, __m256d, __m512d, _mm_add_epi64, _mm_add_pd, _mm_andnot_pd, _mm_castpd_si128,
        _mm_castsi128_pd, _mm_castsi128_ps, _mm_cvtps_pd, _mm_loadl_epi64, _mm_loadu_pd,
        _mm_loadu_ps, _mm_max_pd, _mm_or_pd, _mm_set1_pd, _mm_storeu_pd, _mm_sub_pd, _mm_xor_pd,
        _mm256_add_epi64, _mm256_add_pd, _mm256_andnot_pd, _mm256_castpd_si256,
        _mm256_castsi256_pd, _mm256_cvtps_pd, _mm256_loadu_pd, _mm256_loadu_ps, _mm256_max_pd,
        _mm256_or_pd, _mm256_set1_pd, _mm256_storeu_pd, _mm256_sub_pd, _mm256_xor_pd,
        _mm512_add_epi64, _mm512_add_pd, _mm512_castpd_si512, _mm512_castsi512_pd, _mm512_cvtps_pd,
        _mm512_loadu_pd, _mm512_range_pd, _mm512_set1_pd, _mm512_storeu_pd, _mm512_sub_pd,
        _mm512_ternarylogic_epi64,
    };

    doubles! {
        __m128d 2: _mm_set1_pd _mm_loadu_pd _mm_storeu_pd _mm_add_pd _mm_sub_pd
        |start| _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64(start.cast()))),
        |a, b| _mm_castsi128_pd(_mm_add_epi64(_mm_castpd_si128(a), _mm_castpd_si128(b))),
        |largest, other| _mm_max_pd(_mm_andnot_pd(_mm_set1_pd(-0.0), other), largest),
        |bits, one, two| _mm_or_pd(bits, _mm_xor_pd(one, two))
    }
    doubles! {
        __m256d 4: _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_add_pd _mm256_sub_pd
        |start| _mm256_cvtps_pd(_mm_loadu_ps(start)),
        |a, b| _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a), _mm256_castpd_si256(b))),
        |largest, other| _mm256_max_pd(_mm256_andnot_pd(_mm256_set1_pd(-0.0), other), largest),
        |bits, one, two| _mm256_or_pd(bits, _mm256_xor_pd(one, two))
    }
    doubles! {
        __m512d 8: _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_add_pd _mm512_sub_pd
        |start| _mm512_cvtps_pd(_mm256_loadu_ps(start)),
        |a, b| _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), _mm512_castpd_si512(b))),
        // The larger one, without its sign, in one instruction.
        |largest, other| _mm512_range_pd::<0b1011>(largest, other),
        // a | (b ^ c), in one instruction.
        |bits, one, two| _mm512_castsi512_pd(_mm512_ternarylogic_epi64::<0b1111_0110>(
            _mm512_castpd_si512(bits),
            _mm512_castpd_si512(one),
            _mm512_castpd_si512(two),
        ))
    }
}

/// A vector of any other machine, which the compiler has to find.
#[cfg(not(target_arch = "x86_64"))]
impl Doubles for [f64; 2] {
    const LANES: usize = 2;
    #[inline(always)]
    unsafe fn splat(number: f64) -> Self {
        [number; 2]
    }
    #[inline(always)]
    unsafe fn load(start: *const f64) -> Self {
        // SAFETY: the caller guarantees the numbers; the load needs no alignment.
        unsafe { start.cast::<Self>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn load_widened(start: *const f32) -> Self {
        // SAFETY: the caller guarantees the numbers; the load needs no alignment.
        unsafe { start.cast::<[f32; 2]>().read_unaligned() }.map(f64::from)
    }
    #[inline(always)]
    unsafe fn store(self, target: *mut f64) {
        // SAFETY: the caller guarantees the numbers; the store needs no alignment.
        unsafe { target.cast::<Self>().write_unaligned(self) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        [self[0] + other[0], self[1] + other[1]]
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        [self[0] - other[0], self[1] - other[1]]
    }
    #[inline(always)]
    unsafe fn add_bits(self, other: Self) -> Self {
        let bits = |lane: usize| self[lane].to_bits().wrapping_add(other[lane].to_bits());
        [f64::from_bits(bits(0)), f64::from_bits(bits(1))]
    }
    #[inline(always)]
    unsafe fn max_abs(self, other: Self) -> Self {
        let larger = |one: f64, two: f64| if two.abs() > one { two.abs() } else { one };
        [larger(self[0], other[0]), larger(self[1], other[1])]
    }
    #[inline(always)]
    unsafe fn or_differing(self, left: Self, right: Self) -> Self {
        std::array::from_fn(|lane| {
            let differing = left[lane].to_bits() ^ right[lane].to_bits();
            f64::from_bits(self[lane].to_bits() | differing)
        })
    }
}

/// The accumulators.
struct Accumulators<V> {
    high: [V; VECTORS],
    low: [V; VECTORS],
    largest: V,
    lost: V,
}

impl<V: Doubles> Accumulators<V> {
    /// # Safety
    /// The processor has the vectors.
    #[inline(always)]
    unsafe fn add(&mut self, turn: usize, numbers: V) {
        // SAFETY: the caller guarantees the vectors.
        unsafe {
            let high = self.high[turn].add(numbers);
            let rest = numbers.sub(high.sub(self.high[turn]));
            let low = self.low[turn].add(rest);
            self.lost = self.lost.or_differing(rest, low.sub(self.low[turn]));
            self.largest = self.largest.max_abs(numbers);
            self.high[turn] = high;
            self.low[turn] = low;
        }
    }
}

/// What is left in the places of the vectors.
struct Places {
    /// The sums of the bits of the accumulators.
    high: [f64; WIDEST],
    low: [f64; WIDEST],
    /// The sums of the accumulators.
    sum: [f64; WIDEST],
    largest: [f64; WIDEST],
    lost: [f64; WIDEST],
    lanes: usize,
}

impl Places {
    /// What is found of the places: compiled once for all widths.
    #[inline(never)]
    fn found(&self, starts: [f64; 2]) -> Block {
        let (mut sums, mut nan, mut largest, mut lost) = ([0_u64; 2], false, 0, 0);
        for lane in 0..self.lanes {
            for (sum, (places, start)) in
                sums.iter_mut().zip([&self.high, &self.low].into_iter().zip(starts))
            {
                let starts = start.to_bits().wrapping_mul(VECTORS as u64);
                *sum = sum.wrapping_add(places[lane].to_bits().wrapping_sub(starts));
            }
            nan |= self.sum[lane].is_nan();
            largest = self.largest[lane].to_bits().max(largest);
            lost |= self.lost[lane].to_bits();
        }
        let [high, low] = sums.map(u64::cast_signed);
        Block {
            high,
            low,
            // The largest number may have passed over NaNs, which stay in the accumulators. Of
            // those that are none the sum is one only where there are infinities, which fail as
            // well.
            largest: if nan { u64::MAX >> 1 } else { largest },
            // Zeros of both signs are the only numbers that differ in nothing but the sign.
            inexact: lost << 1 != 0,
        }
    }
}

impl<T: Float> AddFloats<T> {
    /// # Safety
    /// `count` numbers are valid for reads, and the processor has the vectors.
    #[inline(always)]
    unsafe fn with<V: Doubles>(self) -> Block {
        let Self { start, count, starts } = self;
        // SAFETY: the caller guarantees the vectors and the numbers; what is left of them is
        // loaded from a copy, with zeros behind, which change nothing.
        unsafe {
            let mut sums = Accumulators {
                high: [V::splat(starts[0]); VECTORS],
                low: [V::splat(starts[1]); VECTORS],
                largest: V::splat(0.0),
                lost: V::splat(0.0),
            };
            let mut rest = [T::default(); VECTORS * WIDEST];
            let (mut first, step) = (0, VECTORS * V::LANES);
            while first < count {
                let mut numbers = start.add(first);
                if count - first < step {
                    // One more number at most for each place.
                    let bytes = (count - first) * size_of::<T>();
                    let target = rest.as_mut_ptr().cast::<u8>();
                    target.copy_from_nonoverlapping(numbers.cast(), bytes);
                    numbers = rest.as_ptr();
                }
                for turn in 0..VECTORS {
                    sums.add(turn, T::load(numbers.add(turn * V::LANES)));
                }
                first += step;
            }
            let mut places = Places {
                high: [0.0; WIDEST],
                low: [0.0; WIDEST],
                sum: [0.0; WIDEST],
                largest: [0.0; WIDEST],
                lost: [0.0; WIDEST],
                lanes: V::LANES,
            };
            let [a, b, c, d] = sums.high;
            a.add_bits(b).add_bits(c.add_bits(d)).store(places.high.as_mut_ptr());
            a.add(b).add(c.add(d)).store(places.sum.as_mut_ptr());
            let [a, b, c, d] = sums.low;
            a.add_bits(b).add_bits(c.add_bits(d)).store(places.low.as_mut_ptr());
            sums.largest.store(places.largest.as_mut_ptr());
            sums.lost.store(places.lost.as_mut_ptr());
            places.found(starts)
        }
    }
}

impl<T: Float> Kernel for AddFloats<T> {
    type Output = Block;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> Block {
        // SAFETY: the caller guarantees the numbers, and the features that go with `BYTES`.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            use std::arch::x86_64::{__m128d, __m256d, __m512d};
            match BYTES {
                64 => self.with::<__m512d>(),
                32 => self.with::<__m256d>(),
                _ => self.with::<__m128d>(),
            }
        }
        // SAFETY: the caller guarantees the numbers.
        #[cfg(not(target_arch = "x86_64"))]
        unsafe {
            self.with::<[f64; 2]>()
        }
    }
}
