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
use crate::kernels::blocks::Buffers;
use crate::kernels::copy;
use crate::kernels::encoding::Encoding;
use crate::kernels::pieces::{Sequence, for_each_piece};
use crate::kernels::runs::Runs;
use crate::layout::{Layout, MAX_NDIM};
use crate::view::RawView;
use side_by_side::{LANES, SideBySide, Stored};

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
    let (layout, size) = (view.layout(), result_size(task, encoding));
    let lengths = || layout.shape().iter().copied().zip(reduced.iter().copied());
    // The results are contiguous.
    let mut results: usize = lengths().filter(|&(_, reduced)| !reduced).map(|(n, _)| n).product();
    if results == 0 {
        return Ok(());
    }
    let (mut kept, mut along) = (Steps::NONE, Steps::NONE);
    for ((length, reduced), &stride) in lengths().zip(layout.strides()) {
        if reduced {
            along.push(Step { length, strides: [stride, 0] });
        } else {
            results /= length;
            kept.push(Step { length, strides: [stride, (results * size) as isize] });
        }
    }
    let (shape, strides) =
        (along.steps.map(|step| step.length), along.steps.map(|step| step.strides[0]));
    let strides = &strides[..along.count];
    let lane = Layout::new(&shape[..along.count], Some(strides), None, layout.itemsize())?;
    let mut work = Lanes {
        task,
        encoding,
        lane: &lane,
        along: along.all(),
        pauses: Pauses { go_on, left: PAUSE_BYTES },
        result: Ok(()),
    };
    let starts = [view.start(), target];
    // SAFETY: the steps lead to lanes of the view, and to the places of the results.
    unsafe {
        match work.neighbours(kept.all()) {
            Some(index) => {
                let neighbours = kept.all()[index];
                kept.steps[index].length = 1;
                work.side_by_side(kept.all(), neighbours, starts);
            }
            None => {
                all_places(kept.all(), starts, &mut |starts| work.alone(starts));
            }
        }
    }
    work.result
}

/// The way from an element, or a lane, to the next: in the view and among the results.
#[derive(Clone, Copy)]
struct Step {
    length: usize,
    strides: [isize; 2],
}

/// Steps from the outermost to the innermost, none of which continues another or leads nowhere.
struct Steps {
    steps: [Step; MAX_NDIM],
    count: usize,
}

impl Steps {
    const NONE: Self = Self { steps: [Step { length: 1, strides: [0; 2] }; MAX_NDIM], count: 0 };

    fn all(&self) -> &[Step] {
        &self.steps[..self.count]
    }

    /// Adds the next one, of as many as there are dimensions at most.
    fn push(&mut self, step: Step) {
        if step.length == 1 {
            return;
        }
        let merged = self.steps[..self.count].last_mut().filter(|outer| {
            let end = step.strides.map(|stride| stride.checked_mul(step.length as isize));
            end == outer.strides.map(Some)
        });
        match merged {
            Some(outer) => *outer = Step { length: outer.length * step.length, ..step },
            None => {
                self.steps[self.count] = step;
                self.count += 1;
            }
        }
    }
}

impl Step {
    /// Returns where so many steps lead.
    #[inline]
    fn from(&self, starts: [*mut u8; 2], steps: usize) -> [*mut u8; 2] {
        let [from, to] = self.strides.map(|stride| stride.wrapping_mul(steps as isize));
        [starts[0].wrapping_offset(from), starts[1].wrapping_offset(to)]
    }
}

/// Calls `body` with all places that steps lead to, in order, until it returns false. Returns
/// whether it never did.
fn all_places(
    steps: &[Step],
    starts: [*mut u8; 2],
    body: &mut dyn FnMut([*mut u8; 2]) -> bool,
) -> bool {
    match steps {
        [] => body(starts),
        [step, rest @ ..] => {
            (0..step.length).all(|index| all_places(rest, step.from(starts, index), body))
        }
    }
}

/// Returns the size of a result in bytes.
fn result_size(task: Task, encoding: Encoding) -> usize {
    match task {
        Task::Minimum | Task::Maximum => encoding.size,
        Task::FirstMinimum | Task::FirstMaximum => size_of::<i64>(),
        Task::Sum | Task::Mean => size_of::<f64>() * encoding.numbers(),
    }
}

/// Lanes of one layout, and what is done with them.
struct Lanes<'a> {
    task: Task,
    encoding: Encoding,
    lane: &'a Layout,
    /// The steps along a lane.
    along: &'a [Step],
    pauses: Pauses<'a>,
    /// The error that the work ended with.
    result: Result<()>,
}

/// So many neighbours are reduced together, at least.
const NEIGHBOURS: usize = 8;
/// Lanes of fewer elements are reduced together with their neighbours wherever these lie.
const SHORT: usize = 64;

impl Lanes<'_> {
    /// Returns the index of the step between neighbours that are to be reduced together.
    fn neighbours(&self, kept: &[Step]) -> Option<usize> {
        let distance = |step: &Step| step.strides[0].unsigned_abs();
        let index = (0..kept.len()).rev().min_by_key(|&index| distance(&kept[index]))?;
        let is_nearer = self.along.iter().all(|step| distance(step) > distance(&kept[index]));
        let is_long_double = Form::of(self.encoding).is_long_double(self.encoding);
        (kept[index].length >= NEIGHBOURS
            && (is_nearer || self.lane.len() < SHORT)
            && !(self.lane.is_empty() || is_long_double))
            .then_some(index)
    }

    /// Reduces the lanes that neighbours and other steps lead to.
    ///
    /// # Safety
    /// The steps lead to lanes of elements of the encoding, and to places for their results.
    unsafe fn side_by_side(&mut self, kept: &[Step], neighbours: Step, starts: [*mut u8; 2]) {
        let mut buffers = Buffers::new();
        let number = self.encoding.of_number();
        let mut together = SideBySide::new(self.task, number, &mut buffers);
        all_places(kept, starts, &mut |starts| {
            (0..neighbours.length).step_by(LANES).all(|first| {
                let lanes = LANES.min(neighbours.length - first);
                let starts = neighbours.from(starts, first);
                (0..self.encoding.numbers()).all(|part| {
                    let steps = Step { length: lanes, ..neighbours };
                    // SAFETY: the caller guarantees the lanes, and as many places.
                    unsafe { self.reduce_together(&mut together, steps, starts, part) }
                })
            })
        });
    }

    /// Reduces one part of the elements of lanes that steps lead to. Returns whether to go on.
    ///
    /// # Safety
    /// The steps lead to lanes of elements of the encoding, and to places for their results.
    #[inline(never)]
    unsafe fn reduce_together(
        &mut self,
        together: &mut SideBySide<'_>,
        lanes: Step,
        starts: [*mut u8; 2],
        part: usize,
    ) -> bool {
        let size = self.encoding.of_number().size;
        let (rows, outer) = match self.along {
            [outer @ .., rows] => (*rows, outer),
            [] => (Step { length: 1, strides: [0; 2] }, &[][..]),
        };
        let parts = [starts[0].wrapping_add(part * size), starts[1].wrapping_add(part * 8)];
        together.begin(lanes.length);
        let block = (PAUSE_BYTES / (lanes.length * size)).max(1);
        let all = all_places(outer, parts, &mut |starts| {
            (0..rows.length).step_by(block).all(|first| {
                let count = block.min(rows.length - first);
                // SAFETY: the caller guarantees that the steps lead to elements, which consist of
                // such numbers.
                unsafe {
                    together.add(Runs {
                        starts: [rows.from(starts, first)[0]],
                        strides: [lanes.strides[0]],
                        length: lanes.length,
                        outer_strides: [rows.strides[0]],
                        count,
                    });
                }
                self.pauses.after(count * lanes.length * size)
            })
        });
        if !all {
            return false;
        }
        // SAFETY: the caller guarantees the places.
        let stored = unsafe { together.store(parts[1], lanes.strides[1]) };
        (0..lanes.length).all(|lane| {
            let is_stored = match stored {
                Stored::All => true,
                Stored::Some => !together.is_undecided(lane),
                Stored::None => false,
            };
            // SAFETY: the caller guarantees the lane and its place.
            is_stored || unsafe { self.alone(lanes.from(starts, lane)) }
        })
    }

    /// Reduces the lane that starts at one place, and stores the result at another. Returns whether
    /// to go on.
    ///
    /// # Safety
    /// The lane leads to elements of the encoding, and there is a place for the result.
    #[inline(never)]
    unsafe fn alone(&mut self, starts: [*mut u8; 2]) -> bool {
        // SAFETY: the caller guarantees it.
        let done = unsafe {
            let lane = RawView::new(starts[0], self.lane);
            if self.task.is_sum() { self.sum(lane, starts[1]) } else { self.find(lane, starts[1]) }
        };
        done.unwrap_or_else(|error| {
            self.result = Err(error);
            false
        })
    }

    /// The sum of a lane, or its mean.
    ///
    /// # Safety
    /// The elements are of the encoding, and there is a place for the result.
    unsafe fn sum(&mut self, lane: RawView<'_>, target: *mut u8) -> Result<bool> {
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
        Ok(true)
    }

    /// The extreme element of a lane, or its place.
    ///
    /// # Safety
    /// The elements are of the encoding, and there is a place for the result.
    unsafe fn find(&mut self, lane: RawView<'_>, target: *mut u8) -> Result<bool> {
        let mut extreme = [Extreme::new(self.encoding, self.task.is_maximum())];
        let look = &mut |piece: RawView<'_>, before: usize| {
            // SAFETY: the caller guarantees the elements, of which the pieces are some.
            unsafe { Extreme::look(&mut extreme, piece, true, before) };
        };
        if !in_pieces(lane, &mut self.pauses, look)? {
            return Ok(false);
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
