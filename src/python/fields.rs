//! The fields of records: `v["name"]`, `v[["name", "other"]]` and `v.fields`.

use pyo3::exceptions::PyKeyError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use super::class::PyConsumerArray;
use crate::array::AnyArray;
use crate::form::Field;

/// The names in a key: a str, or a list of several.
pub(super) enum Names<'py> {
    One(Bound<'py, PyString>),
    Several(Vec<Bound<'py, PyString>>),
}

/// The names that a key consists of; `None` where it is another key. Runs nobody's code.
pub(super) fn names<'py>(key: &Bound<'py, PyAny>) -> PyResult<Option<Names<'py>>> {
    if let Ok(name) = key.cast::<PyString>() {
        return Ok(Some(Names::One(name.clone())));
    }
    let Ok(list) = key.cast::<PyList>() else { return Ok(None) };
    let parts: Vec<Bound<'py, PyAny>> = list.iter().collect();
    if parts.is_empty() || !parts.iter().all(PyAnyMethods::is_instance_of::<PyString>) {
        return Ok(None);
    }
    let names = parts.into_iter().map(|part| Ok(part.cast_into::<PyString>()?));
    Ok(Some(Names::Several(names.collect::<PyResult<_>>()?)))
}

impl Names<'_> {
    /// The array of the fields that the names name.
    pub(super) fn of(&self, array: &AnyArray) -> PyResult<AnyArray> {
        Ok(match self {
            Self::One(name) => array.field(text(name)?)?,
            Self::Several(names) => {
                let names: Vec<&str> = names.iter().map(text).collect::<PyResult<_>>()?;
                array.select_fields(&names)?
            }
        })
    }
}

/// The text of a name. One that is no UTF-8 names no field.
pub(super) fn text<'a>(name: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    name.to_str().map_err(|_| PyKeyError::new_err(format!("no field {name:?}")))
}

/// The class of the values of `v.fields`: a named tuple, made when first asked for.
pub(super) fn field_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let member = |name: &'static std::ffi::CStr, doc: &'static std::ffi::CStr| {
        ffi::PyStructSequence_Field { name: name.as_ptr().cast_mut(), doc: doc.as_ptr().cast_mut() }
    };
    let class = CLASS.get_or_try_init(py, || {
        let mut members = [
            member(c"format", c"the format of one element of the field"),
            member(c"offset", c"bytes from the start of the record to the field"),
            member(c"shape", c"the shape of the field's sub-array; () where it is none"),
            ffi::PyStructSequence_Field { name: std::ptr::null_mut(), doc: std::ptr::null_mut() },
        ];
        let mut description = ffi::PyStructSequence_Desc {
            name: c"consumer.Field".as_ptr().cast_mut(),
            doc: c"Where a field of a record lies, and what it is.".as_ptr().cast_mut(),
            fields: members.as_mut_ptr(),
            n_in_sequence: 3,
        };
        // SAFETY: the description is complete, and only read by the call; its texts are static. The
        // result is a new class or NULL.
        unsafe {
            let class = ffi::PyStructSequence_NewType(&raw mut description);
            Ok::<_, PyErr>(
                Bound::from_owned_ptr_or_err(py, class.cast())?.cast_into::<PyType>()?.unbind(),
            )
        }
    })?;
    Ok(class.bind(py))
}

fn describe<'py>(py: Python<'py>, array: &AnyArray, field: &Field) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: this is a field of the elements' own type.
    let part = unsafe { array.part(field.offset, &field.element_type)? };
    let format = super::attributes::format_object(py, &part)?;
    let shape = PyTuple::new(py, &part.layout().shape()[array.layout().ndim()..])?;
    field_class(py)?.call1(((format, field.offset, shape),))
}

#[pymethods]
impl PyConsumerArray {
    /// The named fields of the elements, where those are records: a dict of each field's format,
    /// offset in the record (in bytes) and shape, as named tuples. Empty where no field has a name.
    ///
    /// >>> import consumer
    /// >>> v = consumer.consume(bytes(14)).cast("T{<I:id:H:kind:(2)f:at:}")
    /// >>> v.fields["at"]
    /// consumer.Field(format='f', offset=6, shape=(2,))
    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let array = self.array()?;
        let fields = PyDict::new(py);
        for field in array.record().iter().flat_map(|record| &record.fields) {
            let Some(name) = &field.name else { continue };
            // Of two fields of one name, the first is the one that the name gives.
            if !fields.contains(name)? {
                fields.set_item(name, describe(py, array, field)?)?;
            }
        }
        Ok(fields)
    }
}
