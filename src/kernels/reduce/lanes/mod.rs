//! Summaries along some axes: one for each lane.
//!
//! A lane is all elements that differ only in their indices along the axes that are reduced.

#![allow(unsafe_code)]

use super::extreme::Extreme;
use super::total::Sum;
use super::Number;
use crate::error::{Error, Result};
use crate::kernels::axes::Axes;
use crate::kernels::copy;
use crate::kernels::encoding::Encoding;
use crate::kernels::pieces::{Sequence, for_each_piece};
use crate::layout::{Layout, unravel};
use crate::view::RawView;
use smallvec::SmallVec;

/// What is to be found of each lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// The sum: an `i64` for integers, an `f64` or two for others.
    Sum,
    /// The mean: an `f64`, or two for complex elements.
    Mean,
    /// The minimum, in the type of the elements and this machine's byte order.
    Minimum,
    /// The maximum.
    Maximum,
    /// Where the first minimum is, as an `i64`.
    FirstMinimum,
    /// Where the first maximum is.
    FirstMaximum,
}

impl Task {
    /// Returns whether it is a sum or a mean.
    #[must_use]
    pub const fn is_sum(self) -> bool {
        matches!(self, Self::Sum | Self::Mean)
    }

    /// Returns whether it is about maxima.
    #[must_use]
    pub const fn is_maximum(self) -> bool {
        matches!(self, Self::Maximum | Self::FirstMaximum)
    }

    /// Returns whether it is about places.
    #[must_use]
    pub const fn is_place(self) -> bool {
        matches!(self, Self::FirstMinimum | Self::FirstMaximum)
    }
}

/// Bytes that are worked on before asking whether to go on.
const PAUSE_BYTES: usize = 8 << 20;

/// Asks now and then whether to go on.
struct Pauses<'a> {
    go_on: &'a mut dyn FnMut() -> bool,
    left: usize,
}

impl Pauses<'_> {
    /// Returns whether to go on, after work on so many bytes.
    #[inline]
    fn after(&mut self, bytes: usize) -> bool {
        if bytes < self.left {
            self.left -= bytes;
            return true;
        }
        self.left = PAUSE_BYTES;
        (self.go_on)()
    }
}

/// Reduces the elements of a view, which is direct, along the axes for which `reduced` is true, and
/// stores the results one after the other, in the C order of the others. Now and then `go_on` is
/// called, and ends the work by returning false.
///
/// # Errors
/// Returns an error with [`is_value`](Error::is_value) if a sum of integers is beyond `i64`, and if
/// there is no extreme one among no elements.
///
/// # Safety
/// The elements are of the encoding, which is that of numbers, and real ones for all but sums.
/// `target` is valid for writes of all results, and nobody else has it.
pub unsafe fn reduce_lanes(
    task: Task,
    (view, encoding): (RawView<'_>, Encoding),
    reduced: &[bool],
    target: *mut u8,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<()> {
    let layout = view.layout();
    let mut shape: [SmallVec<[usize; 4]>; 2] = Default::default();
    let mut strides: [SmallVec<[isize; 4]>; 2] = Default::default();
    for ((&length, &stride), &reduced) in layout.shape().iter().zip(layout.strides()).zip(reduced) {
        shape[usize::from(reduced)].push(length);
        strides[usize::from(reduced)].push(stride);
    }
    let [kept, along] = &shape;
    if kept.contains(&0) {
        return Ok(());
    }
    let size = result_size(task, encoding);
    let lane = Layout::new(along, Some(&strides[1]), None, layout.itemsize())?;
    let targets = Layout::contiguous(kept, size)?;
    let axes = Axes::from_strides(kept, [view.start(), target], [&strides[0], targets.strides()]);
    let mut pauses = Pauses { go_on, left: PAUSE_BYTES };
    let mut result = Ok(());
    axes.all_starts(|[start, target]| {
        // SAFETY: the starts are those of the lanes of the view, and of the places of the results.
        let done = unsafe {
            let lane = RawView::new(start, &lane);
            reduce_lane(task, (lane, encoding), target, &mut pauses)
        };
        match done {
            Ok(go_on) => go_on,
            Err(error) => {
                result = Err(error);
                false
            }
        }
    });
    result
}

/// Returns the size of a result in bytes.
fn result_size(task: Task, encoding: Encoding) -> usize {
    match task {
        Task::Minimum | Task::Maximum => encoding.size,
        Task::FirstMinimum | Task::FirstMaximum => size_of::<i64>(),
        Task::Sum | Task::Mean => size_of::<f64>() * encoding.numbers(),
    }
}

/// Reduces one lane. Returns whether to go on.
///
/// # Safety
/// The elements are of the encoding, and `target` is valid for writes of the result.
unsafe fn reduce_lane(
    task: Task,
    (lane, encoding): (RawView<'_>, Encoding),
    target: *mut u8,
    pauses: &mut Pauses<'_>,
) -> Result<bool> {
    // SAFETY: the caller guarantees the elements, of which the pieces are some, and the target.
    unsafe {
        if task.is_sum() {
            for mut sum in [Sum::new(encoding), Sum::slow(encoding)] {
                let go_on = for_each_piece([lane], PAUSE_BYTES, Sequence::Any, &mut |[piece], _| {
                    sum.add(piece);
                    Ok(pauses.after(piece.layout().work()))
                })?;
                if !go_on {
                    return Ok(false);
                }
                let number = if task == Task::Sum { sum.total() } else { sum.mean() };
                if let Some(number) = number {
                    store(number, target)?;
                    break;
                }
            }
            return Ok(true);
        }
        let mut extreme = [Extreme::new(encoding, task.is_maximum())];
        let go_on = for_each_piece([lane], PAUSE_BYTES, Sequence::Forward, &mut |[piece], before| {
            Extreme::look(&mut extreme, piece, true, before);
            Ok(pauses.after(piece.layout().work()))
        })?;
        if !go_on {
            return Ok(false);
        }
        let [extreme] = extreme;
        let Some(position) = extreme.first() else { return Err(no_elements()) };
        if task.is_place() {
            target.cast::<i64>().write_unaligned(position as i64);
            return Ok(true);
        }
        let layout = lane.layout();
        let indices = unravel(position, layout.shape());
        let offsets = indices.iter().zip(layout.strides()).map(|(&at, &step)| at as isize * step);
        let element = lane.start().wrapping_offset(offsets.sum());
        target.copy_from_nonoverlapping(element, encoding.size);
        copy::swap_in_place(target, encoding.size, encoding.swap_unit());
        Ok(true)
    }
}

/// The error for an extreme of nothing.
#[must_use]
#[cold]
pub fn no_elements() -> Error {
    Error::value("there is no minimum or maximum of no elements")
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
