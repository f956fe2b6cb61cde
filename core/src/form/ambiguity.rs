//! Formats that describe one thing by the rules of PEP 3118, and another one to who wrote them.
//!
//! In PEP 3118 an aligned record is a structure of C, padded to its own alignment, and all other
//! padding stands in the format. Two kinds of writers have other rules, and where theirs fit the
//! itemsize as well, nothing tells which were meant:
//!
//! - NumPy writes only what is at aligned places as aligned, and leaves nothing to alignment: the
//!   padding of a record stands behind its brace, for the records of a sub-array together, and
//!   that at the end of all is left out. Its own exports are read by their dtypes, but others pass
//!   its formats on.
//! - ctypes and Cython write prefixes for single fields, which are in force for others, too, and
//!   some versions of ctypes leave out fields and the padding between them.

use crate::error::Result;
use crate::format::{self, Code, Element, Format, Item, Measure, Prefix};

/// What is known of the elements besides their format.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Nothing,
    /// They are read without gaps, whatever the prefixes.
    Packed,
    /// All records of sub-arrays are aligned as the first of them is.
    Aligned,
}

/// Returns whether elements of `itemsize` bytes may lie elsewhere to the writer of their format
/// than to its readers.
pub(super) fn is_ambiguous(tree: &Format, itemsize: usize, known: Known) -> bool {
    let Ok(mut placed) = place(&tree.items, 0) else { return false };
    let is_packed = known == Known::Packed;
    let is_padded_unlike_c = placed.is_padded_unlike_c;
    let (mut items, mut itemsize) = (tree.items.as_slice(), itemsize);
    if let [item @ Item { element: Element::Record(inner), name: None, .. }] = items
        && let Ok(within) = place(inner, 0)
    {
        // In a sub-array that is all there is, all padding belongs to its elements.
        (items, itemsize, placed) = (inner, itemsize / count_of(item).max(1), within);
    }
    let may_be_numpys = placed.size <= itemsize && (is_packed || placed.is_aligned);
    let differs = !is_packed && placed.differs;
    let may_be_padded = || may_be_padded(items, itemsize - placed.size, known, &placed);
    (is_padded_unlike_c && !is_packed) || (may_be_numpys && (differs || may_be_padded()))
}

/// Returns whether some padding, of which `behind` bytes follow the items, may belong to each of
/// the records of a sub-array. `all` is what is found of all items of the element.
fn may_be_padded(items: &[Item], mut behind: usize, known: Known, all: &Placed) -> bool {
    items.iter().rev().any(|item| {
        if let Some(size) = padding_of(item) {
            behind = behind.saturating_add(size);
            return false;
        }
        let padding = std::mem::take(&mut behind);
        let Element::Record(inner) = &item.element else { return false };
        // NumPy writes neither of these, but for the prefix that a long double out of place leaves
        // in force, so that their author went by PEP 3118.
        let is_unlike_numpy = (item.prefix == Prefix::Packed && !all.has_long_double)
            || inner.last().and_then(padding_of).is_some();
        let count = count_of(item);
        let alignment = match format::measure_element(item) {
            Ok(Measure { alignment, .. }) if known == Known::Aligned => alignment,
            _ => 1,
        };
        let each = padding.checked_div(count);
        (count > 1 && each >= Some(alignment) && !is_unlike_numpy)
            || each.is_some_and(|padding| may_be_padded(inner, padding, known, all))
    })
}

/// What is found of items that lie one behind the other.
struct Placed {
    size: usize,
    /// The size by PEP 3118.
    own_size: usize,
    /// Whether something, of which there is any, lies elsewhere than by PEP 3118.
    differs: bool,
    /// Whether all that a prefix calls aligned is.
    is_aligned: bool,
    /// Whether all but padding is said to be laid out as in C.
    is_of_c: bool,
    /// Whether a record is padded at its end as a structure of C, while not all of it is said to be
    /// laid out as one: whatever the format leaves out would seem padding.
    is_padded_unlike_c: bool,
    /// Whether there is a long double, or a complex number of two, which NumPy calls packed where it
    /// is at no aligned place.
    has_long_double: bool,
}

/// Places items one behind the other, in an element of which `before` bytes lie before them.
fn place(items: &[Item], before: usize) -> Result<Placed> {
    let mut placed = Placed {
        size: 0,
        own_size: 0,
        differs: false,
        is_aligned: true,
        is_of_c: true,
        is_padded_unlike_c: false,
        has_long_double: false,
    };
    for item in items {
        let own = format::measure_element(item)?;
        let (offset, own_end) = format::span_of(item, own, placed.own_size)?;
        let (is_native, is_padding) = (item.prefix == Prefix::Native, padding_of(item).is_some());
        let mut differs = false;
        let mut one = Measure { alignment: 1, ..own };
        match &item.element {
            Element::Record(inner) => {
                let inner = place(inner, before + placed.size)?;
                differs = inner.differs;
                placed.is_aligned &= inner.is_aligned;
                placed.is_of_c &= inner.is_of_c;
                placed.has_long_double |= inner.has_long_double;
                placed.is_padded_unlike_c |=
                    inner.is_padded_unlike_c || (own.size > inner.own_size && !inner.is_of_c);
                one.size = inner.size;
            }
            element => {
                let is_aligned = (before + placed.size).is_multiple_of(own.alignment);
                placed.is_aligned &= !is_native || is_aligned;
                placed.has_long_double |=
                    matches!(element, Element::Scalar(Code::LongDouble | Code::ComplexLongDouble));
            }
        }
        let (start, end) = format::span_of(item, one, placed.size)?;
        differs |= start != offset || (count_of(item) > 1 && one.size != own.size);
        placed.differs |= differs && !is_padding && count_of(item) > 0;
        placed.is_of_c &= is_native || is_padding;
        (placed.size, placed.own_size) = (end, own_end);
    }
    Ok(placed)
}

/// Returns how many elements an item has.
fn count_of(item: &Item) -> usize {
    item.shape.iter().fold(item.repeat, |count, &n| count.saturating_mul(n))
}

/// Returns how many bytes of padding an item is, if it is padding.
fn padding_of(item: &Item) -> Option<usize> {
    match item {
        Item { element: Element::Void(size), name: None, .. } => {
            Some(size.saturating_mul(count_of(item)))
        }
        _ => None,
    }
}
