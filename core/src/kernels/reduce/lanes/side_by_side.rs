//! Lanes that lie side by side, reduced together: row by row, or some rows gathered into a block.
//!
//! So nothing is set up for a single lane, which is what short ones would take most time for, and
//! where the elements of a lane are far apart, memory is read in the order that suits it.

#![allow(unsafe_code)]

use super::super::form::Form;
use super::super::order::{flip, last, with_numbers};
use super::super::sums::{Exact, FloatLanes, LONGEST, Pair};
use super::Task;
use super::rows::{AddDoubles, AddIntegers, FirstOf, LeastOf, Rows, TOGETHER};
use crate::kernels::blocks::{BUFFER_BYTES, Blocks, Buffers};
use crate::kernels::copy::copy_strided;
use crate::kernels::encoding::Encoding;
use crate::kernels::narrow;
use crate::kernels::runs::Runs;
use crate::kernels::simd::run;

/// Words of the room for one number of each lane: a block has room for as many.
const WORDS: usize = 512;

// The buffers of blocks have as much room.
const _: () = assert!(BUFFER_BYTES == WORDS * size_of::<u64>());
/// So many rows are added up in a window, at least.
const MANY: usize = 12;

/// Room for a number of each lane.
#[repr(align(64))]
struct Room([u64; WORDS]);

/// The lanes at work.
pub(super) struct SideBySide<'a> {
    task: Task,
    encoding: Encoding,
    form: Form,
    flip: u64,
    blocks: Blocks<'a>,
    /// The sums, or the extreme numbers, flipped.
    best: Room,
    /// What is cut off of the sums of floats, or the places.
    rest: Room,
    /// What was lost of that.
    lost: Room,
    lanes: usize,
    /// How many rows there were.
    before: usize,
    /// No number that was added to a sum of integers is larger, nor less than -1 less this.
    bits: u64,
    /// How far windows are trusted to take lanes of floats: halved by each that was not exact.
    trust: u32,
    /// The bound of the numbers in windows so far.
    bound: Option<i32>,
}

impl<'a> SideBySide<'a> {
    pub(super) fn new(task: Task, encoding: Encoding, buffers: &'a mut Buffers) -> Self {
        let form = match task.is_sum() || task.is_place() {
            true => Form::wide(encoding),
            false => Form::of(encoding),
        };
        let flip = flip(form, task.is_maximum());
        let blocks = Blocks::new(encoding, form.widened, buffers);
        let room = || Room([0; WORDS]);
        let (best, rest, lost) = (room(), room(), room());
        Self {
            task,
            encoding,
            form,
            flip,
            blocks,
            best,
            rest,
            lost,
            lanes: 0,
            before: 0,
            bits: 0,
            trust: if task.is_sum() && has_windows(encoding) { 2 } else { 0 },
            bound: None,
        }
    }

    /// Returns how many lanes, so many bytes apart, are reduced together at most.
    pub(super) fn max_lanes(&self, beside: isize) -> usize {
        let lanes = WORDS * size_of::<u64>() / self.form.size;
        let in_place = self.form.is_in_place(self.encoding) && beside == self.form.size as isize;
        let single = self.task.is_place() || (self.task.is_sum() && self.form.float);
        // A block that is gathered has room for as many rows as are looked at together, but for the
        // tasks that take single ones.
        if in_place || single { lanes } else { lanes / TOGETHER }
    }

    /// Returns how many words the numbers of the lanes are.
    fn words(&self) -> usize {
        (self.lanes * self.form.size).div_ceil(size_of::<u64>())
    }

    /// Begins with the next lanes, at most [`max_lanes`](Self::max_lanes).
    pub(super) fn begin(&mut self, lanes: usize) {
        (self.lanes, self.before, self.bits) = (lanes, 0, 0);
        // Nothing comes after the last number; where all are equal to it the first is the least.
        let last = if self.task.is_sum() { 0 } else { repeated(last(self.form), self.form) };
        let words = self.words();
        self.best.0[..words].fill(last);
        if self.task.is_sum() || self.task.is_place() {
            // Numbers of 64 bits, as all of these are.
            self.rest.0[..words].fill(0);
            self.lost.0[..words].fill(0);
        }
    }

    /// Takes rows, one element for each lane in each.
    ///
    /// # Safety
    /// The runs are rows of elements of the encoding, which are valid for reads.
    #[inline(never)]
    pub(super) unsafe fn add(&mut self, runs: Runs<1>) {
        if self.trust > 0 {
            // SAFETY: the caller guarantees the rows.
            return unsafe { self.add_in_windows(runs) };
        }
        // SAFETY: the caller guarantees the rows.
        unsafe { self.add_rows(runs) };
    }

    /// Adds rows of floats, as many at a time as a window has room for.
    ///
    /// # Safety
    /// The same as for [`add`](Self::add).
    unsafe fn add_in_windows(&mut self, runs: Runs<1>) {
        let size = self.encoding.size as isize;
        let most = match runs.strides == [size] {
            true => LONGEST,
            false if runs.outer_strides == [size] => 2 * LONGEST,
            false => 0,
        };
        let mut first = 0;
        while first < runs.count {
            let count = if most == 0 { runs.count } else { most.min(runs.count - first) };
            let part = Runs { starts: runs.run_starts(first), count, ..runs };
            // SAFETY: the caller guarantees the rows, of which these are some.
            unsafe {
                if most == 0 || count < MANY || self.trust == 0 || !self.add_in_window(part) {
                    self.add_rows(part);
                }
            }
            first += count;
        }
    }

    /// Adds rows of floats, if that is exact. Returns whether it was; if not, nothing was added.
    ///
    /// # Safety
    /// The rows are those of a window, side by side or along.
    unsafe fn add_in_window(&mut self, rows: Runs<1>) -> bool {
        let ([start], [beside], [along]) = (rows.starts, rows.strides, rows.outer_strides);
        let single = self.encoding.size == size_of::<f32>();
        let (lanes, count) = (rows.length, rows.count);
        let numbers = FloatLanes { start: start.cast_const(), beside, lanes, along, count, single };
        let rooms = self.blocks.rooms();
        // SAFETY: the caller guarantees the rows, and each buffer has room for a number of each
        // lane. What is found there are two rows.
        unsafe {
            let exact = numbers.sum(rooms.map(<*mut u8>::cast), &mut self.bound);
            self.trust = if exact { self.trust.saturating_add(1) } else { self.trust / 2 };
            if exact {
                let stride = (rooms[1].addr() as isize).wrapping_sub(rooms[0].addr() as isize);
                self.reduce(rooms[0], stride, rooms.len());
                self.before += count - rooms.len();
            }
            exact
        }
    }

    /// Takes rows one after the other.
    ///
    /// # Safety
    /// The same as for [`add`](Self::add).
    unsafe fn add_rows(&mut self, runs: Runs<1>) {
        let [start] = runs.starts;
        let in_place = runs.strides == [self.form.size as isize];
        if in_place && self.form.is_in_place(self.encoding) {
            let [stride] = runs.outer_strides;
            // SAFETY: the elements are such numbers, as the caller guarantees.
            unsafe { self.reduce(start, stride, runs.count) };
            return;
        }
        let stride = (runs.length * self.form.size) as isize;
        runs.all_blocks(self.blocks.max_len(&runs).min(WORDS * 8), |block| {
            // SAFETY: the caller guarantees the elements; a block is whole rows of such numbers,
            // because there is room for one.
            unsafe {
                let start = self.blocks.block(block);
                self.reduce(start, stride, block.count);
            }
            true
        });
    }

    /// Reduces rows of numbers.
    ///
    /// # Safety
    /// `count` rows of as many numbers of the form as there are lanes are valid for reads.
    #[inline(never)]
    unsafe fn reduce(&mut self, start: *const u8, stride: isize, count: usize) {
        let &mut Self { lanes, flip, form, before: first, .. } = self;
        let rows = Rows { start, stride, count, lanes };
        let [best, rest, lost] =
            [&mut self.best, &mut self.rest, &mut self.lost].map(|room| room.0.as_mut_ptr());
        self.before += count;
        // SAFETY: the caller guarantees the rows, and there is room for a number for each lane.
        unsafe {
            if self.task.is_sum() {
                if form.float {
                    run(AddDoubles { rows, sums: best.cast(), rests: rest.cast(), lost });
                } else {
                    let signs = if form.signed || self.encoding.size < 8 { -1 } else { 0 };
                    // The rests of integers are zeros.
                    let (sums, zeros) = (best.cast(), rest.cast_const().cast());
                    self.bits |= run(AddIntegers { rows, sums, zeros, signs });
                }
                return;
            }
            if !self.task.is_place() {
                with_numbers!(form, T => run(LeastOf::<T> { rows, least: best.cast(), flip }));
                return;
            }
            let places = rest.cast();
            if form.float {
                run(FirstOf::<f64> { rows, least: best.cast(), flip, places, first });
            } else {
                run(FirstOf::<i64> { rows, least: best.cast(), flip, places, first });
            }
        }
    }

    /// Stores the results of the lanes, so many bytes apart, as far as there are results.
    ///
    /// # Safety
    /// The target is valid for writes of the results, and all lanes had as many elements.
    pub(super) unsafe fn store(&mut self, target: *mut u8, stride: isize) -> Stored {
        // Whether a sum may be beyond its type.
        if self.bits.saturating_add(1).saturating_mul(self.before as u64) > i64::MAX as u64 {
            return Stored::None;
        }
        let lanes = self.lanes;
        if self.task.is_sum() {
            let undecided = self.round();
            let best = self.best.0.as_ptr().cast();
            // SAFETY: the caller guarantees the target.
            unsafe { scatter((best, 8), lanes, 8, target, stride) };
            return if undecided { Stored::Some } else { Stored::All };
        }
        let (source, size) = match self.task.is_place() {
            true => ((self.rest.0.as_ptr().cast(), 8), 8),
            false => (self.native(), self.encoding.size),
        };
        // SAFETY: the caller guarantees the target; there is a result for each lane.
        unsafe { scatter(source, lanes, size, target, stride) };
        Stored::All
    }

    /// Makes the sums what is stored: rounded floats, or means. Returns whether some are undecided,
    /// which `lost` has marked.
    fn round(&mut self) -> bool {
        let count = if self.task == Task::Mean { self.before } else { 1 };
        if !self.form.float {
            if self.task == Task::Mean {
                for sum in &mut self.best.0[..self.lanes] {
                    *sum = mean_of(sum.cast_signed(), count).to_bits();
                }
            }
            return false;
        }
        let rooms = self.best.0.iter_mut().zip(&self.rest.0).zip(&mut self.lost.0);
        let rooms = rooms.take(self.lanes);
        let pair =
            |sum: u64, rest: u64| Pair { sum: f64::from_bits(sum), rest: f64::from_bits(rest) };
        let mut undecided = 0;
        if count == 1 {
            // A plain loop, which compilers make vectors of.
            for ((sum, rest), lost) in rooms {
                let rounded = pair(*sum, *rest).rounded();
                *sum = rounded.to_bits();
                *lost = (*lost << 1) | u64::from(!rounded.is_finite());
                undecided |= *lost;
            }
            return undecided != 0;
        }
        for ((sum, rest), lost) in rooms {
            let mean = pair(*sum, *rest).divided(count);
            *lost = (*lost << 1) | u64::from(mean.is_none());
            *sum = mean.unwrap_or_default().to_bits();
            undecided |= *lost;
        }
        undecided != 0
    }

    /// Returns whether the sum of a lane is undecided, after [`store`](Self::store) has said that
    /// some are.
    pub(super) fn is_undecided(&self, lane: usize) -> bool {
        self.lost.0[lane] != 0
    }

    /// Makes the extreme numbers native elements again. Returns the first and how many bytes they
    /// are apart.
    fn native(&mut self) -> (*const u8, isize) {
        let Self { form, flip, lanes, encoding, .. } = *self;
        let (flips, words) = (repeated(flip, form), self.words());
        self.best.0[..words].iter_mut().for_each(|bits| *bits ^= flips);
        let best = self.best.0.as_ptr();
        if form.float && encoding.size != form.size {
            let target = self.rest.0.as_mut_ptr().cast::<u8>();
            // SAFETY: there is a number of the form for each lane, and as much room for elements,
            // which are no larger.
            unsafe { narrow::from_f32(encoding.float, best.cast(), target, lanes) };
            return (target, encoding.size as isize);
        }
        // Of an integer that was widened, the lower bytes.
        let unused = if cfg!(target_endian = "big") { form.size - encoding.size } else { 0 };
        (best.cast::<u8>().wrapping_add(unused), form.size as isize)
    }
}

/// Returns whether elements are floats that a window takes as they lie in memory.
pub(super) fn has_windows(encoding: Encoding) -> bool {
    encoding.is_float() && Form::of(encoding).is_in_place(encoding)
}

/// Returns as many numbers of a form as 64 bits have room for, all of these bits.
fn repeated(bits: u64, form: Form) -> u64 {
    (0..64).step_by(8 * form.size).fold(0, |all, shift| all | (bits << shift))
}

/// What was stored.
pub(super) enum Stored {
    /// The results of all lanes.
    All,
    /// Those that are decided.
    Some,
    None,
}

/// The mean of integers.
fn mean_of(sum: i64, count: usize) -> f64 {
    const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;
    if sum.unsigned_abs() < EXACT && (count as u64) < EXACT {
        return sum as f64 / count as f64;
    }
    Exact::from_units(sum.into(), 0).divided_to_f64(count)
}

/// Copies native elements, from places that are so many bytes apart to others.
///
/// # Safety
/// Both are valid, and do not overlap.
unsafe fn scatter(
    (source, step): (*const u8, isize),
    count: usize,
    size: usize,
    target: *mut u8,
    stride: isize,
) {
    let runs = Runs {
        starts: [target, source.cast_mut()],
        strides: [stride, step],
        length: count,
        outer_strides: [0; 2],
        count: 1,
    };
    // SAFETY: the caller guarantees both.
    unsafe { copy_strided(runs, size) };
}
