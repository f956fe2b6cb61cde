//! How many bytes a format describes: by the rules of `struct`, as a C compiler lays structures
//! out, and up to sizes that no memory has.

use std::ffi::{c_int, c_long, c_longlong, c_short};
use std::fmt::Write as _;
use std::mem::{align_of, size_of};

use crate::support::config;
use consumer::format::Measure;
use consumer::{Format, FormatString};
use proptest::prelude::*;

/// Code, native size, native alignment and standard size, written by hand.
#[rustfmt::skip]
const CODES: &[(&str, usize, usize, usize)] = &[
    ("?", 1, 1, 1), ("c", 1, 1, 1), ("b", 1, 1, 1), ("B", 1, 1, 1),
    ("h", size_of::<c_short>(), align_of::<c_short>(), 2),
    ("H", size_of::<c_short>(), align_of::<c_short>(), 2),
    ("i", size_of::<c_int>(), align_of::<c_int>(), 4),
    ("I", size_of::<c_int>(), align_of::<c_int>(), 4),
    ("l", size_of::<c_long>(), align_of::<c_long>(), 4),
    ("L", size_of::<c_long>(), align_of::<c_long>(), 4),
    ("q", size_of::<c_longlong>(), align_of::<c_longlong>(), 8),
    ("Q", size_of::<c_longlong>(), align_of::<c_longlong>(), 8),
    ("n", size_of::<isize>(), align_of::<isize>(), size_of::<isize>()),
    ("N", size_of::<usize>(), align_of::<usize>(), size_of::<usize>()),
    ("e", 2, 2, 2), ("f", 4, 4, 4), ("d", 8, align_of::<f64>(), 8),
    ("Ze", 4, 2, 4), ("Zf", 8, 4, 8), ("Zd", 16, align_of::<f64>(), 16),
    ("E", 4, 2, 4), ("F", 8, 4, 8), ("D", 16, align_of::<f64>(), 16),
    ("P", size_of::<usize>(), align_of::<usize>(), size_of::<usize>()),
    ("z", size_of::<usize>(), align_of::<usize>(), size_of::<usize>()),
    ("O", size_of::<usize>(), align_of::<usize>(), size_of::<usize>()),
    ("&i", size_of::<usize>(), align_of::<usize>(), size_of::<usize>()),
    ("X{}", size_of::<usize>(), align_of::<usize>(), size_of::<usize>()),
    ("s", 1, 1, 1), ("p", 1, 1, 1), ("x", 1, 1, 1),
];

/// A prefix or none, a shape, a count or none, and a code of the table.
type Field = (&'static str, Vec<usize>, Option<usize>, usize);

fn fields() -> impl Strategy<Value = Vec<Field>> {
    let symbol = proptest::sample::select(&["", "", "", "", "@", "^", "=", "<", ">", "!"][..]);
    let shape = prop_oneof![4 => Just(vec![]), 1 => proptest::collection::vec(0..4_usize, 1..3)];
    let count = prop_oneof![3 => Just(None), 2 => (0..6_usize).prop_map(Some)];
    proptest::collection::vec((symbol, shape, count, 0..CODES.len()), 0..12)
}

/// The string of some fields, and their size and alignment, field by field as `struct` does it.
fn naive(fields: &[Field]) -> (String, Measure) {
    let mut text = String::new();
    let mut mode = "@";
    let mut measure = Measure { size: 0, alignment: 1 };
    for (symbol, shape, count, code) in fields {
        let (letters, native, alignment, standard) = CODES[*code];
        if !symbol.is_empty() {
            mode = symbol;
        }
        let mut number = count.unwrap_or(1);
        text.push_str(symbol);
        if !shape.is_empty() {
            write!(text, "({})", format!("{shape:?}").trim_matches(['[', ']'])).unwrap();
            number *= shape.iter().product::<usize>();
        }
        if let Some(count) = count {
            write!(text, "{count}").unwrap();
        }
        text.push_str(letters);
        if mode == "@" {
            while !measure.size.is_multiple_of(alignment) {
                measure.size += 1;
            }
            measure.alignment = measure.alignment.max(alignment);
        }
        let size = if mode == "@" || mode == "^" { native } else { standard };
        measure.size += number * size;
    }
    (text, measure)
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn fields_add_up_as_in_struct(fields in fields()) {
        let (text, expected) = naive(&fields);
        let measured = Format::parse(text.as_bytes()).unwrap().measure();
        prop_assert_eq!(measured, Ok(expected), "{}", text);
    }

    #[test]
    fn products_are_exact_or_refused(
        counts in proptest::collection::vec(
            prop_oneof![
                0..10_u64,
                (0..63_u32).prop_map(|bit| 1 << bit),
                0..=u64::from(u32::MAX),
                0..=isize::MAX as u64,
            ],
            1..4,
        ),
        code in proptest::sample::select(&[("b", 1_u128), ("<h", 2), ("<d", 8), ("x", 1), ("w", 4)][..]),
    ) {
        let (count, lengths) = counts.split_last().unwrap();
        let shape: Vec<String> = lengths.iter().map(ToString::to_string).collect();
        let shape = if shape.is_empty() { String::new() } else { format!("({})", shape.join(",")) };
        let (letters, size) = code;
        let (prefix, letter) = letters.split_at(letters.len() - 1);
        let text = format!("{prefix}{shape}{count}{letter}");
        // Each product is cut at 2^64, which is too large already; a 0 may come after it.
        let product = counts.iter().fold(size, |product, &n| {
            (product * u128::from(n)).min(u128::from(u64::MAX))
        });
        match Format::parse(text.as_bytes()).unwrap().measure() {
            Ok(measure) => prop_assert_eq!(measure.size as u128, product, "{}", text),
            Err(error) => {
                prop_assert!(error.is_unreadable());
                let zero = counts.contains(&0);
                prop_assert!(product > isize::MAX as u128 || zero, "{}: {}", text, error);
            }
        }
    }
}

#[test]
fn records_are_laid_out_as_by_a_c_compiler() {
    #[repr(C)]
    struct Plain {
        _a: i8,
        _b: f64,
        _c: i16,
    }
    #[repr(C)]
    struct Nested {
        _a: i8,
        _b: Plain,
        _c: [i16; 3],
        _d: Plain2,
        _e: i8,
    }
    #[repr(C)]
    struct Plain2 {
        _a: [u8; 5],
        _b: i32,
        _c: u8,
    }
    #[repr(C, packed)]
    struct Packed {
        _a: i8,
        _b: f64,
        _c: i16,
    }
    let table = [
        ("T{b:a:d:b:h:c:}", size_of::<Plain>(), align_of::<Plain>()),
        ("T{5s:a:i:b:B:c:}", size_of::<Plain2>(), align_of::<Plain2>()),
        (
            "T{b:a:T{b:a:d:b:h:c:}:b:(3)h:c:T{5B:a:i:b:B:c:}:d:b:e:}",
            size_of::<Nested>(),
            align_of::<Nested>(),
        ),
        ("(3)T{b:a:d:b:h:c:}", 3 * size_of::<Plain>(), align_of::<Plain>()),
        ("2T{5s:a:i:b:B:c:}", 2 * size_of::<Plain2>(), align_of::<Plain2>()),
        ("^T{b:a:d:b:h:c:}", size_of::<Packed>(), align_of::<Packed>()),
        ("=T{b:a:d:b:h:c:}", size_of::<Packed>(), align_of::<Packed>()),
        ("T{}", 0, 1),
    ];
    for (format, size, alignment) in table {
        let measured = Format::parse(format.as_bytes()).unwrap().measure();
        assert_eq!(measured, Ok(Measure { size, alignment }), "{format}");
    }
}

#[test]
fn nothing_is_added_at_the_end_of_a_format() {
    // What struct.calcsize says.
    for (format, size) in [("ib", 5), ("bi", 8), ("bdb", 17), ("b0i", 4), ("b0d", 8), ("", 0)] {
        let measured = Format::parse(format.as_bytes()).unwrap().measure().unwrap();
        assert_eq!(measured.size, size, "{format}");
    }
}

#[test]
fn bits_have_no_size() {
    for format in ["t", "3t", "it", "T{t}", "(2)T{iT{3t:flags:}}"] {
        let error = Format::parse(format.as_bytes()).unwrap().measure().unwrap_err();
        assert!(error.is_unreadable(), "{format}: {error}");
    }
    // What a pointer leads to need not have one.
    assert_eq!(Format::parse(b"&3t").unwrap().measure().unwrap().size, size_of::<usize>());
}

#[test]
fn format_strings_are_kept_whatever_their_length() {
    for length in 0..40 {
        let text = std::ffi::CString::new("i".repeat(length)).unwrap();
        let kept = FormatString::from(text.as_c_str());
        assert_eq!(kept.as_bytes(), text.as_bytes());
        assert_eq!(kept.as_c_str(), text.as_c_str());
        assert_eq!(kept, FormatString::from(text.clone()));
        assert_eq!(kept.clone().to_string(), "i".repeat(length));
        assert_ne!(kept, FormatString::from(c"d"));
    }
}
