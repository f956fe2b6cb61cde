//! From the type of an element to a format string that describes it.

use std::ffi::CString;
use std::fmt::Write;

use super::{Bits, ElementType, Record};
use crate::format::{ByteOrder, FormatString, Prefix};

impl ElementType {
    /// Returns a format that describes the type, with this machine's sizes and no alignment. Each
    /// record is in braces, and every byte of padding is explicit, so that every reader finds the
    /// same. What a format cannot express (bit-fields, fields that overlap or are not in the order
    /// of their offsets, parts that cannot be read or have no code) is written as bits, which no
    /// reader takes for something else.
    ///
    /// # Examples
    /// ```
    /// use consumer::Format;
    /// use consumer::form::ElementType;
    ///
    /// let form = ElementType::from_format(&Format::parse(b"T{b:a:d:b:}").unwrap()).unwrap();
    /// assert_eq!(form.format().as_bytes(), b"T{^b:a:7xd:b:}");
    /// ```
    #[must_use]
    pub fn format(&self) -> FormatString {
        self.format_in(self.size())
    }

    /// Returns a format as [`format`](Self::format) does, for elements of `itemsize` bytes, of
    /// which those after the type's own are padding.
    #[must_use]
    pub fn format_in(&self, itemsize: usize) -> FormatString {
        let mut writer = FormatWriter { text: String::new(), prefix: None };
        match self {
            // A scalar alone needs no prefix if it is in this machine's byte order.
            Self::Scalar(scalar_type) if self.size() == itemsize => return scalar_type.format(),
            Self::Object if self.size() == itemsize => writer.text.push('O'),
            Self::Record(record) => writer.record(record, itemsize),
            _ => {
                writer.element_type(self, None);
                writer.pad(8 * itemsize.saturating_sub(self.size()) as u128);
            }
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
            // Within a format, its void would be one.
            ElementType::Scalar(scalar_type) if !scalar_type.dtype.has_code() => {
                self.bits(8 * scalar_type.dtype.size() as u128);
            }
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
            ElementType::Void(size) => self.write(format_args!("{size}x")),
            ElementType::Unreadable { size, .. } => self.bits(8 * *size as u128),
            ElementType::Array { shape, element } => {
                for (dimension, length) in shape.iter().enumerate() {
                    self.write(format_args!("{}{length}", if dimension == 0 { '(' } else { ',' }));
                }
                self.text.push(')');
                if matches!(**element, ElementType::Record(_)) {
                    // Padding that follows is then nobody's but the outer record's.
                    self.prefix(false);
                }
                return self.element_type(element, name);
            }
            ElementType::Record(record) => self.record(record, record.size),
            ElementType::Padded(offset, element_type) => {
                self.pad(8 * *offset as u128);
                self.element_type(element_type, None);
            }
        }
        if let Some(name) = name {
            self.write(format_args!(":{name}:"));
        }
    }

    /// Writes a record of `size` bytes.
    fn record(&mut self, record: &Record, size: usize) {
        let size = 8 * size as u128;
        let Some(gaps) = gaps(record, size) else { return self.bits(size) };
        self.text.push_str("T{");
        for (field, gap) in record.fields.iter().zip(&gaps) {
            self.pad(*gap);
            let name = field.name.as_deref().filter(|name| !name.contains([':', '\0']));
            // Without a name, bytes without a meaning would be padding.
            let name = name.or(is_void(&field.element_type).then_some(""));
            self.element_type(&field.element_type, name);
        }
        self.pad(gaps.last().copied().unwrap_or(size));
        self.text.push('}');
    }

    /// Writes padding of so many bits.
    fn pad(&mut self, bits: u128) {
        match (bits / 8, bits % 8) {
            (0, 0) => {}
            (bytes, 0) => self.write(format_args!("{bytes}x")),
            _ => self.bits(bits),
        }
    }

    fn bits(&mut self, bits: u128) {
        self.write(format_args!("{bits}t"));
    }
}

/// Returns the bits in front of each field that belong to none, and those behind the last one.
/// `None` if the fields overlap or are not in the order of their offsets, which no format
/// expresses.
fn gaps(record: &Record, size: u128) -> Option<Vec<u128>> {
    let mut position = 0;
    let mut gaps = Vec::with_capacity(record.fields.len() + 1);
    for field in &record.fields {
        let bits = field.bits();
        gaps.push(bits.start.checked_sub(position)?);
        position = bits.end;
    }
    gaps.push(size.checked_sub(position)?);
    Some(gaps)
}

/// Returns whether an element is bytes without a meaning, or a sub-array of such.
fn is_void(element_type: &ElementType) -> bool {
    match element_type {
        ElementType::Void(_) => true,
        ElementType::Array { element, .. } => is_void(element),
        _ => false,
    }
}
