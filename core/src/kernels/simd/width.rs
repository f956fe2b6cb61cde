//! One kernel, compiled for every width of vectors, and the choice among them at run time.
//!
//! A kernel is a struct of its arguments, with a method that the compiler turns into vector code,
//! or that uses `std::arch` if the compiler would not. `run` has the method compiled three times on
//! x86-64: for the baseline (SSE2), for AVX2, and for AVX-512 as Ice Lake and Zen 4 have it. It is
//! one generic function that is inlined into three functions with other target features, so all
//! versions have the same source. On other machines there is the baseline alone, which is portable
//! code.
//!
//! The choice costs a load and a branch per call: the processor is asked once, and the answer is
//! kept in an atomic. No function pointers are involved, so the compiler still sees which function
//! is called.
//!
//! The result of a kernel must not depend on the width, so the tests force each width in turn.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU8, Ordering};

/// How wide the vectors are that kernels use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Width {
    /// The vectors that every machine of the architecture has.
    Baseline = 1,
    /// 32 bytes: AVX2, and what came with it.
    Avx2 = 2,
    /// 64 bytes: AVX-512 with the parts for bytes and words, and for any permutation of them.
    Avx512 = 3,
}

impl Width {
    /// Every width, from the narrowest to the widest.
    pub const ALL: [Self; 3] = [Self::Baseline, Self::Avx2, Self::Avx512];

    /// Returns whether this machine has vectors of this width.
    #[must_use]
    pub fn is_available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        {
            macro_rules! all {
                ($($feature:tt)*) => { true $(&& std::arch::is_x86_feature_detected!($feature))* };
            }
            match self {
                Self::Baseline => true,
                Self::Avx2 => all!("avx2" "fma" "bmi1" "bmi2" "popcnt" "lzcnt" "movbe"),
                Self::Avx512 => {
                    Self::Avx2.is_available()
                        && all!("avx512f" "avx512bw" "avx512dq" "avx512vl" "avx512vbmi")
                }
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            self == Self::Baseline
        }
    }
}

/// The width in use; 0 before it is known.
static WIDTH: AtomicU8 = AtomicU8::new(0);

/// Returns the width that kernels run with.
#[inline(always)]
fn width() -> Width {
    match WIDTH.load(Ordering::Relaxed) {
        1 => Width::Baseline,
        2 => Width::Avx2,
        3 => Width::Avx512,
        _ => detect(),
    }
}

#[cold]
fn detect() -> Width {
    let widest = Width::ALL.into_iter().rfind(|width| width.is_available());
    let width = widest.unwrap_or(Width::Baseline);
    WIDTH.store(width as u8, Ordering::Relaxed);
    width
}

/// Makes every kernel run with this width from now on, in all threads, if the machine has it.
/// Returns whether it has. For tests and benchmarks.
pub fn force(width: Width) -> bool {
    let available = width.is_available();
    if available {
        WIDTH.store(width as u8, Ordering::Relaxed);
    }
    available
}

/// Work on many elements that is compiled for every width.
pub(crate) trait Kernel {
    /// The result.
    type Output;
    /// The widest vectors that it is compiled for.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    const WIDEST: Width = Width::Avx512;

    /// Does the work. `BYTES` is the width of the vectors that there are: 16, 32 or 64.
    ///
    /// It has to be `#[inline(always)]`, and so has all that it calls in a loop, because only what
    /// is inlined is compiled with the features of the width.
    ///
    /// # Safety
    /// The pointers of the kernel are valid for what it does. For `BYTES` of 32 the features of
    /// [`Width::Avx2`] are there, for 64 those of [`Width::Avx512`].
    unsafe fn run<const BYTES: usize>(self) -> Self::Output;
}

/// Runs a kernel with the widest vectors that this machine has.
///
/// # Safety
/// The pointers of the kernel are valid for what it does.
#[inline(always)]
pub(crate) unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller guarantees the pointers. `detect` and `force` only store a width that is
    // available, so the processor has the features of the function that is called.
    unsafe {
        match width() {
            #[cfg(target_arch = "x86_64")]
            Width::Avx512 if matches!(K::WIDEST, Width::Avx512) => avx512(kernel),
            #[cfg(target_arch = "x86_64")]
            Width::Avx512 | Width::Avx2 => avx2(kernel),
            _ => baseline(kernel),
        }
    }
}

/// Runs a kernel with the vectors of every machine.
///
/// # Safety
/// The same as for [`Kernel::run`].
#[inline(never)]
unsafe fn baseline<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller guarantees the pointers, and 16 bytes need no feature.
    unsafe { kernel.run::<16>() }
}

/// Runs a kernel with AVX2.
///
/// # Safety
/// The same as for [`Kernel::run`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi1,bmi2,popcnt,lzcnt,movbe")]
unsafe fn avx2<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller guarantees the pointers and the features of AVX2.
    unsafe { kernel.run::<32>() }
}

/// Runs a kernel with AVX-512.
///
/// # Safety
/// The same as for [`Kernel::run`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi1,bmi2,popcnt,lzcnt,movbe")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")]
unsafe fn avx512<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller guarantees the pointers and the features of AVX-512.
    unsafe { kernel.run::<64>() }
}
