//! The plan of a conversion: the list of steps that one pair of types needs.
//!
//! There are too many pairs of scalar types to have a loop for each, so a conversion goes through a
//! few wide types (`wide`), each of which holds the numbers of several scalar types exactly:
//!
//! 1. the source is swapped to this machine's byte order,
//! 2. widened,
//! 3. checked, or clamped, against what the target holds,
//! 4. converted from wide type to wide type,
//! 5. narrowed to the target,
//! 6. and swapped to its byte order.
//!
//! For complex numbers there are steps that drop or add imaginary parts. A step that is not needed
//! is not in the list, so that the most common conversions have one or two. The steps are function
//! pointers of one signature, called once per block of numbers that stays in the cache: the cost of
//! the call is negligible beside the loop, and each loop is vectorised by itself.
//!
//! Among the steps are checks, which find the first number that is an error. If nothing else reads
//! the numbers first, check and conversion are one step ([`Step::Try`]), so that the numbers are
//! read once.

#![allow(unsafe_code)]

use super::fault::{Fault, NumberText};
use super::limits::{Limits, range};
use super::loops::{Find, Map, Try};
use super::overflow::Overflow;
use super::steps;
use super::wide::WideType;
use crate::dtype::{DType, ScalarType};
use crate::format::Kind;
use smallvec::SmallVec;

/// One thing to do to a block, and how many numbers of each element it is done to.
#[derive(Clone, Copy)]
enum Step {
    /// Converts the numbers.
    Map(Map, usize),
    /// Converts them, and finds the first that is out of range.
    Try(Try, usize),
    /// Finds the first that is an error.
    Find(Find, usize, Fault),
}

/// How a conversion is done.
pub(super) struct Plan {
    /// Few, so that the list is cheap to move.
    steps: SmallVec<[Step; 3]>,
    limits: &'static Limits,
    /// The wide type of the source, in which errors are found.
    wide: WideType,
    /// Sizes of an element of source and target.
    pub(super) sizes: [usize; 2],
}

/// Returns the step that finds the numbers of a type that are beyond the limits of another, or
/// `None` if there are none.
fn check(limits: &Limits, from: DType, to: DType) -> Option<Find> {
    let wide = WideType::from_dtype(from);
    match range(from) {
        Some((low, high)) if low >= limits.low && high <= limits.high => None,
        Some(_) => Some(steps::outside(wide)),
        None if range(to).is_some() => Some(steps::outside(wide)),
        // What a long double holds beyond a double, its limits do not tell.
        None if from.size() > to.size() || reach(from) > limits.doubles.1 => {
            Some(steps::infinite(wide, to))
        }
        None => None,
    }
}

/// Returns the number from which on all are beyond a type of floats.
fn reach(dtype: DType) -> f64 {
    Limits::for_dtype(dtype).doubles.1
}

/// Returns the type of the real numbers that a scalar consists of, and how many there are, or
/// `None` for bytes, which are no numbers.
fn parts(dtype: DType) -> Option<(DType, usize)> {
    Some(match dtype {
        DType::Char => return None,
        DType::Complex32 => (DType::F16, 2),
        DType::Complex64 => (DType::F32, 2),
        DType::Complex128 => (DType::F64, 2),
        DType::ComplexLongDouble => (DType::LongDouble, 2),
        DType::Ucs2 => (DType::U16, 1),
        DType::Ucs4 => (DType::U32, 1),
        DType::Address if size_of::<usize>() == 4 => (DType::U32, 1),
        DType::Address => (DType::U64, 1),
        real => (real, 1),
    })
}

/// Returns whether a conversion has a meaning: it does between numbers, between text, and between
/// addresses and integers.
#[must_use]
pub fn is_meaningful(from: Kind, to: Kind) -> bool {
    use Kind::{Address, Bool, Char, Complex, Float, Signed, Text, Unsigned};
    let is_integer = |kind| matches!(kind, Bool | Signed | Unsigned | Address);
    let is_number = |kind| matches!(kind, Bool | Signed | Unsigned | Float | Complex);
    match (from, to) {
        (Char, Char) | (Text, Text) => true,
        _ => (is_integer(from) && is_integer(to)) || (is_number(from) && is_number(to)),
    }
}

impl Plan {
    /// Makes the plan of a conversion from one type to another. Returns `None` if such a conversion
    /// has no meaning.
    pub(super) fn new(from: ScalarType, to: ScalarType, overflow: Overflow) -> Option<Self> {
        if !is_meaningful(from.dtype.kind(), to.dtype.kind()) {
            return None;
        }
        let same = from.dtype == to.dtype;
        // Bytes are moved as if they were integers.
        let bytes = (DType::U8, 1);
        let (source, mut count) = parts(from.dtype).unwrap_or(bytes);
        let (target, parts) = parts(to.dtype).unwrap_or(bytes);
        let wide = WideType::from_dtype(source);
        let limits = Limits::for_dtype(target);
        let mut plan = Self {
            steps: SmallVec::new(),
            limits,
            wide,
            sizes: [from.dtype.size(), to.dtype.size()],
        };
        if from.swapped {
            plan.map(Some(steps::swap(source.size())), count);
        }
        if !same {
            plan.map(steps::widen(source), count);
            if to.dtype == DType::Bool {
                let truth = if count == 2 { steps::complex_truth } else { steps::truth };
                plan.map(Some(truth(wide)), 1);
            } else {
                if count > parts {
                    plan.find(Some(steps::imaginary(wide)), 1, Fault::Imaginary);
                    plan.map(Some(steps::reals(wide)), 1);
                    count = 1;
                }
                plan.convert_numbers(source, target, overflow, count);
                if count < parts {
                    plan.map(Some(steps::spread(target.size())), 1);
                    count = 2;
                }
            }
        }
        if to.swapped {
            plan.map(Some(steps::swap(target.size())), count);
        }
        if plan.maps() == 0 {
            plan.map(Some(steps::same(target.size())), count);
        }
        Some(plan)
    }

    /// Adds the steps from the wide type of a real scalar to another real scalar.
    fn convert_numbers(&mut self, source: DType, target: DType, overflow: Overflow, count: usize) {
        let (from, to) = (self.wide, WideType::from_dtype(target));
        let check = check(self.limits, source, target);
        let overflows = check.is_some();
        let mut convert = match target {
            DType::F8E4M3 | DType::F8E5M2 | DType::F16 | DType::BF16 => {
                steps::between_to_round(from, target)
            }
            _ => steps::between(from, to),
        };
        let (mut before, mut after) = (None, None);
        match overflow {
            Overflow::Error => match steps::try_between(from, to, target) {
                Some(try_convert) if overflows => {
                    self.steps.push(Step::Try(try_convert, count));
                    convert = None;
                }
                _ => self.find(check, count, Fault::OutOfRange),
            },
            Overflow::Wrap if from.is_float() && !to.is_float() => convert = steps::wrap(from, to),
            Overflow::Saturate if overflows && !to.is_float() => {
                before = steps::clamp(from);
                // The conversion of a float saturates, but at the limits of the wide type.
                after = if from.is_float() { steps::clamp(to) } else { None };
            }
            // Where there is no infinity, the largest number is the nearest to it.
            Overflow::Saturate if overflows && self.limits.infinity.is_nan() => {
                after = Some(steps::clamp_floats());
            }
            Overflow::Wrap | Overflow::Saturate => {}
        }
        self.map(before, count);
        self.map(convert, count);
        self.map(after, count);
        self.map(steps::narrow(target), count);
    }

    fn map(&mut self, map: Option<Map>, count: usize) {
        if let Some(map) = map {
            self.steps.push(Step::Map(map, count));
        }
    }

    fn find(&mut self, find: Option<Find>, count: usize, fault: Fault) {
        if let Some(find) = find {
            self.steps.push(Step::Find(find, count, fault));
        }
    }

    /// Returns how many of the steps convert.
    pub(super) fn maps(&self) -> usize {
        self.steps.iter().filter(|step| !matches!(step, Step::Find(..))).count()
    }

    /// Returns how many steps there are.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// Converts contiguous elements. If one of them is an error, returns which, why, and what it
    /// is; then those before it have been converted.
    ///
    /// # Safety
    /// `source` is valid for reads of `count` elements and `target` for writes; they do not
    /// overlap. If several steps convert, both `blocks` are valid for `2 * count` numbers of any
    /// type, and overlap neither each other nor the others.
    pub(super) unsafe fn run(
        &self,
        source: *const u8,
        target: *mut u8,
        count: usize,
        blocks: [*mut u8; 2],
    ) -> std::result::Result<(), (usize, Fault, NumberText)> {
        let ([first, second], maps) = (blocks, self.maps());
        let (mut current, mut done) = (source, 0);
        for step in &self.steps {
            let next = if current == first.cast_const() { second } else { first };
            let next = if done + 1 == maps { target } else { next };
            let (values, limits) = (current, self.limits);
            // SAFETY: `current` is the source, or a block that the step before has written as many
            // numbers to; a step reads those of the type that this one has written. `next` is the
            // target for the last step that converts, else the block that is not `current`; the
            // caller guarantees their room, and that they do not overlap.
            let (found, per_element, fault) = unsafe {
                match *step {
                    Step::Map(map, per_element) => {
                        map(values, next, count * per_element, limits);
                        (None, per_element, Fault::OutOfRange)
                    }
                    Step::Try(try_map, per_element) => {
                        let found = try_map(values, next, count * per_element, limits);
                        (found, per_element, Fault::OutOfRange)
                    }
                    Step::Find(find, per_element, fault) => {
                        (find(values, count * per_element, limits), per_element, fault)
                    }
                }
            };
            if let Some(position) = found {
                let parts = if fault == Fault::Imaginary { 2 } else { 1 };
                // SAFETY: errors are found among wide numbers, and this is one of those that the
                // step has read.
                let number =
                    unsafe { NumberText::read(self.wide, values, position * parts, parts) };
                let position = position / per_element;
                // A later step may find one that comes before it.
                // SAFETY: the caller guarantees more elements than these.
                unsafe { self.run(source, target, position, blocks)? };
                return Err((position, fault, number));
            }
            if !matches!(step, Step::Find(..)) {
                (current, done) = (next, done + 1);
            }
        }
        Ok(())
    }
}
