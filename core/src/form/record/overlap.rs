//! Which fields of a record share memory.

use crate::error::Result;
use crate::fallible;
use crate::form::Field;

/// Returns two fields that share bits, so that one cannot be stored without the other; `None` if
/// there are no such fields.
///
/// # Errors
/// Returns an error with [`is_too_large`](crate::Error::is_too_large) if there is not enough
/// memory.
pub fn overlapping(fields: &[Field]) -> Result<Option<[&Field; 2]>> {
    let places = fields.iter().enumerate().map(|(index, field)| {
        let bits = field.bits();
        (bits.start, bits.end, index)
    });
    let places = fallible::collect(places.filter(|&(start, end, _)| start < end))?;
    Ok(fallible::sorted(places).windows(2).find_map(|pair| match pair {
        &[(_, end, one), (start, _, other)] if end > start => {
            fields.get(one).zip(fields.get(other)).map(<[_; 2]>::from)
        }
        _ => None,
    }))
}
