//! `v[key]`, `v[key] = value` and `len(v)`.
//!
//! Keys and values are converted first, which may run any code, and the view is asked for access
//! after that.

use pyo3::exceptions::{PyIndexError, PyNotImplementedError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyEllipsis, PySlice, PyTuple};
use smallvec::SmallVec;

use super::class::PyConsumerArray;
use super::convert::{NewReference, PyElement};
use super::copy;
use super::fields;
use super::objects::{self, Objects};
use super::plain;
use crate::array::{AnyArray, ConsumerArray, dispatch};
use crate::dtype::DType;
use crate::form::ElementType;
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
    if ndim > 0 && keys.len() > ndim && keys.iter().all(|key| matches!(key, Key::Slice { .. })) {
        // As memoryview has it, which knows no others.
        let (given, message) = (keys.len(), "slices were given, more than there are dimensions");
        return Err(PyNotImplementedError::new_err(format!("{given} {message}: {ndim}")));
    }
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

/// The number of a bound or a length, through its `__index__`: one that is beyond every array
/// becomes the largest or smallest number.
pub(super) fn clipped(object: &Bound<'_, PyAny>) -> PyResult<isize> {
    // SAFETY: the object is alive; without an exception to raise, the number is clipped.
    let number = unsafe { ffi::PyNumber_AsSsize_t(object.as_ptr(), std::ptr::null_mut()) };
    match PyErr::take(object.py()) {
        Some(error) if number == -1 => Err(error),
        _ => Ok(number),
    }
}

/// `v[key]`
pub(super) fn get<'py>(
    this: &Bound<'py, PyConsumerArray>,
    key: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = this.py();
    let view = this.get();
    if let Some(names) = fields::names(key)? {
        let part = names.of(&*view.access(py)?)?;
        // SAFETY: parts of the view's elements.
        return Ok(unsafe { PyConsumerArray::share(this, part)? }.into_any());
    }
    // Reading the key may release the view. A slice is still one of what the key was applied to, as
    // in memoryview; an element is not read any more.
    let hold = if has_slices(key) { Some(view.hold(py)?) } else { None };
    match parse(key, view.array()?.layout().ndim())? {
        Asked::Element(index) => {
            let access = view.access(py)?;
            let pointer = access.raw().element(&index)?;
            // SAFETY: the pointer leads to an element; `read` gives a new reference, or NULL with
            // an exception.
            unsafe { Bound::from_owned_ptr_or_err(py, read(py, &access, pointer)) }
        }
        Asked::View(keys) => {
            let hold = hold.map_or_else(|| view.hold(py), Ok)?;
            let (start, layout) = hold.raw().select(&keys)?;
            // SAFETY: a selection of the view's elements, which are held.
            unsafe { hold.share_part(this, start, layout).map(Bound::into_any) }
        }
    }
}

/// Whether a key is a slice, or a tuple with slices in it.
fn has_slices(key: &Bound<'_, PyAny>) -> bool {
    let is_slice = |part: &Bound<'_, PyAny>| part.is_instance_of::<PySlice>();
    match key.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter().any(|part| is_slice(&part)),
        Err(_) => is_slice(key),
    }
}

/// The object of the element at `pointer`.
///
/// # Safety
/// `pointer` leads to an element of the array, which the caller has access to.
#[inline(always)]
pub(super) unsafe fn read(py: Python<'_>, array: &AnyArray, pointer: *const u8) -> NewReference {
    // SAFETY: as the caller says.
    dispatch!(array, array => unsafe { PyElement::read(py, array, pointer) })
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
    if let Some(names) = fields::names(key)? {
        let target = names.of(&*view.access(py)?)?;
        objects::check_owned(view, &target, py)?;
        return set_view(view, &target, value, true);
    }
    objects::check_owned(view, array, py)?;
    if let Some(pointer) = plain::element(array, key.as_borrowed()) {
        // SAFETY: the pointer leads to an element of this array, which is writable.
        return unsafe { dispatch!(array, array => store(view, array, pointer, value)) };
    }
    match parse(key, array.layout().ndim())? {
        Asked::Element(index) => {
            // The way to the element may lead over pointers in the memory.
            let pointer = view.access(py)?.raw().element(&index)?;
            // SAFETY: the pointer leads to an element of this array, which is writable.
            unsafe { dispatch!(array, array => store(view, array, pointer, value)) }
        }
        Asked::View(keys) => {
            let target = view.access(py)?.select(&keys)?;
            // memoryview takes nothing but a buffer for a slice of its one dimension.
            let plain_slice = key.is_instance_of::<PySlice>() && array.layout().ndim() == 1;
            // `target` is only touched under a hold.
            set_view(view, &target, value, !plain_slice)
        }
    }
}

/// Stores one object in the element at `pointer`, if the view is still there once the object was
/// converted.
///
/// # Safety
/// `pointer` leads to an element of the view, which is writable.
#[inline(always)]
unsafe fn store<T: PyElement>(
    view: &PyConsumerArray,
    array: &ConsumerArray<T>,
    pointer: *mut u8,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let encoded = T::encode(array, array.format(), value)?;
    let old = {
        let _access = view.access(value.py())?;
        // SAFETY: as the caller says; the memory is there.
        unsafe { T::store(array, pointer, encoded)? }
    };
    // Its end may run anybody's code.
    drop(old);
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
        let exporter = super::module::view_of(value)?;
        let source = exporter.get().hold(py)?;
        if same_elements(target, &source) && target.layout().shape() == source.layout().shape() {
            let hold = view.hold(py)?;
            let old = assign(py, target, &source)?;
            drop((hold, source));
            drop(old);
            return Ok(());
        }
        if !scalars_fill || !(holds_bytes(target) || source.layout().ndim() == 0) {
            return Err(different_structures(target, &source));
        }
    } else if !scalars_fill {
        let found = value.get_type().fully_qualified_name()?;
        return Err(PyTypeError::new_err(format!(
            "a slice takes its elements from an object that exports a buffer, not {found}; \
             v[...] = x fills"
        )));
    }
    dispatch!(target, array => fill(view, array, value))
}

/// `del v[key]`, which there is not.
#[cold]
pub(super) fn delete(view: &PyConsumerArray) -> PyResult<()> {
    view.array()?;
    Err(PyTypeError::new_err("cannot delete memory"))
}

/// Copies the elements of one array to another one of the same type; both are held. What it gives
/// is to be dropped when they are not touched any more.
fn assign(py: Python<'_>, target: &AnyArray, source: &AnyArray) -> PyResult<Option<Objects>> {
    match (target, source) {
        (AnyArray::Composite(to), AnyArray::Composite(from)) if target.has_objects() => {
            Ok(Some(objects::assign(to, from)?))
        }
        _ => copy::assign(py, target, source).map(|()| None),
    }
}

fn fill<T: PyElement>(
    view: &PyConsumerArray,
    array: &ConsumerArray<T>,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let encoded = T::encode(array, array.format(), value);
    let encoded = encoded.map_err(|error| no_element(view, value.py(), error))?;
    let old = {
        let _hold = view.hold(value.py())?;
        T::fill(value.py(), array, encoded)?
    };
    drop(old);
    Ok(())
}

/// The error for an object that is no element to fill with.
#[cold]
fn no_element(view: &PyConsumerArray, py: Python<'_>, error: PyErr) -> PyErr {
    if view.array().is_ok_and(|array| array.layout().ndim() > 1)
        && error.is_instance_of::<PyTypeError>(py)
    {
        // What memoryview says of every part of several dimensions.
        let message = format!("neither a buffer nor an element to fill with: {}", error.value(py));
        return PyNotImplementedError::new_err(message);
    }
    error
}

/// Whether the elements of two arrays are of one type and byte order, so that their bytes can be
/// copied; where a type is not known, the formats decide.
fn same_elements(left: &AnyArray, right: &AnyArray) -> bool {
    let same_size = left.layout().itemsize() == right.layout().itemsize();
    match (left, right) {
        (AnyArray::Composite(left), AnyArray::Composite(right)) => {
            same_size && left.descriptor() == right.descriptor()
        }
        (AnyArray::Opaque(left), AnyArray::Opaque(right)) => {
            same_size && left.format() == right.format()
        }
        _ => left.scalar_type().is_some() && left.scalar_type() == right.scalar_type(),
    }
}

/// Whether an object that exports a buffer may be meant as one element: a byte string. (So may one
/// of no dimensions: NumPy's numbers are such.)
fn holds_bytes(array: &AnyArray) -> bool {
    fn is_bytes(element_type: &ElementType) -> bool {
        match element_type {
            ElementType::Bytes(_) | ElementType::Pascal(_) | ElementType::Void(_) => true,
            ElementType::Scalar(scalar_type) => scalar_type.dtype == DType::Char,
            ElementType::Padded(_, element_type) => is_bytes(element_type),
            _ => false,
        }
    }
    match array {
        AnyArray::Char(_) => true,
        AnyArray::Composite(array) => is_bytes(array.descriptor()),
        _ => false,
    }
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

impl PyConsumerArray {
    /// The length of the first dimension, where there is one and the view was not released.
    #[inline(always)]
    pub(super) fn plain_length(&self) -> Option<usize> {
        self.try_array()?.layout().length()
    }

    /// The length of the first dimension.
    pub(super) fn length(&self) -> PyResult<usize> {
        match self.array()?.layout().shape() {
            // As memoryview has it: until 3.11 its length was 1.
            [] if cfg!(not(Py_3_12)) => Ok(1),
            [] => Err(PyTypeError::new_err("0-dim memory has no length")),
            [length, ..] => Ok(*length),
        }
    }
}

#[pymethods]
impl PyConsumerArray {
    fn __len__(&self) -> PyResult<usize> {
        self.length()
    }

    /// v[i], v[i, j], v[i:j:k], v[i, ..., j:k]; of records also v["name"], v[["name", "other"]]
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
        delete(self)
    }
}
