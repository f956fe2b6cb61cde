//! Moving elements: gathering them into adjacent memory, scattering them, filling.
//!
//! Nothing here looks at what the bytes mean: the kernels depend on the element's size alone.

#![allow(unsafe_code)]

use crate::element::{Element, Scalar};
use crate::error::{Error, Result};
use crate::layout::{Layout, Order};
use crate::memory::Memory;
use crate::view::{RawView, Run, View, Walk};

/// Writes every element of a view, in an order, to adjacent bytes.
///
/// # Safety
/// `target` is valid for writes of the view's `nbytes`, which the view does not lie in.
///
/// # Errors
/// None for a valid view; the result is that of walking two views at once.
pub unsafe fn gather(view: RawView<'_>, order: Order, target: *mut u8) -> Result<()> {
    let layout = view.layout();
    let contiguous = match order {
        Order::C => layout.is_c_contiguous(),
        Order::Fortran => layout.is_f_contiguous(),
    };
    if contiguous {
        if layout.nbytes() > 0 {
            // SAFETY: the elements are adjacent, so that the view is valid for reads of `nbytes`
            // from its start; the target is as the caller says.
            unsafe { target.copy_from_nonoverlapping(view.start(), layout.nbytes()) };
        }
        return Ok(());
    }
    let itemsize = layout.itemsize();
    let mut next = target;
    for run in Walk::of(view, order) {
        let run = Run {
            starts: [next, run.starts[0]],
            strides: [itemsize as isize, run.strides[0]],
            length: run.length,
        };
        next = next.wrapping_add(run.length * itemsize);
        // SAFETY: a run leads to elements of the view, and the runs together to as many elements
        // as the target has room for.
        unsafe { copy_run(run, itemsize) };
    }
    Ok(())
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
    let memory = Memory::zeroed(view.layout().nbytes())?;
    // SAFETY: fresh memory of just that size.
    unsafe { gather(view.raw(), order, memory.start())? };
    Ok(memory)
}

/// The elements of a view, in C order and this machine's byte order, in memory of their own.
///
/// # Errors
/// As those of [`to_memory`].
pub fn to_native<T: Scalar>(view: &View<T>) -> Result<Memory> {
    let memory = to_memory(view, Order::C)?;
    for index in 0..view.layout().len() {
        let pointer = memory.start().wrapping_add(index * T::SIZE).cast::<T::Bytes>();
        // SAFETY: the memory holds as many elements, and is ours alone.
        unsafe { pointer.write(T::to_native(pointer.read())) };
    }
    Ok(memory)
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
    let (to, from) = (target.layout(), source.layout());
    if to.shape() != from.shape() || to.itemsize() != from.itemsize() {
        return Err(Error::value(format!(
            "shape {:?} of elements of {} bytes cannot take shape {:?} of {} bytes",
            to.shape(),
            to.itemsize(),
            from.shape(),
            from.itemsize()
        )));
    }
    if to.nbytes() == 0 {
        return Ok(());
    }
    if to.is_c_contiguous() && from.is_c_contiguous() {
        // SAFETY: both views are adjacent bytes of that size, the target is writable, and `copy`
        // allows them to overlap.
        unsafe { target.start().copy_from(source.start(), to.nbytes()) };
        return Ok(());
    }
    if !may_overlap(target.raw(), source.raw()) {
        // SAFETY: the target is writable and lies apart from the source.
        return unsafe { copy_apart(target.raw(), source.raw()) };
    }
    let copy = to_memory(source, Order::C)?;
    let layout = Layout::contiguous(from.shape(), from.itemsize())?;
    // SAFETY: the copy holds just the elements of that layout, for as long as this block.
    unsafe { copy_apart(target.raw(), RawView::new(copy.start(), &layout)) }
}

/// Stores the same bytes in every element.
///
/// # Errors
/// One that [`is_read_only`](Error::is_read_only) where the view is; one that
/// [`is_value`](Error::is_value) where the bytes are not one element.
pub fn fill<T: Element>(target: &View<T>, element: &[u8]) -> Result<()> {
    if target.readonly() {
        return Err(Error::read_only());
    }
    let itemsize = target.layout().itemsize();
    if element.len() != itemsize {
        return Err(Error::value(format!(
            "{} bytes are not one element of {itemsize} bytes",
            element.len()
        )));
    }
    for run in Walk::of(target.raw(), Order::C) {
        let run = Run {
            starts: [run.starts[0], element.as_ptr().cast_mut()],
            strides: [run.strides[0], 0],
            length: run.length,
        };
        // SAFETY: the run leads to writable elements; a stride of 0 stays on the one element.
        unsafe { copy_run(run, itemsize) };
    }
    Ok(())
}

/// Copies element by element.
///
/// # Safety
/// The target is writable; no element of it is one of the source that is still to be read.
unsafe fn copy_apart(target: RawView<'_>, source: RawView<'_>) -> Result<()> {
    let itemsize = target.layout().itemsize();
    for run in Walk::new([target, source], Order::C)? {
        // SAFETY: the run leads to elements of both views.
        unsafe { copy_run(run, itemsize) };
    }
    Ok(())
}

/// Whether two views may share a byte: exact for straight lines, careful for all others.
fn may_overlap(left: RawView<'_>, right: RawView<'_>) -> bool {
    let span = |view: RawView<'_>| {
        let extent = view.layout().extent();
        let at = |offset: isize| view.start().wrapping_offset(offset) as usize;
        at(extent.start)..at(extent.end)
    };
    let indirect = |view: RawView<'_>| !view.layout().suboffsets().is_empty();
    let (a, b) = (span(left), span(right));
    indirect(left) || indirect(right) || (a.start < b.end && b.start < a.end)
}

/// Copies a run from its second view to its first.
///
/// # Safety
/// The run leads to `length` elements of `itemsize` bytes that can be written in the first view
/// and read in the second; none is written before it is read.
#[inline]
unsafe fn copy_run(run: Run<2>, itemsize: usize) {
    let adjacent = run.strides == [itemsize as isize; 2];
    if adjacent {
        // SAFETY: all elements are adjacent in both, and the views lie apart.
        unsafe { run.starts[0].copy_from_nonoverlapping(run.starts[1], run.length * itemsize) };
        return;
    }
    // SAFETY: the size of the array is the itemsize.
    unsafe {
        match itemsize {
            1 => copy_elements::<[u8; 1]>(run),
            2 => copy_elements::<[u8; 2]>(run),
            4 => copy_elements::<[u8; 4]>(run),
            8 => copy_elements::<[u8; 8]>(run),
            16 => copy_elements::<[u8; 16]>(run),
            _ => copy_any(run, itemsize),
        }
    }
}

/// Copies the elements of a run whose bytes are a `B`.
///
/// # Safety
/// As for [`copy_run`], the itemsize being the size of a `B`, which is an array of bytes.
#[inline(always)]
unsafe fn copy_elements<B: Copy>(run: Run<2>) {
    for index in 0..run.length {
        // SAFETY: as the caller says; an array of bytes needs no alignment.
        unsafe {
            run.pointer(0, index).cast::<B>().write(run.pointer(1, index).cast::<B>().read());
        };
    }
}

/// Copies the elements of a run: the plain loop for every size.
///
/// # Safety
/// As for [`copy_run`].
unsafe fn copy_any(run: Run<2>, itemsize: usize) {
    for index in 0..run.length {
        // SAFETY: as the caller says.
        unsafe { run.pointer(0, index).copy_from(run.pointer(1, index), itemsize) };
    }
}
