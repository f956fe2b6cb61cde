//! Comparisons with every width of vectors that this machine has, against exact numbers.

use super::widths::{lengths, line, with_every_width};
use crate::support::{Arena, Placed, config, noise};
use consumer::element::{F8E4M3, F8E5M2, I24, U24, bf16_from_f64};
use consumer::{AnyArray, DType as Name, Order};
use half::f16;
use proptest::prelude::*;
use std::ffi::{CStr, CString};

/// What a number is, exactly, by its sign, a whole number and a power of two.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Exact {
    Whole(i128),
    /// No whole number, but equal to another one of the same bits.
    Fraction(f64),
    Nothing,
}

fn exact(float: f64) -> Exact {
    if float.is_nan() {
        Exact::Nothing
    } else if float == float.trunc() && float.abs() < 2_f64.powi(100) {
        Exact::Whole(float as i128)
    } else {
        Exact::Fraction(float)
    }
}

/// A number of a type: its bytes in this machine's order, and what it is.
type Number = (Vec<u8>, Exact);

/// Numbers near where types differ: at their ends, and where floats have no room for all digits.
const WHOLE: [i128; 27] = [
    0,
    1,
    -1,
    2,
    127,
    128,
    255,
    256,
    -128,
    32767,
    32768,
    65535,
    (1 << 23) - 1,
    1 << 23,
    -(1 << 23),
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 24,
    (1 << 24) + 1,
    (1 << 51) - 1,
    1 << 51,
    (1 << 53) + 1,
    (1 << 63) - 1,
    1 << 63,
    (1 << 64) - 1,
    -(1 << 63),
];
const FLOATS: [f64; 6] = [-0.0, 0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300];

/// The numbers that a type has, of these; others are made ones that it has.
#[allow(clippy::cast_lossless)]
fn number(name: Name, choice: usize) -> Number {
    let whole = WHOLE[choice % WHOLE.len()];
    let float = match FLOATS.get(choice / WHOLE.len() % (2 * FLOATS.len())) {
        Some(&float) => float,
        None => whole as f64,
    };
    macro_rules! whole {
        ($type:ty) => {{
            let number = whole as $type;
            (number.to_ne_bytes().to_vec(), Exact::Whole(number as i128))
        }};
    }
    match name {
        Name::Bool => {
            let byte = [0, 1, 2, 255][choice % 4];
            (vec![byte], Exact::Whole(i128::from(byte != 0)))
        }
        Name::I8 => whole!(i8),
        Name::U8 => whole!(u8),
        Name::I16 => whole!(i16),
        Name::U16 => whole!(u16),
        Name::I24 => {
            let number = I24::wrapping(whole as i32);
            (number.to_ne_bytes().to_vec(), Exact::Whole(number.into()))
        }
        Name::U24 => {
            let number = U24::wrapping(whole as u32);
            (number.to_ne_bytes().to_vec(), Exact::Whole(number.into()))
        }
        Name::I32 => whole!(i32),
        Name::U32 => whole!(u32),
        Name::I64 => whole!(i64),
        Name::U64 => whole!(u64),
        Name::Address => whole!(usize),
        Name::F16 => {
            let half = f16::from_f64(float);
            (half.to_ne_bytes().to_vec(), exact(half.to_f64()))
        }
        Name::BF16 => {
            let brain = bf16_from_f64(float);
            (brain.to_ne_bytes().to_vec(), exact(brain.to_f64()))
        }
        Name::F8E4M3 => {
            let float = F8E4M3::from_f64(float);
            (vec![float.to_bits()], exact(float.to_f64()))
        }
        Name::F8E5M2 => {
            let float = F8E5M2::from_f64(float);
            (vec![float.to_bits()], exact(float.to_f64()))
        }
        Name::F32 => {
            let single = float as f32;
            (single.to_ne_bytes().to_vec(), exact(f64::from(single)))
        }
        _ => (float.to_ne_bytes().to_vec(), exact(float)),
    }
}

const NUMBERS: [Name; 18] = [
    Name::Bool,
    Name::I8,
    Name::U8,
    Name::I16,
    Name::U16,
    Name::I24,
    Name::U24,
    Name::I32,
    Name::U32,
    Name::I64,
    Name::U64,
    Name::Address,
    Name::F16,
    Name::BF16,
    Name::F8E4M3,
    Name::F8E5M2,
    Name::F32,
    Name::F64,
];

/// A line of numbers, at some steps and in some byte order, and what they are.
#[derive(Debug, Clone)]
struct Numbers {
    name: Name,
    swapped: bool,
    place: Placed,
    bytes: Vec<u8>,
    exact: Vec<Exact>,
}

impl Numbers {
    fn new(name: Name, numbers: Vec<Number>, swapped: bool, step: isize) -> Self {
        let size = name.size();
        let place = line(numbers.len(), size, step, 0, 1);
        let mut bytes = noise(place.size, 5);
        let mut exact = Vec::new();
        for (position, (mut element, number)) in place.positions(Order::C).into_iter().zip(numbers)
        {
            if swapped {
                element.reverse();
            }
            bytes[position..position + size].copy_from_slice(&element);
            exact.push(number);
        }
        Self { name, swapped, place, bytes, exact }
    }

    fn array(&self, arena: &Arena) -> AnyArray {
        let order = if cfg!(target_endian = "little") == self.swapped { ">" } else { "<" };
        let code = std::str::from_utf8(self.name.format()).unwrap();
        let format = match self.name {
            Name::Address => code.to_owned(),
            _ => format!("{order}{code}"),
        };
        let format = CString::new(format).unwrap();
        let layout = self.place.layout();
        // SAFETY: the arena holds the line's bytes, and is only read.
        #[allow(unsafe_code)]
        unsafe {
            AnyArray::new(arena.pointer(self.place.start), layout, (&*format).into(), true, None)
        }
    }
}

/// Two lines of numbers of different types that are equal as far as the types allow, but for one
/// place, perhaps.
fn pairs() -> impl Strategy<Value = (Numbers, Numbers)> {
    let step = || prop_oneof![3 => Just(1_isize), 1 => Just(2), 1 => Just(-1), 1 => Just(3)];
    let kind = || (proptest::sample::select(&NUMBERS[..]), any::<bool>(), step());
    let choices = lengths().prop_flat_map(|length| {
        prop_oneof![
            2 => proptest::collection::vec(0..2_usize, length),
            1 => proptest::collection::vec(
                prop_oneof![20 => 0..5_usize, 1 => 0..300_usize],
                length,
            ),
            1 => Just(vec![0; length]),
        ]
    });
    let change = (
        any::<prop::sample::Index>(),
        prop_oneof![1 => Just(None), 2 => (0..300_usize).prop_map(Some)],
    );
    (kind(), kind(), choices, change).prop_map(
        |(
            (left, swap_left, step_left),
            (right, swap_right, step_right),
            choices,
            (place, change),
        )| {
            // Numbers that both types have, where there are such.
            let both = |choice: usize| {
                (choice..choice + 300)
                    .map(|choice| (number(left, choice), number(right, choice)))
                    .find(|(left, right)| left.1 == right.1 && left.1 != Exact::Nothing)
                    .unwrap_or_else(|| (number(left, choice), number(right, choice)))
            };
            let (mut lefts, mut rights): (Vec<_>, Vec<_>) = choices.into_iter().map(both).unzip();
            if let (Some(change), false) = (change, lefts.is_empty()) {
                let place = place.index(lefts.len());
                lefts[place] = number(left, change);
                rights[place] = number(right, change);
            }
            let swap = |name: Name, swapped| swapped && name.size() > 1 && name != Name::Address;
            (
                Numbers::new(left, lefts, swap(left, swap_left), step_left),
                Numbers::new(right, rights, swap(right, swap_right), step_right),
            )
        },
    )
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn numbers_of_any_two_types_are_equal_just_when_they_are_the_same((left, right) in pairs()) {
        let same = left.exact.iter().zip(&right.exact).all(|(left, right)| {
            left == right && *left != Exact::Nothing
        });
        let arenas = (Arena::new(&left.bytes), Arena::new(&right.bytes));
        let arrays = (left.array(&arenas.0), right.array(&arenas.1));
        with_every_width(|| {
            prop_assert_eq!(arrays.0.equals(&arrays.1), same);
            prop_assert_eq!(arrays.1.equals(&arrays.0), same);
            Ok(())
        })?;
    }
}

/// Lines of one number, so long that all of a chunk is large: whole numbers that a float can tell
/// from their neighbours and such that it cannot.
#[test]
fn large_whole_numbers_are_compared_with_floats_exactly() {
    let array = |format: &CStr, element: [u8; 8]| {
        AnyArray::from_bytes(&element.repeat(300), format, &[300]).unwrap()
    };
    let powers =
        (49..=63).flat_map(|power| [-1025, -1, 0, 1, 2, 1024].map(|near| (1 << power) + near));
    for whole in powers.flat_map(|whole: i128| [whole, -whole]) {
        let nearest = whole as f64;
        for float in [nearest.next_down(), nearest, nearest.next_up()] {
            let same = float.fract() == 0.0 && float as i128 == whole;
            let floats = array(c"d", float.to_ne_bytes());
            let mut wholes = vec![];
            wholes.extend(i64::try_from(whole).map(|whole| array(c"q", whole.to_ne_bytes())));
            wholes.extend(u64::try_from(whole).map(|whole| array(c"Q", whole.to_ne_bytes())));
            with_every_width(|| {
                for whole in &wholes {
                    prop_assert_eq!(whole.equals(&floats), same, "{} {}", nearest, float);
                }
                Ok(())
            })
            .unwrap();
        }
    }
}
