//! Equality of two arrays, whatever their types.

#![allow(unsafe_code)]

use std::mem::discriminant;

use half::f16;
use num_complex::Complex;

use super::AnyArray;
use crate::dtype::for_each_scalar;
use crate::element::{Address, Char, LongDouble, Scalar, Swapped, Ucs2, Ucs4, is_bitwise};
use crate::kernels::compare;
use crate::view::load;

impl AnyArray {
    /// Whether two arrays have the same shape and equal values in the same places,
    /// whatever their types: see [`Value`](crate::element::Value). Elements that cannot be
    /// read equal nothing.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        if let Some(equal) = self.equal_lines(other) {
            return equal;
        }
        if self.layout().shape() != other.layout().shape() {
            return false;
        }
        let (raw, other_raw) = (self.raw(), other.raw());
        if let (Some(encoding), Some(other)) = (self.encoding(), other.encoding()) {
            // SAFETY: each encoding is that of the array's type.
            unsafe { compare::equal_scalars((raw, encoding), (other_raw, other)) }
        } else if let Some(equal) = self.equal_parts(other) {
            equal
        } else if let (Some(left), Some(right)) = (self.decoder(), other.decoder()) {
            // SAFETY: each function is that of the array's type.
            unsafe { compare::equal_decoded((raw, left), (other_raw, right)) }
        } else {
            false
        }
    }

    /// The answer of [`equals`](Self::equals) for lines of one type of scalars that take no more than
    /// a look at their bytes, or are few: most arrays that are compared are such.
    #[inline]
    pub(crate) fn equal_lines(&self, other: &Self) -> Option<bool> {
        /// How many numbers are compared one by one in less time than it takes to prepare for more.
        const FEW: usize = 16;
        if discriminant(self) != discriminant(other) || !self.is_scalar() {
            return None;
        }
        let (layout, other_layout) = (self.layout(), other.layout());
        if layout.ndim() != 1 || other_layout.ndim() != 1 {
            return None;
        }
        let (length, other_length) = (layout.adjacent_len()?, other_layout.adjacent_len()?);
        if length != other_length {
            return Some(false);
        }
        let nbytes = length * layout.itemsize();
        // SAFETY: the elements of both are as many adjacent ones, of the same type.
        unsafe {
            if self.is_bitwise() {
                return Some(compare::equal_bytes(self.start(), other.start(), nbytes));
            }
            (length <= FEW).then(|| self.equal_one_by_one(other.start(), length))
        }
    }
}

macro_rules! define_equality {
    (
        single { $($s:ident $st:ty, $sclass:ident, $scode:literal, $sname:literal;)* }
        multi { $($m:ident $swapped:ident $mt:ty, $mclass:ident, $mcode:literal, $mname:literal;)* }
    ) => {
        impl AnyArray {
            /// Whether elements are equal just when their bytes are.
            #[inline]
            fn is_bitwise(&self) -> bool {
                match self {
                    $(Self::$s(_) => is_bitwise(<$st as Scalar>::CLASS),)*
                    $(Self::$m(_) | Self::$swapped(_) => is_bitwise(<$mt as Scalar>::CLASS),)*
                    Self::Composite(_) | Self::Opaque(_) => false,
                }
            }

            /// Whether so many adjacent elements equal as many others of the same type.
            ///
            /// # Safety
            /// Both are valid for reads.
            unsafe fn equal_one_by_one(&self, other: *const u8, length: usize) -> bool {
                macro_rules! equal {
                    ($type:ty) => {
                        (0..length).map(|index| index * <$type>::SIZE).all(|offset| {
                            // SAFETY: as the caller says.
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

            /// What takes the value of an element; `None` where none can be read.
            fn decoder(&self) -> Option<compare::Decode<'_>> {
                use compare::Decode;
                match self {
                    $(Self::$s(_) => Some(Decode::Scalar(compare::decode::<$st>)),)*
                    $(Self::$m(_) => Some(Decode::Scalar(compare::decode::<$mt>)),
                    Self::$swapped(_) => Some(Decode::Scalar(compare::decode::<Swapped<$mt>>)),)*
                    Self::Composite(array) => {
                        Some(Decode::Composite(array.descriptor(), array.layout().itemsize()))
                    }
                    Self::Opaque(_) => None,
                }
            }
        }
    };
}

for_each_scalar!(define_equality);
