//! The half nearest to a double: one rounding, ties to even.

use crate::support::config;
use consumer::element::f16_from_f64;
use half::f16;
use proptest::prelude::*;
use std::sync::LazyLock;

/// What the bits of a half without sign, infinity or NaN stand for, by IEEE 754.
fn value_of(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10), f64::from(bits & 0x3ff));
    match exponent {
        0 => fraction * 2_f64.powi(-24),
        _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
    }
}

/// The magnitudes of all halves; last the one that infinity would be, were it the next number.
static MAGNITUDES: LazyLock<Vec<f64>> = LazyLock::new(|| (0..=0x7c00).map(value_of).collect());

/// The bits of the half nearest to a number, found among all of them.
fn nearest(number: f64) -> u16 {
    let sign = u16::from(number.is_sign_negative()) << 15;
    let (number, all) = (number.abs(), &*MAGNITUDES);
    let above = all.partition_point(|&half| half < number);
    let magnitude = match above {
        0 => 0,
        _ if above >= all.len() => 0x7c00,
        _ => {
            // The middle of two halves has few enough bits to be an exact double.
            let middle = f64::midpoint(all[above - 1], all[above]);
            let up = number > middle || (number == middle && above % 2 == 0);
            above - usize::from(!up)
        }
    };
    sign | magnitude as u16
}

#[track_caller]
fn check(number: f64) {
    assert_eq!(f16_from_f64(number).to_bits(), nearest(number), "{number:e}");
    assert_eq!(f16_from_f64(-number).to_bits(), nearest(-number), "{:e}", -number);
}

#[test]
fn every_half_is_itself() {
    for bits in 0..=u16::MAX {
        let half = f16::from_bits(bits);
        if half.is_nan() {
            assert!(f16_from_f64(half.to_f64()).is_nan());
            continue;
        }
        let number = if bits & 0x7fff == 0x7c00 { f64::INFINITY } else { value_of(bits & 0x7fff) };
        let number = if bits >> 15 == 1 { -number } else { number };
        assert_eq!(half.to_f64(), number);
        assert_eq!(f16_from_f64(number).to_bits(), bits);
    }
}

#[test]
fn around_every_middle_of_two_halves() {
    for pair in MAGNITUDES.windows(2) {
        let middle = f64::midpoint(pair[0], pair[1]);
        // Closer to the middle than an f32 can tell, and just as far as it can.
        for off in [0, 1, 2, (1 << 28) - 1, 1 << 28, (1 << 28) + 1, 1 << 29, (1 << 29) + 1] {
            check(f64::from_bits(middle.to_bits() + off));
            check(f64::from_bits(middle.to_bits() - off));
        }
    }
}

#[test]
fn extremes() {
    for number in [0.0, f64::MIN_POSITIVE, f64::from_bits(1), f64::MAX, f64::INFINITY] {
        check(number);
    }
    for number in [65_504.0, 65_519.999_999_999, 65_520.0, 65_536.0, 1e300, f64::from(f32::MAX)] {
        check(number);
    }
    assert!(f16_from_f64(f64::NAN).is_nan());
    assert!(f16_from_f64(-f64::NAN).is_nan());
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn any_double(bits in any::<u64>()) {
        let number = f64::from_bits(bits);
        if !number.is_nan() {
            check(number);
        }
    }

    #[test]
    fn any_double_near_the_range_of_halves(number in -70000.0..70000.0, power in -30..1_i32) {
        check(number * 2_f64.powi(power));
    }
}
