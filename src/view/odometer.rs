//! The odometer: going through all combinations of the indices of several axes.

#![allow(unsafe_code)]

use smallvec::SmallVec;

/// A dimension of `N` views of one shape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axis<const N: usize> {
    pub(crate) length: usize,
    /// In bytes, for each view.
    pub(crate) strides: [isize; N],
}

impl<const N: usize> Axis<N> {
    /// An axis of a single index.
    pub(crate) const UNIT: Self = Self { length: 1, strides: [0; N] };

    /// Whether one step of this axis is exactly all steps of the inner one, in every view.
    pub(crate) fn continues(&self, inner: &Self) -> bool {
        let mut strides = self.strides.iter().zip(&inner.strides);
        strides.all(|(&outer, &step)| step.checked_mul(inner.length as isize) == Some(outer))
    }

    /// The two axes as one, where this one continues the inner one.
    pub(crate) fn coalesced(&self, inner: &Self) -> Self {
        Self { length: self.length * inner.length, ..*inner }
    }
}

/// Axes, from the outermost to the innermost, and the index that each of them stands at. The last
/// one turns fastest, as the wheels of an odometer do; no length is 0.
#[derive(Debug)]
pub(crate) struct Odometer<const N: usize>(SmallVec<[(Axis<N>, usize); 3]>);

impl<const N: usize> Odometer<N> {
    /// The odometer of some axes, all indices being 0.
    #[inline]
    pub(crate) fn new(axes: impl IntoIterator<Item = Axis<N>>) -> Self {
        Self(axes.into_iter().map(|axis| (axis, 0)).collect())
    }

    /// Goes on to the next combination, and moves the addresses there. Returns whether there is
    /// one: after the last, indices and addresses are those of the first again.
    #[inline(always)]
    pub(crate) fn advance(&mut self, addresses: &mut [*mut u8; N]) -> bool {
        for (axis, index) in self.0.iter_mut().rev() {
            *index += 1;
            let is_within = *index < axis.length;
            // One step on, or back over all the steps that were taken.
            let steps = if is_within { 1 } else { 1 - *index as isize };
            for (address, stride) in addresses.iter_mut().zip(axis.strides) {
                *address = address.wrapping_offset(stride.wrapping_mul(steps));
            }
            if is_within {
                return true;
            }
            *index = 0;
        }
        false
    }

    /// The indices, from the outermost to the innermost.
    pub(crate) fn indices(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.0.iter().map(|&(_, index)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::{Axis, Odometer};

    #[test]
    fn every_combination_comes_once_and_the_first_one_again() {
        let axes = [Axis { length: 2, strides: [100, -1] }, Axis { length: 3, strides: [7, 10] }];
        let mut odometer = Odometer::new(axes);
        let start = [1000, 2000].map(std::ptr::without_provenance_mut);
        let (mut addresses, mut found) = (start, Vec::new());
        loop {
            found.push((odometer.indices().collect::<Vec<_>>(), addresses.map(<*mut u8>::addr)));
            if !odometer.advance(&mut addresses) {
                break;
            }
        }
        let expected = (0..2).flat_map(|i| (0..3).map(move |j| (i, j)));
        let expected: Vec<_> = expected
            .map(|(i, j)| (vec![i, j], [1000 + 100 * i + 7 * j, 2000 - i + 10 * j]))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(addresses, start);
        assert!(odometer.indices().eq([0, 0]));
    }

    #[test]
    fn axes_that_continue_each_other_are_one() {
        let outer = Axis { length: 2, strides: [12, 24] };
        let inner = Axis { length: 3, strides: [4, 8] };
        assert!(outer.continues(&inner));
        let one = outer.coalesced(&inner);
        assert_eq!((one.length, one.strides), (6, [4, 8]));
        assert!(!outer.continues(&Axis { length: 3, strides: [4, 9] }));
        assert!(!outer.continues(&Axis { length: 3, strides: [isize::MAX, 8] }));
    }
}
