//! Types that a caller states by what is no format: a dtype or scalar class of NumPy, a class of
//! ctypes or one of its objects, a class of Python's numbers, or NumPy's name of a type.
//!
//! NumPy is asked for an array, and what that holds is what the dtype stands for, so that there is
//! one place that knows what the elements of NumPy are. Of a class of ctypes no object is made: it
//! may be of any size, and an array class, which ctypes keeps, would finish a class that has no
//! fields yet.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt, PyString, PyType};

use super::ctypes::{is_of_ctypes, of_class};
use super::lent::{Buffer, acquire as acquire_lent, typestr::TypeString};
use super::types::loaded_module;
use super::{AsView, Failure};
use crate::array::AnyArray;
use crate::error::{Error, Result};
use crate::fallible;
use crate::form::ElementType;
use crate::format::{ByteOrder, FormatString};
use crate::python::objects;

/// What a caller states of elements.
pub enum Stated<'py> {
    /// The text of a format.
    Format(Bound<'py, PyString>),
    /// The elements themselves.
    Elements(Elements),
}

/// The type of elements.
pub struct Elements {
    /// A format of theirs.
    pub format: FormatString,
    /// The bytes of an element.
    pub itemsize: usize,
    /// What they hold, where that is no scalar and more than the format may tell.
    pub element_type: Option<Arc<ElementType>>,
}

/// Returns what an object that is no str states of elements; `None` if it is none of those that do.
///
/// # Errors
/// What the object raises, and what its elements are refused for.
pub fn stated<'py>(object: &Bound<'py, PyAny>, as_view: AsView) -> PyResult<Option<Stated<'py>>> {
    let py = object.py();
    let class = object.cast::<PyType>().ok();
    if let Some(class) = class {
        let numbers = [
            (py.get_type::<PyInt>(), "q"),
            (py.get_type::<PyFloat>(), "d"),
            (py.get_type::<PyBool>(), "?"),
            (py.get_type::<PyComplex>(), "Zd"),
        ];
        if let Some((_, code)) = numbers.iter().find(|(number, _)| class.is(number)) {
            return Ok(Some(Stated::Format(objects::string(py, code)?)));
        }
    }
    let of_object = object.get_type();
    if is_of_ctypes(class.unwrap_or(&of_object)) {
        let class = class.unwrap_or(&of_object);
        let (element_type, format) = of_class(class)?;
        return Ok(Some(Stated::Elements(elements_of_type(element_type, format)?)));
    }
    if let Some(module) = loaded_module(py, "_struct")?
        && object.is_instance(&module.getattr("Struct")?)?
    {
        return Ok(Some(Stated::Format(object.getattr("format")?.cast_into()?)));
    }
    if let Some(numpy) = loaded_module(py, "numpy")? {
        let dtype = numpy.getattr("dtype")?;
        let generic = numpy.getattr("generic")?.cast_into::<PyType>()?;
        if object.is_instance(&dtype)? {
            return of_example(&numpy.call_method1("zeros", (1, object))?, as_view).map(Some);
        }
        if let Some(class) = class
            && class.is_subclass(&generic)?
        {
            let dtype = dtype.call1((class,))?;
            return of_example(&numpy.call_method1("zeros", (1, dtype))?, as_view).map(Some);
        }
    }
    Ok(None)
}

/// Returns what an array of one element holds; further dimensions are those of a sub-array.
fn of_example<'py>(example: &Bound<'py, PyAny>, as_view: AsView) -> PyResult<Stated<'py>> {
    let elements = match Buffer::acquire(example, pyo3::ffi::PyBUF_FULL_RO, as_view) {
        Ok((array, buffer)) => {
            let elements = elements_of(&array);
            drop(array);
            // SAFETY: the thread is attached; there is no array any more.
            unsafe { buffer.release() };
            elements
        }
        Err(Failure::Refused(refusal)) => {
            let lent = acquire_lent(example, Some(refusal), as_view)?;
            let elements = elements_of(&lent.array);
            drop(lent.array);
            lent.loan.release(example.py());
            elements
        }
        Err(Failure::Other(error)) => return Err(error),
    };
    Ok(Stated::Elements(elements?))
}

fn elements_of(array: &AnyArray) -> Result<Elements> {
    let layout = array.layout();
    let sub_array = layout.shape().get(1..).unwrap_or_default();
    let element_type = match array {
        AnyArray::Opaque(array) => return Err(array.descriptor().clone()),
        AnyArray::Composite(array) => Some(array.descriptor().clone()),
        array => array.scalar_type().map(|scalar| Arc::new(ElementType::Scalar(scalar))),
    };
    if sub_array.is_empty() {
        let element_type = element_type.filter(|_| array.scalar_type().is_none());
        let (format, itemsize) = (array.format().clone(), layout.itemsize());
        return Ok(Elements { format, itemsize, element_type });
    }
    let element = element_type.ok_or_else(|| Error::unreadable("no elements"))?;
    fallible::room_for(element.weight())?;
    let element_type = ElementType::array(sub_array.to_vec(), (*element).clone());
    let format = element_type.format();
    elements_of_type(element_type, format)
}

/// Returns what elements of a type are, which a format describes.
fn elements_of_type(element_type: ElementType, format: FormatString) -> Result<Elements> {
    let itemsize = element_type.size();
    let element_type = match element_type {
        ElementType::Unreadable { why, .. } => return Err(why),
        ElementType::Scalar(_) => None,
        other => Some(Arc::new(other)),
    };
    Ok(Elements { format, itemsize, element_type })
}

/// Returns the format of a type by NumPy's name, such as `float32` or `<i4`; `None` for another
/// text. None of these names is a format.
pub fn format_of_name(name: &str) -> Option<FormatString> {
    let (order, bare) = match name.as_bytes().first()? {
        order @ (b'<' | b'>' | b'=' | b'|') => (*order, &name[1..]),
        _ => (b'=', name),
    };
    let end = bare.find(|letter: char| letter.is_ascii_digit()).unwrap_or(bare.len());
    let (kind, bits) = bare.split_at(end);
    let kind = match (kind, bits) {
        ("bool", "") => return TypeString::new(b'b', 1, false).format().ok(),
        ("half", "") => (b'f', "16"),
        ("single", "") => (b'f', "32"),
        ("double", "") => (b'f', "64"),
        ("int", _) => (b'i', bits),
        ("uint", _) => (b'u', bits),
        ("float", _) => (b'f', bits),
        ("complex", _) => (b'c', bits),
        ("b" | "i" | "u" | "f" | "c" | "S" | "U" | "V", _) if !bits.is_empty() => {
            return TypeString::parse(name).ok()?.format().ok();
        }
        _ => return None,
    };
    let swapped = order == ByteOrder::NATIVE.reversed().prefix();
    let bits: usize = kind.1.parse().ok().filter(|bits| bits % 8 == 0)?;
    TypeString::new(kind.0, bits / 8, swapped).format().ok()
}
