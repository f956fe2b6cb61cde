//! The second class, `ConsumerScalar`: that of the views without dimensions.
//!
//! It is a subclass of `ConsumerArray` with the same objects, and nothing but the conversions to
//! numbers in addition, which views with dimensions must not have. Which of the two a view is of is
//! decided where a view is completed, in `UninitObject::assume_init`; whoever wants to know whether
//! an object is a view asks [`as_view`].

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use pyo3::{PyTypeInfo, ffi};

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
    CLASS.get_or_try_init(py, || create().map(Bound::unbind)).map(|class| class.bind(py))
}

/// Returns the class of views without dimensions; NULL before it was created, and before any view
/// was.
#[inline(always)]
pub(super) fn class_raw(py: Python<'_>) -> *mut ffi::PyTypeObject {
    CLASS.get(py).map_or(std::ptr::null_mut(), |class| class.as_ptr().cast())
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
