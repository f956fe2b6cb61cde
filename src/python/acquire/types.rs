//! Finding out what an object is by the classes of C that it derives from.
//!
//! Python code can name a class as it likes, and give it any attributes. What it cannot do is make
//! a class immutable: the name of an immutable class is what its author in C has given it.

#[cfg(not(Py_LIMITED_API))]
use std::ffi::CStr;
use std::ffi::{c_int, c_void};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyMappingProxy, PyString, PyType};

use crate::element::LongDouble;
#[cfg(Py_LIMITED_API)]
use crate::python::errors::DiscardError;
use crate::python::objects;
use crate::python::once::made_once;

/// How deep types may nest, as in format strings.
pub(super) const MAX_DEPTH: usize = 64;

/// Returns whether Python code can neither have made a class nor change it.
pub(super) fn is_immutable(class: &Bound<'_, PyType>) -> bool {
    // SAFETY: it is a class.
    unsafe { ffi::PyType_GetFlags(class.as_type_ptr()) & ffi::Py_TPFLAGS_IMMUTABLETYPE != 0 }
}

/// Returns a slot of a class, NULL if it has none.
pub(super) fn slot(class: &Bound<'_, PyType>, number: c_int) -> *mut c_void {
    // SAFETY: it is a class, and the number is one of CPython's.
    unsafe { ffi::PyType_GetSlot(class.as_type_ptr(), number) }
}

/// Returns the class whose memory the instances of a class begin with: neither `__mro__` nor
/// `__bases__`, of which a metaclass may make what it likes.
pub(super) fn base<'py>(class: &Bound<'py, PyType>) -> Option<Bound<'py, PyType>> {
    let base = slot(class, ffi::Py_tp_base);
    // SAFETY: the slot is a class or NULL, and the class keeps it alive.
    let base = unsafe { Bound::from_borrowed_ptr_or_opt(class.py(), base.cast()) };
    // SAFETY: as above, a class.
    base.map(|base| unsafe { base.cast_into_unchecked() })
}

/// Returns the first class that fits among the immutable ones that a class derives from, itself
/// included.
pub(super) fn find_base<'py>(
    class: &Bound<'py, PyType>,
    is_it: impl Fn(&Bound<'py, PyType>) -> bool,
) -> Option<Bound<'py, PyType>> {
    let mut class = class.clone();
    while !(is_immutable(&class) && is_it(&class)) {
        class = base(&class)?;
    }
    Some(class)
}

/// Returns whether an immutable class has this name in a module of this name, as its author has
/// given them.
pub(super) fn is_from(class: &Bound<'_, PyType>, module: &str, name: &str) -> bool {
    #[cfg(not(Py_LIMITED_API))]
    {
        let found = full_name(class).strip_suffix(name.as_bytes());
        found.and_then(|rest| rest.strip_suffix(b".")) == Some(module.as_bytes())
    }
    #[cfg(Py_LIMITED_API)]
    {
        let found = class.module().or_discard(class.py());
        found.is_some_and(|found| found == module) && is_named(class, name)
    }
}

/// Returns whether the name of an immutable class, without that of its module, is this one.
pub(super) fn is_named(class: &Bound<'_, PyType>, name: &str) -> bool {
    #[cfg(not(Py_LIMITED_API))]
    {
        full_name(class).rsplit(|&byte| byte == b'.').next() == Some(name.as_bytes())
    }
    #[cfg(Py_LIMITED_API)]
    class.name().or_discard(class.py()).is_some_and(|found| found == name)
}

/// Returns the name of an immutable class with that of its module. Nothing is made that there might
/// be no memory for.
#[cfg(not(Py_LIMITED_API))]
fn full_name<'a>(class: &'a Bound<'_, PyType>) -> &'a [u8] {
    // SAFETY: it is a class, which has its name as a C string for as long as it lives.
    unsafe { CStr::from_ptr((*class.as_type_ptr()).tp_name) }.to_bytes()
}

/// Returns the code of a number that is one of these kinds to NumPy and has so many bytes, of which
/// `f` and `c` of other sizes are long doubles where there are such; `None` for what is no number.
pub(super) fn code_of_number(kind: u8, size: usize) -> Option<&'static str> {
    Some(match (kind, size) {
        (b'b', 1) => "?",
        (b'i', 1) => "b",
        (b'i', 2) => "h",
        (b'i', 4) => "i",
        (b'i', 8) => "q",
        (b'u', 1) => "B",
        (b'u', 2) => "H",
        (b'u', 4) => "I",
        (b'u', 8) => "Q",
        (b'f', 2) => "e",
        (b'f', 4) => "f",
        (b'f', 8) => "d",
        (b'c', 8) => "Zf",
        (b'c', 16) => "Zd",
        (b'f', _) if size == size_of::<LongDouble>() => "g",
        (b'c', _) if size == 2 * size_of::<LongDouble>() => "Zg",
        _ => return None,
    })
}

/// Returns an attribute of an object; `None` if it has none of the name, or one that is None, by
/// which a class says that it has not what its base has.
pub(super) fn attribute<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    Ok(object.getattr_opt(name)?.filter(|found| !found.is_none()))
}

/// Returns a module that is loaded, `None` if it is not: nothing is imported.
pub(super) fn loaded_module<'py>(
    py: Python<'py>,
    name: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let name = objects::string(py, name)?;
    // SAFETY: the name is a string; the result is a new reference or NULL, with an exception or
    // not.
    let module =
        unsafe { Bound::from_owned_ptr_or_opt(py, ffi::PyImport_GetModule(name.as_ptr())) };
    match PyErr::take(py) {
        Some(error) if module.is_none() => Err(error),
        _ => Ok(module),
    }
}

/// Returns the attributes of a class itself, whatever its metaclass says of them.
pub(super) fn namespace<'py>(class: &Bound<'py, PyType>) -> PyResult<Namespace<'py>> {
    static GETTER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = class.py();
    let getter = made_once(&GETTER, py, || {
        let attributes = py.get_type::<PyType>().getattr("__dict__")?;
        attributes.get_item("__dict__").map(Bound::unbind)
    })?;
    let attributes = getter.bind(py).call_method1("__get__", (class,))?;
    Ok(Namespace(attributes.cast_into::<PyMappingProxy>()?))
}

/// The attributes of a class.
pub(super) struct Namespace<'py>(Bound<'py, PyMappingProxy>);

impl<'py> Namespace<'py> {
    /// Returns an attribute, `None` if there is none of that name.
    pub(super) fn get(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let missing = objects::dict(self.0.py())?;
        let found = self.0.call_method1("get", (name, &missing))?;
        Ok((!found.is(&missing)).then_some(found))
    }
}
