//! [`Pair`]: the comparison of runs of two encodings as their common type.

#![allow(unsafe_code)]

use super::bytes::equal_bytes;
use super::exact::Exact;
use super::numbers::{BitPattern, HalfBits, Same};
use super::promote::CommonType;
use crate::element::{LongDouble, Scalar};
use crate::format::Kind;
use crate::kernels::blocks::{Blocks, Buffers};
use crate::kernels::encoding::Encoding;
use crate::kernels::runs::Runs;
use crate::kernels::simd::run;
use crate::view::load;

/// The comparison of two encodings.
pub(super) struct Pair<'a> {
    blocks: [Blocks<'a>; 2],
    common: CommonType,
    /// Numbers of an element.
    numbers: usize,
    /// Whether the first is the float where the second is an integer.
    is_float_first: bool,
}

impl<'a> Pair<'a> {
    /// Makes the comparison of two encodings as their common type.
    pub(super) fn new(
        encodings: [Encoding; 2],
        common: CommonType,
        buffers: &'a mut [Buffers; 2],
    ) -> Self {
        let [left, right] = encodings;
        let [for_left, for_right] = buffers;
        let blocks = [
            Blocks::new(left, common.widened(left), for_left),
            Blocks::new(right, common.widened(right), for_right),
        ];
        let is_float_first = left.kind == Kind::Float;
        Self { blocks, common, numbers: left.numbers(), is_float_first }
    }

    /// Returns whether the elements of runs are equal in both views.
    ///
    /// # Safety
    /// The runs lead to elements of the encodings that are valid for reads.
    pub(super) unsafe fn equal(&mut self, runs: &Runs<2>) -> bool {
        let [left_blocks, right_blocks] = &mut self.blocks;
        let max = left_blocks.max_len(&runs.in_view(0)).min(right_blocks.max_len(&runs.in_view(1)));
        let is_crossed =
            self.is_float_first && matches!(self.common, CommonType::IntegerAndFloat { .. });
        runs.all_blocks(max, |part| {
            // SAFETY: the caller guarantees the elements; a block is valid until the next one of
            // its own view, and holds numbers of the common type.
            unsafe {
                let left = left_blocks.block(part.in_view(0));
                let right = right_blocks.block(part.in_view(1));
                let (left, right) = if is_crossed { (right, left) } else { (left, right) };
                equal_numbers(self.common, left, right, part.len() * self.numbers)
            }
        })
    }
}

/// Returns whether `count` numbers of a common type are equal. If there are two types, the
/// integers come first.
///
/// # Safety
/// Both are valid for reads of as many numbers of the common type.
unsafe fn equal_numbers(
    common: CommonType,
    left: *const u8,
    right: *const u8,
    count: usize,
) -> bool {
    macro_rules! kernel {
        ($kernel:ident, $left:ty, $right:ty) => {
            run($kernel::<$left, $right> { left: left.cast(), right: right.cast(), count })
        };
        ($type:ty) => {
            kernel!(Same, $type, $type)
        };
    }
    // SAFETY: the caller guarantees `count` numbers on both sides, whose types these are.
    unsafe {
        match common {
            CommonType::Integer(size) => equal_bytes(left, right, count * size),
            CommonType::MixedSigns(1) => kernel!(BitPattern<u8>),
            CommonType::MixedSigns(2) => kernel!(BitPattern<u16>),
            CommonType::MixedSigns(4) => kernel!(BitPattern<u32>),
            CommonType::MixedSigns(_) => kernel!(BitPattern<u64>),
            CommonType::Float(2) => kernel!(HalfBits),
            CommonType::Float(4) => kernel!(f32),
            CommonType::Float(_) => kernel!(f64),
            CommonType::IntegerAndFloat { signed: true } => kernel!(Exact, i64, f64),
            CommonType::IntegerAndFloat { signed: false } => kernel!(Exact, u64, f64),
            CommonType::LongDouble => equal_long_doubles(left, right, count),
        }
    }
}

/// Returns whether numbers are equal by the plain loop, because there are no vectors of them.
///
/// # Safety
/// Both are valid for reads of `count` numbers.
unsafe fn equal_long_doubles(left: *const u8, right: *const u8, count: usize) -> bool {
    (0..count).all(|index| {
        let [left, right] = [left, right].map(|start| {
            // SAFETY: the caller guarantees `count` numbers; `load` needs no alignment.
            unsafe { load::<LongDouble>(start.add(index * LongDouble::SIZE)) }
        });
        left == right
    })
}
