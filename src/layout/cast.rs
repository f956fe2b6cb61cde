//! The same bytes as other elements.

use super::{Layout, Order, check_ndim};
use crate::error::{Error, Result};

impl Layout {
    /// Returns the layout of the same bytes as elements of another size, in one dimension or in a
    /// given shape and order. The elements have to be contiguous: in C order for a result in C
    /// order, and in either order for a result in Fortran order. One dimension that is not
    /// contiguous can still be cast to elements of the same size.
    ///
    /// # Errors
    /// Returns an error with [`is_wrong_kind`](Error::is_wrong_kind) if the elements are not
    /// contiguous, if the new elements do not take exactly their bytes, or if a shape is given for
    /// no elements, and with [`is_value`](Error::is_value) if the shape is not one that elements
    /// can have. (memoryview raises TypeError and ValueError in these cases.)
    ///
    /// # Examples
    /// ```
    /// use consumer::{Layout, Order};
    /// let bytes = Layout::contiguous(&[24], 1).unwrap();
    /// assert_eq!(bytes.cast(4, None, Order::C).unwrap().shape(), [6]);
    /// assert_eq!(bytes.cast(4, Some(&[2, 3]), Order::Fortran).unwrap().strides(), [4, 8]);
    /// ```
    pub fn cast(&self, itemsize: usize, shape: Option<&[isize]>, order: Order) -> Result<Self> {
        let same_line = shape.is_none() && self.ndim() == 1 && itemsize == self.itemsize;
        if same_line && !self.is_c_contiguous() {
            return Ok(self.clone());
        }
        let fortran = order == Order::Fortran && self.is_f_contiguous();
        if !fortran && !self.is_c_contiguous() {
            return Err(Error::wrong_kind("casts are restricted to contiguous views"));
        }
        if itemsize == 0 {
            return Err(Error::value("elements of 0 bytes cannot be counted"));
        }
        if self.is_empty() && (shape.is_some() || self.ndim() != 1) {
            return Err(Error::wrong_kind("cannot cast a view with zeros in its shape"));
        }
        let nbytes = self.nbytes();
        let Some(shape) = shape else {
            if !nbytes.is_multiple_of(itemsize) {
                return Err(Error::wrong_kind(format!(
                    "{nbytes} bytes are no multiple of the itemsize, {itemsize}"
                )));
            }
            return Self::contiguous(&[nbytes / itemsize], itemsize);
        };
        check_ndim(shape.len())?;
        let lengths: Option<Vec<usize>> =
            shape.iter().map(|&length| usize::try_from(length).ok().filter(|&n| n > 0)).collect();
        let lengths = lengths.ok_or_else(|| {
            let message = format!("shape {shape:?} has elements that are not larger than 0");
            // memoryview has no casts from several dimensions to several.
            let known = self.ndim() == 1 || shape.len() == 1;
            if known { Error::value(message) } else { Error::wrong_kind(message) }
        })?;
        // The product alone decides between the errors, as in memoryview.
        let layout = Self::contiguous_in(&lengths, itemsize, order);
        let layout = layout.map_err(|error| Error::value(error.to_string()))?;
        if layout.nbytes() != nbytes {
            return Err(Error::wrong_kind(format!(
                "shape {shape:?} of elements of {itemsize} bytes takes {} bytes, not {nbytes}",
                layout.nbytes()
            )));
        }
        Ok(layout)
    }

    /// Returns the layout of the single bytes of `count` elements of `itemsize` bytes, from
    /// `offset` bytes on; without a count, of all bytes from there on. The elements have to be
    /// contiguous.
    ///
    /// # Errors
    /// Returns an error with [`is_wrong_kind`](Error::is_wrong_kind) if the elements are not
    /// contiguous in C order, and with [`is_value`](Error::is_value) if they have fewer bytes.
    ///
    /// # Examples
    /// ```
    /// use consumer::Layout;
    /// let layout = Layout::contiguous(&[2, 3], 8).unwrap();
    /// assert_eq!(layout.bytes(16, 4, None).unwrap().shape(), [32]);
    /// assert_eq!(layout.bytes(16, 4, Some(5)).unwrap().shape(), [20]);
    /// assert!(layout.bytes(16, 4, Some(9)).unwrap_err().is_value());
    /// ```
    pub fn bytes(&self, offset: usize, itemsize: usize, count: Option<usize>) -> Result<Self> {
        if !self.is_c_contiguous() {
            return Err(Error::wrong_kind("casts of a part are restricted to C-contiguous views"));
        }
        let nbytes = self.nbytes();
        let left = nbytes.checked_sub(offset).ok_or_else(|| {
            Error::value(format!("offset {offset} is beyond the end of {nbytes} bytes"))
        })?;
        let length = match count {
            None => left,
            Some(count) => {
                let length = count.checked_mul(itemsize).filter(|&length| length <= left);
                length.ok_or_else(|| {
                    Error::value(format!(
                        "{count} elements of {itemsize} bytes are more than the {left} bytes from \
                         offset {offset} on"
                    ))
                })?
            }
        };
        Self::contiguous(&[length], 1)
    }
}
