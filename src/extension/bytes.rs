//! Any contiguous memory as bytes.

use std::fmt;
use std::ops::Deref;

use pyo3::Borrowed;
use pyo3::prelude::*;

use super::accept::{Expected, Mismatch, Wanted, accept_bytes};
use super::array::Array;
use super::constraint::C;

/// The bytes of any object whose memory is contiguous, whatever its elements are: for hashes,
/// compression, files and sockets. `Array<u8, 1>` takes nothing but bytes.
///
/// It is an array of `u8` in one dimension. Elements in Fortran order are in that order.
///
/// # Examples
/// ```
/// use consumer::extension::Bytes;
/// use pyo3::prelude::*;
///
/// /// A checksum of bytes, of numbers, of dates of NumPy's, of records.
/// #[pyfunction]
/// fn checksum(py: Python<'_>, data: Bytes) -> u32 {
///     py.detach(|| data.iter().fold(0, |sum: u32, byte| sum.wrapping_mul(31) + u32::from(byte)))
/// }
/// ```
pub struct Bytes(Array<u8, 1, C>);

impl FromPyObject<'_, '_> for Bytes {
    type Error = Mismatch;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> Result<Self, Mismatch> {
        let expected = Expected::of::<{ super::ANY }, ()>(Wanted::Bytes);
        // SAFETY: what was taken is contiguous, and in one dimension of bytes.
        accept_bytes(&object, &expected).map(|hold| Self(unsafe { Array::new(hold) }))
    }
}

impl Deref for Bytes {
    type Target = Array<u8, 1, C>;

    fn deref(&self) -> &Array<u8, 1, C> {
        &self.0
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({})", self.0.len())
    }
}
