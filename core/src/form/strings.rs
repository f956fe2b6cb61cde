//! Strings of fixed width.

use super::load_unsigned;
use crate::dtype::ScalarType;

/// Returns the content of a Pascal string, whose first byte is its length.
#[must_use]
pub fn pascal(bytes: &[u8]) -> &[u8] {
    match bytes {
        [] => &[],
        [length, text @ ..] => &text[..usize::from(*length).min(text.len())],
    }
}

/// Iterates over the code points of a string of `count` code units, without the NULs at its end.
pub fn code_points(
    unit: ScalarType,
    count: usize,
    bytes: &[u8],
) -> impl ExactSizeIterator<Item = u32> {
    let size = unit.dtype.size();
    let length = bytes[..size * count].iter().rposition(|&byte| byte != 0);
    let length = length.map_or(0, |last| last / size + 1);
    bytes[..size * length].chunks_exact(size).map(move |bytes| load_unsigned(unit, bytes) as u32)
}
