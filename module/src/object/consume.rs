//! Views of other objects: of the buffer that one exports, or of what it lends by another protocol.

use std::ffi::c_int;
use std::mem::MaybeUninit;

use pyo3::ffi;
use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::python::acquire::{self, Acquired, Failure, ViewedObject};
use consumer::python::errors::DiscardError;
use consumer::python::objects;

use super::class::PyConsumerArray;
use super::create::Dimensions;
use super::root::{Owned, Root};
use super::scalar::as_view;
use super::uninit::UninitObject;

/// Returns a typed view of the memory of any object that exports a buffer, or has another protocol
/// to share it: what `consumer.consume` does. A view of a ConsumerArray shares its export, as a
/// view of a memoryview does.
///
/// # Errors
/// The exporter's own exception; for an object without a buffer and other protocols one that is
/// both a TypeError and a ValueError; BufferError for an export that contradicts itself, and for an
/// object none of whose protocols will do.
#[inline]
pub(crate) fn consume<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyConsumerArray>> {
    if let Some(view) = as_view(object) {
        return again(view);
    }
    if !objects::exports_buffer(object) {
        return borrow(object, None);
    }
    match PyConsumerArray::export(object, ffi::PyBUF_FULL_RO) {
        Ok(view) => Ok(view),
        Err(Failure::Refused(refusal)) => borrow(object, Some(refusal)),
        Err(Failure::Other(error)) => Err(error),
    }
}

/// Returns a view of the memory that an object lends by another protocol than the buffer's, which
/// it does not have, or refuses.
#[inline(never)]
fn borrow<'py>(
    object: &Bound<'py, PyAny>,
    refusal: Option<PyErr>,
) -> PyResult<Bound<'py, PyConsumerArray>> {
    let uninit = UninitObject::new(object.py())?;
    let object_place = uninit.as_mut_ptr();
    // SAFETY: as in `export`; the loan keeps the memory of the array, which was written.
    unsafe {
        let place = (&raw mut (*object_place).array).cast::<MaybeUninit<AnyArray>>();
        let loan = acquire::acquire_lent(&mut *place, object, refusal, viewed)?;
        let ndim = (*object_place).array.layout().ndim();
        (&raw mut (*object_place).root).write(Root::over(Owned::Lent(loan)));
        PyConsumerArray::write_start(object_place, PyConsumerArray::root_start(true));
        PyConsumerArray::first_view(uninit.assume_init(ndim), ndim)
    }
}

/// Another view of the same elements.
#[inline(never)]
fn again<'py>(view: &Bound<'py, PyConsumerArray>) -> PyResult<Bound<'py, PyConsumerArray>> {
    let _access = view.get().access(view.py())?;
    // SAFETY: the same elements, under access.
    unsafe { PyConsumerArray::share_dimensions(view, 0, Dimensions::All) }
}

/// Returns the view that an object is itself, or else the one that [`consume`] makes.
pub(crate) fn view_of<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyConsumerArray>> {
    as_view(object).map_or_else(|| consume(object), |view| Ok(view.clone()))
}

impl PyConsumerArray {
    /// Acquires the export of `object`, with flags that say what is asked of the exporter.
    #[inline]
    pub(crate) fn acquire_with<'py>(
        object: &Bound<'py, PyAny>,
        flags: c_int,
    ) -> PyResult<Bound<'py, Self>> {
        Ok(Self::export(object, flags)?)
    }

    /// The same, which tells why there is no view.
    #[inline(always)]
    fn export<'py>(object: &Bound<'py, PyAny>, flags: c_int) -> Result<Bound<'py, Self>, Failure> {
        let uninit = UninitObject::new(object.py())?;
        let place = uninit.as_mut_ptr();
        // SAFETY: the object is in its final place, and nobody has it before all fields are filled
        // in. If the export fails, dropping `uninit` frees the object.
        unsafe {
            let (root, array) = (&raw mut (*place).root, (&raw mut (*place).array).cast());
            let Acquired { is_gc: is_tracked, ndim } =
                Root::acquire(root, array, object, flags, viewed)?;
            Self::write_start(place, Self::root_start(is_tracked));
            Ok(Self::first_view(uninit.assume_init(ndim), ndim)?)
        }
    }
}

/// What `object` is a view of, if it is one of ours.
pub(crate) fn viewed<'py>(object: &Bound<'py, PyAny>) -> Option<ViewedObject<'py>> {
    let view = as_view(object)?.get();
    let array = view.try_access(object.py())?.clone();
    Some(ViewedObject { exporter: view.exporter(object.py()).or_discard(object.py())?, array })
}

/// Returns whether the memory of a view only borrows its references, as that of ctypes does, which
/// keeps the objects elsewhere. Nobody may store there who gives back what was there, so that views
/// of such views are read-only. `has_objects`: whether the elements are or hold objects.
///
/// # Errors
/// ValueError if the view was released.
pub(crate) fn borrows_objects(
    view: &PyConsumerArray,
    has_objects: bool,
    py: Python<'_>,
) -> PyResult<bool> {
    let is_of_ctypes = |exporter: Bound<'_, PyAny>| acquire::ctypes::is_owner(&exporter);
    Ok(has_objects && view.exporter(py)?.is_some_and(is_of_ctypes))
}
