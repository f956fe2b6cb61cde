//! `v[key] = value`.
//!
//! Key and value are converted first, which may run arbitrary Python code, and the view is asked
//! for access after that.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PySlice, PyTuple};

use consumer::array::AnyArray;
use consumer::dtype::{DType, ScalarType};
use consumer::error::Tuple;
use consumer::kernels::convert::Overflow;
use consumer::layout::Layout;
use consumer::python::errors::{discard, with_exception};
use consumer::python::exceptions::{PyBufferError, PyNotImplementedError, PyTypeError};
use consumer::python::objects;

use super::lists;
use super::source::{
    different_structures, exporter_of, holds_bytes, holds_long_doubles, is_safe, takes_objects,
};
use crate::arguments::exact;
use crate::arguments::keys::{self, Selected};
use crate::object::consume::{borrows_objects, consume};
use crate::object::{Description, PyConsumerArray, ViewPart, as_view};
use crate::transfer;
use crate::values::elements::{self, Encoded};
use crate::values::references::{self, AttachedObjects, check_readable};
use crate::values::{read, record};

/// `v[key] = value` for any key and value.
#[inline(never)]
pub(crate) fn set<'py>(
    this: &Bound<'py, PyConsumerArray>,
    key: &Bound<'py, PyAny>,
    value: &Bound<'py, PyAny>,
) -> PyResult<()> {
    let py = this.py();
    let view = this.get();
    let description = view.describe()?;
    if description.readonly() {
        return Err(PyTypeError::new_err("cannot modify read-only memory"));
    }
    if let Some(names) = keys::names(key) {
        let target = ViewPart::new(view, names.select(&*view.access(py)?)?);
        check_ownership(view, target.describe(), py)?;
        return set_part(view, &target, value, true);
    }
    check_ownership(view, description, py)?;
    let element = exact::element(&*view.access(py)?, key.as_borrowed());
    if let Some(pointer) = element {
        // SAFETY: the pointer leads to an element of the view, which is writable.
        return unsafe { store(view, pointer, value) };
    }
    match keys::parse(key, description.layout())? {
        Selected::Element(index) => {
            // Pointers in the memory may lead to the element.
            let pointer = view.access(py)?.raw().element(&index)?;
            // SAFETY: the pointer leads to an element of the view, which is writable.
            unsafe { store(view, pointer, value) }
        }
        Selected::View(keys) => {
            let target = ViewPart::new(view, view.access(py)?.select(&keys)?);
            // As in memoryview, only a buffer is stored in a slice of the one dimension.
            let is_line = key.is_instance_of::<PySlice>() && description.layout().ndim() == 1;
            set_part(view, &target, value, !is_line)
        }
    }
}

/// Stores an object in the element at `pointer`, unless converting it has released the view.
///
/// # Safety
/// `pointer` leads to an element of the view, which is writable.
unsafe fn store(
    view: &PyConsumerArray,
    pointer: *mut u8,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let py = value.py();
    let mut encoded = Encoded::default();
    let value = &{
        let access = view.access(py)?;
        element_of(&access, value, &mut encoded)?
    };
    if let Some(value) = value {
        view.describe()?.encode(value, &mut encoded)?;
    }
    let old = {
        let access = view.access(py)?;
        // SAFETY: the caller guarantees it; the memory is still there, under access.
        unsafe { elements::store(py, &access, pointer, &mut encoded)? }
    };
    // Dropping objects may run arbitrary Python code.
    drop(old);
    Ok(())
}

/// Stores the elements of another exporter in those of `target`, a part of `view`, or, if scalars
/// may fill, one object in all of them.
fn set_part(
    view: &PyConsumerArray,
    target: &ViewPart<'_>,
    value: &Bound<'_, PyAny>,
    scalars_fill: bool,
) -> PyResult<()> {
    let py = value.py();
    let exporter = match exporter_of(target.describe(), value) {
        // What shares no memory may still be a number, such as a tensor on a GPU.
        Err(error) if scalars_fill && !objects::exports_buffer(value) => {
            return fill_instead(view, target, value, error);
        }
        exporter => exporter?,
    };
    if let Some(exporter) = exporter {
        let source = exporter.get().hold(py)?;
        let hold = target.hold(py)?;
        let same_shape = hold.layout().shape() == source.layout().shape();
        if same_shape && hold.has_type_of(&source) {
            let old = assign(py, &hold, &source)?;
            drop((hold, source));
            drop(old);
            return Ok(());
        }
        if is_safe(&source, &hold) {
            return transfer::convert(py, &hold, &source, Overflow::Error);
        }
        let may_be_element = holds_bytes(&hold) || source.layout().ndim() == 0;
        if !scalars_fill || !may_be_element {
            return Err(different_structures(&hold, &source));
        }
        if source.layout().ndim() == 0 && hold.has_type_of(&source) && !takes_objects(&hold) {
            // The element fills as it is, whoever exports it.
            drop((hold, source));
            return fill(view, target, exporter.as_any());
        }
    } else if !scalars_fill {
        let found = objects::type_name(value);
        let hint = match value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
            true => "v[a:b, ...] = x takes a list",
            false => "v[a:b, ...] = x fills",
        };
        return Err(PyTypeError::new_err(format!(
            "a slice takes its elements from an object that exports a buffer, not {found}; {hint}"
        )));
    } else if lists::are_elements(target.describe(), value) {
        if target.describe().has_references() {
            return lists::store_each(target.describe(), value, |index, value| {
                let mut encoded = Encoded::default();
                target.describe().encode(value, &mut encoded)?;
                let old = {
                    let hold = target.hold(py)?;
                    let pointer = hold.raw().element(index)?;
                    // SAFETY: the pointer leads to an element of the part, which is writable and
                    // held.
                    unsafe { elements::store(py, &hold, pointer, &mut encoded)? }
                };
                drop(old);
                Ok(())
            });
        }
        let mut bytes = lists::encoded(target.describe(), value)?;
        let hold = target.hold(py)?;
        let layout = Layout::contiguous(hold.layout().shape(), hold.layout().itemsize())?;
        // SAFETY: the bytes are all elements, one after the other, and outlive the array.
        let source = unsafe { hold.with_layout(bytes.as_mut_ptr(), layout, false) };
        return transfer::assign_values(py, &hold, &source);
    }
    fill(view, target, value)
}

/// Fills a part with an object that does not share its memory, for which there was `error`: that is
/// raised if the object is no element either.
#[cold]
fn fill_instead(
    view: &PyConsumerArray,
    target: &ViewPart<'_>,
    value: &Bound<'_, PyAny>,
    error: PyErr,
) -> PyResult<()> {
    let py = value.py();
    let error = with_exception(py, error);
    if !PyBufferError::matches(&error, py) {
        return Err(error);
    }
    fill(view, target, value).map_err(|other| {
        let other = with_exception(py, other);
        let is_no_element =
            PyTypeError::matches(&other, py) || PyNotImplementedError::matches(&other, py);
        let (raised, dropped) = if is_no_element { (error, other) } else { (other, error) };
        discard(py, dropped);
        raised
    })
}

/// Copies the elements of one array to another one of the same type; both are held. Returns what is
/// to be dropped once they are not touched any more.
fn assign<'py>(
    py: Python<'py>,
    target: &AnyArray,
    source: &AnyArray,
) -> PyResult<Option<AttachedObjects<'py>>> {
    check_readable(target)?;
    match (target, source) {
        (AnyArray::Composite(to), AnyArray::Composite(from)) if target.has_objects() => {
            references::assign(py, to, from).map(Some)
        }
        _ => transfer::assign(py, target, source).map(|()| None),
    }
}

/// Stores one object in all elements of a part.
fn fill(view: &PyConsumerArray, target: &ViewPart<'_>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = value.py();
    let mut encoded = Encoded::default();
    let value = &{
        let hold = target.hold(py)?;
        check_single(&hold, value)?;
        element_of(&hold, value, &mut encoded)?
    };
    if let Some(value) = value {
        let result = target.describe().encode(value, &mut encoded);
        result.map_err(|error| not_an_element(view, target, py, error))?;
    }
    let old = {
        let hold = target.hold(py)?;
        // SAFETY: the part is held, and the element was encoded for it.
        unsafe { elements::fill(py, &hold, &encoded)? }
    };
    drop(old);
    Ok(())
}

/// Refuses to fill bools with a container, whose truth value only says whether it is empty.
fn check_single(target: &AnyArray, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let is_bool = |scalar_type: ScalarType| scalar_type.dtype == DType::Bool;
    if target.scalar_type().is_some_and(is_bool)
        && !objects::exports_buffer(value)
        && value.get_type().getattr_opt(intern!(value.py(), "__iter__"))?.is_some()
    {
        return Err(PyTypeError::new_err(format!(
            "expected a bool to fill elements of format '{}' with, found {}; a list has one value \
             for each element",
            target.format(),
            objects::type_name(value)
        )));
    }
    Ok(())
}

/// Returns what is to be converted to an element of `target`: the element of a view without
/// dimensions, and any other object as it is. `None` if the element was of the same type: it is in
/// `encoded` then.
fn element_of<'py>(
    target: &AnyArray,
    value: &Bound<'py, PyAny>,
    encoded: &mut Encoded<'py>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = value.py();
    let as_it_is = || Ok(Some(value.clone()));
    if takes_objects(target) {
        return as_it_is();
    }
    let known = as_view(value);
    let exporter = match known {
        Some(view) => view.clone(),
        // What has the same elements, such as a structure of ctypes, is copied whole.
        None if matches!(target, AnyArray::Composite(_)) && !holds_bytes(target) => {
            if !objects::exports_buffer(value) {
                return as_it_is();
            }
            consume(value)?
        }
        None => return as_it_is(),
    };
    let source = exporter.get().hold(py)?;
    if matches!(*source, AnyArray::Opaque(_)) {
        return as_it_is();
    }
    if source.layout().ndim() == 0 && target.has_type_of(&source) {
        elements::encode_copy(py, &source, encoded)?;
        return Ok(None);
    }
    if matches!(target, AnyArray::Composite(_)) && !target.has_references() {
        let layout = Layout::contiguous(&[], target.layout().itemsize())?;
        let start = encoded.zeroed(layout.itemsize())?;
        // SAFETY: the bytes are those of one element, of a type without references.
        let element = unsafe { target.with_layout(start, layout, false) };
        if is_safe(&source, &element) {
            transfer::convert(py, &element, &source, Overflow::Error)?;
            return Ok(None);
        }
        *encoded = Encoded::default();
    }
    if known.is_none() || source.layout().ndim() > 0 {
        return as_it_is();
    }
    // As Python's float it would lose digits.
    if holds_long_doubles(&source) {
        return as_it_is();
    }
    let pointer = source.raw().element(&[])?;
    // SAFETY: the pointer leads to the element, which is held; `read` returns a new reference, or
    // NULL with an exception.
    unsafe {
        // A row has the names of its fields, by which they are stored.
        let named = record::named(py, &source)?;
        let source = named.as_ref().unwrap_or(&source);
        Bound::from_owned_ptr_or_err(py, read(py, source, pointer)).map(Some)
    }
}

/// The exception for an object that is no element to fill with.
#[cold]
fn not_an_element(
    view: &PyConsumerArray,
    target: &ViewPart<'_>,
    py: Python<'_>,
    error: PyErr,
) -> PyErr {
    let error = with_exception(py, error);
    let shape = target.describe().layout().shape();
    if shape.is_empty() || !PyTypeError::matches(&error, py) {
        return error;
    }
    let why = objects::message(py, &error);
    let message =
        format!("{why}; elements of shape {} take a list or a buffer of it, too", Tuple(shape));
    discard(py, error);
    // The exception of memoryview for parts of several dimensions.
    match view.describe().is_ok_and(|view| view.layout().ndim() > 1) {
        true => PyNotImplementedError::new_err(message),
        false => PyTypeError::new_err(message),
    }
}

/// Refuses to store references in memory that does not own them.
fn check_ownership(view: &PyConsumerArray, part: Description<'_>, py: Python<'_>) -> PyResult<()> {
    if borrows_objects(view, part.has_objects(), py)? {
        return Err(PyTypeError::new_err(
            "the memory of ctypes only borrows its objects: store them through the ctypes object",
        ));
    }
    Ok(())
}
