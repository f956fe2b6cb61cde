//! Both formats that are not `f64`, whichever this machine has, on numbers worked out in exact
//! arithmetic.

use super::formats::{binary128, x87};
use super::parts::{Magnitude, Parts, Rounding};
use super::text::shortest;

/// The bytes of a number of the x87, from sign and exponent, and significand.
fn ten_bytes(top: u16, significand: u64) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&significand.to_le_bytes());
    bytes[8..].copy_from_slice(&top.to_le_bytes());
    bytes
}

/// The bits of a number of binary128, from sign and exponent, and fraction.
fn bits(top: u16, fraction: u128) -> u128 {
    u128::from(top) << 112 | fraction
}

#[track_caller]
fn text(parts: Parts, precision: u32) -> String {
    match parts.magnitude {
        Magnitude::Finite { significand, exponent } => shortest(significand, exponent, precision),
        _ => format!("{parts:?} is not finite"),
    }
}

#[test]
fn numbers_beyond_every_f64_are_written_with_the_fewest_digits() {
    let of_x87 = |top, low| text(x87::unpack(ten_bytes(top, low)), x87::PRECISION);
    assert_eq!(of_x87(0x7ffe, u64::MAX), "1.189731495357231765e+4932");
    assert_eq!(of_x87(0x43ff, 1 << 63), "1.7976931348623159077e+308");
    assert_eq!(of_x87(0x73e6, 0xd1ba_8323_fe55_8c61), "1e+4000");
    assert_eq!(of_x87(0x5291, 0xeccb_d43d_4898_5ba0), "2.3108095781119092728e+1431");
    let of_quad = |top, low| text(binary128::unpack(bits(top, low)), binary128::PRECISION);
    assert_eq!(of_quad(0x7ffe, (1 << 112) - 1), "1.189731495357231765085759326628007e+4932");
    assert_eq!(of_quad(0x43ff, 0), "1.7976931348623159077293051907890247e+308");
    assert_eq!(of_quad(0x7a65, 0x32d9_95b4_9975_79d1_18f2_9bd3_7ace), "3e+4500");
    assert_eq!(
        of_quad(0x5291, 0xd997_a87a_9130_b73f_0975_3231_75e2),
        "2.3108095781119092726931094311848329e+1431"
    );
}

#[test]
fn what_is_too_large_for_f64_becomes_infinite_and_nothing_else_does() {
    let largest = (1_u128 << 112) - 1;
    // 2^1024 less a quarter of the last place of f64, and just below that.
    let tie = ((1_u128 << 53) - 1) << 59;
    for (fraction, expected) in
        [(tie, f64::INFINITY), (tie - 1, f64::MAX), (largest, f64::INFINITY)]
    {
        let parts = binary128::unpack(bits(0x43fe, fraction));
        assert_eq!(parts.to_f64(Rounding::Nearest), expected, "{fraction:x}");
        assert_eq!(parts.to_f64(Rounding::Odd), f64::MAX, "{fraction:x}");
    }
    // The smallest numbers round to 0, and keep their signs.
    for parts in [binary128::unpack(bits(0x8000, 1)), x87::unpack(ten_bytes(0x8000, 1))] {
        assert_eq!(parts.to_f64(Rounding::Nearest).to_bits(), (-0.0_f64).to_bits());
    }
}

#[test]
fn every_kind_of_number_is_packed_as_it_was_unpacked() {
    for number in [0.0, -0.0, 1.0, -1.5, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1.0 / 3.0] {
        let parts = Parts::from_f64(number);
        assert_eq!(x87::unpack(x87::pack(parts)), parts);
        assert_eq!(binary128::unpack(binary128::pack(parts)), parts);
        assert_eq!(parts.to_f64(Rounding::Nearest).to_bits(), number.to_bits());
    }
    for number in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let parts = Parts::from_f64(number);
        assert_eq!(x87::unpack(x87::pack(parts)).magnitude, parts.magnitude);
        assert_eq!(binary128::unpack(binary128::pack(parts)).magnitude, parts.magnitude);
    }
}

#[test]
fn whole_numbers_are_rounded_once_to_even() {
    for precision in [x87::PRECISION, binary128::PRECISION, 53] {
        let one = 1_u128 << precision;
        // Numbers of one or two bits too many, and what they are rounded to.
        let cases = [
            (one + 1, one),
            (one + 3, one + 4),
            (2 * one + 1, 2 * one),
            (2 * one + 3, 2 * one + 4),
            (2 * one - 1, 2 * one),
            (one - 1, one - 1),
            (0, 0),
        ];
        for (number, expected) in cases {
            for negative in [false, true] {
                let rounded = Parts::finite(negative, number, 7).rounded(precision);
                assert_eq!(rounded, Parts::finite(negative, expected, 7), "{number}");
            }
        }
    }
}
