//! The walk: one or several views taken apart into straight runs, in an order.

#![allow(unsafe_code)]

use smallvec::SmallVec;

use super::RawView;
use super::odometer::{Axis, Odometer};
use crate::error::{Error, Result};
use crate::layout::Order;

/// Elements of `N` views that lie in a straight line in each of them.
#[derive(Debug, Clone, Copy)]
pub struct Run<const N: usize> {
    /// The first element in each view.
    pub starts: [*mut u8; N],
    /// The step to the next element in each view, in bytes.
    pub strides: [isize; N],
    /// How many elements there are.
    pub length: usize,
}

impl<const N: usize> Run<N> {
    /// The address of the element `index` in view `view`.
    #[must_use]
    #[inline(always)]
    pub fn pointer(&self, view: usize, index: usize) -> *mut u8 {
        self.starts[view].wrapping_offset(self.strides[view].wrapping_mul(index as isize))
    }
}

/// The elements of `N` views of the same shape, taken together in C or Fortran order, as straight
/// runs: as few and as long as the layouts allow.
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
///     Walk::of(view.raw(), Order::C).map(|run| run.length).collect()
/// };
/// assert_eq!(lengths(&view), [24]);
/// assert_eq!(lengths(&view.transpose(&[1, 0, 2]).unwrap()), [4; 6]);
/// ```
#[derive(Debug)]
pub struct Walk<'a, const N: usize> {
    views: [RawView<'a>; N],
    /// The axes around the run.
    outer: Odometer<N>,
    run: Run<N>,
    /// Whether pointers stand between start and element: then each element is looked up.
    indirect: bool,
    order: Order,
    done: bool,
}

impl<'a> Walk<'a, 1> {
    /// The walk over one view.
    #[must_use]
    pub fn of(view: RawView<'a>, order: Order) -> Self {
        Self::unchecked([view], order)
    }
}

impl<'a, const N: usize> Walk<'a, N> {
    /// The walk over several views at once.
    ///
    /// # Errors
    /// One that [`is_value`](Error::is_value) where their shapes differ.
    pub fn new(views: [RawView<'a>; N], order: Order) -> Result<Self> {
        let mut shapes = views.iter().map(|view| view.layout.shape());
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
        let mut axes = SmallVec::<[Axis<N>; 4]>::new();
        for position in 0..shape.len() {
            let dimension = match order {
                Order::C => position,
                Order::Fortran => shape.len() - 1 - position,
            };
            let length = shape[dimension];
            let axis = Axis { length, strides: layouts.map(|layout| layout.strides()[dimension]) };
            // A pointer may stand behind each dimension: they stay apart, in their own order.
            if indirect {
                axes.push(axis);
            } else if length != 1 {
                match axes.last_mut() {
                    Some(last) if last.continues(&axis) => *last = last.coalesced(&axis),
                    _ => axes.push(axis),
                }
            }
        }
        let inner = if indirect { None } else { axes.pop() };
        let inner = inner.unwrap_or(Axis::UNIT);
        Self {
            views,
            outer: Odometer::new(axes),
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

    /// The addresses of the element that the odometer stands at, over all pointers on the way to it.
    fn look_up(&self) -> [*mut u8; N] {
        let mut index: SmallVec<[usize; 4]> = self.outer.indices().collect();
        if self.order == Order::Fortran {
            index.reverse();
        }
        self.views.map(|view| view.at(&index))
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
        self.done = !self.outer.advance(&mut self.run.starts);
        Some(run)
    }
}
