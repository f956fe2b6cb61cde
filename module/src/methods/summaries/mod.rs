//! `sum`, `mean`, `min`, `max`, `argmin`, `argmax` and `minmax`.
//!
//! Over all elements the result is an object of Python's own ([`whole`]), along axes a view over
//! memory of its own ([`along`]).

mod along;
mod whole;

use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::form::ElementType;
use consumer::format::Kind;
use consumer::kernels::Encoding;
use consumer::kernels::reduce::Task;
use consumer::python::exceptions::{PyTypeError, PyValueError};
use consumer::python::objects;

use crate::arguments;
use crate::object::PyConsumerArray;
use crate::transfer;

pub(crate) use whole::quick;

/// A method.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Summary {
    One(Task),
    /// The minimum and the maximum.
    Both,
}

impl Summary {
    fn is_sum(self) -> bool {
        matches!(self, Self::One(task) if task.is_sum())
    }

    /// What there is none of, for messages.
    fn name(self) -> &'static str {
        match self {
            Self::One(Task::Sum) => "sum",
            Self::One(Task::Mean) => "mean",
            Self::One(Task::Minimum | Task::FirstMinimum) => "minimum",
            Self::One(Task::Maximum | Task::FirstMaximum) => "maximum",
            Self::Both => "minimum and no maximum",
        }
    }
}

/// `view.sum(axis, keepdims)`, and the others.
pub(crate) fn summarize<'py>(
    py: Python<'py>,
    view: &PyConsumerArray,
    summary: Summary,
    axis: Option<&Bound<'py, PyAny>>,
    keepdims: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let axes = axis.map(arguments::axes).transpose()?;
    let hold = view.hold(py)?;
    let (_memory, converted);
    let array = match hold.bits() {
        Some(field) => {
            (_memory, converted) = transfer::to_numbers(py, &hold, field)?;
            &converted
        }
        None => &*hold,
    };
    let encoding = encoding_of(array, summary)?;
    let reduced = reduced_axes(array.layout().ndim(), axes.as_deref())?;
    if keepdims || reduced.contains(&false) {
        let along = |task| {
            let task = (summary, task);
            along::along(py, (array, encoding), task, &reduced, keepdims).map(Bound::into_any)
        };
        return match summary {
            Summary::One(task) => along(task),
            Summary::Both => pair(py, along(Task::Minimum)?, along(Task::Maximum)?),
        };
    }
    whole::whole(py, (array, encoding), summary)
}

/// Returns which dimensions the axes name: all of them, if none are given.
fn reduced_axes(ndim: usize, axes: Option<&[isize]>) -> PyResult<Vec<bool>> {
    let Some(axes) = axes else { return Ok(vec![true; ndim]) };
    let mut reduced = vec![false; ndim];
    for &axis in axes {
        let place = if axis < 0 { axis.saturating_add(ndim as isize) } else { axis };
        let place = usize::try_from(place).ok();
        match place.and_then(|place| reduced.get_mut(place)) {
            Some(true) => {
                let message =
                    format!("axis names dimension {} twice", axis.rem_euclid(ndim as isize));
                return Err(PyValueError::new_err(message));
            }
            Some(place) => *place = true,
            None => {
                // What is beyond the machine's integers has become one of these.
                let axis = match axis {
                    isize::MIN | isize::MAX => "axis".to_owned(),
                    _ => format!("axis {axis}"),
                };
                let message = format!("{axis} is out of range for a view of {ndim} dimensions");
                return Err(PyValueError::new_err(message));
            }
        }
    }
    Ok(reduced)
}

/// Returns whether elements of an encoding can be summarised.
fn has_summary(encoding: Encoding, summary: Summary) -> bool {
    match encoding.kind() {
        Kind::Bool | Kind::Signed | Kind::Unsigned | Kind::Float => true,
        Kind::Complex => summary.is_sum(),
        _ => false,
    }
}

/// Returns the encoding of elements that can be summarised.
fn encoding_of(array: &AnyArray, summary: Summary) -> PyResult<Encoding> {
    let encoding = array.encoding();
    let kind = encoding.map(Encoding::kind);
    encoding
        .filter(|&encoding| has_summary(encoding, summary))
        .ok_or_else(|| no_summary(array, kind, summary))
}

#[cold]
fn no_summary(array: &AnyArray, kind: Option<Kind>, summary: Summary) -> PyErr {
    let (what, format) = (summary.name(), array.format());
    let why = match kind {
        Some(Kind::Complex) => "complex numbers have no order",
        Some(Kind::Text) => "they are text",
        Some(Kind::Char) => "they are byte strings",
        Some(Kind::Address) => "they are addresses",
        _ => match array {
            _ if array.has_objects() => "they are references to objects",
            AnyArray::Opaque(_) => "they cannot be read",
            AnyArray::Composite(typed) => match &**typed.descriptor() {
                ElementType::Text(..) => "they are text",
                ElementType::Bytes(_) | ElementType::Pascal(_) => "they are byte strings",
                ElementType::Record(_) => "they are records; select a field first, as in v['x']",
                ElementType::Array { .. } => {
                    "they are sub-arrays; numpy.asarray(v) turns them into dimensions"
                }
                _ => "they are no numbers",
            },
            _ => "they are no numbers",
        },
    };
    PyTypeError::new_err(format!("elements of format '{format}' have no {what}: {why}"))
}

/// The error for a summary of nothing.
#[cold]
fn no_elements(summary: Summary) -> PyErr {
    PyValueError::new_err(format!("there is no {} of no elements", summary.name()))
}

fn pair<'py>(
    py: Python<'py>,
    one: Bound<'py, PyAny>,
    other: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(objects::tuple(py, [Ok(one), Ok(other)].into_iter())?.into_any())
}
