//! What keeps memory: an object of Python's, of which an array is the only reference.
//!
//! It is filled in in place, because a `Py_buffer` may point into itself, and an array is one
//! pointer to it, which moves for nothing. That it is an object of Python's settles in which thread
//! the memory is given back: whoever drops the reference while no interpreter is attached leaves
//! that to PyO3, which does it as soon as a thread is attached again, and waits for nobody.
//!
//! Its class is made when the first array is, has no name in any module, and makes nothing by
//! itself.

mod body;
pub(super) mod buffer;
mod class;
mod export;
mod recent;

use std::ptr::NonNull;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;

use crate::array::AnyArray;
use crate::dtype::{DType, ScalarType};
use crate::fallible;
use crate::format::FormatString;
use crate::layout::Layout;
use crate::memory::Memory;
use crate::python::acquire::Loan;
pub(super) use body::{Body, FEW, Told};
use body::{Rest, Source, Vector};

/// An object whose body is to be filled in, before anybody sees it.
pub(super) struct Vacant(NonNull<Body>);

impl Vacant {
    /// Takes a place; `None` where there is no memory for one.
    #[inline(always)]
    pub(super) fn take(py: Python<'_>) -> Option<Self> {
        recent::take(py).or_else(|| class::allocate(py)).map(Self)
    }

    /// The address of the body.
    #[inline(always)]
    pub(super) fn body(&self) -> *mut Body {
        self.0.as_ptr()
    }

    /// Makes the object.
    ///
    /// # Safety
    /// Attached; the body was filled in.
    #[inline(always)]
    pub(super) unsafe fn into_hold(self) -> Hold {
        let body = self.0.as_ptr();
        std::mem::forget(self);
        // SAFETY: attached; the place is an object, of which this is the only reference.
        unsafe { Hold(Bound::from_owned_ptr(Python::assume_attached(), body.cast()).unbind()) }
    }
}

impl Drop for Vacant {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: places are taken and dropped attached; nobody uses this one any more.
        unsafe { recent::keep(self.0) };
    }
}

/// What holds memory. It is the only reference to the object, but for those that Python has where
/// the memory was handed on.
#[repr(transparent)]
pub(super) struct Hold(Py<PyAny>);

impl Hold {
    /// Holds memory that was lent.
    pub(super) fn of_loan(py: Python<'_>, array: AnyArray, loan: Loan) -> PyResult<Self> {
        let Some(vacant) = Vacant::take(py) else {
            drop(array);
            loan.release(py);
            return Err(no_memory());
        };
        let (start, readonly, layout) = (array.start(), array.readonly(), array.layout().clone());
        let source = Source::Loan(loan, array.format().clone());
        // SAFETY: attached; the loan keeps the memory that the array describes.
        unsafe { Ok(vacant.filled(start, readonly, layout, source)) }
    }

    /// Holds the elements of a vector.
    ///
    /// # Errors
    /// MemoryError.
    ///
    /// # Safety
    /// Bytes of elements of the type are what the vector's have, and as many as the layout has.
    pub(super) unsafe fn of_vec<T: Copy>(
        py: Python<'_>,
        elements: Vec<T>,
        dtype: DType,
        layout: Layout,
    ) -> PyResult<Self> {
        unsafe fn free<T>(start: *mut u8, capacity: usize) {
            // SAFETY: the caller guarantees that these are the parts of a vector.
            drop(unsafe { Vec::<T>::from_raw_parts(start.cast(), 0, capacity) });
        }
        let vacant = Vacant::take(py).ok_or_else(no_memory)?;
        let mut elements = std::mem::ManuallyDrop::new(elements);
        let (start, capacity) = (elements.as_mut_ptr().cast(), elements.capacity());
        let format = ScalarType::native(dtype).format();
        let source = Source::Vector(Vector { start, capacity, free: free::<T> }, format);
        // SAFETY: attached; the vector is not dropped, and nobody else has its memory.
        unsafe { Ok(vacant.filled(start, false, layout, source)) }
    }

    /// Holds memory of our own.
    ///
    /// # Errors
    /// MemoryError.
    ///
    /// # Safety
    /// The memory has elements of that type, as the layout says.
    pub(super) unsafe fn of_memory(
        py: Python<'_>,
        memory: Memory,
        scalar_type: ScalarType,
        layout: Layout,
    ) -> PyResult<Self> {
        let vacant = Vacant::take(py).ok_or_else(no_memory)?;
        let start = memory.start();
        let source = Source::Memory(memory, scalar_type.format());
        // SAFETY: attached; the memory stays where it is on the heap.
        unsafe { Ok(vacant.filled(start, true, layout, source)) }
    }

    #[inline(always)]
    pub(super) fn body(&self) -> &Body {
        // SAFETY: the object is a body that was filled in, and alive; nobody changes it.
        unsafe { &*self.0.as_ptr().cast() }
    }

    /// The buffer, if the memory is an exporter's.
    pub(super) fn buffer(&self) -> Option<&ffi::Py_buffer> {
        let body = self.body();
        // SAFETY: where the source is a buffer it was filled in, and is released with the object.
        matches!(body.source(), Source::Buffer).then(|| unsafe { body.export.buffer() })
    }

    /// The object whose memory it is, if there is one.
    pub(super) fn exporter<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        match self.body().source() {
            // SAFETY: the exporter is alive as long as the buffer, or NULL.
            Source::Buffer => unsafe { Bound::from_borrowed_ptr_or_opt(py, self.buffer()?.obj) },
            Source::Loan(loan, _) => Some(loan.object(py)),
            Source::Vector(..) | Source::Memory(..) => None,
        }
    }

    /// What was lent, if it is that.
    pub(super) fn loan(&self) -> Option<&Loan> {
        match self.body().source() {
            Source::Loan(loan, _) => Some(loan),
            _ => None,
        }
    }

    /// The same memory as bytes.
    ///
    /// # Safety
    /// The memory was lent, and has as many bytes; nobody else has a reference to the object.
    pub(super) unsafe fn into_bytes(self, layout: Layout) -> Self {
        let body = self.0.as_ptr().cast::<Body>();
        // SAFETY: the object is a body; the caller guarantees that nobody else looks at it.
        unsafe {
            if let Rest::Given(_, Source::Loan(loan, _)) = (&raw mut (*body).rest).read() {
                let source = Source::Loan(loan, FormatString::from(c"B"));
                Body::fill_with(body, ((*body).start, (*body).readonly), layout, source);
            }
        }
        self
    }

    /// The same memory as a memoryview.
    pub(super) fn to_memoryview<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMemoryView>> {
        // Whoever exports it does so once more: else each turn through Python would add an object.
        let exporter = self.buffer().and_then(|_| self.exporter(py));
        let exporter = exporter.filter(crate::python::objects::exports_buffer);
        let object = exporter.as_ref().unwrap_or(self.0.bind(py));
        // SAFETY: attached; the object is alive; the result is a new reference or NULL, and a
        // memoryview.
        unsafe {
            let made = ffi::PyMemoryView_FromObject(object.as_ptr());
            Ok(Bound::from_owned_ptr_or_err(py, made)?.cast_into_unchecked())
        }
    }

    /// Gives the memory back.
    pub(super) fn release(self, py: Python<'_>) {
        drop(self.0.into_bound(py));
    }
}

impl Vacant {
    /// # Safety
    /// Attached; the source keeps the memory that the rest describes.
    unsafe fn filled(self, start: *mut u8, readonly: bool, layout: Layout, source: Source) -> Hold {
        let body = self.body();
        // SAFETY: the place may be written to; the caller guarantees the rest.
        unsafe {
            Body::fill_with(body, (start, readonly), layout, source);
            self.into_hold()
        }
    }
}

/// The error for a size that is larger than the memory that is left, as an exception.
pub(super) fn no_memory() -> PyErr {
    fallible::no_memory(size_of::<Body>()).into()
}
