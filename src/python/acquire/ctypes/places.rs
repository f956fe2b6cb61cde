//! Where the fields of a structure can be: a descriptor may have been put in the place of another,
//! which is of the same type but of another offset.
//!
//! ctypes lays fields out one after the other, and its format tells the padding between them; until
//! Python 3.12 it leaves that out, and describes no packed structures. So the offset of each field
//! is known from where the one before ended, but for what the format does not tell: how far a
//! structure is packed, and by which of its two layouts ctypes places what follows a bit-field.

use super::classes::Exported;
use crate::error::Result;
use crate::fallible;
use crate::form::{ElementType, Field};
use crate::python::version::{since_3_12, since_3_14};

/// The places that the fields of a class take, one after the other.
pub(super) struct Places {
    /// The format that ctypes exports for the class.
    format: String,
    /// How much of it is behind; `None` if it tells nothing.
    at: Option<usize>,
    /// Where the last field ended: behind the unit of a bit-field, as by Microsoft's layout, or
    /// behind the byte of its last bit, as by GCC's.
    ends: [usize; 2],
    /// The next bit by GCC's layout.
    next_bit: u128,
    /// Where the last field ended that is no bit-field.
    end: usize,
    is_union: bool,
    /// What comes of each way to pack it, of which the format tells nothing: the first one is not at
    /// all, and each other one to that number of bytes.
    packed: [Packed; MAX_PACK + 1],
    /// Where the bit-fields are: offset and size of the unit, lowest bit and width.
    bits: Vec<(usize, usize, u32, u32)>,
}

/// A structure as far as it is laid out, packed in one way.
#[derive(Clone, Copy)]
struct Packed {
    end: usize,
    alignment: usize,
    /// Whether all fields are where they are in the structure.
    fits: bool,
}

/// Returns what a type of an alignment is aligned to in a structure that is packed.
fn packed_to(alignment: usize, pack: usize) -> usize {
    if pack == 0 { alignment.max(1) } else { alignment.min(pack).max(1) }
}

/// No type is aligned to more bytes by itself: packing to more of them does nothing.
const MAX_PACK: usize = 16;

impl Places {
    /// Begins with the class's format, after `start` bytes of its base class.
    pub(super) fn new(format: String, start: usize, is_union: bool) -> Self {
        // A class whose layout ctypes does not describe has the format `B`.
        let at = format.starts_with("T{").then_some("T{".len());
        let packed = [Packed { end: start, alignment: 1, fits: true }; MAX_PACK + 1];
        Self {
            format,
            at,
            ends: [start; 2],
            next_bit: 8 * start as u128,
            end: start,
            is_union,
            packed,
            bits: Vec::new(),
        }
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
            let place = (field.offset, field.element_type.size(), bits.shift, bits.width);
            fallible::push(&mut self.bits, place)?;
        }
        if self.is_union {
            return Ok(matches!(field.element_type, ElementType::Bits(_)) || field.offset == 0);
        }
        let name = field.name.as_deref().unwrap_or_default();
        let right = match self.told(name, exported)? {
            Told::NoField => false,
            told if matches!(field.element_type, ElementType::Bits(_)) => {
                self.takes_bits(field, &told, alignment)
            }
            Told::Padding(padding) => {
                self.ends.iter().any(|&end| behind(end, padding, alignment) == Some(field.offset))
            }
            Told::Nothing => self.is_packed_so(field, alignment),
        };
        let after = field.offset.saturating_add(field.element_type.size());
        if let ElementType::Bits(bits) = &field.element_type {
            for (pack, packed) in self.packed.iter_mut().enumerate() {
                packed.end = after;
                packed.alignment = packed.alignment.max(packed_to(alignment, pack));
            }
            let (width, size) = (bits.width.into(), bits.unit.dtype.size());
            self.next_bit = bit_behind(self.next_bit, width, size, alignment);
            // The unit may be one that others begin in.
            let last_byte = self.next_bit.div_ceil(8) as usize;
            self.ends = [after, if since_3_14() { last_byte } else { after }];
        } else {
            self.ends = [after; 2];
            self.end = after;
            self.next_bit = 8 * after as u128;
        }
        Ok(right)
    }

    /// Returns whether no two of the structure's bit-fields are the same bits.
    pub(super) fn are_bits_apart(self) -> bool {
        self.is_union || fallible::sorted(self.bits).windows(2).all(|pair| pair[0] != pair[1])
    }

    /// Returns whether a bit-field can be where it is: in a new unit, or in one that began before.
    fn takes_bits(&self, field: &Field, told: &Told, alignment: usize) -> bool {
        // ctypes may have put it into a unit where other fields are, whose bits it follows.
        if field.bits().start < 8 * self.end as u128 {
            return false;
        }
        self.ends.iter().any(|&end| match *told {
            Told::Padding(padding) => {
                let new = behind(end, padding, alignment);
                new == Some(field.offset) || padding == 0 && field.offset < end
            }
            _ => end
                .checked_next_multiple_of(alignment.max(1))
                .is_some_and(|new| field.offset <= new),
        })
    }

    /// Returns whether a structure that is packed as all fields so far are can have one there.
    fn is_packed_so(&mut self, field: &Field, alignment: usize) -> bool {
        for (pack, packed) in self.packed.iter_mut().enumerate() {
            let alignment = packed_to(alignment, pack);
            let Some(offset) = packed.end.checked_next_multiple_of(alignment) else { return false };
            packed.fits &= offset == field.offset;
            packed.end = offset.saturating_add(field.element_type.size());
            packed.alignment = packed.alignment.max(alignment);
        }
        self.packed.iter().any(|packed| packed.fits)
    }

    /// Returns whether all of the structure, which is of that size, is told by its fields.
    pub(super) fn is_whole(&self, size: usize) -> bool {
        let Some(at) = self.at.filter(|_| !self.is_union) else { return true };
        let rest = self.format.get(at..).and_then(|rest| rest.strip_suffix('}'));
        let padding = match rest {
            Some("") => Some(0),
            rest => rest.and_then(padding_of),
        };
        padding.is_some_and(|padding| {
            !since_3_12() || self.ends.iter().any(|end| end.checked_add(padding) == Some(size))
        })
    }

    /// Returns whether a structure of that size and alignment, behind a base class of an alignment,
    /// can be packed as its fields are, and if `surely`, in no other way.
    pub(super) fn is_packed_to(&self, size: usize, [own, base]: [usize; 2], surely: bool) -> bool {
        if self.is_union || self.at.is_some() {
            return true;
        }
        let is_whole = |packed: &Packed| {
            packed.alignment.max(base) == own
                && packed.end.checked_next_multiple_of(own.max(1)) == Some(size)
        };
        let usual = |pack: usize| pack == 0 || pack.is_power_of_two();
        let mut ways = self.packed.iter().enumerate().filter(|(_, packed)| is_whole(packed));
        ways.clone().any(|(_, way)| way.fits)
            && (!surely || ways.all(|(pack, way)| way.fits || !usual(pack)))
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
        let padding = if before.is_empty() { Some(0) } else { padding_of(before) };
        // Where entries are missing, nobody knows how much of the structure is theirs.
        Ok(padding.map_or(Told::NoField, Told::Padding))
    }
}

/// Returns the offset of a field behind one that ended there.
fn behind(end: usize, padding: usize, alignment: usize) -> Option<usize> {
    if since_3_12() {
        return end.checked_add(padding);
    }
    // What the format describes is not packed, and has no padding in it.
    end.checked_next_multiple_of(alignment.max(1)).filter(|_| padding == 0)
}

/// Returns the bit behind a bit-field by GCC's layout: it begins at the next bit, or, if its unit
/// ends before it, with another unit. Of a descriptor that was replaced, the place tells nothing.
fn bit_behind(next: u128, width: u128, size: usize, alignment: usize) -> u128 {
    let unit = 8 * alignment.max(1) as u128;
    let is_in_unit = next % unit + width <= 8 * size as u128;
    width + if is_in_unit { next } else { next.next_multiple_of(unit) }
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
    match format.strip_suffix('x')? {
        "" => Some(1),
        count => count.parse().ok(),
    }
}
