//! The argument type.

mod blocks;
mod elements;
#[cfg(feature = "ndarray")]
mod ndarray;
mod slices;

use std::fmt;
use std::marker::PhantomData;

use pyo3::prelude::*;
use pyo3::types::PyMemoryView;
use pyo3::{Borrowed, PyTraverseError, PyVisit};

pub use blocks::Blocks;
pub use elements::Elements;

use super::accept::{self, Mismatch};
use super::constraint::{ANY, Constraint};
use super::element::Native;
use super::hold::{FEW, Hold};
use crate::layout::{Layout, Order};
use crate::python::acquire::is_shown_to_collector;
use crate::view::RawView;

/// The memory of a Python object as an array: elements of type `T` in `N` dimensions that meet the
/// constraints `K`. It is never a copy.
///
/// As an argument of a function it takes every object that shares such memory: with a buffer, such
/// as NumPy's arrays, `array.array`, memoryviews, ctypes arrays and `bytes`, or, without one, by
/// DLPack, Arrow or what else [`consume`](https://pypi.org/project/consumer/) knows. Elements
/// may be strided and unaligned, and pointers may lead to them; where that matters, a constraint
/// says so.
///
/// It is one pointer, without a lifetime: it may be kept, sent to other threads and used without
/// the interpreter. The object stays exported until it is dropped, which may be in any thread.
///
/// Elements are only loaded and stored by value, because other threads and Python may store into
/// the memory at any time; [`as_slice`](Self::as_slice) is for who knows that nobody does.
///
/// # Examples
/// ```
/// use consumer::extension::{Array, Last, Rw, ANY, C};
/// use pyo3::prelude::*;
///
/// /// Any memory of doubles, in two dimensions.
/// #[pyfunction]
/// fn trace(x: Array<f64, 2>) -> f64 {
///     let [rows, columns] = x.dim();
///     (0..rows.min(columns)).filter_map(|at| x.get([at, at])).sum()
/// }
///
/// /// Points in space, which are contiguous.
/// #[pyfunction]
/// fn heights(points: Array<f32, 2, (C, Last<3>)>) -> Vec<f32> {
///     (0..points.dim()[0]).filter_map(|at| points.get([at, 2])).collect()
/// }
///
/// /// Memory in any number of dimensions that can be written to.
/// #[pyfunction]
/// fn invert(x: Array<u8, ANY, Rw>) {
///     x.map_in_place(|byte| !byte);
/// }
/// ```
#[repr(transparent)]
pub struct Array<T: Native, const N: usize, K: Constraint = ()> {
    pub(super) hold: Hold,
    kind: PhantomData<fn() -> (T, K)>,
}

impl<T: Native, const N: usize, K: Constraint> FromPyObject<'_, '_> for Array<T, N, K> {
    type Error = Mismatch;

    #[inline]
    fn extract(object: Borrowed<'_, '_, PyAny>) -> Result<Self, Mismatch> {
        // SAFETY: the object was taken for elements of this type, and what else was asked.
        accept::accept::<T, N, K>(object).map(|hold| unsafe { Self::new(hold) })
    }
}

/// The same memory as a memoryview.
impl<'py, T: Native, const N: usize, K: Constraint> IntoPyObject<'py> for &Array<T, N, K> {
    type Target = PyMemoryView;
    type Output = Bound<'py, PyMemoryView>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyMemoryView>> {
        self.hold.to_memoryview(py)
    }
}

/// The same memory as a memoryview.
impl<'py, T: Native, const N: usize, K: Constraint> IntoPyObject<'py> for Array<T, N, K> {
    type Target = PyMemoryView;
    type Output = Bound<'py, PyMemoryView>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyMemoryView>> {
        self.hold.to_memoryview(py)
    }
}

impl<T: Native, const N: usize, K: Constraint> Array<T, N, K> {
    /// # Safety
    /// The memory has elements of this type, in as many dimensions, and meets the constraints.
    #[inline(always)]
    pub(super) unsafe fn new(hold: Hold) -> Self {
        Self { hold, kind: PhantomData }
    }

    #[inline(always)]
    fn layout(&self) -> &Layout {
        self.hold.body().layout()
    }

    #[inline(always)]
    fn raw(&self) -> RawView<'_> {
        // SAFETY: whoever lends the memory vouches for it as long as it is held.
        unsafe { RawView::new(self.hold.body().start, self.layout()) }
    }

    /// Returns the length of each dimension.
    #[must_use]
    #[inline]
    pub fn shape(&self) -> &[usize] {
        if N <= FEW { &self.hold.body().shape_of_few()[..N] } else { self.hold.body().shape() }
    }

    /// Returns the length of each dimension, to be taken apart: `let [rows, columns] = x.dim();`.
    /// Arrays of [`ANY`] number of dimensions have [`shape`](Self::shape) only.
    #[must_use]
    #[inline]
    pub fn dim(&self) -> [usize; N] {
        const { assert!(N != ANY, "an array of any number of dimensions has `shape` instead") };
        let shape = self.shape();
        std::array::from_fn(|dim| shape.get(dim).copied().unwrap_or(0))
    }

    /// Returns the number of bytes from one element to the next in each dimension.
    #[must_use]
    #[inline]
    pub fn strides(&self) -> &[isize] {
        self.hold.body().strides()
    }

    /// Returns the number of dimensions.
    #[must_use]
    #[inline]
    pub fn ndim(&self) -> usize {
        if N == ANY { self.hold.body().ndim() } else { N }
    }

    /// Returns the number of elements.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// Returns whether there are no elements.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.shape().contains(&0)
    }

    /// Returns whether the exporter allows no stores.
    #[must_use]
    #[inline]
    pub fn readonly(&self) -> bool {
        self.hold.body().readonly
    }

    /// Returns whether the elements are contiguous in an order, and aligned, so that
    /// [`try_as_slice`](Self::try_as_slice) has a slice of them.
    #[must_use]
    #[inline]
    pub fn is_contiguous(&self, order: Order) -> bool {
        let is_contiguous = match order {
            Order::C => self.layout().is_c_contiguous(),
            Order::Fortran => self.layout().is_f_contiguous(),
        };
        is_contiguous && (self.as_ptr().is_aligned() || self.is_empty())
    }

    /// Returns the address of the element whose indices are all 0. It may be unaligned.
    #[must_use]
    #[inline]
    pub fn as_ptr(&self) -> *mut T {
        self.hold.body().start.cast()
    }

    /// Returns the object whose memory it is.
    #[must_use]
    pub fn exporter<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.hold.exporter(py)
    }

    /// Gives the memory back, now. Dropping the array does that too, but leaves it to PyO3 where no
    /// interpreter is attached.
    pub fn release(self, py: Python<'_>) {
        self.hold.release(py);
    }

    /// Shows the object whose memory it is to the garbage collector: for the `__traverse__` of a
    /// class that keeps an array, so that a cycle through the object is found. Its `__clear__`
    /// drops the array.
    ///
    /// # Errors
    /// The collector's.
    ///
    /// # Examples
    /// ```
    /// use consumer::extension::Array;
    /// use pyo3::prelude::*;
    /// use pyo3::{PyTraverseError, PyVisit};
    ///
    /// #[pyclass]
    /// struct Signal {
    ///     samples: Option<Array<f32, 1>>,
    /// }
    ///
    /// #[pymethods]
    /// impl Signal {
    ///     #[new]
    ///     fn new(samples: Array<f32, 1>) -> Self {
    ///         Self { samples: Some(samples) }
    ///     }
    ///
    ///     fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
    ///         self.samples.as_ref().map_or(Ok(()), |samples| samples.traverse(&visit))
    ///     }
    ///
    ///     fn __clear__(&mut self) {
    ///         self.samples = None;
    ///     }
    /// }
    /// ```
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(loan) = self.hold.loan() {
            return loan.traverse(visit);
        }
        let Some(buffer) = self.hold.buffer() else { return Ok(()) };
        // SAFETY: a collector's thread is attached; the exporter is alive, or NULL.
        let exporter = unsafe { Borrowed::from_ptr_or_opt(Python::assume_attached(), buffer.obj) };
        if !exporter.is_some_and(|exporter| is_shown_to_collector(&exporter)) {
            return Ok(());
        }
        // SAFETY: a reference that may be NULL, which is the buffer's and shown by nobody else.
        visit.call(unsafe { &*(&raw const buffer.obj).cast::<Option<Py<PyAny>>>() })
    }
}

impl<T: Native, const N: usize, K: Constraint> fmt::Debug for Array<T, N, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Array")
            .field("type", &T::DTYPE.name())
            .field("shape", &self.shape())
            .field("strides", &self.strides())
            .field("readonly", &self.readonly())
            .finish()
    }
}
