//! The allocator of the module: the system's, with a reserve for when that has no memory.
//!
//! Rust aborts the process where a small allocation fails, such as that of a layout or of the
//! message of the very MemoryError to be raised. So those come from a reserve then, as C++ takes
//! its exceptions from one. It lasts because nothing that stays can be made of it: there are no new
//! views while it is in use and the system still has no memory ([`is_needed`]). Large allocations,
//! whose sizes callers choose, are never made from it: they fail, and the library says so.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU64, Ordering};

/// The size of the reserve.
const SIZE: usize = 256 << 10;

/// The largest allocation that is made from it. The library asks before it makes larger ones.
const LARGEST: usize = 16 << 10;

/// What the system must have again before new views are made.
const ENOUGH: usize = 4 * LARGEST;

struct WithReserve;

#[global_allocator]
static ALLOCATOR: WithReserve = WithReserve;

static RESERVE: Reserve = Reserve {
    bytes: UnsafeCell::new(Bytes([MaybeUninit::uninit(); SIZE])),
    state: AtomicU64::new(0),
};

#[repr(C, align(64))]
struct Bytes([MaybeUninit<u8>; SIZE]);

/// A stack of allocations: those that end last are taken back, and all once there are none.
struct Reserve {
    bytes: UnsafeCell<Bytes>,
    /// How many bytes are taken, and in the upper half how many allocations there are.
    state: AtomicU64,
}

// SAFETY: each byte belongs to one allocation at most, which `state` sees to.
unsafe impl Sync for Reserve {}

impl Reserve {
    /// Returns where an allocation of ours lies.
    #[inline(always)]
    fn offset(&self, pointer: *mut u8) -> Option<usize> {
        let offset = pointer.addr().wrapping_sub(self.bytes.get().addr());
        (offset < SIZE).then_some(offset)
    }

    #[cold]
    fn take(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LARGEST || layout.align() > align_of::<Bytes>() {
            return std::ptr::null_mut();
        }
        let mut start = 0;
        let taken = self.state.fetch_update(Ordering::Acquire, Ordering::Relaxed, |state| {
            let (count, top) = (state >> 32, state as u32 as usize);
            start = top.next_multiple_of(layout.align());
            let end = start + layout.size().max(1);
            (end <= SIZE).then_some((count + 1) << 32 | end as u64)
        });
        match taken {
            Ok(_) => self.bytes.get().cast::<u8>().wrapping_add(start),
            Err(_) => std::ptr::null_mut(),
        }
    }

    #[cold]
    fn give_back(&self, offset: usize, layout: Layout) {
        // It always returns a state.
        let _ = self.state.fetch_update(Ordering::Release, Ordering::Relaxed, |state| {
            let (count, top) = ((state >> 32).saturating_sub(1), state as u32 as usize);
            let is_last = offset + layout.size().max(1) == top;
            let top = match count {
                0 => 0,
                _ if is_last => offset,
                _ => top,
            };
            Some(count << 32 | top as u64)
        });
    }
}

/// Returns whether the reserve is in use, and the system still has no memory to speak of.
#[inline]
pub(crate) fn is_needed() -> bool {
    RESERVE.state.load(Ordering::Relaxed) != 0 && !system_has_memory()
}

#[cold]
fn system_has_memory() -> bool {
    let Ok(layout) = Layout::array::<u8>(ENOUGH) else { return false };
    // SAFETY: the layout has a size; what was allocated by it is freed by it.
    unsafe {
        // The compiler must not leave out an allocation that nobody uses.
        let start = black_box(System.alloc(layout));
        if !start.is_null() {
            System.dealloc(start, layout);
        }
        !start.is_null()
    }
}

// SAFETY: all memory is either the system's, and goes back there, or the reserve's, of which no two
// allocations have the same bytes. Nothing here unwinds.
unsafe impl GlobalAlloc for WithReserve {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller guarantees the layout.
        let start = unsafe { System.alloc(layout) };
        if start.is_null() { RESERVE.take(layout) } else { start }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller guarantees the layout.
        let start = unsafe { System.alloc_zeroed(layout) };
        if !start.is_null() {
            return start;
        }
        let start = RESERVE.take(layout);
        if !start.is_null() {
            // SAFETY: the allocation has as many bytes.
            unsafe { start.write_bytes(0, layout.size()) };
        }
        start
    }

    #[inline]
    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        match RESERVE.offset(start) {
            Some(offset) => RESERVE.give_back(offset, layout),
            // SAFETY: the caller guarantees an allocation of that layout, which is the system's.
            None => unsafe { System.dealloc(start, layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, start: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if RESERVE.offset(start).is_none() {
            // SAFETY: the caller guarantees an allocation of that layout, which is the system's.
            let moved = unsafe { System.realloc(start, layout, size) };
            if !moved.is_null() {
                return moved;
            }
        }
        // SAFETY: the caller guarantees that the size does not overflow with this alignment. Both
        // allocations have as many bytes as the smaller one, and are apart.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(start, layout.size().min(size));
                self.dealloc(start, layout);
            }
            moved
        }
    }
}
