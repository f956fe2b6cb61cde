//! How an element is loaded from and stored to raw bytes.
//!
//! Elements are always copied in and out by value. Foreign memory may be unaligned, byte-swapped,
//! hold no valid `bool`, or be written to by others at any moment, so there is never a `&T` into
//! it. A [`Scalar`] defines how many bytes an element takes and how they become a value and back.
//! The byte order is part of the type ([`Swapped`]), so that nothing is decided per element.
//!
//! [`Value`] is one element of any type, for comparisons across types.

mod long_double;
mod narrow;
mod text;
mod value;

pub use long_double::LongDouble;
#[doc(hidden)]
pub use narrow::FloatFormat;
pub use narrow::{F8E4M3, F8E5M2};
#[doc(hidden)]
pub use text::{PythonFloat, complex_text, shortest};
pub use value::Value;

use half::{bf16, f16};
use num_complex::Complex;
use std::fmt::Debug;
use std::marker::PhantomData;

use crate::error::Error;
use crate::format::Kind;

pub(crate) mod sealed {
    /// Restricts the element types to those of this crate, so that every list of them is complete.
    pub trait Sealed {}
}
use sealed::Sealed;

/// An element type, readable or not.
pub trait Element: Sealed + Sized + 'static {
    /// What is known about the elements only at run time: nothing for a scalar.
    type Descriptor: Clone + Debug + Send + Sync + 'static;

    /// Returns whether there are, or may be, references to Python objects in the bytes of elements.
    #[doc(hidden)]
    #[must_use]
    fn has_references(_descriptor: &Self::Descriptor) -> bool {
        false
    }
}

/// An element type whose size is known at compile time.
///
/// # Examples
/// ```
/// use consumer::element::{Scalar, Swapped};
/// assert_eq!(<Swapped<u16> as Scalar>::decode(0x1234_u16.to_ne_bytes()), 0x3412);
/// assert!(<bool as Scalar>::decode([2]));
/// ```
pub trait Scalar: Element<Descriptor = ()> {
    /// The value of a loaded element.
    type Value: Copy + Debug + PartialEq + Into<Value> + Send + Sync + 'static;
    /// The bytes of one element: an array of `u8`, so that memory needs no alignment.
    type Bytes: Copy + AsRef<[u8]> + AsMut<[u8]> + for<'a> TryFrom<&'a [u8]> + Send + Sync + 'static;
    /// Size of one element in bytes.
    const SIZE: usize = size_of::<Self::Bytes>();
    /// The kind of value that an element is.
    const KIND: Kind;
    /// How the bits of a float are divided.
    #[doc(hidden)]
    const FLOAT: FloatFormat = FloatFormat::Standard;
    /// Whether the byte order is the opposite of this machine's.
    const SWAPPED: bool = false;
    /// Whether two elements are equal if and only if their bytes are: true for integers, false for
    /// floats (zeros, NaN) and `bool` (2 is as true as 1).
    const BITWISE: bool = is_bitwise(Self::KIND);
    /// Makes a value of its bytes. Every pattern of bytes is a value.
    fn decode(bytes: Self::Bytes) -> Self::Value;
    /// Returns the bytes of a value.
    fn encode(value: Self::Value) -> Self::Bytes;
    /// Returns the bytes of the same element in this machine's byte order.
    #[must_use]
    #[inline]
    fn to_native(bytes: Self::Bytes) -> Self::Bytes {
        bytes
    }
}

/// Returns whether elements of a kind are equal if and only if their bytes are.
#[doc(hidden)]
#[must_use]
pub const fn is_bitwise(kind: Kind) -> bool {
    !matches!(kind, Kind::Float | Kind::Complex | Kind::Bool)
}

/// The scalar type `T` in the opposite byte order of this machine's. Its values are those of `T`.
#[derive(Debug, Clone, Copy)]
pub struct Swapped<T>(PhantomData<fn() -> T>);

impl<T: Scalar + SwapBytes> Sealed for Swapped<T> {}
impl<T: Scalar + SwapBytes> Element for Swapped<T> {
    type Descriptor = ();
}
impl<T: Scalar + SwapBytes> Scalar for Swapped<T> {
    type Value = T::Value;
    type Bytes = T::Bytes;
    const KIND: Kind = T::KIND;
    const FLOAT: FloatFormat = T::FLOAT;
    const SWAPPED: bool = !T::SWAPPED;

    #[inline]
    fn decode(bytes: T::Bytes) -> T::Value {
        T::decode(T::swap_bytes(bytes))
    }

    #[inline]
    fn encode(value: T::Value) -> T::Bytes {
        T::swap_bytes(T::encode(value))
    }

    #[inline]
    fn to_native(bytes: T::Bytes) -> T::Bytes {
        T::swap_bytes(bytes)
    }
}

/// A scalar whose bytes can be swapped: all of them, or those of each part of a complex number.
pub trait SwapBytes: Scalar {
    /// Returns the bytes of the same value in the other byte order.
    #[must_use]
    fn swap_bytes(mut bytes: Self::Bytes) -> Self::Bytes {
        bytes.as_mut().reverse();
        bytes
    }
}

/// Elements that cannot be read, because the format is unknown or contradicts the itemsize. The
/// metadata and the bytes of an array of them stay usable.
#[derive(Debug, Clone, Copy)]
pub struct Opaque;
impl Sealed for Opaque {}
impl Element for Opaque {
    /// Why the elements cannot be read.
    type Descriptor = Error;

    fn has_references(why: &Error) -> bool {
        why.has_references()
    }
}

/// One byte, as a byte string of length 1 (`c`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Char(pub u8);

/// A UCS-2 code unit (`u`). A surrogate is an element of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Ucs2(pub u16);

/// A UCS-4 code point (`w`). Foreign memory may hold numbers larger than U+10FFFF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Ucs4(pub u32);

/// An address (`P z Z`) as a number. It is never dereferenced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Address(pub usize);

/// Implements [`Scalar`] for a type that is its own value.
macro_rules! scalar {
    (
        $type:ty, $size:expr, $kind:ident,
        $bytes:ident => $decode:expr, $value:ident => $encode:expr $(, $float:ident)?
    ) => {
        impl Sealed for $type {}
        impl Element for $type {
            type Descriptor = ();
        }
        impl Scalar for $type {
            type Value = $type;
            type Bytes = [u8; $size];
            const KIND: Kind = Kind::$kind;
            $(const FLOAT: FloatFormat = FloatFormat::$float;)?

            #[inline]
            fn decode($bytes: Self::Bytes) -> $type {
                $decode
            }

            #[inline]
            fn encode($value: $type) -> Self::Bytes {
                $encode
            }
        }
        impl SwapBytes for $type {}
    };
}

macro_rules! number {
    ($($type:ty)*, $kind:ident) => {
        $(scalar!(
            $type, size_of::<$type>(), $kind,
            bytes => <$type>::from_ne_bytes(bytes), value => value.to_ne_bytes()
        );)*
    };
}

number!(i8 i16 i32 i64, Signed);
number!(u8 u16 u32 u64, Unsigned);
number!(f16 f32 f64 LongDouble, Float);
scalar!(
    bf16, 2, Float,
    bytes => bf16::from_ne_bytes(bytes), value => value.to_ne_bytes(), Bfloat16
);
scalar!(
    F8E4M3, 1, Float,
    bytes => F8E4M3::from_bits(bytes[0]), value => [value.to_bits()], Float8E4M3
);
scalar!(
    F8E5M2, 1, Float,
    bytes => F8E5M2::from_bits(bytes[0]), value => [value.to_bits()], Float8E5M2
);
scalar!(bool, 1, Bool, bytes => bytes[0] != 0, value => [u8::from(value)]);
scalar!(Char, 1, Char, bytes => Char(bytes[0]), value => [value.0]);
scalar!(
    Ucs2, 2, Text,
    bytes => Ucs2(u16::from_ne_bytes(bytes)), value => value.0.to_ne_bytes()
);
scalar!(
    Ucs4, 4, Text,
    bytes => Ucs4(u32::from_ne_bytes(bytes)), value => value.0.to_ne_bytes()
);
scalar!(
    Address, size_of::<usize>(), Address,
    bytes => Address(usize::from_ne_bytes(bytes)), value => value.0.to_ne_bytes()
);

/// Implements [`Scalar`] for a complex type over a float. The real part comes first.
macro_rules! complex {
    ($($part:ty)*) => {
        $(
            impl Sealed for Complex<$part> {}
            impl Element for Complex<$part> {
                type Descriptor = ();
            }
            impl Scalar for Complex<$part> {
                type Value = Complex<$part>;
                type Bytes = [u8; 2 * size_of::<$part>()];
                const KIND: Kind = Kind::Complex;

                #[inline]
                fn decode(bytes: Self::Bytes) -> Self::Value {
                    let [mut re, mut im] = [[0; size_of::<$part>()]; 2];
                    let (first, second) = bytes.split_at(size_of::<$part>());
                    re.copy_from_slice(first);
                    im.copy_from_slice(second);
                    Complex::new(<$part>::from_ne_bytes(re), <$part>::from_ne_bytes(im))
                }

                #[inline]
                fn encode(value: Self::Value) -> Self::Bytes {
                    let mut bytes = [0; 2 * size_of::<$part>()];
                    let (first, second) = bytes.split_at_mut(size_of::<$part>());
                    first.copy_from_slice(&value.re.to_ne_bytes());
                    second.copy_from_slice(&value.im.to_ne_bytes());
                    bytes
                }
            }
            impl SwapBytes for Complex<$part> {
                /// Each part is swapped in place.
                #[inline]
                fn swap_bytes(mut bytes: Self::Bytes) -> Self::Bytes {
                    bytes.chunks_exact_mut(size_of::<$part>()).for_each(<[u8]>::reverse);
                    bytes
                }
            }
        )*
    };
}
complex!(f16 f32 f64 LongDouble);

/// Rounds to the nearest half, ties to even. Going through the nearest `f32` would round twice, so
/// the first step rounds to odd, which the second one cannot take for a tie.
#[must_use]
pub fn f16_from_f64(value: f64) -> f16 {
    f16::from_f32(f32_odd_from_f64(value))
}

/// Rounds to the nearest `bf16`, ties to even, as [`f16_from_f64`] does.
#[must_use]
pub fn bf16_from_f64(value: f64) -> bf16 {
    bf16::from_f32(f32_odd_from_f64(value))
}

/// Rounds to the `f32` from which a narrower float is then rounded: a double between two of them
/// becomes the one whose last bit is odd, so that rounding twice gives the same result as rounding
/// once.
#[inline]
pub(crate) fn f32_odd_from_f64(value: f64) -> f32 {
    let near = value as f32;
    let back = f64::from(near);
    let bits = near.to_bits();
    if back == value || bits & 1 == 1 || !near.is_finite() {
        return near;
    }
    let odd = if back.abs() > value.abs() { bits - 1 } else { bits + 1 };
    f32::from_bits(odd)
}
