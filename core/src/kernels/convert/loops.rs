//! The loops that the steps are instances of: over contiguous numbers, to convert them or to find
//! one that is an error.
//!
//! A loop is a kernel over two types and a closure. A step is that loop as a function on bytes, so
//! that the steps of all types have one signature; the macros here make steps of loops.

#![allow(unsafe_code)]

use super::limits::Limits;
use crate::kernels::simd::{Kernel, Width, run};

/// Converts `count` numbers to as many others.
///
/// # Safety
/// The first pointer is valid for reads of `count` numbers of the type that the step converts, the
/// second for writes of as many of the type that it converts to. They do not overlap, and need no
/// alignment.
pub(super) type Map = unsafe fn(*const u8, *mut u8, usize, &Limits);

/// Finds the first of `count` numbers that is an error.
///
/// # Safety
/// The pointer is valid for reads of `count` numbers of the type that the step is for; it needs no
/// alignment.
pub(super) type Find = unsafe fn(*const u8, usize, &Limits) -> Option<usize>;

/// A [`Map`] and a [`Find`] in one, over numbers that are read once. What errors are converted to
/// has no meaning.
///
/// # Safety
/// The same as for [`Map`].
pub(super) type Try = unsafe fn(*const u8, *mut u8, usize, &Limits) -> Option<usize>;

/// The loop of a [`Map`].
pub(super) struct Mapped<A, B, F: Fn(A) -> B> {
    pub(super) source: *const A,
    pub(super) target: *mut B,
    pub(super) count: usize,
    pub(super) convert: F,
}

impl<A: Copy, B, F: Fn(A) -> B> Kernel for Mapped<A, B, F> {
    type Output = ();
    /// For numbers of 64 bits the widest vectors have instructions that others lack.
    const WIDEST: Width =
        if size_of::<A>() == 8 || size_of::<B>() == 8 { Width::Avx512 } else { Width::Avx2 };

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.count {
            // SAFETY: the caller guarantees `count` numbers of both; the accesses need no
            // alignment.
            unsafe {
                let value = self.source.add(index).read_unaligned();
                self.target.add(index).write_unaligned((self.convert)(value));
            }
        }
    }
}

impl<A: Copy, B, F: Fn(A) -> B> Mapped<A, B, F> {
    /// Runs the loop: numbers that vectors have lanes for, with the widest vectors.
    ///
    /// # Safety
    /// The same as for a [`Map`].
    #[inline(always)]
    pub(super) unsafe fn run_widest(self) {
        // SAFETY: the caller guarantees the numbers; vectors of 16 bytes need no feature.
        unsafe {
            if size_of::<A>().max(size_of::<B>()) <= 8 { run(self) } else { self.run::<16>() }
        }
    }
}

/// The loop of a [`Find`].
pub(super) struct Found<A, F: Fn(A) -> bool> {
    pub(super) source: *const A,
    pub(super) count: usize,
    pub(super) is_error: F,
}

impl<A: Copy, F: Fn(A) -> bool> Kernel for Found<A, F> {
    type Output = Option<usize>;
    const WIDEST: Width = if size_of::<A>() == 8 { Width::Avx512 } else { Width::Avx2 };

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> Option<usize> {
        // SAFETY: the caller guarantees `count` numbers; the load needs no alignment.
        let at = |index: usize| unsafe { self.source.add(index).read_unaligned() };
        // There is no early exit, so that the loop is vectorised.
        let mut any = false;
        for index in 0..self.count {
            any |= (self.is_error)(at(index));
        }
        if any { (0..self.count).position(|index| (self.is_error)(at(index))) } else { None }
    }
}

impl<A: Copy, F: Fn(A) -> bool> Found<A, F> {
    /// Runs the loop: numbers that vectors have lanes for, with the widest vectors.
    ///
    /// # Safety
    /// The same as for a [`Find`].
    #[inline(always)]
    pub(super) unsafe fn run_widest(self) -> Option<usize> {
        // SAFETY: the caller guarantees the numbers; vectors of 16 bytes need no feature.
        unsafe { if size_of::<A>() <= 8 { run(self) } else { self.run::<16>() } }
    }
}

/// The loop of a [`Try`].
pub(super) struct Tried<A, B, F: Fn(A) -> bool, G: Fn(A) -> B> {
    pub(super) source: *const A,
    pub(super) target: *mut B,
    pub(super) count: usize,
    pub(super) is_error: F,
    pub(super) convert: G,
}

impl<A: Copy, B, F: Fn(A) -> bool, G: Fn(A) -> B> Kernel for Tried<A, B, F, G> {
    type Output = Option<usize>;
    const WIDEST: Width =
        if size_of::<A>() == 8 || size_of::<B>() == 8 { Width::Avx512 } else { Width::Avx2 };

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> Option<usize> {
        // SAFETY: the caller guarantees `count` numbers; the load needs no alignment.
        let at = |index: usize| unsafe { self.source.add(index).read_unaligned() };
        let mut any = false;
        for index in 0..self.count {
            let value = at(index);
            any |= (self.is_error)(value);
            // SAFETY: the caller guarantees `count` numbers; the store needs no alignment.
            unsafe { self.target.add(index).write_unaligned((self.convert)(value)) };
        }
        if any { (0..self.count).position(|index| (self.is_error)(at(index))) } else { None }
    }
}

impl<A: Copy, B, F: Fn(A) -> bool, G: Fn(A) -> B> Tried<A, B, F, G> {
    /// Runs the loop with the widest vectors.
    ///
    /// # Safety
    /// The same as for a [`Try`].
    #[inline(always)]
    pub(super) unsafe fn run_widest(self) -> Option<usize> {
        // SAFETY: the caller guarantees the numbers.
        unsafe { run(self) }
    }
}

/// Makes a [`Map`] from one type to another, with a closure, or with an expression that makes one
/// from the limits.
macro_rules! map {
    ($from:ty => $to:ty, |$value:pat_param| $result:expr) => {
        map!($from => $to, with |_limits| |$value| $result)
    };
    ($from:ty => $to:ty, with |$limits:ident| $convert:expr) => {{
        /// # Safety
        /// The same as for [`Map`].
        unsafe fn step(source: *const u8, target: *mut u8, count: usize, $limits: &Limits) {
            let (source, target) = (source.cast::<$from>(), target.cast::<$to>());
            let mapped = Mapped { source, target, count, convert: $convert };
            // SAFETY: what `Map` asks of the caller is what `Mapped` needs: `count` numbers of the
            // two types, which any bytes are of.
            unsafe { mapped.run_widest() }
        }
        step as Map
    }};
}

/// Makes a [`Find`] in one type, with a closure that returns whether a number is an error, or with
/// an expression that makes one from the limits.
macro_rules! find {
    ($type:ty, |$value:pat_param| $is_error:expr) => {
        find!($type, with | _limits | |$value| $is_error)
    };
    ($type:ty, with |$limits:ident| $is_error:expr) => {{
        /// # Safety
        /// The same as for [`Find`].
        unsafe fn step(source: *const u8, count: usize, $limits: &Limits) -> Option<usize> {
            let found = Found { source: source.cast::<$type>(), count, is_error: $is_error };
            // SAFETY: what `Find` asks of the caller is what `Found` needs: `count` numbers of the
            // type, which any bytes are of.
            unsafe { found.run_widest() }
        }
        step as Find
    }};
}

/// Makes a [`Try`] from one type to another, with an expression that makes from the limits what
/// returns whether a number is an error, and with a closure that converts.
macro_rules! try_map {
    ($from:ty => $to:ty, with |$limits:ident| $is_error:expr, $convert:expr) => {{
        /// # Safety
        /// The same as for [`Try`].
        unsafe fn step(
            source: *const u8,
            target: *mut u8,
            count: usize,
            $limits: &Limits,
        ) -> Option<usize> {
            let (source, target) = (source.cast::<$from>(), target.cast::<$to>());
            let tried = Tried { source, target, count, is_error: $is_error, convert: $convert };
            // SAFETY: what `Try` asks of the caller is what `Tried` needs: `count` numbers of the
            // two types, which any bytes are of.
            unsafe { tried.run_widest() }
        }
        step as Try
    }};
}

/// Chooses the step for numbers of a size, of which only the bytes are moved.
macro_rules! by_size {
    ($size:expr, $n:ident => $map:expr) => {
        match $size {
            1 => {
                const $n: usize = 1;
                $map
            }
            2 => {
                const $n: usize = 2;
                $map
            }
            4 => {
                const $n: usize = 4;
                $map
            }
            8 => {
                const $n: usize = 8;
                $map
            }
            _ => {
                const $n: usize = LONG_DOUBLE_SIZE;
                $map
            }
        }
    };
}

pub(super) use {by_size, find, map, try_map};
