//! Copying the elements of a view, in an order, into contiguous memory.
//!
//! A view that is contiguous in that order already takes one copy of bytes, and a view of one
//! dimension is one run. For everything else the target is described by a layout of its own, and
//! the copy is one from view to view.

#![allow(unsafe_code)]

use super::nonoverlapping::{copy_nonoverlapping, copy_runs};
use super::swap::swap_copy;
use crate::element::{Element, Scalar};
use crate::error::{Error, Result};
use crate::kernels::encoding::Encoding;
use crate::kernels::runs::Runs;
use crate::layout::{Layout, Order};
use crate::memory::Memory;
use crate::view::{RawView, Run, View};

/// Writes every element of a view, in an order, to contiguous memory.
///
/// # Safety
/// `target` is valid for writes of the view's `nbytes`, and no element of the view lies in them.
///
/// # Errors
/// Returns no error for a valid view.
pub unsafe fn gather(view: RawView<'_>, order: Order, target: *mut u8) -> Result<()> {
    // SAFETY: the caller guarantees the target; a unit of 1 divides every element.
    unsafe { gather_swapped(view, order, target, 1) }
}

/// The same as [`gather`], and reverses every `swap_unit` bytes.
///
/// # Safety
/// The same as for [`gather`]; an element is a whole number of units.
unsafe fn gather_swapped(
    view: RawView<'_>,
    order: Order,
    target: *mut u8,
    swap_unit: usize,
) -> Result<()> {
    let layout = view.layout();
    let contiguous = match order {
        Order::C => layout.is_c_contiguous(),
        Order::Fortran => layout.is_f_contiguous(),
    };
    if contiguous {
        if layout.nbytes() > 0 {
            // SAFETY: a contiguous view is valid for reads of `nbytes` from its start, and the
            // caller guarantees the target.
            unsafe { swap_copy(target, view.start(), layout.nbytes(), swap_unit) };
        }
        return Ok(());
    }
    if let (&[length], &[stride], []) = (layout.shape(), layout.strides(), layout.suboffsets()) {
        let (starts, size) = ([target, view.start()], layout.itemsize());
        let runs = Runs::single(Run { starts, strides: [size as isize, stride], length });
        // SAFETY: the run is all elements of the view, and as many contiguous ones of the target,
        // which the caller guarantees.
        unsafe { copy_runs(runs, size, swap_unit) };
        return Ok(());
    }
    let contiguous = Layout::contiguous_in(layout.shape(), layout.itemsize(), order)?;
    // SAFETY: the caller guarantees the target, which is valid for as many contiguous elements, and
    // does not overlap the view.
    unsafe { copy_nonoverlapping(RawView::new(target, &contiguous), view, swap_unit) }
}

/// Returns the elements of a view in an order, in memory of their own.
///
/// # Errors
/// Returns an error with [`is_too_large`](Error::is_too_large) if there is not so much memory.
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
pub fn to_memory<T: Element>(view: &View<'_, T>, order: Order) -> Result<Memory> {
    // SAFETY: a unit of 1 divides every element.
    unsafe { to_memory_swapped(view.raw(), order, 1) }
}

/// The same as [`to_memory`], for elements of any type, and reverses every `swap_unit` bytes.
///
/// # Safety
/// An element is a whole number of units.
pub unsafe fn to_memory_swapped(
    view: RawView<'_>,
    order: Order,
    swap_unit: usize,
) -> Result<Memory> {
    // SAFETY: `written` passes on new memory of exactly that size, which therefore does not overlap
    // the view, and all of it is written; the caller guarantees the unit.
    unsafe {
        Memory::written(view.layout().nbytes(), |start| {
            gather_swapped(view, order, start, swap_unit)
        })
    }
}

/// Returns the elements of a view in C order and this machine's byte order, in memory of their own.
///
/// # Errors
/// Returns the errors of [`to_memory`].
pub fn to_native<T: Scalar>(view: &View<'_, T>) -> Result<Memory> {
    // SAFETY: an element of a type is one or two of its units.
    unsafe { to_memory_swapped(view.raw(), Order::C, Encoding::from_type::<T>().swap_unit()) }
}

/// Writes every element of a view, in an order, to a slice of bytes.
///
/// # Errors
/// Returns an error with [`is_value`](Error::is_value) if the slice is not exactly of the view's
/// `nbytes`.
pub fn to_slice<T: Element>(view: &View<'_, T>, order: Order, target: &mut [u8]) -> Result<()> {
    let (have, want) = (target.len(), view.layout().nbytes());
    if have != want {
        return Err(Error::value(format!("{want} bytes do not fit a slice of {have}")));
    }
    // SAFETY: the slice is of that size, and exclusive: whoever made the view guaranteed that there
    // is no `&mut` into its memory.
    unsafe { gather(view.raw(), order, target.as_mut_ptr()) }
}
