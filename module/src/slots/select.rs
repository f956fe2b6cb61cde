//! `v[key]` and `len(v)`.

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use consumer::array::AnyArray;
use consumer::layout::{Layout, Narrowed};

use super::trampoline::{attached_trampoline, this, trampoline};
use crate::arguments::exact;
use crate::methods::elements::item;
use crate::object::create::Dimensions;
use crate::object::uninit::value;
use crate::object::{Access, PyConsumerArray};
use crate::values::{NewReference, read, read_inline};

/// `len(v)`
pub(super) unsafe extern "C" fn length(object: *mut ffi::PyObject) -> isize {
    // SAFETY: the slot is called attached, on objects of the class.
    let (py, view) = unsafe { (Python::assume_attached(), value(object)) };
    match view.try_describe().and_then(|view| view.layout().length()) {
        Some(length) => length as isize,
        None => slow_length(py, view),
    }
}

#[cold]
#[inline(never)]
fn slow_length(_attached: Python<'_>, view: &PyConsumerArray) -> isize {
    // SAFETY: called by the slot.
    unsafe { trampoline(|_| item::length(view).map(|length| length as isize)) }
}

/// `v[key]`: the fast path is a scalar by its index, which cannot panic. The next one is a row.
pub(super) unsafe extern "C" fn subscript(
    object: *mut ffi::PyObject,
    key: *mut ffi::PyObject,
) -> NewReference {
    // SAFETY: the slot is called attached, on objects of the class, with a key that is alive.
    let (this, key) = unsafe {
        let py = Python::assume_attached();
        (this(py, object), Borrowed::from_ptr(py, key))
    };
    if let Some(access) = this.get().try_access(key.py())
        && let Some(index) = exact::int(key)
    {
        if let Some(pointer) = access.raw().line_element(index)
            && !matches!(*access, AnyArray::Composite(_))
        {
            // SAFETY: the pointer leads to an element of the view, which is accessed. Creating the
            // object of a scalar runs no Python code.
            return unsafe { read_inline(key.py(), &access, pointer) };
        }
        if let Some(offset) = access.layout().index_first(index) {
            return row(this, access, offset);
        }
    }
    slow_subscript(this, key)
}

/// The row that begins `offset` bytes from the view's start.
#[inline(never)]
fn row<'a, 'py>(
    this: Borrowed<'a, 'py, PyConsumerArray>,
    access: Access<'a>,
    offset: isize,
) -> NewReference {
    // SAFETY: called by the slot. What is shared is a row of the view, found under this access.
    unsafe {
        trampoline(|_| {
            // Without a GIL it is a hold, whose end may be that of the memory.
            let _access = access;
            PyConsumerArray::share_dimensions(&this, offset, Dimensions::ButTheFirst)
                .map(Bound::into_ptr)
        })
    }
}

#[inline(never)]
fn slow_subscript<'py>(
    this: Borrowed<'_, 'py, PyConsumerArray>,
    key: Borrowed<'_, 'py, PyAny>,
) -> NewReference {
    // SAFETY: called by the slot.
    unsafe {
        trampoline(|_| match select_exact(this, key)? {
            Some(selected) => Ok(selected.into_ptr()),
            None => Ok(select_any(this, key)),
        })
    }
}

/// What any key selects: a new reference, or NULL with an exception.
#[inline(never)]
fn select_any<'py>(
    this: Borrowed<'_, 'py, PyConsumerArray>,
    key: Borrowed<'_, 'py, PyAny>,
) -> NewReference {
    // SAFETY: called by the slot.
    unsafe { attached_trampoline(|_| item::get(&this, &key).map(Bound::into_ptr)) }
}

/// Returns what a key of exactly Python's own types selects; `None` for other keys and wrong ones.
#[inline(always)]
fn select_exact<'py>(
    this: Borrowed<'_, 'py, PyConsumerArray>,
    key: Borrowed<'_, 'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = this.py();
    let Some(access) = this.get().try_access(py) else { return Ok(None) };
    // SAFETY: what is shared are elements of the view, or parts of them, just found under access.
    // So is the element that is read; `read` returns a new reference, or NULL with an exception.
    unsafe {
        if let Some((offset, length, stride)) = exact::slice(&access, key) {
            let change = |layout: &mut Layout| layout.set_first(length, stride);
            PyConsumerArray::share_changed(&this, offset, change)
        } else if let Some(pointer) = exact::element(&access, key) {
            let object = read(py, &access, pointer);
            return Bound::from_owned_ptr_or_err(py, object).map(Some);
        } else if let Some(name) = exact::str_text(key) {
            match access.find_scalar_field(name) {
                Some(found) => PyConsumerArray::share_field(&this, found),
                None => PyConsumerArray::share(&this, access.field(name)?),
            }
        } else {
            let mut part = Narrowed::default();
            if !exact::selection(&access, key, &mut part) {
                return Ok(None);
            }
            let change = |layout: &mut Layout| layout.set_dimensions(&part);
            PyConsumerArray::share_changed(&this, part.offset, change)
        }
    }
    .map(|part| Some(part.into_any()))
}
