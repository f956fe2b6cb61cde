//! Sums, minima and maxima with every width of vectors that this machine has, of all elements and
//! along axes, against loops over the elements.

#![allow(unsafe_code)]

use super::reduce_oracle::{Numbers, exact_sum, first_of, same, sum_of};
use super::widths::{lengths, line, matrices, steps, with_every_width};
use crate::support::{Arena, Placed, config, noise};
use consumer::element::{F8E4M3, F8E5M2, Scalar, Swapped};
use consumer::format::Kind;
use consumer::kernels::Encoding;
use consumer::kernels::reduce::{Extreme, Number, Sum, Task, reduce_lanes};
use consumer::{Layout, Order, View};
use half::{bf16, f16};
use num_complex::Complex;
use proptest::prelude::*;

/// Elements that are hard to sum. Of doubles: with `spread` of 0 any bits, then few different
/// exponents, and with `LARGEST` the highest ones, of which partial sums overflow.
fn elements<T: Scalar>(count: usize, (seed, spread): (u64, u8)) -> Vec<u8> {
    let mut bytes = noise(count * T::SIZE, seed);
    if spread > 0 && matches!(T::KIND, Kind::Float | Kind::Complex) && T::SIZE >= 8 {
        let high_first = T::SWAPPED == cfg!(target_endian = "little");
        for element in bytes.chunks_exact_mut(8) {
            let [high, low] = if high_first { [0, 1] } else { [7, 6] };
            let sign = element[high] & 0x80;
            if spread == LARGEST {
                element[high] = sign | 0x7f;
                element[low] = 0xec | element[low] & 3;
            } else {
                element[high] = sign | 0x3f;
                element[low] %= spread;
            }
        }
    }
    bytes
}

const LARGEST: u8 = 4;

fn reduces<T: Scalar>(place: &Placed, kind: (u64, u8)) -> Result<(), TestCaseError>
where
    T::Value: Numbers,
{
    let positions = place.positions(Order::C);
    let mut bytes = noise(place.size, 5);
    let elements = elements::<T>(positions.len(), kind);
    for (position, element) in positions.iter().zip(elements.chunks_exact(T::SIZE)) {
        bytes[*position..position + T::SIZE].copy_from_slice(element);
    }
    let value = |at: &usize| -> T::Value {
        T::decode(bytes[*at..at + T::SIZE].try_into().unwrap_or_else(|_| panic!("an element")))
    };
    let values: Vec<T::Value> = positions.iter().map(value).collect();
    let sum = sum_of(&values);
    let firsts = [false, true].map(|maximum| first_of(&values, maximum));
    let arena = Arena::new(&bytes);
    let view: View<'_, T> = place.view(&arena, true, ());
    let encoding = Encoding::from_type::<T>();
    with_every_width(|| {
        let [mut fast, mut slow] = [Sum::new(encoding), Sum::slow(encoding)];
        // SAFETY: the encoding is that of the view.
        unsafe {
            fast.add(view.raw());
            slow.add(view.raw());
        }
        prop_assert!(fast.total().is_none_or(|total| same(Some(total), sum)));
        prop_assert!(same(slow.total(), sum), "{:?} is not {:?}", slow.total(), sum);
        if T::Value::COMPLEX {
            return Ok(());
        }
        let mut extremes = [false, true].map(|maximum| Extreme::new(encoding, maximum));
        // SAFETY: the encoding is that of the view, which outlives the extremes.
        unsafe { Extreme::look(&mut extremes, view.raw(), true, 0) };
        for (extreme, first) in extremes.iter().zip(firsts) {
            prop_assert_eq!(extreme.first(), first);
            if let (Some(first), Some(found)) = (first, extreme.value()) {
                prop_assert!(same(Some(found), sum_of(&values[first..=first])));
            }
        }
        Ok(())
    })?;
    for axis in 0..place.shape.len() {
        lanes::<T>(&view, axis, &values)?;
    }
    Ok(())
}

/// The results along one axis, against those of its lanes, whose values are among all of them.
fn lanes<T: Scalar>(
    view: &View<'_, T>,
    axis: usize,
    values: &[T::Value],
) -> Result<(), TestCaseError>
where
    T::Value: Numbers,
{
    if values.is_empty() {
        return Ok(());
    }
    let shape = view.layout().shape();
    let (length, under) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
    let mut reduced = vec![false; shape.len()];
    reduced[axis] = true;
    let starts: Vec<usize> = (0..values.len()).filter(|at| at / under % length == 0).collect();
    let lane = |start: &usize| -> Vec<T::Value> {
        (0..length).map(|index| values[start + index * under]).collect()
    };
    let lanes: Vec<Vec<T::Value>> = starts.iter().map(lane).collect();
    let encoding = Encoding::from_type::<T>();
    let find = |task: Task, size: usize| {
        let mut results = vec![0_u8; starts.len() * size];
        let (from, to) = ((view.raw(), encoding), results.as_mut_ptr());
        // SAFETY: the encoding is that of the view, and there is room for the results.
        unsafe { reduce_lanes(task, from, &reduced, to, &mut || true) }.map(|()| results)
    };
    let size = if T::Value::COMPLEX { 16 } else { 8 };
    let sums: Vec<Number> = lanes.iter().map(|lane| sum_of(lane)).collect();
    let firsts = [false, true].map(|maximum| -> Vec<usize> {
        lanes.iter().filter_map(|lane| first_of(lane, maximum)).collect()
    });
    with_every_width(|| {
        let beyond =
            |sum: &Number| matches!(sum, Number::Integer(sum) if i64::try_from(*sum).is_err());
        match find(Task::Sum, size) {
            Err(error) => prop_assert!(error.is_value() && sums.iter().any(beyond)),
            Ok(results) => {
                for (found, sum) in results.chunks_exact(size).zip(&sums) {
                    let part = |at: usize| -> [u8; 8] { found[at..at + 8].try_into().unwrap() };
                    let found = match sum {
                        Number::Integer(_) => Number::Integer(i64::from_ne_bytes(part(0)).into()),
                        Number::Float(_) => Number::Float(f64::from_ne_bytes(part(0))),
                        Number::Complex(_) => {
                            Number::Complex([part(0), part(8)].map(f64::from_ne_bytes))
                        }
                    };
                    prop_assert!(same(Some(found), *sum), "{found:?} is not {sum:?}");
                }
            }
        }
        if T::Value::COMPLEX {
            return Ok(());
        }
        let tasks = [(Task::FirstMinimum, Task::Minimum), (Task::FirstMaximum, Task::Maximum)];
        for ((places, values), firsts) in tasks.into_iter().zip(&firsts) {
            let (places, found) = (find(places, 8).unwrap(), find(values, T::SIZE).unwrap());
            let expected: Vec<u8> =
                firsts.iter().flat_map(|&first| (first as i64).to_ne_bytes()).collect();
            prop_assert_eq!(places, expected);
            for ((found, lane), &first) in found.chunks_exact(T::SIZE).zip(&lanes).zip(firsts) {
                let mut found = found.to_vec();
                if T::SWAPPED {
                    found.reverse();
                }
                let bytes = found.as_slice().try_into().unwrap_or_else(|_| panic!("an element"));
                let found = sum_of(&[T::decode(bytes)]);
                prop_assert!(same(Some(found), sum_of(&[lane[first]])));
            }
        }
        Ok(())
    })
}

macro_rules! reduced {
    ($($test:ident $type:ty;)*) => {
        proptest! {
            #![proptest_config(config(5))]
            $(#[test]
            fn $test(
                length in lengths(), (steps, more) in steps(), before in 0..5_usize,
                seed in any::<u64>(), spread in 0..=LARGEST, matrix in matrices(<$type>::SIZE),
            ) {
                let line = line(length, <$type>::SIZE, steps, more, before);
                reduces::<$type>(&line, (seed, spread))?;
                reduces::<$type>(&matrix, (seed, spread))?;
            })*
        }
    };
}

reduced! {
    bools_are_reduced bool;
    int8_is_reduced i8;
    uint8_is_reduced u8;
    int16_is_reduced i16;
    uint16_is_reduced u16;
    int32_is_reduced i32;
    uint32_is_reduced u32;
    int64_is_reduced i64;
    uint64_is_reduced u64;
    swapped_int32_is_reduced Swapped<i32>;
    swapped_uint64_is_reduced Swapped<u64>;
    float16_is_reduced f16;
    bfloat16_is_reduced bf16;
    float8_e4m3fn_is_reduced F8E4M3;
    float8_e5m2_is_reduced F8E5M2;
    float32_is_reduced f32;
    float64_is_reduced f64;
    swapped_float64_is_reduced Swapped<f64>;
    complex64_is_reduced Complex<f32>;
    complex128_is_reduced Complex<f64>;
}

/// Long lines are reduced from the first element of a cache line on, with what comes before it, or
/// from where they start if no element begins such a line.
#[test]
fn long_lines_are_reduced_from_every_address() {
    macro_rules! from_every_address {
        ($($type:ty)*) => {$(
            for before in 0..64 + size_of::<$type>() {
                let length = (1 << 14) / size_of::<$type>() + before;
                let place = line(length, size_of::<$type>(), 1, 0, before);
                reduces::<$type>(&place, (before as u64, 3)).unwrap();
            }
        )*};
    }
    from_every_address!(i8 u16 i32 i64 f32 f64);
}

/// What the first look leaves undecided, and what it decides of hard sums.
#[test]
fn floats_that_differ_much_and_cancel_are_left_to_the_second_look() {
    let total = |numbers: &[f64], slow: bool| {
        let encoding = Encoding::from_type::<f64>();
        let mut sum = if slow { Sum::slow(encoding) } else { Sum::new(encoding) };
        let layout = Layout::contiguous(&[numbers.len()], 8).unwrap();
        let start = numbers.as_ptr().cast_mut().cast();
        // SAFETY: the view is over the numbers, which are only read.
        unsafe {
            let view = View::<f64>::new(start, layout, true, ());
            sum.add(view.raw());
        }
        sum.total()
    };
    let mut wide = vec![1e200, 1.0, 1e-200];
    wide.extend([-1e200, -1.0]);
    wide.extend([0.0; 5000]);
    let mut ties = vec![1.0, 2_f64.powi(-53)];
    ties.extend([0.0; 5000]);
    let mut huge = vec![f64::MAX; 3000];
    huge.extend([-f64::MAX; 3000]);
    with_every_width(|| {
        prop_assert_eq!(total(&wide, false), None);
        prop_assert_eq!(total(&wide, true), Some(Number::Float(1e-200)));
        prop_assert_eq!(total(&ties, false), Some(Number::Float(1.0)));
        prop_assert_eq!(total(&huge, true), Some(Number::Float(0.0)));
        prop_assert_eq!(total(&[0.1; 100_000], false), Some(Number::Float(10000.0)));
        Ok(())
    })
    .unwrap();
}

proptest! {
    #![proptest_config(config(20))]
    /// Blocks of floats of 32 bits that one level takes every bit of, blocks of more binades than
    /// it has bits for, blocks that are too wide for the first guess, and halves of them cancelled.
    #[test]
    fn blocks_of_float32_are_summed_exactly_however_many_levels_they_take(
        kinds in proptest::collection::vec(0..6_u8, 1..60), seed in any::<u64>(),
        before in 0..17_usize, cancel in any::<bool>(),
    ) {
        let random = noise(4 * 4096 * kinds.len(), seed);
        let number = |(at, bytes): (usize, &[u8])| -> f32 {
            let bits = u32::from_ne_bytes(bytes.try_into().unwrap());
            // From 1 to 2, and some binades below or above, by the kind of the block.
            let one = f32::from_bits(bits & 0x807f_ffff | 0x3f80_0000);
            let more = (bits >> 23 & 0xff) as i32;
            match kinds[at / 4096] {
                0 => one,
                1 => one * 2_f32.powi(-(more % 10)),
                2 => one * 2_f32.powi(-(more % 60)),
                3 => one * 2_f32.powi(more % 40),
                4 if more == 0 => one * 2_f32.powi(100),
                4 => f32::from_bits(bits & 0x807f_ffff),
                _ => bits as i32 as f32,
            }
        };
        let mut numbers: Vec<f32> = random.chunks_exact(4).enumerate().map(number).collect();
        if cancel {
            let negated: Vec<f32> = numbers.iter().map(|number| -number).collect();
            numbers.extend(negated);
        }
        let numbers = &numbers[before..];
        let layout = Layout::contiguous(&[numbers.len()], 4).unwrap();
        let start = numbers.as_ptr().cast_mut().cast();
        // SAFETY: the view is over the numbers, which are only read.
        let view = unsafe { View::<f32>::new(start, layout, true, ()) };
        let expected = Number::Float(exact_sum(numbers.iter().map(|&number| number.into())));
        with_every_width(|| {
            let encoding = Encoding::from_type::<f32>();
            let [mut fast, mut slow] = [Sum::new(encoding), Sum::slow(encoding)];
            // SAFETY: the encoding is that of the view.
            unsafe {
                fast.add(view.raw());
                slow.add(view.raw());
            }
            prop_assert!(fast.total().is_none_or(|total| same(Some(total), expected)));
            prop_assert!(same(slow.total(), expected));
            Ok(())
        })?;
    }
}

/// Sums of lanes of floats, side by side and along, that go through windows: what fits them, what
/// is too wide for the first guess, and what is no number or loses something.
#[test]
fn long_lanes_of_floats_are_summed_exactly_along_both_axes() {
    let number = |at: usize| (at as f64 * 0.37).sin() * 1e3;
    let data = |kind: usize, at: usize, columns: usize| match (kind, at / columns) {
        // A first row that tells nothing of the others.
        (1, 0) => 0.0,
        (2, 600) => number(at) * 1e40,
        (3, 40) if at % columns == 5 => f64::NAN,
        (3, 41) if at % columns == 6 => f64::INFINITY,
        (4, row) => number(at) * 2_f64.powi(row as i32 % 300 - 150),
        (5, _) => f64::MAX / 2048.0 * if at.is_multiple_of(3) { 1.0 } else { -1.0 },
        (6, row) => 5e-324 * (row + at) as f64,
        // The highest accumulators leave their binade only together.
        (7, _) => 63.0,
        // What is lost is all that is left, and whatever follows is exact.
        (8, row) if at.is_multiple_of(columns) => *[1e30, 1e-30, -1e30].get(row).unwrap_or(&0.0),
        (9, 0) => *[1e30, 1e-30, -1e30].get(at).unwrap_or(&0.0),
        (8 | 9, _) => 0.0,
        // Two accumulators stay in their binade, and their sum leaves it.
        (10 | 11, 1) if at - columns == 8 => 52428.0 + 2_f64.powi(-35),
        (10, 1) if at - columns == 12 => 52428.0,
        (11, 1) if at - columns == 16 => 52428.0,
        (10 | 11, _) => 1.0,
        _ => number(at),
    };
    for (rows, columns) in
        [(12, 9), (31, 64), (700, 33), (1024, 8), (9, 1000), (9, 1025), (40, 520)]
    {
        for kind in 0..12 {
            let numbers: Vec<f64> = (0..rows * columns).map(|at| data(kind, at, columns)).collect();
            let singles: Vec<f32> = numbers.iter().map(|&number| number as f32).collect();
            let layout = |size| Layout::contiguous(&[rows, columns], size).unwrap();
            // SAFETY: the layouts lie within the numbers, which are only read.
            let (doubles, floats) = unsafe {
                let starts = [numbers.as_ptr().cast::<u8>(), singles.as_ptr().cast()];
                let [one, other] = starts.map(<*const u8>::cast_mut);
                (
                    View::<f64>::new(one, layout(8), true, ()),
                    View::<f32>::new(other, layout(4), true, ()),
                )
            };
            for axis in 0..2 {
                lanes(&doubles, axis, &numbers).unwrap();
                lanes(&floats, axis, &singles).unwrap();
            }
        }
    }
}
