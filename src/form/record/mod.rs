//! Records: what their fields are called, which share memory, and what objects they become.

mod names;
mod overlap;
mod row_class;

use std::ops::Range;

use super::{Bits, ElementType};
use crate::format::ByteOrder;

pub(crate) use overlap::overlapping;
pub use row_class::RowClass;

/// The fields of a record.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Record {
    /// The fields in their order.
    pub fields: Vec<Field>,
    /// Bytes from one record to the next one in an array.
    pub size: usize,
    /// Whether the fields share the same bytes: a union of C.
    pub union: bool,
    /// Whether the record has fields that are not listed, whose bytes stores must preserve.
    pub partial: bool,
    /// Whether there are references to objects in those, so that their bytes must not be
    /// overwritten.
    pub hides_objects: bool,
    /// The class of the objects that are made of the records, if those are no plain tuples.
    #[doc(hidden)]
    pub row_class: Option<RowClass>,
}

/// Records are equal if their fields are, whatever lies between those.
impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.fields == other.fields && self.size == other.size && self.union == other.union
    }
}

impl Eq for Record {}

/// A field of a record.
#[derive(Debug, Clone, Eq)]
#[non_exhaustive]
pub struct Field {
    /// The name, if the format gives one.
    pub name: Option<String>,
    /// Bytes from the start of the record to the field.
    pub offset: usize,
    /// What the field holds.
    pub element_type: ElementType,
    /// Whether the names of the field's own fields are names of the record as well: an anonymous
    /// member of C.
    pub anonymous: bool,
}

/// Fields are equal if they have the same name and hold the same in the same place, whether or not
/// the names of their own fields are names of the record as well.
impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.offset == other.offset
            && self.element_type == other.element_type
    }
}

impl Record {
    /// Makes a record of all of its fields.
    #[must_use]
    pub fn new(fields: Vec<Field>, size: usize) -> Self {
        Self { fields, size, union: false, partial: false, hides_objects: false, row_class: None }
    }
}

impl Field {
    /// Returns the range of the record's bits that belong to the field, counted from the record's
    /// start. The byte order of a bit-field decides whether the bits of a byte count from the
    /// lowest or from the highest one.
    #[must_use]
    pub fn bits(&self) -> Range<u128> {
        let (start, size) = (8 * self.offset as u128, 8 * self.element_type.size() as u128);
        match &self.element_type {
            ElementType::Bits(Bits { unit, shift, width }) => {
                let (shift, width) = (u128::from(*shift), u128::from(*width));
                let offset = match unit.byte_order() {
                    ByteOrder::Little => shift,
                    ByteOrder::Big => size - shift - width,
                };
                start + offset..start + offset + width
            }
            _ => start..start + size,
        }
    }
}
