//! `str(v)` and `repr(v)`.
//!
//! Of each dimension only the first elements are shown, and in all a limited number, so that the
//! cost does not grow with the size of the memory.

use pyo3::prelude::*;
use pyo3::types::PyString;

use consumer::array::AnyArray;
use consumer::element::{PythonFloat, Swapped};
use consumer::fallible;
use consumer::python::exceptions::{PyNotImplementedError, PyValueError};
use consumer::python::objects;
use consumer::python::stack;
use consumer::view::load;

use crate::object::PyConsumerArray;
use crate::values::{format_object, read_exactly};

/// How many elements of one dimension are shown.
const MAX_PER_DIMENSION: usize = 10;
/// How many elements are shown in all; a line of the innermost dimension that was begun is
/// completed.
const MAX_SHOWN: usize = 1000;

/// Writes the elements of the dimensions from `dimension` on, in brackets; `pointer` is where the
/// indices before lead. `array` is held.
fn write_elements(
    py: Python<'_>,
    array: &AnyArray,
    dimension: usize,
    pointer: *mut u8,
    text: &mut String,
    shown: &mut usize,
) -> PyResult<()> {
    let Some(&length) = array.layout().shape().get(dimension) else {
        *shown += 1;
        // SAFETY: all indices together lead to an element, which is held.
        let float = unsafe {
            match array {
                AnyArray::F64(_) => Some(load::<f64>(pointer)),
                AnyArray::F64Swapped(_) => Some(load::<Swapped<f64>>(pointer)),
                _ => None,
            }
        };
        // Python's own function takes several times as long to write a float.
        if let Some(float) = float {
            return Ok(fallible::push_number(text, PythonFloat(float))?);
        }
        // SAFETY: as above; `read_exactly` returns a new reference, or NULL with an exception.
        match unsafe { Bound::from_owned_ptr_or_err(py, read_exactly(py, array, pointer)) } {
            Ok(object) => objects::push_text(text, &object.repr()?)?,
            // An element that is no value of its type, or that has a part that cannot be read, must
            // not keep the others from being shown.
            Err(error)
                if PyValueError::matches(&error, py)
                    || PyNotImplementedError::matches(&error, py) =>
            {
                let why = format!("<{}>", objects::message(py, &error));
                fallible::push_str(text, &why)?;
            }
            Err(error) => return Err(error),
        }
        return Ok(());
    };
    fallible::push_str(text, "[ ")?;
    for index in 0..length {
        let innermost = dimension + 1 == array.layout().ndim();
        if index == MAX_PER_DIMENSION || (*shown >= MAX_SHOWN && !innermost) {
            fallible::push_str(text, "... ")?;
            break;
        }
        // SAFETY: the indices before lead to `pointer`, and the index is below the length.
        let next = unsafe { array.raw().step(pointer, dimension, index) };
        write_elements(py, array, dimension + 1, next, text, shown)?;
        fallible::push_str(text, " ")?;
    }
    fallible::push_str(text, "]")?;
    Ok(())
}

/// Returns the elements as text, or why they cannot be read. `array` is held.
fn elements(py: Python<'_>, array: &AnyArray) -> PyResult<String> {
    if let AnyArray::Opaque(array) = array {
        return Ok(format!("[ {} ]", array.descriptor()));
    }
    let mut text = String::new();
    write_elements(py, array, 0, array.start(), &mut text, &mut 0)?;
    Ok(text)
}

/// The text that `write` makes of a view, while it is held, or that of a released view.
fn shown<'py>(
    this: &Bound<'py, PyConsumerArray>,
    write: impl FnOnce(&AnyArray) -> PyResult<String>,
) -> PyResult<Bound<'py, PyString>> {
    let (py, view) = (this.py(), this.get());
    if view.is_released() {
        let text = format!("<released memory of ConsumerArray at {:p}>", this.as_ptr());
        return objects::string(py, &text);
    }
    // The elements may be, or hold, the view itself.
    let _level = stack::enter(py)?;
    objects::string(py, &write(&*view.hold(py)?)?)
}

#[pymethods]
impl PyConsumerArray {
    /// The elements in brackets, of many the first ones.
    fn __str__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyString>> {
        shown(this, |array| elements(this.py(), array))
    }

    /// The class, format and shape of the view, and of many elements the first ones.
    fn __repr__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyString>> {
        let py = this.py();
        shown(this, |array| {
            let mut text = String::from("<ConsumerArray format=");
            objects::push_text(&mut text, &format_object(py, array.format())?.repr()?)?;
            fallible::push_str(&mut text, " shape=")?;
            let shape = objects::sizes(py, array.layout().shape())?;
            objects::push_text(&mut text, &shape.repr()?)?;
            fallible::push_str(&mut text, " ")?;
            fallible::push_str(&mut text, &elements(py, array)?)?;
            fallible::push_str(&mut text, ">")?;
            Ok(text)
        })
    }
}
