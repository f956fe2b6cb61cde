//! What a layout says of itself — extent, size, contiguity — against the definitions, and what it
//! does where sums and products leave the range of memory: an error, never a panic or a wrapped
//! sum.

#![allow(unsafe_code)]

use crate::support::{self, Arena, config, offsets, placed};
use consumer::element::Opaque;
use consumer::kernels::copy;
use consumer::view::Walk;
use consumer::{Key, Layout, Order, View};
use proptest::prelude::*;

/// Whether each element follows the one before it, or there is none that could not.
fn is_contiguous(layout: &Layout, order: Order) -> bool {
    let contiguous = (0..).step_by(layout.itemsize());
    offsets(layout, order).into_iter().zip(contiguous).all(|(offset, expected)| offset == expected)
}

proptest! {
    #![proptest_config(config(5000))]

    #[test]
    fn what_a_layout_says_of_itself(place in placed(3)) {
        let layout = place.layout();
        let offsets = offsets(&layout, Order::C);
        prop_assert_eq!(layout.shape(), place.shape.as_slice());
        prop_assert_eq!(layout.strides(), place.strides.as_slice());
        prop_assert_eq!((layout.ndim(), layout.itemsize()), (place.shape.len(), 3));
        prop_assert_eq!(layout.len(), offsets.len());
        prop_assert_eq!(layout.nbytes(), 3 * offsets.len());
        prop_assert_eq!(layout.is_empty(), offsets.is_empty());
        prop_assert_eq!(layout.is_c_contiguous(), is_contiguous(&layout, Order::C));
        prop_assert_eq!(layout.is_f_contiguous(), is_contiguous(&layout, Order::Fortran));
        let low = offsets.iter().min().map_or(0, |&low| low as isize);
        let high = offsets.iter().max().map_or(0, |&high| high as isize + 3);
        prop_assert_eq!(layout.extent(), low..high);
    }

    #[test]
    fn layouts_without_strides_are_contiguous(shape in support::shapes(), itemsize in 1..20_usize) {
        let layout = Layout::contiguous(&shape, itemsize).unwrap();
        prop_assert!(layout.is_c_contiguous());
        prop_assert!(is_contiguous(&layout, Order::C));
        prop_assert_eq!(Layout::new(&shape, None, None, itemsize).unwrap(), layout);
    }

    /// Exact arithmetic tells which elements lie within memory. All others are refused, and those
    /// that are not can be worked on.
    #[test]
    fn what_reaches_further_than_memory_is_refused(
        (shape, strides) in extremes(),
        itemsize in prop_oneof![0..3_usize, Just(8), Just(isize::MAX as usize), Just(usize::MAX)],
    ) {
        // No reach is larger than 2^127, and sums are cut there.
        let mut low = 0_i128;
        let mut high = itemsize as i128;
        let mut size = itemsize as i128;
        for (&length, &stride) in shape.iter().zip(&strides) {
            let reach = (length as i128 - 1).saturating_mul(stride as i128);
            low = low.saturating_add(reach.min(0));
            high = high.saturating_add(reach.max(0));
            size = size.saturating_mul(length as i128);
        }
        let limit = isize::MAX as i128;
        let fits = low >= isize::MIN as i128 && high.saturating_sub(low) <= limit && size <= limit;
        match Layout::new(&shape, Some(&strides), None, itemsize) {
            Ok(layout) => {
                prop_assert!(fits || layout.is_empty(), "{:?}", layout);
                exercise(&layout);
            }
            Err(error) => {
                prop_assert!(error.is_too_large(), "{}", error);
                // Where there is no element, or none with a byte in it, either answer is good.
                prop_assert!(!fits || shape.contains(&0) || itemsize == 0, "{}", error);
            }
        }
        match Layout::contiguous(&shape, itemsize) {
            Ok(layout) => {
                prop_assert!(size <= limit || layout.is_empty(), "{:?}", layout);
                exercise(&layout);
            }
            Err(error) => prop_assert!(error.is_too_large(), "{}", error),
        }
    }

    /// The comparisons that spare most layouts the exact check.
    #[test]
    fn what_is_small_enough_at_a_glance_fits(
        (shape, strides) in proptest::collection::vec((short(), signed()), 1..4)
            .prop_map(|pairs| pairs.into_iter().unzip::<_, _, Vec<_>, Vec<_>>()),
        itemsize in prop_oneof![0..40_isize, short()].prop_map(isize::unsigned_abs),
    ) {
        let is_small = Layout::few_are_small(&shape, &strides, itemsize);
        let is_line = shape.len() == 1
            && Layout::line_fits(shape[0] as usize, strides[0], itemsize);
        let lengths: Vec<_> = shape.iter().map(|&length| length as usize).collect();
        let fits = Layout::new(&lengths, Some(&strides), None, itemsize).is_ok();
        prop_assert!(fits || !is_small && !is_line);
        let is_tiny = |&number: &isize| (0..1 << 7).contains(&number);
        let all_tiny = shape.iter().chain(&strides).all(is_tiny) && itemsize <= 32;
        prop_assert!(is_small || !all_tiny);
    }
}

/// A number of any number of bits, which most often are about a half.
fn short() -> impl Strategy<Value = isize> {
    let bits = prop_oneof![8 => isize::BITS / 2 - 4..isize::BITS / 2 + 16, 1 => 1..isize::BITS];
    (any::<usize>(), bits).prop_map(|(number, bits)| (number >> bits) as isize)
}

fn signed() -> impl Strategy<Value = isize> {
    (short(), any::<bool>()).prop_map(|(number, below)| if below { -number } else { number })
}

fn extremes() -> impl Strategy<Value = (Vec<usize>, Vec<isize>)> {
    let length = prop_oneof![
        4 => 0..3_usize,
        1 => Just(1 << 31),
        1 => Just(1 << 62),
        1 => Just(isize::MAX as usize),
        1 => Just(1 << 63),
        1 => Just(usize::MAX),
        1 => any::<usize>(),
    ];
    let stride = prop_oneof![
        4 => -2..3_isize,
        1 => Just(isize::MIN),
        1 => Just(isize::MAX),
        1 => Just(1 << 31),
        1 => any::<isize>(),
    ];
    proptest::collection::vec((length, stride), 0..5).prop_map(|pairs| pairs.into_iter().unzip())
}

/// All that can be asked of a layout whose memory need not be there.
fn exercise(layout: &Layout) {
    let _ = (layout.len(), layout.nbytes(), layout.is_empty(), layout.extent());
    let _ = (layout.is_c_contiguous(), layout.is_f_contiguous());
    assert!(layout.nbytes() == 0 || layout.nbytes() <= isize::MAX as usize);
    let backwards = Key::Slice { start: isize::MAX, stop: isize::MIN, step: -1 };
    let far = Key::Slice { start: 0, stop: isize::MAX, step: isize::MAX };
    for key in [Key::FULL, backwards, far, Key::Index(0), Key::Index(-1), Key::Ellipsis] {
        for keys in [&[key][..], &[key, backwards], &[Key::Ellipsis, key], &[key; 4]] {
            if let Ok(selection) = layout.select(keys) {
                let selected = selection.layout;
                let _ = (selected.len(), selected.extent(), selected.is_f_contiguous());
                let _ = selected.reshape(&[-1], Order::C);
            }
        }
    }
    for order in [Order::C, Order::Fortran] {
        for shape in
            [&[-1][..], &[], &[0], &[1, -1], &[isize::MAX, 2], &[isize::MAX, isize::MAX, 0]]
        {
            let _ = layout.reshape(shape, order);
        }
    }
    let axes: Vec<isize> = (0..layout.ndim() as isize).rev().collect();
    assert_eq!(layout.transpose(&axes).unwrap().transpose(&axes).unwrap(), *layout);
    if layout.nbytes() == 0 {
        exercise_empty(layout);
    }
}

/// Also what walks over memory, for a layout of no bytes.
fn exercise_empty(layout: &Layout) {
    let arena = Arena::new(&[0; 8]);
    let start = arena.pointer(4);
    // SAFETY: there is no byte to read or write.
    let view = unsafe { View::<Opaque>::new(start, layout.clone(), false, support::unreadable()) };
    for order in [Order::C, Order::Fortran] {
        let run = Walk::from_view(view.raw(), order).next();
        assert!(run.is_none() || layout.itemsize() == 0);
        if layout.is_empty() || layout.len() < 1 << 20 {
            copy::to_slice(&view, order, &mut []).unwrap();
        }
    }
    if layout.is_empty() {
        copy::assign(&view, &view).unwrap();
        copy::fill(&view, &vec![0; layout.itemsize().min(100)]).ok();
    }
}

#[test]
fn nothing_is_nowhere_however_long_it_is() {
    let (most, half) = (usize::MAX, 1 << 32);
    let shapes: [&[usize]; 6] =
        [&[most, 0], &[0, most], &[most, 2, 0], &[half, half, 0], &[most], &[half, half]];
    for shape in shapes {
        for itemsize in [0, 1] {
            let strides = vec![0; shape.len()];
            match Layout::new(shape, Some(&strides), None, itemsize) {
                Ok(layout) => exercise(&layout),
                Err(error) => assert!(error.is_too_large(), "{error}"),
            }
        }
    }
}

#[test]
fn parts_of_different_lengths_are_refused() {
    assert!(Layout::new(&[2, 3], Some(&[1]), None, 1).unwrap_err().is_buffer());
    assert!(Layout::new(&[2], Some(&[1, 1]), None, 1).unwrap_err().is_buffer());
    assert!(Layout::new(&[2], Some(&[1]), Some(&[-1, -1]), 1).unwrap_err().is_buffer());
    assert!(Layout::new(&[2], None, Some(&[]), 1).unwrap_err().is_buffer());
    // Suboffsets that lead nowhere are none.
    let layout = Layout::new(&[2, 3], None, Some(&[-1, -5]), 1).unwrap();
    assert!(layout.suboffsets().is_empty());
    assert!(layout.is_c_contiguous());
    let pointers = Layout::new(&[2, 3], Some(&[8, 1]), Some(&[0, -1]), 1).unwrap();
    assert_eq!(pointers.suboffsets(), [0, -1]);
    assert!(!pointers.is_c_contiguous() && !pointers.is_f_contiguous());
}
