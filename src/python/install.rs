//! Puts the raw functions into the classes, over those that PyO3 made.

use std::ffi::{CStr, c_int, c_void};
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
    use ffi::PyMethodDefPointer as Function;
    let no_arguments = |function| (Function { PyCFunction: function }, ffi::METH_NOARGS);
    let with_names = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
    replace(py, c"tolist", no_arguments(raw::tolist))?;
    replace(py, c"release", no_arguments(raw::release))?;
    replace(py, c"__enter__", no_arguments(raw::enter))?;
    replace(py, c"__exit__", (Function { PyCFunctionFast: raw::exit }, ffi::METH_FASTCALL))?;
    let behind: [(_, Method, _); 2] =
        [(c"tobytes", raw::tobytes, &raw::TOBYTES), (c"cast", raw::cast, &raw::CAST)];
    for (name, function, behind) in behind {
        let function = Function { PyCFunctionFastWithKeywords: function };
        let original = replace(py, name, (function, with_names))?;
        if original.ml_flags != with_names {
            return Err(other_methods());
        }
        // SAFETY: a method with these flags is a function of this type.
        behind.set(unsafe { original.ml_meth.PyCFunctionFastWithKeywords });
    }
    Ok(())
}

/// Puts a function, called as its flags say, in the place of a method of PyO3's, and gives the
/// definition of that. Name and text stay.
fn replace(
    py: Python<'_>,
    name: &'static CStr,
    (function, flags): (ffi::PyMethodDefPointer, c_int),
) -> PyResult<&'static ffi::PyMethodDef> {
    let class = PyConsumerArray::type_object_raw(py);
    // SAFETY: the class is ready, and nobody but this module has seen it. What PyO3 defines methods
    // by lives as long as that.
    unsafe {
        let descriptor = ffi::PyDict_GetItemString((*class).tp_dict, name.as_ptr());
        if descriptor.is_null() || ffi::Py_TYPE(descriptor) != &raw mut ffi::PyMethodDescr_Type {
            return Err(other_methods());
        }
        let original = &*(*descriptor.cast::<ffi::PyMethodDescrObject>()).d_method;
        // The definition has to live as long as the class.
        let definition = Box::leak(Box::new(ffi::PyMethodDef {
            ml_name: original.ml_name,
            ml_meth: function,
            ml_flags: flags,
            ml_doc: original.ml_doc,
        }));
        let ours = ffi::PyDescr_NewMethod(class, definition);
        let ours = Bound::from_owned_ptr_or_err(py, ours)?;
        if ffi::PyDict_SetItemString((*class).tp_dict, name.as_ptr(), ours.as_ptr()) != 0 {
            return Err(PyErr::fetch(py));
        }
        Ok(original)
    }
}

#[cold]
fn other_methods() -> PyErr {
    PySystemError::new_err("consumer was built with a PyO3 that makes other methods")
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
