//! Looking at many elements with an early end: chunk by chunk, for vectors have no way out of the
//! middle of a chunk.

use super::ahead::{AHEAD, ask_for};

/// The index of the first of `count` elements that something holds for. It is looked at in chunks
/// of `LONG` elements, then of `SHORT` ones, then element by element.
#[inline(always)]
pub(super) fn first<const LONG: usize, const SHORT: usize>(
    count: usize,
    holds: impl Fn(usize) -> bool,
) -> Option<usize> {
    first_from::<LONG, SHORT>(0, count, holds)
}

/// As [`first`], for elements that lie side by side from `start` on, and may be many.
#[inline(always)]
pub(super) fn first_of<T, const LONG: usize, const SHORT: usize>(
    start: *const T,
    count: usize,
    holds: impl Fn(usize) -> bool,
) -> Option<usize> {
    let ahead = AHEAD / size_of::<T>();
    let many = count.saturating_sub(ahead);
    let none_until = none::<LONG>(
        0,
        many,
        |first| {
            ask_for(start.wrapping_add(first + ahead).cast(), LONG * size_of::<T>());
        },
        &holds,
    );
    first_from::<LONG, SHORT>(none_until, count, holds)
}

#[inline(always)]
fn first_from<const LONG: usize, const SHORT: usize>(
    first: usize,
    count: usize,
    holds: impl Fn(usize) -> bool,
) -> Option<usize> {
    let none_until = none::<LONG>(first, count, |_| (), &holds);
    let none_until = none::<SHORT>(none_until, count, |_| (), &holds);
    (none_until..count).find(|&index| holds(index))
}

/// From `first` on, the start of the first chunk that has an element that it holds for, or that
/// there are not enough elements for. `before` is called with the start of every chunk.
#[inline(always)]
fn none<const CHUNK: usize>(
    mut first: usize,
    count: usize,
    before: impl Fn(usize),
    holds: impl Fn(usize) -> bool,
) -> usize {
    while count - first >= CHUNK {
        before(first);
        let mut any = false;
        for index in 0..CHUNK {
            any |= holds(first + index);
        }
        if any {
            break;
        }
        first += CHUNK;
    }
    first
}
