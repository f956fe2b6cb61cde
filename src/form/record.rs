//! Records and their fields.

use std::ops::Range;

use super::{Bits, ElementType};
use crate::format::ByteOrder;

/// The fields of a record.
#[derive(Debug, Clone, Eq)]
pub struct Record {
    /// The fields in their order.
    pub fields: Vec<Field>,
    /// Bytes from one record to the next one in an array.
    pub size: usize,
    /// Whether the fields share the same bytes: a union of C.
    pub union: bool,
    /// Whether the record has fields that are not listed, whose bytes stores must preserve.
    pub partial: bool,
    /// Whether there are references to objects in those, so that their bytes must not be overwritten.
    pub hides_objects: bool,
}

/// Records are equal if their fields are, whatever lies between those.
impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.fields == other.fields && self.size == other.size && self.union == other.union
    }
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Record {
    /// Makes a record of all of its fields.
    #[must_use]
    pub fn new(fields: Vec<Field>, size: usize) -> Self {
        Self { fields, size, union: false, partial: false, hides_objects: false }
    }

    /// Finds a field by its name, first among the fields of the record itself and then among those of
    /// its anonymous members, and returns its offset in the record and its type.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<(usize, &ElementType)> {
        let own = self.fields.iter().find(|field| field.name.as_deref() == Some(name));
        if let Some(field) = own {
            return Some((field.offset, &field.element_type));
        }
        self.fields.iter().filter(|field| field.anonymous).find_map(|field| {
            match &field.element_type {
                ElementType::Record(inner) => inner
                    .field(name)
                    .map(|(offset, element_type)| (field.offset + offset, element_type)),
                _ => None,
            }
        })
    }
}

impl Field {
    /// Returns the range of the record's bits that belong to the field, counted from the record's
    /// start. The byte order of a bit-field decides whether the bits of a byte count from the lowest
    /// or from the highest one.
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
