//! Blocks: elements of runs made contiguous, native and of the type that they are to be compared
//! as.
//!
//! Comparing and searching would need a loop for every combination of type, byte order and stride.
//! Instead, elements are prepared, a block of a few kilobytes at a time: gathered if they are not
//! contiguous, byte-swapped if they are not native, widened if a wider type is needed. So whatever
//! is done with a block is one loop over contiguous native numbers. Blocks are made in buffers that
//! stay in the first cache, which costs little beside the loads from memory, and each step is
//! vectorised. A step that is not needed is left out, and elements that need none are used in
//! place, all of them as a single block.

#![allow(unsafe_code)]

mod widen;

pub(crate) use widen::Widened;

use super::copy::{copy_strided, swap_copy, swap_in_place};
use super::encoding::Encoding;
use super::runs::Runs;
use std::mem::MaybeUninit;

/// Bytes of a buffer.
pub(crate) const BUFFER_BYTES: usize = 4096;

/// Room for a block, aligned for any type.
#[repr(align(64))]
struct Buffer([MaybeUninit<u8>; BUFFER_BYTES]);

impl Buffer {
    const fn new() -> Self {
        Self([MaybeUninit::uninit(); BUFFER_BYTES])
    }

    fn start(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }
}

/// The memory that blocks are made in.
pub(crate) struct Buffers {
    native: Buffer,
    widened: Buffer,
}

impl Buffers {
    /// Returns uninitialised buffers, which cost nothing if nothing goes through them.
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        Self { native: Buffer::new(), widened: Buffer::new() }
    }
}

/// What makes blocks of runs of one encoding.
pub(crate) struct Blocks<'a> {
    encoding: Encoding,
    widened: Option<Widened>,
    buffers: &'a mut Buffers,
}

impl<'a> Blocks<'a> {
    /// Makes blocks of native elements, or of the numbers that they consist of, widened.
    #[inline]
    pub(crate) fn new(
        encoding: Encoding,
        widened: Option<Widened>,
        buffers: &'a mut Buffers,
    ) -> Self {
        Self { encoding, widened, buffers }
    }

    /// Returns the memory that blocks are made in, for other uses between them:
    /// [`BUFFER_BYTES`] each.
    pub(crate) fn rooms(&mut self) -> [*mut u8; 2] {
        [self.buffers.native.start(), self.buffers.widened.start()]
    }

    /// Returns how many elements of some runs a block holds at most: any number if they are used in
    /// place.
    #[inline]
    pub(crate) fn max_len(&self, runs: &Runs<1>) -> usize {
        let is_in_place = runs.count == 1
            && runs.strides == [self.encoding.size as isize]
            && self.encoding.swap_unit() == 1
            && self.widened.is_none();
        let widened = self.widened.map_or(1, |widened| widened.size() * self.encoding.numbers());
        if is_in_place { usize::MAX } else { BUFFER_BYTES / self.encoding.size.max(widened) }
    }

    /// Returns all elements of some runs, at most [`max_len`](Self::max_len), as a block. It is
    /// valid until the next one is made.
    ///
    /// # Safety
    /// The runs lead to elements of the encoding that are valid for reads.
    #[inline]
    pub(crate) unsafe fn block(&mut self, runs: Runs<1>) -> *const u8 {
        let Encoding { size, .. } = self.encoding;
        let swap_unit = self.encoding.swap_unit();
        let (count, stride) = (runs.len(), size as isize);
        let native = self.buffers.native.start();
        let [start] = runs.starts;
        // SAFETY: the caller guarantees the elements, and both buffers have room for as many as
        // `max_len` allows. A buffer overlaps no memory of others, and each step writes all that
        // the next one reads.
        unsafe {
            let mut block = start.cast_const();
            if runs.count > 1 || runs.strides != [stride] {
                let gathered = Runs {
                    starts: [native, start],
                    strides: [stride, runs.strides[0]],
                    length: runs.length,
                    outer_strides: [stride * runs.length as isize, runs.outer_strides[0]],
                    count: runs.count,
                };
                copy_strided(gathered, size);
                if swap_unit > 1 {
                    swap_in_place(native, count * size, swap_unit);
                }
                block = native;
            } else if swap_unit > 1 {
                swap_copy(native, start, count * size, swap_unit);
                block = native;
            }
            if let Some(to) = self.widened {
                let widened = self.buffers.widened.start();
                let numbers = count * self.encoding.numbers();
                widen::widen(block, self.encoding.of_number(), numbers, to, widened);
                block = widened;
            }
            block
        }
    }
}
