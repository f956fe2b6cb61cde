//! Results: vectors that Python takes as they are.

use pyo3::prelude::*;
use pyo3::types::PyMemoryView;

use super::element::Native;
use super::hold::Hold;
use crate::error::{Error, Result, Tuple};
use crate::layout::Layout;

/// A vector in `N` dimensions on its way to Python, where it is a memoryview that owns it: nothing
/// is copied, and whoever takes buffers takes it as well, such as `numpy.asarray`.
///
/// # Examples
/// ```
/// use consumer::extension::Owned;
/// use pyo3::prelude::*;
///
/// #[pyfunction]
/// fn squares(count: u32) -> Owned<u64, 1> {
///     (0..u64::from(count)).map(|number| number * number).collect::<Vec<_>>().into()
/// }
///
/// #[pyfunction]
/// fn identity(size: usize) -> PyResult<Owned<f64, 2>> {
///     let cells = (0..size * size).map(|at| f64::from(u8::from(at % (size + 1) == 0)));
///     Ok(Owned::new(cells.collect(), [size, size])?)
/// }
///
/// # Python::initialize();
/// Python::attach(|py| {
///     let numbers = Owned::from(vec![0.5, 1.5]).into_pyobject(py)?;
///     assert_eq!(numbers.call_method0("tolist")?.extract::<Vec<f64>>()?, [0.5, 1.5]);
///     let matrix = identity(3)?.into_pyobject(py)?;
///     assert_eq!(matrix.getattr("shape")?.extract::<(usize, usize)>()?, (3, 3));
///     Ok::<(), PyErr>(())
/// })
/// # .unwrap();
/// ```
#[derive(Debug)]
pub struct Owned<T: Native, const N: usize> {
    elements: Vec<T>,
    layout: Layout,
}

impl<T: Native, const N: usize> Owned<T, N> {
    /// Makes an array of elements in C order.
    ///
    /// # Errors
    /// Returns an error with [`is_value`](Error::is_value), which becomes a ValueError, if the
    /// shape is not one of as many elements.
    pub fn new(elements: Vec<T>, shape: [usize; N]) -> Result<Self> {
        let layout = Layout::contiguous(&shape, T::SIZE)?;
        if layout.len() != elements.len() {
            let (count, shape) = (elements.len(), Tuple(&shape));
            return Err(Error::value(format!("{count} elements are not of shape {shape}")));
        }
        Ok(Self { elements, layout })
    }
}

impl<T: Native> From<Vec<T>> for Owned<T, 1> {
    fn from(elements: Vec<T>) -> Self {
        let layout = Layout::of_slice(&elements);
        Self { elements, layout }
    }
}

impl<'py, T: Native, const N: usize> IntoPyObject<'py> for Owned<T, N> {
    type Target = PyMemoryView;
    type Output = Bound<'py, PyMemoryView>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyMemoryView>> {
        // SAFETY: a vector's elements have the bytes of the type's, as many as the layout says.
        let hold = unsafe { Hold::of_vec(py, self.elements, T::DTYPE, self.layout) }?;
        let made = hold.to_memoryview(py);
        hold.release(py);
        made
    }
}
