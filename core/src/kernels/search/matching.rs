//! The loops that search for bits: integers of the element's size under a mask.

#![allow(unsafe_code)]

use crate::kernels::simd::{Kernel, Width, find_first};
use num_traits::{AsPrimitive, PrimInt};

/// An integer of the size of an element.
pub(super) trait Word: PrimInt + AsPrimitive<usize> {}
impl<U: PrimInt + AsPrimitive<usize>> Word for U {}

/// Bytes that are searched before something found ends the search.
const CHUNK_BYTES: usize = 512;
/// The same if fewer are left.
const SHORT_CHUNK_BYTES: usize = 64;
/// Bytes whose elements are counted in a counter of their own size, which must be able to hold as
/// many.
const COUNT_BYTES: usize = 8192;

/// Finds the first integer that has these bits under the mask.
pub(super) struct FindBits<U> {
    pub(super) start: *const U,
    pub(super) count: usize,
    pub(super) mask: U,
    pub(super) bits: U,
}

impl<U: Word> Kernel for FindBits<U> {
    type Output = Option<usize>;
    const WIDEST: Width = match size_of::<U>() {
        // Wider vectors hold too few of these: the loops are larger, and no faster.
        16 => Width::Baseline,
        _ => Width::Avx512,
    };

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> Option<usize> {
        let Self { start, count, mask, bits } = self;
        let chunks = [CHUNK_BYTES, SHORT_CHUNK_BYTES].map(|bytes| bytes / size_of::<U>());
        find_first(count, chunks, |index| {
            // SAFETY: the caller guarantees `count` integers; the load needs no alignment.
            let element = unsafe { start.add(index).read_unaligned() };
            element & mask == bits
        })
    }
}

/// Finds the first byte that is not 0.
pub(super) struct FindTrue {
    pub(super) start: *const u8,
    pub(super) count: usize,
}

impl Kernel for FindTrue {
    type Output = Option<usize>;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> Option<usize> {
        find_first(self.count, [CHUNK_BYTES, SHORT_CHUNK_BYTES], |index| {
            // SAFETY: the caller guarantees `count` bytes.
            unsafe { self.start.add(index).read() != 0 }
        })
    }
}

/// Counts the integers that have these bits under the mask.
pub(super) struct CountBits<U> {
    pub(super) start: *const U,
    pub(super) count: usize,
    pub(super) mask: U,
    pub(super) bits: U,
}

impl<U: Word> Kernel for CountBits<U> {
    type Output = usize;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> usize {
        let max = COUNT_BYTES / size_of::<U>();
        let Self { start, count, mask, bits } = self;
        let (mut total, mut first) = (0, 0);
        while first < count {
            let length = max.min(count - first);
            // A counter as wide as the elements is a vector like theirs.
            let mut equal = U::zero();
            for index in first..first + length {
                // SAFETY: the caller guarantees `count` integers; the load needs no alignment.
                let element = unsafe { start.add(index).read_unaligned() };
                let matches = element & mask == bits;
                equal = equal + if matches { U::one() } else { U::zero() };
            }
            let equal: usize = equal.as_();
            total += equal;
            first += length;
        }
        total
    }
}
