//! Comparison of bytes.

#![allow(unsafe_code)]

/// Returns whether two blocks of memory have the same bytes.
///
/// It calls C's function, which takes pointers, because memory that others may write to must not be
/// in a slice.
///
/// # Safety
/// Both are valid for reads of `length` bytes.
#[inline]
#[must_use]
pub unsafe fn equal_bytes(left: *const u8, right: *const u8, length: usize) -> bool {
    // SAFETY: the caller guarantees that both are valid.
    unsafe { libc::memcmp(left.cast(), right.cast(), length) == 0 }
}
