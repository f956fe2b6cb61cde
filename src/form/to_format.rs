//! From the type of an element to a format string that describes it.

use std::ffi::CString;
use std::fmt::Write;

use super::{Bits, ElementType, Field, Record};
use crate::format::{ByteOrder, FormatString, Prefix};

impl ElementType {
    /// Returns a format that describes the type, with this machine's sizes and no alignment. Each
    /// record is in braces, and every byte of padding is explicit. What a format cannot express
    /// (overlapping fields, parts that cannot be read) is written as padding, and bit-fields are
    /// written as bits without a size, so that no consumer takes them for something else.
    ///
    /// # Examples
    /// ```
    /// use consumer::Format;
    /// use consumer::form::ElementType;
    ///
    /// let form = ElementType::from_format(&Format::parse(b"T{b:a:>h:b:@d:c:}").unwrap()).unwrap();
    /// assert_eq!(form.format().as_bytes(), b"T{^b:a:>h:b:5x^d:c:}");
    /// ```
    #[must_use]
    pub fn format(&self) -> FormatString {
        let mut writer = FormatWriter { text: String::new(), prefix: None };
        match self {
            // A scalar alone needs no prefix if it is in this machine's byte order.
            Self::Scalar(scalar_type) => return scalar_type.format(),
            Self::Object => writer.text.push('O'),
            _ => writer.element_type(self, None),
        }
        // Names with a NUL are left out, so this cannot fail.
        CString::new(writer.text).unwrap_or_default().into()
    }
}

/// Writes a format string.
struct FormatWriter {
    text: String,
    /// The last prefix that was written.
    prefix: Option<char>,
}

impl FormatWriter {
    /// Writes formatted text. Writing to a `String` cannot fail.
    fn write(&mut self, arguments: std::fmt::Arguments<'_>) {
        let _ = self.text.write_fmt(arguments);
    }

    fn prefix(&mut self, swapped: bool) {
        let prefix = if swapped {
            char::from(ByteOrder::from_swapped(true).prefix())
        } else {
            Prefix::Packed.symbol()
        };
        if self.prefix != Some(prefix) {
            self.prefix = Some(prefix);
            self.text.push(prefix);
        }
    }

    fn element_type(&mut self, element_type: &ElementType, name: Option<&str>) {
        match element_type {
            ElementType::Scalar(scalar_type) => {
                self.prefix(scalar_type.swapped);
                self.text.push_str(&String::from_utf8_lossy(scalar_type.dtype.format()));
            }
            ElementType::Bits(Bits { width, .. }) => self.write(format_args!("{width}t")),
            ElementType::Object => {
                self.prefix(false);
                self.text.push('O');
            }
            ElementType::Bytes(size) => self.write(format_args!("{size}s")),
            ElementType::Pascal(size) => self.write(format_args!("{size}p")),
            ElementType::Text(unit, count) => {
                self.prefix(unit.swapped);
                let code = String::from_utf8_lossy(unit.dtype.format());
                self.write(format_args!("{count}{code}"));
            }
            ElementType::Void(size) | ElementType::Unreadable { size, .. } => {
                self.write(format_args!("{size}x"));
            }
            ElementType::Array { shape, element } => {
                for (dimension, length) in shape.iter().enumerate() {
                    self.write(format_args!("{}{length}", if dimension == 0 { '(' } else { ',' }));
                }
                self.text.push(')');
                return self.element_type(element, name);
            }
            ElementType::Record(record) if record.union => {
                self.write(format_args!("{}x", record.size));
            }
            ElementType::Record(record) => self.record(record),
            ElementType::Padded(offset, element_type) => {
                self.write(format_args!("{offset}x"));
                self.element_type(element_type, None);
            }
        }
        if let Some(name) = name.filter(|name| !name.contains([':', '\0'])) {
            self.write(format_args!(":{name}:"));
        }
    }

    fn record(&mut self, record: &Record) {
        self.text.push_str("T{");
        let mut fields: Vec<&Field> = record.fields.iter().collect();
        // A format lists fields by their offsets, whatever order they were selected in.
        fields.sort_by_key(|field| (field.offset, field.element_type.size()));
        let mut position = 0;
        for field in fields {
            self.pad(field.offset.saturating_sub(position));
            self.element_type(&field.element_type, field.name.as_deref());
            position = match field.element_type {
                ElementType::Bits(_) => position.max(field.offset),
                _ => field.offset + field.element_type.size(),
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
