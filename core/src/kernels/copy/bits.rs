//! Bit-fields copied as the integers that they are.

#![allow(unsafe_code)]

use crate::dtype::ScalarType;
use crate::error::Result;
use crate::form::{Bits, store_unsigned};
use crate::layout::Order;
use crate::view::{RawView, Walk};

/// Copies every bit-field of `source` to the same index of `target`, as a native integer of the
/// field's [`dtype`](Bits::dtype).
///
/// # Safety
/// The source's elements are such bit-fields. The target's have the size of that type, are valid
/// for writes, and do not overlap the source's.
///
/// # Errors
/// Returns an error if the shapes differ.
pub unsafe fn write_numbers(bits: Bits, target: RawView<'_>, source: RawView<'_>) -> Result<()> {
    let dtype = bits.dtype();
    let mut unit = [0; 8];
    for run in Walk::new([target, source], Order::C)? {
        for index in 0..run.length {
            let (place, from) = (run.pointer(0, index), run.pointer(1, index));
            // SAFETY: the caller guarantees the element of the source, which is a unit of at most
            // eight bytes.
            unsafe { from.copy_to_nonoverlapping(unit.as_mut_ptr(), bits.unit.dtype.size()) };
            let mut number = [0; 8];
            let bytes = &mut number[..dtype.size()];
            // The lowest bits of a negative number are those of its two's complement.
            store_unsigned(ScalarType::native(dtype), bits.value(&unit) as u64, bytes);
            // SAFETY: the caller guarantees the element of the target, which has this size.
            unsafe { place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        }
    }
    Ok(())
}
