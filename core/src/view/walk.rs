//! The walk: the elements of one or several views in C or Fortran order, as runs.
//!
//! A run is a number of elements with a constant stride. The walk merges neighbouring dimensions
//! where one step of the outer one is exactly as long as all steps of the inner one, in every view
//! at once, so contiguous views of any shape are one run. It makes the innermost dimension the run,
//! and an odometer counts through the others.
//!
//! The order of the elements is never changed, not even where another order would suit the memory
//! better: callers rely on it. With pointers on the way (suboffsets) nothing can be merged, every
//! run is one element, and its address is computed anew from its indices.

#![allow(unsafe_code)]

use smallvec::SmallVec;

use super::RawView;
use super::odometer::{Axis, Odometer};
use crate::error::{Error, Result, Tuple};
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

/// An iterator over the elements of `N` views of the same shape, taken together in C or Fortran
/// order, as runs: as few and as long as the layouts allow.
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
    /// The dimensions around the run, or all of them where each run is one element.
    outer: Odometer<N>,
    /// The run, which starts where the odometer stands.
    strides: [isize; N],
    length: usize,
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
            Some(other) => {
                let (first, other) = (Tuple(first), Tuple(other));
                Err(Error::value(format!("shapes differ: {first} and {other}")))
            }
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
            let next = Axis { length, strides: layouts.map(|layout| layout.strides()[dimension]) };
            // A pointer may follow each dimension, so nothing is merged and all indices are kept.
            if !indirect {
                if length == 1 {
                    continue;
                }
                if let Some(last) = axes.last_mut()
                    && let Some(merged) = last.merged(&next)
                {
                    *last = merged;
                    continue;
                }
            }
            axes.push(next);
        }
        let inner = if indirect { None } else { axes.pop() };
        let Axis { length, strides } = inner.unwrap_or(Axis::ONE);
        Self {
            views,
            outer: Odometer::new(axes, views.map(RawView::start)),
            strides,
            length,
            indirect,
            order,
            done: shape.contains(&0),
        }
    }

    /// Returns the addresses of the current element, following the pointers on the way to it.
    fn look_up(&self) -> [*mut u8; N] {
        let mut index: SmallVec<[usize; 4]> = self.outer.indices().collect();
        if self.order == Order::Fortran {
            index.reverse();
        }
        // SAFETY: nothing was merged, so there is one index for each dimension of each view, and
        // all shapes are equal; `next` has ended the walk before any index reaches its length.
        self.views.map(|view| unsafe { view.at(&index) })
    }
}

impl<const N: usize> Iterator for Walk<'_, N> {
    type Item = Run<N>;

    #[inline]
    fn next(&mut self) -> Option<Run<N>> {
        if self.done {
            return None;
        }
        let starts = if self.indirect { self.look_up() } else { self.outer.addresses() };
        self.done = !self.outer.advance();
        Some(Run { starts, strides: self.strides, length: self.length })
    }
}
