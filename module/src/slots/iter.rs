//! `iter(v)` and `next(iterator)`.

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use super::trampoline::{this, trampoline};
use crate::methods::elements::iter::PyIterator;
use crate::values::NewReference;

/// `iter(v)`
pub(super) unsafe extern "C" fn iter(object: *mut ffi::PyObject) -> NewReference {
    // SAFETY: the slot is called attached, and on objects of the class.
    unsafe { trampoline(|py| PyIterator::new(&this(py, object), false).map(Bound::into_ptr)) }
}

/// `next(iterator)`: the fast path is the next of equally spaced scalars.
pub(super) unsafe extern "C" fn iter_next(object: *mut ffi::PyObject) -> NewReference {
    // SAFETY: the slot is called attached, and on objects of the class.
    let (py, iterator) = unsafe {
        let py = Python::assume_attached();
        (py, Borrowed::from_ptr(py, object).cast_unchecked::<PyIterator>())
    };
    match iterator.get().next_scalar(py) {
        Some(element) => element,
        None => slow_next(iterator),
    }
}

#[cold]
#[inline(never)]
fn slow_next(iterator: Borrowed<'_, '_, PyIterator>) -> NewReference {
    // SAFETY: called by the slot. NULL without an exception ends the iteration.
    unsafe { trampoline(|py| iterator.get().next(py)) }
}
