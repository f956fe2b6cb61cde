//! [`Extreme`]: the minimum or the maximum of views, and where it is.

#![allow(unsafe_code)]

use std::fmt;

use super::Number;
use super::blocks::{BLOCK_BYTES, all_blocks, parts};
use super::environment::standard;
use super::form::Form;
use super::order::{find, flip, has_levels, least, precedes};
use super::sums::Floats;
use crate::element::{LongDouble, Scalar};
use crate::kernels::blocks::{Blocks, Buffers};
use crate::kernels::encoding::Encoding;
use crate::kernels::runs::Runs;
use crate::layout::Order;
use crate::view::{RawView, Walk};

/// The minimum or the maximum of elements that are real numbers.
///
/// # Examples
/// ```
/// use consumer::kernels::Encoding;
/// use consumer::kernels::reduce::{Extreme, Number};
/// use consumer::{Layout, View};
///
/// let numbers = [3_i32, -7, 9, 9];
/// let layout = Layout::contiguous(&[4], 4).unwrap();
/// let mut extremes = [false, true].map(|max| Extreme::new(Encoding::from_type::<i32>(), max));
/// // SAFETY: the layout lies within `numbers`, which is only read, and its elements are `i32`.
/// unsafe {
///     let view = View::<i32>::new(numbers.as_ptr().cast_mut().cast(), layout, true, ());
///     Extreme::look(&mut extremes, view.raw(), true, 0);
/// }
/// assert_eq!(extremes[0].value(), Some(Number::Integer(-7)));
/// assert_eq!(extremes[1].first(), Some(2));
/// ```
#[derive(Clone)]
pub struct Extreme {
    encoding: Encoding,
    form: Form,
    flip: u64,
    best: Option<Best>,
    /// The best so far among long doubles, which are wider than all numbers that there are loops
    /// for.
    long: Option<LongDouble>,
}

/// The least number so far, flipped: its bits, the block that it was found in, and the number of
/// elements before that.
#[derive(Debug, Clone, Copy)]
struct Best {
    bits: u64,
    block: Runs<1>,
    before: usize,
}

/// Returns how many numbers a block has, at most, where so many contiguous numbers of a size are
/// searched for some extremes: a power of two, so that all blocks begin with cache lines if the
/// first does. The result of each block is waited for, and one block is searched once more at the
/// end: so large blocks are better, as long as none is a large part of the whole. What several look
/// at stays in the first level of the cache, and every block in the second one.
fn longest_block(extremes: usize, count: usize, size: usize) -> usize {
    const MAX_BYTES: usize = 1 << 18;
    const LARGEST_PART: usize = 32;
    let max = if extremes > 1 { BLOCK_BYTES } else { MAX_BYTES };
    let share = (count / LARGEST_PART).max(BLOCK_BYTES / size).min(max / size);
    1 << share.ilog2()
}

impl fmt::Debug for Extreme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extreme").field("encoding", &self.encoding).finish_non_exhaustive()
    }
}

impl Extreme {
    /// Starts to look for the minimum, or the maximum, of elements of an encoding.
    #[must_use]
    #[inline]
    pub fn new(encoding: Encoding, maximum: bool) -> Self {
        let form = Form::of(encoding);
        Self { encoding, form, flip: flip(form, maximum), best: None, long: None }
    }

    /// Starts to look for the same once more.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { best: None, long: None, ..*self }
    }

    /// Looks at all elements of a view, before which there were so many, for several extremes of
    /// one encoding: in C order, or in one that suits the memory. Positions are right only if all
    /// elements were looked at in C order.
    ///
    /// # Safety
    /// The elements are of the encoding. They stay valid until the extremes are told.
    pub unsafe fn look(
        extremes: &mut [Self],
        view: RawView<'_>,
        in_order: bool,
        mut before: usize,
    ) {
        let Some(&Self { encoding, form, .. }) = extremes.first() else { return };
        if form.is_long_double(encoding) {
            // SAFETY: the caller guarantees the encoding.
            return unsafe { look_at_long_doubles(extremes, view, before) };
        }
        // SAFETY: the caller guarantees the encoding; a block is as many numbers of the form.
        standard(|| unsafe {
            let several = extremes.len();
            let mut look_at = |start: *const u8, block: Runs<1>| {
                for extreme in &mut *extremes {
                    extreme.look_at(start, block, before);
                }
                before += block.len();
            };
            let Some(count) = form.in_place(encoding, view.layout()) else {
                return all_blocks(view, (encoding, form), in_order, &mut look_at);
            };
            let max = longest_block(several, count, form.size);
            for (first, length) in parts(view.start(), count, form.size, max) {
                let start = view.start().wrapping_add(first * form.size);
                let strides = [form.size as isize];
                let starts = [start];
                look_at(start, Runs { starts, strides, length, outer_strides: [0], count: 1 });
            }
        });
    }

    /// # Safety
    /// `start` is what the block is made into.
    unsafe fn look_at(&mut self, start: *const u8, block: Runs<1>, before: usize) {
        let (flip, count) = (self.flip, block.len());
        // SAFETY: the caller guarantees as many numbers of the form.
        let bits = unsafe { least(start, count, self.form, flip) };
        let better = self.best.is_none_or(|best| precedes(self.form, bits, best.bits));
        if better {
            self.best = Some(Best { bits, block, before });
        }
    }

    /// Returns the position, in C order, of the first element that is the extreme one; None if
    /// there was no element.
    #[must_use]
    pub fn first(&self) -> Option<usize> {
        let Best { before, .. } = self.best?;
        Some(before + if self.long.is_some() { 0 } else { self.in_block()?.0 })
    }

    /// Returns the index of the extreme element in its block, and the bits of the number there.
    fn in_block(&self) -> Option<(usize, u64)> {
        let Best { bits, block, .. } = self.best?;
        let (form, count, sought) = (self.form, block.len(), bits ^ self.flip);
        let mut buffers = Buffers::new();
        let mut blocks = Blocks::new(self.encoding, form.widened, &mut buffers);
        // SAFETY: who called `look` guarantees the elements of the block, which is as many numbers
        // of the form.
        standard(|| unsafe {
            let start = blocks.block(block);
            // Where others have stored into the memory meanwhile, it need not be there.
            let index = find(start, count, form, sought).unwrap_or(0);
            let floats = Floats { start, count, single: form.size == size_of::<f32>() };
            let found = if form.float { floats.get(index).to_bits() } else { sought };
            Some((index, found))
        })
    }

    /// Returns the [`value`](Self::value) where all elements were looked at in C order: of zeros
    /// and NaNs the first.
    #[must_use]
    pub fn value_in_order(&self) -> Option<Number> {
        if self.long.is_some() {
            return None;
        }
        let first = || Some(Number::Float(f64::from_bits(self.in_block()?.1)));
        self.value().or_else(first)
    }

    /// Returns the bytes of the extreme element, in the byte order that it has, if it is a long
    /// double.
    #[must_use]
    pub fn long_double(&self) -> Option<[u8; LongDouble::SIZE]> {
        let mut bytes = self.long?.to_ne_bytes();
        if self.encoding.swapped {
            bytes.reverse();
        }
        Some(bytes)
    }

    /// Returns the extreme element as a number; None if there was no element, if it is a zero or
    /// NaN, whose bits are those of the [`first`](Self::first), or if it is a long double, which may
    /// be no `f64`.
    #[must_use]
    pub fn value(&self) -> Option<Number> {
        if self.long.is_some() {
            return None;
        }
        let bits = self.best?.bits ^ self.flip;
        (!has_levels(self.form, bits)).then(|| self.number(bits))
    }

    /// Returns whether the extreme element is NaN.
    #[must_use]
    pub fn is_nan(&self) -> bool {
        let number = self.best.map(|best| self.number(best.bits ^ self.flip));
        matches!(number, Some(Number::Float(number)) if number.is_nan())
    }

    /// Returns the bytes of the extreme element in this machine's byte order, at the start of
    /// these; None where elements are no numbers of the form, or where [`value`](Self::value) is
    /// None.
    pub(super) fn native(&self) -> Option<[u8; 8]> {
        self.value().filter(|_| self.form.widened.is_none())?;
        Some(self.form.native(self.best?.bits ^ self.flip))
    }

    /// Returns the number that some bits are in the form.
    fn number(&self, bits: u64) -> Number {
        let Form { size, float, signed, .. } = self.form;
        let above = 64 - 8 * size as u32;
        match (float, signed) {
            (true, _) if size == 4 => {
                Number::Float(standard(|| f32::from_bits(bits as u32).into()))
            }
            (true, _) => Number::Float(f64::from_bits(bits)),
            (false, true) => Number::Integer(((bits << above).cast_signed() >> above).into()),
            (false, false) => Number::Integer(((bits << above) >> above).into()),
        }
    }
}

/// Looks at long doubles, in C order, one by one.
///
/// # Safety
/// The elements are such.
#[inline(never)]
unsafe fn look_at_long_doubles(extremes: &mut [Extreme], view: RawView<'_>, mut before: usize) {
    for run in Walk::from_view(view, Order::C) {
        for index in 0..run.length {
            // SAFETY: a run leads to elements of the view, which are valid for reads.
            let bytes =
                unsafe { run.pointer(0, index).cast::<[u8; LongDouble::SIZE]>().read_unaligned() };
            for extreme in &mut *extremes {
                extreme.look_at_long_double(&bytes, before);
            }
            before += 1;
        }
    }
}

impl Extreme {
    fn look_at_long_double(&mut self, bytes: &[u8; LongDouble::SIZE], position: usize) {
        let mut bytes = *bytes;
        if self.encoding.swapped {
            bytes.reverse();
        }
        let number = LongDouble::from_ne_bytes(bytes);
        let greater = self.flip != 0;
        let better = self.long.is_none_or(|best| number.precedes(best, greater));
        if better {
            let single = Runs {
                starts: [std::ptr::null_mut()],
                strides: [0],
                length: 1,
                outer_strides: [0],
                count: 1,
            };
            self.long = Some(number);
            self.best = Some(Best { bits: 0, block: single, before: position });
        }
    }
}
