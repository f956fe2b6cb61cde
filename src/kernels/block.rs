//! Lines of elements taken in blocks: side by side, in this machine's byte order, and of the type
//! that they are to be compared as.
//!
//! What lies in memory just so is looked at where it lies. All else goes through buffers that stay
//! in the first cache, so that whatever is done with a block needs one loop for all steps and byte
//! orders.

#![allow(unsafe_code)]

use super::encoding::Encoding;
use super::line::{self, Lines};
use super::swap;
use super::widen::{self, Wide};
use std::mem::MaybeUninit;

/// Bytes of a buffer.
const BUFFER: usize = 4096;

/// Room for a block; aligned for whatever it is taken for.
#[repr(align(64))]
struct Buffer([MaybeUninit<u8>; BUFFER]);

impl Buffer {
    const fn new() -> Self {
        Self([MaybeUninit::uninit(); BUFFER])
    }

    fn start(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }
}

/// What blocks are made in.
pub(super) struct Buffers {
    native: Buffer,
    widened: Buffer,
}

impl Buffers {
    /// Buffers that hold nothing yet: they cost nothing where nothing goes through them.
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Self { native: Buffer::new(), widened: Buffer::new() }
    }
}

/// What makes blocks of lines of one encoding.
pub(super) struct Blocks<'a> {
    encoding: Encoding,
    wide: Option<Wide>,
    buffers: &'a mut Buffers,
}

impl<'a> Blocks<'a> {
    /// Blocks of elements as they are, or of the numbers that they consist of, made wider.
    #[inline]
    pub(super) fn new(encoding: Encoding, wide: Option<Wide>, buffers: &'a mut Buffers) -> Self {
        Self { encoding, wide, buffers }
    }

    /// How many elements of some lines fit a block: all of them where they are looked at in place.
    #[inline]
    pub(super) fn most(&self, lines: &Lines<1>) -> usize {
        let in_place = lines.lines == 1
            && lines.strides == [self.encoding.size as isize]
            && self.encoding.turned() == 1
            && self.wide.is_none();
        let widened = self.wide.map_or(1, |wide| wide.size() * self.encoding.parts());
        if in_place { usize::MAX } else { BUFFER / self.encoding.size.max(widened) }
    }

    /// All elements of some lines, not more than fit a block, as a block: valid until the next one.
    ///
    /// # Safety
    /// The elements of the lines are valid for reads.
    #[inline]
    pub(super) unsafe fn block(&mut self, lines: Lines<1>) -> *const u8 {
        let Encoding { size, .. } = self.encoding;
        let turned = self.encoding.turned();
        let (count, step) = (lines.lines * lines.length, size as isize);
        let native = self.buffers.native.start();
        let [start] = lines.starts;
        // SAFETY: the lines are as the caller says, and the buffers have room for as many elements.
        // Each is written before it is read.
        unsafe {
            let mut block = start.cast_const();
            if lines.lines > 1 || lines.strides != [step] {
                let gathered = Lines {
                    starts: [native, start],
                    strides: [step, lines.strides[0]],
                    apart: [step * lines.length as isize, lines.apart[0]],
                    length: lines.length,
                    lines: lines.lines,
                };
                line::copy(gathered, size);
                if turned > 1 {
                    swap::in_place(native, count * size, turned);
                }
                block = native;
            } else if turned > 1 {
                swap::copy(native, start, count * size, turned);
                block = native;
            }
            if let Some(wide) = self.wide {
                let widened = self.buffers.widened.start();
                let parts = count * self.encoding.parts();
                widen::widen(block, self.encoding.of_part(), parts, wide, widened);
                block = widened;
            }
            block
        }
    }
}
