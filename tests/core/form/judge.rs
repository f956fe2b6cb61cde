//! What the elements of every format and itemsize are taken for, against a table made by hand.

use std::ffi::{c_int, c_long, c_longlong, c_short};
use std::mem::size_of;

use consumer::Format;
use consumer::dtype::{DType, ScalarType};
use consumer::form::{ElementType, Judgement, judge};

const WORD: usize = size_of::<usize>();
const LITTLE: bool = cfg!(target_endian = "little");

/// The type that an exporter's size in bytes makes of each family of codes.
fn family(code: &str, size: usize) -> Option<DType> {
    use DType::*;
    Some(match (code, size) {
        ("?", 1) => Bool,
        ("c", 1) => Char,
        ("b" | "h" | "i" | "l" | "q" | "n", 1) => I8,
        ("b" | "h" | "i" | "l" | "q" | "n", 2) => I16,
        ("b" | "h" | "i" | "l" | "q" | "n", 4) => I32,
        ("b" | "h" | "i" | "l" | "q" | "n", 8) => I64,
        ("B" | "H" | "I" | "L" | "Q" | "N", 1) => U8,
        ("B" | "H" | "I" | "L" | "Q" | "N", 2) => U16,
        ("B" | "H" | "I" | "L" | "Q" | "N", 4) => U32,
        ("B" | "H" | "I" | "L" | "Q" | "N", 8) => U64,
        ("e", 2) => F16,
        ("f", 4) => F32,
        ("d", 8) => F64,
        ("g", _) => LongDouble,
        ("Ze" | "E", 4) => Complex32,
        ("Zf" | "F", 8) => Complex64,
        ("Zd" | "D", 16) => Complex128,
        ("Zg" | "G", _) => ComplexLongDouble,
        ("u" | "w", 2) => Ucs2,
        ("u" | "w", 4) => Ucs4,
        ("P" | "z" | "Z", _) => Address,
        _ => return None,
    })
}

/// Code, native size, standard size.
#[rustfmt::skip]
fn codes() -> Vec<(&'static str, usize, usize)> {
    let long_double = DType::LongDouble.size();
    vec![
        ("?", 1, 1), ("c", 1, 1), ("b", 1, 1), ("B", 1, 1),
        ("h", size_of::<c_short>(), 2), ("H", size_of::<c_short>(), 2),
        ("i", size_of::<c_int>(), 4), ("I", size_of::<c_int>(), 4),
        ("l", size_of::<c_long>(), 4), ("L", size_of::<c_long>(), 4),
        ("q", size_of::<c_longlong>(), 8), ("Q", size_of::<c_longlong>(), 8),
        ("n", WORD, WORD), ("N", WORD, WORD),
        ("e", 2, 2), ("f", 4, 4), ("d", 8, 8), ("g", long_double, long_double),
        ("Ze", 4, 4), ("Zf", 8, 8), ("Zd", 16, 16), ("Zg", 2 * long_double, 2 * long_double),
        ("E", 4, 4), ("F", 8, 8), ("D", 16, 16), ("G", 2 * long_double, 2 * long_double),
        ("u", 2, 2), ("w", 4, 4), ("P", WORD, WORD), ("z", WORD, WORD), ("Z", WORD, WORD),
    ]
}

/// Prefix, whether sizes are native, whether the byte order is this machine's.
const PREFIXES: [(&str, bool, bool); 7] = [
    ("", true, true),
    ("@", true, true),
    ("^", true, true),
    ("=", false, true),
    ("<", false, LITTLE),
    (">", false, !LITTLE),
    ("!", false, !LITTLE),
];

#[test]
fn every_code_under_every_prefix_in_every_itemsize() {
    for (code, native, standard) in codes() {
        for (prefix, is_native, in_order) in PREFIXES {
            let described = if is_native { native } else { standard };
            for itemsize in 0..=40 {
                let text = matches!(code, "u" | "w");
                let agrees = if text { matches!(itemsize, 2 | 4) } else { itemsize == described };
                // A lone code may be written with a count of 1 (but for text, where that makes a
                // string) and with space around it.
                let mut spellings = vec![format!("{prefix}{code}"), format!(" {prefix} {code} ")];
                if !text {
                    spellings.push(format!("{prefix}1{code}"));
                    spellings.push(format!("1{prefix}{code}"));
                }
                for format in spellings {
                    let found = judge(format.as_bytes(), itemsize);
                    if agrees {
                        let scalar = family(code, itemsize).unwrap();
                        let swapped = !in_order && itemsize > 1;
                        let expected = Judgement::Scalar(ScalarType { dtype: scalar, swapped });
                        assert_eq!(found, expected, "{format:?} in {itemsize}");
                        assert_eq!(scalar.size(), itemsize);
                    } else {
                        let Judgement::Unreadable(error) = found else {
                            panic!("{format:?} in {itemsize} taken for {found:?}")
                        };
                        assert!(error.is_unreadable());
                        assert_eq!(
                            error.to_string(),
                            format!(
                                "elements of format {format:?} cannot be read: \
                                 it describes {described} bytes, but itemsize is {itemsize}"
                            )
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_format_of_every_scalar_is_judged_to_be_it() {
    for &scalar in DType::ALL {
        let expected = Judgement::Scalar(ScalarType { dtype: scalar, swapped: false });
        assert_eq!(judge(scalar.format(), scalar.size()), expected, "{}", scalar.name());
    }
    let names: std::collections::HashSet<&str> = DType::ALL.iter().map(|s| s.name()).collect();
    assert_eq!(names.len(), DType::ALL.len());
}

#[test]
fn a_void_with_the_name_of_a_type_is_one_only_as_a_whole_format() {
    let scalar = |format: &str, size| match judge(format.as_bytes(), size) {
        Judgement::Scalar(found) => Some((found.dtype, found.swapped)),
        _ => None,
    };
    for (dtype, size) in
        [(DType::BF16, 2), (DType::F8E4M3, 1), (DType::F8E5M2, 1), (DType::I24, 3), (DType::U24, 3)]
    {
        let name = dtype.name();
        for prefix in ["", "@", "^", "=", "<", ">", "!", " ", "<>"] {
            let swapped = size > 1
                && match prefix {
                    "<" => !LITTLE,
                    ">" | "!" | "<>" => LITTLE,
                    _ => false,
                };
            let format = format!("{prefix}{size}x:{name}:");
            assert_eq!(scalar(&format, size), Some((dtype, swapped)), "{format}");
            let format = format!("T{{{format}}}");
            assert_eq!(scalar(&format, size), None, "{format}");
        }
        for (format, size) in [
            (format!("{}x:{name}:", size + 1), size + 1),
            (format!("{size}x:{name}:1x"), size + 1),
            (format!("(1){size}x:{name}:"), size),
            (format!("{size}s:{name}:"), size),
            (format!("{size}x:{name} :"), size),
            (format!("{size}x"), size),
        ] {
            assert!(matches!(judge(format.as_bytes(), size), Judgement::Composite(_)), "{format}");
        }
        let format = format!("{size}x:{name}:");
        assert!(matches!(judge(format.as_bytes(), size + 1), Judgement::Unreadable(_)));
        assert_eq!(ScalarType { dtype, swapped: false }.format().as_bytes(), format.as_bytes());
    }
    // Types that have a code have no such void.
    assert_eq!(scalar("2x:float16:", 2), None);
    assert_eq!(scalar("4x:int32:", 4), None);
}

#[test]
fn what_is_no_scalar_has_a_form() {
    // Format, its size, and the size with the padding at the end of C's structures, which only
    // records have, if all in them is aligned as in C and none of it is a record.
    let table = [
        ("3i", 12, 12),
        ("0i", 0, 0),
        ("(2)i", 8, 8),
        ("ib", 5, 8),
        ("bdb", 17, 24),
        ("bd3h", 22, 24),
        ("bb", 2, 2),
        ("T{i:a:d:b:}", 16, 16),
        ("@T{i:a:@d:b:}", 16, 16),
        ("T{i:a:b:b:}", 8, 8),
        ("T{5s:a:(3)h:b:x}", 14, 14),
        ("T{^i:a:d:b:}", 12, 12),
        ("T{=i:a:d:b:}", 12, 12),
        ("T{i:a:@d:b:<q:c:}", 24, 24),
        ("T{>i:a:@d:b:}", 16, 16),
        ("^T{@d:a:i:b:}", 12, 12),
        ("d<h", 10, 10),
        ("^ib", 5, 5),
        ("T{i:a:T{d:x:}:b:}", 16, 16),
        ("iT{d}b", 17, 17),
        ("T{T{i:a:}:c:}", 4, 4),
        ("(2)T{i:a:}", 8, 8),
        ("5s", 5, 5),
        ("7x", 7, 7),
        ("O", WORD, WORD),
        ("2O", 2 * WORD, 2 * WORD),
        ("(2,3)O", 6 * WORD, 6 * WORD),
    ];
    for (format, size, padded) in table {
        for itemsize in size..size + 20 {
            let judged = judge(format.as_bytes(), itemsize);
            let is_read = matches!(judged, Judgement::Composite(_));
            assert_eq!(is_read, itemsize == size || itemsize == padded, "{format:?} is {judged:?}");
        }
        if size > 0 {
            let Judgement::Unreadable(error) = judge(format.as_bytes(), size - 1) else {
                panic!("{format:?} fits less than it describes")
            };
            assert!(error.is_unreadable());
            let message = error.to_string();
            assert!(message.contains(&format!("{format:?}")), "{message}");
            assert!(message.contains(&format!("{size} bytes")), "{message}");
            assert!(message.contains(&format!("itemsize is {}", size - 1)), "{message}");
        }
    }
    // Nothing is not the same as bytes that are all padding.
    assert!(matches!(judge(b"", 1), Judgement::Unreadable(_)));
    // Addresses of whatever are scalars.
    for format in ["&i", "X{}", "&&T{i:a:}"] {
        let address = ScalarType { dtype: DType::Address, swapped: false };
        assert_eq!(judge(format.as_bytes(), WORD), Judgement::Scalar(address));
    }
}

#[test]
fn a_record_that_only_fits_without_gaps_has_none() {
    let Judgement::Composite(element_type) = judge(b"T{b:a:d:b:T{b:x:i:y:}:c:}", 14) else {
        panic!()
    };
    let mut starts = Vec::new();
    element_type.for_each_leaf(0, &mut |range, _| starts.push(range.start));
    assert_eq!(starts, [0, 1, 9, 10]);
    // Neither with its gaps nor without.
    assert!(matches!(judge(b"T{b:a:d:b:}", 10), Judgement::Unreadable(_)));
    // Larger than with its gaps, but not by the padding at the end.
    assert!(matches!(judge(b"T{b:a:i:b:}", 9), Judgement::Unreadable(_)));
    let Judgement::Composite(element_type) = judge(b"ib", 8) else { panic!() };
    assert_eq!(
        element_type.value(&[1, 0, 0, 0, 2, 9, 9, 9]).clone(),
        element_type.value(&[1, 0, 0, 0, 2, 0, 0, 0])
    );
}

#[test]
fn padding_behind_records_of_a_sub_array_may_be_theirs() {
    for (format, itemsize) in [
        ("T{(2)T{i:a:B:b:}:r:xxxxxxd:z:}", 24),
        ("T{(2)T{i:a:B:b:}:r:xxxxxxd:z:}", 32),
        ("T{b:o:(2)T{=i:a:B:b:}:r:6xh:z:}", 19),
        ("T{2T{=i:a:B:b:}:r:2xh:z:}", 14),
        ("T{(2,2)T{>i:a:B:b:}:r:2x3x}", 25),
        ("T{T{(2)T{=i:a:B:b:}:r:6x}:o:}", 16),
        // Behind the record that the sub-array is in, and at the end, where it is left out.
        ("T{i:i:T{(2)T{i:a:}:a:}:b:xxxxd:c:}", 24),
        ("T{d:a:(4)T{x>Q:a:}:b:}", 48),
        ("T{d:t:(2)T{xxx=h:a:}:p:}", 24),
        // Each of them unaligned, which the first one does not tell.
        ("T{b:x:3x(2)T{h:a:2xf:b:}:in:4xd:y:}", 32),
        ("T{(2)T{d:a:}:a:xxxxxxH:b:}", 24),
    ] {
        let judged = judge(format.as_bytes(), itemsize);
        assert!(matches!(judged, Judgement::Unreadable(_)), "{format:?} is {judged:?}");
    }
    for (format, itemsize) in [
        // Too little for each to have any.
        ("T{b:x:3x(5)T{h:a:2xf:b:}:in:4xd:y:}", 56),
        ("T{(2)T{=i:a:B:b:}:r:xh:z:}", 13),
        // What nobody writes who leaves the padding of records out.
        ("T{(2)T{=i:a:B:b:3x}:r:6xh:z:}", 24),
        ("T{(2)^T{i:a:B:b:}:r:6xh:z:}", 18),
        ("T{(1)T{=i:a:B:b:}:r:6xh:z:}", 13),
    ] {
        let judged = judge(format.as_bytes(), itemsize);
        assert!(matches!(judged, Judgement::Composite(_)), "{format:?} is {judged:?}");
    }
}

#[test]
fn a_long_double_out_of_place_leaves_a_prefix_in_force_that_says_nothing_of_records() {
    for (format, is_ambiguous) in [
        ("T{x^g:a:(2)T{=h:a:}:b:2x=b:c:}", true),
        ("T{xT{^Zg:a:}:a:(2)T{=h:a:}:b:2x=b:c:}", true),
        ("T{x^d:a:(2)T{=h:a:}:b:2x=b:c:}", false),
        ("T{x^g:a:d:d:(2)T{=h:a:}:b:2x=b:c:}", true),
        ("T{^T{g:a:}:a:(2)^T{=h:a:}:b:2x=b:c:}", false),
        ("^T{xg:a:(2)T{=h:a:}:b:2x=b:c:}", false),
    ] {
        let itemsize = Format::parse(format.as_bytes()).unwrap().measure().unwrap().size;
        let judged = judge(format.as_bytes(), itemsize);
        assert_eq!(matches!(judged, Judgement::Unreadable(_)), is_ambiguous, "{format:?}");
    }
}

#[test]
fn a_count_behind_a_shape_is_of_the_innermost_dimension() {
    for (format, same) in [
        ("(2)3H:a:", "(2,3)H:a:"),
        ("T{(2)3H:a:}", "T{(2,3)H:a:}"),
        ("(2)3H", "(2,3)H"),
        ("(2)2T{H:x:h:y:}:a:", "(2,2)T{H:x:h:y:}:a:"),
        ("3H:a:", "(3)H:a:"),
    ] {
        let [one, other] = [format, same].map(|format| Format::parse(format.as_bytes()).unwrap());
        let itemsize = one.measure().unwrap().size;
        assert_eq!(judge(format.as_bytes(), itemsize), judge(same.as_bytes(), itemsize));
        assert_eq!(ElementType::from_format(&one), ElementType::from_format(&other));
    }
}

#[test]
fn what_cannot_be_parsed_says_where() {
    for (format, offset) in [("bfloat16", 3), ("y", 0), ("T{i", 3), ("3", 1), ("i:a", 3)] {
        let Judgement::Unreadable(error) = judge(format.as_bytes(), 4) else {
            panic!("{format:?}")
        };
        assert!(error.is_unreadable() && !error.is_format());
        let message = error.to_string();
        assert!(message.contains(&format!("{format:?}")), "{message}");
        assert!(message.contains(&format!("at byte {offset}")), "{message}");
    }
    let Judgement::Unreadable(error) = judge(b"\xff\x00i", 4) else { panic!() };
    assert!(error.to_string().contains('\u{fffd}'), "{error}");
    let Judgement::Unreadable(error) = judge(b"3t", 1) else { panic!() };
    assert!(error.to_string().contains("bits"), "{error}");
}

#[test]
fn a_record_whose_end_is_not_clear_is_not_read() {
    // NumPy's meaning and that of PEP 3118 differ, and both fit.
    for (format, itemsize) in [
        ("T{T{d:a:b:b:}:in:xxxxxxxB:f:}", 24),
        ("T{T{d:a:b:b:}:in:8xB:f:}", 32),
        ("T{T{T{d:a:b:b:}:in:7x}:out:B:f:}", 32),
        ("T{T{d:a:b:b:}:in:B:f:}", 24),
        ("T{xT{xT{>i:a:@h:b:}:a:}:a:}", 10),
        ("T{xxxxT{T{H:a:b:b:}:a:}:a:=d:b:>i:c:}", 20),
        ("T{q:z:(2)T{i:a:b:b:}:in:}", 24),
    ] {
        let Judgement::Unreadable(error) = judge(format.as_bytes(), itemsize) else {
            panic!("{format} was read")
        };
        assert!(error.to_string().contains("writers differ"), "{error}");
    }
    for (format, itemsize) in [
        ("T{i:f:T{d:a:b:b:}:in:}", 24),
        ("T{T{d:a:b:b:}:in:}", 16),
        ("T{T{=d:a:b:b:}:in:7xB:f:}", 17),
        ("T{(2)T{=d:a:}:in:}", 16),
        ("T{(2)T{d:a:}:in:xi:b:}", 24),
        ("T{T{i:a:}:in:}", 4),
        ("(2)T{d:a:b:b:}", 32),
        ("T{T{d:a:b:b:}:in:i:f:}", 24),
        ("T{T{d:a:b:b:}:in:6xh:f:}", 24),
    ] {
        let judged = judge(format.as_bytes(), itemsize);
        assert!(matches!(judged, Judgement::Composite(_)), "{format}: {judged:?}");
    }
}

/// ctypes and Cython write prefixes that others take to be in force for more, and some versions of
/// ctypes leave out fields and padding: what seems the padding of C may be anything.
#[test]
fn a_record_that_is_padded_as_in_c_and_not_all_aligned_is_not_read() {
    let is_read = |format: &str, itemsize| {
        matches!(judge(format.as_bytes(), itemsize), Judgement::Composite(_))
    };
    for (format, itemsize) in [
        ("T{X{}:call:<B:kind:<H:id:}", 16),
        ("T{&<i:call:<B:kind:<H:id:}", 16),
        ("T{X{}:call:<h:n:<u:text:}", 16),
        ("T{X{}:call:<z:text:4x}", 24),
        ("T{d:z:T{^b:x:^i:y:}:p:h:q:}", 16),
        ("T{i:n:T{X{}:call:<B:kind:<H:id:}:in:}", 24),
        ("T{d:a:>i:b:}", 16),
        ("T{d:a:T{=i:x:}:b:}", 16),
    ] {
        assert!(!is_read(format, itemsize), "{format:?}");
    }
    for (format, itemsize) in [
        ("T{X{}:call:i:n:}", 16),
        ("T{X{}:call:<i:n:4x}", 16),
        ("T{X{}:call:<z:text:}", 16),
        ("T{d:a:b:b:^7x}", 16),
        ("T{d:a:b:b:^3x}", 16),
    ] {
        assert!(is_read(format, itemsize), "{format:?}");
    }
}
