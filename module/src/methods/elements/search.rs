//! `in`, `index` and `count`.
//!
//! If the object that is looked for is of one of Python's own types, its value is encoded as an
//! element and a kernel looks for that; no Python code runs. For any other object each element is
//! compared with it in Python, while the memory is held.

use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::kernels::pieces::Sequence;
use consumer::kernels::search::{
    Pattern, count_contiguous, count_pattern, find_contiguous, find_pattern,
};
use consumer::layout::{Key, Layout, Order, unravel};
use consumer::python::exceptions::{PyTypeError, PyValueError};
use consumer::python::objects;
use consumer::python::stack;
use consumer::view::Walk;

use crate::arguments;
use crate::gil::{self, Checkpoints};
use crate::object::PyConsumerArray;
use crate::values::equal::search_equal;
use crate::values::{Equal, read_exactly, repr_or_default};

/// `value in view`
pub(crate) fn contains(view: &PyConsumerArray, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let hold = view.hold(value.py())?;
    Ok(find(&hold, value)?.is_some())
}

/// The fast path of [`contains`] for contiguous elements and values of Python's own types. Does not
/// panic.
#[inline]
pub(crate) fn contains_exact(view: &PyConsumerArray, value: &Bound<'_, PyAny>) -> Option<bool> {
    // SAFETY: the elements are those that are searched.
    let find = |start, length, pattern: &Pattern| unsafe {
        find_contiguous(start, length, pattern).is_some()
    };
    search_exact(view, value, Layout::contiguous_len, find, false)
}

/// The fast path of [`index`] for contiguous elements in one dimension and values of Python's own
/// types that are found. Does not panic.
#[inline]
pub(crate) fn index_exact(view: &PyConsumerArray, value: &Bound<'_, PyAny>) -> Option<usize> {
    // SAFETY: the elements are those that are searched.
    let find =
        |start, length, pattern: &Pattern| unsafe { find_contiguous(start, length, pattern) };
    search_exact(view, value, Layout::contiguous_line_len, find, None)?
}

/// The fast path of [`count`] for contiguous elements and values of Python's own types. Does not
/// panic.
#[inline]
pub(crate) fn count_exact(view: &PyConsumerArray, value: &Bound<'_, PyAny>) -> Option<usize> {
    // SAFETY: the elements are those that are searched.
    let count =
        |start, length, pattern: &Pattern| unsafe { count_contiguous(start, length, pattern) };
    search_exact(view, value, Layout::contiguous_len, count, 0)
}

/// Searches the elements of a view by `search`, which is given the address of the first, their
/// number as `length` tells it, and a pattern of their type. `nothing` is the result for a value
/// that no element equals. None says that `length` is None, that the search would take long, or
/// that the value is of another type.
#[inline(always)]
fn search_exact<R>(
    view: &PyConsumerArray,
    value: &Bound<'_, PyAny>,
    length: impl Fn(&Layout) -> Option<usize>,
    search: impl Fn(*const u8, usize, &Pattern) -> R,
    nothing: R,
) -> Option<R> {
    let access = view.try_access(value.py())?;
    let length = length(access.layout()).filter(|_| !gil::is_large(access.raw()))?;
    match search_equal(&access, value, &mut |pattern| search(access.start(), length, pattern)) {
        Equal::To(result) => Some(result),
        Equal::None => Some(nothing),
        Equal::Unknown => None,
    }
}

/// Returns the position, in C order, of the first element that equals `value`. `array` is held.
pub(crate) fn find(array: &AnyArray, value: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
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
fn count_in(array: &AnyArray, value: &Bound<'_, PyAny>) -> PyResult<usize> {
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

/// `view.index(value, start, stop)`
pub(crate) fn index<'py>(
    view: &PyConsumerArray,
    value: &Bound<'py, PyAny>,
    start: Option<&Bound<'py, PyAny>>,
    stop: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let bound =
        |bound: Option<&Bound<'py, PyAny>>, default| bound.map_or(Ok(default), arguments::clipped);
    let (start_key, stop_key) = (bound(start, 0)?, bound(stop, isize::MAX)?);
    let hold = view.hold(py)?;
    let shape = hold.layout().shape();
    let not_found = || {
        let value = repr_or_default(value);
        PyValueError::new_err(format!("{value} is not among the elements"))
    };
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
            let first = if start_key < 0 { start_key.saturating_add(length) } else { start_key };
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

/// `view.count(value)`
pub(crate) fn count<'py>(
    view: &PyConsumerArray,
    value: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let hold = view.hold(value.py())?;
    objects::size(value.py(), count_in(&hold, value)?)
}
