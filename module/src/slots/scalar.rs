//! The class of views without dimensions, and `bool(v)`, `int(v)`, `float(v)` and `complex(v)`.
//!
//! PyO3 has no way for a subclass that adds no fields and ends as its base does; so it is made of a
//! specification, as classes are in C.

use std::ffi::{CStr, c_int, c_uint, c_void};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyTuple, PyType};

use consumer::python::objects::change_flag;
use consumer::python::stack;

use super::trampoline::{this, trampoline};
use crate::object::PyConsumerArray;
use crate::object::uninit::dealloc;
use crate::values::NewReference;

/// Creates the class.
pub(super) fn create(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    let base = py.get_type::<PyConsumerArray>();
    // The class refers to its methods for as long as it lives.
    let methods = Box::leak(Box::new([
        ffi::PyMethodDef {
            ml_name: c"__complex__".as_ptr(),
            ml_meth: ffi::PyMethodDefPointer { PyCFunction: complex },
            ml_flags: ffi::METH_NOARGS,
            ml_doc: COMPLEX.as_ptr(),
        },
        ffi::PyMethodDef::zeroed(),
    ]));
    let slot = |slot, pfunc| ffi::PyType_Slot { slot, pfunc };
    let mut slots = [
        slot(ffi::Py_tp_doc, DOC.as_ptr().cast_mut().cast()),
        // A class of a specification has a deallocator for the objects of Python's own classes
        // unless it says otherwise; all else that is not listed here is inherited.
        slot(ffi::Py_tp_dealloc, dealloc as ffi::destructor as *mut c_void),
        slot(ffi::Py_tp_methods, methods.as_mut_ptr().cast()),
        slot(ffi::Py_nb_bool, truth as ffi::inquiry as *mut c_void),
        slot(ffi::Py_nb_int, int as ffi::unaryfunc as *mut c_void),
        slot(ffi::Py_nb_float, float as ffi::unaryfunc as *mut c_void),
        slot(0, std::ptr::null_mut()),
    ];
    let flags = ffi::Py_TPFLAGS_DEFAULT
        | ffi::Py_TPFLAGS_IMMUTABLETYPE
        | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION;
    let mut specification = ffi::PyType_Spec {
        name: c"consumer.ConsumerScalar".as_ptr(),
        // The base's; so is what the garbage collector asks.
        basicsize: 0,
        itemsize: 0,
        flags: flags as c_uint,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the base, which is ready, accepts subclasses during the call only. The specification
    // is complete, and only read by the call; what it refers to is static. Each function has the
    // type of its slot. The result is a new reference or NULL.
    unsafe {
        change_flag(&mut *base.as_type_ptr(), ffi::Py_TPFLAGS_BASETYPE, true);
        let class = ffi::PyType_FromSpecWithBases(&raw mut specification, base.as_ptr());
        change_flag(&mut *base.as_type_ptr(), ffi::Py_TPFLAGS_BASETYPE, false);
        Ok(Bound::from_owned_ptr_or_err(py, class)?.cast_into()?)
    }
}

/// `v[()]`, which may be a view again: whatever converts it comes back.
///
/// # Safety
/// `object` is a view without dimensions, and alive.
unsafe fn element<'py>(py: Python<'py>, object: *mut ffi::PyObject) -> PyResult<Bound<'py, PyAny>> {
    stack::check(py)?;
    // SAFETY: the caller guarantees it.
    unsafe { this(py, object) }.get_item(PyTuple::empty(py))
}

/// `bool(v)`
unsafe extern "C" fn truth(object: *mut ffi::PyObject) -> c_int {
    // SAFETY: as for `int`; a status is returned, -1 with an exception.
    unsafe { trampoline(|py| Ok(ffi::PyObject_IsTrue(element(py, object)?.as_ptr()))) }
}

/// `int(v)`
unsafe extern "C" fn int(object: *mut ffi::PyObject) -> NewReference {
    // SAFETY: the slot is called attached, on objects of the class. The element is alive; the
    // result is a new reference, or NULL with an exception.
    unsafe { trampoline(|py| Ok(ffi::PyNumber_Long(element(py, object)?.as_ptr()))) }
}

/// `float(v)`
unsafe extern "C" fn float(object: *mut ffi::PyObject) -> NewReference {
    // SAFETY: as for `int`.
    unsafe { trampoline(|py| Ok(ffi::PyNumber_Float(element(py, object)?.as_ptr()))) }
}

/// `complex(v)`
unsafe extern "C" fn complex(
    object: *mut ffi::PyObject,
    _nothing: *mut ffi::PyObject,
) -> NewReference {
    let body = |py: Python<'_>| {
        // SAFETY: the method is called on objects of the class.
        let element = unsafe { element(py, object)? };
        py.get_type::<PyComplex>().call1((element,)).map(Bound::into_ptr)
    };
    // SAFETY: the method is called attached.
    unsafe { trampoline(body) }
}

const COMPLEX: &CStr = c"__complex__($self, /)
--

complex(v[()]).";

const DOC: &CStr = c"A view without dimensions: a ConsumerArray that is also a number.

bool(v), int(v), float(v) and complex(v) are those of its one element, v[()]. All else is as for
any ConsumerArray. It is what consume, reshape, cast and the like give where the shape is (),
and cannot be made in another way.

>>> import ctypes, consumer
>>> v = consumer.consume(ctypes.c_double(2.5))
>>> v.shape
()
>>> float(v), int(v)
(2.5, 2)
>>> v[()] = 7
>>> complex(v)
(7+0j)";
