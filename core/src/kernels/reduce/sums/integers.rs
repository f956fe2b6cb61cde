//! Exact sums of integers.
//!
//! Numbers are taken in pairs, as a word of twice their size: the sum of its upper halves is kept in
//! a counter of the word's size, of which no carry is lost, and that of the words in another one,
//! which tells the sum of the lower halves. Words of 64 bits that are one number each are taken in
//! the same way; their halves count differently at the end. So nothing is widened, and compilers
//! make vectors of these loops on every machine. Signed numbers are made unsigned by flipping their
//! sign, which adds half of the range to each.

#![allow(unsafe_code)]

use super::super::streams::{STREAMS, disjoint};
use crate::kernels::simd::{Kernel, run};
use num_traits::{PrimInt, Unsigned, WrappingAdd, WrappingSub};

/// Returns the sum of contiguous native integers of 1, 2, 4 or 8 bytes.
///
/// # Safety
/// `count` integers of the size are valid for reads; they need no alignment.
#[inline]
pub(in super::super) unsafe fn sum(
    start: *const u8,
    count: usize,
    size: usize,
    signed: bool,
) -> i128 {
    let sign = if signed { 1_u64 << (8 * size - 1) } else { 0 };
    let pair = sign | (sign << (8 * size % 64));
    // SAFETY: the caller guarantees the integers, which are as many words, and one more if their
    // number is odd.
    let unsigned = unsafe {
        match size {
            1 => u128::from(run(SumBytes { start, count, flip: sign as u8 })),
            2 => {
                let [low, high] =
                    run(SumHalves { start: start.cast(), count: count / 2, flip: pair as u32 });
                let last = start.cast::<u16>().wrapping_add(count & !1);
                let last = if count % 2 == 1 { last.read_unaligned() ^ sign as u16 } else { 0 };
                low + high + u128::from(last)
            }
            4 => {
                let [low, high] =
                    run(SumHalves { start: start.cast(), count: count / 2, flip: pair });
                let last = start.cast::<u32>().wrapping_add(count & !1);
                let last = if count % 2 == 1 { last.read_unaligned() ^ sign as u32 } else { 0 };
                low + high + u128::from(last)
            }
            _ => {
                let [low, high] = run(SumHalves::<u64> { start: start.cast(), count, flip: sign });
                low + (high << 32)
            }
        }
    };
    unsigned.cast_signed() - i128::from(sign) * count as i128
}

/// An unsigned integer.
trait Word: PrimInt + Unsigned + WrappingAdd + WrappingSub + Into<u64> {}
impl<W: PrimInt + Unsigned + WrappingAdd + WrappingSub + Into<u64>> Word for W {}

/// The sums of the halves of some words, at most [`WORDS`].
struct Halves<W> {
    /// The sum of the words, but for what overflows.
    all: W,
    /// The sum of the upper halves, which does not.
    high: W,
}

impl<W: Word> Halves<W> {
    const HALF: usize = 4 * size_of::<W>();

    #[inline(always)]
    fn none() -> Self {
        Self { all: W::zero(), high: W::zero() }
    }

    #[inline(always)]
    fn add(&mut self, word: W) {
        self.all = self.all.wrapping_add(&word);
        self.high = self.high + (word >> Self::HALF);
    }

    /// The sum of the lower halves, and that of the upper ones: neither overflows, so that what
    /// the upper halves leave of the sum of the words is the other one, whatever overflowed.
    #[inline(always)]
    fn sums(self) -> [u64; 2] {
        let low = self.all.wrapping_sub(&(self.high << Self::HALF));
        [low.into(), self.high.into()]
    }
}

/// Adds the lower halves of words, and the upper ones, with the bits of `flip` flipped.
struct SumHalves<W> {
    start: *const W,
    count: usize,
    flip: W,
}

/// Words whose halves are added in one counter: as many halves of 16 bits fit 32.
const WORDS: usize = 1 << 16;

impl<W: Word> Kernel for SumHalves<W> {
    type Output = [u128; 2];

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> [u128; 2] {
        let mut sums = [0; 2];
        for first in (0..self.count).step_by(WORDS) {
            let count = WORDS.min(self.count - first);
            let length = disjoint(count, BYTES / size_of::<W>());
            let start = self.start.wrapping_add(first);
            // SAFETY: the caller guarantees the words.
            let few = unsafe {
                let (start, count) = (start.add(STREAMS * length), count - STREAMS * length);
                if count > 0 { halves_of_few(start, count, self.flip) } else { [0; 2] }
            };
            let mut halves = Halves::<W>::none();
            for index in 0..length {
                for stream in 0..STREAMS {
                    // SAFETY: the caller guarantees the words, which need no alignment.
                    let word = unsafe { start.add(stream * length + index).read_unaligned() };
                    halves.add(word ^ self.flip);
                }
            }
            let [low, high] = halves.sums();
            sums = [sums[0] + u128::from(few[0] + low), sums[1] + u128::from(few[1] + high)];
        }
        sums
    }
}

/// Adds the lower halves of a few words, and the upper ones. Compiled once for all widths.
///
/// # Safety
/// `count` words are valid for reads; they need no alignment.
#[inline(never)]
unsafe fn halves_of_few<W: Word>(start: *const W, count: usize, flip: W) -> [u64; 2] {
    let mut halves = Halves::<W>::none();
    for index in 0..count {
        // SAFETY: the caller guarantees the words.
        halves.add(unsafe { start.add(index).read_unaligned() } ^ flip);
    }
    halves.sums()
}

/// Adds bytes, with the bits of `flip` flipped.
struct SumBytes {
    start: *const u8,
    count: usize,
    flip: u8,
}

impl Kernel for SumBytes {
    type Output = u64;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> u64 {
        let Self { start, count, flip } = self;
        let (mut first, mut sum) = (0, 0);
        // SAFETY: the caller guarantees the bytes, and the features that go with `BYTES`; vectors
        // are loaded where there are as many bytes, and need no alignment.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            {
                use std::arch::x86_64 as arch;
                macro_rules! add_vectors {
                    ($load:ident $flip:ident $xor:ident $sad:ident $add:ident $zero:ident) => {{
                        let flip = arch::$flip(flip.cast_signed());
                        let mut sums = [arch::$zero(); STREAMS];
                        let length = disjoint(count, BYTES);
                        while first < length {
                            for (stream, sum) in sums.iter_mut().enumerate() {
                                let vector = arch::$load(start.add(first + stream * length).cast());
                                let bytes = arch::$sad(arch::$xor(vector, flip), arch::$zero());
                                *sum = arch::$add(*sum, bytes);
                            }
                            first += BYTES;
                        }
                        first *= STREAMS;
                        while count - first >= BYTES {
                            let vector = arch::$load(start.add(first).cast());
                            let bytes = arch::$sad(arch::$xor(vector, flip), arch::$zero());
                            sums[0] = arch::$add(sums[0], bytes);
                            first += BYTES;
                        }
                        let start = sums.as_ptr().cast::<u64>();
                        for index in 0..size_of_val(&sums) / 8 {
                            sum += start.add(index).read();
                        }
                    }};
                }
                match BYTES {
                    64 => add_vectors!(_mm512_loadu_si512 _mm512_set1_epi8 _mm512_xor_si512
                        _mm512_sad_epu8 _mm512_add_epi64 _mm512_setzero_si512),
                    32 => add_vectors!(_mm256_loadu_si256 _mm256_set1_epi8 _mm256_xor_si256
                        _mm256_sad_epu8 _mm256_add_epi64 _mm256_setzero_si256),
                    _ => add_vectors!(_mm_loadu_si128 _mm_set1_epi8 _mm_xor_si128
                        _mm_sad_epu8 _mm_add_epi64 _mm_setzero_si128),
                }
            }
            if first < count {
                sum + bytes_one_by_one(start.add(first), count - first, flip)
            } else {
                sum
            }
        }
    }
}

/// Adds bytes without vectors that are written out. Compiled once for all widths.
///
/// # Safety
/// `count` bytes are valid for reads.
#[inline(never)]
unsafe fn bytes_one_by_one(start: *const u8, count: usize, flip: u8) -> u64 {
    let mut sum = 0;
    for first in (0..count).step_by(WORDS) {
        let mut part = 0;
        for index in first..first + WORDS.min(count - first) {
            // SAFETY: the caller guarantees the bytes.
            part += u32::from(unsafe { start.add(index).read() } ^ flip);
        }
        sum += u64::from(part);
    }
    sum
}
