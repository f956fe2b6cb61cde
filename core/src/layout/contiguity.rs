//! Whether elements are contiguous, and the strides of those that are.

use super::{Dimensions, Layout};

impl Layout {
    /// Returns whether the elements are contiguous in C order: the last index changes fastest.
    /// Dimensions of length 1 may have any stride, and a layout without elements is contiguous, as
    /// in `PyBuffer_IsContiguous`.
    #[must_use]
    #[inline]
    pub fn is_c_contiguous(&self) -> bool {
        self.is_contiguous_line().unwrap_or_else(|| {
            self.is_contiguous_along(self.shape.iter().zip(&*self.strides).rev())
        })
    }

    /// Returns whether the elements are contiguous in Fortran order: the first index changes
    /// fastest.
    #[must_use]
    #[inline]
    pub fn is_f_contiguous(&self) -> bool {
        self.is_contiguous_line()
            .unwrap_or_else(|| self.is_contiguous_along(self.shape.iter().zip(&*self.strides)))
    }

    /// Returns the number of elements if they are contiguous in C order and there are any.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn contiguous_len(&self) -> Option<usize> {
        if self.shape.only().is_some() {
            return self.contiguous_line_len();
        }
        (self.is_c_contiguous() && !self.is_empty()).then(|| self.len())
    }

    /// Returns the number of elements if they are contiguous in one dimension and there are any.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn contiguous_line_len(&self) -> Option<usize> {
        let (length, stride) = (self.shape.only()?, self.strides.only()?);
        let contiguous = stride == self.itemsize as isize || length == 1;
        (contiguous && length > 0 && self.suboffsets.is_none()).then_some(length)
    }

    /// The fast path for one dimension without pointers; `None` for any other layout.
    #[inline(always)]
    fn is_contiguous_line(&self) -> Option<bool> {
        let (length, stride) = (self.shape.only()?, self.strides.only()?);
        self.suboffsets.is_none().then_some(length <= 1 || stride == self.itemsize as isize)
    }

    /// Returns whether the elements are contiguous, given the dimensions from the fastest to the
    /// slowest.
    fn is_contiguous_along<'a>(
        &self,
        dimensions: impl Iterator<Item = (&'a usize, &'a isize)>,
    ) -> bool {
        if self.suboffsets.is_some() {
            return false;
        }
        let mut expected = self.itemsize as isize;
        let mut contiguous = true;
        for (&length, &stride) in dimensions {
            if length == 0 {
                return true;
            }
            contiguous &= length == 1 || stride == expected;
            expected = expected.wrapping_mul(length as isize);
        }
        contiguous
    }
}

/// Returns the strides of C order in bytes, or `None` if a product overflows. Before an empty
/// dimension they are 0, as in memoryview.
pub(super) fn contiguous_strides(shape: &[usize], itemsize: usize) -> Option<Dimensions<isize>> {
    let mut strides: Dimensions<isize> = shape.iter().map(|_| 0).collect();
    let mut step = isize::try_from(itemsize).ok()?;
    for (stride, &length) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        step = step.checked_mul(isize::try_from(length).ok()?)?;
    }
    Some(strides)
}
