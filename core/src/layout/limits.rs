//! The limits that every layout keeps, so that address arithmetic on it cannot overflow.
//!
//! The general check multiplies and adds up the dimensions with overflow checks. Layouts with few
//! and short dimensions, which is almost all of them, are instead compared with constants that
//! leave enough room for any sum of their extents.

use super::{Dimensions, Layout, MAX_NDIM, too_large};
use crate::error::{Error, Result};
use crate::fallible;

/// Refuses more than [`MAX_NDIM`] dimensions.
///
/// # Errors
/// Returns an error with [`is_value`](Error::is_value).
#[inline]
pub fn check_ndim(ndim: usize) -> Result<()> {
    if ndim > MAX_NDIM {
        return Err(Error::value(format!("{ndim} dimensions, at most {MAX_NDIM} are allowed")));
    }
    Ok(())
}

impl Layout {
    /// Returns whether a layout of one dimension is certain to lie within memory. This is a bound:
    /// it may be `false` for layouts that come close to the limit.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn line_fits(length: usize, stride: isize, itemsize: usize) -> bool {
        const LIMIT: usize = 1 << (usize::BITS / 2 - 2);
        let fits = itemsize < LIMIT && is_within(stride, LIMIT);
        fits && length < 1 << (usize::BITS / 2)
    }

    /// Returns whether the numbers of a layout of few dimensions are so small that it is certain to
    /// lie within memory, as those of nearly all are: with no product, and one comparison.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn few_are_small(shape: &[isize], strides: &[isize], itemsize: usize) -> bool {
        const MAX_ITEMSIZE: usize = 1 << 5;
        // The bits of a number are shared out among the itemsize, the lengths and the sign.
        let limit = 1 << ((usize::BITS - 7) / shape.len().max(2) as u32);
        let bits = shape.iter().zip(strides).fold(0, |bits, (&length, &stride)| {
            // Strides from minus a half of the limit on.
            bits | length as usize | stride.wrapping_add(limit as isize / 2) as usize
        });
        bits < limit && itemsize <= MAX_ITEMSIZE
    }

    /// Makes a layout of so few dimensions that nothing is on the heap, if its elements are certain
    /// to lie within memory. `None` means that [`new`](Self::new) has to check the layout.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn try_inline(shape: &[isize], strides: &[isize], itemsize: usize) -> Option<Self> {
        if !Self::few_fit(shape, strides, itemsize) {
            return None;
        }
        Some(Self {
            shape: Dimensions::inline(shape.len(), |index| shape[index].unsigned_abs())?,
            strides: Dimensions::inline(shape.len(), |index| strides[index])?,
            suboffsets: None,
            itemsize,
        })
    }

    /// Returns whether a layout of few dimensions is certain to lie within memory, which is a
    /// bound.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn few_fit(shape: &[isize], strides: &[isize], itemsize: usize) -> bool {
        const LIMIT: usize = 1 << (usize::BITS / 2 - 2);
        let (mut size, mut fits) = (itemsize.max(1), itemsize < LIMIT);
        for (&length, stride) in shape.iter().zip(strides) {
            // Each extent is less than a quarter of memory, and there are three at most.
            fits &= (0..LIMIT as isize).contains(&length) && stride.unsigned_abs() < LIMIT;
            match size.checked_mul(length.max(1).unsigned_abs()) {
                Some(product) => size = product,
                None => return false,
            }
        }
        fits && isize::try_from(size).is_ok()
    }

    /// Makes a layout of so few dimensions that nothing is on the heap, and that fits, which is not
    /// checked.
    #[doc(hidden)]
    #[must_use]
    pub fn few(shape: &[usize], strides: &[isize], itemsize: usize) -> Self {
        let shape = Dimensions::inline(shape.len(), |dim| shape[dim]);
        let strides = Dimensions::inline(strides.len(), |dim| strides[dim]);
        Self {
            shape: shape.unwrap_or_else(Dimensions::new),
            strides: strides.unwrap_or_else(Dimensions::new),
            suboffsets: None,
            itemsize,
        }
    }

    /// Returns the layout itself if its elements lie within memory.
    ///
    /// Lengths of 0 and an itemsize of 0 count as 1, so that no product of lengths overflows in any
    /// order, and no length is larger than an index can be.
    #[doc(hidden)]
    pub fn checked(self) -> Result<Self> {
        let mut lengths = self.shape.iter().map(|&length| length.max(1));
        let size = lengths.try_fold(self.itemsize.max(1), usize::checked_mul);
        let fits = self.checked_extent().is_some()
            && size.is_some_and(|size| isize::try_from(size).is_ok());
        if fits { Ok(self) } else { Err(too_large(&self.shape, self.itemsize)) }
    }

    /// Returns the first byte of the elements and the byte after the last one, relative to the
    /// start; `None` if one of them is out of range.
    #[doc(hidden)]
    #[must_use]
    pub fn checked_extent(&self) -> Option<(isize, isize)> {
        if self.is_empty() {
            return Some((0, 0));
        }
        let (mut low, mut high) = (0_isize, isize::try_from(self.itemsize).ok()?);
        for (&length, &stride) in self.shape.iter().zip(&*self.strides) {
            let reach = isize::try_from(length - 1).ok()?.checked_mul(stride)?;
            if reach < 0 {
                low = low.checked_add(reach)?;
            } else {
                high = high.checked_add(reach)?;
            }
        }
        high.checked_sub(low)?;
        Some((low, high))
    }

    /// Returns the range of bytes, relative to the start, in which all elements lie; with
    /// suboffsets, the range in which the first pointers lie.
    #[must_use]
    pub fn extent(&self) -> std::ops::Range<isize> {
        let (low, high) = self.checked_extent().unwrap_or((0, 0));
        low..high
    }

    /// Returns whether two elements may share a byte. They cannot if each stride is at least as
    /// long as everything that lies within one step. If pointers lead to the elements, the elements
    /// are assumed to be distinct.
    #[doc(hidden)]
    #[must_use]
    pub fn overlaps_itself(&self) -> bool {
        let dimensions = self.shape.iter().zip(&*self.strides);
        let steps = dimensions
            .filter(|&(&length, _)| length > 1)
            .map(|(&length, &stride)| (stride.unsigned_abs(), length))
            .collect();
        let mut reach = self.itemsize;
        fallible::sorted(steps).into_iter().any(|(step, length)| {
            let overlaps = step < reach;
            reach = reach.saturating_add(step.saturating_mul(length - 1));
            overlaps
        })
    }
}

/// Returns whether a number is nearer to 0 than a limit.
#[inline(always)]
const fn is_within(number: isize, limit: usize) -> bool {
    // In one comparison.
    (number.wrapping_add(limit as isize - 1) as usize) < 2 * limit - 1
}
