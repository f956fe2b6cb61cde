//! One lane by itself.

#![allow(unsafe_code)]

use super::super::Number;
use super::super::blocks::BLOCK_BYTES;
use super::super::extreme::Extreme;
use super::super::form::Form;
use super::super::order::{find, flip, has_levels, least};
use super::super::sums::Floats;
use super::super::total::{Sum, sum_of_integers};
use super::{Lanes, PAUSE_BYTES, Pauses, Task};
use crate::error::{Error, Result};
use crate::kernels::copy;
use crate::kernels::pieces::{Sequence, for_each_piece};
use crate::view::RawView;

/// What a lane costs that is not summed in one go, in bytes that could be read meanwhile.
const LANE_OVERHEAD_BYTES: usize = 1 << 12;

impl Lanes<'_> {
    /// The sum of a lane, or its mean.
    ///
    /// # Safety
    /// The elements are of the encoding, and there is a place for the result.
    pub(super) unsafe fn sum(&mut self, lane: RawView<'_>, target: *mut u8) -> Result<bool> {
        // SAFETY: the caller guarantees the elements.
        if let Some(sum) = unsafe { self.sum_in_place(lane) } {
            // SAFETY: the caller guarantees the target.
            unsafe { store(sum, target)? };
            return Ok(self.pauses.after(self.contiguous * self.encoding.size));
        }
        for make in [Sum::new, Sum::slow] {
            let mut sum = make(self.encoding);
            // SAFETY: the caller guarantees the elements, of which the pieces are some.
            let add = &mut |piece: RawView<'_>, _| unsafe { sum.add(piece) };
            if !in_pieces(lane, &mut self.pauses, add)? {
                return Ok(false);
            }
            let number = if self.task == Task::Sum { sum.total() } else { sum.mean() };
            if let Some(number) = number {
                // SAFETY: the caller guarantees the target.
                unsafe { store(number, target)? };
                break;
            }
        }
        Ok(self.pauses.after(LANE_OVERHEAD_BYTES))
    }

    /// The same for numbers that lie in memory one after the other, and are no more than one piece:
    /// the usual lane. None says that it is not one, that it is undecided, or that it is the mean of
    /// integers.
    ///
    /// # Safety
    /// The elements are of the encoding.
    unsafe fn sum_in_place(&mut self, lane: RawView<'_>) -> Option<Number> {
        let form = Form::of(self.encoding);
        let (start, count) = (lane.start(), self.contiguous);
        if !(1..=PAUSE_BYTES / form.size).contains(&count) {
            return None;
        }
        if !form.float {
            if self.task == Task::Mean {
                return None;
            }
            // SAFETY: a lane that is contiguous is as many integers of the form.
            return Some(Number::Integer(unsafe { sum_of_integers(start, count, form) }));
        }
        let mut window = self.window.emptied();
        let single = form.size == size_of::<f32>();
        // SAFETY: a lane that is contiguous is as many floats of the form.
        unsafe { window.add(Floats { start, count, single }) };
        self.window = window;
        window.decide(if self.task == Task::Mean { count } else { 1 }).map(Number::Float)
    }

    /// The extreme element of a lane, or its place.
    ///
    /// # Safety
    /// The elements are of the encoding, and there is a place for the result.
    pub(super) unsafe fn find(&mut self, lane: RawView<'_>, target: *mut u8) -> Result<bool> {
        // SAFETY: the caller guarantees the elements and the target.
        unsafe {
            if !self.task.is_place() && self.find_in_place(lane, target) {
                return Ok(self.pauses.after(self.contiguous * self.encoding.size));
            }
        }
        let mut extreme = [Extreme::new(self.encoding, self.task.is_maximum())];
        let look = &mut |piece: RawView<'_>, before: usize| {
            // SAFETY: the caller guarantees the elements, of which the pieces are some.
            unsafe { Extreme::look(&mut extreme, piece, true, before) };
        };
        if !in_pieces(lane, &mut self.pauses, look)? {
            return Ok(false);
        }
        let native = extreme[0].native().filter(|_| !self.task.is_place());
        if let Some(bytes) = native {
            // SAFETY: the caller guarantees the target, which is as large as an element.
            unsafe { target.copy_from_nonoverlapping(bytes.as_ptr(), self.encoding.size) };
            return Ok(true);
        }
        let Some(mut position) = extreme[0].first() else { return Err(no_elements()) };
        // SAFETY: the caller guarantees the target; the indices are those of an element.
        unsafe {
            if self.task.is_place() {
                target.cast::<i64>().write_unaligned(position as i64);
                return Ok(true);
            }
            let mut element = lane.start();
            let layout = lane.layout();
            for (&length, &stride) in layout.shape().iter().zip(layout.strides()).rev() {
                let index = (position % length) as isize;
                element = element.wrapping_offset(stride.wrapping_mul(index));
                position /= length;
            }
            let size = self.encoding.size;
            target.copy_from_nonoverlapping(element, size);
            copy::swap_in_place(target, size, self.encoding.swap_unit());
        }
        Ok(true)
    }

    /// The extreme element of numbers that lie in memory one after the other, and are no more than
    /// one block: the usual lane. Returns whether it is one.
    ///
    /// # Safety
    /// The same as for [`find`](Self::find).
    unsafe fn find_in_place(&self, lane: RawView<'_>, target: *mut u8) -> bool {
        let form = Form::of(self.encoding);
        let (count, size) = (self.contiguous, form.size);
        if !(1..=BLOCK_BYTES / size).contains(&count) {
            return false;
        }
        let (start, flip) = (lane.start(), flip(form, self.task.is_maximum()));
        // SAFETY: the lane is as many numbers of the form, and the caller guarantees the target.
        unsafe {
            let bits = least(start, count, form, flip) ^ flip;
            let bytes = form.native(bits);
            let mut element = bytes.as_ptr();
            if has_levels(form, bits) {
                // The first one may have other bits. Where others have stored into the memory
                // meanwhile, there need not be one.
                element = start.wrapping_add(find(start, count, form, bits).unwrap_or(0) * size);
            }
            target.copy_from_nonoverlapping(element, size);
        }
        true
    }
}

/// Calls `work` with pieces of a lane, in C order, and what was before each. Returns whether to go
/// on.
fn in_pieces(
    lane: RawView<'_>,
    pauses: &mut Pauses<'_>,
    work: &mut dyn FnMut(RawView<'_>, usize),
) -> Result<bool> {
    if lane.layout().work() <= PAUSE_BYTES {
        work(lane, 0);
        return Ok(pauses.after(lane.layout().work()));
    }
    for_each_piece([lane], PAUSE_BYTES, Sequence::Forward, &mut |[piece], before| {
        work(piece, before);
        Ok(pauses.after(piece.layout().work()))
    })
}

/// The error for what only elements have.
#[must_use]
#[cold]
pub fn no_elements() -> Error {
    Error::value("there is no mean, minimum or maximum of no elements")
}

/// Stores a sum or a mean.
///
/// # Safety
/// `target` is valid for writes of it.
unsafe fn store(number: Number, target: *mut u8) -> Result<()> {
    // SAFETY: the caller guarantees the target.
    unsafe {
        match number {
            Number::Integer(sum) => {
                let sum = i64::try_from(sum).map_err(|_| beyond(sum))?;
                target.cast::<i64>().write_unaligned(sum);
            }
            Number::Float(sum) => target.cast::<f64>().write_unaligned(sum),
            Number::Complex(sum) => target.cast::<[f64; 2]>().write_unaligned(sum),
        }
    }
    Ok(())
}

/// The error for a sum that no `i64` holds.
#[cold]
fn beyond(sum: i128) -> Error {
    Error::value(format!(
        "the sum {sum} is beyond int64, which sums along an axis are; select a lane and sum it alone"
    ))
}
