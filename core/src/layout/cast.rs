//! Casting: the same bytes as other elements.

use super::{Layout, Order, check_ndim};
use crate::error::{Error, Result, Tuple};

/// Which bytes a cast takes, and where its elements lie among them.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Cast<'a> {
    /// The length of each dimension, of which one may be -1. Without a shape there is one
    /// dimension, as long as can be.
    pub shape: Option<&'a [isize]>,
    /// The order of elements in several dimensions.
    pub order: Order,
    /// How many bytes are left out in front. Where it is given, so may be others behind.
    pub offset: Option<usize>,
    /// The number of elements.
    pub count: Option<usize>,
    /// The bytes between elements, in each dimension, which else are contiguous.
    pub strides: Option<&'a [isize]>,
}

impl Layout {
    /// Returns the layout of the same bytes as elements of another size, in one dimension or in a
    /// given shape and order, of which one length may be -1. The elements have to be contiguous: in
    /// C order for several dimensions in C order, and else in either order. One dimension that is
    /// not contiguous can still be cast to elements of the same size.
    ///
    /// # Errors
    /// Returns an error with [`is_wrong_kind`](Error::is_wrong_kind) if the elements are not
    /// contiguous, or if the new elements do not take exactly their bytes, and with
    /// [`is_value`](Error::is_value) if the shape is not one that elements can have. (memoryview
    /// raises TypeError and ValueError in these cases.)
    ///
    /// # Examples
    /// ```
    /// use consumer::{Layout, Order};
    /// let bytes = Layout::contiguous(&[24], 1).unwrap();
    /// assert_eq!(bytes.cast(4, None, Order::C).unwrap().shape(), [6]);
    /// assert_eq!(bytes.cast(4, Some(&[2, -1]), Order::Fortran).unwrap().strides(), [4, 8]);
    /// ```
    pub fn cast(&self, itemsize: usize, shape: Option<&[isize]>, order: Order) -> Result<Self> {
        let same_line = shape.is_none() && self.ndim() == 1 && itemsize == self.itemsize;
        if same_line && !self.is_c_contiguous() {
            return Ok(self.clone());
        }
        self.cast_part(itemsize, Cast { shape, order, offset: None, count: None, strides: None })
    }

    /// The same for a part of the bytes, which begins at the offset, and whose elements need not be
    /// contiguous.
    ///
    /// # Errors
    /// Returns the errors of [`cast`](Self::cast), and one with [`is_value`](Error::is_value) for a
    /// part that reaches beyond the bytes.
    #[doc(hidden)]
    pub fn cast_part(&self, itemsize: usize, cast: Cast<'_>) -> Result<Self> {
        let Cast { shape, order, offset, count, strides } = cast;
        if let Some(shape) = shape {
            check_ndim(shape.len())?;
        }
        let several = shape.is_some_and(|shape| shape.len() > 1);
        self.check_order(several && order == Order::C && strides.is_none())?;
        if itemsize == 0 {
            return Err(Error::value("elements of 0 bytes cannot be counted"));
        }
        let (nbytes, offset_or_0) = (self.nbytes(), offset.unwrap_or(0));
        let left = nbytes.checked_sub(offset_or_0).ok_or_else(|| {
            Error::value(format!("offset {offset_or_0} is beyond the end of {nbytes} bytes"))
        })?;
        let room = match count {
            None => left,
            Some(count) => {
                let size = count.checked_mul(itemsize).filter(|&size| size <= left);
                size.filter(|_| strides.is_none()).or(strides.map(|_| left)).ok_or_else(|| {
                    Error::value(format!(
                        "{count} elements of {itemsize} bytes are more than the {left} bytes from \
                         offset {offset_or_0} on"
                    ))
                })?
            }
        };
        if let Some(strides) = strides {
            return strided(itemsize, cast, strides, (offset_or_0, nbytes));
        }
        let Some(shape) = shape else {
            if !room.is_multiple_of(itemsize) {
                return Err(Error::wrong_kind(format!(
                    "{room} bytes are no multiple of the itemsize, {itemsize}"
                )));
            }
            return Self::contiguous(&[room / itemsize], itemsize);
        };
        let wrong = |message: String| {
            // memoryview has no casts from several dimensions to several.
            let known = self.ndim() == 1 || shape.len() == 1;
            if known { Error::value(message) } else { Error::wrong_kind(message) }
        };
        let (mut lengths, unknown) = lengths_of(shape).map_err(&wrong)?;
        // The product alone decides between the errors, as in memoryview.
        let known = Self::contiguous_in(&lengths, itemsize, order);
        let known = known.map_err(|error| Error::value(error.to_string()))?;
        let Some(unknown) = unknown else {
            let size = known.nbytes();
            // With an offset the shape says how many elements there are.
            let fits =
                if offset.is_some() && count.is_none() { size <= room } else { size == room };
            if fits {
                return Ok(known);
            }
            if size == 0 && count.is_none() {
                let shape = Tuple(shape);
                return Err(wrong(format!("shape {shape} has no elements, for {room} bytes")));
            }
            let limit = if offset.is_some() && count.is_none() { "at most " } else { "" };
            return Err(Error::wrong_kind(format!(
                "shape {} of elements of {itemsize} bytes takes {size} bytes, not {limit}{room}",
                Tuple(shape)
            )));
        };
        if known.is_empty() || !room.is_multiple_of(known.nbytes()) {
            return Err(Error::wrong_kind(format!(
                "{room} bytes cannot be elements of {itemsize} bytes in shape {}",
                Tuple(shape)
            )));
        }
        lengths[unknown] = room / known.nbytes();
        Self::contiguous_in(&lengths, itemsize, order)
    }

    /// Refuses elements that are not contiguous, and, unless they can become others in any order,
    /// those that are in Fortran order only.
    fn check_order(&self, c_only: bool) -> Result<()> {
        match (self.is_c_contiguous(), self.is_f_contiguous()) {
            (true, _) => Ok(()),
            (_, true) if !c_only => Ok(()),
            (_, true) => Err(Error::wrong_kind(
                "the elements are contiguous in Fortran order, and cannot be cast to several \
                 dimensions in C order: cast(…, order='F'), or .copy().cast(…), which copies",
            )),
            _ => Err(Error::wrong_kind(
                "the elements are not contiguous, and cannot be cast: .copy().cast(…) makes a copy \
                 that can be",
            )),
        }
    }
}

/// Returns the lengths of a shape, 1 in place of -1, and in which dimension that is.
fn lengths_of(shape: &[isize]) -> Result<(Vec<usize>, Option<usize>), String> {
    let mut unknown = shape.iter().enumerate().filter(|(_, length)| **length == -1);
    let (first, second) = (unknown.next().map(|(dimension, _)| dimension), unknown.next());
    if second.is_some() {
        return Err(format!("shape {} has more than one -1", Tuple(shape)));
    }
    if shape.iter().any(|&length| length < -1) {
        return Err(format!("shape {} has a negative length other than -1", Tuple(shape)));
    }
    Ok((shape.iter().map(|&length| usize::try_from(length).unwrap_or(1)).collect(), first))
}

/// Returns the layout of elements with strides, from the offset on, that lie within so many bytes.
/// A length of -1, or without a shape the only one, becomes the largest for which they do.
fn strided(
    itemsize: usize,
    Cast { shape, count, .. }: Cast<'_>,
    strides: &[isize],
    (offset, nbytes): (usize, usize),
) -> Result<Layout> {
    let line = [count.and_then(|count| isize::try_from(count).ok()).unwrap_or(-1)];
    let shape = shape.unwrap_or(&line);
    if shape.len() != strides.len() {
        return Err(Error::value(format!(
            "strides {} are of another number of dimensions than shape {}",
            Tuple(strides),
            Tuple(shape)
        )));
    }
    let (mut lengths, unknown) = lengths_of(shape).map_err(Error::value)?;
    let beyond = || {
        Error::value(format!(
            "shape {} with strides {} reaches beyond the memory: {nbytes} bytes, from offset \
             {offset} on",
            Tuple(shape),
            Tuple(strides)
        ))
    };
    let make = |lengths: &[usize]| {
        let layout = Layout::new(lengths, Some(strides), None, itemsize).map_err(|_| beyond())?;
        let extent = layout.extent();
        let ends = [extent.start, extent.end].map(|end| offset.checked_add_signed(end));
        match ends {
            [Some(_), Some(end)] if end <= nbytes => {
                Ok((layout, [offset.wrapping_add_signed(extent.start), nbytes - end]))
            }
            _ => Err(beyond()),
        }
    };
    if let Some(dimension) = unknown {
        let step = strides[dimension];
        if step == 0 {
            return Err(Error::value("a length of -1 needs a stride that is not 0"));
        }
        // Where not even one fits there are none.
        lengths[dimension] = make(&lengths).map_or(0, |(_, [before, behind])| {
            let room = if step < 0 { before } else { behind };
            1 + room / step.unsigned_abs()
        });
    }
    let (layout, _) = make(&lengths)?;
    match count {
        Some(count) if count != layout.len() => Err(Error::value(format!(
            "shape {} is {} elements, and count {count}",
            Tuple(shape),
            layout.len()
        ))),
        _ => Ok(layout),
    }
}
