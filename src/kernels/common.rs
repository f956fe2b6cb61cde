//! The types that numbers of two encodings are compared as, and the loops that compare them.

#![allow(unsafe_code)]

use super::block::{Blocks, Buffers};
use super::chunks;
use super::encoding::Encoding;
use super::line::Lines;
use super::widen::Wide;
use super::width::{Kernel, run};
use crate::element::{LongDouble, Scalar};
use crate::format::Kind;
use crate::view::load;

/// What two numbers are compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Common {
    /// Whole numbers of so many bytes, by their bits.
    Whole(usize),
    /// The same, one of them having a sign and the other none: negative ones equal nothing.
    Mixed(usize),
    /// `f16`, `f32` or `f64`, by the size.
    Float(usize),
    /// Whole numbers of 64 bits, with a sign or without, and `f64`: exactly.
    WholeAndFloat { signed: bool },
    /// C's `long double`, where both are. Beside any other number it is the `f64` that it is read as.
    LongDouble,
}

impl Common {
    /// What the parts of two scalars are compared as; `None` where they are never equal. The first
    /// has no more parts than the second.
    pub(super) fn of(left: Encoding, right: Encoding) -> Option<Self> {
        use Kind::{Address, Bool, Char, Complex, Float, Signed, Text, Unsigned};
        let (size, other) = (left.part(), right.part());
        let whole = size.max(other);
        let with_float = |class, size| match size {
            8 => Self::WholeAndFloat { signed: class == Signed },
            _ => Self::Float(8),
        };
        Some(match (left.class, right.class) {
            (Char, Char) => Self::Whole(1),
            (Text, Text) => Self::Whole(whole),
            (Float | Complex, Float | Complex) => match (whole, size == other) {
                (2 | 4 | 8, _) => Self::Float(whole),
                (_, false) => Self::Float(8),
                _ => Self::LongDouble,
            },
            (class @ (Bool | Signed | Unsigned | Address), Float | Complex) => {
                with_float(class, size)
            }
            (Float, class @ (Bool | Signed | Unsigned | Address)) => with_float(class, other),
            (Char | Text, _) | (_, Char | Text) => return None,
            (Signed, class) | (class, Signed) if class != Signed => Self::Mixed(whole),
            _ => Self::Whole(whole),
        })
    }

    /// What numbers have to be made to be compared so; `None` where they are so already.
    fn wide(self, encoding: Encoding) -> Option<Wide> {
        let (class, size) = (encoding.class, encoding.part());
        let is_float = matches!(class, Kind::Float | Kind::Complex);
        let wide = match self {
            Self::Whole(size) | Self::Mixed(size) => Wide::Whole(size),
            Self::Float(size) => Wide::Float(size),
            Self::WholeAndFloat { .. } if is_float => Wide::Float(8),
            Self::WholeAndFloat { .. } => Wide::Whole(8),
            Self::LongDouble => return None,
        };
        let same_kind = matches!(wide, Wide::Float(_)) == is_float && class != Kind::Bool;
        (!same_kind || wide.size() != size).then_some(wide)
    }
}

/// Two encodings, and how to compare lines of them.
pub(super) struct Pair<'a> {
    blocks: [Blocks<'a>; 2],
    common: Common,
    /// Numbers of an element.
    parts: usize,
    /// Whether the first is the float where the second is whole.
    float_first: bool,
}

impl<'a> Pair<'a> {
    /// The comparison of two encodings as a type that holds both.
    pub(super) fn new(
        encodings: [Encoding; 2],
        common: Common,
        buffers: &'a mut [Buffers; 2],
    ) -> Self {
        let [left, right] = encodings;
        let [for_left, for_right] = buffers;
        let blocks = [
            Blocks::new(left, common.wide(left), for_left),
            Blocks::new(right, common.wide(right), for_right),
        ];
        let float_first = left.class == Kind::Float;
        Self { blocks, common, parts: left.parts(), float_first }
    }

    /// Whether the elements of lines are equal in both views.
    ///
    /// # Safety
    /// The lines lead to elements of the encodings, valid for reads.
    pub(super) unsafe fn equal(&mut self, lines: &Lines<2>) -> bool {
        let [left_blocks, right_blocks] = &mut self.blocks;
        let most = left_blocks.most(&lines.in_view(0)).min(right_blocks.most(&lines.in_view(1)));
        let crossed = self.float_first && self.common.is_crossed();
        let mut equal = true;
        lines.pieces(most, |piece| {
            // SAFETY: as the caller says; blocks hold the common type of the pair.
            equal = unsafe {
                let left = left_blocks.block(piece.in_view(0));
                let right = right_blocks.block(piece.in_view(1));
                let (left, right) = if crossed { (right, left) } else { (left, right) };
                self.common.equal(left, right, piece.lines * piece.length * self.parts)
            };
            equal
        });
        equal
    }
}

impl Common {
    /// Whether it holds two types.
    fn is_crossed(self) -> bool {
        matches!(self, Self::WholeAndFloat { .. })
    }

    /// Whether so many numbers are equal. Of different types the whole numbers are the left ones.
    ///
    /// # Safety
    /// Both are valid for reads of as many numbers of the common type.
    unsafe fn equal(self, left: *const u8, right: *const u8, count: usize) -> bool {
        macro_rules! kernel {
            ($kernel:ident, $left:ty, $right:ty) => {
                run($kernel::<$left, $right> { left: left.cast(), right: right.cast(), count })
            };
        }
        // SAFETY: as the caller says.
        unsafe {
            match self {
                Self::Whole(size) => equal_bytes(left, right, count * size),
                Self::Mixed(1) => kernel!(Same, Natural<u8>, Natural<u8>),
                Self::Mixed(2) => kernel!(Same, Natural<u16>, Natural<u16>),
                Self::Mixed(4) => kernel!(Same, Natural<u32>, Natural<u32>),
                Self::Mixed(_) => kernel!(Same, Natural<u64>, Natural<u64>),
                Self::Float(2) => kernel!(Same, HalfBits, HalfBits),
                Self::Float(4) => kernel!(Same, f32, f32),
                Self::Float(_) => kernel!(Same, f64, f64),
                Self::WholeAndFloat { signed: true } => kernel!(Exact, i64, f64),
                Self::WholeAndFloat { signed: false } => kernel!(Exact, u64, f64),
                Self::LongDouble => equal_long_doubles(left, right, count),
            }
        }
    }
}

/// Elements of a chunk, after which a difference ends the comparison.
const LONG: usize = 128;
/// Elements of a chunk where there are not so many left.
const SHORT: usize = 16;

/// Whether two rows of numbers are the same, element by element.
struct Same<A, B> {
    left: *const A,
    right: *const B,
    count: usize,
}

/// Equality that vectors can tell.
trait Equals<B>: Copy {
    fn equals(self, other: B) -> bool;
}

/// The bits of a whole number that equals another one's just when it is not negative.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Natural<U>(U);

/// The bits of an `f16`: processors compare no halves.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct HalfBits(u16);

impl Equals<Self> for HalfBits {
    #[inline(always)]
    fn equals(self, other: Self) -> bool {
        let is_number = self.0 & 0x7fff <= 0x7c00;
        let zeros = (self.0 | other.0) & 0x7fff == 0;
        ((self.0 == other.0) & is_number) | zeros
    }
}

macro_rules! equals {
    (numbers $($number:ty)*; naturals $($bits:ty)*) => {
        $(impl Equals<$number> for $number {
            #[inline(always)]
            fn equals(self, other: $number) -> bool {
                self == other
            }
        })*
        $(impl Equals<Natural<$bits>> for Natural<$bits> {
            #[inline(always)]
            fn equals(self, other: Natural<$bits>) -> bool {
                ((self.0 ^ other.0) | (self.0 & !(<$bits>::MAX >> 1))) == 0
            }
        })*
    };
}
equals!(numbers f32 f64; naturals u8 u16 u32 u64);

impl<A: Equals<B>, B: Copy> Kernel for Same<A, B> {
    type Output = bool;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> bool {
        // SAFETY: as the caller says; nothing is asked of the alignment.
        let equals = |index: usize| unsafe {
            let left = self.left.add(index).read_unaligned();
            left.equals(self.right.add(index).read_unaligned())
        };
        chunks::first::<LONG, SHORT>(self.count, |index| !equals(index)).is_none()
    }
}

/// Whether whole numbers of 64 bits and floats are equal: exactly, none of them rounded.
struct Exact<I, F> {
    left: *const I,
    right: *const F,
    count: usize,
}

/// A whole number that may be more than a float can tell from its neighbours.
trait Large: Copy {
    /// Whether the number is so small that [`near_float`](Self::near_float) is it.
    fn is_near(self) -> bool;
    /// The number as a float, by the bits, if it is near zero: what vectors can do where there is
    /// no instruction for it.
    fn near_float(self) -> f64;
    fn equals(self, float: f64) -> bool;
}

/// 2^52 + 2^51: a float of this size has a last bit that stands for 1.
const ONES: f64 = 6_755_399_441_055_744.0;

macro_rules! large {
    ($($whole:ty: $near:expr;)*) => {
        $(impl Large for $whole {
            #[inline(always)]
            fn is_near(self) -> bool {
                let near: fn($whole) -> bool = $near;
                near(self)
            }

            #[inline(always)]
            fn near_float(self) -> f64 {
                f64::from_bits(ONES.to_bits().wrapping_add(self as u64)) - ONES
            }

            #[inline(always)]
            fn equals(self, float: f64) -> bool {
                // A float that rounding has made of the largest number is beyond its type.
                let rounded = self as f64;
                rounded == float && rounded < <$whole>::MAX as f64 && rounded as $whole == self
            }
        })*
    };
}
large! {
    i64: |whole| whole.wrapping_add(1 << 51) as u64 >> 52 == 0;
    u64: |whole| whole >> 51 == 0;
}

impl<I: Large> Kernel for Exact<I, f64> {
    type Output = bool;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> bool {
        // SAFETY: as the caller says; nothing is asked of the alignment.
        let pair = |index: usize| unsafe {
            (self.left.add(index).read_unaligned(), self.right.add(index).read_unaligned())
        };
        let whole = self.count - self.count % LONG;
        for chunk in (0..whole).step_by(LONG) {
            let (mut near, mut same) = (true, true);
            for index in chunk..chunk + LONG {
                let (whole, float) = pair(index);
                near &= whole.is_near();
                same &= whole.near_float() == float;
            }
            // Where a number is not near, nothing is known of the others either.
            let same = if near {
                same
            } else {
                (chunk..chunk + LONG).all(|index| {
                    let (whole, float) = pair(index);
                    whole.equals(float)
                })
            };
            if !same {
                return false;
            }
        }
        (whole..self.count).all(|index| {
            let (whole, float) = pair(index);
            whole.equals(float)
        })
    }
}

/// Whether the bytes of two blocks are equal.
///
/// # Safety
/// Both are valid for reads of `length` bytes.
#[inline]
pub(crate) unsafe fn equal_bytes(left: *const u8, right: *const u8, length: usize) -> bool {
    // SAFETY: as the caller says. The slices live for this comparison alone; that nobody stores
    // into the memory meanwhile is what every reader of a buffer has to rely on.
    let [left, right] =
        [left, right].map(|start| unsafe { std::slice::from_raw_parts(start, length) });
    left == right
}

/// # Safety
/// Both are valid for reads of `count` numbers.
unsafe fn equal_long_doubles(left: *const u8, right: *const u8, count: usize) -> bool {
    (0..count).all(|index| {
        let [left, right] = [left, right].map(|start| {
            // SAFETY: as the caller says.
            unsafe { load::<LongDouble>(start.add(index * LongDouble::SIZE)) }
        });
        left == right
    })
}
