//! Rows: the tuples of records whose fields are attributes as well, and how they begin and end.
//!
//! A row is an object of a class derived from `tuple`, which adds no fields: the attributes are
//! members at the places of the items (row_class.rs). So rows are made as tuples are, and by the
//! same macros of the C API. What they gain by ending otherwise is that no row has to be known to
//! the garbage collector unless a cycle can lead through it, and that the memory of the last ones
//! is used again.

use std::any::Any;
use std::sync::Arc;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use consumer::form::{Record, RowClass};
use consumer::python::once::made_once;

use crate::free_list::FreeList;
use crate::values::NewReference;

/// The class of the rows of a record.
pub(in crate::values) struct Rows {
    /// A reference of its own.
    class: *mut ffi::PyTypeObject,
    length: usize,
    /// Whether a cycle may lead through a row, because there may be lists or any objects in it.
    is_cyclic: bool,
}

// SAFETY: a class is used attached only; its references are counted by CPython.
unsafe impl Send for Rows {}
// SAFETY: as for `Send`.
unsafe impl Sync for Rows {}

impl Rows {
    /// # Safety
    /// The class is one of row_class.rs for rows of that length, which end by [`dealloc`].
    pub(super) unsafe fn new(class: Bound<'_, PyType>, length: usize, is_cyclic: bool) -> Self {
        Self { class: class.into_ptr().cast(), length, is_cyclic }
    }

    /// The class that objects of a record have, if not that of plain tuples.
    #[inline]
    pub(in crate::values) fn of(record: &Record) -> Option<&Self> {
        record.row_class.as_ref()?.get()
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    pub(super) fn into_class(self: Arc<Self>) -> RowClass {
        RowClass::new(self as Arc<dyn Any + Send + Sync>)
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        // The arrays that have it are dropped attached. Where one is not after all, the class
        // stays.
        // SAFETY: the reference is our own, and dropped once.
        unsafe {
            if ffi::PyGILState_Check() != 0 {
                ffi::Py_DECREF(self.class.cast());
            }
        }
    }
}

/// The greatest length of rows whose memory is used again.
const LONGEST: usize = 16;

/// How many rows of a length are kept: those of a list of some size, as CPython keeps tuples.
const ROOM: usize = 1024;

/// Deallocated rows, by their lengths from 1 on. They have no reference to a class.
static FREE_LISTS: [FreeList<ROOM>; LONGEST] = [const { FreeList::new() }; LONGEST];

fn free_list(length: usize) -> Option<&'static FreeList<ROOM>> {
    FREE_LISTS.get(length.wrapping_sub(1))
}

/// Creates a row, or a plain tuple, with `length` empty places: a new reference, or NULL with an
/// exception. It is handed out by [`complete`].
///
/// # Safety
/// Attached; `length` is the number of the fields of the record that the rows are of.
#[inline(always)]
pub(super) unsafe fn new_tuple(rows: Option<&Rows>, length: usize) -> NewReference {
    let Some(rows) = rows else {
        // SAFETY: attached.
        return unsafe { ffi::PyTuple_New(length as isize) };
    };
    // SAFETY: attached. An object of the list has room for as many items, and no class; a new one
    // has a reference to its class. Nobody else has it, so that its fields may be written.
    unsafe {
        debug_assert_eq!(rows.length, length);
        let py = Python::assume_attached();
        let row = match free_list(length).and_then(|list| list.new_object(py)) {
            Some(row) => {
                (*row).ob_type = rows.class;
                ffi::Py_INCREF(rows.class.cast());
                row
            }
            None => {
                let row: *mut ffi::PyObject = ffi::PyObject_GC_NewVar(rows.class, length as isize);
                if row.is_null() {
                    return row;
                }
                row
            }
        };
        clear_items(row, length);
        row
    }
}

/// Makes a new row one with empty places and an unknown hash.
///
/// # Safety
/// It is a new object of a class of rows of that length, and nobody else has it.
#[inline(always)]
unsafe fn clear_items(row: *mut ffi::PyObject, length: usize) {
    let tuple: *mut ffi::PyTupleObject = row.cast();
    // SAFETY: the caller guarantees it; a tuple ends with its items.
    unsafe {
        let items: *mut NewReference = (&raw mut (*tuple).ob_item).cast();
        items.write_bytes(0, length);
        #[cfg(Py_3_14)]
        {
            (*tuple).ob_hash = -1;
        }
    }
}

/// Shows a row to the garbage collector if a cycle can lead through it. Of plain tuples the
/// collector knows since they were made.
///
/// # Safety
/// The row was made by [`new_tuple`] for the same rows, and all its places are filled.
#[inline(always)]
pub(super) unsafe fn complete(rows: Option<&Rows>, row: *mut ffi::PyObject) {
    if rows.is_some_and(|rows| rows.is_cyclic) {
        // SAFETY: the caller guarantees it; it is not tracked yet.
        unsafe { ffi::PyObject_GC_Track(row.cast()) };
    }
}

/// The class of rows that the garbage collector knows while they end: CPython's own deallocator for
/// heap types, which nests no deeper than the stack allows, asks whether it is that of the class.
static LAST: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// Makes that class, before there is any row.
pub(super) fn prepare(py: Python<'_>) -> PyResult<()> {
    made_once(&LAST, py, || {
        let slot = |slot, pfunc| ffi::PyType_Slot { slot, pfunc };
        let mut slots = [
            slot(ffi::Py_tp_base, (&raw mut ffi::PyTuple_Type).cast()),
            slot(0, std::ptr::null_mut()),
        ];
        let mut specification = ffi::PyType_Spec {
            name: c"consumer.Row".as_ptr(),
            basicsize: 0,
            itemsize: 0,
            flags: (ffi::Py_TPFLAGS_DEFAULT
                | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION
                | ffi::Py_TPFLAGS_IMMUTABLETYPE) as _,
            slots: slots.as_mut_ptr(),
        };
        // SAFETY: attached; the specification is complete, and only read. The result is a new
        // reference to a class, or NULL.
        unsafe {
            let class = ffi::PyType_FromSpec(&raw mut specification);
            Ok(Bound::from_owned_ptr_or_err(py, class)?.cast_into_unchecked().unbind())
        }
    })?;
    Ok(())
}

/// The deallocator of rows. What is in those that the garbage collector does not know nests no
/// deeper than types do.
pub(super) unsafe extern "C" fn dealloc(row: *mut ffi::PyObject) {
    // SAFETY: the interpreter calls it, attached, when the last reference to a row is gone. The
    // class that ends the others has objects of the same layout, and takes its reference with them.
    unsafe {
        let py = Python::assume_attached();
        let class = ffi::Py_TYPE(row);
        if ffi::PyObject_GC_IsTracked(row) != 0
            && let Some(last) = LAST.get(py)
        {
            ffi::PyObject_GC_UnTrack(row.cast());
            let last: *mut ffi::PyTypeObject = last.clone_ref(py).into_ptr().cast();
            (*row).ob_type = last;
            if let Some(end) = (*last).tp_dealloc {
                end(row);
            }
            ffi::Py_DECREF(class.cast());
            return;
        }
        let length = ffi::Py_SIZE(row);
        for place in (0..length).rev() {
            ffi::Py_XDECREF(ffi::PyTuple_GET_ITEM(row, place));
        }
        if !free_list(length.unsigned_abs()).is_some_and(|list| list.push(py, row)) {
            ffi::PyObject_GC_Del(row.cast());
        }
        ffi::Py_DECREF(class.cast());
    }
}
