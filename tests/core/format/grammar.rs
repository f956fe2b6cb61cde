//! Which format strings are accepted, as which tree, and where and why the others are refused.

use consumer::Format;
use consumer::format::Prefix::{Big, Little, Native, Packed, Standard};
use consumer::format::{Code, Element, Item, Prefix};

fn item(prefix: Prefix, element: Element) -> Item {
    Item { prefix, shape: vec![], repeat: 1, element, name: None }
}

fn scalar(prefix: Prefix, code: Code) -> Item {
    item(prefix, Element::Scalar(code))
}

fn named(name: &str, item: Item) -> Item {
    Item { name: Some(name.to_owned()), ..item }
}

fn times(repeat: usize, item: Item) -> Item {
    Item { repeat, ..item }
}

fn shaped(shape: &[usize], item: Item) -> Item {
    Item { shape: shape.to_vec(), ..item }
}

fn record(prefix: Prefix, items: &[Item]) -> Item {
    item(prefix, Element::Record(items.to_vec()))
}

fn reference(prefix: Prefix, target: Item) -> Item {
    item(prefix, Element::Reference(Box::new(target)))
}

#[track_caller]
fn accepts(format: &str, items: &[Item]) {
    let parsed = Format::parse(format.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(parsed.items, items, "{format:?}");
}

#[test]
fn every_letter_is_its_code() {
    use Code::*;
    let table = [
        ("?", Bool),
        ("c", Char),
        ("b", SignedChar),
        ("B", UnsignedChar),
        ("h", Short),
        ("H", UnsignedShort),
        ("i", Int),
        ("I", UnsignedInt),
        ("l", Long),
        ("L", UnsignedLong),
        ("q", LongLong),
        ("Q", UnsignedLongLong),
        ("n", SSize),
        ("N", Size),
        ("e", Half),
        ("f", Float),
        ("d", Double),
        ("g", LongDouble),
        ("Ze", ComplexHalf),
        ("Zf", ComplexFloat),
        ("Zd", ComplexDouble),
        ("Zg", ComplexLongDouble),
        ("E", ComplexHalf),
        ("F", ComplexFloat),
        ("D", ComplexDouble),
        ("G", ComplexLongDouble),
        ("u", Ucs2),
        ("w", Ucs4),
        ("P", Pointer),
        ("z", CharPointer),
        ("Z", WideCharPointer),
    ];
    let prefixes = [
        ("", Native),
        ("@", Native),
        ("^", Packed),
        ("=", Standard),
        ("<", Little),
        (">", Big),
        ("!", Big),
    ];
    for (letters, code) in table {
        for (symbol, prefix) in prefixes {
            accepts(&format!("{symbol}{letters}"), &[scalar(prefix, code)]);
        }
    }
    let known = |letter: u8| table.iter().any(|(letters, _)| letters.as_bytes() == [letter]);
    for letter in (b'a'..=b'z').chain(b'A'..=b'Z') {
        let other = b"spxtOTX".contains(&letter);
        let parsed = Format::parse(&[letter]);
        assert_eq!(parsed.is_ok(), known(letter) || b"spxtO".contains(&letter), "{letter}");
        assert!(!(other && known(letter)));
    }
}

#[test]
fn counts_make_strings_or_repeats() {
    accepts("3i", &[times(3, scalar(Native, Code::Int))]);
    accepts("0d", &[times(0, scalar(Native, Code::Double))]);
    accepts("007b", &[times(7, scalar(Native, Code::SignedChar))]);
    accepts("5s", &[item(Native, Element::Bytes(5))]);
    accepts("s", &[item(Native, Element::Bytes(1))]);
    accepts("0s", &[item(Native, Element::Bytes(0))]);
    accepts("5p", &[item(Native, Element::Pascal(5))]);
    accepts("7x", &[item(Native, Element::Void(7))]);
    accepts("3t", &[item(Native, Element::Bits(3))]);
    accepts(">3w", &[item(Big, Element::Text(Code::Ucs4, 3))]);
    accepts("4u", &[item(Native, Element::Text(Code::Ucs2, 4))]);
    accepts("1w", &[item(Native, Element::Text(Code::Ucs4, 1))]);
    accepts("2O", &[times(2, item(Native, Element::Object))]);
    accepts("2Zd", &[times(2, scalar(Native, Code::ComplexDouble))]);
    accepts("2Z", &[times(2, scalar(Native, Code::WideCharPointer))]);
    accepts("9223372036854775807x", &[item(Native, Element::Void(isize::MAX as usize))]);
}

#[test]
fn shapes_make_sub_arrays() {
    accepts("(3)i", &[shaped(&[3], scalar(Native, Code::Int))]);
    accepts("(2,3)>i", &[shaped(&[2, 3], scalar(Big, Code::Int))]);
    accepts("( 2 , 3 )i", &[shaped(&[2, 3], scalar(Native, Code::Int))]);
    accepts("<(0)d", &[shaped(&[0], scalar(Little, Code::Double))]);
    accepts("(2)3i", &[shaped(&[2], times(3, scalar(Native, Code::Int)))]);
    accepts("(2)5s", &[shaped(&[2], item(Native, Element::Bytes(5)))]);
    accepts("(2)<3>i", &[shaped(&[2], times(3, scalar(Big, Code::Int)))]);
    accepts("(2)T{b}", &[shaped(&[2], record(Native, &[scalar(Native, Code::SignedChar)]))]);
}

#[test]
fn space_between_items_means_nothing() {
    let items = [scalar(Native, Code::Int), scalar(Native, Code::Double)];
    for format in ["id", "i d", " i d ", "\ti\n\r\x0b\x0cd ", "i                d"] {
        accepts(format, &items);
    }
    accepts("", &[]);
    accepts("   ", &[]);
    accepts("< i", &[scalar(Little, Code::Int)]);
    accepts("T{ i:a: }", &[record(Native, &[named("a", scalar(Native, Code::Int))])]);
    accepts("& i", &[reference(Native, scalar(Native, Code::Int))]);
}

#[test]
fn a_run_of_padding_is_two_items_however_long_it_is() {
    let padding = |size| item(Native, Element::Void(size));
    accepts("xx", &[padding(1), padding(1)]);
    accepts("xxxx", &[padding(1), padding(3)]);
    accepts(&"x".repeat(100_000), &[padding(1), padding(99_999)]);
    accepts("2x3x4xBx", &[padding(2), padding(7), scalar(Native, Code::UnsignedChar), padding(1)]);
    accepts("xxx:a:", &[padding(1), padding(1), named("a", padding(1))]);
    accepts("xx(2)x", &[padding(1), padding(1), shaped(&[2], padding(1))]);
    accepts("xx<x", &[padding(1), padding(1), item(Little, Element::Void(1))]);
    let most = format!("xx{}xx", isize::MAX);
    accepts(&most, &[padding(1), padding(1), padding(isize::MAX as usize), padding(1)]);
}

#[test]
fn a_prefix_holds_until_the_next_one() {
    accepts("<ih", &[scalar(Little, Code::Int), scalar(Little, Code::Short)]);
    accepts("<i>h", &[scalar(Little, Code::Int), scalar(Big, Code::Short)]);
    accepts("<>=^@i", &[scalar(Native, Code::Int)]);
    accepts("<", &[]);
    accepts("i>", &[scalar(Native, Code::Int)]);
    accepts("3<i", &[times(3, scalar(Little, Code::Int))]);
    // Shapes one after the other, as NumPy writes them, are one.
    accepts("(2)(3,1)<i", &[Item { shape: vec![2, 3, 1], ..scalar(Little, Code::Int) }]);
    // Into a record, out of it, and out of one that ends with nothing but a prefix.
    accepts(">T{i}", &[record(Big, &[scalar(Big, Code::Int)])]);
    accepts("T{>i}h", &[record(Native, &[scalar(Big, Code::Int)]), scalar(Big, Code::Short)]);
    accepts("T{>i@}h", &[record(Native, &[scalar(Big, Code::Int)]), scalar(Native, Code::Short)]);
    accepts("T{<}h", &[record(Native, &[]), scalar(Little, Code::Short)]);
    // Into and out of what a reference points to.
    let target = scalar(Big, Code::Int);
    accepts("<&>ih", &[reference(Little, target), scalar(Big, Code::Short)]);
}

#[test]
fn what_exporters_write() {
    let field = |name, prefix, code| named(name, scalar(prefix, code));
    accepts(
        "T{=i:a:d:b:@h:c:}",
        &[record(
            Native,
            &[
                field("a", Standard, Code::Int),
                field("b", Standard, Code::Double),
                field("c", Native, Code::Short),
            ],
        )],
    );
    let point =
        record(Native, &[field("x", Native, Code::Float), field("y", Standard, Code::Double)]);
    accepts(
        "T{T{f:x:=d:y:}:p:(2,3)@i:m:}",
        &[record(
            Native,
            &[named("p", point), named("m", shaped(&[2, 3], scalar(Native, Code::Int)))],
        )],
    );
    accepts("^T{i:a:}", &[record(Packed, &[field("a", Packed, Code::Int)])]);
    accepts("(3)<h", &[shaped(&[3], scalar(Little, Code::Short))]);
    let run_on = [[Code::Float; 3].as_slice(), &[Code::UnsignedChar; 4]].concat();
    accepts("fffBBBB", &run_on.into_iter().map(|code| scalar(Native, code)).collect::<Vec<_>>());
    accepts("3x:v:", &[named("v", item(Native, Element::Void(3)))]);
    accepts("<Z", &[scalar(Little, Code::WideCharPointer)]);
}

#[test]
fn names_may_be_anything_without_a_colon() {
    for name in ["", " ", "a b", "größe", "名前", "{", "}", "T{i", "3i", "\n", "a\"b"] {
        accepts(&format!("i:{name}:"), &[named(name, scalar(Native, Code::Int))]);
        let inside = named(name, scalar(Native, Code::Int));
        accepts(&format!("T{{i:{name}:}}"), &[record(Native, &[inside])]);
    }
    accepts(
        "i::d:b:",
        &[named("", scalar(Native, Code::Int)), named("b", scalar(Native, Code::Double))],
    );
}

#[test]
fn z_is_complex_only_right_before_a_float() {
    let pointer = || scalar(Native, Code::WideCharPointer);
    accepts("Zi", &[pointer(), scalar(Native, Code::Int)]);
    accepts("Z f", &[pointer(), scalar(Native, Code::Float)]);
    accepts("ZZd", &[pointer(), scalar(Native, Code::ComplexDouble)]);
    accepts("Z:d:d", &[named("d", pointer()), scalar(Native, Code::Double)]);
    accepts("Z<d", &[pointer(), scalar(Little, Code::Double)]);
    accepts("T{Z}d", &[record(Native, &[pointer()]), scalar(Native, Code::Double)]);
    accepts("&Zd", &[reference(Native, scalar(Native, Code::ComplexDouble))]);
}

#[test]
fn references_and_functions() {
    let int = || scalar(Native, Code::Int);
    accepts("&i", &[reference(Native, int())]);
    accepts("&&i", &[reference(Native, reference(Native, int()))]);
    accepts("2&i", &[times(2, reference(Native, int()))]);
    accepts("&2i", &[reference(Native, times(2, int()))]);
    accepts("&(3)i", &[reference(Native, shaped(&[3], int()))]);
    accepts("(3)&i", &[shaped(&[3], reference(Native, int()))]);
    // The name is the field's, not that of what it points to.
    accepts("&i:p:", &[named("p", reference(Native, int()))]);
    accepts("&T{i:a:}:p:", &[named("p", reference(Native, record(Native, &[named("a", int())])))]);
    let function = |signature: &str| item(Native, Element::Function(signature.to_owned()));
    accepts("X{}", &[function("")]);
    accepts("X{ii->d}", &[function("ii->d")]);
    accepts("X{T{i:a:}{}}:f:", &[named("f", function("T{i:a:}{}"))]);
    accepts("2X{}i", &[times(2, function("")), int()]);
}

#[test]
fn what_is_refused_and_where() {
    let table: &[(&[u8], usize, &str)] = &[
        (b"y", 0, "expected a type code, found 'y'"),
        (b"bfloat16", 3, "expected a type code, found 'o'"),
        (b"i,d", 1, "expected a type code, found ','"),
        (b"\xff", 0, "expected a type code, found byte 0xff"),
        (b"i\x00", 1, "expected a type code, found byte 0x00"),
        (b"3", 1, "expected a type code, found the end"),
        (b"3 i", 1, "expected a type code, found ' '"),
        (b"<3", 2, "expected a type code, found the end"),
        (b"-1i", 0, "expected a type code, found '-'"),
        (b"&", 1, "expected a type code, found the end"),
        (b"2(3)i", 1, "expected a type code, found '('"),
        (b"}", 0, "'}' without a record that it could close"),
        (b"T{i}}", 4, "'}' without a record that it could close"),
        (b"T", 1, "expected '{' after T, found the end"),
        (b"T i", 1, "expected '{' after T, found ' '"),
        (b"X", 1, "expected '{' after X, found the end"),
        (b"Xi", 1, "expected '{' after X, found 'i'"),
        (b"T{", 2, "expected '}', found the end"),
        (b"T{i:a:", 6, "expected '}', found the end"),
        (b"X{{}", 4, "expected '}', found the end"),
        (b"(", 1, "expected a length, found the end"),
        (b"()i", 1, "expected a length, found ')'"),
        (b"(2,)i", 3, "expected a length, found ')'"),
        (b"(-1)i", 1, "expected a length, found '-'"),
        (b"(2", 2, "expected ',' or ')', found the end"),
        (b"(2;3)i", 2, "expected ',' or ')', found ';'"),
        (b"(2 3)i", 3, "expected ',' or ')', found '3'"),
        (b"(2)", 3, "expected a type code, found the end"),
        (b"i:a", 3, "expected ':' after the name, found the end"),
        (b"i:", 2, "expected ':' after the name, found the end"),
        (b"i :a:", 2, "expected a type code, found ':'"),
        (b"i:a:b:", 6, "expected ':' after the name, found the end"),
        (b"i:a\xff:", 3, "expected UTF-8 in a name or signature"),
        (b"X{\xc3(}", 2, "expected UTF-8 in a name or signature"),
        (b"9223372036854775808x", 18, "a count larger than memory"),
        (b"b99999999999999999999999i", 19, "a count larger than memory"),
        (b"(9223372036854775808)b", 19, "a count larger than memory"),
    ];
    for &(format, offset, message) in table {
        let shown = String::from_utf8_lossy(format);
        let error = Format::parse(format).expect_err(&shown);
        assert!(error.is_format(), "{shown}");
        assert_eq!(error.offset(), Some(offset), "{shown}: {error}");
        assert_eq!(error.to_string(), format!("format {shown:?}, at byte {offset}: {message}"));
    }
}

/// Exporters may leave a prefix behind the last element, in which nothing is ambiguous; a caller's
/// format has none, except in records, where NumPy writes them.
#[test]
fn a_prefix_with_nothing_behind_it_is_read_and_not_to_be_written() {
    for format in ["i<", "<", "i:a: ^ ", "T{i}>", "i>!"] {
        Format::parse(format.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        let error = Format::parse_strict(format.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("expected a type code, found "), "{error}");
    }
    for format in [
        "", "<i", "<i>i", "><i", "T{<i}", "(2)<i", "3<i", "T{}", "<T{i:a:}", "T{i<}", "T{<}",
        "T{i:a:>}", "T{T{=}i}",
    ] {
        let strict = Format::parse_strict(format.as_bytes());
        assert_eq!(strict.unwrap(), Format::parse(format.as_bytes()).unwrap(), "{format}");
    }
}
