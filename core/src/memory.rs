//! Memory that this crate owns: what copies are written into.
//!
//! [`Memory`] is uninitialised or zeroed bytes that are only accessed through raw pointers, so that
//! arrays may store into it while other arrays over it exist. It does not implement `Deref`, and no
//! safe function reads or writes through a `&Memory`.

#![allow(unsafe_code)]

use std::alloc;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;

use crate::error::{Error, Result};

/// What the allocator is asked for: blocks of the largest alignment for which the system's provides
/// zeroed memory without writing it.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Block([u8; 16]);

/// The alignment of the memory: that of a cache line and of the widest vectors, which JAX asks of
/// memory that it is to share.
const ALIGNMENT: usize = 64;

/// The blocks to be allocated in addition, so that an aligned address is among the first ones.
const SPARE: usize = ALIGNMENT / size_of::<Block>() - 1;

/// Bytes on the heap, aligned to 64, that are accessed through pointers.
///
/// It may be shared between threads, because a shared reference gives no access to the bytes: an
/// array takes the memory by value, and neither the array nor another one over the same memory can
/// leave its thread.
///
/// ```compile_fail,E0277
/// use consumer::AnyArray;
///
/// let array = AnyArray::from_bytes(&[1, 2], c"B", &[2]).unwrap();
/// let other = array.clone();
/// // Stores through one array would race with loads through the other.
/// std::thread::spawn(move || other.assign(&other));
/// ```
///
/// ```compile_fail,E0382
/// use consumer::memory::Memory;
/// use consumer::{AnyArray, Layout};
///
/// let (memory, layout) = (Memory::zeroed(2).unwrap(), Layout::contiguous(&[2], 1).unwrap());
/// let array = AnyArray::from_memory(memory, layout.clone(), c"B".into()).unwrap();
/// // A second array over the same memory, which could be made in another thread.
/// let other = AnyArray::from_memory(memory, layout, c"B".into()).unwrap();
/// ```
///
/// # Examples
/// ```
/// use consumer::memory::Memory;
/// let memory = Memory::zeroed(100).unwrap();
/// assert_eq!(memory.len(), 100);
/// assert_eq!(memory.start() as usize % 64, 0);
/// assert!(Memory::zeroed(usize::MAX).unwrap_err().is_too_large());
/// ```
pub struct Memory {
    /// What was allocated, and will be freed. The memory begins at the first aligned address in it.
    blocks: Box<[UnsafeCell<MaybeUninit<Block>>]>,
    length: usize,
}

impl Memory {
    /// Allocates `length` bytes, all 0.
    ///
    /// # Errors
    /// Returns an error with [`is_too_large`](Error::is_too_large) if there is not enough memory.
    pub fn zeroed(length: usize) -> Result<Self> {
        Self::allocated(length, |layout| {
            // SAFETY: `allocated` passes a layout whose size is not 0.
            unsafe { alloc::alloc_zeroed(layout) }
        })
    }

    /// Allocates `length` bytes and initialises them with `write`, which gets their start.
    ///
    /// # Errors
    /// Returns the errors of `write`, and one with [`is_too_large`](Error::is_too_large) if there
    /// is not enough memory.
    ///
    /// # Safety
    /// If `write` returns no error, it has written all bytes.
    #[doc(hidden)]
    pub unsafe fn written<E: From<Error>>(
        length: usize,
        write: impl FnOnce(*mut u8) -> Result<(), E>,
    ) -> Result<Self, E> {
        let memory = Self::allocated(length, |layout| {
            // SAFETY: `allocated` passes a layout whose size is not 0.
            unsafe { alloc::alloc(layout) }
        })?;
        advise_huge(memory.start(), length);
        write(memory.start())?;
        Ok(memory)
    }

    /// Gets room for `length` bytes from `allocate`, which is called only with a layout whose size
    /// is not 0.
    fn allocated(length: usize, allocate: impl FnOnce(alloc::Layout) -> *mut u8) -> Result<Self> {
        let too_large = || Error::no_memory(format!("no memory for {length} bytes"));
        if length == 0 {
            return Ok(Self { blocks: Box::default(), length });
        }
        // A number of blocks is far below the largest `usize`.
        let count = length.div_ceil(size_of::<Block>()) + SPARE;
        let layout = alloc::Layout::array::<Block>(count).map_err(|_| too_large())?;
        let start = allocate(layout).cast::<UnsafeCell<MaybeUninit<Block>>>();
        if start.is_null() {
            return Err(too_large());
        }
        // SAFETY: the allocation is not null and was made by the global allocator with the layout
        // of `count` blocks, which is the layout of this box. Nothing else owns it. The blocks are
        // `MaybeUninit`, so they need not be initialised.
        let blocks = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(start, count)) };
        Ok(Self { blocks, length })
    }

    /// Returns the address of the first byte, a multiple of 64.
    ///
    /// The memory lies within what was allocated: an allocation begins with an aligned block, so
    /// that the next multiple of 64 is at most `SPARE` blocks further, and so many blocks were
    /// added to those that `length` bytes take. Without bytes it is an address of nothing.
    #[must_use]
    #[inline]
    pub fn start(&self) -> *mut u8 {
        let first = self.blocks.as_ptr().cast_mut().cast::<u8>();
        first.wrapping_add(first.align_offset(ALIGNMENT))
    }

    /// Returns the number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Returns whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// Requests huge pages for large memory that is about to be written. If it is fresh, the kernel
/// then has far fewer page faults to serve while it clears the memory. If the allocator had it
/// already, the request costs next to nothing. Smaller memory contains few huge pages or none.
#[doc(hidden)]
#[cfg(target_os = "linux")]
pub fn advise_huge(start: *mut u8, length: usize) {
    const LARGE: usize = 4 << 20;
    const PAGE: usize = 2 << 20;
    if length < LARGE {
        return;
    }
    let before = start.align_offset(PAGE);
    let whole = (length - before.min(length)) & !(PAGE - 1);
    // SAFETY: the pages lie within the memory, and the advice does not change their contents. The
    // result does not matter, because nothing depends on whether the advice is taken.
    unsafe { libc::madvise(start.wrapping_add(before).cast(), whole, libc::MADV_HUGEPAGE) };
}

/// Does nothing: only Linux takes this advice.
#[doc(hidden)]
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

// SAFETY: through a `&Memory` safe code can only call `start`, `len` and `is_empty` and format it,
// none of which accesses the bytes. Dereferencing the pointer of `start` is unsafe, and whoever
// does so is responsible for other threads. The one safe way to the bytes is
// `AnyArray::from_memory`, which takes the memory by value; what it returns, and every array that
// is made from that, contains a raw pointer and is therefore neither `Send` nor `Sync`.
unsafe impl Sync for Memory {}
