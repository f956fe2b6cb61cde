//! The second class, `ConsumerScalar`: that of the views without dimensions.
//!
//! It is a subclass of `ConsumerArray` with the same objects, and nothing but the conversions to
//! numbers in addition, which views with dimensions must not have. Which of the two a view is of is
//! decided where a view is completed, in `UninitObject::assume_init`; whoever wants to know whether
//! an object is a view asks [`as_view`].

use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use pyo3::{PyTypeInfo, ffi};

use consumer::python::once::made_once;

use super::class::PyConsumerArray;

/// The class, which stays for as long as the process.
static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// Returns the class, which `create` makes when it is first asked for.
///
/// # Safety
/// The class that is made is a subclass of `ConsumerArray`, whose objects have the same fields, and
/// nothing in addition, and end in the same way. It has no subclasses.
pub(crate) unsafe fn class_or_create<'py>(
    py: Python<'py>,
    create: impl FnOnce() -> PyResult<Bound<'py, PyType>>,
) -> PyResult<&'py Bound<'py, PyType>> {
    let class = made_once(&CLASS, py, || create().map(Bound::unbind))?.bind(py);
    RAW.store(class.as_type_ptr(), Ordering::Relaxed);
    Ok(class)
}

/// The same class, where it is looked up for every view.
static RAW: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(std::ptr::null_mut());

/// Returns the class of views without dimensions; NULL before it was created, and before any view
/// was.
#[inline(always)]
pub(super) fn class_raw(_attached: Python<'_>) -> *mut ffi::PyTypeObject {
    RAW.load(Ordering::Relaxed)
}

/// Returns an object as the view that it is; `None` for all that is no view.
#[inline(always)]
pub(crate) fn as_view<'a, 'py>(
    object: &'a Bound<'py, PyAny>,
) -> Option<&'a Bound<'py, PyConsumerArray>> {
    let (py, class) = (object.py(), object.get_type_ptr());
    let is_view = class == PyConsumerArray::type_object_raw(py) || class == class_raw(py);
    // SAFETY: an object of either class is a ConsumerArray.
    is_view.then(|| unsafe { object.cast_unchecked() })
}
