//! The loops that a conversion is made of: over adjacent values, to make others of them or to find
//! one that is no good.

#![allow(unsafe_code)]

use crate::kernels::ahead;
use crate::kernels::width::{Kernel, Width, run};

/// A loop that makes `count` values out of as many. Source and target are adjacent, need no
/// alignment, and lie apart.
pub(super) type Map = unsafe fn(*const u8, *mut u8, usize, &Limits);

/// A loop that looks for the first of `count` values that is no good.
pub(super) type Find = unsafe fn(*const u8, usize, &Limits) -> Option<usize>;

/// A [`Map`] and a [`Find`] in one, of values that are read once: what becomes of those that are no
/// good means nothing.
pub(super) type Try = unsafe fn(*const u8, *mut u8, usize, &Limits) -> Option<usize>;

/// What the target holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The smallest and the largest whole number.
    pub(super) low: i128,
    pub(super) high: i128,
    /// The floats around what becomes such a number, or, for a target of floats, a finite one.
    pub(super) floats: (f32, f32),
    pub(super) doubles: (f64, f64),
}

/// An integer type as far as limits are of that type.
pub(super) trait Limited: Copy + Ord {
    fn limit(limit: i128) -> Self;

    fn limits(limits: &Limits) -> (Self, Self) {
        (Self::limit(limits.low), Self::limit(limits.high))
    }
}

macro_rules! limited {
    ($($type:ty)*) => {
        $(impl Limited for $type {
            fn limit(limit: i128) -> Self {
                limit.clamp(Self::MIN.into(), Self::MAX.into()) as Self
            }
        })*
    };
}
limited!(i32 i64 u64);

/// The loop of a [`Map`].
pub(super) struct Mapped<A, B, F: Fn(A) -> B> {
    pub(super) source: *const A,
    pub(super) target: *mut B,
    pub(super) count: usize,
    pub(super) convert: F,
}

impl<A: Copy, B, F: Fn(A) -> B> Kernel for Mapped<A, B, F> {
    type Output = ();
    /// For numbers of 64 bits the widest have instructions that others have not.
    const WIDEST: Width =
        if size_of::<A>() == 8 || size_of::<B>() == 8 { Width::Avx512 } else { Width::Avx2 };

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        ahead::each::<A, B, _>(self.source, self.count, |index| {
            // SAFETY: as the caller says; any bytes are an `A`.
            unsafe {
                let value = self.source.add(index).read_unaligned();
                self.target.add(index).write_unaligned((self.convert)(value));
            }
        });
    }
}

impl<A: Copy, B, F: Fn(A) -> B> Mapped<A, B, F> {
    /// Runs the loop, for numbers that fit vectors with all that the machine has.
    ///
    /// # Safety
    /// As for a [`Map`].
    #[inline(always)]
    pub(super) unsafe fn go(self) {
        // SAFETY: as the caller says; the narrowest vectors are always there.
        unsafe {
            if size_of::<A>().max(size_of::<B>()) <= 8 { run(self) } else { self.run::<16>() }
        }
    }
}

/// The loop of a [`Find`].
pub(super) struct Found<A, F: Fn(A) -> bool> {
    pub(super) source: *const A,
    pub(super) count: usize,
    pub(super) is_bad: F,
}

impl<A: Copy, F: Fn(A) -> bool> Kernel for Found<A, F> {
    type Output = Option<usize>;
    const WIDEST: Width = if size_of::<A>() == 8 { Width::Avx512 } else { Width::Avx2 };

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> Option<usize> {
        // SAFETY: as the caller says; any bytes are an `A`.
        let at = |index: usize| unsafe { self.source.add(index).read_unaligned() };
        // Without a way out in the middle, so that several are looked at in one.
        let mut any = false;
        for index in 0..self.count {
            any |= (self.is_bad)(at(index));
        }
        if any { (0..self.count).position(|index| (self.is_bad)(at(index))) } else { None }
    }
}

impl<A: Copy, F: Fn(A) -> bool> Found<A, F> {
    /// Runs the loop, for numbers that fit vectors with all that the machine has.
    ///
    /// # Safety
    /// As for a [`Find`].
    #[inline(always)]
    pub(super) unsafe fn go(self) -> Option<usize> {
        // SAFETY: as the caller says; the narrowest vectors are always there.
        unsafe { if size_of::<A>() <= 8 { run(self) } else { self.run::<16>() } }
    }
}

/// The loop of a [`Try`].
pub(super) struct Tried<A, B, F: Fn(A) -> bool, G: Fn(A) -> B> {
    pub(super) source: *const A,
    pub(super) target: *mut B,
    pub(super) count: usize,
    pub(super) is_bad: F,
    pub(super) convert: G,
}

impl<A: Copy, B, F: Fn(A) -> bool, G: Fn(A) -> B> Kernel for Tried<A, B, F, G> {
    type Output = Option<usize>;
    const WIDEST: Width =
        if size_of::<A>() == 8 || size_of::<B>() == 8 { Width::Avx512 } else { Width::Avx2 };

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> Option<usize> {
        // SAFETY: as the caller says; any bytes are an `A`.
        let at = |index: usize| unsafe { self.source.add(index).read_unaligned() };
        // As in `Found`.
        let mut any = false;
        ahead::each::<A, B, _>(self.source, self.count, |index| {
            let value = at(index);
            any |= (self.is_bad)(value);
            // SAFETY: as above.
            unsafe { self.target.add(index).write_unaligned((self.convert)(value)) };
        });
        if any { (0..self.count).position(|index| (self.is_bad)(at(index))) } else { None }
    }
}

impl<A: Copy, B, F: Fn(A) -> bool, G: Fn(A) -> B> Tried<A, B, F, G> {
    /// Runs the loop with all that the machine has.
    ///
    /// # Safety
    /// As for a [`Try`].
    #[inline(always)]
    pub(super) unsafe fn go(self) -> Option<usize> {
        // SAFETY: as the caller says.
        unsafe { run(self) }
    }
}

/// A [`Map`] from one type to another, by a function or by what makes one out of the limits.
macro_rules! map {
    ($from:ty => $to:ty, |$value:pat_param| $result:expr) => {
        map!($from => $to, with |_limits| |$value| $result)
    };
    ($from:ty => $to:ty, with |$limits:ident| $convert:expr) => {{
        unsafe fn step(source: *const u8, target: *mut u8, count: usize, $limits: &Limits) {
            let (source, target) = (source.cast::<$from>(), target.cast::<$to>());
            let mapped = Mapped { source, target, count, convert: $convert };
            // SAFETY: as the caller says.
            unsafe { mapped.go() }
        }
        step as Map
    }};
}

/// A [`Find`] in one type, by what tells the bad ones, or by what makes that out of the limits.
macro_rules! find {
    ($type:ty, |$value:pat_param| $is_bad:expr) => {
        find!($type, with | _limits | |$value| $is_bad)
    };
    ($type:ty, with |$limits:ident| $is_bad:expr) => {{
        unsafe fn step(source: *const u8, count: usize, $limits: &Limits) -> Option<usize> {
            let source = source.cast::<$type>();
            let found = Found { source, count, is_bad: $is_bad };
            // SAFETY: as the caller says.
            unsafe { found.go() }
        }
        step as Find
    }};
}

/// A [`Try`] from one type to another, by what tells the bad ones, made out of the limits, and by a
/// function.
macro_rules! try_map {
    ($from:ty => $to:ty, with |$limits:ident| $is_bad:expr, $convert:expr) => {{
        unsafe fn step(
            source: *const u8,
            target: *mut u8,
            count: usize,
            $limits: &Limits,
        ) -> Option<usize> {
            let (source, target) = (source.cast::<$from>(), target.cast::<$to>());
            let tried = Tried { source, target, count, is_bad: $is_bad, convert: $convert };
            // SAFETY: as the caller says.
            unsafe { tried.go() }
        }
        step as Try
    }};
}

/// A map for values of a size that only moves their bytes.
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
