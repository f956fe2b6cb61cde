//! Steps that only move bytes: copies, byte swaps, and the parts of complex numbers.

#![allow(unsafe_code)]

use crate::format::LONG_DOUBLE_SIZE;
use crate::kernels::convert::limits::Limits;
use crate::kernels::convert::loops::{Map, Mapped, by_size, map};
use crate::kernels::convert::wide::WideType;

/// The same numbers.
pub(crate) fn same(size: usize) -> Map {
    by_size!(size, N => map!([u8; N] => [u8; N], |bytes| bytes))
}

/// The same numbers in the other byte order.
pub(crate) fn swap(size: usize) -> Map {
    by_size!(size, N => map!([u8; N] => [u8; N], |bytes| {
        let mut bytes = bytes;
        bytes.reverse();
        bytes
    }))
}

/// Real numbers to complex ones.
pub(crate) fn spread(size: usize) -> Map {
    by_size!(size, N => map!([u8; N] => [[u8; N]; 2], |real| [real, [0; N]]))
}

/// Complex numbers, as two wide parts, to their real parts.
pub(crate) fn reals(wide: WideType) -> Map {
    by_size!(wide.size(), N => map!([[u8; N]; 2] => [u8; N], |[real, _]| real))
}
