//! What several of the core's tests share: memory to point views at, random layouts that lie in
//! it, and the naive oracle for where their elements lie, written from the definition alone.

#![allow(unsafe_code)]

use std::cell::Cell;

use consumer::element::{Element, Opaque};
use consumer::{Error, Format, Layout, Order, View};
use proptest::prelude::*;

/// Shorter runs than proptest's own, and no files beside the tests.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Bytes that views may point at, read and store into.
#[derive(Debug)]
pub(crate) struct Arena(Vec<Cell<u8>>);

impl Arena {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(bytes.iter().copied().map(Cell::new).collect())
    }

    /// Bytes that differ from their neighbours, another sequence for each seed.
    pub(crate) fn random(size: usize, seed: u64) -> Self {
        Self::new(&noise(size, seed))
    }

    pub(crate) fn pointer(&self, offset: usize) -> *mut u8 {
        self.0.as_ptr().cast_mut().cast::<u8>().wrapping_add(offset)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.iter().map(Cell::get).collect()
    }
}

/// `size` bytes of a small generator (splitmix64).
pub(crate) fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) as u8
    };
    std::iter::repeat_with(next).take(size).collect()
}

/// Every index of a shape, in an order.
pub(crate) fn indices(shape: &[usize], order: Order) -> Vec<Vec<usize>> {
    if order == Order::Fortran {
        let reversed: Vec<usize> = shape.iter().rev().copied().collect();
        let mut all = indices(&reversed, Order::C);
        all.iter_mut().for_each(|index| index.reverse());
        return all;
    }
    let mut all = vec![vec![]];
    for &length in shape {
        let longer =
            |index: Vec<usize>| (0..length).map(move |last| [index.as_slice(), &[last]].concat());
        all = all.into_iter().flat_map(longer).collect();
    }
    all
}

/// Where the element of an index lies, in bytes from the start.
pub(crate) fn offset(strides: &[isize], index: &[usize]) -> i128 {
    strides.iter().zip(index).map(|(&stride, &index)| stride as i128 * index as i128).sum()
}

/// Where every element of a layout lies, in an order, in bytes from the start.
pub(crate) fn offsets(layout: &Layout, order: Order) -> Vec<i128> {
    let indices = indices(layout.shape(), order);
    indices.iter().map(|index| offset(layout.strides(), index)).collect()
}

/// A layout, and where it starts in an arena of `size` bytes that it lies in.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<isize>,
    pub(crate) itemsize: usize,
    pub(crate) start: usize,
    pub(crate) size: usize,
}

impl Placed {
    /// The smallest room for a layout, with some bytes before and after it.
    pub(crate) fn new(
        shape: &[usize],
        strides: &[isize],
        itemsize: usize,
        before: usize,
        after: usize,
    ) -> Self {
        let offsets: Vec<i128> =
            indices(shape, Order::C).iter().map(|index| offset(strides, index)).collect();
        let low = offsets.iter().copied().min().unwrap_or(0);
        let high = offsets.iter().copied().max().unwrap_or(0);
        let start = before + low.unsigned_abs() as usize;
        let size = start + high as usize + itemsize + after;
        Self { shape: shape.into(), strides: strides.into(), itemsize, start, size }
    }

    pub(crate) fn layout(&self) -> Layout {
        Layout::new(&self.shape, Some(&self.strides), None, self.itemsize).unwrap()
    }

    /// The first byte of every element in the arena, in an order.
    pub(crate) fn positions(&self, order: Order) -> Vec<usize> {
        let position = |index: &Vec<usize>| {
            usize::try_from(self.start as i128 + offset(&self.strides, index)).unwrap()
        };
        indices(&self.shape, order).iter().map(position).collect()
    }

    /// The bytes of every element, in an order, one element after the other.
    pub(crate) fn gathered(&self, bytes: &[u8], order: Order) -> Vec<u8> {
        let element = |&position: &usize| &bytes[position..position + self.itemsize];
        self.positions(order).iter().flat_map(element).copied().collect()
    }

    /// Whether no two elements share a byte.
    pub(crate) fn is_disjoint(&self) -> bool {
        let mut positions = self.positions(Order::C);
        positions.sort_unstable();
        positions.windows(2).all(|pair| pair[0] + self.itemsize <= pair[1])
    }

    pub(crate) fn view<'a, T: Element>(
        &self,
        arena: &'a Arena,
        readonly: bool,
        descriptor: T::Descriptor,
    ) -> View<'a, T> {
        assert!(self.size <= arena.0.len());
        let start = arena.pointer(self.start);
        // SAFETY: the arena has the room that was measured for the layout, its cells may be stored
        // into, and it outlives the views of a test.
        unsafe { View::new(start, self.layout(), readonly, descriptor) }
    }

    /// A view of bytes without meaning, for elements of any size.
    pub(crate) fn opaque<'a>(&self, arena: &'a Arena, readonly: bool) -> View<'a, Opaque> {
        self.view(arena, readonly, unreadable())
    }
}

/// Some error, for the descriptor of elements that are not to be read.
pub(crate) fn unreadable() -> Error {
    Format::parse(b"no format").unwrap_err()
}

/// Up to four dimensions of up to five elements.
pub(crate) fn shapes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        6 => proptest::collection::vec(1_usize..=5, 0..=4),
        1 => proptest::collection::vec(0_usize..=5, 0..=4),
    ]
}

/// Strides for a shape: contiguous, padded, backwards, broadcast, or whatever.
pub(crate) fn strides(shape: &[usize], itemsize: usize) -> BoxedStrategy<Vec<isize>> {
    let contiguous = |padding: usize, fortran: bool| {
        let mut step = itemsize as isize;
        let mut strides: Vec<isize> = vec![0; shape.len()];
        for position in 0..shape.len() {
            let dimension = if fortran { position } else { shape.len() - 1 - position };
            strides[dimension] = step;
            step *= (shape[dimension].max(1) + padding) as isize;
        }
        strides
    };
    let ndim = shape.len();
    let structured = prop_oneof![
        Just(contiguous(0, false)),
        Just(contiguous(0, true)),
        Just(contiguous(1, false)),
        Just(contiguous(1, true)),
    ];
    let signs = proptest::collection::vec(
        prop_oneof![4 => Just(1_isize), 1 => Just(-1), 1 => Just(0), 1 => Just(2)],
        ndim,
    );
    let signed = (structured.clone(), signs)
        .prop_map(|(strides, signs)| strides.iter().zip(signs).map(|(a, b)| a * b).collect());
    prop_oneof![
        2 => structured,
        2 => signed,
        1 => proptest::collection::vec(-40_isize..=40, ndim),
    ]
    .boxed()
}

/// A random layout of a shape, with room for it.
pub(crate) fn placed_as(shape: Vec<usize>, itemsize: usize) -> impl Strategy<Value = Placed> {
    (strides(&shape, itemsize), 0_usize..9, 0_usize..9).prop_map(move |(strides, before, after)| {
        Placed::new(&shape, &strides, itemsize, before, after)
    })
}

/// A random layout with room for it.
pub(crate) fn placed(itemsize: usize) -> impl Strategy<Value = Placed> {
    shapes().prop_flat_map(move |shape| placed_as(shape, itemsize))
}
