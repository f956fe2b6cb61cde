//! Summaries along some axes: one for each lane.
//!
//! A lane is all elements that differ only in their indices along the axes that are reduced.

#![allow(unsafe_code)]

mod rows;
mod side_by_side;

use super::Number;
use super::extreme::Extreme;
use super::form::Form;
use super::total::Sum;
use crate::error::{Error, Result};
use crate::kernels::axes::Axes;
use crate::kernels::blocks::Buffers;
use crate::kernels::copy;
use crate::kernels::encoding::Encoding;
use crate::kernels::pieces::{Sequence, for_each_piece};
use crate::kernels::runs::Runs;
use crate::layout::Layout;
use crate::view::{Axis, RawView};
use side_by_side::{LANES, SideBySide, Stored};
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
    let targets = Layout::contiguous(kept, result_size(task, encoding))?;
    let starts = [view.start(), target];
    let mut kept = Axes::from_strides(kept, starts, [&strides[0], targets.strides()]);
    let lane = Layout::new(along, Some(&strides[1]), None, layout.itemsize())?;
    let mut pauses = Pauses { go_on, left: PAUSE_BYTES };
    let work = Lanes { task, encoding, lane };
    let mut result = Ok(());
    let mut keep = |done: Result<bool>| {
        done.unwrap_or_else(|error| {
            result = Err(error);
            false
        })
    };
    let neighbours =
        kept.take_by_key(|axis| axis.strides[0].unsigned_abs(), |axis| work.are_side_by_side(axis));
    match neighbours {
        // SAFETY: the starts are those of lanes of the view, and of the places of the results.
        Some(neighbours) => unsafe {
            work.side_by_side(kept, neighbours, &mut pauses, &mut keep);
        },
        None => {
            kept.all_starts(|[start, target]| {
                // SAFETY: as above.
                keep(unsafe { work.alone(start, target, &mut pauses) })
            });
        }
    }
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

/// Lanes of one layout.
struct Lanes {
    task: Task,
    encoding: Encoding,
    lane: Layout,
}

/// So many neighbours are reduced together, at least.
const NEIGHBOURS: usize = 8;
/// Lanes of fewer elements are reduced together with their neighbours wherever these lie.
const SHORT: usize = 64;

impl Lanes {
    /// Returns whether lanes are to be reduced together with those that are an axis away.
    fn are_side_by_side(&self, axis: &Axis<2>) -> bool {
        let steps = self.lane.shape().iter().zip(self.lane.strides());
        let nearest = steps.filter(|&(&length, _)| length > 1).map(|(_, step)| step.unsigned_abs());
        let is_nearer = nearest.min().is_some_and(|step| step > axis.strides[0].unsigned_abs());
        let is_long_double = Form::of(self.encoding).is_long_double(self.encoding);
        axis.length >= NEIGHBOURS
            && (is_nearer || self.lane.len() < SHORT)
            && !(self.lane.is_empty() || is_long_double)
    }

    /// Reduces the lanes that neighbours and other axes lead to.
    ///
    /// # Safety
    /// The axes lead to lanes of elements of the encoding, and to places for their results.
    unsafe fn side_by_side(
        &self,
        kept: Axes<2>,
        neighbours: Axis<2>,
        pauses: &mut Pauses<'_>,
        keep: &mut dyn FnMut(Result<bool>) -> bool,
    ) {
        let (number, numbers) = (self.encoding.of_number(), self.encoding.numbers());
        let mut buffers = Buffers::new();
        let mut together = SideBySide::new(self.task, number, &mut buffers);
        let (shape, strides) = (self.lane.shape(), self.lane.strides());
        let mut outer = Axes::from_strides_in_order(shape, [std::ptr::null_mut()], [strides]);
        let rows = outer.take_innermost();
        let at = |lane: usize| neighbours.strides.map(|stride| stride.wrapping_mul(lane as isize));
        kept.all_starts(|starts| {
            (0..neighbours.length).step_by(LANES).all(|first| {
                let lanes = LANES.min(neighbours.length - first);
                let [start, target] = offset(starts, at(first));
                for part in 0..numbers {
                    together.begin(lanes);
                    let start = start.wrapping_add(part * number.size);
                    let all = outer.clone().all_starts(|[distance]| {
                        let start = start.wrapping_offset(distance.addr() as isize);
                        let block = (PAUSE_BYTES / (lanes * number.size)).max(1);
                        (0..rows.length).step_by(block).all(|row| {
                            let count = block.min(rows.length - row);
                            let row = rows.strides[0].wrapping_mul(row as isize);
                            // SAFETY: the caller guarantees that the axes lead to elements, which
                            // consist of such numbers.
                            unsafe {
                                together.add(Runs {
                                    starts: [start.wrapping_offset(row)],
                                    strides: [neighbours.strides[0]],
                                    length: lanes,
                                    outer_strides: [rows.strides[0]],
                                    count,
                                });
                            }
                            pauses.after(count * lanes * number.size)
                        })
                    });
                    if !all {
                        return false;
                    }
                    let target = target.wrapping_add(part * size_of::<f64>());
                    // SAFETY: the caller guarantees the places.
                    let stored = unsafe { together.store(target, neighbours.strides[1]) };
                    let mut alone = (0..lanes).filter(|&lane| match stored {
                        Stored::All => false,
                        Stored::Some => together.is_undecided(lane),
                        Stored::None => true,
                    });
                    let all = alone.all(|lane| {
                        let [start, target] = offset(starts, at(first + lane));
                        // SAFETY: the caller guarantees the lane and its place.
                        keep(unsafe { self.alone(start, target, pauses) })
                    });
                    if !all {
                        return false;
                    }
                }
                true
            })
        });
    }

    /// Reduces one lane. Returns whether to go on.
    ///
    /// # Safety
    /// The elements of the lane are of the encoding, and `target` is valid for writes of the result.
    unsafe fn alone(
        &self,
        start: *mut u8,
        target: *mut u8,
        pauses: &mut Pauses<'_>,
    ) -> Result<bool> {
        let Self { task, encoding, ref lane } = *self;
        // SAFETY: the caller guarantees the elements, of which the pieces are some, and the target.
        unsafe {
            let lane = RawView::new(start, lane);
            if task.is_sum() {
                for make in [Sum::new, Sum::slow] {
                    let mut sum = make(encoding);
                    if !in_pieces(lane, pauses, &mut |piece, _| sum.add(piece))? {
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
            let look = &mut |piece: RawView<'_>, before: usize| {
                Extreme::look(&mut extreme, piece, true, before);
            };
            if !in_pieces(lane, pauses, look)? {
                return Ok(false);
            }
            let [extreme] = extreme;
            let Some(position) = extreme.first() else { return Err(no_elements()) };
            if task.is_place() {
                target.cast::<i64>().write_unaligned(position as i64);
                return Ok(true);
            }
            let mut element = lane.start();
            let mut rest = position;
            let layout = lane.layout();
            for (&length, &stride) in layout.shape().iter().zip(layout.strides()).rev() {
                element = element.wrapping_offset(stride.wrapping_mul((rest % length) as isize));
                rest /= length;
            }
            target.copy_from_nonoverlapping(element, encoding.size);
            copy::swap_in_place(target, encoding.size, encoding.swap_unit());
            Ok(true)
        }
    }
}

/// Moves addresses by some distances.
fn offset(starts: [*mut u8; 2], distances: [isize; 2]) -> [*mut u8; 2] {
    [starts[0].wrapping_offset(distances[0]), starts[1].wrapping_offset(distances[1])]
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
