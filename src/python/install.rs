//! Puts the raw functions into the classes, over those that PyO3 made.

use std::ffi::{CStr, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;
use pyo3::{PyTypeInfo, ffi};

use super::class::PyConsumerArray;
use super::iter::PyIterator;
use super::raw;
use super::vacant::{check_layout, dealloc, dealloc_other};

/// Puts the raw functions into the slots of the classes.
pub(super) fn install(py: Python<'_>) -> PyResult<()> {
    check_layout(py)?;
    install_methods(py)?;
    // SAFETY: nobody but this module has seen the classes yet, and each function has the type and
    // the meaning of its slot. A class with methods for them has the tables.
    unsafe {
        let class = &mut *PyConsumerArray::type_object_raw(py);
        if let Some(mapping) = class.tp_as_mapping.as_mut() {
            mapping.mp_length = Some(raw::length);
            mapping.mp_subscript = Some(raw::subscript);
            mapping.mp_ass_subscript = Some(raw::assign_subscript);
        }
        if let Some(sequence) = class.tp_as_sequence.as_mut() {
            sequence.sq_length = Some(raw::length);
            sequence.sq_contains = Some(raw::contains);
        }
        if let Some(buffer) = class.tp_as_buffer.as_mut() {
            buffer.bf_getbuffer = Some(raw::get_buffer);
            buffer.bf_releasebuffer = Some(raw::release_buffer);
        }
        class.tp_richcompare = Some(raw::rich_compare);
        class.tp_dealloc = Some(dealloc);
        // `match` takes it for a sequence: what `Sequence.register` does for classes that can be
        // changed.
        #[cfg(not(Py_GIL_DISABLED))]
        {
            class.tp_flags |= ffi::Py_TPFLAGS_SEQUENCE;
        }
        #[cfg(Py_GIL_DISABLED)]
        class.tp_flags.fetch_or(ffi::Py_TPFLAGS_SEQUENCE, std::sync::atomic::Ordering::Relaxed);
        let iterator = &mut *PyIterator::type_object_raw(py);
        iterator.tp_iternext = Some(raw::iter_next);
        iterator.tp_dealloc = Some(dealloc_other::<PyIterator>);
        ffi::PyType_Modified(class);
    }
    Ok(())
}

/// Puts the raw methods in the place of those that PyO3 made.
fn install_methods(py: Python<'_>) -> PyResult<()> {
    let method = |name: &'static CStr, function, flags, doc: &'static CStr| ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: function,
        ml_flags: flags,
        ml_doc: doc.as_ptr(),
    };
    let methods = [
        method(
            c"__enter__",
            ffi::PyMethodDefPointer { PyCFunction: raw::enter },
            ffi::METH_NOARGS,
            c"__enter__($self, /)\n--\n\n",
        ),
        method(
            c"__exit__",
            ffi::PyMethodDefPointer { PyCFunctionFast: raw::exit },
            ffi::METH_FASTCALL,
            c"__exit__($self, /, *_exception)\n--\n\n",
        ),
    ];
    replace_method(py, c"tobytes", raw::tobytes, &raw::TOBYTES)?;
    replace_method(py, c"cast", raw::cast, &raw::CAST)?;
    // The definitions have to live as long as the class.
    for definition in Box::leak(Box::new(methods)) {
        let class = PyConsumerArray::type_object_raw(py);
        // SAFETY: the class is ready, and nobody but this module has seen it; the definitions are
        // never freed.
        unsafe {
            let descriptor = ffi::PyDescr_NewMethod(class, definition);
            let descriptor = Bound::from_owned_ptr_or_err(py, descriptor)?;
            let dict = (*class).tp_dict;
            if ffi::PyDict_SetItemString(dict, definition.ml_name, descriptor.as_ptr()) != 0 {
                return Err(PyErr::fetch(py));
            }
        }
    }
    Ok(())
}

/// A method with arguments, as PyO3 makes them.
pub(super) type Method = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    isize,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

/// A method of PyO3's that one of ours stands in front of; NULL before that.
pub(super) struct Behind(AtomicPtr<c_void>);

impl Behind {
    pub(super) const fn new() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    fn set(&self, method: Method) {
        self.0.store(method as *mut c_void, Ordering::Relaxed);
    }

    /// Calls it.
    ///
    /// # Safety
    /// The arguments are those that the interpreter calls a method with.
    pub(super) unsafe fn call(
        &self,
        object: *mut ffi::PyObject,
        arguments: *const *mut ffi::PyObject,
        count: isize,
        names: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        let method = self.0.load(Ordering::Relaxed);
        // SAFETY: there is NULL, which is no function, or a method.
        match unsafe { std::mem::transmute::<*mut c_void, Option<Method>>(method) } {
            // SAFETY: as the caller says.
            Some(method) => unsafe { method(object, arguments, count, names) },
            None => std::ptr::null_mut(),
        }
    }
}

/// Puts a method in the place of PyO3's own of that name, which it is given to fall back on.
fn replace_method(
    py: Python<'_>,
    name: &'static CStr,
    function: Method,
    behind: &Behind,
) -> PyResult<()> {
    let class = PyConsumerArray::type_object_raw(py);
    let other = || PySystemError::new_err("consumer was built with a PyO3 of other methods");
    // SAFETY: the class is ready, and nobody but this module has seen it. What the descriptor of a
    // method with these flags has is a function of this type.
    unsafe {
        let descriptor = ffi::PyDict_GetItemString((*class).tp_dict, name.as_ptr());
        if descriptor.is_null() || ffi::Py_TYPE(descriptor) != &raw mut ffi::PyMethodDescr_Type {
            return Err(other());
        }
        let definition = (*descriptor.cast::<ffi::PyMethodDescrObject>()).d_method;
        if (*definition).ml_flags != ffi::METH_FASTCALL | ffi::METH_KEYWORDS {
            return Err(other());
        }
        behind.set((*definition).ml_meth.PyCFunctionFastWithKeywords);
        // The definition has to live as long as the class.
        let definition = Box::leak(Box::new(ffi::PyMethodDef {
            ml_name: (*definition).ml_name,
            ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: function },
            ml_flags: (*definition).ml_flags,
            ml_doc: (*definition).ml_doc,
        }));
        let ours = ffi::PyDescr_NewMethod(class, definition);
        let ours = Bound::from_owned_ptr_or_err(py, ours)?;
        if ffi::PyDict_SetItemString((*class).tp_dict, name.as_ptr(), ours.as_ptr()) != 0 {
            return Err(PyErr::fetch(py));
        }
    }
    Ok(())
}

/// The function `consume` of the module.
pub(super) fn consume_function(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    // The definition has to live as long as the function; there is one for each interpreter.
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: c"consume".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: raw::consume },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: CONSUME_DOC.as_ptr(),
    }));
    let module = pyo3::types::PyString::intern(py, "consumer");
    // SAFETY: the definition is never freed; the result is a new reference or NULL.
    unsafe {
        let function = ffi::PyCFunction_NewEx(definition, std::ptr::null_mut(), module.as_ptr());
        Bound::from_owned_ptr_or_err(py, function)
    }
}

const CONSUME_DOC: &CStr = c"consume(object)
--

A typed, zero-copy view of the memory of any object that exports a buffer.

The view, a ConsumerArray, shows the memory as what the exporter's format string (PEP 3118) says it
holds: bytes, mmap, array.array, ctypes arrays, memoryview, NumPy arrays and all others, in any
number of dimensions, either byte order, and with any strides. Nothing is copied: what is stored in
the view is stored in the object, and the object's memory stays where it is for as long as the view,
or anything made from it, lives, or until it is released.

Raises BufferProtocolError, which is both a TypeError and a ValueError, for an object that exports
no buffer; BufferError for an export that contradicts itself. An exporter's own error passes.

>>> import array, consumer
>>> data = array.array('d', [0.5, 1.5, 2.5])
>>> v = consumer.consume(data)
>>> v[1]
1.5
>>> v[1] = 7
>>> data
array('d', [0.5, 7.0, 2.5])
>>> print(v[::-1])
[ 2.5 7.0 0.5 ]
";
