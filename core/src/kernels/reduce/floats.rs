//! The least of contiguous floats, of whose bits some are flipped.
//!
//! Compilers make no vectors of a minimum of floats, because NaNs make it depend on the order. The
//! instruction passes over NaNs, so that they are looked for beside it, two vectors at a time.

#![allow(unsafe_code)]

/// Vectors that are compared by turns, so that none waits for the one before.
const VECTORS: usize = 4;

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
                // Half of a wide vector is better than none.
                if BYTES == 64 && count * size_of::<$float>() < super::VECTORS * BYTES {
                    // SAFETY: the caller guarantees the numbers, and wider vectors.
                    return unsafe { least::<32>(start, count, flip) };
                }
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
                const STEP: usize = super::VECTORS * LANES;
                let $f = $splat($float::from_bits($flip));
                let (mut best, mut $n) = ([$splat($float::INFINITY); super::VECTORS], $none);
                // The last step may go over numbers of the one before, which changes nothing.
                while $count >= STEP && $first < $count {
                    $first = $first.min($count - STEP);
                    for pair in 0..super::VECTORS / 2 {
                        let at = $start.add($first + 2 * pair * LANES);
                        let $x = $load(at);
                        let $a = $xor;
                        let $x = $load(at.add(LANES));
                        let $b = $xor;
                        best[2 * pair] = $min($a, best[2 * pair]);
                        best[2 * pair + 1] = $min($b, best[2 * pair + 1]);
                        $n = $or_nan;
                    }
                    $first += STEP;
                }
                if $any {
                    return $float::NAN;
                }
                let best = $min($min(best[0], best[1]), $min(best[2], best[3]));
                let mut places = [$float::INFINITY; LANES];
                $store(places.as_mut_ptr(), best);
                for place in places {
                    $least = if place < $least { place } else { $least };
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
