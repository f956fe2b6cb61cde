//! The enum over the arrays of all types, and the one way from it to the typed array.
//!
//! The enum, the conversions into it and `dispatch!` are generated from the table in
//! [`dtype`](crate::dtype). `dispatch!` expands its body once per variant, so it is for bodies that
//! are small or that really depend on the type; whatever only needs pointer and layout takes
//! [`raw`](AnyArray::raw).

#![allow(unsafe_code)]

use half::{bf16, f16};
use num_complex::Complex;

use super::{ConsumerArray, Owner};
use crate::dtype::{DType, ScalarType, for_each_scalar};
use crate::element::{
    Address, Char, F8E4M3, F8E5M2, I24, LongDouble, Opaque, Swapped, U24, Ucs2, Ucs4,
};
use crate::error::{Error, Result};
use crate::form::{Composite, ElementType};
use crate::format::FormatString;
use crate::kernels::{Encoding, copy};
use crate::layout::{Key, Layout, Order};
use crate::view::{RawView, View};

macro_rules! define_array {
    (
        single { $($s:ident $st:ty, $skind:ident, $scode:literal, $sname:literal;)* }
        multi { $($m:ident $swapped:ident $mt:ty, $mkind:ident, $mcode:literal, $mname:literal;)* }
    ) => {
        /// An array of whatever its format says: one variant per element type and byte order.
        ///
        /// Element types are added in minor versions: match those that you handle, and `_`.
        /// (`#[non_exhaustive]` would keep the Python module from dispatching over all of them.)
        ///
        /// # Examples
        /// ```
        /// use consumer::{AnyArray, DType};
        ///
        /// let array = AnyArray::from_bytes(&[0, 1, 0, 2], c">h", &[2]).unwrap();
        /// assert_eq!(array.scalar_type().unwrap().dtype, DType::I16);
        /// assert_eq!(array.layout().shape(), [2]);
        /// ```
        #[derive(Debug)]
        #[repr(u8)] // Fixes the offsets of the fields, as for `View`.
        pub enum AnyArray {
            $(#[doc = concat!("`", $sname, "`")] $s(ConsumerArray<$st>),)*
            $(
                #[doc = concat!("`", $mname, "` in this machine's byte order")]
                $m(ConsumerArray<$mt>),
                #[doc = concat!("`", $mname, "` in the other byte order")]
                $swapped(ConsumerArray<Swapped<$mt>>),
            )*
            /// Records, strings of fixed width and other elements that only their format describes.
            Composite(ConsumerArray<Composite>),
            /// Elements that cannot be read. Their bytes can.
            Opaque(ConsumerArray<Opaque>),
        }

        $(impl From<ConsumerArray<$st>> for AnyArray {
            #[inline]
            fn from(array: ConsumerArray<$st>) -> Self { Self::$s(array) }
        })*
        $(impl From<ConsumerArray<$mt>> for AnyArray {
            #[inline]
            fn from(array: ConsumerArray<$mt>) -> Self { Self::$m(array) }
        }
        impl From<ConsumerArray<Swapped<$mt>>> for AnyArray {
            #[inline]
            fn from(array: ConsumerArray<Swapped<$mt>>) -> Self { Self::$swapped(array) }
        })*

        impl AnyArray {
            /// Makes an array of scalars of a known type.
            ///
            /// # Safety
            /// The requirements of [`View::new`]; also, the layout's itemsize being the size of the
            /// type.
            #[doc(hidden)]
            #[must_use]
            #[inline(always)]
            pub unsafe fn from_scalars(
                scalar_type: ScalarType,
                start: *mut u8,
                layout: Layout,
                format: FormatString,
                readonly: bool,
                owner: Option<Owner>,
            ) -> Self {
                macro_rules! array {
                    ($variant:ident) => {{
                        // SAFETY: the caller gives the guarantees of `View::new`, and the variant
                        // is the one of the type whose size the itemsize is.
                        let view = unsafe { View::new(start, layout, readonly, ()) };
                        Self::$variant(ConsumerArray::new(view, format, owner))
                    }};
                }
                match (scalar_type.dtype, scalar_type.swapped) {
                    $((DType::$s, _) => array!($s),)*
                    $((DType::$m, false) => array!($m),
                    (DType::$m, true) => array!($swapped),)*
                }
            }

            /// Returns the element type, or `None` if the elements are not scalars.
            #[must_use]
            pub fn scalar_type(&self) -> Option<ScalarType> {
                let (dtype, swapped) = match self {
                    $(Self::$s(_) => (DType::$s, false),)*
                    $(Self::$m(_) => (DType::$m, false),
                    Self::$swapped(_) => (DType::$m, true),)*
                    Self::Composite(_) | Self::Opaque(_) => return None,
                };
                Some(ScalarType { dtype, swapped })
            }

            /// Returns how an element is encoded in bytes, or `None` if the elements are not
            /// scalars.
            #[doc(hidden)]
            #[must_use]
            pub fn encoding(&self) -> Option<Encoding> {
                Some(match self {
                    $(Self::$s(_) => Encoding::from_type::<$st>(),)*
                    $(Self::$m(_) => Encoding::from_type::<$mt>(),
                    Self::$swapped(_) => Encoding::from_type::<Swapped<$mt>>(),)*
                    Self::Composite(_) | Self::Opaque(_) => return None,
                })
            }
        }
    };
}

for_each_scalar!(define_array);

/// Defines `dispatch!` over the variants. The `$` is passed in, because a macro cannot write one.
macro_rules! define_dispatch {
    (
        $d:tt
        single { $($s:ident $st:ty, $skind:ident, $scode:literal, $sname:literal;)* }
        multi { $($m:ident $swapped:ident $mt:ty, $mkind:ident, $mcode:literal, $mname:literal;)* }
    ) => {
        /// `dispatch!(array, a => body)`: expands to the body once per variant of an
        /// [`AnyArray`](crate::AnyArray), with `a` as the typed array in it.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! dispatch {
            ($d array:expr, $d typed:ident => $d body:expr) => {
                match $d array {
                    $($crate::array::AnyArray::$s($d typed) => $d body,)*
                    $($crate::array::AnyArray::$m($d typed) => $d body,
                    $crate::array::AnyArray::$swapped($d typed) => $d body,)*
                    $crate::array::AnyArray::Composite($d typed) => $d body,
                    $crate::array::AnyArray::Opaque($d typed) => $d body,
                }
            };
            (
                $d array:expr,
                scalar $d typed:pat => $d body:expr,
                composite $d composite:pat => $d of_composite:expr,
                opaque $d opaque:pat => $d of_opaque:expr $d(,)?
            ) => {
                match $d array {
                    $($crate::array::AnyArray::$s($d typed) => $d body,)*
                    $($crate::array::AnyArray::$m($d typed) => $d body,
                    $crate::array::AnyArray::$swapped($d typed) => $d body,)*
                    $crate::array::AnyArray::Composite($d composite) => $d of_composite,
                    $crate::array::AnyArray::Opaque($d opaque) => $d of_opaque,
                }
            };
        }
        #[doc(hidden)]
        pub use dispatch;
    };
}
for_each_scalar!(define_dispatch $);

impl From<ConsumerArray<Composite>> for AnyArray {
    fn from(array: ConsumerArray<Composite>) -> Self {
        Self::Composite(array)
    }
}

impl From<ConsumerArray<Opaque>> for AnyArray {
    fn from(array: ConsumerArray<Opaque>) -> Self {
        Self::Opaque(array)
    }
}

impl AnyArray {
    /// Returns whether the elements are scalars.
    #[must_use]
    #[inline]
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::Composite(_) | Self::Opaque(_))
    }

    /// Returns whether the elements hold references to Python objects.
    #[must_use]
    pub fn has_objects(&self) -> bool {
        matches!(self, Self::Composite(array) if array.descriptor().has_objects())
    }

    /// Returns whether there are, or may be, references to Python objects in the bytes of the
    /// elements, including those in fields that were not selected and in elements that cannot be
    /// read.
    #[must_use]
    pub fn has_references(&self) -> bool {
        match self {
            Self::Composite(array) => array.descriptor().has_references(),
            Self::Opaque(array) => array.descriptor().has_references(),
            _ => false,
        }
    }

    /// Returns whether there may be references to Python objects in what cannot be read of the
    /// elements. Nobody can take a reference of their own to such an object, so that its bytes must
    /// not be copied to where they are taken for a reference.
    #[must_use]
    pub fn hides_references(&self) -> bool {
        match self {
            Self::Composite(array) => array.descriptor().hides_references(),
            Self::Opaque(array) => array.descriptor().has_references(),
            _ => false,
        }
    }

    /// Returns whether every part of the elements can be read.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        match self {
            Self::Opaque(_) => false,
            Self::Composite(array) => !array
                .descriptor()
                .any(&|element_type| matches!(element_type, ElementType::Unreadable { .. })),
            _ => true,
        }
    }

    /// Returns whether the elements are of the same type and byte order as those of another array,
    /// so that their bytes can be copied. Where a type is not known, the formats decide.
    #[doc(hidden)]
    #[must_use]
    pub fn has_type_of(&self, other: &Self) -> bool {
        let same_size = self.layout().itemsize() == other.layout().itemsize();
        match (self, other) {
            (Self::Composite(array), Self::Composite(other)) => {
                same_size && array.descriptor() == other.descriptor()
            }
            (Self::Opaque(array), Self::Opaque(other)) => {
                same_size && array.format() == other.format()
            }
            _ => self.scalar_type().is_some() && self.scalar_type() == other.scalar_type(),
        }
    }

    /// Returns the address of the element whose indices are all 0, if there is one.
    #[must_use]
    #[inline]
    pub fn start(&self) -> *mut u8 {
        dispatch!(self, array => array.start())
    }

    /// Returns shape, strides, suboffsets and itemsize.
    #[must_use]
    #[inline]
    pub fn layout(&self) -> &Layout {
        dispatch!(self, array => array.layout())
    }

    /// Returns whether stores are refused.
    #[must_use]
    #[inline]
    pub fn readonly(&self) -> bool {
        dispatch!(self, array => array.readonly())
    }

    /// Returns the format string of the elements: the exporter's own, wherever it describes them.
    #[must_use]
    #[inline]
    pub fn format(&self) -> &FormatString {
        dispatch!(self, array => array.format())
    }

    /// Returns the array without its element type.
    #[must_use]
    #[inline]
    pub fn raw(&self) -> RawView<'_> {
        dispatch!(self, array => array.raw())
    }

    /// Returns what keeps the memory alive, unless the caller does.
    #[must_use]
    pub fn owner(&self) -> Option<&Owner> {
        dispatch!(self, array => array.owner())
    }

    /// Returns an array of the elements that a key selects, over the same memory.
    ///
    /// # Errors
    /// Returns the errors of [`Layout::select`].
    pub fn select(&self, keys: &[Key]) -> Result<Self> {
        let (start, layout) = self.raw().select(keys)?;
        // SAFETY: the layout leads to elements of this array only, so its guarantees hold for them.
        Ok(unsafe { self.with_layout(start, layout, self.readonly()) })
    }

    /// Returns an array of the same elements with the dimensions in another order; see
    /// [`Layout::transpose`].
    ///
    /// # Errors
    /// Returns the errors of [`Layout::transpose`].
    pub fn transpose(&self, axes: &[isize]) -> Result<Self> {
        let layout = self.layout().transpose(axes)?;
        // SAFETY: the layout leads to the elements of this array, so its guarantees hold for them.
        Ok(unsafe { self.with_layout(self.start(), layout, self.readonly()) })
    }

    /// Returns an array of the same elements in another shape; see [`Layout::reshape`].
    ///
    /// # Errors
    /// Returns the errors of [`Layout::reshape`].
    pub fn reshape(&self, shape: &[isize], order: Order) -> Result<Self> {
        let layout = self.layout().reshape(shape, order)?;
        // SAFETY: the layout leads to the elements of this array, so its guarantees hold for them.
        Ok(unsafe { self.with_layout(self.start(), layout, self.readonly()) })
    }

    /// Copies the bytes of every element of another array, whatever its type, to the same index of
    /// this one. The two may overlap.
    ///
    /// # Errors
    /// Returns an error with [`is_value`](Error::is_value) if their shapes or itemsizes differ,
    /// with [`is_read_only`](Error::is_read_only), and with [`is_wrong_kind`](Error::is_wrong_kind)
    /// if this array's elements hold references to objects, which are more than their bytes.
    pub fn assign(&self, source: &Self) -> Result<()> {
        if self.readonly() {
            return Err(Error::read_only());
        }
        if self.has_references() {
            return Err(Error::references_as_bytes());
        }
        // SAFETY: the target is this array, whose elements are valid for writes, because it is not
        // read-only.
        unsafe { copy::assign_raw(self.raw(), source.raw()) }
    }

    /// Returns the same array with stores refused.
    #[must_use]
    pub fn to_readonly(&self) -> Self {
        // SAFETY: the elements are the same, and less is allowed than before.
        unsafe { self.with_layout(self.start(), self.layout().clone(), true) }
    }
}
