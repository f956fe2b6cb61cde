//! `v.__array__()`: the memory of a view as an ndarray.

use std::ffi::{c_char, c_int};

use ::numpy::npyffi::{NPY_ARRAY_WRITEABLE, NpyTypes, PY_ARRAY_API, get_type_object, npy_intp};
use ::numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMemoryView};
use pyo3::{Borrowed, intern};

use consumer::array::AnyArray;
use consumer::layout::Layout;
use consumer::python::exceptions::{PyTypeError, PyValueError};
use consumer::python::{objects, stack};

use super::dtype::{FIELD, NumpyType};
use super::import;
use crate::arguments::names::no_names;
use crate::object::PyConsumerArray;
use crate::object::create::copy_of;

/// Creates an ndarray over the memory of a view. It has a buffer of the view, as memoryview(v) has.
/// References in the memory stay those of their owner: an array over foreign memory neither takes
/// them nor gives them back when it ends. But storing gives back what was there; so where the
/// memory only borrows its references the array is read-only.
fn ndarray<'py>(
    this: &Bound<'py, PyConsumerArray>,
    array: &AnyArray,
) -> PyResult<Bound<'py, PyUntypedArray>> {
    let py = this.py();
    let numpy_type = NumpyType::of(array)?;
    let is_field = numpy_type.is_empty_text();
    let descr = if is_field { numpy_type.as_field(py)? } else { numpy_type.dtype(py)? };
    if descr.itemsize() != array.layout().itemsize() {
        return Err(PyTypeError::new_err("NumPy has no elements of this size"));
    }
    let layout: &Layout = array.layout();
    let dims: Vec<npy_intp> = layout.shape().iter().map(|&length| length as npy_intp).collect();
    let strides: Vec<npy_intp> = layout.strides().to_vec();
    // NumPy lets users make an array writable again if its base is.
    let base = PyMemoryView::from(this)?;
    let readonly = base.getattr(intern!(py, "readonly"))?.is_truthy()?;
    let flags = if readonly { 0 } else { NPY_ARRAY_WRITEABLE };
    // SAFETY: NumPy was imported. The memory is described as it is, in elements of the dtype's size
    // with references only where the view has some, and kept by the base: a memoryview, which has a
    // buffer of the view for as long as it lives. NewFromDescr steals the reference to the descr,
    // SetBaseObject the one to the base.
    let made = unsafe {
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
        object.cast_into_unchecked::<PyUntypedArray>()
    };
    if is_field { Ok(made.get_item(FIELD)?.cast_into()?) } else { Ok(made) }
}

/// Returns where the elements of an array are.
fn address(array: &Bound<'_, PyUntypedArray>) -> *mut c_char {
    // SAFETY: the array is alive.
    unsafe { (*array.as_array_ptr()).fields.data }
}

/// `numpy.asarray(view).name(…)` with those of the arguments that are given.
///
/// # Errors
/// TypeError for elements that NumPy has no type for, ImportError where NumPy is not there; else
/// what NumPy raises.
pub(crate) fn numpys_method<'a, 'py>(
    view: &Bound<'py, PyConsumerArray>,
    name: &str,
    arguments: impl Iterator<Item = (&'static str, Option<Borrowed<'a, 'py, PyAny>>)>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = view.py();
    let (given, mut names) = (objects::dict(py)?, Vec::new());
    for (parameter, argument) in arguments {
        if let Some(argument) = argument {
            given.set_item(parameter, argument)?;
            names.push(format!("{parameter}=…"));
        }
    }
    import(py, &format!("ConsumerArray.{name}({})", names.join(", ")))?;
    let array = PyConsumerArray::__array__(view, None, None, None)?;
    objects::attribute(&array, name)?.call((), Some(&given))
}

#[pymethods]
impl PyConsumerArray {
    /// The elements as a numpy.ndarray over the same memory, as numpy.asarray(v) asks for it.
    ///
    /// While the array lives, the view cannot be released. dtype converts, and copy is as in
    /// numpy.array: True always copies, None where it must, and False raises ValueError where it
    /// must. Elements that are sub-arrays become more dimensions. Objects that the memory of ctypes
    /// only borrows are read-only. ImportError where NumPy is not there.
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
        stack::check(py)?;
        let view = this.get();
        // Elements without a type in NumPy are refused whether it is there or not.
        NumpyType::of(&*view.access(py)?)?;
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
            return objects::attribute(&numpy, "array")?.call((&array,), Some(&arguments));
        }
        let converted = objects::attribute(&numpy, "asarray")?.call((&array,), Some(&arguments))?;
        // Another object may be the same elements by another name: NumPy has several for a size.
        let is_same =
            |converted: &Bound<'py, PyUntypedArray>| address(converted) == address(&array);
        if copy == Some(false) && !converted.cast().is_ok_and(is_same) {
            return Err(must_copy());
        }
        Ok(converted)
    }
}
