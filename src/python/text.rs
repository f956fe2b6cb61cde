//! `str(v)` and `repr(v)`.
//!
//! At most ten elements of each dimension are shown, and a few hundred in all, so that what it
//! costs depends on what is printed and not on the size of the memory.

use std::fmt::Write;

use pyo3::exceptions::{PyNotImplementedError, PyValueError};
use pyo3::prelude::*;

use super::attributes::format_object;
use super::class::PyConsumerArray;
use super::index;
use crate::array::AnyArray;

/// How many elements of one dimension are shown.
const MOST_PER_DIMENSION: usize = 10;
/// How many elements are shown in all, but for those of the innermost dimension once begun.
const MOST: usize = 1000;

/// Writes the elements under `pointer`, where the indices before `dimension` lead, in brackets.
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
        // SAFETY: all indices together lead to an element; `read` gives a new reference, or NULL
        // with an exception.
        match unsafe { Bound::from_owned_ptr_or_err(py, index::read(py, array, pointer)) } {
            Ok(object) => text.push_str(&object.repr()?.to_string_lossy()),
            // An element that is no value of its type, or has a part that cannot be read, must not
            // keep the others from being seen.
            Err(error)
                if error.is_instance_of::<PyValueError>(py)
                    || error.is_instance_of::<PyNotImplementedError>(py) =>
            {
                let _ = write!(text, "<{}>", error.value(py));
            }
            Err(error) => return Err(error),
        }
        return Ok(());
    };
    text.push_str("[ ");
    for index in 0..length {
        let innermost = dimension + 1 == array.layout().ndim();
        if index == MOST_PER_DIMENSION || (*shown >= MOST && !innermost) {
            text.push_str("... ");
            break;
        }
        // SAFETY: `pointer` is what the indices of the earlier dimensions lead to, and the index is less
        // than the length of this one.
        let next = unsafe { array.raw().step(pointer, dimension, index) };
        write_elements(py, array, dimension + 1, next, text, shown)?;
        text.push(' ');
    }
    text.push(']');
    Ok(())
}

/// The elements as text; for those that cannot be read, why.
fn elements(py: Python<'_>, array: &AnyArray) -> PyResult<String> {
    if let AnyArray::Opaque(array) = array {
        return Ok(format!("[ {} ]", array.descriptor()));
    }
    let mut text = String::new();
    write_elements(py, array, 0, array.start(), &mut text, &mut 0)?;
    Ok(text)
}

fn released(view: &PyConsumerArray) -> String {
    format!("<released memory of ConsumerArray at {view:p}>")
}

#[pymethods]
impl PyConsumerArray {
    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        if self.is_released() {
            return Ok(released(self));
        }
        let hold = self.hold(py)?;
        elements(py, &hold)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        if self.is_released() {
            return Ok(released(self));
        }
        let hold = self.hold(py)?;
        let mut text = String::from("<ConsumerArray format=");
        text.push_str(&format_object(py, &hold)?.repr()?.to_string_lossy());
        let shape = pyo3::types::PyTuple::new(py, hold.layout().shape())?;
        // Writing to a String cannot fail.
        let _ = write!(text, " shape={shape} ");
        text.push_str(&elements(py, &hold)?);
        text.push('>');
        Ok(text)
    }
}
