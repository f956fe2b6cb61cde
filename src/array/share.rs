//! Arrays over the same memory as another one.
//!
//! A slice in Python is a clone of an array whose start and layout are then changed, so its cost is
//! that of the clone. Most arrays own nothing on the heap, and for them the clone is a copy of
//! their bytes into the new object.

#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use super::{AnyArray, dispatch};
use crate::layout::Layout;
use crate::view::RawView;

impl Clone for AnyArray {
    #[inline(always)]
    fn clone(&self) -> Self {
        // SAFETY: the elements are the same.
        unsafe { self.with_layout(self.start(), self.layout().clone(), self.readonly()) }
    }
}

impl AnyArray {
    /// Returns an array of the same elements or some of them under another layout.
    ///
    /// # Safety
    /// The requirements of [`View::new`].
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub unsafe fn with_layout(&self, start: *mut u8, layout: Layout, readonly: bool) -> Self {
        let (format, owner) = (self.format().clone(), self.owner().cloned());
        // SAFETY: the caller gives the guarantees of `View::new`.
        dispatch!(self, array => unsafe {
            array.with_same_type(start, layout, readonly, format, owner).into()
        })
    }

    /// Returns an array of some of the elements.
    ///
    /// # Safety
    /// `piece` leads to elements of this array only.
    #[doc(hidden)]
    #[must_use]
    pub unsafe fn piece(&self, piece: RawView<'_>) -> Self {
        // SAFETY: the caller guarantees that the layout leads to elements of this array only.
        unsafe { self.with_layout(piece.start(), piece.layout().clone(), self.readonly()) }
    }

    /// Returns whether the array has nothing on the heap, nor an owner: then a copy of its bytes is a
    /// clone, and dropping it does nothing.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn owns_nothing(&self) -> bool {
        self.is_scalar()
            && self.owner().is_none()
            && self.format().is_inline()
            && self.layout().is_inline()
    }

    /// Writes a clone of the array to an address. The bytes of an array that owns nothing on the
    /// heap are copied as they are, which is the fast path.
    ///
    /// # Safety
    /// `target` is valid for writes.
    #[doc(hidden)]
    #[inline(always)]
    pub unsafe fn write_clone(&self, target: *mut Self) {
        // SAFETY: the caller guarantees that the target is writable. An array whose descriptor is
        // `()` and whose format, owner and layout are inline has no drop glue to run twice, so a
        // copy of its bytes is a clone.
        unsafe {
            if self.owns_nothing() {
                copy_words(self, target);
            } else {
                target.write(self.clone());
            }
        }
    }

    /// Sets the start and changes the layout in place.
    ///
    /// # Safety
    /// Together they lead to elements of this array only.
    #[doc(hidden)]
    #[inline(always)]
    pub unsafe fn change(&mut self, start: *mut u8, change: impl FnOnce(&mut Layout)) {
        // SAFETY: the caller guarantees that start and layout lead to elements of this array only
        // after the change.
        let (old, layout) = unsafe { dispatch!(self, array => array.view.start_and_layout_mut()) };
        *old = start;
        change(layout);
    }
}

/// Copies the bytes of an array in steps of 16 bytes. `memcpy` would use wider stores, from which a
/// following load of a single field cannot be forwarded: it would have to wait until the store has
/// reached the cache.
///
/// # Safety
/// `from` is valid for reads and `to` for writes. Unless the array owns nothing, only one of the
/// two may be used as an array afterwards.
#[inline(always)]
unsafe fn copy_words(from: *const AnyArray, to: *mut AnyArray) {
    type Words = [MaybeUninit<u64>; 2];
    const PAIRS: usize = size_of::<AnyArray>() / size_of::<[Words; 2]>();
    const REST: usize = size_of::<AnyArray>() % size_of::<[Words; 2]>() / size_of::<u64>();
    let (from, to) = (from.cast::<Words>(), to.cast::<Words>());
    // SAFETY: the caller guarantees that both are valid. An array has `2 · PAIRS` steps and `REST`
    // words, and its alignment is at least that of a word. The bytes are copied as `MaybeUninit`,
    // so padding may be uninitialised.
    unsafe {
        for pair in 0..PAIRS {
            // Two steps per round, because the compiler turns a loop of single ones into a
            // `memcpy`.
            to.add(2 * pair).write(from.add(2 * pair).read());
            to.add(2 * pair + 1).write(from.add(2 * pair + 1).read());
        }
        let (from, to) = (from.add(2 * PAIRS).cast::<u64>(), to.add(2 * PAIRS).cast::<u64>());
        let (from, to) = (from.cast::<MaybeUninit<u64>>(), to.cast::<MaybeUninit<u64>>());
        for word in 0..REST {
            to.add(word).write(from.add(word).read());
        }
    }
}
