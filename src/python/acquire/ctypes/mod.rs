//! What the elements of ctypes objects are, by their types.
//!
//! The formats that ctypes exports for structures and unions are wrong on some versions of Python:
//! they leave out padding, bit-fields and the fields of base classes. Their types tell the truth
//! (type_reader.rs); where even they are not clear, the elements are refused. Formats of simple
//! types, and of arrays of them, are right, and never come here.

mod type_reader;

use std::sync::Arc;

use pyo3::ffi;
use pyo3::prelude::*;

use super::AsView;
use super::types::base_class;
use crate::array::AnyArray;
use crate::form::ElementType;
use crate::format::FormatString;
use crate::layout::Layout;
use crate::python::errors;
use type_reader::{TypeReader, unreadable};

/// Returns the ctypes object whose memory an exporter shows: itself, or what memoryviews and views
/// are views of.
pub fn owner<'py>(exporter: &Bound<'py, PyAny>, as_view: AsView) -> Option<Bound<'py, PyAny>> {
    let mut exporter = exporter.clone();
    loop {
        let inner = if let Some(view) = as_view(&exporter) {
            view.exporter
        // SAFETY: the object is alive.
        } else if unsafe { ffi::PyMemoryView_Check(exporter.as_ptr()) } != 0 {
            exporter.getattr("obj").ok()
        } else {
            return is_of_ctypes(&exporter).then_some(exporter);
        };
        exporter = inner?;
    }
}

/// Returns whether an object is one of ctypes.
fn is_of_ctypes(object: &Bound<'_, PyAny>) -> bool {
    base_class(object, |name| name.to_bytes().starts_with(b"_ctypes.")).is_some()
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
        // SAFETY: the object is alive.
        } else if unsafe { ffi::PyMemoryView_Check(exporter.as_ptr()) } != 0 {
            exporter.getattr("obj").ok()
        } else {
            break;
        };
        direct = false;
        exporter = inner?;
    }
    if !is_of_ctypes(&exporter) {
        return None;
    }
    let class = exporter.get_type().into_any();
    let element_type = match element_type_of(&class, array, direct) {
        Ok(element_type) => element_type?,
        Err(error) => {
            let why = errors::text(class.py(), &error);
            unreadable(&class, array.layout().itemsize(), format_args!("{why}"))
        }
    };
    let layout = || array.layout().clone();
    let (start, readonly) = (array.start(), array.readonly());
    // SAFETY: the same memory in elements of the same size, which are of that type.
    Some(unsafe {
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
    })
}

/// Returns the element type of the elements of an array over an object of a class; `None` if the
/// array's own format is to be believed.
fn element_type_of(
    class: &Bound<'_, PyAny>,
    array: &AnyArray,
    direct: bool,
) -> PyResult<Option<ElementType>> {
    let reader = TypeReader::new(class.py())?;
    let item = reader.item_type(class.clone())?;
    let (size, itemsize) = (reader.sizeof(&item)?, array.layout().itemsize());
    // After a cast there is another size, or the format of a simple type.
    if !direct && (size != itemsize || array.scalar_type().is_some()) {
        return Ok(None);
    }
    if size != itemsize {
        let why = format_args!("it has {size} bytes, but itemsize is {itemsize}");
        return Ok(Some(unreadable(&item, itemsize, why)));
    }
    reader.element_type(&item, 0).map(Some)
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
