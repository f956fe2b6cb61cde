//! Where the elements of an array lie relative to its start: shape, byte strides and suboffsets.
//!
//! A [`Layout`] holds no pointer and touches no memory. What it guarantees, and what the code that
//! does follow pointers relies on: no sum or product that leads from the start to an element or its
//! end overflows. Strides are bytes everywhere, as PEP 3118 has them; they may be negative, zero,
//! or no multiple of the itemsize.

mod dimensions;
mod reshape;
mod select;

pub use select::Narrowed;
pub use select::{Key, Selection};

use crate::error::{Error, Result};
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
    /// `None` where no dimension is followed by a pointer.
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
    /// A layout from its parts, `strides` and `suboffsets` in bytes, one per dimension. Without
    /// strides the elements follow each other in C order; without suboffsets, or where they are
    /// negative, no pointer is followed.
    ///
    /// # Errors
    /// One that [`is_value`](Error::is_value) for more than 64 dimensions; one that
    /// [`is_buffer`](Error::is_buffer) for parts of different lengths; one that [`is_too_large`](Error::is_too_large) where the elements reach further
    /// than memory.
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
        if ndim > MAX_NDIM {
            return Err(Error::value(format!("{ndim} dimensions, at most {MAX_NDIM} are allowed")));
        }
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

    /// The layout of elements that follow each other in C order.
    ///
    /// # Errors
    /// As those of [`new`](Self::new).
    pub fn contiguous(shape: &[usize], itemsize: usize) -> Result<Self> {
        match *shape {
            [length] if itemsize <= isize::MAX as usize => {
                Self::line(length, itemsize as isize, itemsize)
            }
            _ => Self::new(shape, None, None, itemsize),
        }
    }

    /// The layout of elements that follow each other in an order.
    ///
    /// # Errors
    /// As those of [`new`](Self::new).
    pub fn adjacent(shape: &[usize], itemsize: usize, order: Order) -> Result<Self> {
        if order == Order::C {
            return Self::contiguous(shape, itemsize);
        }
        let reversed: Vec<usize> = shape.iter().rev().copied().collect();
        let axes: Vec<isize> = (0..shape.len() as isize).rev().collect();
        Self::contiguous(&reversed, itemsize)?.transpose(&axes)
    }

    /// One dimension of elements, `stride` bytes apart: what most exporters have, without the loops
    /// of the general case.
    ///
    /// # Errors
    /// As those of [`new`](Self::new).
    #[inline]
    pub fn line(length: usize, stride: isize, itemsize: usize) -> Result<Self> {
        if Self::line_fits(length, stride, itemsize) {
            return Ok(Self::short_line(length, stride, itemsize));
        }
        Self::new(&[length], Some(&[stride]), None, itemsize)
    }

    /// Whether a line is surely within memory: a bound on all that [`checked`](Self::checked) looks
    /// at, but for lines that come near its end.
    #[inline(always)]
    pub fn line_fits(length: usize, stride: isize, itemsize: usize) -> bool {
        let step = itemsize.max(stride.unsigned_abs());
        step < 1 << (usize::BITS / 2 - 2) && length < 1 << (usize::BITS / 2)
    }

    /// A line that [fits](Self::line_fits).
    #[inline(always)]
    pub fn short_line(length: usize, stride: isize, itemsize: usize) -> Self {
        let (shape, strides) = (Dimensions::one(length), Dimensions::one(stride));
        Self { shape, strides, suboffsets: None, itemsize }
    }

    /// A layout of few dimensions, as an exporter gives them, whose elements are surely within memory:
    /// 0.9 of the time to consume a matrix. `None` for all else, which [`new`](Self::new) looks at.
    #[inline(always)]
    pub fn few(shape: &[isize], strides: &[isize], itemsize: usize) -> Option<Self> {
        const MOST: usize = 1 << (usize::BITS / 2 - 2);
        let (mut size, mut fits) = (itemsize.max(1), itemsize < MOST);
        for (&length, stride) in shape.iter().zip(strides) {
            // Each extent is less than a quarter of memory, and there are three at most.
            fits &= (0..MOST as isize).contains(&length) && stride.unsigned_abs() < MOST;
            size = size.checked_mul(length.max(1).unsigned_abs())?;
        }
        if !fits || isize::try_from(size).is_err() {
            return None;
        }
        Some(Self {
            shape: Dimensions::few(shape.len(), |index| shape[index].unsigned_abs())?,
            strides: Dimensions::few(shape.len(), |index| strides[index])?,
            suboffsets: None,
            itemsize,
        })
    }

    /// Whether nothing of the layout is on the heap.
    #[inline(always)]
    pub fn is_inline(&self) -> bool {
        self.shape.is_inline() && self.strides.is_inline() && self.suboffsets.is_none()
    }

    /// The same dimensions for smaller elements, those that begin where these do.
    #[inline(always)]
    pub fn with_itemsize(&self, itemsize: usize) -> Self {
        Self { itemsize, ..self.clone() }
    }

    /// The layout itself, if its elements lie within memory.
    ///
    /// Lengths of 0, and an itemsize of 0, are taken for 1: so no product of lengths overflows, in
    /// whatever order it is taken, and no length is larger than an index can be.
    fn checked(self) -> Result<Self> {
        let mut lengths = self.shape.iter().map(|&length| length.max(1));
        let size = lengths.try_fold(self.itemsize.max(1), usize::checked_mul);
        let fits = self.checked_extent().is_some()
            && size.is_some_and(|size| isize::try_from(size).is_ok());
        if fits { Ok(self) } else { Err(too_large(&self.shape, self.itemsize)) }
    }

    /// First and last byte, relative to the start, that lead to or belong to an element.
    fn checked_extent(&self) -> Option<(isize, isize)> {
        if self.is_empty() {
            return Some((0, 0));
        }
        let (mut low, mut high) = (0_isize, isize::try_from(self.itemsize).ok()?);
        for (&length, &stride) in self.shape.iter().zip(&*self.strides) {
            let reach = isize::try_from(length - 1).ok()?.checked_mul(stride)?;
            if reach < 0 {
                low = low.checked_add(reach)?;
            } else {
                high = high.checked_add(reach)?;
            }
        }
        high.checked_sub(low)?;
        Some((low, high))
    }

    /// Length of each dimension, in elements.
    #[must_use]
    #[inline]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Length of the first dimension, if there is one.
    #[inline(always)]
    pub fn length(&self) -> Option<usize> {
        self.shape.first()
    }

    /// Step of each dimension, in bytes.
    #[must_use]
    #[inline]
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Suboffset of each dimension, in bytes: where it is not negative, what the index leads to is
    /// a pointer, to be followed and then advanced by it. Empty where no dimension has one.
    #[must_use]
    #[inline]
    pub fn suboffsets(&self) -> &[isize] {
        self.suboffsets.as_deref().unwrap_or_default()
    }

    /// Size of one element in bytes.
    #[must_use]
    #[inline]
    pub fn itemsize(&self) -> usize {
        self.itemsize
    }

    /// Number of dimensions.
    #[must_use]
    #[inline]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements, all dimensions together; 1 for a layout of no dimensions.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there is no element at all.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Bytes that the elements take when they are adjacent: `len · itemsize`.
    #[must_use]
    #[inline]
    pub fn nbytes(&self) -> usize {
        self.len() * self.itemsize
    }

    /// The bytes, relative to the start, in which all elements lie; with suboffsets, those in
    /// which the first pointers lie.
    #[must_use]
    pub fn extent(&self) -> std::ops::Range<isize> {
        let (low, high) = self.checked_extent().unwrap_or((0, 0));
        low..high
    }

    /// Whether two elements may share a byte: never so where each step is as long as all that lies
    /// within it. Where pointers lead to the elements, that is taken for granted.
    pub fn overlaps_itself(&self) -> bool {
        let dimensions = self.shape.iter().zip(&*self.strides);
        let mut steps: Vec<(usize, usize)> = dimensions
            .filter(|&(&length, _)| length > 1)
            .map(|(&length, &stride)| (stride.unsigned_abs(), length))
            .collect();
        steps.sort_unstable();
        let mut reach = self.itemsize;
        steps.into_iter().any(|(step, length)| {
            let overlaps = step < reach;
            reach = reach.saturating_add(step.saturating_mul(length - 1));
            overlaps
        })
    }

    /// Whether the elements are adjacent in C order: the last index changes fastest. Dimensions
    /// of length 1 may have any stride, and a layout without elements is contiguous, as
    /// `PyBuffer_IsContiguous` has it.
    #[must_use]
    #[inline]
    pub fn is_c_contiguous(&self) -> bool {
        if let ([length], [stride], []) = (&*self.shape, &*self.strides, self.suboffsets()) {
            return *length <= 1 || *stride == self.itemsize as isize;
        }
        self.is_adjacent(self.shape.iter().zip(&*self.strides).rev())
    }

    /// How many elements there are, if they are adjacent in C order, and any.
    #[inline(always)]
    pub fn adjacent_len(&self) -> Option<usize> {
        if let ([length], [stride], None) = (&*self.shape, &*self.strides, &self.suboffsets) {
            let adjacent = *stride == self.itemsize as isize || *length == 1;
            return (adjacent && *length > 0).then_some(*length);
        }
        (self.is_c_contiguous() && !self.is_empty()).then(|| self.len())
    }

    /// Whether the elements are adjacent in Fortran order: the first index changes fastest.
    #[must_use]
    #[inline]
    pub fn is_f_contiguous(&self) -> bool {
        if let ([length], [stride], []) = (&*self.shape, &*self.strides, self.suboffsets()) {
            return *length <= 1 || *stride == self.itemsize as isize;
        }
        self.is_adjacent(self.shape.iter().zip(&*self.strides))
    }

    /// Whether the elements are adjacent, the dimensions given from the fastest to the slowest.
    fn is_adjacent<'a>(&self, dimensions: impl Iterator<Item = (&'a usize, &'a isize)>) -> bool {
        if self.suboffsets.is_some() {
            return false;
        }
        let mut expected = self.itemsize as isize;
        let mut adjacent = true;
        for (&length, &stride) in dimensions {
            if length == 0 {
                return true;
            }
            adjacent &= length == 1 || stride == expected;
            expected = expected.wrapping_mul(length as isize);
        }
        adjacent
    }
}

/// C strides in bytes; `None` where a product overflows. Before an empty dimension they are 0, as
/// memoryview has them.
fn contiguous_strides(shape: &[usize], itemsize: usize) -> Option<Dimensions<isize>> {
    let mut strides: Dimensions<isize> = shape.iter().map(|_| 0).collect();
    let mut step = isize::try_from(itemsize).ok()?;
    for (stride, &length) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        step = step.checked_mul(isize::try_from(length).ok()?)?;
    }
    Some(strides)
}

fn too_large(shape: &[usize], itemsize: usize) -> Error {
    Error::too_large(format!(
        "shape {shape:?} of elements of {itemsize} bytes reaches further than memory"
    ))
}
