//! `v[key]`, `len(v)` and `del v[key]`.
//!
//! A key is converted first, which may run arbitrary Python code, and the view is asked for access
//! after that.

use pyo3::prelude::*;

use consumer::python::exceptions::PyTypeError;

use crate::arguments::keys::{self, Selected};
use crate::object::PyConsumerArray;
use crate::values::{read, record};

/// `v[key]` for any key.
#[inline(never)]
pub(crate) fn get<'py>(
    this: &Bound<'py, PyConsumerArray>,
    key: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = this.py();
    let view = this.get();
    if let Some(names) = keys::names(key) {
        let hold = view.hold(py)?;
        // SAFETY: parts of the view's elements, which are held.
        return unsafe {
            let part = record::named_like(py, &hold, names.select(&hold)?)?;
            Ok(PyConsumerArray::share(this, part)?.into_any())
        };
    }
    // Converting the key may release the view. As in memoryview, a slice is still taken of what the
    // key was applied to, but an element is not read any more.
    let hold = if keys::has_slices(key) { Some(view.hold(py)?) } else { None };
    match keys::parse(key, view.describe()?.layout())? {
        Selected::Element(index) => {
            let access = view.access(py)?;
            let pointer = access.raw().element(&index)?;
            // SAFETY: the pointer leads to an element, under access; `read` returns a new
            // reference, or NULL with an exception.
            unsafe { Bound::from_owned_ptr_or_err(py, read(py, &access, pointer)) }
        }
        Selected::View(keys) => {
            let hold = hold.map_or_else(|| view.hold(py), Ok)?;
            let (start, layout) = hold.raw().select(&keys)?;
            // SAFETY: a selection of the view's elements, which are held.
            unsafe { hold.share_part(this, start, layout).map(Bound::into_any) }
        }
    }
}

/// `del v[key]`, which raises.
#[cold]
pub(crate) fn delete(view: &PyConsumerArray) -> PyResult<()> {
    view.describe()?;
    Err(PyTypeError::new_err("cannot delete memory"))
}

/// `len(v)`: the length of the first dimension.
pub(crate) fn length(view: &PyConsumerArray) -> PyResult<usize> {
    match view.describe()?.layout().shape() {
        // As in memoryview, whose length was 1 until 3.11.
        [] if cfg!(not(Py_3_12)) => Ok(1),
        [] => Err(PyTypeError::new_err("0-dim memory has no length")),
        [length, ..] => Ok(*length),
    }
}
