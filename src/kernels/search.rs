//! Looking for a value among the elements of a view.

#![allow(unsafe_code)]

use crate::element::Scalar;
use crate::layout::Order;
use crate::view::{View, Walk, load};

/// The position, in C order, of the first element that equals a value.
///
/// # Examples
/// ```
/// use consumer::{Layout, View};
/// use consumer::kernels::search;
///
/// let numbers = [1.5_f64, f64::NAN, 2.5, 1.5];
/// let layout = Layout::contiguous(&[4], 8).unwrap();
/// // SAFETY: the layout lies within `numbers`, which is only read.
/// let view = unsafe { View::<f64>::new(numbers.as_ptr().cast_mut().cast(), layout, true, ()) };
/// assert_eq!(search::find(&view, 2.5), Some(2));
/// assert_eq!(search::find(&view, f64::NAN), None);
/// assert_eq!(search::count(&view, 1.5), 2);
/// ```
pub fn find<T: Scalar>(view: &View<T>, value: T::Value) -> Option<usize> {
    let mut before = 0;
    for run in Walk::of(view.raw(), Order::C) {
        let found = (0..run.length).position(|index| {
            // SAFETY: a run leads to elements of the view, which are valid for reads.
            unsafe { load::<T>(run.pointer(0, index)) == value }
        });
        if let Some(index) = found {
            return Some(before + index);
        }
        before += run.length;
    }
    None
}

/// How many elements equal a value.
pub fn count<T: Scalar>(view: &View<T>, value: T::Value) -> usize {
    let in_run = |run: crate::view::Run<1>| {
        let equal = |&index: &usize| {
            // SAFETY: a run leads to elements of the view, which are valid for reads.
            unsafe { load::<T>(run.pointer(0, index)) == value }
        };
        (0..run.length).filter(equal).count()
    };
    Walk::of(view.raw(), Order::C).map(in_run).sum()
}
