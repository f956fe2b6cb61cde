//! The least of contiguous floats, of whose bits some are flipped.
//!
//! Compilers make no vectors of a minimum of floats, because NaNs make it depend on the order. The
//! instruction passes over NaNs, so that they are looked for beside it, two vectors at a time.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
use super::streams::{STREAMS, overlapping};

macro_rules! least_of {
    ($module:ident $float:ident $bits:ident: $($vectors:tt)*) => {
        pub(super) mod $module {
            /// Returns the least number, after these bits were flipped; of zeros any, and a NaN if
            /// there is one.
            ///
            /// # Safety
            /// `count` numbers, at least one, are valid for reads; they need no alignment. The
            /// processor has vectors of so many bytes.
            #[inline(always)]
            pub(in super::super) unsafe fn least<const BYTES: usize>(
                start: *const $float,
                count: usize,
                flip: $bits,
            ) -> $float {
                #[cfg_attr(not(target_arch = "x86_64"), allow(unused_mut))]
                let (mut least, mut first) = ($float::INFINITY, 0);
                // SAFETY: the caller guarantees the numbers and the vectors.
                unsafe {
                    #[cfg(target_arch = "x86_64")]
                    vectors!(BYTES $float (start, count, flip, least, first) $($vectors)*);
                    while first < count {
                        let number = start.add(first).cast::<$bits>().read_unaligned() ^ flip;
                        let number = $float::from_bits(number);
                        if number.is_nan() {
                            return number;
                        }
                        least = if number < least { number } else { least };
                        first += 1;
                    }
                }
                least
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
macro_rules! vectors {
    (
        $width:ident $float:ident
        ($start:ident, $count:ident, $flip:ident, $least:ident, $first:ident)
        $($bytes:literal: $splat:ident $load:ident $store:ident $min:ident
        |$x:ident, $f:ident| $xor:expr, |$n:ident, $a:ident, $b:ident| $or_nan:expr;
        $none:expr, $any:expr;)*
    ) => {
        use std::arch::x86_64::*;
        match $width {
            $($bytes => {
                const LANES: usize = $bytes / size_of::<$float>();
                if let Some((starts, length)) = super::overlapping($count, LANES) {
                    let $f = $splat($float::from_bits($flip));
                    let (mut best, mut $n) = ($splat($float::INFINITY), $none);
                    for index in (0..length).step_by(LANES) {
                        let mut numbers = [best; super::STREAMS];
                        for one in (0..super::STREAMS).step_by(2) {
                            let $x = $load($start.add(starts[one] + index));
                            let $a = $xor;
                            let $x = $load($start.add(starts[one + 1] + index));
                            let $b = $xor;
                            (numbers[one], numbers[one + 1]) = ($a, $b);
                            $n = $or_nan;
                        }
                        let [a, b, c, d] = numbers;
                        best = $min($min($min(a, b), $min(c, d)), best);
                    }
                    if $any {
                        return $float::NAN;
                    }
                    let mut places = [$float::INFINITY; LANES];
                    $store(places.as_mut_ptr(), best);
                    for place in places {
                        $least = if place < $least { place } else { $least };
                    }
                    $first = $count;
                }
            })*
            _ => {}
        }
    };
}

least_of! { single f32 u32:
    16: _mm_set1_ps _mm_loadu_ps _mm_storeu_ps _mm_min_ps
    |x, flip| _mm_xor_ps(x, flip),
    |nan, a, b| _mm_or_ps(nan, _mm_cmpunord_ps(a, b));
    _mm_setzero_ps(), _mm_movemask_ps(nan) != 0;
    32: _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_min_ps
    |x, flip| _mm256_xor_ps(x, flip),
    |nan, a, b| _mm256_or_ps(nan, _mm256_cmp_ps::<_CMP_UNORD_Q>(a, b));
    _mm256_setzero_ps(), _mm256_movemask_ps(nan) != 0;
    64: _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps _mm512_min_ps
    |x, flip| _mm512_xor_ps(x, flip),
    |nan, a, b| nan | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(a, b);
    0, nan != 0;
}

least_of! { double f64 u64:
    16: _mm_set1_pd _mm_loadu_pd _mm_storeu_pd _mm_min_pd
    |x, flip| _mm_xor_pd(x, flip),
    |nan, a, b| _mm_or_pd(nan, _mm_cmpunord_pd(a, b));
    _mm_setzero_pd(), _mm_movemask_pd(nan) != 0;
    32: _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_min_pd
    |x, flip| _mm256_xor_pd(x, flip),
    |nan, a, b| _mm256_or_pd(nan, _mm256_cmp_pd::<_CMP_UNORD_Q>(a, b));
    _mm256_setzero_pd(), _mm256_movemask_pd(nan) != 0;
    64: _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_min_pd
    |x, flip| _mm512_xor_pd(x, flip),
    |nan, a, b| nan | _mm512_cmp_pd_mask::<_CMP_UNORD_Q>(a, b);
    0, nan != 0;
}
