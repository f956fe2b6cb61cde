//! Copying the elements of one view to those of another that may lie in the same memory.
//!
//! The result is as if all elements were read before any is written. If both views are contiguous,
//! `memmove` does that; if their memory certainly does not overlap, any copy does. Otherwise the
//! source is copied first: an order in which nothing is overwritten too early would be faster, but
//! in general there is none.

#![allow(unsafe_code)]

use super::gather::to_memory_swapped;
use super::nonoverlapping::copy_nonoverlapping;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::layout::{Layout, Order};
use crate::view::{RawView, View};

/// Copies every element of one view to the same place of another. The two may overlap.
///
/// # Errors
/// Returns an error with [`is_read_only`](Error::is_read_only) if the target is; with
/// [`is_wrong_kind`](Error::is_wrong_kind) if its elements hold references to objects, which are
/// more than their bytes; with [`is_value`](Error::is_value) if shapes or itemsizes differ; with
/// [`is_too_large`](Error::is_too_large) if the two overlap and there is no memory for a copy.
pub fn assign<T: Element, U: Element>(target: &View<'_, T>, source: &View<'_, U>) -> Result<()> {
    if target.readonly() {
        return Err(Error::read_only());
    }
    if T::has_references(target.descriptor()) {
        return Err(Error::references_as_bytes());
    }
    // SAFETY: a view that is not read-only is valid for writes.
    unsafe { assign_raw(target.raw(), source.raw()) }
}

/// The same as [`assign`], for elements of any types.
///
/// # Safety
/// The target's elements are valid for writes, and hold no references to objects.
///
/// # Errors
/// Returns the errors of [`assign`], except the first two.
pub unsafe fn assign_raw(target: RawView<'_>, source: RawView<'_>) -> Result<()> {
    let (to, from) = (target.layout(), source.layout());
    check_alike(to, from)?;
    if to.nbytes() == 0 {
        return Ok(());
    }
    if to.is_c_contiguous() && from.is_c_contiguous() {
        // SAFETY: both views are contiguous and of the same size, the caller guarantees the target,
        // and `copy_from` allows them to overlap.
        unsafe { target.start().copy_from(source.start(), to.nbytes()) };
        return Ok(());
    }
    if !may_overlap(target, source) {
        // SAFETY: the caller guarantees the target, and the two do not overlap.
        return unsafe { copy_nonoverlapping(target, source, 1) };
    }
    // SAFETY: a unit of 1 divides every element.
    let copy = unsafe { to_memory_swapped(source, Order::C, 1)? };
    let layout = Layout::contiguous(from.shape(), from.itemsize())?;
    // SAFETY: the copy is exactly the elements of that layout, lives to the end of this function,
    // and is memory of its own; the caller guarantees the target.
    unsafe { copy_nonoverlapping(target, RawView::new(copy.start(), &layout), 1) }
}

/// Returns an error for layouts that cannot take each other's elements.
///
/// # Errors
/// Returns an error with [`is_value`](Error::is_value) if shapes or itemsizes differ.
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

/// Returns whether two views may share a byte: whether the ranges of memory that they extend over
/// overlap. So it also returns `true` for views whose elements lie between each other's, and for
/// everything that pointers lead to.
#[must_use]
pub fn may_overlap(left: RawView<'_>, right: RawView<'_>) -> bool {
    let range = |view: RawView<'_>| {
        let extent = view.layout().extent();
        let address = |offset: isize| view.start().wrapping_offset(offset).addr();
        address(extent.start)..address(extent.end)
    };
    let is_indirect = |view: RawView<'_>| !view.layout().suboffsets().is_empty();
    let (a, b) = (range(left), range(right));
    is_indirect(left) || is_indirect(right) || (a.start < b.end && b.start < a.end)
}
