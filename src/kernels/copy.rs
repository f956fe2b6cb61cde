//! Moving elements: gathering them into adjacent memory, scattering them, filling.
//!
//! Nothing here looks at what the bytes mean: the kernels depend on the element's size alone.

#![allow(unsafe_code)]

use super::encoding::Encoding;
use super::line::Lines;
use super::loops::{Loop, Loops, straight};
use super::transpose::Matrix;
use super::{line, swap, transpose};
use crate::element::{Element, Scalar};
use crate::error::{Error, Result};
use crate::layout::{Layout, Order};
use crate::memory::Memory;
use crate::view::{RawView, Run, View, Walk};
use smallvec::SmallVec;

/// Small matrices that are copied together.
const TOGETHER: usize = 256;

/// Bytes of a line that are copied before they are turned around.
const PIECE: usize = 4096;

/// Writes every element of a view, in an order, to adjacent bytes.
///
/// # Safety
/// `target` is valid for writes of the view's `nbytes`, which the view does not lie in.
///
/// # Errors
/// None for a valid view.
pub unsafe fn gather(view: RawView<'_>, order: Order, target: *mut u8) -> Result<()> {
    // SAFETY: as the caller says.
    unsafe { gather_turned(view, order, target, 1) }
}

/// As [`gather`], with each `part` of the bytes turned around.
///
/// # Safety
/// As for [`gather`], an element being a whole number of parts.
unsafe fn gather_turned(
    view: RawView<'_>,
    order: Order,
    target: *mut u8,
    part: usize,
) -> Result<()> {
    let layout = view.layout();
    let contiguous = match order {
        Order::C => layout.is_c_contiguous(),
        Order::Fortran => layout.is_f_contiguous(),
    };
    if contiguous {
        if layout.nbytes() > 0 {
            // SAFETY: the elements are adjacent, so that the view is valid for reads of `nbytes`
            // from its start; the target is as the caller says.
            unsafe { swap::copy(target, view.start(), layout.nbytes(), part) };
        }
        return Ok(());
    }
    if let (&[length], &[stride], []) = (layout.shape(), layout.strides(), layout.suboffsets()) {
        let (starts, size) = ([target, view.start()], layout.itemsize());
        let lines = Lines::of(Run { starts, strides: [size as isize, stride], length });
        // SAFETY: the line is all elements of the view; the rest is as the caller says.
        unsafe { copy_lines(lines, size, part) };
        return Ok(());
    }
    let adjacent = Layout::contiguous_in(layout.shape(), layout.itemsize(), order)?;
    // SAFETY: the target has room for as many adjacent elements, and lies apart from the view.
    unsafe { copy_apart(RawView::new(target, &adjacent), view, part) }
}

/// The elements of a view, in an order, in memory of their own.
///
/// # Errors
/// One that [`is_too_large`](Error::is_too_large) where there is not so much memory.
///
/// # Examples
/// ```
/// use consumer::{Layout, Order, View};
/// use consumer::kernels::copy;
///
/// let layout = Layout::new(&[3], Some(&[-1]), None, 1).unwrap();
/// let bytes = [1_u8, 2, 3];
/// // SAFETY: the layout goes from the last byte to the first.
/// let view = unsafe { View::<u8>::new((&raw const bytes[2]).cast_mut(), layout, true, ()) };
/// let mut reversed = [0; 3];
/// copy::to_slice(&view, Order::C, &mut reversed).unwrap();
/// assert_eq!(reversed, [3, 2, 1]);
/// ```
pub fn to_memory<T: Element>(view: &View<T>, order: Order) -> Result<Memory> {
    // SAFETY: nothing is turned around.
    unsafe { to_memory_turned(view.raw(), order, 1) }
}

/// As [`to_memory`], whatever the type, with each `part` of the bytes turned around.
///
/// # Safety
/// An element is a whole number of parts.
pub unsafe fn to_memory_turned(view: RawView<'_>, order: Order, part: usize) -> Result<Memory> {
    // SAFETY: fresh memory of just that size, all of which is written.
    unsafe {
        Memory::written(view.layout().nbytes(), |start| gather_turned(view, order, start, part))
    }
}

/// The elements of a view, in C order and this machine's byte order, in memory of their own.
///
/// # Errors
/// As those of [`to_memory`].
pub fn to_native<T: Scalar>(view: &View<T>) -> Result<Memory> {
    // SAFETY: the part is what the type's bytes are turned around by.
    unsafe { to_memory_turned(view.raw(), Order::C, Encoding::of::<T>().turned()) }
}

/// Writes every element of a view, in an order, to a slice of bytes.
///
/// # Errors
/// One that [`is_value`](Error::is_value) where the slice has not just the view's `nbytes`.
pub fn to_slice<T: Element>(view: &View<T>, order: Order, target: &mut [u8]) -> Result<()> {
    let (have, want) = (target.len(), view.layout().nbytes());
    if have != want {
        return Err(Error::value(format!("{want} bytes do not fit a slice of {have}")));
    }
    // SAFETY: the slice is exclusively ours and of that size; a view lies in no `&mut`.
    unsafe { gather(view.raw(), order, target.as_mut_ptr()) }
}

/// Copies every element of one view to the same place of another, as if through a copy in between:
/// the two may overlap.
///
/// # Errors
/// One that [`is_read_only`](Error::is_read_only) where the target is; one that
/// [`is_value`](Error::is_value) where shapes or itemsizes differ; one that
/// [`is_too_large`](Error::is_too_large) where they overlap and there is no memory for a copy.
pub fn assign<T: Element, U: Element>(target: &View<T>, source: &View<U>) -> Result<()> {
    if target.readonly() {
        return Err(Error::read_only());
    }
    // SAFETY: the target is writable.
    unsafe { assign_raw(target.raw(), source.raw()) }
}

/// As [`assign`], whatever the types.
///
/// # Safety
/// The target's elements are valid for writes.
pub unsafe fn assign_raw(target: RawView<'_>, source: RawView<'_>) -> Result<()> {
    let (to, from) = (target.layout(), source.layout());
    check_alike(to, from)?;
    if to.nbytes() == 0 {
        return Ok(());
    }
    if to.is_c_contiguous() && from.is_c_contiguous() {
        // SAFETY: both views are adjacent bytes of that size, the target is writable, and `copy`
        // allows them to overlap.
        unsafe { target.start().copy_from(source.start(), to.nbytes()) };
        return Ok(());
    }
    if !may_overlap(target, source) {
        // SAFETY: the target is writable and lies apart from the source.
        return unsafe { copy_apart(target, source, 1) };
    }
    // SAFETY: nothing is turned around.
    let copy = unsafe { to_memory_turned(source, Order::C, 1)? };
    let layout = Layout::contiguous(from.shape(), from.itemsize())?;
    // SAFETY: the copy holds just the elements of that layout, for as long as this block.
    unsafe { copy_apart(target, RawView::new(copy.start(), &layout), 1) }
}

/// Refuses layouts that cannot take each other's elements.
///
/// # Errors
/// One that [`is_value`](Error::is_value).
pub fn check_alike(to: &Layout, from: &Layout) -> Result<()> {
    if to.shape() == from.shape() && to.itemsize() == from.itemsize() {
        return Ok(());
    }
    Err(Error::value(format!(
        "shape {:?} of elements of {} bytes cannot take shape {:?} of {} bytes",
        to.shape(),
        to.itemsize(),
        from.shape(),
        from.itemsize()
    )))
}

/// Stores the same bytes in every element, in no order: where elements share bytes, any of them may be
/// the last.
///
/// # Errors
/// One that [`is_read_only`](Error::is_read_only) where the view is; one that
/// [`is_value`](Error::is_value) where the bytes are not one element.
pub fn fill<T: Element>(target: &View<T>, element: &[u8]) -> Result<()> {
    if target.readonly() {
        return Err(Error::read_only());
    }
    // SAFETY: the target is writable.
    unsafe { fill_raw(target.raw(), element) }
}

/// As [`fill`], whatever the type.
///
/// # Safety
/// The target's elements are valid for writes.
pub unsafe fn fill_raw(target: RawView<'_>, element: &[u8]) -> Result<()> {
    let itemsize = target.layout().itemsize();
    if element.len() != itemsize {
        return Err(Error::value(format!(
            "{} bytes are not one element of {itemsize} bytes",
            element.len()
        )));
    }
    let layout = target.layout();
    if layout.nbytes() == 0 {
        return Ok(());
    }
    let element = element.as_ptr().cast_mut();
    // SAFETY: the target is writable; steps of 0 stay on the one element, which is a slice of its
    // own, and so apart from the target.
    unsafe {
        if layout.suboffsets().is_empty() {
            let still: SmallVec<[isize; 4]> = layout.strides().iter().map(|_| 0).collect();
            let starts = [target.start(), element];
            copy_loops(Loops::new(layout.shape(), starts, [layout.strides(), &still]), itemsize, 1);
        } else {
            for run in Walk::from_view(target, Order::C) {
                let run = Run {
                    starts: [run.starts[0], element],
                    strides: [run.strides[0], 0],
                    length: run.length,
                };
                line::copy(Lines::of(run), itemsize);
            }
        }
    }
    Ok(())
}

/// Copies every element of one view to the same place of another, and turns each `part` of the
/// bytes around; not for a `part` of 1. Where elements of the target share bytes, the last one in C
/// order stays, as in memoryview.
///
/// # Safety
/// The target is writable, and no element of it lies in the source. Where there is a part, an
/// element is a whole number of them, and the target's elements are adjacent in an order.
pub unsafe fn copy_apart(target: RawView<'_>, source: RawView<'_>, part: usize) -> Result<()> {
    let itemsize = target.layout().itemsize();
    if target.layout().nbytes() == 0 {
        return Ok(());
    }
    if target.layout().overlaps_itself() {
        for run in Walk::new([target, source], Order::C)? {
            for index in 0..run.length {
                // SAFETY: a run leads to elements of both views, which lie apart.
                unsafe {
                    let [to, from] = [0, 1].map(|view| run.pointer(view, index));
                    to.copy_from_nonoverlapping(from, itemsize);
                }
            }
        }
        return Ok(());
    }
    if let Some(run) = straight([target, source]).filter(|run| run.strides[0] > 0) {
        // SAFETY: the run is all elements of both views; the rest is as the caller says.
        unsafe { copy_lines(Lines::of(run), itemsize, part) };
        return Ok(());
    }
    if let Some(loops) = Loops::over([target, source]) {
        // SAFETY: the loops lead to all elements of both views; the rest is as the caller says.
        unsafe { copy_loops(loops, itemsize, part) };
        return Ok(());
    }
    for run in Walk::new([target, source], Order::C)? {
        // SAFETY: the run leads to elements of both views; where pointers lead to them, to one.
        unsafe {
            line::copy(Lines::of(run), itemsize);
            if part > 1 {
                swap::in_place(run.starts[0], run.length * itemsize, part);
            }
        }
    }
    Ok(())
}

/// Copies all that some loops lead to, as matrices or lines.
///
/// # Safety
/// As for [`copy_apart`].
unsafe fn copy_loops(mut loops: Loops<2>, itemsize: usize, part: usize) {
    let inner = loops.take(0);
    let reach = |one: &Loop<2>| one.strides[1].unsigned_abs();
    // The loop along which the source's steps are shortest, if it is not the innermost one.
    let nearest = (0..loops.loops.len()).rev().min_by_key(|&index| reach(&loops.loops[index]));
    let across = nearest
        .map(|index| (index, loops.loops[index]))
        .filter(|(_, one)| reach(one) < reach(&inner) && one.strides[1] != 0);
    if let Some((index, mut row)) = across {
        loops.loops.remove(index);
        let mut last = [0; 2];
        if row.strides[1] < 0 {
            last = row.strides.map(|stride| stride.wrapping_mul(row.length as isize - 1));
            row.strides = row.strides.map(isize::wrapping_neg);
        }
        // Many small matrices are copied together, each time the same element of all of them.
        let small = part == 1 && inner.length.max(row.length) < transpose::NARROW;
        let many = if small { loops.take(0) } else { Loop::ONCE };
        loops.all(|starts| {
            let starts = [0, 1].map(|view| starts[view].wrapping_offset(last[view]));
            if many.length > 1 {
                // SAFETY: as the caller says.
                unsafe { copy_together(starts, many, [inner, row], itemsize) };
                return true;
            }
            let matrix = Matrix {
                starts,
                columns: inner.length,
                column: inner.strides,
                rows: row.length,
                row: row.strides,
            };
            // SAFETY: as the caller says.
            unsafe { transpose::copy(matrix, itemsize, part) };
            true
        });
        return;
    }
    let outer = loops.take(0);
    loops.all(|starts| {
        let (strides, apart) = (inner.strides, outer.strides);
        let (length, lines) = (inner.length, outer.length);
        // SAFETY: as the caller says.
        unsafe { copy_lines(Lines { starts, strides, length, apart, lines }, itemsize, part) };
        true
    });
}

/// Copies many small matrices.
///
/// # Safety
/// As for [`copy_apart`]; all three loops together lead to elements.
unsafe fn copy_together(
    starts: [*mut u8; 2],
    many: Loop<2>,
    [column, row]: [Loop<2>; 2],
    itemsize: usize,
) {
    let lines = Lines {
        starts,
        strides: many.strides,
        length: many.length,
        apart: row.strides,
        lines: row.length,
    };
    for first in (0..many.length).step_by(TOGETHER) {
        let length = TOGETHER.min(many.length - first);
        for index in 0..column.length {
            let at = |view: usize| {
                let along = many.strides[view].wrapping_mul(first as isize);
                let down = column.strides[view].wrapping_mul(index as isize);
                starts[view].wrapping_offset(along).wrapping_offset(down)
            };
            let lines = Lines { starts: [at(0), at(1)], length, ..lines };
            // SAFETY: as the caller says.
            unsafe { line::copy(lines, itemsize) };
        }
    }
}

/// Copies lines, and turns each `part` of the bytes around; not for a `part` of 1.
///
/// # Safety
/// As for [`copy_apart`].
unsafe fn copy_lines(lines: Lines, itemsize: usize, part: usize) {
    if part == 1 {
        // SAFETY: as the caller says.
        unsafe { line::copy(lines, itemsize) };
        return;
    }
    // Few enough elements to be turned around before they leave the first cache.
    let most = (PIECE / itemsize).max(1);
    for line in 0..lines.lines {
        for first in (0..lines.length).step_by(most) {
            let piece = lines.part(line, first, most.min(lines.length - first));
            let [target, source] = piece.starts;
            let nbytes = piece.length * itemsize;
            // SAFETY: a part of the lines; the rest is as the caller says.
            unsafe {
                if piece.strides[1] == itemsize as isize {
                    swap::copy(target, source, nbytes, part);
                } else {
                    line::copy(piece, itemsize);
                    swap::in_place(target, nbytes, part);
                }
            }
        }
    }
}

/// Whether two views may share a byte: whether the stretches of memory meet that they reach over. So
/// lines that lie between each other's elements are taken to share some, as is all that pointers lead
/// to.
pub fn may_overlap(left: RawView<'_>, right: RawView<'_>) -> bool {
    let span = |view: RawView<'_>| {
        let extent = view.layout().extent();
        let at = |offset: isize| view.start().wrapping_offset(offset) as usize;
        at(extent.start)..at(extent.end)
    };
    let indirect = |view: RawView<'_>| !view.layout().suboffsets().is_empty();
    let (a, b) = (span(left), span(right));
    indirect(left) || indirect(right) || (a.start < b.end && b.start < a.end)
}
