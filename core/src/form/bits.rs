//! Bit-fields of C, and the integers that hold them.

use std::ops::RangeInclusive;

use crate::dtype::{DType, ScalarType};
use crate::format::{ByteOrder, Kind};

/// A bit-field: some consecutive bits of an integer, counted from its lowest bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bits {
    /// The integer that the bytes are loaded as. If it is signed, so is the field.
    pub unit: ScalarType,
    /// The lowest bit of the field.
    pub shift: u32,
    /// The number of bits: at least 1, and together with `shift` no more than the integer has.
    pub width: u32,
}

impl Bits {
    /// Returns the mask of the integer's bits that belong to the field.
    #[must_use]
    pub fn mask(&self) -> u64 {
        (u64::MAX >> (64 - self.width)) << self.shift
    }

    /// Returns the value of the field, given the bytes of its integer.
    #[must_use]
    pub fn value(&self, bytes: &[u8]) -> i128 {
        let unit = load_unsigned(self.unit, &bytes[..self.unit.dtype.size()]);
        let field = (unit & self.mask()) >> self.shift;
        // The highest bit of a signed field is its sign.
        let negative = self.is_signed() && field >> (self.width - 1) & 1 == 1;
        i128::from(field) - if negative { 1 << self.width } else { 0 }
    }

    /// Returns the range of the values that the field can hold.
    #[must_use]
    pub fn range(&self) -> RangeInclusive<i128> {
        if self.is_signed() {
            -(1_i128 << (self.width - 1))..=(1 << (self.width - 1)) - 1
        } else {
            0..=(1 << self.width) - 1
        }
    }

    /// Returns the smallest type of integers that holds the values.
    #[must_use]
    pub fn dtype(&self) -> DType {
        use DType::{I8, I16, I32, I64, U8, U16, U32, U64};
        let types = if self.is_signed() { [I8, I16, I32, I64] } else { [U8, U16, U32, U64] };
        let size = self.width.div_ceil(8).next_power_of_two();
        types[size.trailing_zeros() as usize]
    }

    fn is_signed(&self) -> bool {
        self.unit.dtype.kind() == Kind::Signed
    }
}

/// Loads an integer of up to eight bytes as an unsigned one.
#[must_use]
pub fn load_unsigned(unit: ScalarType, bytes: &[u8]) -> u64 {
    let shift = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
    match unit.byte_order() {
        ByteOrder::Big => bytes.iter().fold(0, shift),
        ByteOrder::Little => bytes.iter().rev().fold(0, shift),
    }
}

/// Stores the lowest bits of a number: the inverse of [`load_unsigned`].
pub fn store_unsigned(unit: ScalarType, mut number: u64, bytes: &mut [u8]) {
    let mut store = |byte: &mut u8| {
        *byte = number as u8;
        number >>= 8;
    };
    match unit.byte_order() {
        ByteOrder::Big => bytes.iter_mut().rev().for_each(&mut store),
        ByteOrder::Little => bytes.iter_mut().for_each(&mut store),
    }
}
