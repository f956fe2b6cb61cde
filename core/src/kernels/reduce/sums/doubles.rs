//! The pass over a block of floats that `window` explains: two accumulators, whether the first one
//! stayed in its binade, and whether anything was lost.
//!
//! Compilers neither reorder additions of floats nor keep several accumulators in vectors, so the
//! vectors are written out: [`Doubles`] has the few operations, for each width. Floats of 32 bits
//! become doubles as they are loaded.

#![allow(unsafe_code)]

use crate::kernels::simd::Kernel;
use std::hint::black_box;

/// Numbers of a block, at most.
pub(super) const BLOCK: usize = 4096;
/// Vectors that are added to by turns, so that none waits for the one before.
const VECTORS: usize = 4;
/// The logarithm of the numbers that are added in one place of a vector, at most: those of the
/// narrowest vectors, of which there have to be the most.
pub(super) const STEPS: i32 = 9;
const _: () = assert!(BLOCK <= (2 * VECTORS) << STEPS);
/// Places of the widest vector.
pub(super) const WIDEST: usize = 8;

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
    pub(super) starts: [f64; 2],
}

/// A vector of `f64`.
///
/// # Safety
/// Of all functions: the processor has the vectors, and what the [`Width`](crate::kernels::simd::Width)
/// of as many bytes has beside them.
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
    /// The same as `sub`, if `one` is 1: by the units that multiply, where the processor has others
    /// for additions, which would be the bottleneck.
    unsafe fn sub_beside(self, other: Self, one: Self) -> Self;
    /// The sums of the bits, as integers.
    unsafe fn add_bits(self, other: Self) -> Self;
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
        |$from:ident, $what:ident, $unit:ident| $sub_beside:expr,
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
            unsafe fn sub_beside(self, other: Self, one: Self) -> Self {
                let ($from, $what, $unit) = (self, other, one);
                // SAFETY: the caller guarantees the vectors.
                unsafe { $sub_beside }
            }
            #[inline(always)]
            unsafe fn add_bits(self, other: Self) -> Self {
                let ($left, $right) = (self, other);
                // SAFETY: the caller guarantees the vectors.
                unsafe { $add_bits }
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
        __m128d, __m256d, __m512d, _mm_add_epi64, _mm_add_pd, _mm_castpd_si128, _mm_castsi128_pd,
        _mm_castsi128_ps, _mm_cvtps_pd, _mm_loadl_epi64, _mm_loadu_pd, _mm_loadu_ps, _mm_or_pd,
        _mm_set1_pd, _mm_storeu_pd, _mm_sub_pd, _mm_xor_pd, _mm256_add_epi64, _mm256_add_pd,
        _mm256_castpd_si256, _mm256_castsi256_pd, _mm256_cvtps_pd, _mm256_fnmadd_pd,
        _mm256_loadu_pd, _mm256_loadu_ps, _mm256_or_pd, _mm256_set1_pd, _mm256_storeu_pd,
        _mm256_sub_pd, _mm256_xor_pd, _mm512_add_epi64, _mm512_add_pd, _mm512_castpd_si512,
        _mm512_castsi512_pd, _mm512_cvtps_pd, _mm512_fnmadd_pd, _mm512_loadu_pd, _mm512_set1_pd,
        _mm512_storeu_pd, _mm512_sub_pd, _mm512_ternarylogic_epi64,
    };

    doubles! {
        __m128d 2: _mm_set1_pd _mm_loadu_pd _mm_storeu_pd _mm_add_pd _mm_sub_pd
        |start| _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64(start.cast()))),
        |a, b| _mm_castsi128_pd(_mm_add_epi64(_mm_castpd_si128(a), _mm_castpd_si128(b))),
        |from, what, _one| _mm_sub_pd(from, what),
        |bits, one, two| _mm_or_pd(bits, _mm_xor_pd(one, two))
    }
    doubles! {
        __m256d 4: _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_add_pd _mm256_sub_pd
        |start| _mm256_cvtps_pd(_mm_loadu_ps(start)),
        |a, b| _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a), _mm256_castpd_si256(b))),
        |from, what, one| _mm256_fnmadd_pd(what, one, from),
        |bits, one, two| _mm256_or_pd(bits, _mm256_xor_pd(one, two))
    }
    doubles! {
        __m512d 8: _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_add_pd _mm512_sub_pd
        |start| _mm512_cvtps_pd(_mm256_loadu_ps(start)),
        |a, b| _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), _mm512_castpd_si512(b))),
        |from, what, one| _mm512_fnmadd_pd(what, one, from),
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
    unsafe fn sub_beside(self, other: Self, _one: Self) -> Self {
        // SAFETY: there is nothing to it.
        unsafe { self.sub(other) }
    }
    #[inline(always)]
    unsafe fn add_bits(self, other: Self) -> Self {
        let bits = |lane: usize| self[lane].to_bits().wrapping_add(other[lane].to_bits());
        [f64::from_bits(bits(0)), f64::from_bits(bits(1))]
    }
    #[inline(always)]
    unsafe fn or_differing(self, left: Self, right: Self) -> Self {
        std::array::from_fn(|lane| {
            let differing = left[lane].to_bits() ^ right[lane].to_bits();
            f64::from_bits(self[lane].to_bits() | differing)
        })
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
    moved: V,
    /// The bits that differ if anything is lost.
    lost: V,
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

/// The numbers of a vector, and zeros.
///
/// # Safety
/// The processor has the vector.
#[inline(always)]
pub(super) unsafe fn numbers_of<V: Doubles>(vector: V) -> [f64; WIDEST] {
    let mut numbers = [0.0; WIDEST];
    // SAFETY: the caller guarantees the vector, which is no wider.
    unsafe { vector.store(numbers.as_mut_ptr()) };
    numbers
}

/// The bits of accumulators, less those of their starts: the sum in units of their grid.
#[inline(never)]
fn units(places: [f64; WIDEST], lanes: usize, start: f64) -> i64 {
    let starts = start.to_bits().wrapping_mul(VECTORS as u64);
    let sum = |sum: u64, place: &f64| sum.wrapping_add(place.to_bits().wrapping_sub(starts));
    places[..lanes].iter().fold(0, sum).cast_signed()
}

impl<T: Float, const LEVELS: usize> AddFloats<T, LEVELS> {
    /// # Safety
    /// `count` numbers are valid for reads, and the processor has the vectors.
    #[inline(always)]
    unsafe fn with<V: Doubles>(self) -> Block {
        let Self { start, count, starts } = self;
        // SAFETY: the caller guarantees the vectors and the numbers; what is left of them is
        // loaded from a copy, with zeros behind, which change nothing.
        unsafe {
            let mut sums = Sums::<V>::new(starts);
            let mut accumulators = [sums.starts; VECTORS];
            let mut rest = [T::default(); VECTORS * WIDEST];
            let step = VECTORS * V::LANES;
            let (mut numbers, mut steps, left) = (start, count / step, count % step);
            let target = rest.as_mut_ptr().cast::<u8>();
            target.copy_from_nonoverlapping(start.add(count - left).cast(), left * size_of::<T>());
            // No call is between the additions, around which vectors would go through memory; and
            // the compiler is not to know that there are two turns, and write them out.
            for _ in 0..black_box(2) {
                for _ in 0..steps {
                    for (turn, accumulator) in accumulators.iter_mut().enumerate() {
                        let numbers = numbers.add(turn * V::LANES);
                        sums.add::<LEVELS>(accumulator, T::load(numbers));
                    }
                    numbers = numbers.add(step);
                }
                (numbers, steps) = (rest.as_ptr(), usize::from(left > 0));
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

/// `with_doubles!(BYTES, V => expression)`: the expression with `V` as the vector of so many bytes.
macro_rules! with_doubles {
    ($bytes:ident, $vector:ident => $body:expr) => {{
        #[cfg(target_arch = "x86_64")]
        match $bytes {
            64 => {
                type $vector = std::arch::x86_64::__m512d;
                $body
            }
            32 => {
                type $vector = std::arch::x86_64::__m256d;
                $body
            }
            _ => {
                type $vector = std::arch::x86_64::__m128d;
                $body
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            type $vector = [f64; 2];
            $body
        }
    }};
}
pub(super) use with_doubles;

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
