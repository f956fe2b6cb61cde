//! `v.fields`: the fields of records.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use consumer::array::AnyArray;
use consumer::form::Field;
use consumer::python::objects;
use consumer::python::once::made_once;

use crate::object::PyConsumerArray;
use crate::values::format_object;

/// Returns the class of the values of `v.fields`: a named tuple, created when it is first asked
/// for.
pub(crate) fn field_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let member = |name: &'static std::ffi::CStr, doc: &'static std::ffi::CStr| {
        ffi::PyStructSequence_Field { name: name.as_ptr().cast_mut(), doc: doc.as_ptr().cast_mut() }
    };
    let class = made_once(&CLASS, py, || {
        let mut members = [
            member(c"format", c"The format of one element of the field."),
            member(c"offset", c"Bytes from the start of the record to the field."),
            member(c"shape", c"The shape of the field's sub-array; () where it is none."),
            ffi::PyStructSequence_Field { name: std::ptr::null_mut(), doc: std::ptr::null_mut() },
        ];
        let mut description = ffi::PyStructSequence_Desc {
            name: c"consumer.Field".as_ptr().cast_mut(),
            doc: c"Where a field of a record lies, and what it is.".as_ptr().cast_mut(),
            fields: members.as_mut_ptr(),
            n_in_sequence: 3,
        };
        // SAFETY: the description is complete, and only read by the call; its texts are static. The
        // result is a new reference or NULL.
        unsafe {
            let class = ffi::PyStructSequence_NewType(&raw mut description);
            Ok(Bound::from_owned_ptr_or_err(py, class.cast())?.cast_into::<PyType>()?.unbind())
        }
    })?;
    Ok(class.bind(py))
}

/// Creates the description of a field of the array's elements.
fn field_object<'py>(
    py: Python<'py>,
    array: &AnyArray,
    field: &Field,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: a field of the elements' own type lies within them.
    let part = unsafe { array.part(field.offset, &field.element_type)? };
    let format = format_object(py, part.format())?;
    let offset = objects::size(py, field.offset)?;
    let shape = objects::sizes(py, &part.layout().shape()[array.layout().ndim()..])?;
    let values = [format.into_any(), offset, shape.into_any()];
    let values = objects::tuple(py, values.into_iter().map(Ok))?;
    // SAFETY: attached; the class and the tuple are alive; the result is a new reference or NULL.
    unsafe {
        let field = ffi::PyObject_CallOneArg(field_class(py)?.as_ptr(), values.as_ptr());
        Bound::from_owned_ptr_or_err(py, field)
    }
}

#[pymethods]
impl PyConsumerArray {
    /// The named fields of the elements, where those are records; else empty.
    ///
    /// Each name with the field's format, its offset in the record (in bytes) and its shape. Where
    /// none has a name they are called f0, f1 and so on, as NumPy calls them.
    ///
    /// >>> import consumer
    /// >>> v = consumer.consume(bytes(14)).cast("T{^I:id:H:kind:(2)f:at:}")
    /// >>> v.fields["at"]
    /// consumer.Field(format='f', offset=6, shape=(2,))
    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let hold = self.hold(py)?;
        let fields = objects::dict(py)?;
        let Some(record) = hold.record() else { return Ok(fields) };
        let has_names = record.has_names();
        for (place, field) in record.fields.iter().enumerate() {
            if field.name.is_none() && has_names {
                continue;
            }
            // Of two fields of one name, the first is the one that the name gives.
            let name = objects::string(py, &record.name(place))?;
            if !fields.contains(&name)? {
                fields.set_item(name, field_object(py, &hold, field)?)?;
            }
        }
        Ok(fields)
    }
}
