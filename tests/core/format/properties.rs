//! What holds for all format strings: a tree is written so that it is read back, however it is
//! spelt, and no bytes whatever make the parser, or what works on its trees, panic.

use crate::support::{self, config};
use consumer::Format;
use consumer::form::{ElementType, judge};
use consumer::format::{Code, Element, Item, Prefix};
use proptest::prelude::*;

fn prefixes() -> impl Strategy<Value = Prefix> {
    prop_oneof![
        Just(Prefix::Native),
        Just(Prefix::Packed),
        Just(Prefix::Standard),
        Just(Prefix::Little),
        Just(Prefix::Big),
    ]
}

/// Signatures in which every brace has its partner.
fn signatures() -> impl Strategy<Value = String> {
    let flat = "[a-zT:&é ]{0,6}".prop_map(|text| text);
    flat.prop_recursive(3, 8, 2, |inner| {
        (inner.clone(), inner).prop_map(|(left, right)| format!("{left}{{{right}}}{left}"))
    })
}

/// An element and how often it repeats: strings count for themselves.
fn leaves() -> impl Strategy<Value = (usize, Element)> {
    let count = prop_oneof![4 => Just(1_usize), 2 => 0..20_usize, 1 => Just(isize::MAX as usize)];
    let code = proptest::sample::select(Code::ALL);
    let length = count.clone();
    prop_oneof![
        4 => (count.clone(), code).prop_map(|(count, code)| match code {
            Code::Ucs2 | Code::Ucs4 => (1, Element::Scalar(code)),
            _ => (count, Element::Scalar(code)),
        }),
        1 => length.clone().prop_map(|n| (1, Element::Bytes(n))),
        1 => length.clone().prop_map(|n| (1, Element::Pascal(n))),
        1 => length.clone().prop_map(|n| (1, Element::Void(n))),
        1 => length.clone().prop_map(|n| (1, Element::Bits(n))),
        1 => length.clone().prop_map(|n| (1, Element::Text(Code::Ucs2, n))),
        1 => length.prop_map(|n| (1, Element::Text(Code::Ucs4, n))),
        1 => count.clone().prop_map(|n| (n, Element::Object)),
        1 => (count, signatures()).prop_map(|(n, text)| (n, Element::Function(text))),
    ]
}

fn items(elements: impl Strategy<Value = (usize, Element)>) -> impl Strategy<Value = Item> {
    let shape = prop_oneof![
        3 => Just(vec![]),
        1 => proptest::collection::vec(0..100_usize, 1..4),
    ];
    let name = prop_oneof![2 => Just(None), 1 => "[^:]{0,5}".prop_map(Some)];
    (prefixes(), shape, elements, name).prop_map(|(prefix, shape, (repeat, element), name)| Item {
        prefix,
        shape,
        repeat,
        element,
        name,
    })
}

fn trees() -> impl Strategy<Value = Format> {
    let item = items(leaves()).prop_recursive(4, 40, 5, |inner| {
        let record = proptest::collection::vec(inner.clone(), 0..5).prop_map(Element::Record);
        let reference =
            inner.prop_map(|target| Element::Reference(Box::new(Item { name: None, ..target })));
        items((0..3_usize, prop_oneof![3 => record, 1 => reference]))
    });
    proptest::collection::vec(item, 0..6)
        .prop_filter("padding that the parser joins", |items| !has_run_of_padding(items))
        .prop_map(|items| Format { items })
}

fn has_run_of_padding(items: &[Item]) -> bool {
    let is_padding = |item: &Item| matches!(item.element, Element::Void(_)) && item.name.is_none();
    items.windows(3).any(|three| three.iter().all(is_padding))
        || items.iter().any(|item| match &item.element {
            Element::Record(inner) => has_run_of_padding(inner),
            Element::Reference(target) => has_run_of_padding(std::slice::from_ref(target)),
            _ => false,
        })
}

/// The longest spelling: every prefix, count and space that may be written.
fn spell(items: &[Item], spaces: &mut dyn Iterator<Item = &'static str>, out: &mut String) {
    for item in items {
        out.push(' ');
        out.push_str(spaces.next().unwrap());
        if !item.shape.is_empty() {
            let gap = spaces.next().unwrap();
            let lengths: Vec<String> = item.shape.iter().map(ToString::to_string).collect();
            out.push_str(&format!("({gap}{}{gap})", lengths.join(&format!("{gap},{gap}"))));
        }
        let symbol = match item.prefix {
            Prefix::Native => "@",
            Prefix::Packed => "^",
            Prefix::Standard => "=",
            Prefix::Little => "<",
            Prefix::Big if spaces.next().unwrap().is_empty() => "!",
            Prefix::Big => ">",
        };
        out.push_str(symbol);
        let count = match &item.element {
            // A count would make a string of a code unit.
            Element::Scalar(Code::Ucs2 | Code::Ucs4) => String::new(),
            Element::Bytes(n) | Element::Pascal(n) | Element::Void(n) => n.to_string(),
            Element::Bits(n) | Element::Text(_, n) => n.to_string(),
            _ => item.repeat.to_string(),
        };
        out.push_str(&count);
        match &item.element {
            Element::Scalar(code) | Element::Text(code, _) => out.push_str(code.spelling()),
            Element::Bytes(_) => out.push('s'),
            Element::Pascal(_) => out.push('p'),
            Element::Void(_) => out.push('x'),
            Element::Bits(_) => out.push('t'),
            Element::Object => out.push('O'),
            Element::Function(signature) => out.push_str(&format!("X{{{signature}}}")),
            Element::Reference(target) => {
                out.push('&');
                spell(std::slice::from_ref(target), spaces, out);
            }
            Element::Record(items) => {
                out.push_str("T{");
                spell(items, spaces, out);
                out.push('}');
            }
            other => panic!("{other:?} has no spelling here"),
        }
        if let Some(name) = &item.name {
            out.push_str(&format!(":{name}:"));
        }
    }
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn what_display_writes_parses_to_the_same_tree(tree in trees()) {
        let written = tree.to_string();
        let parsed = Format::parse(written.as_bytes());
        prop_assert_eq!(parsed.as_ref(), Ok(&tree), "{}", written);
    }

    #[test]
    fn the_longest_spelling_parses_to_the_same_tree(tree in trees(), seed in any::<u64>()) {
        let choices = support::noise(64, seed);
        let spaces = ["", "", " ", "\t\n", "   "];
        let mut spaces = choices.iter().cycle().map(|&byte| spaces[usize::from(byte) % 5]);
        let mut written = String::new();
        spell(&tree.items, &mut spaces, &mut written);
        let parsed = Format::parse(written.as_bytes());
        prop_assert_eq!(parsed.as_ref(), Ok(&tree), "{}", written);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        exercise(&bytes);
    }

    #[test]
    fn no_pieces_of_grammar_make_it_panic(
        pieces in proptest::collection::vec(
            proptest::sample::select(&[
                "T{", "}", "(", ")", ",", "2", "3", "99999999999", "9223372036854775807", ":", ":a:",
                "&", "X{", "Z", "d", "i", "f", "s", "x", "w", "u", "t", "O", "<", ">", "@", "^", "=",
                "!", " ", "\u{e9}", "g", "b", "(2,3)",
            ][..]),
            0..40,
        )
    ) {
        exercise(pieces.concat().as_bytes());
    }
}

/// Everything that takes a format string or a tree; a tree that was read is also read again.
fn exercise(bytes: &[u8]) {
    for itemsize in [0, 1, 2, 4, 8, 16, 32, usize::MAX] {
        let _ = judge(bytes, itemsize);
    }
    match Format::parse(bytes) {
        Ok(tree) => {
            let _ = (tree.measure(), tree.as_scalar());
            assert_eq!(Format::parse(tree.to_string().as_bytes()), Ok(tree));
        }
        Err(error) => {
            assert!(error.is_format());
            assert!(error.offset().unwrap() <= bytes.len(), "{error}");
        }
    }
}

/// Two codes that stand next to each other are not read as one, however the first one is wrapped.
#[test]
fn neighbours_stay_apart() {
    let item = |element: Element, name: Option<&str>| Item {
        prefix: Prefix::Little,
        shape: vec![],
        repeat: 1,
        element,
        name: name.map(str::to_owned),
    };
    for (&first, &second) in Code::ALL.iter().flat_map(|a| Code::ALL.iter().map(move |b| (a, b))) {
        let scalar = || item(Element::Scalar(first), None);
        let reference = |target: Item| item(Element::Reference(Box::new(target)), None);
        let wrapped = [
            scalar(),
            item(Element::Scalar(first), Some("f")),
            item(Element::Record(vec![scalar()]), None),
            reference(scalar()),
            reference(reference(scalar())),
            reference(item(Element::Record(vec![scalar(), scalar()]), None)),
        ];
        for before in wrapped {
            let tree = Format { items: vec![before, item(Element::Scalar(second), None)] };
            let written = tree.to_string();
            assert_eq!(Format::parse(written.as_bytes()), Ok(tree), "{written}");
        }
    }
}

#[test]
fn no_depth_overflows_the_stack() {
    let pieces =
        ["T{", "{", "&", "X{", "(", "}", ")", "(1,", "9", ":", "Z", "<", " ", "(1)", "T{&"];
    for piece in pieces {
        let bytes = piece.repeat(100_000);
        exercise(bytes.as_bytes());
        exercise(&[bytes.as_bytes(), b"i"].concat());
    }
    // Nested, and closed as it should be.
    exercise(format!("{}i{}", "T{".repeat(100_000), "}".repeat(100_000)).as_bytes());
    exercise(format!("X{{{}{}}}", "{".repeat(100_000), "}".repeat(100_000)).as_bytes());
}

#[test]
fn nesting_is_allowed_up_to_64_levels() {
    let records = |depth: usize| format!("{}i{}", "T{".repeat(depth), "}".repeat(depth));
    assert!(Format::parse(records(64).as_bytes()).is_ok());
    let error = Format::parse(records(65).as_bytes()).unwrap_err();
    assert_eq!(error.offset(), Some(130));
    assert!(error.to_string().ends_with("nested deeper than 64 levels"), "{error}");

    let references = |depth: usize| format!("{}i", "&".repeat(depth));
    assert!(Format::parse(references(64).as_bytes()).is_ok());
    assert_eq!(Format::parse(references(65).as_bytes()).unwrap_err().offset(), Some(65));
}

/// Why the elements of a format cannot be read.
fn refusal(format: &str) -> Option<String> {
    let tree = Format::parse(format.as_bytes()).unwrap();
    ElementType::from_format(&tree).err().map(|error| error.to_string())
}

#[test]
fn elements_lie_in_sub_arrays_of_up_to_64_dimensions_together() {
    let shape = |count: usize| format!("({}1)", "1,".repeat(count - 1));
    assert_eq!(refusal(&format!("{}i", shape(64))), None);
    let message = refusal(&format!("{}i", shape(65))).unwrap();
    assert!(message.ends_with("sub-arrays of more than 64 dimensions"), "{message}");

    // Those of records in sub-arrays count, those beside each other do not.
    let nested = |inner: usize| format!("{}T{{{}i:a:{}i:b:}}", shape(40), shape(inner), shape(24));
    assert_eq!(refusal(&nested(24)), None);
    assert!(refusal(&nested(25)).is_some());
    // What a pointer leads to is not read.
    assert_eq!(refusal(&format!("{}&{}i", shape(40), shape(25))), None);
}

#[test]
fn a_format_of_a_million_dimensions_is_refused_with_a_short_message() {
    let format = format!("({}1)i", "1,".repeat(1_000_000));
    assert!(refusal(&format).unwrap().len() < 400);
}
