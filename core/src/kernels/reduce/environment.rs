//! The floating-point environment: how the processor rounds, and what it does with subnormals.
//!
//! It is the thread's, and other libraries change it: what is compiled for fast mathematics takes
//! subnormal numbers for 0, in the whole process. Sums are proven for the environment that programs
//! start with. So it is set where it is another, and set back afterwards.

#![allow(unsafe_code)]

/// The control register of vectors as programs start with it: rounding to nearest, subnormals, and
/// no exceptions that are signals.
#[cfg(target_arch = "x86_64")]
const STANDARD: u32 = 0x1f80;
/// The bits of the register that are no control: the exceptions that were raised.
#[cfg(target_arch = "x86_64")]
const FLAGS: u32 = 0x3f;

#[cfg(target_arch = "x86_64")]
fn control() -> u32 {
    let mut control = 0_u32;
    // SAFETY: the instruction stores 4 bytes at the address.
    unsafe {
        std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut control, options(nostack));
    }
    control & !FLAGS
}

#[cfg(target_arch = "x86_64")]
fn set_control(control: u32) {
    // SAFETY: the instruction loads 4 bytes from the address, of which no reserved bit is set: they
    // were read from the register, or are its initial value.
    unsafe {
        std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const control, options(nostack));
    }
}

#[cfg(target_arch = "aarch64")]
const STANDARD: u64 = 0;

#[cfg(target_arch = "aarch64")]
fn control() -> u64 {
    let control;
    // SAFETY: the instruction reads a register that programs may read.
    unsafe {
        std::arch::asm!("mrs {}, fpcr", out(reg) control, options(nostack));
    }
    control
}

#[cfg(target_arch = "aarch64")]
fn set_control(control: u64) {
    // SAFETY: the instruction writes a register that programs may write, with what was read from
    // it, or with its initial value.
    unsafe {
        std::arch::asm!("msr fpcr, {}", in(reg) control, options(nostack));
    }
}

/// Calls `body` in the environment that programs start with. What is public in [`super`] and
/// computes with floats, if only to convert them, does all of it in there.
#[inline]
pub(super) fn standard<R>(body: impl FnOnce() -> R) -> R {
    let _environment = Environment::standard();
    apart(body)
}

/// Calls `body`, which is not inlined: no operation may be moved out of the environment that it is
/// meant for.
#[inline(never)]
pub(super) fn apart<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// The environment that programs start with, from when this is made until it is dropped. Then it
/// is as it was, also where something panics.
pub(super) struct Environment {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    before: Option<ControlBits>,
}

impl Environment {
    #[inline]
    pub(super) fn standard() -> Self {
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        {
            let before = Some(control()).filter(|&before| before != STANDARD);
            if before.is_some() {
                set_control(STANDARD);
            }
            Self { before }
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        Self {}
    }

    /// Calls `body`, which is others' code, in the environment as it was, and as `body` leaves it
    /// from then on.
    pub(super) fn pause<R>(&mut self, body: impl FnOnce() -> R) -> R {
        self.restore();
        let result = body();
        *self = Self::standard();
        result
    }

    #[inline]
    fn restore(&mut self) {
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        if let Some(before) = self.before.take() {
            set_control(before);
        }
    }
}

impl Drop for Environment {
    #[inline]
    fn drop(&mut self) {
        self.restore();
    }
}

#[cfg(target_arch = "x86_64")]
type ControlBits = u32;
#[cfg(target_arch = "aarch64")]
type ControlBits = u64;

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use super::{control, set_control, standard};
    use std::hint::black_box;

    #[cfg(target_arch = "x86_64")]
    const NO_SUBNORMALS: u32 = 0x1f80 | 0x8040;
    #[cfg(target_arch = "aarch64")]
    const NO_SUBNORMALS: u64 = 1 << 24;

    #[test]
    fn subnormals_are_there_within_and_switched_off_again_behind() {
        let before = control();
        set_control(NO_SUBNORMALS);
        // What is not looked at may be computed later, in another environment.
        let half = || black_box(black_box(f64::MIN_POSITIVE) * black_box(0.5));
        let (outside, inside, behind) = (half(), standard(half), half());
        let after = control();
        set_control(before);
        assert_eq!(after, NO_SUBNORMALS);
        assert_eq!([outside, behind], [0.0; 2]);
        assert!(inside > 0.0);
    }
}
