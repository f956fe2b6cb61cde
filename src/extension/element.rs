//! Which Rust types the elements of a buffer can be.

use half::{bf16, f16};
use num_complex::Complex;

use crate::dtype::{DType, for_each_scalar};
use crate::element::{Address, Char, F8E4M3, F8E5M2, I24, LongDouble, Scalar, U24, Ucs2, Ucs4};

/// A type whose values are the elements of a buffer: `f64`, `u8`, `bool`, [`half::f16`],
/// [`num_complex::Complex<f32>`] and all others that [`DType`] lists.
///
/// Its values have the bytes that memory has, but that a `bool` in memory may be any byte.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no element of a buffer",
    note = "elements are bool, i8…i64, u8…u64, floats, complex numbers and those of `DType`"
)]
pub trait Native: Scalar<Value = Self> + Copy {
    /// The type in the table of scalar types.
    const DTYPE: DType;

    /// Returns whether elements of a type are elements of this one: their own, and bytes as
    /// characters of C are bytes.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    fn is_of(dtype: DType) -> bool {
        is_alike(Self::DTYPE, dtype)
    }
}

/// Returns whether elements of the second type are elements of the first.
#[inline(always)]
pub(super) fn is_alike(wanted: DType, found: DType) -> bool {
    wanted as u8 == found as u8
        || wanted as u8 == DType::U8 as u8 && found as u8 == DType::Char as u8
}

macro_rules! natives {
    (
        single { $($s:ident $st:ty, $skind:ident, $scode:literal, $sname:literal;)* }
        multi { $($m:ident $swapped:ident $mt:ty, $mkind:ident, $mcode:literal, $mname:literal;)* }
    ) => {
        $(impl Native for $st { const DTYPE: DType = DType::$s; })*
        $(impl Native for $mt { const DTYPE: DType = DType::$m; })*
    };
}
for_each_scalar!(natives);
