//! The walk: the elements of one or several views in C or Fortran order, as runs.
//!
//! A run is a number of elements with a constant stride. The walk merges neighbouring dimensions where
//! one step of the outer one is exactly as long as all steps of the inner one, in every view at once,
//! so contiguous views of any shape are one run. It makes the innermost dimension the run and counts
//! the others like an odometer: each `next` adds a stride to the addresses, and a dimension that
//! overflows subtracts what it had added and carries to the one before it.
//!
//! The order of the elements is never changed, not even where another order would suit the memory
//! better: callers rely on it. With pointers on the way (suboffsets) nothing can be merged, every run
//! is one element, and its address is computed anew from its indices.

#![allow(unsafe_code)]

use smallvec::SmallVec;

use super::RawView;
use crate::error::{Error, Result};
use crate::layout::Order;

/// Elements of `N` views that have a constant stride in each of them.
#[derive(Debug, Clone, Copy)]
pub struct Run<const N: usize> {
    /// The address of the first element in each view.
    pub starts: [*mut u8; N],
    /// The number of bytes to the next element in each view.
    pub strides: [isize; N],
    /// The number of elements.
    pub length: usize,
}

impl<const N: usize> Run<N> {
    /// Returns the address of the element `index` in view `view`.
    #[must_use]
    #[inline(always)]
    pub fn pointer(&self, view: usize, index: usize) -> *mut u8 {
        self.starts[view].wrapping_offset(self.strides[view].wrapping_mul(index as isize))
    }
}

/// A dimension of `N` views, possibly merged from several.
#[derive(Debug, Clone, Copy)]
struct Dimension<const N: usize> {
    length: usize,
    strides: [isize; N],
}

/// An iterator over the elements of `N` views of the same shape, taken together in C or Fortran order,
/// as runs: as few and as long as the layouts allow.
///
/// # Examples
/// ```
/// use consumer::{Layout, Order, View};
/// use consumer::view::Walk;
///
/// let layout = Layout::contiguous(&[2, 3, 4], 1).unwrap();
/// // SAFETY: the layout lies within the array, which is only read.
/// let view = unsafe { View::<u8>::new([0; 24].as_ptr().cast_mut(), layout, true, ()) };
/// let lengths = |view: &View<u8>| -> Vec<usize> {
///     Walk::from_view(view.raw(), Order::C).map(|run| run.length).collect()
/// };
/// assert_eq!(lengths(&view), [24]);
/// assert_eq!(lengths(&view.transpose(&[1, 0, 2]).unwrap()), [4; 6]);
/// ```
#[derive(Debug)]
pub struct Walk<'a, const N: usize> {
    views: [RawView<'a>; N],
    /// The dimensions around the run, from the slowest to the fastest, each with its current index.
    outer: SmallVec<[(Dimension<N>, usize); 3]>,
    run: Run<N>,
    /// Whether pointers are on the way to the elements, so that each run is one element.
    indirect: bool,
    order: Order,
    done: bool,
}

impl<'a> Walk<'a, 1> {
    /// Makes a walk over one view.
    #[must_use]
    pub fn from_view(view: RawView<'a>, order: Order) -> Self {
        Self::unchecked([view], order)
    }
}

impl<'a, const N: usize> Walk<'a, N> {
    /// Makes a walk over several views at once.
    ///
    /// # Errors
    /// Returns an error with [`is_value`](Error::is_value) if their shapes differ.
    pub fn new(views: [RawView<'a>; N], order: Order) -> Result<Self> {
        let mut shapes = views.iter().map(|view| view.layout().shape());
        let first = shapes.next().unwrap_or_default();
        match shapes.find(|&shape| shape != first) {
            Some(other) => Err(Error::value(format!("shapes differ: {first:?} and {other:?}"))),
            None => Ok(Self::unchecked(views, order)),
        }
    }

    fn unchecked(views: [RawView<'a>; N], order: Order) -> Self {
        let layouts = views.map(RawView::layout);
        let indirect = layouts.iter().any(|layout| !layout.suboffsets().is_empty());
        let shape = layouts.first().map(|layout| layout.shape()).unwrap_or_default();
        let mut dimensions = SmallVec::<[Dimension<N>; 4]>::new();
        for position in 0..shape.len() {
            let dimension = match order {
                Order::C => position,
                Order::Fortran => shape.len() - 1 - position,
            };
            let length = shape[dimension];
            let next =
                Dimension { length, strides: layouts.map(|layout| layout.strides()[dimension]) };
            match dimensions.last_mut() {
                // A pointer may follow each dimension, so nothing is merged and the indices are kept.
                _ if indirect => dimensions.push(next),
                _ if length == 1 => {}
                Some(last) if last.steps_over(&next) => {
                    *last = Dimension { length: last.length * length, ..next };
                }
                _ => dimensions.push(next),
            }
        }
        let inner = if indirect { None } else { dimensions.pop() };
        let inner = inner.unwrap_or(Dimension { length: 1, strides: [0; N] });
        Self {
            views,
            outer: dimensions.into_iter().map(|dimension| (dimension, 0)).collect(),
            run: Run {
                starts: views.map(RawView::start),
                strides: inner.strides,
                length: inner.length,
            },
            indirect,
            order,
            done: shape.contains(&0),
        }
    }

    /// Advances to the next run.
    fn advance(&mut self) {
        for (dimension, index) in self.outer.iter_mut().rev() {
            *index += 1;
            let back = if *index < dimension.length { 0 } else { *index as isize };
            for (start, stride) in self.run.starts.iter_mut().zip(dimension.strides) {
                *start = start.wrapping_offset(stride.wrapping_sub(stride.wrapping_mul(back)));
            }
            if back == 0 {
                return;
            }
            *index = 0;
        }
        self.done = true;
    }

    /// Returns the addresses of the current element, following the pointers on the way to it.
    fn look_up(&self) -> [*mut u8; N] {
        let mut index: SmallVec<[usize; 4]> = self.outer.iter().map(|&(_, index)| index).collect();
        if self.order == Order::Fortran {
            index.reverse();
        }
        // SAFETY: nothing was merged, so there is one index for each dimension of each view, and all
        // shapes are equal; `next` has ended the walk before any index reaches its length.
        self.views.map(|view| unsafe { view.at(&index) })
    }
}

impl<const N: usize> Dimension<N> {
    /// Returns whether one step of this dimension is exactly as long as all steps of the next one, in
    /// every view.
    fn steps_over(&self, next: &Self) -> bool {
        let mut strides = self.strides.iter().zip(&next.strides);
        strides.all(|(&outer, &inner)| inner.checked_mul(next.length as isize) == Some(outer))
    }
}

impl<const N: usize> Iterator for Walk<'_, N> {
    type Item = Run<N>;

    #[inline]
    fn next(&mut self) -> Option<Run<N>> {
        if self.done {
            return None;
        }
        let mut run = self.run;
        if self.indirect {
            run.starts = self.look_up();
        }
        self.advance();
        Some(run)
    }
}
