//! `v[key]`, `v[key] = value` and `len(v)`.
//!
//! Keys and values are converted first, which may run any code, and the view is asked for access
//! after that.

use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyEllipsis, PySlice, PyTuple};
use smallvec::SmallVec;

use super::class::PyConsumerArray;
use super::convert::{NewReference, PyElement};
use crate::array::{AnyArray, ConsumerArray, dispatch};
use crate::kernels::copy;
use crate::layout::Key;

/// What a key asks for.
enum Asked {
    /// One element, by as many indices as there are dimensions.
    Element(SmallVec<[isize; 4]>),
    /// A view of some elements.
    View(SmallVec<[Key; 4]>),
}

/// Reads a key for an array of `ndim` dimensions. May run any code.
fn parse(key: &Bound<'_, PyAny>, ndim: usize) -> PyResult<Asked> {
    let keys: SmallVec<[Key; 4]> = match key.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter().map(|part| parse_part(&part)).collect::<PyResult<_>>()?,
        Err(_) => SmallVec::from_slice(&[parse_part(key)?]),
    };
    if keys.len() == ndim {
        let indices = keys.iter().map(|key| match key {
            Key::Index(index) => Some(*index),
            _ => None,
        });
        if let Some(index) = indices.collect() {
            return Ok(Asked::Element(index));
        }
    }
    Ok(Asked::View(keys))
}

fn parse_part(part: &Bound<'_, PyAny>) -> PyResult<Key> {
    // SAFETY: the object is alive.
    if unsafe { ffi::PyIndex_Check(part.as_ptr()) } != 0 {
        return Ok(Key::Index(index(part)?));
    }
    if part.is_instance_of::<PySlice>() {
        let (mut start, mut stop, mut step) = (0, 0, 0);
        // SAFETY: the object is a slice.
        let status = unsafe {
            ffi::PySlice_Unpack(part.as_ptr(), &raw mut start, &raw mut stop, &raw mut step)
        };
        if status != 0 {
            return Err(PyErr::fetch(part.py()));
        }
        return Ok(Key::Slice { start, stop, step });
    }
    if part.is_instance_of::<PyEllipsis>() {
        return Ok(Key::Ellipsis);
    }
    let found = part.get_type().fully_qualified_name()?;
    Err(PyTypeError::new_err(format!("indices must be integers, slices or '...', not {found}")))
}

/// The number of an index, through its `__index__`; IndexError where no array is that long.
pub(super) fn index(object: &Bound<'_, PyAny>) -> PyResult<isize> {
    let py = object.py();
    // SAFETY: the object is alive, and the exception is a type.
    let index =
        unsafe { ffi::PyNumber_AsSsize_t(object.as_ptr(), py.get_type::<PyIndexError>().as_ptr()) };
    if index == -1
        && let Some(error) = PyErr::take(py)
    {
        return Err(error);
    }
    Ok(index)
}

/// `v[key]`
pub(super) fn get<'py>(
    this: &Bound<'py, PyConsumerArray>,
    key: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = this.py();
    let view = this.get();
    match parse(key, view.array()?.layout().ndim())? {
        Asked::Element(index) => {
            let access = view.access(py)?;
            let object = dispatch!(&*access, array => {
                let pointer = array.raw().element(&index)?;
                // SAFETY: the pointer leads to an element of this array.
                unsafe { PyElement::read(py, array, pointer) }
            });
            // SAFETY: `read` gives a new reference, or NULL with an exception.
            unsafe { Bound::from_owned_ptr_or_err(py, object) }
        }
        Asked::View(keys) => {
            let access = view.access(py)?;
            let selected = access.select(&keys)?;
            PyConsumerArray::share(this, selected).map(Bound::into_any)
        }
    }
}

/// The element of a view of one dimension that `index`, counted from the end where it is negative,
/// leads to; NULL with an exception. It is the short way that iteration and plain indices take.
#[inline(always)]
pub(super) fn element(
    view: &PyConsumerArray,
    py: Python<'_>,
    index: isize,
) -> PyResult<NewReference> {
    let access = view.access(py)?;
    dispatch!(&*access, array => {
        let pointer = array.raw().element(&[index])?;
        // SAFETY: the pointer leads to an element of this array.
        Ok(unsafe { PyElement::read(py, array, pointer) })
    })
}

/// `v[key] = value`
pub(super) fn set<'py>(
    this: &Bound<'py, PyConsumerArray>,
    key: &Bound<'py, PyAny>,
    value: &Bound<'py, PyAny>,
) -> PyResult<()> {
    let py = this.py();
    let view = this.get();
    let array = view.array()?;
    if array.readonly() {
        return Err(PyTypeError::new_err("cannot modify read-only memory"));
    }
    match parse(key, array.layout().ndim())? {
        Asked::Element(index) => {
            dispatch!(array, array => set_element(view, array, &index, value))
        }
        Asked::View(keys) => {
            let target = view.access(py)?.select(&keys)?;
            // memoryview takes nothing but a buffer for a slice of its one dimension.
            let plain_slice = matches!(*keys, [Key::Slice { .. }]) && array.layout().ndim() == 1;
            // `target` is only touched under a hold.
            set_view(view, &target, value, !plain_slice)
        }
    }
}

/// Stores one object in one element.
#[inline]
pub(super) fn set_element<T: PyElement>(
    view: &PyConsumerArray,
    array: &ConsumerArray<T>,
    index: &[isize],
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let encoded = T::encode(array, array.format(), value)?;
    let _access = view.access(value.py())?;
    let pointer = array.raw().element(index)?;
    let bytes = encoded.as_ref();
    // SAFETY: the pointer leads to an element of this array, which is writable (or else nobody
    // comes here), and the bytes are one element.
    unsafe { pointer.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    Ok(())
}

/// Stores in the elements of `target`, a view of `view`'s memory, those of another exporter, or,
/// where scalars may fill, one object in all of them.
fn set_view(
    view: &PyConsumerArray,
    target: &AnyArray,
    value: &Bound<'_, PyAny>,
    scalars_fill: bool,
) -> PyResult<()> {
    let py = value.py();
    // SAFETY: the object is alive.
    let exports = unsafe { ffi::PyObject_CheckBuffer(value.as_ptr()) } != 0;
    if exports {
        let source = super::module::view_of(value)?;
        let source = source.get().hold(py)?;
        if same_elements(target, &source) && target.layout().shape() == source.layout().shape() {
            let _hold = view.hold(py)?;
            return Ok(dispatch!(target, to => dispatch_raw(to, &source))?);
        }
        if !scalars_fill || !holds_bytes(target) {
            return Err(different_structures(target, &source));
        }
    } else if !scalars_fill {
        return Err(super::errors::no_buffer(value));
    }
    dispatch!(target, array => fill(view, array, value))
}

fn dispatch_raw<T: crate::element::Element>(
    target: &ConsumerArray<T>,
    source: &AnyArray,
) -> crate::error::Result<()> {
    dispatch!(source, from => copy::assign(target, from))
}

fn fill<T: PyElement>(
    view: &PyConsumerArray,
    array: &ConsumerArray<T>,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let encoded = T::encode(array, array.format(), value)?;
    let _access = view.access(value.py())?;
    Ok(copy::fill(array, encoded.as_ref())?)
}

/// Whether the elements of two arrays are of one type and byte order, so that their bytes can be
/// copied; where a type is not known, the formats decide.
fn same_elements(left: &AnyArray, right: &AnyArray) -> bool {
    match (left.scalar_type(), right.scalar_type()) {
        (Some(left), Some(right)) => left == right,
        (None, None) => {
            left.format() == right.format() && left.layout().itemsize() == right.layout().itemsize()
        }
        _ => false,
    }
}

/// Whether an object that exports a buffer may be meant as one element: a byte string.
fn holds_bytes(array: &AnyArray) -> bool {
    matches!(array, AnyArray::Char(_))
}

#[cold]
fn different_structures(target: &AnyArray, source: &AnyArray) -> PyErr {
    let describe = |array: &AnyArray| {
        format!("format '{}' and shape {:?}", array.format(), array.layout().shape())
    };
    pyo3::exceptions::PyValueError::new_err(format!(
        "cannot assign a buffer of {} to {}",
        describe(source),
        describe(target)
    ))
}

#[pymethods]
impl PyConsumerArray {
    fn __len__(&self) -> PyResult<usize> {
        match self.array()?.layout().shape() {
            [] => Err(PyTypeError::new_err("0-dim memory has no length")),
            [length, ..] => Ok(*length),
        }
    }

    /// v[i], v[i, j], v[i:j:k], v[i, ..., j:k]
    fn __getitem__<'py>(
        this: &Bound<'py, Self>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        get(this, key)
    }

    fn __setitem__<'py>(
        this: &Bound<'py, Self>,
        key: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        set(this, key, value)
    }

    fn __delitem__(&self, _key: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("cannot delete memory"))
    }
}
