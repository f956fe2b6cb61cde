//! What the types of exporters have told of their elements, kept by class and format: a class of
//! ctypes, and a record of NumPy's, takes much longer to read than a buffer to acquire.
//!
//! A class is kept weakly, and found by its identity. That is enough for ctypes, which finishes a
//! class with its first object: what its attributes say can change after that, where the fields lie
//! cannot. A dtype of NumPy's can change, so that what a format does not tell of it is compared
//! (numpy.rs). Nothing is kept of what may hold references to objects, which is proved anew for each
//! exporter, nor of elements that cannot be read.

use std::sync::Arc;

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyType, PyWeakrefMethods, PyWeakrefReference};

use super::numpy;
use crate::array::AnyArray;
use crate::fallible;
use crate::form::ElementType;
use crate::form::recent::{Recent, is_to_be_kept, key_of_text};
use crate::format::FormatString;
use crate::python::errors::DiscardError;

/// Whose types have told it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Ctypes,
    Numpy,
}

struct Known {
    /// The class of the exporter.
    class: Py<PyWeakrefReference>,
    source: Source,
    /// The format and the itemsize that were exported.
    exported: Box<[u8]>,
    itemsize: usize,
    /// What they stand for, and a format that says so.
    found: (Arc<ElementType>, FormatString),
}

static KNOWN: Recent<Known> = Recent::new();

/// Returns the element type of the elements of an exporter, itself or behind a memoryview, and a
/// format that describes it, if that has been found out before.
pub(super) fn find(
    exporter: &Bound<'_, PyAny>,
    exported: &[u8],
    itemsize: usize,
) -> Option<(Arc<ElementType>, FormatString)> {
    let py = exporter.py();
    let key = key_of_text(exported)?;
    // SAFETY: the object is alive.
    let exporter = match unsafe { ffi::PyMemoryView_Check(exporter.as_ptr()) } {
        0 => exporter.clone(),
        _ => exporter.getattr(intern!(py, "obj")).or_discard(py)?,
    };
    let class = exporter.get_type();
    let (found, source) = KNOWN.find(key ^ address(&class), |known| {
        let same = known.itemsize == itemsize
            && *known.exported == *exported
            && known.class.bind(py).upgrade().is_some_and(|known| known.is(&class));
        same.then(|| (known.found.clone(), known.source))
    })?;
    (source == Source::Ctypes || numpy::is_same_record(&exporter, &found.0)).then_some(found)
}

/// Keeps what was found to be the elements of an array over the memory of an exporter, if that is to
/// be kept.
pub(super) fn keep(
    source: Source,
    exporter: &Bound<'_, PyAny>,
    array: &AnyArray,
    found: &AnyArray,
) {
    let (py, class) = (exporter.py(), exporter.get_type());
    let (exported, itemsize) = (array.format().as_bytes(), array.layout().itemsize());
    let AnyArray::Composite(composite) = found else { return };
    let element_type = composite.descriptor();
    // A class that was in no state to be a field's yet has no bytes.
    let is_lasting = |part: &ElementType| match part {
        ElementType::Record(record) => record.size > 0 && !record.hides_objects,
        ElementType::Object | ElementType::Unreadable { .. } => false,
        _ => true,
    };
    let Some(key) = key_of_text(exported) else { return };
    if element_type.any(&|part| !is_lasting(part)) || !is_to_be_kept(element_type) {
        return;
    }
    if let Some(reference) = PyWeakrefReference::new(&class).or_discard(py)
        && let Ok(exported) = fallible::bytes(exported, 0)
    {
        let entry = Known {
            class: reference.unbind(),
            source,
            exported: exported.into_boxed_slice(),
            itemsize,
            found: (element_type.clone(), composite.format().clone()),
        };
        let old = KNOWN.keep(key ^ address(&class), entry);
        // Dropped while the thread is known to be attached.
        drop(old.map(|old| old.class.into_bound(py)));
    }
}

/// The address of a class, without the bits that all have in common.
fn address(class: &Bound<'_, PyType>) -> usize {
    class.as_ptr().addr() >> 6
}
