//! Bytes as hexadecimal digits.
//!
//! The two digits of a byte are computed by arithmetic, both at once in one integer of 16 bits. A
//! table would be faster for a single byte, but vectors cannot look bytes up in one, while
//! arithmetic is vectorised.

#![allow(unsafe_code)]

use super::simd::{Kernel, run};

/// Writes two hexadecimal digits, in lower case, for each byte.
///
/// If there is no room for all digits, writes those of as many bytes as there is room for.
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

/// The same as [`encode`], from and to memory that must not be in a slice.
///
/// # Safety
/// `source` is valid for reads of `count` bytes, `target` for writes of twice as many; they do not
/// overlap.
pub unsafe fn encode_to(source: *const u8, count: usize, target: *mut u8) {
    // SAFETY: the caller guarantees that both are valid; pairs of digits need no alignment.
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
            // SAFETY: the caller guarantees `count` bytes and pairs of digits.
            unsafe { self.target.add(index).write(digits(self.source.add(index).read())) };
        }
    }
}

/// Returns the two digits of a byte.
#[inline(always)]
fn digits(byte: u8) -> [u8; 2] {
    let byte = u16::from(byte);
    let numbers = (byte >> 4 | byte << 8) & 0x0f0f;
    // 1 where the number is 10 or more, so that its digit is a letter.
    let letters = (numbers + 0x0606) >> 4 & 0x0101;
    (numbers + 0x3030 + letters * u16::from(b'a' - b'0' - 10)).to_le_bytes()
}
