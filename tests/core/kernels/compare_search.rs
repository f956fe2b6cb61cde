//! Comparing views and looking for values in them, of every type and in random layouts, against
//! loops over the indices with the standard library's own numbers.

use crate::support::{Arena, Placed, config, noise, placed, placed_as, shapes};
use consumer::Order;
use consumer::element::{Address, Char, F8E4M3, F8E5M2, I24, LongDouble, Scalar, Swapped};
use consumer::element::{U24, Ucs2, Ucs4};
use consumer::kernels::{compare, search};
use half::{bf16, f16};
use num_complex::Complex;
use proptest::prelude::*;

/// The bytes, in this machine's order, of one of a few values of a type: so few that equal ones
/// often meet. Among those of floats are both zeros and NaN, of bools several that are true.
trait Few: Scalar {
    fn few(choice: u8) -> Vec<u8>;
    /// Equality as the type's own bytes have it, without this crate's decoding.
    fn same(left: &[u8], right: &[u8]) -> bool;
}

macro_rules! few {
    ($($type:ty: $choice:ident => $bytes:expr, $same:expr;)*) => {
        $(impl Few for $type {
            fn few($choice: u8) -> Vec<u8> {
                $bytes.to_vec()
            }

            fn same(left: &[u8], right: &[u8]) -> bool {
                let same: fn(&[u8], &[u8]) -> bool = $same;
                same(left, right)
            }
        })*
    };
}

macro_rules! float {
    ($type:ty) => {
        |left, right| {
            let number = |bytes: &[u8]| <$type>::from_ne_bytes(bytes.try_into().unwrap());
            number(left) == number(right)
        }
    };
}

macro_rules! complex {
    ($type:ty) => {
        |left, right| {
            let ((a, b), (c, d)) = (left.split_at(left.len() / 2), right.split_at(left.len() / 2));
            <$type as Few>::same(a, c) && <$type as Few>::same(b, d)
        }
    };
}

const FLOATS: [f64; 4] = [0.0, -0.0, 1.5, f64::NAN];

fn float(choice: u8) -> f64 {
    FLOATS[usize::from(choice) % 4]
}

/// Equality of numbers in the format of the x87, by its parts: elements that overlap make any
/// pattern of bits.
#[cfg(all(target_arch = "x86_64", not(windows)))]
fn same_long_double(left: &[u8], right: &[u8]) -> bool {
    let parts = |bytes: &[u8]| {
        let significand = u64::from_le_bytes(bytes[..8].try_into().unwrap());
        let top = u16::from_le_bytes(bytes[8..10].try_into().unwrap());
        (top >> 15, top & 0x7fff, significand)
    };
    let is_number = |(_, exponent, significand): (u16, u16, u64)| match exponent {
        0 => true,
        0x7fff => significand == 1 << 63,
        _ => significand >> 63 == 1,
    };
    // Subnormal numbers have the exponent of the smallest others, and zeros no sign.
    let normal = |(sign, exponent, significand): (u16, u16, u64)| match (exponent, significand) {
        (0, 0) => (0, 0, 0),
        _ => (sign, exponent.max(1), significand),
    };
    let (left, right) = (parts(left), parts(right));
    is_number(left) && is_number(right) && normal(left) == normal(right)
}

#[cfg(not(all(target_arch = "x86_64", not(windows))))]
fn same_long_double(left: &[u8], right: &[u8]) -> bool {
    let number = |bytes: &[u8]| LongDouble::from_ne_bytes(bytes.try_into().unwrap());
    number(left) == number(right)
}

few! {
    bool: choice => [choice % 3], |left, right| (left[0] != 0) == (right[0] != 0);
    Char: choice => [choice % 3], |left, right| left == right;
    i8: choice => [choice % 3 + 0x7f], |left, right| left == right;
    u8: choice => [choice % 3], |left, right| left == right;
    i16: choice => (i16::from(choice % 3) - 1).to_ne_bytes(), |left, right| left == right;
    u16: choice => (u16::from(choice % 3) << 8).to_ne_bytes(), |left, right| left == right;
    I24: choice => [choice % 3, 0xff, 0x80], |left, right| left == right;
    U24: choice => [7, choice % 3, 0x80], |left, right| left == right;
    i32: choice => (i32::from(choice % 3) - 1).to_ne_bytes(), |left, right| left == right;
    u32: choice => (u32::from(choice % 3) << 24).to_ne_bytes(), |left, right| left == right;
    i64: choice => (i64::from(choice % 3) - 1).to_ne_bytes(), |left, right| left == right;
    u64: choice => (u64::from(choice % 3) << 56).to_ne_bytes(), |left, right| left == right;
    Ucs2: choice => u16::from(choice % 3).to_ne_bytes(), |left, right| left == right;
    Ucs4: choice => u32::from(choice % 3).to_ne_bytes(), |left, right| left == right;
    Address: choice => usize::from(choice % 3).to_ne_bytes(), |left, right| left == right;
    F8E4M3: choice => [F8E4M3::from_f64(float(choice)).to_bits()],
        |left, right| (left[0] == right[0] && left[0] & 0x7f != 0x7f) || (left[0] | right[0]) == 0x80;
    F8E5M2: choice => [F8E5M2::from_f64(float(choice)).to_bits()],
        |left, right| (left[0] == right[0] && left[0] & 0x7f <= 0x7c) || (left[0] | right[0]) == 0x80;
    bf16: choice => bf16::from_f64(float(choice)).to_ne_bytes(), float!(bf16);
    f16: choice => f16::from_f64(float(choice)).to_ne_bytes(), float!(f16);
    f32: choice => (float(choice) as f32).to_ne_bytes(), float!(f32);
    f64: choice => float(choice).to_ne_bytes(), float!(f64);
    LongDouble: choice => LongDouble::from_f64(float(choice)).to_ne_bytes(), same_long_double;
    Complex<f16>: choice => [f16::few(choice), f16::few(choice >> 2)].concat(), complex!(f16);
    Complex<f32>: choice => [f32::few(choice), f32::few(choice >> 2)].concat(), complex!(f32);
    Complex<f64>: choice => [f64::few(choice), f64::few(choice >> 2)].concat(), complex!(f64);
    Complex<LongDouble>: choice =>
        [LongDouble::few(choice), LongDouble::few(choice >> 2)].concat(), complex!(LongDouble);
}

/// Every `part` bytes reversed.
fn swapped(bytes: &[u8], part: usize) -> Vec<u8> {
    bytes.chunks(part).flat_map(|part| part.iter().rev()).copied().collect()
}

/// An arena with one of the few values at each place of a layout, in its elements' order; the
/// values are returned in C order, in this machine's byte order.
fn planted<T: Few>(place: &Placed, choices: &[u8], part: Option<usize>) -> (Arena, Vec<Vec<u8>>) {
    let mut bytes = noise(place.size, 7);
    let positions = place.positions(Order::C);
    for (&position, &choice) in positions.iter().zip(choices.iter().cycle()) {
        let element = T::few(choice);
        let element = part.map_or_else(|| element.clone(), |part| swapped(&element, part));
        bytes[position..position + place.itemsize].copy_from_slice(&element);
    }
    let values = positions
        .iter()
        .map(|&position| {
            let element = &bytes[position..position + place.itemsize];
            part.map_or_else(|| element.to_vec(), |part| swapped(element, part))
        })
        .collect();
    (Arena::new(&bytes), values)
}

/// What the kernels say of two layouts of values, and what the loops say. `part` is how the bytes
/// of `S`, which is `T` in some order, are to be swapped.
fn check<T: Few, S: Scalar<Value = T::Value>>(
    places: &(Placed, Placed),
    choices: &(Vec<u8>, Vec<u8>),
    part: Option<usize>,
) -> Result<(), TestCaseError> {
    let (left, left_values) = planted::<T>(&places.0, &choices.0, part);
    let (right, right_values) = planted::<T>(&places.1, &choices.1, part);
    let views = (places.0.view::<S>(&left, true, ()), places.1.view::<S>(&right, true, ()));

    let same = left_values.iter().zip(&right_values).all(|(a, b)| T::same(a, b));
    prop_assert_eq!(compare::equal(&views.0, &views.1), same);
    let itself = left_values.iter().all(|value| T::same(value, value));
    prop_assert_eq!(compare::equal(&views.0, &views.0), itself);

    let mut sought: Vec<Vec<u8>> = (0..16).map(T::few).collect();
    sought.extend(left_values.last().cloned());
    for wanted in sought {
        let value = value_of::<T>(&wanted);
        let equal = |element: &Vec<u8>| T::same(element, &wanted);
        prop_assert_eq!(search::find(&views.0, value), left_values.iter().position(equal));
        let count = left_values.iter().filter(|&element| equal(element)).count();
        prop_assert_eq!(search::count(&views.0, value), count);
    }
    Ok(())
}

/// The value that some bytes are.
fn value_of<T: Scalar>(bytes: &[u8]) -> T::Value {
    let place = Placed::new(&[], &[], T::SIZE, 0, 0);
    place.view::<T>(&Arena::new(bytes), true, ()).get(&[]).unwrap()
}

/// Two layouts of one shape, and the values in them: often the same ones, or nearly so.
fn cases(itemsize: usize) -> impl Strategy<Value = ((Placed, Placed), (Vec<u8>, Vec<u8>))> {
    let places = shapes().prop_flat_map(move |shape| {
        (placed_as(shape.clone(), itemsize), placed_as(shape, itemsize))
    });
    let choices = proptest::collection::vec(prop_oneof![9 => 0..3_u8, 1 => any::<u8>()], 1..200);
    let choices =
        (choices, any::<bool>(), any::<prop::sample::Index>()).prop_map(|(left, change, place)| {
            let mut right = left.clone();
            if change {
                right[place.index(left.len())] ^= 1;
            }
            (left, right)
        });
    (places, choices)
}

macro_rules! every_type {
    ($($name:ident $type:ty, $part:expr;)*) => {
        $(proptest! {
            #![proptest_config(config(150))]
            #[test]
            fn $name((places, choices) in cases(<$type as Scalar>::SIZE)) {
                check::<$type, $type>(&places, &choices, None)?;
                check::<$type, Swapped<$type>>(&places, &choices, Some($part))?;
            }
        })*
    };
    ($($name:ident $type:ty;)*) => {
        $(proptest! {
            #![proptest_config(config(150))]
            #[test]
            fn $name((places, choices) in cases(<$type as Scalar>::SIZE)) {
                check::<$type, $type>(&places, &choices, None)?;
            }
        })*
    };
}

every_type! {
    bools bool;
    chars Char;
    int8 i8;
    uint8 u8;
    float8_e4m3fn F8E4M3;
    float8_e5m2 F8E5M2;
}
every_type! {
    int16 i16, 2;
    uint16 u16, 2;
    int24 I24, 3;
    uint24 U24, 3;
    int32 i32, 4;
    uint32 u32, 4;
    int64 i64, 8;
    uint64 u64, 8;
    ucs2 Ucs2, 2;
    ucs4 Ucs4, 4;
    addresses Address, size_of::<usize>();
    float16 f16, 2;
    bfloat16 bf16, 2;
    float32 f32, 4;
    float64 f64, 8;
    long_double LongDouble, size_of::<LongDouble>();
    complex32 Complex<f16>, 2;
    complex64 Complex<f32>, 4;
    complex128 Complex<f64>, 8;
    complex_long_double Complex<LongDouble>, size_of::<LongDouble>();
}

proptest! {
    #[test]
    fn views_of_different_shapes_are_never_equal(left in placed(1), right in placed(1)) {
        let arenas = (Arena::new(&vec![1; left.size]), Arena::new(&vec![1; right.size]));
        let views = (left.view::<u8>(&arenas.0, true, ()), right.view::<u8>(&arenas.1, true, ()));
        prop_assert_eq!(compare::equal(&views.0, &views.1), left.shape == right.shape);
    }
}
