//! Sums and minima of floats that are many blocks, which are read at several places at once: what
//! is hard may be in any of them.

#![allow(unsafe_code)]

use super::reduce_oracle::{exact_sum, same};
use super::widths::with_every_width;
use crate::support::{config, noise};
use consumer::kernels::Encoding;
use consumer::kernels::reduce::{Extreme, Number, Sum};
use consumer::{Layout, View};
use proptest::prelude::*;

/// Numbers of few binades, among which these are at random places, or all that follow are.
fn numbers(count: usize, seed: u64, hard: &[(usize, u8)]) -> Vec<f64> {
    let bits = noise(8 * count, seed);
    let number = |bytes: &[u8]| {
        let bits = u64::from_ne_bytes(bytes.try_into().unwrap());
        f64::from_bits(bits & 0x803f_ffff_ffff_ffff | 0x3f80_0000_0000_0000)
    };
    let mut numbers: Vec<f64> = bits.chunks_exact(8).map(number).collect();
    for &(place, kind) in hard {
        let place = place % count;
        match kind {
            0 => numbers[place] = 1e300,
            1 => numbers[place] = f64::INFINITY,
            2 => numbers[place] = f64::NEG_INFINITY,
            3 => numbers[place] = f64::NAN,
            4 => numbers[place] = f64::MAX,
            5 => numbers[place] = 1e-300,
            6 => numbers[place..].iter_mut().for_each(|number| *number *= 1e60),
            _ => numbers[place..].iter_mut().for_each(|number| *number *= -1e-40),
        }
    }
    numbers
}

proptest! {
    #![proptest_config(config(10))]
    #[test]
    fn doubles_of_many_blocks_are_summed_exactly_wherever_hard_ones_are(
        count in 1..120_000_usize, seed in any::<u64>(), before in 0..9_usize,
        hard in proptest::collection::vec((any::<usize>(), 0..8_u8), 0..4),
    ) {
        let numbers = numbers(count + before, seed, &hard);
        let numbers = &numbers[before..];
        let layout = Layout::contiguous(&[count], 8).unwrap();
        // SAFETY: the view is over the numbers, which are only read.
        let view = unsafe {
            View::<f64>::new(numbers.as_ptr().cast_mut().cast(), layout, true, ())
        };
        let expected = Number::Float(exact_sum(numbers.iter().copied()));
        let precedes = |one: f64, other: f64| one.is_nan() && !other.is_nan() || one < other;
        let first = (1..count).fold(0, |best, at| {
            if precedes(numbers[at], numbers[best]) { at } else { best }
        });
        let encoding = Encoding::from_type::<f64>();
        with_every_width(|| {
            let [mut fast, mut slow] = [Sum::new(encoding), Sum::slow(encoding)];
            let mut least = [Extreme::new(encoding, false)];
            // SAFETY: the encoding is that of the view.
            unsafe {
                fast.add(view.raw());
                slow.add(view.raw());
                Extreme::look(&mut least, view.raw(), true, 0);
            }
            prop_assert!(fast.total().is_none_or(|total| same(Some(total), slow.total().unwrap())));
            prop_assert!(same(slow.total(), expected));
            prop_assert_eq!(least[0].first(), Some(first));
            Ok(())
        })?;
    }
}

/// The first look sees infinities, NaNs and numbers much larger than others in every stream.
#[test]
fn what_is_large_or_no_number_counts_wherever_it_is() {
    let places = (0..12).map(|at| at * 3300 + 7);
    for (one, other) in places.clone().flat_map(|one| places.clone().map(move |other| (one, other)))
    {
        for (kinds, sum) in [
            ([f64::INFINITY, f64::INFINITY], f64::INFINITY),
            ([f64::NEG_INFINITY, f64::INFINITY], f64::NAN),
            ([f64::INFINITY, f64::NAN], f64::NAN),
            ([1e300, -1e299], 1e300 - 1e299),
            ([1e100, -1e90], 1e100 - 1e90),
        ] {
            if one == other {
                continue;
            }
            let mut numbers = [1.0; 40_000];
            (numbers[one], numbers[other]) = (kinds[0], kinds[1]);
            let layout = Layout::contiguous(&[numbers.len()], 8).unwrap();
            let mut total = Sum::new(Encoding::from_type::<f64>());
            // SAFETY: the view is over the numbers, which are only read.
            unsafe {
                let start = numbers.as_ptr().cast_mut().cast();
                total.add(View::<f64>::new(start, layout, true, ()).raw());
            }
            assert!(same(total.total(), Number::Float(sum)), "{kinds:?}: {:?}", total.total());
        }
    }
}
