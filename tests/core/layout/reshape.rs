//! Transposing and reshaping: the same elements in the order that was asked for, or a refusal that
//! can be proved right.

use crate::support::{config, indices, offset, offsets, placed};
use consumer::{Key, Layout, Order};
use proptest::prelude::*;

/// Layouts that often can be reshaped: parts of contiguous elements, dimensions exchanged.
fn layouts() -> impl Strategy<Value = Layout> {
    let shape = proptest::collection::vec(
        prop_oneof![4 => 1..=4_usize, 1 => Just(6_usize), 1 => Just(1), 1 => 0..=1_usize],
        0..=4,
    );
    let parts = (shape, any::<bool>(), proptest::collection::vec((0..2_isize, 1..3_isize), 4));
    let made = parts.prop_flat_map(|(shape, cut, cuts)| {
        let mut layout = Layout::contiguous(&shape, 4).unwrap();
        if cut {
            let keys: Vec<Key> = (0..shape.len())
                .map(|dimension| match cuts[dimension] {
                    (0, 1) => Key::FULL,
                    (0, _) => Key::Slice { start: isize::MAX, stop: isize::MIN, step: -1 },
                    (start, step) => Key::Slice { start, stop: isize::MAX, step },
                })
                .collect();
            layout = layout.select(&keys).unwrap().layout;
        }
        let axes = Just((0..layout.ndim() as isize).collect::<Vec<_>>()).prop_shuffle();
        (Just(layout), axes, any::<bool>())
    });
    let made = made.prop_map(
        |(layout, axes, exchange)| {
            if exchange { layout.transpose(&axes).unwrap() } else { layout }
        },
    );
    prop_oneof![3 => made, 1 => placed(3).prop_map(|place| place.layout())]
}

/// Shapes of `count` elements: factors in a random order, with some ones between them.
fn factorings(count: usize) -> impl Strategy<Value = Vec<isize>> {
    proptest::collection::vec(any::<u8>(), 6).prop_map(move |choices| {
        let (mut rest, mut shape) = (count, Vec::new());
        for choice in choices {
            let divisors: Vec<usize> = (1..=rest.max(1)).filter(|&n| rest % n == 0).collect();
            if rest > 1 || choice % 4 == 0 {
                let factor = divisors[usize::from(choice) % divisors.len()];
                shape.push(factor as isize);
                rest /= factor;
            }
        }
        if rest != 1 || shape.is_empty() {
            shape.push(rest as isize);
        }
        shape
    })
}

/// Whether any strides lead, in an order, from one of these offsets to the next. A stride can only
/// be the way from the first element to its neighbour in that dimension.
fn strides_exist(offsets: &[i128], shape: &[usize], order: Order) -> bool {
    let all = indices(shape, order);
    let strides: Vec<i128> = (0..shape.len())
        .map(|dimension| {
            let mut neighbour = vec![0; shape.len()];
            neighbour[dimension] = 1;
            let position = all.iter().position(|index| *index == neighbour);
            position.map_or(0, |position| offsets[position] - offsets[0])
        })
        .collect();
    all.iter().zip(offsets).all(|(index, &expected)| {
        let steps: i128 = index.iter().zip(&strides).map(|(&i, &s)| i as i128 * s).sum();
        offsets[0] + steps == expected
    })
}

proptest! {
    #![proptest_config(config(5000))]

    #[test]
    fn a_transposed_layout_has_the_same_elements(
        (place, axes) in placed(3).prop_flat_map(|place| {
            let axes = Just((0..place.shape.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(place), axes)
        }),
        from_end in any::<[bool; 4]>(),
    ) {
        let layout = place.layout();
        let ndim = layout.ndim();
        let named: Vec<isize> = axes
            .iter()
            .zip(from_end)
            .map(|(&axis, from_end)| axis as isize - if from_end { ndim as isize } else { 0 })
            .collect();
        let transposed = layout.transpose(&named).unwrap();
        prop_assert_eq!(transposed.itemsize(), 3);
        for index in indices(layout.shape(), Order::C) {
            let moved: Vec<usize> = axes.iter().map(|&axis| index[axis]).collect();
            prop_assert!(moved.iter().zip(transposed.shape()).all(|(index, length)| index < length));
            prop_assert_eq!(offset(transposed.strides(), &moved), offset(layout.strides(), &index));
        }
        prop_assert_eq!(transposed.len(), layout.len());
    }

    #[test]
    fn axes_that_do_not_name_each_dimension_once_are_refused(
        place in placed(1),
        axes in proptest::collection::vec(prop_oneof![-6..6_isize, any::<isize>()], 0..6),
    ) {
        let layout = place.layout();
        let ndim = layout.ndim() as i128;
        let mut named: Vec<i128> =
            axes.iter().map(|&axis| axis as i128 + if axis < 0 { ndim } else { 0 }).collect();
        named.sort_unstable();
        let right = named == (0..ndim).collect::<Vec<_>>();
        match layout.transpose(&axes) {
            Ok(_) => prop_assert!(right),
            Err(error) => prop_assert!(!right && error.is_value(), "{}", error),
        }
    }

    #[test]
    fn a_reshaped_layout_has_the_same_order_of_elements(
        (layout, shape) in layouts().prop_flat_map(|layout| {
            let shape = factorings(layout.len());
            (Just(layout), shape)
        }),
        fortran in any::<bool>(),
        unknown in 0..12_usize,
    ) {
        let order = if fortran { Order::Fortran } else { Order::C };
        let mut asked = shape.clone();
        if let Some(length) = asked.get_mut(unknown)
            && (*length != 0 && !shape.contains(&0))
        {
            *length = -1;
        }
        let shape: Vec<usize> = shape.iter().map(|&length| length as usize).collect();
        let before = offsets(&layout, order);
        match layout.reshape(&asked, order) {
            Ok(reshaped) => {
                prop_assert_eq!(reshaped.shape(), shape.as_slice());
                prop_assert_eq!(offsets(&reshaped, order), before);
            }
            Err(error) => {
                prop_assert!(error.is_value(), "{}", error);
                prop_assert!(!strides_exist(&before, &shape, order), "{}", error);
            }
        }
    }

    #[test]
    fn shapes_of_another_size_are_refused(
        layout in layouts(),
        shape in proptest::collection::vec(
            prop_oneof![6 => -1..=6_isize, 1 => -3..=-2_isize, 1 => any::<isize>()], 0..5),
    ) {
        let unknown = shape.iter().filter(|&&length| length == -1).count();
        let known = shape.iter().filter(|&&length| length != -1);
        let product = known.clone().try_fold(1_i128, |product, &n| product.checked_mul(n as i128));
        let negative = known.clone().any(|&length| length < 0);
        let fits = match (unknown, product) {
            _ if negative => false,
            (0, Some(product)) => product == layout.len() as i128,
            (1, Some(product)) => product != 0 && layout.len() as i128 % product == 0,
            _ => false,
        };
        match layout.reshape(&shape, Order::C) {
            Ok(reshaped) => {
                prop_assert!(fits, "{:?}", reshaped);
                prop_assert_eq!(reshaped.len(), layout.len());
            }
            Err(error) if fits => {
                // Lengths whose product is too large are refused even where a 0 stands beside them.
                let large = known.clone().any(|&length| length > 1 << 31);
                prop_assert!(large || error.to_string().contains("without a copy"), "{}", error);
            }
            Err(error) => {
                prop_assert!(error.is_value());
                prop_assert!(error.to_string().contains("do not fit shape"), "{}", error);
            }
        }
    }
}

/// The places where a reshape is easily refused although it need not be.
#[test]
fn lengths_of_one_and_zero_stand_in_no_way() {
    let strange = Layout::new(&[1, 3, 1], Some(&[1000, -8, 77]), None, 4).unwrap();
    for shape in [&[3][..], &[1, 3], &[3, 1], &[1, 1, 3, 1, 1], &[-1]] {
        let reshaped = strange.reshape(shape, Order::C).unwrap();
        assert_eq!(offsets(&reshaped, Order::C), [0, -8, -16]);
    }
    let empty = Layout::new(&[3, 0, 2], Some(&[5, 7, 9]), None, 4).unwrap();
    for shape in [&[0][..], &[0, 5], &[7, 0, 3], &[0, 0]] {
        for order in [Order::C, Order::Fortran] {
            assert!(empty.reshape(shape, order).unwrap().is_empty());
        }
    }
    let scalar = Layout::contiguous(&[], 4).unwrap();
    assert_eq!(scalar.reshape(&[1, 1], Order::C).unwrap().shape(), [1, 1]);
    assert_eq!(scalar.reshape(&[-1], Order::Fortran).unwrap().shape(), [1]);
    assert_eq!(scalar.reshape(&[], Order::C).unwrap().ndim(), 0);
}

#[test]
fn more_than_64_dimensions_are_refused() {
    let layout = Layout::contiguous(&[1], 1).unwrap();
    assert_eq!(layout.reshape(&[1; 64], Order::C).unwrap().ndim(), 64);
    assert!(layout.reshape(&[1; 65], Order::C).unwrap_err().is_value());
    let deep = Layout::contiguous(&[1; 64], 1).unwrap();
    let axes: Vec<isize> = (0..64).rev().collect();
    assert_eq!(deep.transpose(&axes).unwrap(), deep);
    assert!(Layout::contiguous(&[1; 65], 1).unwrap_err().is_value());
}
