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
use crate::format::{self, Element, Format, Item, Measure, Prefix};

/// Returns whether elements of `itemsize` bytes may lie elsewhere to the writer of their format
/// than to its readers. `is_packed` says that they are read without gaps, whatever the prefixes.
pub(super) fn is_ambiguous(tree: &Format, itemsize: usize, is_packed: bool) -> bool {
    // In a sub-array that is all there is, all padding belongs to its elements.
    let (items, itemsize) = match tree.items.as_slice() {
        [item @ Item { element: Element::Record(inner), name: None, .. }] => {
            (inner.as_slice(), itemsize / count_of(item).max(1))
        }
        items => (items, itemsize),
    };
    is_other_to_numpy(items, itemsize, is_packed)
        || (!is_packed && tree.items.iter().any(is_padded_unlike_c))
}

/// Returns whether NumPy may have written these items, which are all of an element of `itemsize`
/// bytes, for something else.
fn is_other_to_numpy(items: &[Item], itemsize: usize, is_packed: bool) -> bool {
    place(items, 0).is_ok_and(|placed| {
        let differs = !is_packed && placed.differs;
        placed.size <= itemsize
            && (is_packed || placed.is_aligned)
            && (differs || may_be_padded(items, itemsize - placed.size))
    })
}

/// Returns whether a record, or one within it, is padded at its end as a structure of C, while not
/// all of it is said to be laid out as one: whatever the format leaves out would seem padding.
fn is_padded_unlike_c(item: &Item) -> bool {
    let Element::Record(inner) = &item.element else { return false };
    let is_padded = match (format::measure_element(item), format::item_offsets(inner)) {
        (Ok(whole), Ok((_, fields))) => whole.size > fields.size,
        _ => false,
    };
    (is_padded && !inner.iter().all(is_of_c)) || inner.iter().any(is_padded_unlike_c)
}

/// Returns whether an item is padding, or aligned as in C, with all that is in it.
fn is_of_c(item: &Item) -> bool {
    let is_within = match &item.element {
        Element::Record(inner) => inner.iter().all(is_of_c),
        _ => true,
    };
    padding_of(item).is_some() || (item.prefix == Prefix::Native && is_within)
}

/// Returns whether some padding, of which `behind` bytes follow the items, may belong to each of
/// the records of a sub-array.
fn may_be_padded(items: &[Item], mut behind: usize) -> bool {
    items.iter().rev().any(|item| {
        if let Some(size) = padding_of(item) {
            behind = behind.saturating_add(size);
            return false;
        }
        let padding = std::mem::take(&mut behind);
        let Element::Record(inner) = &item.element else { return false };
        // NumPy writes neither of these, so that their author went by PEP 3118.
        let is_unlike_numpy =
            item.prefix == Prefix::Packed || inner.last().and_then(padding_of).is_some();
        let count = count_of(item);
        (count > 1 && padding >= count && !is_unlike_numpy)
            || padding.checked_div(count).is_some_and(|padding| may_be_padded(inner, padding))
    })
}

/// How items lie one behind the other.
struct Placed {
    size: usize,
    /// Whether something lies elsewhere than by PEP 3118.
    differs: bool,
    /// Whether all that a prefix calls aligned is.
    is_aligned: bool,
}

/// Places items one behind the other, in an element of which `before` bytes lie before them.
fn place(items: &[Item], before: usize) -> Result<Placed> {
    let mut placed = Placed { size: 0, differs: false, is_aligned: true };
    for (item, offset) in items.iter().zip(format::item_offsets(items)?.0) {
        let own = format::measure_element(item)?;
        let mut one = Measure { alignment: 1, ..own };
        if let Element::Record(inner) = &item.element {
            let inner = place(inner, before + placed.size)?;
            placed.differs |= inner.differs;
            placed.is_aligned &= inner.is_aligned;
            one.size = inner.size;
        } else if item.prefix == Prefix::Native {
            placed.is_aligned &= (before + placed.size).is_multiple_of(own.alignment);
        }
        let (start, end) = format::span_of(item, one, placed.size)?;
        let differs = start != offset || (count_of(item) > 1 && one.size != own.size);
        placed.differs |= differs && padding_of(item).is_none();
        placed.size = end;
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
