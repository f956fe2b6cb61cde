//! How each element type is loaded from bytes and stored to them, in both byte orders, against the
//! standard library's conversions.

use crate::support::{self, config};
use consumer::element::{Address, Char, F8E4M3, F8E5M2, I24, LongDouble, Scalar, Swapped};
use consumer::element::{U24, Ucs2, Ucs4};
use half::{bf16, f16};
use num_complex::Complex;
use proptest::prelude::*;

/// The types `native` and `other` that lie in memory as the bytes of `to_le` and `to_be`: loads and
/// stores of these bytes, from and to a value of which `bits` is all that can be told.
macro_rules! both_orders {
    ($type:ty, $value:expr, $little:expr, $big:expr, $bits:expr) => {{
        let (value, little, big, bits): ($type, _, _, fn($type) -> _) =
            ($value, $little, $big, $bits);
        let (native, other) =
            if cfg!(target_endian = "little") { (little, big) } else { (big, little) };
        prop_assert_eq!(<$type as Scalar>::SIZE, native.len());
        prop_assert_eq!(<Swapped<$type> as Scalar>::SIZE, native.len());
        prop_assert_eq!(bits(<$type as Scalar>::decode(native)), bits(value));
        prop_assert_eq!(bits(<Swapped<$type> as Scalar>::decode(other)), bits(value));
        prop_assert_eq!(<$type as Scalar>::encode(value), native);
        prop_assert_eq!(<Swapped<$type> as Scalar>::encode(value), other);
        prop_assert_eq!(<$type as Scalar>::to_native(native), native);
        prop_assert_eq!(<Swapped<$type> as Scalar>::to_native(other), native);
    }};
}

macro_rules! whole_numbers {
    ($($name:ident $type:ty),*) => {
        proptest! {
            $(#[test]
            fn $name(value in any::<$type>()) {
                both_orders!($type, value, value.to_le_bytes(), value.to_be_bytes(), |value| value);
            })*
        }
    };
}
whole_numbers!(
    int16 i16, uint16 u16, int32 i32, uint32 u32, int64 i64, uint64 u64
);

/// The bytes of two numbers, one after the other.
fn pair<const N: usize, const M: usize>(first: [u8; N], second: [u8; N]) -> [u8; M] {
    [first, second].concat().try_into().unwrap()
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn float16(bits in any::<u16>()) {
        let value = f16::from_bits(bits);
        both_orders!(f16, value, bits.to_le_bytes(), bits.to_be_bytes(), f16::to_bits);
    }

    #[test]
    fn bfloat16(bits in any::<u16>()) {
        let value = bf16::from_bits(bits);
        both_orders!(bf16, value, bits.to_le_bytes(), bits.to_be_bytes(), bf16::to_bits);
    }

    #[test]
    fn float32(bits in any::<u32>()) {
        let value = f32::from_bits(bits);
        both_orders!(f32, value, bits.to_le_bytes(), bits.to_be_bytes(), f32::to_bits);
    }

    #[test]
    fn float64(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        both_orders!(f64, value, bits.to_le_bytes(), bits.to_be_bytes(), f64::to_bits);
    }

    #[test]
    fn text_and_addresses(word in any::<usize>(), ucs4 in any::<u32>(), ucs2 in any::<u16>()) {
        both_orders!(Ucs2, Ucs2(ucs2), ucs2.to_le_bytes(), ucs2.to_be_bytes(), |value| value.0);
        both_orders!(Ucs4, Ucs4(ucs4), ucs4.to_le_bytes(), ucs4.to_be_bytes(), |value| value.0);
        both_orders!(Address, Address(word), word.to_le_bytes(), word.to_be_bytes(), |value| value.0);
    }

    /// Each part of a complex number has the byte order; the real part stays the first.
    #[test]
    fn complex_numbers(re in any::<u64>(), im in any::<u64>()) {
        let (half_re, half_im) = (re as u16, im as u16);
        both_orders!(
            Complex<f16>,
            Complex::new(f16::from_bits(half_re), f16::from_bits(half_im)),
            pair::<2, 4>(half_re.to_le_bytes(), half_im.to_le_bytes()),
            pair::<2, 4>(half_re.to_be_bytes(), half_im.to_be_bytes()),
            |value| (value.re.to_bits(), value.im.to_bits())
        );
        let (single_re, single_im) = (re as u32, im as u32);
        both_orders!(
            Complex<f32>,
            Complex::new(f32::from_bits(single_re), f32::from_bits(single_im)),
            pair::<4, 8>(single_re.to_le_bytes(), single_im.to_le_bytes()),
            pair::<4, 8>(single_re.to_be_bytes(), single_im.to_be_bytes()),
            |value| (value.re.to_bits(), value.im.to_bits())
        );
        both_orders!(
            Complex<f64>,
            Complex::new(f64::from_bits(re), f64::from_bits(im)),
            pair::<8, 16>(re.to_le_bytes(), im.to_le_bytes()),
            pair::<8, 16>(re.to_be_bytes(), im.to_be_bytes()),
            |value| (value.re.to_bits(), value.im.to_bits())
        );
    }

    /// Not a bit of a `long double` is lost on the way, its padding included.
    #[test]
    fn long_doubles(seed in any::<u64>()) {
        const SIZE: usize = <LongDouble as Scalar>::SIZE;
        let bytes = |seed| <[u8; SIZE]>::try_from(support::noise(SIZE, seed)).unwrap();
        let reversed = |mut bytes: [u8; SIZE]| {
            bytes.reverse();
            bytes
        };
        let (re, im) = (bytes(seed), bytes(!seed));
        prop_assert_eq!(<LongDouble as Scalar>::decode(re).to_ne_bytes(), re);
        prop_assert_eq!(<LongDouble as Scalar>::encode(LongDouble::from_ne_bytes(re)), re);
        let swapped = <Swapped<LongDouble> as Scalar>::decode(reversed(re));
        prop_assert_eq!(swapped.to_ne_bytes(), re);
        prop_assert_eq!(<Swapped<LongDouble> as Scalar>::encode(swapped), reversed(re));
        prop_assert_eq!(<Swapped<LongDouble> as Scalar>::to_native(reversed(re)), re);

        let both = pair::<SIZE, { 2 * SIZE }>(re, im);
        let other = pair::<SIZE, { 2 * SIZE }>(reversed(re), reversed(im));
        let value = <Complex<LongDouble> as Scalar>::decode(both);
        prop_assert_eq!((value.re.to_ne_bytes(), value.im.to_ne_bytes()), (re, im));
        let swapped = <Swapped<Complex<LongDouble>> as Scalar>::decode(other);
        prop_assert_eq!((swapped.re.to_ne_bytes(), swapped.im.to_ne_bytes()), (re, im));
        prop_assert_eq!(<Swapped<Complex<LongDouble>> as Scalar>::encode(swapped), other);
        prop_assert_eq!(<Complex<LongDouble> as Scalar>::encode(value), both);
    }
}

#[test]
fn every_byte() {
    for byte in 0..=255_u8 {
        assert_eq!(<bool as Scalar>::decode([byte]), byte != 0);
        assert_eq!(<Char as Scalar>::decode([byte]), Char(byte));
        assert_eq!(<Char as Scalar>::encode(Char(byte)), [byte]);
        assert_eq!(<F8E4M3 as Scalar>::decode([byte]).to_bits(), byte);
        assert_eq!(<F8E4M3 as Scalar>::encode(F8E4M3::from_bits(byte)), [byte]);
        assert_eq!(<F8E5M2 as Scalar>::decode([byte]).to_bits(), byte);
        assert_eq!(<F8E5M2 as Scalar>::encode(F8E5M2::from_bits(byte)), [byte]);
        assert_eq!(<u8 as Scalar>::decode([byte]), byte);
        assert_eq!(<u8 as Scalar>::encode(byte), [byte]);
        assert_eq!(<i8 as Scalar>::decode([byte]), byte.cast_signed());
        assert_eq!(<i8 as Scalar>::encode(byte.cast_signed()), [byte]);
    }
    assert_eq!(<bool as Scalar>::encode(false), [0]);
    assert_eq!(<bool as Scalar>::encode(true), [1]);
}

/// Where bytes are compared instead of values, equal values must have equal bytes and the other
/// way around: not so for signed zeros, NaN and the many true values of a bool.
#[test]
fn only_whole_numbers_and_characters_are_compared_by_bytes() {
    let bitwise = [
        i8::BITWISE,
        u8::BITWISE,
        i16::BITWISE,
        u16::BITWISE,
        I24::BITWISE,
        U24::BITWISE,
        i32::BITWISE,
        u32::BITWISE,
        i64::BITWISE,
        u64::BITWISE,
        Char::BITWISE,
        Ucs2::BITWISE,
        Ucs4::BITWISE,
        Address::BITWISE,
        <Swapped<i16>>::BITWISE,
        <Swapped<Ucs4>>::BITWISE,
    ];
    assert_eq!(bitwise, [true; 16]);
    let by_value = [
        bool::BITWISE,
        f16::BITWISE,
        bf16::BITWISE,
        F8E4M3::BITWISE,
        F8E5M2::BITWISE,
        <f32 as Scalar>::BITWISE,
        <f64 as Scalar>::BITWISE,
        LongDouble::BITWISE,
        <Complex<f16>>::BITWISE,
        <Complex<f32>>::BITWISE,
        <Complex<f64>>::BITWISE,
        <Complex<LongDouble>>::BITWISE,
        <Swapped<f64>>::BITWISE,
    ];
    assert_eq!(by_value, [false; 13]);
}
