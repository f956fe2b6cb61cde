//! Vectors of x86-64, for what compilers do not vectorise: shuffles between several vectors.
//! Elsewhere plain loops do the same work.
//!
//! AVX2 works on two lanes of 16 bytes that do not mix, so a vector here is one or two such lanes:
//! code for one lane is right for both, each with data of its own.

#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm_storeu_si128, _mm_unpackhi_epi8, _mm_unpackhi_epi16,
    _mm_unpackhi_epi32, _mm_unpackhi_epi64, _mm_unpacklo_epi8, _mm_unpacklo_epi16,
    _mm_unpacklo_epi32, _mm_unpacklo_epi64, _mm256_castsi128_si256, _mm256_inserti128_si256,
    _mm256_storeu_si256, _mm256_unpackhi_epi8, _mm256_unpackhi_epi16, _mm256_unpackhi_epi32,
    _mm256_unpackhi_epi64, _mm256_unpacklo_epi8, _mm256_unpacklo_epi16, _mm256_unpacklo_epi32,
    _mm256_unpacklo_epi64,
};

/// A vector of lanes of 16 bytes each.
pub(crate) trait Vector: Copy {
    /// How many lanes there are.
    const LANES: usize;

    /// Loads the lanes, which are `step` bytes apart.
    ///
    /// # Safety
    /// The processor has the vectors, and each lane is valid for reads of 16 bytes.
    unsafe fn load(start: *const u8, step: isize) -> Self;

    /// Stores the lanes contiguously.
    ///
    /// # Safety
    /// The processor has the vectors, and `target` is valid for writes of all lanes.
    unsafe fn store(self, target: *mut u8);

    /// Interleaves, in each lane, the elements of `SIZE` bytes of two vectors. Returns first those
    /// of the lower halves, then those of the upper halves. `SIZE` is 1, 2, 4 or 8.
    ///
    /// # Safety
    /// The processor has the vectors.
    unsafe fn interleave<const SIZE: usize>(self, other: Self) -> [Self; 2];
}

macro_rules! interleave {
    ($size:ident, $left:ident, $right:ident: $($width:literal $low:ident $high:ident),*) => {
        // SAFETY: the caller guarantees that the processor has these vectors, which is all that the
        // instructions need.
        unsafe {
            match $size {
                $($width => [$low($left, $right), $high($left, $right)],)*
                // No other size is asked for.
                _ => [$left, $right],
            }
        }
    };
}

impl Vector for __m128i {
    const LANES: usize = 1;

    #[inline(always)]
    unsafe fn load(start: *const u8, _step: isize) -> Self {
        // SAFETY: the only lane is valid for reads; the load needs no alignment.
        unsafe { _mm_loadu_si128(start.cast()) }
    }

    #[inline(always)]
    unsafe fn store(self, target: *mut u8) {
        // SAFETY: the target is valid for writes of 16 bytes; the store needs no alignment.
        unsafe { _mm_storeu_si128(target.cast(), self) }
    }

    #[inline(always)]
    unsafe fn interleave<const SIZE: usize>(self, other: Self) -> [Self; 2] {
        interleave!(SIZE, self, other:
            1 _mm_unpacklo_epi8 _mm_unpackhi_epi8,
            2 _mm_unpacklo_epi16 _mm_unpackhi_epi16,
            4 _mm_unpacklo_epi32 _mm_unpackhi_epi32,
            8 _mm_unpacklo_epi64 _mm_unpackhi_epi64)
    }
}

impl Vector for __m256i {
    const LANES: usize = 2;

    #[inline(always)]
    unsafe fn load(start: *const u8, step: isize) -> Self {
        // SAFETY: both lanes are valid for reads; the loads need no alignment.
        unsafe {
            let low = _mm256_castsi128_si256(_mm_loadu_si128(start.cast()));
            let high = _mm_loadu_si128(start.wrapping_offset(step).cast());
            _mm256_inserti128_si256::<1>(low, high)
        }
    }

    #[inline(always)]
    unsafe fn store(self, target: *mut u8) {
        // SAFETY: the target is valid for writes of 32 bytes; the store needs no alignment.
        unsafe { _mm256_storeu_si256(target.cast(), self) }
    }

    #[inline(always)]
    unsafe fn interleave<const SIZE: usize>(self, other: Self) -> [Self; 2] {
        interleave!(SIZE, self, other:
            1 _mm256_unpacklo_epi8 _mm256_unpackhi_epi8,
            2 _mm256_unpacklo_epi16 _mm256_unpackhi_epi16,
            4 _mm256_unpacklo_epi32 _mm256_unpackhi_epi32,
            8 _mm256_unpacklo_epi64 _mm256_unpackhi_epi64)
    }
}
