//! The same elements in other dimensions: transposing and reshaping without a copy.
//!
//! Reshaping cuts both shapes into the smallest groups of dimensions with equal numbers of
//! elements, and keeps the elements of each group in place. A group of old dimensions can become a
//! group of new ones if its elements have one common step, that is, if each old dimension steps
//! over exactly the elements of the next one. This finds strides if there are any.

use super::{Dimensions, Layout, MAX_NDIM, Order, check_ndim, contiguous_strides, resolve_index};
use crate::error::{Error, Result, Tuple};

impl Layout {
    /// Returns the layout with its dimensions in another order: dimension `i` of the result is
    /// dimension `axes[i]` of this one. Negative axes count from the end.
    ///
    /// # Errors
    /// Returns an error with [`is_value`](Error::is_value) if `axes` does not name each dimension
    /// once, and with [`is_buffer`](Error::is_buffer) if a pointer would be followed too early or
    /// too late (suboffsets).
    ///
    /// # Examples
    /// ```
    /// use consumer::Layout;
    /// let layout = Layout::contiguous(&[2, 3, 4], 1).unwrap();
    /// assert_eq!(layout.transpose(&[2, 0, 1]).unwrap().shape(), [4, 2, 3]);
    /// ```
    pub fn transpose(&self, axes: &[isize]) -> Result<Self> {
        let ndim = self.ndim();
        let wrong = || {
            let given = Tuple(axes);
            Error::value(format!("axes {given} do not name each of {ndim} dimensions once"))
        };
        check_ndim(axes.len())?;
        if axes.len() != ndim {
            return Err(wrong());
        }
        let mut transposed = Self {
            shape: Dimensions::new(),
            strides: Dimensions::new(),
            // Pointers stay where they are: after the last dimension that leads to them.
            suboffsets: self.suboffsets.clone(),
            itemsize: self.itemsize,
        };
        let mut seen = [false; MAX_NDIM];
        for (position, &axis) in axes.iter().enumerate() {
            let axis = resolve_index(axis, ndim);
            let axis = axis.filter(|&axis| !std::mem::replace(&mut seen[axis], true));
            let axis = axis.ok_or_else(wrong)?;
            if self.hops_before(axis) != self.hops_before(position) {
                if !self.is_empty() {
                    return Err(Error::buffer(
                        "dimensions cannot change places across a pointer (suboffsets)",
                    ));
                }
                // Where there are no elements, nothing has to lead to them.
                transposed.suboffsets = None;
            }
            transposed.shape.push(self.shape[axis]);
            transposed.strides.push(self.strides[axis]);
        }
        Ok(transposed)
    }

    /// Returns the number of pointers that are followed before the index of a dimension is applied.
    fn hops_before(&self, dimension: usize) -> usize {
        self.suboffsets().iter().take(dimension).filter(|&&suboffset| suboffset >= 0).count()
    }

    /// Returns the layout of the same elements, taken in an order, in another shape. One length may
    /// be -1 and is then computed from the others.
    ///
    /// # Errors
    /// Returns an error with [`is_value`](Error::is_value) if the number of elements differs, or if
    /// only a copy could have that shape.
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
        if shape == self.shape && self.suboffsets.is_some() {
            return Ok(self.clone());
        }
        // Where there are no elements, no pointers have to lead to them.
        if self.suboffsets.is_none() || self.is_empty() {
            let strides = match order {
                Order::C => self.regroup(&shape),
                // Fortran order is C order with the dimensions reversed.
                Order::Fortran => {
                    let mut source = self.clone();
                    source.reverse();
                    let reversed: Dimensions<usize> = shape.iter().rev().copied().collect();
                    source.regroup(&reversed).map(|mut strides| {
                        strides.reverse();
                        strides
                    })
                }
            };
            if let Some(strides) = strides {
                let suboffsets = None;
                return Self { shape, strides, suboffsets, itemsize: self.itemsize }.checked();
            }
        }
        Err(Error::value(format!(
            "shape {} with strides {} cannot be seen as shape {} without a copy{}",
            Tuple(self.shape()),
            Tuple(self.strides()),
            Tuple(&shape),
            if order == Order::C { "; v.copy() can" } else { "" }
        )))
    }

    /// Returns a shape with its -1, if any, replaced. It has as many elements as the layout.
    fn infer(&self, shape: &[isize]) -> Result<Dimensions<usize>> {
        let wrong = || {
            let (count, from, shape) = (self.len(), Tuple(self.shape()), Tuple(shape));
            Error::value(format!("{count} elements of shape {from} do not fit shape {shape}"))
        };
        check_ndim(shape.len())?;
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

    /// Returns the strides that give the elements, in C order, another shape of as many elements,
    /// or `None` if there are none. The top of this file explains how.
    fn regroup(&self, shape: &[usize]) -> Option<Dimensions<isize>> {
        if self.is_empty() || shape.contains(&0) {
            return contiguous_strides(shape, self.itemsize);
        }
        // The stride of a dimension of length 1 does not matter.
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
        // Only lengths of 1 are left. They step over everything that follows, as in C order.
        let mut step = self.itemsize as isize;
        for dimension in (j..shape.len()).rev() {
            strides[dimension] = step;
            step = step.wrapping_mul(shape[dimension] as isize);
        }
        Some(strides)
    }
}
