//! [`View<T>`]: typed access to memory that somebody else owns.
//!
//! A view is a pointer, a [`Layout`] and an element type. Whoever makes one guarantees that the
//! memory is valid, once; from then on everything is checked: indices against the shape, stores
//! against [`readonly`](View::readonly). Elements are copied in and out and never referred to,
//! because foreign memory may be unaligned and may change between two loads.
//!
//! [`RawView`] is the same without the element type, for work that only moves bytes. [`Walk`]
//! splits one or several of them into runs of elements with a constant stride. Kernels that need no
//! particular order of the elements have their own loops; everything else goes through a walk.

#![allow(unsafe_code)]

mod odometer;
mod raw;
mod walk;

use std::fmt;
use std::marker::PhantomData;

pub(crate) use odometer::{Axis, Odometer};
pub use raw::RawView;
pub use walk::{Run, Walk};

use crate::element::{Element, Scalar};
use crate::error::{Error, Result};
use crate::layout::{Key, Layout, Order};

/// A typed view of memory that somebody else owns.
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
///
/// Views of parts of a view borrow it, and so does whatever is made from an array: no view outlives
/// the memory of the array that it came from.
///
/// ```compile_fail,E0505
/// use consumer::{AnyArray, Key};
///
/// let AnyArray::U8(array) = AnyArray::from_bytes(&[1, 2, 3], c"B", &[3]).unwrap() else { return };
/// let view = array.select(&[Key::Ellipsis]).unwrap();
/// drop(array);
/// view.get(&[0]).unwrap();
/// ```
// The fields are at the same offsets for every type, so that code which ignores the type is
// compiled once.
#[repr(C)]
pub struct View<'a, T: Element> {
    start: *mut u8,
    layout: Layout,
    readonly: bool,
    descriptor: T::Descriptor,
    /// The memory, which is borrowed.
    memory: PhantomData<&'a ()>,
}

impl<T: Element> View<'_, T> {
    /// Makes a view of the elements that lie around `start` as `layout` describes.
    ///
    /// # Safety
    /// As long as this view is used, or one made from it, which borrows it:
    /// - every element that the layout leads to is valid for reads of the itemsize, and for writes
    ///   unless `readonly`; the pointers on the way to it (suboffsets) are valid for reads;
    /// - no Rust reference to that memory is live that a load or a store through the view would
    ///   invalidate;
    /// - if `T` is a scalar, the layout's itemsize is its size;
    /// - the layout lies within memory, as every layout does that was made by documented functions.
    ///
    /// The memory needs no alignment, and its bytes may have any value.
    #[inline]
    pub unsafe fn new(
        start: *mut u8,
        layout: Layout,
        readonly: bool,
        descriptor: T::Descriptor,
    ) -> Self {
        Self { start, layout, readonly, descriptor, memory: PhantomData }
    }

    /// Returns the address of the element whose indices are all 0, if there is one.
    #[must_use]
    #[inline]
    pub fn start(&self) -> *mut u8 {
        self.start
    }

    /// Returns shape, strides, suboffsets and itemsize.
    #[must_use]
    #[inline]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns whether stores are refused.
    #[must_use]
    #[inline]
    pub fn readonly(&self) -> bool {
        self.readonly
    }

    /// Returns what is known about the elements only at run time.
    #[must_use]
    #[inline]
    pub fn descriptor(&self) -> &T::Descriptor {
        &self.descriptor
    }

    /// Returns a view of some of the elements.
    ///
    /// # Safety
    /// `piece` leads to elements of this view only.
    #[doc(hidden)]
    #[must_use]
    pub unsafe fn piece(&self, piece: RawView<'_>) -> View<'_, T> {
        // SAFETY: the caller guarantees that the layout leads to elements of this view only.
        unsafe { self.with_layout(piece.start(), piece.layout().clone()) }
    }

    /// Returns the view without its element type.
    #[must_use]
    #[inline]
    pub fn raw(&self) -> RawView<'_> {
        // SAFETY: whoever made this view gave the same guarantees, and the raw view borrows it.
        unsafe { RawView::new(self.start, &self.layout) }
    }

    /// Returns a view of the same elements or some of them under another layout.
    ///
    /// # Safety
    /// The requirements of [`new`](Self::new).
    #[inline(always)]
    unsafe fn with_layout(&self, start: *mut u8, layout: Layout) -> View<'_, T> {
        let (readonly, descriptor) = (self.readonly, self.descriptor.clone());
        View { start, layout, readonly, descriptor, memory: PhantomData }
    }

    /// Returns start and layout, to be changed in place.
    ///
    /// # Safety
    /// After the change they lead to elements of this view only.
    #[doc(hidden)]
    #[inline(always)]
    pub unsafe fn start_and_layout_mut(&mut self) -> (&mut *mut u8, &mut Layout) {
        (&mut self.start, &mut self.layout)
    }

    /// Returns a view of the elements that a key selects.
    ///
    /// # Errors
    /// Returns the errors of [`Layout::select`].
    pub fn select(&self, keys: &[Key]) -> Result<View<'_, T>> {
        let (start, layout) = self.raw().select(keys)?;
        // SAFETY: the layout leads to elements of this view only, so its guarantees hold for them.
        Ok(unsafe { self.with_layout(start, layout) })
    }

    /// Returns a view of the same elements with the dimensions in another order; see
    /// [`Layout::transpose`].
    ///
    /// # Errors
    /// Returns the errors of [`Layout::transpose`].
    pub fn transpose(&self, axes: &[isize]) -> Result<View<'_, T>> {
        let layout = self.layout.transpose(axes)?;
        // SAFETY: the layout leads to the elements of this view, so its guarantees hold for them.
        Ok(unsafe { self.with_layout(self.start, layout) })
    }

    /// Returns a view of the same elements in another shape; see [`Layout::reshape`].
    ///
    /// # Errors
    /// Returns the errors of [`Layout::reshape`].
    pub fn reshape(&self, shape: &[isize], order: Order) -> Result<View<'_, T>> {
        let layout = self.layout.reshape(shape, order)?;
        // SAFETY: the layout leads to the elements of this view, so its guarantees hold for them.
        Ok(unsafe { self.with_layout(self.start, layout) })
    }

    /// Returns the same view with stores refused.
    #[must_use]
    pub fn to_readonly(&self) -> View<'_, T> {
        // SAFETY: the same elements, and nothing more is allowed.
        View { readonly: true, ..unsafe { self.with_layout(self.start, self.layout.clone()) } }
    }
}

impl<T: Scalar> View<'_, T> {
    /// Loads one element.
    ///
    /// # Errors
    /// Returns an error with [`is_index`](Error::is_index) if an index is out of bounds, and with
    /// [`is_wrong_kind`](Error::is_wrong_kind) if the number of indices is not that of dimensions.
    #[inline]
    pub fn get(&self, index: &[isize]) -> Result<T::Value> {
        let pointer = self.raw().element(index)?;
        // SAFETY: `element` returns the address of an element of this view, which is valid for
        // reads.
        Ok(unsafe { load::<T>(pointer) })
    }

    /// Stores one element.
    ///
    /// # Errors
    /// Returns the errors of [`get`](Self::get), and one with
    /// [`is_read_only`](Error::is_read_only).
    #[inline]
    pub fn set(&self, index: &[isize], value: T::Value) -> Result<()> {
        if self.readonly {
            return Err(Error::read_only());
        }
        let pointer = self.raw().element(index)?;
        // SAFETY: `element` returns the address of an element of this view, which is valid for
        // writes, because the view is not read-only.
        unsafe { store::<T>(pointer, value) };
        Ok(())
    }

    /// Iterates over all elements in C order.
    pub fn iter(&self) -> impl Iterator<Item = T::Value> + '_ {
        Walk::from_view(self.raw(), Order::C).flat_map(|run| {
            (0..run.length).map(move |index| {
                // SAFETY: the runs of a walk lead to elements of this view, and `index` is less
                // than the length of the run. Elements of a view are valid for reads.
                unsafe { load::<T>(run.pointer(0, index)) }
            })
        })
    }
}

impl<T: Element> fmt::Debug for View<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("type", &std::any::type_name::<T>())
            .field("start", &self.start)
            .field("layout", &self.layout)
            .field("readonly", &self.readonly)
            .finish()
    }
}

/// Loads a scalar from an address of any alignment.
///
/// # Safety
/// `pointer` is valid for reads of `T::SIZE` bytes.
#[doc(hidden)]
#[inline(always)]
pub unsafe fn load<T: Scalar>(pointer: *const u8) -> T::Value {
    // SAFETY: the caller guarantees that `T::SIZE` bytes are readable. `T::Bytes` is an array of so
    // many bytes, which has an alignment of 1.
    T::decode(unsafe { pointer.cast::<T::Bytes>().read() })
}

/// Stores a scalar at an address of any alignment.
///
/// # Safety
/// `pointer` is valid for writes of `T::SIZE` bytes.
#[doc(hidden)]
#[inline(always)]
pub unsafe fn store<T: Scalar>(pointer: *mut u8, value: T::Value) {
    // SAFETY: the caller guarantees that `T::SIZE` bytes are writable. `T::Bytes` is an array of so
    // many bytes, which has an alignment of 1.
    unsafe { pointer.cast::<T::Bytes>().write(T::encode(value)) }
}
