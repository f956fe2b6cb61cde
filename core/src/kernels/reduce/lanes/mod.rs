//! Summaries along some axes: one for each lane.
//!
//! A lane is all elements that differ only in their indices along the axes that are reduced.
//!
//! | file | what it does |
//! |---|---|
//! | `steps` | the ways through a view |
//! | `alone` | one lane by itself |
//! | `places` | places in lanes that are numbers one after the other |
//! | `side_by_side` | lanes that are reduced together |
//! | `rows` | the loops of that |

#![allow(unsafe_code)]

mod alone;
mod places;
mod rows;
mod side_by_side;
mod steps;

use super::environment::{Environment, apart};
use super::form::Form;
use super::sums::{LONGEST, Window};
use crate::error::Result;
use crate::kernels::blocks::Buffers;
use crate::kernels::encoding::Encoding;
use crate::kernels::runs::Runs;
use crate::layout::{Layout, MAX_NDIM};
use crate::view::RawView;
pub use alone::no_elements;
use side_by_side::{SideBySide, Stored, has_windows};
use steps::{Step, Steps, all_places};

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
    /// Left while `go_on` is called.
    environment: Environment,
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
        self.environment.pause(&mut *self.go_on)
    }
}

/// Reduces the elements of a view, which is direct, along the axes for which `reduced` is true, and
/// stores the results one after the other, in the C order of the others. Now and then `go_on` is
/// called, and ends the work by returning false. A sum of no elements is 0.
///
/// # Errors
/// Returns an error with [`is_value`](crate::Error::is_value) if a sum of integers is beyond `i64`,
/// and if there are lanes of no elements, which have no mean and no extreme one.
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
    let mut pauses = Pauses { go_on, left: PAUSE_BYTES, environment: Environment::standard() };
    if layout.is_empty() {
        // SAFETY: the caller guarantees the target.
        return unsafe { sums_of_nothing(task, target, results * size, &mut pauses) };
    }
    let (mut kept, mut along) = (Steps::default(), Steps::default());
    for ((length, reduced), &stride) in lengths().zip(layout.strides()) {
        if reduced {
            along.push(Step { length, strides: [stride, 0] });
        } else {
            results /= length;
            kept.push(Step { length, strides: [stride, (results * size) as isize] });
        }
    }
    let (Steps(mut kept), Steps(along)) = (kept, along);
    let (mut shape, mut strides) = ([0; MAX_NDIM], [0; MAX_NDIM]);
    for ((length, stride), step) in shape.iter_mut().zip(&mut strides).zip(&along) {
        (*length, *stride) = (step.length, step.strides[0]);
    }
    let (shape, strides) = (&shape[..along.len()], &strides[..along.len()]);
    let lane = Layout::new(shape, Some(strides), None, layout.itemsize())?;
    let mut work = Lanes {
        contiguous: Form::of(encoding).in_place(encoding, &lane).unwrap_or(0),
        task,
        encoding,
        lane: &lane,
        along: &along,
        pauses,
        window: Window::new(),
        result: Ok(()),
    };
    let starts = [view.start(), target];
    // SAFETY: the steps lead to lanes of the view, and to the places of the results.
    apart(|| unsafe {
        match work.neighbours(&kept) {
            Some(index) => {
                let neighbours = kept[index];
                kept[index].length = 1;
                work.side_by_side(&kept, neighbours, starts);
            }
            None if work.finds_places_by_row() => work.find_places(&kept, starts),
            None => {
                all_places(&kept, starts, &mut |starts| work.alone(starts));
            }
        }
    });
    work.result
}

/// Stores the sums of lanes of no elements, all of whose bytes are zeros.
///
/// # Errors
/// Returns an error for other tasks, for which there is no result.
///
/// # Safety
/// `target` is valid for writes of so many bytes.
#[cold]
unsafe fn sums_of_nothing(
    task: Task,
    target: *mut u8,
    bytes: usize,
    pauses: &mut Pauses<'_>,
) -> Result<()> {
    if task != Task::Sum {
        return Err(no_elements());
    }
    for first in (0..bytes).step_by(PAUSE_BYTES) {
        let count = PAUSE_BYTES.min(bytes - first);
        // SAFETY: the caller guarantees the target.
        unsafe { target.wrapping_add(first).write_bytes(0, count) };
        if !pauses.after(count) {
            break;
        }
    }
    Ok(())
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
    /// How many numbers of its form a lane is, if it is nothing else; or 0.
    contiguous: usize,
    /// The steps along a lane.
    along: &'a [Step],
    pauses: Pauses<'a>,
    /// That of the lane before, if it was summed by itself.
    window: Window,
    /// The error that the work ended with.
    result: Result<()>,
}

/// So many neighbours are reduced together, at least.
const NEIGHBOURS: usize = 8;
/// Bytes of a row that is not worth being looked at as one.
const NARROW: usize = 32;
/// Lanes of fewer elements are reduced together with their neighbours wherever these lie.
const SHORT: usize = 64;
/// The same where places are looked for, and a lane is numbers one after the other.
const SHORT_ROW: usize = 32;

impl Lanes<'_> {
    /// Returns the index of the step between neighbours that are to be reduced together.
    fn neighbours(&self, kept: &[Step]) -> Option<usize> {
        let distance = |step: &Step| step.strides[0].unsigned_abs();
        let index = (0..kept.len()).rev().min_by_key(|&index| distance(&kept[index]))?;
        let is_nearer = self.along.iter().all(|step| distance(step) > distance(&kept[index]));
        let is_long_double = Form::of(self.encoding).is_long_double(self.encoding);
        (kept[index].length >= NEIGHBOURS
            && (is_nearer && !self.has_narrow_rows(&kept[index])
                || self.is_short()
                || self.is_row_of_floats())
            && !is_long_double)
            .then_some(index)
    }

    /// Returns whether lanes are too short to be reduced one by one.
    fn is_short(&self) -> bool {
        self.lane.len() < if self.finds_places_by_row() { SHORT_ROW } else { SHORT }
    }

    /// Returns whether rows are so narrow that places in them are sooner found lane by lane: side
    /// by side numbers become as wide as places.
    fn has_narrow_rows(&self, neighbours: &Step) -> bool {
        let is_near = |step: &Step| step.strides[0].unsigned_abs() <= 2 * NARROW;
        let size = self.encoding.size;
        let is_narrow = size < size_of::<i64>() && neighbours.length * size <= NARROW;
        self.task.is_place() && is_narrow && self.along.iter().all(is_near)
    }

    /// Returns whether a lane is a row of floats that is added up together with others.
    fn is_row_of_floats(&self) -> bool {
        let size = self.encoding.size as isize;
        let is_row = matches!(self.along, [step] if step.strides[0] == size);
        let fits = self.lane.len() <= 2 * LONGEST && self.task.is_sum();
        is_row && fits && has_windows(self.encoding)
    }

    /// Reduces the lanes that neighbours and other steps lead to.
    ///
    /// # Safety
    /// The steps lead to lanes of elements of the encoding, and to places for their results.
    unsafe fn side_by_side(&mut self, kept: &[Step], neighbours: Step, starts: [*mut u8; 2]) {
        let mut buffers = Buffers::new();
        let number = self.encoding.of_number();
        let mut together = SideBySide::new(self.task, number, &mut buffers);
        let most = together.max_lanes(neighbours.strides[0]);
        all_places(kept, starts, &mut |starts| {
            (0..neighbours.length).step_by(most).all(|first| {
                let lanes = most.min(neighbours.length - first);
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
        let (rows, outer) = Step::last_of(self.along);
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
        let is_stored = match unsafe { together.store(parts[1], lanes.strides[1]) } {
            Stored::All => return true,
            Stored::Some => |together: &SideBySide<'_>, lane| !together.is_undecided(lane),
            Stored::None => |_: &SideBySide<'_>, _| false,
        };
        (0..lanes.length).all(|lane| {
            // SAFETY: the caller guarantees the lane and its place.
            is_stored(together, lane) || unsafe { self.alone(lanes.from(starts, lane)) }
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
}
