//! The classes and functions that ctypes has in C.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::python::acquire::types::{base, find_base, is_immutable, is_named, loaded_module};
use crate::python::exceptions::PyRuntimeError;
use crate::python::once::made_once;

/// The classes of ctypes that all its types derive from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Simple,
    Array,
    Structure,
    Union,
    /// Pointers and functions.
    Address,
}

/// Returns which class of ctypes a class derives from, and that class. The module it is in may be
/// another one in other versions of Python.
pub(super) fn kind_of<'py>(class: &Bound<'py, PyType>) -> Option<(Kind, Bound<'py, PyType>)> {
    let has_data = |class: &Bound<'py, PyType>| {
        base(class).is_some_and(|parent| is_immutable(&parent) && is_named(&parent, "_CData"))
    };
    let root = find_base(class, has_data)?;
    let kinds = [
        ("Structure", Kind::Structure),
        ("Array", Kind::Array),
        ("_SimpleCData", Kind::Simple),
        ("Union", Kind::Union),
        ("_Pointer", Kind::Address),
        ("CFuncPtr", Kind::Address),
    ];
    let found = kinds.into_iter().find(|(name, _)| is_named(&root, name));
    found.map(|(_, kind)| (kind, root))
}

/// The functions of ctypes that ask what it has made of a type: attributes of the type may have
/// been set since then.
pub(super) struct Functions {
    buffer_info: Py<PyAny>,
    sizeof: Py<PyAny>,
    alignment: Py<PyAny>,
    resize: Py<PyAny>,
}

/// What ctypes exports of the objects of a type.
pub(super) struct Exported {
    pub format: String,
    pub shape: Vec<usize>,
}

impl Functions {
    /// Finds them. ctypes is loaded: one of its objects is at hand.
    pub(super) fn get(py: Python<'_>) -> PyResult<&Self> {
        static FUNCTIONS: PyOnceLock<Functions> = PyOnceLock::new();
        // A subinterpreter has a ctypes of its own, which ends with it.
        // SAFETY: attached. The main interpreter is the first one.
        if unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) != 0 } {
            let message = "the types of ctypes cannot be read in a subinterpreter";
            return Err(PyRuntimeError::new_err(message));
        }
        made_once(&FUNCTIONS, py, || {
            let module = loaded(py, "_ctypes")?;
            let function = |name| function(&module, name);
            Ok(Self {
                buffer_info: function("buffer_info")?,
                sizeof: function("sizeof")?,
                alignment: function("alignment")?,
                resize: function("resize")?,
            })
        })
    }

    pub(super) fn exported(&self, class: &Bound<'_, PyType>) -> PyResult<Exported> {
        let (format, _, shape): (Option<String>, Bound<'_, PyAny>, _) =
            self.buffer_info.bind(class.py()).call1((class,))?.extract()?;
        // A pointer whose type was left incomplete has none, and ctypes calls it a byte.
        Ok(Exported { format: format.unwrap_or_else(|| "B".to_owned()), shape })
    }

    pub(super) fn sizeof(&self, class: &Bound<'_, PyType>) -> PyResult<usize> {
        self.sizeof.bind(class.py()).call1((class,))?.extract()
    }

    pub(super) fn alignment(&self, class: &Bound<'_, PyType>) -> PyResult<usize> {
        self.alignment.bind(class.py()).call1((class,))?.extract()
    }

    pub(super) fn resize(&self, object: &Bound<'_, PyAny>, size: usize) -> PyResult<()> {
        self.resize.bind(object.py()).call1((object, size)).map(drop)
    }
}

/// Returns a module that is loaded.
fn loaded<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let missing = || PyRuntimeError::new_err(format!("the module {name} is not in sys.modules"));
    loaded_module(py, name)?.ok_or_else(missing)
}

/// Returns a function of C by its name: what is in a module may have been replaced.
fn function(module: &Bound<'_, PyAny>, name: &str) -> PyResult<Py<PyAny>> {
    let function = module.getattr(name)?;
    // SAFETY: the object is alive.
    let is_of_c = unsafe { ffi::PyCFunction_CheckExact(function.as_ptr()) } != 0;
    if is_of_c && function.getattr("__name__")?.extract::<String>()? == name {
        Ok(function.unbind())
    } else {
        Err(PyRuntimeError::new_err(format!("the function {name} of ctypes was replaced")))
    }
}
