//! Views divided into smaller ones, so that work on them can pause in between.
//!
//! A view that is too large is divided along one dimension into selections of it, and these again
//! until they are small enough. Which dimension depends on what the pieces must be: the longest, if
//! their order does not matter, so that each piece still has long runs; the outermost, if each
//! piece has to be consecutive elements of the C order.

#![allow(unsafe_code)]

use smallvec::SmallVec;

use crate::error::Result;
use crate::layout::{Key, Layout};
use crate::view::RawView;

/// The order in which the pieces come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sequence {
    /// In any order: the longest dimension is divided.
    Any,
    /// In C order, each piece being consecutive elements of that order.
    Forward,
    /// The same from the last piece to the first.
    Backward,
}

/// Calls `work` with pieces of views of one shape, each of at most `max_bytes` bytes unless a
/// single element is larger (elements of no bytes count as one byte each), and with the number of
/// elements before it in C order, which only has a meaning if the pieces are in a sequence. Stops
/// when `work` returns `false`. Returns whether it never did.
///
/// # Errors
/// Returns the errors of `work`, and an error with [`is_index`](crate::Error::is_index) or
/// [`is_wrong_kind`](crate::Error::is_wrong_kind) if the views have different numbers of
/// dimensions.
///
/// # Examples
/// ```
/// use consumer::kernels::pieces::{Sequence, for_each_piece};
/// use consumer::{Layout, View};
///
/// let bytes = [0_u8; 10];
/// let layout = Layout::contiguous(&[10], 1).unwrap();
/// // SAFETY: the layout lies within `bytes`, which are only read.
/// let view = unsafe { View::<u8>::new(bytes.as_ptr().cast_mut(), layout, true, ()) };
/// let mut pieces = Vec::new();
/// let all = for_each_piece([view.raw()], 4, Sequence::Forward, &mut |[piece], before| {
///     pieces.push((before, piece.layout().len()));
///     Ok(true)
/// });
/// assert!(all.unwrap());
/// assert_eq!(pieces, [(0, 4), (4, 4), (8, 2)]);
/// ```
pub fn for_each_piece<const N: usize>(
    views: [RawView<'_>; N],
    max_bytes: usize,
    sequence: Sequence,
    work: &mut dyn FnMut([RawView<'_>; N], usize) -> Result<bool>,
) -> Result<bool> {
    divide(views, max_bytes, sequence, 0, work)
}

fn divide<const N: usize>(
    views: [RawView<'_>; N],
    max_bytes: usize,
    sequence: Sequence,
    before: usize,
    work: &mut dyn FnMut([RawView<'_>; N], usize) -> Result<bool>,
) -> Result<bool> {
    let bytes = views.iter().map(|view| view.layout().work()).max().unwrap_or(0);
    let divided =
        views.first().and_then(|view| division(view.layout(), bytes, max_bytes, sequence));
    let Some((dimension, count)) = divided else { return work(views, before) };
    let shape = views[0].layout().shape();
    let length = shape[dimension];
    let under: usize = shape[dimension + 1..].iter().product();
    let pieces = length.div_ceil(count);
    for index in 0..pieces {
        let index = if sequence == Sequence::Backward { pieces - 1 - index } else { index };
        let first = index * count;
        let mut keys: SmallVec<[Key; 4]> = SmallVec::new();
        let all = Key::Slice { start: 0, stop: isize::MAX, step: 1 };
        keys.resize(dimension, all);
        let stop = (first + count).min(length) as isize;
        keys.push(Key::Slice { start: first as isize, stop, step: 1 });
        let mut parts: SmallVec<[(*mut u8, Layout); 2]> = SmallVec::new();
        for view in views {
            parts.push(view.select(&keys)?);
        }
        let parts = std::array::from_fn(|view| {
            let (start, layout) = &parts[view];
            // SAFETY: the elements that are selected from a valid view are valid.
            unsafe { RawView::new(*start, layout) }
        });
        if !divide(parts, max_bytes, sequence, before + first * under, work)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the dimension to divide, and how many of its indices a piece has, or `None` for what is
/// small enough or a single element.
fn division(
    layout: &Layout,
    bytes: usize,
    max_bytes: usize,
    sequence: Sequence,
) -> Option<(usize, usize)> {
    if bytes <= max_bytes {
        return None;
    }
    let mut several = (0..layout.ndim()).filter(|&dimension| layout.shape()[dimension] > 1);
    let dimension = match sequence {
        Sequence::Any => several.max_by_key(|&dimension| layout.shape()[dimension]),
        Sequence::Forward | Sequence::Backward => several.next(),
    }?;
    let length = layout.shape()[dimension];
    Some((dimension, (max_bytes / (bytes / length).max(1)).clamp(1, length - 1)))
}
