//! Text of fixed width as Arrow has it: UTF-8 of any width, and where each text begins.

use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::dtype::ScalarType;
use consumer::error::Error;
use consumer::fallible::{self, Shortened};
use consumer::form::{code_points, load_unsigned};
use consumer::memory::Memory;

use crate::gil::Checkpoints;
use crate::transfer::to_memory;

/// Text of fixed width.
#[derive(Clone, Copy)]
pub(super) struct Text {
    pub(super) unit: ScalarType,
    /// How many units each text has, with the NULs at its end; `None` for single characters, which
    /// may be NULs.
    pub(super) count: Option<usize>,
}

/// What the offsets of an array of text count, if that is so few bytes that it can be seen before:
/// that of most consumers, or the wide one.
const MAX_NARROW: usize = i32::MAX as usize;

/// The largest number of bytes of a character in UTF-8.
const LONGEST: usize = 4;

/// Returns the format of an array of that many texts.
pub(super) fn format(text: Text, length: usize) -> &'static str {
    if is_wide(text, length) { "U" } else { "u" }
}

fn is_wide(text: Text, length: usize) -> bool {
    let units = text.count.unwrap_or(1).saturating_mul(length);
    units.saturating_mul(LONGEST) > MAX_NARROW
}

/// Copies text to UTF-8: the offsets, one more than there are texts, and the bytes. The array is
/// held.
///
/// # Errors
/// BufferError for what is no character, with the name of the field; MemoryError; what a signal's
/// handler raises.
pub(super) fn encoded(
    py: Python<'_>,
    array: &AnyArray,
    text: Text,
    field: &str,
) -> PyResult<(Memory, Vec<u8>)> {
    let (length, itemsize) = (array.layout().len(), array.layout().itemsize());
    let units = to_memory(py, array)?;
    // SAFETY: all bytes of the memory were written, and nobody else has it.
    let units = unsafe { std::slice::from_raw_parts(units.start().cast_const(), units.len()) };
    let width = if is_wide(text, length) { size_of::<i64>() } else { size_of::<i32>() };
    let size = length.saturating_add(1).saturating_mul(width);
    let (offsets, mut bytes) = (Memory::zeroed(size)?, Vec::new());
    let mut checkpoints = Checkpoints::for_objects(py, length);
    let mut index = 0;
    while index < length {
        for _ in 0..checkpoints.advance(length - index)? {
            let element = &units[index * itemsize..][..itemsize];
            let encoded = match text.count {
                Some(count) => push(&mut bytes, code_points(text.unit, count, element)),
                None => push(&mut bytes, std::iter::once(load_unsigned(text.unit, element) as u32)),
            };
            encoded?.map_err(|code| {
                Error::buffer(format!(
                    "field {:?}: Arrow has text in UTF-8, which has no {code:#x}, as in element \
                     {index}",
                    Shortened(field)
                ))
            })?;
            index += 1;
            // SAFETY: the memory has room for one more than there are elements, and nobody else
            // has it; a narrow end fits, because all of the text does.
            unsafe {
                let place = offsets.start().add(index * width);
                if width == size_of::<i64>() {
                    place.cast::<i64>().write_unaligned(bytes.len() as i64);
                } else {
                    place.cast::<i32>().write_unaligned(bytes.len() as i32);
                }
            }
        }
    }
    Ok((offsets, bytes))
}

/// Appends characters, up to the first number that is none.
fn push(bytes: &mut Vec<u8>, codes: impl Iterator<Item = u32>) -> Result<Result<(), u32>, Error> {
    for code in codes {
        let Some(character) = char::from_u32(code) else { return Ok(Err(code)) };
        let mut buffer = [0; LONGEST];
        let encoded = character.encode_utf8(&mut buffer).as_bytes();
        if bytes.try_reserve(encoded.len()).is_err() {
            return Err(fallible::no_memory(bytes.len().saturating_add(encoded.len())));
        }
        bytes.extend_from_slice(encoded);
    }
    Ok(Ok(()))
}
