//! Arrays over the same memory as another one.

#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use super::{AnyArray, dispatch};
use crate::layout::Layout;
use crate::view::RawView;

impl Clone for AnyArray {
    #[inline(always)]
    fn clone(&self) -> Self {
        // SAFETY: the same elements.
        unsafe { self.with_layout(self.start(), self.layout().clone(), self.readonly()) }
    }
}

impl AnyArray {
    /// The same elements, or some of them, under a layout that leads to no others.
    ///
    /// # Safety
    /// As for [`View::new`].
    #[inline(always)]
    pub unsafe fn with_layout(&self, start: *mut u8, layout: Layout, readonly: bool) -> Self {
        let (format, owner) = (self.format().clone(), self.owner().cloned());
        // SAFETY: as the caller says.
        dispatch!(self, array => unsafe {
            array.alike(start, layout, readonly, format, owner).into()
        })
    }

    /// Some of the elements, without what keeps them alive.
    ///
    /// # Safety
    /// `piece` leads to elements of this array only.
    pub unsafe fn piece(&self, piece: RawView<'_>) -> Self {
        // SAFETY: as the caller says.
        unsafe { self.with_layout(piece.start(), piece.layout().clone(), self.readonly()) }
    }

    /// Writes a clone of the array to a place. Most arrays have nothing on the heap: their bytes are
    /// copied as they are, 0.9 of the time for a slice.
    ///
    /// # Safety
    /// `place` is valid for writes.
    #[inline(always)]
    pub unsafe fn clone_to(&self, place: *mut Self) {
        let plain = self.is_scalar()
            && self.owner().is_none()
            && self.format().is_inline()
            && self.layout().is_inline();
        // SAFETY: as the caller says. An array that owns nothing may be copied bit by bit.
        unsafe {
            if plain {
                copy_words(self, place);
            } else {
                place.write(self.clone());
            }
        }
    }

    /// Changes start and layout in place.
    ///
    /// # Safety
    /// Together they lead to elements of this array only.
    #[inline(always)]
    pub unsafe fn change(&mut self, offset: isize, change: impl FnOnce(&mut Layout)) {
        // SAFETY: as the caller says.
        let (start, layout) = dispatch!(self, array => unsafe { array.view.place_mut() });
        *start = start.wrapping_offset(offset);
        change(layout);
    }
}

/// Copies an array bit by bit. In steps of 16 bytes: what `memcpy` stores by wider ones cannot be read
/// back at once in parts, as a change of it does, which is 0.9 of the time for a slice.
///
/// # Safety
/// `to` is valid for writes; only one of the two may be used as an array, unless it owns nothing.
#[inline(always)]
unsafe fn copy_words(from: *const AnyArray, to: *mut AnyArray) {
    type Words = [MaybeUninit<u64>; 2];
    const PAIRS: usize = size_of::<AnyArray>() / size_of::<[Words; 2]>();
    const REST: usize = size_of::<AnyArray>() % size_of::<[Words; 2]>() / size_of::<u64>();
    let (from, to) = (from.cast::<Words>(), to.cast::<Words>());
    // SAFETY: as the caller says; the steps lie within the size of an array, whose alignment is that
    // of a word.
    unsafe {
        for pair in 0..PAIRS {
            // Two for each round, or else the loop is made a `memcpy`.
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
