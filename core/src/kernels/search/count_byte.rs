//! Counting the bytes that equal one byte.
//!
//! A comparison of vectors gives one bit or one byte per byte compared, and adding these up takes
//! most of the time. AVX-512 compares into a mask of 64 bits, whose ones are counted by one
//! instruction. AVX2 compares into bytes of 0 or -1, which are subtracted from counters of one byte
//! per lane; before these can overflow, after 255 rounds, all of them are added up at once. Several
//! masks or counters are used by turns, so that none waits for the one before. Any other machine
//! does the same as AVX2 with the vectors that the compiler has there: it runs the plain loop,
//! divided into pieces that a counter of one byte can count.

#![allow(unsafe_code)]

use crate::kernels::simd::Kernel;

/// Counts the bytes that equal `byte`.
pub(super) struct CountByte {
    pub(super) start: *const u8,
    pub(super) count: usize,
    pub(super) byte: u8,
}

impl Kernel for CountByte {
    type Output = usize;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> usize {
        // SAFETY: the caller guarantees the bytes, and the features that go with `BYTES`.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            match BYTES {
                64 => return self.by_masks(),
                32 => return self.by_sums(),
                _ => {}
            }
            self.from(0)
        }
    }
}

impl CountByte {
    /// Counts the bytes from `first` on.
    ///
    /// # Safety
    /// The bytes are valid for reads.
    #[inline(always)]
    unsafe fn from(&self, first: usize) -> usize {
        /// Bytes that are counted in a counter of one byte, which can hold as many. They are whole
        /// vectors.
        const MAX_PER_COUNTER: usize = 128;
        let is_equal = |index: usize| {
            // SAFETY: the caller guarantees the bytes, and `index` is below their count.
            let byte = unsafe { self.start.add(index).read() };
            u8::from(byte == self.byte)
        };
        let whole = self.count - (self.count - first) % MAX_PER_COUNTER;
        let mut total = 0;
        for piece in (first..whole).step_by(MAX_PER_COUNTER) {
            let mut equal = 0;
            for index in piece..piece + MAX_PER_COUNTER {
                equal += is_equal(index);
            }
            total += usize::from(equal);
        }
        let rest: u8 = (whole..self.count).map(is_equal).sum();
        total + usize::from(rest)
    }
}

#[cfg(target_arch = "x86_64")]
impl CountByte {
    /// Bytes of a chunk, whose vectors are each counted apart.
    const CHUNK: usize = 256;

    /// Calls `body` with the start of every whole chunk of a range.
    #[inline(always)]
    fn for_each_chunk(&self, from: usize, until: usize, mut body: impl FnMut(*const u8)) {
        for first in (from..until).step_by(Self::CHUNK) {
            body(self.start.wrapping_add(first));
        }
    }

    /// Counts the ones of masks.
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
        // SAFETY: chunks are whole vectors of the bytes that the caller guarantees. Of the rest
        // each load is masked to the bytes that are left, and touches no others.
        unsafe {
            let sought = _mm512_set1_epi8(self.byte.cast_signed());
            let mut counts = [0; Self::CHUNK / VECTOR];
            self.for_each_chunk(0, whole, |chunk| {
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

    /// Counts in bytes, which are added up before they can overflow.
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
        /// Bytes of as many chunks as a counter of one byte can count.
        const MAX_BYTES: usize = u8::MAX as usize * CountByte::CHUNK;
        let whole = self.count - self.count % Self::CHUNK;
        // SAFETY: chunks are whole vectors of the bytes that the caller guarantees, and there is
        // room for the vector of sums.
        unsafe {
            let sought = _mm256_set1_epi8(self.byte.cast_signed());
            let zero = _mm256_setzero_si256();
            let mut sums = zero;
            for first in (0..whole).step_by(MAX_BYTES) {
                let mut counts = [zero; Self::CHUNK / VECTOR];
                self.for_each_chunk(first, whole.min(first + MAX_BYTES), |chunk| {
                    for (index, count) in counts.iter_mut().enumerate() {
                        let vector = _mm256_loadu_si256(chunk.add(index * VECTOR).cast());
                        // The comparison gives -1 for a byte that is equal.
                        *count = _mm256_sub_epi8(*count, _mm256_cmpeq_epi8(vector, sought));
                    }
                });
                for count in counts {
                    sums = _mm256_add_epi64(sums, _mm256_sad_epu8(count, zero));
                }
            }
            let mut totals = [0_u64; 4];
            _mm256_storeu_si256(totals.as_mut_ptr().cast(), sums);
            totals.iter().sum::<u64>() as usize + self.from(whole)
        }
    }
}
