//! What holds for every format string and itemsize, given as bytes that a fuzzer makes.

use std::ops::Range;

use consumer::Format;
use consumer::element::Value;
use consumer::form::ElementType;
use consumer::form::{Judgement, judge};

/// The largest element that is taken out: a larger one is only slow.
const MAX_BYTES: usize = 1 << 12;

/// The first byte of `data` leads to the itemsizes, the others are the format.
pub(crate) fn check(data: &[u8]) {
    let Some((&more, format)) = data.split_first() else { return };
    let mut itemsizes = vec![usize::from(more)];
    match Format::parse(format) {
        Ok(tree) => {
            assert_survives_writing(&tree);
            match tree.measure() {
                Ok(measure) => {
                    assert!(isize::try_from(measure.size).is_ok());
                    assert!(measure.alignment.is_power_of_two());
                    itemsizes.extend([measure.size, measure.size + usize::from(more)]);
                }
                Err(error) => assert!(error.is_unreadable(), "{error}"),
            }
        }
        Err(error) => assert!(error.is_format() && error.offset() <= Some(format.len()), "{error}"),
    }
    for itemsize in itemsizes {
        assert_judged(format, itemsize);
    }
}

/// What is written parses to what was written.
fn assert_survives_writing(tree: &Format) {
    let written = tree.to_string();
    let parsed = Format::parse(written.as_bytes());
    assert_eq!(parsed.as_ref(), Ok(tree), "{written:?}");
}

/// What can be read lies within the itemsize.
fn assert_judged(format: &[u8], itemsize: usize) {
    match judge(format, itemsize) {
        Judgement::Scalar(found) => assert_eq!(found.dtype.size(), itemsize),
        Judgement::Composite(element_type) => {
            assert_within(&element_type, itemsize);
            assert_described(format, &element_type, itemsize);
        }
        Judgement::Unreadable(error) => assert!(error.is_unreadable(), "{error}"),
    }
}

/// The format that the type of elements writes describes them.
fn assert_described(format: &[u8], element_type: &ElementType, itemsize: usize) {
    // A C string has no NUL, and neither has a name in it.
    if format.contains(&0) {
        return;
    }
    let written = element_type.format();
    assert!(element_type.is_described_to_numpy_by(written.as_bytes()), "{written}");
    let padded = element_type.format_in(itemsize);
    let size = Format::parse(padded.as_bytes()).and_then(|tree| Ok(tree.measure()?.size));
    assert_eq!(size, Ok(itemsize), "{padded}");
}

fn assert_within(element_type: &ElementType, itemsize: usize) {
    assert!(element_type.size() <= itemsize, "{element_type:?}");
    if itemsize > MAX_BYTES {
        return;
    }
    let mut end = 0;
    element_type.for_each_leaf(0, &mut |range: Range<usize>, _| {
        assert!(end <= range.start && range.start <= range.end, "{range:?} of {element_type:?}");
        end = range.end;
    });
    assert!(end <= itemsize, "{element_type:?}");
    // Bytes of every kind: text that ends early, and text that does not.
    for byte in [0, 1, 0xff] {
        let _: Value = element_type.value(&vec![byte; itemsize]);
    }
}
