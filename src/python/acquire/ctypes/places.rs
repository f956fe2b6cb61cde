//! Where the fields of a structure can be: a descriptor may have been put in the place of another,
//! which is of the same name and type, but of another offset.
//!
//! ctypes lays fields out one after the other, by rules that [`layout`](super::layout) follows for
//! every way in which the structure may be packed. Its format tells the names, the types and the
//! padding between them; until Python 3.12 it leaves that out, and describes no packed structures.
//! The fields are where they have to be if that holds by one of the ways for all of them, and for
//! the size of the whole.

use super::classes::Exported;
use super::layout::{Part, Way, next_multiple};
use crate::error::Result;
use crate::fallible;
use crate::form::{ElementType, Field};
use crate::python::version::since_3_12;

/// The places that the fields of a class take, one after the other.
pub(super) struct Places {
    /// The format that ctypes exports for the class.
    format: String,
    /// How much of it is behind; `None` if it tells nothing.
    at: Option<usize>,
    is_union: bool,
    /// The ways to lay the structure out in which all fields are where they are.
    ways: Vec<Way>,
}

impl Places {
    /// Begins with the class's format, after `start` bytes of its base class. `pack` is what the
    /// class says of its packing, which counts where the format tells nothing: several ways may come
    /// to the same size.
    pub(super) fn new(
        format: String,
        start: usize,
        is_union: bool,
        pack: Option<usize>,
    ) -> Result<Self> {
        let at = is_told(&format).then_some("T{".len());
        let mut ways = Vec::new();
        // What is packed has no other format before Python 3.12.
        let is_possible = |way: &Way| match at {
            None => way.is_packed_to(pack),
            Some(_) => since_3_12() || way.is_packed_to(None),
        };
        Way::all(start).filter(is_possible).try_for_each(|way| fallible::push(&mut ways, way))?;
        Ok(Self { format, at, is_union, ways })
    }

    /// Returns whether the next field can be where its descriptor says, given what ctypes exports
    /// of its type.
    pub(super) fn is_next(
        &mut self,
        field: &Field,
        exported: &Exported,
        alignment: usize,
    ) -> Result<bool> {
        let bits = match &field.element_type {
            ElementType::Bits(bits) => Some(bits),
            _ => None,
        };
        if self.is_union {
            return Ok(bits.is_some() || field.offset == 0);
        }
        let name = field.name.as_deref().unwrap_or_default();
        let told = match self.told(name, exported)? {
            Told::NoField => return Ok(false),
            Told::Padding(padding) if since_3_12() => Some(padding as u64),
            Told::Padding(_) | Told::Nothing => None,
        };
        let part = Part {
            size: field.element_type.size(),
            alignment: alignment.max(1),
            width: bits.map(|bits| bits.width),
        };
        self.ways.retain_mut(|way| {
            let end = way.end();
            let (offset, shift) = way.put(part);
            let padding = offset.saturating_sub(end);
            offset == field.offset as u64
                && bits.is_none_or(|bits| shift == u64::from(bits.shift))
                && told.is_none_or(|told| padding == told)
        });
        Ok(!self.ways.is_empty())
    }

    /// Returns whether the fields make a structure of that size and alignment, behind a base class of
    /// an alignment.
    pub(super) fn are_all(&self, size: usize, [own, base]: [usize; 2]) -> bool {
        if self.is_union {
            return true;
        }
        let rest = self.at.map(|at| self.format.get(at..)?.strip_suffix('}').and_then(padding_of));
        let padding = match rest {
            // Of entries that are missing nobody knows how much of the structure is theirs.
            Some(None) => return false,
            Some(padding) => padding,
            None => None,
        };
        self.ways.iter().any(|way| match padding {
            Some(padding) if since_3_12() => way.end().wrapping_add(padding as u64) == size as u64,
            _ => {
                way.alignment().max(base as u64) == own as u64
                    && next_multiple(way.end(), own.max(1) as u64) == size as u64
            }
        })
    }

    /// Looks a field up in the format.
    fn told(&mut self, name: &str, exported: &Exported) -> Result<Told> {
        let Some(at) = self.at else { return Ok(Told::Nothing) };
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
        Ok(padding_of(before).map_or(Told::NoField, Told::Padding))
    }
}

/// Returns whether a format tells of the fields of a class: one whose layout ctypes does not
/// describe has the format `B`.
pub(super) fn is_told(format: &str) -> bool {
    format.starts_with("T{")
}

/// What the format tells of a field.
enum Told {
    /// The field is there, behind that many bytes of padding that the format has.
    Padding(usize),
    /// Nothing.
    Nothing,
    /// There is no such field, or others are before it.
    NoField,
}

/// Returns the number of bytes of padding that a format describes, if nothing else.
fn padding_of(format: &str) -> Option<usize> {
    match format {
        "" => Some(0),
        "x" => Some(1),
        _ => format.strip_suffix('x')?.parse().ok(),
    }
}
