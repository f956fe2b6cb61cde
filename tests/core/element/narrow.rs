//! bfloat16 and the floats of 8 bits: what each bit pattern is, and the one nearest to a double,
//! found among all of them.

use crate::support::config;
use consumer::element::{F8E4M3, F8E5M2, bf16_from_f64};
use half::bf16;
use proptest::prelude::*;
use std::sync::LazyLock;

/// From bits to the number that they are, and from a number to bits.
type Conversions = (fn(u16) -> f64, fn(f64) -> u16);

/// A type by its definition, and the conversions that are tested.
struct Type {
    /// All magnitudes, by their bits; last the one that would come next.
    magnitudes: Vec<f64>,
    /// The bit of the sign.
    sign: u16,
    /// The bits of infinity, `None` where there is none.
    infinity: Option<u16>,
    to_f64: fn(u16) -> f64,
    from_f64: fn(f64) -> u16,
}

impl Type {
    /// Makes a type of `bits` with so many of the fraction, whose smallest subnormal is a power of
    /// two, and of whose magnitudes the first `count` are numbers.
    fn new(
        (bits, fraction_bits, smallest): (u32, u32, i32),
        count: u16,
        infinity: Option<u16>,
        (to_f64, from_f64): Conversions,
    ) -> Self {
        let value_of = |bits: u16| {
            let one = 1 << fraction_bits;
            let (exponent, fraction) = (i32::from(bits >> fraction_bits), bits % one);
            match exponent {
                0 => f64::from(fraction) * 2_f64.powi(smallest),
                _ => f64::from(one + fraction) * 2_f64.powi(smallest + exponent - 1),
            }
        };
        let magnitudes = (0..=count).map(value_of).collect();
        Self { magnitudes, sign: 1 << (bits - 1), infinity, to_f64, from_f64 }
    }

    /// How many magnitudes are numbers.
    fn count(&self) -> u16 {
        self.magnitudes.len() as u16 - 1
    }

    /// The bits of the number nearest to another; `None` where that lies beyond all of them.
    fn nearest(&self, number: f64) -> Option<u16> {
        let sign = if number.is_sign_negative() { self.sign } else { 0 };
        let (number, all) = (number.abs(), &self.magnitudes);
        let above = all.partition_point(|&magnitude| magnitude < number);
        let magnitude = match above {
            0 => 0,
            _ if above >= all.len() => return None,
            _ => {
                // The middle of two has few enough bits to be an exact double.
                let middle = f64::midpoint(all[above - 1], all[above]);
                let up = number > middle || (number == middle && above % 2 == 0);
                above - usize::from(!up)
            }
        };
        let magnitude = magnitude as u16;
        (magnitude < self.count()).then_some(sign | magnitude)
    }

    #[track_caller]
    fn check(&self, number: f64) {
        for number in [number, -number] {
            let bits = (self.from_f64)(number);
            match (self.nearest(number), self.infinity) {
                (Some(nearest), _) => assert_eq!(bits, nearest, "{number:e}"),
                (None, Some(infinity)) => {
                    let sign = if number < 0.0 { self.sign } else { 0 };
                    assert_eq!(bits, sign | infinity, "{number:e}");
                }
                (None, None) => assert!((self.to_f64)(bits).is_nan(), "{number:e}"),
            }
        }
    }
}

static TYPES: LazyLock<[Type; 3]> = LazyLock::new(|| {
    let brain: Conversions =
        (|bits| bf16::from_bits(bits).to_f64(), |number| bf16_from_f64(number).to_bits());
    let e4m3: Conversions = (
        |bits| F8E4M3::from_bits(bits as u8).to_f64(),
        |number| F8E4M3::from_f64(number).to_bits().into(),
    );
    let e5m2: Conversions = (
        |bits| F8E5M2::from_bits(bits as u8).to_f64(),
        |number| F8E5M2::from_f64(number).to_bits().into(),
    );
    [
        Type::new((16, 7, -133), 0x7f80, Some(0x7f80), brain),
        Type::new((8, 3, -9), 0x7f, None, e4m3),
        Type::new((8, 2, -16), 0x7c, Some(0x7c), e5m2),
    ]
});

#[test]
fn every_bit_pattern() {
    for of in &*TYPES {
        for bits in 0..=(of.sign | (of.sign - 1)) {
            let (number, magnitude) = ((of.to_f64)(bits), bits & !of.sign);
            if magnitude >= of.count() && of.infinity != Some(magnitude) {
                assert!(number.is_nan(), "{bits:x}");
                assert!((of.to_f64)((of.from_f64)(number)).is_nan());
                continue;
            }
            let expected = match of.infinity {
                Some(infinity) if magnitude == infinity => f64::INFINITY,
                _ => of.magnitudes[usize::from(magnitude)],
            };
            let expected = if bits & of.sign == 0 { expected } else { -expected };
            assert_eq!(number.to_bits(), expected.to_bits(), "{bits:x}");
            assert_eq!((of.from_f64)(number), bits);
        }
    }
}

#[test]
fn around_every_middle_of_two_numbers() {
    for of in &*TYPES {
        for pair in of.magnitudes.windows(2) {
            let middle = f64::midpoint(pair[0], pair[1]);
            // Closer to the middle than an f32 can tell, and just as far as it can.
            for off in [0, 1, 2, (1 << 28) - 1, 1 << 28, (1 << 28) + 1, 1 << 29, (1 << 29) + 1] {
                of.check(f64::from_bits(middle.to_bits() + off));
                of.check(f64::from_bits(middle.to_bits() - off));
            }
        }
    }
}

#[test]
fn extremes() {
    let edges = [448.0, 464.0, 464.000_001, 480.0, 57344.0, 61439.999, 61440.0, 1e300];
    let numbers = [0.0, f64::MIN_POSITIVE, f64::from_bits(1), f64::MAX, f64::INFINITY];
    for of in &*TYPES {
        for number in numbers.into_iter().chain(edges).chain([f64::from(f32::MAX)]) {
            of.check(number);
        }
        for nan in [f64::NAN, -f64::NAN] {
            assert!((of.to_f64)((of.from_f64)(nan)).is_nan());
        }
    }
    assert_eq!(F8E4M3::from_f64(464.0).to_f64(), 448.0);
    assert_eq!(F8E4M3::from_f64(0.0), F8E4M3::from_f64(-0.0));
    assert_ne!(F8E5M2::from_bits(0x7e), F8E5M2::from_bits(0x7e));
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn any_double(bits in any::<u64>(), small in -70_000.0..70_000.0, power in -150..100_i32) {
        for of in &*TYPES {
            let number = f64::from_bits(bits);
            if !number.is_nan() {
                of.check(number);
            }
            of.check(small * 2_f64.powi(power));
        }
    }
}
