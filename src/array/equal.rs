//! Equality of two arrays, whatever their types.
//!
//! There are four ways, from the fastest to the most general: contiguous scalars of one type (by
//! their bytes, or one by one if they are few); scalars of any two types in any layout, through a
//! kernel; composite elements with the same parts, one part at a time, so that kernels do the work;
//! and one element at a time, as [`Value`](crate::element::Value)s.

#![allow(unsafe_code)]

use std::borrow::Cow;
use std::mem::discriminant;

use half::{bf16, f16};
use num_complex::Complex;

use super::AnyArray;
use crate::dtype::for_each_scalar;
use crate::element::{
    Address, Char, F8E4M3, F8E5M2, I24, LongDouble, Scalar, Swapped, U24, Ucs2, Ucs4, is_bitwise,
};
use crate::form::ElementType;
use crate::kernels::compare;
use crate::view::load;

impl AnyArray {
    /// Returns whether two arrays have the same shape and equal values at the same indices,
    /// whatever their types: see [`Value`](crate::element::Value). Elements that cannot be read
    /// equal nothing. As in memoryview, lengths behind one of 0 make no difference.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        if let Some(equal) = self.equal_lines(other) {
            return equal;
        }
        if self.layout().shape() != other.layout().shape() {
            let readable = !matches!(self, Self::Opaque(_)) && !matches!(other, Self::Opaque(_));
            return readable && self.layout().is_as_empty_as(other.layout());
        }
        let (raw, other_raw) = (self.raw(), other.raw());
        if let (Some(encoding), Some(other)) = (self.encoding(), other.encoding()) {
            // SAFETY: each encoding is that of its array's type, whose elements are valid for
            // reads.
            unsafe { compare::equal_scalars((raw, encoding), (other_raw, other)) }
        } else if let Some(equal) = self.equal_parts(other) {
            equal
        } else if let (Some(left), Some(right)) = (self.element_type(), other.element_type()) {
            // SAFETY: each type is that of its array's elements.
            unsafe { compare::equal_decoded((raw, &left), (other_raw, &right)) }
        } else {
            false
        }
    }

    /// The fast path of [`equals`](Self::equals) for contiguous scalars of one type in one
    /// dimension that compare by their bytes or are few. `None` for any other arrays.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn equal_lines(&self, other: &Self) -> Option<bool> {
        /// The number of elements that are compared one by one in less time than a kernel takes to
        /// start.
        const FEW: usize = 16;
        if discriminant(self) != discriminant(other) || !self.is_scalar() {
            return None;
        }
        let (layout, other_layout) = (self.layout(), other.layout());
        let length = layout.contiguous_line_len()?;
        let other_length = other_layout.contiguous_line_len()?;
        if length != other_length {
            return Some(false);
        }
        let nbytes = length * layout.itemsize();
        // SAFETY: both arrays are `length` contiguous elements of the same type, so both are valid
        // for reads of `nbytes` bytes.
        unsafe {
            if self.is_bitwise() {
                return Some(compare::equal_bytes(self.start(), other.start(), nbytes));
            }
            (length <= FEW).then(|| self.equal_one_by_one(other.start(), length))
        }
    }
}

impl AnyArray {
    /// Returns the type of an element, or `None` if the elements cannot be read.
    fn element_type(&self) -> Option<Cow<'_, ElementType>> {
        match self {
            Self::Composite(array) => Some(Cow::Borrowed(array.descriptor())),
            _ => self.scalar_type().map(|scalar| Cow::Owned(ElementType::Scalar(scalar))),
        }
    }
}

macro_rules! define_equality {
    (
        single { $($s:ident $st:ty, $skind:ident, $scode:literal, $sname:literal;)* }
        multi { $($m:ident $swapped:ident $mt:ty, $mkind:ident, $mcode:literal, $mname:literal;)* }
    ) => {
        impl AnyArray {
            /// Returns whether elements are equal if and only if their bytes are.
            #[inline]
            fn is_bitwise(&self) -> bool {
                match self {
                    $(Self::$s(_) => is_bitwise(<$st as Scalar>::KIND),)*
                    $(Self::$m(_) | Self::$swapped(_) => is_bitwise(<$mt as Scalar>::KIND),)*
                    Self::Composite(_) | Self::Opaque(_) => false,
                }
            }

            /// Returns whether `length` contiguous elements equal as many others of the same type.
            ///
            /// # Safety
            /// Both are valid for reads.
            unsafe fn equal_one_by_one(&self, other: *const u8, length: usize) -> bool {
                macro_rules! equal {
                    ($type:ty) => {
                        (0..length).map(|index| index * <$type>::SIZE).all(|offset| {
                            // SAFETY: the caller guarantees that `length` elements of both are
                            // valid for reads, and the offset is that of one of them.
                            unsafe {
                                let element = load::<$type>(self.start().wrapping_add(offset));
                                element == load::<$type>(other.wrapping_add(offset))
                            }
                        })
                    };
                }
                match self {
                    $(Self::$s(_) => equal!($st),)*
                    $(Self::$m(_) => equal!($mt), Self::$swapped(_) => equal!(Swapped<$mt>),)*
                    Self::Composite(_) | Self::Opaque(_) => false,
                }
            }
        }
    };
}

for_each_scalar!(define_equality);
