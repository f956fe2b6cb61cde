//! Widening of numbers, which changes none of them.

#![allow(unsafe_code)]

use crate::element::{LongDouble, Scalar};
use crate::format::Kind;
use crate::kernels::encoding::Encoding;
use crate::kernels::narrow;
use crate::kernels::simd::{Kernel, run};
use crate::view::load;
use num_traits::AsPrimitive;

/// What numbers are widened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Widened {
    /// Integers of that many bytes; negative ones by their two's complement.
    Integer(usize),
    /// `f32` or `f64`, by the size.
    Float(usize),
}

impl Widened {
    /// Returns the size in bytes of one number.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::Integer(size) | Self::Float(size) => size,
        }
    }
}

struct Widen<A, B> {
    source: *const A,
    target: *mut B,
    count: usize,
}

impl<A: AsPrimitive<B>, B: Copy + 'static> Kernel for Widen<A, B> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.count {
            // SAFETY: the caller guarantees `count` numbers of both; the accesses need no
            // alignment.
            unsafe {
                let number = self.source.add(index).read_unaligned();
                self.target.add(index).write_unaligned(number.as_());
            }
        }
    }
}

/// Widens `bool`s: any byte but 0 is true, which becomes 1.
struct WidenBool<B> {
    source: *const u8,
    target: *mut B,
    count: usize,
}

impl<B: Copy + 'static> Kernel for WidenBool<B>
where
    u8: AsPrimitive<B>,
{
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.count {
            // SAFETY: the same as for `Widen`.
            unsafe {
                let number = u8::from(self.source.add(index).read() != 0);
                self.target.add(index).write_unaligned(number.as_());
            }
        }
    }
}

/// Widens native numbers, or only copies them if they are that wide already.
///
/// # Safety
/// `source` is valid for reads of `count` native numbers of the encoding, and `target` for writes
/// of as many widened ones; they do not overlap.
pub(super) unsafe fn widen(
    source: *const u8,
    encoding: Encoding,
    count: usize,
    widened: Widened,
    target: *mut u8,
) {
    use Kind::{Bool, Float, Signed};
    use Widened::{Float as AsFloat, Integer};
    macro_rules! to {
        ($kernel:ident: $wide:ty) => {
            run($kernel::<$wide> { source, target: target.cast(), count })
        };
        ($narrow:ty, $wide:ty) => {
            run(Widen::<$narrow, $wide> { source: source.cast(), target: target.cast(), count })
        };
    }
    // SAFETY: the caller guarantees the numbers, whose type kind and size determine, on both sides.
    unsafe {
        match (encoding.kind, encoding.size, widened) {
            (Bool, _, Integer(1)) => to!(WidenBool: u8),
            (Bool, _, Integer(2)) => to!(WidenBool: u16),
            (Bool, _, Integer(4)) => to!(WidenBool: u32),
            (Bool, _, Integer(_)) => to!(WidenBool: u64),
            (Bool, _, AsFloat(_)) => to!(WidenBool: f64),
            (Signed, 1, Integer(2)) => to!(i8, i16),
            (Signed, 1, Integer(4)) => to!(i8, i32),
            (Signed, 1, Integer(8)) => to!(i8, i64),
            (Signed, 2, Integer(4)) => to!(i16, i32),
            (Signed, 2, Integer(8)) => to!(i16, i64),
            (Signed, 4, Integer(8)) => to!(i32, i64),
            (Signed, 1, AsFloat(_)) => to!(i8, f64),
            (Signed, 2, AsFloat(_)) => to!(i16, f64),
            (Signed, 4, AsFloat(_)) => to!(i32, f64),
            (Float, 1 | 2, AsFloat(4)) => {
                narrow::to_f32(encoding.float, source, target.cast(), count);
            }
            (Float, 1 | 2, AsFloat(_)) => {
                narrow::to_f64(encoding.float, source, target.cast(), count);
            }
            (Float, 4, AsFloat(8)) => to!(f32, f64),
            (Float, LongDouble::SIZE, AsFloat(8)) if LongDouble::SIZE > 8 => {
                widen_long_doubles(source, count, target.cast());
            }
            (_, 1, Integer(2)) => to!(u8, u16),
            (_, 1, Integer(4)) => to!(u8, u32),
            (_, 1, Integer(8)) => to!(u8, u64),
            (_, 2, Integer(4)) => to!(u16, u32),
            (_, 2, Integer(8)) => to!(u16, u64),
            (_, 4, Integer(8)) => to!(u32, u64),
            (_, 1, AsFloat(_)) => to!(u8, f64),
            (_, 2, AsFloat(_)) => to!(u16, f64),
            (_, 4, AsFloat(_)) => to!(u32, f64),
            _ => target.copy_from_nonoverlapping(source, count * widened.size()),
        }
    }
}

/// Converts long doubles to the `f64` as which they are compared with other numbers.
///
/// # Safety
/// The same as for [`widen`].
unsafe fn widen_long_doubles(source: *const u8, count: usize, target: *mut f64) {
    for index in 0..count {
        // SAFETY: the caller guarantees `count` numbers of both; `load` needs no alignment.
        unsafe {
            let number = load::<LongDouble>(source.add(index * LongDouble::SIZE));
            target.add(index).write_unaligned(number.to_f64_or_nan());
        }
    }
}
