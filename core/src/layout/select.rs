//! Indexing and slicing: from a layout and a key to another layout and the path to its start.
//!
//! Without suboffsets a selection is an offset and new dimensions. With them, an index on a
//! dimension that has a pointer makes that pointer part of the path to the new start (a *hop*),
//! unless a dimension before it remains: then the pointer has to be followed later, for each index
//! of that dimension, and becomes its suboffset. A dimension can have one suboffset only, so some
//! selections of such layouts do not exist and are refused.

use smallvec::SmallVec;

use super::{Dimensions, Layout, check_ndim, resolve_index};
use crate::error::{Error, Result};

/// One part of a key.
///
/// # Examples
/// ```
/// use consumer::{Key, Layout};
///
/// let layout = Layout::contiguous(&[4, 5], 8).unwrap();
/// let column = layout.select(&[Key::FULL, Key::Index(-1)]).unwrap();
/// assert_eq!(column.layout.shape(), [4]);
/// assert_eq!(column.offset, 32);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Key {
    /// One index, which counts from the end if it is negative. Its dimension is removed.
    Index(isize),
    /// `start:stop:step`, with the meaning of Python's slices. Omitted bounds are the largest or
    /// smallest number, as `PySlice_Unpack` returns them.
    Slice {
        /// The first index.
        start: isize,
        /// The index before which the slice ends.
        stop: isize,
        /// The distance between the indices.
        step: isize,
    },
    /// `...`: as many full slices as the key leaves dimensions.
    Ellipsis,
    /// A new dimension, of length 1, which no dimension of the layout is spent on.
    New,
}

impl Key {
    /// A slice of a whole dimension, `:`.
    pub const FULL: Self = Self::Slice { start: 0, stop: isize::MAX, step: 1 };
}

/// What a key selects: a layout, and the path from the old start to the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Selection {
    /// Bytes from the old start to the new one, or to the first pointer on the path.
    pub offset: isize,
    /// One entry for each pointer that is followed after that: the bytes to add to the address that
    /// it holds. Empty unless an index fell on a dimension with a suboffset.
    pub hops: SmallVec<[isize; 1]>,
    /// The layout of the selected elements, from the new start.
    pub layout: Layout,
}

impl Layout {
    /// Resolves an index of a dimension, which counts from the end if it is negative.
    ///
    /// # Errors
    /// Returns an error with [`is_index`](Error::is_index) if the index is out of bounds.
    #[doc(hidden)]
    #[inline]
    pub fn resolve(&self, dimension: usize, index: isize) -> Result<usize> {
        resolve_index(index, self.shape[dimension]).ok_or_else(|| out_of_bounds(dimension))
    }

    /// The error for a key with more indices and slices than there are dimensions.
    #[doc(hidden)]
    #[must_use]
    #[cold]
    pub fn too_many_indices(&self, given: usize) -> Error {
        Error::wrong_kind(format!("too many indices: {given} for ndim {}", self.ndim()))
    }

    /// Returns what a key selects. Dimensions that the key does not mention are selected in full.
    ///
    /// # Errors
    /// Returns an error with [`is_index`](Error::is_index) if an index is out of bounds, with
    /// [`is_wrong_kind`](Error::is_wrong_kind) if the key has more parts than there are dimensions
    /// or more than one ellipsis, with [`is_value`](Error::is_value) if a step is 0 or more than 64
    /// dimensions are selected, and with [`is_buffer`](Error::is_buffer) if two pointers would have
    /// to be followed for one dimension or a suboffset would become negative, unless no elements
    /// are selected.
    pub fn select(&self, keys: &[Key]) -> Result<Selection> {
        let count = |part: Key| keys.iter().filter(|&&key| key == part).count();
        let (ellipses, new) = (count(Key::Ellipsis), count(Key::New));
        let named = keys.len() - ellipses - new;
        if ellipses > 1 {
            return Err(Error::several_ellipses());
        }
        if named > self.ndim() {
            return Err(self.too_many_indices(named));
        }
        let mut selector = Selector::new(self);
        for key in keys {
            match *key {
                Key::Index(index) => selector.index(index)?,
                Key::Slice { start, stop, step } => selector.slice(start, stop, step)?,
                Key::Ellipsis => (named..self.ndim()).for_each(|_| selector.keep()),
                Key::New => selector.new_dimension(),
            }
        }
        selector.finish()
    }
}

impl Layout {
    /// Returns the layout of a part of each element, and the offset of its start in bytes. The part
    /// is `itemsize` bytes from `offset` on, or a sub-array of such elements, whose dimensions come
    /// after those of this layout. It lies within the element.
    ///
    /// # Errors
    /// Returns an error with [`is_value`](Error::is_value) if there are more than 64 dimensions,
    /// and with [`is_too_large`](Error::is_too_large) if the product of the lengths overflows.
    #[doc(hidden)]
    pub fn part(
        &self,
        offset: usize,
        itemsize: usize,
        sub_array: &[usize],
    ) -> Result<(isize, Self)> {
        let mut part = self.clone();
        part.itemsize = itemsize;
        let mut start = offset as isize;
        if let Some(suboffsets) = &mut part.suboffsets {
            // The last pointer leads to the element.
            if let Some(last) = suboffsets.iter_mut().rfind(|suboffset| **suboffset >= 0) {
                let sum = last.checked_add(std::mem::take(&mut start));
                *last = sum.ok_or_else(|| Error::buffer("a suboffset beyond memory"))?;
            }
            let more = sub_array.iter().map(|_| -1);
            *suboffsets = suboffsets.iter().copied().chain(more).collect();
        }
        if !sub_array.is_empty() {
            check_ndim(self.ndim() + sub_array.len())?;
            let inner = Self::contiguous(sub_array, itemsize)?;
            for (&length, &stride) in inner.shape().iter().zip(inner.strides()) {
                part.shape.push(length);
                part.strides.push(stride);
            }
            return Ok((start, part.checked()?));
        }
        Ok((start, part))
    }
}

fn out_of_bounds(dimension: usize) -> Error {
    Error::index(format!("index out of bounds on dimension {}", dimension + 1))
}

/// Builds a selection. The dimensions of `source` before `dimension` are done.
struct Selector<'a> {
    source: &'a Layout,
    dimension: usize,
    selection: Selection,
    /// The suboffsets of the selected dimensions, if the source has any.
    suboffsets: Vec<isize>,
    /// Why no suboffsets lead to the selected elements, if there are any.
    unreachable: Option<&'static str>,
    /// Before which of the selected dimensions there is a new one, in ascending order. They come in
    /// last, so that no pointer is followed for the sake of one.
    new: SmallVec<[usize; 4]>,
}

impl<'a> Selector<'a> {
    fn new(source: &'a Layout) -> Self {
        let layout = Layout {
            shape: Dimensions::new(),
            strides: Dimensions::new(),
            suboffsets: None,
            itemsize: source.itemsize,
        };
        let selection = Selection { offset: 0, hops: SmallVec::new(), layout };
        let (suboffsets, new) = (Vec::new(), SmallVec::new());
        Self { source, dimension: 0, selection, suboffsets, unreachable: None, new }
    }

    /// Returns the suboffset of the current dimension, if it has one.
    fn suboffset(&self) -> Option<isize> {
        self.source.suboffsets().get(self.dimension).copied().filter(|&suboffset| suboffset >= 0)
    }

    fn keep(&mut self) {
        let (length, stride) =
            (self.source.shape[self.dimension], self.source.strides[self.dimension]);
        self.push(length, stride);
    }

    #[inline(always)]
    fn push(&mut self, length: usize, stride: isize) {
        let layout = &mut self.selection.layout;
        layout.shape.push(length);
        layout.strides.push(stride);
        if let Some(suboffsets) = &self.source.suboffsets {
            self.suboffsets.push(suboffsets[self.dimension]);
        }
        self.dimension += 1;
    }

    fn new_dimension(&mut self) {
        self.new.push(self.selection.layout.ndim());
    }

    /// Puts the new dimensions in. As in NumPy their stride is 0: it is never taken, and does not
    /// make elements less contiguous than they are.
    fn insert_new(&mut self) -> Result<()> {
        check_ndim(self.selection.layout.ndim() + self.new.len())?;
        let layout = &mut self.selection.layout;
        layout.shape = with_inserted(&layout.shape, &self.new, 1).collect();
        layout.strides = with_inserted(&layout.strides, &self.new, 0).collect();
        if self.source.suboffsets.is_some() {
            self.suboffsets = with_inserted(&self.suboffsets, &self.new, -1).collect();
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Selection> {
        while self.dimension < self.source.ndim() {
            self.keep();
        }
        if !self.new.is_empty() {
            self.insert_new()?;
        }
        match self.unreachable {
            // Where there are no elements, nothing has to lead to them.
            Some(_) if self.selection.layout.is_empty() => {}
            Some(why) => return Err(Error::buffer(why)),
            None if self.suboffsets.iter().any(|&suboffset| suboffset >= 0) => {
                self.selection.layout.suboffsets = Some(self.suboffsets.into());
            }
            None => {}
        }
        Ok(self.selection)
    }

    fn slice(&mut self, start: isize, stop: isize, step: isize) -> Result<()> {
        if step == 0 {
            return Err(Error::value("slice step cannot be zero"));
        }
        let (length, stride) =
            (self.source.shape[self.dimension], self.source.strides[self.dimension]);
        let (start, count) = adjust(length, start, stop, step);
        // If at most one element is selected, the product below may overflow, but it is not used.
        let offset = if count == 0 { 0 } else { stride.wrapping_mul(start as isize) };
        self.advance(offset);
        self.push(count, stride.wrapping_mul(step));
        Ok(())
    }

    /// Moves the elements by some bytes: by moving the start, or, if a pointer is followed for an
    /// earlier dimension, by changing what is added to that pointer.
    #[inline(always)]
    fn advance(&mut self, offset: isize) {
        if let Some(suboffset) = self.suboffsets.iter_mut().rfind(|suboffset| **suboffset >= 0) {
            // A negative suboffset would mean that there is no pointer.
            match suboffset.checked_add(offset).filter(|&sum| sum >= 0) {
                Some(sum) => *suboffset = sum,
                None => {
                    let why = "the selection begins before what a pointer leads to (suboffsets)";
                    self.unreachable = Some(why);
                }
            }
            return;
        }
        let last = self.selection.hops.last_mut().unwrap_or(&mut self.selection.offset);
        // This wraps only if there are no elements, or relative to a pointer, as addresses do.
        *last = last.wrapping_add(offset);
    }

    fn index(&mut self, index: isize) -> Result<()> {
        let index = self.source.resolve(self.dimension, index)?;
        let offset = self.source.strides[self.dimension].wrapping_mul(index as isize);
        self.advance(offset);
        if let Some(suboffset) = self.suboffset() {
            self.follow(suboffset);
        }
        self.dimension += 1;
        Ok(())
    }

    /// Follows the pointer of an indexed dimension: as a hop if no dimension remains before it, and
    /// otherwise as the suboffset of the last dimension that does.
    fn follow(&mut self, suboffset: isize) {
        if self.selection.layout.shape.is_empty() {
            self.selection.hops.push(suboffset);
            return;
        }
        match self.suboffsets.last_mut() {
            Some(last) if *last < 0 => *last = suboffset,
            _ => {
                let why = "two pointers would have to be followed for one dimension (suboffsets)";
                self.unreachable = Some(why);
            }
        }
    }
}

/// Returns numbers of dimensions with one for each new dimension: before the dimension, or behind
/// the last one, that its place names.
fn with_inserted<T: Copy>(numbers: &[T], places: &[usize], number: T) -> impl Iterator<Item = T> {
    let (mut numbers, mut places) = (numbers.iter(), places.iter().peekable());
    let mut place = 0;
    std::iter::from_fn(move || match places.next_if_eq(&&place) {
        Some(_) => Some(number),
        None => {
            place += 1;
            numbers.next().copied()
        }
    })
}

/// Returns the first index and the number of indices of a slice of `length` elements, as
/// `PySlice_AdjustIndices` does.
#[inline(always)]
pub(super) fn adjust(length: usize, start: isize, stop: isize, step: isize) -> (usize, usize) {
    let length = length as isize;
    let (lowest, highest) = if step < 0 { (-1, length - 1) } else { (0, length) };
    let clamp = |index: isize| {
        let from_start = if index < 0 { index.saturating_add(length) } else { index };
        from_start.max(lowest).min(highest)
    };
    let (start, stop) = (clamp(start), clamp(stop));
    let distance = if step < 0 { start - stop } else { stop - start };
    if distance <= 0 {
        return (0, 0);
    }
    // Most steps are 1, and the division is the slowest part.
    let count = match step {
        1 => distance as usize,
        _ => (distance as usize - 1) / step.unsigned_abs() + 1,
    };
    (start as usize, count)
}
