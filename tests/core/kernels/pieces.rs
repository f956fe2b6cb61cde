//! The pieces of views are all of their elements, once each, in the sequence that was asked for.

#![allow(unsafe_code)]

use crate::support::{Arena, Placed, config, placed_as, shapes};
use consumer::kernels::pieces::{Sequence, for_each_piece};
use consumer::view::{RawView, Walk};
use consumer::{Layout, Order};
use proptest::prelude::*;

/// Where the elements of a view lie in an arena, in C order.
fn positions(view: RawView<'_>, arena: &Arena) -> Vec<usize> {
    let place = |pointer: *mut u8| (pointer as usize).wrapping_sub(arena.pointer(0) as usize);
    Walk::from_view(view, Order::C)
        .flat_map(|run| (0..run.length).map(move |index| place(run.pointer(0, index))))
        .collect()
}

/// The pieces of two views: for each, what comes before it, and where its elements lie in both.
fn pieces(
    places: [&Placed; 2],
    arenas: [&Arena; 2],
    max_bytes: usize,
    sequence: Sequence,
) -> Vec<(usize, [Vec<usize>; 2])> {
    let (one, other) = (places[0].opaque(arenas[0], true), places[1].opaque(arenas[1], true));
    let mut pieces = Vec::new();
    let all = for_each_piece(
        [one.raw(), other.raw()],
        max_bytes,
        sequence,
        &mut |[one, other], before| {
            assert_eq!(one.layout().shape(), other.layout().shape());
            pieces.push((before, [positions(one, arenas[0]), positions(other, arenas[1])]));
            Ok(true)
        },
    );
    assert!(all.unwrap());
    pieces
}

fn two_places() -> impl Strategy<Value = (Placed, Placed)> {
    shapes().prop_flat_map(|shape| (placed_as(shape.clone(), 2), placed_as(shape, 5)))
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn pieces_are_all_elements_in_their_sequence(
        (one, other) in two_places(),
        max_bytes in 0_usize..60,
    ) {
        let arenas = [&one, &other].map(|place| Arena::random(place.size, 0));
        let expected = [one.positions(Order::C), other.positions(Order::C)];
        for sequence in [Sequence::Forward, Sequence::Backward, Sequence::Any] {
            let mut pieces = pieces([&one, &other], [&arenas[0], &arenas[1]], max_bytes, sequence);
            let larger = |piece: &(usize, [Vec<usize>; 2])| {
                let count = piece.1[0].len();
                count > 1 && count * 5 > max_bytes
            };
            prop_assert!(!pieces.iter().any(larger));
            if sequence == Sequence::Backward {
                pieces.reverse();
            }
            let mut found = [Vec::new(), Vec::new()];
            for (before, piece) in pieces {
                prop_assert_eq!(piece[0].len(), piece[1].len());
                if sequence != Sequence::Any {
                    prop_assert_eq!(before, found[0].len());
                }
                found[0].extend(&piece[0]);
                found[1].extend(&piece[1]);
            }
            if sequence == Sequence::Any {
                let sorted = |[one, other]: &[Vec<usize>; 2]| {
                    let mut pairs: Vec<(usize, usize)> =
                        one.iter().copied().zip(other.iter().copied()).collect();
                    pairs.sort_unstable();
                    pairs
                };
                prop_assert_eq!(sorted(&found), sorted(&expected));
            } else {
                prop_assert_eq!(&found, &expected);
            }
        }
    }

    #[test]
    fn work_ends_where_it_says_so(
        (one, _) in two_places(),
        max_bytes in 0_usize..60,
        enough in 1_usize..5,
    ) {
        let arena = Arena::random(one.size, 0);
        let view = one.opaque(&arena, true);
        let mut done = 0;
        let all = for_each_piece([view.raw()], max_bytes, Sequence::Any, &mut |_, _| {
            done += 1;
            Ok(done < enough)
        });
        prop_assert_eq!(all.unwrap(), done < enough);
        prop_assert!(done <= enough);
    }
}

/// Elements of no bytes count as one byte each, so that work on many of them can pause.
#[test]
fn elements_without_bytes_are_divided_as_well() {
    let layout = Layout::new(&[10], Some(&[0]), None, 0).unwrap();
    // SAFETY: nothing is at any address of such elements.
    let view = unsafe { RawView::new(std::ptr::dangling_mut(), &layout) };
    let mut pieces = Vec::new();
    for_each_piece([view], 4, Sequence::Forward, &mut |[piece], before| {
        pieces.push((before, piece.layout().len()));
        Ok(true)
    })
    .unwrap();
    assert_eq!(pieces, [(0, 4), (4, 4), (8, 2)]);
}
