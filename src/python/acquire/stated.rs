//! Types that a caller states by what is no format: a dtype or scalar class of NumPy, a class of
//! ctypes or one of its objects, a class of Python's numbers, or NumPy's name of a type.
//!
//! NumPy is asked for an array, and what that holds is what the dtype stands for, so that there is
//! one place that knows what the elements of NumPy are. Of a class of ctypes no object is made: it
//! may be of any size, and an array class, which ctypes keeps, would finish a class that has no
//! fields yet.

use std::ffi::{c_int, c_long, c_longlong, c_short};
use std::fmt;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt, PyString, PyType};

use super::ctypes::{is_of_ctypes, of_class};
use super::lent::{Buffer, acquire_moved as acquire_lent, typestr::TypeString};
use super::types::loaded_module;
use super::{AsView, Failure};
use crate::array::AnyArray;
use crate::dtype::{DType, ScalarType};
use crate::element::LongDouble;
use crate::error::{Error, Result};
use crate::fallible::{self, Shortened};
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
            return of_dtype(&numpy, object, as_view).map(Some);
        }
        if let Some(class) = class
            && class.is_subclass(&generic)?
        {
            return of_dtype(&numpy, &dtype.call1((class,))?, as_view).map(Some);
        }
    }
    Ok(None)
}

/// Returns what a dtype of NumPy states.
fn of_dtype<'py>(
    numpy: &Bound<'py, PyAny>,
    dtype: &Bound<'py, PyAny>,
    as_view: AsView,
) -> PyResult<Stated<'py>> {
    let example = numpy.call_method1("zeros", (1, dtype))?;
    // NumPy gives strings without a length one of its own choice.
    let is_text = matches!(&*dtype.getattr("kind")?.extract::<String>()?, "S" | "U");
    if is_text && dtype.getattr("itemsize")?.extract::<usize>()? == 0 {
        let dtype = objects::repr(dtype).unwrap_or_default();
        return Err(without_length(format_args!("{dtype}")).into());
    }
    of_example(&example, as_view)
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
            let (array, loan) = acquire_lent(example, Some(refusal), as_view)?;
            let elements = elements_of(&array);
            drop(array);
            loan.release(example.py());
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

/// Returns the format of a type by NumPy's name, such as `float32`, `intc` or `<i4`; an error for a
/// name that no format has, and `None` for another text. Some are formats of records by chance.
pub fn format_of_name(name: &str) -> Option<Result<FormatString>> {
    let (order, bare) = match name.as_bytes().first()? {
        order @ (b'<' | b'>' | b'=' | b'|') => (*order, &name[1..]),
        _ => (b'=', name),
    };
    let end = bare.find(|letter: char| letter.is_ascii_digit()).unwrap_or(bare.len());
    let (kind, digits) = bare.split_at(end);
    let swapped = order == ByteOrder::NATIVE.reversed().prefix();
    let (kind, size) = match (kind, digits) {
        // NumPy has none of these, but this is what it would call them.
        ("i" | "u", "3") => {
            let dtype = if kind == "i" { DType::I24 } else { DType::U24 };
            return Some(Ok(ScalarType { dtype, swapped }.format()));
        }
        ("b" | "i" | "u" | "f" | "c" | "S" | "U" | "V", digits) if !digits.is_empty() => {
            return TypeString::parse(name).ok()?.format().ok().map(Ok);
        }
        ("int" | "uint" | "float" | "complex", digits) if !digits.is_empty() => {
            let bits: usize = digits.parse().ok().filter(|bits| bits % 8 == 0)?;
            (kind.as_bytes()[0], bits / 8)
        }
        ("M" | "m", _) | ("datetime" | "timedelta", _) => return Some(Err(of_times(name))),
        ("S" | "U" | "V" | "str" | "str_" | "bytes" | "bytes_" | "void", "") => {
            return Some(Err(without_length(format_args!("'{name}'"))));
        }
        ("object" | "object_", "") => {
            let message = format!("'{name}' are references to objects, whose format is 'O'");
            return Some(Err(Error::value(message)));
        }
        (_, "") => {
            NAMES.iter().find(|(known, ..)| *known == kind).map(|found| (found.1, found.2))?
        }
        _ => return None,
    };
    TypeString::new(kind, size, swapped).format().ok().map(Ok)
}

/// NumPy's names of types without their size: kind and size of each.
const NAMES: &[(&str, u8, usize)] = &[
    ("bool", b'b', 1),
    ("bool_", b'b', 1),
    ("byte", b'i', 1),
    ("ubyte", b'u', 1),
    ("short", b'i', size_of::<c_short>()),
    ("ushort", b'u', size_of::<c_short>()),
    ("intc", b'i', size_of::<c_int>()),
    ("uintc", b'u', size_of::<c_int>()),
    ("int", b'i', size_of::<isize>()),
    ("int_", b'i', size_of::<isize>()),
    ("intp", b'i', size_of::<isize>()),
    ("uint", b'u', size_of::<usize>()),
    ("uintp", b'u', size_of::<usize>()),
    ("long", b'i', size_of::<c_long>()),
    ("ulong", b'u', size_of::<c_long>()),
    ("longlong", b'i', size_of::<c_longlong>()),
    ("ulonglong", b'u', size_of::<c_longlong>()),
    ("half", b'f', 2),
    ("single", b'f', 4),
    ("double", b'f', 8),
    ("float", b'f', 8),
    ("longdouble", b'f', size_of::<LongDouble>()),
    ("csingle", b'c', 8),
    ("cdouble", b'c', 16),
    ("complex", b'c', 16),
    ("clongdouble", b'c', 2 * size_of::<LongDouble>()),
];

/// The error for strings and voids without a length.
#[cold]
fn without_length(name: fmt::Arguments<'_>) -> Error {
    Error::value(format!(
        "{name} states no length: 'S8' are strings of 8 bytes, 'U8' of 8 characters, and 'V8' are \
         8 bytes each"
    ))
}

/// The error for dates and times.
#[cold]
fn of_times(name: &str) -> Error {
    let name = Shortened(name);
    Error::value(format!(
        "'{name}' are dates or times, whose unit no format tells: 'q' are their numbers, and \
         numpy.asarray(v.cast('q')).view('{name}') the dates"
    ))
}
