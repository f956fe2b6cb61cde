//! Memory as a struct of C describes it: a number of dimensions, pointers to as many lengths and
//! strides, and an address.

use std::ffi::{c_int, c_void};
use std::fmt::Debug;
use std::ptr::NonNull;

use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::layout::{Layout, check_ndim};

/// The shape and the strides of a struct of C.
pub(super) struct Described<N> {
    pub(super) ndim: c_int,
    /// NULL is allowed where there are no dimensions.
    pub(super) shape: *const N,
    /// NULL is C order.
    pub(super) strides: *const N,
    /// What the strides count, in bytes.
    pub(super) unit: usize,
}

impl<N: Copy + Debug + TryInto<usize> + TryInto<isize>> Described<N> {
    /// Returns the layout of elements of `itemsize` bytes.
    ///
    /// # Errors
    /// BufferError for what no memory has.
    ///
    /// # Safety
    /// `shape` and `strides` are NULL or have `ndim` entries.
    pub(super) unsafe fn layout(&self, itemsize: usize) -> Result<Layout> {
        let ndim = usize::try_from(self.ndim)
            .map_err(|_| Error::buffer(format!("it has {} dimensions", self.ndim)))?;
        check_ndim(ndim)?;
        if ndim == 0 {
            return Layout::contiguous(&[], itemsize);
        }
        if self.shape.is_null() {
            return Err(Error::buffer(format!("it has {ndim} dimensions and no shape")));
        }
        // SAFETY: the caller guarantees it.
        let numbers = |from: *const N| unsafe { std::slice::from_raw_parts(from, ndim) };
        let shape = numbers(self.shape);
        if self.strides.is_null() {
            return Layout::contiguous(&lengths(shape)?, itemsize);
        }
        let steps = numbers(self.strides);
        if let Some(layout) = self.few(shape, steps, itemsize) {
            return Ok(layout);
        }
        let shape = lengths(shape)?;
        let is_empty = shape.contains(&0);
        let bytes = steps.iter().zip(&shape).map(|(&step, &length)| {
            let step: Option<isize> = step.try_into().ok();
            let stride = step.and_then(|step| step.checked_mul(self.unit as isize));
            // The step between elements that there are not means nothing.
            if length <= 1 || is_empty { Some(stride.unwrap_or(0)) } else { stride }
        });
        let strides: SmallVec<[isize; 4]> = bytes
            .collect::<Option<_>>()
            .ok_or_else(|| Error::buffer(format!("its strides are {steps:?}")))?;
        Layout::new(&shape, Some(&strides), None, itemsize)
    }

    /// Returns the layout of few dimensions that are certain to lie within memory, as those of
    /// nearly all are; `None` if the rest has to be looked at.
    fn few(&self, shape: &[N], steps: &[N], itemsize: usize) -> Option<Layout> {
        const FEW: usize = 3;
        let ndim = shape.len();
        let (mut lengths, mut strides) = ([0; FEW], [0; FEW]);
        if ndim > FEW {
            return None;
        }
        for dim in 0..ndim {
            lengths[dim] = shape[dim].try_into().ok()?;
            let step: isize = steps[dim].try_into().ok()?;
            strides[dim] = step.checked_mul(self.unit as isize)?;
        }
        Layout::try_inline(&lengths[..ndim], &strides[..ndim], itemsize)
    }
}

/// Converts a shape.
///
/// # Errors
/// BufferError if it has a length that no dimension has.
pub(super) fn lengths<N: Copy + Debug + TryInto<usize>>(
    shape: &[N],
) -> Result<SmallVec<[usize; 4]>> {
    let lengths = shape.iter().map(|&length| length.try_into().ok());
    lengths.collect::<Option<_>>().ok_or_else(|| Error::buffer(format!("its shape is {shape:?}")))
}

/// Returns the address of the first element, which lies `offset` bytes behind `data`.
///
/// # Errors
/// BufferError for elements at NULL, or at an offset that no memory has.
pub(super) fn start_of(data: *mut c_void, offset: u64, layout: &Layout) -> Result<*mut u8> {
    let nbytes = layout.nbytes();
    if nbytes == 0 {
        return Ok(NonNull::dangling().as_ptr());
    }
    if data.is_null() {
        return Err(Error::buffer(format!("{nbytes} bytes at address 0")));
    }
    match isize::try_from(offset) {
        Ok(offset) => Ok(data.cast::<u8>().wrapping_offset(offset)),
        Err(_) => Err(Error::buffer(format!("its first element is {offset} bytes from its start"))),
    }
}
