//! Numbers made wider, a block at a time, without changing what they are.

#![allow(unsafe_code)]

use super::encoding::Encoding;
use super::width::{Kernel, run};
use crate::element::LongDouble;
use crate::format::Kind;
use crate::view::load;
use half::f16;
use half::slice::HalfFloatSliceExt;

/// What numbers are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wide {
    /// Whole numbers of so many bytes; the bits of negative ones are those of a two's complement.
    Whole(usize),
    /// `f32` or `f64`, by the size.
    Float(usize),
}

impl Wide {
    /// Bytes of one number.
    pub(super) const fn size(self) -> usize {
        match self {
            Self::Whole(size) | Self::Float(size) => size,
        }
    }
}

struct Widen<A, B> {
    source: *const A,
    target: *mut B,
    count: usize,
}

/// A number that can be made a `B`.
trait To<B>: Copy {
    fn to(self) -> B;
}

macro_rules! to {
    ($($narrow:ty: $($wide:ty)*;)*) => {
        $($(impl To<$wide> for $narrow {
            #[inline(always)]
            fn to(self) -> $wide {
                self as $wide
            }
        })*)*
    };
}
to! {
    i8: i16 i32 i64 f64;
    u8: u16 u32 u64 f64;
    i16: i32 i64 f64;
    u16: u32 u64 f64;
    i32: i64 f64;
    u32: u64 f64;
    f32: f64;
}

/// Any byte but 0 is true.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Truth(u8);

macro_rules! to_from_truth {
    ($($wide:ty)*) => {
        $(impl To<$wide> for Truth {
            #[inline(always)]
            fn to(self) -> $wide {
                <$wide>::from(u8::from(self.0 != 0))
            }
        })*
    };
}
to_from_truth!(u8 u16 u32 u64 f64);

impl<A: To<B>, B: Copy> Kernel for Widen<A, B> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.count {
            // SAFETY: as the caller says; nothing is asked of the alignment.
            unsafe {
                let number = self.source.add(index).read_unaligned();
                self.target.add(index).write_unaligned(number.to());
            }
        }
    }
}

/// Makes numbers, in this machine's byte order, wider; or only copies them, where they are so.
///
/// # Safety
/// `source` is valid for reads of `count` numbers of the encoding, `target` for writes of as many
/// wide ones, and aligned for them; they lie apart.
pub(super) unsafe fn widen(
    source: *const u8,
    encoding: Encoding,
    count: usize,
    wide: Wide,
    target: *mut u8,
) {
    use Kind::{Bool, Float, Signed};
    use Wide::{Float as AsFloat, Whole};
    macro_rules! to {
        ($narrow:ty, $wide:ty) => {
            run(Widen::<$narrow, $wide> { source: source.cast(), target: target.cast(), count })
        };
    }
    // SAFETY: as the caller says.
    unsafe {
        match (encoding.class, encoding.size, wide) {
            (Bool, _, Whole(1)) => to!(Truth, u8),
            (Bool, _, Whole(2)) => to!(Truth, u16),
            (Bool, _, Whole(4)) => to!(Truth, u32),
            (Bool, _, Whole(_)) => to!(Truth, u64),
            (Bool, _, AsFloat(_)) => to!(Truth, f64),
            (Signed, 1, Whole(2)) => to!(i8, i16),
            (Signed, 1, Whole(4)) => to!(i8, i32),
            (Signed, 1, Whole(8)) => to!(i8, i64),
            (Signed, 2, Whole(4)) => to!(i16, i32),
            (Signed, 2, Whole(8)) => to!(i16, i64),
            (Signed, 4, Whole(8)) => to!(i32, i64),
            (Signed, 1, AsFloat(_)) => to!(i8, f64),
            (Signed, 2, AsFloat(_)) => to!(i16, f64),
            (Signed, 4, AsFloat(_)) => to!(i32, f64),
            (Float, 2, AsFloat(4)) => {
                widen_halves(source, count, target.cast(), |from, to: &mut [f32]| {
                    from.convert_to_f32_slice(to);
                });
            }
            (Float, 2, AsFloat(_)) => {
                widen_halves(source, count, target.cast(), |from, to: &mut [f64]| {
                    from.convert_to_f64_slice(to);
                });
            }
            (Float, 4, AsFloat(8)) => to!(f32, f64),
            (Float, LONG, AsFloat(8)) => widen_long_doubles(source, count, target.cast()),
            (_, 1, Whole(2)) => to!(u8, u16),
            (_, 1, Whole(4)) => to!(u8, u32),
            (_, 1, Whole(8)) => to!(u8, u64),
            (_, 2, Whole(4)) => to!(u16, u32),
            (_, 2, Whole(8)) => to!(u16, u64),
            (_, 4, Whole(8)) => to!(u32, u64),
            (_, 1, AsFloat(_)) => to!(u8, f64),
            (_, 2, AsFloat(_)) => to!(u16, f64),
            (_, 4, AsFloat(_)) => to!(u32, f64),
            _ => target.copy_from_nonoverlapping(source, count * wide.size()),
        }
    }
}

const LONG: usize = size_of::<LongDouble>();

/// Makes halves wider through slices of our own: the processor may have instructions for that.
///
/// # Safety
/// As for [`widen`].
unsafe fn widen_halves<F: Copy + Default>(
    source: *const u8,
    count: usize,
    target: *mut F,
    convert: impl Fn(&[f16], &mut [F]),
) {
    const PIECE: usize = 128;
    let (mut halves, mut wide) = ([f16::ZERO; PIECE], [F::default(); PIECE]);
    for first in (0..count).step_by(PIECE) {
        let piece = PIECE.min(count - first);
        // SAFETY: the halves are as the caller says, and as many as a piece has room for.
        unsafe {
            let from = source.add(first * size_of::<f16>());
            let bytes = piece * size_of::<f16>();
            halves.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(from, bytes);
        }
        convert(&halves[..piece], &mut wide[..piece]);
        // SAFETY: the target is as the caller says.
        unsafe { target.add(first).copy_from_nonoverlapping(wide.as_ptr(), piece) };
    }
}

/// # Safety
/// As for [`widen`].
unsafe fn widen_long_doubles(source: *const u8, count: usize, target: *mut f64) {
    for index in 0..count {
        // SAFETY: as the caller says.
        unsafe { target.add(index).write(load::<LongDouble>(source.add(index * LONG)).to_f64()) };
    }
}
