//! What elements are made of before they are reduced: few types of numbers, whatever they are.

use crate::format::Kind;
use crate::kernels::blocks::Widened;
use crate::kernels::encoding::Encoding;
use crate::layout::Layout;

/// The numbers that blocks of an encoding consist of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// What makes the elements, or their two parts, such numbers, if they are none.
    pub(super) widened: Option<Widened>,
    /// Bytes of a number: 1, 2, 4 or 8.
    pub(super) size: usize,
    pub(super) float: bool,
    pub(super) signed: bool,
}

impl Form {
    /// Returns the numbers as they are, or those of the next size that there is.
    pub(super) fn of(encoding: Encoding) -> Self {
        let number = encoding.of_number();
        let float = encoding.is_float();
        let signed = float || encoding.kind == Kind::Signed;
        let size = match (float, number.size) {
            (true, ..=4) => 4,
            (true, _) => 8,
            (false, size) => size.next_power_of_two(),
        };
        let widened = match (float, encoding.kind) {
            (true, _) => (number.size != size).then_some(Widened::Float(size)),
            (false, Kind::Bool) => Some(Widened::Integer(1)),
            (false, _) => (number.size != size).then_some(Widened::Integer(size)),
        };
        Self { widened, size, float, signed }
    }

    /// Returns the widest numbers of the kind.
    pub(super) fn wide(encoding: Encoding) -> Self {
        let form = Self::of(encoding);
        let widened = if form.float { Widened::Float(8) } else { Widened::Integer(8) };
        let is_wide = encoding.number_size() == 8;
        Self { widened: (!is_wide).then_some(widened), size: 8, ..form }
    }

    /// Returns whether elements are such numbers as they lie in memory.
    #[inline]
    pub(super) fn is_in_place(self, encoding: Encoding) -> bool {
        self.widened.is_none() && encoding.size == self.size && !encoding.swapped
    }

    /// Returns how many elements a layout has, if they are such numbers as they lie in memory, and
    /// contiguous.
    #[inline]
    pub(super) fn in_place(self, encoding: Encoding, layout: &Layout) -> Option<usize> {
        layout.contiguous_len().filter(|_| self.is_in_place(encoding))
    }

    /// Returns the bytes of the number of these bits, in this machine's byte order, at the start of
    /// those that come back.
    pub(super) fn native(self, bits: u64) -> [u8; 8] {
        let unused = if cfg!(target_endian = "big") { 64 - 8 * self.size } else { 0 };
        (bits << unused).to_ne_bytes()
    }

    /// Returns whether elements are long doubles of more bits than an `f64`.
    pub(super) fn is_long_double(self, encoding: Encoding) -> bool {
        self.float && encoding.number_size() > self.size
    }
}
