//! The elements of an array converted to another scalar type.

#![allow(unsafe_code)]

use super::AnyArray;
use crate::dtype::ScalarType;
use crate::error::Result;
use crate::form::{Judgement, judge};
use crate::format::{Format, FormatString};
use crate::kernels::convert::{self, Conversion, Overflow};
use crate::memory::Memory;

/// Returns the scalar type of a format, or `None` if it describes something else.
fn scalar(format: &[u8]) -> Result<Option<ScalarType>> {
    if let Some(scalar_type) = ScalarType::from_letters(format) {
        return Ok(Some(scalar_type));
    }
    let size = Format::parse(format)?.measure()?.size;
    Ok(match judge(format, size) {
        Judgement::Scalar(scalar_type) => Some(scalar_type),
        _ => None,
    })
}

impl AnyArray {
    /// Converts the elements to another scalar format, in C order and in memory of their own.
    /// Values are converted as in C: a float that becomes an integer loses its fraction, numbers
    /// that become floats are rounded to the nearest, and a `bool` is true for every value but 0.
    /// Numbers convert to numbers, characters to characters, and addresses and integers to each
    /// other.
    ///
    /// # Errors
    /// Returns an error with [`is_wrong_kind`](crate::Error::is_wrong_kind) if there is no such
    /// conversion, with [`is_value`](crate::Error::is_value) if a value is out of range and
    /// `overflow` makes that an error or if a complex number with an imaginary part would become a
    /// real one, with [`is_format`](crate::Error::is_format) or
    /// [`is_unreadable`](crate::Error::is_unreadable) for the format, and with
    /// [`is_too_large`](crate::Error::is_too_large) if there is not enough memory.
    ///
    /// # Examples
    /// ```
    /// use consumer::AnyArray;
    /// use consumer::array::Overflow;
    ///
    /// let array = AnyArray::from_bytes(&[1, 44, 0, 7], c">H", &[2]).unwrap();
    /// let error = array.to_format(&c"B".into(), Overflow::Error).unwrap_err();
    /// assert_eq!(error.to_string(), "300 at index 0 is out of range for format 'B'");
    /// assert!(array.to_format(&c"B".into(), Overflow::Saturate).is_ok());
    /// ```
    pub fn to_format(&self, format: &FormatString, overflow: Overflow) -> Result<Memory> {
        let conversion = self.conversion(format, overflow)?;
        // SAFETY: the conversion is that of this array's type, whose elements are valid for reads,
        // and `nbytes` is the number of bytes that it writes, all of them.
        unsafe {
            Memory::written(conversion.nbytes()?, |start| conversion.write(self.raw(), 0, start))
        }
    }

    /// Prepares a conversion to another scalar format, to be carried out piece by piece.
    ///
    /// # Errors
    /// Returns the errors of [`to_format`](Self::to_format), except those for single values.
    #[doc(hidden)]
    pub fn conversion<'a>(
        &'a self,
        format: &'a FormatString,
        overflow: Overflow,
    ) -> Result<Conversion<'a>> {
        let formats = [self.format(), format];
        match (self.scalar_type(), scalar(format.as_bytes())?) {
            (Some(from), Some(to)) => {
                Conversion::new(self.layout().shape(), from, to, formats, overflow)
            }
            _ => Err(convert::no_conversion(formats)),
        }
    }
}
