//! NumPy's masked arrays: their buffer has all elements, and nothing says which are masked.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};
use pyo3::{Borrowed, ffi, intern};

use super::types::is_from;
use crate::python::attached::attached;
use crate::python::exceptions::PyBufferError;
use crate::python::objects::type_name;
use crate::python::stack::immutable_base;

/// Refuses an array with masked elements, which would be read as if they were none.
///
/// # Errors
/// BufferError that says what to take instead, and what the array's own attributes raise.
pub(super) fn check(object: &Bound<'_, PyAny>) -> PyResult<()> {
    // SAFETY: the class of an object is a class, and alive, and holds those that it derives from.
    let base = unsafe {
        let base = immutable_base(object.get_type_ptr()).cast();
        Borrowed::from_ptr_or_opt(object.py(), base).map(|base| base.cast_unchecked::<PyType>())
    };
    // Of most exporters, the class tells faster than the name: those of ctypes have metaclasses.
    let is_numpys = |base: Borrowed<'_, '_, PyType>| {
        base.is_exact_instance_of::<PyType>() && is_from(&base, "numpy", "ndarray")
    };
    if !base.is_some_and(is_numpys) {
        return Ok(());
    }
    attached(object.py(), || match class(object.py())? {
        Some(class) if is_instance(object, &class) && has_masked(object)? => {
            let name = type_name(object);
            Err(PyBufferError::new_err(format!(
                "{name} has masked elements, which a buffer would show as any others; \
                 x.filled(value) replaces them, and x.data has what is under the mask"
            )))
        }
        _ => Ok(()),
    })
}

/// Returns the class of masked arrays; `None` where it was not imported, and there are none.
fn class(py: Python<'_>) -> PyResult<Option<Bound<'_, PyType>>> {
    // SAFETY: attached; the result is a new reference, or NULL with or without an exception.
    let module = unsafe {
        let module = ffi::PyImport_GetModule(intern!(py, "numpy.ma").as_ptr());
        match Bound::from_owned_ptr_or_opt(py, module) {
            Some(module) => module,
            None => return PyErr::take(py).map_or(Ok(None), Err),
        }
    };
    // In a thread that is importing it there may be a part of the module.
    let class = module.getattr_opt(intern!(py, "MaskedArray"))?;
    Ok(class.and_then(|class| class.cast_into().ok()))
}

/// Returns whether an object is an instance of a class, whatever it says of that itself.
fn is_instance(object: &Bound<'_, PyAny>, class: &Bound<'_, PyType>) -> bool {
    // SAFETY: both classes are alive.
    unsafe { ffi::PyType_IsSubtype(object.get_type_ptr(), class.as_type_ptr()) != 0 }
}

/// Returns whether any element of a masked array, or any field of one, is masked.
fn has_masked(array: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = array.py();
    // What NumPy's own functions go by: an array of bools, of records of bools, or one bool.
    let mask = array.getattr(intern!(py, "_mask"))?;
    if mask.getattr(intern!(py, "dtype"))?.getattr(intern!(py, "names"))?.is_none() {
        // The first one, if any: `any` raises SystemError where there is no memory.
        return Ok(mask.getattr(intern!(py, "size"))?.is_truthy()?
            && mask
                .call_method1(intern!(py, "item"), (mask.call_method0(intern!(py, "argmax"))?,))?
                .is_truthy()?);
    }
    let bytes = mask.call_method0(intern!(py, "tobytes"))?;
    Ok(bytes.cast::<PyBytes>()?.as_bytes().iter().any(|&byte| byte != 0))
}
