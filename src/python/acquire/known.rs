//! What the types of exporters have told of their elements, kept by class and format: a class of
//! ctypes, and a record of NumPy's, takes much longer to read than a buffer to acquire.
//!
//! A class is kept weakly, and found by its identity. That is enough for ctypes, which finishes a
//! class with its first object: what its attributes say can change after that, where the fields lie
//! cannot. A dtype of NumPy's can change, so that what a format does not tell of it is compared
//! ([`super::numpy`]). Nothing is kept of what may hold references to objects, which is proved anew
//! for each exporter, nor of elements that cannot be read.

use std::ffi::CStr;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyType, PyWeakrefMethods, PyWeakrefReference};

use crate::array::AnyArray;
use crate::fallible;
use crate::form::recent::{Recent, is_to_be_kept};
use crate::form::{ElementType, Field};
use crate::format::FormatString;
use crate::python::errors::DiscardError;

/// What the type of an exporter has told.
struct Known {
    /// The class of the exporter.
    class: Py<PyWeakrefReference>,
    /// The format and the itemsize that it had exported.
    exported: Box<[u8]>,
    itemsize: usize,
    /// What they stand for, and a format that says so.
    found: Found,
}

/// What elements are, and a format that says so.
pub(super) type Found = (Arc<ElementType>, FormatString);

/// Whose types have told it.
pub(super) struct Source {
    known: Recent<Known>,
    /// Returns the key of a class and a format; `None` if the format is too long.
    key: fn(&Bound<'_, PyType>, &CStr) -> Option<usize>,
    /// Returns whether the elements of an exporter are of an element type that was found for the
    /// same class and format.
    holds: fn(&Bound<'_, PyAny>, &ElementType) -> bool,
}

impl Source {
    /// One whose types have told nothing yet.
    pub(super) const fn new(
        key: fn(&Bound<'_, PyType>, &CStr) -> Option<usize>,
        holds: fn(&Bound<'_, PyAny>, &ElementType) -> bool,
    ) -> Self {
        Self { known: Recent::new(), key, holds }
    }

    /// Returns the element type of the elements of an exporter, and a format that describes it, if
    /// that has been found out before.
    #[inline]
    pub(super) fn find(
        &self,
        exporter: &Bound<'_, PyAny>,
        exported: &CStr,
        itemsize: usize,
    ) -> Option<Found> {
        let class = exporter.get_type();
        let found = self.known.find((self.key)(&class, exported)?, |known| {
            let same = known.itemsize == itemsize
                && known.class.bind(class.py()).upgrade().is_some_and(|known| known.is(&class))
                && *known.exported == *exported.to_bytes();
            same.then(|| known.found.clone())
        })?;
        (self.holds)(exporter, &found.0).then_some(found)
    }

    /// Keeps what was found to be the elements of an array over the memory of an exporter, if that
    /// is to be kept. `exported` is the format that it has exported.
    pub(super) fn keep(&self, exporter: &Bound<'_, PyAny>, exported: &CStr, found: &AnyArray) {
        let (py, class) = (exporter.py(), exporter.get_type());
        let AnyArray::Composite(composite) = found else { return };
        let element_type = composite.descriptor();
        // A class that was in no state to be a field's yet has no bytes.
        let is_lasting = |part: &ElementType| match part {
            ElementType::Record(record) => {
                // Of a name with a NUL a format has the part before it.
                let has_nul =
                    |field: &Field| field.name.as_ref().is_some_and(|it| it.contains('\0'));
                record.size > 0 && !record.hides_objects && !record.fields.iter().any(has_nul)
            }
            ElementType::Object | ElementType::Unreadable { .. } => false,
            _ => true,
        };
        let Some(key) = (self.key)(&class, exported) else { return };
        if element_type.any(&|part| !is_lasting(part)) || !is_to_be_kept(element_type) {
            return;
        }
        if let Some(reference) = PyWeakrefReference::new(&class).or_discard(py)
            && let Ok(text) = fallible::bytes(exported.to_bytes(), 0)
        {
            let entry = Known {
                class: reference.unbind(),
                exported: text.into_boxed_slice(),
                itemsize: found.layout().itemsize(),
                found: (element_type.clone(), composite.format().clone()),
            };
            let old = self.known.keep(key, entry);
            // Dropped while the thread is known to be attached.
            drop(old.map(|old| old.class.into_bound(py)));
        }
    }
}
