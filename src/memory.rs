//! Memory of our own: what a copy is written into.

#![allow(unsafe_code)]

use crate::error::{Error, Result};
use std::cell::UnsafeCell;

/// The alignment that every element type is content with, and the largest for which the system's
/// allocator has zeroed memory without writing it.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Block([u8; 16]);

/// Zeroed bytes on the heap, aligned to 16, that are stored into through pointers.
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
    blocks: Box<[UnsafeCell<Block>]>,
    length: usize,
}

impl Memory {
    /// Memory of `length` bytes, all 0.
    ///
    /// # Errors
    /// One that [`is_too_large`](Error::is_too_large) where there is not so much memory.
    pub fn zeroed(length: usize) -> Result<Self> {
        let too_large = || Error::too_large(format!("no memory for {length} bytes"));
        let count = length.div_ceil(size_of::<Block>());
        let layout = std::alloc::Layout::array::<Block>(count).map_err(|_| too_large())?;
        if layout.size() == 0 {
            return Ok(Self { blocks: Box::default(), length });
        }
        // SAFETY: the layout has a size. The zeroed bytes are `count` valid blocks, which the box
        // then owns, with the layout that it will free them by.
        let blocks = unsafe {
            let start = std::alloc::alloc_zeroed(layout).cast::<UnsafeCell<Block>>();
            if start.is_null() {
                return Err(too_large());
            }
            Box::from_raw(std::ptr::slice_from_raw_parts_mut(start, count))
        };
        Ok(Self { blocks, length })
    }

    /// Memory of `length` bytes that `write` writes, given its start.
    ///
    /// # Errors
    /// Those of `write`; one that [`is_too_large`](Error::is_too_large) where there is not so much
    /// memory.
    ///
    /// # Safety
    /// Where it is no error, `write` has written all bytes.
    pub(crate) unsafe fn written(
        length: usize,
        write: impl FnOnce(*mut u8) -> Result<()>,
    ) -> Result<Self> {
        let memory = Self::zeroed(length)?;
        write(memory.start())?;
        Ok(memory)
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
