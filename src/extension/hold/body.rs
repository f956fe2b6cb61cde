//! The object: what it consists of, how it is filled in, and how it ends.

use std::mem::MaybeUninit;
#[cfg(not(Py_GIL_DISABLED))]
use std::ptr::NonNull;
use std::sync::OnceLock;

use pyo3::ffi;
use pyo3::prelude::*;

use super::buffer;
use crate::array::AnyArray;
use crate::format::FormatString;
use crate::layout::Layout;
use crate::memory::Memory;
use crate::python::acquire::{Export, Loan, release_buffer};
use crate::python::attached::attached;
use crate::python::errors::keep_exception;

/// As many dimensions as have a place in the object: those of nearly all arrays.
pub(in crate::extension) const FEW: usize = 3;

/// The object: memory, where its elements lie, and what gives it back.
///
/// What every call fills in is little. The layout is made where it is first asked for.
#[repr(C)]
pub(in crate::extension) struct Body {
    head: MaybeUninit<ffi::PyObject>,
    /// The place of a buffer.
    pub(super) export: Export,
    /// The address of the element whose indices are all 0.
    pub(in crate::extension) start: *mut u8,
    pub(in crate::extension) readonly: bool,
    /// Whether the memory is that of a buffer whose release runs no Python code, and nothing of the
    /// layout is on the heap.
    ends_simply: bool,
    /// Whether no pointers lead to the elements.
    pub(in crate::extension) is_direct: bool,
    ndim: u8,
    /// Where there are few dimensions.
    shape: [usize; FEW],
    strides: [isize; FEW],
    pub(super) rest: Rest,
}

/// What a buffer of few dimensions and without pointers has told.
pub(in crate::extension) struct Told {
    pub(in crate::extension) start: *mut u8,
    pub(in crate::extension) readonly: bool,
    pub(in crate::extension) ndim: usize,
    pub(in crate::extension) shape: [isize; FEW],
    pub(in crate::extension) strides: [isize; FEW],
}

/// What a call seldom needs.
pub(super) enum Rest {
    /// A buffer's memory, of which the few dimensions say all. A layout is made of them when it is
    /// first asked for.
    Few(OnceLock<Layout>),
    /// Any memory. This is no cell that is filled in at once, which would take atomic operations.
    Given(Layout, Source),
}

/// Whose memory it is.
pub(super) enum Source {
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
pub(super) struct Vector {
    pub(super) start: *mut u8,
    pub(super) capacity: usize,
    /// Frees it.
    ///
    /// # Safety
    /// It is given what the vector consisted of, once.
    pub(super) free: unsafe fn(*mut u8, usize),
}

impl Body {
    /// Returns the buffer that is to be filled in, or was.
    ///
    /// # Safety
    /// `body` is the address of a body.
    #[inline(always)]
    pub(in crate::extension) unsafe fn buffer(body: *mut Self) -> *mut ffi::Py_buffer {
        // SAFETY: the caller guarantees it.
        unsafe { (&raw mut (*body).export).cast() }
    }

    /// Says whether the release of the buffer runs no Python code, for [`fill`](Self::fill), which
    /// does not.
    ///
    /// # Safety
    /// `body` is the address of a body. Before it is an object, `true` is only left where
    /// [`release`](buffer::release) may be called.
    #[inline(always)]
    pub(in crate::extension) unsafe fn set_ends_simply(body: *mut Self, ends_simply: bool) {
        // SAFETY: the caller guarantees that the field may be written to.
        unsafe { (&raw mut (*body).ends_simply).write(ends_simply) };
    }

    /// Fills in what a buffer has told.
    ///
    /// # Safety
    /// `body` is the address of a body whose buffer was filled in, and says this of its memory,
    /// which a layout of few dimensions holds. Whether it ends simply was said.
    #[inline(always)]
    pub(in crate::extension) unsafe fn fill(body: *mut Self, told: Told) {
        // SAFETY: the caller guarantees that the fields may be written to.
        unsafe {
            (&raw mut (*body).start).write(told.start);
            (&raw mut (*body).readonly).write(told.readonly);
            (&raw mut (*body).is_direct).write(true);
            (&raw mut (*body).ndim).write(told.ndim as u8);
            for dim in 0..told.ndim.min(FEW) {
                (&raw mut (*body).shape[dim]).write(told.shape[dim] as usize);
                (&raw mut (*body).strides[dim]).write(told.strides[dim]);
            }
            (&raw mut (*body).rest).write(Rest::Few(OnceLock::new()));
        }
    }

    /// Fills in memory of a layout.
    ///
    /// # Safety
    /// `body` is the address of a body; the source keeps the memory.
    pub(super) unsafe fn fill_with(
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
            (&raw mut (*body).rest).write(Rest::Given(layout, source));
        }
    }

    /// Fills in what an array over a buffer's memory tells.
    ///
    /// # Safety
    /// `body` is the address of a body whose buffer was filled in, and is what the array describes.
    pub(in crate::extension) unsafe fn fill_from(body: *mut Self, array: &AnyArray) {
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
    pub(in crate::extension) unsafe fn fill_bytes(
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
    pub(super) fn next(&self) -> Option<NonNull<Self>> {
        NonNull::new(self.start.cast())
    }

    /// How many are in the list from this one on.
    #[cfg(not(Py_GIL_DISABLED))]
    #[inline(always)]
    pub(super) fn behind(&self) -> usize {
        self.shape[0]
    }

    /// Puts a place in front of those in the list.
    ///
    /// # Safety
    /// `body` is the address of a body that nobody uses.
    #[cfg(not(Py_GIL_DISABLED))]
    #[inline(always)]
    pub(super) unsafe fn put_before(body: *mut Self, next: Option<NonNull<Self>>, count: usize) {
        // SAFETY: the caller guarantees it.
        unsafe {
            (&raw mut (*body).start)
                .write(next.map_or(std::ptr::null_mut(), |next| next.as_ptr().cast()));
            (&raw mut (*body).shape[0]).write(count);
        }
    }

    /// The number of dimensions.
    #[inline(always)]
    pub(in crate::extension) fn ndim(&self) -> usize {
        usize::from(self.ndim)
    }

    /// The length of each dimension.
    #[inline(always)]
    pub(in crate::extension) fn shape(&self) -> &[usize] {
        self.shape.get(..self.ndim()).unwrap_or_else(|| self.layout().shape())
    }

    /// The same where it is known that there are few.
    #[inline(always)]
    pub(in crate::extension) fn shape_of_few(&self) -> &[usize; FEW] {
        &self.shape
    }

    /// The bytes from one element to the next in each dimension.
    #[inline(always)]
    pub(in crate::extension) fn strides(&self) -> &[isize] {
        self.strides.get(..self.ndim()).unwrap_or_else(|| self.layout().strides())
    }

    /// All of that as a layout.
    #[inline]
    pub(in crate::extension) fn layout(&self) -> &Layout {
        match &self.rest {
            Rest::Given(layout, _) => layout,
            Rest::Few(made) => made.get_or_init(|| {
                // SAFETY: the memory is a buffer's, which was filled in.
                let itemsize = unsafe { self.export.buffer().itemsize } as usize;
                Layout::few(self.shape(), self.strides(), itemsize)
            }),
        }
    }

    /// Whose memory it is.
    #[inline]
    pub(super) fn source(&self) -> &Source {
        match &self.rest {
            Rest::Few(_) => &Source::Buffer,
            Rest::Given(_, source) => source,
        }
    }

    /// Gives back what the memory is from, and drops the rest.
    ///
    /// # Safety
    /// Attached; `body` is filled in, and nobody uses it any more.
    #[inline(always)]
    pub(super) unsafe fn end(body: *mut Self) {
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
        // SAFETY: the caller guarantees it; all of the rest is dropped or taken once.
        unsafe {
            let source = match &mut (*body).rest {
                Rest::Few(made) => {
                    std::ptr::drop_in_place(made);
                    return release_buffer(Self::buffer(body));
                }
                Rest::Given(layout, source) => {
                    std::ptr::drop_in_place(layout);
                    std::ptr::read(source)
                }
            };
            match source {
                Source::Buffer => release_buffer(Self::buffer(body)),
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
        }
    }
}
