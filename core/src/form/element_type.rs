//! The tree of what one element holds and where: an element type, whose records have fields, which
//! have element types in turn.

use std::ops::Range;

use super::record::RowClass;
use super::{Bits, code_points, pascal};
use crate::dtype::{ScalarType, dispatch_scalar};
use crate::element::{Scalar, Value};
use crate::error::Error;
use crate::format::ByteOrder;

/// The type of an element: what it holds, and where in its bytes.
///
/// # Examples
/// ```
/// use consumer::Format;
/// use consumer::element::Value;
/// use consumer::form::ElementType;
///
/// let element_type = ElementType::from_format(&Format::parse(b"<Hb").unwrap()).unwrap();
/// let value = element_type.value(&[1, 2, 3]);
/// assert_eq!(value, Value::Tuple(vec![Value::from(0x0201_u16), Value::from(3_i8)]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementType {
    /// One scalar.
    Scalar(ScalarType),
    /// A bit-field: some bits of an integer.
    Bits(Bits),
    /// A reference to a Python object, or NULL.
    Object,
    /// A byte string of that many bytes, including NULs.
    Bytes(usize),
    /// A Pascal string, stored in that many bytes, of which the first one is its length.
    Pascal(usize),
    /// A string of that many code units, without the NULs at its end.
    Text(ScalarType, usize),
    /// That many bytes without a meaning.
    Void(usize),
    /// A sub-array: contiguous elements of one type, in C order.
    Array {
        /// The length of each of its dimensions.
        shape: Vec<usize>,
        /// The type of its elements.
        element: Box<Self>,
    },
    /// Several fields, named or not.
    Record(Record),
    /// A value after that many bytes of padding.
    Padded(usize, Box<Self>),
    /// Something that cannot be read.
    Unreadable {
        /// The number of its bytes.
        size: usize,
        /// Why it cannot be read.
        why: Error,
    },
}

/// A leaf of the tree: what some of the bytes of an element are.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf {
    /// A scalar.
    Scalar(ScalarType),
    /// An integer of which only the bits of this mask belong to the element.
    Bits(ScalarType, u64),
    /// A reference to an object.
    Object,
    /// Bytes without a byte order: byte strings, and what cannot be read.
    Bytes,
}

impl ElementType {
    /// Makes the type of a sub-array. One of sub-arrays is one of more dimensions.
    #[must_use]
    pub fn array(mut shape: Vec<usize>, element: Self) -> Self {
        match element {
            Self::Array { shape: inner, element } => {
                shape.extend(inner);
                Self::Array { shape, element }
            }
            element => Self::Array { shape, element: Box::new(element) },
        }
    }

    /// Returns the number of bytes from one such element to the next one in an array.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Scalar(scalar_type) => scalar_type.dtype.size(),
            Self::Bits(bits) => bits.unit.dtype.size(),
            Self::Object => size_of::<usize>(),
            Self::Bytes(size)
            | Self::Pascal(size)
            | Self::Void(size)
            | Self::Unreadable { size, .. } => *size,
            Self::Text(unit, count) => unit.dtype.size() * count,
            Self::Array { shape, element } => shape.iter().product::<usize>() * element.size(),
            Self::Record(record) => record.size,
            Self::Padded(offset, element_type) => offset + element_type.size(),
        }
    }

    /// Returns the value of an element, given at least as many bytes as it has. The value of an
    /// object is unknown here, because only Python can tell it.
    #[must_use]
    pub fn value(&self, bytes: &[u8]) -> Value {
        match self {
            Self::Scalar(scalar_type) => scalar_value(*scalar_type, bytes),
            Self::Bits(bits) => Value::Integer(bits.value(bytes)),
            Self::Object | Self::Unreadable { .. } => Value::Unknown,
            Self::Bytes(size) | Self::Void(size) => Value::Bytes(bytes[..*size].into()),
            Self::Pascal(size) => Value::Bytes(pascal(&bytes[..*size]).into()),
            Self::Text(unit, count) => Value::Text(code_points(*unit, *count, bytes).collect()),
            Self::Array { shape, element } => nested(shape, element, bytes),
            Self::Record(Record { fields, .. }) => {
                let value = |field: &Field| field.element_type.value(&bytes[field.offset..]);
                Value::Tuple(fields.iter().map(value).collect())
            }
            Self::Padded(offset, element_type) => element_type.value(&bytes[*offset..]),
        }
    }

    /// Returns how many bytes a copy of the tree and a format string of it take at most. A copy
    /// cannot fail: [`room_for`](crate::fallible::room_for) asks before whether there are as many.
    #[doc(hidden)]
    #[must_use]
    pub fn weight(&self) -> usize {
        /// More than a number, a code and a prefix take in a format, while that grows.
        const TEXT: usize = 128;
        let own = size_of::<Self>() + TEXT;
        let within = match self {
            Self::Array { shape, element } => {
                shape.len().saturating_mul(TEXT).saturating_add(element.weight())
            }
            Self::Record(record) => record.fields.iter().fold(0_usize, |total, field| {
                let name = field.name.as_ref().map_or(0, String::len).saturating_mul(4);
                let own = size_of::<Field>().saturating_add(name);
                total.saturating_add(own).saturating_add(field.element_type.weight())
            }),
            Self::Padded(_, element_type) => element_type.weight(),
            _ => 0,
        };
        own.saturating_add(within)
    }

    /// Calls `f` with each leaf and the range of its bytes, for an element that begins at `start`.
    /// Padding belongs to no leaf.
    #[doc(hidden)]
    pub fn for_each_leaf(&self, start: usize, f: &mut impl FnMut(Range<usize>, Leaf)) {
        let whole = start..start + self.size();
        match self {
            Self::Scalar(scalar_type) => f(whole, Leaf::Scalar(*scalar_type)),
            Self::Bits(bits) => f(whole, Leaf::Bits(bits.unit, bits.mask())),
            Self::Object => f(whole, Leaf::Object),
            Self::Bytes(_) | Self::Pascal(_) | Self::Void(_) | Self::Unreadable { .. } => {
                f(whole, Leaf::Bytes);
            }
            Self::Text(unit, count) => {
                let size = unit.dtype.size();
                for index in 0..*count {
                    let start = start + index * size;
                    f(start..start + size, Leaf::Scalar(*unit));
                }
            }
            Self::Array { shape, element } => {
                for index in 0..shape.iter().product() {
                    element.for_each_leaf(start + index * element.size(), f);
                }
            }
            // Nothing tells which of its fields was written last.
            Self::Record(record) if record.union => f(whole, Leaf::Bytes),
            Self::Record(Record { fields, .. }) => {
                for field in fields {
                    field.element_type.for_each_leaf(start + field.offset, f);
                }
            }
            Self::Padded(offset, element_type) => element_type.for_each_leaf(start + offset, f),
        }
    }

    /// Returns whether the type consists of other types.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::Array { .. } | Self::Record(_) | Self::Padded(..))
    }

    /// Returns whether the test holds for any node of the tree, this one included.
    #[doc(hidden)]
    #[must_use]
    pub fn any(&self, test: &impl Fn(&Self) -> bool) -> bool {
        test(self)
            || match self {
                Self::Array { element, .. } => element.any(test),
                Self::Record(record) => {
                    record.fields.iter().any(|field| field.element_type.any(test))
                }
                Self::Padded(_, element_type) => element_type.any(test),
                _ => false,
            }
    }

    /// Returns whether elements can be copied with all of their bytes: none of the bytes belong to
    /// a field that is not listed, and no reference has to be counted.
    #[doc(hidden)]
    #[must_use]
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Bits(_) => false,
            Self::Record(record) if record.partial => false,
            _ => !self.has_objects(),
        }
    }

    /// Returns whether there are, or may be, references to objects in the bytes of an element:
    /// those that can be read, those in what cannot, and those in fields that are not listed.
    #[must_use]
    pub fn has_references(&self) -> bool {
        self.any(&|element_type| match element_type {
            Self::Object => true,
            Self::Unreadable { why, .. } => why.has_references(),
            Self::Record(record) => record.hides_objects,
            _ => false,
        })
    }

    /// Returns whether there may be references to objects in what cannot be read of an element.
    #[doc(hidden)]
    #[must_use]
    pub fn hides_references(&self) -> bool {
        self.any(&|element_type| {
            matches!(element_type, Self::Unreadable { why, .. } if why.has_references())
        })
    }

    /// Returns whether an element holds references to objects.
    #[must_use]
    pub fn has_objects(&self) -> bool {
        self.any(&|element_type| matches!(element_type, Self::Object))
    }
}

/// Returns the first bytes as a scalar.
fn scalar_value(scalar_type: ScalarType, bytes: &[u8]) -> Value {
    dispatch_scalar!(scalar_type, T => {
        let size = T::SIZE;
        match <T as Scalar>::Bytes::try_from(&bytes[..size]) {
            Ok(bytes) => T::decode(bytes).into(),
            Err(_) => Value::Unknown,
        }
    })
}

/// Returns a sub-array as nested lists.
fn nested(shape: &[usize], element: &ElementType, bytes: &[u8]) -> Value {
    let [length, inner @ ..] = shape else { return element.value(bytes) };
    let step = inner.iter().product::<usize>() * element.size();
    let part = |index: usize| nested(inner, element, &bytes[index * step..]);
    Value::List((0..*length).map(part).collect())
}

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

    /// Makes a record of all of its fields, which may be a union.
    #[doc(hidden)]
    #[must_use]
    pub fn struct_or_union(fields: Vec<Field>, size: usize, union: bool) -> Self {
        Self { union, ..Self::new(fields, size) }
    }
}

impl Field {
    /// Makes a field, which is no anonymous member.
    #[must_use]
    pub fn new(name: Option<String>, offset: usize, element_type: ElementType) -> Self {
        Self { name, offset, element_type, anonymous: false }
    }

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
