//! Both sides of the buffer protocol: acquiring the export of a foreign object, and exporting.
//!
//! How the objects relate. An exporter fills in a `Py_buffer`, once, in place: it may point into
//! itself, so that it must never move, and some exporters allow only one at a time. It lies in the
//! ConsumerArray that `consume` made, the *root*. Slices, fields, transposes and the like are
//! further ConsumerArrays that refer to the root, and each of them, the root among them, counts as
//! a hold on it ([`Root`]). Releasing a view, or its death, gives its hold back; the last one to go
//! lets go of the export. So a view may be released while its slices live on, and an operation that
//! runs other people's code takes a hold of its own, and cannot be cut off from its memory.
//!
//! The other way around, whoever asks a ConsumerArray for a buffer counts against *that* view's
//! release, as with memoryview: see `Lease` in class.rs.

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int};
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit, ffi};
use smallvec::SmallVec;

use super::errors::no_buffer;
use crate::array::AnyArray;
use crate::error::{Error, Result};
use crate::format::FormatString;
use crate::layout::{Layout, MAX_NDIM};
use crate::memory::Memory;

/// The memory that a ConsumerArray and everything made from it stand on, and how many still do.
pub(super) struct Root {
    /// 0 before the memory is there, and again when it was let go of.
    holds: AtomicUsize,
    resource: Resource,
}

enum Resource {
    /// The export of a foreign object.
    Export(UnsafeCell<MaybeUninit<ffi::Py_buffer>>),
    /// Memory of our own.
    Memory(UnsafeCell<Option<Memory>>),
}

// SAFETY: the resource is written before the root is shared and when the last hold on it is gone,
// and only read in between. A `Py_buffer` may be used from any thread that is attached.
unsafe impl Send for Root {}
// SAFETY: as above.
unsafe impl Sync for Root {}

impl Root {
    /// A root whose export is still to be acquired, in the place where it will stay.
    pub(super) fn vacant() -> Self {
        let export = Resource::Export(UnsafeCell::new(MaybeUninit::uninit()));
        Self { holds: AtomicUsize::new(0), resource: export }
    }

    /// A root over memory of our own, held once.
    pub(super) fn over(memory: Memory) -> Self {
        let resource = Resource::Memory(UnsafeCell::new(Some(memory)));
        Self { holds: AtomicUsize::new(1), resource }
    }

    /// Acquires the export of `object`: exactly one, read-only or not, with all there is to know.
    /// From then on the root is held once.
    ///
    /// # Safety
    /// The root is vacant, nobody else knows it yet, and it will not move any more.
    pub(super) unsafe fn acquire(&self, object: &Bound<'_, PyAny>) -> PyResult<AnyArray> {
        let Resource::Export(cell) = &self.resource else {
            return Err(PyBufferError::new_err("memory of its own takes no export"));
        };
        let buffer = cell.get().cast::<ffi::Py_buffer>();
        // SAFETY: `object` is alive, and the buffer is ours to be filled in, in place. Where that
        // fails it may hold anything, and is not looked at.
        let status =
            unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), buffer, ffi::PyBUF_FULL_RO) };
        if status != 0 {
            return Err(refusal(object));
        }
        self.holds.store(1, Ordering::Release);
        // SAFETY: the exporter filled the buffer in, and it is held until all views are gone.
        let array = unsafe { describe(&*buffer) };
        array.map_err(|error| {
            self.drop_hold(object.py());
            // Sizes beyond memory are the exporter's contradiction, not a lack of memory.
            let name = object.get_type().fully_qualified_name();
            let name = name.map_or_else(|_| "exporter".to_owned(), |name| name.to_string());
            PyBufferError::new_err(format!(
                "{name} exports a buffer that contradicts itself: {error}"
            ))
        })
    }

    /// One more hold; the caller knows that there is one already.
    #[inline]
    pub(super) fn add_hold(&self) {
        #[cfg(not(Py_GIL_DISABLED))]
        // The GIL is held: a plain addition will do.
        self.holds.store(self.holds.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        #[cfg(Py_GIL_DISABLED)]
        self.holds.fetch_add(1, Ordering::Relaxed);
    }

    /// One more hold, if the memory is still there.
    #[inline]
    #[cfg(Py_GIL_DISABLED)]
    pub(super) fn try_hold(&self) -> bool {
        let add = |holds| if holds == 0 { None } else { Some(holds + 1) };
        self.holds.fetch_update(Ordering::Acquire, Ordering::Relaxed, add).is_ok()
    }

    /// Gives one hold back. The last one lets go of the memory, which may run anybody's code.
    #[inline]
    pub(super) fn drop_hold(&self, py: Python<'_>) {
        #[cfg(not(Py_GIL_DISABLED))]
        let last = {
            let holds = self.holds.load(Ordering::Relaxed);
            self.holds.store(holds - 1, Ordering::Relaxed);
            holds == 1
        };
        #[cfg(Py_GIL_DISABLED)]
        let last = self.holds.fetch_sub(1, Ordering::AcqRel) == 1;
        if last {
            self.let_go(py);
        }
    }

    fn let_go(&self, _attached: Python<'_>) {
        match &self.resource {
            // SAFETY: there was a hold, so the buffer is filled in; it was the last, so nobody uses
            // it any more, and nobody comes here again.
            Resource::Export(cell) => unsafe {
                ffi::PyBuffer_Release(cell.get().cast::<ffi::Py_buffer>());
            },
            // SAFETY: the last hold is gone, so nobody uses the memory any more.
            Resource::Memory(cell) => drop(unsafe { (*cell.get()).take() }),
        }
    }

    /// The exporter, `Py_buffer.obj`, which is not always the object that was asked; the caller has
    /// a hold. `None` for memory of our own, and where the exporter gives none.
    pub(super) fn exporter<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        match &self.resource {
            // SAFETY: there is a hold, so the buffer is filled in, and its `obj` is alive or NULL.
            Resource::Export(cell) => unsafe {
                let object = (*cell.get().cast::<ffi::Py_buffer>()).obj;
                Bound::from_borrowed_ptr_or_opt(py, object)
            },
            Resource::Memory(_) => None,
        }
    }

    /// Shows the exporter to the garbage collector.
    pub(super) fn traverse(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Resource::Export(cell) = &self.resource else { return Ok(()) };
        if self.holds.load(Ordering::Acquire) == 0 {
            return Ok(());
        }
        // SAFETY: there is a hold, so the buffer is filled in, and the collector runs while nobody
        // lets go of it. A `Py` is a pointer that is not NULL, and `Option` adds the NULL; it is
        // only looked at, and keeps its one reference.
        let object = unsafe {
            &*(&raw const (*cell.get().cast::<ffi::Py_buffer>()).obj).cast::<Option<Py<PyAny>>>()
        };
        visit.call(object)
    }
}

/// Why an object gave no buffer: it has none, or its exporter raised an error of its own.
#[cold]
fn refusal(object: &Bound<'_, PyAny>) -> PyErr {
    let error = PyErr::fetch(object.py());
    // SAFETY: the object is alive.
    if unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) } == 0 {
        return no_buffer(object);
    }
    let hint = "consumer asks for the format of the elements, which this exporter refuses to give; \
                where they can be seen as plain numbers first (NumPy: x.view('i8')), consume those";
    // A note changes neither type nor message; an error that takes none passes through without.
    let _ = error.value(object.py()).call_method1("add_note", (hint,));
    error
}

/// Reads off a `Py_buffer` what its memory holds: fills in what the exporter left out, and checks
/// what it said.
///
/// # Safety
/// The buffer was filled in by an exporter, and is released after the array's last use.
unsafe fn describe(buffer: &ffi::Py_buffer) -> Result<AnyArray> {
    let itemsize = usize::try_from(buffer.itemsize)
        .map_err(|_| Error::buffer(format!("itemsize is {}", buffer.itemsize)))?;
    // SAFETY: the exporter's arrays are NULL or have `ndim` entries.
    let layout = unsafe { layout(buffer, itemsize)? };
    let mut start = buffer.buf.cast::<u8>();
    if start.is_null() {
        if layout.nbytes() > 0 {
            return Err(Error::buffer(format!("{} bytes at address 0", layout.nbytes())));
        }
        start = std::ptr::NonNull::dangling().as_ptr();
    }
    let format = if buffer.format.is_null() {
        // PEP 3118: without a format the elements are unsigned bytes.
        FormatString::from(c"B")
    } else {
        // SAFETY: the exporter's format is a C string.
        FormatString::from(unsafe { CStr::from_ptr(buffer.format) })
    };
    // SAFETY: the exporter vouches for the memory that its own numbers describe until the buffer is
    // released.
    Ok(unsafe { AnyArray::new(start, layout, format, buffer.readonly != 0, None) })
}

/// The layout that an exporter describes. It is copied: some exporters change theirs meanwhile.
///
/// # Safety
/// `shape`, `strides` and `suboffsets` are NULL or have `ndim` entries.
unsafe fn layout(buffer: &ffi::Py_buffer, itemsize: usize) -> Result<Layout> {
    let ndim = match usize::try_from(buffer.ndim) {
        Ok(ndim) if ndim <= MAX_NDIM => ndim,
        _ => return Err(Error::buffer(format!("{} dimensions", buffer.ndim))),
    };
    if buffer.shape.is_null() {
        return layout_of_length(ndim, buffer.len, itemsize);
    }
    // SAFETY: `numbers` is one of the exporter's arrays, and not NULL.
    let slice = |numbers: *mut isize| unsafe { std::slice::from_raw_parts(numbers, ndim) };
    let optional = |numbers: *mut isize| (!numbers.is_null()).then(|| slice(numbers));
    let lengths = slice(buffer.shape).iter().map(|&length| usize::try_from(length));
    let shape: SmallVec<[usize; 4]> = lengths
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| Error::buffer(format!("shape is {:?}", slice(buffer.shape))))?;
    Layout::new(&shape, optional(buffer.strides), optional(buffer.suboffsets), itemsize)
}

/// The layout of an exporter that gives no shape: one dimension, or none, of `length` bytes.
fn layout_of_length(ndim: usize, length: isize, itemsize: usize) -> Result<Layout> {
    let wrong = || Error::buffer(format!("no shape, {ndim} dimensions, {length} bytes"));
    let bytes = usize::try_from(length).map_err(|_| wrong())?;
    match ndim {
        0 if bytes == itemsize => Layout::contiguous(&[], itemsize),
        1 if itemsize == 0 => Layout::line(0, 0),
        1 if bytes % itemsize == 0 => Layout::line(bytes / itemsize, itemsize),
        _ => Err(wrong()),
    }
}

/// Fills in a `Py_buffer` for a consumer of `array`, under the rules of memoryview. `buffer.obj`
/// is left for the caller to set.
///
/// # Safety
/// `buffer` can be written to; the array stays alive, and its memory held, until it is released.
pub(super) unsafe fn export(
    array: &AnyArray,
    buffer: *mut ffi::Py_buffer,
    flags: c_int,
) -> PyResult<()> {
    let asks = |flag: c_int| flags & flag == flag;
    let layout = array.layout();
    let refuse = |reason: &'static str| Err(PyBufferError::new_err(reason));
    let c_contiguous = layout.is_c_contiguous();
    if asks(ffi::PyBUF_WRITABLE) && array.readonly() {
        return refuse("ConsumerArray: the memory is not writable");
    }
    if asks(ffi::PyBUF_C_CONTIGUOUS) && !c_contiguous {
        return refuse("ConsumerArray: the memory is not C-contiguous");
    }
    if asks(ffi::PyBUF_F_CONTIGUOUS) && !layout.is_f_contiguous() {
        return refuse("ConsumerArray: the memory is not Fortran contiguous");
    }
    if asks(ffi::PyBUF_ANY_CONTIGUOUS) && !c_contiguous && !layout.is_f_contiguous() {
        return refuse("ConsumerArray: the memory is not contiguous");
    }
    if !asks(ffi::PyBUF_INDIRECT) && !layout.suboffsets().is_empty() {
        return refuse("ConsumerArray: the memory requires suboffsets");
    }
    if !asks(ffi::PyBUF_STRIDES) && !c_contiguous {
        return refuse("ConsumerArray: the memory is not C-contiguous, and strides were not asked");
    }
    if !asks(ffi::PyBUF_ND) && asks(ffi::PyBUF_FORMAT) {
        return refuse("ConsumerArray: cannot be bytes where the format flag is present");
    }
    let (shape, strides) = (layout.shape(), layout.strides());
    let suboffsets = layout.suboffsets();
    let when = |wanted: bool, numbers: *const isize| {
        // PEP 3118: without dimensions the arrays are NULL.
        if wanted && layout.ndim() > 0 { numbers.cast_mut() } else { std::ptr::null_mut() }
    };
    let filled = ffi::Py_buffer {
        buf: array.start().cast(),
        obj: std::ptr::null_mut(),
        len: layout.nbytes() as isize,
        itemsize: layout.itemsize() as isize,
        readonly: c_int::from(array.readonly()),
        // Without a shape it is bytes in a row.
        ndim: if asks(ffi::PyBUF_ND) { layout.ndim() as c_int } else { 1 },
        format: if asks(ffi::PyBUF_FORMAT) {
            array.format().as_c_str().as_ptr().cast_mut()
        } else {
            std::ptr::null_mut()
        },
        // Lengths are never negative: as numbers of either kind they have the same bits.
        shape: when(asks(ffi::PyBUF_ND), shape.as_ptr().cast()),
        strides: when(asks(ffi::PyBUF_STRIDES), strides.as_ptr()),
        suboffsets: when(!suboffsets.is_empty(), suboffsets.as_ptr()),
        internal: std::ptr::null_mut(),
    };
    // SAFETY: as the caller says.
    unsafe { buffer.write(filled) };
    Ok(())
}
