//! Arrays as elements of another scalar type.

#![allow(unsafe_code)]

use super::AnyArray;
use crate::dtype::{Judgement, ScalarType, judge, short_scalar};
use crate::error::Result;
use crate::format::{Format, FormatString};
use crate::kernels::convert::{self, Conversion, Overflow};
use crate::memory::Memory;

/// The scalar type that a format is of; `None` where it is of none.
fn scalar(format: &[u8]) -> Result<Option<ScalarType>> {
    if let Some(scalar_type) = short_scalar(format) {
        return Ok(Some(scalar_type));
    }
    let size = Format::parse(format)?.measure()?.size;
    Ok(match judge(format, size) {
        Judgement::Scalar(scalar_type) => Some(scalar_type),
        _ => None,
    })
}

impl AnyArray {
    /// The elements as those of another scalar format, in C order and in memory of their own. Values
    /// are converted as C does it: to integers without their fraction, to floats by rounding to the
    /// nearest, and to `bool` by whether they are not 0. Between numbers, characters, and addresses
    /// and integers such a conversion has a meaning.
    ///
    /// # Errors
    /// One that [`is_key`](crate::Error::is_key) where the conversion has no meaning; one that
    /// [`is_value`](crate::Error::is_value) for a value that its new type has no room for, where that is to
    /// be an error, and for a complex number with an imaginary part that is to become a real one;
    /// one that [`is_format`](crate::Error::is_format), [`is_unreadable`](crate::Error::is_unreadable) or
    /// [`is_too_large`](crate::Error::is_too_large).
    ///
    /// # Examples
    /// ```
    /// use consumer::AnyArray;
    /// use consumer::kernels::convert::Overflow;
    ///
    /// let array = AnyArray::from_bytes(&[1, 44, 0, 7], c">H", &[2]).unwrap();
    /// let error = array.to_format(&c"B".into(), Overflow::Error).unwrap_err();
    /// assert_eq!(error.to_string(), "300 at index 0 is out of range for format 'B'");
    /// assert!(array.to_format(&c"B".into(), Overflow::Saturate).is_ok());
    /// ```
    pub fn to_format(&self, format: &FormatString, overflow: Overflow) -> Result<Memory> {
        let conversion = self.conversion(format, overflow)?;
        // SAFETY: the array's own elements, and fresh memory for all of them.
        unsafe {
            Memory::written(conversion.nbytes()?, |start| conversion.write(self.raw(), 0, start))
        }
    }

    /// The conversion of the elements to another scalar format, to be carried out piece by piece.
    ///
    /// # Errors
    /// As those of [`to_format`](Self::to_format), but for those of values.
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
