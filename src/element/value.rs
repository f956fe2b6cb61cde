//! One element of any type, for comparisons across types.

use super::{Address, Char, LongDouble, Ucs2, Ucs4};
use half::f16;
use num_complex::Complex;

/// The value of a scalar of any type, as Python would see it.
///
/// Two values are equal when Python's `==` says so: numbers by what they are, whatever their types
/// (exactly: no int is rounded to a float), bytes and text only with their own kind.
///
/// # Examples
/// ```
/// use consumer::element::Value;
/// assert_eq!(Value::from(3_u8), Value::from(3.0_f32));
/// assert_ne!(Value::from((1_i64 << 53) + 1), Value::from((1_i64 << 53) as f64));
/// assert_ne!(Value::from(f64::NAN), Value::from(f64::NAN));
/// ```
#[derive(Debug, Clone)]
pub enum Value {
    /// A whole number, `bool` and addresses among them.
    Integer(i128),
    /// A float; a `long double` rounded to the nearest `f64`.
    Float(f64),
    /// A complex number.
    Complex(f64, f64),
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
    /// What cannot be told: an object, or what cannot be read. It equals nothing.
    Unknown,
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        use Value::{Byte, Bytes, Character, Complex, Float, Integer, List, Text, Tuple};
        match (self, other) {
            (Integer(left), Integer(right)) => left == right,
            (Float(left), Float(right)) => left == right,
            (Integer(integer), Float(float)) | (Float(float), Integer(integer)) => {
                exactly(*integer, *float)
            }
            (Complex(re, im), Complex(other_re, other_im)) => re == other_re && im == other_im,
            (Complex(re, im), real @ (Integer(_) | Float(_)))
            | (real @ (Integer(_) | Float(_)), Complex(re, im)) => {
                *im == 0.0 && Float(*re) == *real
            }
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

/// Whether a float is just this whole number. The elements have no more than 64 bits, so that a
/// conversion that saturates is never taken for one of them.
fn exactly(integer: i128, float: f64) -> bool {
    float.fract() == 0.0 && float as i128 == integer
}

macro_rules! values {
    ($($type:ty: $value:ident => $made:expr;)*) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $made
            }
        })*
    };
}

values! {
    bool: value => Self::Integer(i128::from(value));
    i8: value => Self::Integer(i128::from(value));
    u8: value => Self::Integer(i128::from(value));
    i16: value => Self::Integer(i128::from(value));
    u16: value => Self::Integer(i128::from(value));
    i32: value => Self::Integer(i128::from(value));
    u32: value => Self::Integer(i128::from(value));
    i64: value => Self::Integer(i128::from(value));
    u64: value => Self::Integer(i128::from(value));
    Address: value => Self::Integer(value.0 as i128);
    f16: value => Self::Float(value.to_f64());
    f32: value => Self::Float(f64::from(value));
    f64: value => Self::Float(value);
    LongDouble: value => Self::Float(value.to_f64());
    Complex<f16>: value => Self::Complex(value.re.to_f64(), value.im.to_f64());
    Complex<f32>: value => Self::Complex(f64::from(value.re), f64::from(value.im));
    Complex<f64>: value => Self::Complex(value.re, value.im);
    Complex<LongDouble>: value => Self::Complex(value.re.to_f64(), value.im.to_f64());
    Char: value => Self::Byte(value.0);
    Ucs2: value => Self::Character(u32::from(value.0));
    Ucs4: value => Self::Character(value.0);
}
