//! All elements, block by block: copies in the cache.

use std::mem::MaybeUninit;

use super::Array;
use crate::error::Result;
use crate::extension::atomic::gather;
use crate::extension::constraint::Constraint;
use crate::extension::element::Native;
use crate::fallible;
use crate::layout::{Layout, Order};
use crate::view::{RawView, Run, Walk};

/// Bytes of a block: few enough to stay in the cache, and enough that it does not count how each
/// of them begins.
const BYTES: usize = 8192;

#[repr(align(64))]
struct Block(MaybeUninit<[u8; BYTES]>);

/// The elements of an array, some thousand at a time, as slices of a copy.
///
/// A copy is safe whoever stores into the memory meanwhile, and its elements are contiguous and
/// aligned whatever the array's are. So a loop over a block is as fast as over a slice, and all of
/// it takes little longer than over the memory itself where there is more to do than to add.
///
/// # Examples
/// ```
/// use consumer::extension::Array;
/// use pyo3::prelude::*;
///
/// #[pyfunction]
/// fn norm(py: Python<'_>, x: Array<f64, 1>) -> f64 {
///     py.detach(|| {
///         let (mut sum, mut blocks) = (0.0, x.blocks());
///         while let Some(block) = blocks.next() {
///             sum += block.iter().map(|value| value * value).sum::<f64>();
///         }
///         sum.sqrt()
///     })
/// }
/// ```
pub struct Blocks<'a, T: Native> {
    walk: Walk<'a, 1>,
    /// What is left of the current run.
    run: Run<1>,
    block: Block,
    kind: std::marker::PhantomData<T>,
}

impl<'a, T: Native> Blocks<'a, T> {
    /// # Safety
    /// The walk is over elements of this type, and so is the run, which comes first.
    pub(super) unsafe fn new(walk: Walk<'a, 1>, run: Run<1>) -> Self {
        let kind = std::marker::PhantomData;
        Self { walk, run, block: Block(MaybeUninit::uninit()), kind }
    }

    /// Copies the next elements. Each block is full but the last.
    #[must_use]
    #[inline]
    #[allow(clippy::should_implement_trait, reason = "an iterator cannot lend its items")]
    pub fn next(&mut self) -> Option<&[T]> {
        let room = const { BYTES / size_of::<T>() };
        let target = self.block.0.as_mut_ptr().cast::<T>();
        let mut filled = 0;
        while filled < room {
            if self.run.length == 0 {
                match self.walk.next() {
                    Some(run) => self.run = run,
                    None => break,
                }
            }
            let count = self.run.length.min(room - filled);
            let (start, stride) = (self.run.starts[0], self.run.strides[0]);
            // SAFETY: the run leads to elements, of which `count` are left, and there is room for
            // as many.
            unsafe { gather(start, stride, target.add(filled), count) };
            self.run.starts[0] = self.run.pointer(0, count);
            self.run.length -= count;
            filled += count;
        }
        // SAFETY: as many elements were written; the block is aligned for each type.
        (filled > 0).then(|| unsafe { std::slice::from_raw_parts(target, filled) })
    }
}

impl<T: Native> std::fmt::Debug for Blocks<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blocks").field("type", &T::DTYPE.name()).finish_non_exhaustive()
    }
}

impl<T: Native, const N: usize, K: Constraint> Array<T, N, K> {
    /// Returns all elements in C order, block by block.
    #[must_use]
    pub fn blocks(&self) -> Blocks<'_, T> {
        self.blocks_in(Order::C)
    }

    /// Returns all elements in an order, block by block.
    #[must_use]
    pub fn blocks_in(&self, order: Order) -> Blocks<'_, T> {
        // SAFETY: the elements are of this type.
        unsafe { Blocks::new(Walk::from_view(self.raw(), order), NO_RUN) }
    }

    /// Calls `work` with all elements, block by block, in whatever order is fastest: for sums and
    /// the like.
    pub fn for_each_block(&self, mut work: impl FnMut(&[T])) {
        let order = by_stride(self.layout());
        let transposed = order.and_then(|axes| self.layout().transpose(&axes).ok());
        let layout = transposed.as_ref().unwrap_or(self.layout());
        // SAFETY: the same elements, of this type.
        let mut blocks = unsafe {
            let view = RawView::new(self.hold.body().start, layout);
            Blocks::<T>::new(Walk::from_view(view, Order::C), NO_RUN)
        };
        while let Some(block) = blocks.next() {
            work(block);
        }
    }

    /// Returns a copy of all elements in C order.
    ///
    /// # Errors
    /// Returns an error with [`is_too_large`](crate::Error::is_too_large), which becomes a
    /// MemoryError, if there is not enough memory: a few bytes can be an array of any length.
    pub fn to_vec(&self) -> Result<Vec<T>> {
        let mut all = fallible::vec_for::<T>(self.len())?;
        let mut filled = 0;
        for run in Walk::from_view(self.raw(), Order::C) {
            // SAFETY: the runs lead to all elements, for which there is room.
            unsafe {
                let target = all.as_mut_ptr().add(filled);
                gather(run.starts[0], run.strides[0], target, run.length);
            }
            filled += run.length;
        }
        // SAFETY: as many were written.
        unsafe { all.set_len(filled) };
        Ok(all)
    }
}

const NO_RUN: Run<1> = Run { starts: [std::ptr::null_mut()], strides: [0], length: 0 };

/// Returns the dimensions from the longest stride to the shortest, if that is not their order.
fn by_stride(layout: &Layout) -> Option<Vec<isize>> {
    let strides = layout.strides();
    if strides.is_sorted_by_key(|stride| std::cmp::Reverse(stride.unsigned_abs()))
        || !layout.suboffsets().is_empty()
    {
        return None;
    }
    let key = |dim: isize| {
        let stride = strides.get(dim.unsigned_abs()).map_or(0, |stride| stride.unsigned_abs());
        (std::cmp::Reverse(stride), dim)
    };
    let keys = (0..strides.len() as isize).map(key).collect();
    Some(
        fallible::sorted::<(std::cmp::Reverse<usize>, isize)>(keys)
            .into_iter()
            .map(|key| key.1)
            .collect(),
    )
}
