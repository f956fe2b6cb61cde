//! What leaves the view: lists, bytes, hexadecimal digits and copies.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use consumer::kernels::hex;
use consumer::kernels::pieces::Sequence;
use consumer::layout::{Layout, Order};
use consumer::memory;
use consumer::python::exceptions::{PyMemoryError, PyTypeError};
use consumer::python::objects;
use consumer::python::stack;
use consumer::view::RawView;

use crate::arguments;
use crate::arguments::names::no_names;
use crate::gil;
use crate::object::PyConsumerArray;
use crate::object::create::copy_of;
use crate::object::duplicate::duplicate_of;
use crate::transfer::bytes_object;
use crate::values::{NewReference, lists};

/// `v.tolist()`
pub(crate) fn list_of<'py>(py: Python<'py>, view: &PyConsumerArray) -> PyResult<Bound<'py, PyAny>> {
    let hold = view.hold(py)?;
    // SAFETY: the view is held; the result is a new reference, or NULL with an exception.
    unsafe { Bound::from_owned_ptr_or_err(py, lists(py, &hold)) }
}

/// `v.tobytes()` in an order.
pub(crate) fn bytes_in_order<'py>(
    py: Python<'py>,
    view: &PyConsumerArray,
    order: Order,
) -> PyResult<Bound<'py, PyBytes>> {
    bytes_object(py, &*view.hold(py)?, order)
}

/// `v.tobytes(order)`
pub(crate) fn bytes_in_named_order<'py>(
    py: Python<'py>,
    view: &PyConsumerArray,
    order: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let hold = view.hold(py)?;
    let order = arguments::order(Some(order), hold.layout())?;
    bytes_object(py, &hold, order)
}

/// The fast path of `v.tobytes()` for contiguous elements that are not large: a new reference, or
/// NULL with an exception. Does not panic.
#[inline]
pub(crate) fn contiguous_bytes(py: Python<'_>, view: &PyConsumerArray) -> Option<NewReference> {
    let access = view.try_access(py)?;
    let length = access.layout().contiguous_len().filter(|_| !gil::is_large(access.raw()))?;
    let size = (length * access.layout().itemsize()) as isize;
    // SAFETY: the elements are as many contiguous bytes, under access.
    Some(unsafe { ffi::PyBytes_FromStringAndSize(access.start().cast(), size) })
}

/// The fast path of `v.hex()` for contiguous elements that are few: a new reference, or NULL with
/// an exception. Does not panic.
#[inline]
pub(crate) fn few_digits(py: Python<'_>, view: &PyConsumerArray) -> Option<NewReference> {
    let access = view.try_access(py)?;
    let length = access.layout().contiguous_len()? * access.layout().itemsize();
    // SAFETY: the elements are as many contiguous bytes, under access.
    (length < MIN_BYTES_IN_PIECES).then(|| unsafe { digits_of_few(access.start(), length) })
}

/// `v.hex(*arguments, **names)`
pub(crate) fn digits<'py>(
    py: Python<'py>,
    view: &PyConsumerArray,
    arguments: &Bound<'py, PyTuple>,
    names: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    // The user's numbers may come back with themselves.
    stack::check(py)?;
    let hold = view.hold(py)?;
    let bare = arguments.is_empty() && names.is_none();
    if bare && hold.layout().is_c_contiguous() {
        // SAFETY: the elements are contiguous, and held.
        return unsafe { hex_object(py, hold.start(), hold.layout().nbytes()) };
    }
    let bytes = bytes_object(py, &hold, Order::C)?;
    if bare {
        let bytes = bytes.as_bytes();
        // SAFETY: a slice of the object's bytes.
        return unsafe { hex_object(py, bytes.as_ptr(), bytes.len()) };
    }
    // The rules for separators are those of bytes, errors included.
    bytes.call_method("hex", arguments, names)
}

/// Bytes from which on the preparations for large output are worth it.
const MIN_BYTES_IN_PIECES: usize = 1 << 16;

/// Creates a str of two hexadecimal digits for each of few bytes: a new reference, or NULL with an
/// exception. Does not panic.
///
/// # Safety
/// The thread is attached; `start` is valid for reads of `length` bytes.
unsafe fn digits_of_few(start: *const u8, length: usize) -> NewReference {
    // SAFETY: the caller guarantees it for the bytes. The str has room for the digits. If there are
    // any it is new and of ASCII, and all of it is written before anybody else has it.
    unsafe {
        let text = ffi::PyUnicode_New(2 * length as isize, 127);
        if !text.is_null() && length > 0 {
            hex::encode_to(start, length, ffi::PyUnicode_DATA(text).cast());
        }
        text
    }
}

/// Creates a str of two hexadecimal digits for each of some bytes.
///
/// # Safety
/// `start` is valid for reads of `length` bytes, which are held.
unsafe fn hex_object<'py>(
    py: Python<'py>,
    start: *const u8,
    length: usize,
) -> PyResult<Bound<'py, PyAny>> {
    if length < MIN_BYTES_IN_PIECES {
        // SAFETY: the caller guarantees it; the result is a new reference or NULL.
        return unsafe { Bound::from_owned_ptr_or_err(py, digits_of_few(start, length)) };
    }
    let size = length.checked_mul(2).and_then(|size| isize::try_from(size).ok());
    let size = size.ok_or_else(|| PyMemoryError::new_err("a str longer than memory"))?;
    objects::check_memory(size as usize)?;
    // SAFETY: as in `digits_of_few`.
    unsafe {
        let text = Bound::from_owned_ptr_or_err(py, ffi::PyUnicode_New(size, 127))?;
        let target = ffi::PyUnicode_DATA(text.as_ptr()).cast::<u8>();
        memory::advise_huge(target, size as usize);
        let layout = Layout::line(length, 1, 1)?;
        let bytes = RawView::new(start.cast_mut(), &layout);
        gil::in_pieces(py, [bytes], Sequence::Forward, |[piece], before| {
            let (count, target) = (piece.layout().len(), target.wrapping_add(2 * before));
            hex::encode_to(piece.start(), count, target);
            Ok(true)
        })?;
        Ok(text)
    }
}

#[pymethods]
impl PyConsumerArray {
    /// A copy: a writable view over memory of its own.
    ///
    /// It has the elements in this machine's byte order, contiguous in C order. (copy.copy and
    /// copy.deepcopy keep the byte order, Fortran order, and that a view is read-only.)
    fn copy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Self>> {
        copy_of(py, &*self.hold(py)?)
    }

    /// What copy.copy(v) gives: a copy with memory of its own.
    ///
    /// It has the view's format and byte order, is contiguous, in Fortran order where the view is
    /// so, and is read-only where the view is.
    fn __copy__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Self>> {
        let hold = self.hold(py)?;
        duplicate_of(py, &hold, hold.readonly())
    }

    /// What copy.deepcopy(v) gives: the same as copy.copy(v).
    ///
    /// TypeError for elements that are references to objects, which are not copied.
    #[pyo3(signature = (memo, **names), text_signature = "($self, memo)")]
    fn __deepcopy__<'py>(
        &self,
        memo: &Bound<'py, PyAny>,
        names: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Self>> {
        let _nothing_to_remember = memo;
        no_names("__deepcopy__", names)?;
        let hold = self.hold(memo.py())?;
        if hold.has_references() {
            let message = "cannot copy the objects of a ConsumerArray deeply; copy() shares them";
            return Err(PyTypeError::new_err(message));
        }
        duplicate_of(memo.py(), &hold, hold.readonly())
    }
}
