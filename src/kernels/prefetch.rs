//! Prefetching: requesting memory some time before it is read. All prefetches are in this file.
//!
//! Processors prefetch by themselves while memory is read in order, but no further than to the end
//! of a page: at the start of the next page they wait if it is in no cache. A prefetch across that
//! border avoids the wait. It is a hint, so no result depends on it; to turn it off, empty
//! [`prefetch`], and make [`for_each_index`] and [`copy_nonoverlapping`] the plain loop and the
//! plain copy that their names promise.
//!
//! What it gains depends on the processor's maker, so it must be measured on more than one.

#![allow(unsafe_code)]

/// How many bytes ahead of what is being read is prefetched.
pub(crate) const DISTANCE: usize = 8192;

/// Bytes that are copied between two prefetches.
const COPY_STEP: usize = 2048;

/// Bytes that are read between two prefetches in a loop that also writes: processors have room for
/// few outstanding reads.
const LOOP_STEP: usize = 512;

/// Bytes from which on a prefetch pays if as much is written. Less than that is in a cache, or in
/// fresh memory that the system has just cleared.
const MIN_BYTES: usize = 4 << 20;

/// Bytes of a cache line.
const CACHE_LINE: usize = 64;

/// Prefetches `length` bytes from `start` on, which need not be valid.
#[inline(always)]
pub(crate) fn prefetch(start: *const u8, length: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..length).step_by(CACHE_LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 has the instruction, which neither reads nor writes memory and
        // ignores addresses that are not mapped.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (start, length, CACHE_LINE);
}

/// Calls `body` with every index below `count`, in order: the indices of elements that are
/// contiguous from `source` on and that are converted to as many of type `B`. If there are many,
/// prefetches later ones, unless those of `B` are larger: then the writes take the time, and a
/// prefetch delays them.
#[inline(always)]
pub(crate) fn for_each_index<A, B>(source: *const A, count: usize, mut body: impl FnMut(usize)) {
    let size = size_of::<A>();
    let (step, distance) = ((LOOP_STEP / size).max(1), DISTANCE / size);
    let mut first = 0;
    if size >= size_of::<B>() && count >= MIN_BYTES / size {
        while count - first >= step + distance {
            prefetch(source.wrapping_add(first + distance).cast(), step * size);
            for index in first..first + step {
                body(index);
            }
            first += step;
        }
    }
    for index in first..count {
        body(index);
    }
}

/// Copies bytes. If there are many, copies a step at a time and prefetches later ones.
///
/// # Safety
/// `target` is valid for writes of `length` bytes and `source` for reads; they do not overlap.
#[inline]
pub(crate) unsafe fn copy_nonoverlapping(target: *mut u8, source: *const u8, length: usize) {
    let step = if length < MIN_BYTES { length } else { COPY_STEP };
    let mut done = 0;
    while done < length {
        let next = step.min(length - done);
        if length - done >= next + DISTANCE {
            prefetch(target.wrapping_add(done + next), COPY_STEP);
            prefetch(source.wrapping_add(done + DISTANCE), COPY_STEP);
        }
        // SAFETY: `done + next <= length`, so both ranges lie within those that the caller
        // guarantees.
        unsafe { target.add(done).copy_from_nonoverlapping(source.add(done), next) };
        done += next;
    }
}
