//! `v.named()` and `v.rows(cls)`: records by the names of their fields.

use pyo3::prelude::*;

use consumer::python::exceptions::PyTypeError;
use consumer::python::objects;

use crate::object::PyConsumerArray;
use crate::values::record;

#[pymethods]
impl PyConsumerArray {
    /// The same view, of which records are rows: tuples whose fields are attributes as well.
    ///
    /// So are those of its slices, fields, lists and copies; what cast() makes is not.
    ///
    /// >>> import consumer
    /// >>> v = consumer.consume(bytes([1, 0, 2, 0, 3, 0])).cast("T{<H:id:B:kind:}").named()
    /// >>> v[0]
    /// Row(id=1, kind=2)
    /// >>> v[1].kind
    /// 0
    fn named<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let hold = this.get().hold(this.py())?;
        // SAFETY: the same elements, which are held.
        unsafe {
            match record::named(this.py(), &hold)? {
                Some(array) => Self::share(this, array),
                None => Err(PyTypeError::new_err(format!(
                    "elements of format '{}' have no fields to be named",
                    hold.format()
                ))),
            }
        }
    }

    /// The records as objects of a dataclass or a NamedTuple: an iterator over the view.
    ///
    /// The fields of the class are found by their names. The records in records are objects too,
    /// where the class says of which class; TypeError for a field that only one of the two has.
    ///
    /// >>> import typing, consumer
    /// >>> class Sample(typing.NamedTuple):
    /// ...     id: int
    /// ...     kind: int
    /// >>> v = consumer.consume(bytes([1, 0, 2, 0, 3, 0])).cast("T{<H:id:B:kind:}")
    /// >>> list(v.rows(Sample))
    /// [Sample(id=1, kind=2), Sample(id=768, kind=0)]
    fn rows<'py>(this: &Bound<'py, Self>, cls: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let function = objects::attribute(&objects::import(this.py(), "consumer._rows")?, "rows")?;
        function.call1((this, cls))
    }
}
