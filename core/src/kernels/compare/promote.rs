//! Promotion: the common type that numbers of two encodings are compared as.
//!
//! The common type holds the numbers of both exactly, so that equality after promotion is equality
//! of the numbers. Integers become the wider of the two types, or one of 32 bits beside those of
//! 24, floats likewise, and integers of up to 32 bits become `f64` beside floats. The narrow floats
//! beside IEEE 754's are compared as `f32`, also with their own kind. No type holds both 64-bit
//! integers and floats, nor signed and unsigned integers of 64 bits: these have loops that compare
//! the two with each other. The only exception is C's `long double`, which is compared with other
//! numbers as the `f64` that it is read as.

use crate::element::FloatFormat;
use crate::format::Kind;
use crate::kernels::blocks::Widened;
use crate::kernels::encoding::Encoding;

/// What two numbers are compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommonType {
    /// Integers of that many bytes, by their bits.
    Integer(usize),
    /// The same, one of them signed and the other unsigned: negative ones equal nothing.
    MixedSigns(usize),
    /// `f16`, `f32` or `f64`, by the size.
    Float(usize),
    /// Integers of 64 bits, signed or unsigned, and `f64`: exactly.
    IntegerAndFloat { signed: bool },
    /// C's `long double`, if both are.
    LongDouble,
}

impl CommonType {
    /// Returns what the numbers of two encodings are compared as, or `None` if they are never
    /// equal. The first has no more numbers per element than the second.
    pub(super) fn promoted(left: Encoding, right: Encoding) -> Option<Self> {
        use Kind::{Address, Bool, Char, Complex, Float, Signed, Text, Unsigned};
        let (size, other) = (left.number_size(), right.number_size());
        let larger = size.max(other);
        let (float, other_float) = (float_size(left), float_size(right));
        let with_float = |kind, size| match size {
            8 => Self::IntegerAndFloat { signed: kind == Signed },
            _ => Self::Float(8),
        };
        Some(match (left.kind, right.kind) {
            (Char, Char) => Self::Integer(1),
            (Text, Text) => Self::Integer(larger),
            (Float | Complex, Float | Complex) => match (float.max(other_float), size == other) {
                (larger @ (2 | 4 | 8), _) => Self::Float(larger),
                (_, false) => Self::Float(8),
                _ => Self::LongDouble,
            },
            (kind @ (Bool | Signed | Unsigned | Address), Float | Complex) => {
                with_float(kind, size)
            }
            (Float, kind @ (Bool | Signed | Unsigned | Address)) => with_float(kind, other),
            (Char | Text, _) | (_, Char | Text) => return None,
            (Signed, kind) | (kind, Signed) if kind != Signed => {
                Self::MixedSigns(larger.next_power_of_two())
            }
            _ if size == other => Self::Integer(size),
            _ => Self::Integer(larger.next_power_of_two()),
        })
    }

    /// Returns what the numbers of an encoding have to be widened to, or `None` if they are of the
    /// common type.
    pub(super) fn widened(self, encoding: Encoding) -> Option<Widened> {
        let is_float = encoding.is_float();
        let widened = match self {
            Self::Integer(size) | Self::MixedSigns(size) => Widened::Integer(size),
            Self::Float(size) => Widened::Float(size),
            Self::IntegerAndFloat { .. } if is_float => Widened::Float(8),
            Self::IntegerAndFloat { .. } => Widened::Integer(8),
            Self::LongDouble => return None,
        };
        // The bytes of a `bool` still have to become 0 or 1, even if it is as wide.
        let is_alike = matches!(widened, Widened::Float(_)) == is_float
            && widened.size() == encoding.number_size()
            && encoding.kind != Kind::Bool;
        (!is_alike).then_some(widened)
    }
}

/// Returns the size of the narrowest of `f16`, `f32` and `f64` that holds the numbers of floats, or
/// that of a `long double`.
fn float_size(encoding: Encoding) -> usize {
    match encoding.float {
        FloatFormat::Standard => encoding.number_size(),
        FloatFormat::Bfloat16 | FloatFormat::Float8E4M3 | FloatFormat::Float8E5M2 => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::CommonType::{self, Float, Integer, IntegerAndFloat, LongDouble, MixedSigns};
    use crate::element::{Char, F8E4M3, F8E5M2, I24, LongDouble as Long, U24, Ucs2, Ucs4};
    use crate::kernels::blocks::Widened;
    use crate::kernels::encoding::Encoding;
    use half::{bf16, f16};
    use num_complex::Complex;

    macro_rules! promoted {
        ($($left:ty, $right:ty => $common:expr;)*) => {
            $(
                let left = Encoding::from_type::<$left>();
                let right = Encoding::from_type::<$right>();
                assert_eq!(CommonType::promoted(left, right), $common);
                if left.numbers() == right.numbers() {
                    assert_eq!(CommonType::promoted(right, left), $common);
                }
            )*
        };
    }

    #[test]
    fn two_types_are_compared_as_one_that_holds_both() {
        let long = if size_of::<Long>() > 8 { LongDouble } else { Float(8) };
        promoted! {
            u8, u8 => Some(Integer(1));
            u8, u64 => Some(Integer(8));
            i8, i32 => Some(Integer(4));
            bool, bool => Some(Integer(1));
            bool, u16 => Some(Integer(2));
            bool, i16 => Some(MixedSigns(2));
            I24, I24 => Some(Integer(3));
            I24, U24 => Some(MixedSigns(4));
            I24, i8 => Some(Integer(4));
            U24, u64 => Some(Integer(8));
            U24, i16 => Some(MixedSigns(4));
            I24, f16 => Some(Float(8));
            i64, u8 => Some(MixedSigns(8));
            f16, f16 => Some(Float(2));
            f16, f32 => Some(Float(4));
            bf16, bf16 => Some(Float(4));
            bf16, f16 => Some(Float(4));
            bf16, f64 => Some(Float(8));
            bf16, i16 => Some(Float(8));
            bf16, Long => Some(Float(8));
            bf16, Complex<f16> => Some(Float(4));
            F8E4M3, F8E4M3 => Some(Float(4));
            F8E4M3, F8E5M2 => Some(Float(4));
            F8E5M2, f16 => Some(Float(4));
            F8E5M2, u64 => Some(IntegerAndFloat { signed: false });
            f32, f64 => Some(Float(8));
            f32, u8 => Some(Float(8));
            i32, f16 => Some(Float(8));
            i64, f32 => Some(IntegerAndFloat { signed: true });
            u64, f64 => Some(IntegerAndFloat { signed: false });
            i64, Complex<f64> => Some(IntegerAndFloat { signed: true });
            f32, Complex<f64> => Some(Float(8));
            Complex<f32>, Complex<f64> => Some(Float(8));
            Long, Long => Some(long);
            Long, f32 => Some(Float(8));
            Char, Char => Some(Integer(1));
            Char, u8 => None;
            Ucs2, Ucs4 => Some(Integer(4));
            Ucs2, u16 => None;
        }
    }

    #[test]
    fn what_is_of_the_common_type_is_not_widened() {
        assert_eq!(Integer(4).widened(Encoding::from_type::<i32>()), None);
        assert_eq!(Integer(4).widened(Encoding::from_type::<u16>()), Some(Widened::Integer(4)));
        assert_eq!(Integer(1).widened(Encoding::from_type::<bool>()), Some(Widened::Integer(1)));
        assert_eq!(Float(8).widened(Encoding::from_type::<i32>()), Some(Widened::Float(8)));
        assert_eq!(Float(8).widened(Encoding::from_type::<Complex<f64>>()), None);
        let mixed = IntegerAndFloat { signed: true };
        assert_eq!(mixed.widened(Encoding::from_type::<i64>()), None);
        assert_eq!(mixed.widened(Encoding::from_type::<f32>()), Some(Widened::Float(8)));
    }
}
