//! What the elements of ctypes objects are, by their types.
//!
//! The formats that ctypes exports for structures and unions are wrong on some versions of Python:
//! they leave out padding, bit-fields and the fields of base classes. Their types tell the truth
//! (type_reader.rs); where even they are not clear, the elements are refused. Formats of simple
//! types, and of arrays of them, are right, and never come here.

mod classes;
mod field_reader;
mod layout;
mod places;
mod sample;
mod type_reader;

use std::ffi::CString;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyType;

use super::known::Source;
use super::redirect::{handed_on, origin};
use super::{AsView, numpy};
use crate::array::AnyArray;
use crate::fallible;
use crate::form::ElementType;
use crate::format::FormatString;
use crate::layout::Layout;
use crate::python::errors;
use crate::python::exceptions::PyMemoryError;
use sample::UNPROVED;
use type_reader::{TypeReader, is_simple, unreadable};

/// What classes have told, each of which has a single format.
pub(super) static KNOWN: Source =
    Source::new(|class, _| Some(class.as_ptr().addr() >> 6), |_, _| true);

/// Returns whether the memory that an exporter shows is that of a ctypes object: its own, or what
/// memoryviews and NumPy's arrays are views of.
pub fn is_owner(exporter: &Bound<'_, PyAny>) -> bool {
    let mut exporter = origin(exporter);
    while let Some(owner) = exporter {
        match numpy::base(&owner) {
            Some(base) => exporter = origin(&base),
            None => return is_of_ctypes(&owner.get_type()),
        }
    }
    false
}

/// Returns whether a class is one of ctypes.
pub(super) fn is_of_ctypes(class: &Bound<'_, PyType>) -> bool {
    classes::kind_of(class).is_some()
}

/// Returns the array as the type of its ctypes object describes it, for a format that is not to be
/// believed. `None` if the memory is no ctypes object's, and if the format is not that of the
/// object itself: then it was cast to one that can be believed.
///
/// # Safety
/// The array's memory is that of `exporter`.
pub unsafe fn correct(
    array: &AnyArray,
    exporter: &Bound<'_, PyAny>,
    as_view: AsView,
) -> Option<AnyArray> {
    let mut exporter = exporter.clone();
    let mut direct = true;
    loop {
        let inner = if let Some(view) = as_view(&exporter) {
            if alike(&view.array, array) {
                // SAFETY: the same elements in the same memory, described as the view describes
                // them.
                return unsafe { described_by(&view.array, array) };
            }
            view.exporter
        } else if let Some(handed) = handed_on(&exporter) {
            handed.0
        } else {
            break;
        };
        direct = false;
        exporter = inner?;
    }
    if !is_of_ctypes(&exporter.get_type()) {
        return None;
    }
    let element_type = match element_type_of(&exporter, array, direct) {
        Ok(element_type) => element_type?,
        Err(error) => {
            let (py, class, size) = (exporter.py(), exporter.get_type(), array.layout().itemsize());
            let error = errors::with_exception(py, error);
            let element_type = if PyMemoryError::matches(&error, py) {
                ElementType::Unreadable { size, why: fallible::no_memory(size) }
            } else {
                let why = errors::text(py, &error);
                unreadable(&class, size, format_args!("{why}"))
            };
            errors::discard(py, error);
            element_type
        }
    };
    let element_type = match fallible::room_for(element_type.weight()) {
        Ok(()) => element_type,
        Err(why) => ElementType::Unreadable { size: element_type.size(), why },
    };
    let layout = || array.layout().clone();
    let (start, readonly) = (array.start(), array.readonly());
    // SAFETY: the same memory in elements of the same size, which are of that type.
    let found = unsafe {
        match element_type {
            ElementType::Unreadable { ref why, .. } => {
                let (format, why) = (element_type.format(), why.clone());
                AnyArray::opaque(start, layout(), format, readonly, None, why)
            }
            ElementType::Scalar(scalar_type) => {
                let format = scalar_type.format();
                AnyArray::from_scalars(scalar_type, start, layout(), format, readonly, None)
            }
            element_type => {
                let told = element_type.is_described_by(array.format().as_bytes());
                let format = if told { array.format().clone() } else { element_type.format() };
                with_element_type(array, format, Arc::new(element_type))
            }
        }
    };
    if direct {
        KNOWN.keep(&exporter, array.format().as_c_str(), &found);
    }
    Some(found)
}

/// Returns the type of the objects of a class, of which none is made, and a format of theirs.
///
/// # Errors
/// What its attributes raise, and MemoryError.
pub(super) fn of_class(class: &Bound<'_, PyType>) -> PyResult<(ElementType, FormatString)> {
    let reader = TypeReader::new(class.py())?;
    let (size, exported) = (reader.ctypes.sizeof(class)?, reader.ctypes.exported(class)?);
    let refused = |why: String| {
        let element_type = unreadable(class, size, format_args!("{why}"));
        let format = element_type.format();
        Ok((element_type, format))
    };
    let mut item = class.clone();
    for _ in &exported.shape {
        item = match reader.item_of(&item, None)? {
            Ok((item, _)) => item,
            Err(why) => return refused(why),
        };
    }
    let mut element_type = reader.element_type(&item, None, 0)?;
    if !exported.shape.is_empty() {
        fallible::room_for(element_type.weight())?;
        element_type = ElementType::array(exported.shape, element_type);
    }
    let format = match CString::new(exported.format) {
        Ok(format) if element_type.is_described_by(format.as_bytes()) => format.into(),
        _ => element_type.format(),
    };
    Ok((element_type, format))
}

/// Returns the element type of the elements of an array over an object; `None` if the array's own
/// format is to be believed.
fn element_type_of(
    object: &Bound<'_, PyAny>,
    array: &AnyArray,
    direct: bool,
) -> PyResult<Option<ElementType>> {
    let (class, itemsize) = (object.get_type(), array.layout().itemsize());
    let reader = TypeReader::new(object.py())?;
    let exported = reader.ctypes.exported(&class)?;
    let same = exported.format.as_bytes() == array.format().as_bytes();
    // After a cast there is another format or size, or that of a simple type.
    if !direct && (!same || array.scalar_type().is_some()) {
        return Ok(None);
    }
    let refuse = |why: std::fmt::Arguments<'_>| Ok(Some(unreadable(&class, itemsize, why)));
    if !same {
        return refuse(format_args!("its format is {:?}", exported.format));
    }
    let (item, object) = match reader.item_type(object)? {
        Ok(item) => item,
        Err(why) => return refuse(format_args!("{why}")),
    };
    let size = reader.ctypes.sizeof(&item)?;
    if size != itemsize {
        if !direct {
            return Ok(None);
        }
        return refuse(format_args!("it has {size} bytes, but itemsize is {itemsize}"));
    }
    let element_type = reader.element_type(&item, object.as_ref(), 0)?;
    let unproved = object.is_none() && !is_simple(&item) && array.layout().nbytes() > 0;
    if unproved && element_type.has_objects() {
        return refuse(format_args!("{UNPROVED}"));
    }
    Ok(Some(element_type))
}

/// Returns the array of the same elements by another element type.
///
/// # Safety
/// The element type is that of the elements.
unsafe fn with_element_type(
    array: &AnyArray,
    format: FormatString,
    element_type: Arc<ElementType>,
) -> AnyArray {
    let layout: Layout = array.layout().clone();
    // SAFETY: the caller guarantees it.
    unsafe {
        AnyArray::composite(array.start(), layout, format, array.readonly(), None, element_type)
    }
}

/// Returns an array as a view describes the same elements, which has asked their owner already;
/// `None` if the array's own format is to be believed.
///
/// # Safety
/// The elements are those of the view.
unsafe fn described_by(view: &AnyArray, array: &AnyArray) -> Option<AnyArray> {
    let format = array.format().clone();
    match view {
        AnyArray::Composite(known) => {
            let element_type = known.descriptor().clone();
            // SAFETY: the caller guarantees it.
            Some(unsafe { with_element_type(array, format, element_type) })
        }
        AnyArray::Opaque(known) => {
            let (layout, why) = (array.layout().clone(), known.descriptor().clone());
            let (start, readonly) = (array.start(), array.readonly());
            // SAFETY: the same memory under the same layout.
            Some(unsafe { AnyArray::opaque(start, layout, format, readonly, None, why) })
        }
        _ => None,
    }
}

/// Returns whether two arrays claim the same of their elements.
fn alike(left: &AnyArray, right: &AnyArray) -> bool {
    left.format() == right.format() && left.layout().itemsize() == right.layout().itemsize()
}
