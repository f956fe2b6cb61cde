//! Arrays of every type in both byte orders: what they are made from, what they say of themselves,
//! and that what is made from them shows the same elements and keeps the memory alive.

#![allow(unsafe_code)]

use crate::support::{Arena, config, indices, noise, offset};
use consumer::kernels::copy;
use consumer::memory::Memory;
use consumer::{AnyArray, DType, Format, FormatString, Key, Layout, Order, ScalarType, View};
use proptest::prelude::*;
use std::ffi::CString;
use std::sync::Arc;

const LITTLE: bool = cfg!(target_endian = "little");

/// Every type in both byte orders, and a format for it.
fn types() -> Vec<(ScalarType, CString)> {
    let both = DType::ALL.iter().flat_map(|&scalar| [(scalar, false), (scalar, true)]);
    both.map(|(scalar, swapped)| {
        let symbol = if swapped == LITTLE { ">" } else { "<" };
        let format = CString::new([symbol.as_bytes(), scalar.format()].concat()).unwrap();
        (ScalarType { dtype: scalar, swapped: swapped && scalar.size() > 1 }, format)
    })
    .collect()
}

/// How many bytes turn around together: those of the parts of a complex number.
fn part(scalar: DType) -> usize {
    let complex = scalar.name().contains("complex");
    scalar.size() / if complex { 2 } else { 1 }
}

fn turned(bytes: &[u8], part: usize) -> Vec<u8> {
    bytes.chunks(part).flat_map(|part| part.iter().rev()).copied().collect()
}

fn bytes_of(memory: &Memory) -> Vec<u8> {
    // SAFETY: the memory has that many bytes, all initialised, and nothing writes to it.
    unsafe { std::slice::from_raw_parts(memory.start(), memory.len()) }.to_vec()
}

/// The elements of an array of any type in C order, as they lie in memory.
fn elements(array: &AnyArray) -> Vec<u8> {
    let arena = Arena::new(&vec![0; array.layout().nbytes()]);
    // SAFETY: the arena has just the room that the elements need.
    unsafe { copy::gather(array.raw(), Order::C, arena.pointer(0)) }.unwrap();
    arena.bytes()
}

#[test]
fn every_type_in_both_orders() {
    for (scalar_type, format) in types() {
        let size = scalar_type.dtype.size();
        for shape in [&[][..], &[5], &[2, 3], &[0], &[3, 0, 2], &[1, 2, 1, 2]] {
            let bytes = noise(shape.iter().product::<usize>() * size, 1);
            let array = AnyArray::from_bytes(&bytes, &format, shape).unwrap();
            assert_eq!(array.scalar_type(), Some(scalar_type), "{format:?}");
            assert_eq!(array.layout(), &Layout::contiguous(shape, size).unwrap());
            assert_eq!(array.format().as_c_str(), format.as_c_str());
            assert!(!array.readonly() && array.to_readonly().readonly());
            assert_eq!(array.start(), array.raw().start());
            assert_eq!(elements(&array), bytes);
            let native = bytes_of(&array.to_native().unwrap());
            let order = if scalar_type.swapped { part(scalar_type.dtype) } else { 1 };
            assert_eq!(native, turned(&bytes, order), "{format:?}");
        }
    }
}

#[test]
fn the_variant_is_that_of_the_type() {
    macro_rules! variants {
        ($($format:literal $bytes:expr => $variant:ident $value:expr;)*) => {$(
            let array = AnyArray::from_bytes(&$bytes, $format, &[1]).unwrap();
            let AnyArray::$variant(array) = array else { panic!("{:?}", array) };
            assert_eq!(array.get(&[0]).unwrap(), $value);
        )*};
    }
    use consumer::element::{Address, Char, F8E4M3, F8E5M2, I24, U24, Ucs2, Ucs4};
    use num_complex::Complex;
    variants! {
        c"?" [2] => Bool true;
        c"c" [65] => Char Char(65);
        c"b" [0xff] => I8 -1;
        c"B" [0xff] => U8 255;
        c"=h" (-2_i16).to_ne_bytes() => I16 -2;
        c"=H" 2_u16.to_ne_bytes() => U16 2;
        c"3x:int24:" I24::wrapping(-2).to_ne_bytes() => I24 I24::wrapping(-2);
        c"3x:uint24:" U24::wrapping(2).to_ne_bytes() => U24 U24::wrapping(2);
        c"=i" (-2_i32).to_ne_bytes() => I32 -2;
        c"=L" 2_u32.to_ne_bytes() => U32 2;
        c"q" (-2_i64).to_ne_bytes() => I64 -2;
        c"=Q" 2_u64.to_ne_bytes() => U64 2;
        c"e" half::f16::ONE.to_ne_bytes() => F16 half::f16::ONE;
        c"2x:bfloat16:" half::bf16::ONE.to_ne_bytes() => BF16 half::bf16::ONE;
        c"1x:float8_e4m3fn:" [0x38] => F8E4M3 F8E4M3::from_f32(1.0);
        c"1x:float8_e5m2:" [0x3c] => F8E5M2 F8E5M2::from_f32(1.0);
        c"f" 1.5_f32.to_ne_bytes() => F32 1.5;
        c"d" 1.5_f64.to_ne_bytes() => F64 1.5;
        c"F" [1.5_f32.to_ne_bytes(), 2_f32.to_ne_bytes()].concat() =>
            Complex64 Complex::new(1.5, 2.0);
        c"Zd" [1.5_f64.to_ne_bytes(), 2_f64.to_ne_bytes()].concat() =>
            Complex128 Complex::new(1.5, 2.0);
        c"u" 7_u16.to_ne_bytes() => Ucs2 Ucs2(7);
        c"w" 7_u32.to_ne_bytes() => Ucs4 Ucs4(7);
        c"Z" 7_usize.to_ne_bytes() => Address Address(7);
    }
    #[cfg(target_endian = "little")]
    variants! {
        c">h" (-2_i16).to_be_bytes() => I16Swapped -2;
        c"!I" 2_u32.to_be_bytes() => U32Swapped 2;
        c">3x:int24:" [0xff, 0xff, 0xfe] => I24Swapped I24::wrapping(-2);
        c"!3x:uint24:" [0, 0, 2] => U24Swapped U24::wrapping(2);
        c">2x:bfloat16:" half::bf16::ONE.to_be_bytes() => BF16Swapped half::bf16::ONE;
        c">d" 1.5_f64.to_be_bytes() => F64Swapped 1.5;
        c">Zd" [1.5_f64.to_be_bytes(), 2_f64.to_be_bytes()].concat() =>
            Complex128Swapped Complex::new(1.5, 2.0);
        c">w" 7_u32.to_be_bytes() => Ucs4Swapped Ucs4(7);
    }
}

#[test]
fn bytes_that_do_not_fit_are_refused() {
    let make = |length: usize, format: &std::ffi::CStr, shape: &[usize]| {
        AnyArray::from_bytes(&vec![0; length], format, shape).unwrap_err()
    };
    assert!(make(7, c"d", &[1]).is_value());
    assert!(make(16, c"d", &[1]).is_value());
    assert!(make(0, c"d", &[]).is_value());
    assert!(make(8, c"y", &[1]).is_format());
    assert!(make(8, c"3t", &[1]).is_unreadable());
    assert!(make(8, c"d", &[1 << 62]).is_too_large());
    assert!(make(8, c"d", &[1 << 40, 1 << 40]).is_too_large());
    assert!(make(1, c"B", &[1; 65]).is_value());
    let message = make(7, c"d", &[1]).to_string();
    assert_eq!(message, "7 bytes are not shape (1,) of elements of 8 bytes");
}

#[test]
fn elements_that_cannot_be_read_keep_their_bytes() {
    // More fields than any record has.
    for (format, count) in [(c"99999b", 99_999), (c"T{99999b}", 99_999)] {
        let size = Format::parse(format.to_bytes()).unwrap().measure().unwrap().size;
        assert_eq!(size, count);
        let bytes = noise(3 * size, 2);
        let array = AnyArray::from_bytes(&bytes, format, &[3]).unwrap();
        assert_eq!(array.scalar_type(), None);
        let backwards = Key::Slice { start: isize::MAX, stop: isize::MIN, step: -1 };
        let reversed = array.select(&[backwards]).unwrap();
        let expected: Vec<u8> = bytes.chunks(size).rev().flatten().copied().collect();
        assert_eq!(elements(&reversed), expected);
        assert_eq!(bytes_of(&reversed.to_native().unwrap()), expected);
        assert!(!array.equals(&array.clone()));
        let AnyArray::Opaque(opaque) = array else { panic!("{format:?}") };
        assert!(opaque.descriptor().is_unreadable());
    }
    // The format is a claim, itemsize the authority.
    let arena = Arena::random(12, 0);
    let layout = Layout::contiguous(&[3], 4).unwrap();
    // SAFETY: the arena holds the elements, and outlives the array.
    let array = unsafe { AnyArray::new(arena.pointer(0), layout, c"d".into(), true, None) };
    assert!(matches!(array, AnyArray::Opaque(_)));
    assert_eq!(elements(&array), arena.bytes());
    assert!(array.owner().is_none());
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn selections_transposes_and_shapes_show_the_same_elements(
        (number, shape) in (0..DType::ALL.len() * 2, proptest::collection::vec(1..4_usize, 3)),
        keys in proptest::collection::vec(
            prop_oneof![
                Just(Key::Index(0)), Just(Key::Index(-1)), Just(Key::FULL), Just(Key::Ellipsis),
                (-4..4_isize, -4..4_isize, prop_oneof![Just(-1_isize), Just(1), Just(2)])
                    .prop_map(|(start, stop, step)| Key::Slice { start, stop, step }),
            ],
            0..3,
        ),
        seed in any::<u64>(),
    ) {
        let (scalar_type, format) = types().swap_remove(number);
        let size = scalar_type.dtype.size();
        let bytes = noise(shape.iter().product::<usize>() * size, seed);
        let array = AnyArray::from_bytes(&bytes, &format, &shape).unwrap();
        let at = |layout: &Layout, start: isize| -> Vec<u8> {
            let places = indices(layout.shape(), Order::C);
            let places = places.iter().map(|index| start as i128 + offset(layout.strides(), index));
            places.flat_map(|place| bytes[place as usize..place as usize + size].to_vec()).collect()
        };
        let transposed = array.transpose(&[2, 0, 1]).unwrap();
        prop_assert_eq!(elements(&transposed), at(transposed.layout(), 0));
        prop_assert_eq!(transposed.scalar_type(), Some(scalar_type));
        let reshaped = array.reshape(&[-1], Order::C).unwrap();
        prop_assert_eq!(elements(&reshaped), bytes.as_slice());
        let Ok(selection) = array.layout().select(&keys) else {
            prop_assert!(array.select(&keys).is_err());
            return Ok(());
        };
        let selected = array.select(&keys).unwrap();
        prop_assert_eq!(selected.layout(), &selection.layout);
        prop_assert_eq!(selected.format(), array.format());
        // What is made from it is enough to keep the memory.
        drop((array, transposed, reshaped));
        prop_assert_eq!(elements(&selected), at(&selection.layout, selection.offset));
        let native = bytes_of(&selected.to_native().unwrap());
        let order = if scalar_type.swapped { part(scalar_type.dtype) } else { 1 };
        prop_assert_eq!(native, turned(&elements(&selected), order));
        prop_assert_eq!(elements(&selected.clone()), elements(&selected));
    }
}

#[test]
fn the_owner_is_dropped_with_the_last_array() {
    struct Bell(Arc<std::sync::atomic::AtomicUsize>);
    impl Drop for Bell {
        fn drop(&mut self) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    }
    for (_, format) in types() {
        let rung = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let arena = Arena::random(64, 0);
        let size = Format::parse(format.to_bytes()).unwrap().measure().unwrap().size;
        let layout = Layout::contiguous(&[2], size).unwrap();
        let owner = Arc::new(Bell(Arc::clone(&rung)));
        // SAFETY: the arena holds the elements, at an address without alignment.
        let array = unsafe {
            let format = FormatString::from(format.as_c_str());
            AnyArray::new(
                arena.pointer(arena.bytes().len() - 2 * size),
                layout,
                format,
                false,
                Some(owner),
            )
        };
        let first = array.select(&[Key::Index(0)]).unwrap();
        let both = (array.clone(), array.to_readonly());
        assert!(array.owner().is_some() && first.owner().is_some());
        let count = || rung.load(std::sync::atomic::Ordering::SeqCst);
        drop(array);
        drop(both);
        assert_eq!(count(), 0);
        drop(first);
        assert_eq!(count(), 1);
    }
}

#[test]
fn arrays_over_our_own_memory() {
    let memory = || Memory::zeroed(24).unwrap();
    let layout = || Layout::contiguous(&[2, 3], 4).unwrap();
    let array = AnyArray::from_memory(memory(), layout(), c"i".into()).unwrap();
    let AnyArray::I32(numbers) = &array else { panic!() };
    numbers.set(&[1, -1], 7).unwrap();
    let view: &View<'_, i32> = numbers;
    assert_eq!(view.iter().collect::<Vec<_>>(), [0, 0, 0, 0, 0, 7]);
    // Too large, and not contiguous.
    let small = Memory::zeroed(23).unwrap();
    assert!(AnyArray::from_memory(small, layout(), c"i".into()).unwrap_err().is_value());
    let transposed = layout().transpose(&[1, 0]).unwrap();
    assert!(AnyArray::from_memory(memory(), transposed, c"i".into()).unwrap_err().is_value());
}

#[test]
fn references_to_objects_are_not_stored_as_plain_bytes() {
    let size = size_of::<usize>();
    for (format, itemsize) in [
        (c"O", size),
        (c"T{i:n:@O:o:}", 2 * size),
        (c"(2)O", 2 * size),
        // Formats that contradict the itemsize.
        (c"O", size + 1),
        (c"T{O:o:", size),
    ] {
        let layout = Layout::contiguous(&[2], itemsize).unwrap();
        let memory = Memory::zeroed(layout.nbytes()).unwrap();
        let array = AnyArray::from_memory(memory, layout, format.into()).unwrap();
        assert!(array.has_references(), "{format:?}");
        assert!(array.assign(&array.clone()).unwrap_err().is_wrong_kind());
        match &array {
            AnyArray::Composite(objects) => {
                assert!(copy::assign(objects, objects).unwrap_err().is_wrong_kind());
                assert!(copy::fill(objects, &vec![0; itemsize]).unwrap_err().is_wrong_kind());
            }
            AnyArray::Opaque(unknown) => {
                assert!(copy::assign(unknown, unknown).unwrap_err().is_wrong_kind());
                assert!(copy::fill(unknown, &vec![0; itemsize]).unwrap_err().is_wrong_kind());
            }
            _ => panic!(),
        }
        // Their bytes are read as such.
        assert_eq!(array.to_native().unwrap().len(), 2 * itemsize);
    }
    // A name is no code.
    let layout = Layout::contiguous(&[2], 5).unwrap();
    let memory = Memory::zeroed(10).unwrap();
    let array = AnyArray::from_memory(memory, layout, c"T{i:O:".into()).unwrap();
    assert!(!array.has_references() && array.assign(&array.clone()).is_ok());
}
