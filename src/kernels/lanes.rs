//! Vectors of several lanes of 16 bytes, for what the compiler makes no vector code of: shuffles
//! between many vectors. x86-64 alone; elsewhere plain loops do the same work.

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
pub(super) trait Lanes: Copy {
    /// How many lanes there are.
    const COUNT: usize;

    /// Loads the lanes, which are `step` bytes apart.
    ///
    /// # Safety
    /// The processor has the vectors, and each lane is valid for reads of 16 bytes.
    unsafe fn load(start: *const u8, step: isize) -> Self;

    /// Stores the lanes side by side.
    ///
    /// # Safety
    /// The processor has the vectors, and `target` is valid for writes of all lanes.
    unsafe fn store(self, target: *mut u8);

    /// In each lane, elements of `SIZE` bytes of the one and the other vector in turns: those of
    /// the lower halves, and those of the upper halves.
    ///
    /// # Safety
    /// The processor has the vectors.
    unsafe fn interleave<const SIZE: usize>(self, other: Self) -> [Self; 2];
}

macro_rules! interleave {
    ($size:ident, $left:ident, $right:ident: $($width:literal $low:ident $high:ident),*) => {
        // SAFETY: as the caller says.
        unsafe {
            match $size {
                $($width => [$low($left, $right), $high($left, $right)],)*
                // No other size is asked for.
                _ => [$left, $right],
            }
        }
    };
}

impl Lanes for __m128i {
    const COUNT: usize = 1;

    #[inline(always)]
    unsafe fn load(start: *const u8, _step: isize) -> Self {
        // SAFETY: as the caller says.
        unsafe { _mm_loadu_si128(start.cast()) }
    }

    #[inline(always)]
    unsafe fn store(self, target: *mut u8) {
        // SAFETY: as the caller says.
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

impl Lanes for __m256i {
    const COUNT: usize = 2;

    #[inline(always)]
    unsafe fn load(start: *const u8, step: isize) -> Self {
        // SAFETY: as the caller says.
        unsafe {
            let low = _mm256_castsi128_si256(_mm_loadu_si128(start.cast()));
            let high = _mm_loadu_si128(start.wrapping_offset(step).cast());
            _mm256_inserti128_si256::<1>(low, high)
        }
    }

    #[inline(always)]
    unsafe fn store(self, target: *mut u8) {
        // SAFETY: as the caller says.
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
