//! Turning bytes around: from the other byte order to this machine's, and back.

#![allow(unsafe_code)]

use super::ahead;
use super::width::{Kernel, run};

/// An integer as wide as what is turned around.
trait Word: Copy {
    fn turned(self) -> Self;
}

macro_rules! words {
    ($($word:ty)*) => {
        $(impl Word for $word {
            #[inline(always)]
            fn turned(self) -> Self {
                self.swap_bytes()
            }
        })*
    };
}
words!(u16 u32 u64 u128);

struct Copied<W> {
    target: *mut W,
    source: *const W,
    count: usize,
}

impl<W: Word> Kernel for Copied<W> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.count {
            // SAFETY: as the caller says; nothing is asked of the alignment.
            unsafe {
                let word = self.source.add(index).read_unaligned();
                self.target.add(index).write_unaligned(word.turned());
            }
        }
    }
}

struct InPlace<W> {
    start: *mut W,
    count: usize,
}

impl<W: Word> Kernel for InPlace<W> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.count {
            // SAFETY: as the caller says; nothing is asked of the alignment.
            unsafe {
                let place = self.start.add(index);
                place.write_unaligned(place.read_unaligned().turned());
            }
        }
    }
}

/// Copies bytes, each `part` of them turned around.
///
/// # Safety
/// `target` and `source` are valid for writes and reads of `length` bytes, and lie apart. The
/// length is a whole number of parts.
pub(super) unsafe fn copy(target: *mut u8, source: *const u8, length: usize, part: usize) {
    macro_rules! copied {
        ($word:ty) => {
            run(Copied::<$word> {
                target: target.cast(),
                source: source.cast(),
                count: length / part,
            })
        };
    }
    // SAFETY: as the caller says.
    unsafe {
        match part {
            2 => copied!(u16),
            4 => copied!(u32),
            8 => copied!(u64),
            16 => copied!(u128),
            1 => ahead::copy(target, source, length),
            _ => {
                target.copy_from_nonoverlapping(source, length);
                any(target, length, part);
            }
        }
    }
}

/// Turns each `part` of some bytes around, in place.
///
/// # Safety
/// As for [`copy`], with the target alone.
pub(super) unsafe fn in_place(start: *mut u8, length: usize, part: usize) {
    macro_rules! in_place {
        ($word:ty) => {
            run(InPlace::<$word> { start: start.cast(), count: length / part })
        };
    }
    // SAFETY: as the caller says.
    unsafe {
        match part {
            2 => in_place!(u16),
            4 => in_place!(u32),
            8 => in_place!(u64),
            16 => in_place!(u128),
            _ => any(start, length, part),
        }
    }
}

/// Turns parts of any size around: the plain loop.
///
/// # Safety
/// As for [`in_place`].
unsafe fn any(start: *mut u8, length: usize, part: usize) {
    for part_start in (0..length).step_by(part) {
        for index in 0..part / 2 {
            let mirrored = part - 1 - index;
            // SAFETY: both bytes lie in the part.
            unsafe { start.add(part_start + index).swap(start.add(part_start + mirrored)) };
        }
    }
}
