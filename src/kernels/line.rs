//! Copying the elements of straight lines, whatever the steps from one to the next.

#![allow(unsafe_code)]

use super::ahead;
use super::width::{Kernel, Width, run};
use crate::view::Run;
use std::marker::PhantomData;

/// Lines of elements, side by side, in `N` views; in copies the first is the target, the second the
/// source. Steps are in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines<const N: usize = 2> {
    pub(super) starts: [*mut u8; N],
    /// From an element to the next one of its line.
    pub(super) strides: [isize; N],
    pub(super) length: usize,
    /// From a line to the next one.
    pub(super) apart: [isize; N],
    pub(super) lines: usize,
}

impl<const N: usize> Lines<N> {
    /// One line.
    #[inline]
    pub(super) fn of(run: Run<N>) -> Self {
        let Run { starts, strides, length } = run;
        Self { starts, strides, length, apart: [0; N], lines: 1 }
    }

    /// The lines as they are in one of the views.
    #[inline]
    pub(super) fn in_view(&self, view: usize) -> Lines<1> {
        Lines {
            starts: [self.starts[view]],
            strides: [self.strides[view]],
            length: self.length,
            apart: [self.apart[view]],
            lines: self.lines,
        }
    }

    /// Some of the lines.
    fn some(&self, first: usize, lines: usize) -> Self {
        Self { starts: self.line(first), lines, ..*self }
    }

    /// Some elements of one line.
    pub(super) fn part(&self, line: usize, first: usize, length: usize) -> Self {
        let mut starts = self.line(line);
        for (start, stride) in starts.iter_mut().zip(self.strides) {
            *start = start.wrapping_offset(stride.wrapping_mul(first as isize));
        }
        Self { starts, length, lines: 1, ..*self }
    }

    /// Calls `body` with pieces of no more than `most` elements, one after the other, until it says
    /// `false`: lines as a whole where several fit, else parts of a line.
    #[inline]
    pub(super) fn pieces(&self, most: usize, mut body: impl FnMut(Self) -> bool) {
        if self.length == 0 {
            return;
        }
        let fit = most / self.length;
        if self.lines > 1 && fit > 1 {
            for first in (0..self.lines).step_by(fit) {
                if !body(self.some(first, fit.min(self.lines - first))) {
                    return;
                }
            }
            return;
        }
        for line in 0..self.lines {
            for first in (0..self.length).step_by(most.min(self.length)) {
                if !body(self.part(line, first, most.min(self.length - first))) {
                    return;
                }
            }
        }
    }

    /// The start of a line.
    #[inline(always)]
    pub(super) fn line(&self, index: usize) -> [*mut u8; N] {
        let mut starts = self.starts;
        for (start, apart) in starts.iter_mut().zip(self.apart) {
            *start = start.wrapping_offset(apart.wrapping_mul(index as isize));
        }
        starts
    }
}

/// Copies every element of some lines.
///
/// # Safety
/// All elements, of `itemsize` bytes, are valid for writes in the target and for reads in the
/// source, and none of the target lies in the source.
pub(super) unsafe fn copy(lines: Lines, itemsize: usize) {
    if lines.length == 0 {
        return;
    }
    if lines.strides == [itemsize as isize; 2] {
        for [target, source] in (0..lines.lines).map(|index| lines.line(index)) {
            // SAFETY: the elements of a line are adjacent; for the rest as the caller says.
            unsafe { ahead::copy(target, source, lines.length * itemsize) };
        }
        return;
    }
    // SAFETY: as the caller says; the size of the integer is the itemsize.
    unsafe {
        match itemsize {
            1 => copy_sized::<u8>(lines),
            2 => copy_sized::<u16>(lines),
            4 => copy_sized::<u32>(lines),
            8 => copy_sized::<u64>(lines),
            16 => copy_sized::<u128>(lines),
            _ => copy_any(lines, itemsize),
        }
    }
}

/// Copies elements of the size of a `B`: with vectors where the target's are adjacent and the
/// source's are near enough.
///
/// # Safety
/// As for [`copy`].
unsafe fn copy_sized<B: Copy>(lines: Lines) {
    let size = size_of::<B>() as isize;
    let [down, across] = lines.strides;
    let steps = if down == size && across % size == 0 { across / size } else { isize::MAX };
    macro_rules! every {
        ($wide:ty, $narrow:ty) => {
            run(EveryOther::<$wide, $narrow>(lines, PhantomData))
        };
    }
    // SAFETY: as the caller says. The source's steps are the size of the wider integers, and the
    // elements' size that of the narrower ones.
    unsafe {
        match (size, steps) {
            (..16, -1) => run(Reversed::<B>(lines, PhantomData)),
            (_, 0) => run(Repeated::<B>(lines, PhantomData)),
            (1, 2) => every!(u16, u8),
            (1, 4) => every!(u32, u8),
            (1, 8) => every!(u64, u8),
            (2, 2) => every!(u32, u16),
            (2, 4) => every!(u64, u16),
            (4, 2) => every!(u64, u32),
            (..8, 3) => run(EveryThird::<B>(lines, PhantomData)),
            _ => copy_scattered::<B>(lines),
        }
    }
}

/// Elements that stand in the source in the opposite order.
struct Reversed<B>(Lines, PhantomData<B>);

impl<B: Copy> Kernel for Reversed<B> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        // SAFETY: as the caller says.
        unsafe { copy_stepped::<B, -1>(self.0) };
    }
}

/// Every third element, as of the channels of an image. The widest vectors are slower at it.
struct EveryThird<B>(Lines, PhantomData<B>);

impl<B: Copy> Kernel for EveryThird<B> {
    type Output = ();
    const WIDEST: Width = Width::Avx2;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        // SAFETY: as the caller says.
        unsafe { copy_stepped::<B, 3>(self.0) };
    }
}

/// Copies lines whose elements are adjacent in the target, and so many of their own size apart in
/// the source.
///
/// # Safety
/// As for [`copy`], the itemsize being the size of a `B`.
#[inline(always)]
unsafe fn copy_stepped<B: Copy, const STEP: isize>(lines: Lines) {
    for [target, source] in (0..lines.lines).map(|index| lines.line(index)) {
        let (target, source) = (target.cast::<B>(), source.cast::<B>());
        for index in 0..lines.length {
            let from = source.wrapping_offset(STEP.wrapping_mul(index as isize));
            // SAFETY: as the caller says; nothing is asked of the alignment.
            unsafe { target.add(index).write_unaligned(from.read_unaligned()) };
        }
    }
}

/// Every second, fourth or eighth element: integers of the size `W` of a step, cut down to those of
/// the size `B` of an element. This reads what lies between two elements, but nothing beyond the
/// last one.
struct EveryOther<W, B>(Lines, PhantomData<(W, B)>);

/// An integer whose first bytes in memory are a `B`.
trait Cut<B>: Copy {
    fn cut(self) -> B;
}

macro_rules! cut {
    ($($wide:ty: $($narrow:ty)*;)*) => {
        $($(impl Cut<$narrow> for $wide {
            #[inline(always)]
            fn cut(self) -> $narrow {
                self.to_le() as $narrow
            }
        })*)*
    };
}
cut! {
    u16: u8;
    u32: u8 u16;
    u64: u8 u16 u32;
}

impl<W: Cut<B>, B: Copy> Kernel for EveryOther<W, B> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.0.lines {
            let [target, source] = self.0.line(index);
            let (target, last) = (target.cast::<B>(), self.0.length - 1);
            for index in 0..last {
                // SAFETY: as the caller says; another element follows, so that the step lies
                // between two of them. Nothing is asked of the alignment.
                unsafe {
                    let step = source.cast::<W>().add(index).read_unaligned();
                    target.add(index).write_unaligned(step.cut());
                }
            }
            // SAFETY: the last element alone.
            unsafe {
                let element = source.cast::<W>().add(last).cast::<B>().read_unaligned();
                target.add(last).write_unaligned(element);
            }
        }
    }
}

/// One element for each line, to be copied to all of its places, which are side by side.
struct Repeated<B>(Lines, PhantomData<B>);

impl<B: Copy> Kernel for Repeated<B> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.0.lines {
            let [target, source] = self.0.line(index);
            // SAFETY: as the caller says; nothing is asked of the alignment.
            unsafe {
                let element = source.cast::<B>().read_unaligned();
                for index in 0..self.0.length {
                    target.cast::<B>().add(index).write_unaligned(element);
                }
            }
        }
    }
}

/// Copies elements one at a time, with any steps. Not a kernel for every width: wider vectors have
/// instructions for it that take longer.
///
/// # Safety
/// As for [`copy`], the itemsize being the size of a `B`.
#[inline(never)]
unsafe fn copy_scattered<B: Copy>(lines: Lines) {
    let [down, across] = lines.strides;
    for [mut target, mut source] in (0..lines.lines).map(|index| lines.line(index)) {
        for _ in 0..lines.length {
            // SAFETY: as the caller says; nothing is asked of the alignment.
            unsafe { target.cast::<B>().write_unaligned(source.cast::<B>().read_unaligned()) };
            target = target.wrapping_offset(down);
            source = source.wrapping_offset(across);
        }
    }
}

/// Copies elements of any size: the plain loop.
///
/// # Safety
/// As for [`copy`].
unsafe fn copy_any(lines: Lines, itemsize: usize) {
    let [down, across] = lines.strides;
    for [mut target, mut source] in (0..lines.lines).map(|index| lines.line(index)) {
        for _ in 0..lines.length {
            // SAFETY: as the caller says.
            unsafe { target.copy_from_nonoverlapping(source, itemsize) };
            target = target.wrapping_offset(down);
            source = source.wrapping_offset(across);
        }
    }
}
