//! Counting the bytes that are one byte: by masks or sums of vectors, and a library where there are
//! none.

#![allow(unsafe_code)]

use super::ahead;
use super::width::Kernel;

/// How many bytes are this one.
pub(super) struct AllBytes {
    pub(super) start: *const u8,
    pub(super) count: usize,
    pub(super) byte: u8,
}

impl Kernel for AllBytes {
    type Output = usize;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> usize {
        // SAFETY: as the caller says, who has these vectors; that nobody stores into the
        // slice meanwhile is what every reader of a buffer has to rely on.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            match BYTES {
                64 => return self.by_masks(),
                32 => return self.by_sums(),
                _ => {}
            }
            let bytes = std::slice::from_raw_parts(self.start, self.count);
            memchr::memchr_iter(self.byte, bytes).count()
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl AllBytes {
    /// Bytes that are compared between two looks ahead.
    const CHUNK: usize = 256;

    /// Calls `count` with the start of every whole chunk, and has memory ready for it; the bytes
    /// that are left.
    #[inline(always)]
    fn chunks(&self, from: usize, until: usize, mut count: impl FnMut(*const u8)) {
        for first in (from..until).step_by(Self::CHUNK) {
            if self.count - first >= ahead::AHEAD + Self::CHUNK {
                ahead::ask_for(self.start.wrapping_add(first + ahead::AHEAD), Self::CHUNK);
            }
            count(self.start.wrapping_add(first));
        }
    }

    /// Compares 64 bytes in one, and counts the bits of what comes of it.
    ///
    /// # Safety
    /// The bytes are valid for reads, and the processor has AVX-512.
    #[inline(always)]
    unsafe fn by_masks(self) -> usize {
        use std::arch::x86_64::{
            __m512i, _mm512_cmpeq_epi8_mask, _mm512_loadu_si512, _mm512_mask_cmpeq_epi8_mask,
            _mm512_maskz_loadu_epi8, _mm512_set1_epi8,
        };
        const VECTOR: usize = size_of::<__m512i>();
        let whole = self.count - self.count % Self::CHUNK;
        // SAFETY: whole vectors of the bytes, and of one that is not whole those that are left.
        unsafe {
            let sought = _mm512_set1_epi8(self.byte.cast_signed());
            // Several, so that none waits for the one before.
            let mut counts = [0; Self::CHUNK / VECTOR];
            self.chunks(0, whole, |chunk| {
                for (index, count) in counts.iter_mut().enumerate() {
                    let vector = _mm512_loadu_si512(chunk.add(index * VECTOR).cast());
                    *count += _mm512_cmpeq_epi8_mask(vector, sought).count_ones() as usize;
                }
            });
            let mut total = counts.into_iter().sum();
            for first in (whole..self.count).step_by(VECTOR) {
                let left = VECTOR.min(self.count - first);
                let mask = u64::MAX >> (VECTOR - left);
                let vector = _mm512_maskz_loadu_epi8(mask, self.start.add(first).cast());
                total += _mm512_mask_cmpeq_epi8_mask(mask, vector, sought).count_ones() as usize;
            }
            total
        }
    }

    /// Compares 32 bytes in one, and adds up what comes of it byte by byte, as long as there is room
    /// in a byte.
    ///
    /// # Safety
    /// The bytes are valid for reads, and the processor has AVX2.
    #[inline(always)]
    unsafe fn by_sums(self) -> usize {
        use std::arch::x86_64::{
            __m256i, _mm256_add_epi64, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_sad_epu8,
            _mm256_set1_epi8, _mm256_setzero_si256, _mm256_storeu_si256, _mm256_sub_epi8,
        };
        const VECTOR: usize = size_of::<__m256i>();
        let whole = self.count - self.count % Self::CHUNK;
        // SAFETY: whole vectors of the bytes, and room for one of the sums.
        unsafe {
            let sought = _mm256_set1_epi8(self.byte.cast_signed());
            let zero = _mm256_setzero_si256();
            let mut sums = zero;
            const MOST: usize = u8::MAX as usize * AllBytes::CHUNK;
            for first in (0..whole).step_by(MOST) {
                // A byte of these grows by one with every chunk at most.
                let mut counts = [zero; Self::CHUNK / VECTOR];
                self.chunks(first, whole.min(first + MOST), |chunk| {
                    for (index, count) in counts.iter_mut().enumerate() {
                        let vector = _mm256_loadu_si256(chunk.add(index * VECTOR).cast());
                        // Where it is equal there is -1.
                        *count = _mm256_sub_epi8(*count, _mm256_cmpeq_epi8(vector, sought));
                    }
                });
                for count in counts {
                    sums = _mm256_add_epi64(sums, _mm256_sad_epu8(count, zero));
                }
            }
            let mut totals = [0_u64; 4];
            _mm256_storeu_si256(totals.as_mut_ptr().cast(), sums);
            let rest = std::slice::from_raw_parts(self.start.add(whole), self.count - whole);
            let rest = memchr::memchr_iter(self.byte, rest).count();
            totals.iter().sum::<u64>() as usize + rest
        }
    }
}
