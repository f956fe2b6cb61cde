//! Elements of one of several types, told apart at run time after one acquisition.

use pyo3::Borrowed;
use pyo3::prelude::*;

use super::accept::{self, Expected, Mismatch, Wanted};
use super::array::Array;
use super::constraint::Constraint;
use super::element::Native;
use crate::array::AnyArray;
use crate::dtype::{DType, ScalarType};

/// The memory of a Python object as an array of scalars of whatever type, in the byte order of this
/// machine: for functions that do the same with several types.
///
/// # Examples
/// ```
/// use consumer::extension::{ANY, Untyped};
/// use consumer::match_types;
/// use pyo3::prelude::*;
///
/// #[pyfunction]
/// fn total(x: Untyped<ANY>) -> PyResult<f64> {
///     Ok(match_types!(x, [f32, f64, i32, u8], x => x.iter().map(f64::from).sum())?)
/// }
/// ```
pub struct Untyped<const N: usize, K: Constraint = ()> {
    /// Of elements of this type, and not of bytes.
    array: Array<u8, N, K>,
    dtype: DType,
}

impl<const N: usize, K: Constraint> FromPyObject<'_, '_> for Untyped<N, K> {
    type Error = Mismatch;

    #[inline]
    fn extract(object: Borrowed<'_, '_, PyAny>) -> Result<Self, Mismatch> {
        let (hold, dtype) = accept::accept_any::<N, K>(object)?;
        // SAFETY: nothing is done with elements before it is an array of their type.
        Ok(Self { array: unsafe { Array::new(hold) }, dtype })
    }
}

impl<const N: usize, K: Constraint> Untyped<N, K> {
    /// Returns the type of the elements.
    #[must_use]
    #[inline]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Returns the length of each dimension.
    #[must_use]
    #[inline]
    pub fn shape(&self) -> &[usize] {
        self.array.shape()
    }

    /// Returns the array if its elements are of a type; `None` if they are of another.
    #[must_use]
    #[inline]
    pub fn typed<T: Native>(&self) -> Option<&Array<T, N, K>> {
        // SAFETY: an array is one pointer, whatever its type, and its elements are of this one.
        T::is_of(self.dtype).then(|| unsafe { &*std::ptr::from_ref(&self.array).cast() })
    }

    /// Returns the error for elements that are of none of some types.
    #[doc(hidden)]
    #[must_use]
    #[cold]
    pub fn mismatch(&self, types: &'static [DType]) -> Mismatch {
        Python::attach(|py| {
            let expected = Expected::of::<N, K>(Wanted::OneOf(types));
            let body = self.array.hold.body();
            let scalar_type = ScalarType::native(self.dtype);
            let (layout, format) = (body.layout().clone(), scalar_type.format());
            // SAFETY: it is what the memory holds, which is held longer.
            let array = unsafe {
                AnyArray::from_scalars(scalar_type, body.start, layout, format, body.readonly, None)
            };
            let object = self.array.exporter(py).unwrap_or_else(|| py.None().into_bound(py));
            Mismatch::elements(&object, &expected, &array, None)
        })
    }
}

/// `match_types!(x, [f32, f64], x => body)`: the body for each of the types, with `x` as an array
/// of it; the one for the type of the elements of an [`Untyped`](crate::extension::Untyped) runs.
///
/// It is a `Result` with what the body gives, or a [`Mismatch`](crate::extension::Mismatch) that
/// names the types.
#[macro_export]
macro_rules! match_types {
    ($untyped:expr, [$($type:ty),+ $(,)?], $array:ident => $body:expr) => {{
        let untyped = &$untyped;
        $(if let Some($array) = untyped.typed::<$type>() { Ok($body) } else)+ {
            Err(untyped.mismatch(
                const { &[$(<$type as $crate::extension::Native>::DTYPE),+] }
            ))
        }
    }};
}
