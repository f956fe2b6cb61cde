//! The same elements in another shape: `T`, `transpose`, `reshape`; and `toreadonly`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use consumer::python::exceptions::PyValueError;

use crate::arguments::names::{no_names, unexpected_name};
use crate::arguments::{self, numbers, str_text};
use crate::object::PyConsumerArray;
use crate::object::create::Dimensions;

#[pymethods]
impl PyConsumerArray {
    /// The same memory as a read-only view.
    fn toreadonly<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let access = this.get().access(this.py())?;
        // SAFETY: the same elements, under access; the place is valid for writes.
        unsafe {
            Self::share_with(this, |place| {
                place.write(access.to_readonly());
                access.layout().ndim()
            })
        }
    }

    /// The same memory with the dimensions the other way around.
    #[getter]
    #[pyo3(name = "T")]
    fn transposed<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        Self::permute(this, &[])
    }

    /// The same memory with the dimensions in another order, as v.transpose(1, 0) names them.
    ///
    /// The axes may also be one tuple. Without any the order is reversed, as by v.T. ValueError
    /// where they do not name each dimension once.
    // With names PyO3 passes on the tuple that the interpreter makes, and makes none itself.
    #[pyo3(signature = (*axes, **names), text_signature = "($self, /, *axes)")]
    fn transpose<'py>(
        this: &Bound<'py, Self>,
        axes: &Bound<'py, PyTuple>,
        names: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Self>> {
        no_names("transpose", names)?;
        let none = axes.is_empty() || (axes.len() == 1 && axes.get_item(0)?.is_none());
        if none {
            return Self::permute(this, &[]);
        }
        let axes = numbers(axes)?;
        if axes.is_empty() && this.get().describe()?.layout().ndim() > 0 {
            return Err(PyValueError::new_err("axes () do not name each dimension once"));
        }
        Self::permute(this, &axes)
    }

    /// The same memory in another shape: v.reshape(2, 3) or v.reshape((2, 3)).
    ///
    /// The lengths are in elements. One of them may be -1, and is what the others leave. The
    /// elements are taken in an order, 'C' or 'F', or 'A': as they lie. Where only a copy could
    /// have that shape, ValueError: nothing is ever copied.
    ///
    /// >>> import consumer
    /// >>> consumer.consume(b"abcdef").reshape(2, -1).tolist()
    /// [[97, 98, 99], [100, 101, 102]]
    #[pyo3(signature = (*shape, **names), text_signature = "($self, /, *shape, order='C')")]
    fn reshape<'py>(
        this: &Bound<'py, Self>,
        shape: &Bound<'py, PyTuple>,
        names: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Self>> {
        let mut order = None;
        for (name, value) in names.into_iter().flatten() {
            if !name.eq("order")? {
                return Err(unexpected_name("reshape", &name));
            }
            order = Some(value);
        }
        let order = order.as_ref().map(|order| str_text("order", order)).transpose()?;
        let shape = numbers(shape)?;
        let order = arguments::order(order, this.get().describe()?.layout())?;
        let access = this.get().access(this.py())?;
        let reshaped = access.reshape(&shape, order)?;
        // SAFETY: the same elements, under access.
        unsafe { Self::share(this, reshaped) }
    }
}

impl PyConsumerArray {
    /// Returns a view whose dimensions are in another order; reversed for no axes at all.
    fn permute<'py>(this: &Bound<'py, Self>, axes: &[isize]) -> PyResult<Bound<'py, Self>> {
        let access = this.get().access(this.py())?;
        if axes.is_empty() && access.layout().suboffsets().is_empty() {
            // SAFETY: the same elements, under access.
            return unsafe { Self::share_dimensions(this, 0, Dimensions::Reversed) };
        }
        let reversed: Vec<isize> = (0..access.layout().ndim() as isize).rev().collect();
        let axes = if axes.is_empty() { &reversed } else { axes };
        let transposed = access.transpose(axes)?;
        // SAFETY: the same elements, under access.
        unsafe { Self::share(this, transposed) }
    }
}
