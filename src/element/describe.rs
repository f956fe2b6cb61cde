//! From a format string to the form of an element, and back.

use std::ffi::CString;
use std::fmt::Write;

use super::{Bits, Field, Form, Record};
use crate::dtype::{Scalar, ScalarType};
use crate::error::{Error, Result};
use crate::format::{self, Code, Format, FormatString, Item, Prefix};

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
        let size = format.measure()?.size;
        let (nodes, values) = count(&format.items);
        if nodes > MOST_FIELDS {
            return Err(Error::unreadable(format!("more than {MOST_FIELDS} fields")));
        }
        if values > size.max(MOST_FIELDS) {
            return Err(Error::unreadable(format!("more values than the {size} bytes they take")));
        }
        let (mut fields, size) = fields(&format.items)?;
        if let [Field { name: None, .. }] = fields.as_slice()
            && let Some(Field { offset, form, .. }) = fields.pop()
        {
            return Ok(if offset == 0 { form } else { Self::Behind(offset, Box::new(form)) });
        }
        Ok(Self::Record(Record::new(fields, size)))
    }

    /// A format that describes the form: of this machine's sizes, without alignment, each record in
    /// braces, and every byte of padding in it. What a format cannot say (overlapping fields, parts
    /// that cannot be read) is in it as bytes, and bit-fields as bits without a size, so that nobody
    /// takes them for something else.
    ///
    /// # Examples
    /// ```
    /// use consumer::Format;
    /// use consumer::element::Form;
    ///
    /// let form = Form::of(&Format::parse(b"T{b:a:>h:b:@d:c:}").unwrap()).unwrap();
    /// assert_eq!(form.format().as_bytes(), b"T{^b:a:>h:b:5x^d:c:}");
    /// ```
    #[must_use]
    pub fn format(&self) -> FormatString {
        let mut writer = Writer { text: String::new(), prefix: None };
        match self {
            // One alone needs neither alignment nor, in this order, a prefix.
            Self::Scalar(scalar_type) => return scalar_type.format(),
            Self::Object => writer.text.push('O'),
            _ => writer.form(self, None),
        }
        // Names with a NUL were left out.
        CString::new(writer.text).unwrap_or_default().into()
    }
}

/// How many fields a format can have, nested ones among them: a count in it must cost neither memory
/// nor time beyond all measure.
const MOST_FIELDS: usize = 1 << 16;

/// How many fields items describe, and how many values: those of a sub-array are one field.
fn count(items: &[Item]) -> (usize, usize) {
    items.iter().fold((0_usize, 0_usize), |(all_fields, all_values), item| {
        let (fields, values) = match &item.element {
            format::Element::Record(items) => count(items),
            format::Element::Text(_, count) => (0, *count),
            _ => (0, 1),
        };
        // Lists of nothing are values, too, and no product of lengths is to overflow.
        let length = item.shape.iter().fold(1_usize, |length, &n| length.saturating_mul(n.max(1)));
        let (repeats, values) = (item.repeat, values.saturating_add(1).saturating_mul(length));
        let repeated = |one: usize| all_values.saturating_add(one.saturating_mul(repeats));
        let copies = if item.name.is_some() { 1 } else { repeats };
        let fields = fields.saturating_add(1).saturating_mul(copies);
        (all_fields.saturating_add(fields), repeated(values))
    })
}

/// The fields that items describe, and the size of them all together.
fn fields(items: &[Item]) -> Result<(Vec<Field>, usize)> {
    let mut fields = Vec::new();
    let (starts, measure) = format::place(items)?;
    for (item, start) in items.iter().zip(starts) {
        let padding = matches!(item.element, format::Element::Void(_)) && item.name.is_none();
        if padding {
            continue;
        }
        let mut field = |offset: usize, form: Form| {
            fields.push(Field { name: item.name.clone(), offset, form, anonymous: false });
        };
        let element = form(item)?;
        if item.name.is_some() && item.repeat != 1 {
            // A name stands for all that it is the name of.
            let shape = [&[item.repeat], item.shape.as_slice()].concat();
            field(start, Form::Array { shape, element: Box::new(element) });
            continue;
        }
        let form = match item.shape.as_slice() {
            [] => element,
            shape => Form::Array { shape: shape.to_vec(), element: Box::new(element) },
        };
        let size = form.size();
        for index in 0..item.repeat {
            field(start + index * size, form.clone());
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
            Form::Record(Record::new(fields, size))
        }
        format::Element::Object => Form::Object,
        format::Element::Bits(_) => return Err(Error::unreadable("bits ('t') are not read")),
    })
}

/// A format in the making.
struct Writer {
    text: String,
    /// The prefix in force; none was written yet.
    prefix: Option<char>,
}

impl Writer {
    /// Writing to a String cannot fail.
    fn write(&mut self, arguments: std::fmt::Arguments<'_>) {
        let _ = self.text.write_fmt(arguments);
    }

    fn prefix(&mut self, swapped: bool) {
        let prefix = match (swapped, cfg!(target_endian = "little")) {
            (false, _) => '^',
            (true, true) => '>',
            (true, false) => '<',
        };
        if self.prefix != Some(prefix) {
            self.prefix = Some(prefix);
            self.text.push(prefix);
        }
    }

    fn form(&mut self, form: &Form, name: Option<&str>) {
        match form {
            Form::Scalar(scalar_type) => {
                self.prefix(scalar_type.swapped);
                self.text.push_str(&String::from_utf8_lossy(scalar_type.scalar.format()));
            }
            Form::Bits(Bits { width, .. }) => self.write(format_args!("{width}t")),
            Form::Object => {
                self.prefix(false);
                self.text.push('O');
            }
            Form::Bytes(size) => self.write(format_args!("{size}s")),
            Form::Pascal(size) => self.write(format_args!("{size}p")),
            Form::Text(unit, count) => {
                self.prefix(unit.swapped);
                let code = String::from_utf8_lossy(unit.scalar.format());
                self.write(format_args!("{count}{code}"));
            }
            Form::Void(size) | Form::Unreadable { size, .. } => {
                self.write(format_args!("{size}x"));
            }
            Form::Array { shape, element } => {
                for (dimension, length) in shape.iter().enumerate() {
                    self.write(format_args!("{}{length}", if dimension == 0 { '(' } else { ',' }));
                }
                self.text.push(')');
                return self.form(element, name);
            }
            Form::Record(record) if record.union => self.write(format_args!("{}x", record.size)),
            Form::Record(record) => self.record(record),
            Form::Behind(offset, form) => {
                self.write(format_args!("{offset}x"));
                self.form(form, None);
            }
        }
        if let Some(name) = name.filter(|name| !name.contains([':', '\0'])) {
            self.write(format_args!(":{name}:"));
        }
    }

    fn record(&mut self, record: &Record) {
        self.text.push_str("T{");
        let mut fields: Vec<&Field> = record.fields.iter().collect();
        // A format names fields where they are, whatever order they are asked for in.
        fields.sort_by_key(|field| (field.offset, field.form.size()));
        let mut position = 0;
        for field in fields {
            self.pad(field.offset.saturating_sub(position));
            self.form(&field.form, field.name.as_deref());
            position = match field.form {
                Form::Bits(_) => position.max(field.offset),
                _ => field.offset + field.form.size(),
            };
        }
        self.pad(record.size.saturating_sub(position));
        self.text.push('}');
    }

    fn pad(&mut self, size: usize) {
        if size > 0 {
            self.write(format_args!("{size}x"));
        }
    }
}
