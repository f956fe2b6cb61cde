//! Finding out what an object is by the classes it derives from.

use std::ffi::CStr;

use pyo3::prelude::*;

/// How deep types may nest, as in format strings.
pub(super) const MAX_DEPTH: usize = 64;

/// Returns the first class whose name fits among those that an object's layout derives from: the
/// chain of `tp_base`, which even a class has that was never made ready.
pub(super) fn base_class<'py>(
    object: &Bound<'py, PyAny>,
    is_it: impl Fn(&CStr) -> bool,
) -> Option<Bound<'py, PyAny>> {
    let mut class = object.get_type_ptr();
    while !class.is_null() {
        // SAFETY: `class` is a class, whose name is a C string, and whose base is a class or NULL;
        // the object keeps all of them alive.
        unsafe {
            if is_it(CStr::from_ptr((*class).tp_name)) {
                return Some(Bound::from_borrowed_ptr(object.py(), class.cast()));
            }
            class = (*class).tp_base;
        }
    }
    None
}
