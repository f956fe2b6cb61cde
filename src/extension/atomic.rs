//! Loads and stores of elements that others may store to at the same time.
//!
//! They are atomic, in parts as large as the alignment allows, and relaxed: on every machine plain
//! loads and stores, which the compiler neither repeats nor leaves out. So an element of up to
//! eight bytes that is aligned is never half of one value and half of another, and no store by
//! other atomics is a race. What code that is not Rust does is beyond what Rust can promise; that
//! nobody reads anything but old or new bytes is what the machine does.

use std::hint::black_box;
#[cfg(target_has_atomic = "64")]
use std::sync::atomic::AtomicU64;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering::Relaxed};

use super::element::Native;
use crate::element::Scalar;

/// Loads and stores of a number of bytes in parts of a size.
macro_rules! parts {
    ($load:ident $store:ident $atomic:ty, $part:ty) => {
        /// # Safety
        /// The bytes of the scalar are valid for reads, and aligned for the parts, of which they
        /// are a multiple.
        #[inline(always)]
        unsafe fn $load<T: Scalar>(start: *const u8) -> T::Bytes {
            const PART: usize = size_of::<$part>();
            let mut bytes = std::mem::MaybeUninit::<T::Bytes>::uninit();
            for part in 0..T::SIZE / PART {
                // SAFETY: the caller guarantees it. Relaxed loads of no more bytes than a register
                // has may read memory that is read-only. All bytes are written.
                unsafe {
                    let atomic = &*start.cast::<$atomic>().add(part);
                    let target = bytes.as_mut_ptr().cast::<$part>().add(part);
                    target.write_unaligned(atomic.load(Relaxed));
                }
            }
            // SAFETY: the parts are all bytes, of which any are valid.
            unsafe { bytes.assume_init() }
        }

        /// # Safety
        /// The same as for loads, and for writes.
        #[inline(always)]
        unsafe fn $store<T: Scalar>(start: *mut u8, bytes: T::Bytes) {
            const PART: usize = size_of::<$part>();
            for part in 0..T::SIZE / PART {
                // SAFETY: the caller guarantees it.
                unsafe {
                    let source = (&raw const bytes).cast::<$part>().add(part);
                    let atomic = &*start.cast::<$atomic>().add(part);
                    atomic.store(source.read_unaligned(), Relaxed);
                }
            }
        }
    };
}

parts!(load_1 store_1 AtomicU8, u8);
parts!(load_2 store_2 AtomicU16, u16);
parts!(load_4 store_4 AtomicU32, u32);
#[cfg(target_has_atomic = "64")]
parts!(load_8 store_8 AtomicU64, u64);
// Where there are none of eight bytes, two of four do.
#[cfg(not(target_has_atomic = "64"))]
parts!(load_8 store_8 AtomicU32, u32);

/// Chooses the largest parts that the size and the address allow.
macro_rules! by_size {
    ($t:ty, $start:expr, [$one:ident, $two:ident, $four:ident, $eight:ident] $arguments:tt) => {{
        let (size, address) = (<$t as Scalar>::SIZE, $start.addr());
        if size.is_multiple_of(8) && address.is_multiple_of(8) {
            $eight::<$t> $arguments
        } else if size.is_multiple_of(4) && address.is_multiple_of(4) {
            $four::<$t> $arguments
        } else if size.is_multiple_of(2) && address.is_multiple_of(2) {
            $two::<$t> $arguments
        } else {
            $one::<$t> $arguments
        }
    }};
}

/// Loads the bytes of a scalar.
///
/// # Safety
/// They are valid for reads.
#[inline(always)]
unsafe fn load_bytes<T: Scalar>(start: *const u8) -> T::Bytes {
    // SAFETY: the caller guarantees it; the alignment was looked at.
    unsafe { by_size!(T, start, [load_1, load_2, load_4, load_8](start)) }
}

/// Stores the bytes of a scalar.
///
/// # Safety
/// They are valid for writes.
#[inline(always)]
unsafe fn store_bytes<T: Scalar>(start: *mut u8, bytes: T::Bytes) {
    // SAFETY: as above.
    unsafe { by_size!(T, start, [store_1, store_2, store_4, store_8](start, bytes)) };
}

/// Loads an element.
///
/// # Safety
/// Its bytes are valid for reads.
#[inline(always)]
pub(super) unsafe fn load<T: Scalar>(start: *const u8) -> T::Value {
    // SAFETY: the caller guarantees it.
    T::decode(unsafe { load_bytes::<T>(start) })
}

/// Stores an element.
///
/// # Safety
/// Its bytes are valid for writes.
#[inline(always)]
pub(super) unsafe fn store<T: Native>(start: *mut u8, value: T) {
    // SAFETY: the caller guarantees it.
    unsafe { store_bytes::<T>(start, T::encode(value)) }
}

/// Copies elements to memory of our own.
///
/// # Safety
/// `count` elements, `stride` bytes apart, are valid for reads from `start` on, and as many for
/// writes at `target`, in memory that nobody else uses.
#[inline(always)]
pub(super) unsafe fn gather<T: Native>(
    start: *const u8,
    stride: isize,
    target: *mut T,
    count: usize,
) {
    // SAFETY: the caller guarantees it.
    unsafe {
        // A bool may be any byte in memory, and is 0 or 1 in Rust.
        if stride == T::SIZE as isize && T::DTYPE as u8 != crate::dtype::DType::Bool as u8 {
            copy(start, target.cast(), count * T::SIZE);
        } else {
            for index in 0..count {
                let element = start.wrapping_offset(stride.wrapping_mul(index as isize));
                target.add(index).write(load::<T>(element));
            }
        }
    }
}

/// Copies elements from memory of our own.
///
/// # Safety
/// `count` elements, `stride` bytes apart, are valid for writes from `start` on.
#[inline(always)]
pub(super) unsafe fn scatter<T: Native>(source: &[T], start: *mut u8, stride: isize) {
    for (index, &value) in source.iter().enumerate() {
        // SAFETY: the caller guarantees it.
        unsafe { store(start.wrapping_offset(stride.wrapping_mul(index as isize)), value) };
    }
}

/// Copies bytes to memory of our own by a function that the compiler does not see: it cannot read
/// any of them again from where they came.
///
/// # Safety
/// As for [`std::ptr::copy`], but that others may store to `from`.
#[inline(always)]
unsafe fn copy(from: *const u8, to: *mut u8, count: usize) {
    type Copy =
        unsafe extern "C" fn(*mut libc::c_void, *const libc::c_void, usize) -> *mut libc::c_void;
    let function: Copy = black_box(libc::memmove);
    // SAFETY: the caller guarantees it.
    unsafe { function(to.cast(), from.cast(), count) };
}
