//! The pass over a block of `f64` that `window` explains: two accumulators, the largest number, and
//! whether anything was lost.
//!
//! Compilers neither reorder additions of floats nor keep several accumulators in vectors, so the
//! vectors are written out: [`Doubles`] has the few operations, for each width.

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

/// Adds at most [`BLOCK`] numbers to accumulators that start at these two numbers.
pub(super) struct AddDoubles {
    pub(super) start: *const f64,
    pub(super) count: usize,
    pub(super) starts: [f64; 2],
}

/// A vector of `f64`.
trait Doubles: Copy {
    /// How many there are.
    const LANES: usize;

    /// # Safety
    /// The processor has the vectors; so for all others.
    unsafe fn splat(number: f64) -> Self;
    /// # Safety
    /// As many numbers are valid for reads.
    unsafe fn load(start: *const f64) -> Self;
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    /// The larger of a number without sign and another one without its sign, or, in at least one
    /// of them, what is no NaN.
    unsafe fn max_abs(self, other: Self) -> Self;
    /// The bits that are set, or that differ in two others.
    unsafe fn or_differing(self, left: Self, right: Self) -> Self;
    /// Calls `body` with the bits of each number.
    unsafe fn for_each(self, body: impl FnMut(u64));
}

#[cfg(target_arch = "x86_64")]
macro_rules! doubles {
    (
        $vector:ident $lanes:literal: $splat:ident $load:ident $add:ident $sub:ident
        |$largest:ident, $other:ident| $max_abs:expr, |$bits:ident, $one:ident, $two:ident| $or:expr
    ) => {
        // SAFETY, for each: the caller guarantees that the processor has these vectors, and the
        // numbers that are loaded, which need no alignment.
        impl Doubles for $vector {
            const LANES: usize = $lanes;
            #[inline(always)]
            unsafe fn splat(number: f64) -> Self {
                // SAFETY: see above.
                unsafe { $splat(number) }
            }
            #[inline(always)]
            unsafe fn load(start: *const f64) -> Self {
                // SAFETY: see above.
                unsafe { $load(start) }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: see above.
                unsafe { $add(self, other) }
            }
            #[inline(always)]
            unsafe fn sub(self, other: Self) -> Self {
                // SAFETY: see above.
                unsafe { $sub(self, other) }
            }
            #[inline(always)]
            unsafe fn max_abs(self, other: Self) -> Self {
                let ($largest, $other) = (self, other);
                // SAFETY: see above.
                unsafe { $max_abs }
            }
            #[inline(always)]
            unsafe fn or_differing(self, left: Self, right: Self) -> Self {
                let ($bits, $one, $two) = (self, left, right);
                // SAFETY: see above.
                unsafe { $or }
            }
            #[inline(always)]
            unsafe fn for_each(self, body: impl FnMut(u64)) {
                // SAFETY: the vector is as many numbers, and any bits are an integer.
                let bits: [u64; $lanes] = unsafe { std::mem::transmute(self) };
                bits.into_iter().for_each(body);
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Doubles;
    use std::arch::x86_64::{
        __m128d, __m256d, __m512d, _mm_add_pd, _mm_andnot_pd, _mm_loadu_pd, _mm_max_pd, _mm_or_pd,
        _mm_set1_pd, _mm_sub_pd, _mm_xor_pd, _mm256_add_pd, _mm256_andnot_pd, _mm256_loadu_pd,
        _mm256_max_pd, _mm256_or_pd, _mm256_set1_pd, _mm256_sub_pd, _mm256_xor_pd, _mm512_add_pd,
        _mm512_castpd_si512, _mm512_castsi512_pd, _mm512_loadu_pd, _mm512_range_pd, _mm512_set1_pd,
        _mm512_sub_pd, _mm512_ternarylogic_epi64,
    };

    doubles! {
        __m128d 2: _mm_set1_pd _mm_loadu_pd _mm_add_pd _mm_sub_pd
        |largest, other| _mm_max_pd(_mm_andnot_pd(_mm_set1_pd(-0.0), other), largest),
        |bits, one, two| _mm_or_pd(bits, _mm_xor_pd(one, two))
    }
    doubles! {
        __m256d 4: _mm256_set1_pd _mm256_loadu_pd _mm256_add_pd _mm256_sub_pd
        |largest, other| _mm256_max_pd(_mm256_andnot_pd(_mm256_set1_pd(-0.0), other), largest),
        |bits, one, two| _mm256_or_pd(bits, _mm256_xor_pd(one, two))
    }
    doubles! {
        __m512d 8: _mm512_set1_pd _mm512_loadu_pd _mm512_add_pd _mm512_sub_pd
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
    unsafe fn add(self, other: Self) -> Self {
        [self[0] + other[0], self[1] + other[1]]
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        [self[0] - other[0], self[1] - other[1]]
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
    #[inline(always)]
    unsafe fn for_each(self, body: impl FnMut(u64)) {
        self.map(f64::to_bits).into_iter().for_each(body);
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

impl AddDoubles {
    /// # Safety
    /// `count` numbers are valid for reads, and the processor has the vectors.
    #[inline(always)]
    unsafe fn with<V: Doubles>(self) -> Block {
        let Self { start, count, starts: [high, low] } = self;
        // SAFETY: the caller guarantees the vectors and the numbers; what is left of them is
        // loaded from a copy, with zeros behind, which change nothing.
        unsafe {
            let mut sums = Accumulators {
                high: [V::splat(high); VECTORS],
                low: [V::splat(low); VECTORS],
                largest: V::splat(0.0),
                lost: V::splat(0.0),
            };
            let mut first = 0;
            while count - first >= VECTORS * V::LANES {
                for turn in 0..VECTORS {
                    sums.add(turn, V::load(start.add(first + turn * V::LANES)));
                }
                first += VECTORS * V::LANES;
            }
            // One more number at most for each place.
            let mut turn = 0;
            while count - first >= V::LANES {
                sums.add(turn, V::load(start.add(first)));
                first += V::LANES;
                turn += 1;
            }
            if first < count {
                let mut rest = [0.0; 8];
                rest.as_mut_ptr().copy_from_nonoverlapping(start.add(first), count - first);
                sums.add(turn, V::load(rest.as_ptr()));
            }
            sums.found([high.to_bits(), low.to_bits()])
        }
    }
}

impl<V: Doubles> Accumulators<V> {
    /// # Safety
    /// The processor has the vectors.
    #[inline(always)]
    unsafe fn found(&self, starts: [u64; 2]) -> Block {
        let mut sums = [0_u64; 2];
        let (mut largest, mut lost) = (0, 0);
        // SAFETY: the caller guarantees the vectors.
        unsafe {
            for ((sum, start), vectors) in sums.iter_mut().zip(starts).zip([&self.high, &self.low]) {
                for vector in vectors {
                    vector.for_each(|bits| {
                        *sum = sum.wrapping_add(bits.wrapping_sub(start));
                        // The largest number passes over NaNs, which stay in the accumulators.
                        if f64::from_bits(bits).is_nan() {
                            largest = u64::MAX >> 1;
                        }
                    });
                }
            }
            self.largest.for_each(|bits| largest = bits.max(largest));
            self.lost.for_each(|bits| lost |= bits);
        }
        // Zeros of both signs are the only numbers that differ in nothing but the sign.
        let [high, low] = sums.map(u64::cast_signed);
        Block { high, low, largest, inexact: lost << 1 != 0 }
    }
}

impl Kernel for AddDoubles {
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
