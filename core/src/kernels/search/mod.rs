//! Searches: the first element that equals a value, and how many elements do.
//!
//! A search does not decode the elements. What is sought becomes a [`Pattern`]: the bytes that an
//! element has if it equals the value, and a mask of those bits that matter; both zeros are the
//! same under a mask, and a NaN has no pattern. So a search is `element & mask == bits` on integers
//! of the element's size, in the byte order that the elements are in: four loops serve all types,
//! and a foreign byte order costs nothing. Single bytes go to C's `memchr` and to a counter of
//! their own. Only C's `long double` is compared as a number, because equal ones may differ in
//! their padding.
//!
//! Contiguous elements are searched in place, others in `blocks`. Everything here works on an
//! encoding and bytes, so only making the bytes is compiled per element type.

#![allow(unsafe_code)]

mod count_byte;
mod matching;
mod pattern;

pub use pattern::Pattern;

use super::axes::{all_runs, all_runs_in_order};
use super::blocks::{Blocks, Buffers};
use super::runs::Runs;
use crate::element::Scalar;
use crate::view::{RawView, View};

/// Returns the position, in C order, of the first element that equals a value.
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
#[must_use]
#[inline]
pub fn find<T: Scalar>(view: &View<'_, T>, value: T::Value) -> Option<usize> {
    Pattern::from_value::<T>(value).as_ref().and_then(|pattern| find_pattern(view.raw(), pattern))
}

/// Returns how many elements equal a value.
#[must_use]
#[inline]
pub fn count<T: Scalar>(view: &View<'_, T>, value: T::Value) -> usize {
    Pattern::from_value::<T>(value).as_ref().map_or(0, |pattern| count_pattern(view.raw(), pattern))
}

/// Returns the position, in C order, of the first element that a pattern matches. The view's
/// elements should be of the pattern's type; elements of another size never match.
#[must_use]
pub fn find_pattern(view: RawView<'_>, pattern: &Pattern) -> Option<usize> {
    if view.layout().itemsize() != pattern.size() {
        return None;
    }
    match view.layout().contiguous_len() {
        // SAFETY: the view is as many contiguous elements of the pattern's size.
        Some(count) => unsafe { pattern.find(view.start(), count) },
        None => find_in_blocks(view, pattern),
    }
}

/// Returns the index of the first of `count` contiguous elements that a pattern matches.
///
/// # Safety
/// The elements are of the pattern's type, and valid for reads.
#[must_use]
pub unsafe fn find_contiguous(start: *const u8, count: usize, pattern: &Pattern) -> Option<usize> {
    // SAFETY: the caller guarantees the elements.
    unsafe { pattern.find(start, count) }
}

/// Returns how many of `count` contiguous elements a pattern matches.
///
/// # Safety
/// The same as for [`find_contiguous`].
#[must_use]
pub unsafe fn count_contiguous(start: *const u8, count: usize, pattern: &Pattern) -> usize {
    // SAFETY: the caller guarantees the elements.
    unsafe { pattern.count(start, count) }
}

/// Returns how many elements a pattern matches. The view's elements should be of the pattern's
/// type; elements of another size never match.
#[must_use]
pub fn count_pattern(view: RawView<'_>, pattern: &Pattern) -> usize {
    if view.layout().itemsize() != pattern.size() {
        return 0;
    }
    match view.layout().contiguous_len() {
        // SAFETY: the view is as many contiguous elements of the pattern's size.
        Some(count) => unsafe { pattern.count(view.start(), count) },
        None => count_in_blocks(view, pattern),
    }
}

/// The slow path of [`find_pattern`]. Not inlined, because it sets up buffers.
#[inline(never)]
fn find_in_blocks(view: RawView<'_>, pattern: &Pattern) -> Option<usize> {
    let mut buffers = Buffers::new();
    let mut blocks = Blocks::new(pattern.encoding(), None, &mut buffers);
    let (mut found, mut before) = (None, 0);
    all_runs_in_order([view], |runs: Runs<1>| {
        runs.all_blocks(blocks.max_len(&runs), |part| {
            // SAFETY: the runs lead to elements of the view, which are valid for reads and of the
            // pattern's size; a block is as many of them.
            found = unsafe { pattern.find(blocks.block(part), part.len()) };
            found = found.map(|index| before + index);
            before += part.len();
            found.is_none()
        })
    });
    found
}

/// The slow path of [`count_pattern`]. Not inlined, because it sets up buffers.
#[inline(never)]
fn count_in_blocks(view: RawView<'_>, pattern: &Pattern) -> usize {
    let mut buffers = Buffers::new();
    let mut blocks = Blocks::new(pattern.encoding(), None, &mut buffers);
    let mut total = 0;
    all_runs([view], |runs: Runs<1>| {
        runs.all_blocks(blocks.max_len(&runs), |part| {
            // SAFETY: the runs lead to elements of the view, which are valid for reads and of the
            // pattern's size; a block is as many of them.
            total += unsafe { pattern.count(blocks.block(part), part.len()) };
            true
        })
    });
    total
}
