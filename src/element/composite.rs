//! Elements whose form is known only at run time: records, strings of fixed width, sub-arrays,
//! objects.
//!
//! A [`Form`] is the tree of what stands where in one element. How it comes from a format string,
//! and becomes one, is in describe.rs.

use std::ops::Range;
use std::sync::Arc;

use super::{Element, Scalar as _, Value, sealed::Sealed};
use crate::dtype::{ScalarType, dispatch_scalar};
use crate::error::Error;
use crate::format::Class;

/// An element that is put together from others, or of a size that its format tells.
#[derive(Debug, Clone, Copy)]
pub struct Composite;
impl Sealed for Composite {}
impl Element for Composite {
    type Descriptor = Arc<Form>;
}

/// What stands in one element, and where.
///
/// # Examples
/// ```
/// use consumer::Format;
/// use consumer::element::{Form, Value};
///
/// let form = Form::of(&Format::parse(b"<Hb").unwrap()).unwrap();
/// let value = form.value(&[1, 2, 3]);
/// assert_eq!(value, Value::Tuple(vec![Value::from(0x0201_u16), Value::from(3_i8)]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// One scalar.
    Scalar(ScalarType),
    /// A bit-field: some bits of a whole number.
    Bits(Bits),
    /// A reference to a Python object, or NULL.
    Object,
    /// A byte string of that many bytes, NULs included.
    Bytes(usize),
    /// A Pascal string in that many bytes: its first byte says how long it is.
    Pascal(usize),
    /// A string of that many code units, less the NULs at its end.
    Text(ScalarType, usize),
    /// That many bytes without a meaning.
    Void(usize),
    /// A sub-array: equal elements one after the other, in C order.
    Array {
        /// The length of each of its dimensions.
        shape: Vec<usize>,
        /// What each element is.
        element: Box<Self>,
    },
    /// Several fields, named or not.
    Record(Record),
    /// A value behind some padding.
    Behind(usize, Box<Self>),
    /// Bytes that hold something that cannot be read.
    Unreadable {
        /// How many they are.
        size: usize,
        /// Why they cannot be read.
        why: Error,
    },
}

/// A bit-field: the bits that a whole number has from one bit on, counted from the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bits {
    /// The number, as which the bytes are loaded; where it is signed, so is the field.
    pub unit: ScalarType,
    /// The lowest bit of the field.
    pub shift: u32,
    /// How many bits there are: 1 or more, and with `shift` no more than the number has.
    pub width: u32,
}

/// The fields of a record.
#[derive(Debug, Clone, Eq)]
pub struct Record {
    /// The fields in their order.
    pub fields: Vec<Field>,
    /// Bytes from one record to the next one in an array of them.
    pub size: usize,
    /// Whether the fields are different readings of the same bytes: a union of C.
    pub union: bool,
    /// Whether there are more fields than these, which stores must leave alone.
    pub partial: bool,
    /// Whether there are references to objects in those, so that nobody may write bytes over them.
    pub hides_objects: bool,
}

/// Records are equal when their fields are, whatever else lies between those.
impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.fields == other.fields && self.size == other.size && self.union == other.union
    }
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name; `None` where the format gives none.
    pub name: Option<String>,
    /// Bytes from the start of the record to the field.
    pub offset: usize,
    /// What the field holds.
    pub form: Form,
    /// Whether the names of its own fields are names of the record, too: an anonymous member of C.
    pub anonymous: bool,
}

impl Record {
    /// A record of all of its fields.
    #[must_use]
    pub fn new(fields: Vec<Field>, size: usize) -> Self {
        Self { fields, size, union: false, partial: false, hides_objects: false }
    }

    /// The field of a name: the first of those of the record itself, or else of its anonymous
    /// members; from the record's start.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<(usize, &Form)> {
        let own = self.fields.iter().find(|field| field.name.as_deref() == Some(name));
        if let Some(field) = own {
            return Some((field.offset, &field.form));
        }
        self.fields.iter().filter(|field| field.anonymous).find_map(|field| match &field.form {
            Form::Record(inner) => {
                inner.field(name).map(|(offset, form)| (field.offset + offset, form))
            }
            _ => None,
        })
    }
}

impl Field {
    /// The bits of the record that are the field's, counted from its start; in a bit-field from the
    /// lowest or from the highest bit of each byte, as its byte order is.
    #[must_use]
    pub fn bits(&self) -> Range<u128> {
        let (start, size) = (8 * self.offset as u128, 8 * self.form.size() as u128);
        match &self.form {
            Form::Bits(Bits { unit, shift, width }) => {
                let (shift, width) = (u128::from(*shift), u128::from(*width));
                let lowest_first = unit.swapped == cfg!(target_endian = "big");
                let start = start + if lowest_first { shift } else { size - shift - width };
                start..start + width
            }
            _ => start..start + size,
        }
    }
}

/// What the bytes of one part of an element are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A scalar.
    Scalar(ScalarType),
    /// A number, of which only these bits (of its value) belong to the part.
    Bits(ScalarType, u64),
    /// A reference to an object.
    Object,
    /// Bytes in no byte order: strings of bytes, and what cannot be read.
    Bytes,
}

impl Form {
    /// Bytes from one such element to the next one in an array of them.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Scalar(scalar_type) => scalar_type.scalar.size(),
            Self::Bits(bits) => bits.unit.scalar.size(),
            Self::Object => size_of::<usize>(),
            Self::Bytes(size)
            | Self::Pascal(size)
            | Self::Void(size)
            | Self::Unreadable { size, .. } => *size,
            Self::Text(unit, count) => unit.scalar.size() * count,
            Self::Array { shape, element } => shape.iter().product::<usize>() * element.size(),
            Self::Record(record) => record.size,
            Self::Behind(offset, form) => offset + form.size(),
        }
    }

    /// The value of an element, given at least as many bytes as it takes. Objects have none that
    /// could be told without Python, nor has what cannot be read.
    #[must_use]
    pub fn value(&self, bytes: &[u8]) -> Value {
        match self {
            Self::Scalar(scalar_type) => scalar_value(*scalar_type, bytes),
            Self::Bits(bits) => Value::Integer(bits.value(bytes)),
            Self::Object | Self::Unreadable { .. } => Value::Unknown,
            Self::Bytes(size) | Self::Void(size) => Value::Bytes(bytes[..*size].into()),
            Self::Pascal(size) => Value::Bytes(pascal(&bytes[..*size]).into()),
            Self::Text(unit, count) => Value::Text(text(*unit, *count, bytes)),
            Self::Array { shape, element } => nested(shape, element, bytes),
            Self::Record(Record { fields, .. }) => {
                let value = |field: &Field| field.form.value(&bytes[field.offset..]);
                Value::Tuple(fields.iter().map(value).collect())
            }
            Self::Behind(offset, form) => form.value(&bytes[*offset..]),
        }
    }

    /// Calls `f` with each part that holds a value, all but the padding, and the bytes it lies in.
    /// `start` is where the element begins.
    pub fn for_each_part(&self, start: usize, f: &mut impl FnMut(Range<usize>, Part)) {
        let whole = start..start + self.size();
        match self {
            Self::Scalar(scalar_type) => f(whole, Part::Scalar(*scalar_type)),
            Self::Bits(bits) => f(whole, Part::Bits(bits.unit, bits.mask())),
            Self::Object => f(whole, Part::Object),
            Self::Bytes(_) | Self::Pascal(_) | Self::Void(_) | Self::Unreadable { .. } => {
                f(whole, Part::Bytes);
            }
            Self::Text(unit, count) => {
                let size = unit.scalar.size();
                for index in 0..*count {
                    let start = start + index * size;
                    f(start..start + size, Part::Scalar(*unit));
                }
            }
            Self::Array { shape, element } => {
                for index in 0..shape.iter().product() {
                    element.for_each_part(start + index * element.size(), f);
                }
            }
            // Which of its fields was written last nobody knows.
            Self::Record(record) if record.union => f(whole, Part::Bytes),
            Self::Record(Record { fields, .. }) => {
                for field in fields {
                    field.form.for_each_part(start + field.offset, f);
                }
            }
            Self::Behind(offset, form) => form.for_each_part(start + offset, f),
        }
    }

    /// Whether any form within this one, or itself, is such a one.
    #[must_use]
    pub fn any(&self, test: &impl Fn(&Self) -> bool) -> bool {
        test(self)
            || match self {
                Self::Array { element, .. } => element.any(test),
                Self::Record(record) => record.fields.iter().any(|field| field.form.any(test)),
                Self::Behind(_, form) => form.any(test),
                _ => false,
            }
    }

    /// Whether elements can be copied with all of their bytes: nothing in them belongs to a field
    /// of somebody else, and no references have to be counted.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Bits(_) => false,
            Self::Record(record) if record.partial => false,
            _ => !self.has_objects(),
        }
    }

    /// Whether there are references to objects in an element.
    #[must_use]
    pub fn has_objects(&self) -> bool {
        self.any(&|form| matches!(form, Self::Object))
    }

    /// The same form with every scalar in this machine's byte order, but for bit-fields and unions.
    #[must_use]
    pub fn to_native(&self) -> Self {
        let native = |scalar_type: &ScalarType| ScalarType { swapped: false, ..*scalar_type };
        match self {
            Self::Scalar(scalar_type) => Self::Scalar(native(scalar_type)),
            Self::Text(unit, count) => Self::Text(native(unit), *count),
            Self::Array { shape, element } => {
                Self::Array { shape: shape.clone(), element: Box::new(element.to_native()) }
            }
            // The bytes of a union, and those of bit-fields, belong to several fields at once.
            Self::Record(record) if !record.union => {
                let mut record = record.clone();
                record.fields.iter_mut().for_each(|field| field.form = field.form.to_native());
                Self::Record(record)
            }
            Self::Behind(offset, form) => Self::Behind(*offset, Box::new(form.to_native())),
            _ => self.clone(),
        }
    }
}

impl Bits {
    /// The bits of the number that are the field's.
    #[must_use]
    pub fn mask(&self) -> u64 {
        (u64::MAX >> (64 - self.width)) << self.shift
    }

    /// The number of the field in the bytes of its unit.
    #[must_use]
    pub fn value(&self, bytes: &[u8]) -> i128 {
        let unit = number(self.unit, &bytes[..self.unit.scalar.size()]);
        let field = (unit & self.mask()) >> self.shift;
        // The highest bit of a signed field is its sign.
        let negative =
            self.unit.scalar.class() == Class::Signed && field >> (self.width - 1) & 1 == 1;
        i128::from(field) - if negative { 1 << self.width } else { 0 }
    }

    /// The numbers that the field can hold.
    #[must_use]
    pub fn range(&self) -> std::ops::RangeInclusive<i128> {
        match self.unit.scalar.class() {
            Class::Signed => -(1_i128 << (self.width - 1))..=(1 << (self.width - 1)) - 1,
            _ => 0..=(1 << self.width) - 1,
        }
    }
}

/// The bits of a whole number of up to eight bytes, without regard to its sign.
pub fn number(unit: ScalarType, bytes: &[u8]) -> u64 {
    let shift = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
    if unit.swapped == cfg!(target_endian = "little") {
        bytes.iter().fold(0, shift)
    } else {
        bytes.iter().rev().fold(0, shift)
    }
}

/// Writes the bits of a number to its bytes: the other way around than [`number`].
pub fn write_number(unit: ScalarType, mut number: u64, bytes: &mut [u8]) {
    let lowest_first = unit.swapped == cfg!(target_endian = "big");
    let size = bytes.len();
    for index in 0..size {
        bytes[if lowest_first { index } else { size - 1 - index }] = number as u8;
        number >>= 8;
    }
}

/// The first bytes as a scalar.
fn scalar_value(scalar_type: ScalarType, bytes: &[u8]) -> Value {
    dispatch_scalar!(scalar_type, T => {
        let size = size_of::<<T as super::Scalar>::Bytes>();
        match <T as super::Scalar>::Bytes::try_from(&bytes[..size]) {
            Ok(bytes) => T::decode(bytes).into(),
            Err(_) => Value::Unknown,
        }
    })
}

/// The text of a Pascal string.
#[must_use]
pub fn pascal(bytes: &[u8]) -> &[u8] {
    match bytes {
        [] => &[],
        [length, text @ ..] => &text[..usize::from(*length).min(text.len())],
    }
}

/// The code points of a string of fixed width, without the NULs at its end.
#[must_use]
pub fn text(unit: ScalarType, count: usize, bytes: &[u8]) -> Vec<u32> {
    let size = unit.scalar.size();
    let code = |bytes: &[u8]| number(unit, bytes) as u32;
    let mut codes: Vec<u32> = bytes[..size * count].chunks_exact(size).map(code).collect();
    codes.truncate(codes.iter().rposition(|&code| code != 0).map_or(0, |last| last + 1));
    codes
}

/// A sub-array as lists of lists.
fn nested(shape: &[usize], element: &Form, bytes: &[u8]) -> Value {
    let [length, inner @ ..] = shape else { return element.value(bytes) };
    let step = inner.iter().product::<usize>() * element.size();
    let part = |index: usize| nested(inner, element, &bytes[index * step..]);
    Value::List((0..*length).map(part).collect())
}
