//! Memory of our own: what a copy is written into.

#![allow(unsafe_code)]

use crate::error::{Error, Result};
use std::alloc;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;

/// The alignment that every element type is content with, and the largest for which the system's
/// allocator has zeroed memory without writing it.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Block([u8; 16]);

/// Bytes on the heap, aligned to 16, that are stored into through pointers.
///
/// # Examples
/// ```
/// use consumer::memory::Memory;
/// let memory = Memory::zeroed(100).unwrap();
/// assert_eq!(memory.len(), 100);
/// assert_eq!(memory.start() as usize % 16, 0);
/// assert!(Memory::zeroed(usize::MAX).unwrap_err().is_too_large());
/// ```
pub struct Memory {
    blocks: Box<[UnsafeCell<MaybeUninit<Block>>]>,
    length: usize,
}

impl Memory {
    /// Memory of `length` bytes, all 0.
    ///
    /// # Errors
    /// One that [`is_too_large`](Error::is_too_large) where there is not so much memory.
    pub fn zeroed(length: usize) -> Result<Self> {
        Self::allocated(length, |layout| {
            // SAFETY: the layout has a size.
            unsafe { alloc::alloc_zeroed(layout) }
        })
    }

    /// Memory of `length` bytes that `write` writes, given its start.
    ///
    /// # Errors
    /// Those of `write`; one that [`is_too_large`](Error::is_too_large) where there is not so much
    /// memory.
    ///
    /// # Safety
    /// Where it is no error, `write` has written all bytes.
    pub unsafe fn written<E: From<Error>>(
        length: usize,
        write: impl FnOnce(*mut u8) -> Result<(), E>,
    ) -> Result<Self, E> {
        let memory = Self::allocated(length, |layout| {
            // SAFETY: the layout has a size.
            unsafe { alloc::alloc(layout) }
        })?;
        advise_huge(memory.start(), length);
        write(memory.start())?;
        Ok(memory)
    }

    /// Memory of `length` bytes from `allocate`, which is only called for some.
    fn allocated(length: usize, allocate: impl FnOnce(alloc::Layout) -> *mut u8) -> Result<Self> {
        let too_large = || Error::too_large(format!("no memory for {length} bytes"));
        let count = length.div_ceil(size_of::<Block>());
        let layout = alloc::Layout::array::<Block>(count).map_err(|_| too_large())?;
        if layout.size() == 0 {
            return Ok(Self { blocks: Box::default(), length });
        }
        let start = allocate(layout).cast::<UnsafeCell<MaybeUninit<Block>>>();
        if start.is_null() {
            return Err(too_large());
        }
        // SAFETY: the allocation is of `count` blocks, which need not be initialised; the box owns
        // it from now on, and frees it by the layout that it has.
        let blocks = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(start, count)) };
        Ok(Self { blocks, length })
    }

    /// The first byte.
    #[must_use]
    pub fn start(&self) -> *mut u8 {
        self.blocks.as_ptr().cast_mut().cast()
    }

    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// Asks for huge pages for memory that is large and about to be written: where it is fresh, the system
/// then clears it in two thirds of the time or less. For what the allocator has from before it costs
/// nothing to speak of; smaller memory has few such pages or none within it.
#[cfg(target_os = "linux")]
pub fn advise_huge(start: *mut u8, length: usize) {
    const LARGE: usize = 4 << 20;
    const PAGE: usize = 2 << 20;
    if length < LARGE {
        return;
    }
    let before = start.align_offset(PAGE);
    let whole = (length - before.min(length)) & !(PAGE - 1);
    // SAFETY: the pages lie in the memory, and what they hold stays as it is. It is advice: where it
    // is not taken nothing happens, so that the result does not matter.
    unsafe { libc::madvise(start.wrapping_add(before).cast(), whole, libc::MADV_HUGEPAGE) };
}

/// Only Linux is asked.
#[cfg(not(target_os = "linux"))]
pub fn advise_huge(_start: *mut u8, _length: usize) {}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory")
            .field("start", &self.start())
            .field("length", &self.length)
            .finish()
    }
}

// SAFETY: the bytes are only reached through the pointer of `start`, and whoever follows that
// vouches for the threads that do.
unsafe impl Sync for Memory {}
