//! Arrays whose elements lie behind pointers, as PIL's images do: reads, selections and walks.
//!
//! The arrays are built here, block by block: each dimension may be followed by a pointer to a
//! block of its own, strides run forwards or backwards, and the pointers point anywhere near what
//! they lead to. Each element is its own position in C order, so that values alone tell right from
//! wrong.

#![allow(unsafe_code)]

use crate::support::{self, Arena, config, indices, noise};
use consumer::kernels::{compare, copy, search};
use consumer::view::Walk;
use consumer::{Key, Layout, Order, View};
use proptest::prelude::*;

const WORD: usize = size_of::<*mut u8>();

/// A dimension: its length, whether its stride is negative, and what suboffset follows it.
#[derive(Debug, Clone, Copy)]
struct Dimension {
    length: usize,
    backwards: bool,
    suboffset: Option<isize>,
}

/// The memory of an array, and a view of it.
struct Image {
    /// What the view points into.
    _blocks: Vec<Arena>,
    view: View<'static, u32>,
}

/// The first dimensions up to the one that is followed by a pointer, and the others.
fn split(dimensions: &[Dimension]) -> (&[Dimension], &[Dimension]) {
    let end = dimensions.iter().position(|one| one.suboffset.is_some());
    dimensions.split_at(end.map_or(dimensions.len(), |end| end + 1))
}

/// The strides of dimensions in one block, contiguous but for the last one, which leaves gaps.
fn strides(block: &[Dimension]) -> Vec<isize> {
    let is_pointer = block.last().is_some_and(|last| last.suboffset.is_some());
    let mut step = if is_pointer { WORD } else { 4 } + 3;
    let mut strides = vec![0; block.len()];
    for (stride, dimension) in strides.iter_mut().zip(block).rev() {
        *stride = if dimension.backwards { -(step as isize) } else { step as isize };
        step *= dimension.length.max(1);
    }
    strides
}

/// Builds the elements under `dimensions`, and returns the address of the first one, or of the
/// pointer that leads to it.
fn build(dimensions: &[Dimension], next: &mut u32, blocks: &mut Vec<Arena>) -> *mut u8 {
    let (block, rest) = split(dimensions);
    let strides = strides(block);
    let shape: Vec<usize> = block.iter().map(|dimension| dimension.length).collect();
    let place = support::Placed::new(&shape, &strides, WORD, 0, 0);
    let arena = Arena::new(&vec![0xee; place.size]);
    for position in place.positions(Order::C) {
        let cell = arena.pointer(position);
        match block.last().and_then(|last| last.suboffset) {
            Some(suboffset) => {
                let target = build(rest, next, blocks).wrapping_offset(-suboffset);
                // SAFETY: the arena has room for a pointer at each position.
                unsafe { cell.cast::<*mut u8>().write_unaligned(target) };
            }
            None => {
                // SAFETY: the arena has room for a pointer, and so for an element.
                unsafe { cell.cast::<u32>().write_unaligned(*next) };
                *next += 1;
            }
        }
    }
    let start = arena.pointer(place.start);
    blocks.push(arena);
    start
}

impl Image {
    fn new(dimensions: &[Dimension]) -> Self {
        let (mut blocks, mut next) = (Vec::new(), 0);
        let start = build(dimensions, &mut next, &mut blocks);
        let shape: Vec<usize> = dimensions.iter().map(|dimension| dimension.length).collect();
        let mut all = Vec::new();
        let mut rest = dimensions;
        while !rest.is_empty() {
            let (block, others) = split(rest);
            all.extend(strides(block));
            rest = others;
        }
        let suboffsets: Vec<isize> =
            dimensions.iter().map(|dimension| dimension.suboffset.unwrap_or(-1)).collect();
        let layout = Layout::new(&shape, Some(&all), Some(&suboffsets), 4).unwrap();
        // SAFETY: the blocks hold what the layout leads to, and live as long as the view.
        let view = unsafe { View::new(start, layout, false, ()) };
        Self { _blocks: blocks, view }
    }
}

/// The last dimension holds the elements: no pointer follows it.
fn dimensions() -> impl Strategy<Value = Vec<Dimension>> {
    let suboffset =
        prop_oneof![1 => Just(None), 1 => Just(Some(0)), 1 => (0..9_isize).prop_map(Some)];
    let length = prop_oneof![8 => 1..=4_usize, 1 => Just(0)];
    let dimension = (length, any::<bool>(), suboffset)
        .prop_map(|(length, backwards, suboffset)| Dimension { length, backwards, suboffset });
    proptest::collection::vec(dimension, 1..=4).prop_map(|mut dimensions| {
        dimensions.last_mut().unwrap().suboffset = None;
        dimensions
    })
}

fn keys() -> impl Strategy<Value = Vec<Key>> {
    let step = prop_oneof![-3..=-1_isize, 1..=3_isize];
    let slice = (-5..5_isize, -5..6_isize, step).prop_map(|(start, stop, step)| Key::Slice {
        start,
        stop,
        step,
    });
    let backwards = Key::Slice { start: isize::MAX, stop: isize::MIN, step: -1 };
    let key = prop_oneof![
        3 => (-3..3_isize).prop_map(Key::Index),
        2 => slice,
        1 => Just(Key::FULL),
        1 => Just(backwards),
    ];
    proptest::collection::vec(key, 0..=4)
}

/// The elements of an array of consecutive numbers that a key selects, through an ordinary array
/// of the same shape.
fn expected(shape: &[usize], keys: &[Key]) -> Option<(Vec<usize>, Vec<u32>)> {
    let numbers: Vec<u32> = (0..shape.iter().product::<usize>() as u32).collect();
    let selection = Layout::contiguous(shape, 4).unwrap().select(keys).ok()?;
    let value = |offset: i128| numbers[(selection.offset as i128 + offset) as usize / 4];
    let values = support::offsets(&selection.layout, Order::C).into_iter().map(value).collect();
    Some((selection.layout.shape().to_vec(), values))
}

fn walked(view: &View<'_, u32>, order: Order) -> Vec<u32> {
    let elements = Walk::from_view(view.raw(), order)
        .flat_map(|run| (0..run.length).map(move |index| run.pointer(0, index).cast::<u32>()));
    // SAFETY: the runs lead to elements of the view.
    elements.map(|element| unsafe { element.read_unaligned() }).collect()
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn every_element_is_read_in_its_place(dimensions in dimensions()) {
        let image = Image::new(&dimensions);
        let view = &image.view;
        let all = indices(view.layout().shape(), Order::C);
        for (number, index) in all.iter().enumerate() {
            let signed: Vec<isize> = index.iter().map(|&index| index as isize).collect();
            prop_assert_eq!(view.get(&signed).unwrap(), number as u32);
        }
        let in_order: Vec<u32> = (0..all.len() as u32).collect();
        prop_assert_eq!(view.iter().collect::<Vec<_>>(), in_order.as_slice());
        prop_assert_eq!(walked(view, Order::C), in_order.as_slice());
        let fortran: Vec<u32> = indices(view.layout().shape(), Order::Fortran)
            .iter()
            .map(|index| all.iter().position(|other| other == index).unwrap() as u32)
            .collect();
        prop_assert_eq!(walked(view, Order::Fortran), fortran.as_slice());

        let mut gathered = vec![0; 4 * all.len()];
        copy::to_slice(view, Order::Fortran, &mut gathered).unwrap();
        let bytes: Vec<u8> = fortran.iter().flat_map(|number| number.to_ne_bytes()).collect();
        prop_assert_eq!(gathered, bytes);
    }

    #[test]
    fn a_key_selects_the_same_elements(dimensions in dimensions(), keys in keys()) {
        let image = Image::new(&dimensions);
        let Some((shape, values)) = expected(image.view.layout().shape(), &keys) else {
            prop_assert!(image.view.select(&keys).is_err());
            return Ok(());
        };
        match image.view.select(&keys) {
            Ok(selected) => {
                prop_assert_eq!(selected.layout().shape(), shape.as_slice());
                prop_assert_eq!(selected.iter().collect::<Vec<_>>(), values);
            }
            Err(error) => {
                // Two pointers for one dimension, or a suboffset that would have to be negative,
                // which means that there is none.
                let pointers = dimensions.iter().filter(|one| one.suboffset.is_some()).count();
                let behind = dimensions.iter().skip_while(|one| one.suboffset.is_none()).skip(1);
                let backwards = behind.filter(|one| one.backwards).count();
                prop_assert!(error.is_buffer(), "{}", error);
                prop_assert!(pointers > 1 || backwards > 0, "{}", error);
            }
        }
    }

    #[test]
    fn a_selection_of_a_selection(dimensions in dimensions(), first in keys(), second in keys()) {
        let image = Image::new(&dimensions);
        let Ok(selected) = image.view.select(&first) else { return Ok(()) };
        let numbers: Vec<u32> = selected.iter().collect();
        let Some((shape, positions)) = expected(selected.layout().shape(), &second) else {
            return Ok(());
        };
        let Ok(again) = selected.select(&second) else { return Ok(()) };
        prop_assert_eq!(again.layout().shape(), shape.as_slice());
        let values: Vec<u32> = positions.iter().map(|&position| numbers[position as usize]).collect();
        prop_assert_eq!(again.iter().collect::<Vec<_>>(), values);
    }

    #[test]
    fn dimensions_change_places_only_on_the_same_side_of_a_pointer(
        (dimensions, axes) in dimensions().prop_flat_map(|dimensions| {
            let axes = Just((0..dimensions.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(dimensions), axes)
        }),
    ) {
        let image = Image::new(&dimensions);
        let side = |dimension: usize| {
            dimensions[..dimension].iter().filter(|one| one.suboffset.is_some()).count()
        };
        // Where there are no elements, no pointer leads to any.
        let allowed = image.view.layout().is_empty()
            || axes.iter().enumerate().all(|(place, &axis)| side(place) == side(axis));
        let named: Vec<isize> = axes.iter().map(|&axis| axis as isize).collect();
        match image.view.transpose(&named) {
            Ok(transposed) => {
                prop_assert!(allowed);
                for (number, index) in
                    indices(image.view.layout().shape(), Order::C).iter().enumerate()
                {
                    let moved: Vec<isize> = axes.iter().map(|&axis| index[axis] as isize).collect();
                    prop_assert_eq!(transposed.get(&moved).unwrap(), number as u32);
                }
            }
            Err(error) => prop_assert!(!allowed && error.is_buffer(), "{}", error),
        }
    }

    #[test]
    fn kernels_follow_the_pointers(dimensions in dimensions(), seed in any::<u64>()) {
        let image = Image::new(&dimensions);
        let (view, count) = (&image.view, image.view.layout().len());
        let other = Image::new(&dimensions);
        prop_assert!(compare::equal(view, &other.view));
        prop_assert_eq!(search::find(view, count as u32), None);
        if let Some(last) = count.checked_sub(1) {
            prop_assert_eq!(search::find(view, last as u32), Some(last));
            prop_assert_eq!(search::count(view, last as u32), 1);
        }
        // From straight memory, and over itself.
        let bytes = noise(4 * count, seed);
        let arena = Arena::new(&[bytes.as_slice(), &[0; 4]].concat());
        let layout = Layout::contiguous(view.layout().shape(), 4).unwrap();
        // SAFETY: the arena holds the contiguous elements.
        let straight = unsafe { View::<u32>::new(arena.pointer(0), layout, false, ()) };
        copy::assign(view, &straight).unwrap();
        prop_assert!(compare::equal(view, &straight));
        copy::assign(view, view).unwrap();
        prop_assert!(compare::equal(view, &straight));
        copy::fill(view, &7_u32.to_ne_bytes()).unwrap();
        prop_assert_eq!(search::count(view, 7), count);
    }
}

/// Rows that are pointed at by their last element: the slice leads to before the pointer.
#[test]
fn a_slice_may_begin_before_what_the_pointer_points_at() {
    let rows = Dimension { length: 2, backwards: false, suboffset: Some(0) };
    let columns = Dimension { length: 3, backwards: true, suboffset: None };
    let image = Image::new(&[rows, columns]);
    assert_eq!(image.view.iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    let from_one = Key::Slice { start: 1, stop: isize::MAX, step: 1 };
    match image.view.select(&[Key::FULL, from_one]) {
        Ok(selected) => assert_eq!(selected.iter().collect::<Vec<_>>(), [1, 2, 4, 5]),
        Err(error) => assert!(error.is_buffer(), "{error}"),
    }
    // Where the row is known, its pointer is followed at once, and all is well.
    let row = image.view.select(&[Key::Index(1), from_one]).unwrap();
    assert_eq!(row.iter().collect::<Vec<_>>(), [4, 5]);
}
