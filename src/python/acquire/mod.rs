//! Acquiring the export of a foreign object, and letting go of it.
//!
//! An exporter fills in a `Py_buffer`, once, in place: it may point into itself, so that it must never
//! move. What it says of its memory becomes an array (describe.rs); where it is known to say it wrong,
//! its type is asked (ctypes.rs, numpy.rs).

pub mod ctypes;
mod describe;
mod numpy;

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::mem::MaybeUninit;

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;

use super::errors::no_buffer;
use crate::array::AnyArray;
use crate::error::Error;
use describe::describe;

/// What stands between an exporter and the object whose memory it is: a view of ours.
pub struct Through<'py> {
    /// What the view is a view of.
    pub exporter: Option<Bound<'py, PyAny>>,
    /// What the view knows of the elements.
    pub array: AnyArray,
}

/// Tells what an object is a view of, where it is one of ours: this room does not know the class.
pub type SeeThrough = for<'py> fn(&Bound<'py, PyAny>) -> Option<Through<'py>>;

/// The place of a `Py_buffer`, filled in or not.
#[repr(transparent)]
pub struct Export(UnsafeCell<MaybeUninit<ffi::Py_buffer>>);

impl Export {
    /// A place that is not filled in.
    pub const fn uninit() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// Acquires the export of `object`, exactly one, into the place where it is to stay. What its
    /// memory holds is written to `array`. Where that fails, neither place is filled in.
    ///
    /// Says whether the exporter is an object that the garbage collector has to know of.
    ///
    /// # Safety
    /// Both places are valid for writes, and nothing will move the export.
    #[inline]
    pub unsafe fn acquire(
        place: *mut Self,
        array: *mut AnyArray,
        object: &Bound<'_, PyAny>,
        flags: c_int,
        see_through: SeeThrough,
    ) -> PyResult<bool> {
        // SAFETY: the place is valid; a `Py_buffer` has no destructor that could run. `object` is
        // alive, and the buffer ours to be filled in. Where that fails it may hold anything, and
        // is not looked at.
        unsafe {
            let buffer = place.cast::<ffi::Py_buffer>();
            let status = ffi::PyObject_GetBuffer(object.as_ptr(), buffer, flags);
            if status != 0 {
                return Err(refusal(object));
            }
            match describe(object.py(), array, &*buffer, see_through) {
                Ok(()) => {
                    let exporter = (*buffer).obj;
                    // Before 3.13, collecting a memoryview that somebody has a buffer of makes
                    // CPython use memory that it freed: a cycle through one is better left alone.
                    Ok(!exporter.is_null()
                        && ffi::PyObject_IS_GC(exporter) != 0
                        && (cfg!(Py_3_13) || ffi::PyMemoryView_Check(exporter) == 0))
                }
                Err(error) => {
                    ffi::PyBuffer_Release(buffer);
                    Err(contradiction(object, error))
                }
            }
        }
    }

    /// The buffer.
    ///
    /// # Safety
    /// It was filled in, and not released.
    pub unsafe fn buffer(&self) -> &ffi::Py_buffer {
        // SAFETY: as the caller says; nobody changes it meanwhile.
        unsafe { (*self.0.get()).assume_init_ref() }
    }

    /// Releases the buffer.
    ///
    /// # Safety
    /// It was filled in, not released before, and nobody uses it any more.
    #[inline]
    pub unsafe fn release(&self) {
        // SAFETY: as the caller says.
        unsafe { release_buffer(self.0.get().cast()) }
    }
}

/// Releases a buffer. A view may die while an exception is on its way, which the exporter's code
/// must neither see nor lose.
///
/// # Safety
/// The buffer was filled in, and not released before.
#[inline]
unsafe fn release_buffer(buffer: *mut ffi::Py_buffer) {
    // SAFETY: as the caller says; attached.
    unsafe {
        if ffi::PyErr_Occurred().is_null() {
            return ffi::PyBuffer_Release(buffer);
        }
        let [mut class, mut value, mut traceback] = [std::ptr::null_mut(); 3];
        #[allow(deprecated, reason = "its successor came with Python 3.12")]
        ffi::PyErr_Fetch(&raw mut class, &raw mut value, &raw mut traceback);
        ffi::PyBuffer_Release(buffer);
        #[allow(deprecated, reason = "its successor came with Python 3.12")]
        ffi::PyErr_Restore(class, value, traceback);
    }
}

/// The error for an export that no memory can have.
#[cold]
fn contradiction(object: &Bound<'_, PyAny>, error: Error) -> PyErr {
    if error.is_value() {
        return error.into();
    }
    let name = object.get_type().fully_qualified_name();
    let name = name.map_or_else(|_| "the exporter".to_owned(), |name| name.to_string());
    PyBufferError::new_err(format!("{name} exports a buffer that contradicts itself: {error}"))
}

/// Why an object gave no buffer: it has none, or its exporter raised an error of its own.
#[cold]
fn refusal(object: &Bound<'_, PyAny>) -> PyErr {
    let error = PyErr::fetch(object.py());
    // SAFETY: the object is alive.
    if unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) } == 0 {
        return no_buffer(object);
    }
    if exports_without_format(object) {
        let hint = "consumer asks for the format of the elements, which this exporter refuses to \
                    give; where they can be seen as plain numbers first (NumPy: x.view('i8')), \
                    consume those";
        // A note changes neither type nor message; an error that takes none passes without.
        let _ = error.value(object.py()).call_method1("add_note", (hint,));
    }
    error
}

/// Whether an exporter that refused its buffer gives it to those who do not ask for the format.
fn exports_without_format(object: &Bound<'_, PyAny>) -> bool {
    let mut buffer = MaybeUninit::<ffi::Py_buffer>::uninit();
    let flags = ffi::PyBUF_FULL_RO & !ffi::PyBUF_FORMAT;
    // SAFETY: the object is alive; the buffer is released where it was filled in, before it moves.
    unsafe {
        let granted = ffi::PyObject_GetBuffer(object.as_ptr(), buffer.as_mut_ptr(), flags) == 0;
        if granted {
            ffi::PyBuffer_Release(buffer.as_mut_ptr());
        } else {
            ffi::PyErr_Clear();
        }
        granted
    }
}
