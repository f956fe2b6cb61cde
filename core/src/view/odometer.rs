//! Counting through the dimensions of several views at once, with addresses that keep up.
//!
//! Computing the address of each run from its indices would cost a multiplication per dimension and
//! view. An odometer instead adds a stride for each step, and subtracts what a dimension has added
//! when it overflows and carries to the one before it.

#![allow(unsafe_code)]

use smallvec::SmallVec;

/// A dimension of `N` views, possibly merged from several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axis<const N: usize> {
    pub(crate) length: usize,
    /// The stride in each view, in bytes.
    pub(crate) strides: [isize; N],
}

impl<const N: usize> Axis<N> {
    /// A single step.
    pub(crate) const ONE: Self = Self { length: 1, strides: [0; N] };

    /// Returns the axis that takes all steps of this one and of `next`, the one within it, if one
    /// step of this axis is exactly as long as all steps of `next` in every view.
    #[inline]
    pub(crate) fn merged(&self, next: &Self) -> Option<Self> {
        let mut strides = self.strides.iter().zip(&next.strides);
        strides
            .all(|(&outer, &inner)| inner.checked_mul(next.length as isize) == Some(outer))
            .then(|| Self { length: self.length * next.length, ..*next })
    }
}

/// The positions that some axes lead to, in order, the last axis changing fastest.
#[derive(Debug)]
pub(crate) struct Odometer<const N: usize> {
    /// From the slowest to the fastest, each with its current index.
    axes: SmallVec<[(Axis<N>, usize); 3]>,
    addresses: [*mut u8; N],
}

impl<const N: usize> Odometer<N> {
    /// Makes an odometer that stands at the first position. If an axis has a length of 0 there is
    /// none, and it must not be advanced.
    pub(crate) fn new(axes: impl IntoIterator<Item = Axis<N>>, starts: [*mut u8; N]) -> Self {
        Self { axes: axes.into_iter().map(|axis| (axis, 0)).collect(), addresses: starts }
    }

    /// Returns the address of the current position in each view.
    #[inline]
    pub(crate) fn addresses(&self) -> [*mut u8; N] {
        self.addresses
    }

    /// Returns the current index of each axis.
    pub(crate) fn indices(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.axes.iter().map(|&(_, index)| index)
    }

    /// Advances to the next position. Returns whether there was one; if not, the odometer is back
    /// at the first position.
    #[inline]
    pub(crate) fn advance(&mut self) -> bool {
        for (axis, index) in self.axes.iter_mut().rev() {
            *index += 1;
            let carries = *index == axis.length;
            // To the next step, or back over all the steps that were taken.
            let steps = if carries { 1 - axis.length as isize } else { 1 };
            for (address, stride) in self.addresses.iter_mut().zip(axis.strides) {
                *address = address.wrapping_offset(stride.wrapping_mul(steps));
            }
            if !carries {
                return true;
            }
            *index = 0;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{Axis, Odometer};

    #[test]
    fn every_position_in_order_and_back_to_the_first() {
        let axes = [Axis { length: 2, strides: [100, -1] }, Axis { length: 3, strides: [10, 0] }];
        let start = std::ptr::null_mut::<u8>().wrapping_add(1000);
        let mut odometer = Odometer::new(axes, [start; 2]);
        let mut positions = Vec::new();
        loop {
            let offsets = odometer.addresses().map(|address| address as isize - 1000);
            positions.push((odometer.indices().collect::<Vec<_>>(), offsets));
            if !odometer.advance() {
                break;
            }
        }
        let expected = (0..2).flat_map(|i| (0..3).map(move |j| (i, j)));
        let expected: Vec<_> = expected
            .map(|(i, j)| (vec![i, j], [(100 * i + 10 * j) as isize, -(i as isize)]))
            .collect();
        assert_eq!(positions, expected);
        assert_eq!(odometer.addresses(), [start; 2]);
    }

    #[test]
    fn axes_merge_where_all_views_allow_it() {
        let inner = Axis { length: 3, strides: [4, 8] };
        let merged = Axis { length: 2, strides: [12, 24] }.merged(&inner);
        assert!(merged.is_some_and(|axis| axis.length == 6 && axis.strides == [4, 8]));
        assert!(Axis { length: 2, strides: [12, 16] }.merged(&inner).is_none());
    }
}
