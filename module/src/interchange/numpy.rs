//! NumPy, if it is installed: `v.dtype` and `v.__array__()`.
//!
//! Nothing is imported before it is asked for. The `numpy` crate panics if NumPy is missing, so
//! that every call into it comes after an import of our own, which raises ImportError.

use std::ffi::c_int;

use ::numpy::npyffi::{NPY_ARRAY_WRITEABLE, NpyTypes, PY_ARRAY_API, get_type_object, npy_intp};
use ::numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use consumer::array::AnyArray;
use consumer::dtype::DType;
use consumer::format::Kind;
use consumer::layout::Layout;
use consumer::python::exceptions::{PyImportError, PyTypeError, PyValueError};
use consumer::python::objects;

use crate::arguments::names::no_names;
use crate::object::PyConsumerArray;
use crate::object::create::copy_of;

/// Imports NumPy, and checks what the `numpy` crate takes for granted of it.
///
/// # Errors
/// ImportError that tells what NumPy was needed for.
fn import<'py>(py: Python<'py>, what: &str) -> PyResult<Bound<'py, PyModule>> {
    let usable = || -> PyResult<Bound<'py, PyModule>> {
        let numpy = py.import("numpy")?;
        numpy.getattr("__version__")?;
        let core = py.import("numpy._core.multiarray");
        core.or_else(|_| py.import("numpy.core.multiarray"))?.getattr("_ARRAY_API")?;
        Ok(numpy)
    };
    usable().map_err(|cause| {
        let why = objects::message(py, &cause);
        let message = format!("{what} needs NumPy, which cannot be imported: {why}");
        let error = PyImportError::new_err(message);
        error.set_cause(py, Some(cause));
        error
    })
}

/// Returns the name that NumPy has for the type of the elements, such as `>f8`.
fn type_string(array: &AnyArray) -> PyResult<String> {
    let Some(scalar_type) = array.scalar_type() else {
        return match array {
            AnyArray::Opaque(array) => Err(array.descriptor().clone().into()),
            _ => Err(PyTypeError::new_err("no NumPy type is made for records and strings yet")),
        };
    };
    let scalar = scalar_type.dtype;
    let size = scalar.size();
    let name = match scalar.kind() {
        Kind::Bool => "?".to_owned(),
        Kind::Char => "S1".to_owned(),
        Kind::Signed => format!("i{size}"),
        Kind::Unsigned | Kind::Address => format!("u{size}"),
        Kind::Float if scalar.has_code() => format!("f{size}"),
        Kind::Complex if scalar != DType::Complex32 => format!("c{size}"),
        Kind::Text if scalar == DType::Ucs4 => "U1".to_owned(),
        _ => {
            let name = scalar.name();
            return Err(PyTypeError::new_err(format!("NumPy has no type for {name} elements")));
        }
    };
    let order = if scalar_type.swapped { scalar_type.byte_order().prefix() } else { b'=' } as char;
    Ok(format!("{order}{name}"))
}

/// Creates an ndarray over the memory of a view. It has a buffer of the view, as memoryview(v) has.
fn ndarray<'py>(
    this: &Bound<'py, PyConsumerArray>,
    array: &AnyArray,
) -> PyResult<Bound<'py, PyAny>> {
    let py = this.py();
    let descr = PyArrayDescr::new(py, type_string(array)?)?;
    let layout: &Layout = array.layout();
    let dims: Vec<npy_intp> = layout.shape().iter().map(|&length| length as npy_intp).collect();
    let strides: Vec<npy_intp> = layout.strides().to_vec();
    let flags = if array.readonly() { 0 } else { NPY_ARRAY_WRITEABLE };
    // SAFETY: NumPy was imported. The memory is described as it is, and kept by the base: a
    // memoryview, which has a buffer of the view for as long as it lives. NewFromDescr steals the
    // reference to the descr, SetBaseObject the one to the base.
    unsafe {
        let base = ffi::PyMemoryView_FromObject(this.as_ptr());
        let base = Bound::from_owned_ptr_or_err(py, base)?;
        let object = PY_ARRAY_API.PyArray_NewFromDescr(
            py,
            get_type_object(py, NpyTypes::PyArray_Type),
            descr.into_dtype_ptr(),
            layout.ndim() as c_int,
            dims.as_ptr().cast_mut(),
            strides.as_ptr().cast_mut(),
            array.start().cast(),
            flags,
            std::ptr::null_mut(),
        );
        let object = Bound::from_owned_ptr_or_err(py, object)?;
        let status =
            PY_ARRAY_API.PyArray_SetBaseObject(py, object.as_ptr().cast(), base.into_ptr());
        if status != 0 {
            return Err(PyErr::fetch(py));
        }
        Ok(object.cast_into_unchecked::<PyUntypedArray>().into_any())
    }
}

#[pymethods]
impl PyConsumerArray {
    /// The numpy.dtype of the elements. Needs NumPy: ImportError where it is not there, TypeError
    /// where it has no such type.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDescr>> {
        let name = type_string(&*self.access(py)?)?;
        import(py, "ConsumerArray.dtype")?;
        PyArrayDescr::new(py, name)
    }

    /// The elements as a numpy.ndarray over the same memory, as numpy.asarray(v) asks for it. While
    /// the array lives, the view cannot be released.
    ///
    /// dtype converts, and copy is as in numpy.array: True always copies, None where it must, and
    /// False raises ValueError where it must.
    #[pyo3(
        signature = (dtype = None, copy = None, **names),
        text_signature = "($self, /, dtype=None, copy=None)"
    )]
    fn __array__<'py>(
        this: &Bound<'py, Self>,
        dtype: Option<&Bound<'py, PyAny>>,
        copy: Option<bool>,
        names: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        no_names("__array__", names)?;
        let py = this.py();
        let view = this.get();
        // Elements without a type in NumPy are refused whether it is there or not.
        type_string(&*view.access(py)?)?;
        let numpy = import(py, "ConsumerArray.__array__")?;
        let must_copy = || PyValueError::new_err("the elements cannot be had without a copy");
        let hold = view.hold(py)?;
        let array = if hold.layout().suboffsets().is_empty() || hold.layout().is_empty() {
            ndarray(this, &hold)?
        } else if copy == Some(false) {
            return Err(must_copy());
        } else {
            // NumPy has no pointers between start and element.
            let copy = copy_of(py, &hold)?;
            let hold = copy.get().hold(py)?;
            ndarray(&copy, &hold)?
        };
        let arguments = objects::dict(py)?;
        arguments.set_item("dtype", dtype)?;
        if copy == Some(true) {
            arguments.set_item("copy", true)?;
            return numpy.getattr("array")?.call((array,), Some(&arguments));
        }
        let converted = numpy.getattr("asarray")?.call((&array,), Some(&arguments))?;
        if copy == Some(false) && !converted.is(&array) {
            return Err(must_copy());
        }
        Ok(converted)
    }
}
