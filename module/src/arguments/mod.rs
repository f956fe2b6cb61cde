//! What Python code passes: numbers, shapes and orders here, formats in
//! [`formats`], keys in [`keys`]. Converting
//! them may run arbitrary Python code, so that nothing is converted while memory is touched.
//! Arguments of exactly Python's own types are the common case, and run none: [`exact`]. The code
//! that runs may come back with the same arguments, so that the stack is looked at first.

pub(crate) mod exact;
pub(crate) mod formats;
pub(crate) mod keys;
pub(crate) mod names;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PyString, PyTuple};

use consumer::fallible;
use consumer::kernels::convert::Overflow;
use consumer::layout::{Layout, MAX_NDIM, Order, check_ndim};
use consumer::python::exceptions::{PyTypeError, PyValueError};
use consumer::python::objects;
use consumer::python::stack;

/// Converts an index, through its `__index__`.
///
/// # Errors
/// IndexError if no array is that long.
pub(crate) fn index(object: &Bound<'_, PyAny>) -> PyResult<isize> {
    let py = object.py();
    stack::check(py)?;
    // SAFETY: the object is alive, and the exception is a type.
    let index = unsafe {
        ffi::PyNumber_AsSsize_t(
            object.as_ptr(),
            py.get_type::<pyo3::exceptions::PyIndexError>().as_ptr(),
        )
    };
    if index == -1
        && let Some(error) = PyErr::take(py)
    {
        return Err(error);
    }
    Ok(index)
}

/// Converts a bound or a length, through its `__index__`. One beyond every array becomes the
/// largest or the smallest number.
pub(crate) fn clipped(object: &Bound<'_, PyAny>) -> PyResult<isize> {
    stack::check(object.py())?;
    // SAFETY: the object is alive; without an exception to raise, the number is clipped.
    let number = unsafe { ffi::PyNumber_AsSsize_t(object.as_ptr(), std::ptr::null_mut()) };
    if number == -1
        && let Some(error) = PyErr::take(object.py())
    {
        return Err(error);
    }
    Ok(number)
}

/// Converts the name of an order. `A` is Fortran order for elements that are contiguous in it, and
/// else C order.
pub(crate) fn order(name: Option<&str>, layout: &Layout) -> PyResult<Order> {
    match name {
        None | Some("C") => Ok(Order::C),
        Some("F") => Ok(Order::Fortran),
        Some("A") if layout.is_f_contiguous() && !layout.is_c_contiguous() => Ok(Order::Fortran),
        Some("A") => Ok(Order::C),
        Some(_) => Err(PyValueError::new_err("order must be 'C', 'F' or 'A'")),
    }
}

/// Converts the numbers of a call such as `reshape(2, 3)` or `reshape((2, 3))`.
///
/// # Errors
/// ValueError for more than there can be dimensions; an iterator is not asked for those.
pub(crate) fn numbers(arguments: &Bound<'_, PyTuple>) -> PyResult<Vec<isize>> {
    stack::check(arguments.py())?;
    if let Ok(only) = arguments.get_item(0)
        && arguments.len() == 1
        // SAFETY: the object is alive.
        && unsafe { ffi::PyIndex_Check(only.as_ptr()) } == 0
    {
        if only.is_none() || only.is_instance_of::<PyFloat>() {
            let found = objects::type_name(&only);
            let message = "expected ints, or one list or tuple of them";
            return Err(PyTypeError::new_err(format!("{message}, not {found}")));
        }
        return numbers_of(&only, index);
    }
    numbers_of(arguments, index)
}

/// Converts the numbers of an iterable, at most as many as there can be dimensions.
fn numbers_of<'py>(
    iterable: &Bound<'py, PyAny>,
    convert: impl Fn(&Bound<'py, PyAny>) -> PyResult<isize>,
) -> PyResult<Vec<isize>> {
    if let Ok(tuple) = iterable.cast_exact::<PyTuple>() {
        check_ndim(tuple.len())?;
        let mut numbers = fallible::vec_for(tuple.len())?;
        for number in tuple {
            numbers.push(convert(&number)?);
        }
        return Ok(numbers);
    }
    if let Ok(list) = iterable.cast_exact::<PyList>() {
        check_ndim(list.len())?;
    }
    let mut numbers = Vec::new();
    for number in iterable.try_iter()? {
        if numbers.len() == MAX_NDIM {
            let message = format!("more dimensions than the {MAX_NDIM} that are allowed");
            return Err(PyValueError::new_err(message));
        }
        fallible::push(&mut numbers, convert(&number?)?)?;
    }
    Ok(numbers)
}

/// Returns an argument that is a str.
///
/// # Errors
/// TypeError for another object. PyO3's own quotes the whole name of its type.
pub(crate) fn str_argument<'a, 'py>(
    name: &str,
    argument: &'a Bound<'py, PyAny>,
) -> PyResult<&'a Bound<'py, PyString>> {
    argument.cast::<PyString>().map_err(|_| {
        let found = objects::type_name(argument);
        let message = format!("argument '{name}': '{found}' object is not an instance of 'str'");
        PyTypeError::new_err(message)
    })
}

/// Returns the text of an argument that is a str.
pub(crate) fn str_text<'a>(name: &str, argument: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    str_argument(name, argument)?.to_str()
}

/// Converts a shape or strides, the argument `name`: a list or tuple of ints.
///
/// # Errors
/// TypeError for another type; OverflowError for a number beyond the machine's integers, as in
/// memoryview.
pub(crate) fn sizes(sizes: &Bound<'_, PyAny>, name: &str) -> PyResult<Vec<isize>> {
    stack::check(sizes.py())?;
    if !sizes.is_instance_of::<PyList>() && !sizes.is_instance_of::<PyTuple>() {
        let found = objects::type_name(sizes);
        return Err(PyTypeError::new_err(format!("{name} must be a list or a tuple, not {found}")));
    }
    numbers_of(sizes, |size| size.extract::<isize>())
}

/// Converts the argument `axis`: an int or a tuple of some. Those beyond the machine's integers
/// become the largest or the smallest one, which no dimension has.
pub(crate) fn axes(axis: &Bound<'_, PyAny>) -> PyResult<Vec<isize>> {
    stack::check(axis.py())?;
    let refuse = |what, found: &Bound<'_, PyAny>| {
        let found = objects::type_name(found);
        let message = format!("axis must be an int or a tuple of ints, not {what}{found}");
        PyTypeError::new_err(message)
    };
    // A bool in this place is meant for another parameter.
    let is_number =
        |axis: &Bound<'_, PyAny>| objects::is_index(axis) && !axis.is_instance_of::<PyBool>();
    if is_number(axis) {
        return Ok(vec![clipped(axis)?]);
    }
    if !axis.is_instance_of::<PyTuple>() {
        return Err(refuse("", axis));
    }
    numbers_of(axis, |one| match is_number(one) {
        true => clipped(one),
        false => Err(refuse("a tuple with ", one)),
    })
}

/// Converts the argument `keepdims`: a bool, which may be NumPy's, or an int that stands for one.
/// In the methods of arrays it has another place, so that what is true by some rule is not enough.
///
/// # Errors
/// TypeError for another object.
pub(crate) fn keepdims(keepdims: &Bound<'_, PyAny>) -> PyResult<bool> {
    if keepdims.is_instance_of::<PyInt>() {
        return keepdims.is_truthy();
    }
    keepdims.extract().map_err(|_| {
        let found = objects::type_name(keepdims);
        let message =
            format!("keepdims must be a bool, not {found}; dtype and out need their names");
        PyTypeError::new_err(message)
    })
}

/// Converts a number of bytes or elements, the argument `name`. One beyond the machine's integers
/// becomes the largest one, which is more than any memory has.
///
/// # Errors
/// ValueError for a negative number.
pub(crate) fn count(object: Option<&Bound<'_, PyAny>>, name: &str) -> PyResult<Option<usize>> {
    let Some(object) = object else { return Ok(None) };
    let negative = |_| PyValueError::new_err(format!("{name} must not be negative"));
    usize::try_from(clipped(object)?).map(Some).map_err(negative)
}

/// Converts the name of a rule for numbers that do not fit.
pub(crate) fn overflow(name: &str) -> PyResult<Overflow> {
    match name {
        "error" => Ok(Overflow::Error),
        "wrap" => Ok(Overflow::Wrap),
        "saturate" => Ok(Overflow::Saturate),
        _ => Err(PyValueError::new_err("overflow must be 'error', 'wrap' or 'saturate'")),
    }
}
