//! Integers of 24 bits: all of them, against the standard library's integers of 32 bits.

use consumer::element::{I24, Scalar, Swapped, U24, Value};

/// The three bytes of lowest value of an integer of 32 bits, in both orders: this machine's first.
fn bytes(number: u32) -> ([u8; 3], [u8; 3]) {
    let ([a, b, c, _], [_, d, e, f]) = (number.to_le_bytes(), number.to_be_bytes());
    if cfg!(target_endian = "little") { ([a, b, c], [d, e, f]) } else { ([d, e, f], [a, b, c]) }
}

#[test]
fn every_integer_is_loaded_and_stored_in_both_orders() {
    for number in -(1 << 23)..1 << 23 {
        let (native, other) = bytes(number as u32);
        let found = <I24 as Scalar>::decode(native);
        assert_eq!((found.to_i32(), I24::wrapping(number)), (number, found));
        assert_eq!(<Swapped<I24> as Scalar>::decode(other), found);
        assert_eq!(<I24 as Scalar>::encode(found), native);
        assert_eq!(<Swapped<I24> as Scalar>::encode(found), other);
        assert_eq!(I24::try_from(i64::from(number)), Ok(found));
    }
    for number in 0..1_u32 << 24 {
        let (native, other) = bytes(number);
        let found = <U24 as Scalar>::decode(native);
        assert_eq!((found.to_u32(), U24::wrapping(number)), (number, found));
        assert_eq!(<Swapped<U24> as Scalar>::decode(other), found);
        assert_eq!(<U24 as Scalar>::encode(found), native);
        assert_eq!(<Swapped<U24> as Scalar>::encode(found), other);
        assert_eq!(U24::try_from(u64::from(number)), Ok(found));
    }
}

#[test]
fn integers_out_of_range_are_refused_and_wrapped_to_their_lowest_bits() {
    for beyond in [1 << 23, 1 << 24, 1 << 31, 1 << 32, 1 << 55, 1 << 56, i64::MAX] {
        assert!(I24::try_from(beyond).is_err() && I24::try_from(-beyond - 1).is_err());
        assert!(I24::try_from(beyond as u64).is_err());
        assert!(I24::try_from(i128::from(beyond)).is_err());
    }
    for beyond in [1 << 24, 1 << 31, 1 << 32, 1 << 55, 1 << 56, i64::MAX, -1, i64::MIN] {
        assert!(U24::try_from(beyond).is_err() && U24::try_from(i128::from(beyond)).is_err());
        assert!(U24::try_from(beyond as u64).is_err());
    }
    assert!(I24::try_from(u64::MAX).is_err() && U24::try_from(u64::MAX).is_err());
    assert!(I24::try_from(i128::MIN).is_err() && U24::try_from(i128::MAX).is_err());
    assert_eq!(I24::wrapping(0x0180_0000).to_i32(), -0x0080_0000);
    assert_eq!(U24::wrapping(u32::MAX), U24::MAX);
}

#[test]
fn integers_are_ordered_and_shown_by_their_values() {
    assert_eq!((I24::MIN.to_i32(), I24::MAX.to_i32()), (-(1 << 23), (1 << 23) - 1));
    assert_eq!((U24::MIN.to_u32(), U24::MAX.to_u32()), (0, (1 << 24) - 1));
    let sorted = [-0x0080_0000, -256, -1, 0, 1, 255, 256, 0x7f_ffff].map(I24::wrapping);
    assert!(sorted.is_sorted() && U24::wrapping(255) < U24::wrapping(256));
    assert_eq!(format!("{sorted:?}"), "[-8388608, -256, -1, 0, 1, 255, 256, 8388607]");
    assert_eq!(Value::from(I24::MIN), Value::from(-8_388_608.0_f32));
    assert_ne!(Value::from(I24::wrapping(-1)), Value::from(U24::MAX));
}
