//! `in`, `index` and `count`.
//!
//! If the object that is looked for is of one of Python's own types, its value is encoded as an
//! element and a kernel looks for that; no Python code runs. For any other object each element is
//! compared with it in Python, while the memory is held.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use consumer::array::AnyArray;
use consumer::kernels::pieces::Sequence;
use consumer::kernels::search::{Pattern, count_pattern, find_contiguous, find_pattern};
use consumer::layout::{Key, Order, unravel};
use consumer::python::exceptions::{PyTypeError, PyValueError};
use consumer::python::objects;
use consumer::python::stack;
use consumer::view::Walk;

use crate::arguments;
use crate::arguments::names::no_names;
use crate::gil::{self, Checkpoints};
use crate::object::PyConsumerArray;
use crate::values::elements::search_equal;
use crate::values::{Equal, read_exactly};

/// `value in view`
pub(crate) fn contains(view: &PyConsumerArray, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let hold = view.hold(value.py())?;
    Ok(find(&hold, value)?.is_some())
}

/// The fast path of [`contains`] for contiguous elements and values of Python's own types. Does not
/// panic.
#[inline]
pub(crate) fn contains_exact(view: &PyConsumerArray, value: &Bound<'_, PyAny>) -> Option<bool> {
    let access = view.try_access(value.py())?;
    let length = access.layout().contiguous_len().filter(|_| !gil::is_large(access.raw()))?;
    // SAFETY: the elements are as many contiguous ones, under access, and of the pattern's type.
    let mut find =
        |pattern: &Pattern| unsafe { find_contiguous(access.start(), length, pattern).is_some() };
    match search_equal(&access, value, &mut find) {
        Equal::To(found) => Some(found),
        Equal::None => Some(false),
        Equal::Unknown => None,
    }
}

/// Returns the position, in C order, of the first element that equals `value`. `array` is held.
fn find(array: &AnyArray, value: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    let found = if gil::is_large(array.raw()) {
        let mut find = |pattern: &Pattern| find_in_pieces(value.py(), array, pattern);
        search_equal(array, value, &mut find).transpose()?
    } else {
        search_equal(array, value, &mut |pattern| find_pattern(array.raw(), pattern))
    };
    match found {
        Equal::To(found) => Ok(found),
        Equal::None => Ok(None),
        Equal::Unknown => {
            let mut first = None;
            for_each_equal(array, value, &mut |position| {
                first = Some(position);
                false
            })?;
            Ok(first)
        }
    }
}

fn find_in_pieces(py: Python<'_>, array: &AnyArray, pattern: &Pattern) -> PyResult<Option<usize>> {
    let mut found = None;
    // SAFETY: the pieces are parts of the array, and looking for an element touches nothing else.
    unsafe {
        gil::in_pieces(py, [array.raw()], Sequence::Forward, |[piece], before| {
            found = find_pattern(piece, pattern).map(|position| before + position);
            Ok(found.is_none())
        })?;
    }
    Ok(found)
}

/// Returns how many elements equal `value`. `array` is held.
fn count(array: &AnyArray, value: &Bound<'_, PyAny>) -> PyResult<usize> {
    let count = if gil::is_large(array.raw()) {
        let mut count = |pattern: &Pattern| count_in_pieces(value.py(), array, pattern);
        search_equal(array, value, &mut count).transpose()?
    } else {
        search_equal(array, value, &mut |pattern| count_pattern(array.raw(), pattern))
    };
    match count {
        Equal::To(count) => Ok(count),
        Equal::None => Ok(0),
        Equal::Unknown => {
            let mut count = 0;
            for_each_equal(array, value, &mut |_| {
                count += 1;
                true
            })?;
            Ok(count)
        }
    }
}

fn count_in_pieces(py: Python<'_>, array: &AnyArray, pattern: &Pattern) -> PyResult<usize> {
    let mut count = 0;
    // SAFETY: the pieces are parts of the array, and counting elements touches nothing else.
    unsafe {
        gil::in_pieces(py, [array.raw()], Sequence::Any, |[piece], _| {
            count += count_pattern(piece, pattern);
            Ok(true)
        })?;
    }
    Ok(count)
}

/// Calls `found` with the position, in C order, of each element that equals `value` in Python,
/// until it returns false. May run arbitrary Python code: `array` is held.
fn for_each_equal(
    array: &AnyArray,
    value: &Bound<'_, PyAny>,
    found: &mut dyn FnMut(usize) -> bool,
) -> PyResult<()> {
    let py = value.py();
    // What is compared may be, or hold, this view.
    let _level = stack::enter(py)?;
    let mut position = 0;
    let mut checkpoints = Checkpoints::for_objects(py, array.layout().len());
    for run in Walk::from_view(array.raw(), Order::C) {
        for index in 0..run.length {
            checkpoints.advance(1)?;
            // SAFETY: a run leads to elements of the array, which are held; `read_exactly` returns
            // a new reference, or NULL with an exception.
            let element = unsafe {
                Bound::from_owned_ptr_or_err(py, read_exactly(py, array, run.pointer(0, index)))?
            };
            if element.eq(value)? && !found(position) {
                return Ok(());
            }
            position += 1;
        }
    }
    Ok(())
}

#[pymethods]
impl PyConsumerArray {
    /// The index of the first element that equals value; ValueError where there is none.
    ///
    /// In one dimension the search can be bounded by start and stop, as in list.index. In several
    /// the index is a tuple, so that v[v.index(x)] == x, and the whole view is searched.
    ///
    /// >>> import array, consumer
    /// >>> consumer.consume(array.array("d", [0.5, 1.5, 2.5])).index(1.5)
    /// 1
    #[pyo3(
        signature = (value, start = None, stop = None, /, **names),
        text_signature = "($self, value, start=None, stop=None, /)"
    )]
    fn index<'py>(
        &self,
        py: Python<'py>,
        value: &Bound<'py, PyAny>,
        start: Option<&Bound<'py, PyAny>>,
        stop: Option<&Bound<'py, PyAny>>,
        names: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        no_names("index", names)?;
        let bound = |bound: Option<&Bound<'py, PyAny>>, default| {
            bound.map_or(Ok(default), arguments::clipped)
        };
        let (start_key, stop_key) = (bound(start, 0)?, bound(stop, isize::MAX)?);
        let hold = self.hold(py)?;
        let shape = hold.layout().shape();
        let not_found = || PyValueError::new_err("the value is not among the elements");
        match shape {
            [] => Err(PyTypeError::new_err("invalid lookup on 0-dim memory")),
            [_] if start.is_none() && stop.is_none() => {
                let found = find(&hold, value)?;
                objects::size(py, found.ok_or_else(not_found)?)
            }
            [length] => {
                let key = Key::Slice { start: start_key, stop: stop_key, step: 1 };
                let part = hold.select(&[key])?;
                let found = find(&part, value)?.ok_or_else(not_found)?;
                let length = *length as isize;
                let first =
                    if start_key < 0 { start_key.saturating_add(length) } else { start_key };
                objects::size(py, found + first.max(0) as usize)
            }
            _ if start.is_some() || stop.is_some() => {
                Err(PyTypeError::new_err("start and stop need a view of one dimension"))
            }
            _ => {
                let found = find(&hold, value)?;
                let found = unravel(found.ok_or_else(not_found)?, shape);
                Ok(objects::sizes(py, &found)?.into_any())
            }
        }
    }

    /// How many elements equal value, in any number of dimensions.
    ///
    /// >>> import consumer
    /// >>> consumer.consume(b"banana").count(97)
    /// 3
    #[pyo3(signature = (value, /, **names), text_signature = "($self, value, /)")]
    fn count<'py>(
        &self,
        py: Python<'py>,
        value: &Bound<'py, PyAny>,
        names: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        no_names("count", names)?;
        let hold = self.hold(py)?;
        objects::size(py, self::count(&hold, value)?)
    }
}
