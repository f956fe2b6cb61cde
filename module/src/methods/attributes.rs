//! What a view tells of itself: the attributes of memoryview.

use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use consumer::python::objects;

use crate::object::PyConsumerArray;
use crate::values::format_object;

#[pymethods]
impl PyConsumerArray {
    /// The object whose memory this is.
    ///
    /// That is the exporter, as the buffer protocol names it, or the object that shares its memory
    /// by another protocol. Views of a view have its exporter. None for memory of the view's own.
    #[getter]
    fn obj<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.exporter(py)
    }

    /// The format of one element; "B" where the exporter gave none.
    ///
    /// The syntax is that of the struct module as PEP 3118 extends it. It is the exporter's own
    /// wherever that describes the elements; docs/formats.md tells what is written elsewhere.
    #[getter]
    fn format<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        format_object(py, self.describe()?.format())
    }

    /// The size of one element in bytes.
    #[getter]
    fn itemsize<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects::size(py, self.describe()?.layout().itemsize())
    }

    /// The size of all elements in bytes: what tobytes() gives, product(shape) * itemsize.
    #[getter]
    fn nbytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects::size(py, self.describe()?.layout().nbytes())
    }

    /// The number of elements in all dimensions together.
    #[getter]
    fn size<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects::size(py, self.describe()?.layout().len())
    }

    /// The number of dimensions.
    #[getter]
    fn ndim<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects::size(py, self.describe()?.layout().ndim())
    }

    /// The length of each dimension, in elements.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        objects::sizes(py, self.describe()?.layout().shape())
    }

    /// The step of each dimension, in bytes.
    #[getter]
    fn strides<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        objects::ints(py, self.describe()?.layout().strides())
    }

    /// For each dimension the bytes to go on after following a pointer that lies there.
    ///
    /// A negative number where none does; empty where no dimension has one (PEP 3118).
    #[getter]
    fn suboffsets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        objects::ints(py, self.describe()?.layout().suboffsets())
    }

    /// Whether the memory must not be changed through this view.
    #[getter]
    fn readonly(&self) -> PyResult<bool> {
        Ok(self.describe()?.readonly())
    }

    /// Whether the elements are contiguous in C order (last index changes fastest).
    #[getter]
    fn c_contiguous(&self) -> PyResult<bool> {
        Ok(self.describe()?.layout().is_c_contiguous())
    }

    /// Whether the elements are contiguous in Fortran order (first index changes fastest).
    #[getter]
    fn f_contiguous(&self) -> PyResult<bool> {
        Ok(self.describe()?.layout().is_f_contiguous())
    }

    /// Whether the elements are contiguous in either order.
    #[getter]
    fn contiguous(&self) -> PyResult<bool> {
        let layout = self.describe()?.layout();
        Ok(layout.is_c_contiguous() || layout.is_f_contiguous())
    }
}
