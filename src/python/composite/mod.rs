//! Records, strings of fixed width, sub-arrays and objects as Python objects, and back.
//!
//! The bytes of an element are copied before anything is made of them: making tuples can run the
//! garbage collector, and with it anybody's code; so the objects that they refer to are kept alive
//! until that is done. Written are only those that hold values, once all of them are there: padding
//! stays as it was. What references to objects need beside that is in objects.rs.

mod read;
mod write;

use pyo3::Borrowed;
use pyo3::prelude::*;
use smallvec::SmallVec;

use super::convert::{Equal, NewReference, PyElement, fill_list};
use super::long::{self, Pauses};
use super::objects::{self, Objects, Reference};
use crate::element::Composite;
use crate::error::{Error, Result};
use crate::format::FormatString;
use crate::kernels::copy::record;
use crate::kernels::pieces::Sequence;
use crate::kernels::search::Pattern;
use crate::view::View;

/// The bytes of one element: on the heap only where it is large.
type Bytes = SmallVec<[u8; 128]>;

/// An element ready to be stored.
pub(super) struct Encoded {
    bytes: Bytes,
    /// What the references in the bytes refer to.
    objects: Vec<Reference>,
}

impl PyElement for Composite {
    type Encoded = Encoded;
    /// The references to objects that were stored over.
    type Old = Option<Objects>;

    #[inline(never)]
    unsafe fn read(py: Python<'_>, view: &View<Self>, pointer: *const u8) -> NewReference {
        // SAFETY: as the caller says; the slice lives for this copy alone.
        let bytes = unsafe { std::slice::from_raw_parts(pointer, view.layout().itemsize()) };
        let bytes = Bytes::from_slice(bytes);
        if let Some(fields) = read::scalars(view.descriptor()) {
            return read::tuple(py, fields, &bytes);
        }
        // SAFETY: a copy of an element, whose objects are alive as long as nobody's code has run.
        let objects = unsafe { objects::references(view.descriptor(), &bytes) };
        let object = read::object(py, view.descriptor(), &bytes);
        drop(objects);
        object
    }

    unsafe fn read_line(
        py: Python<'_>,
        view: &View<Self>,
        (pointer, stride): (*const u8, isize),
        list: NewReference,
        length: usize,
        pauses: &mut Pauses<'_>,
    ) -> NewReference {
        let fields = read::scalar_fields(view.descriptor());
        // SAFETY: as the caller says; the elements are held.
        unsafe {
            fill_list(list, length, pauses, |place, _| {
                let pointer = pointer.wrapping_offset(stride.wrapping_mul(place as isize));
                match &fields {
                    Some(fields) => read::scalar_tuple(py, fields, pointer),
                    None => Self::read(py, view, pointer),
                }
            })
        }
    }

    fn encode(
        view: &View<Self>,
        format: &FormatString,
        object: &Bound<'_, PyAny>,
    ) -> PyResult<Encoded> {
        let mut bytes = Bytes::from_elem(0, view.layout().itemsize());
        let mut writer = write::Writer { format, objects: Vec::new() };
        writer.write(view.descriptor(), object, &mut bytes)?;
        Ok(Encoded { bytes, objects: writer.objects })
    }

    unsafe fn store(view: &View<Self>, pointer: *mut u8, encoded: Encoded) -> Result<Self::Old> {
        let Encoded { mut bytes, objects } = encoded;
        // SAFETY: as the caller says; the bytes are one element, whose objects are with them.
        unsafe {
            if objects.is_empty() {
                record::exchange(view.descriptor(), pointer, bytes.as_mut_ptr());
                return Ok(None);
            }
            objects::store(view, pointer, &bytes).map(Some)
        }
    }

    unsafe fn store_plain(
        view: &View<Self>,
        pointer: *mut u8,
        object: Borrowed<'_, '_, PyAny>,
    ) -> bool {
        let Some(fields) = read::scalars(view.descriptor()) else { return false };
        let mut bytes = Bytes::from_elem(0, view.layout().itemsize());
        if !write::plain(fields, object, &mut bytes) {
            return false;
        }
        // SAFETY: as the caller says; the bytes are one element without objects.
        unsafe { record::exchange(view.descriptor(), pointer, bytes.as_mut_ptr()) };
        true
    }

    fn fill(py: Python<'_>, view: &View<Self>, encoded: Encoded) -> PyResult<Self::Old> {
        let Encoded { bytes, objects } = encoded;
        if !objects.is_empty() {
            // SAFETY: the bytes are one element, whose objects are with them.
            return Ok(Some(unsafe { objects::fill(view, &bytes)? }));
        }
        if view.readonly() {
            return Err(Error::read_only().into());
        }
        // SAFETY: the view is writable and held, and nothing else is touched.
        unsafe {
            long::in_pieces(py, [view.raw()], Sequence::Any, |[part], _| {
                record::fill(view.descriptor(), part, &bytes).map(|()| true)
            })?;
        }
        Ok(None)
    }

    fn sought(_object: &Bound<'_, PyAny>) -> Equal<Pattern> {
        Equal::Unknown
    }
}
