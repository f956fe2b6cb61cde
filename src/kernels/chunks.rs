//! Looking at many elements with an early end: chunk by chunk, for vectors have no way out of the
//! middle of a chunk.

/// The index of the first of `count` elements that something holds for. It is looked at in chunks
/// of `LONG` elements, then of `SHORT` ones, then element by element.
#[inline(always)]
pub(super) fn first<const LONG: usize, const SHORT: usize>(
    count: usize,
    holds: impl Fn(usize) -> bool,
) -> Option<usize> {
    let none_until = none::<LONG>(0, count, &holds);
    let none_until = none::<SHORT>(none_until, count, &holds);
    (none_until..count).find(|&index| holds(index))
}

/// From `first` on, the start of the first chunk that has an element that it holds for, or that
/// there are not enough elements for.
#[inline(always)]
fn none<const CHUNK: usize>(
    mut first: usize,
    count: usize,
    holds: impl Fn(usize) -> bool,
) -> usize {
    while count - first >= CHUNK {
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
