//! Arrays: a view, its format, and what keeps its memory alive.
//!
//! [`ConsumerArray<T>`] is monomorphised over element type and byte order; [`AnyArray`] is the enum
//! over all of them, and `dispatch!` the one way from it to the typed array. Both are generated
//! from the table in [`dtype`](crate::dtype).

#![allow(unsafe_code)]

mod convert;
mod fields;

use std::any::Any;
use std::mem::{MaybeUninit, discriminant};
use std::ops::Deref;
use std::sync::Arc;

use half::f16;
use num_complex::Complex;

use crate::dtype::{Judgement, Scalar as ScalarName, ScalarType, for_each_scalar, judge};
use crate::element::{
    Address, Char, Composite, Element, Form, LongDouble, Opaque, Scalar, Swapped, Ucs2, Ucs4,
    is_bitwise,
};
use crate::error::{Error, Result};
use crate::format::{Format, FormatString};
use crate::kernels::{Encoding, compare, copy, record};
use crate::layout::{Key, Layout, Order};
use crate::memory::Memory;
use crate::view::{RawView, View, load};

/// What keeps the memory of an array alive: dropped with the last array that stands on it.
pub type Owner = Arc<dyn Any + Send + Sync>;

/// An array of elements of type `T`: a [`View`] that holds on to its memory.
///
/// # Examples
/// ```
/// use consumer::{AnyArray, ConsumerArray};
///
/// let bytes = [1_i32, 2, 3, 4, 5].map(i32::to_ne_bytes).concat();
/// let any = AnyArray::from_bytes(&bytes, c"i", &[5]).unwrap();
/// let AnyArray::I32(array) = any else { panic!() };
/// assert_eq!(array.get(&[-1]).unwrap(), 5);
/// assert_eq!(array.iter().sum::<i32>(), 15);
/// ```
#[derive(Debug, Clone)]
#[repr(C)] // As for `View`.
pub struct ConsumerArray<T: Element> {
    format: FormatString,
    owner: Option<Owner>,
    view: View<T>,
}

impl<T: Element> ConsumerArray<T> {
    /// An array over memory that `owner` keeps alive; without one, the caller does.
    #[inline(always)]
    fn new(view: View<T>, format: FormatString, owner: Option<Owner>) -> Self {
        Self { view, format, owner }
    }

    /// The format string of the elements, as the exporter wrote it.
    #[must_use]
    #[inline]
    pub fn format(&self) -> &FormatString {
        &self.format
    }

    /// What keeps the memory alive, where it is not the caller.
    #[must_use]
    pub fn owner(&self) -> Option<&Owner> {
        self.owner.as_ref()
    }
}

impl<T: Element> ConsumerArray<T> {
    /// An array of the same type over other memory.
    ///
    /// # Safety
    /// As for [`View::new`].
    #[inline(always)]
    unsafe fn alike(
        &self,
        start: *mut u8,
        layout: Layout,
        readonly: bool,
        format: FormatString,
        owner: Option<Owner>,
    ) -> Self {
        // SAFETY: as the caller says.
        let view = unsafe { View::new(start, layout, readonly, self.descriptor().clone()) };
        Self::new(view, format, owner)
    }
}

impl<T: Element> Deref for ConsumerArray<T> {
    type Target = View<T>;

    #[inline]
    fn deref(&self) -> &View<T> {
        &self.view
    }
}

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
            pub(crate) unsafe fn of_scalars(
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
                    return equal;
                } else if let (Some(left), Some(right)) = (self.decoder(), other.decoder()) {
                    // SAFETY: each function is that of the array's type.
                    unsafe { compare::equal_decoded((raw, left), (other_raw, right)) }
                } else {
                    return false;
                }
                .unwrap_or(false)
            }

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

            /// How the bytes of an element are its value; `None` where the elements are no scalars.
            fn encoding(&self) -> Option<Encoding> {
                Some(match self {
                    $(Self::$s(_) => Encoding::of::<$st>(),)*
                    $(Self::$m(_) => Encoding::of::<$mt>(),
                    Self::$swapped(_) => Encoding::of::<Swapped<$mt>>(),)*
                    Self::Composite(_) | Self::Opaque(_) => return None,
                })
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

            /// Copies every element of `source`, a part of this array, to the same place of `target`,
            /// in this machine's byte order.
            ///
            /// # Safety
            /// The target is writable, has the source's shape and itemsize, and lies apart from it.
            ///
            /// # Errors
            /// None for a valid array.
            #[cfg(feature = "python")]
            pub(crate) unsafe fn write_native(
                &self,
                target: RawView<'_>,
                source: RawView<'_>,
            ) -> Result<()> {
                let turned = match self {
                    $(Self::$swapped(_) => Encoding::of::<Swapped<$mt>>().turned(),)*
                    // SAFETY: as the caller says; a part's elements are of the array's form.
                    Self::Composite(array) => return unsafe {
                        record::write_native(array.descriptor(), target, source)
                    },
                    _ => 1,
                };
                // SAFETY: as the caller says.
                unsafe { copy::copy_apart(target, source, turned) }
            }

            /// The elements in C order and this machine's byte order, in memory of their own; where
            /// the elements cannot be read, just their bytes.
            ///
            /// # Errors
            /// One that [`is_too_large`](Error::is_too_large) where there is not so much memory.
            pub fn to_native(&self) -> Result<Memory> {
                match self {
                    $(Self::$s(array) => copy::to_memory(array, Order::C),)*
                    $(Self::$m(array) => copy::to_memory(array, Order::C),
                    Self::$swapped(array) => copy::to_native(array),)*
                    Self::Composite(array) => record::to_native(array),
                    Self::Opaque(array) => copy::to_memory(array, Order::C),
                }
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
        }
        pub(crate) use dispatch;
    };
}
for_each_scalar!(define_dispatch $);

impl Clone for AnyArray {
    #[inline(always)]
    fn clone(&self) -> Self {
        // SAFETY: the same elements.
        unsafe { self.with_layout(self.start(), self.layout().clone(), self.readonly()) }
    }
}

/// Copies an array bit by bit. In steps of 16 bytes: what `memcpy` stores by wider ones cannot be read
/// back at once in parts, as a change of it does, which is 0.9 of the time for a slice.
///
/// # Safety
/// `to` is valid for writes; only one of the two may be used as an array, unless it owns nothing.
#[cfg(feature = "python")]
#[inline(always)]
unsafe fn copy_words(from: *const AnyArray, to: *mut AnyArray) {
    type Words = [MaybeUninit<u64>; 2];
    const PAIRS: usize = size_of::<AnyArray>() / size_of::<[Words; 2]>();
    const REST: usize = size_of::<AnyArray>() % size_of::<[Words; 2]>() / size_of::<u64>();
    let (from, to) = (from.cast::<Words>(), to.cast::<Words>());
    // SAFETY: as the caller says; the steps lie within the size of an array, whose alignment is that
    // of a word.
    unsafe {
        for pair in 0..PAIRS {
            // Two for each round, or else the loop is made a `memcpy`.
            to.add(2 * pair).write(from.add(2 * pair).read());
            to.add(2 * pair + 1).write(from.add(2 * pair + 1).read());
        }
        let (from, to) = (from.add(2 * PAIRS).cast::<u64>(), to.add(2 * PAIRS).cast::<u64>());
        let (from, to) = (from.cast::<MaybeUninit<u64>>(), to.cast::<MaybeUninit<u64>>());
        for word in 0..REST {
            to.add(word).write(from.add(word).read());
        }
    }
}

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

    /// An array over memory that `owner` keeps alive, or, without one, the caller. The format
    /// decides what it is an array of; one that cannot be read, or contradicts the layout's
    /// itemsize, makes the elements [`Opaque`](AnyArray::Opaque).
    ///
    /// # Safety
    /// As for [`View::new`].
    #[inline]
    pub unsafe fn new(
        start: *mut u8,
        layout: Layout,
        format: FormatString,
        readonly: bool,
        owner: Option<Owner>,
    ) -> Self {
        match judge(format.as_bytes(), layout.itemsize()) {
            // SAFETY: as the caller says; a judgement is only given for its itemsize.
            Judgement::Scalar(scalar_type) => unsafe {
                Self::of_scalars(scalar_type, start, layout, format, readonly, owner)
            },
            // SAFETY: as the caller says.
            Judgement::Composite(form) => unsafe {
                Self::composite(start, layout, format, readonly, owner, form)
            },
            // SAFETY: as the caller says.
            Judgement::Unreadable(why) => unsafe {
                Self::opaque(start, layout, format, readonly, owner, why)
            },
        }
    }

    /// An array of elements that cannot be read, for the reason given.
    ///
    /// # Safety
    /// As for [`View::new`].
    pub(crate) unsafe fn opaque(
        start: *mut u8,
        layout: Layout,
        format: FormatString,
        readonly: bool,
        owner: Option<Owner>,
        why: Error,
    ) -> Self {
        // SAFETY: as the caller says.
        let view = unsafe { View::new(start, layout, readonly, why) };
        Self::Opaque(ConsumerArray::new(view, format, owner))
    }

    /// A writable array over memory of our own, its elements adjacent in C order.
    ///
    /// # Errors
    /// One that [`is_value`](Error::is_value) where the memory is smaller than the elements.
    pub fn over(memory: Arc<Memory>, layout: Layout, format: FormatString) -> Result<Self> {
        let (have, want) = (memory.len(), layout.nbytes());
        if !layout.is_c_contiguous() || have < want {
            return Err(Error::value(format!("{want} bytes do not fit memory of {have}")));
        }
        let start = memory.start();
        // SAFETY: the memory holds the adjacent elements, and lives as long as the array; it is
        // reached through pointers only.
        Ok(unsafe { Self::new(start, layout, format, false, Some(memory)) })
    }

    /// An array of a format and shape whose elements are a copy of these bytes, in C order.
    ///
    /// # Errors
    /// One that [`is_format`](Error::is_format) or [`is_unreadable`](Error::is_unreadable) where the
    /// format has no size; one that [`is_value`](Error::is_value) where the bytes are not as many
    /// as shape and format ask for; one that [`is_too_large`](Error::is_too_large).
    pub fn from_bytes(bytes: &[u8], format: &std::ffi::CStr, shape: &[usize]) -> Result<Self> {
        let size = Format::parse(format.to_bytes())?.measure()?.size;
        let layout = Layout::contiguous(shape, size)?;
        if layout.nbytes() != bytes.len() {
            return Err(Error::value(format!(
                "{} bytes are not shape {shape:?} of elements of {size} bytes",
                bytes.len()
            )));
        }
        let source = Layout::line(bytes.len(), 1, 1)?;
        // SAFETY: the view lies within the slice, and ends with this function.
        let source = unsafe { View::<u8>::new(bytes.as_ptr().cast_mut(), source, true, ()) };
        let memory = copy::to_memory(&source, Order::C)?;
        Self::over(Arc::new(memory), layout, format.into())
    }

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

    /// A writable array of the same shape over a copy of the elements, as [`to_native`](Self::to_native)
    /// makes it.
    ///
    /// # Errors
    /// One that [`is_too_large`](Error::is_too_large), for elements that do not lie apart in memory.
    ///
    /// # Safety
    /// `start` leads to such a copy, which is valid for reads and writes as long as the array is used.
    pub(crate) unsafe fn native_at(&self, start: *mut u8) -> Result<Self> {
        let layout = Layout::contiguous(self.layout().shape(), self.layout().itemsize())?;
        // SAFETY: as the caller says.
        Ok(unsafe {
            match self {
                Self::Composite(array) => {
                    let (form, native) = (array.descriptor(), array.descriptor().to_native());
                    let same = native == **form;
                    let format = if same { array.format().clone() } else { native.format() };
                    Self::composite(start, layout, format, false, None, Arc::new(native))
                }
                Self::Opaque(array) => {
                    array.alike(start, layout, false, array.format().clone(), None).into()
                }
                _ => {
                    let (swapped, one) = (false, self.format().as_bytes().len() == 1);
                    let scalar = self.scalar_type().map(|found| ScalarType { swapped, ..found });
                    let scalar = scalar.ok_or_else(|| Error::unreadable("no scalars"))?;
                    // The exporter's own letter, where that says all.
                    let format = if one { self.format().clone() } else { scalar.format() };
                    Self::of_scalars(scalar, start, layout, format, false, None)
                }
            }
        })
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

    /// The same elements, or some of them, under a layout that leads to no others.
    ///
    /// # Safety
    /// As for [`View::new`].
    #[inline(always)]
    pub(crate) unsafe fn with_layout(
        &self,
        start: *mut u8,
        layout: Layout,
        readonly: bool,
    ) -> Self {
        let (format, owner) = (self.format().clone(), self.owner().cloned());
        // SAFETY: as the caller says.
        dispatch!(self, array => unsafe {
            array.alike(start, layout, readonly, format, owner).into()
        })
    }

    /// Some of the elements, without what keeps them alive.
    ///
    /// # Safety
    /// `piece` leads to elements of this array only.
    #[cfg(feature = "python")]
    pub(crate) unsafe fn piece(&self, piece: RawView<'_>) -> Self {
        // SAFETY: as the caller says.
        unsafe { self.with_layout(piece.start(), piece.layout().clone(), self.readonly()) }
    }

    /// Writes a clone of the array to a place. Most arrays have nothing on the heap: their bytes are
    /// copied as they are, 0.9 of the time for a slice.
    ///
    /// # Safety
    /// `place` is valid for writes.
    #[cfg(feature = "python")]
    #[inline(always)]
    pub(crate) unsafe fn clone_to(&self, place: *mut Self) {
        let plain = self.is_scalar()
            && self.owner().is_none()
            && self.format().is_inline()
            && self.layout().is_inline();
        // SAFETY: as the caller says. An array that owns nothing may be copied bit by bit.
        unsafe {
            if plain {
                copy_words(self, place);
            } else {
                place.write(self.clone());
            }
        }
    }

    /// Changes start and layout in place.
    ///
    /// # Safety
    /// Together they lead to elements of this array only.
    #[cfg(feature = "python")]
    #[inline(always)]
    pub(crate) unsafe fn change(&mut self, offset: isize, change: impl FnOnce(&mut Layout)) {
        // SAFETY: as the caller says.
        let (start, layout) = dispatch!(self, array => unsafe { array.view.place_mut() });
        *start = start.wrapping_offset(offset);
        change(layout);
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
