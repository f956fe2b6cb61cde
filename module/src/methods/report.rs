//! What a view looks like: `v.info`, and what IPython and notebooks show. All of it is written in
//! Python, in a file of the package that is imported when it is first asked for.

use pyo3::prelude::*;

use consumer::form::ElementType;
use consumer::python::exceptions::PyIndexError;
use consumer::python::objects;

use crate::arguments;
use crate::object::PyConsumerArray;

/// Calls a function of the package's own Python file with a view.
fn call<'py>(this: &Bound<'py, PyAny>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    objects::attribute(&objects::import(this.py(), "consumer._report")?, name)?.call1((this,))
}

/// The number of fields that elements have, and whether it is a union.
fn record_object<'py>(view: &PyConsumerArray, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
    let access = view.access(py)?;
    let Some((count, is_union)) = access.record().map(|it| (it.fields.len(), it.union)) else {
        return Ok(py.None().into_bound(py));
    };
    let union = objects::size(py, is_union.into())?;
    Ok(objects::tuple(py, [objects::size(py, count), Ok(union)].into_iter())?.into_any())
}

#[pymethods]
impl PyConsumerArray {
    /// A report of the layout, to be printed: print(v.info).
    ///
    /// It tells whose memory this is, in which order the elements lie in it, what each axis steps
    /// over, where the fields of records and their padding are, and the first elements. It is
    /// short, whatever the size, and takes as long. Of a released view it says only that. Notebooks
    /// show the same with a drawing of the memory.
    ///
    /// >>> import consumer
    /// >>> print(consumer.consume(bytes(32)).cast("T{B:kind:xH:id:}").info)
    /// ConsumerArray  8 records of 4 bytes, 32 bytes
    ///   memory  bytes, read-only
    ///   format  T{B:kind:xH:id:}
    ///   layout  contiguous, in a line
    ///   record  2 fields, 3 bytes of 4 used, 1 byte padding in 1 hole (25 %)
    /// <BLANKLINE>
    ///   offset  size  format  type    v[0]  v[1]  v[2]  field
    ///        0     1  B       uint8      0     0     0  kind
    ///        1     1                                    · padding
    ///        2     2  H       uint16     0     0     0  id
    /// <BLANKLINE>
    #[getter]
    fn info<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        call(this, "text")
    }

    /// What a notebook shows: the report of info, and a drawing of the memory.
    fn _repr_html_<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        call(this, "html")
    }

    /// What IPython completes v[" with: the names of the fields.
    fn _ipython_key_completions_<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        call(this, "keys")
    }

    /// Shows the view in IPython.
    fn _repr_pretty_<'py>(
        this: &Bound<'py, Self>,
        printer: &Bound<'py, PyAny>,
        cycle: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let report = objects::import(this.py(), "consumer._report")?;
        objects::attribute(&report, "pretty")?.call1((this, printer, cycle))
    }

    // For the report: the number of fields and whether they are those of a union, None where the
    // elements are no records; given an index, a field's name, its place and size in bits, whether
    // it is a bit-field, and a view of it.
    #[pyo3(signature = (index = None))]
    fn _record<'py>(
        this: &Bound<'py, Self>,
        index: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, view) = (this.py(), this.get());
        let Some(index) = arguments::count(index, "index")? else {
            return record_object(view, py);
        };
        let access = view.access(py)?;
        let Some(field) = access.record().and_then(|record| record.fields.get(index)) else {
            return Err(PyIndexError::new_err("no such field"));
        };
        let (name, bits) = (field.name.as_deref(), field.bits());
        let name = name.map_or_else(
            || Ok(py.None().into_bound(py)),
            |name| Ok(objects::string(py, name)?.into_any()),
        );
        let is_bits = matches!(field.element_type, ElementType::Bits(_));
        // SAFETY: a field of the elements' own type, under access.
        let part = unsafe {
            PyConsumerArray::share(this, access.part(field.offset, &field.element_type)?)
        };
        let numbers = [bits.start as usize, (bits.end - bits.start) as usize, is_bits.into()];
        let [start, size, is_bits] = numbers.map(|number| objects::size(py, number));
        let items = [name, start, size, is_bits, part.map(Bound::into_any)];
        Ok(objects::tuple(py, items.into_iter())?.into_any())
    }
}
