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

/// Returns the code points of a string of `count` code units, without the NULs at its end.
#[must_use]
pub fn code_points(unit: ScalarType, count: usize, bytes: &[u8]) -> Vec<u32> {
    let size = unit.dtype.size();
    let code = |bytes: &[u8]| load_unsigned(unit, bytes) as u32;
    let mut codes: Vec<u32> = bytes[..size * count].chunks_exact(size).map(code).collect();
    codes.truncate(codes.iter().rposition(|&code| code != 0).map_or(0, |last| last + 1));
    codes
}
