//! Where the elements of an array lie relative to its start: shape, byte strides and suboffsets.
//!
//! A [`Layout`] holds no pointer and touches no memory. It guarantees what the code that does
//! follow pointers relies on: no sum or product on the way from the start to an element or its end
//! overflows. Strides are in bytes everywhere, as in PEP 3118; they may be negative, zero or not a
//! multiple of the itemsize.
//!
//! Everything that NumPy or memoryview do to a view without copying is arithmetic on layouts:
//! [`select`](Layout::select) indexes and slices, [`transpose`](Layout::transpose) and
//! [`reshape`](Layout::reshape) rearrange the dimensions, and [`cast`](Layout::cast) changes the
//! elements. Each of these has a general form that handles suboffsets and reports errors. The few
//! operations that are called once per element or slice have fast paths beside it, which change a
//! layout in place and return `None` for what only the general form handles.

mod cast;
mod contiguity;
mod dimensions;
mod first;
mod index;
mod limits;
mod reshape;
mod select;

#[doc(hidden)]
pub use cast::Cast;
#[doc(hidden)]
pub use first::Narrowed;
#[doc(hidden)]
pub use index::{resolve_index, unravel};
#[doc(hidden)]
pub use limits::check_ndim;
pub use select::{Key, Selection};

use crate::error::{Error, Result, Tuple};
use contiguity::contiguous_strides;
use dimensions::Dimensions;

/// The largest number of dimensions: `PyBUF_MAX_NDIM`.
pub const MAX_NDIM: usize = 64;

/// The order in which elements are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// The last index changes fastest (`'C'`).
    C,
    /// The first index changes fastest (`'F'`).
    Fortran,
}

/// Shape, byte strides and suboffsets of an array, and the size of its elements.
///
/// # Examples
/// ```
/// use consumer::Layout;
///
/// let layout = Layout::contiguous(&[2, 3], 8).unwrap();
/// assert_eq!(layout.strides(), [24, 8]);
/// assert_eq!((layout.len(), layout.nbytes()), (6, 48));
/// assert!(layout.is_c_contiguous());
/// assert!(!layout.transpose(&[1, 0]).unwrap().is_c_contiguous());
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    shape: Dimensions<usize>,
    strides: Dimensions<isize>,
    /// `None` if no dimension has a pointer to follow.
    suboffsets: Option<Box<[isize]>>,
    itemsize: usize,
}

impl Clone for Layout {
    #[inline(always)]
    fn clone(&self) -> Self {
        Self {
            shape: self.shape.clone(),
            strides: self.strides.clone(),
            suboffsets: self.suboffsets.clone(),
            itemsize: self.itemsize,
        }
    }
}

impl Layout {
    /// Makes a layout of its parts. `strides` and `suboffsets` are in bytes, one per dimension.
    /// Without strides the elements are contiguous in C order. Without suboffsets, or where they
    /// are negative, no pointer is followed.
    ///
    /// # Errors
    /// Returns an error with [`is_value`](Error::is_value) if there are more than 64 dimensions,
    /// with [`is_buffer`](Error::is_buffer) if the parts have different lengths, and with
    /// [`is_too_large`](Error::is_too_large) if the elements reach further than memory.
    ///
    /// # Examples
    /// ```
    /// use consumer::Layout;
    /// let reversed = Layout::new(&[5], Some(&[-4]), None, 4).unwrap();
    /// assert_eq!(reversed.extent(), -16..4);
    /// assert!(Layout::new(&[1 << 62, 4], None, None, 8).unwrap_err().is_too_large());
    /// ```
    pub fn new(
        shape: &[usize],
        strides: Option<&[isize]>,
        suboffsets: Option<&[isize]>,
        itemsize: usize,
    ) -> Result<Self> {
        let ndim = shape.len();
        check_ndim(ndim)?;
        if strides.is_some_and(|strides| strides.len() != ndim)
            || suboffsets.is_some_and(|suboffsets| suboffsets.len() != ndim)
        {
            return Err(Error::buffer("shape, strides and suboffsets have different lengths"));
        }
        let strides = match strides {
            Some(strides) => strides.into(),
            None => {
                contiguous_strides(shape, itemsize).ok_or_else(|| too_large(shape, itemsize))?
            }
        };
        let suboffsets = suboffsets
            .filter(|suboffsets| suboffsets.iter().any(|&suboffset| suboffset >= 0))
            .map(Into::into);
        Self { shape: shape.into(), strides, suboffsets, itemsize }.checked()
    }

    /// Makes the layout of elements that are contiguous in C order.
    ///
    /// # Errors
    /// Returns the errors of [`new`](Self::new).
    pub fn contiguous(shape: &[usize], itemsize: usize) -> Result<Self> {
        match *shape {
            [length] if itemsize <= isize::MAX as usize => {
                Self::line(length, itemsize as isize, itemsize)
            }
            _ => Self::new(shape, None, None, itemsize),
        }
    }

    /// Makes the layout of elements that are contiguous in an order.
    ///
    /// # Errors
    /// Returns the errors of [`new`](Self::new).
    #[doc(hidden)]
    pub fn contiguous_in(shape: &[usize], itemsize: usize, order: Order) -> Result<Self> {
        match order {
            Order::C => Self::contiguous(shape, itemsize),
            Order::Fortran => {
                // Fortran order is C order with the dimensions reversed.
                let reversed: Dimensions<usize> = shape.iter().rev().copied().collect();
                let mut layout = Self::contiguous(&reversed, itemsize)?;
                layout.reverse();
                Ok(layout)
            }
        }
    }

    /// Makes the layout of one dimension, with elements `stride` bytes apart. Most exporters have
    /// one dimension, so this has a fast path without the loops of the general case.
    ///
    /// # Errors
    /// Returns the errors of [`new`](Self::new).
    #[doc(hidden)]
    #[inline]
    pub fn line(length: usize, stride: isize, itemsize: usize) -> Result<Self> {
        if Self::line_fits(length, stride, itemsize) {
            return Ok(Self::line_unchecked(length, stride, itemsize));
        }
        Self::new(&[length], Some(&[stride]), None, itemsize)
    }

    /// Makes a layout of one dimension that [fits](Self::line_fits), which is not checked.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn line_unchecked(length: usize, stride: isize, itemsize: usize) -> Self {
        debug_assert!(Self::line_fits(length, stride, itemsize), "{length} {stride} {itemsize}");
        let (shape, strides) = (Dimensions::one(length), Dimensions::one(stride));
        Self { shape, strides, suboffsets: None, itemsize }
    }

    /// Makes the layout of the elements of a slice, which lie within memory.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn of_slice<T>(elements: &[T]) -> Self {
        let itemsize = size_of::<T>();
        let (shape, strides) =
            (Dimensions::one(elements.len()), Dimensions::one(itemsize as isize));
        Self { shape, strides, suboffsets: None, itemsize }
    }

    /// Returns whether nothing of the layout is on the heap.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn is_inline(&self) -> bool {
        self.shape.is_inline() && self.strides.is_inline() && self.suboffsets.is_none()
    }

    /// Returns the same dimensions with smaller elements, which begin where these do.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn with_itemsize(&self, itemsize: usize) -> Self {
        Self { itemsize, ..self.clone() }
    }

    /// Returns the length of each dimension, in elements.
    #[must_use]
    #[inline]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Returns the length of the first dimension, if there is one.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn length(&self) -> Option<usize> {
        self.shape.first()
    }

    /// Returns the stride of each dimension, in bytes.
    #[must_use]
    #[inline]
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Returns the suboffset of each dimension, in bytes. Where it is not negative, the index leads
    /// to a pointer, which is followed and then advanced by the suboffset. The slice is empty if no
    /// dimension has a pointer.
    #[must_use]
    #[inline]
    pub fn suboffsets(&self) -> &[isize] {
        self.suboffsets.as_deref().unwrap_or_default()
    }

    /// Returns the size of one element in bytes.
    #[must_use]
    #[inline]
    pub fn itemsize(&self) -> usize {
        self.itemsize
    }

    /// Returns the number of dimensions.
    #[must_use]
    #[inline]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Returns the number of elements in all dimensions together: 1 if there are no dimensions.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        // The loop is for several dimensions: most layouts have one.
        self.shape.only().unwrap_or_else(|| self.shape.iter().product())
    }

    /// Returns whether there are no elements.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Returns the number of bytes that the elements take when they are contiguous: `len ·
    /// itemsize`.
    #[must_use]
    #[inline]
    pub fn nbytes(&self) -> usize {
        self.len() * self.itemsize
    }

    /// Returns how much there is to go through: the bytes of the elements, where those of no bytes
    /// count as if they had one.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn work(&self) -> usize {
        self.len() * self.itemsize.max(1)
    }

    /// Returns whether two layouts have no elements and, as in memoryview, the same shape up to a
    /// length of 0: so that they are equal.
    #[doc(hidden)]
    #[must_use]
    pub fn is_as_empty_as(&self, other: &Self) -> bool {
        let (shape, other_shape) = (self.shape(), other.shape());
        let first_empty = shape.iter().position(|&length| length == 0);
        shape.len() == other_shape.len()
            && first_empty.is_some_and(|last| shape[..=last] == other_shape[..=last])
    }
}

fn too_large(shape: &[usize], itemsize: usize) -> Error {
    Error::too_large(format!(
        "shape {} of elements of {itemsize} bytes reaches further than memory",
        Tuple(shape)
    ))
}
