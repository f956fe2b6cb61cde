//! Patterns against the equality of values, for special numbers.

use super::{LongDouble, Pattern};
use crate::element::{Char, F8E4M3, F8E5M2, Scalar, Swapped, Ucs4, bf16_from_f64};
use half::{bf16, f16};
use num_complex::Complex;

/// Checks what a pattern finds among some values against what equals the value.
fn check<T: Scalar>(values: &[T::Value]) {
    let mut memory = Vec::new();
    values.iter().for_each(|&value| memory.extend_from_slice(T::encode(value).as_ref()));
    for &value in values {
        let equal = |&other: &T::Value| other == value;
        let (first, count) =
            (values.iter().position(equal), values.iter().filter(|&other| equal(other)).count());
        let pattern = Pattern::from_value::<T>(value);
        assert_eq!(pattern.is_none(), count == 0, "{value:?}");
        let Some(pattern) = pattern else { continue };
        // SAFETY: the memory is as many contiguous elements.
        let found = unsafe {
            let (start, length) = (memory.as_ptr(), values.len());
            (pattern.find(start, length), pattern.count(start, length))
        };
        // SAFETY: as above.
        let plain = unsafe {
            let (start, length) = (memory.as_ptr(), values.len());
            (pattern.find_plain(start, length), pattern.count_plain(start, length))
        };
        assert_eq!(found, (first, count), "{value:?}");
        assert_eq!(plain, found, "{value:?}");
    }
}

#[test]
fn a_pattern_matches_what_equals_the_value() {
    check::<u8>(&[0, 1, 255, 1, 7]);
    check::<bool>(&[true, false, true]);
    check::<Char>(&[Char(0), Char(9), Char(0)]);
    check::<i16>(&[0, -1, 256, -1, i16::MIN]);
    check::<Swapped<i16>>(&[0, -1, 256, -1, i16::MIN]);
    check::<u32>(&[0, 1 << 31, 0, 77]);
    check::<Ucs4>(&[Ucs4(97), Ucs4(0x10ffff), Ucs4(97)]);
    check::<u64>(&[u64::MAX, 0, 1 << 63, u64::MAX]);
    let floats = [0.0, -0.0, 1.5, f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 5e-324];
    check::<f64>(&floats);
    check::<Swapped<f64>>(&floats);
    check::<f32>(&floats.map(|float| float as f32));
    check::<Swapped<f32>>(&floats.map(|float| float as f32));
    check::<f16>(&floats.map(f16::from_f64));
    check::<Swapped<f16>>(&floats.map(f16::from_f64));
    check::<bf16>(&floats.map(bf16_from_f64));
    check::<Swapped<bf16>>(&floats.map(bf16_from_f64));
    let bytes = (0..=u8::MAX).chain([7]);
    check::<F8E4M3>(&bytes.clone().map(F8E4M3::from_bits).collect::<Vec<_>>());
    check::<F8E5M2>(&bytes.map(F8E5M2::from_bits).collect::<Vec<_>>());
    check::<LongDouble>(&floats.map(LongDouble::from_f64));
    check::<Swapped<LongDouble>>(&floats.map(LongDouble::from_f64));
    let complex = floats.map(|re| floats.map(|im| Complex::new(re, im))).concat();
    check::<Complex<f64>>(&complex);
    check::<Swapped<Complex<f64>>>(&complex);
    let narrow = |number: &Complex<f64>| Complex::new(number.re as f32, number.im as f32);
    check::<Complex<f32>>(&complex.iter().map(narrow).collect::<Vec<_>>());
    let long = |number: &Complex<f64>| {
        Complex::new(LongDouble::from_f64(number.re), LongDouble::from_f64(number.im))
    };
    check::<Complex<LongDouble>>(&complex.iter().map(long).collect::<Vec<_>>());
}

#[test]
fn any_byte_but_0_is_true() {
    let memory = [0_u8, 2, 255, 1, 0];
    for (value, first, count) in [(true, 1, 3), (false, 0, 2)] {
        let pattern = Pattern::from_value::<bool>(value);
        // SAFETY: the memory is five bytes.
        let found = pattern.map(|pattern| unsafe {
            (pattern.find(memory.as_ptr(), 5), pattern.count(memory.as_ptr(), 5))
        });
        assert_eq!(found, Some((Some(first), count)));
    }
}

#[test]
fn bytes_that_are_no_element_match_nothing() {
    use crate::kernels::encoding::Encoding;
    assert!(Pattern::from_element(Encoding::from_type::<u32>(), &[1, 2]).is_none());
    assert!(Pattern::from_element(Encoding::from_type::<u32>(), &[1]).is_none());
    assert!(Pattern::from_element(Encoding::from_type::<u8>(), &[]).is_none());
}
