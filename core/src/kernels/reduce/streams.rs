//! Streams: contiguous parts of an array that a loop reads side by side.
//!
//! The operations on one stream do not wait for those on another. And the processor prefetches in
//! each of them, so that more reads from memory are in flight than in one pass from the first
//! number to the last.

/// How many there are.
pub(super) const STREAMS: usize = 4;

/// Divides some numbers into streams of whole vectors, with so many lanes each: where each stream
/// starts, and its length. They may overlap, so this is for what may look at a number twice. None
/// if there are fewer numbers than lanes.
#[inline(always)]
pub(super) fn overlapping(count: usize, lanes: usize) -> Option<([usize; STREAMS], usize)> {
    if count < lanes {
        return None;
    }
    let length = count.div_ceil(STREAMS * lanes) * lanes;
    let starts = std::array::from_fn(|stream| (stream * length).min(count - length));
    Some((starts, length))
}

/// Divides some numbers into streams of whole vectors that do not overlap: the length of each. As
/// many as remain, fewer than a vector in each stream, come behind them.
#[inline(always)]
pub(super) fn disjoint(count: usize, lanes: usize) -> usize {
    count / (STREAMS * lanes) * lanes
}
