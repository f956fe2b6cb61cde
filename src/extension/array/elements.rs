//! Single elements, and all of them one by one.

use super::{Array, Blocks};
use crate::error::{Error, Result, Tuple};
use crate::extension::atomic::{load, scatter, store};
use crate::extension::constraint::{ANY, Constraint};
use crate::extension::element::Native;
use crate::layout::Order;
use crate::view::{Run, Walk};

impl<T: Native, const N: usize, K: Constraint> Array<T, N, K> {
    #[inline(always)]
    fn address<const M: usize>(&self, index: [usize; M]) -> Option<*mut u8> {
        const { assert!(N == ANY || M == N, "as many indices as dimensions are needed") };
        let (shape, strides) = (self.shape(), self.strides());
        if shape.len() != M || !self.hold.body().is_direct {
            return self.address_of(&index);
        }
        let mut address = self.hold.body().start;
        for (dim, index) in index.into_iter().enumerate() {
            if index >= *shape.get(dim)? {
                return None;
            }
            address = address.wrapping_offset(strides.get(dim)?.wrapping_mul(index as isize));
        }
        Some(address)
    }

    /// The same where pointers lead to the elements.
    #[inline(never)]
    fn address_of(&self, index: &[usize]) -> Option<*mut u8> {
        if index.len() != self.shape().len() {
            return None;
        }
        if index.iter().zip(self.shape()).any(|(&index, &length)| index >= length) {
            return None;
        }
        let mut address = self.hold.body().start;
        for (dim, &index) in index.iter().enumerate() {
            // SAFETY: every index is within bounds.
            address = unsafe { self.raw().step(address, dim, index) };
        }
        Some(address)
    }

    /// Loads an element; `None` where there is none. An index of more or fewer dimensions than the
    /// array has does not compile, or, for [`ANY`] number of dimensions, finds no element.
    #[must_use]
    #[inline]
    pub fn get<const M: usize>(&self, index: [usize; M]) -> Option<T> {
        // SAFETY: it leads to an element.
        self.address(index).map(|address| unsafe { load::<T>(address) })
    }

    /// Stores an element. Returns whether there is one of that index.
    /// Compiles only with [`Rw`](crate::extension::Rw).
    ///
    /// ```compile_fail,E0080
    /// use consumer::extension::Array;
    /// use pyo3::prelude::*;
    ///
    /// fn clear(x: Array<f64, 1>) {
    ///     x.set([0], 0.0);
    /// }
    /// Python::attach(|py| py.None().extract(py).map(clear).is_ok());
    /// ```
    #[inline]
    pub fn set<const M: usize>(&self, index: [usize; M], value: T) -> bool {
        const { assert!(K::WRITABLE, "stores need the constraint Rw") };
        // SAFETY: it leads to an element of memory that can be written to.
        self.address(index).map(|address| unsafe { store(address, value) }).is_some()
    }

    /// Loads all elements in C order, one by one.
    ///
    /// Its methods that go through all of them at once, such as `sum`, `fold` and `for_each`, and
    /// `collect` into a `Vec`, work block by block: see [`Blocks`].
    #[inline]
    pub fn iter(&self) -> Elements<'_, T> {
        let walk = Walk::from_view(self.raw(), Order::C);
        Elements {
            walk,
            run: Run { starts: [std::ptr::null_mut()], strides: [0], length: 0 },
            left: self.len(),
            kind: std::marker::PhantomData,
        }
    }

    /// Stores in each element what `change` makes of it, in C order.
    /// Compiles only with [`Rw`](crate::extension::Rw).
    pub fn map_in_place(&self, mut change: impl FnMut(T) -> T) {
        const { assert!(K::WRITABLE, "stores need the constraint Rw") };
        for run in Walk::from_view(self.raw(), Order::C) {
            for index in 0..run.length {
                let address = run.pointer(0, index);
                // SAFETY: the run leads to elements of memory that can be written to.
                unsafe { store(address, change(load::<T>(address))) };
            }
        }
    }

    /// Stores a value in each element.
    /// Compiles only with [`Rw`](crate::extension::Rw).
    pub fn fill(&self, value: T) {
        self.map_in_place(|_| value);
    }

    /// Stores as many values as there are elements, in C order.
    /// Compiles only with [`Rw`](crate::extension::Rw).
    ///
    /// # Errors
    /// Returns an error with [`is_value`](Error::is_value), which becomes a ValueError, for another
    /// number of values.
    pub fn copy_from_slice(&self, values: &[T]) -> Result<()> {
        const { assert!(K::WRITABLE, "stores need the constraint Rw") };
        if values.len() != self.len() {
            let shape = Tuple(self.shape());
            return Err(Error::value(format!("{} values for shape {shape}", values.len())));
        }
        let mut rest = values;
        for run in Walk::from_view(self.raw(), Order::C) {
            let (part, after) = rest.split_at(run.length.min(rest.len()));
            // SAFETY: the run leads to elements of memory that can be written to, no fewer than
            // there are in this part.
            unsafe { scatter(part, run.starts[0], run.strides[0]) };
            rest = after;
        }
        Ok(())
    }
}

/// The elements of an array, by value: see [`Array::iter`].
#[derive(Debug)]
pub struct Elements<'a, T: Native> {
    walk: Walk<'a, 1>,
    /// What is left of the current run.
    run: Run<1>,
    left: usize,
    kind: std::marker::PhantomData<T>,
}

impl<T: Native> Iterator for Elements<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        if self.run.length == 0 {
            self.run = self.walk.next()?;
        }
        // SAFETY: the run leads to elements, of which some are left.
        let value = unsafe { load::<T>(self.run.starts[0]) };
        self.run.starts[0] = self.run.pointer(0, 1);
        self.run.length -= 1;
        self.left -= 1;
        Some(value)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }

    #[inline]
    fn fold<B, F: FnMut(B, T) -> B>(self, first: B, mut f: F) -> B {
        let mut result = first;
        // SAFETY: the walk and the run are over elements of this type.
        let mut blocks = unsafe { Blocks::<T>::new(self.walk, self.run) };
        while let Some(block) = blocks.next() {
            result = block.iter().fold(result, |result, &value| f(result, value));
        }
        result
    }
}

impl<T: Native> ExactSizeIterator for Elements<'_, T> {}
impl<T: Native> std::iter::FusedIterator for Elements<'_, T> {}

impl<'a, T: Native, const N: usize, K: Constraint> IntoIterator for &'a Array<T, N, K> {
    type Item = T;
    type IntoIter = Elements<'a, T>;

    fn into_iter(self) -> Elements<'a, T> {
        self.iter()
    }
}
