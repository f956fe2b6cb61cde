//! C's `long double` where it is the 80-bit format of the x87: its conversions from and to `f64`,
//! against the processor's own and against the definition of rounding.

#![cfg(all(target_arch = "x86_64", not(windows)))]
#![allow(unsafe_code)]

use crate::support::config;
use consumer::element::LongDouble;
use proptest::prelude::*;

/// A number of sign and exponent (16 bits) and significand, with some padding.
fn x87(top: u16, significand: u64) -> LongDouble {
    let mut bytes = [0xa5; 16];
    bytes[..8].copy_from_slice(&significand.to_le_bytes());
    bytes[8..10].copy_from_slice(&top.to_le_bytes());
    LongDouble::from_ne_bytes(bytes)
}

/// Sign and exponent, and significand.
fn parts(number: LongDouble) -> (u16, u64) {
    let bytes = number.to_ne_bytes();
    let significand = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    (u16::from_le_bytes(bytes[8..10].try_into().unwrap()), significand)
}

/// The processor's conversion to `f64`.
fn to_f64_by_processor(number: LongDouble) -> f64 {
    let bytes = number.to_ne_bytes();
    let mut result = 0.0_f64;
    // SAFETY: ten bytes are read and eight written; the register stack is left as it was.
    unsafe {
        std::arch::asm!(
            "fld tbyte ptr [{from}]",
            "fstp qword ptr [{to}]",
            from = in(reg) bytes.as_ptr(),
            to = in(reg) &raw mut result,
            out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
            out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
        );
    }
    result
}

/// The processor's conversion from `f64`: sign and exponent, and significand.
fn from_f64_by_processor(number: f64) -> (u16, u64) {
    let mut bytes = [0_u8; 16];
    // SAFETY: eight bytes are read and ten written; the register stack is left as it was.
    unsafe {
        std::arch::asm!(
            "fld qword ptr [{from}]",
            "fstp tbyte ptr [{to}]",
            from = in(reg) &raw const number,
            to = in(reg) bytes.as_mut_ptr(),
            out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
            out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
        );
    }
    parts(LongDouble::from_ne_bytes(bytes))
}

/// Whether the non-negative `rounded` is the double nearest to `significand * 2^exponent`, of two
/// that are equally near the one with an even last bit. Infinity counts as 2^1024.
fn is_nearest(significand: u64, exponent: i32, rounded: u64) -> bool {
    let (infinity, tiniest) = (f64::INFINITY.to_bits(), -1074);
    if exponent + 64 < tiniest - 1 {
        return rounded == 0;
    }
    if significand >> 63 == 1 && exponent + 63 > 1024 {
        return rounded == infinity;
    }
    // Both as whole multiples of the same small unit, or it is far off.
    let unit = exponent.min(tiniest.max(exponent - 2));
    let exact = i128::from(significand) << (exponent - unit);
    let distance = |bits: u64| -> Option<i128> {
        let (fraction, biased) = (bits & ((1 << 52) - 1), (bits >> 52) as i32);
        let (whole, power) = match biased {
            0 => (fraction, tiniest),
            _ => (fraction | 1 << 52, biased - 1075),
        };
        let shift = u32::try_from(power - unit).ok()?;
        let multiple =
            i128::from(whole).checked_shl(shift).filter(|m| m >> shift == i128::from(whole));
        Some((exact - multiple?).abs())
    };
    let Some(own) = distance(rounded) else { return false };
    let below = rounded.checked_sub(1).and_then(distance).unwrap_or(i128::MAX);
    let above = if rounded == infinity { None } else { distance(rounded + 1) };
    let above = above.unwrap_or(i128::MAX);
    let even = rounded & 1 == 0;
    own <= below && own <= above && (even || (own != below && own != above))
}

/// Exponents of all kinds, most of them where a double becomes subnormal, zero or infinite.
fn exponents() -> impl Strategy<Value = u16> {
    prop_oneof![
        2 => 0..=0x7fff_u16,
        2 => 15360 - 70..15360 + 5_u16,
        1 => 15360..17408_u16,
        1 => 17400..17412_u16,
        1 => prop_oneof![Just(0_u16), Just(1), Just(0x7ffe), Just(0x7fff)],
    ]
}

/// Significands with the integer bit set, many of them near a tie after a number of bits.
fn significands() -> impl Strategy<Value = u64> {
    let tie = (any::<u64>(), 0..64_u32, -1..=1_i64).prop_map(|(bits, place, off)| {
        let kept = bits.checked_shr(place).and_then(|b| b.checked_shl(place)).unwrap_or(0);
        let half = (1_u64 << place) >> 1;
        (kept | half).wrapping_add_signed(off)
    });
    prop_oneof![any::<u64>(), tie, Just(0), Just(u64::MAX)].prop_map(|bits| bits | 1 << 63)
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn to_f64_is_nearest_ties_to_even(
        exponent in exponents().prop_map(|exponent| exponent.min(0x7ffe)),
        significand in significands(),
        negative in any::<bool>(),
    ) {
        let number = x87(exponent | u16::from(negative) << 15, significand);
        let rounded = number.to_f64();
        prop_assert_eq!(rounded.is_sign_negative(), negative);
        let power = i32::from(exponent.max(1)) - 16383 - 63;
        let bits = rounded.abs().to_bits();
        prop_assert!(is_nearest(significand, power, bits), "{:?}", rounded);
    }

    /// All patterns of bits: unnormal numbers, infinities and NaN among them.
    #[test]
    fn to_f64_is_what_the_processor_says(
        exponent in exponents(),
        significand in prop_oneof![significands(), any::<u64>(), any::<u64>().prop_map(|s| s >> 1)],
        negative in any::<bool>(),
    ) {
        let number = x87(exponent | u16::from(negative) << 15, significand);
        let (ours, processor) = (number.to_f64(), to_f64_by_processor(number));
        prop_assert_eq!(ours.is_nan(), processor.is_nan(), "{} {}", ours, processor);
        if !ours.is_nan() {
            prop_assert_eq!(ours.to_bits(), processor.to_bits());
        }
    }

    #[test]
    fn every_f64_is_a_long_double(bits in any::<u64>()) {
        there_and_back(f64::from_bits(bits));
    }

    #[test]
    fn every_subnormal_f64_is_a_long_double(bits in any::<u64>(), zeros in 12..64_u32) {
        there_and_back(f64::from_bits(bits >> zeros));
        there_and_back(-f64::from_bits(bits >> zeros));
    }

    #[test]
    fn numbers_are_equal_when_they_are_the_same(
        tops in (1..0x7fff_u16, 1..0x7fff_u16), significand in significands(), bit in 0..63_u32,
    ) {
        let (top, other) = tops;
        let number = x87(top, significand);
        let mut padded = number.to_ne_bytes();
        padded[10..].fill(0x5a);
        prop_assert_eq!(number, LongDouble::from_ne_bytes(padded));
        // One bit further than any f64 can tell.
        prop_assert_ne!(number, x87(top, significand ^ (1 << bit)));
        prop_assert_ne!(number, x87(top | 1 << 15, significand));
        prop_assert_eq!(number == x87(other, significand), top == other);
    }
}

#[track_caller]
fn there_and_back(number: f64) {
    let long = LongDouble::from_f64(number);
    if number.is_nan() {
        assert!(long.to_f64().is_nan());
        assert!(to_f64_by_processor(long).is_nan());
        return;
    }
    assert_eq!(long.to_f64().to_bits(), number.to_bits());
    assert_eq!(parts(long), from_f64_by_processor(number), "{number:e}");
    assert_eq!(long.to_ne_bytes()[10..], [0; 6], "fresh padding is zero");
}

#[test]
fn every_exponent_with_every_single_bit() {
    for exponent in 0..0x800_u64 {
        let fractions = (0..52).flat_map(|bit| [1_u64 << bit, (1 << bit) - 1, !(1 << bit)]);
        for fraction in fractions {
            let bits = exponent << 52 | fraction & ((1 << 52) - 1);
            there_and_back(f64::from_bits(bits));
            there_and_back(-f64::from_bits(bits));
        }
    }
}

#[test]
fn special_numbers() {
    let one = 1 << 63;
    let (zero, minus_zero) = (x87(0, 0), x87(0x8000, 0));
    assert_eq!(zero.to_f64().to_bits(), 0);
    assert_eq!(minus_zero.to_f64().to_bits(), (-0.0_f64).to_bits());
    assert_eq!(zero, minus_zero);
    assert_eq!(x87(0x7fff, one).to_f64(), f64::INFINITY);
    assert_eq!(x87(0xffff, one).to_f64(), f64::NEG_INFINITY);
    assert_eq!(x87(0x7fff, one), x87(0x7fff, one));
    assert_ne!(x87(0x7fff, one), x87(0xffff, one));
    for significand in [one | 1, 3 << 62, u64::MAX, 1] {
        let nan = x87(0x7fff, significand);
        assert!(nan.to_f64().is_nan());
        assert_ne!(nan, nan);
    }
    // Without their integer bit, numbers beyond the subnormal ones are none.
    for (exponent, significand) in [(1, 0), (16383, 1 << 62), (0x7ffe, 1), (0x7fff, 0)] {
        let unnormal = x87(exponent, significand);
        assert!(to_f64_by_processor(unnormal).is_nan());
        assert!(unnormal.to_f64().is_nan(), "{exponent} {significand:x}");
        assert_ne!(unnormal, unnormal);
    }
    // A subnormal number with its integer bit set is the smallest normal one.
    assert_eq!(x87(0, one), x87(1, one));
    assert_eq!(x87(0, 1).to_f64(), 0.0);
    // The largest double, and the first number beyond it that rounds to infinity.
    let largest = 0xffff_ffff_ffff_f800_u64;
    assert_eq!(x87(17406, largest).to_f64(), f64::MAX);
    assert_eq!(x87(17406, largest | 0x3ff).to_f64(), f64::MAX);
    assert_eq!(x87(17406, largest | 0x400).to_f64(), f64::INFINITY);
    assert_eq!(x87(17407, one).to_f64(), f64::INFINITY);
    for (number, beyond) in [
        (x87(17406, largest | 0x3ff), None),
        (x87(17406, largest | 0x400), Some((false, largest | 0x400, 17406 - 16383 - 63))),
        (x87(0x8000 | 17407, one), Some((true, one, 17407 - 16383 - 63))),
        (x87(0x7ffe, u64::MAX), Some((false, u64::MAX, 0x7ffe - 16383 - 63))),
        (x87(0x7fff, one), None),
        (x87(0x7fff, u64::MAX), None),
        (x87(0, 1), None),
    ] {
        let parts = number.beyond_f64();
        let parts = parts.map(|(negative, whole, exponent)| (negative, whole as u64, exponent));
        assert_eq!((parts, number.to_f64_checked().is_none()), (beyond, beyond.is_some()));
    }
    let huge = x87(0x73e6, 0xd1ba_8323_fe55_8c61);
    assert_eq!((huge.to_string(), x87(0xffff, one).to_string()), ("1e+4000".into(), "-inf".into()));
    assert_eq!(LongDouble::from_f64(-1e-5).to_string(), "-1e-05");
    // Half of the smallest double is a tie that goes to zero; any more goes up.
    assert_eq!(x87(15308, one).to_f64(), 0.0);
    assert_eq!(x87(15308, one | 1).to_f64(), f64::from_bits(1));
    assert_eq!(x87(15309, one).to_f64(), f64::from_bits(1));
}
