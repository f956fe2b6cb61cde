//! Scalars of any type, compiled once for all who convert an object to one.

use pyo3::prelude::*;

use consumer::dtype::{ScalarType, dispatch_scalar};
use consumer::element::{LongDouble, Scalar};
use consumer::format::FormatString;

use super::PyValue;

/// The size of the largest scalar in bytes.
pub(super) const LARGEST: usize = 2 * size_of::<LongDouble>();

/// Writes the bytes of the scalar that an object is converted to, as the first of `bytes`. May run
/// arbitrary Python code.
///
/// # Errors
/// The errors of [`PyValue::from_object`], which name the format.
#[inline(never)]
pub(super) fn encode(
    scalar_type: ScalarType,
    object: &Bound<'_, PyAny>,
    format: &FormatString,
    bytes: &mut [u8; LARGEST],
) -> PyResult<()> {
    dispatch_scalar!(scalar_type, T => {
        let value = <T as Scalar>::Value::from_object(object, format)?;
        bytes[..T::SIZE].copy_from_slice(<T as Scalar>::encode(value).as_ref());
    });
    Ok(())
}
