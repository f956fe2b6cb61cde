//! What fits, or can be converted.

use std::fmt;

use pyo3::Borrowed;
use pyo3::prelude::*;

use super::accept::{Expected, Mismatch, Taken, Wanted, accept_at_once, take_after};
use super::array::Array;
use super::constraint::C;
use super::element::Native;
use super::hold::Hold;
use crate::array::{AnyArray, Overflow};
use crate::dtype::ScalarType;
use crate::error::{Error, Result};
use crate::format::Kind;
use crate::kernels::convert::is_meaningful;
use crate::layout::Layout;
use crate::memory::Memory;

/// An array in C order of what a Python object holds: its own memory, if that fits as it is, and
/// else a copy in which every value is what it was.
///
/// Numbers of other types, in the other byte order, strided or unaligned are converted as
/// `ConsumerArray.astype` converts them: one that is out of range is a ValueError. More than there,
/// a whole number stays that number: a fraction is lost to no integer, and digits of an integer to
/// no float. Only from wider floats to narrower ones digits are rounded.
///
/// The copy is made once, when the argument is taken. What is stored in the object later does not
/// show in it.
///
/// # Examples
/// ```
/// use consumer::extension::ArrayLike;
/// use pyo3::prelude::*;
///
/// #[pyfunction]
/// fn largest(x: ArrayLike<f64, 1>) -> Option<f64> {
///     x.iter().reduce(f64::max)
/// }
/// ```
pub struct ArrayLike<T: Native, const N: usize> {
    array: Array<T, N, C>,
    is_copy: bool,
}

impl<T: Native, const N: usize> FromPyObject<'_, '_> for ArrayLike<T, N> {
    type Error = Mismatch;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> std::result::Result<Self, Mismatch> {
        let expected = Expected::of::<N, ()>(Wanted::Like(T::DTYPE));
        let unfit = match accept_at_once::<T, N>(object) {
            // SAFETY: it is an array of this type, in C order.
            Ok(hold) => return Ok(Self { array: unsafe { Array::new(hold) }, is_copy: false }),
            Err(unfit) => unfit,
        };
        let Taken { hold, array } = take_after(&object, unfit, &expected)?;
        let to = ScalarType::native(T::DTYPE);
        if Expected::of::<N, C>(Wanted::Scalar(T::DTYPE)).is(&array) {
            // SAFETY: it is an array of this type, in C order.
            return Ok(Self { array: unsafe { Array::new(hold) }, is_copy: false });
        }
        let is_like = array
            .scalar_type()
            .is_some_and(|from| is_meaningful(from.dtype.kind(), to.dtype.kind()));
        if !is_like {
            return Err(Mismatch::elements(&object, &expected, &array, None));
        }
        let copied = converted(&array, to).and_then(|memory| {
            let layout = Layout::contiguous(array.layout().shape(), T::SIZE)?;
            Ok((memory, layout))
        });
        let (memory, layout) =
            copied.map_err(|error| Mismatch::value(&object, &expected, error))?;
        drop(array);
        hold.release(object.py());
        // SAFETY: the memory has elements of this type, in C order.
        let hold = unsafe { Hold::of_memory(object.py(), memory, to, layout) };
        let hold = hold.map_err(|error| Mismatch::refused(&object, &expected, error))?;
        // SAFETY: as above.
        Ok(Self { array: unsafe { Array::new(hold) }, is_copy: true })
    }
}

/// Returns the elements of an array as those of a type.
///
/// # Errors
/// The first value that is none of the type.
fn converted(array: &AnyArray, to: ScalarType) -> Result<Memory> {
    let format = to.format();
    let memory = array.to_format(&format, Overflow::Error)?;
    let from = array.scalar_type().map(|from| from.dtype.kind());
    let is_whole = |kind| matches!(kind, Kind::Bool | Kind::Signed | Kind::Unsigned);
    // Between floats, digits are rounded.
    if !from.is_some_and(|from| is_whole(from) || is_whole(to.dtype.kind())) {
        return Ok(memory);
    }
    let layout = Layout::contiguous(array.layout().shape(), to.dtype.size())?;
    // SAFETY: the memory has these elements, and outlives the array.
    let copy = unsafe { AnyArray::from_scalars(to, memory.start(), layout, format, true, None) };
    if copy.equals(array) {
        Ok(memory)
    } else {
        let (from, to) = (array.format(), to.dtype.name());
        Err(Error::value(format!("a value of format '{from}' has more digits than {to}")))
    }
}

impl<T: Native, const N: usize> ArrayLike<T, N> {
    /// Returns whether the elements were copied.
    #[must_use]
    pub fn is_copy(&self) -> bool {
        self.is_copy
    }
}

impl<T: Native, const N: usize> std::ops::Deref for ArrayLike<T, N> {
    type Target = Array<T, N, C>;

    fn deref(&self) -> &Array<T, N, C> {
        &self.array
    }
}

impl<T: Native, const N: usize> fmt::Debug for ArrayLike<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArrayLike")
            .field("shape", &self.array.shape())
            .field("is_copy", &self.is_copy)
            .finish()
    }
}
