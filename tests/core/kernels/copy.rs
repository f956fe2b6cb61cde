//! Moving elements of every size between random layouts: gathering, assigning, filling. The oracle
//! takes each element out into a `Vec` before it puts any back.

use crate::support::{Arena, Placed, config, noise, placed, placed_as, shapes};
use consumer::Order;
use consumer::kernels::copy;
use consumer::memory::Memory;
use proptest::prelude::*;

fn orders() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::C), Just(Order::Fortran)]
}

/// Returns the bytes of memory.
#[allow(unsafe_code)]
fn bytes_of(memory: &Memory) -> Vec<u8> {
    // SAFETY: the memory has that many bytes, and nothing else accesses it.
    unsafe { std::slice::from_raw_parts(memory.start(), memory.len()) }.to_vec()
}

#[allow(unsafe_code)]
fn fill(memory: &Memory) {
    // SAFETY: the memory is that long, and nobody else refers to it.
    unsafe { memory.start().write_bytes(0xff, memory.len()) };
}

/// What an arena holds after the elements of one layout have been put in the places of another,
/// and which of its bytes were in none of the places.
fn assigned(before: &[u8], target: &Placed, elements: &[u8]) -> (Vec<u8>, Vec<bool>) {
    let (mut after, mut outside) = (before.to_vec(), vec![true; before.len()]);
    let itemsize = target.itemsize;
    for (position, element) in target.positions(Order::C).iter().zip(elements.chunks(itemsize)) {
        after[*position..position + itemsize].copy_from_slice(element);
        outside[*position..position + itemsize].fill(false);
    }
    (after, outside)
}

/// Two layouts of the same shape in one arena, the second shifted against the first.
fn overlapping() -> impl Strategy<Value = (Placed, Placed, usize)> {
    (shapes(), 1..=17_usize).prop_flat_map(|(shape, itemsize)| {
        let places = (placed_as(shape.clone(), itemsize), placed_as(shape, itemsize));
        (places, 0..40_usize, 0..40_usize).prop_map(|((mut to, mut from), shift, other)| {
            to.start += shift;
            from.start += other;
            let size = (to.size + shift).max(from.size + other);
            (to, from, size)
        })
    })
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn elements_are_gathered_in_order(
        place in (1..=17_usize).prop_flat_map(placed),
        order in orders(),
        seed in any::<u64>(),
    ) {
        let arena = Arena::random(place.size, seed);
        let view = place.opaque(&arena, true);
        let expected = place.gathered(&arena.bytes(), order);
        let mut gathered = vec![0; expected.len()];
        copy::to_slice(&view, order, &mut gathered).unwrap();
        prop_assert_eq!(&gathered, &expected);
        let memory = copy::to_memory(&view, order).unwrap();
        prop_assert_eq!(memory.len(), expected.len());
        prop_assert_eq!(bytes_of(&memory), expected);
        // One byte too many.
        gathered.push(0);
        let error = copy::to_slice(&view, order, &mut gathered).unwrap_err();
        prop_assert!(error.is_value(), "{}", error);
    }

    #[test]
    fn an_assignment_reads_all_before_it_writes(
        (to, from, size) in overlapping(),
        seed in any::<u64>(),
    ) {
        let arena = Arena::random(size, seed);
        let before = arena.bytes();
        let (after, outside) = assigned(&before, &to, &from.gathered(&before, Order::C));
        let (target, source) = (to.opaque(&arena, false), from.opaque(&arena, true));
        copy::assign(&target, &source).unwrap();
        let found = arena.bytes();
        if to.is_disjoint() {
            prop_assert_eq!(&found, &after);
        } else {
            // Which of several elements stays in a shared place is not specified, but nothing
            // around them may change.
            for (position, _) in outside.iter().enumerate().filter(|&(_, &outside)| outside) {
                prop_assert_eq!(found[position], before[position]);
            }
        }
    }

    /// The commonest way to overlap: a part of a line onto another part of it.
    #[test]
    fn lines_are_shifted_and_reversed(
        itemsize in 1..=17_usize,
        length in 0..12_usize,
        steps in (-3..=3_isize, -3..=3_isize),
        shifts in (0..3_usize, 0..3_usize),
        seed in any::<u64>(),
    ) {
        let line = |step: isize, shift: usize| {
            let mut place = Placed::new(&[length], &[step * itemsize as isize], itemsize, 0, 0);
            place.start += shift * itemsize;
            place.size += shift * itemsize;
            place
        };
        let (to, from) = (line(steps.0, shifts.0), line(steps.1, shifts.1));
        let arena = Arena::random(to.size.max(from.size), seed);
        let before = arena.bytes();
        let (after, _) = assigned(&before, &to, &from.gathered(&before, Order::C));
        copy::assign(&to.opaque(&arena, false), &from.opaque(&arena, true)).unwrap();
        if to.is_disjoint() {
            prop_assert_eq!(arena.bytes(), after);
        }
    }

    #[test]
    fn every_element_is_filled_and_nothing_else(
        place in (1..=17_usize).prop_flat_map(placed),
        seed in any::<u64>(),
    ) {
        let arena = Arena::random(place.size, seed);
        let before = arena.bytes();
        // The same byte throughout, so that elements that share bytes agree on them.
        let same = vec![0xa5; place.itemsize];
        let element = if place.is_disjoint() { noise(place.itemsize, !seed) } else { same };
        let elements = element.repeat(place.positions(Order::C).len());
        let (after, _) = assigned(&before, &place, &elements);
        let view = place.opaque(&arena, false);
        copy::fill(&view, &element).unwrap();
        prop_assert_eq!(arena.bytes(), after);

        let long = [element.as_slice(), &[0]].concat();
        prop_assert!(copy::fill(&view, &long).unwrap_err().is_value());
        prop_assert!(copy::fill(&view, &element[1..]).unwrap_err().is_value());
        let readonly = place.opaque(&arena, true);
        prop_assert!(copy::fill(&readonly, &element).unwrap_err().is_read_only());
        prop_assert!(copy::fill(&view.to_readonly(), &element).unwrap_err().is_read_only());
    }

    #[test]
    fn what_does_not_fit_is_refused_and_changes_nothing(
        (to, from) in (1..3_usize, 1..3_usize)
            .prop_flat_map(|(to, from)| (placed(to), placed(from))),
        readonly in any::<bool>(),
    ) {
        let (arena, other) = (Arena::random(to.size, 1), Arena::random(from.size, 2));
        let before = arena.bytes();
        let target = to.opaque(&arena, readonly);
        let fits = to.shape == from.shape && to.itemsize == from.itemsize;
        match copy::assign(&target, &from.opaque(&other, true)) {
            Ok(()) => prop_assert!(fits && !readonly),
            Err(error) => {
                prop_assert_eq!(error.is_read_only(), readonly);
                prop_assert!(readonly || (error.is_value() && !fits));
                prop_assert_eq!(arena.bytes(), before);
            }
        }
    }
}

#[test]
fn memory_is_zeroed_and_aligned() {
    let mut kept = Vec::new();
    for length in [0, 1, 16, 40, 48, 63, 64, 65, 1000, 100_000, 10_000_000] {
        for _ in 0..8 {
            let memory = Memory::zeroed(length).unwrap();
            assert_eq!((memory.len(), memory.is_empty()), (length, length == 0));
            assert_eq!(memory.start() as usize % 64, 0);
            assert!(bytes_of(&memory).iter().all(|&byte| byte == 0));
            // What does not lie within what was allocated would be seen in a neighbour, or in the
            // allocator's own bytes when the memory is freed.
            fill(&memory);
            kept.push(memory);
        }
    }
    drop(kept);
    for length in [isize::MAX as usize, isize::MAX as usize + 1, usize::MAX - 62, usize::MAX] {
        assert!(Memory::zeroed(length).unwrap_err().is_too_large());
    }
}

/// A broadcast view stands for far more bytes than there are.
#[test]
fn a_copy_that_no_memory_holds_is_refused() {
    let arena = Arena::random(8, 0);
    let place = Placed::new(&[1], &[0], 1, 0, 7);
    let huge = Placed { shape: vec![isize::MAX as usize / 2], ..place };
    let view = huge.opaque(&arena, true);
    assert!(copy::to_memory(&view, Order::C).unwrap_err().is_too_large());
}
