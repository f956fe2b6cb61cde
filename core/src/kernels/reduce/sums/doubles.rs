//! The vectors of doubles that sums are made with.
//!
//! Compilers neither reorder additions of floats nor keep several accumulators in vectors, so the
//! vectors are written out: [`Doubles`] has the few operations, for each width. Floats of 32 bits
//! become doubles as they are loaded.

#![allow(unsafe_code)]

/// Places of the widest vector.
pub(super) const WIDEST: usize = 8;

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
    /// Whether one level takes most of them exactly.
    const NARROW: bool;

    /// # Safety
    /// As many numbers are valid for reads, and the processor has the vectors.
    unsafe fn load<V: Doubles>(start: *const Self) -> V;
}

impl Float for f64 {
    const NARROW: bool = false;

    #[inline(always)]
    unsafe fn load<V: Doubles>(start: *const Self) -> V {
        // SAFETY: the caller guarantees the numbers and the vectors.
        unsafe { V::load(start) }
    }
}

impl Float for f32 {
    const NARROW: bool = true;

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
