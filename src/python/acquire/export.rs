//! The export of a foreign object: a `Py_buffer`, acquired and released in place.

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::mem::MaybeUninit;

use pyo3::Borrowed;
use pyo3::ffi;
use pyo3::prelude::*;

use super::AsView;
use super::describe::{describe_any, describe_known, describe_letter};
use super::masked;
use super::redirect::is_shown_to_collector;
use super::refusal::refusal;
use crate::array::AnyArray;
use crate::error::Error;
use crate::python::errors::keep_exception;
use crate::python::exceptions::PyBufferError;
use crate::python::objects::type_name;
use crate::python::stack;

/// What is known of an export that was acquired.
pub struct Acquired {
    /// Whether the garbage collector has to know of the exporter.
    pub is_gc: bool,
    /// The number of dimensions of the array.
    pub ndim: usize,
}

/// Why no export was acquired.
pub enum Failure {
    /// The object has no buffer, or its exporter has refused it.
    Refused(PyErr),
    /// What it exports will not do, or the state of the program is to blame.
    Other(PyErr),
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Other(error)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) | Failure::Other(error) => error,
        }
    }
}

/// The place of a `Py_buffer`, which may be filled in or not.
#[repr(transparent)]
pub struct Export(UnsafeCell<MaybeUninit<ffi::Py_buffer>>);

impl Export {
    /// A place that is not filled in.
    #[must_use]
    pub const fn uninit() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// Acquires the export of `object`, exactly one, into the place where it is to stay, and writes
    /// what its memory holds to `array`.
    ///
    /// # Errors
    /// The exporter's own exception; for an object without a buffer one that is both a TypeError
    /// and a ValueError; BufferError for an export that contradicts itself, and for a masked array;
    /// RecursionError if little of the stack is left. Neither place is filled in then.
    ///
    /// # Safety
    /// Both places are valid for writes, and the export is never moved.
    #[inline(always)]
    pub unsafe fn acquire(
        place: *mut Self,
        array: *mut AnyArray,
        object: &Bound<'_, PyAny>,
        flags: c_int,
        as_view: AsView,
    ) -> Result<Acquired, Failure> {
        // SAFETY: the caller guarantees that the places are valid; `object` is alive. A buffer that
        // could not be filled in may hold anything, and is not read.
        unsafe {
            if stack::is_mutable(object.get_type_ptr()) {
                check_class(object)?;
            }
            let buffer = place.cast::<ffi::Py_buffer>();
            let status = ffi::PyObject_GetBuffer(object.as_ptr(), buffer, flags);
            if status != 0 {
                return Err(Failure::Refused(refusal(object)));
            }
            // The array tells as well, but the processor would wait for what was just written.
            let mut ndim = (*buffer).ndim as usize;
            match describe_letter(array, &*buffer) {
                Ok(true) => {}
                Ok(false) if describe_known(object.py(), array, &*buffer) => {}
                other => {
                    describe_slowly(array, buffer, object, (flags, as_view), other)?;
                    ndim = (*array).layout().ndim();
                }
            }
            let exporter = (*buffer).obj;
            // A cycle through an exporter that the collector is not shown leaks.
            let is_gc = !exporter.is_null()
                && is_gc(exporter)
                && is_shown_to_collector(&Borrowed::from_ptr(object.py(), exporter));
            Ok(Acquired { is_gc, ndim })
        }
    }

    /// The buffer.
    ///
    /// # Safety
    /// It was filled in, and is not released for as long as the result is used.
    pub unsafe fn buffer(&self) -> &ffi::Py_buffer {
        // SAFETY: the caller guarantees it; nobody changes a buffer that is filled in.
        unsafe { (*self.0.get()).assume_init_ref() }
    }

    /// Returns whether releasing the buffer is certain to end no object and to run no Python code;
    /// without a GIL, whether nothing else holds while nobody drops a reference to the exporter.
    ///
    /// # Safety
    /// The same as for [`buffer`](Self::buffer).
    #[must_use]
    #[inline(always)]
    pub unsafe fn ends_nothing(&self) -> bool {
        // SAFETY: the caller guarantees it; the exporter is alive, or NULL.
        unsafe {
            let exporter = self.buffer().obj;
            exporter.is_null()
                || (ffi::Py_REFCNT(exporter) > 1 && !stack::may_run_python(ffi::Py_TYPE(exporter)))
        }
    }

    /// Releases the buffer.
    ///
    /// # Safety
    /// It was filled in and not released before, nobody uses it any more, and the thread is
    /// attached.
    #[inline]
    pub unsafe fn release(&self) {
        // SAFETY: the caller guarantees it.
        unsafe { release_buffer(self.0.get().cast()) }
    }
}

/// Returns whether an object has a part in garbage collection.
///
/// # Safety
/// It is alive.
#[inline(always)]
unsafe fn is_gc(object: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller guarantees it.
    unsafe {
        #[cfg(not(Py_LIMITED_API))]
        return ffi::PyObject_IS_GC(object) != 0;
        #[cfg(Py_LIMITED_API)]
        return ffi::PyType_GetFlags(ffi::Py_TYPE(object)) & ffi::Py_TPFLAGS_HAVE_GC != 0;
    }
}

/// Looks at an exporter of a class that Python code can change, before it is asked for its buffer.
///
/// # Errors
/// RecursionError if little of the stack is left, and BufferError for a masked array.
#[inline(never)]
pub(crate) fn check_class(object: &Bound<'_, PyAny>) -> PyResult<()> {
    // The exporter's code may consume the object itself.
    // SAFETY: the class of an object is a class, and alive.
    if unsafe { stack::may_run_python(object.get_type_ptr()) } {
        stack::check(object.py())?;
    }
    masked::check(object)
}

/// Writes the array that a `Py_buffer` describes to `array`, where the fast path did not, and
/// releases the buffer if that fails.
///
/// # Safety
/// `buffer` was filled in for `object`, and `array` is valid for writes.
#[inline(never)]
unsafe fn describe_slowly(
    array: *mut AnyArray,
    buffer: *mut ffi::Py_buffer,
    object: &Bound<'_, PyAny>,
    (flags, as_view): (c_int, AsView),
    fast: Result<bool, Error>,
) -> PyResult<()> {
    // Formats nest, and the functions that read them with them.
    let described = fast.map_err(|error| contradiction(object, error)).and_then(|_| {
        stack::check(object.py())?;
        // SAFETY: the caller guarantees it.
        let described = unsafe { describe_any(object.py(), &*buffer, flags, as_view) };
        described.map_err(|error| contradiction(object, error))
    });
    // SAFETY: the caller guarantees it; a buffer is released once.
    unsafe {
        match described {
            Ok(described) => array.write(described),
            Err(error) => {
                ffi::PyBuffer_Release(buffer);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Returns what a buffer that was filled in, asked for with some flags, says of its memory.
///
/// # Errors
/// BufferError for a buffer that contradicts itself; RecursionError if little of the stack is left.
///
/// # Safety
/// The buffer was filled in for `object`, and is released after the array's last use.
pub(crate) unsafe fn describe(
    object: &Bound<'_, PyAny>,
    buffer: &ffi::Py_buffer,
    flags: c_int,
    as_view: AsView,
) -> PyResult<AnyArray> {
    stack::check(object.py())?;
    let mut array = MaybeUninit::uninit();
    // SAFETY: the caller guarantees it; the place is ours.
    unsafe {
        let array_place = array.as_mut_ptr();
        if matches!(describe_letter(array_place, buffer), Ok(true))
            || describe_known(object.py(), array_place, buffer)
        {
            return Ok(array.assume_init());
        }
        let described = describe_any(object.py(), buffer, flags, as_view);
        described.map_err(|error| contradiction(object, error))
    }
}

/// Releases a buffer. A view may be deallocated while an exception is propagated, which the
/// exporter's code must neither see nor lose.
///
/// # Safety
/// The same as for [`Export::release`].
#[inline(always)]
pub(crate) unsafe fn release_buffer(buffer: *mut ffi::Py_buffer) {
    // SAFETY: the caller guarantees it.
    unsafe { keep_exception(Python::assume_attached(), || ffi::PyBuffer_Release(buffer)) }
}

/// The exception for an export that contradicts itself.
#[cold]
fn contradiction(object: &Bound<'_, PyAny>, error: Error) -> PyErr {
    if error.is_value() || error.is_no_memory() {
        return error.into();
    }
    let name = type_name(object);
    PyBufferError::new_err(format!("{name} exports a buffer that contradicts itself: {error}"))
}
