//! Steps that only move bytes: copies, byte swaps, and the parts of complex numbers.

#![allow(unsafe_code)]

use crate::format::LONG_DOUBLE_SIZE;
use crate::kernels::convert::limits::Limits;
use crate::kernels::convert::loops::{Map, Mapped, by_size, map};
use crate::kernels::convert::wide::WideType;

/// Returns the step that copies numbers.
pub(crate) fn same(size: usize) -> Map {
    by_size!(size, N => map!([u8; N] => [u8; N], |bytes| bytes))
}

/// Returns the step that reverses the bytes of each number.
pub(crate) fn swap(size: usize) -> Map {
    by_size!(size, N => map!([u8; N] => [u8; N], |bytes| {
        let mut bytes = bytes;
        bytes.reverse();
        bytes
    }))
}

/// Returns the step from real numbers to complex ones.
pub(crate) fn spread(size: usize) -> Map {
    by_size!(size, N => map!([u8; N] => [[u8; N]; 2], |real| [real, [0; N]]))
}

/// Returns the step from complex numbers, as two wide parts, to their real parts.
pub(crate) fn reals(wide: WideType) -> Map {
    by_size!(wide.size(), N => map!([[u8; N]; 2] => [u8; N], |[real, _]| real))
}
