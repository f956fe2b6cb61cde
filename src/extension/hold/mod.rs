//! What keeps memory: an object of Python's, of which an array is the only reference.
//!
//! It is filled in in place, because a `Py_buffer` may point into itself, and an array is one
//! pointer to it, which moves for nothing. That it is an object of Python's settles in which thread
//! the memory is given back: whoever drops the reference while no interpreter is attached leaves
//! that to PyO3, which does it as soon as a thread is attached again, and waits for nobody.
//!
//! Its class is made when the first array is, has no name in any module, and makes nothing by
//! itself.

pub(super) mod buffer;
mod class;
mod export;
mod recent;

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::OnceLock;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;

use crate::array::AnyArray;
use crate::dtype::{DType, ScalarType};
use crate::fallible;
use crate::format::FormatString;
use crate::layout::Layout;
use crate::memory::Memory;
use crate::python::acquire::{Export, Loan};
use crate::python::attached::attached;
use crate::python::errors::keep_exception;

/// As many dimensions as have a place in the object: those of nearly all arrays.
pub(super) const FEW: usize = 3;

/// The object: memory, where its elements lie, and what gives it back.
///
/// What every call fills in is little. The layout is made where it is first asked for.
#[repr(C)]
pub(super) struct Body {
    head: MaybeUninit<ffi::PyObject>,
    /// The place of a buffer.
    export: Export,
    /// The address of the element whose indices are all 0.
    pub(super) start: *mut u8,
    pub(super) readonly: bool,
    /// Whether the memory is that of a buffer whose release runs no Python code, and nothing of the
    /// layout is on the heap. There is no source then.
    ends_simply: bool,
    /// Whether no pointers lead to the elements.
    pub(super) is_direct: bool,
    ndim: u8,
    /// Where there are few dimensions.
    shape: [usize; FEW],
    strides: [isize; FEW],
    layout: OnceLock<Layout>,
    source: MaybeUninit<Source>,
}

/// What a buffer of few dimensions and without pointers has told.
pub(super) struct Told {
    pub(super) start: *mut u8,
    pub(super) readonly: bool,
    pub(super) ndim: usize,
    pub(super) shape: [isize; FEW],
    pub(super) strides: [isize; FEW],
    /// Whether its release runs no Python code.
    pub(super) ends_simply: bool,
}

/// Whose memory it is.
enum Source {
    /// An exporter's: the buffer is filled in.
    Buffer,
    /// That of an object that has lent it by another protocol. The format is for those to whom the
    /// memory is handed on.
    Loan(Loan, FormatString),
    /// A vector's.
    Vector(Vector, FormatString),
    /// Our own.
    Memory(Memory, FormatString),
}

/// The memory of a vector whose elements have nothing to drop.
struct Vector {
    start: *mut u8,
    capacity: usize,
    /// Frees it.
    ///
    /// # Safety
    /// It is given what the vector consisted of, once.
    free: unsafe fn(*mut u8, usize),
}

impl Body {
    /// Returns the buffer that is to be filled in, or was.
    ///
    /// # Safety
    /// `body` is the address of a body.
    #[inline(always)]
    pub(super) unsafe fn buffer(body: *mut Self) -> *mut ffi::Py_buffer {
        // SAFETY: the caller guarantees it.
        unsafe { (&raw mut (*body).export).cast() }
    }

    /// Fills in what a buffer has told.
    ///
    /// # Safety
    /// `body` is the address of a body whose buffer was filled in, and says this of its memory,
    /// which a layout of few dimensions holds.
    #[inline(always)]
    pub(super) unsafe fn fill(body: *mut Self, told: Told) {
        // SAFETY: the caller guarantees that the fields may be written to.
        unsafe {
            (&raw mut (*body).start).write(told.start);
            (&raw mut (*body).readonly).write(told.readonly);
            (&raw mut (*body).ends_simply).write(told.ends_simply);
            (&raw mut (*body).is_direct).write(true);
            (&raw mut (*body).ndim).write(told.ndim as u8);
            for dim in 0..told.ndim.min(FEW) {
                (&raw mut (*body).shape[dim]).write(told.shape[dim].unsigned_abs());
                (&raw mut (*body).strides[dim]).write(told.strides[dim]);
            }
            (&raw mut (*body).layout).write(OnceLock::new());
            if !told.ends_simply {
                (&raw mut (*body).source).write(MaybeUninit::new(Source::Buffer));
            }
        }
    }

    /// Fills in memory of a layout.
    ///
    /// # Safety
    /// `body` is the address of a body; the source keeps the memory.
    unsafe fn fill_with(
        body: *mut Self,
        (start, readonly): (*mut u8, bool),
        layout: Layout,
        source: Source,
    ) {
        let (mut shape, mut strides) = ([0; FEW], [0; FEW]);
        shape.iter_mut().zip(layout.shape()).for_each(|(place, &length)| *place = length);
        strides.iter_mut().zip(layout.strides()).for_each(|(place, &stride)| *place = stride);
        // SAFETY: the caller guarantees that the fields may be written to.
        unsafe {
            (&raw mut (*body).start).write(start);
            (&raw mut (*body).readonly).write(readonly);
            (&raw mut (*body).ends_simply).write(false);
            (&raw mut (*body).is_direct).write(layout.suboffsets().is_empty());
            (&raw mut (*body).ndim).write(layout.ndim() as u8);
            (&raw mut (*body).shape).write(shape);
            (&raw mut (*body).strides).write(strides);
            (&raw mut (*body).layout).write(OnceLock::from(layout));
            (&raw mut (*body).source).write(MaybeUninit::new(source));
        }
    }

    /// Fills in what an array over a buffer's memory tells.
    ///
    /// # Safety
    /// `body` is the address of a body whose buffer was filled in, and is what the array describes.
    pub(super) unsafe fn fill_from(body: *mut Self, array: &AnyArray) {
        // SAFETY: the caller guarantees it.
        unsafe {
            let layout = array.layout().clone();
            Self::fill_with(body, (array.start(), array.readonly()), layout, Source::Buffer);
        }
    }

    /// Fills in a buffer's bytes.
    ///
    /// # Safety
    /// `body` is the address of a body whose buffer was filled in, and has as many bytes.
    pub(super) unsafe fn fill_bytes(
        body: *mut Self,
        start: *mut u8,
        readonly: bool,
        bytes: Layout,
    ) {
        // SAFETY: the caller guarantees it.
        unsafe { Self::fill_with(body, (start, readonly), bytes, Source::Buffer) }
    }

    /// The one behind it in the list of those that are not used: see recent.rs. The fields that are
    /// filled in by every call have the links meanwhile.
    #[cfg(not(Py_GIL_DISABLED))]
    #[inline(always)]
    fn next(&self) -> Option<NonNull<Self>> {
        NonNull::new(self.start.cast())
    }

    /// How many are in the list from this one on.
    #[cfg(not(Py_GIL_DISABLED))]
    #[inline(always)]
    fn behind(&self) -> usize {
        self.shape[0]
    }

    /// Puts a place in front of those in the list.
    ///
    /// # Safety
    /// `body` is the address of a body that nobody uses.
    #[cfg(not(Py_GIL_DISABLED))]
    #[inline(always)]
    unsafe fn put_before(body: *mut Self, next: Option<NonNull<Self>>, count: usize) {
        // SAFETY: the caller guarantees it.
        unsafe {
            (&raw mut (*body).start)
                .write(next.map_or(std::ptr::null_mut(), |next| next.as_ptr().cast()));
            (&raw mut (*body).shape[0]).write(count);
        }
    }

    /// The number of dimensions.
    #[inline(always)]
    pub(super) fn ndim(&self) -> usize {
        usize::from(self.ndim)
    }

    /// The length of each dimension.
    #[inline(always)]
    pub(super) fn shape(&self) -> &[usize] {
        self.shape.get(..self.ndim()).unwrap_or_else(|| self.layout().shape())
    }

    /// The same where it is known that there are few.
    #[inline(always)]
    pub(super) fn shape_of_few(&self) -> &[usize; FEW] {
        &self.shape
    }

    /// The bytes from one element to the next in each dimension.
    #[inline(always)]
    pub(super) fn strides(&self) -> &[isize] {
        self.strides.get(..self.ndim()).unwrap_or_else(|| self.layout().strides())
    }

    /// All of that as a layout.
    #[inline]
    pub(super) fn layout(&self) -> &Layout {
        self.layout.get_or_init(|| {
            // SAFETY: the layout is filled in unless the memory is that of a buffer.
            let itemsize = unsafe { self.export.buffer().itemsize } as usize;
            Layout::few(self.shape(), self.strides(), itemsize)
        })
    }

    /// Whose memory it is.
    #[inline]
    fn source(&self) -> &Source {
        // SAFETY: it was written unless it ends simply.
        if self.ends_simply { &Source::Buffer } else { unsafe { self.source.assume_init_ref() } }
    }

    /// Gives back what the memory is from, and drops the rest.
    ///
    /// # Safety
    /// Attached; `body` is filled in, and nobody uses it any more.
    #[inline(always)]
    unsafe fn end(body: *mut Self) {
        // SAFETY: the caller guarantees it.
        unsafe {
            if (*body).ends_simply {
                buffer::release(Self::buffer(body));
            } else {
                Self::end_slowly(body);
            }
        }
    }

    /// The same for whatever the memory is from.
    ///
    /// # Safety
    /// The same as for [`end`](Self::end); it does not end simply.
    #[cold]
    #[inline(never)]
    unsafe fn end_slowly(body: *mut Self) {
        // SAFETY: the caller guarantees it; each field is dropped or taken once.
        unsafe {
            match (*body).source.assume_init_read() {
                Source::Buffer => release(Self::buffer(body)),
                Source::Loan(loan, format) => {
                    let py = Python::assume_attached();
                    keep_exception(py, || attached(py, || loan.release(py)));
                    drop(format);
                }
                Source::Vector(vector, format) => {
                    (vector.free)(vector.start, vector.capacity);
                    drop(format);
                }
                Source::Memory(memory, format) => drop((memory, format)),
            }
            (&raw mut (*body).layout).drop_in_place();
        }
    }
}

/// Releases a buffer. An array may be dropped while an exception is propagated, which Python code
/// must neither see nor lose.
///
/// # Safety
/// Attached; the buffer was filled in, and is released once.
#[inline(never)]
pub(super) unsafe fn release(buffer: *mut ffi::Py_buffer) {
    // SAFETY: the caller guarantees it.
    unsafe {
        keep_exception(Python::assume_attached(), || ffi::PyBuffer_Release(buffer));
    }
}

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
            if let Source::Loan(loan, _) = (*body).source.assume_init_read() {
                (&raw mut (*body).layout).drop_in_place();
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
