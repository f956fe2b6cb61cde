//! The elements of a view as an Arrow array: in the view's own memory, or, of records, in a copy.

use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::error::Error;
use consumer::fallible;
use consumer::memory::Memory;
use consumer::python::abi::arrow::{ArrowArray, Moved};

use super::structs::{self, NOTHING, Values};
use super::text;
use super::types::{Leaf, Origin, column, column_name, leaf};
use crate::interchange::lease::Lease;
use crate::transfer::{to_memory, to_native};

/// Makes the array over the memory of a view: of numbers, bools or bytes, contiguous in C order,
/// whose first dimension is its length.
///
/// # Errors
/// MemoryError.
pub(super) fn shared(array: &AnyArray, lease: Lease) -> Result<Moved<ArrowArray>, Error> {
    let start = if array.layout().nbytes() == 0 {
        NOTHING.start()
    } else {
        array.start().cast_const().cast()
    };
    let values = structs::array(array.layout().len(), Values::OfView(start, lease), vec![])?;
    in_lists(array, 1, values)
}

/// Copies the elements to an array whose first `outer` dimensions are one, its length: each field
/// of records by itself. The array, which is in a field of that name, is held.
///
/// # Errors
/// MemoryError; what a signal's handler raises; BufferError for what has no
/// [`schema`](super::types::schema).
pub(super) fn copied(
    py: Python<'_>,
    array: &AnyArray,
    outer: usize,
    field: &str,
) -> PyResult<Moved<ArrowArray>> {
    let length = array.layout().len();
    let values = match leaf(array, Origin::Copy)? {
        Leaf::Number(_) => structs::array(length, Values::Copied(to_native(py, array)?), vec![])?,
        Leaf::Bytes(_) => structs::array(length, Values::Copied(to_memory(py, array)?), vec![])?,
        Leaf::Bools => {
            let bits = packed(&to_memory(py, array)?)?;
            structs::array(length, Values::Copied(bits), vec![])?
        }
        Leaf::Text(text) => {
            let (offsets, bytes) = text::encoded(py, array, text, field)?;
            structs::array(length, Values::Text(offsets, bytes), vec![])?
        }
        Leaf::Records(record) => {
            let mut columns = fallible::vec_for(record.fields.len())?;
            for (index, field) in record.fields.iter().enumerate() {
                let (column, name) = (column(array, field)?, column_name(index, field));
                columns.push(copied(py, &column, array.layout().ndim(), &name)?);
            }
            structs::array(length, Values::InChildren, columns)?
        }
    };
    Ok(in_lists(array, outer, values)?)
}

/// Puts elements into lists of fixed size, one level for each dimension after the first `outer`.
fn in_lists(
    array: &AnyArray,
    outer: usize,
    values: Moved<ArrowArray>,
) -> Result<Moved<ArrowArray>, Error> {
    let shape = array.layout().shape();
    let mut values = values;
    for depth in (outer..shape.len()).rev() {
        let mut children = fallible::vec_for(1)?;
        children.push(values);
        let length = shape[..depth].iter().product();
        values = structs::array(length, Values::InChildren, children)?;
    }
    Ok(values)
}

/// Packs bools of a byte each into bits, the first of a byte in its lowest one.
fn packed(bools: &Memory) -> Result<Memory, Error> {
    /// The lowest bit of each byte.
    const LOWEST: u64 = u64::MAX / 0xff;
    /// Moves the lowest bit of byte `n` to bit `n` of the highest byte, and no two bits to one.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let bits = Memory::zeroed(bools.len().div_ceil(8))?;
    for index in 0..bits.len() {
        let first = 8 * index;
        let mut eight = [0; 8];
        // SAFETY: there are as many bytes, all of which were written.
        unsafe {
            let count = 8.min(bools.len() - first);
            eight.as_mut_ptr().copy_from_nonoverlapping(bools.start().add(first), count);
        }
        let eight = u64::from_le_bytes(eight);
        // Whatever is not 0 is true: the highest bit of each byte tells, of what may carry into it.
        let low = 0x7f * LOWEST;
        let true_bits = (((eight & low) + low) | eight) >> 7 & LOWEST;
        // SAFETY: below the length of the bits, which nobody else has.
        unsafe { *bits.start().add(index) = (true_bits.wrapping_mul(GATHER) >> 56) as u8 };
    }
    Ok(bits)
}
