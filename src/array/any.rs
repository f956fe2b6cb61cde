//! The enum over the arrays of all types, and the one way from it to the typed array.

#![allow(unsafe_code)]

use half::f16;
use num_complex::Complex;

use super::{ConsumerArray, Owner};
use crate::dtype::{Scalar as ScalarName, ScalarType, for_each_scalar};
use crate::element::{Address, Char, Composite, Form, LongDouble, Opaque, Swapped, Ucs2, Ucs4};
use crate::error::{Error, Result};
use crate::format::FormatString;
use crate::kernels::{Encoding, copy};
use crate::layout::{Key, Layout, Order};
use crate::view::{RawView, View};

macro_rules! define_array {
    (
        single { $($s:ident $st:ty, $sclass:ident, $scode:literal, $sname:literal;)* }
        multi { $($m:ident $swapped:ident $mt:ty, $mclass:ident, $mcode:literal, $mname:literal;)* }
    ) => {
        /// An array of whatever its format says: one variant per element type and byte order.
        ///
        /// # Examples
        /// ```
        /// use consumer::{AnyArray, Scalar};
        ///
        /// let array = AnyArray::from_bytes(&[0, 1, 0, 2], c">h", &[2]).unwrap();
        /// assert_eq!(array.scalar_type().unwrap().scalar, Scalar::I16);
        /// assert_eq!(array.layout().shape(), [2]);
        /// ```
        #[derive(Debug)]
        #[repr(u8)] // As for `View`.
        pub enum AnyArray {
            $(#[doc = concat!("`", $sname, "`")] $s(ConsumerArray<$st>),)*
            $(
                #[doc = concat!("`", $mname, "` in this machine's byte order")]
                $m(ConsumerArray<$mt>),
                #[doc = concat!("`", $mname, "` in the other byte order")]
                $swapped(ConsumerArray<Swapped<$mt>>),
            )*
            /// Records, strings of fixed width and the like.
            Composite(ConsumerArray<Composite>),
            /// Elements that cannot be read; their bytes can.
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
            /// An array of scalars of a known type.
            ///
            /// # Safety
            /// As for [`View::new`], the layout's itemsize being the size of the type.
            #[inline(always)]
            pub unsafe fn of_scalars(
                scalar_type: ScalarType,
                start: *mut u8,
                layout: Layout,
                format: FormatString,
                readonly: bool,
                owner: Option<Owner>,
            ) -> Self {
                macro_rules! array {
                    ($variant:ident) => {{
                        // SAFETY: as the caller says.
                        let view = unsafe { View::new(start, layout, readonly, ()) };
                        Self::$variant(ConsumerArray::new(view, format, owner))
                    }};
                }
                match (scalar_type.scalar, scalar_type.swapped) {
                    $((ScalarName::$s, _) => array!($s),)*
                    $((ScalarName::$m, false) => array!($m),
                    (ScalarName::$m, true) => array!($swapped),)*
                }
            }

            /// The element type; `None` where the elements are no scalars.
            #[must_use]
            pub fn scalar_type(&self) -> Option<ScalarType> {
                let (scalar, swapped) = match self {
                    $(Self::$s(_) => (ScalarName::$s, false),)*
                    $(Self::$m(_) => (ScalarName::$m, false),
                    Self::$swapped(_) => (ScalarName::$m, true),)*
                    Self::Composite(_) | Self::Opaque(_) => return None,
                };
                Some(ScalarType { scalar, swapped })
            }

            /// How the bytes of an element are its value; `None` where the elements are no scalars.
            pub(super) fn encoding(&self) -> Option<Encoding> {
                Some(match self {
                    $(Self::$s(_) => Encoding::of::<$st>(),)*
                    $(Self::$m(_) => Encoding::of::<$mt>(),
                    Self::$swapped(_) => Encoding::of::<Swapped<$mt>>(),)*
                    Self::Composite(_) | Self::Opaque(_) => return None,
                })
            }
        }
    };
}

for_each_scalar!(define_array);

/// Defines `dispatch!` over the variants. The `$` is handed in, for a macro cannot write one.
macro_rules! define_dispatch {
    (
        $d:tt
        single { $($s:ident $st:ty, $sclass:ident, $scode:literal, $sname:literal;)* }
        multi { $($m:ident $swapped:ident $mt:ty, $mclass:ident, $mcode:literal, $mname:literal;)* }
    ) => {
        /// `dispatch!(array, a => body)`: the body once for each variant of an [`AnyArray`], `a`
        /// being the typed array in it.
        ///
        /// `dispatch!(array, scalar a => body, composite b => other, opaque c => third)`: the body
        /// once for each scalar type, and one of its own for each of the two variants that have no
        /// scalar type.
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
    /// Whether the elements are scalars.
    #[must_use]
    #[inline]
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::Composite(_) | Self::Opaque(_))
    }

    /// Whether there are references to Python objects in the elements.
    #[must_use]
    pub fn has_objects(&self) -> bool {
        matches!(self, Self::Composite(array) if array.descriptor().has_objects())
    }

    /// Whether there are references to Python objects in the bytes of the elements, in fields that
    /// were left out, too.
    #[must_use]
    pub fn has_references(&self) -> bool {
        self.has_objects() || self.record().is_some_and(|record| record.hides_objects)
    }

    /// Whether every part of the elements can be read.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        match self {
            Self::Opaque(_) => false,
            Self::Composite(array) => {
                !array.descriptor().any(&|form| matches!(form, Form::Unreadable { .. }))
            }
            _ => true,
        }
    }

    /// The address of the element whose indices are all 0.
    #[must_use]
    #[inline]
    pub fn start(&self) -> *mut u8 {
        dispatch!(self, array => array.start())
    }

    /// Shape, strides, suboffsets and itemsize.
    #[must_use]
    #[inline]
    pub fn layout(&self) -> &Layout {
        dispatch!(self, array => array.layout())
    }

    /// Whether stores are refused.
    #[must_use]
    #[inline]
    pub fn readonly(&self) -> bool {
        dispatch!(self, array => array.readonly())
    }

    /// The format string of the elements, as the exporter wrote it.
    #[must_use]
    #[inline]
    pub fn format(&self) -> &FormatString {
        dispatch!(self, array => array.format())
    }

    /// The array without its element type.
    #[must_use]
    #[inline]
    pub fn raw(&self) -> RawView<'_> {
        dispatch!(self, array => array.raw())
    }

    /// What keeps the memory alive, where it is not the caller.
    #[must_use]
    pub fn owner(&self) -> Option<&Owner> {
        dispatch!(self, array => array.owner())
    }

    /// The elements that a key selects, as an array over the same memory.
    ///
    /// # Errors
    /// As those of [`Layout::select`].
    pub fn select(&self, keys: &[Key]) -> Result<Self> {
        let (start, layout) = self.raw().select(keys)?;
        // SAFETY: a selection of a valid array's elements is valid.
        Ok(unsafe { self.with_layout(start, layout, self.readonly()) })
    }

    /// The same elements with their dimensions in another order; see [`Layout::transpose`].
    ///
    /// # Errors
    /// As those of [`Layout::transpose`].
    pub fn transpose(&self, axes: &[isize]) -> Result<Self> {
        let layout = self.layout().transpose(axes)?;
        // SAFETY: the layout leads to the same elements.
        Ok(unsafe { self.with_layout(self.start(), layout, self.readonly()) })
    }

    /// The same elements in another shape; see [`Layout::reshape`].
    ///
    /// # Errors
    /// As those of [`Layout::reshape`].
    pub fn reshape(&self, shape: &[isize], order: Order) -> Result<Self> {
        let layout = self.layout().reshape(shape, order)?;
        // SAFETY: the layout leads to the same elements.
        Ok(unsafe { self.with_layout(self.start(), layout, self.readonly()) })
    }

    /// Copies every element of another array, whatever its type, to the same place of this one; see
    /// [`copy::assign`].
    ///
    /// # Errors
    /// As those of [`copy::assign`].
    pub fn assign(&self, source: &Self) -> Result<()> {
        if self.readonly() {
            return Err(Error::read_only());
        }
        // SAFETY: the array is writable.
        unsafe { copy::assign_raw(self.raw(), source.raw()) }
    }

    /// The same array, but stores are refused.
    #[must_use]
    pub fn to_readonly(&self) -> Self {
        // SAFETY: the same elements, and nothing more is allowed.
        unsafe { self.with_layout(self.start(), self.layout().clone(), true) }
    }
}
