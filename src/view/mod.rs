//! `View<T>`: the only walk over foreign memory.
//!
//! A view is a pointer, a [`Layout`] and an element type. Whoever makes one vouches for the memory,
//! once; from there on everything is checked: indices against the shape, stores against
//! [`readonly`](View::readonly). Elements are copied in and out, never referred to, because foreign
//! memory may be unaligned, and changed by others between two looks.
//!
//! [`RawView`] is the same without the element type, for work that only moves bytes, and [`Walk`]
//! takes one or several of them apart into straight runs: every loop over elements is a loop over
//! those runs.

#![allow(unsafe_code)]

mod odometer;
mod walk;

use std::fmt;

pub(crate) use odometer::{Axis, Odometer};
pub use walk::{Run, Walk};

use crate::element::{Element, Scalar};
use crate::error::{Error, Result};
use crate::layout::{Key, Layout, Order};
use smallvec::SmallVec;

/// A typed view over memory that somebody else owns.
///
/// Neither `Send` nor `Sync`: other views of the same memory may store into it.
///
/// # Examples
/// ```
/// use consumer::{Layout, View};
///
/// let numbers = [1_i32, 2, 3, 4, 5, 6];
/// let layout = Layout::contiguous(&[2, 3], 4).unwrap();
/// // SAFETY: the layout lies within `numbers`, which outlives the view and is never stored into.
/// let view = unsafe { View::<i32>::new(numbers.as_ptr().cast_mut().cast(), layout, true, ()) };
/// assert_eq!(view.get(&[1, -1]).unwrap(), 6);
/// assert_eq!(view.transpose(&[1, 0]).unwrap().iter().collect::<Vec<_>>(), [1, 4, 2, 5, 3, 6]);
/// ```
#[repr(C)] // The same places whatever the type, so that what ignores the type is compiled once.
pub struct View<T: Element> {
    start: *mut u8,
    layout: Layout,
    readonly: bool,
    descriptor: T::Descriptor,
}

impl<T: Element> View<T> {
    /// A view of the elements that lie around `start` as `layout` says.
    ///
    /// # Safety
    /// As long as this view, or one made from it, is used:
    /// - every element that the layout leads to is valid for reads of its itemsize, as are the
    ///   pointers that its suboffsets lead over, and for writes unless `readonly`;
    /// - no reference of Rust's to that memory is alive that a store through the view, or a load
    ///   where others store, would invalidate;
    /// - the layout's itemsize is the size of a `T` where that is a scalar.
    ///
    /// The memory needs no alignment, and its bytes may be anything.
    #[inline]
    pub unsafe fn new(
        start: *mut u8,
        layout: Layout,
        readonly: bool,
        descriptor: T::Descriptor,
    ) -> Self {
        Self { start, layout, readonly, descriptor }
    }

    /// The address of the element whose indices are all 0 (if there is one).
    #[must_use]
    #[inline]
    pub fn start(&self) -> *mut u8 {
        self.start
    }

    /// Shape, strides, suboffsets and itemsize.
    #[must_use]
    #[inline]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether stores are refused.
    #[must_use]
    #[inline]
    pub fn readonly(&self) -> bool {
        self.readonly
    }

    /// What is known of the elements only at run time.
    #[must_use]
    #[inline]
    pub fn descriptor(&self) -> &T::Descriptor {
        &self.descriptor
    }

    /// The view without its element type.
    #[must_use]
    #[inline]
    pub fn raw(&self) -> RawView<'_> {
        RawView { start: self.start, layout: &self.layout }
    }

    /// The same elements, or some of them, under a layout that leads to no others.
    ///
    /// # Safety
    /// As for [`new`](Self::new).
    #[inline(always)]
    unsafe fn with_layout(&self, start: *mut u8, layout: Layout) -> Self {
        Self { start, layout, readonly: self.readonly, descriptor: self.descriptor.clone() }
    }

    /// Start and layout, to be changed in place.
    ///
    /// # Safety
    /// After that they lead to elements of this view only.
    #[cfg(feature = "python")]
    #[inline(always)]
    pub(crate) unsafe fn place_mut(&mut self) -> (&mut *mut u8, &mut Layout) {
        (&mut self.start, &mut self.layout)
    }

    /// The elements that a key selects, as a view of the same memory.
    ///
    /// # Errors
    /// As those of [`Layout::select`].
    pub fn select(&self, keys: &[Key]) -> Result<Self> {
        let (start, layout) = self.raw().select(keys)?;
        // SAFETY: a selection of a valid view's elements is valid.
        Ok(unsafe { self.with_layout(start, layout) })
    }

    /// The same elements with their dimensions in another order; see [`Layout::transpose`].
    ///
    /// # Errors
    /// As those of [`Layout::transpose`].
    pub fn transpose(&self, axes: &[isize]) -> Result<Self> {
        let layout = self.layout.transpose(axes)?;
        // SAFETY: the layout leads to the same elements.
        Ok(unsafe { self.with_layout(self.start, layout) })
    }

    /// The same elements in another shape; see [`Layout::reshape`].
    ///
    /// # Errors
    /// As those of [`Layout::reshape`].
    pub fn reshape(&self, shape: &[isize], order: Order) -> Result<Self> {
        let layout = self.layout.reshape(shape, order)?;
        // SAFETY: the layout leads to the same elements.
        Ok(unsafe { self.with_layout(self.start, layout) })
    }

    /// The same view, but stores are refused.
    #[must_use]
    pub fn to_readonly(&self) -> Self {
        Self { readonly: true, ..self.clone() }
    }
}

impl<T: Scalar> View<T> {
    /// Loads one element.
    ///
    /// # Errors
    /// One that [`is_index`](Error::is_index) where an index is out of bounds; one that
    /// [`is_key`](Error::is_key) where there are not as many indices as dimensions.
    #[inline]
    pub fn get(&self, index: &[isize]) -> Result<T::Value> {
        let pointer = self.raw().element(index)?;
        // SAFETY: `element` leads to an element of this view, which is valid for reads.
        Ok(unsafe { load::<T>(pointer) })
    }

    /// Stores one element.
    ///
    /// # Errors
    /// Those of [`get`](Self::get), and one that [`is_read_only`](Error::is_read_only).
    #[inline]
    pub fn set(&self, index: &[isize], value: T::Value) -> Result<()> {
        if self.readonly {
            return Err(Error::read_only());
        }
        let pointer = self.raw().element(index)?;
        // SAFETY: `element` leads to an element of this view, which is valid for writes.
        unsafe { store::<T>(pointer, value) };
        Ok(())
    }

    /// Every element in C order.
    pub fn iter(&self) -> impl Iterator<Item = T::Value> + '_ {
        Walk::of(self.raw(), Order::C).flat_map(|run| {
            (0..run.length).map(move |index| {
                // SAFETY: a run leads to elements of this view, which are valid for reads.
                unsafe { load::<T>(run.pointer(0, index)) }
            })
        })
    }
}

impl<T: Element> Clone for View<T> {
    fn clone(&self) -> Self {
        Self {
            start: self.start,
            layout: self.layout.clone(),
            readonly: self.readonly,
            descriptor: self.descriptor.clone(),
        }
    }
}

impl<T: Element> fmt::Debug for View<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("type", &std::any::type_name::<T>())
            .field("start", &self.start)
            .field("layout", &self.layout)
            .field("readonly", &self.readonly)
            .finish()
    }
}

/// Loads the scalar that lies at an address, whatever its alignment.
///
/// # Safety
/// `pointer` is valid for reads of `T::SIZE` bytes.
#[inline(always)]
pub(crate) unsafe fn load<T: Scalar>(pointer: *const u8) -> T::Value {
    // SAFETY: as the caller says; `T::Bytes` is an array of bytes and needs no alignment.
    T::decode(unsafe { pointer.cast::<T::Bytes>().read() })
}

/// Stores a scalar at an address, whatever its alignment.
///
/// # Safety
/// `pointer` is valid for writes of `T::SIZE` bytes.
#[inline(always)]
pub(crate) unsafe fn store<T: Scalar>(pointer: *mut u8, value: T::Value) {
    // SAFETY: as the caller says; `T::Bytes` is an array of bytes and needs no alignment.
    unsafe { pointer.cast::<T::Bytes>().write(T::encode(value)) }
}

/// Follows the pointer that lies at an address, and goes `suboffset` bytes on.
///
/// # Safety
/// `pointer` is valid for reads of a pointer.
#[inline]
unsafe fn follow(pointer: *mut u8, suboffset: isize) -> *mut u8 {
    // SAFETY: as the caller says; the read asks for no alignment.
    unsafe { pointer.cast::<*mut u8>().read_unaligned() }.wrapping_offset(suboffset)
}

/// A view without its element type: where bytes lie. Made from a [`View`], whose promises it
/// carries on.
#[derive(Clone, Copy, Debug)]
pub struct RawView<'a> {
    start: *mut u8,
    layout: &'a Layout,
}

impl<'a> RawView<'a> {
    /// A raw view over memory that is no view's: the target of a copy.
    ///
    /// # Safety
    /// As for [`View::new`].
    #[inline]
    pub(crate) unsafe fn new(start: *mut u8, layout: &'a Layout) -> Self {
        Self { start, layout }
    }

    /// The address of the first element.
    #[must_use]
    #[inline]
    pub fn start(self) -> *mut u8 {
        self.start
    }

    /// Shape, strides, suboffsets and itemsize.
    #[must_use]
    #[inline]
    pub fn layout(self) -> &'a Layout {
        self.layout
    }

    /// The start and layout of the elements that a key selects.
    ///
    /// # Errors
    /// As those of [`Layout::select`].
    pub(crate) fn select(self, keys: &[Key]) -> Result<(*mut u8, Layout)> {
        let selection = self.layout.select(keys)?;
        let mut start = self.start.wrapping_offset(selection.offset);
        if !selection.layout.is_empty() {
            for &hop in &selection.hops {
                // SAFETY: the view is valid, and an element is selected, so that the pointers that
                // lead to it may be followed.
                start = unsafe { follow(start, hop) };
            }
        }
        Ok((start, selection.layout))
    }

    /// From the address that the indices before `dimension` lead to, the address that `index` in
    /// it leads to. The index is within bounds.
    #[inline]
    pub(crate) fn step(self, pointer: *mut u8, dimension: usize, index: usize) -> *mut u8 {
        let offset = self.layout.strides()[dimension].wrapping_mul(index as isize);
        let pointer = pointer.wrapping_offset(offset);
        match self.layout.suboffsets().get(dimension) {
            // SAFETY: the view is valid, so that the pointers that lead to an element may be
            // followed; where there is no element, nobody said that they can.
            Some(&suboffset) if suboffset >= 0 && !self.layout.is_empty() => unsafe {
                follow(pointer, suboffset)
            },
            _ => pointer,
        }
    }

    /// The address of an element of one dimension, by an index that may count from the end; `None`
    /// where the short way does not do: for other dimensions, pointers, and indices out of bounds.
    #[inline(always)]
    pub(crate) fn line_element(self, index: isize) -> Option<*mut u8> {
        let offset = self.layout.line_offset(index)?;
        Some(self.start.wrapping_offset(offset))
    }

    /// The address of one element.
    ///
    /// # Errors
    /// One that [`is_index`](Error::is_index) where an index is out of bounds; one that
    /// [`is_key`](Error::is_key) where there are not as many indices as dimensions.
    #[inline]
    pub fn element(self, index: &[isize]) -> Result<*mut u8> {
        if index.len() != self.layout.ndim() {
            let (given, ndim) = (index.len(), self.layout.ndim());
            return Err(Error::key(format!("an element needs {ndim} indices, {given} were given")));
        }
        if self.layout.suboffsets().is_empty() {
            let mut pointer = self.start;
            for (dimension, &index) in index.iter().enumerate() {
                let index = self.layout.resolve(dimension, index)?;
                pointer = self.step(pointer, dimension, index);
            }
            return Ok(pointer);
        }
        // No pointer is followed before every index is known to be good.
        let mut from_start = SmallVec::<[usize; 4]>::new();
        for (dimension, &index) in index.iter().enumerate() {
            from_start.push(self.layout.resolve(dimension, index)?);
        }
        Ok(self.at(&from_start))
    }

    /// The address of the element of these indices, which are within bounds.
    pub(super) fn at(self, index: &[usize]) -> *mut u8 {
        let steps = index.iter().enumerate();
        steps.fold(self.start, |pointer, (dimension, &index)| self.step(pointer, dimension, index))
    }
}
