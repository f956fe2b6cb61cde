//! Whose memory an exporter shows that is not its own.

use pyo3::ffi;
use pyo3::prelude::*;

use crate::python::errors::DiscardError;
#[cfg(not(Py_3_13))]
use crate::python::version::since_3_12;

/// Returns the object whose buffer an exporter hands on: what a memoryview is a view of, or the
/// memoryview that a class written in Python has returned from `__buffer__`. `None` if it is
/// neither.
pub(super) fn handed_on<'py>(exporter: &Bound<'py, PyAny>) -> Option<Handed<'py>> {
    // SAFETY: the object is alive.
    if unsafe { ffi::PyMemoryView_Check(exporter.as_ptr()) } != 0 {
        return Some(Handed(exporter.getattr("obj").or_discard(exporter.py())));
    }
    #[cfg(any(Py_3_12, Py_LIMITED_API))]
    if wrapper::is_wrapper(exporter) {
        return Some(Handed(wrapper::memoryview_of(exporter)));
    }
    None
}

/// Returns the object whose buffer an exporter hands on in the end, which may be itself; `None` if
/// it cannot be seen.
pub(super) fn origin<'py>(exporter: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let mut exporter = exporter.clone();
    while let Some(handed) = handed_on(&exporter) {
        exporter = handed.0?;
    }
    Some(exporter)
}

/// Returns whether the garbage collector may be shown an exporter. Not if it would get from there
/// to a memoryview that has exports: before Python 3.13 it then frees what that one still uses.
/// That is a memoryview, or what holds one for a class written in Python: an object that exports
/// nothing itself.
#[inline]
pub(crate) fn is_shown_to_collector(_exporter: &Bound<'_, PyAny>) -> bool {
    #[cfg(Py_3_13)]
    return true;
    #[cfg(not(Py_3_13))]
    // SAFETY: the object is alive.
    unsafe {
        let exporter = _exporter.as_ptr();
        let exports_nothing = || since_3_12() && ffi::PyObject_CheckBuffer(exporter) == 0;
        ffi::PyMemoryView_Check(exporter) == 0 && !exports_nothing()
    }
}

/// What is handed on, if it can be seen.
pub(super) struct Handed<'py>(pub Option<Bound<'py, PyAny>>);

/// Since Python 3.12 `Py_buffer.obj` is no object of the class that has `__buffer__`, but one of
/// CPython's own, which holds the memoryview and only shows it to the garbage collector.
#[cfg(any(Py_3_12, Py_LIMITED_API))]
mod wrapper {
    use std::ffi::{c_int, c_void};

    use pyo3::ffi;
    use pyo3::prelude::*;
    use pyo3::sync::PyOnceLock;
    use pyo3::types::PyType;

    use crate::python::acquire::types::{is_immutable, slot};
    use crate::python::errors::DiscardError;
    use crate::python::once::made_once;

    /// Returns whether an object is such a wrapper.
    pub(super) fn is_wrapper(object: &Bound<'_, PyAny>) -> bool {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let class = object.get_type();
        // It exports nothing itself, which can be said of no other object that is found here.
        if !is_immutable(&class) || !slot(&class, ffi::Py_bf_getbuffer).is_null() {
            return false;
        }
        let known = made_once(&CLASS, object.py(), || class_of_wrappers(object.py()));
        known.or_discard(object.py()).is_some_and(|known| class.is(known))
    }

    /// Finds the class, which has no public name, by an object with `__buffer__`.
    fn class_of_wrappers(py: Python<'_>) -> PyResult<Py<PyType>> {
        let code = c"memoryview(type('', (), {'__buffer__': lambda *_: memoryview(b'')})()).obj";
        Ok(py.eval(code, None, None)?.get_type().unbind())
    }

    /// Returns the memoryview that a wrapper holds.
    pub(super) fn memoryview_of<'py>(wrapper: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        unsafe extern "C" fn visit(object: *mut ffi::PyObject, found: *mut c_void) -> c_int {
            // SAFETY: a traversal passes objects that are alive, and `found` is the pointer below.
            unsafe {
                let found = found.cast::<*mut ffi::PyObject>();
                if (*found).is_null() && ffi::PyMemoryView_Check(object) != 0 {
                    *found = object;
                }
            }
            0
        }
        let traverse = slot(&wrapper.get_type(), ffi::Py_tp_traverse);
        if traverse.is_null() {
            return None;
        }
        let mut found = std::ptr::null_mut::<ffi::PyObject>();
        // SAFETY: the slot is that function of the wrapper's class. What it has visited lives as
        // long as the wrapper, which holds the memoryview until its buffer is released.
        unsafe {
            let traverse = std::mem::transmute::<*mut c_void, ffi::traverseproc>(traverse);
            traverse(wrapper.as_ptr(), visit, (&raw mut found).cast());
            Bound::from_borrowed_ptr_or_opt(wrapper.py(), found)
        }
    }
}
