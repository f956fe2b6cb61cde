//! The bits by which the elements that equal a value are known.

use super::encoding::Encoding;
use crate::format::Kind;

/// The most bytes that a pattern has.
pub(super) const MOST: usize = 16;

/// What the bits of an element are, where they matter, if it equals a value. All that a NaN, a zero
/// with a sign or a `bool` need beyond equal bytes are bits that do not matter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pattern {
    pub(super) matters: [u8; MOST],
    pub(super) bits: [u8; MOST],
    /// Bytes of an element.
    pub(super) size: usize,
    /// Those elements are sought that are *not* so: any byte but 0 is true.
    pub(super) negated: bool,
}

impl Pattern {
    /// The pattern of the elements that equal the one of these bytes, which are in this machine's
    /// order and no NaN; `None` where numbers have several spellings.
    pub(super) fn of(bytes: &[u8], encoding: Encoding) -> Option<Self> {
        let is_float = matches!(encoding.class, Kind::Float | Kind::Complex);
        let (size, part) = (encoding.size, encoding.part());
        if is_float && part > 8 {
            return None;
        }
        let mut pattern = Self { matters: [0xff; MOST], bits: [0; MOST], size, negated: false };
        let bits = pattern.bits.get_mut(..size)?;
        bits.copy_from_slice(bytes);
        if encoding.class == Kind::Bool {
            pattern.negated = bits != [0];
            bits.fill(0);
            return Some(pattern);
        }
        let sign = if cfg!(target_endian = "little") { part - 1 } else { 0 };
        for (part, matters) in
            bits.chunks_exact_mut(part).zip(pattern.matters.chunks_exact_mut(part))
        {
            let mut others = part.iter().enumerate().filter(|&(index, _)| index != sign);
            if is_float && part[sign] & 0x7f == 0 && others.all(|(_, &byte)| byte == 0) {
                part[sign] = 0;
                matters[sign] = 0x7f;
            }
            // What is sought are the bytes as they lie there.
            if encoding.swapped {
                part.reverse();
                matters.reverse();
            }
        }
        Some(pattern)
    }
}
