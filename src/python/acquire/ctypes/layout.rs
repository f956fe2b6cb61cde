//! How ctypes lays the fields of a structure out.
//!
//! Until Python 3.13 it has rules of its own (`PyCField_FromDesc` in C), from 3.14 on those of GCC
//! and those of Microsoft's compilers (`ctypes/_layout.py`), of which a class chooses one. Which
//! one, how far it is packed and which bits come first are attributes that may have been set later.
//! So a structure is laid out in all ways. The numbers wrap around: of sizes so large that the
//! number of bits overflows, no way is found.

use crate::python::version::since_3_14;

/// Structures may be packed to any number of bytes, but no type is aligned to more by itself.
const MAX_PACK: usize = 16;

/// The rules for what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Own,
    Gcc,
    Microsoft,
}

/// A field that is to be laid out: size and alignment of its type, and the width of a bit-field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub size: usize,
    pub alignment: usize,
    pub width: Option<u32>,
}

/// One way to lay a structure out, as far as that is done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    rule: Rule,
    /// To how many bytes it is packed; 0 if it is not.
    pack: usize,
    /// Whether bit-fields begin at the highest bit.
    big_endian: bool,
    /// Where the last field ended.
    end: u64,
    alignment: u64,
    /// The bits of the unit that bit-fields are put in, and how many are taken; by GCC's rules, which
    /// know no units, only the next bit of the structure.
    unit: u64,
    taken: u64,
}

impl Way {
    /// Returns all ways that there are in this version of Python, behind the bytes of a base class.
    pub(super) fn all(start: usize) -> impl Iterator<Item = Self> {
        let rules: &[Rule] =
            if since_3_14() { &[Rule::Gcc, Rule::Microsoft] } else { &[Rule::Own] };
        rules.iter().flat_map(move |&rule| {
            let packs = if rule == Rule::Gcc { 0..=0 } else { 0..=MAX_PACK };
            packs.flat_map(move |pack| {
                [false, true].map(|big_endian| Self {
                    rule,
                    pack,
                    big_endian,
                    end: start as u64,
                    alignment: 1,
                    unit: 0,
                    taken: if rule == Rule::Gcc { (start as u64).wrapping_mul(8) } else { 0 },
                })
            })
        })
    }

    /// Returns whether it is packed to so many bytes, or not at all.
    pub(super) fn is_packed_to(&self, pack: Option<usize>) -> bool {
        self.pack == pack.unwrap_or(0).min(MAX_PACK)
    }

    /// Returns where the last field, or the unit of the last bit-field, ended.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Returns the largest alignment of the fields.
    pub(super) fn alignment(&self) -> u64 {
        self.alignment
    }

    /// Lays out the next field. Returns its offset and, of a bit-field, the lowest bit.
    pub(super) fn put(&mut self, part: Part) -> (u64, u64) {
        let (size, natural) = (part.size as u64, part.alignment as u64);
        let alignment = if self.pack == 0 { natural } else { natural.min(self.pack as u64) };
        let unit = size.wrapping_mul(8);
        let width = part.width.map_or(unit, u64::from);
        let begins = match self.rule {
            Rule::Gcc => return self.put_bits(unit, width, alignment),
            Rule::Microsoft => unit != self.unit || self.taken.wrapping_add(width) > self.unit,
            Rule::Own => part.width.is_none() || !self.makes_room(unit, width),
        };
        if begins {
            self.end = next_multiple(self.end, alignment).wrapping_add(size);
            (self.unit, self.taken) = (unit, 0);
        }
        if begins || self.rule == Rule::Microsoft {
            self.alignment = self.alignment.max(alignment);
        }
        let shift = self.shift(self.unit, self.taken, width);
        self.taken = self.taken.wrapping_add(width);
        if self.rule == Rule::Own && part.width.is_none() {
            (self.unit, self.taken) = (0, 0);
        }
        (self.end.wrapping_sub(size), shift)
    }

    /// Makes the unit of the last bit-field as large as another one's, if that makes room for it.
    /// Returns whether there is room.
    fn makes_room(&mut self, unit: u64, width: u64) -> bool {
        let is_alike = if cfg!(windows) { unit == self.unit } else { unit <= self.unit };
        if self.unit > 0 && is_alike && self.taken.wrapping_add(width) <= self.unit {
            return true;
        }
        let is_larger = !cfg!(windows) && self.unit > 0 && unit >= self.unit;
        if is_larger && self.taken.wrapping_add(width) <= unit {
            self.end = self.end.wrapping_add((unit - self.unit) / 8);
            self.unit = unit;
            return true;
        }
        false
    }

    /// Lays out a field at the next bit, or at the next one that a unit begins at, if that would end
    /// behind the unit.
    fn put_bits(&mut self, unit: u64, width: u64, alignment: u64) -> (u64, u64) {
        let aligned = alignment.wrapping_mul(8).max(1);
        if (self.taken % aligned).wrapping_add(width) > unit {
            self.taken = next_multiple(self.taken, aligned);
        }
        let offset = self.taken / aligned * alignment;
        let lowest = self.taken.wrapping_sub(offset.wrapping_mul(8));
        self.taken = self.taken.wrapping_add(width);
        self.end = self.taken.div_ceil(8);
        self.alignment = self.alignment.max(alignment);
        (offset, self.shift(unit, lowest, width))
    }

    /// Returns the lowest bit of a bit-field in front of which so many bits of its unit are taken.
    fn shift(&self, unit: u64, before: u64, width: u64) -> u64 {
        if self.big_endian { unit.wrapping_sub(before).wrapping_sub(width) } else { before }
    }
}

/// Returns the next multiple of an alignment.
pub(super) fn next_multiple(number: u64, alignment: u64) -> u64 {
    number.wrapping_add(alignment - 1) / alignment * alignment
}
