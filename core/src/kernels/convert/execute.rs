//! Carrying out a plan, block by block, over views of any layout.

#![allow(unsafe_code)]

use super::fault::{Fault, NumberText};
use super::plan::Plan;
use crate::error::{Error, Result};
use crate::kernels::copy;
use crate::layout::{Layout, Order};
use crate::view::{RawView, Walk};
use std::mem::MaybeUninit;

/// Numbers of a block: as many as stay in the cache from one step to the next.
const BLOCK: usize = 1024;

/// Room for a block of numbers of any type, or for half as many complex ones. Aligned to cache
/// lines, so that no vector lies in two of them.
#[repr(align(64))]
struct Block(MaybeUninit<[u128; BLOCK]>);

impl Block {
    const fn uninit() -> Self {
        Self(MaybeUninit::uninit())
    }

    fn start(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }
}

/// Converts every element of a view, in C order, to contiguous ones. `error` makes an error from
/// the position of an element, what is wrong with it, and what it is.
///
/// # Safety
/// The view's elements are of the plan's source type. `start` is valid for writes of all of them as
/// its target type, and does not overlap the view.
///
/// # Errors
/// Returns the error for the first element that cannot be converted.
pub(super) unsafe fn convert_all(
    plan: &Plan,
    view: RawView<'_>,
    start: *mut u8,
    error: impl Fn(usize, Fault, NumberText) -> Error,
) -> Result<()> {
    if view.layout().is_c_contiguous() && plan.maps() == 1 {
        // Directly to the target; in blocks only if these are read twice.
        let max = if plan.len() == 1 { usize::MAX } else { BLOCK };
        let (count, [size, target_size]) = (view.layout().len(), plan.sizes);
        let mut done = 0;
        while done < count {
            let next = max.min(count - done);
            let (source, target) = (view.start().wrapping_add(done * size), done * target_size);
            // SAFETY: the next elements of the view, which are contiguous, and as many of the
            // target, which the caller guarantees. One conversion uses no blocks.
            let result = unsafe {
                plan.run(source, start.wrapping_add(target), next, [std::ptr::null_mut(); 2])
            };
            result.map_err(|(position, fault, number)| error(done + position, fault, number))?;
            done += next;
        }
        return Ok(());
    }
    // SAFETY: the caller guarantees view and target.
    unsafe { convert_in_blocks(plan, view, start, error) }
}

/// The slow path of [`convert_all`]. Not inlined, because it sets up blocks.
///
/// # Safety
/// The same as for [`convert_all`].
#[inline(never)]
unsafe fn convert_in_blocks(
    plan: &Plan,
    view: RawView<'_>,
    target: *mut u8,
    error: impl Fn(usize, Fault, NumberText) -> Error,
) -> Result<()> {
    let layout = view.layout();
    let [size, target_size] = plan.sizes;
    let mut blocks = [Block::uninit(), Block::uninit()];
    let blocks = blocks.each_mut().map(Block::start);
    let mut done = 0;
    // Converts the next `count` elements of the view, which are contiguous at `source`.
    let mut convert = |source: *const u8, count: usize| {
        let target = target.wrapping_add(done * target_size);
        // SAFETY: it is only called with as many elements as half a block, valid for reads; the
        // caller guarantees the target, and the blocks are local.
        let result = unsafe { plan.run(source, target, count, blocks) };
        let before = done;
        done += count;
        result.map_err(|(position, fault, number)| error(before + position, fault, number))
    };
    // Elements that are not contiguous are gathered until there are enough of them.
    let (is_contiguous, max) = (layout.is_c_contiguous(), BLOCK / 2);
    let mut waiting = 0;
    let mut gathered = Block::uninit();
    let gathered = gathered.start();
    for run in Walk::from_view(view, Order::C) {
        let mut index = 0;
        while index < run.length {
            let count = (run.length - index).min(max - waiting);
            let start = run.pointer(0, index);
            index += count;
            if is_contiguous {
                convert(start, count)?;
                continue;
            }
            let line = Layout::line(count, run.strides[0], size)?;
            // SAFETY: these are elements of the view, and the block has room for `max` elements of
            // any type.
            unsafe {
                let target = gathered.wrapping_add(waiting * size);
                copy::gather(RawView::new(start, &line), Order::C, target)?;
            }
            waiting += count;
            if waiting == max {
                convert(gathered, waiting)?;
                waiting = 0;
            }
        }
    }
    if waiting > 0 {
        convert(gathered, waiting)?;
    }
    Ok(())
}
