//! The classes of rows: one for each list of names, made when it is first asked for.
//!
//! The attributes are members, which the C API reads at an offset: that of an item of
//! `PyTupleObject`, which the header of tuples publishes. So no row may be shorter than its class
//! says: the classes are immutable and have no subclasses, `tuple.__new__` refuses them, and their
//! own constructor counts. It gives a row that the garbage collector knows, whatever is in it.

use std::ffi::{c_int, c_uint, c_void};
use std::mem::offset_of;
use std::sync::Arc;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

use consumer::fallible;
use consumer::form::recent::{Recent, key_of_text};
use consumer::form::{ElementType, Record, RowClass};
use consumer::python::exceptions::PyTypeError;
use consumer::python::objects;

use super::row_methods::{METHODS, enter, names_of, repr};
use super::rows::{self, Rows};
use crate::values::NewReference;

/// A class, by the names of its fields, for rows through which no cycle leads, and for others.
struct Known {
    names: String,
    rows: [Arc<Rows>; 2],
}

/// Classes that may be asked for again.
static KNOWN: Recent<Known> = Recent::new();

/// Returns the class for the rows of a record.
pub(super) fn class_of(py: Python<'_>, record: &Record) -> PyResult<RowClass> {
    let mut names = fallible::vec_for(record.fields.len())?;
    for name in record.names() {
        names.push(objects::string(py, &name)?.into_any());
    }
    let names = objects::tuple(py, names.into_iter().map(Ok))?;
    let is_cyclic =
        |part: &ElementType| matches!(part, ElementType::Array { .. } | ElementType::Object);
    let is_cyclic = record.fields.iter().any(|field| field.element_type.any(&is_cyclic));
    Ok(class_for(&names, is_cyclic)?.into_class())
}

/// Returns the class for rows with these names.
fn class_for(names: &Bound<'_, PyTuple>, is_cyclic: bool) -> PyResult<Arc<Rows>> {
    let mut text = String::new();
    for name in names {
        let name = objects::text(name.cast::<PyString>()?)?;
        fallible::push_str(&mut text, &format!("{}:", name.len()))?;
        fallible::push_str(&mut text, &name)?;
    }
    let key = key_of_text(text.as_bytes());
    let chosen = |rows: &[Arc<Rows>; 2]| rows[usize::from(is_cyclic)].clone();
    let same = |known: &Known| (known.names == text).then(|| chosen(&known.rows));
    if let Some(rows) = key.and_then(|key| KNOWN.find(key, same)) {
        return Ok(rows);
    }
    let class = create(names)?;
    // SAFETY: the class was made for that.
    let rows = [false, true]
        .map(|is_cyclic| Arc::new(unsafe { Rows::new(class.clone(), names.len(), is_cyclic) }));
    let found = chosen(&rows);
    // SAFETY: attached; both are only compared. A class of another interpreter ends with it.
    let is_main = unsafe { ffi::PyInterpreterState_Get() == ffi::PyInterpreterState_Main() };
    if let Some(key) = key.filter(|_| is_main) {
        drop(KNOWN.keep(key, Known { names: text, rows }));
    }
    Ok(found)
}

/// Creates a class.
fn create<'py>(names: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyType>> {
    let py = names.py();
    rows::prepare(py)?;
    let taken = objects::dict(py)?;
    let mut members = fallible::vec_for(names.len() + 1)?;
    for (place, name) in names.iter().enumerate() {
        let text = objects::text(name.cast::<PyString>()?)?;
        if is_attribute(&text) && !taken.contains(&name)? {
            members.push(ffi::PyMemberDef {
                // SAFETY: a str without NUL; the class keeps it alive, and its text with it.
                name: unsafe { ffi::PyUnicode_AsUTF8(name.as_ptr()) },
                type_code: ffi::Py_T_OBJECT_EX,
                offset: (offset_of!(ffi::PyTupleObject, ob_item)
                    + place * size_of::<NewReference>()) as isize,
                flags: ffi::Py_READONLY,
                doc: std::ptr::null(),
            });
            taken.set_item(&name, py.None())?;
        }
    }
    members.push(ffi::PyMemberDef::default());
    let slot = |slot, pfunc| ffi::PyType_Slot { slot, pfunc };
    let mut slots = fallible::vec_for(9)?;
    slots.extend([
        slot(ffi::Py_tp_base, (&raw mut ffi::PyTuple_Type).cast()),
        slot(
            ffi::Py_tp_doc,
            c"A row: a tuple whose fields are attributes.".as_ptr().cast_mut().cast(),
        ),
        slot(ffi::Py_tp_new, new as ffi::newfunc as *mut c_void),
        slot(ffi::Py_tp_repr, repr as ffi::reprfunc as *mut c_void),
        slot(ffi::Py_tp_traverse, traverse as ffi::traverseproc as *mut c_void),
        slot(ffi::Py_tp_methods, (&raw const METHODS).cast_mut().cast()),
        slot(ffi::Py_tp_members, members.as_mut_ptr().cast()),
        slot(ffi::Py_tp_dealloc, rows::dealloc as ffi::destructor as *mut c_void),
        slot(0, std::ptr::null_mut()),
    ]);
    let mut specification = ffi::PyType_Spec {
        name: c"consumer.Row".as_ptr(),
        basicsize: 0,
        itemsize: 0,
        flags: (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC) as c_uint,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the specification is complete, and only read by the call, which copies the members;
    // the methods are static. Each function has the type of its slot. The result is a new reference
    // or NULL, and nobody else has the class before it is immutable.
    unsafe {
        let class = ffi::PyType_FromSpec(&raw mut specification);
        let class = Bound::from_owned_ptr_or_err(py, class)?;
        class.setattr(objects::string(py, "_fields")?, names)?;
        class.setattr(objects::string(py, "__match_args__")?, names)?;
        let class = class.cast_into_unchecked::<PyType>();
        objects::change_flag(&mut *class.as_type_ptr(), ffi::Py_TPFLAGS_IMMUTABLETYPE, true);
        ffi::PyType_Modified(class.as_type_ptr());
        Ok(class)
    }
}

/// Returns whether a field's name becomes an attribute: not those that mean something to Python,
/// and those that rows have in any case.
fn is_attribute(name: &str) -> bool {
    let is_special = name.starts_with("__") && name.ends_with("__");
    !is_special
        && !name.contains('\0')
        && !matches!(name, "_fields" | "_asdict" | "_replace" | "_make")
}

/// Creates a row of any objects, as many as there are fields.
fn row_of<'py>(rows: &Rows, values: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
    let (py, length) = (values.py(), rows.length());
    if values.len() != length {
        let found = values.len();
        return Err(PyTypeError::new_err(format!("expected {length} values, found {found}")));
    }
    // SAFETY: attached; the row is new, and has as many places.
    unsafe {
        let row = Bound::from_owned_ptr_or_err(py, rows::new_tuple(Some(rows), length))?;
        for (place, value) in values.iter().enumerate() {
            ffi::PyTuple_SET_ITEM(row.as_ptr(), place as isize, value.into_ptr());
        }
        rows::complete(Some(rows), row.as_ptr());
        Ok(row)
    }
}

/// Makes a row again: what a pickle of one calls.
#[pyfunction]
#[pyo3(name = "_row", signature = (names, values, /))]
fn row_again<'py>(
    names: &Bound<'py, PyTuple>,
    values: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    if names.iter().any(|name| !name.is_exact_instance_of::<PyString>()) {
        return Err(PyTypeError::new_err("the names of a row must be str"));
    }
    row_of(&*class_for(names, true)?, values)
}

/// Creates that function, by whose name in the package pickles mention it.
pub(crate) fn row_function(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let function = wrap_pyfunction!(row_again, py)?.into_any();
    function.setattr("__module__", "consumer")?;
    Ok(function)
}

/// `Row(*values)`
unsafe extern "C" fn new(
    class: *mut ffi::PyTypeObject,
    values: *mut ffi::PyObject,
    names: *mut ffi::PyObject,
) -> NewReference {
    // SAFETY: the slot is called attached, with a tuple of arguments and a dict of named ones or
    // NULL. The class is one of these, because no others are derived from them.
    unsafe {
        enter(class.cast(), &mut |class| {
            if !names.is_null() && ffi::PyDict_Size(names) > 0 {
                return Err(PyTypeError::new_err("a row takes no keyword arguments"));
            }
            let values = Bound::from_borrowed_ptr(class.py(), values).cast_into::<PyTuple>()?;
            let class = class.cast::<PyType>()?;
            let rows = Rows::new(class.clone(), names_of(class)?.len(), true);
            row_of(&rows, &values)
        })
    }
}

/// What the garbage collector asks: the class and the items.
unsafe extern "C" fn traverse(
    row: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: the collector calls it with a row; its empty places are NULL.
    unsafe {
        let items = (0..ffi::Py_SIZE(row)).map(|place| ffi::PyTuple_GET_ITEM(row, place));
        for object in items.chain([ffi::Py_TYPE(row).cast()]) {
            if !object.is_null() {
                let status = visit(object, argument);
                if status != 0 {
                    return status;
                }
            }
        }
    }
    0
}
