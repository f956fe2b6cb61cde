//! The format that a type writes: it describes that type, to every reader.

use crate::support::config;
use consumer::Format;
use consumer::dtype::{DType, ScalarType};
use consumer::form::{ElementType, Judgement, judge};
use proptest::prelude::*;

fn read(format: &str) -> ElementType {
    ElementType::from_format(&Format::parse(format.as_bytes()).unwrap()).unwrap()
}

fn written(format: &str) -> String {
    read(format).format().to_string()
}

#[test]
fn padding_is_written_and_nothing_is_aligned() {
    assert_eq!(written("T{b:a:i:b:b:c:}"), "T{^b:a:3xi:b:b:c:3x}");
    assert_eq!(written("T{b:a:T{d:x:b:y:}:r:}"), "T{^b:a:7xT{d:x:b:y:7x}:r:}");
    let other_order = if cfg!(target_endian = "little") { '>' } else { '<' };
    let mixed = |prefix| format!("T{{{prefix}i:a:{other_order}i:b:}}");
    assert_eq!(written(&mixed("")), mixed("^"));
    assert_eq!(read("T{b:a:}").format_in(4).to_string(), "T{^b:a:3x}");
    assert_eq!(read("ib").format_in(8).to_string(), "T{^ib3x}");
    assert_eq!(read("4xi").format_in(12).to_string(), "4x^i4x");
}

#[test]
fn consecutive_shapes_are_one() {
    assert_eq!(read("(2)(3)i"), read("(2,3)i"));
    assert_eq!(read("T{(2)(3,1)(4)<h:a:}"), read("T{(2,3,1,4)<h:a:}"));
    assert_eq!(
        ElementType::array(vec![2], read("(3)i")),
        read("(2,3)i"),
        "a sub-array of sub-arrays"
    );
}

#[test]
fn bytes_without_a_name_stay_bytes() {
    assert_eq!(written("T{2x::b:n:}"), "T{2x::^b:n:}");
    assert_eq!(read("T{2x::b:n:}"), read("T{2x::^b:n:}"));
}

/// Within a format, the void that stands for a type without a code would be nothing but a void.
#[test]
fn a_type_without_a_code_is_told_only_where_it_is_alone() {
    let scalar = ScalarType { dtype: DType::BF16, swapped: false };
    let alone = ElementType::Scalar(scalar);
    assert_eq!(alone.format().to_string(), "2x:bfloat16:");
    assert_eq!(read("2x:bfloat16:"), alone);
    assert!(alone.is_described_by(b"2x:bfloat16:") && !alone.is_described_by(b"T{2x:bfloat16:}"));
    assert!(alone.format_in(4).to_string().starts_with("16t"));
    assert_eq!(ElementType::array(vec![3], alone).format().to_string(), "(3)16t");
    assert_eq!(written("T{2x:bfloat16:}"), "T{2x:bfloat16:}");
}

#[test]
fn who_describes_a_type() {
    let element_type = read("T{i:a:d:b:}");
    for format in ["T{i:a:d:b:}", "T{^i:a:4xd:b:}", "T{<i:a:xxxx@d:b:}", "@T{i:a:xxxxd:b:}"] {
        let known = cfg!(target_endian = "little") || !format.contains('<');
        assert!(!known || element_type.is_described_by(format.as_bytes()), "{format}");
    }
    for format in
        ["T{^i:a:d:b:}", "T{i:a:d:c:}", "T{i:a:q:b:}", "T{i:a:d:b:8x}", "T{i:a:d:b:}8x", "", "T{"]
    {
        assert!(!element_type.is_described_by(format.as_bytes()), "{format}");
    }
    // Its own rules make it 8 bytes, and those of NumPy 6.
    let mixed = b"T{i:a:>h:b:}";
    assert!(read("T{i:a:>h:b:}").is_described_by(mixed));
    assert!(!read("T{i:a:>h:b:}").is_described_to_numpy_by(mixed));
    // What NumPy writes and does not read.
    assert!(!read("T{(2,3)i:a:}").is_described_to_numpy_by(b"T{(2)(3)i:a:}"));
    assert!(!read("T{i:a:}").is_described_to_numpy_by(b"T{i:a:=}"));
}

#[test]
fn counts_are_sub_arrays_to_numpy() {
    let counted = |format: &str| read(format).with_counts_of(format.as_bytes());
    for (format, same_as) in [
        ("2i", "(2)i"),
        ("i2h", "i(2)h"),
        ("2T{bh}i", "(2)T{bh}i"),
        ("T{2i:a:3b}", "T{2i:a:(3)b}"),
        ("(2)3i", "(2,3)i"),
        ("5s4w", "5s4w"),
        ("ii", "ii"),
    ] {
        assert_eq!(counted(format), Some(read(same_as)), "{format}");
    }
    // The padding at the end that a format leaves out is the type's.
    let Judgement::Composite(padded) = judge(b"d2b", 16) else { panic!() };
    let counted = padded.with_counts_of(b"d2b").unwrap();
    assert_eq!((counted.size(), counted.format().to_string()), (16, "T{^d(2)b6x}".to_owned()));
    assert_eq!(padded.with_counts_of(b"d2h"), None, "the format of another type");
    assert_eq!(padded.with_counts_of(b"d2"), None, "no format");
}

#[test]
fn a_record_that_is_aligned_for_some_readers_is_refused() {
    let refused = |format: &str, itemsize| match judge(format.as_bytes(), itemsize) {
        Judgement::Unreadable(error) => error.to_string().contains("readers differ"),
        _ => false,
    };
    assert!(refused("T{b:a:T{i:x:>i:y:}:r:}", 12));
    assert!(refused("T{h:a:T{i:x:2b:y:>h:z:}:r:}", 12));
    assert!(!refused("T{i:a:>h:b:}", 6));
    assert!(!refused("T{b:a:T{i:x:h:y:}:r:}", 12));
    assert!(!refused("T{b:a:^T{i:x:>h:y:}:r:}", 7));
    // Too large for those who align it.
    assert!(!refused("T{>b:a:T{@i:x:d:y:}:r:}", 17));
}

/// Formats of every code, nested, some of which have no size.
fn formats() -> impl Strategy<Value = String> {
    let prefix = "[@^=<>!]?";
    let count = "([0-9])?";
    let shape = r"(\([0-3](,[0-3])?\)){0,2}";
    let code = "([?cbBhHiIlLqQnNefdgspxuwPzO]|Z[efdg]|&i)";
    let name = "(:[ab é}{]{0,2}:)?";
    let item = format!("{shape}{prefix}{count}{code}{name}");
    let items = proptest::string::string_regex(&format!("({item}){{0,4}}")).unwrap();
    items.prop_recursive(3, 12, 3, move |inner| {
        (inner.clone(), inner, prefix, shape, name).prop_map(
            |(before, inside, prefix, shape, name)| {
                format!("{before}{shape}{prefix}T{{{inside}}}{name}")
            },
        )
    })
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn what_a_type_writes_describes_it(format in formats(), more in 0..9_usize) {
        let tree = Format::parse(format.as_bytes()).unwrap();
        let Ok(element_type) = ElementType::from_format(&tree) else { return Ok(()) };
        let written = element_type.format();
        prop_assert_eq!(read(&written.to_string()), element_type.clone(), "{}", written);
        let size = element_type.size();
        prop_assert!(element_type.is_described_to_numpy_by(written.as_bytes()), "{}", written);
        let padded = element_type.format_in(size + more);
        let measure = Format::parse(padded.as_bytes()).unwrap().measure().unwrap();
        prop_assert_eq!(measure.size, size + more, "{}", padded);
    }
}
