//! The number of bytes that a format describes, by the rules of `struct` and PEP 3118.
//!
//! Under `@` an item is aligned as in a C structure: padding goes *between* items. No padding is
//! added at the end of the format, because that is the writer's choice, and the itemsize tells.

use super::{Element, Format, Item, Prefix};
use crate::error::{Error, Result};
use crate::fallible;

/// Size and alignment of a format, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Bytes from the start of the first item to the end of the last one, padding included.
    pub size: usize,
    /// The largest alignment of an item; 1 if nothing is aligned.
    pub alignment: usize,
}

impl Format {
    /// Computes the size and alignment of one element of this format.
    ///
    /// # Errors
    /// Returns an error with [`is_unreadable`](Error::is_unreadable) if a size is not known (bits)
    /// or is larger than memory.
    ///
    /// # Examples
    /// ```
    /// use consumer::Format;
    /// // C aligns the double; `struct` adds nothing at the end.
    /// assert_eq!(Format::parse(b"bdb").unwrap().measure().unwrap().size, 17);
    /// assert_eq!(Format::parse(b"<bdb").unwrap().measure().unwrap().size, 10);
    /// ```
    pub fn measure(&self) -> Result<Measure> {
        measure_items(&self.items)
    }

    /// Returns the same format with nothing aligned: `^` for every `@`.
    ///
    /// # Examples
    /// ```
    /// use consumer::Format;
    /// let format = Format::parse(b"T{i:a:d:b:}").unwrap();
    /// assert_eq!(format.measure().unwrap().size, 16);
    /// assert_eq!(format.packed().measure().unwrap().size, 12);
    /// ```
    #[must_use]
    pub fn packed(&self) -> Self {
        Self { items: self.items.iter().map(packed).collect() }
    }
}

/// Returns how many bytes a copy of items takes at most.
pub(crate) fn weight(items: &[Item]) -> usize {
    items.iter().fold(0_usize, |total, item| {
        let within = match &item.element {
            Element::Record(items) => weight(items),
            Element::Reference(target) => weight(std::slice::from_ref(target)),
            Element::Function(signature) => signature.len(),
            _ => 0,
        };
        let name = item.name.as_ref().map_or(0, String::len);
        let own = size_of::<Item>() + size_of_val(item.shape.as_slice()) + name + 64;
        total.saturating_add(own).saturating_add(within)
    })
}

fn packed(item: &Item) -> Item {
    let mut item = item.clone();
    if item.prefix == Prefix::Native {
        item.prefix = Prefix::Packed;
    }
    if let Element::Record(items) = &mut item.element {
        *items = items.iter().map(packed).collect();
    }
    item
}

fn measure_items(items: &[Item]) -> Result<Measure> {
    each_offset(items, |_| Ok(()))
}

/// Computes the offset of each item, and the measure of all items together.
pub(crate) fn item_offsets(items: &[Item]) -> Result<(Vec<usize>, Measure)> {
    let mut offsets = fallible::vec_for(items.len())?;
    let measure = each_offset(items, |offset| fallible::push(&mut offsets, offset))?;
    Ok((offsets, measure))
}

/// Calls `found` with the offset of each item, and returns the measure of all items together.
fn each_offset(items: &[Item], mut found: impl FnMut(usize) -> Result<()>) -> Result<Measure> {
    let mut total = Measure { size: 0, alignment: 1 };
    for item in items {
        let one = measure_element(item)?;
        let (start, end) = span_of(item, one, total.size)?;
        found(start)?;
        total = Measure { size: end, alignment: total.alignment.max(one.alignment) };
    }
    Ok(total)
}

/// Returns where an item starts and ends that follows `offset` bytes of other items and whose
/// elements measure `one`.
///
/// # Errors
/// Returns an error with [`is_unreadable`](Error::is_unreadable) if no memory is that large.
pub(crate) fn span_of(item: &Item, one: Measure, offset: usize) -> Result<(usize, usize)> {
    let span = || {
        let start = offset.checked_next_multiple_of(one.alignment)?;
        let count = item.shape.iter().try_fold(item.repeat, |count, &n| count.checked_mul(n))?;
        let end = start.checked_add(count.checked_mul(one.size)?)?;
        isize::try_from(end).is_ok().then_some((start, end))
    };
    span().ok_or_else(|| Error::unreadable("the format describes more bytes than memory holds"))
}

/// Measures one element of an item, without its repeat count and sub-array.
pub(crate) fn measure_element(item: &Item) -> Result<Measure> {
    let prefix = item.prefix;
    let unaligned = |size| Ok(Measure { size, alignment: 1 });
    match &item.element {
        Element::Scalar(code) => {
            let size =
                if prefix.has_native_sizes() { code.native_size() } else { code.standard_size() };
            let alignment = if prefix.is_aligned() { code.native_alignment() } else { 1 };
            Ok(Measure { size, alignment })
        }
        Element::Bytes(size) | Element::Pascal(size) | Element::Void(size) => unaligned(*size),
        Element::Text(code, count) => {
            let size = code.standard_size();
            let alignment = if prefix.is_aligned() { size } else { 1 };
            match count.checked_mul(size) {
                Some(size) => Ok(Measure { size, alignment }),
                None => Err(Error::unreadable("a string longer than memory")),
            }
        }
        Element::Object | Element::Reference(_) | Element::Function(_) => Ok(address(prefix)),
        Element::Bits(_) => Err(Error::unreadable("bits ('t') have no size in bytes")),
        Element::Record(items) => {
            let inner = measure_items(items)?;
            // A nested C structure is padded to its own alignment, so that the next one is aligned.
            match inner.size.checked_next_multiple_of(inner.alignment) {
                Some(size) if prefix.is_aligned() => Ok(Measure { size, ..inner }),
                _ => Ok(Measure { alignment: 1, ..inner }),
            }
        }
    }
}

fn address(prefix: Prefix) -> Measure {
    let alignment = if prefix.is_aligned() { align_of::<usize>() } else { 1 };
    Measure { size: size_of::<usize>(), alignment }
}
