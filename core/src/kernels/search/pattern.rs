//! [`Pattern`]: a value that is sought, as the bits that the elements equal to it have.

#![allow(unsafe_code)]

use super::count_byte::CountByte;
use super::matching::{CountBits, FindBits, FindTrue, Word};
use crate::element::{FloatFormat, LongDouble, Scalar, U24};
use crate::format::Kind;
use crate::kernels::encoding::Encoding;
use crate::kernels::int24::in_batches;
use crate::kernels::simd::run;
use half::{bf16, f16};
use num_traits::AsPrimitive;
use std::ffi::c_int;

/// Which elements are sought: those that equal a value.
#[derive(Debug, Clone, Copy)]
pub struct Pattern {
    /// What an element is for the search. Bits are sought in the byte order that they are in, so
    /// they are never swapped.
    encoding: Encoding,
    matching: Matching,
}

/// What an element has to be.
#[derive(Debug, Clone, Copy)]
enum Matching {
    /// This byte.
    Byte(u8),
    /// One of these two bytes.
    Bytes([u8; 2]),
    /// Any byte but 0.
    True,
    /// Of these bits, where the mask has them, as an integer of the element's size.
    Bits { mask: u128, bits: u128 },
    /// Of these numbers, one or two, in this byte order.
    LongDoubles { numbers: [LongDouble; 2], swapped: bool },
}

impl Pattern {
    /// Returns the pattern of the elements that equal a value, or `None` if none can.
    #[must_use]
    #[inline(always)]
    pub fn from_value<T: Scalar>(value: T::Value) -> Option<Self> {
        Self::from_element(Encoding::from_type::<T>(), T::encode(value).as_ref())
    }

    /// Returns the pattern of the elements that equal the one of these bytes, or `None` if none
    /// can, because it is a NaN, or because the bytes are not one element of the encoding.
    #[must_use]
    #[inline(always)]
    pub fn from_element(encoding: Encoding, element: &[u8]) -> Option<Self> {
        if let (&[byte], 1) = (element, encoding.size) {
            let matching = match encoding.kind {
                Kind::Bool if byte != 0 => Matching::True,
                Kind::Float => {
                    let (infinity, sign) = float_bits(encoding)?;
                    match u64::from(byte) & (sign - 1) {
                        0 => Matching::Bytes([0, sign as u8]),
                        magnitude if magnitude > infinity => return None,
                        _ => Matching::Byte(byte),
                    }
                }
                _ => Matching::Byte(byte),
            };
            return Some(Self { encoding, matching });
        }
        Self::from_several_bytes(encoding, element)
    }

    /// Returns the pattern of the elements of 1, 2, 4 or 8 bytes that have these bits, the lowest of
    /// those given, whatever number they are.
    #[inline]
    pub(crate) fn from_bits(size: usize, bits: u64) -> Self {
        let (kind, float) = (Kind::Unsigned, FloatFormat::Standard);
        let matching = match size {
            1 => Matching::Byte(bits as u8),
            _ => Matching::Bits { mask: u128::MAX, bits: bits.into() },
        };
        Self { encoding: Encoding { kind, size, float, swapped: false }, matching }
    }

    #[inline(always)]
    fn from_several_bytes(encoding: Encoding, element: &[u8]) -> Option<Self> {
        if element.len() != encoding.size {
            return None;
        }
        let (size, is_float) = (encoding.number_size(), encoding.is_float());
        if is_float && size > size_of::<u64>() {
            return Self::from_long_doubles(encoding, element);
        }
        let (mut mask, bits) = (u128::MAX, integer(element)?);
        if is_float {
            let (infinity, sign) = float_bits(encoding)?;
            let swap = |number: u64| number.swap_bytes() >> (64 - 8 * size);
            let sign_in_place = if encoding.swapped { swap(sign) } else { sign };
            for shift in (0..8 * element.len()).step_by(8 * size) {
                let number = (bits >> shift) as u64 & (sign | (sign - 1));
                let number = if encoding.swapped { swap(number) } else { number };
                let magnitude = number & (sign - 1);
                if magnitude > infinity {
                    return None;
                }
                if magnitude == 0 {
                    mask &= !(u128::from(sign_in_place) << shift);
                }
            }
        }
        let encoding = Encoding { swapped: false, ..encoding };
        Some(Self { encoding, matching: Matching::Bits { mask, bits: bits & mask } })
    }

    #[inline(never)]
    fn from_long_doubles(encoding: Encoding, element: &[u8]) -> Option<Self> {
        let swapped = encoding.swapped;
        let mut numbers = [LongDouble::from_f64(0.0); 2];
        for (number, bytes) in numbers.iter_mut().zip(element.chunks_exact(LongDouble::SIZE)) {
            *number = long_double(bytes.try_into().ok()?, swapped);
            if number.is_nan() {
                return None;
            }
        }
        let encoding = Encoding { swapped: false, ..encoding };
        Some(Self { encoding, matching: Matching::LongDoubles { numbers, swapped } })
    }

    /// Returns the size in bytes of an element.
    #[inline]
    pub(super) fn size(&self) -> usize {
        self.encoding.size
    }

    /// Returns the encoding by which elements are made into blocks.
    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Returns the index of the first element that matches.
    ///
    /// # Safety
    /// `count` contiguous elements of [`size`](Self::size) bytes are valid for reads.
    pub(super) unsafe fn find(&self, start: *const u8, count: usize) -> Option<usize> {
        // SAFETY: the caller guarantees the elements.
        unsafe {
            match &self.matching {
                Matching::Byte(byte) => find_byte(start, count, *byte),
                Matching::Bytes([one, other]) => {
                    let first = find_byte(start, count, *one);
                    find_byte(start, first.unwrap_or(count), *other).or(first)
                }
                Matching::True => run(FindTrue { start, count }),
                Matching::Bits { mask, bits } => match self.encoding.size {
                    2 => find_bits::<u16>(start, count, *mask, *bits),
                    3 => find_int24(start, count, *mask, *bits),
                    4 => find_bits::<u32>(start, count, *mask, *bits),
                    8 => find_bits::<u64>(start, count, *mask, *bits),
                    16 => find_bits::<u128>(start, count, *mask, *bits),
                    _ => self.find_plain(start, count),
                },
                Matching::LongDoubles { .. } => self.find_plain(start, count),
            }
        }
    }

    /// Returns how many elements match.
    ///
    /// # Safety
    /// The same as for [`find`](Self::find).
    pub(super) unsafe fn count(&self, start: *const u8, count: usize) -> usize {
        // SAFETY: the caller guarantees the elements.
        unsafe {
            match &self.matching {
                Matching::Byte(byte) => run(CountByte { start, count, byte: *byte }),
                Matching::Bytes(bytes) => {
                    bytes.iter().map(|&byte| run(CountByte { start, count, byte })).sum()
                }
                Matching::True => count - run(CountByte { start, count, byte: 0 }),
                Matching::Bits { mask, bits } => match self.encoding.size {
                    2 => count_bits::<u16>(start, count, *mask, *bits),
                    3 => count_int24(start, count, *mask, *bits),
                    4 => count_bits::<u32>(start, count, *mask, *bits),
                    8 => count_bits::<u64>(start, count, *mask, *bits),
                    16 => count_bits::<u128>(start, count, *mask, *bits),
                    _ => self.count_plain(start, count),
                },
                Matching::LongDoubles { .. } => self.count_plain(start, count),
            }
        }
    }

    /// The same as [`find`](Self::find) by the plain loop, which the fast paths must agree with.
    ///
    /// # Safety
    /// The same as for [`find`](Self::find).
    unsafe fn find_plain(&self, start: *const u8, count: usize) -> Option<usize> {
        // SAFETY: the caller guarantees the elements.
        (0..count).find(|index| unsafe { self.matches(start.wrapping_add(index * self.size())) })
    }

    /// The same as [`count`](Self::count) by the plain loop.
    ///
    /// # Safety
    /// The same as for [`find`](Self::find).
    unsafe fn count_plain(&self, start: *const u8, count: usize) -> usize {
        // SAFETY: the caller guarantees the elements.
        let matches =
            |index: &usize| unsafe { self.matches(start.wrapping_add(index * self.size())) };
        (0..count).filter(matches).count()
    }

    /// Returns whether the element at an address matches.
    ///
    /// # Safety
    /// [`size`](Self::size) bytes are valid for reads.
    unsafe fn matches(&self, element: *const u8) -> bool {
        // SAFETY: the caller guarantees all bytes of the element; bytes need no alignment.
        unsafe {
            match self.matching {
                Matching::Byte(byte) => element.read() == byte,
                Matching::Bytes(bytes) => bytes.contains(&element.read()),
                Matching::True => element.read() != 0,
                Matching::Bits { mask, bits } => {
                    let mut bytes = [0; size_of::<u128>()];
                    let size = self.size().min(bytes.len());
                    bytes.as_mut_ptr().copy_from_nonoverlapping(element, size);
                    integer(&bytes[..size]).is_some_and(|element| element & mask == bits)
                }
                Matching::LongDoubles { numbers, swapped } => {
                    (0..self.encoding.numbers()).zip(numbers).all(|(index, number)| {
                        let place = element.wrapping_add(index * LongDouble::SIZE);
                        long_double(place.cast::<[u8; LongDouble::SIZE]>().read(), swapped)
                            == number
                    })
                }
            }
        }
    }
}

/// Returns the number that these bytes are, in this machine's byte order or the other.
fn long_double(mut bytes: [u8; LongDouble::SIZE], swapped: bool) -> LongDouble {
    if swapped {
        bytes.reverse();
    }
    LongDouble::decode(bytes)
}

/// Returns an element as the integer of its size, or `None` if there is no integer that large.
#[inline(always)]
fn integer(element: &[u8]) -> Option<u128> {
    Some(match *element {
        [a, b] => u16::from_ne_bytes([a, b]).into(),
        [a, b, c] => U24::from_ne_bytes([a, b, c]).to_u32().into(),
        [a, b, c, d] => u32::from_ne_bytes([a, b, c, d]).into(),
        [a, b, c, d, e, f, g, h] => u64::from_ne_bytes([a, b, c, d, e, f, g, h]).into(),
        _ if element.len() > size_of::<u128>() => return None,
        _ => {
            let mut bytes = [0; size_of::<u128>()];
            bytes[..element.len()].copy_from_slice(element);
            u128::from_ne_bytes(bytes)
        }
    })
}

/// Returns the bits of the infinity of an encoding's floats, or of the largest where there is none,
/// and those of the sign. A NaN is beyond.
#[inline(always)]
fn float_bits(encoding: Encoding) -> Option<(u64, u64)> {
    match (encoding.float, encoding.number_size()) {
        (FloatFormat::Float8E4M3, _) => Some((0x7e, 1 << 7)),
        (FloatFormat::Float8E5M2, _) => Some((0x7c, 1 << 7)),
        (FloatFormat::Bfloat16, _) => Some((bf16::INFINITY.to_bits().into(), 1 << 15)),
        (FloatFormat::Standard, 2) => Some((f16::INFINITY.to_bits().into(), 1 << 15)),
        (FloatFormat::Standard, 4) => Some((f32::INFINITY.to_bits().into(), 1 << 31)),
        (FloatFormat::Standard, 8) => Some((f64::INFINITY.to_bits(), 1 << 63)),
        _ => None,
    }
}

/// Returns the index of the first byte that equals `byte`. It calls C's function, which is tuned
/// for each processor and takes a pointer: memory that others write to must not be in a slice.
///
/// # Safety
/// `count` bytes are valid for reads.
#[inline(always)]
unsafe fn find_byte(start: *const u8, count: usize, byte: u8) -> Option<usize> {
    // SAFETY: the caller guarantees the bytes.
    let found = unsafe { libc::memchr(start.cast(), c_int::from(byte), count) };
    (!found.is_null()).then(|| found.addr() - start.addr())
}

/// Returns the index of the first integer that has these bits under the mask.
///
/// # Safety
/// `count` contiguous integers are valid for reads; they need no alignment.
#[inline]
unsafe fn find_bits<U: Word>(
    start: *const u8,
    count: usize,
    mask: u128,
    bits: u128,
) -> Option<usize>
where
    u128: AsPrimitive<U>,
{
    let (mask, bits) = (mask.as_(), bits.as_());
    // SAFETY: the caller guarantees the integers.
    unsafe { run(FindBits { start: start.cast(), count, mask, bits }) }
}

/// Returns how many integers have these bits under the mask.
///
/// # Safety
/// The same as for [`find_bits`].
#[inline]
unsafe fn count_bits<U: Word>(start: *const u8, count: usize, mask: u128, bits: u128) -> usize
where
    u128: AsPrimitive<U>,
{
    let (mask, bits) = (mask.as_(), bits.as_());
    // SAFETY: the caller guarantees the integers.
    unsafe { run(CountBits { start: start.cast(), count, mask, bits }) }
}

/// The same as [`find_bits`] for integers of 24 bits.
///
/// # Safety
/// The same as for [`find_bits`].
#[inline(never)]
unsafe fn find_int24(start: *const u8, count: usize, mask: u128, bits: u128) -> Option<usize> {
    let mut found = None;
    // SAFETY: the caller guarantees the integers, and a batch is as many as it is long.
    unsafe {
        in_batches(false, start, count, |first, batch| {
            let place = find_bits::<u32>(batch.as_ptr().cast(), batch.len(), mask, bits);
            found = place.map(|index| first + index);
            found.is_none()
        });
    }
    found
}

/// The same as [`count_bits`] for integers of 24 bits.
///
/// # Safety
/// The same as for [`find_bits`].
#[inline(never)]
unsafe fn count_int24(start: *const u8, count: usize, mask: u128, bits: u128) -> usize {
    let mut total = 0;
    // SAFETY: as in `find_int24`.
    unsafe {
        in_batches(false, start, count, |_, batch| {
            total += count_bits::<u32>(batch.as_ptr().cast(), batch.len(), mask, bits);
            true
        });
    }
    total
}

#[cfg(test)]
mod tests;
