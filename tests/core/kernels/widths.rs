//! The kernels with every width of vectors that this machine has, on lines long enough to fill
//! them, against loops over the indices with the standard library's own numbers.

use crate::support::{Arena, Placed, config, noise};
use consumer::element::{LongDouble, Opaque, Scalar, Swapped};
use consumer::kernels::simd::width::{Width, force};
use consumer::kernels::{copy, hex};
use consumer::{AnyArray, Layout, Order, View};
use proptest::prelude::*;
use std::sync::{Mutex, PoisonError};

/// The width is one for all threads: a test keeps it for itself.
pub(super) static WIDTH: Mutex<()> = Mutex::new(());

/// A check with each width in turn.
pub(super) fn with_every_width(
    check: impl Fn() -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let _guard = WIDTH.lock().unwrap_or_else(PoisonError::into_inner);
    Width::ALL.into_iter().filter(|&width| force(width)).try_for_each(|_| check())
}

/// Lengths around those of vectors and chunks, and some long ones.
pub(super) fn lengths() -> impl Strategy<Value = usize> {
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
pub(super) fn line(length: usize, size: usize, steps: isize, more: isize, before: usize) -> Placed {
    Placed::new(&[length], &[steps * size as isize + more], size, before, 3)
}

pub(super) fn steps() -> impl Strategy<Value = (isize, isize)> {
    (-5..=9_isize, prop_oneof![6 => Just(0_isize), 1 => -3..=3_isize])
}

/// Two or three dimensions, at least one of them long enough for tiles of vectors, their strides
/// those of contiguous elements in some order of the dimensions, reversed, with gaps or not.
pub(super) fn matrices(size: usize) -> impl Strategy<Value = Placed> {
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
pub(super) fn scattered(before: &[u8], place: &Placed, elements: &[u8]) -> Vec<u8> {
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

pub(super) fn contiguous(shape: &[usize], size: usize) -> Vec<isize> {
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
