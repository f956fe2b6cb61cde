//! Elements whose form is known only at run time: records, strings of fixed width, sub-arrays.

use std::sync::Arc;

use super::{Element, Scalar as _, Value, sealed::Sealed};
use crate::dtype::{Scalar, ScalarType, dispatch_scalar};
use crate::error::{Error, Result};
use crate::format::{self, Code, Format, Item, Prefix};

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
    Record {
        /// The fields in their order.
        fields: Vec<Field>,
        /// Bytes from one record to the next one in an array of them.
        size: usize,
    },
    /// A value behind some padding.
    Behind(usize, Box<Self>),
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
}

impl Form {
    /// The form that a format describes. A format of one unnamed value is that value; any other is a
    /// record.
    ///
    /// # Errors
    /// One that [`is_unreadable`](Error::is_unreadable) where the format holds what cannot be read.
    pub fn of(format: &Format) -> Result<Self> {
        if let [Item { element: format::Element::Void(size), shape, name: None, .. }] =
            format.items.as_slice()
            && shape.is_empty()
        {
            return Ok(Self::Void(*size));
        }
        let (mut fields, size) = fields(&format.items)?;
        if let [Field { name: None, .. }] = fields.as_slice()
            && let Some(Field { offset, form, .. }) = fields.pop()
        {
            return Ok(if offset == 0 { form } else { Self::Behind(offset, Box::new(form)) });
        }
        Ok(Self::Record { fields, size })
    }

    /// Bytes from one such element to the next one in an array of them.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Scalar(scalar_type) => scalar_type.scalar.size(),
            Self::Bytes(size) | Self::Pascal(size) | Self::Void(size) => *size,
            Self::Text(unit, count) => unit.scalar.size() * count,
            Self::Array { shape, element } => shape.iter().product::<usize>() * element.size(),
            Self::Record { size, .. } => *size,
            Self::Behind(offset, form) => offset + form.size(),
        }
    }

    /// The value of an element, given at least as many bytes as it takes.
    #[must_use]
    pub fn value(&self, bytes: &[u8]) -> Value {
        match self {
            Self::Scalar(scalar_type) => scalar_value(*scalar_type, bytes),
            Self::Bytes(size) | Self::Void(size) => Value::Bytes(bytes[..*size].into()),
            Self::Pascal(size) => Value::Bytes(pascal(&bytes[..*size]).into()),
            Self::Text(unit, count) => Value::Text(text(*unit, *count, bytes)),
            Self::Array { shape, element } => nested(shape, element, bytes),
            Self::Record { fields, .. } => {
                let value = |field: &Field| field.form.value(&bytes[field.offset..]);
                Value::Tuple(fields.iter().map(value).collect())
            }
            Self::Behind(offset, form) => form.value(&bytes[*offset..]),
        }
    }

    /// Calls `f` with the range of bytes of each part that holds a value: all but the padding.
    /// `start` is where the element begins.
    pub fn for_each_range(&self, start: usize, f: &mut impl FnMut(std::ops::Range<usize>)) {
        match self {
            Self::Array { shape, element } => {
                for index in 0..shape.iter().product() {
                    element.for_each_range(start + index * element.size(), f);
                }
            }
            Self::Record { fields, .. } => {
                for field in fields {
                    field.form.for_each_range(start + field.offset, f);
                }
            }
            Self::Behind(offset, form) => form.for_each_range(start + offset, f),
            _ => f(start..start + self.size()),
        }
    }
}

/// How many fields a record can have: a count in a format must not cost memory beyond all measure.
const MOST_FIELDS: usize = 1 << 16;

/// The fields that items describe, and the size of them all together.
fn fields(items: &[Item]) -> Result<(Vec<Field>, usize)> {
    let mut fields = Vec::new();
    let (starts, measure) = format::place(items)?;
    for (item, start) in items.iter().zip(starts) {
        let padding = matches!(item.element, format::Element::Void(_)) && item.name.is_none();
        if padding {
            continue;
        }
        let element = form(item)?;
        let form = match item.shape.as_slice() {
            [] => element,
            shape => Form::Array { shape: shape.to_vec(), element: Box::new(element) },
        };
        if item.name.is_some() && item.repeat != 1 {
            // A name stands for all that it is the name of.
            let form = Form::Array { shape: vec![item.repeat], element: Box::new(form) };
            fields.push(Field { name: item.name.clone(), offset: start, form });
            continue;
        }
        let size = form.size();
        if item.repeat > MOST_FIELDS.saturating_sub(fields.len()) {
            return Err(Error::unreadable(format!("a record of more than {MOST_FIELDS} fields")));
        }
        for index in 0..item.repeat {
            let offset = start + index * size;
            fields.push(Field { name: item.name.clone(), offset, form: form.clone() });
        }
    }
    Ok((fields, measure.size))
}

/// The form of one element of an item, without its repeats and its sub-array.
fn form(item: &Item) -> Result<Form> {
    let scalar = |code: Code, prefix: Prefix| {
        let size =
            if prefix.has_native_sizes() { code.native_size() } else { code.standard_size() };
        ScalarType::of(code, prefix, size)
            .ok_or_else(|| Error::unreadable(format!("{} of {size} bytes", code.spelling())))
    };
    let address = Form::Scalar(ScalarType { scalar: Scalar::Address, swapped: false });
    Ok(match &item.element {
        format::Element::Scalar(code) => Form::Scalar(scalar(*code, item.prefix)?),
        format::Element::Bytes(size) => Form::Bytes(*size),
        format::Element::Pascal(size) => Form::Pascal(*size),
        format::Element::Void(size) => Form::Void(*size),
        format::Element::Text(code, count) => Form::Text(scalar(*code, item.prefix)?, *count),
        format::Element::Reference(_) | format::Element::Function(_) => address,
        format::Element::Record(items) => {
            let (fields, size) = fields(items)?;
            let size =
                if item.prefix.is_aligned() { format::measure_element(item)?.size } else { size };
            Form::Record { fields, size }
        }
        format::Element::Object => return Err(Error::unreadable("objects ('O') are not read yet")),
        format::Element::Bits(_) => return Err(Error::unreadable("bits ('t') are not read")),
    })
}

/// The first bytes as a scalar.
fn scalar_value(scalar_type: ScalarType, bytes: &[u8]) -> Value {
    dispatch_scalar!(scalar_type, T => {
        let size = size_of::<<T as super::Scalar>::Bytes>();
        match <T as super::Scalar>::Bytes::try_from(&bytes[..size]) {
            Ok(bytes) => T::decode(bytes).into(),
            Err(_) => Value::Bytes(Vec::new()),
        }
    })
}

/// The text of a Pascal string.
#[must_use]
pub(crate) fn pascal(bytes: &[u8]) -> &[u8] {
    match bytes {
        [] => &[],
        [length, text @ ..] => &text[..usize::from(*length).min(text.len())],
    }
}

/// The code points of a string of fixed width, without the NULs at its end.
#[must_use]
pub(crate) fn text(unit: ScalarType, count: usize, bytes: &[u8]) -> Vec<u32> {
    let size = unit.scalar.size();
    let code = |bytes: &[u8]| match scalar_value(unit, bytes) {
        Value::Character(code) => code,
        _ => 0,
    };
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
