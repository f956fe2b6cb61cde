//! Copies of an array in this machine's byte order.

#![allow(unsafe_code)]

use std::sync::Arc;

use super::AnyArray;
use crate::dtype::ScalarType;
use crate::error::{Error, Result};
use crate::format::FormatString;
use crate::kernels::Encoding;
use crate::kernels::copy::{self, record};
use crate::layout::{Layout, Order};
use crate::memory::Memory;
use crate::view::RawView;

impl AnyArray {
    /// Copies every element of `source`, a part of this array, to the same place of `target`, in this
    /// machine's byte order; where the elements cannot be read, just their bytes.
    ///
    /// # Safety
    /// The target is writable, has the source's shape and itemsize, and lies apart from it.
    ///
    /// # Errors
    /// None for a valid array.
    #[cfg(feature = "python")]
    pub(crate) unsafe fn write_native(
        &self,
        target: RawView<'_>,
        source: RawView<'_>,
    ) -> Result<()> {
        // SAFETY: as the caller says; a part's elements are of the array's form.
        unsafe {
            match self {
                Self::Composite(array) => record::write_native(array.descriptor(), target, source),
                _ => copy::copy_nonoverlapping(target, source, self.swap_unit()),
            }
        }
    }

    /// The elements in C order and this machine's byte order, in memory of their own; where the
    /// elements cannot be read, just their bytes.
    ///
    /// # Errors
    /// One that [`is_too_large`](Error::is_too_large) where there is not so much memory.
    pub fn to_native(&self) -> Result<Memory> {
        match self {
            Self::Composite(array) => record::to_native(array),
            // SAFETY: an element of a scalar type is one or two of its swap units; 1 divides any other.
            _ => unsafe { copy::to_memory_swapped(self.raw(), Order::C, self.swap_unit()) },
        }
    }

    /// How many bytes of a scalar are reversed together to come to native byte order; 1 if none are.
    fn swap_unit(&self) -> usize {
        self.encoding().map_or(1, Encoding::swap_unit)
    }

    /// A writable array of the same shape over a copy of the elements, as [`to_native`](Self::to_native)
    /// makes it.
    ///
    /// # Errors
    /// One that [`is_too_large`](Error::is_too_large), for elements that do not lie apart in memory.
    ///
    /// # Safety
    /// `start` leads to such a copy, which is valid for reads and writes as long as the array is used.
    pub(crate) unsafe fn native_at(&self, start: *mut u8) -> Result<Self> {
        let layout = Layout::contiguous(self.layout().shape(), self.layout().itemsize())?;
        // SAFETY: as the caller says.
        Ok(unsafe {
            match self {
                Self::Composite(array) => {
                    let (form, native) = (array.descriptor(), array.descriptor().to_native());
                    let same = native == **form;
                    let format = if same { array.format().clone() } else { native.format() };
                    Self::composite(start, layout, format, false, None, Arc::new(native))
                }
                Self::Opaque(array) => {
                    array.alike(start, layout, false, array.format().clone(), None).into()
                }
                _ => {
                    let native = self.native_scalar();
                    let (scalar, format) = native.ok_or_else(|| Error::unreadable("no scalars"))?;
                    Self::of_scalars(scalar, start, layout, format, false, None)
                }
            }
        })
    }

    /// The type of the elements in this machine's byte order, and its format; `None` where the
    /// elements are no scalars.
    pub(crate) fn native_scalar(&self) -> Option<(ScalarType, FormatString)> {
        let native = ScalarType { swapped: false, ..self.scalar_type()? };
        // The exporter's own letter, where that says all.
        let one = self.format().as_bytes().len() == 1;
        Some((native, if one { self.format().clone() } else { native.format() }))
    }
}
