//! The axes of several views taken together, in the order that suits the memory.
//!
//! [`Walk`](crate::view::Walk) goes through elements in the order of their indices. Most kernels
//! may take any order, and the addresses decide what a pass over memory costs: forward is better
//! than backward, and the shortest strides belong innermost. So [`Axes`] normalises the dimensions,
//! as NumPy's iterator does:
//!
//! 1. An axis of length 1 is dropped.
//! 2. An axis whose stride is negative in the first view (in copies, the target) is reversed in all
//!    views: it starts at its last element.
//! 3. The axes are sorted by the size of their strides, the longest outermost, by those of the
//!    first view, then of the second: an insertion sort, because there are few axes, and most views
//!    have them in that order already.
//! 4. Neighbours of which the outer continues the inner in every view are coalesced into one.
//!
//! Views whose elements are contiguous in any order become one run, and most others a few axes
//! around a long one. Kernels that depend on the order of elements, such as finding the first,
//! leave out the steps 2 and 3. If there are pointers between a start and its elements
//! (suboffsets), there are no such axes, and the kernel takes a `Walk`.

#![allow(unsafe_code)]

use super::runs::Runs;
use crate::layout::{Layout, Order};
use crate::view::{Axis, Odometer, RawView, Run, Walk};
use smallvec::SmallVec;

/// Returns all elements of the views, in C order, as a single run, if that is cheap to tell: if
/// there is one dimension, or all views are contiguous.
#[inline]
pub(super) fn single_run<const N: usize>(views: [RawView<'_>; N]) -> Option<Run<N>> {
    let layouts = views.map(RawView::layout);
    let first = layouts.first()?;
    let run = |strides| Run { starts: views.map(RawView::start), strides, length: first.len() };
    if first.ndim() == 1 && layouts.iter().all(|layout| layout.suboffsets().is_empty()) {
        return Some(run(layouts.map(|layout| layout.strides()[0])));
    }
    let contiguous = layouts.iter().all(|layout| layout.is_c_contiguous());
    contiguous.then(|| run(layouts.map(|layout| layout.itemsize() as isize)))
}

/// Calls `body` with runs that are all elements of the views, which have one shape, until it
/// returns `false`. Returns whether it never did. The elements come in any order.
#[inline]
pub(super) fn all_runs<const N: usize>(
    views: [RawView<'_>; N],
    body: impl FnMut(Runs<N>) -> bool,
) -> bool {
    all_runs_of(views, Axes::sorted, body)
}

/// The same as [`all_runs`], but the elements come in C order.
#[inline]
pub(super) fn all_runs_in_order<const N: usize>(
    views: [RawView<'_>; N],
    body: impl FnMut(Runs<N>) -> bool,
) -> bool {
    all_runs_of(views, Axes::in_order, body)
}

/// The same as [`all_runs`] or [`all_runs_in_order`], compiled once for both.
#[inline]
pub(super) fn all_runs_maybe_in_order(
    view: RawView<'_>,
    in_order: bool,
    body: &mut dyn FnMut(Runs<1>) -> bool,
) -> bool {
    all_runs_of([view], if in_order { Axes::in_order } else { Axes::sorted }, body)
}

#[inline(always)]
fn all_runs_of<const N: usize>(
    views: [RawView<'_>; N],
    axes: impl FnOnce([RawView<'_>; N]) -> Option<Axes<N>>,
    mut body: impl FnMut(Runs<N>) -> bool,
) -> bool {
    if let Some(run) = single_run(views) {
        return body(Runs::single(run));
    }
    match axes(views) {
        Some(axes) => axes.all_runs(body),
        // Views of different shapes have no elements in the same places.
        None => {
            Walk::new(views, Order::C).is_ok_and(|mut walk| walk.all(|run| body(Runs::single(run))))
        }
    }
}

/// A run of fewer elements than these is taken together with others.
const SHORT_RUN: usize = 256;

/// All elements of `N` views: where the first ones lie, and the axes along which the others lie.
#[derive(Debug, Clone)]
pub(super) struct Axes<const N: usize> {
    starts: [*mut u8; N],
    /// From the outermost to the innermost: no length is 0 or 1, no axis continues another.
    axes: SmallVec<[Axis<N>; 4]>,
}

impl<const N: usize> Axes<N> {
    /// Returns the axes of views of one shape, in the order that suits the memory, or `None` if
    /// there are pointers between a start and its elements, or no elements.
    pub(super) fn sorted(views: [RawView<'_>; N]) -> Option<Self> {
        Self::from_views(views, Self::from_strides)
    }

    /// The same as [`sorted`](Self::sorted), but in the order of the dimensions, so that the
    /// elements come in C order.
    pub(super) fn in_order(views: [RawView<'_>; N]) -> Option<Self> {
        Self::from_views(views, Self::from_strides_in_order)
    }

    /// Returns the axes of a shape, of which no length is 0, in the order of its dimensions.
    pub(super) fn from_strides_in_order(
        shape: &[usize],
        starts: [*mut u8; N],
        strides: [&[isize]; N],
    ) -> Self {
        let dimensions = (0..shape.len()).filter(|&dimension| shape[dimension] != 1);
        let axes = dimensions.map(|dimension| Axis {
            length: shape[dimension],
            strides: strides.map(|strides| strides[dimension]),
        });
        Self::coalesced(starts, axes.collect())
    }

    fn from_views(
        views: [RawView<'_>; N],
        make: impl FnOnce(&[usize], [*mut u8; N], [&[isize]; N]) -> Self,
    ) -> Option<Self> {
        let layouts = views.map(RawView::layout);
        let is_direct = layouts.iter().all(|layout| layout.suboffsets().is_empty());
        let shape = layouts.first()?.shape();
        let strides = layouts.map(Layout::strides);
        (is_direct && !shape.contains(&0)).then(|| make(shape, views.map(RawView::start), strides))
    }

    /// Returns the axes of a shape, of which no length is 0, in the order that suits the memory.
    pub(super) fn from_strides(
        shape: &[usize],
        mut starts: [*mut u8; N],
        strides: [&[isize]; N],
    ) -> Self {
        let mut axes = SmallVec::<[Axis<N>; 4]>::new();
        for (dimension, &length) in shape.iter().enumerate().filter(|&(_, &length)| length != 1) {
            let mut axis = Axis { length, strides: strides.map(|strides| strides[dimension]) };
            let decisive = axis.strides.iter().find(|&&stride| stride != 0);
            if decisive.is_some_and(|&stride| stride < 0) {
                for (start, stride) in starts.iter_mut().zip(&mut axis.strides) {
                    *start = start.wrapping_offset(stride.wrapping_mul(length as isize - 1));
                    *stride = stride.wrapping_neg();
                }
            }
            let distance = |axis: &Axis<N>| axis.strides.map(isize::unsigned_abs);
            let outer = axes.iter().rposition(|other| distance(other) >= distance(&axis));
            axes.insert(outer.map_or(0, |outer| outer + 1), axis);
        }
        Self::coalesced(starts, axes)
    }

    /// Merges axes that continue each other.
    fn coalesced(starts: [*mut u8; N], mut axes: SmallVec<[Axis<N>; 4]>) -> Self {
        if axes.len() > 1 {
            axes.dedup_by(|inner, outer| {
                let merged = outer.merged(inner);
                if let Some(merged) = merged {
                    *outer = merged;
                }
                merged.is_some()
            });
        }
        Self { starts, axes }
    }

    /// Removes the innermost axis and returns it, or an axis of length 1 if there is none.
    pub(super) fn take_innermost(&mut self) -> Axis<N> {
        self.axes.pop().unwrap_or(Axis::ONE)
    }

    /// Removes the innermost of the axes for which `key` is smallest, and returns it, if `accept`
    /// returns `true` for it.
    pub(super) fn take_by_key(
        &mut self,
        key: impl Fn(&Axis<N>) -> usize,
        accept: impl Fn(&Axis<N>) -> bool,
    ) -> Option<Axis<N>> {
        let index = (0..self.axes.len()).rev().min_by_key(|&index| key(&self.axes[index]))?;
        accept(&self.axes[index]).then(|| self.axes.remove(index))
    }

    /// Calls `body` with runs that are all elements, several together if they are short, until it
    /// returns `false`. Returns whether it never did.
    fn all_runs(mut self, mut body: impl FnMut(Runs<N>) -> bool) -> bool {
        let inner = self.take_innermost();
        let outer = if inner.length < SHORT_RUN { self.take_innermost() } else { Axis::ONE };
        self.all_starts(|starts| {
            body(Runs {
                starts,
                strides: inner.strides,
                length: inner.length,
                outer_strides: outer.strides,
                count: outer.length,
            })
        })
    }

    /// Calls `body` with every place that the axes lead to, until it returns `false`. Returns
    /// whether it never did.
    pub(super) fn all_starts(self, mut body: impl FnMut([*mut u8; N]) -> bool) -> bool {
        if self.axes.is_empty() {
            return body(self.starts);
        }
        let mut odometer = Odometer::new(self.axes, self.starts);
        loop {
            if !body(odometer.addresses()) {
                return false;
            }
            if !odometer.advance() {
                return true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Axes, Runs};

    /// Returns the axes over one view that starts at the address 1000, as start, lengths and
    /// strides.
    fn axes(shape: &[usize], strides: &[isize]) -> (usize, Vec<(usize, isize)>) {
        let start = std::ptr::without_provenance_mut(1000);
        let axes = Axes::from_strides(shape, [start], [strides]);
        let [start] = axes.starts;
        (start.addr(), axes.axes.iter().map(|axis| (axis.length, axis.strides[0])).collect())
    }

    #[test]
    fn contiguous_elements_are_one_axis_in_whatever_order() {
        assert_eq!(axes(&[2, 3, 4], &[48, 16, 4]), (1000, vec![(24, 4)]));
        assert_eq!(axes(&[4, 3, 2], &[4, 16, 48]), (1000, vec![(24, 4)]));
        assert_eq!(axes(&[3, 2, 4], &[16, 48, 4]), (1000, vec![(24, 4)]));
        assert_eq!(axes(&[1, 24, 1], &[7, 4, -9]), (1000, vec![(24, 4)]));
        // A reversed axis starts where its last element was.
        assert_eq!(axes(&[2, 3, 4], &[-48, 16, -4]), (1000 - 48 - 12, vec![(24, 4)]));
        assert_eq!(axes(&[], &[]), (1000, vec![]));
    }

    #[test]
    fn what_does_not_continue_stays_apart_and_is_sorted() {
        assert_eq!(axes(&[4, 3], &[4, 20]), (1000, vec![(3, 20), (4, 4)]));
        assert_eq!(axes(&[5, 4, 3], &[0, 4, 20]), (1000, vec![(3, 20), (4, 4), (5, 0)]));
    }

    #[test]
    fn the_second_view_decides_where_the_first_cannot() {
        let starts = [1000, 2000].map(std::ptr::without_provenance_mut);
        let axes = Axes::from_strides(&[2, 3], starts, [&[0, 0], &[-4, 8]]);
        assert_eq!(axes.starts.map(|start: *mut u8| start.addr()), [1000, 1996]);
        let axes = axes.axes.iter().map(|axis| (axis.length, axis.strides));
        assert_eq!(axes.collect::<Vec<_>>(), [(6, [0, 4])]);
    }

    /// Every element is in the runs once: they agree with the plain loop over the indices.
    #[test]
    fn runs_are_all_elements() {
        let strides = [[1000_isize, 7, -90], [-3, 5000, 2]];
        let shape = [3, 5, 4];
        let starts = [1_000_000, 2_000_000].map(std::ptr::without_provenance_mut);
        let axes = Axes::from_strides(&shape, starts, [&strides[0], &strides[1]]);
        let mut found = Vec::new();
        assert!(axes.all_runs(|runs: Runs<2>| {
            for run in runs.iter_starts() {
                found.extend((0..runs.length as isize).map(|index| {
                    [0, 1].map(|view| run[view].wrapping_offset(index * runs.strides[view]).addr())
                }));
            }
            true
        }));
        let mut expected = Vec::new();
        for (i, j, k) in
            (0..3).flat_map(|i| (0..5).flat_map(move |j| (0..4).map(move |k| (i, j, k))))
        {
            expected.push([0, 1].map(|view| {
                let [a, b, c] = strides[view];
                starts[view].wrapping_offset(a * i + b * j + c * k).addr()
            }));
        }
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}
