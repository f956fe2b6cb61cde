//! The judgement: a format string is a claim, and the itemsize is the authority.
//!
//! Every exporter states the size of its elements, and its memory is laid out by that. The format
//! string says what the elements are, and may be missing, wrong or beyond what can be read. If it
//! contradicts the itemsize, the elements are unreadable, but never read as something that they are
//! not.

use std::sync::Arc;

use super::ambiguity::is_ambiguous;
use super::readings::is_misread;
use super::{ElementType, Record, recent};
use crate::dtype::ScalarType;
use crate::error::{Error, Result};
use crate::fallible::{self, Shortened};
use crate::format::{self, Element, Format, Item, Measure, Prefix};

/// What [`judge`] finds the elements to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Scalars of this type.
    Scalar(ScalarType),
    /// Records, strings of fixed width and other elements that only their format describes.
    Composite(Arc<ElementType>),
    /// Elements that cannot be read, for the reason that the error gives. Their bytes stay usable.
    Unreadable(Error),
}

/// Finds out what elements of `itemsize` bytes are that claim to have a format.
///
/// # Examples
/// ```
/// use consumer::DType;
/// use consumer::form::{Judgement, judge};
///
/// let Judgement::Scalar(found) = judge(b">d", 8) else { panic!() };
/// assert_eq!((found.dtype, found.swapped), (DType::F64, cfg!(target_endian = "little")));
/// assert!(matches!(judge(b"d", 4), Judgement::Unreadable(_)));
/// ```
#[must_use]
pub fn judge(format: &[u8], itemsize: usize) -> Judgement {
    match ScalarType::from_letters(format) {
        Some(found) if found.dtype.size() == itemsize => Judgement::Scalar(found),
        _ => judge_again(format, itemsize),
    }
}

/// The same for a format whose writer goes by the rules here: that of a caller, or of a view. What
/// others may have meant or may read otherwise is not refused.
#[doc(hidden)]
#[must_use]
pub fn judge_own(format: &[u8], itemsize: usize) -> Judgement {
    match judge(format, itemsize) {
        Judgement::Unreadable(_) => {
            judge_tree(format, itemsize, Writer::Own).unwrap_or_else(Judgement::Unreadable)
        }
        judgement => judgement,
    }
}

/// Who has written a format.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    Anybody,
    /// Who goes by the rules here.
    Own,
}

/// Returns the type of a format that is one letter after an optional prefix, if its size is the
/// itemsize. This is the fast path, because almost every format is like that. `None` means that the
/// parser has to look at the format.
#[doc(hidden)]
#[must_use]
#[inline]
pub fn judge_letter(prefix: Option<u8>, letter: u8, itemsize: usize) -> Option<ScalarType> {
    ScalarType::from_letter(prefix, letter).filter(|found| found.dtype.size() == itemsize)
}

/// Judges a format by its tree, unless that was done lately.
fn judge_again(format: &[u8], itemsize: usize) -> Judgement {
    if let Some(known) = recent::judged(format, itemsize) {
        return Judgement::Composite(known);
    }
    let judgement =
        judge_tree(format, itemsize, Writer::Anybody).unwrap_or_else(Judgement::Unreadable);
    if let Judgement::Composite(element_type) = &judgement {
        recent::keep_judged(format, itemsize, element_type);
    }
    judgement
}

/// Judges a format by its tree.
fn judge_tree(format: &[u8], itemsize: usize, writer: Writer) -> Result<Judgement> {
    let unreadable = |reason: String| {
        let text = fallible::lossy_start(format);
        let text = Shortened(&text);
        let error =
            Error::unreadable(format!("elements of format {text:?} cannot be read: {reason}"));
        // Whatever is wrong with the format, there may be references in the memory.
        if format::mentions_objects(format) { error.with_references() } else { error }
    };
    // Where there is no memory for it, the format is not to blame.
    let because = |error: Error| {
        if error.is_no_memory() { error } else { unreadable(error.to_string()) }
    };
    let (tree, is_alike) = Format::parse_and_compare(format).map_err(because)?;
    if let Some((code, prefix)) = tree.as_scalar()
        && let Some(found) = ScalarType::from_code(code, prefix, itemsize)
    {
        return Ok(Judgement::Scalar(found));
    }
    let Measure { mut size, alignment } = tree.measure().map_err(because)?;
    let mut packed = None;
    if size > itemsize {
        // NumPy describes its packed record scalars as if they were aligned. If that does not fit
        // the itemsize and the fields without gaps fit it exactly, there are no gaps.
        fallible::room_for(format::weight(&tree.items))?;
        packed = Some(tree.packed())
            .filter(|tree| tree.measure().is_ok_and(|measure| measure.size == itemsize));
        if packed.is_some() {
            size = itemsize;
        }
    }
    let is_ambiguous = writer == Writer::Anybody && is_ambiguous(&tree, itemsize, packed.is_some());
    let tree = packed.unwrap_or(tree);
    let contradiction =
        || unreadable(format!("it describes {size} bytes, but itemsize is {itemsize}"));
    let is_padded = |size: usize| {
        size.checked_next_multiple_of(alignment) == Some(itemsize)
            && may_end_in_padding(&tree.items)
    };
    if size != itemsize && !is_padded(size) {
        return Err(contradiction());
    }
    if is_ambiguous {
        return Err(unreadable(
            "writers differ on the padding in such formats, so that fields may lie elsewhere: cast \
             to a format with \"^\" in front and all padding in it"
                .to_owned(),
        ));
    }
    let element_type = ElementType::from_format(&tree).map_err(because)?;
    let is_read_alike = is_alike || writer == Writer::Own;
    if !is_read_alike && is_misread(format, &element_type, itemsize) {
        return Err(unreadable(
            "another prefix is in force behind a record in it than in front of it: readers differ \
             on which of the two aligns the record"
                .to_owned(),
        ));
    }
    match element_type {
        // Explicit padding may follow the scalar in the format.
        ElementType::Scalar(scalar_type) if scalar_type.dtype.size() == itemsize => {
            Ok(Judgement::Scalar(scalar_type))
        }
        element_type if size == itemsize => Ok(Judgement::Composite(Arc::new(element_type))),
        // The padding at the end is part of the record. A single value has none.
        ElementType::Record(record) => {
            let record = Record::new(record.fields, itemsize);
            Ok(Judgement::Composite(Arc::new(ElementType::Record(record))))
        }
        _ => Err(contradiction()),
    }
}

/// Returns whether bytes behind the last item can be the padding of C's structures, which not all
/// writers describe. Where nothing is aligned there is nothing to pad to, and where a record lies
/// in a record, the bytes may as well belong to the inner one. An empty format describes no bytes,
/// rather than bytes that are all padding.
fn may_end_in_padding(items: &[Item]) -> bool {
    let items = match items {
        [Item { element: Element::Record(inner), prefix: Prefix::Native, .. }] => inner,
        items => items,
    };
    let aligned = |item: &Item| item.prefix == Prefix::Native;
    let plain = |item: &Item| !matches!(item.element, Element::Record(_));
    !items.is_empty() && items.iter().all(|item| aligned(item) && plain(item))
}
