//! Bytes as hexadecimal digits.

#![allow(unsafe_code)]

use super::simd::{Kernel, run};

/// Writes two hexadecimal digits, in lower case, for each byte.
///
/// # Panics
/// Never: of slices that do not belong together, the bytes that have room are written.
///
/// # Examples
/// ```
/// let mut digits = [0; 4];
/// consumer::kernels::hex::encode(&[0x0f, 0xa9], &mut digits);
/// assert_eq!(&digits, b"0fa9");
/// ```
pub fn encode(bytes: &[u8], digits: &mut [u8]) {
    let count = bytes.len().min(digits.len() / 2);
    // SAFETY: the slices have that many bytes, and room for their digits.
    unsafe { encode_to(bytes.as_ptr(), count, digits.as_mut_ptr()) };
}

/// As [`encode`], to memory that need not hold anything yet.
///
/// # Safety
/// `source` is valid for reads of `count` bytes, `target` for writes of twice as many; they lie
/// apart.
pub(crate) unsafe fn encode_to(source: *const u8, count: usize, target: *mut u8) {
    // SAFETY: as the caller says.
    unsafe { run(Digits { source, count, target: target.cast() }) };
}

struct Digits {
    source: *const u8,
    count: usize,
    target: *mut [u8; 2],
}

impl Kernel for Digits {
    type Output = ();

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) {
        for index in 0..self.count {
            // SAFETY: as the caller says; nothing is asked of the alignment.
            unsafe { self.target.add(index).write(digits(self.source.add(index).read())) };
        }
    }
}

/// The two digits of a byte. By arithmetic on both at once and not by a table, which could not be
/// looked up in vectors.
#[inline(always)]
fn digits(byte: u8) -> [u8; 2] {
    let byte = u16::from(byte);
    let numbers = (byte >> 4 | byte << 8) & 0x0f0f;
    // 1 where the number is 10 or more: letters are that much further on.
    let letters = (numbers + 0x0606) >> 4 & 0x0101;
    (numbers + 0x3030 + letters * u16::from(b'a' - b'0' - 10)).to_le_bytes()
}
