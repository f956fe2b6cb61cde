//! The function `consume` of the module: `METH_FASTCALL | METH_KEYWORDS`, with its one argument
//! taken by hand.

use std::cell::UnsafeCell;
use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple};
use pyo3::{Borrowed, ffi};

use consumer::python::exceptions::PyTypeError;
use consumer::python::objects;
use consumer::python::once::made_once;

use super::trampoline::trampoline;
use crate::object::consume;
use crate::values::NewReference;

/// Returns the function `consume`, created when it is first asked for.
pub(crate) fn function(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static DEFINITION: Definition = Definition(UnsafeCell::new(ffi::PyMethodDef {
        ml_name: c"consume".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: consume },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: DOC.as_ptr(),
    }));
    static FUNCTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let function = made_once(&FUNCTION, py, || {
        let module = PyString::intern(py, "consumer");
        // SAFETY: the definition is there for as long as the function; the result is a new
        // reference or NULL.
        unsafe {
            let definition = DEFINITION.0.get();
            let function =
                ffi::PyCFunction_NewEx(definition, std::ptr::null_mut(), module.as_ptr());
            Bound::from_owned_ptr_or_err(py, function).map(Bound::unbind)
        }
    })?;
    Ok(function.bind(py))
}

/// What the function refers to for as long as it lives.
struct Definition(UnsafeCell<ffi::PyMethodDef>);

// SAFETY: it is never changed: the interpreter asks for a pointer that it could write through, and
// only reads.
unsafe impl Sync for Definition {}

/// `consume(object)`
unsafe extern "C" fn consume(
    _module: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> NewReference {
    let body = |py| {
        if count != 1 || !names.is_null() {
            // SAFETY: `names` is NULL or a tuple of the names of the arguments beyond `count`.
            let names = unsafe { Borrowed::from_ptr_or_opt(py, names) };
            check_arguments(count, names)?;
        }
        // SAFETY: there is one argument, positional or named, and it is alive.
        let object = unsafe { Borrowed::from_ptr(py, *arguments) };
        consume::consume(&object).map(Bound::into_ptr)
    };
    // SAFETY: the interpreter calls functions attached.
    unsafe { trampoline(body) }
}

/// Refuses a call with anything but the argument `object`.
#[cold]
fn check_arguments(positional: isize, names: Option<Borrowed<'_, '_, PyAny>>) -> PyResult<()> {
    let names = names.map(|names| names.cast::<PyTuple>().map(Borrowed::to_owned)).transpose()?;
    let named = names.as_ref().map_or(0, PyTupleMethods::len);
    let given = positional.unsigned_abs() + named;
    if given != 1 {
        let hint = if given > 1 { "; consume(x).cast(format) reads x as that format" } else { "" };
        let message = format!("consume() takes exactly one argument ({given} given){hint}");
        return Err(PyTypeError::new_err(message));
    }
    for name in names.iter().flatten() {
        if !name.eq("object")? {
            let name = objects::repr(&name).unwrap_or_default();
            let message = format!("consume() got an unexpected keyword argument {name}");
            return Err(PyTypeError::new_err(message));
        }
    }
    Ok(())
}

const DOC: &CStr = c"consume(object)
--

A typed, zero-copy view of the memory of any object that exports a buffer.

The view, a ConsumerArray, shows the memory as what the exporter's format string (PEP 3118) says
it holds: bytes, mmap, array.array, ctypes arrays, memoryview, NumPy arrays and all others, in
any number of dimensions, either byte order, and with any strides. Nothing is copied: what is
stored in the view is stored in the object, and the object's memory stays where it is for as
long as the view, or anything made from it, lives, or until it is released.

An object without a buffer is asked for its memory by the other protocols that it has: DLPack
(__dlpack__), NumPy's (__array__, where NumPy is loaded, __array_struct__, __array_interface__)
and Arrow's (__arrow_c_array__, __arrow_c_stream__).

Raises BufferProtocolError, which is both a TypeError and a ValueError, for an object that has
none of these, and says what to take instead where it knows; BufferError for an export that
contradicts itself, for memory that cannot be shared as it is, and for NumPy's arrays with
masked elements, because a buffer does not tell which they are. An exporter's own error passes.

To a type checker the view has the exporter's type of element where the exporter's type has
one, and Any where it has none.

>>> import array, consumer
>>> data = array.array('d', [0.5, 1.5, 2.5])
>>> v = consumer.consume(data)
>>> v[1]
1.5
>>> v[1] = 7
>>> data
array('d', [0.5, 7.0, 2.5])
>>> print(v[::-1])
[ 2.5 7.0 0.5 ]";
