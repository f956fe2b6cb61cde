//! Fast paths for keys on the first dimensions, where no pointers lead to the elements.
//!
//! An item access, a slice or one step of an iteration has to cost little more than the Python
//! object that it makes. These functions return offsets or change a layout in place, instead of
//! building a [`Selection`](super::Selection), and return `None` for whatever
//! [`select`](Layout::select) has to handle or report.
//!
//! Functions that change a layout do not check that the result lies within memory. They are hidden,
//! because they keep that guarantee only if their arguments come from the functions beside them,
//! for the same layout, or one that it is a clone of.

use super::dimensions::INLINE;
use super::select::adjust;
use super::{Dimensions, Key, Layout, resolve_index};

/// The dimensions that remain after a key, if they are few.
///
/// It is filled in and read where it stays, number by number: the processor would wait for what was
/// stored in pieces if it were moved.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Narrowed {
    /// Bytes from the old start to the new one.
    pub offset: isize,
    ndim: usize,
    /// The length and the stride of each.
    dimensions: [(usize, isize); FEW],
}

/// More dimensions than most arrays have.
const FEW: usize = 6;
const _: () = assert!(FEW >= INLINE);

impl Narrowed {
    #[inline(always)]
    fn push(&mut self, length: usize, stride: isize) -> Option<()> {
        *self.dimensions.get_mut(self.ndim)? = (length, stride);
        self.ndim += 1;
        Some(())
    }
}

#[doc(hidden)]
impl Layout {
    /// Returns the number of bytes from the start to an element of a one-dimensional layout without
    /// pointers, or `None` for any other layout or an index that is out of bounds.
    #[must_use]
    #[inline(always)]
    pub fn line_offset(&self, index: isize) -> Option<isize> {
        let (&[length], &[stride], None) = (&*self.shape, &*self.strides, &self.suboffsets) else {
            return None;
        };
        Some(stride.wrapping_mul(resolve_index(index, length)? as isize))
    }

    /// Returns what a slice of the first dimension selects: the offset of its start in bytes, its
    /// length and its stride. `None` if there is no dimension, a pointer, or a step of 0.
    #[must_use]
    #[inline(always)]
    pub fn slice_first(
        &self,
        start: isize,
        stop: isize,
        step: isize,
    ) -> Option<(isize, usize, isize)> {
        if self.suboffsets.is_some() || step == 0 {
            return None;
        }
        let (length, stride) = (self.shape.first()?, self.strides.first()?);
        let (start, count) = adjust(length, start, stop, step);
        let offset = if count == 0 { 0 } else { stride.wrapping_mul(start as isize) };
        Some((offset, count, stride.wrapping_mul(step)))
    }

    /// Changes the length and the stride of the first dimension to what
    /// [`slice_first`](Self::slice_first) returned.
    #[inline]
    pub fn set_first(&mut self, length: usize, stride: isize) {
        if let (Some(first), Some(step)) = (self.shape.first_mut(), self.strides.first_mut()) {
            (*first, *step) = (length, stride);
        }
    }

    /// Returns the offset in bytes of what an index of the first of several dimensions selects.
    /// `None` for fewer dimensions, for pointers and for an index that is out of bounds.
    #[must_use]
    #[inline(always)]
    pub fn index_first(&self, index: isize) -> Option<isize> {
        let (&[length, _, ..], &[stride, ..], None) =
            (&*self.shape, &*self.strides, &self.suboffsets)
        else {
            return None;
        };
        Some(stride.wrapping_mul(resolve_index(index, length)? as isize))
    }

    /// Replaces the dimensions by all but the first of `source`, of which this is a clone and
    /// [`index_first`](Self::index_first) was asked. In a clone that has only just been written,
    /// they would have to be read back from stores of other widths, which the processor cannot
    /// forward.
    #[inline(always)]
    pub fn set_rest_of(&mut self, source: &Self) {
        self.shape = source.shape.without_first();
        self.strides = source.strides.without_first();
    }

    /// Finds out what indices and slices of the first dimensions select, with new dimensions among
    /// them, and adds it to `narrowed`, which is empty. The layout has no pointers. `None` for an
    /// ellipsis, too many keys, an index that is out of bounds, and more dimensions than a few.
    #[must_use]
    #[inline]
    pub fn narrow(&self, keys: impl Iterator<Item = Key>, narrowed: &mut Narrowed) -> Option<()> {
        let mut dimensions = self.shape.iter().zip(&*self.strides);
        for key in keys {
            if key == Key::New {
                narrowed.push(1, 0)?;
                continue;
            }
            let (&length, &stride) = dimensions.next()?;
            match key {
                Key::Index(index) => {
                    let offset = stride.wrapping_mul(resolve_index(index, length)? as isize);
                    narrowed.offset = narrowed.offset.wrapping_add(offset);
                }
                Key::Slice { start, stop, step } => {
                    let (start, count) = adjust(length, start, stop, step);
                    if count > 0 {
                        let offset = stride.wrapping_mul(start as isize);
                        narrowed.offset = narrowed.offset.wrapping_add(offset);
                    }
                    narrowed.push(count, stride.wrapping_mul(step))?;
                }
                Key::Ellipsis | Key::New => return None,
            }
        }
        for (&length, &stride) in dimensions {
            narrowed.push(length, stride)?;
        }
        Some(())
    }

    /// Replaces the dimensions of the layout by what [`narrow`](Self::narrow) found.
    #[inline(always)]
    pub fn set_dimensions(&mut self, narrowed: &Narrowed) {
        let (ndim, dimensions) = (narrowed.ndim, &narrowed.dimensions);
        self.shape = Dimensions::of(ndim, |dimension| dimensions[dimension].0);
        self.strides = Dimensions::of(ndim, |dimension| dimensions[dimension].1);
    }

    /// Reverses the order of the dimensions. The layout has no pointers.
    #[inline]
    pub fn reverse(&mut self) {
        self.shape.reverse();
        self.strides.reverse();
    }
}
