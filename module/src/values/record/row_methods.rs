//! What rows can do that tuples cannot: show their names, and what named tuples do by them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use consumer::fallible;
use consumer::python::attached::attached;
use consumer::python::exceptions::{PyTypeError, PyValueError};
use consumer::python::{errors, objects, stack};

use super::named::take;
use crate::values::NewReference;

/// The names of a row's fields.
pub(super) fn names_of<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyTuple>> {
    Ok(objects::attribute(class, "_fields")?.cast_into::<PyTuple>()?)
}

/// What a function that CPython calls does with its first argument.
type Body<'a> = &'a mut dyn for<'py> FnMut(&Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>>;

/// Runs the body of a function that CPython calls; NULL with an exception where it fails.
///
/// # Safety
/// The thread is attached, and `object` is alive.
pub(super) unsafe fn enter(object: *mut ffi::PyObject, body: Body<'_>) -> NewReference {
    // SAFETY: the caller guarantees it.
    let (py, object) = unsafe {
        let py = Python::assume_attached();
        (py, Bound::from_borrowed_ptr(py, object))
    };
    attached(py, || {
        let run = || stack::check(py).and_then(|()| body(&object));
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(result)) => return result.into_ptr(),
            Ok(Err(error)) => errors::restore(py, error),
            Err(panic) => errors::set_panic(py, panic),
        }
        std::ptr::null_mut()
    })
}

/// `Row(name=value, …)`
fn text_of<'py>(row: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let names = names_of(&row.get_type())?;
    let mut text = String::from("Row(");
    for (place, (name, value)) in names.iter().zip(row.try_iter()?).enumerate() {
        fallible::push_str(&mut text, if place > 0 { ", " } else { "" })?;
        objects::push_text(&mut text, name.cast()?)?;
        fallible::push_str(&mut text, "=")?;
        objects::push_text(&mut text, &value?.repr()?)?;
    }
    fallible::push_str(&mut text, ")")?;
    Ok(objects::string(row.py(), &text)?.into_any())
}

/// `repr(row)`
pub(super) unsafe extern "C" fn repr(object: *mut ffi::PyObject) -> NewReference {
    // SAFETY: the slot is called attached. A row that is in itself ends as a tuple does.
    unsafe {
        match ffi::Py_ReprEnter(object) {
            0 => {
                let text = enter(object, &mut text_of);
                ffi::Py_ReprLeave(object);
                text
            }
            status if status < 0 => std::ptr::null_mut(),
            _ => enter(object, &mut |row| Ok(objects::string(row.py(), "Row(...)")?.into_any())),
        }
    }
}

/// What a pickle of a row holds.
fn parts_of<'py>(row: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = row.py();
    let names = names_of(&row.get_type())?.into_any();
    let function = objects::attribute(&objects::import(py, "consumer")?, "_row")?;
    let parts = objects::tuple(py, [Ok(names), plain(row)].into_iter())?.into_any();
    Ok(objects::tuple(py, [Ok(function), Ok(parts)].into_iter())?.into_any())
}

/// `row.__reduce__()`
unsafe extern "C" fn reduce(object: *mut ffi::PyObject, _: *mut ffi::PyObject) -> NewReference {
    // SAFETY: the method is called attached.
    unsafe { enter(object, &mut parts_of) }
}

/// The items of a row as a plain tuple.
fn plain<'py>(row: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: attached; a row is a tuple; the result is a new reference or NULL.
    unsafe {
        let items = ffi::PyTuple_GetSlice(row.as_ptr(), 0, ffi::Py_SIZE(row.as_ptr()));
        Bound::from_owned_ptr_or_err(row.py(), items)
    }
}

/// `row._asdict()`
unsafe extern "C" fn as_dict(object: *mut ffi::PyObject, _: *mut ffi::PyObject) -> NewReference {
    // SAFETY: the method is called attached.
    unsafe { enter(object, &mut |row| Ok(dict_of(row)?.into_any())) }
}

fn dict_of<'py>(row: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let dict = objects::dict(row.py())?;
    for (name, value) in names_of(&row.get_type())?.iter().zip(row.try_iter()?) {
        // Of two fields of one name, the first is the one that the name gives.
        if !dict.contains(&name)? {
            dict.set_item(name, value?)?;
        }
    }
    Ok(dict)
}

/// `row._replace(**changes)`
unsafe extern "C" fn replace(
    object: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
    changes: *mut ffi::PyObject,
) -> NewReference {
    // SAFETY: the method is called attached, with a tuple of arguments and a dict of named ones or
    // NULL.
    unsafe {
        enter(object, &mut |row| {
            let changes = Bound::from_borrowed_ptr_or_opt(row.py(), changes);
            let arguments = Bound::from_borrowed_ptr(row.py(), arguments);
            replaced(row, &arguments, changes)
        })
    }
}

fn replaced<'py>(
    row: &Bound<'py, PyAny>,
    arguments: &Bound<'py, PyAny>,
    changes: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (py, names) = (row.py(), names_of(&row.get_type())?);
    if arguments.len()? > 0 {
        return Err(PyTypeError::new_err("_replace() takes the new values by their names"));
    }
    let changes = match changes {
        Some(changes) => changes.cast_into::<PyDict>()?,
        None => objects::dict(py)?,
    };
    let mut values = fallible::vec_for(names.len())?;
    for (name, value) in names.iter().zip(row.try_iter()?) {
        // Of several fields of one name the first is meant.
        values.push(take(&changes, &name)?.map_or(value, Ok)?);
    }
    if let Some((name, _)) = changes.iter().next() {
        let name = objects::repr(&name).unwrap_or_default();
        return Err(PyValueError::new_err(format!("the row has no field {name}")));
    }
    let values = objects::tuple(py, values.into_iter().map(Ok))?;
    row.get_type().call1(values)
}

/// The methods of all classes of rows, which CPython only reads.
#[repr(transparent)]
pub(super) struct Methods([ffi::PyMethodDef; 5]);

// SAFETY: nobody changes them.
unsafe impl Sync for Methods {}

const fn without_arguments(
    name: &'static std::ffi::CStr,
    function: ffi::PyCFunction,
    doc: &'static std::ffi::CStr,
) -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: function },
        ml_flags: ffi::METH_NOARGS,
        ml_doc: doc.as_ptr(),
    }
}

const fn with_names(
    name: &'static std::ffi::CStr,
    doc: &'static std::ffi::CStr,
) -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionWithKeywords: replace },
        ml_flags: ffi::METH_VARARGS | ffi::METH_KEYWORDS,
        ml_doc: doc.as_ptr(),
    }
}

pub(super) static METHODS: Methods = Methods([
    without_arguments(c"__reduce__", reduce, c"__reduce__($self, /)\n--\n\nWhat pickle asks for."),
    without_arguments(
        c"_asdict",
        as_dict,
        c"_asdict($self, /)\n--\n\nThe values as a dict, by the names of their fields.",
    ),
    with_names(
        c"_replace",
        c"_replace($self, /, **changes)\n--\n\nThe same row with other values for some fields.",
    ),
    with_names(
        c"__replace__",
        c"__replace__($self, /, **changes)\n--\n\nWhat copy.replace asks for.",
    ),
    ffi::PyMethodDef::zeroed(),
]);
