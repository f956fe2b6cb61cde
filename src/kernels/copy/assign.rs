//! Copying the elements of one view to those of another that may lie in the same memory.
//!
//! The result is as if all elements were read before any is written. Where both views are
//! contiguous, `memmove` does that; where their memory certainly does not overlap, nothing has to
//! be done for it. Otherwise the source is copied first: to find an order in which nothing is
//! overwritten too early would be faster, but there is none in general.

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
/// An error with [`is_read_only`](Error::is_read_only) if the target is; with
/// [`is_value`](Error::is_value) if shapes or itemsizes differ; with
/// [`is_too_large`](Error::is_too_large) if the two overlap and there is no memory for a copy.
pub fn assign<T: Element, U: Element>(target: &View<T>, source: &View<U>) -> Result<()> {
    if target.readonly() {
        return Err(Error::read_only());
    }
    // SAFETY: a view that is not read-only is valid for writes.
    unsafe { assign_raw(target.raw(), source.raw()) }
}

/// The same as [`assign`], whatever the types.
///
/// # Safety
/// The target's elements are valid for writes.
///
/// # Errors
/// Those of [`assign`], but for the first.
pub unsafe fn assign_raw(target: RawView<'_>, source: RawView<'_>) -> Result<()> {
    let (to, from) = (target.layout(), source.layout());
    check_alike(to, from)?;
    if to.nbytes() == 0 {
        return Ok(());
    }
    if to.is_c_contiguous() && from.is_c_contiguous() {
        // SAFETY: both views are contiguous and of the same size, the caller vouches for the
        // target, and `copy_from` allows them to overlap.
        unsafe { target.start().copy_from(source.start(), to.nbytes()) };
        return Ok(());
    }
    if !may_overlap(target, source) {
        // SAFETY: the caller vouches for the target, and the two do not overlap.
        return unsafe { copy_nonoverlapping(target, source, 1) };
    }
    // SAFETY: a unit of 1 divides every element.
    let copy = unsafe { to_memory_swapped(source, Order::C, 1)? };
    let layout = Layout::contiguous(from.shape(), from.itemsize())?;
    // SAFETY: the copy is exactly the elements of that layout, lives to the end of this function,
    // and is memory of its own; the caller vouches for the target.
    unsafe { copy_nonoverlapping(target, RawView::new(copy.start(), &layout), 1) }
}

/// Refuses layouts that cannot take each other's elements.
///
/// # Errors
/// An error with [`is_value`](Error::is_value) if shapes or itemsizes differ.
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

/// Returns whether two views may share a byte: whether the ranges of memory overlap that they
/// extend over. So views whose elements lie between each other's are taken to share some, and so is
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
