//! Elements as those of another scalar type, by C's rules for values.
//!
//! A `Plan` is the list of steps that one pair of types needs; it is carried out on blocks that
//! stay in the cache. No loop is compiled for each pair of types: see `steps`.

#![allow(unsafe_code)]

mod loops;
mod steps;

use std::fmt::{self, Display};
use std::mem::MaybeUninit;

use smallvec::SmallVec;

use crate::dtype::{DType, ScalarType};
use crate::element::LongDouble;
use crate::error::{Error, Result};
use crate::format::{FormatString, Kind};
use crate::kernels::copy;
use crate::layout::{Layout, Order};
use crate::view::{RawView, Walk};
use loops::{Find, Limits, Map, Try};
use steps::Wide;

/// What becomes of a number that its new type does not hold. Rounding and the loss of a fraction
/// are none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// It is an error: an integer out of range, an infinity or NaN that is to become an integer, a
    /// finite number that is to become infinite.
    Error,
    /// Integers keep their lowest bits: the number, less its fraction, modulo 2 to the number of
    /// bits. Infinities and NaN become 0, and floats that are too large infinite.
    Wrap,
    /// Integers become the nearest one that there is. NaN becomes 0, and floats that are too large
    /// infinite.
    Saturate,
}

/// How many numbers are worked on in one.
const BLOCK: usize = 1024;

/// Room for a block of numbers of any type, and for half as many complex ones.
type Block = MaybeUninit<[u128; BLOCK]>;

/// One thing to do to a block, and to how many numbers for each element.
#[derive(Clone, Copy)]
enum Step {
    /// Makes other numbers of them.
    Map(Map, usize),
    /// Makes others, and looks for one that has none, which is out of range.
    Try(Try, usize),
    /// Looks for one that is an error.
    Find(Find, usize, Fault),
}

/// What is wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    OutOfRange,
    Imaginary,
}

/// What one conversion takes.
struct Plan {
    /// Most need two or fewer: a short list is moved in no time.
    steps: SmallVec<[Step; 3]>,
    limits: &'static Limits,
    /// The wide type of the source, which errors are found in.
    wide: Wide,
    /// Sizes of an element of source and target.
    sizes: [usize; 2],
}

/// A scalar as the real numbers that it is made of: their type, and how many there are. `None` for
/// bytes, which are no numbers.
fn parts(scalar: DType) -> Option<(DType, usize)> {
    Some(match scalar {
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

/// Whether a conversion has a meaning: between numbers, between text, and between addresses and
/// integers.
fn is_meaningful(from: Kind, to: Kind) -> bool {
    use Kind::{Address, Bool, Char, Complex, Float, Signed, Text, Unsigned};
    let is_integer = |class| matches!(class, Bool | Signed | Unsigned | Address);
    let is_number = |class| matches!(class, Bool | Signed | Unsigned | Float | Complex);
    match (from, to) {
        (Char, Char) | (Text, Text) => true,
        _ => (is_integer(from) && is_integer(to)) || (is_number(from) && is_number(to)),
    }
}

/// The smallest and the largest integer of a type; `None` for floats.
const fn range(scalar: DType) -> Option<(i128, i128)> {
    let bits = 8 * scalar.size();
    match scalar.kind() {
        Kind::Bool => Some((0, 1)),
        Kind::Signed => Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1)),
        Kind::Unsigned => Some((0, (1 << bits) - 1)),
        _ => None,
    }
}

/// The limits of every scalar type, in the order of [`DType::ALL`]: to find them takes longer than
/// to convert a few numbers.
static LIMITS: [Limits; DType::ALL.len()] = {
    let mut limits = [Limits::of(DType::Bool); DType::ALL.len()];
    let mut index = 0;
    while index < limits.len() {
        limits[index] = Limits::of(DType::ALL[index]);
        index += 1;
    }
    limits
};

impl Limits {
    const fn of(target: DType) -> Self {
        if let Some((low, high)) = range(target) {
            // The float below the smallest integer is one less, or where that is none the next one.
            let (float, double) = ((low - 1) as f32, (low - 1) as f64);
            let float = if float as i128 == low - 1 { float } else { (low as f32).next_down() };
            let double = if double as i128 == low - 1 { double } else { (low as f64).next_down() };
            let (floats, doubles) = ((float, (high + 1) as f32), (double, (high + 1) as f64));
            return Self { low, high, floats, doubles };
        }
        // Half a step beyond the largest number, from where on the nearest one is infinity.
        let above = match target {
            DType::F16 => 65520.0,
            DType::F32 => f32::MAX as f64 + (1_u128 << 103) as f64,
            _ => f64::INFINITY,
        };
        // No integer of 64 bits is too large for more than a half.
        let high = if matches!(target, DType::F16) { 65519 } else { i128::MAX };
        let (floats, doubles) = ((-above as f32, above as f32), (-above, above));
        Self { low: -high, high, floats, doubles }
    }

    /// What finds the numbers of a type that are beyond the limits of another; `None` where there
    /// are none.
    fn check(&self, from: DType, to: DType) -> Option<Find> {
        let wide = Wide::of(from);
        match range(from) {
            Some((low, high)) if low >= self.low && high <= self.high => None,
            Some(_) => Some(steps::outside(wide)),
            None if range(to).is_some() => Some(steps::outside(wide)),
            None if from.size() > to.size() => Some(steps::infinite(wide, to)),
            None => None,
        }
    }
}

impl Plan {
    /// The steps from one type to another; `None` where that has no meaning.
    fn new(from: ScalarType, to: ScalarType, overflow: Overflow) -> Option<Self> {
        if !is_meaningful(from.dtype.kind(), to.dtype.kind()) {
            return None;
        }
        let same = from.dtype == to.dtype;
        // Bytes and whatever is to stay itself can be taken for any integers.
        let bytes = (DType::U8, 1);
        let (source, mut count) = parts(from.dtype).unwrap_or(bytes);
        let (target, parts) = parts(to.dtype).unwrap_or(bytes);
        let wide = Wide::of(source);
        let limits = &LIMITS[target as usize];
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
                plan.convert(source, target, overflow, count);
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
            plan.map(Some(steps::copy(target.size())), count);
        }
        Some(plan)
    }

    /// The steps from the wide type of a real scalar to another real scalar.
    fn convert(&mut self, source: DType, target: DType, overflow: Overflow, count: usize) {
        let (from, to) = (self.wide, Wide::of(target));
        let check = self.limits.check(source, target);
        let overflows = check.is_some();
        let mut convert = match target {
            DType::F16 => steps::convert_for_halves(from),
            _ => steps::convert(from, to),
        };
        let (mut before, mut after) = (None, None);
        match overflow {
            Overflow::Error => match steps::try_convert(from, to, target) {
                Some(try_convert) if overflows => {
                    self.steps.push(Step::Try(try_convert, count));
                    convert = None;
                }
                _ => self.find(check, count, Fault::OutOfRange),
            },
            Overflow::Wrap if from.is_float() && !to.is_float() => convert = steps::wrap(from, to),
            Overflow::Saturate if overflows && !to.is_float() => {
                before = steps::clamp(from);
                // A float has become the nearest integer of the wide type.
                after = if from.is_float() { steps::clamp(to) } else { None };
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

    /// How many of the steps make other numbers.
    fn maps(&self) -> usize {
        self.steps.iter().filter(|step| !matches!(step, Step::Find(..))).count()
    }

    /// Converts adjacent elements; where one of them is an error, which, why, and what it is.
    ///
    /// # Safety
    /// `source` is valid for reads of `count` elements, `target` for writes. Where there are several
    /// maps these are at most half a block, and both blocks valid.
    unsafe fn run(
        &self,
        source: *const u8,
        target: *mut u8,
        count: usize,
        blocks: [*mut u8; 2],
    ) -> std::result::Result<(), (usize, Fault, Number)> {
        let ([first, second], maps) = (blocks, self.maps());
        let (mut current, mut done) = (source, 0);
        for step in &self.steps {
            let next = if current == first.cast_const() { second } else { first };
            let next = if done + 1 == maps { target } else { next };
            let (values, limits) = (current, self.limits);
            // SAFETY: the numbers are those of the step before, and have room in a block; the last
            // ones are the target's elements. All of these lie apart.
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
                // SAFETY: as above.
                let number = unsafe { Number::read(self.wide, values, position * parts, parts) };
                let position = position / per_element;
                // One before it may be found by a later step. SAFETY: fewer elements.
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

/// A number that is an error, in words.
struct Number(String);

impl Number {
    /// The number made of `parts` wide ones, from that at `position` on.
    ///
    /// # Safety
    /// `pointer` is valid for reads of so many.
    unsafe fn read(wide: Wide, pointer: *const u8, position: usize, parts: usize) -> Self {
        macro_rules! part {
            ($type:ty, $index:expr) => {
                // SAFETY: as the caller says; any bytes are of these types.
                unsafe { pointer.cast::<$type>().add($index).read_unaligned() }
            };
        }
        let float = |index| match wide {
            Wide::F32 => f64::from(part!(f32, index)),
            Wide::F64 => part!(f64, index),
            _ => part!(LongDouble, index).to_f64(),
        };
        // As Python writes it.
        let text = |index| match float(index) {
            number if number.is_nan() => "nan".to_owned(),
            number => format!("{number:?}"),
        };
        Self(match wide {
            Wide::I32 => part!(i32, position).to_string(),
            Wide::I64 => part!(i64, position).to_string(),
            Wide::U64 => part!(u64, position).to_string(),
            _ if parts == 2 => {
                let sign = if float(position + 1).is_sign_negative() { "" } else { "+" };
                format!("({}{sign}{}j)", text(position), text(position + 1))
            }
            _ => text(position),
        })
    }
}

/// The index of the element at a position in C order, as Python writes it.
struct Index<'a>(&'a [usize], usize);

impl Display for Index<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.1;
        let mut index: SmallVec<[usize; 4]> = SmallVec::new();
        for &length in self.0.iter().rev() {
            index.push(rest % length.max(1));
            rest /= length.max(1);
        }
        index.reverse();
        match index.as_slice() {
            [only] => write!(f, "{only}"),
            all => {
                let all: Vec<String> = all.iter().map(ToString::to_string).collect();
                write!(f, "({})", all.join(", "))
            }
        }
    }
}

/// The error for two formats between which no conversion has a meaning.
pub(crate) fn no_conversion([from, to]: [&FormatString; 2]) -> Error {
    Error::wrong_kind(format!("elements of format '{from}' cannot be converted to format '{to}'"))
}

/// The conversion of the elements of one array, ready to be carried out.
pub struct Conversion<'a> {
    plan: Plan,
    /// What errors call the new type.
    format: &'a FormatString,
    /// The shape of the whole array.
    shape: &'a [usize],
}

impl<'a> Conversion<'a> {
    /// The conversion of elements in a shape from one scalar type to another. `formats` are what
    /// errors call the types.
    ///
    /// # Errors
    /// One that [`is_wrong_kind`](Error::is_wrong_kind) where such a conversion has no meaning.
    pub(crate) fn new(
        shape: &'a [usize],
        from: ScalarType,
        to: ScalarType,
        formats: [&'a FormatString; 2],
        overflow: Overflow,
    ) -> Result<Self> {
        let plan = Plan::new(from, to, overflow).ok_or_else(|| no_conversion(formats))?;
        Ok(Self { plan, format: formats[1], shape })
    }

    /// Bytes of all the new elements.
    ///
    /// # Errors
    /// One that [`is_too_large`](Error::is_too_large).
    pub fn nbytes(&self) -> Result<usize> {
        Ok(Layout::contiguous(self.shape, self.plan.sizes[1])?.nbytes())
    }

    /// Converts every element of a piece of the array, adjacent ones in C order of which `before`
    /// come before it, to their places in the memory at `target`.
    ///
    /// # Safety
    /// The piece's elements are of the type that is converted from, and `target` is valid for writes
    /// of all the array's elements as the type they are converted to.
    ///
    /// # Errors
    /// One that [`is_value`](Error::is_value) for an element that its new type has no room for.
    pub unsafe fn write(&self, piece: RawView<'_>, before: usize, target: *mut u8) -> Result<()> {
        let target = target.wrapping_add(before * self.plan.sizes[1]);
        // SAFETY: as the caller says.
        unsafe {
            convert_all(&self.plan, piece, target, |position, fault, number| {
                self.error(before + position, fault, &number)
            })
        }
    }

    #[cold]
    fn error(&self, position: usize, fault: Fault, Number(number): &Number) -> Error {
        let (index, format) = (Index(self.shape, position), self.format);
        Error::value(match fault {
            Fault::OutOfRange => {
                format!("{number} at index {index} is out of range for format '{format}'")
            }
            Fault::Imaginary => format!(
                "{number} at index {index} has an imaginary part, for which format '{format}' has no room"
            ),
        })
    }
}

/// Converts every element of a view, in C order, to adjacent ones; `error` is made of the position of
/// one that is in error, and what it is.
///
/// # Safety
/// The view's elements are of the plan's source, and `start` is valid for writes of all of them as
/// its target.
unsafe fn convert_all(
    plan: &Plan,
    view: RawView<'_>,
    start: *mut u8,
    error: impl Fn(usize, Fault, Number) -> Error,
) -> Result<()> {
    if view.layout().is_c_contiguous() && plan.maps() == 1 {
        // Straight to the target. Where it is looked at before it is still in the cache then.
        let most = if plan.steps.len() == 1 { usize::MAX } else { BLOCK };
        let (count, [size, target_size]) = (view.layout().len(), plan.sizes);
        let mut done = 0;
        while done < count {
            let next = most.min(count - done);
            let (source, target) = (view.start().wrapping_add(done * size), done * target_size);
            // SAFETY: these are adjacent elements of the view, with room for them; no blocks are
            // used for one map.
            let result = unsafe {
                plan.run(source, start.wrapping_add(target), next, [std::ptr::null_mut(); 2])
            };
            result.map_err(|(position, fault, number)| error(done + position, fault, number))?;
            done += next;
        }
        return Ok(());
    }
    // SAFETY: as the caller says.
    unsafe { convert_in_blocks(plan, view, start, error) }
}

/// As [`convert_all`], whatever the steps and the layout; by itself, for it has blocks to set up.
///
/// # Safety
/// As for [`convert_all`].
#[inline(never)]
unsafe fn convert_in_blocks(
    plan: &Plan,
    view: RawView<'_>,
    target: *mut u8,
    error: impl Fn(usize, Fault, Number) -> Error,
) -> Result<()> {
    let layout = view.layout();
    let [size, target_size] = plan.sizes;
    let mut blocks = [Block::uninit(), Block::uninit()];
    let blocks = blocks.each_mut().map(|block| block.as_mut_ptr().cast::<u8>());
    let mut done = 0;
    // SAFETY: for the next `count` elements of the view, adjacent at `source`, there is room.
    let mut convert = |source: *const u8, count: usize| {
        let target = target.wrapping_add(done * target_size);
        // SAFETY: as above.
        let result = unsafe { plan.run(source, target, count, blocks) };
        let before = done;
        done += count;
        result.map_err(|(position, fault, number)| error(before + position, fault, number))
    };
    // What does not lie adjacent is gathered until it is a block.
    let (adjacent, most) = (layout.is_c_contiguous(), BLOCK / 2);
    let mut waiting = 0;
    let mut gathered = Block::uninit();
    let gathered = gathered.as_mut_ptr().cast::<u8>();
    for run in Walk::from_view(view, Order::C) {
        let mut index = 0;
        while index < run.length {
            let count = (run.length - index).min(most - waiting);
            let start = run.pointer(0, index);
            index += count;
            if adjacent {
                convert(start, count)?;
                continue;
            }
            let line = Layout::line(count, run.strides[0], size)?;
            // SAFETY: these are elements of the view, for which there is room in the block.
            unsafe {
                let target = gathered.wrapping_add(waiting * size);
                copy::gather(RawView::new(start, &line), Order::C, target)?;
            }
            waiting += count;
            if waiting == most {
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
