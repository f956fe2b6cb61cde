//! `==` and `hash`.

use std::sync::atomic::Ordering;

use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::kernels::pieces::Sequence;
use consumer::layout::Order;
use consumer::python::acquire::{is_ordinary, lends};
use consumer::python::errors::{discard, unhashable, with_exception};
use consumer::python::objects;
use consumer::python::stack;
use consumer::view::{RawView, Walk};

use crate::gil::{self, Checkpoints};
use crate::object::consume::view_of;
use crate::object::{PyConsumerArray, as_view};
use crate::transfer::bytes_object;
use crate::values::read_exactly;

/// `this == other`; `None` for an object that a view cannot be compared with.
pub(crate) fn equals<'py>(
    this: &Bound<'py, PyConsumerArray>,
    other: &Bound<'py, PyAny>,
) -> PyResult<Option<bool>> {
    let py = this.py();
    // Two small views of scalars are compared at once, without taking holds.
    if other.get_type_ptr() == this.get_type_ptr()
        // SAFETY: they are of the same class.
        && let other = unsafe { other.cast_unchecked::<PyConsumerArray>() }
        && let (Some(left), Some(right)) =
            (this.get().try_access(py), other.get().try_access(py))
        && left.is_scalar()
        && right.is_scalar()
        && !gil::is_large(left.raw())
    {
        return Ok(Some(left.equals(&right)));
    }
    let released =
        |view: &Bound<'py, PyAny>| as_view(view).is_some_and(|view| view.get().is_released());
    // As in memoryview, a released view, which cannot be read any more, equals itself alone.
    if this.get().is_released() || released(other) {
        return Ok(Some(this.is(other)));
    }
    // As in memoryview, an object whose memory cannot be shared is asked to compare itself. What
    // says nothing of the object, such as Ctrl-C, is raised.
    let incomparable = |error: PyErr| {
        let error = with_exception(py, error);
        if !is_ordinary(py, &error) {
            return Err(error);
        }
        discard(py, error);
        Ok(None)
    };
    if !objects::exports_buffer(other) {
        match lends(other) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return incomparable(error),
        }
    }
    // What is compared may be, or hold, the views that it is compared in.
    let _level = stack::enter(py)?;
    let other = match view_of(other) {
        Ok(other) => other,
        Err(error) => return incomparable(error),
    };
    let (left, right) = (this.get().hold(py)?, other.get().hold(py)?);
    if left.has_objects() || right.has_objects() {
        return equal_objects(py, &left, &right).map(Some);
    }
    equal_in_pieces(py, &left, &right).map(Some)
}

/// The fast path of [`equals`] for two small lines of scalars of one type. Does not panic.
#[inline]
pub(crate) fn equals_exact(
    py: Python<'_>,
    left: &PyConsumerArray,
    right: &PyConsumerArray,
) -> Option<bool> {
    let (left, right) = (left.try_access(py)?, right.try_access(py)?);
    if gil::is_large(left.raw()) {
        return None;
    }
    left.equal_lines(&right)
}

/// Returns whether two arrays without objects, both held, have the same shape and equal elements.
fn equal_in_pieces(py: Python<'_>, left: &AnyArray, right: &AnyArray) -> PyResult<bool> {
    if left.layout().shape() != right.layout().shape() || !gil::is_large(left.raw()) {
        return Ok(left.equals(right));
    }
    let mut equal = true;
    let (views, scalars) = ([left.raw(), right.raw()], left.is_scalar() && right.is_scalar());
    let mut compare = |[one, other]: [RawView<'_>; 2]| {
        // SAFETY: only called with parts of the arrays.
        equal = unsafe { left.piece(one).equals(&right.piece(other)) };
        Ok(equal)
    };
    // SAFETY: the pieces are parts of the arrays, and comparing them touches nothing else.
    unsafe {
        if scalars {
            gil::in_pieces(py, views, Sequence::Any, |parts, _| compare(parts))?;
        } else {
            gil::in_small_pieces(py, views, compare)?;
        }
    }
    Ok(equal)
}

/// Returns whether two arrays, both held, have the same shape and elements that are equal in
/// Python.
fn equal_objects(py: Python<'_>, left: &AnyArray, right: &AnyArray) -> PyResult<bool> {
    if left.layout().shape() != right.layout().shape() {
        return Ok(left.equals(right));
    }
    if !left.is_readable() || !right.is_readable() {
        return Ok(false);
    }
    let read = |array: &AnyArray, pointer: *const u8| {
        // SAFETY: a run leads to elements of the array, which are held; `read_exactly` returns a
        // new reference, or NULL with an exception.
        unsafe { Bound::from_owned_ptr_or_err(py, read_exactly(py, array, pointer)) }
    };
    let mut checkpoints = Checkpoints::for_objects(py, left.layout().len());
    for run in Walk::new([left.raw(), right.raw()], Order::C)? {
        for index in 0..run.length {
            checkpoints.advance(1)?;
            let one = read(left, run.pointer(0, index))?;
            if !one.eq(read(right, run.pointer(1, index))?)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// The hash of a view that was asked for it before. Does not panic.
#[inline(always)]
pub(crate) fn known_hash(view: &PyConsumerArray) -> Option<isize> {
    Some(view.hash.load(Ordering::Relaxed)).filter(|&hash| hash != -1)
}

/// `hash(view)`, as for memoryview: that of the bytes, for read-only views of B, b and c; so that a
/// view has the hash of the bytes object that it equals.
pub(crate) fn hash(py: Python<'_>, view: &PyConsumerArray) -> PyResult<isize> {
    // The exporter may be a view of a view in turn.
    let _level = stack::enter(py)?;
    // As for memoryview: the exporter's `__hash__` cannot release what is being hashed.
    view.acquire_export()?;
    let hash = view.hash_of_bytes(py);
    view.release_export();
    let hash = hash?;
    view.hash.store(hash, Ordering::Relaxed);
    Ok(hash)
}

impl PyConsumerArray {
    /// The hash of the bytes, if they may be hashed.
    fn hash_of_bytes(&self, py: Python<'_>) -> PyResult<isize> {
        let hold = self.hold(py)?;
        if !hold.readonly() {
            return Err(unhashable(py, "cannot hash writable ConsumerArray object"));
        }
        let format = hold.format().as_bytes();
        if !matches!(format.strip_prefix(b"@").unwrap_or(format), b"B" | b"b" | b"c") {
            return Err(unhashable(py, "hashing is restricted to formats 'B', 'b' or 'c'"));
        }
        if let Some(exporter) = self.exporter(py)? {
            // What the view's hash rests on must not change: the exporter has to be hashable
            // itself.
            exporter.hash()?;
        }
        bytes_object(py, &hold, Order::C)?.hash()
    }
}
