//! Copying runs of elements with any strides.
//!
//! If elements are contiguous on both sides, a run is one copy of bytes. Otherwise an element is
//! moved as the integer of its size, and for the most common strides there are loops that compilers
//! can vectorise, because the stride is a constant: every element in reverse, every second, third,
//! fourth and eighth, and always the same one. All of these write to contiguous memory. Every
//! second, fourth or eighth is a narrowing: integers as wide as the stride are loaded, and the
//! element is their first bytes. Other strides are taken element by element (gather instructions
//! are slower than loads), and elements of other sizes by a copy of bytes each.

#![allow(unsafe_code)]

use crate::kernels::runs::Runs;
use crate::kernels::simd::{Kernel, Width, run};
use num_traits::{AsPrimitive, PrimInt};
use std::marker::PhantomData;

/// Copies every element of some runs.
///
/// # Safety
/// All elements, of `itemsize` bytes, are valid for writes in the target and for reads in the
/// source, and none of the target's overlaps the source.
pub(crate) unsafe fn copy_strided(runs: Runs, itemsize: usize) {
    if runs.length == 0 {
        return;
    }
    if runs.strides == [itemsize as isize; 2] {
        for [target, source] in runs.iter_starts() {
            // SAFETY: the elements of a run, which the caller guarantees, are contiguous.
            unsafe { target.copy_from_nonoverlapping(source, runs.length * itemsize) };
        }
        return;
    }
    // SAFETY: the caller guarantees the runs; the size of the integer is the itemsize, and no run
    // is empty.
    unsafe {
        match itemsize {
            1 => copy_sized::<u8>(runs),
            2 => copy_sized::<u16>(runs),
            4 => copy_sized::<u32>(runs),
            8 => copy_sized::<u64>(runs),
            16 => copy_sized::<u128>(runs),
            _ => copy_plain(runs, itemsize),
        }
    }
}

/// Copies elements of the size of a `B`, with vectors if there is a loop for the strides.
///
/// # Safety
/// The same as for [`copy_strided`], the itemsize being the size of a `B`; no run is empty.
unsafe fn copy_sized<B: Copy>(runs: Runs) {
    let size = size_of::<B>() as isize;
    let [to, from] = runs.strides;
    // How many elements the source's stride is, if the target is contiguous.
    let step = if to == size && from % size == 0 { from / size } else { isize::MAX };
    macro_rules! narrowed {
        ($wide:ty, $narrow:ty) => {
            run(NarrowCopy::<$wide, $narrow>(runs, PhantomData))
        };
    }
    // SAFETY: the caller guarantees the runs. The target is contiguous, and the source's stride is
    // the size of a wide integer, or as many elements as the kernel is for.
    unsafe {
        match (size, step) {
            (..16, -1) => run(Reversed::<B>(runs, PhantomData)),
            (_, 0) => run(Repeated::<B>(runs, PhantomData)),
            (1, 2) => narrowed!(u16, u8),
            (1, 4) => narrowed!(u32, u8),
            (1, 8) => narrowed!(u64, u8),
            (2, 2) => narrowed!(u32, u16),
            (2, 4) => narrowed!(u64, u16),
            (4, 2) => narrowed!(u64, u32),
            (..8, 3) => run(EveryThird::<B>(runs, PhantomData)),
            _ => copy_scattered::<B>(runs),
        }
    }
}

/// Copies elements that are in reverse in the source.
struct Reversed<B>(Runs, PhantomData<B>);

impl<B: Copy> Kernel for Reversed<B> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        // SAFETY: the caller guarantees the runs.
        unsafe { copy_stepped::<B, -1>(self.0) };
    }
}

/// Copies every third element, such as one channel of an image. The widest vectors are slower at
/// it.
struct EveryThird<B>(Runs, PhantomData<B>);

impl<B: Copy> Kernel for EveryThird<B> {
    type Output = ();
    const WIDEST: Width = Width::Avx2;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        // SAFETY: the caller guarantees the runs.
        unsafe { copy_stepped::<B, 3>(self.0) };
    }
}

/// Copies runs that are contiguous in the target and take every `STEP`th element of the source.
///
/// # Safety
/// The same as for [`copy_strided`], the itemsize being the size of a `B`.
#[inline(always)]
unsafe fn copy_stepped<B: Copy, const STEP: isize>(runs: Runs) {
    for [target, source] in runs.iter_starts() {
        let (target, source) = (target.cast::<B>(), source.cast::<B>());
        for index in 0..runs.length {
            let from = source.wrapping_offset(STEP.wrapping_mul(index as isize));
            // SAFETY: both are elements of a run, which the caller guarantees; the accesses need no
            // alignment.
            unsafe { target.add(index).write_unaligned(from.read_unaligned()) };
        }
    }
}

/// Copies every second, fourth or eighth element: integers `W` of the size of the stride are
/// narrowed to integers `B` of the size of an element. This reads what lies between two elements,
/// which belongs to the same memory, but nothing after the last one.
struct NarrowCopy<W, B>(Runs, PhantomData<(W, B)>);

impl<W, B> NarrowCopy<W, B> {
    /// The element is the first bytes in memory of the wide integer: on a little-endian machine its
    /// lowest bits, on a big-endian one its highest.
    const SHIFT: usize =
        if cfg!(target_endian = "big") { 8 * (size_of::<W>() - size_of::<B>()) } else { 0 };
}

impl<W: PrimInt + AsPrimitive<B>, B: Copy + 'static> Kernel for NarrowCopy<W, B> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for [target, source] in self.0.iter_starts() {
            let (target, last) = (target.cast::<B>(), self.0.length - 1);
            for index in 0..last {
                // SAFETY: the caller guarantees both elements and the one after, up to which the
                // source's memory is valid. The accesses need no alignment.
                unsafe {
                    let wide = source.cast::<W>().add(index).read_unaligned();
                    target.add(index).write_unaligned((wide >> Self::SHIFT).as_());
                }
            }
            // SAFETY: the last element alone, which the caller guarantees.
            unsafe {
                let element = source.cast::<W>().add(last).cast::<B>().read_unaligned();
                target.add(last).write_unaligned(element);
            }
        }
    }
}

/// Copies, for each run, one element of the source to all places of the target's.
struct Repeated<B>(Runs, PhantomData<B>);

impl<B: Copy> Kernel for Repeated<B> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for [target, source] in self.0.iter_starts() {
            // SAFETY: the caller guarantees the runs, which are not empty; the accesses need no
            // alignment.
            unsafe {
                let element = source.cast::<B>().read_unaligned();
                for index in 0..self.0.length {
                    target.cast::<B>().add(index).write_unaligned(element);
                }
            }
        }
    }
}

/// Copies elements one at a time, with any strides. Not a kernel for every width, because compilers
/// use the scatter instructions of wider vectors, which take longer.
///
/// # Safety
/// The same as for [`copy_strided`], the itemsize being the size of a `B`.
#[inline(never)]
unsafe fn copy_scattered<B: Copy>(runs: Runs) {
    /// Elements of a round. The places of one do not depend on those of another, so that the
    /// processor moves them at the same time.
    const ROUND: usize = 8;
    let [to, from] = runs.strides;
    for [mut target, mut source] in runs.iter_starts() {
        for _ in 0..runs.length / ROUND {
            for index in 0..ROUND as isize {
                let target = target.wrapping_offset(to.wrapping_mul(index));
                let source = source.wrapping_offset(from.wrapping_mul(index));
                // SAFETY: the caller guarantees the elements of a run; the accesses need no
                // alignment.
                unsafe { target.cast::<B>().write_unaligned(source.cast::<B>().read_unaligned()) };
            }
            target = target.wrapping_offset(to.wrapping_mul(ROUND as isize));
            source = source.wrapping_offset(from.wrapping_mul(ROUND as isize));
        }
        for _ in 0..runs.length % ROUND {
            // SAFETY: as above.
            unsafe { target.cast::<B>().write_unaligned(source.cast::<B>().read_unaligned()) };
            target = target.wrapping_offset(to);
            source = source.wrapping_offset(from);
        }
    }
}

/// Copies elements of any size by the plain loop, which all others must agree with.
///
/// # Safety
/// The same as for [`copy_strided`].
unsafe fn copy_plain(runs: Runs, itemsize: usize) {
    let [to, from] = runs.strides;
    for [mut target, mut source] in runs.iter_starts() {
        for _ in 0..runs.length {
            // SAFETY: the caller guarantees the elements of a run.
            unsafe { target.copy_from_nonoverlapping(source, itemsize) };
            target = target.wrapping_offset(to);
            source = source.wrapping_offset(from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Runs, copy_plain, copy_strided};

    #[test]
    fn every_stride_is_copied_as_by_the_plain_loop() {
        let memory: Vec<u8> = (0..8192_u32).map(|index| (index ^ (index >> 8)) as u8).collect();
        let sizes = [1_usize, 2, 3, 4, 8, 16, 24];
        for (size, step) in
            sizes.into_iter().flat_map(|size| (-3..=8).map(move |step| (size, step)))
        {
            for (length, more) in [0, 1, 2, 17, 20].into_iter().flat_map(|n| [(n, 0), (n, 1)]) {
                let source = (&raw const memory[4096]).cast_mut();
                let strides = [size as isize, step * size as isize + more];
                let copied = |copy: unsafe fn(Runs, usize)| {
                    let mut target = vec![0; 2 * length * size];
                    let runs = Runs {
                        starts: [target.as_mut_ptr(), source],
                        strides,
                        length,
                        outer_strides: [(length * size) as isize, 5],
                        count: 2,
                    };
                    // SAFETY: the target has room for two runs, and the source's elements lie
                    // within 20 * (8 * 24 + 1) + 5 + 24 bytes on either side of the middle.
                    unsafe { copy(runs, size) };
                    target
                };
                assert_eq!(copied(copy_strided), copied(copy_plain));
            }
        }
    }
}
