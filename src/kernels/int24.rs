//! Integers of 24 bits, widened to 32 and narrowed again.
//!
//! Nothing else is done with them as such: whatever looks at numbers works on those of 32 bits, so
//! that for these types there are no other loops than the two here.

#![allow(unsafe_code)]

use super::simd::{Kernel, Width, run};
use crate::element::{I24, U24};

/// Converts every number of `source`.
struct Each<A, B, F> {
    source: *const A,
    target: *mut B,
    count: usize,
    convert: F,
}

impl<A: Copy, B, F: Fn(A) -> B> Kernel for Each<A, B, F> {
    type Output = ();
    const WIDEST: Width = Width::Avx2;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.count {
            // SAFETY: the caller guarantees `count` numbers of both; the accesses need no
            // alignment.
            unsafe {
                let number = self.source.add(index).read_unaligned();
                self.target.add(index).write_unaligned((self.convert)(number));
            }
        }
    }
}

/// Widens native integers of 24 bits, signed or not, to `i32`.
///
/// # Safety
/// `source` is valid for reads of `count` integers, and `target` for writes of as many `i32`; they
/// do not overlap, and need no alignment.
pub(super) unsafe fn to_i32(signed: bool, source: *const u8, target: *mut i32, count: usize) {
    // SAFETY: the caller guarantees the numbers.
    unsafe {
        if signed {
            run(Each { source: source.cast(), target, count, convert: I24::to_i32 });
        } else {
            let convert = |number: U24| number.to_u32().cast_signed();
            run(Each { source: source.cast(), target, count, convert });
        }
    }
}

/// Narrows `i32` to native integers of 24 bits, signed or not: to their lowest bits.
///
/// # Safety
/// The same as for [`to_i32`], with source and target exchanged.
pub(super) unsafe fn from_i32(source: *const i32, target: *mut u8, count: usize) {
    // SAFETY: the caller guarantees the numbers.
    unsafe { run(Each { source, target: target.cast(), count, convert: I24::wrapping }) }
}
