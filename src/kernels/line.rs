//! Copying the elements of straight lines, whatever the steps from one to the next.

#![allow(unsafe_code)]

use super::width::{Kernel, run};

/// Lines of elements to be copied, side by side. Of two numbers the first is the target's, the
/// second the source's; steps are in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    pub(super) starts: [*mut u8; 2],
    /// From an element to the next one of its line.
    pub(super) strides: [isize; 2],
    pub(super) length: usize,
    /// From a line to the next one.
    pub(super) apart: [isize; 2],
    pub(super) lines: usize,
}

impl Lines {
    /// Some elements of one line.
    pub(super) fn part(&self, line: usize, first: usize, length: usize) -> Self {
        let starts = self.line(line);
        let at = |view: usize| {
            starts[view].wrapping_offset(self.strides[view].wrapping_mul(first as isize))
        };
        Self { starts: [at(0), at(1)], length, lines: 1, ..*self }
    }

    /// The start of a line.
    #[inline(always)]
    fn line(&self, index: usize) -> [*mut u8; 2] {
        let [target, source] = self.starts;
        let [down, across] = self.apart.map(|apart| apart.wrapping_mul(index as isize));
        [target.wrapping_offset(down), source.wrapping_offset(across)]
    }
}

/// Copies every element of some lines.
///
/// # Safety
/// All elements, of `itemsize` bytes, are valid for writes in the target and for reads in the
/// source, and none of the target lies in the source.
pub(super) unsafe fn copy(lines: Lines, itemsize: usize) {
    if lines.strides == [itemsize as isize; 2] {
        for [target, source] in (0..lines.lines).map(|index| lines.line(index)) {
            // SAFETY: the elements of a line are adjacent; for the rest as the caller says.
            unsafe { target.copy_from_nonoverlapping(source, lines.length * itemsize) };
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
/// source's as near as makes it worth while.
///
/// # Safety
/// As for [`copy`].
unsafe fn copy_sized<B: Copy>(lines: Lines) {
    let size = size_of::<B>() as isize;
    let step = lines.strides[1] / size;
    // A vector of the widest holds fewer than eight of these.
    let vectors = lines.strides[0] == size && lines.strides[1] == step * size && size < 16;
    // SAFETY: as the caller says; the steps are looked at.
    unsafe {
        match step {
            -1 if vectors => run(Stepped::<B, -1>::new(lines)),
            2 if vectors => run(Stepped::<B, 2>::new(lines)),
            3 if vectors => run(Stepped::<B, 3>::new(lines)),
            4 if vectors => run(Stepped::<B, 4>::new(lines)),
            0 if lines.strides == [size, 0] => run(Repeated::<B>::new(lines)),
            _ => copy_scattered::<B>(lines),
        }
    }
}

/// Elements that are `STEP` of their own size apart, to be copied side by side.
struct Stepped<B, const STEP: isize>(Lines, std::marker::PhantomData<B>);

impl<B, const STEP: isize> Stepped<B, STEP> {
    fn new(lines: Lines) -> Self {
        Self(lines, std::marker::PhantomData)
    }
}

impl<B: Copy, const STEP: isize> Kernel for Stepped<B, STEP> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.0.lines {
            let [target, source] = self.0.line(index);
            let (target, source) = (target.cast::<B>(), source.cast::<B>());
            for index in 0..self.0.length {
                let from = source.wrapping_offset(STEP.wrapping_mul(index as isize));
                // SAFETY: as the caller says; nothing is asked of the alignment.
                unsafe { target.add(index).write_unaligned(from.read_unaligned()) };
            }
        }
    }
}

/// One element for each line, to be copied to all of its places, which are side by side.
struct Repeated<B>(Lines, std::marker::PhantomData<B>);

impl<B> Repeated<B> {
    fn new(lines: Lines) -> Self {
        Self(lines, std::marker::PhantomData)
    }
}

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
