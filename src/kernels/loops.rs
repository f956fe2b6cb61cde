//! The elements of several views taken together, in whatever order suits the memory.
//!
//! [`Walk`](crate::view::Walk) keeps to an order; here the dimensions are turned around and sorted,
//! so that steps through the first view are forward and short ones innermost, and dimensions that
//! continue each other become one. So it is the memory alone, not shape or number of dimensions,
//! that decides what a pass over the elements costs.

use super::line::Lines;
use crate::layout::Layout;
use crate::view::{RawView, Run};
use smallvec::SmallVec;

/// All elements of `N` views, in C order, as a single run, where that is seen at once: for one
/// dimension, and where all are adjacent.
#[inline]
pub(super) fn straight<const N: usize>(views: [RawView<'_>; N]) -> Option<Run<N>> {
    let layouts = views.map(RawView::layout);
    let first = layouts.first()?;
    let run = |strides| Run { starts: views.map(RawView::start), strides, length: first.len() };
    if first.ndim() == 1 && layouts.iter().all(|layout| layout.suboffsets().is_empty()) {
        return Some(run(layouts.map(|layout| layout.strides()[0])));
    }
    let adjacent = layouts.iter().all(|layout| layout.is_c_contiguous());
    adjacent.then(|| run(layouts.map(|layout| layout.itemsize() as isize)))
}

/// Elements of a line that is worth looking at for itself.
const SHORT: usize = 256;

/// A dimension of `N` views at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loop<const N: usize> {
    pub(super) length: usize,
    pub(super) strides: [isize; N],
}

impl<const N: usize> Loop<N> {
    /// A single step.
    pub(super) const ONCE: Self = Self { length: 1, strides: [0; N] };

    /// Whether one step of this loop is exactly all of the steps of the next one, in every view.
    fn steps_over(&self, next: &Self) -> bool {
        let mut strides = self.strides.iter().zip(&next.strides);
        strides.all(|(&outer, &inner)| inner.checked_mul(next.length as isize) == Some(outer))
    }

    /// How far the steps go, to compare two loops by: in the first view, then in the second, …
    fn reach(&self) -> [usize; N] {
        self.strides.map(isize::unsigned_abs)
    }
}

/// All elements of `N` views: where the first ones lie, and the loops over the others.
#[derive(Debug)]
pub(super) struct Loops<const N: usize> {
    pub(super) starts: [*mut u8; N],
    /// From the outermost to the innermost: no loop is of one step, none continues another.
    pub(super) loops: SmallVec<[Loop<N>; 4]>,
}

impl<const N: usize> Loops<N> {
    /// The loops over views of one shape; `None` where pointers stand between a start and its
    /// elements, or where there are no elements.
    pub(super) fn over(views: [RawView<'_>; N]) -> Option<Self> {
        Self::of_views(views, Self::new)
    }

    /// As [`over`](Self::over), but in C order.
    pub(super) fn in_order(views: [RawView<'_>; N]) -> Option<Self> {
        Self::of_views(views, |shape, starts, strides| {
            let loops = (0..shape.len()).filter(|&dimension| shape[dimension] != 1);
            let loops = loops.map(|dimension| Loop {
                length: shape[dimension],
                strides: strides.map(|strides| strides[dimension]),
            });
            Self::joined(starts, loops.collect())
        })
    }

    fn of_views(
        views: [RawView<'_>; N],
        make: impl FnOnce(&[usize], [*mut u8; N], [&[isize]; N]) -> Self,
    ) -> Option<Self> {
        let layouts = views.map(RawView::layout);
        let direct = layouts.iter().all(|layout| layout.suboffsets().is_empty());
        let shape = layouts.first()?.shape();
        let strides = layouts.map(Layout::strides);
        (direct && !shape.contains(&0)).then(|| make(shape, views.map(RawView::start), strides))
    }

    /// The loops over elements of a shape, of which no length is 0.
    pub(super) fn new(shape: &[usize], mut starts: [*mut u8; N], strides: [&[isize]; N]) -> Self {
        let mut loops = SmallVec::<[Loop<N>; 4]>::new();
        for (dimension, &length) in shape.iter().enumerate().filter(|&(_, &length)| length != 1) {
            let mut one = Loop { length, strides: strides.map(|strides| strides[dimension]) };
            let forward = one.strides.iter().find(|&&stride| stride != 0);
            if forward.is_some_and(|&stride| stride < 0) {
                for (start, stride) in starts.iter_mut().zip(&mut one.strides) {
                    *start = start.wrapping_offset(stride.wrapping_mul(length as isize - 1));
                    *stride = stride.wrapping_neg();
                }
            }
            // By hand: the library's sort is for many, and large.
            let place = loops.iter().rposition(|other| other.reach() >= one.reach());
            loops.insert(place.map_or(0, |place| place + 1), one);
        }
        Self::joined(starts, loops)
    }

    /// Makes one loop of those that continue each other.
    fn joined(starts: [*mut u8; N], mut loops: SmallVec<[Loop<N>; 4]>) -> Self {
        if loops.len() > 1 {
            loops.dedup_by(|next, last| {
                let continues = last.steps_over(next);
                if continues {
                    *last = Loop { length: last.length * next.length, ..*next };
                }
                continues
            });
        }
        Self { starts, loops }
    }

    /// Takes a loop out, the innermost being 0: one of a single step where there are not so many.
    pub(super) fn take(&mut self, depth: usize) -> Loop<N> {
        match self.loops.len().checked_sub(depth + 1) {
            Some(index) => self.loops.remove(index),
            None => Loop::ONCE,
        }
    }

    /// Calls `body` with all elements as lines, several together where they are short, until it says
    /// `false`; whether it never did.
    pub(super) fn lines(mut self, mut body: impl FnMut(Lines<N>) -> bool) -> bool {
        let inner = self.take(0);
        let outer = if inner.length < SHORT { self.take(0) } else { Loop::ONCE };
        let (length, strides) = (inner.length, inner.strides);
        let (lines, apart) = (outer.length, outer.strides);
        self.all(|starts| body(Lines { starts, strides, length, apart, lines }))
    }

    /// Calls `body` with every place that the loops lead to, until it says `false`; whether it
    /// never did.
    pub(super) fn all(&self, mut body: impl FnMut([*mut u8; N]) -> bool) -> bool {
        if self.loops.is_empty() {
            return body(self.starts);
        }
        let mut places = self.starts;
        let mut indices: SmallVec<[usize; 4]> = self.loops.iter().map(|_| 0).collect();
        loop {
            if !body(places) {
                return false;
            }
            let mut loops = self.loops.iter().zip(&mut indices).rev();
            let more = loops.any(|(one, index)| {
                *index += 1;
                let more = *index < one.length;
                // To the next step, or back over all the steps that were taken.
                let steps = if more { 1 } else { 1 - one.length as isize };
                for (place, stride) in places.iter_mut().zip(one.strides) {
                    *place = place.wrapping_offset(stride.wrapping_mul(steps));
                }
                if !more {
                    *index = 0;
                }
                more
            });
            if !more {
                return true;
            }
        }
    }
}
