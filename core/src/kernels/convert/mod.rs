//! Conversion of elements to another scalar type, by C's rules for values.
//!
//! | file | what it does |
//! |---|---|
//! | `plan` | the list of steps that a pair of types needs; start reading here |
//! | `execute` | carries it out, block by block |
//! | `safe` | which conversions hold every value |
//! | `wide` | the few types that everything is converted through |
//! | `limits` | which numbers a type holds |
//! | `steps`, `loops` | the steps, and the kernels that they are instances of |
//! | `overflow` | what becomes of a number that its new type does not hold |
//! | `fault` | what is wrong with a number, in words |

#![allow(unsafe_code)]

mod execute;
mod fault;
mod limits;
mod loops;
mod overflow;
mod plan;
mod safe;
mod steps;
mod wide;

pub use overflow::Overflow;

use crate::dtype::ScalarType;
use crate::error::{Error, Result};
use crate::format::FormatString;
use crate::layout::Layout;
use crate::view::RawView;
use execute::convert_all;
use fault::{Fault, Index, NumberText};
use plan::Plan;

pub use plan::is_meaningful;
pub use safe::is_safe;

/// Returns the error for two formats between which a conversion has no meaning.
#[must_use]
pub fn no_conversion([from, to]: [&FormatString; 2]) -> Error {
    Error::wrong_kind(format!("elements of format '{from}' cannot be converted to format '{to}'"))
}

/// The conversion of the elements of one array, ready to be carried out, piece by piece.
pub struct Conversion<'a> {
    plan: Plan,
    /// What errors call the new type.
    format: &'a FormatString,
    /// The shape of the whole array.
    shape: &'a [usize],
}

impl<'a> Conversion<'a> {
    /// Makes the conversion of elements of a shape from one scalar type to another. Errors name the
    /// types by their `formats`.
    ///
    /// # Errors
    /// Returns an error with [`is_wrong_kind`](Error::is_wrong_kind) if such a conversion has no
    /// meaning.
    pub fn new(
        shape: &'a [usize],
        from: ScalarType,
        to: ScalarType,
        formats: [&'a FormatString; 2],
        overflow: Overflow,
    ) -> Result<Self> {
        let plan = Plan::new(from, to, overflow).ok_or_else(|| no_conversion(formats))?;
        Ok(Self { plan, format: formats[1], shape })
    }

    /// Returns the size in bytes of all new elements.
    ///
    /// # Errors
    /// Returns an error with [`is_too_large`](Error::is_too_large) if they do not fit into memory.
    pub fn nbytes(&self) -> Result<usize> {
        Ok(Layout::contiguous(self.shape, self.plan.sizes[1])?.nbytes())
    }

    /// Converts every element of a piece of the array to its place in the memory at `target`. The
    /// piece is consecutive elements of the C order, in front of which there are `before` others.
    ///
    /// # Safety
    /// The piece's elements are of the type that is converted from, and `target` is valid for
    /// writes of all the array's elements as the type that they are converted to, and does not
    /// overlap the piece.
    ///
    /// # Errors
    /// Returns an error with [`is_value`](Error::is_value) for the first element that its new type
    /// does not hold.
    pub unsafe fn write(&self, piece: RawView<'_>, before: usize, target: *mut u8) -> Result<()> {
        let target = target.wrapping_add(before * self.plan.sizes[1]);
        // SAFETY: the caller guarantees the piece, and the target, of which this is where the
        // piece's elements belong.
        unsafe {
            convert_all(&self.plan, piece, target, |position, fault, number| {
                self.error(before + position, fault, &number)
            })
        }
    }

    #[cold]
    fn error(&self, position: usize, fault: Fault, NumberText(number): &NumberText) -> Error {
        let (index, format) = (Index(self.shape, position), self.format);
        Error::value(match fault {
            Fault::OutOfRange => {
                format!("{number} at index {index} is out of range for format '{format}'")
            }
            Fault::Imaginary => format!(
                "{number} at index {index} has an imaginary part, for which format '{format}' has \
                 no room"
            ),
        })
    }
}
