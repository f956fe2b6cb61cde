//! Padding behind records that may be their own or not.

use crate::format::{self, Element, Item, Prefix};

/// Returns whether items hold records whose ends are ambiguous. In PEP 3118 an aligned record is
/// padded to its own alignment, and other padding at its end stands in its braces; NumPy writes all
/// of it after the closing brace, for the records of a sub-array together. NumPy's own exports are
/// read by their dtypes. If another exporter passes such a format on, nothing tells which of the
/// two was meant.
pub(super) fn is_ambiguous(items: &[Item]) -> bool {
    items.iter().enumerate().any(|(position, item)| {
        let Element::Record(inner) = &item.element else { return false };
        let behind = items[position + 1..].iter().map_while(padding_of);
        let padding = behind.fold(0, usize::saturating_add);
        let (implicit, alignment) =
            match (format::measure_element(item), format::item_offsets(inner)) {
                (Ok(whole), Ok((_, fields))) => (whole.size - fields.size, whole.alignment),
                _ => (0, 1),
            };
        let count = item.shape.iter().fold(item.repeat, |count, &n| count.saturating_mul(n));
        // With less, the padding of all the records together would not leave them aligned.
        let least = if implicit > 0 { implicit } else { alignment }.saturating_mul(count);
        // NumPy writes neither of these, so that their author went by PEP 3118.
        let is_unlike_numpy =
            item.prefix == Prefix::Packed || inner.last().and_then(padding_of).is_some();
        (implicit > 0 && padding >= implicit)
            || (count > 1 && padding >= least && !is_unlike_numpy)
            || is_ambiguous(inner)
    })
}

/// Returns how many bytes of padding an item is, if it is padding.
fn padding_of(item: &Item) -> Option<usize> {
    match item {
        Item { element: Element::Void(size), name: None, .. } => Some(*size),
        _ => None,
    }
}
