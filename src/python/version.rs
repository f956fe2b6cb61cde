//! Which Python this runs on.
//!
//! Compiled for one version, that is known. An extension that is compiled once for all versions
//! (abi3) has to ask the interpreter.

use pyo3::ffi;

/// Returns whether the interpreter is Python 3.12 or later.
#[inline(always)]
pub(super) fn since_3_12() -> bool {
    cfg!(Py_3_12) || cfg!(Py_LIMITED_API) && runs_on(12)
}

/// Returns whether the interpreter is Python 3.14 or later.
#[inline(always)]
pub(super) fn since_3_14() -> bool {
    cfg!(Py_3_14) || cfg!(Py_LIMITED_API) && runs_on(14)
}

fn runs_on(minor: u8) -> bool {
    // SAFETY: a constant of the interpreter, which writes the parts of its version in a byte each.
    unsafe { ffi::Py_Version >> 16 >= (3 << 8 | u64::from(minor)) as std::ffi::c_ulong }
}
