//! Where the fields of a structure can be: a descriptor may have been put in the place of another.

use super::classes::Exported;
use crate::error::Result;
use crate::fallible;
use crate::form::{ElementType, Field};
use crate::python::version::since_3_12;

/// The places that the fields of a class take, one after the other.
pub(super) struct Places {
    /// The format that ctypes exports for the class.
    format: String,
    /// How much of it is behind; `None` once that is not known.
    at: Option<usize>,
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
        let at = format.starts_with("T{").then_some("T{".len());
        Self { format, at, end: start, is_union, bits: Vec::new() }
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
            self.at = None;
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
        let right = match self.told(name, exported, alignment)? {
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
    fn told(&mut self, name: &str, exported: &Exported, alignment: usize) -> Result<Told> {
        let Some(at) = self.at.take() else { return Ok(Told::Nothing) };
        let mut field = String::new();
        for (dim, length) in exported.shape.iter().enumerate() {
            fallible::push_str(&mut field, if dim == 0 { "(" } else { "," })?;
            fallible::push_number(&mut field, length)?;
        }
        let closing = if exported.shape.is_empty() { "" } else { ")" };
        for part in [closing, &exported.format, ":", name, ":"] {
            fallible::push_str(&mut field, part)?;
        }
        let rest = self.format.get(at..).unwrap_or_default();
        let Some((before, _)) = rest.split_once(&field) else { return Ok(Told::NoField) };
        self.at = Some(at + before.len() + field.len());
        // Before Python 3.12 ctypes leaves padding out, and describes no packed structures.
        let padding = if before.is_empty() { Some(0) } else { padding_of(before) };
        let offset = match padding {
            Some(padding) if since_3_12() => self.end.checked_add(padding),
            Some(0) => self.end.checked_next_multiple_of(alignment.max(1)),
            _ => None,
        };
        // Where entries are missing, the field is somewhere behind.
        Ok(offset.map_or(Told::Nothing, Told::Offset))
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
