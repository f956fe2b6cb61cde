//! The elements of a view as contiguous blocks of the numbers of a form, and contiguous ones in
//! parts.

#![allow(unsafe_code)]

use super::form::Form;
use crate::kernels::axes::all_runs_maybe_in_order;
use crate::kernels::blocks::{Blocks, Buffers};
use crate::kernels::encoding::Encoding;
use crate::kernels::runs::Runs;
use crate::view::RawView;

/// Bytes of a block, at most: what is looked at twice, or looked for again, stays in the cache.
pub(super) const BLOCK_BYTES: usize = 1 << 14;

/// Divides contiguous numbers of a size into parts of at most `max` of them: the first index and the
/// length of each. Where there are more than a block of them, the first part ends where a cache line
/// begins, if a number does: a vector that is in two lines takes two accesses.
#[inline]
pub(super) fn parts(
    start: *const u8,
    count: usize,
    size: usize,
    max: usize,
) -> impl Iterator<Item = (usize, usize)> {
    const LINE: usize = 64;
    let bytes = start.addr().wrapping_neg() % LINE;
    let is_long = count > BLOCK_BYTES / size;
    let mut before_line = if is_long && bytes.is_multiple_of(size) { bytes / size } else { 0 };
    let mut first = 0;
    std::iter::from_fn(move || {
        let rest = max.min(count - first);
        let length = if before_line > 0 { before_line } else { rest };
        let part = (first, length);
        (before_line, first) = (0, first + length);
        (length > 0).then_some(part)
    })
}

/// Calls `body` with blocks that are all elements of a view, in C order or in one that suits the
/// memory: the first number, and the runs that the block was made of, of as many elements. Compiled
/// once for all that is done with them.
///
/// # Safety
/// The elements are of the encoding, which is one of real numbers; or the view leads to one part of
/// complex ones, and the encoding is that of the part.
#[inline(never)]
pub(super) unsafe fn all_blocks(
    view: RawView<'_>,
    (encoding, form): (Encoding, Form),
    in_order: bool,
    body: &mut dyn FnMut(*const u8, Runs<1>),
) {
    let mut buffers = Buffers::new();
    let mut blocks = Blocks::new(encoding, form.widened, &mut buffers);
    all_runs_maybe_in_order(view, in_order, &mut |runs| {
        let max = blocks.max_len(&runs).min(BLOCK_BYTES / form.size);
        runs.all_blocks(max, |block| {
            // SAFETY: the runs lead to elements of the view, or to parts of them, which are valid
            // for reads.
            body(unsafe { blocks.block(block) }, block);
            true
        })
    });
}
