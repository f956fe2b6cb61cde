//! Searches with every width of vectors that this machine has, against a loop over the values.

use super::widths::{contiguous, lengths, line, matrices, scattered, steps, with_every_width};
use crate::support::{Arena, Placed, config, noise};
use consumer::element::{F8E4M3, F8E5M2, I24, Scalar, Swapped, U24};
use consumer::kernels::{compare, search};
use consumer::{Order, View};
use half::{bf16, f16};
use proptest::prelude::*;

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
    int24_is_found I24: I24::wrapping(0), I24::wrapping(-1), I24::wrapping(256), I24::MIN;
    uint24_is_found U24: U24::wrapping(1), U24::wrapping(257), U24::wrapping(1 << 16), U24::MAX;
    int32_is_found i32: 0_i32, -1_i32, 1_i32 << 24;
    int64_is_found i64: 0_i64, -1_i64, 1_i64 << 56;
    float16_is_found f16: f16::ZERO, f16::NEG_ZERO, f16::NAN, f16::ONE;
    bfloat16_is_found bf16: bf16::ZERO, bf16::NEG_ZERO, bf16::NAN, bf16::ONE, bf16::INFINITY;
    float8_e4m3fn_is_found F8E4M3: 0_u8, 0x80_u8, 0x7f_u8, 0x7e_u8, 0x38_u8;
    float8_e5m2_is_found F8E5M2: 0_u8, 0x80_u8, 0x7d_u8, 0x7c_u8, 0x3c_u8;
    float32_is_found f32: 0_f32, -0_f32, f32::NAN, 1_f32;
    float64_is_found f64: 0_f64, -0_f64, f64::NAN, 1_f64;
    float64_is_found_among_others f64: 1_f64, -0_f64, f64::NAN, -1_f64;
    swapped_float64_is_found Swapped<f64>: 0_f64.to_bits(), (-0_f64).to_bits().swap_bytes(),
        f64::NAN.to_bits().swap_bytes(), 1_f64.to_bits().swap_bytes();
    swapped_int32_is_found Swapped<i32>: 0_i32, 1_i32, 256_i32;
}

/// Counts and finds in so many elements that no byte has room for the number of them.
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
    searches_long::<F8E5M2>(&[0], &[0x3c]);
    searches_long::<F8E5M2>(&[0x3c], &[0x80]);
    searches_long::<u16>(&[7, 1], &[8, 1]);
    searches_long::<i32>(&[7, 1, 2, 3], &[7, 1, 2, 4]);
    searches_long::<f64>(&1.5_f64.to_ne_bytes(), &2.5_f64.to_ne_bytes());
    searches_long::<Swapped<i64>>(&[1, 2, 3, 4, 5, 6, 7, 8], &[1, 2, 3, 4, 5, 6, 7, 9]);
}
