//! The memory itself as a slice.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::Array;
use crate::dtype::DType;
use crate::extension::constraint::Constraint;
use crate::extension::element::Native;
use crate::layout::Order;

impl<T: Native, const N: usize, K: Constraint> Array<T, N, K> {
    /// Returns the memory as a slice. Compiles only where the constraints ask for an order, in
    /// which the elements are.
    ///
    /// # Safety
    /// As long as the slice is used nobody stores into the memory: neither Python code, which may
    /// run whenever this thread lets it, nor another thread; and in memory of bools each byte is 0
    /// or 1.
    #[must_use]
    #[inline]
    pub unsafe fn as_slice(&self) -> &[T] {
        const { assert!(K::ORDER.is_some(), "as_slice needs the constraint C or F") };
        // SAFETY: the elements are contiguous, and the caller guarantees the rest.
        unsafe { self.slice() }
    }

    /// Returns the memory as a slice to be written to. Compiles only where the constraints ask for
    /// an order and for [`Rw`](crate::extension::Rw).
    ///
    /// # Safety
    /// As long as the slice is used nobody else loads from the memory or stores into it; and in
    /// memory of bools each byte is 0 or 1.
    #[must_use]
    #[inline]
    #[allow(clippy::mut_from_ref, reason = "the memory is not the array's own")]
    pub unsafe fn as_mut_slice(&self) -> &mut [T] {
        const { assert!(K::ORDER.is_some() && K::WRITABLE, "as_mut_slice needs C or F, and Rw") };
        if self.is_empty() {
            return &mut [];
        }
        // SAFETY: the elements are contiguous and aligned, and can be written to; the caller
        // guarantees the rest.
        unsafe { std::slice::from_raw_parts_mut(self.as_ptr(), self.len()) }
    }

    /// Returns the memory as a slice; `None` where the elements are not contiguous in C order, or
    /// not aligned.
    ///
    /// # Safety
    /// The same as for [`as_slice`](Self::as_slice).
    #[must_use]
    #[inline]
    pub unsafe fn try_as_slice(&self) -> Option<&[T]> {
        // SAFETY: the elements are contiguous, and the caller guarantees the rest.
        self.is_contiguous(Order::C).then(|| unsafe { self.slice() })
    }

    /// Returns the memory of a `bytes` as a slice, which is safe because nobody stores into it;
    /// `None` where it is that of any other object, or elements are not contiguous and aligned.
    ///
    /// # Examples
    /// ```
    /// use consumer::extension::Array;
    /// use pyo3::prelude::*;
    /// use pyo3::types::PyBytes;
    ///
    /// #[pyfunction]
    /// fn is_text(py: Python<'_>, data: Array<u8, 1>) -> PyResult<bool> {
    ///     Ok(match data.as_frozen_slice(py) {
    ///         Some(bytes) => py.detach(|| std::str::from_utf8(bytes).is_ok()),
    ///         None => String::from_utf8(data.to_vec()?).is_ok(),
    ///     })
    /// }
    /// ```
    #[must_use]
    pub fn as_frozen_slice(&self, py: Python<'_>) -> Option<&[T]> {
        let exporter = self.hold.buffer().and_then(|_| self.hold.exporter(py))?;
        let is_frozen = exporter.is_exact_instance_of::<PyBytes>() && self.readonly();
        // A byte of a bool is 0 or 1 only if it was looked at.
        if !is_frozen || T::DTYPE == DType::Bool {
            return None;
        }
        // SAFETY: nobody stores into a `bytes` that others have a reference to.
        unsafe { self.try_as_slice() }
    }

    /// # Safety
    /// The elements are contiguous and aligned; also as for [`as_slice`](Self::as_slice).
    #[inline]
    unsafe fn slice(&self) -> &[T] {
        // The address of no elements may be any.
        if self.is_empty() {
            return &[];
        }
        // SAFETY: the caller guarantees it.
        unsafe { std::slice::from_raw_parts(self.as_ptr(), self.len()) }
    }
}
