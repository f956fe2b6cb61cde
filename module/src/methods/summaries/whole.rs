//! Summaries of all elements, as objects of Python's own.

use std::ffi::c_long;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyFloat;

use consumer::array::AnyArray;
use consumer::dtype::DType;
use consumer::format::Kind;
use consumer::kernels::Encoding;
use consumer::kernels::pieces::Sequence;
use consumer::kernels::reduce::{Extreme, Number, Sum, Task};
use consumer::layout::unravel;
use consumer::python::objects;
use consumer::view::RawView;

use super::{Summary, has_summary, no_elements, pair};
use crate::gil;
use crate::methods::elements::search::find;
use crate::object::PyConsumerArray;
use crate::values::{NewReference, lists, read};

/// The fast path for all elements where these are few, and what is asked for is one number: a new
/// reference, or NULL with an exception. None says that it is not one of these, or that it is not
/// decided so fast. Runs no Python code.
#[inline]
pub(crate) fn quick(
    py: Python<'_>,
    view: &PyConsumerArray,
    summary: Summary,
) -> Option<NewReference> {
    let access = view.try_access(py)?;
    let Summary::One(task) = summary else { return None };
    let encoding = access.encoding().filter(|&encoding| has_summary(encoding, summary))?;
    let view = access.raw();
    let is_empty = view.layout().is_empty();
    if gil::is_large(view) || (is_empty && task != Task::Sum) {
        return None;
    }
    if task.is_sum() {
        let mut sum = Sum::new(encoding);
        // SAFETY: the encoding is that of the elements, which are under access.
        unsafe { sum.add(view) };
        let number = if task == Task::Sum { sum.total() } else { sum.mean() };
        return number.filter(|&number| !is_nan(number)).map(|number| object(py, number));
    }
    let mut extremes = [Extreme::new(encoding, task.is_maximum())];
    let in_order = task.is_place() || is_in_order(view);
    // SAFETY: as above.
    unsafe { Extreme::look(&mut extremes, view, in_order, 0) };
    let [extreme] = extremes;
    if !task.is_place() {
        let number = value(&extreme, in_order);
        return number.map(|number| element_object(py, encoding, number));
    }
    let ([_], Some(position)) = (view.layout().shape(), extreme.first()) else { return None };
    // SAFETY: attached.
    Some(unsafe { ffi::PyLong_FromSize_t(position) })
}

/// Returns whether memory is as well looked at in C order as in any.
fn is_in_order(view: RawView<'_>) -> bool {
    view.layout().ndim() <= 1 || view.layout().contiguous_len().is_some()
}

/// Returns the extreme element as a number, if it is one whose sign is known.
fn value(extreme: &Extreme, in_order: bool) -> Option<Number> {
    if in_order { extreme.value_in_order() } else { extreme.value() }
}

/// Summarises all elements, which are numbers of the encoding. `array` is held.
pub(super) fn whole<'py>(
    py: Python<'py>,
    (array, encoding): (&AnyArray, Encoding),
    summary: Summary,
) -> PyResult<Bound<'py, PyAny>> {
    if array.layout().is_empty() && summary != Summary::One(Task::Sum) {
        return Err(no_elements(summary));
    }
    let in_order = is_in_order(array.raw());
    match summary {
        Summary::One(task) if task.is_sum() => total(py, (array, encoding), task),
        Summary::One(task) => {
            let mut extremes = [Extreme::new(encoding, task.is_maximum())];
            look(py, array, &mut extremes, in_order || task.is_place())?;
            let [extreme] = extremes;
            if task.is_place() {
                return position(py, array, &extreme);
            }
            element(py, (array, encoding), &extreme, in_order)
        }
        Summary::Both => {
            let mut extremes = [false, true].map(|maximum| Extreme::new(encoding, maximum));
            look(py, array, &mut extremes, in_order)?;
            let [minimum, maximum] = &extremes;
            let minimum = element(py, (array, encoding), minimum, in_order)?;
            pair(py, minimum, element(py, (array, encoding), maximum, in_order)?)
        }
    }
}

/// The sum, or the mean.
fn total<'py>(
    py: Python<'py>,
    (array, encoding): (&AnyArray, Encoding),
    task: Task,
) -> PyResult<Bound<'py, PyAny>> {
    let view = array.raw();
    for make in [Sum::new, Sum::slow] {
        let mut sum = make(encoding);
        // SAFETY: the pieces are parts of the array, whose elements are of the encoding; adding
        // touches nothing else.
        unsafe {
            gil::in_pieces(py, [view], Sequence::Any, |[piece], _| {
                sum.add(piece);
                Ok(true)
            })?;
        }
        let number = if task == Task::Sum { sum.total() } else { sum.mean() };
        if let Some(number) = number {
            if is_nan(number) {
                check_floats(py, array)?;
            }
            // SAFETY: a new reference, or NULL with an exception.
            return unsafe { Bound::from_owned_ptr_or_err(py, object(py, number)) };
        }
    }
    // The second sum is never undecided.
    Err(no_elements(Summary::One(task)))
}

fn is_nan(number: Number) -> bool {
    match number {
        Number::Integer(_) => false,
        Number::Float(number) => number.is_nan(),
        Number::Complex(parts) => parts.iter().any(|part| part.is_nan()),
    }
}

/// Raises what reading the elements would, if they are long doubles that are beyond every float.
#[cold]
pub(super) fn check_floats(py: Python<'_>, array: &AnyArray) -> PyResult<()> {
    let dtype = array.scalar_type().map(|scalar_type| scalar_type.dtype);
    if matches!(dtype, Some(DType::LongDouble | DType::ComplexLongDouble)) {
        // SAFETY: the array is held; the result is a new reference, or NULL with an exception.
        unsafe { Bound::from_owned_ptr_or_err(py, lists(py, array))? };
    }
    Ok(())
}

/// Looks at all elements.
#[inline(never)]
fn look(
    py: Python<'_>,
    array: &AnyArray,
    extremes: &mut [Extreme],
    in_order: bool,
) -> PyResult<()> {
    let sequence = if in_order { Sequence::Forward } else { Sequence::Any };
    // SAFETY: the pieces are parts of the array, whose elements are of the encoding, and stay held;
    // looking at them touches nothing else.
    unsafe {
        gil::in_pieces(py, [array.raw()], sequence, |[piece], before| {
            Extreme::look(extremes, piece, in_order, before);
            Ok(true)
        })
    }
}

/// The object of the extreme element.
#[inline(never)]
fn element<'py>(
    py: Python<'py>,
    (array, encoding): (&AnyArray, Encoding),
    extreme: &Extreme,
    in_order: bool,
) -> PyResult<Bound<'py, PyAny>> {
    if let Some(number) = value(extreme, in_order) {
        // SAFETY: a new reference, or NULL with an exception.
        return unsafe { Bound::from_owned_ptr_or_err(py, element_object(py, encoding, number)) };
    }
    if let Some(bytes) = extreme.long_double() {
        // SAFETY: these are the bytes of an element; the result is a new reference, or NULL with an
        // exception.
        return unsafe { Bound::from_owned_ptr_or_err(py, read(py, array, bytes.as_ptr())) };
    }
    if extreme.is_nan() && !in_order {
        let mut first = [extreme.again()];
        look(py, array, &mut first, true)?;
        return element(py, (array, encoding), &first[0], true);
    }
    // The first zero, whatever its sign is.
    let zero = PyFloat::new(py, 0.0).into_any();
    // Where others have stored into the memory meanwhile, it need not be there.
    let Some(position) = find(array, &zero)? else { return Ok(zero) };
    let index = unravel(position, array.layout().shape()).into_iter().map(|index| index as isize);
    let pointer = array.raw().element(&index.collect::<Vec<_>>())?;
    // SAFETY: the pointer leads to an element, which is held; the result is a new reference, or
    // NULL with an exception.
    unsafe { Bound::from_owned_ptr_or_err(py, read(py, array, pointer)) }
}

/// The position of the extreme element, as `index` gives it.
fn position<'py>(
    py: Python<'py>,
    array: &AnyArray,
    extreme: &Extreme,
) -> PyResult<Bound<'py, PyAny>> {
    // There is an element.
    let position = extreme.first().unwrap_or(0);
    match array.layout().shape() {
        [_] => objects::size(py, position),
        shape => Ok(objects::sizes(py, &unravel(position, shape))?.into_any()),
    }
}

/// The object of an element: a new reference, or NULL with an exception.
fn element_object(py: Python<'_>, encoding: Encoding, number: Number) -> NewReference {
    match (encoding.kind(), number) {
        // SAFETY: attached.
        (Kind::Bool, Number::Integer(number)) => unsafe { ffi::PyBool_FromLong(number as c_long) },
        _ => object(py, number),
    }
}

/// The object of a number: a new reference, or NULL with an exception.
fn object(_py: Python<'_>, number: Number) -> NewReference {
    // SAFETY: attached; each function returns a new reference, or NULL with an exception.
    unsafe {
        match number {
            Number::Float(number) => ffi::PyFloat_FromDouble(number),
            Number::Complex([real, imaginary]) => ffi::PyComplex_FromDoubles(real, imaginary),
            Number::Integer(number) => match i64::try_from(number) {
                Ok(number) => ffi::PyLong_FromLongLong(number),
                Err(_) => beyond_64_bits(number),
            },
        }
    }
}

/// The int of a number: a new reference, or NULL with an exception.
///
/// # Safety
/// The thread is attached.
#[cold]
unsafe fn beyond_64_bits(number: i128) -> NewReference {
    // SAFETY: attached; what is passed on is an int, or NULL where there was an exception before,
    // and every reference is given back but the last.
    unsafe {
        let mut parts = [
            ffi::PyLong_FromLongLong((number >> 64) as i64),
            ffi::PyLong_FromLong(64),
            std::ptr::null_mut(),
            ffi::PyLong_FromUnsignedLongLong(number as u64),
        ];
        let mut int = std::ptr::null_mut();
        if parts.iter().filter(|part| part.is_null()).count() == 1 {
            parts[2] = ffi::PyNumber_Lshift(parts[0], parts[1]);
            if !parts[2].is_null() {
                int = ffi::PyNumber_Or(parts[2], parts[3]);
            }
        }
        parts.into_iter().for_each(|part| ffi::Py_XDECREF(part));
        int
    }
}
