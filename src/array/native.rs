//! Copies of an array in this machine's byte order.

#![allow(unsafe_code)]

use std::sync::Arc;

use super::{AnyArray, dispatch};
use crate::dtype::ScalarType;
use crate::error::{Error, Result};
use crate::fallible;
use crate::format::FormatString;
use crate::kernels::Encoding;
use crate::kernels::copy::{self, record};
use crate::layout::{Layout, Order};
use crate::memory::Memory;
use crate::view::RawView;

impl AnyArray {
    /// Copies every element of `source`, some elements of this array, to the same index of
    /// `target`, in this machine's byte order. If the elements cannot be read, their bytes are
    /// copied.
    ///
    /// # Safety
    /// The target is writable, has the source's shape and itemsize, and does not overlap it.
    ///
    /// # Errors
    /// Returns an error if the shapes differ, which the caller has ruled out.
    #[doc(hidden)]
    pub unsafe fn write_native(&self, target: RawView<'_>, source: RawView<'_>) -> Result<()> {
        // SAFETY: the caller gives the guarantees for both views; the elements of `source` are of
        // this array's type, and the unit is the one to swap in elements of that type.
        unsafe {
            match self {
                Self::Composite(array) => record::write_native(array.descriptor(), target, source),
                _ => copy::copy_nonoverlapping(target, source, self.swap_unit()),
            }
        }
    }

    /// Copies the elements in C order and this machine's byte order to memory of their own. If they
    /// cannot be read, their bytes are copied.
    ///
    /// # Errors
    /// Returns an error with [`is_too_large`](Error::is_too_large) if there is not enough memory.
    pub fn to_native(&self) -> Result<Memory> {
        match self {
            Self::Composite(array) => record::to_native(array),
            // SAFETY: the unit is the one to swap in elements of this array's type.
            _ => unsafe { copy::to_memory_swapped(self.raw(), Order::C, self.swap_unit()) },
        }
    }

    /// Returns the number of bytes that are swapped as a unit to get this machine's byte order; 1
    /// if nothing is swapped.
    fn swap_unit(&self) -> usize {
        self.encoding().map_or(1, Encoding::swap_unit)
    }

    /// Makes a writable array of the same shape over a copy of the elements that
    /// [`to_native`](Self::to_native) made.
    ///
    /// # Errors
    /// Returns an error with [`is_too_large`](Error::is_too_large) if the elements share memory and
    /// the copy would be too large.
    ///
    /// # Safety
    /// `start` is the address of such a copy, which is valid for reads and writes as long as the
    /// array is used.
    #[doc(hidden)]
    pub unsafe fn native_at(&self, start: *mut u8) -> Result<Self> {
        let layout = Layout::contiguous(self.layout().shape(), self.layout().itemsize())?;
        // SAFETY: the caller guarantees that the copy is valid for reads and writes, and it has
        // this layout and this type in the native byte order.
        Ok(unsafe {
            match self {
                Self::Composite(array) => {
                    let element_type = array.descriptor();
                    let (format, native) = if element_type.is_native() {
                        (array.format().clone(), element_type.clone())
                    } else {
                        fallible::room_for(element_type.weight())?;
                        let native = element_type.to_native();
                        (native.format_in(layout.itemsize()), Arc::new(native))
                    };
                    Self::composite(start, layout, format, false, None, native)
                }
                Self::Opaque(array) => {
                    array.with_same_type(start, layout, false, array.format().clone(), None).into()
                }
                _ => {
                    let native = self.native_scalar();
                    let (scalar, format) = native.ok_or_else(|| Error::unreadable("no scalars"))?;
                    Self::from_scalars(scalar, start, layout, format, false, None)
                }
            }
        })
    }

    /// Makes a writable array of the same shape, type and byte order over a copy of the elements in
    /// C order, whose format is `format`.
    ///
    /// # Errors
    /// Returns the errors of [`native_at`](Self::native_at).
    ///
    /// # Safety
    /// `start` is the address of such a copy, which is valid for reads and writes as long as the
    /// array is used.
    #[doc(hidden)]
    pub unsafe fn copied_to(&self, start: *mut u8, format: FormatString) -> Result<Self> {
        let layout = Layout::contiguous(self.layout().shape(), self.layout().itemsize())?;
        // SAFETY: the caller guarantees that the copy is valid for reads and writes, and it has
        // this layout and this type.
        Ok(dispatch!(self, array => unsafe {
            array.with_same_type(start, layout, false, format, None).into()
        }))
    }

    /// Returns the type of the elements in this machine's byte order and its format, or `None` if
    /// the elements are not scalars.
    #[doc(hidden)]
    #[must_use]
    pub fn native_scalar(&self) -> Option<(ScalarType, FormatString)> {
        let native = ScalarType { swapped: false, ..self.scalar_type()? };
        // A single letter is kept as the exporter wrote it.
        let is_letter = self.format().as_bytes().len() == 1;
        Some((native, if is_letter { self.format().clone() } else { native.format() }))
    }
}
