//! The elements of a view as an Arrow array: in the view's own memory, or, of records, in a copy.

use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::error::Error;
use consumer::fallible;
use consumer::memory::Memory;
use consumer::python::abi::arrow::{ArrowArray, Moved};

use super::structs::{self, Values};
use super::types::{Leaf, Origin, column, leaf};
use crate::interchange::lease::Lease;
use crate::transfer::{to_memory, to_native};

/// The address of no elements, which is aligned as consumers like it.
static NOTHING: Nothing = Nothing([]);

#[repr(align(64))]
struct Nothing([u8; 0]);

/// Makes the array over the memory of a view: of numbers, bools or bytes, contiguous in C order,
/// whose first dimension is its length.
///
/// # Errors
/// MemoryError.
pub(super) fn shared(array: &AnyArray, lease: Lease) -> Result<Moved<ArrowArray>, Error> {
    let start = if array.layout().nbytes() == 0 {
        (&raw const NOTHING.0).cast()
    } else {
        array.start().cast_const().cast()
    };
    let values = structs::array(array.layout().len(), Values::OfView(start, lease), vec![])?;
    in_lists(array, 1, values)
}

/// Copies the elements to an array whose first `outer` dimensions are one, its length: each field
/// of records by itself. The array is held.
///
/// # Errors
/// MemoryError; what a signal's handler raises; BufferError for what has no
/// [`schema`](super::types::schema).
pub(super) fn copied(
    py: Python<'_>,
    array: &AnyArray,
    outer: usize,
) -> PyResult<Moved<ArrowArray>> {
    let length = array.layout().len();
    let values = match leaf(array, Origin::Copy)? {
        Leaf::Number(_) => structs::array(length, Values::Copied(to_native(py, array)?), vec![])?,
        Leaf::Bytes(_) => structs::array(length, Values::Copied(to_memory(py, array)?), vec![])?,
        Leaf::Bools => {
            let bits = packed(&to_memory(py, array)?)?;
            structs::array(length, Values::Copied(bits), vec![])?
        }
        Leaf::Records(record) => {
            let mut columns = fallible::vec_for(record.fields.len())?;
            for field in &record.fields {
                let column = column(array, field)?;
                columns.push(copied(py, &column, array.layout().ndim())?);
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
    let bits = Memory::zeroed(bools.len().div_ceil(8))?;
    for index in 0..bits.len() {
        let (first, mut byte) = (8 * index, 0);
        for bit in 0..8.min(bools.len() - first) {
            // SAFETY: below the length of the bytes, all of which were written.
            let is_true = unsafe { *bools.start().add(first + bit) } != 0;
            byte |= u8::from(is_true) << bit;
        }
        // SAFETY: below the length of the bits, which nobody else has.
        unsafe { *bits.start().add(index) = byte };
    }
    Ok(bits)
}
