//! The memory as a view of the crate `ndarray`, and copies as arrays of it.

use ndarray::{Array as Copied, ArrayView, Axis, Dim, Dimension, IntoDimension, ShapeBuilder};

use super::Array;
use crate::error::{Error, Result};
use crate::extension::constraint::Constraint;
use crate::extension::element::Native;

impl<T: Native, const N: usize, K: Constraint> Array<T, N, K>
where
    Dim<[usize; N]>: Dimension,
    [usize; N]: IntoDimension<Dim = Dim<[usize; N]>>,
{
    /// Returns the memory as a view of the crate `ndarray`; `None` where elements are not aligned,
    /// strides are no multiples of their size, or pointers lead to them.
    ///
    /// # Safety
    /// As long as the view is used nobody stores into the memory: neither Python code, which may
    /// run whenever this thread lets it, nor another thread; and in memory of bools each byte is 0
    /// or 1.
    ///
    /// # Examples
    /// ```
    /// use consumer::extension::Array;
    /// use pyo3::exceptions::PyTypeError;
    /// use pyo3::prelude::*;
    ///
    /// #[pyfunction]
    /// fn diagonal(x: Array<f64, 2>) -> PyResult<Vec<f64>> {
    ///     // SAFETY: no Python code runs meanwhile, and the caller's other threads only read.
    ///     match unsafe { x.as_ndarray() } {
    ///         Some(view) => Ok(view.diag().to_vec()),
    ///         None => Ok(x.to_ndarray()?.diag().to_vec()),
    ///     }
    /// }
    /// ```
    #[must_use]
    pub unsafe fn as_ndarray(&self) -> Option<ArrayView<'_, T, Dim<[usize; N]>>> {
        let size = size_of::<T>() as isize;
        let strides = self.strides();
        let is_regular = self.as_ptr().is_aligned()
            && strides.iter().all(|stride| stride % size == 0)
            && self.layout().suboffsets().is_empty();
        if self.is_empty() {
            return ArrayView::from_shape(self.dim(), &[]).ok();
        }
        if !is_regular {
            return None;
        }
        // The constructor takes no negative strides: such axes begin at their end, and are turned.
        let (shape, mut steps, mut start) = (self.dim(), [0; N], self.hold.body().start);
        for ((step, &stride), &length) in steps.iter_mut().zip(strides).zip(&shape) {
            *step = (stride / size).unsigned_abs();
            if stride < 0 {
                start = start.wrapping_offset(stride.wrapping_mul(length as isize - 1));
            }
        }
        let layout = shape.into_dimension().strides(steps.into_dimension());
        // SAFETY: the elements of these lengths and strides are the array's, of which the first is
        // the one of the lowest address; the caller guarantees the rest.
        let mut view = unsafe { ArrayView::from_shape_ptr(layout, start.cast::<T>()) };
        for (dim, &stride) in strides.iter().enumerate() {
            if stride < 0 {
                view.invert_axis(Axis(dim));
            }
        }
        Some(view)
    }

    /// Returns a copy as an array of the crate `ndarray`.
    ///
    /// # Errors
    /// Returns the errors of [`to_vec`](Self::to_vec).
    pub fn to_ndarray(&self) -> Result<Copied<T, Dim<[usize; N]>>> {
        Copied::from_shape_vec(self.dim(), self.to_vec()?)
            .map_err(|error| Error::value(error.to_string()))
    }
}
