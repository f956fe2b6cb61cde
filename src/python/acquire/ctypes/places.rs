//! Where the fields of a structure can be: a descriptor may have been put in the place of another.

use super::classes::Exported;
use crate::form::{ElementType, Field};

/// The places that the fields of a class take, one after the other.
pub(super) struct Places {
    /// What is left of the format that ctypes exports for the class; `None` once that is not known.
    format: Option<String>,
    /// Where the last field ended.
    end: usize,
    is_union: bool,
    /// Whether there was a bit-field, which ctypes may have put into the unit of the one before.
    has_bits: bool,
}

impl Places {
    /// Begins with the class's format, after `start` bytes of its base class.
    pub(super) fn new(format: String, start: usize, is_union: bool) -> Self {
        // A class whose layout ctypes does not describe has the format `B`.
        let format = format.strip_prefix("T{").map(str::to_owned);
        Self { format, end: start, is_union, has_bits: false }
    }

    /// Returns whether the next field can be where its descriptor says, given what ctypes exports of
    /// its type.
    pub(super) fn is_next(&mut self, field: &Field, exported: &Exported, alignment: usize) -> bool {
        self.has_bits |= matches!(field.element_type, ElementType::Bits(_));
        if self.has_bits {
            return true;
        }
        if self.is_union {
            return field.offset == 0;
        }
        let told = self.told(field.name.as_deref().unwrap_or_default(), exported, alignment);
        let right = told.map_or(field.offset >= self.end, |offset| field.offset == offset);
        self.end = field.offset + field.element_type.size();
        right
    }

    /// Returns the offset that the format tells of a field, if the field is next in it.
    fn told(&mut self, name: &str, exported: &Exported, alignment: usize) -> Option<usize> {
        let format = self.format.take()?;
        // Before Python 3.12 ctypes leaves padding out, and describes no packed structures.
        let padding = padding_of(&format).filter(|_| cfg!(Py_3_12));
        let (padding, rest) = padding.unwrap_or((0, &format));
        let lengths: Vec<String> = exported.shape.iter().map(ToString::to_string).collect();
        let shape =
            if lengths.is_empty() { String::new() } else { format!("({})", lengths.join(",")) };
        let field = format!("{shape}{}:{name}:", exported.format);
        self.format = Some(rest.strip_prefix(&field)?.to_owned());
        if cfg!(Py_3_12) {
            self.end.checked_add(padding)
        } else {
            self.end.checked_next_multiple_of(alignment.max(1))
        }
    }
}

/// Returns the number of bytes of padding that a format begins with, and the format after it.
fn padding_of(format: &str) -> Option<(usize, &str)> {
    let rest = format.trim_start_matches(|character: char| character.is_ascii_digit());
    let count = &format[..format.len() - rest.len()];
    let count = if count.is_empty() { 1 } else { count.parse().ok()? };
    Some((count, rest.strip_prefix('x')?))
}
