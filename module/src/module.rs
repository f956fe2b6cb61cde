//! The module `consumer`.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;

use consumer::python::errors::{buffer_protocol_error, unhashable_error};
use consumer::python::exceptions::PyImportError;

use crate::interchange::pickle;
use crate::methods::views::fields::field_class;
use crate::object::PyConsumerArray;
use crate::slots;
use crate::values::record::row_function;
use crate::values::{PyLongDouble, fill_small_int_table};

/// Typed, zero-copy views of any object that exports a buffer (PEP 3118).
///
/// consume(object) gives a ConsumerArray: memory of another object, seen as what its format says it
/// holds, and never copied.
///
/// >>> import array
/// >>> import consumer as C
/// >>> arr = array.array('i', [1, 2, 3, 4, 5])
/// >>> print(C.consume(arr))
/// [ 1 2 3 4 5 ]
//
// Python executes the module again where it is reloaded, or imported again after it left
// `sys.modules`: what there is already stays, and views of before and after are of one class.
#[pymodule(name = "consumer", gil_used = false)]
fn execute(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    check_interpreter(py)?;
    let class = py.get_type::<PyConsumerArray>();
    module.add("ConsumerArray", &class)?;
    // The name that the class had first, kept as an alias. It is no name of `__all__`, which `add`
    // would make it, because `help(consumer)` would print the class a second time; as it would all
    // methods of `ConsumerScalar`, which has but three of its own.
    module.setattr("PyConsumerArray", &class)?;
    module.add("Field", field_class(py)?)?;
    module.add("BufferProtocolError", buffer_protocol_error(py)?)?;
    module.add("UnhashableError", unhashable_error(py)?)?;
    module.add("consume", slots::consume::function(py)?)?;
    // Not a name of the module's interface, which `add` would make it.
    module.setattr("_rebuild", pickle::function(py)?)?;
    module.setattr("_row", row_function(py)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    fill_small_int_table(py)?;
    // The classes are made here, because PyO3 makes one within a lock where it is first used: code
    // of a finaliser that came to use it meanwhile would wait for itself.
    py.get_type::<PyLongDouble>();
    module.setattr("ConsumerScalar", slots::install(py)?)?;
    // `_collections_abc` is what `collections.abc` is made of, and imported at every start.
    py.import("_collections_abc")?.getattr("Sequence")?.call_method1("register", (class,))?;
    Ok(())
}

/// Whether the module was executed in the main interpreter.
static IS_IN_MAIN: AtomicBool = AtomicBool::new(false);

/// Refuses a subinterpreter before the main interpreter has the module. The classes, and what makes
/// them fast, are there once in a process: they have to be of the interpreter that ends last. (One
/// with a GIL of its own is refused by CPython itself.) Without a GIL all of them are refused:
/// there, each interpreter counts the references to classes by itself, so that none can be shared.
fn check_interpreter(_attached: Python<'_>) -> PyResult<()> {
    // SAFETY: attached; both are only compared.
    if unsafe { ffi::PyInterpreterState_Get() == ffi::PyInterpreterState_Main() } {
        IS_IN_MAIN.store(true, Ordering::Relaxed);
    } else if cfg!(Py_GIL_DISABLED) || !IS_IN_MAIN.load(Ordering::Relaxed) {
        let message = "module consumer.consumer does not support loading in subinterpreters \
                       before the main interpreter has imported it";
        return Err(PyImportError::new_err(message));
    }
    Ok(())
}
