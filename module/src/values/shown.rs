//! One element as text: what `str(v)` shows of it. Its start only, where that is long; and no more
//! is read of an element than is shown.

use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyFloat};

use consumer::array::AnyArray;
use consumer::dtype::{DType, ScalarType};
use consumer::element::{PythonFloat, Swapped, shortest};
use consumer::fallible;
use consumer::form::ElementType;
use consumer::python::errors::with_exception;
use consumer::python::exceptions::{PyNotImplementedError, PyValueError};
use consumer::python::objects;
use consumer::python::stack;
use consumer::view::load;

use super::{read_exactly, record};

/// How many characters of an element are shown.
const LONGEST: usize = 72;
/// After how many bytes no more parts of an element are read: no character has more than four.
const ENOUGH: usize = 4 * LONGEST;

/// Appends the text of the element at `pointer`.
///
/// # Safety
/// `pointer` leads to an element of the array, which is held.
pub(crate) unsafe fn push_element(
    py: Python<'_>,
    array: &AnyArray,
    pointer: *const u8,
    text: &mut String,
) -> PyResult<()> {
    let start = text.len();
    // SAFETY: the caller guarantees it; `read_exactly` returns a new reference, or NULL with an
    // exception.
    unsafe {
        // Python's own function takes several times as long to write a float.
        match array {
            AnyArray::F64(_) => {
                return Ok(fallible::push_number(text, PythonFloat(load::<f64>(pointer)))?);
            }
            AnyArray::F64Swapped(_) => {
                let number = load::<Swapped<f64>>(pointer);
                return Ok(fallible::push_number(text, PythonFloat(number))?);
            }
            AnyArray::Composite(typed) => {
                push_typed(py, typed.descriptor(), pointer, text, start + ENOUGH)?;
            }
            _ => {
                let object = Bound::from_owned_ptr_or_err(py, read_exactly(py, array, pointer));
                push_object(py, text, array.scalar_type(), object)?;
            }
        }
    }
    if let Some((end, _)) = text[start..].char_indices().nth(LONGEST)
        && let Some((last, _)) = text[..start + end].char_indices().next_back()
    {
        text.truncate(last);
        fallible::push_str(text, "…")?;
    }
    Ok(())
}

/// Appends the text of an element or a part of one, which ends soon after `end` if it is longer.
///
/// # Safety
/// `pointer` leads to a value of the type, which is held.
unsafe fn push_typed(
    py: Python<'_>,
    element_type: &ElementType,
    pointer: *const u8,
    text: &mut String,
    end: usize,
) -> PyResult<()> {
    // SAFETY: the caller guarantees it: the fields and elements lie within the value, and so does
    // its start.
    unsafe {
        let short = match element_type {
            ElementType::Padded(offset, inner) => {
                return push_typed(py, inner, pointer.add(*offset), text, end);
            }
            ElementType::Array { shape, element } => {
                return push_list(py, shape, element, pointer, text, end);
            }
            ElementType::Record(record) => {
                let _level = stack::enter(py)?;
                fallible::push_str(text, "(")?;
                for (index, field) in record.fields.iter().enumerate() {
                    if text.len() > end {
                        break;
                    }
                    fallible::push_str(text, if index == 0 { "" } else { ", " })?;
                    let part = pointer.add(field.offset);
                    push_typed(py, &field.element_type, part, text, end)?;
                }
                let is_one = record.fields.len() == 1;
                return Ok(fallible::push_str(text, if is_one { ",)" } else { ")" })?);
            }
            ElementType::Bytes(size) => ElementType::Bytes(*size.min(&LONGEST)),
            ElementType::Void(size) => ElementType::Void(*size.min(&LONGEST)),
            // The first byte tells the length.
            ElementType::Pascal(size) => ElementType::Pascal(*size.min(&256)),
            ElementType::Text(unit, count) => ElementType::Text(*unit, *count.min(&LONGEST)),
            element_type => element_type.clone(),
        };
        let scalar_type = match short {
            ElementType::Scalar(scalar_type) => Some(scalar_type),
            _ => None,
        };
        let object = record::read_value(py, &short, pointer);
        push_object(py, text, scalar_type, Bound::from_owned_ptr_or_err(py, object))
    }
}

/// Appends the text of a sub-array.
///
/// # Safety
/// As for [`push_typed`].
unsafe fn push_list(
    py: Python<'_>,
    shape: &[usize],
    element: &ElementType,
    pointer: *const u8,
    text: &mut String,
    end: usize,
) -> PyResult<()> {
    let [length, inner @ ..] = shape else {
        // SAFETY: without dimensions, the element is there.
        return unsafe { push_typed(py, element, pointer, text, end) };
    };
    let _level = stack::enter(py)?;
    let step = inner.iter().product::<usize>() * element.size();
    fallible::push_str(text, "[")?;
    for index in 0..*length {
        if text.len() > end {
            break;
        }
        fallible::push_str(text, if index == 0 { "" } else { ", " })?;
        // SAFETY: the index is below the length.
        unsafe { push_list(py, inner, element, pointer.add(index * step), text, end)? };
    }
    Ok(fallible::push_str(text, "]")?)
}

/// Appends the text of a value that was read, or why it cannot be read.
fn push_object(
    py: Python<'_>,
    text: &mut String,
    scalar_type: Option<ScalarType>,
    object: PyResult<Bound<'_, PyAny>>,
) -> PyResult<()> {
    let object = match object {
        Ok(object) => object,
        Err(error) => return push_reason(py, text, error),
    };
    // Floats narrower than Python's are written with the digits that they have.
    let precision = scalar_type.and_then(|scalar_type| precision(scalar_type.dtype));
    let Some((digits, lowest)) = precision else {
        return objects::push_text(text, &object.repr()?);
    };
    if let Ok(number) = object.cast::<PyFloat>() {
        let number = shortest(number.value(), digits, lowest);
        return Ok(fallible::push_number(text, PythonFloat(number))?);
    }
    if let Ok(number) = object.cast::<PyComplex>() {
        let [real, imaginary] =
            [number.real(), number.imag()].map(|part| shortest(part, digits, lowest));
        let number = PyComplex::from_doubles(object.py(), real, imaginary);
        return objects::push_text(text, &number.repr()?);
    }
    objects::push_text(text, &object.repr()?)
}

/// An element that is no value of its type, or that has a part that cannot be read, must not keep
/// the others from being shown.
#[cold]
fn push_reason(py: Python<'_>, text: &mut String, error: PyErr) -> PyResult<()> {
    let error = with_exception(py, error);
    if !PyValueError::matches(&error, py) && !PyNotImplementedError::matches(&error, py) {
        return Err(error);
    }
    Ok(fallible::push_str(text, &format!("<{}>", objects::message(py, &error)))?)
}

/// How many binary digits a narrow float, or each part of a complex one, has, and the exponent of
/// the least number.
fn precision(dtype: DType) -> Option<(i32, i32)> {
    match dtype {
        DType::F32 | DType::Complex64 => Some((24, -149)),
        DType::F16 | DType::Complex32 => Some((11, -24)),
        DType::BF16 => Some((8, -133)),
        DType::F8E4M3 => Some((4, -9)),
        DType::F8E5M2 => Some((3, -16)),
        _ => None,
    }
}
