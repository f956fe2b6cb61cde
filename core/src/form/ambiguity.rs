//! Formats that describe one thing by the rules of PEP 3118, and another one to who wrote them.
//!
//! In PEP 3118 an aligned record is a structure of C, padded to its own alignment, and all other
//! padding stands in the format. Two kinds of writers have other rules, and where theirs fit the
//! itemsize as well, nothing tells which were meant:
//!
//! - NumPy writes only what is at aligned places as aligned, and leaves nothing to alignment: the
//!   padding of a record stands behind its brace, for the records of a sub-array together, and
//!   that at the end of all is left out. What is at no aligned place, and has a code only in C's
//!   size, it calls packed. Its own exports are read by their dtypes, but others pass its formats
//!   on.
//! - ctypes and Cython write prefixes for single fields, which are in force for others, too, and
//!   some versions of ctypes leave out fields and the padding between them.

use crate::error::Result;
use crate::format::{self, Code, Element, Format, Item, Measure, Prefix};

/// Returns whether elements of `itemsize` bytes may lie elsewhere to the writer of their format
/// than to its readers. `is_packed` says that they are read without gaps, whatever the prefixes.
pub(super) fn is_ambiguous(tree: &Format, itemsize: usize, is_packed: bool) -> bool {
    let Ok(whole) = place(&tree.items, 0) else { return false };
    let (mut items, mut itemsize, mut placed) = (tree.items.as_slice(), itemsize, whole);
    if let [item @ Item { element: Element::Record(inner), name: None, .. }] = items
        && let Ok(within) = place(inner, 0)
    {
        // In a sub-array that is all there is, all padding belongs to its elements.
        (items, itemsize, placed) = (inner, itemsize / count_of(item).max(1), within);
    }
    let may_be_numpys = placed.size <= itemsize && (is_packed || placed.is_aligned);
    let differs = !is_packed && placed.differs;
    let tells_packed = whole.first_packed != Some(Packed::LongDouble);
    let may_be_padded = || may_be_padded(items, itemsize - placed.size, tells_packed);
    (whole.is_padded_unlike_c && !is_packed) || (may_be_numpys && (differs || may_be_padded()))
}

/// Returns whether some padding, of which `behind` bytes follow the items, may belong to each of
/// the records of a sub-array. `tells_packed` says that records that are called packed are so to
/// their writer.
fn may_be_padded(items: &[Item], mut behind: usize, tells_packed: bool) -> bool {
    items.iter().rev().any(|item| {
        if let Some(size) = padding_of(item) {
            behind = behind.saturating_add(size);
            return false;
        }
        let padding = std::mem::take(&mut behind);
        let Element::Record(inner) = &item.element else { return false };
        // NumPy writes neither of these, so that their author went by PEP 3118.
        let is_unlike_numpy = (item.prefix == Prefix::Packed && tells_packed)
            || inner.last().and_then(padding_of).is_some();
        let count = count_of(item);
        (1 < count && count <= padding && !is_unlike_numpy)
            || (count > 0 && may_be_padded(inner, padding / count, tells_packed))
    })
}

/// What is called packed first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Packed {
    /// A long double, or a complex number of two, which NumPy calls so where it is at no aligned
    /// place. The prefix is in force behind it, where it says nothing.
    LongDouble,
    Other,
}

/// What is found of items that lie one behind the other.
#[derive(Clone, Copy)]
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
    first_packed: Option<Packed>,
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
        first_packed: None,
    };
    for item in items {
        let own = format::measure_element(item)?;
        let (offset, own_end) = format::span_of(item, own, placed.own_size)?;
        let (is_native, is_padding) = (item.prefix == Prefix::Native, padding_of(item).is_some());
        if item.prefix == Prefix::Packed {
            placed.first_packed = placed.first_packed.or(Some(match item.element {
                Element::Scalar(Code::LongDouble | Code::ComplexLongDouble) => Packed::LongDouble,
                _ => Packed::Other,
            }));
        }
        let mut differs = false;
        let mut one = Measure { alignment: 1, ..own };
        match &item.element {
            Element::Record(inner) => {
                let inner = place(inner, before + placed.size)?;
                differs = inner.differs;
                placed.is_aligned &= inner.is_aligned;
                placed.is_of_c &= inner.is_of_c;
                placed.first_packed = placed.first_packed.or(inner.first_packed);
                placed.is_padded_unlike_c |=
                    inner.is_padded_unlike_c || (own.size > inner.own_size && !inner.is_of_c);
                one.size = inner.size;
            }
            _ => {
                let is_aligned = (before + placed.size).is_multiple_of(own.alignment);
                placed.is_aligned &= !is_native || is_aligned;
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
