//! `==`, `in`, `index`, `count` and `hash`.
//!
//! Where Python's own types are sought, nobody else's code runs and a kernel does the work. For any
//! other object each element is compared with it in Python, the memory being held meanwhile.

use std::sync::atomic::Ordering;

use pyo3::basic::CompareOp;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::class::PyConsumerArray;
use super::convert::{Equal, PyElement};
use super::long::{self, Pauses};
use super::{copy, index, module};
use crate::array::{AnyArray, ConsumerArray, dispatch};
use crate::kernels::pieces::Sequence;
use crate::kernels::search::{Pattern, count_pattern, find_contiguous, find_pattern};
use crate::layout::{Key, Order};
use crate::view::Walk;

/// The positions, in C order, of the elements that equal `value`, given to `found` until it has
/// enough and says so by `false`. May run any code: `array` is held.
fn search(
    array: &AnyArray,
    value: &Bound<'_, PyAny>,
    found: &mut dyn FnMut(usize) -> bool,
) -> PyResult<()> {
    let py = value.py();
    let mut position = 0;
    let mut pauses = Pauses::among(py, array.layout().len());
    for run in Walk::of(array.raw(), Order::C) {
        for index in 0..run.length {
            pauses.next(1)?;
            // SAFETY: a run leads to elements of the array; `read` gives a new reference, or NULL
            // with an exception.
            let element = unsafe {
                let object = index::read(py, array, run.pointer(0, index));
                Bound::from_owned_ptr_or_err(py, object)?
            };
            if element.eq(value)? && !found(position) {
                return Ok(());
            }
            position += 1;
        }
    }
    Ok(())
}

/// Which elements of an array equal an object, as far as that can be told without asking the object.
#[inline]
fn sought(array: &AnyArray, value: &Bound<'_, PyAny>) -> Equal<Pattern> {
    #[inline(always)]
    fn of<T: PyElement>(_array: &ConsumerArray<T>, value: &Bound<'_, PyAny>) -> Equal<Pattern> {
        T::sought(value)
    }
    dispatch!(array, typed => of(typed, value))
}

/// The position, in C order, of the first element that equals an object; `None` where only the object
/// can tell. `array` is held.
fn find_plain(array: &AnyArray, value: &Bound<'_, PyAny>) -> PyResult<Option<Option<usize>>> {
    let pattern = match sought(array, value) {
        Equal::To(pattern) => pattern,
        Equal::None => return Ok(Some(None)),
        Equal::Unknown => return Ok(None),
    };
    let mut found = None;
    // SAFETY: to look for an element touches no others than the part's, and nothing that is Python's.
    unsafe {
        long::in_pieces(value.py(), [array.raw()], Sequence::Forward, |[part], before| {
            found = find_pattern(part, &pattern).map(|position| before + position);
            Ok(found.is_none())
        })?;
    }
    Ok(Some(found))
}

/// How many elements equal an object; `None` where only the object can tell. `array` is held.
fn count_plain(array: &AnyArray, value: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    let pattern = match sought(array, value) {
        Equal::To(pattern) => pattern,
        Equal::None => return Ok(Some(0)),
        Equal::Unknown => return Ok(None),
    };
    let mut count = 0;
    // SAFETY: to count elements touches no others than the part's, and nothing that is Python's.
    unsafe {
        long::in_pieces(value.py(), [array.raw()], Sequence::Any, |[part], _| {
            count += count_pattern(part, &pattern);
            Ok(true)
        })?;
    }
    Ok(Some(count))
}

/// The position, in C order, of the first element that equals `value`. `array` is held.
fn find(array: &AnyArray, value: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    if let Some(found) = find_plain(array, value)? {
        return Ok(found);
    }
    let mut first = None;
    search(array, value, &mut |position| {
        first = Some(position);
        false
    })?;
    Ok(first)
}

/// `value in view`
pub(super) fn contains(view: &PyConsumerArray, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let hold = view.hold(value.py())?;
    Ok(find(&hold, value)?.is_some())
}

/// The answer, where it can be told at once and without asking the object: for adjacent elements.
/// Nothing in it can panic.
#[inline]
pub(super) fn contains_plain(view: &PyConsumerArray, value: &Bound<'_, PyAny>) -> Option<bool> {
    let access = view.try_access(value.py())?;
    let length = access.layout().adjacent_len().filter(|_| !long::is_long(access.raw()))?;
    match sought(&access, value) {
        // SAFETY: the elements are as many contiguous ones, and the pattern is of their type.
        Equal::To(ref pattern) => unsafe {
            Some(find_contiguous(access.start(), length, pattern).is_some())
        },
        Equal::None => Some(false),
        Equal::Unknown => None,
    }
}

/// `this == other`; `None` for what cannot be compared.
pub(super) fn equals<'py>(
    this: &Bound<'py, PyConsumerArray>,
    other: &Bound<'py, PyAny>,
) -> PyResult<Option<bool>> {
    let py = this.py();
    // Two views of scalars need nobody's code: 0.7 of the time where they are small.
    if other.get_type_ptr() == this.get_type_ptr()
        // SAFETY: they are of the same class.
        && let other = unsafe { other.cast_unchecked::<PyConsumerArray>() }
        && let (Some(left), Some(right)) =
            (this.get().try_access(py), other.get().try_access(py))
        && left.is_scalar()
        && right.is_scalar()
        && !long::is_long(left.raw())
    {
        return Ok(Some(left.equals(&right)));
    }
    let released = |view: &Bound<'py, PyAny>| {
        view.cast_exact::<PyConsumerArray>().is_ok_and(|view| view.get().is_released())
    };
    // Nothing can be read any more: as in memoryview, such a view equals itself alone.
    if this.get().is_released() || released(other) {
        return Ok(Some(this.is(other)));
    }
    // SAFETY: the object is alive.
    if unsafe { ffi::PyObject_CheckBuffer(other.as_ptr()) } == 0 {
        return Ok(None);
    }
    let Ok(other) = module::view_of(other) else { return Ok(None) };
    let (left, right) = (this.get().hold(py)?, other.get().hold(py)?);
    if left.has_objects() || right.has_objects() {
        return equal_objects(py, &left, &right).map(Some);
    }
    equal_in_pieces(py, &left, &right).map(Some)
}

/// The answer of `==` for lines of scalars of one type, where that is had at once.
#[inline]
pub(super) fn equal_plain(
    py: Python<'_>,
    left: &PyConsumerArray,
    right: &PyConsumerArray,
) -> Option<bool> {
    let (left, right) = (left.try_access(py)?, right.try_access(py)?);
    if long::is_long(left.raw()) {
        return None;
    }
    left.equal_lines(&right)
}

/// Whether two arrays without objects, both held, have the same shape and equal elements.
fn equal_in_pieces(py: Python<'_>, left: &AnyArray, right: &AnyArray) -> PyResult<bool> {
    if left.layout().shape() != right.layout().shape() || !long::is_long(left.raw()) {
        return Ok(left.equals(right));
    }
    let mut equal = true;
    // SAFETY: the parts are of the arrays, and to compare them touches nothing that is Python's.
    unsafe {
        long::in_pieces(py, [left.raw(), right.raw()], Sequence::Any, |[one, other], _| {
            equal = left.piece(one).equals(&right.piece(other));
            Ok(equal)
        })?;
    }
    Ok(equal)
}

/// Whether two arrays, both held, have the same shape and elements that are equal in Python.
fn equal_objects(py: Python<'_>, left: &AnyArray, right: &AnyArray) -> PyResult<bool> {
    if left.layout().shape() != right.layout().shape() {
        return Ok(false);
    }
    if !left.is_readable() || !right.is_readable() {
        return Ok(false);
    }
    let read = |array: &AnyArray, pointer: *const u8| {
        // SAFETY: a run leads to elements of the array; `read` gives a new reference, or NULL with
        // an exception.
        unsafe { Bound::from_owned_ptr_or_err(py, index::read(py, array, pointer)) }
    };
    let mut pauses = Pauses::among(py, left.layout().len());
    for run in Walk::new([left.raw(), right.raw()], Order::C)? {
        for index in 0..run.length {
            pauses.next(1)?;
            let one = read(left, run.pointer(0, index))?;
            if !one.eq(read(right, run.pointer(1, index))?)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// The indices of the element at a position in C order.
fn unravel(mut position: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (place, &length) in index.iter_mut().zip(shape).rev() {
        *place = position % length;
        position /= length;
    }
    index
}

#[pymethods]
impl PyConsumerArray {
    fn __richcmp__<'py>(
        this: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        operator: CompareOp,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let equal = match operator {
            CompareOp::Eq => equals(this, other)?,
            CompareOp::Ne => equals(this, other)?.map(|equal| !equal),
            _ => None,
        };
        match equal {
            Some(equal) => Ok(equal.into_pyobject(py)?.to_owned().into_any()),
            None => Ok(py.NotImplemented().into_bound(py)),
        }
    }

    /// As for memoryview: the hash of the bytes, for read-only views of B, b and c; so that a view
    /// has the hash of the bytes object that it equals.
    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        let known = self.hash.load(Ordering::Relaxed);
        if known != -1 {
            return Ok(known);
        }
        let hold = self.hold(py)?;
        if !hold.readonly() {
            return Err(PyValueError::new_err("cannot hash writable ConsumerArray object"));
        }
        let format = hold.format().as_bytes();
        if !matches!(format.strip_prefix(b"@").unwrap_or(format), b"B" | b"b" | b"c") {
            let message = "hashing is restricted to formats 'B', 'b' or 'c'";
            return Err(PyValueError::new_err(message));
        }
        if let Some(exporter) = self.exporter(py)? {
            // The exporter has to be one that does not change.
            exporter.hash()?;
        }
        let hash = copy::bytes_object(py, &hold, Order::C)?.hash()?;
        self.hash.store(hash, Ordering::Relaxed);
        Ok(hash)
    }

    fn __contains__(&self, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        contains(self, value)
    }

    /// The index of the first element that equals value; ValueError where there is none.
    ///
    /// In one dimension the search can be bounded by start and stop, as in list.index. In several
    /// the index is a tuple, so that v[v.index(x)] == x, and the whole view is searched.
    ///
    /// >>> import array, consumer
    /// >>> consumer.consume(array.array("d", [0.5, 1.5, 2.5])).index(1.5)
    /// 1
    #[pyo3(signature = (value, start = None, stop = None, /))]
    fn index<'py>(
        &self,
        py: Python<'py>,
        value: &Bound<'py, PyAny>,
        start: Option<&Bound<'py, PyAny>>,
        stop: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let bound =
            |bound: Option<&Bound<'py, PyAny>>, default| bound.map_or(Ok(default), index::clipped);
        let (start_key, stop_key) = (bound(start, 0)?, bound(stop, isize::MAX)?);
        let hold = self.hold(py)?;
        let shape = hold.layout().shape();
        let not_found = || PyValueError::new_err("the value is not among the elements");
        match shape {
            [] => Err(PyTypeError::new_err("invalid lookup on 0-dim memory")),
            [_] if start.is_none() && stop.is_none() => {
                let found = find(&hold, value)?;
                Ok(found.ok_or_else(not_found)?.into_pyobject(py)?.into_any())
            }
            [length] => {
                let key = Key::Slice { start: start_key, stop: stop_key, step: 1 };
                let part = hold.select(&[key])?;
                let found = find(&part, value)?.ok_or_else(not_found)?;
                let length = *length as isize;
                let first =
                    if start_key < 0 { start_key.saturating_add(length) } else { start_key };
                Ok((found + first.max(0) as usize).into_pyobject(py)?.into_any())
            }
            _ if start.is_some() || stop.is_some() => {
                Err(PyTypeError::new_err("start and stop need a view of one dimension"))
            }
            _ => {
                let found = find(&hold, value)?;
                let found = unravel(found.ok_or_else(not_found)?, shape);
                Ok(PyTuple::new(py, found)?.into_any())
            }
        }
    }

    /// How many elements equal value, in any number of dimensions.
    ///
    /// >>> import consumer
    /// >>> consumer.consume(b"banana").count(97)
    /// 3
    #[pyo3(signature = (value, /))]
    fn count(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<usize> {
        let hold = self.hold(py)?;
        if let Some(count) = count_plain(&hold, value)? {
            return Ok(count);
        }
        let mut count = 0;
        search(&hold, value, &mut |_| {
            count += 1;
            true
        })?;
        Ok(count)
    }
}
