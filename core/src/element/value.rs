//! One element of any type, for comparisons across types.

use half::{bf16, f16};
use num_complex::Complex;
use num_traits::AsPrimitive;

use super::{Address, Char, F8E4M3, F8E5M2, LongDouble, Ucs2, Ucs4};

/// The value of one element of any type, as Python sees it.
///
/// Two values are equal if Python's `==` says so: numbers compare by value, whatever their types,
/// and exactly (no int is rounded to a float); bytes and text only equal their own kind.
///
/// # Examples
/// ```
/// use consumer::element::Value;
/// assert_eq!(Value::from(3_u8), Value::from(3.0_f32));
/// assert_ne!(Value::from((1_i64 << 53) + 1), Value::from((1_i64 << 53) as f64));
/// assert_ne!(Value::from(f64::NAN), Value::from(f64::NAN));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Value {
    /// An integer; also a `bool` or an address.
    Integer(i128),
    /// A float.
    Float(f64),
    /// A `long double`. Beside other numbers it is the nearest `f64`, or nothing that equals any if
    /// it is beyond every `f64`.
    LongDouble(LongDouble),
    /// A complex number.
    Complex(f64, f64),
    /// A complex number of two `long double`s.
    ComplexLongDouble(LongDouble, LongDouble),
    /// One byte of a byte string.
    Byte(u8),
    /// One code point of a string.
    Character(u32),
    /// A byte string.
    Bytes(Vec<u8>),
    /// The code points of a string.
    Text(Vec<u32>),
    /// A record.
    Tuple(Vec<Self>),
    /// A sub-array.
    List(Vec<Self>),
    /// An object or an element that cannot be read. It equals nothing.
    Unknown,
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        use Value::{Byte, Bytes, Character, List, Text, Tuple};
        if let (Some([re, im]), Some([other_re, other_im])) = (self.number(), other.number()) {
            return re.equals(other_re) && im.equals(other_im);
        }
        match (self, other) {
            (Byte(left), Byte(right)) => left == right,
            (Character(left), Character(right)) => left == right,
            (Bytes(left), Bytes(right)) => left == right,
            (Byte(byte), Bytes(bytes)) | (Bytes(bytes), Byte(byte)) => *bytes == [*byte],
            (Text(left), Text(right)) => left == right,
            (Character(code), Text(text)) | (Text(text), Character(code)) => *text == [*code],
            (Tuple(left), Tuple(right)) | (List(left), List(right)) => left == right,
            _ => false,
        }
    }
}

impl Value {
    /// Returns the real and the imaginary part of a number, or `None` if this is none.
    fn number(&self) -> Option<[Real; 2]> {
        let zero = Real::Integer(0);
        Some(match *self {
            Self::Integer(integer) => [Real::Integer(integer), zero],
            Self::Float(float) => [Real::Float(float), zero],
            Self::LongDouble(long) => [Real::LongDouble(long), zero],
            Self::Complex(re, im) => [Real::Float(re), Real::Float(im)],
            Self::ComplexLongDouble(re, im) => [Real::LongDouble(re), Real::LongDouble(im)],
            _ => return None,
        })
    }
}

/// A real number, or a part of a complex one.
#[derive(Clone, Copy)]
enum Real {
    Integer(i128),
    Float(f64),
    LongDouble(LongDouble),
}

impl Real {
    fn equals(self, other: Self) -> bool {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => left == right,
            (Self::Float(left), Self::Float(right)) => left == right,
            (Self::LongDouble(left), Self::LongDouble(right)) => left == right,
            (Self::Integer(integer), Self::Float(float))
            | (Self::Float(float), Self::Integer(integer)) => is_exactly(integer, float),
            (Self::LongDouble(long), other) | (other, Self::LongDouble(long)) => {
                Self::Float(long.to_f64_or_nan()).equals(other)
            }
        }
    }
}

/// Returns whether a float is exactly this integer. Integer elements have at most 64 bits, so a
/// conversion that saturates never equals one.
fn is_exactly(integer: i128, float: f64) -> bool {
    float.fract() == 0.0 && float as i128 == integer
}

macro_rules! integers {
    ($($type:ty)*) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::Integer(value.as_())
            }
        })*
    };
}

macro_rules! floats {
    ($($type:ty)*) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::Float(value.into())
            }
        })*
    };
}

macro_rules! complex_numbers {
    ($($part:ty)*) => {
        $(impl From<Complex<$part>> for Value {
            fn from(value: Complex<$part>) -> Self {
                Self::Complex(value.re.into(), value.im.into())
            }
        })*
    };
}

integers!(bool i8 u8 i16 u16 i32 u32 i64 u64);
floats!(bf16 F8E4M3 F8E5M2 f16 f32 f64);
complex_numbers!(f16 f32 f64);

impl From<LongDouble> for Value {
    fn from(value: LongDouble) -> Self {
        Self::LongDouble(value)
    }
}

impl From<Complex<LongDouble>> for Value {
    fn from(value: Complex<LongDouble>) -> Self {
        Self::ComplexLongDouble(value.re, value.im)
    }
}

impl From<Address> for Value {
    fn from(value: Address) -> Self {
        Self::Integer(value.0.as_())
    }
}

impl From<Char> for Value {
    fn from(value: Char) -> Self {
        Self::Byte(value.0)
    }
}

impl From<Ucs2> for Value {
    fn from(value: Ucs2) -> Self {
        Self::Character(value.0.into())
    }
}

impl From<Ucs4> for Value {
    fn from(value: Ucs4) -> Self {
        Self::Character(value.0)
    }
}
