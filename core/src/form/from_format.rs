//! From the tree of a format string to the type of an element.

use super::{ElementType, Field, Record};
use crate::dtype::{DType, ScalarType};
use crate::error::{Error, Result};
use crate::fallible;
use crate::format::{self, Code, Format, Item, Prefix};

impl ElementType {
    /// Makes the type that a format describes. A format of one unnamed value is the type of that
    /// value, and one of a void with the name of a scalar type that has no code is that type; any
    /// other format is a record.
    ///
    /// # Errors
    /// Returns an error with [`is_unreadable`](Error::is_unreadable) if the format describes
    /// something that cannot be read.
    pub fn from_format(format: &Format) -> Result<Self> {
        Self::from_counted(format, Counts::Fields)
    }

    /// Makes the type that a format describes to NumPy, to which a count is a sub-array.
    ///
    /// # Errors
    /// The same as for [`from_format`](Self::from_format).
    pub(super) fn from_numpys_format(format: &Format) -> Result<Self> {
        Self::from_counted(format, Counts::SubArrays)
    }

    fn from_counted(format: &Format, counts: Counts) -> Result<Self> {
        if let [Item { element: format::Element::Void(size), shape, name, prefix, .. }] =
            format.items.as_slice()
            && shape.is_empty()
        {
            let Some(name) = name else { return Ok(Self::Void(*size)) };
            if let Some(found) = ScalarType::from_void(name, *size, *prefix) {
                return Ok(Self::Scalar(found));
            }
        }
        let size = format.measure()?.size;
        if dimensions(&format.items) > MAX_DIMENSIONS {
            return Err(Error::unreadable(format!(
                "sub-arrays of more than {MAX_DIMENSIONS} dimensions"
            )));
        }
        let (nodes, values) = count(&format.items);
        if nodes > MAX_FIELDS {
            return Err(Error::unreadable(format!("more than {MAX_FIELDS} fields")));
        }
        if values > size.saturating_mul(MAX_VALUES_PER_BYTE).max(MAX_FIELDS) {
            return Err(Error::unreadable(format!(
                "many more values than the {size} bytes they take"
            )));
        }
        let (mut fields, size) = fields(&format.items, counts)?;
        if let [Field { name: None, .. }] = fields.as_slice()
            && let Some(Field { offset, element_type, .. }) = fields.pop()
        {
            return Ok(if offset == 0 {
                element_type
            } else {
                Self::Padded(offset, Box::new(element_type))
            });
        }
        Ok(Self::Record(Record::new(fields, size)))
    }
}

/// What a count in front of a value without a name makes: `2i`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// As many fields, as in `struct`.
    Fields,
    /// A sub-array.
    SubArrays,
}

/// The limit for the dimensions of sub-arrays that lie in each other: that of views.
const MAX_DIMENSIONS: usize = 64;

/// The limit for the fields of a format, including nested ones, so that a large count in a format
/// costs neither much memory nor much time.
const MAX_FIELDS: usize = 1 << 16;

/// The limit for the values of a byte, records included: of a byte that lies in as many records,
/// and not of what takes no memory at all.
const MAX_VALUES_PER_BYTE: usize = 64;

/// Returns the most dimensions that the sub-arrays which one value lies in have together. Lists
/// nest as deep, and so does the work on them.
fn dimensions(items: &[Item]) -> usize {
    let of_item = |item: &Item| {
        let inner = match &item.element {
            format::Element::Record(items) => dimensions(items),
            _ => 0,
        };
        // All repeats may be one sub-array together.
        item.shape.len() + usize::from(item.repeat != 1) + inner
    };
    items.iter().map(of_item).max().unwrap_or(0)
}

/// Counts the fields and the values that items describe. A sub-array is one field of many values.
fn count(items: &[Item]) -> (usize, usize) {
    items.iter().fold((0_usize, 0_usize), |(all_fields, all_values), item| {
        let (fields, values) = match &item.element {
            format::Element::Record(items) => count(items),
            format::Element::Text(_, count) => (0, *count),
            _ => (0, 0),
        };
        // Empty lists are values as well, and no product of lengths may overflow.
        let length = item.shape.iter().fold(1_usize, |length, &n| length.saturating_mul(n.max(1)));
        let (repeats, values) = (item.repeat, values.saturating_add(1).saturating_mul(length));
        let repeated = |one: usize| all_values.saturating_add(one.saturating_mul(repeats));
        let copies = if is_one_field(item) { 1 } else { repeats };
        let fields = fields.saturating_add(1).saturating_mul(copies);
        (all_fields.saturating_add(fields), repeated(values))
    })
}

/// Returns the fields that items describe, and their size together.
fn fields(items: &[Item], counts: Counts) -> Result<(Vec<Field>, usize)> {
    let mut fields = Vec::new();
    let (offsets, measure) = format::item_offsets(items)?;
    for (item, start) in items.iter().zip(offsets) {
        let padding = matches!(item.element, format::Element::Void(_)) && item.name.is_none();
        if padding {
            continue;
        }
        let mut field = |offset: usize, element_type: ElementType| {
            let name = item.name.as_deref().map(fallible::string).transpose()?;
            fallible::push(&mut fields, Field::new(name, offset, element_type))
        };
        let element = element_type(item, counts)?;
        if is_one_field(item) || counts == Counts::SubArrays {
            let mut shape = item.shape.clone();
            if item.repeat != 1 {
                shape.push(item.repeat);
            }
            let array = |element| ElementType::Array { shape, element: Box::new(element) };
            let is_plain = item.shape.is_empty() && item.repeat == 1;
            field(start, if is_plain { element } else { array(element) })?;
            continue;
        }
        let size = element.size();
        fallible::room_for(item.repeat.saturating_mul(element.weight()))?;
        for index in 0..item.repeat {
            field(start + index * size, element.clone())?;
        }
    }
    Ok((fields, measure.size))
}

/// Returns whether an item is one field, also where it has a count: the name stands for all of the
/// repeats together, and a shape is that of sub-arrays of as many.
fn is_one_field(item: &Item) -> bool {
    item.name.is_some() || !item.shape.is_empty()
}

/// Returns the type of one element of an item, without its repeat count and sub-array.
fn element_type(item: &Item, counts: Counts) -> Result<ElementType> {
    let scalar = |code: Code, prefix: Prefix| {
        let size =
            if prefix.has_native_sizes() { code.native_size() } else { code.standard_size() };
        ScalarType::from_code(code, prefix, size)
            .ok_or_else(|| Error::unreadable(format!("{} of {size} bytes", code.spelling())))
    };
    let address = ElementType::Scalar(ScalarType { dtype: DType::Address, swapped: false });
    Ok(match &item.element {
        format::Element::Scalar(code) => ElementType::Scalar(scalar(*code, item.prefix)?),
        format::Element::Bytes(size) => ElementType::Bytes(*size),
        format::Element::Pascal(size) => ElementType::Pascal(*size),
        format::Element::Void(size) => ElementType::Void(*size),
        format::Element::Text(code, count) => {
            ElementType::Text(scalar(*code, item.prefix)?, *count)
        }
        format::Element::Reference(_) | format::Element::Function(_) => address,
        format::Element::Record(items) => {
            let (fields, size) = fields(items, counts)?;
            let size =
                if item.prefix.is_aligned() { format::measure_element(item)?.size } else { size };
            ElementType::Record(Record::new(fields, size))
        }
        format::Element::Object => ElementType::Object,
        format::Element::Bits(_) => return Err(Error::unreadable("bits ('t') are not read")),
    })
}
