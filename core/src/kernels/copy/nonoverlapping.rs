//! The engine of all copies: from view to view, between memory that does not overlap.
//!
//! The axes of both views are brought into the order that suits the target (see `axes`), because
//! writes cost more than reads. Then there are two cases. If the source's strides are shortest
//! along the same axis, the innermost axis is copied run by run. If they are shortest along another
//! axis, one of the views is accessed with long strides whichever of the two is innermost, and that
//! uses one element of each cache line at a time. So both axes together are taken as a matrix,
//! which `transpose` copies in blocks.
//!
//! A byte swap is part of the copy: it is done while the copied bytes are still in the first cache.
//! That needs a contiguous target, which it is wherever a swap is requested.

#![allow(unsafe_code)]

use super::strided::copy_strided;
use super::swap::{swap_copy, swap_in_place};
use super::transpose::{MIN_SIDE, Matrix, copy_matrix};
use crate::error::Result;
use crate::kernels::axes::{Axes, single_run};
use crate::kernels::runs::Runs;
use crate::layout::Order;
use crate::view::{Axis, RawView, Walk};

/// Elements of small matrices that are copied together.
const TOGETHER: usize = 256;

/// Bytes that are copied before they are swapped: the first cache holds them.
const SWAP_BLOCK: usize = 4096;

/// Copies every element of one view to the same place of another, and reverses every `swap_unit`
/// bytes (none for a unit of 1). If elements of the target share bytes, the last one in C order
/// stays, as in memoryview.
///
/// # Safety
/// The target is valid for writes, and none of its elements overlaps the source. If the unit is not
/// 1, an element is a whole number of units, and the target is contiguous in some order of its
/// dimensions.
///
/// # Errors
/// Returns an error with [`is_value`](crate::Error::is_value) if the shapes differ.
pub unsafe fn copy_nonoverlapping(
    target: RawView<'_>,
    source: RawView<'_>,
    swap_unit: usize,
) -> Result<()> {
    let itemsize = target.layout().itemsize();
    if target.layout().nbytes() == 0 {
        return Ok(());
    }
    if target.layout().overlaps_itself() {
        for run in Walk::new([target, source], Order::C)? {
            for index in 0..run.length {
                let [to, from] = [0, 1].map(|view| run.pointer(view, index));
                // SAFETY: a run leads to elements of both views; the caller guarantees the target,
                // and that it does not overlap the source.
                unsafe { to.copy_from_nonoverlapping(from, itemsize) };
            }
        }
        return Ok(());
    }
    if let Some(run) = single_run([target, source]).filter(|run| run.strides[0] > 0) {
        // SAFETY: the run is all elements of both views, which the caller guarantees.
        unsafe { copy_runs(Runs::single(run), itemsize, swap_unit) };
        return Ok(());
    }
    if let Some(axes) = Axes::sorted([target, source]) {
        // SAFETY: the axes lead to all elements of both views, which the caller guarantees.
        unsafe { copy_axes(axes, itemsize, swap_unit) };
        return Ok(());
    }
    for run in Walk::new([target, source], Order::C)? {
        // SAFETY: the run leads to elements of both views, which the caller guarantees. What is
        // swapped is contiguous: a target with suboffsets gives runs of one element.
        unsafe {
            copy_strided(Runs::single(run), itemsize);
            if swap_unit > 1 {
                swap_in_place(run.starts[0], run.length * itemsize, swap_unit);
            }
        }
    }
    Ok(())
}

/// Copies everything that some axes lead to, as matrices or as runs.
///
/// # Safety
/// The same as for [`copy_nonoverlapping`].
pub(super) unsafe fn copy_axes(mut axes: Axes<2>, itemsize: usize, swap_unit: usize) {
    let inner = axes.take_innermost();
    let source_stride = |axis: &Axis<2>| axis.strides[1].unsigned_abs();
    let is_shorter = |axis: &Axis<2>| (1..source_stride(&inner)).contains(&source_stride(axis));
    if let Some(row) = axes.take_by_key(source_stride, is_shorter) {
        // SAFETY: the caller guarantees all that the axes lead to.
        unsafe { copy_matrices(axes, inner, row, itemsize, swap_unit) };
        return;
    }
    let outer = axes.take_innermost();
    axes.all_starts(|starts| {
        let (strides, outer_strides) = (inner.strides, outer.strides);
        let (length, count) = (inner.length, outer.length);
        let runs = Runs { starts, strides, length, outer_strides, count };
        // SAFETY: the caller guarantees all that the axes lead to.
        unsafe { copy_runs(runs, itemsize, swap_unit) };
        true
    });
}

/// Copies the matrices that two of the axes span, at all places that the others lead to. The
/// target's strides are shorter along `column`, and the source's along `row`.
///
/// # Safety
/// The same as for [`copy_nonoverlapping`].
unsafe fn copy_matrices(
    mut others: Axes<2>,
    column: Axis<2>,
    mut row: Axis<2>,
    itemsize: usize,
    swap_unit: usize,
) {
    // The tiles go forward in the source.
    let mut to_last = [0; 2];
    if row.strides[1] < 0 {
        to_last = row.strides.map(|stride| stride.wrapping_mul(row.length as isize - 1));
        row.strides = row.strides.map(isize::wrapping_neg);
    }
    // Many small matrices are copied together, each time the same element of all of them.
    let is_small = swap_unit == 1 && column.length.max(row.length) < MIN_SIDE;
    let many = if is_small { others.take_innermost() } else { Axis::ONE };
    others.all_starts(|starts| {
        let starts = [0, 1].map(|view| starts[view].wrapping_offset(to_last[view]));
        if many.length > 1 {
            // SAFETY: the caller guarantees all that the axes lead to.
            unsafe { copy_together(starts, many, [column, row], itemsize) };
            return true;
        }
        // SAFETY: the caller guarantees all that the axes lead to. Where bytes are swapped, the
        // target is contiguous, and the shortest stride of contiguous elements is their size.
        unsafe { copy_matrix(Matrix { starts, column, row }, itemsize, swap_unit) };
        true
    });
}

/// Copies many small matrices.
///
/// # Safety
/// The same as for [`copy_nonoverlapping`], for all that the three axes lead to.
unsafe fn copy_together(
    starts: [*mut u8; 2],
    many: Axis<2>,
    [column, row]: [Axis<2>; 2],
    itemsize: usize,
) {
    for first in (0..many.length).step_by(TOGETHER) {
        let length = TOGETHER.min(many.length - first);
        for index in 0..column.length {
            let start = |view: usize| {
                let along = many.strides[view].wrapping_mul(first as isize);
                let down = column.strides[view].wrapping_mul(index as isize);
                starts[view].wrapping_offset(along).wrapping_offset(down)
            };
            let runs = Runs {
                starts: [start(0), start(1)],
                strides: many.strides,
                length,
                outer_strides: row.strides,
                count: row.length,
            };
            // SAFETY: the runs lead to some of the elements that the caller guarantees.
            unsafe { copy_strided(runs, itemsize) };
        }
    }
}

/// Copies runs, and reverses every `swap_unit` bytes.
///
/// # Safety
/// The same as for [`copy_nonoverlapping`], for all that the runs lead to; if the unit is not 1,
/// each run of the target is contiguous.
pub(super) unsafe fn copy_runs(runs: Runs, itemsize: usize, swap_unit: usize) {
    if swap_unit == 1 {
        // SAFETY: the caller guarantees the runs.
        unsafe { copy_strided(runs, itemsize) };
        return;
    }
    let max = (SWAP_BLOCK / itemsize).max(1);
    for index in 0..runs.count {
        for first in (0..runs.length).step_by(max) {
            let part = runs.sub_run(index, first, max.min(runs.length - first));
            let [target, source] = part.starts;
            let nbytes = part.length * itemsize;
            // SAFETY: a part of a run, which the caller guarantees; that of the target is
            // contiguous.
            unsafe {
                if part.strides[1] == itemsize as isize {
                    swap_copy(target, source, nbytes, swap_unit);
                } else {
                    copy_strided(part, itemsize);
                    swap_in_place(target, nbytes, swap_unit);
                }
            }
        }
    }
}
