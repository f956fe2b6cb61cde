//! What keeps memory that another protocol than the buffer's has lent, and how it is given back.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use super::arrow::Column;
use super::dlpack::ManagedTensor;
use crate::array::AnyArray;
use crate::python::acquire::{AsView, Export, Failure};

/// What keeps memory that was lent, and the object that was asked for it.
pub struct Loan {
    keeper: Keeper,
    object: Py<PyAny>,
}

/// What keeps memory, by the means of the protocol that lent it.
pub(super) enum Keeper {
    Tensor(ManagedTensor),
    Column(Column),
    /// The buffer of another object, such as an ndarray.
    Buffer(Buffer),
    /// An object whose life is that of the memory.
    Object(Py<PyAny>),
}

/// A `Py_buffer` that was filled in, on the heap.
pub(in crate::python::acquire) struct Buffer(NonNull<Export>);

// SAFETY: `Py_buffer`s may be used and released in any attached thread.
unsafe impl Send for Buffer {}
// SAFETY: shared, it is only read.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// Acquires the buffer of an object, asked for with some flags, and returns it with the array
    /// that it describes.
    ///
    /// # Errors
    /// The same as for [`Export::acquire`].
    pub(in crate::python::acquire) fn acquire(
        object: &Bound<'_, PyAny>,
        flags: c_int,
        as_view: AsView,
    ) -> Result<(AnyArray, Self), Failure> {
        let mut array = MaybeUninit::uninit();
        let place = NonNull::from(Box::leak(Box::new(Export::uninit())));
        // SAFETY: both places are valid for writes, and the export stays where it is. If it fails,
        // nobody else has the box.
        unsafe {
            match Export::acquire(place.as_ptr(), array.as_mut_ptr(), object, flags, as_view) {
                Ok(_) => Ok((array.assume_init(), Self(place))),
                Err(failure) => {
                    drop(Box::from_raw(place.as_ptr()));
                    Err(failure)
                }
            }
        }
    }

    /// Releases the buffer.
    ///
    /// # Safety
    /// The thread is attached, and nobody uses the buffer any more.
    pub(in crate::python::acquire) unsafe fn release(self) {
        // SAFETY: it was filled in, and is released once, because `self` is taken; the caller
        // guarantees the rest. The place was leaked from a box.
        unsafe {
            self.0.as_ref().release();
            drop(Box::from_raw(self.0.as_ptr()));
        }
    }
}

impl Loan {
    pub(super) fn new(keeper: Keeper, object: &Bound<'_, PyAny>) -> Self {
        Self { keeper, object: object.clone().unbind() }
    }

    /// Gives the memory back, which may run arbitrary code.
    pub fn release(self, py: Python<'_>) {
        match self.keeper {
            Keeper::Tensor(tensor) => tensor.release(py),
            Keeper::Column(column) => column.release(py),
            // SAFETY: the token says that the thread is attached; the loan is over.
            Keeper::Buffer(buffer) => unsafe { buffer.release() },
            Keeper::Object(object) => drop(object.into_bound(py)),
        }
        drop(self.object.into_bound(py));
    }

    /// The object that was asked for its memory.
    #[must_use]
    pub fn object<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.object.bind(py).clone()
    }

    /// Shows the object to the garbage collector.
    ///
    /// # Errors
    /// The collector's.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.object)?;
        match &self.keeper {
            Keeper::Object(object) => visit.call(object),
            Keeper::Tensor(_) | Keeper::Column(_) | Keeper::Buffer(_) => Ok(()),
        }
    }
}
