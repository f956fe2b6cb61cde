//! The constructor, and what the garbage collector asks.

use std::ffi::c_int;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use pyo3::{PyTraverseError, PyVisit};

use consumer::kernels::pieces::Sequence;
use consumer::layout::Layout;
use consumer::memory::Memory;
use consumer::python::exceptions::{PyMemoryError, PyTypeError};
use consumer::python::objects;
use consumer::python::stack;
use consumer::view::RawView;

use crate::arguments;
use crate::arguments::names::no_names;
use crate::gil;
use crate::object::consume::consume;
use crate::object::{PyConsumerArray, as_view};
use crate::values::repr_or_default;

#[pymethods]
impl PyConsumerArray {
    #[new]
    #[pyo3(signature = (length = None, **names), text_signature = "(length=None)")]
    fn new<'py>(
        py: Python<'py>,
        length: Option<&Bound<'py, PyAny>>,
        names: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Self>> {
        no_names("__new__", names)?;
        let count = match length {
            Some(length) if !objects::is_index(length) => {
                return Err(PyTypeError::new_err(format!(
                    "ConsumerArray(length) takes an int, not {}; consumer.consume(x) is a view of x",
                    objects::type_name(length)
                )));
            }
            length => length.map_or(Ok(0), arguments::clipped)?,
        };
        let count = usize::try_from(count).unwrap_or(0);
        i32::try_from(count.saturating_sub(1)).map_err(|_| {
            let length = length.map(repr_or_default).unwrap_or_default();
            PyMemoryError::new_err(format!("int32 cannot number {length} elements"))
        })?;
        let layout = Layout::contiguous(&[count], size_of::<i32>())?;
        let memory = Memory::zeroed(layout.nbytes())?;
        // SAFETY: the pieces are parts of the memory, contiguous and aligned elements each.
        unsafe {
            let elements = RawView::new(memory.start(), &layout);
            gil::in_pieces(py, [elements], Sequence::Forward, |[piece], before| {
                for index in 0..piece.layout().len() {
                    piece.start().cast::<i32>().add(index).write((before + index) as i32);
                }
                Ok(true)
            })?;
        }
        Self::over_scalars(py, memory, layout, c"i".into())
    }

    /// The view of an object whose buffer is asked for with other flags than consume's
    /// (inspect.BufferFlags): what memoryview._from_flags is. A view of a view shares its export,
    /// as consume's does, whatever the flags.
    #[classmethod]
    fn _from_flags<'py>(
        _class: &Bound<'py, PyType>,
        object: &Bound<'py, PyAny>,
        flags: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        stack::check(object.py())?;
        let flags: c_int = flags.extract()?;
        match as_view(object) {
            Some(_) => consume(object),
            None => Self::acquire_with(object, flags),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.traverse(visit)
    }

    fn __clear__(&self, py: Python<'_>) {
        // If somebody has a buffer of this view, the consumer is part of the same garbage: when it
        // is cleared, the last reference to this view goes, and the memory with it.
        let _ = self.release_view(py);
    }
}
