//! [`RawView`]: a view without its element type.

#![allow(unsafe_code)]

use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::layout::{Key, Layout};

/// A view without its element type: where the bytes of its elements lie. It is made from a
/// [`View`](super::View), whose guarantees hold for it as well.
#[derive(Clone, Copy, Debug)]
pub struct RawView<'a> {
    start: *mut u8,
    layout: &'a Layout,
}

impl<'a> RawView<'a> {
    /// Makes a raw view over memory of which there is no view, such as the target of a copy.
    ///
    /// # Safety
    /// The requirements of [`View::new`](super::View::new).
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub unsafe fn new(start: *mut u8, layout: &'a Layout) -> Self {
        Self { start, layout }
    }

    /// Returns the address of the element whose indices are all 0, if there is one.
    #[must_use]
    #[inline]
    pub fn start(self) -> *mut u8 {
        self.start
    }

    /// Returns shape, strides, suboffsets and itemsize.
    #[must_use]
    #[inline]
    pub fn layout(self) -> &'a Layout {
        self.layout
    }

    /// Returns the start and the layout of the elements that a key selects.
    ///
    /// # Errors
    /// Returns the errors of [`Layout::select`].
    #[doc(hidden)]
    pub fn select(self, keys: &[Key]) -> Result<(*mut u8, Layout)> {
        let selection = self.layout.select(keys)?;
        let mut start = self.start.wrapping_offset(selection.offset);
        if !selection.layout.is_empty() {
            for &hop in &selection.hops {
                // SAFETY: the selection is not empty, so this pointer is on the way to an element
                // of the view, and `View::new` requires that it is valid for reads.
                start = unsafe { follow(start, hop) };
            }
        }
        Ok((start, selection.layout))
    }

    /// Goes one dimension further on the way to an element: from the address that the indices of
    /// the dimensions before `dimension` lead to, to the one that `index` leads to.
    ///
    /// # Safety
    /// `pointer` is what the indices of the earlier dimensions lead to, by this function from
    /// [`start`](Self::start) on, and `index` is within bounds.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub unsafe fn step(self, pointer: *mut u8, dimension: usize, index: usize) -> *mut u8 {
        let offset = self.layout.strides()[dimension].wrapping_mul(index as isize);
        let pointer = pointer.wrapping_offset(offset);
        match self.layout.suboffsets().get(dimension) {
            // SAFETY: the view has elements, and the caller guarantees that all indices so far are
            // within bounds, so this pointer is on the way to an element, and `View::new` requires
            // that it is valid for reads.
            Some(&suboffset) if suboffset >= 0 && !self.layout.is_empty() => unsafe {
                follow(pointer, suboffset)
            },
            _ => pointer,
        }
    }

    /// The fast path of [`element`](Self::element) for one dimension without pointers. `None` for
    /// any other layout and for an index that is out of bounds.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn line_element(self, index: isize) -> Option<*mut u8> {
        let offset = self.layout.line_offset(index)?;
        Some(self.start.wrapping_offset(offset))
    }

    /// Returns the address of one element. Negative indices count from the end.
    ///
    /// # Errors
    /// Returns an error with [`is_index`](Error::is_index) if an index is out of bounds, and with
    /// [`is_wrong_kind`](Error::is_wrong_kind) if the number of indices is not that of dimensions.
    #[inline]
    pub fn element(self, index: &[isize]) -> Result<*mut u8> {
        if index.len() != self.layout.ndim() {
            let (given, ndim) = (index.len(), self.layout.ndim());
            let message = format!("an element needs {ndim} indices, {given} were given");
            return Err(Error::wrong_kind(message));
        }
        if self.layout.suboffsets().is_empty() {
            let mut pointer = self.start;
            for (dimension, (&index, &stride)) in
                index.iter().zip(self.layout.strides()).enumerate()
            {
                let index = self.layout.resolve(dimension, index)?;
                pointer = pointer.wrapping_offset(stride.wrapping_mul(index as isize));
            }
            return Ok(pointer);
        }
        // No pointer is followed before every index is known to be within bounds.
        let resolved = index.iter().enumerate();
        let resolved = resolved.map(|(dimension, &index)| self.layout.resolve(dimension, index));
        let resolved = resolved.collect::<Result<SmallVec<[usize; 4]>>>()?;
        // SAFETY: every index has just been resolved within the bounds of its dimension.
        Ok(unsafe { self.at(&resolved) })
    }

    /// Returns the address of the element of these indices.
    ///
    /// # Safety
    /// There is one index for each dimension, and each is within bounds.
    pub(super) unsafe fn at(self, index: &[usize]) -> *mut u8 {
        index.iter().enumerate().fold(self.start, |pointer, (dimension, &index)| {
            // SAFETY: this folds over the dimensions in order, from the start on, and the caller
            // guarantees that each index is within bounds.
            unsafe { self.step(pointer, dimension, index) }
        })
    }
}

/// Follows the pointer that is stored at an address and adds `suboffset` bytes.
///
/// # Safety
/// `pointer` is valid for reads of a pointer.
#[inline]
unsafe fn follow(pointer: *mut u8, suboffset: isize) -> *mut u8 {
    // SAFETY: the caller guarantees that the pointer is readable; `read_unaligned` needs no
    // alignment.
    unsafe { pointer.cast::<*mut u8>().read_unaligned() }.wrapping_offset(suboffset)
}
