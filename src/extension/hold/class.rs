//! The class of the objects that hold memory.

use std::ffi::{c_int, c_uint, c_void};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;

use super::body::Body;
use super::{export, recent};

/// The class, once it was made. It stays.
static CLASS: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(std::ptr::null_mut());

/// Returns the class, which was made.
#[inline(always)]
pub(super) fn made() -> *mut ffi::PyTypeObject {
    CLASS.load(Ordering::Acquire)
}

/// Allocates a place, for which the class is made first; `None`, and no exception, where there is
/// no memory.
#[cold]
#[inline(never)]
pub(super) fn allocate(_attached: Python<'_>) -> Option<NonNull<Body>> {
    if made().is_null() && !make() {
        // SAFETY: attached.
        unsafe { ffi::PyErr_Clear() };
        return None;
    }
    // SAFETY: attached; the memory has the size of the class's objects, and the type was made.
    unsafe {
        let place = NonNull::new(ffi::PyObject_Malloc(size_of::<Body>()))?;
        ffi::PyObject_Init(place.as_ptr().cast(), made());
        Some(place.cast())
    }
}

/// Makes the class. Returns whether there is one; else an exception is set.
#[cold]
fn make() -> bool {
    let slot = |slot, pfunc| ffi::PyType_Slot { slot, pfunc };
    let get: unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::Py_buffer, c_int) -> c_int =
        export::get_buffer;
    let end: unsafe extern "C" fn(*mut ffi::PyObject) = dealloc;
    let mut slots = [
        slot(ffi::Py_tp_dealloc, end as *mut c_void),
        slot(ffi::Py_bf_getbuffer, get as *mut c_void),
        slot(0, std::ptr::null_mut()),
    ];
    let flags = ffi::Py_TPFLAGS_DEFAULT
        | ffi::Py_TPFLAGS_IMMUTABLETYPE
        | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION;
    let mut spec = ffi::PyType_Spec {
        name: c"consumer.extension.Memory".as_ptr(),
        basicsize: size_of::<Body>() as c_int,
        itemsize: 0,
        flags: flags as c_uint,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: attached, as whoever calls this is; the slots are functions of their types, and the
    // name is static.
    let class = unsafe { ffi::PyType_FromSpec(&raw mut spec) };
    if class.is_null() {
        return false;
    }
    let null = std::ptr::null_mut();
    if CLASS.compare_exchange(null, class.cast(), Ordering::AcqRel, Ordering::Acquire).is_err() {
        // Another thread was first.
        // SAFETY: attached; the reference is ours.
        unsafe { ffi::Py_DECREF(class) };
    }
    true
}

/// Ends an object.
///
/// # Safety
/// Attached; called by CPython, for an object of the class to which there is no reference.
unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    let body = object.cast::<Body>();
    // SAFETY: the body was filled in before anybody saw the object. Then it is a place again.
    unsafe {
        Body::end(body);
        recent::keep(NonNull::new_unchecked(body));
    }
}
