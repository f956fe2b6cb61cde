//! How an element is loaded from and stored to raw bytes.
//!
//! Elements are always taken by value: foreign memory may be unaligned, byte-swapped, no valid
//! `bool`, or written to by others at any moment, so a `&T` into it can never be had. A [`Scalar`]
//! says how many bytes it takes, and how those bytes become a value and back; byte order is part
//! of the type ([`Swapped`]), so that nothing is decided per element.

mod composite;
mod describe;
mod long_double;
mod value;

pub use composite::{Bits, Composite, Field, Form, Part, Record};
pub use composite::{number, pascal, text, write_number};
pub use long_double::LongDouble;
pub use value::Value;

use half::f16;
use num_complex::Complex;
use std::fmt::Debug;
use std::marker::PhantomData;

use crate::error::Error;
use crate::format::Class;

mod sealed {
    /// Keeps the element types those of this crate's table: every list of them is complete.
    pub trait Sealed {}
}
use sealed::Sealed;

/// An element type, readable or not.
pub trait Element: Sealed + Sized + 'static {
    /// What is known of the elements only at run time: nothing for a scalar.
    type Descriptor: Clone + Debug + Send + Sync + 'static;
}

/// An element type of a size that is known at compile time.
///
/// # Examples
/// ```
/// use consumer::element::{Scalar, Swapped};
/// assert_eq!(<Swapped<u16> as Scalar>::decode(0x1234_u16.to_ne_bytes()), 0x3412);
/// assert!(<bool as Scalar>::decode([2]));
/// ```
pub trait Scalar: Element<Descriptor = ()> {
    /// What an element is when it is taken out.
    type Value: Copy + Debug + PartialEq + Into<Value> + Send + Sync + 'static;
    /// The bytes of one element: an array of `u8`, so that no alignment is asked of the memory.
    type Bytes: Copy + AsRef<[u8]> + AsMut<[u8]> + for<'a> TryFrom<&'a [u8]> + Send + Sync + 'static;
    /// Size of one element in bytes.
    const SIZE: usize = size_of::<Self::Bytes>();
    /// What kind of value an element is.
    const CLASS: Class;
    /// Whether the bytes are in the order that is not this machine's.
    const SWAPPED: bool = false;
    /// Whether two elements are equal just when their bytes are: true for whole numbers, false for
    /// floats (zeros, NaN) and `bool` (2 is as true as 1).
    const BITWISE: bool = is_bitwise(Self::CLASS);
    /// The value that these bytes are. Every pattern of bytes is one.
    fn decode(bytes: Self::Bytes) -> Self::Value;
    /// The bytes of a value.
    fn encode(value: Self::Value) -> Self::Bytes;
    /// The bytes of the same element in this machine's byte order.
    #[must_use]
    #[inline]
    fn to_native(bytes: Self::Bytes) -> Self::Bytes {
        bytes
    }
}

/// Whether elements of a class are equal just when their bytes are.
pub const fn is_bitwise(class: Class) -> bool {
    !matches!(class, Class::Float | Class::Complex | Class::Bool)
}

/// The scalar type `T` in the byte order that is not this machine's. Its values are those of `T`.
#[derive(Debug, Clone, Copy)]
pub struct Swapped<T>(PhantomData<fn() -> T>);

impl<T: Scalar + SwapBytes> Sealed for Swapped<T> {}
impl<T: Scalar + SwapBytes> Element for Swapped<T> {
    type Descriptor = ();
}
impl<T: Scalar + SwapBytes> Scalar for Swapped<T> {
    type Value = T::Value;
    type Bytes = T::Bytes;
    const CLASS: Class = T::CLASS;
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

/// How the bytes of a type turn around: all of them, or those of each part of a complex number.
pub trait SwapBytes: Scalar {
    /// The bytes of the same value in the other byte order.
    #[must_use]
    fn swap_bytes(mut bytes: Self::Bytes) -> Self::Bytes {
        bytes.as_mut().reverse();
        bytes
    }
}

/// Elements that cannot be read: the format is unknown, or contradicts the itemsize. The array
/// around them keeps its metadata and its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Opaque;
impl Sealed for Opaque {}
impl Element for Opaque {
    /// Why the elements cannot be read.
    type Descriptor = Error;
}

/// One byte, as a byte string of length 1 (`c`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Char(pub u8);

/// A UCS-2 code unit (`u`). Surrogates stand for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Ucs2(pub u16);

/// A UCS-4 code point (`w`). Foreign memory may hold numbers beyond U+10FFFF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Ucs4(pub u32);

/// An address (`P z Z`), as a number: it is never followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Address(pub usize);

/// Implements [`Scalar`] for a type whose value is itself.
macro_rules! scalar {
    (
        $type:ty, $size:expr, $class:ident,
        $bytes:ident => $decode:expr, $value:ident => $encode:expr
    ) => {
        impl Sealed for $type {}
        impl Element for $type {
            type Descriptor = ();
        }
        impl Scalar for $type {
            type Value = $type;
            type Bytes = [u8; $size];
            const CLASS: Class = Class::$class;

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
    ($($type:ty)*, $class:ident) => {
        $(scalar!(
            $type, size_of::<$type>(), $class,
            bytes => <$type>::from_ne_bytes(bytes), value => value.to_ne_bytes()
        );)*
    };
}

number!(i8 i16 i32 i64, Signed);
number!(u8 u16 u32 u64, Unsigned);
number!(f16 f32 f64 LongDouble, Float);
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

/// Implements [`Scalar`] for a complex type over a float: the real part first, then the imaginary.
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
                const CLASS: Class = Class::Complex;

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
                /// Each part turns around in its own place.
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

/// The half nearest to a double, ties to even. The way over `f32` would round twice, but for a first
/// step that cannot be taken for a tie.
#[must_use]
pub fn f16_from_f64(value: f64) -> f16 {
    f16::from_f32(f32_odd_from_f64(value))
}

/// The `f32` that a narrower float is to be rounded from: a double between two of them becomes the
/// one whose last bit is odd, so that rounding twice is rounding once.
#[inline]
pub fn f32_odd_from_f64(value: f64) -> f32 {
    let near = value as f32;
    let back = f64::from(near);
    let bits = near.to_bits();
    if back == value || bits & 1 == 1 || !near.is_finite() {
        return near;
    }
    let odd = if back.abs() > value.abs() { bits - 1 } else { bits + 1 };
    f32::from_bits(odd)
}
