//! Equality across types: of all pairs of element types and byte orders, against exact numbers.

use crate::support::config;
use consumer::AnyArray;
use consumer::element::{F8E4M3, F8E5M2, I24, LongDouble, U24, Value, bf16_from_f64};
use half::{bf16, f16};
use proptest::prelude::*;
use std::ffi::CString;

/// An element as Python would compare it. A finite number is `odd * 2^exponent`, 0 being `0 * 2^0`,
/// so that equal numbers are the same pair.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Exact {
    Number(i128, i32),
    Infinity(bool),
    NotANumber,
    Byte(u8),
    Character(u32),
}

impl Exact {
    fn whole(number: i128) -> Self {
        Self::scaled(number, 0)
    }

    fn scaled(number: i128, exponent: i32) -> Self {
        match number {
            0 => Self::Number(0, 0),
            _ => {
                let zeros = number.trailing_zeros();
                Self::Number(number >> zeros, exponent + zeros as i32)
            }
        }
    }

    fn float(number: f64) -> Self {
        let bits = number.to_bits();
        let (biased, fraction) = ((bits >> 52 & 0x7ff) as i32, i128::from(bits & ((1 << 52) - 1)));
        let sign = if bits >> 63 == 1 { -1 } else { 1 };
        match biased {
            0x7ff if fraction == 0 => Self::Infinity(sign < 0),
            0x7ff => Self::NotANumber,
            0 => Self::scaled(sign * fraction, -1074),
            _ => Self::scaled(sign * (fraction | 1 << 52), biased - 1075),
        }
    }

    fn equals(self, other: Self) -> bool {
        self == other && self != Self::NotANumber
    }
}

/// Real and imaginary part.
type Pair = (Exact, Exact);

fn real(exact: Exact) -> Pair {
    (exact, Exact::whole(0))
}

fn same(left: Pair, right: Pair) -> bool {
    left.0.equals(right.0) && left.1.equals(right.1)
}

/// Numbers that are hard to tell apart, or easy to take for one another.
const WHOLE: [i128; 17] = [
    0,
    1,
    -1,
    2,
    127,
    255,
    -128,
    2048,
    2049,
    (1 << 24) + 1,
    (1 << 53) - 1,
    1 << 53,
    (1 << 53) + 1,
    i64::MAX as i128,
    i64::MIN as i128,
    1 << 63,
    u64::MAX as i128,
];

fn floats() -> Vec<f64> {
    let special = [-0.0, 0.5, 1.0 / 3.0, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 6e-8];
    let powers = [2_f64.powi(63), 2_f64.powi(64), -(2_f64.powi(63)), f64::MAX, f64::from_bits(1)];
    let whole = WHOLE.iter().map(|&number| number as f64);
    whole.chain(special).chain(powers).chain([f64::from(1_f32 / 3.0)]).collect()
}

/// Format, part of an element that byte order turns around, and elements: bytes and meaning.
type Samples = (&'static str, usize, Vec<(Vec<u8>, Pair)>);

fn samples() -> Vec<Samples> {
    let mut all: Vec<Samples> = Vec::new();
    macro_rules! whole {
        ($($format:literal $type:ty),*) => {$(
            let elements = WHOLE.iter().filter_map(|&number| {
                let own = <$type>::try_from(number).ok()?;
                Some((own.to_ne_bytes().to_vec(), real(Exact::whole(number))))
            });
            all.push(($format, size_of::<$type>(), elements.collect()));
        )*};
    }
    whole!("b" i8, "B" u8, "=h" i16, "=H" u16, "=i" i32, "=I" u32, "=q" i64, "=Q" u64, "P" usize);
    whole!("=3x:int24:" I24, "=3x:uint24:" U24);

    macro_rules! float {
        ($($format:literal, $complex:literal, $own:expr, $back:expr);*) => {$(
            let part = $own(0.0).to_ne_bytes().len();
            let own: Vec<(Vec<u8>, Exact)> = floats()
                .into_iter()
                .map(|number| ($own(number).to_ne_bytes().to_vec(), Exact::float($back($own(number)))))
                .collect();
            all.push(($format, part, own.iter().map(|(b, e)| (b.clone(), real(*e))).collect()));
            let parts = own.iter().flat_map(|re| own.iter().step_by(3).map(move |im| (re, im)));
            let pairs = parts.map(|(re, im)| ([re.0.clone(), im.0.clone()].concat(), (re.1, im.1)));
            all.push(($complex, part, pairs.step_by(5).collect()));
        )*};
    }
    float!(
        "=e", "=Ze", f16::from_f64, f16::to_f64;
        "=f", "=Zf", |number: f64| number as f32, |number: f32| f64::from(number);
        "=d", "=Zd", |number: f64| number, |number: f64| number;
        "=g", "=Zg", LongDouble::from_f64, LongDouble::to_f64
    );
    let brains = floats().into_iter().map(|number| {
        let own = bf16_from_f64(number);
        (own.to_ne_bytes().to_vec(), real(Exact::float(bf16::to_f64(own))))
    });
    all.push(("=2x:bfloat16:", 2, brains.collect()));
    macro_rules! float8 {
        ($($format:literal $type:ident),*) => {$(
            let elements = floats().into_iter().map(|number| {
                let own = $type::from_f64(number);
                (vec![own.to_bits()], real(Exact::float(own.to_f64())))
            });
            all.push(($format, 1, elements.collect()));
        )*};
    }
    float8!("1x:float8_e4m3fn:" F8E4M3, "1x:float8_e5m2:" F8E5M2);
    let bytes = [0, 1, 2, 65, 255_u8];
    let bools = bytes.map(|byte| (vec![byte], real(Exact::whole(i128::from(byte != 0)))));
    all.push(("?", 1, bools.to_vec()));
    let chars = bytes.map(|byte| (vec![byte], real(Exact::Byte(byte))));
    all.push(("c", 1, chars.to_vec()));
    let text = [0, 1, 65, 0xd800, 0xffff_u16];
    let ucs2 = text.map(|unit| (unit.to_ne_bytes().to_vec(), real(Exact::Character(unit.into()))));
    all.push(("=u", 2, ucs2.to_vec()));
    let wide = [0, 1, 65, 0xd800, 0x1_0000, u32::MAX];
    let ucs4 = wide.map(|point| (point.to_ne_bytes().to_vec(), real(Exact::Character(point))));
    all.push(("=w", 4, ucs4.to_vec()));
    all
}

/// Arrays of one element each, in both byte orders.
fn arrays() -> Vec<(String, AnyArray, Pair)> {
    let mut all = Vec::new();
    let other = if cfg!(target_endian = "little") { ">" } else { "<" };
    for (format, part, elements) in samples() {
        for (bytes, exact) in elements {
            let make = |format: &str, bytes: &[u8]| {
                let format = CString::new(format).unwrap();
                let array = AnyArray::from_bytes(bytes, &format, &[]).unwrap();
                assert!(array.scalar_type().is_some(), "{format:?}");
                (format!("{format:?} {bytes:x?}"), array, exact)
            };
            all.push(make(format, &bytes));
            let turned: Vec<u8> =
                bytes.chunks(part).flat_map(|part| part.iter().rev()).copied().collect();
            all.push(make(&format!("{other}{}", format.trim_start_matches('=')), &turned));
        }
    }
    all
}

#[test]
fn all_pairs_of_types_agree_with_exact_numbers() {
    let arrays = arrays();
    let mut equal = 0;
    for (left, array, exact) in &arrays {
        for (right, other, meaning) in &arrays {
            let expected = same(*exact, *meaning);
            assert_eq!(array.equals(other), expected, "{left} and {right}");
            equal += usize::from(expected);
        }
    }
    assert!(equal > arrays.len());
}

/// A `long double` tells numbers apart that are the same double: in either byte order, so that
/// the answer does not depend on the order.
#[cfg(all(target_arch = "x86_64", not(windows)))]
#[test]
fn long_doubles_are_compared_in_full_whatever_their_byte_order() {
    let mut bytes = LongDouble::from_f64(1.5).to_ne_bytes();
    let number = AnyArray::from_bytes(&bytes, c"g", &[]).unwrap();
    let mut turned = bytes;
    turned.reverse();
    assert!(number.equals(&AnyArray::from_bytes(&turned, c">g", &[]).unwrap()));
    bytes[0] ^= 1;
    turned[15] ^= 1;
    assert!(!number.equals(&AnyArray::from_bytes(&bytes, c"g", &[]).unwrap()));
    assert!(!number.equals(&AnyArray::from_bytes(&turned, c">g", &[]).unwrap()));
}

proptest! {
    #![proptest_config(config(5000))]

    #[test]
    fn whole_numbers_and_floats(
        number in prop_oneof![any::<u64>(), (0..64_u32).prop_map(|bit| 1 << bit)],
        off in -2..3_i64,
        bits in any::<u64>(),
    ) {
        let number = number.wrapping_add_signed(off);
        let nearest = number as f64;
        for float in [nearest, nearest.next_up(), nearest.next_down(), f64::from_bits(bits)] {
            let expected = Exact::whole(number.into()).equals(Exact::float(float));
            prop_assert_eq!(Value::from(number) == Value::from(float), expected);
            prop_assert_eq!(Value::from(float) == Value::from(number), expected);
            let signed = number.cast_signed();
            let expected = Exact::whole(signed.into()).equals(Exact::float(float));
            prop_assert_eq!(Value::from(signed) == Value::from(float), expected);
            let negative = Exact::whole(signed.into()).equals(Exact::float(-float));
            prop_assert_eq!(Value::from(signed) == Value::from(-float), negative);
        }
    }
}
