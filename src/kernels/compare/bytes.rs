//! Bytes compared with bytes.

#![allow(unsafe_code)]

/// Returns whether two blocks of memory have the same bytes.
///
/// By C's function on pointers: a slice over memory that others may write to would be undefined
/// behaviour.
///
/// # Safety
/// Both are valid for reads of `length` bytes.
#[inline]
pub(crate) unsafe fn equal_bytes(left: *const u8, right: *const u8, length: usize) -> bool {
    // SAFETY: the caller vouches for both.
    unsafe { libc::memcmp(left.cast(), right.cast(), length) == 0 }
}
