//! The least of some numbers, and the numbers as which all others are ordered.
//!
//! There is one order, from the least on, over numbers of which some bits were flipped first:
//! flipping all bits of signed integers, or the sign of floats, turns the order around, and
//! flipping the sign of integers makes unsigned ones signed. So a maximum is a minimum, and there
//! is one loop for each size. A NaN comes before all other floats: it is the minimum and the
//! maximum. Zeros of both signs are equal.

#![allow(unsafe_code)]

use super::floats;
use super::form::Form;
use super::streams::overlapping;
use super::sums::Floats;
use crate::element::FloatFormat;
use crate::format::Kind;
use crate::kernels::encoding::Encoding;
use crate::kernels::search::{Pattern, find_contiguous};
use crate::kernels::simd::{Kernel, run};
use num_traits::{AsPrimitive, PrimInt};

/// A number that can be ordered.
pub(super) trait Ordered: Copy + 'static {
    /// Makes the number of its bits, the lowest of those given.
    fn of_bits(bits: u64) -> Self;
    /// Returns the bits.
    fn bits(self) -> u64;
    /// Returns whether the number comes before another.
    fn precedes(self, other: Self) -> bool;

    /// Returns the number with some bits flipped.
    #[inline(always)]
    fn flipped(self, flip: u64) -> Self {
        Self::of_bits(self.bits() ^ flip)
    }

    /// Returns the least of the numbers, flipped, of which there is at least one; of zeros any.
    ///
    /// # Safety
    /// `count` numbers are valid for reads; they need no alignment. The processor has vectors of so
    /// many bytes.
    unsafe fn least<const BYTES: usize>(start: *const Self, count: usize, flip: u64) -> Self;
}

macro_rules! integers {
    ($($type:ty, $unsigned:ty;)*) => {$(
        impl Ordered for $type {
            #[inline(always)]
            fn of_bits(bits: u64) -> Self {
                bits as $unsigned as Self
            }
            #[inline(always)]
            fn bits(self) -> u64 {
                (self as $unsigned).as_()
            }
            #[inline(always)]
            fn precedes(self, other: Self) -> bool {
                self < other
            }
            #[inline(always)]
            unsafe fn least<const BYTES: usize>(
                start: *const Self,
                count: usize,
                flip: u64,
            ) -> Self {
                let flip = flip as $unsigned as Self;
                let Some((starts, length)) = overlapping(count, BYTES / size_of::<Self>()) else {
                    // SAFETY: the caller guarantees the numbers.
                    return unsafe { least_of_few(start, count, flip) };
                };
                let mut least = Self::MAX;
                for index in 0..length {
                    // SAFETY: the caller guarantees the numbers.
                    let [a, b, c, d] = starts.map(|first| unsafe {
                        start.add(first + index).read_unaligned() ^ flip
                    });
                    least = least.min(a.min(b).min(c.min(d)));
                }
                least
            }
        }
    )*};
}
integers! { i8, u8; i16, u16; i32, u32; i64, u64; }

/// Returns the least of some integers, at least one, flipped. Compiled once for all widths.
///
/// # Safety
/// `count` numbers are valid for reads; they need no alignment.
#[inline(never)]
unsafe fn least_of_few<T: PrimInt>(start: *const T, count: usize, flip: T) -> T {
    // SAFETY: the caller guarantees the numbers.
    let number = |index| unsafe { start.add(index).read_unaligned() } ^ flip;
    (0..count).map(number).fold(T::max_value(), T::min)
}

macro_rules! floats {
    ($($type:ty, $unsigned:ty, $module:ident;)*) => {$(
        impl Ordered for $type {
            #[inline(always)]
            fn of_bits(bits: u64) -> Self {
                Self::from_bits(bits as $unsigned)
            }
            #[inline(always)]
            fn bits(self) -> u64 {
                self.to_bits().as_()
            }
            #[inline(always)]
            fn precedes(self, other: Self) -> bool {
                // Not the same as `self < other` where one is NaN.
                let is_level_or_later = self >= other;
                !is_level_or_later & !other.is_nan()
            }

            #[inline(always)]
            unsafe fn least<const BYTES: usize>(
                start: *const Self,
                count: usize,
                flip: u64,
            ) -> Self {
                // SAFETY: the caller guarantees the numbers and the vectors.
                unsafe { floats::$module::least::<BYTES>(start, count, flip as $unsigned) }
            }
        }
    )*};
}
floats! { f32, u32, single; f64, u64, double; }

/// The bits to flip so that the least number is the minimum, or the maximum.
pub(super) fn flip(form: Form, maximum: bool) -> u64 {
    let sign = 1 << (8 * form.size - 1);
    let all = u64::MAX >> (64 - 8 * form.size);
    match (form.float, form.signed) {
        (true, _) => {
            if maximum {
                sign
            } else {
                0
            }
        }
        (false, signed) => (if maximum { all } else { 0 }) ^ (if signed { 0 } else { sign }),
    }
}

/// Returns the bits of the number that no other comes after.
pub(super) fn last(form: Form) -> u64 {
    match (form.float, form.size) {
        (true, 4) => f32::INFINITY.to_bits().into(),
        (true, _) => f64::INFINITY.to_bits(),
        (false, size) => (u64::MAX >> 1) >> (64 - 8 * size),
    }
}

/// `with_numbers!(form, T => body)`: expands to the body with `T` as the type of a form's numbers.
macro_rules! with_numbers {
    ($form:expr, $type:ident => $body:expr) => {
        match ($form.float, $form.size) {
            (true, 4) => {
                type $type = f32;
                $body
            }
            (true, _) => {
                type $type = f64;
                $body
            }
            (false, 1) => {
                type $type = i8;
                $body
            }
            (false, 2) => {
                type $type = i16;
                $body
            }
            (false, 4) => {
                type $type = i32;
                $body
            }
            (false, _) => {
                type $type = i64;
                $body
            }
        }
    };
}
pub(super) use with_numbers;

/// Finds the least of some numbers, at least one, flipped.
struct Least<T> {
    start: *const T,
    count: usize,
    flip: u64,
}

impl<T: Ordered> Kernel for Least<T> {
    type Output = T;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> T {
        // SAFETY: the caller guarantees the numbers.
        unsafe { T::least::<BYTES>(self.start, self.count, self.flip) }
    }
}

/// Returns the bits of the least of some numbers, at least one, flipped. Compiled once for all that
/// look for it.
///
/// # Safety
/// `count` numbers of the form are valid for reads; they need no alignment.
#[inline(never)]
pub(super) unsafe fn least(start: *const u8, count: usize, form: Form, flip: u64) -> u64 {
    // SAFETY: the caller guarantees the numbers.
    unsafe { with_numbers!(form, T => run(Least::<T> { start: start.cast(), count, flip }).bits()) }
}

/// Returns whether the number of some bits comes before that of others.
pub(super) fn precedes(form: Form, one: u64, other: u64) -> bool {
    with_numbers!(form, T => T::of_bits(one).precedes(T::of_bits(other)))
}

/// Returns whether numbers of other bits are level with the one of these: with zeros and NaN.
pub(super) fn has_levels(form: Form, bits: u64) -> bool {
    let sign = 1_u64 << (8 * form.size - 1);
    let infinity =
        if form.size == 4 { f32::INFINITY.to_bits().into() } else { f64::INFINITY.to_bits() };
    let magnitude = bits & (sign - 1);
    form.float && (magnitude == 0 || magnitude > infinity)
}

/// Returns the index of the first number that is level with the one of these bits.
///
/// # Safety
/// `count` numbers of the form are valid for reads; they need no alignment.
pub(super) unsafe fn find(start: *const u8, count: usize, form: Form, bits: u64) -> Option<usize> {
    let size = form.size;
    let pattern = if has_levels(form, bits) {
        // Zeros of both signs have a pattern, and NaN has none.
        let (kind, float) = (Kind::Float, FloatFormat::Standard);
        let encoding = Encoding { kind, size, float, swapped: false };
        Pattern::from_element(encoding, &form.native(bits)[..size])
    } else {
        Some(Pattern::from_bits(size, bits))
    };
    // SAFETY: the caller guarantees the numbers.
    unsafe {
        match pattern {
            Some(pattern) => find_contiguous(start, count, &pattern),
            None => {
                let floats = Floats { start, count, single: size == size_of::<f32>() };
                (0..count).find(|&index| floats.get(index).is_nan())
            }
        }
    }
}
