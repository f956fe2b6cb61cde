//! What is wrong with a number, in words.

#![allow(unsafe_code)]

use super::wide::WideType;
use crate::element::{LongDouble, PythonFloat, complex_text};
use crate::error::Tuple;
use crate::layout::unravel;
use std::fmt::{self, Display};

/// What is wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    OutOfRange,
    Imaginary,
}

/// A number that is an error, in words.
pub(super) struct NumberText(pub(super) String);

impl NumberText {
    /// Reads the number that consists of `parts` wide ones, from the one at `position` on.
    ///
    /// # Safety
    /// `pointer` is valid for reads of `position + parts` wide numbers.
    pub(super) unsafe fn read(
        wide: WideType,
        pointer: *const u8,
        position: usize,
        parts: usize,
    ) -> Self {
        macro_rules! part {
            ($type:ty, $index:expr) => {
                // SAFETY: the caller guarantees the numbers, of which the index is one; any bytes
                // are of these types, and the load needs no alignment.
                unsafe { pointer.cast::<$type>().add($index).read_unaligned() }
            };
        }
        // As Python writes it; a long double may be beyond every float.
        let text = |index| match wide {
            WideType::F32 => PythonFloat(part!(f32, index).into()).to_string(),
            WideType::F64 => PythonFloat(part!(f64, index)).to_string(),
            _ => part!(LongDouble, index).to_string(),
        };
        Self(match wide {
            WideType::I32 => part!(i32, position).to_string(),
            WideType::I64 => part!(i64, position).to_string(),
            WideType::U64 => part!(u64, position).to_string(),
            _ if parts == 2 => complex_text(&text(position), &text(position + 1)),
            _ => text(position),
        })
    }
}

/// The index of the element at a position in C order, as Python writes it.
pub(super) struct Index<'a>(pub(super) &'a [usize], pub(super) usize);

impl Display for Index<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match unravel(self.1, self.0).as_slice() {
            [only] => write!(f, "{only}"),
            all => Tuple(all).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Index, NumberText, WideType};

    #[test]
    fn an_index_is_written_as_python_does() {
        assert_eq!(Index(&[7], 3).to_string(), "3");
        assert_eq!(Index(&[2, 3, 4], 23).to_string(), "(1, 2, 3)");
        assert_eq!(Index(&[2, 3], 2).to_string(), "(0, 2)");
        assert_eq!(Index(&[], 0).to_string(), "()");
    }

    #[test]
    fn a_number_is_written_as_python_does() {
        let floats = [1.0, -2.5, f64::NAN, 3.0, -0.0];
        let text = |position, parts| {
            // SAFETY: as many parts lie within the array from there on.
            unsafe { NumberText::read(WideType::F64, floats.as_ptr().cast(), position, parts).0 }
        };
        assert_eq!(text(1, 1), "-2.5");
        assert_eq!(text(2, 1), "nan");
        assert_eq!(text(0, 2), "(1.0-2.5j)");
        assert_eq!(text(3, 2), "(3.0-0.0j)");
        let integers = [-7_i32, 8];
        // SAFETY: the array has two numbers.
        let number = unsafe { NumberText::read(WideType::I32, integers.as_ptr().cast(), 0, 1) };
        assert_eq!(number.0, "-7");
    }
}
