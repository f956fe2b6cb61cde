//! The same elements in other dimensions: transposing and reshaping without a copy.

use super::{Dimensions, Layout, MAX_NDIM, Order, contiguous_strides};
use crate::error::{Error, Result};

impl Layout {
    /// Turns the dimensions the other way around, where no pointers lead to the elements.
    #[inline]
    pub fn reverse(&mut self) {
        self.shape.reverse();
        self.strides.reverse();
    }

    /// The layout with its dimensions in another order: dimension `i` of the result is dimension
    /// `axes[i]` of this one. Negative axes count from the end.
    ///
    /// # Errors
    /// One that [`is_value`](Error::is_value) where `axes` does not name each dimension once; one
    /// that [`is_buffer`](Error::is_buffer) where a pointer would be followed too early or too late
    /// (suboffsets).
    ///
    /// # Examples
    /// ```
    /// use consumer::Layout;
    /// let layout = Layout::contiguous(&[2, 3, 4], 1).unwrap();
    /// assert_eq!(layout.transpose(&[2, 0, 1]).unwrap().shape(), [4, 2, 3]);
    /// ```
    pub fn transpose(&self, axes: &[isize]) -> Result<Self> {
        let ndim = self.ndim();
        let wrong =
            || Error::value(format!("axes {axes:?} do not name each of {ndim} dimensions once"));
        if axes.len() != ndim {
            return Err(wrong());
        }
        let mut transposed = Self {
            shape: Dimensions::new(),
            strides: Dimensions::new(),
            // Pointers stay where they are: after the last of the dimensions that lead to them.
            suboffsets: self.suboffsets.clone(),
            itemsize: self.itemsize,
        };
        let mut seen = [false; MAX_NDIM];
        for (position, &axis) in axes.iter().enumerate() {
            let from_start = if axis < 0 { axis.wrapping_add(ndim as isize) } else { axis };
            let axis = usize::try_from(from_start).ok().filter(|&axis| axis < ndim);
            let axis = axis.filter(|&axis| !std::mem::replace(&mut seen[axis], true));
            let axis = axis.ok_or_else(wrong)?;
            if self.hops_before(axis) != self.hops_before(position) {
                return Err(Error::buffer(
                    "dimensions cannot change places across a pointer (suboffsets)",
                ));
            }
            transposed.shape.push(self.shape[axis]);
            transposed.strides.push(self.strides[axis]);
        }
        Ok(transposed)
    }

    /// How many pointers are followed before a dimension's index counts.
    fn hops_before(&self, dimension: usize) -> usize {
        self.suboffsets().iter().take(dimension).filter(|&&suboffset| suboffset >= 0).count()
    }

    /// The layout of the same elements, taken in an order, in another shape. One length may be -1:
    /// it is what the others leave.
    ///
    /// # Errors
    /// One that [`is_value`](Error::is_value) where the number of elements differs, or where only a
    /// copy could have that shape.
    ///
    /// # Examples
    /// ```
    /// use consumer::{Layout, Order};
    /// let layout = Layout::contiguous(&[2, 6], 4).unwrap();
    /// assert_eq!(layout.reshape(&[-1, 3], Order::C).unwrap().shape(), [4, 3]);
    ///
    /// let transposed = layout.transpose(&[1, 0]).unwrap();
    /// assert!(transposed.reshape(&[12], Order::C).unwrap_err().is_value());
    /// assert!(transposed.reshape(&[12], Order::Fortran).is_ok());
    /// ```
    pub fn reshape(&self, shape: &[isize], order: Order) -> Result<Self> {
        let shape = self.infer(shape)?;
        if self.suboffsets.is_none() {
            let strides = match order {
                Order::C => self.regroup(&shape),
                // Fortran order is C order with all dimensions the other way around.
                Order::Fortran => {
                    let reversed: Dimensions<usize> = shape.iter().rev().copied().collect();
                    self.reversed().regroup(&reversed).map(|mut strides| {
                        strides.reverse();
                        strides
                    })
                }
            };
            if let Some(strides) = strides {
                let suboffsets = None;
                return Self { shape, strides, suboffsets, itemsize: self.itemsize }.checked();
            }
        } else if shape == self.shape {
            return Ok(self.clone());
        }
        Err(Error::value(format!(
            "shape {:?} with strides {:?} cannot be seen as shape {:?} without a copy",
            self.shape(),
            self.strides(),
            &*shape
        )))
    }

    /// The layout of the same bytes as elements of another size: in one dimension, or in a shape
    /// and order. The elements have to be adjacent, in C order for a result in C order, in either
    /// for one in Fortran order; without that, one dimension can still be seen as elements of the
    /// same size.
    ///
    /// # Errors
    /// One that [`is_key`](Error::is_key) where the elements are not adjacent, their bytes not as
    /// many as the new elements take, or where there are none to give a shape to; one that
    /// [`is_value`](Error::is_value) for a shape that no elements have. (memoryview raises TypeError
    /// and ValueError for these.)
    ///
    /// # Examples
    /// ```
    /// use consumer::{Layout, Order};
    /// let bytes = Layout::contiguous(&[24], 1).unwrap();
    /// assert_eq!(bytes.cast(4, None, Order::C).unwrap().shape(), [6]);
    /// assert_eq!(bytes.cast(4, Some(&[2, 3]), Order::Fortran).unwrap().strides(), [4, 8]);
    /// ```
    pub fn cast(&self, itemsize: usize, shape: Option<&[isize]>, order: Order) -> Result<Self> {
        let same_line = shape.is_none() && self.ndim() == 1 && itemsize == self.itemsize;
        if same_line && !self.is_c_contiguous() {
            return Ok(self.clone());
        }
        let fortran = order == Order::Fortran && self.is_f_contiguous();
        if !fortran && !self.is_c_contiguous() {
            return Err(Error::key("casts are restricted to contiguous views"));
        }
        if itemsize == 0 {
            return Err(Error::value("elements of 0 bytes cannot be counted"));
        }
        if self.is_empty() && (shape.is_some() || self.ndim() != 1) {
            return Err(Error::key("cannot cast a view with zeros in its shape"));
        }
        let nbytes = self.nbytes();
        let Some(shape) = shape else {
            if !nbytes.is_multiple_of(itemsize) {
                return Err(Error::key(format!(
                    "{nbytes} bytes are no multiple of the itemsize, {itemsize}"
                )));
            }
            return Self::contiguous(&[nbytes / itemsize], itemsize);
        };
        if shape.len() > MAX_NDIM {
            let ndim = shape.len();
            return Err(Error::value(format!("{ndim} dimensions, at most {MAX_NDIM} are allowed")));
        }
        let lengths: Option<Vec<usize>> =
            shape.iter().map(|&length| usize::try_from(length).ok().filter(|&n| n > 0)).collect();
        let lengths = lengths.ok_or_else(|| {
            let message = format!("shape {shape:?} has elements that are not larger than 0");
            // From several dimensions to several memoryview knows no cast, right or wrong.
            let known = self.ndim() == 1 || shape.len() == 1;
            if known { Error::value(message) } else { Error::key(message) }
        })?;
        // The product alone decides between the errors, as in memoryview.
        let layout = match order {
            Order::C => Self::contiguous(&lengths, itemsize),
            Order::Fortran => {
                let reversed: Vec<usize> = lengths.iter().rev().copied().collect();
                Self::contiguous(&reversed, itemsize).map(|layout| layout.reversed())
            }
        };
        let layout = layout.map_err(|error| Error::value(error.to_string()))?;
        if layout.nbytes() != nbytes {
            return Err(Error::key(format!(
                "shape {shape:?} of elements of {itemsize} bytes takes {} bytes, not {nbytes}",
                layout.nbytes()
            )));
        }
        Ok(layout)
    }

    /// The layout of some of the bytes of adjacent elements, one by one: `count` elements of
    /// `itemsize` bytes, or, without a count, all that is left, from `offset` bytes on.
    ///
    /// # Errors
    /// One that [`is_key`](Error::is_key) where the elements are not adjacent in C order; one that
    /// [`is_value`](Error::is_value) where they end before.
    ///
    /// # Examples
    /// ```
    /// use consumer::Layout;
    /// let layout = Layout::contiguous(&[2, 3], 8).unwrap();
    /// assert_eq!(layout.bytes(16, 4, None).unwrap().shape(), [32]);
    /// assert_eq!(layout.bytes(16, 4, Some(5)).unwrap().shape(), [20]);
    /// assert!(layout.bytes(16, 4, Some(9)).unwrap_err().is_value());
    /// ```
    pub fn bytes(&self, offset: usize, itemsize: usize, count: Option<usize>) -> Result<Self> {
        if !self.is_c_contiguous() {
            return Err(Error::key("casts of a part are restricted to C-contiguous views"));
        }
        let nbytes = self.nbytes();
        let left = nbytes.checked_sub(offset).ok_or_else(|| {
            Error::value(format!("offset {offset} is beyond the end of {nbytes} bytes"))
        })?;
        let length = match count {
            None => left,
            Some(count) => {
                let length = count.checked_mul(itemsize).filter(|&length| length <= left);
                length.ok_or_else(|| {
                    Error::value(format!(
                        "{count} elements of {itemsize} bytes are more than the {left} bytes from \
                         offset {offset} on"
                    ))
                })?
            }
        };
        Self::contiguous(&[length], 1)
    }

    fn reversed(&self) -> Self {
        let mut layout = self.clone();
        layout.shape.reverse();
        layout.strides.reverse();
        layout
    }

    /// A shape with its -1, if any, replaced; the number of elements must be that of the layout.
    fn infer(&self, shape: &[isize]) -> Result<Dimensions<usize>> {
        let wrong = || {
            let (count, from) = (self.len(), self.shape());
            Error::value(format!("{count} elements of shape {from:?} do not fit shape {shape:?}"))
        };
        if shape.len() > MAX_NDIM {
            let ndim = shape.len();
            return Err(Error::value(format!("{ndim} dimensions, at most {MAX_NDIM} are allowed")));
        }
        let mut known = 1_usize;
        let mut unknown = None;
        for (dimension, &length) in shape.iter().enumerate() {
            match usize::try_from(length) {
                Ok(length) => known = known.checked_mul(length).ok_or_else(wrong)?,
                Err(_) if length == -1 && unknown.is_none() => unknown = Some(dimension),
                Err(_) => return Err(wrong()),
            }
        }
        let mut lengths: Dimensions<usize> =
            shape.iter().map(|&length| length.unsigned_abs()).collect();
        if let Some(dimension) = unknown {
            if known == 0 || !self.len().is_multiple_of(known) {
                return Err(wrong());
            }
            lengths[dimension] = self.len() / known;
        } else if known != self.len() {
            return Err(wrong());
        }
        Ok(lengths)
    }

    /// The strides under which the elements, in C order, have another shape of as many elements;
    /// `None` where there are none.
    ///
    /// Both shapes are cut into the smallest groups of dimensions that hold equally many elements.
    /// A group of old dimensions can become a group of new ones where each old dimension steps
    /// over exactly the next one's elements.
    fn regroup(&self, shape: &[usize]) -> Option<Dimensions<isize>> {
        if self.is_empty() || shape.contains(&0) {
            return contiguous_strides(shape, self.itemsize);
        }
        // Dimensions of length 1 hold no step that matters.
        let old: Vec<(usize, isize)> = self
            .shape
            .iter()
            .zip(&*self.strides)
            .filter(|&(&length, _)| length != 1)
            .map(|(&length, &stride)| (length, stride))
            .collect();
        let mut strides: Dimensions<isize> = shape.iter().map(|_| 0).collect();
        let (mut i, mut j) = (0, 0);
        while i < old.len() {
            let (first, start) = (i, j);
            let (mut have, mut want) = (old[i].0, *shape.get(j)?);
            (i, j) = (i + 1, j + 1);
            while have != want {
                if have < want {
                    have *= old[i].0;
                    i += 1;
                } else {
                    want *= *shape.get(j)?;
                    j += 1;
                }
            }
            let group = &old[first..i];
            if group.windows(2).any(|pair| pair[0].1 != pair[1].1.wrapping_mul(pair[1].0 as isize))
            {
                return None;
            }
            let mut step = old[i - 1].1;
            for dimension in (start..j).rev() {
                strides[dimension] = step;
                step = step.wrapping_mul(shape[dimension] as isize);
            }
        }
        // What is left are lengths of 1: they step over all that follows, as in C order.
        let mut step = self.itemsize as isize;
        for dimension in (j..shape.len()).rev() {
            strides[dimension] = step;
            step = step.wrapping_mul(shape[dimension] as isize);
        }
        Some(strides)
    }
}
