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

    /// Returns whether the next field can be where its descriptor says, given what ctypes exports
    /// of its type.
    pub(super) fn is_next(&mut self, field: &Field, exported: &Exported, alignment: usize) -> bool {
        self.has_bits |= matches!(field.element_type, ElementType::Bits(_));
        if self.has_bits {
            self.format = None;
            return true;
        }
        if self.is_union {
            return field.offset == 0;
        }
        let name = field.name.as_deref().unwrap_or_default();
        let right = match self.told(name, exported, alignment) {
            Told::Offset(offset) => field.offset == offset,
            Told::Nothing => field.offset >= self.end,
            Told::NoField => false,
        };
        self.end = field.offset + field.element_type.size();
        right
    }

    /// Looks a field up in the format.
    fn told(&mut self, name: &str, exported: &Exported, alignment: usize) -> Told {
        let Some(format) = self.format.take() else { return Told::Nothing };
        let lengths: Vec<String> = exported.shape.iter().map(ToString::to_string).collect();
        let shape =
            if lengths.is_empty() { String::new() } else { format!("({})", lengths.join(",")) };
        let field = format!("{shape}{}:{name}:", exported.format);
        let Some(start) = format.find(&field) else { return Told::NoField };
        self.format = Some(format[start + field.len()..].to_owned());
        // Before Python 3.12 ctypes leaves padding out, and describes no packed structures.
        let padding = if start == 0 { Some(0) } else { padding_of(&format[..start]) };
        let offset = match padding {
            Some(padding) if cfg!(Py_3_12) => self.end.checked_add(padding),
            Some(0) => self.end.checked_next_multiple_of(alignment.max(1)),
            _ => None,
        };
        // Where entries are missing, the field is somewhere behind.
        offset.map_or(Told::Nothing, Told::Offset)
    }
}

/// What the format tells of a field.
enum Told {
    /// The field is there, at that offset.
    Offset(usize),
    /// Nothing.
    Nothing,
    /// There is no such field.
    NoField,
}

/// Returns the number of bytes of padding that a format describes, if nothing else.
fn padding_of(format: &str) -> Option<usize> {
    match format.strip_suffix('x')? {
        "" => Some(1),
        count => count.parse().ok(),
    }
}
