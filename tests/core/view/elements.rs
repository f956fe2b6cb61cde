//! Reading and storing single elements through a view, wherever they lie.

use crate::support::{Arena, Placed, config, indices, placed};
use consumer::element::Swapped;
use consumer::{Key, Order};
use proptest::prelude::*;

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn every_index_leads_to_its_element(
        place in placed(4),
        from_end in any::<[bool; 4]>(),
        seed in any::<u64>(),
    ) {
        let arena = Arena::random(place.size, seed);
        let bytes = arena.bytes();
        let little = place.view::<u32>(&arena, true, ());
        let big = place.view::<Swapped<u32>>(&arena, true, ());
        let mut all = Vec::new();
        for (index, position) in indices(&place.shape, Order::C).iter().zip(place.positions(Order::C)) {
            let signed: Vec<isize> = index
                .iter()
                .zip(&place.shape)
                .zip(from_end)
                .map(|((&i, &n), end)| i as isize - if end { n as isize } else { 0 })
                .collect();
            let expected = u32::from_ne_bytes(bytes[position..position + 4].try_into().unwrap());
            prop_assert_eq!(little.get(&signed).unwrap(), expected);
            prop_assert_eq!(big.get(&signed).unwrap(), expected.swap_bytes());
            all.push(expected);
        }
        prop_assert_eq!(little.iter().collect::<Vec<_>>(), all.as_slice());
        all.iter_mut().for_each(|value| *value = value.swap_bytes());
        prop_assert_eq!(big.iter().collect::<Vec<_>>(), all);
    }

    #[test]
    fn wrong_indices_are_refused(
        place in placed(4),
        index in proptest::collection::vec(prop_oneof![9 => -7..7_isize, 1 => any::<isize>()], 0..6),
    ) {
        let arena = Arena::random(place.size, 0);
        let view = place.view::<u32>(&arena, false, ());
        let inside = index.iter().zip(&place.shape).all(|(&i, &n)| {
            (-(n as i128)..n as i128).contains(&(i as i128))
        });
        match view.get(&index) {
            Ok(_) => prop_assert!(inside && index.len() == place.shape.len()),
            Err(error) if index.len() == place.shape.len() => {
                prop_assert!(!inside && error.is_index(), "{}", error);
                let before = arena.bytes();
                prop_assert!(view.set(&index, 1).unwrap_err().is_index());
                prop_assert_eq!(arena.bytes(), before);
            }
            Err(error) => {
                prop_assert!(error.is_wrong_kind(), "{}", error);
                prop_assert!(view.set(&index, 1).unwrap_err().is_wrong_kind());
            }
        }
    }

    #[test]
    fn a_store_changes_its_element_alone(
        place in placed(8),
        value in any::<f64>(),
        pick in any::<prop::sample::Index>(),
    ) {
        let arena = Arena::random(place.size, 3);
        let all = indices(&place.shape, Order::C);
        prop_assume!(!all.is_empty());
        let number = pick.index(all.len());
        let index: Vec<isize> = all[number].iter().map(|&i| i as isize).collect();
        let position = place.positions(Order::C)[number];
        let mut expected = arena.bytes();

        let readonly = place.view::<f64>(&arena, true, ());
        prop_assert!(readonly.set(&index, value).unwrap_err().is_read_only());
        prop_assert_eq!(arena.bytes(), expected.as_slice());

        place.view::<f64>(&arena, false, ()).set(&index, value).unwrap();
        expected[position..position + 8].copy_from_slice(&value.to_ne_bytes());
        prop_assert_eq!(arena.bytes(), expected.as_slice());

        let swapped = place.view::<Swapped<f64>>(&arena, false, ());
        swapped.set(&index, value).unwrap();
        expected[position..position + 8].reverse();
        prop_assert_eq!(arena.bytes(), expected.as_slice());
        prop_assert_eq!(swapped.get(&index).unwrap().to_bits(), value.to_bits());
    }
}

#[test]
fn what_is_made_from_a_read_only_view_is_read_only() {
    let place = Placed::new(&[2, 3], &[3, 1], 1, 0, 0);
    let arena = Arena::random(place.size, 0);
    let writable = place.view::<u8>(&arena, false, ());
    let view = writable.to_readonly();
    let made = [
        view.select(&[Key::Ellipsis]).unwrap(),
        view.select(&[Key::Index(0)]).unwrap(),
        view.transpose(&[1, 0]).unwrap(),
        view.reshape(&[6], Order::C).unwrap(),
    ];
    assert!(made.iter().all(consumer::View::readonly));
    assert!(!writable.select(&[]).unwrap().readonly());
}

#[test]
fn a_bool_is_true_whatever_its_byte() {
    let arena = Arena::new(&[0, 1, 2, 255]);
    let view = Placed::new(&[4], &[1], 1, 0, 0).view::<bool>(&arena, false, ());
    assert_eq!(view.iter().collect::<Vec<_>>(), [false, true, true, true]);
    view.set(&[3], true).unwrap();
    view.set(&[2], false).unwrap();
    assert_eq!(arena.bytes(), [0, 1, 0, 1]);
}
