//! Indexing and slicing: from a layout and a key to another layout and the way to its start.

use super::{Dimensions, Layout, MAX_NDIM};
use crate::error::{Error, Result};
use smallvec::SmallVec;

/// One part of an index key.
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
pub enum Key {
    /// One index, counted from the end where it is negative: its dimension goes away.
    Index(isize),
    /// `start:stop:step`, with the meaning of Python's slices; `step` is never 0. Bounds that were
    /// left out are the largest or smallest number, as `PySlice_Unpack` gives them.
    Slice {
        /// The first index.
        start: isize,
        /// The index before which the slice ends.
        stop: isize,
        /// The distance between the indices.
        step: isize,
    },
    /// `...`: as many full slices as there are dimensions left.
    Ellipsis,
}

impl Key {
    /// The slice of a whole dimension, `:`.
    pub const FULL: Self = Self::Slice { start: 0, stop: isize::MAX, step: 1 };
}

/// What a key selects: a layout, and how to get from the old start to the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Bytes from the old start to the new one, or to the first pointer on the way to it.
    pub offset: isize,
    /// Pointers to be followed after that, each with the bytes to go from where it leads. Empty
    /// unless an index fell on a dimension with a suboffset.
    pub hops: SmallVec<[isize; 1]>,
    /// The layout of what is selected, from the new start.
    pub layout: Layout,
}

/// What is left of some dimensions.
pub struct Narrowed {
    /// Bytes from the old start to the new one.
    pub offset: isize,
    shape: Dimensions<usize>,
    strides: Dimensions<isize>,
}

impl Layout {
    /// An index of a dimension, counted from its start.
    ///
    /// # Errors
    /// One that [`is_index`](Error::is_index) where an index is out of bounds.
    #[inline]
    pub fn resolve(&self, dimension: usize, index: isize) -> Result<usize> {
        let length = self.shape[dimension];
        let index_from_start = if index < 0 { index.wrapping_add(length as isize) } else { index };
        if (index_from_start as usize) < length {
            Ok(index_from_start as usize)
        } else {
            Err(out_of_bounds(dimension))
        }
    }

    /// Bytes from the start to an element of one dimension without pointers; `None` for all else.
    #[inline(always)]
    pub fn line_offset(&self, index: isize) -> Option<isize> {
        let (&[length], &[stride], None) = (&*self.shape, &*self.strides, &self.suboffsets) else {
            return None;
        };
        let index = if index < 0 { index.wrapping_add(length as isize) } else { index };
        ((index as usize) < length).then(|| stride.wrapping_mul(index))
    }

    /// What a slice of the first dimension selects, as the offset of its start, its length and its
    /// stride; `None` where there is no dimension, or pointers, or no step.
    #[inline(always)]
    pub fn slice_first(
        &self,
        start: isize,
        stop: isize,
        step: isize,
    ) -> Option<(isize, usize, isize)> {
        if self.suboffsets.is_some() || step == 0 {
            return None;
        }
        let (length, stride) = (self.shape.first()?, self.strides.first()?);
        let (start, count) = adjust(length, start, stop, step);
        let offset = if count == 0 { 0 } else { stride.wrapping_mul(start as isize) };
        Some((offset, count, stride.wrapping_mul(step)))
    }

    /// Gives the first dimension another length and stride.
    #[inline]
    pub fn set_first(&mut self, length: usize, stride: isize) {
        if let (Some(first), Some(step)) = (self.shape.first_mut(), self.strides.first_mut()) {
            (*first, *step) = (length, stride);
        }
    }

    /// Where what an index of the first of several dimensions selects begins, in bytes from the
    /// start; `None` for all else, and where pointers lead to the elements.
    #[inline(always)]
    pub fn index_first(&self, index: isize) -> Option<isize> {
        let ([length, _, ..], [stride, ..], None) =
            (&*self.shape, &*self.strides, &self.suboffsets)
        else {
            return None;
        };
        let index = if index < 0 { index.wrapping_add(*length as isize) } else { index };
        ((index as usize) < *length).then(|| stride.wrapping_mul(index))
    }

    /// Takes the first dimension away.
    #[inline]
    pub fn remove_first(&mut self) {
        self.shape.remove_first();
        self.strides.remove_first();
    }

    /// What indices and slices of the first dimensions select, where no pointers lead to the
    /// elements: the offset of its start in bytes, and its dimensions. `None` where one is out of
    /// bounds.
    #[inline]
    pub fn narrowed(&self, keys: impl Iterator<Item = Key>) -> Option<Narrowed> {
        let mut narrowed =
            Narrowed { offset: 0, shape: Dimensions::new(), strides: Dimensions::new() };
        let mut dimensions = self.shape.iter().zip(&*self.strides);
        for key in keys {
            let (&length, &stride) = dimensions.next()?;
            match key {
                Key::Index(index) => {
                    let from_start =
                        if index < 0 { index.wrapping_add(length as isize) } else { index };
                    if from_start as usize >= length {
                        return None;
                    }
                    narrowed.offset = narrowed.offset.wrapping_add(stride.wrapping_mul(from_start));
                }
                Key::Slice { start, stop, step } => {
                    let (start, count) = adjust(length, start, stop, step);
                    if count > 0 {
                        let offset = stride.wrapping_mul(start as isize);
                        narrowed.offset = narrowed.offset.wrapping_add(offset);
                    }
                    narrowed.shape.push(count);
                    narrowed.strides.push(stride.wrapping_mul(step));
                }
                Key::Ellipsis => return None,
            }
        }
        for (&length, &stride) in dimensions {
            narrowed.shape.push(length);
            narrowed.strides.push(stride);
        }
        Some(narrowed)
    }

    /// Gives the layout other dimensions.
    #[inline]
    pub fn set_dimensions(&mut self, narrowed: Narrowed) {
        self.shape = narrowed.shape;
        self.strides = narrowed.strides;
    }

    /// The layout that a key selects. Dimensions beyond the key's are taken in full.
    ///
    /// # Errors
    /// One that [`is_index`](Error::is_index) where an index is out of bounds; one that
    /// [`is_key`](Error::is_key) where the key has more parts than there are dimensions, or more
    /// than one ellipsis; one that [`is_value`](Error::is_value) where a step is 0; one that
    /// [`is_buffer`](Error::is_buffer) where two pointers would have to be followed for one
    /// dimension, or a suboffset would become negative.
    pub fn select(&self, keys: &[Key]) -> Result<Selection> {
        let ellipses = keys.iter().filter(|key| matches!(key, Key::Ellipsis)).count();
        let named = keys.len() - ellipses;
        if ellipses > 1 {
            return Err(Error::key("an index can have only one ellipsis ('...')"));
        }
        if named > self.ndim() {
            return Err(Error::key(format!("too many indices: {named} for ndim {}", self.ndim())));
        }
        let mut selector = Selector::new(self);
        for key in keys {
            match *key {
                Key::Index(index) => selector.index(index)?,
                Key::Slice { start, stop, step } => selector.slice(start, stop, step)?,
                Key::Ellipsis => (named..self.ndim()).for_each(|_| selector.keep()),
            }
        }
        Ok(selector.finish())
    }
}

impl Layout {
    /// The layout of a part of each element: `itemsize` bytes from `offset` bytes on, or a
    /// sub-array of such, whose dimensions come after those of the elements. Also how to get from
    /// the old start to the new one, in bytes. The part lies within the element.
    ///
    /// # Errors
    /// One that [`is_value`](Error::is_value) for more than 64 dimensions; one that
    /// [`is_too_large`](Error::is_too_large) where the lengths are beyond all counting.
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
            // What the last pointer leads to is the element.
            if let Some(last) = suboffsets.iter_mut().rfind(|suboffset| **suboffset >= 0) {
                let sum = last.checked_add(std::mem::take(&mut start));
                *last = sum.ok_or_else(|| Error::buffer("a suboffset beyond memory"))?;
            }
            let more = sub_array.iter().map(|_| -1);
            *suboffsets = suboffsets.iter().copied().chain(more).collect();
        }
        if !sub_array.is_empty() {
            if self.ndim() + sub_array.len() > MAX_NDIM {
                let ndim = self.ndim() + sub_array.len();
                let message = format!("{ndim} dimensions, at most {MAX_NDIM} are allowed");
                return Err(Error::value(message));
            }
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

/// A selection in the making: the dimensions of `source` before `dimension` are done.
struct Selector<'a> {
    source: &'a Layout,
    dimension: usize,
    selection: Selection,
    /// Those of the selected dimensions, where the source has any.
    suboffsets: Vec<isize>,
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
        Self { source, dimension: 0, selection, suboffsets: Vec::new() }
    }

    /// The suboffset of the dimension at hand, if it has one.
    fn suboffset(&self) -> Option<isize> {
        self.source.suboffsets().get(self.dimension).copied().filter(|&suboffset| suboffset >= 0)
    }

    fn keep(&mut self) {
        let (length, stride) =
            (self.source.shape[self.dimension], self.source.strides[self.dimension]);
        self.push(length, stride);
    }

    fn push(&mut self, length: usize, stride: isize) {
        let layout = &mut self.selection.layout;
        layout.shape.push(length);
        layout.strides.push(stride);
        if let Some(suboffsets) = &self.source.suboffsets {
            self.suboffsets.push(suboffsets[self.dimension]);
        }
        self.dimension += 1;
    }

    fn finish(mut self) -> Selection {
        while self.dimension < self.source.ndim() {
            self.keep();
        }
        if self.suboffsets.iter().any(|&suboffset| suboffset >= 0) {
            self.selection.layout.suboffsets = Some(self.suboffsets.into());
        }
        self.selection
    }

    fn slice(&mut self, start: isize, stop: isize, step: isize) -> Result<()> {
        if step == 0 {
            return Err(Error::value("slice step cannot be zero"));
        }
        let (length, stride) =
            (self.source.shape[self.dimension], self.source.strides[self.dimension]);
        let (start, count) = adjust(length, start, stop, step);
        // Where nothing or one element is selected, the product below may overflow but is unused.
        let offset = if count == 0 { 0 } else { stride.wrapping_mul(start as isize) };
        self.advance(offset)?;
        self.push(count, stride.wrapping_mul(step));
        Ok(())
    }

    /// Moves what follows by some bytes: the start, or, where a pointer was followed for an
    /// earlier dimension, the place that it leads to.
    fn advance(&mut self, offset: isize) -> Result<()> {
        if let Some(suboffset) = self.suboffsets.iter_mut().rfind(|suboffset| **suboffset >= 0) {
            // A negative suboffset would say that there is no pointer to follow.
            let sum = suboffset.checked_add(offset).filter(|&sum| sum >= 0);
            *suboffset = sum.ok_or_else(|| {
                Error::buffer("the selection begins before what a pointer leads to (suboffsets)")
            })?;
            return Ok(());
        }
        let place = self.selection.hops.last_mut().unwrap_or(&mut self.selection.offset);
        // Where this wraps, no element lies there, or what a pointer leads to is near the end of
        // memory: addresses wrap just so.
        *place = place.wrapping_add(offset);
        Ok(())
    }

    fn index(&mut self, index: isize) -> Result<()> {
        let index = self.source.resolve(self.dimension, index)?;
        let offset = self.source.strides[self.dimension].wrapping_mul(index as isize);
        self.advance(offset)?;
        if let Some(suboffset) = self.suboffset() {
            self.follow(suboffset)?;
        }
        self.dimension += 1;
        Ok(())
    }

    /// Follows the pointer of an indexed dimension: at once where no dimension stands before it,
    /// else as part of the last dimension that does.
    fn follow(&mut self, suboffset: isize) -> Result<()> {
        if self.selection.layout.shape.is_empty() {
            self.selection.hops.push(suboffset);
            return Ok(());
        }
        match self.suboffsets.last_mut() {
            Some(last) if *last < 0 => {
                *last = suboffset;
                Ok(())
            }
            _ => Err(Error::buffer(
                "two pointers would have to be followed for one dimension (suboffsets)",
            )),
        }
    }
}

/// First index and number of indices of a slice over `length` elements, as
/// `PySlice_AdjustIndices` has them.
#[inline(always)]
fn adjust(length: usize, start: isize, stop: isize, step: isize) -> (usize, usize) {
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
    // Most steps are 1, and a division is most of the work.
    let count = match step {
        1 => distance as usize,
        _ => (distance as usize - 1) / step.unsigned_abs() + 1,
    };
    (start as usize, count)
}
