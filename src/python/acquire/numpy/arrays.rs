//! The arrays and scalars of NumPy behind an exporter, and what they are views of in turn.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyMemoryView, PyString, PyType};

use crate::python::acquire::AsView;
use crate::python::acquire::redirect::origin;
use crate::python::acquire::types::{find_base, is_from, is_named};
use crate::python::errors::DiscardError;
use crate::python::objects;

/// An array or a scalar, and NumPy's own class for it.
type Owner<'py> = (Bound<'py, PyAny>, Bound<'py, PyType>);

/// Returns the NumPy array or scalar whose memory an exporter shows, and its dtype.
///
/// # Errors
/// What the attribute raises.
pub(in crate::python::acquire) fn dtype<'py>(
    exporter: &Bound<'py, PyAny>,
) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
    let Some((owner, class)) = owner(exporter) else { return Ok(None) };
    let dtype = attribute(&owner, &class, intern!(owner.py(), "dtype"))?;
    Ok(Some((owner, dtype)))
}

/// Returns an attribute that NumPy's own class has: a class derived from it may have another one.
pub(super) fn attribute<'py>(
    object: &Bound<'py, PyAny>,
    class: &Bound<'py, PyType>,
    name: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    if object.get_type().is(class) {
        return object.getattr(name);
    }
    class.getattr(name)?.call_method1(intern!(object.py(), "__get__"), (object,))
}

/// Returns the NumPy array or scalar whose memory an exporter shows, and NumPy's class for it.
pub(super) fn owner<'py>(exporter: &Bound<'py, PyAny>) -> Option<Owner<'py>> {
    let exporter = origin(exporter)?;
    static ARRAYS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (py, class) = (exporter.py(), exporter.get_type());
    if ARRAYS.get(py).is_some_and(|arrays| class.is(arrays)) {
        return Some((exporter, class));
    }
    let class = find_base(&class, |class| {
        is_from(class, "numpy", "ndarray") || is_from(class, "numpy", "void")
    })?;
    if is_named(&class, "ndarray") {
        ARRAYS.get_or_init(py, || class.clone().unbind());
    }
    Some((exporter, class))
}

/// Returns whether a NumPy array may be a view of memory that holds references, and of which it
/// shows some fields only. Without `as_view`, views are not recognised, and any record may be one
/// that hides references.
pub(super) fn base_holds_objects(mut next: Option<Owner<'_>>, as_view: Option<AsView>) -> bool {
    while let Some((array, class)) = next {
        let py = array.py();
        let holds: PyResult<bool> = attribute(&array, &class, intern!(py, "dtype"))
            .and_then(|dtype| dtype.getattr(intern!(py, "hasobject"))?.extract());
        // Where nothing tells, there may be some.
        if holds.or_discard(py).unwrap_or(true) {
            return true;
        }
        let Some(base) = base_of(&array, &class) else { return false };
        next = owner(&base);
        if next.is_none() {
            return may_hold_objects(&base, as_view);
        }
    }
    false
}

/// Returns the object whose memory a NumPy array shows, if it is not its own.
fn base_of<'py>(
    array: &Bound<'py, PyAny>,
    class: &Bound<'py, PyType>,
) -> Option<Bound<'py, PyAny>> {
    let base = attribute(array, class, intern!(array.py(), "base")).or_discard(array.py());
    base.filter(|base| !base.is_none())
}

/// Returns the object whose memory a NumPy array, or a scalar, shows, if it is not its own.
pub(in crate::python::acquire) fn base<'py>(
    exporter: &Bound<'py, PyAny>,
) -> Option<Bound<'py, PyAny>> {
    let (array, class) = owner(exporter)?;
    base_of(&array, &class)
}

/// Returns whether there may be references in the memory of an exporter that is none of NumPy's,
/// as far as its format tells: a record may have some between its fields if it is that of a view.
fn may_hold_objects(exporter: &Bound<'_, PyAny>, as_view: Option<AsView>) -> bool {
    let Some(exporter) = origin(exporter) else { return true };
    if let Some(view) = as_view.and_then(|as_view| as_view(&exporter)) {
        return view.array.has_references();
    }
    // What only keeps the memory alive says nothing of it.
    if !objects::exports_buffer(&exporter) {
        return false;
    }
    let shown = PyMemoryView::from(&exporter);
    let format = shown.and_then(|shown| shown.getattr(intern!(exporter.py(), "format")));
    let Some(format) = format.or_discard(exporter.py()) else { return true };
    let Ok(format) = format.extract::<&str>() else { return true };
    format.contains('O') || as_view.is_none() && format.contains('{')
}
