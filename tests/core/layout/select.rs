//! What a key selects from a layout: the same elements, in the same order, as when the rules of
//! Python's indexing are followed index by index.

use crate::support::{config, indices, offset, offsets, placed};
use consumer::{Key, Layout, Order};
use proptest::prelude::*;

/// The indices of `start:stop:step` by the words of Python's reference: bounds are counted from the
/// end where negative, cut to the ends, and then stepped through.
fn slice_indices(length: usize, start: isize, stop: isize, step: isize) -> Vec<usize> {
    let (length, step) = (length as i128, step as i128);
    let cut = |bound: isize| {
        let bound = bound as i128 + if bound < 0 { length } else { 0 };
        if step < 0 { bound.clamp(-1, length - 1) } else { bound.clamp(0, length) }
    };
    let (mut index, stop) = (cut(start), cut(stop));
    let mut indices = Vec::new();
    while if step < 0 { index > stop } else { index < stop } {
        indices.push(index as usize);
        index += step;
    }
    indices
}

/// What becomes of a dimension.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Stays,
    Goes,
    IsNew,
}

use Fate::{Goes, IsNew, Stays};

/// Which parts of a key each select from a dimension.
fn named(keys: &[Key]) -> usize {
    keys.iter().filter(|&&key| key != Key::Ellipsis && key != Key::New).count()
}

/// The indices that a key leaves of each dimension, and what becomes of it; `None` where an index
/// is out of bounds. The key has no more parts than it may.
fn chosen(shape: &[usize], keys: &[Key]) -> Option<Vec<(Vec<usize>, Fate)>> {
    let named = named(keys);
    let mut dimensions = shape.iter();
    let mut chosen = Vec::new();
    for key in keys {
        match *key {
            Key::Index(index) => {
                let length = *dimensions.next().unwrap() as i128;
                let index = index as i128 + if index < 0 { length } else { 0 };
                if !(0..length).contains(&index) {
                    return None;
                }
                chosen.push((vec![index as usize], Goes));
            }
            Key::Slice { start, stop, step } => {
                let length = *dimensions.next().unwrap();
                chosen.push((slice_indices(length, start, stop, step), Stays));
            }
            Key::Ellipsis => {
                for _ in named..shape.len() {
                    chosen.push(((0..*dimensions.next().unwrap()).collect(), Stays));
                }
            }
            Key::New => chosen.push((vec![0], IsNew)),
            _ => panic!("no model of {key:?}"),
        }
    }
    chosen.extend(dimensions.map(|&length| ((0..length).collect(), Stays)));
    Some(chosen)
}

fn bounds() -> impl Strategy<Value = isize> {
    prop_oneof![
        6 => -7..=7_isize,
        1 => Just(isize::MIN),
        1 => Just(isize::MAX),
        1 => any::<isize>(),
    ]
}

fn keys() -> impl Strategy<Value = Vec<Key>> {
    let step = bounds().prop_map(|step| if step == 0 { 1 } else { step });
    let slice =
        (bounds(), bounds(), step).prop_map(|(start, stop, step)| Key::Slice { start, stop, step });
    let key = prop_oneof![
        3 => (-5..5_isize).prop_map(Key::Index),
        1 => bounds().prop_map(Key::Index),
        6 => slice,
        1 => Just(Key::FULL),
        1 => Just(Key::Slice { start: isize::MAX, stop: isize::MIN, step: -1 }),
        1 => Just(Key::Ellipsis),
        2 => Just(Key::New),
    ];
    proptest::collection::vec(key, 0..=6)
}

proptest! {
    #![proptest_config(config(5000))]

    #[test]
    fn a_key_selects_what_its_indices_name(place in placed(3), keys in keys()) {
        let layout = place.layout();
        let selected = layout.select(&keys);
        let ellipses = keys.iter().filter(|&&key| key == Key::Ellipsis).count();
        if ellipses > 1 || named(&keys) > layout.ndim() {
            let error = selected.unwrap_err();
            prop_assert!(error.is_wrong_kind(), "{}", error);
            return Ok(());
        }
        let Some(chosen) = chosen(layout.shape(), &keys) else {
            let error = selected.unwrap_err();
            prop_assert!(error.is_index(), "{}", error);
            return Ok(());
        };
        let selection = selected.unwrap();
        let shape: Vec<usize> =
            chosen.iter().filter(|(_, fate)| *fate != Goes).map(|(from, _)| from.len()).collect();
        prop_assert_eq!(selection.layout.shape(), shape.as_slice());
        prop_assert_eq!(selection.layout.itemsize(), 3);
        prop_assert!(selection.hops.is_empty());

        let lengths: Vec<usize> = chosen.iter().map(|(indices, _)| indices.len()).collect();
        let source: Vec<i128> = indices(&lengths, Order::C)
            .iter()
            .map(|index| {
                let of_source = index.iter().zip(&chosen).filter(|(_, (_, fate))| *fate != IsNew);
                of_source.map(|(&i, (from, _))| from[i]).collect()
            })
            .map(|index: Vec<usize>| offset(layout.strides(), &index))
            .collect();
        let result: Vec<i128> = offsets(&selection.layout, Order::C)
            .iter()
            .map(|offset| selection.offset as i128 + offset)
            .collect();
        prop_assert_eq!(result, source);
    }

    /// A selection of a selection is a layout like any other.
    #[test]
    fn selections_can_be_worked_on(place in placed(2), first in keys(), second in keys()) {
        let Ok(selection) = place.layout().select(&first) else { return Ok(()) };
        let layout = selection.layout;
        let count = indices(layout.shape(), Order::C).len();
        prop_assert_eq!((layout.len(), layout.nbytes()), (count, 2 * count));
        let _ = (layout.extent(), layout.is_c_contiguous(), layout.is_f_contiguous());
        let _ = (layout.select(&second), layout.reshape(&[-1], Order::C));
        let _ = (layout.reshape(&[-1], Order::Fortran), layout.transpose(&[1, 0]));
    }
}

/// A new dimension leaves elements as contiguous as they are, and counts as one.
#[test]
fn new_dimensions() {
    let layout = Layout::contiguous(&[2, 3], 4).unwrap();
    let new = |keys: &[Key]| layout.select(keys).map(|selection| selection.layout);
    for keys in [
        [Key::New, Key::FULL, Key::FULL],
        [Key::FULL, Key::New, Key::FULL],
        [Key::Ellipsis, Key::New, Key::New],
    ] {
        let more = new(&keys).unwrap();
        assert!(more.is_c_contiguous() && !more.is_f_contiguous(), "{keys:?}");
        assert!(!more.overlaps_itself());
        assert_eq!(more.nbytes(), 24);
    }
    assert_eq!(new(&[Key::FULL, Key::New]).unwrap().shape(), [2, 1, 3]);
    assert_eq!(new(&[Key::New; 62]).unwrap().ndim(), 64);
    assert!(new(&[Key::New; 63]).unwrap_err().is_value());
    assert_eq!(new(&[[Key::New; 63].as_slice(), &[Key::Index(0)]].concat()).unwrap().ndim(), 64);
}

/// A new dimension has no pointer, wherever it stands among those that have one.
#[test]
fn new_dimensions_among_pointers() {
    let layout = Layout::new(&[2, 3, 4], Some(&[8, 8, 2]), Some(&[0, 5, -1]), 2).unwrap();
    let select = |keys: &[Key]| layout.select(keys).unwrap();
    let all = select(&[Key::New, Key::FULL, Key::New, Key::FULL, Key::FULL, Key::New]);
    assert_eq!(all.layout.shape(), [1, 2, 1, 3, 4, 1]);
    assert_eq!(all.layout.suboffsets(), [-1, 0, -1, 5, -1, -1]);
    let hopped = select(&[Key::New, Key::Index(1), Key::New, Key::Index(2)]);
    let plain = select(&[Key::Index(1), Key::Index(2)]);
    assert_eq!((hopped.offset, &hopped.hops), (plain.offset, &plain.hops));
    assert_eq!(hopped.layout.shape(), [1, 1, 4]);
    assert!(hopped.layout.suboffsets().is_empty());
}

/// Layouts that reach to the ends of memory.
#[test]
fn extreme_layouts_and_keys() {
    let lengths = [0, 1, 2, isize::MAX as usize];
    let strides = [isize::MIN, -1, 0, 1, isize::MAX];
    let bounds = [isize::MIN, isize::MIN + 1, -2, -1, 0, 1, 2, isize::MAX - 1, isize::MAX];
    let steps = [isize::MIN, -2, -1, 1, 2, isize::MAX];
    for (length, stride) in lengths.iter().flat_map(|&n| strides.map(|stride| (n, stride))) {
        let Ok(layout) = Layout::new(&[length], Some(&[stride]), None, 1) else { continue };
        for (start, stop) in bounds.iter().flat_map(|&start| bounds.map(|stop| (start, stop))) {
            for step in steps {
                let selection = layout.select(&[Key::Slice { start, stop, step }]).unwrap();
                let count = selection.layout.shape()[0];
                if length <= 2 {
                    assert_eq!(count, slice_indices(length, start, stop, step).len());
                }
                assert!(count <= length);
                let _ = (selection.layout.extent(), selection.layout.is_c_contiguous());
            }
        }
        for index in bounds {
            let inside = (-(length as i128)..length as i128).contains(&(index as i128));
            assert_eq!(layout.select(&[Key::Index(index)]).is_ok(), inside, "{index} of {length}");
        }
    }
}

/// A step of 0 names no slice.
#[test]
fn a_step_of_zero_is_refused() {
    let layout = Layout::contiguous(&[4], 1).unwrap();
    let error = layout.select(&[Key::Slice { start: 0, stop: 4, step: 0 }]).unwrap_err();
    assert!(error.is_value(), "{error}");
}

#[test]
fn what_the_errors_say() {
    let layout = Layout::contiguous(&[4, 5], 1).unwrap();
    let message = |keys: &[Key]| layout.select(keys).unwrap_err().to_string();
    assert_eq!(message(&[Key::Index(4)]), "index out of bounds on dimension 1");
    assert_eq!(message(&[Key::FULL, Key::Index(-6)]), "index out of bounds on dimension 2");
    assert!(message(&[Key::Index(0); 3]).starts_with("too many indices: 3 for "));
    let ellipses = [Key::Ellipsis, Key::Index(0), Key::Ellipsis];
    assert_eq!(message(&ellipses), "an index can have only one ellipsis ('...')");
}

/// The only two errors of suboffsets: where there are no elements, nothing has to lead to them.
#[test]
fn nothing_can_be_selected_whatever_pointers_are_on_the_way() {
    let whole = Layout::new(&[3, 4, 5], Some(&[8, 8, 4]), Some(&[0, 0, -1]), 4).unwrap();
    let index = Key::Index(1);
    let backwards = Key::Slice { start: isize::MAX, stop: isize::MIN, step: -1 };
    let none = Key::Slice { start: 0, stop: 0, step: 1 };
    assert!(whole.select(&[Key::FULL, index]).unwrap_err().is_buffer());
    let selection = whole.select(&[none, index]).unwrap();
    assert_eq!((selection.layout.shape(), selection.layout.suboffsets()), (&[0, 5][..], &[][..]));
    assert_eq!(whole.select(&[none, index, backwards]).unwrap().layout.shape(), [0, 5]);
    assert!(whole.transpose(&[1, 0, 2]).unwrap_err().is_buffer());
    let empty = whole.select(&[none]).unwrap().layout;
    assert_eq!(empty.transpose(&[1, 0, 2]).unwrap().shape(), [4, 0, 5]);
    assert_eq!(empty.reshape(&[7, 0], Order::C).unwrap().shape(), [7, 0]);
}
