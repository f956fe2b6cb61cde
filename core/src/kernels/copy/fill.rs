//! Storing one element in all places of a view: a copy whose source has strides of 0.

#![allow(unsafe_code)]

use super::nonoverlapping::copy_axes;
use super::strided::copy_strided;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::kernels::axes::Axes;
use crate::kernels::runs::Runs;
use crate::layout::Order;
use crate::view::{RawView, Run, View, Walk};
use smallvec::SmallVec;

/// Stores the same bytes in every element, in any order: if elements share bytes, any of them may
/// be the last.
///
/// # Errors
/// Returns an error with [`is_read_only`](Error::is_read_only) if the view is; with
/// [`is_wrong_kind`](Error::is_wrong_kind) if its elements hold references to objects, which are
/// more than their bytes; with [`is_value`](Error::is_value) if the bytes are not one element.
pub fn fill<T: Element>(target: &View<'_, T>, element: &[u8]) -> Result<()> {
    if target.readonly() {
        return Err(Error::read_only());
    }
    if T::has_references(target.descriptor()) {
        return Err(Error::references_as_bytes());
    }
    // SAFETY: a view that is not read-only is valid for writes.
    unsafe { fill_raw(target.raw(), element) }
}

/// The same as [`fill`], for elements of any type.
///
/// # Safety
/// The target's elements are valid for writes, and hold no references to objects.
///
/// # Errors
/// Returns an error with [`is_value`](Error::is_value) if the bytes are not one element.
pub unsafe fn fill_raw(target: RawView<'_>, element: &[u8]) -> Result<()> {
    let (layout, itemsize) = (target.layout(), target.layout().itemsize());
    if element.len() != itemsize {
        let length = element.len();
        return Err(Error::value(format!(
            "{length} bytes are not one element of {itemsize} bytes"
        )));
    }
    if layout.nbytes() == 0 {
        return Ok(());
    }
    let element = element.as_ptr().cast_mut();
    // SAFETY: the caller guarantees the target. Strides of 0 stay on the one element, which is only
    // read. It does not overlap the target: a view's memory is in no `&[u8]` while it is written.
    unsafe {
        if layout.suboffsets().is_empty() {
            let zeros: SmallVec<[isize; 4]> = layout.strides().iter().map(|_| 0).collect();
            let (starts, strides) = ([target.start(), element], [layout.strides(), &zeros]);
            copy_axes(Axes::from_strides(layout.shape(), starts, strides), itemsize, 1);
        } else {
            for run in Walk::from_view(target, Order::C) {
                let run = Run {
                    starts: [run.starts[0], element],
                    strides: [run.strides[0], 0],
                    length: run.length,
                };
                copy_strided(Runs::single(run), itemsize);
            }
        }
    }
    Ok(())
}
