//! The kernels with every width of vectors that this machine has, on lines long enough to fill
//! them, against loops over the indices with the standard library's own numbers.

use crate::support::{Arena, Placed, config, noise};
use consumer::element::{LongDouble, Opaque, Scalar, Swapped};
use consumer::kernels::simd::width::{Width, force};
use consumer::kernels::{compare, copy, hex, search};
use consumer::{AnyArray, DType as Name, Layout, Order, View};
use half::f16;
use proptest::prelude::*;
use std::ffi::{CStr, CString};
use std::sync::{Mutex, PoisonError};

/// The width is one for all threads: a test keeps it for itself.
pub(super) static WIDTH: Mutex<()> = Mutex::new(());

/// A check with each width in turn.
fn with_every_width(check: impl Fn() -> Result<(), TestCaseError>) -> Result<(), TestCaseError> {
    let _guard = WIDTH.lock().unwrap_or_else(PoisonError::into_inner);
    Width::ALL.into_iter().filter(|&width| force(width)).try_for_each(|_| check())
}

/// Lengths around those of vectors and chunks, and some long ones.
fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..200_usize, 2 => 200..1500_usize, 1 => 4000..4200_usize]
}

fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![
        Just(1_usize),
        Just(2_usize),
        Just(4_usize),
        Just(8_usize),
        Just(16_usize),
        1..=24_usize
    ]
}

/// A line of elements that are `steps` of their own size apart, or somewhat more.
fn line(length: usize, size: usize, steps: isize, more: isize, before: usize) -> Placed {
    Placed::new(&[length], &[steps * size as isize + more], size, before, 3)
}

fn steps() -> impl Strategy<Value = (isize, isize)> {
    (-5..=9_isize, prop_oneof![6 => Just(0_isize), 1 => -3..=3_isize])
}

/// Two or three dimensions, at least one of them long enough for tiles of vectors, their strides
/// those of contiguous elements in some order of the dimensions, reversed, with gaps or not.
fn matrices(size: usize) -> impl Strategy<Value = Placed> {
    let lengths = prop_oneof![3 => 1..20_usize, 2 => 20..100_usize, 1 => 250..270_usize];
    let dimension = (lengths, prop_oneof![5 => Just(1_isize), 1 => Just(-1), 1 => Just(2)]);
    let shape = proptest::collection::vec(dimension, 2..=3);
    let shape = shape.prop_filter("small enough to be quick", |shape| {
        shape.iter().map(|&(length, _)| length).product::<usize>() < 60_000
    });
    (shape, any::<u64>(), 0..8_usize).prop_map(move |(dimensions, seed, before)| {
        let mut order: Vec<usize> = (0..dimensions.len()).collect();
        order.sort_by_key(|&dimension| noise(dimension + 1, seed)[dimension]);
        let mut strides = vec![0; dimensions.len()];
        let mut step = size as isize;
        for dimension in order {
            let (length, factor) = dimensions[dimension];
            strides[dimension] = step * factor;
            step *= length as isize * factor.abs();
        }
        let shape: Vec<usize> = dimensions.iter().map(|&(length, _)| length).collect();
        Placed::new(&shape, &strides, size, before, 5)
    })
}

/// The elements put into the places of a layout, one after the other.
fn scattered(before: &[u8], place: &Placed, elements: &[u8]) -> Vec<u8> {
    let mut after = before.to_vec();
    for (position, element) in
        place.positions(Order::C).iter().zip(elements.chunks_exact(place.itemsize))
    {
        after[*position..position + place.itemsize].copy_from_slice(element);
    }
    after
}

fn gathers(place: &Placed, seed: u64) -> Result<(), TestCaseError> {
    let arena = Arena::random(place.size, seed);
    let view = place.opaque(&arena, true);
    for order in [Order::C, Order::Fortran] {
        let expected = place.gathered(&arena.bytes(), order);
        with_every_width(|| {
            let mut gathered = vec![0; expected.len()];
            copy::to_slice(&view, order, &mut gathered).unwrap();
            prop_assert!(gathered == expected);
            Ok(())
        })?;
    }
    Ok(())
}

fn scatters(place: &Placed, seed: u64) -> Result<(), TestCaseError> {
    let source =
        Placed::new(&place.shape, &contiguous(&place.shape, place.itemsize), place.itemsize, 1, 0);
    let from = Arena::random(source.size, !seed);
    let elements = source.gathered(&from.bytes(), Order::C);
    let before = noise(place.size, seed);
    let after = scattered(&before, place, &elements);
    let element = &noise(place.itemsize, seed);
    let filled = scattered(&before, place, &element.repeat(place.positions(Order::C).len()));
    with_every_width(|| {
        let to = Arena::new(&before);
        copy::assign(&place.opaque(&to, false), &source.opaque(&from, true)).unwrap();
        prop_assert!(to.bytes() == after);
        let to = Arena::new(&before);
        copy::fill(&place.opaque(&to, false), element).unwrap();
        prop_assert!(to.bytes() == filled);
        Ok(())
    })
}

fn contiguous(shape: &[usize], size: usize) -> Vec<isize> {
    Layout::contiguous(shape, size).unwrap().strides().to_vec()
}

/// A copy in this machine's byte order, of elements whose parts are byte-swapped.
fn swaps<T: Scalar>(place: &Placed, part: usize, seed: u64) -> Result<(), TestCaseError> {
    let arena = Arena::random(place.size, seed);
    let mut expected = place.gathered(&arena.bytes(), Order::C);
    expected.chunks_mut(part).for_each(<[u8]>::reverse);
    let view: View<'_, T> = place.view(&arena, true, ());
    with_every_width(|| {
        let memory = copy::to_native(&view).unwrap();
        let layout = Layout::contiguous(&[expected.len()], 1).unwrap();
        let bytes = AnyArray::from_memory(memory, layout, c"B".into()).unwrap();
        let AnyArray::U8(bytes) = bytes else { panic!("B is a byte") };
        prop_assert!(bytes.iter().eq(expected.iter().copied()));
        Ok(())
    })
}

macro_rules! swapped {
    ($($test:ident $type:ty, $part:expr;)*) => {
        proptest! {
            #![proptest_config(config(40))]
            $(#[test]
            fn $test(
                length in lengths(), (steps, more) in steps(), before in 0..5_usize,
                matrix in matrices(size_of::<<$type as Scalar>::Bytes>()), seed in any::<u64>(),
            ) {
                let line = line(length, <$type>::SIZE, steps, more, before);
                swaps::<Swapped<$type>>(&line, $part, seed)?;
                swaps::<Swapped<$type>>(&matrix, $part, seed)?;
            })*
        }
    };
}

swapped! {
    int16_is_byte_swapped i16, 2;
    float32_is_byte_swapped f32, 4;
    float64_is_byte_swapped f64, 8;
    the_parts_of_complex64_are_byte_swapped num_complex::Complex<f32>, 4;
    the_parts_of_complex128_are_byte_swapped num_complex::Complex<f64>, 8;
    long_double_is_byte_swapped LongDouble, size_of::<LongDouble>();
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn lines_are_gathered(
        length in lengths(), size in sizes(), (steps, more) in steps(), before in 0..9_usize,
        seed in any::<u64>(),
    ) {
        gathers(&line(length, size, steps, more, before), seed)?;
    }

    #[test]
    fn lines_are_scattered_and_nothing_between_their_elements_is_written(
        length in lengths(), size in sizes(), (steps, more) in steps(), before in 0..9_usize,
        seed in any::<u64>(),
    ) {
        let place = line(length, size, steps, more, before);
        if place.is_disjoint() {
            scatters(&place, seed)?;
        }
    }
}

proptest! {
    #![proptest_config(config(80))]

    #[test]
    fn matrices_are_gathered(place in sizes().prop_flat_map(matrices), seed in any::<u64>()) {
        gathers(&place, seed)?;
    }

    #[test]
    fn matrices_are_scattered(place in sizes().prop_flat_map(matrices), seed in any::<u64>()) {
        scatters(&place, seed)?;
    }

    /// Neither side is contiguous: the one is a matrix, the other another.
    #[test]
    fn matrices_are_assigned_to_matrices(
        size in sizes(), rows in 1..80_usize, columns in 1..80_usize,
        strides in proptest::collection::vec((1..4_isize, any::<bool>()), 2), seed in any::<u64>(),
    ) {
        let place = |&(gap, transposed): &(isize, bool)| {
            let size = size as isize;
            let (rows_apart, columns_apart) = if transposed {
                (gap * size, gap * size * rows as isize)
            } else {
                (gap * size * columns as isize, gap * size)
            };
            Placed::new(&[rows, columns], &[rows_apart, columns_apart], size as usize, 1, 1)
        };
        let (to, from) = (place(&strides[0]), place(&strides[1]));
        let source = Arena::random(from.size, seed);
        let before = noise(to.size, !seed);
        let after = scattered(&before, &to, &from.gathered(&source.bytes(), Order::C));
        with_every_width(|| {
            let target = Arena::new(&before);
            copy::assign(&to.opaque(&target, false), &from.opaque(&source, true)).unwrap();
            prop_assert!(target.bytes() == after);
            Ok(())
        })?;
    }

    #[test]
    fn digits_are_those_of_the_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        use std::fmt::Write;
        let mut expected = String::new();
        for byte in &bytes {
            write!(expected, "{byte:02x}").unwrap();
        }
        with_every_width(|| {
            let mut digits = vec![0; 2 * bytes.len()];
            hex::encode(&bytes, &mut digits);
            prop_assert!(digits == expected.as_bytes());
            Ok(())
        })?;
    }
}

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
const WHOLE: [i128; 24] = [
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
        Name::I32 => whole!(i32),
        Name::U32 => whole!(u32),
        Name::I64 => whole!(i64),
        Name::U64 => whole!(u64),
        Name::Address => whole!(usize),
        Name::F16 => {
            let half = f16::from_f64(float);
            (half.to_ne_bytes().to_vec(), exact(half.to_f64()))
        }
        Name::F32 => {
            let single = float as f32;
            (single.to_ne_bytes().to_vec(), exact(f64::from(single)))
        }
        _ => (float.to_ne_bytes().to_vec(), exact(float)),
    }
}

const NUMBERS: [Name; 13] = [
    Name::Bool,
    Name::I8,
    Name::U8,
    Name::I16,
    Name::U16,
    Name::I32,
    Name::U32,
    Name::I64,
    Name::U64,
    Name::Address,
    Name::F16,
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

/// Elements of few values, one of them rare; the oracle compares values taken out one by one.
fn looks<T: Scalar>(
    few: &[Vec<u8>],
    place: &Placed,
    (often, seed): (f64, u64),
) -> Result<(), TestCaseError> {
    let mut bytes = noise(place.size, 3);
    let positions = place.positions(Order::C);
    let chances = noise(2 * positions.len(), seed);
    for (position, chance) in positions.iter().zip(chances.chunks(2)) {
        let chance = f64::from(u16::from_ne_bytes([chance[0], chance[1]]));
        let element = &few[usize::from(chance < often * 65536.0)];
        bytes[*position..position + place.itemsize].copy_from_slice(element);
    }
    let arena = Arena::new(&bytes);
    let view: View<'_, T> = place.view(&arena, true, ());
    let values_at = |bytes: &[u8], positions: &[usize]| -> Vec<T::Value> {
        positions.iter().map(|&at| value::<T>(&bytes[at..])).collect()
    };
    let values = values_at(&bytes, &positions);
    for sought in few {
        let sought = value::<T>(sought);
        let first = values.iter().position(|value| *value == sought);
        let count = values.iter().filter(|value| **value == sought).count();
        with_every_width(|| {
            prop_assert_eq!(search::find(&view, sought), first);
            prop_assert_eq!(search::count(&view, sought), count);
            Ok(())
        })?;
    }

    // The same elements, contiguous; then one of them is another.
    let strides = contiguous(&place.shape, place.itemsize);
    let copy = Placed::new(&place.shape, &strides, place.itemsize, 1, 0);
    let mut bytes = scattered(&noise(copy.size, 4), &copy, &place.gathered(&bytes, Order::C));
    for changed in [false, true] {
        if let (true, Some(&position)) =
            (changed, copy.positions(Order::C).get(seed as usize % 997))
        {
            bytes[position..position + place.itemsize].copy_from_slice(&few[1]);
        }
        let others = values_at(&bytes, &copy.positions(Order::C));
        let same = values == others;
        let arena = Arena::new(&bytes);
        let other: View<'_, T> = copy.view(&arena, true, ());
        with_every_width(|| {
            prop_assert_eq!(compare::equal(&view, &other), same);
            prop_assert_eq!(compare::equal(&other, &view), same);
            Ok(())
        })?;
    }
    Ok(())
}

fn value<T: Scalar>(bytes: &[u8]) -> T::Value {
    T::decode(bytes[..T::SIZE].try_into().unwrap_or_else(|_| panic!("the bytes of an element")))
}

macro_rules! looked_for {
    ($($test:ident $type:ty: $($element:expr),*;)*) => {
        proptest! {
            #![proptest_config(config(25))]
            $(#[test]
            fn $test(
                length in lengths(), (steps, more) in steps(), before in 0..5_usize,
                often in prop_oneof![Just(0.0), Just(0.003), Just(0.5)], seed in any::<u64>(),
                third in any::<prop::sample::Index>(),
                matrix in matrices(<$type>::SIZE),
            ) {
                let elements: Vec<Vec<u8>> = vec![$($element.to_ne_bytes().to_vec()),*];
                let third = 1 + third.index(elements.len() - 1);
                let few = [elements[0].clone(), elements[third].clone()];
                let line = line(length, <$type>::SIZE, steps, more, before);
                looks::<$type>(&few, &line, (often, seed))?;
                looks::<$type>(&few, &matrix, (often, seed))?;
            })*
        }
    };
}

looked_for! {
    bools_are_found bool: 0_u8, 1_u8, 255_u8;
    bytes_are_found u8: 0_u8, 1_u8, 255_u8;
    int16_is_found i16: 0_i16, -1_i16, 256_i16;
    int32_is_found i32: 0_i32, -1_i32, 1_i32 << 24;
    int64_is_found i64: 0_i64, -1_i64, 1_i64 << 56;
    float16_is_found f16: f16::ZERO, f16::NEG_ZERO, f16::NAN, f16::ONE;
    float32_is_found f32: 0_f32, -0_f32, f32::NAN, 1_f32;
    float64_is_found f64: 0_f64, -0_f64, f64::NAN, 1_f64;
    float64_is_found_among_others f64: 1_f64, -0_f64, f64::NAN, -1_f64;
    swapped_float64_is_found Swapped<f64>: 0_f64.to_bits(), (-0_f64).to_bits().swap_bytes(),
        f64::NAN.to_bits().swap_bytes(), 1_f64.to_bits().swap_bytes();
    swapped_int32_is_found Swapped<i32>: 0_i32, 1_i32, 256_i32;
}

#[test]
fn what_no_machine_needs_can_be_copied() {
    let arena = Arena::random(4, 0);
    for shape in [&[0][..], &[0, 3], &[3, 0], &[1, 1, 1]] {
        let place = Placed::new(shape, &vec![-7; shape.len()], 1, 0, 0);
        let view: View<'_, Opaque> = place.opaque(&arena, false);
        let mut target = vec![0; place.layout().nbytes()];
        copy::to_slice(&view, Order::Fortran, &mut target).unwrap();
        copy::fill(&view, &[1]).unwrap();
        copy::assign(&view, &view).unwrap();
    }
}

/// Counts and finds in so many elements that memory is prefetched, and that no byte has room for
/// the number of them.
fn searches_long<T: Scalar>(often: &[u8], rarely: &[u8]) {
    for length in [1000, 8190, 8192, 8193, 12_345, 65_279, 65_280, 65_281, 70_001, 200_003] {
        let mut bytes = often.repeat(length);
        for place in [length - 1, length - 1 - length / 300, length / 2] {
            let start = place * T::SIZE;
            bytes[start..start + T::SIZE].copy_from_slice(rarely);
            let placed = Placed::new(&[length], &[T::SIZE as isize], T::SIZE, 0, 0);
            let arena = Arena::new(&bytes);
            let view: View<'_, T> = placed.view(&arena, true, ());
            let rare = bytes.chunks_exact(T::SIZE).filter(|element| *element == rarely).count();
            with_every_width(|| {
                prop_assert_eq!(search::count(&view, value::<T>(often)), length - rare);
                prop_assert_eq!(search::count(&view, value::<T>(rarely)), rare);
                prop_assert_eq!(search::find(&view, value::<T>(rarely)), Some(place));
                Ok(())
            })
            .unwrap();
        }
    }
}

#[test]
fn nothing_is_missed_in_many_elements() {
    searches_long::<u8>(&[7], &[8]);
    searches_long::<bool>(&[0], &[1]);
    searches_long::<u16>(&[7, 1], &[8, 1]);
    searches_long::<i32>(&[7, 1, 2, 3], &[7, 1, 2, 4]);
    searches_long::<f64>(&1.5_f64.to_ne_bytes(), &2.5_f64.to_ne_bytes());
    searches_long::<Swapped<i64>>(&[1, 2, 3, 4, 5, 6, 7, 8], &[1, 2, 3, 4, 5, 6, 7, 9]);
}

#[test]
fn nothing_is_lost_of_many_bytes() {
    const MANY: usize = 4 << 20;
    for length in [MANY - 1, MANY, MANY + 1, MANY + 2047, MANY + 8192, MANY + 10_241] {
        let place = Placed::new(&[length], &[1], 1, 3, 2);
        let arena = Arena::random(place.size, length as u64);
        let expected = place.gathered(&arena.bytes(), Order::C);
        let view = place.opaque(&arena, true);
        let mut copied = vec![0; length];
        copy::to_slice(&view, Order::C, &mut copied).unwrap();
        assert!(copied == expected, "{length}");
    }
}
