//! Where the fields of a structure can be: a descriptor may have been put in the place of another.

use super::classes::Exported;
use crate::error::Result;
use crate::fallible;
use crate::form::{ElementType, Field};

/// The places that the fields of a class take, one after the other.
pub(super) struct Places {
    /// What is left of the format that ctypes exports for the class; `None` once that is not known.
    format: Option<String>,
    /// Where the last field ended that is no bit-field.
    end: usize,
    is_union: bool,
    /// Where the bit-fields are: offset and size of the unit, lowest bit and width.
    bits: Vec<(usize, usize, u32, u32)>,
}

impl Places {
    /// Begins with the class's format, after `start` bytes of its base class.
    pub(super) fn new(format: String, start: usize, is_union: bool) -> Self {
        // A class whose layout ctypes does not describe has the format `B`.
        let format = format.strip_prefix("T{").map(str::to_owned);
        Self { format, end: start, is_union, bits: Vec::new() }
    }

    /// Returns whether the next field can be where its descriptor says, given what ctypes exports
    /// of its type.
    pub(super) fn is_next(
        &mut self,
        field: &Field,
        exported: &Exported,
        alignment: usize,
    ) -> Result<bool> {
        if let ElementType::Bits(bits) = &field.element_type {
            // ctypes may have put them into a unit where other fields are, whose bits they follow.
            // From there on the format tells of no offset.
            self.format = None;
            if !self.is_union && field.bits().start < 8 * self.end as u128 {
                return Ok(false);
            }
            let place = (field.offset, field.element_type.size(), bits.shift, bits.width);
            fallible::push(&mut self.bits, place)?;
            return Ok(true);
        }
        if self.is_union {
            return Ok(field.offset == 0);
        }
        let name = field.name.as_deref().unwrap_or_default();
        let right = match self.told(name, exported, alignment) {
            Told::Offset(offset) => field.offset == offset,
            Told::Nothing => field.offset >= self.end,
            Told::NoField => false,
        };
        self.end = field.offset + field.element_type.size();
        Ok(right)
    }

    /// Returns whether no two of the structure's bit-fields are the same bits.
    pub(super) fn are_bits_apart(self) -> bool {
        self.is_union || fallible::sorted(self.bits).windows(2).all(|pair| pair[0] != pair[1])
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
