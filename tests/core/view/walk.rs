//! A walk covers every element of its views exactly once, in order, in straight runs.

use crate::support::{Arena, Placed, config, placed, placed_as, shapes};
use consumer::error::Tuple;
use consumer::view::{Run, Walk};
use consumer::{Layout, Order};
use proptest::prelude::*;

/// Each element that the runs lead to, as its place in each arena.
fn covered<const N: usize>(
    runs: impl Iterator<Item = Run<N>>,
    arenas: [&Arena; N],
) -> Vec<[usize; N]> {
    let place = |run: Run<N>, index: usize| {
        std::array::from_fn(|view| {
            (run.pointer(view, index) as usize).wrapping_sub(arenas[view].pointer(0) as usize)
        })
    };
    runs.flat_map(|run| (0..run.length).map(move |index| place(run, index))).collect()
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn one_view(place in placed(3), fortran in any::<bool>()) {
        let order = if fortran { Order::Fortran } else { Order::C };
        let arena = Arena::random(place.size, 0);
        let view = place.opaque(&arena, true);
        let positions: Vec<[usize; 1]> =
            place.positions(order).into_iter().map(|position| [position]).collect();
        prop_assert_eq!(covered(Walk::from_view(view.raw(), order), [&arena]), positions.as_slice());
        let runs: Vec<Run<1>> = Walk::new([view.raw()], order).unwrap().collect();
        prop_assert!(runs.iter().all(|run| run.length > 0));
        prop_assert_eq!(covered(runs.into_iter(), [&arena]), positions);
    }

    #[test]
    fn two_and_three_views(
        (places, order) in shapes().prop_flat_map(|shape| {
            let one = |itemsize| placed_as(shape.clone(), itemsize);
            let places = (one(1), one(4), one(7));
            (places, prop_oneof![Just(Order::C), Just(Order::Fortran)])
        }),
    ) {
        let (a, b, c) = places;
        let arenas = [&a, &b, &c].map(|place| Arena::random(place.size, 1));
        let [left, middle, right] = [&arenas[0], &arenas[1], &arenas[2]];
        let views = (a.opaque(left, true), b.opaque(middle, true), c.opaque(right, true));
        let positions = [&a, &b, &c].map(|place| place.positions(order));

        let two = Walk::new([views.0.raw(), views.1.raw()], order).unwrap();
        let pairs: Vec<[usize; 2]> =
            (0..positions[0].len()).map(|i| [positions[0][i], positions[1][i]]).collect();
        prop_assert_eq!(covered(two, [left, middle]), pairs);

        let three = Walk::new([views.0.raw(), views.1.raw(), views.2.raw()], order).unwrap();
        let triples: Vec<[usize; 3]> = (0..positions[0].len())
            .map(|i| [positions[0][i], positions[1][i], positions[2][i]])
            .collect();
        prop_assert_eq!(covered(three, [left, middle, right]), triples);
    }

    #[test]
    fn different_shapes_are_refused(left in placed(1), right in placed(1)) {
        let arenas = [Arena::random(left.size, 0), Arena::random(right.size, 0)];
        let views = (left.opaque(&arenas[0], true), right.opaque(&arenas[1], true));
        match Walk::new([views.0.raw(), views.1.raw()], Order::C) {
            Ok(_) => prop_assert_eq!(left.shape, right.shape),
            Err(error) => {
                prop_assert!(left.shape != right.shape && error.is_value());
                let named = format!("{} and {}", Tuple(&left.shape), Tuple(&right.shape));
                prop_assert!(error.to_string().contains(&named), "{}", error);
            }
        }
    }
}

/// The lengths of the runs of a layout.
fn runs(shape: &[usize], strides: Option<&[isize]>, order: Order) -> Vec<usize> {
    let layout = Layout::new(shape, strides, None, 2).unwrap();
    let place = Placed::new(shape, layout.strides(), 2, 0, 0);
    let arena = Arena::random(place.size, 0);
    Walk::from_view(place.opaque(&arena, true).raw(), order).map(|run| run.length).collect()
}

#[test]
fn runs_are_as_long_as_the_layout_allows() {
    let (c, fortran) = (Order::C, Order::Fortran);
    assert_eq!(runs(&[], None, c), [1]);
    assert_eq!(runs(&[5], None, c), [5]);
    assert_eq!(runs(&[5], Some(&[-7]), c), [5]);
    assert_eq!(runs(&[0], None, c), [0; 0]);
    assert_eq!(runs(&[3, 0, 2], None, c), [0; 0]);
    assert_eq!(runs(&[2, 3, 4], None, c), [24]);
    assert_eq!(runs(&[2, 3, 4], None, fortran), [2; 12]);
    assert_eq!(runs(&[2, 3, 4], Some(&[2, 4, 12]), fortran), [24]);
    assert_eq!(runs(&[2, 3, 4], Some(&[2, 4, 12]), c), [4; 6]);
    // Every second of a line, backwards, and one element again and again.
    assert_eq!(runs(&[2, 3], Some(&[12, 4]), c), [6]);
    assert_eq!(runs(&[2, 3], Some(&[-6, -2]), c), [6]);
    assert_eq!(runs(&[2, 3], Some(&[0, 0]), c), [6]);
    // Dimensions of length 1 part no run, whatever their strides.
    assert_eq!(runs(&[1, 2, 1, 3, 1], Some(&[99, 6, 77, 2, 55]), c), [6]);
    assert_eq!(runs(&[2, 3], Some(&[8, 2]), c), [3, 3]);
}
