//! What is sought: a value as the bits by which the elements that equal it are known.

#![allow(unsafe_code)]

use super::count_byte::CountByte;
use super::matching::{CountBits, FindBits, FindTrue, Word};
use crate::element::{LongDouble, Scalar};
use crate::format::Class;
use crate::kernels::encoding::Encoding;
use crate::kernels::simd::run;
use crate::view::load;
use std::ffi::c_int;

/// The largest size of an element that is compared by its bits.
const MAX_BYTES: usize = 16;

/// Which elements are sought: those that equal a value.
#[derive(Debug, Clone, Copy)]
pub struct Pattern {
    /// What an element is for the search. Bits are sought in the byte order that they are in, so
    /// for these nothing is swapped.
    encoding: Encoding,
    matching: Matching,
}

/// What an element has to be.
#[derive(Debug, Clone, Copy)]
enum Matching {
    /// This byte.
    Byte(u8),
    /// Any byte but 0.
    True,
    /// Of these bits, where the mask has them.
    Bits { mask: [u8; MAX_BYTES], bits: [u8; MAX_BYTES] },
    /// Of these numbers, one or two.
    LongDoubles([LongDouble; 2]),
}

impl Pattern {
    /// The pattern of the elements that equal a value; `None` if none can.
    #[must_use]
    #[inline]
    pub fn of<T: Scalar>(value: T::Value) -> Option<Self> {
        Self::from_element(Encoding::of::<T>(), T::encode(value).as_ref())
    }

    /// The pattern of the elements that equal the one of these bytes; `None` if none can, because
    /// it is a NaN, or because the bytes are not one element of the encoding.
    #[must_use]
    #[inline]
    pub fn from_element(encoding: Encoding, element: &[u8]) -> Option<Self> {
        if let (&[byte], 1) = (element, encoding.size) {
            let matching = match encoding.class {
                Class::Bool if byte != 0 => Matching::True,
                _ => Matching::Byte(byte),
            };
            return Some(Self { encoding, matching });
        }
        Self::from_several_bytes(encoding, element)
    }

    #[inline(never)]
    fn from_several_bytes(encoding: Encoding, element: &[u8]) -> Option<Self> {
        if element.len() != encoding.size {
            return None;
        }
        if encoding.is_float() && encoding.number_size() > size_of::<u64>() {
            return Self::from_long_doubles(encoding, element);
        }
        let (mut mask, mut bits) = ([0xff; MAX_BYTES], [0; MAX_BYTES]);
        bits.get_mut(..element.len())?.copy_from_slice(element);
        if encoding.is_float() {
            let size = encoding.number_size();
            // The byte with the sign is the last one of a little-endian number.
            let is_little = cfg!(target_endian = "little") != encoding.swapped;
            let sign = if is_little { size - 1 } else { 0 };
            for first in (0..element.len()).step_by(size) {
                let (magnitude, infinity) =
                    magnitude(element.get(first..first + size)?, encoding.swapped)?;
                if magnitude > infinity {
                    return None;
                }
                if magnitude == 0 {
                    bits[first + sign] = 0;
                    mask[first + sign] = 0x7f;
                }
            }
        }
        let encoding = Encoding { swapped: false, ..encoding };
        Some(Self { encoding, matching: Matching::Bits { mask, bits } })
    }

    fn from_long_doubles(encoding: Encoding, element: &[u8]) -> Option<Self> {
        let mut numbers = [LongDouble::from_f64(0.0); 2];
        for (number, bytes) in numbers.iter_mut().zip(element.chunks_exact(LongDouble::SIZE)) {
            let mut bytes: <LongDouble as Scalar>::Bytes = bytes.try_into().ok()?;
            if encoding.swapped {
                bytes.reverse();
            }
            *number = LongDouble::decode(bytes);
            if number.is_nan() {
                return None;
            }
        }
        Some(Self { encoding, matching: Matching::LongDoubles(numbers) })
    }

    /// Bytes of an element.
    #[inline]
    pub(super) fn size(&self) -> usize {
        self.encoding.size
    }

    /// How elements have to be made blocks of.
    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Whether contiguous elements have to be made blocks of as well: where they are in the other
    /// byte order.
    #[inline]
    pub(super) fn needs_blocks(&self) -> bool {
        matches!(self.matching, Matching::LongDoubles(_)) && self.encoding.swapped
    }

    /// The index of the first element that matches.
    ///
    /// # Safety
    /// `count` contiguous elements of [`size`](Self::size) bytes are valid for reads.
    #[inline]
    pub(super) unsafe fn find(&self, start: *const u8, count: usize) -> Option<usize> {
        // SAFETY: the caller vouches for the elements.
        unsafe {
            match &self.matching {
                Matching::Byte(byte) => find_byte(start, count, *byte),
                Matching::True => run(FindTrue { start, count }),
                Matching::Bits { mask, bits } => match self.encoding.size {
                    2 => find_bits::<u16>(start, count, mask, bits),
                    4 => find_bits::<u32>(start, count, mask, bits),
                    8 => find_bits::<u64>(start, count, mask, bits),
                    16 => find_bits::<u128>(start, count, mask, bits),
                    _ => self.find_plain(start, count),
                },
                Matching::LongDoubles(_) => self.find_plain(start, count),
            }
        }
    }

    /// How many elements match.
    ///
    /// # Safety
    /// As for [`find`](Self::find).
    #[inline]
    pub(super) unsafe fn count(&self, start: *const u8, count: usize) -> usize {
        // SAFETY: the caller vouches for the elements.
        unsafe {
            match &self.matching {
                Matching::Byte(byte) => run(CountByte { start, count, byte: *byte }),
                Matching::True => count - run(CountByte { start, count, byte: 0 }),
                Matching::Bits { mask, bits } => match self.encoding.size {
                    2 => count_bits::<u16>(start, count, mask, bits),
                    4 => count_bits::<u32>(start, count, mask, bits),
                    8 => count_bits::<u64>(start, count, mask, bits),
                    16 => count_bits::<u128>(start, count, mask, bits),
                    _ => self.count_plain(start, count),
                },
                Matching::LongDoubles(_) => self.count_plain(start, count),
            }
        }
    }

    /// The plain loop of [`find`](Self::find): what the others must agree with.
    ///
    /// # Safety
    /// As for [`find`](Self::find).
    unsafe fn find_plain(&self, start: *const u8, count: usize) -> Option<usize> {
        // SAFETY: the caller vouches for the elements.
        (0..count).find(|index| unsafe { self.matches(start.wrapping_add(index * self.size())) })
    }

    /// The plain loop of [`count`](Self::count).
    ///
    /// # Safety
    /// As for [`find`](Self::find).
    unsafe fn count_plain(&self, start: *const u8, count: usize) -> usize {
        // SAFETY: the caller vouches for the elements.
        let matches =
            |index: &usize| unsafe { self.matches(start.wrapping_add(index * self.size())) };
        (0..count).filter(matches).count()
    }

    /// Returns whether the element at an address matches.
    ///
    /// # Safety
    /// [`size`](Self::size) bytes are valid for reads.
    unsafe fn matches(&self, element: *const u8) -> bool {
        // SAFETY: the caller vouches for all bytes of the element; `load` needs no alignment.
        unsafe {
            match self.matching {
                Matching::Byte(byte) => element.read() == byte,
                Matching::True => element.read() != 0,
                Matching::Bits { mask, bits } => (0..self.size())
                    .all(|index| element.wrapping_add(index).read() & mask[index] == bits[index]),
                Matching::LongDoubles(numbers) => {
                    (0..self.encoding.numbers()).zip(numbers).all(|(index, number)| {
                        let place = element.wrapping_add(index * LongDouble::SIZE);
                        load::<LongDouble>(place) == number
                    })
                }
            }
        }
    }
}

/// The magnitude of a float by its bits, and that of an infinity; only a NaN's is larger.
fn magnitude(number: &[u8], swapped: bool) -> Option<(u64, u64)> {
    macro_rules! magnitude {
        ($bits:ty, $infinity:expr) => {{
            let bits = <$bits>::from_ne_bytes(number.try_into().ok()?);
            let bits = if swapped { bits.swap_bytes() } else { bits };
            Some(((bits & (<$bits>::MAX >> 1)).into(), $infinity))
        }};
    }
    match number.len() {
        2 => magnitude!(u16, 0x7c00),
        4 => magnitude!(u32, f32::INFINITY.to_bits().into()),
        8 => magnitude!(u64, f64::INFINITY.to_bits()),
        _ => None,
    }
}

/// The index of the first byte that is this one. By C's own function, which has been tuned for each
/// processor, and which takes a pointer: there can be no slice over memory that others write to.
///
/// # Safety
/// `count` bytes are valid for reads.
#[inline]
unsafe fn find_byte(start: *const u8, count: usize, byte: u8) -> Option<usize> {
    // SAFETY: the caller vouches for the bytes.
    let found = unsafe { libc::memchr(start.cast(), c_int::from(byte), count) };
    (!found.is_null()).then(|| found.addr() - start.addr())
}

/// # Safety
/// `count` contiguous integers are valid for reads; they need no alignment.
#[inline]
unsafe fn find_bits<U: Word>(
    start: *const u8,
    count: usize,
    mask: &[u8; MAX_BYTES],
    bits: &[u8; MAX_BYTES],
) -> Option<usize> {
    let (mask, bits) = (U::from_first_bytes(mask), U::from_first_bytes(bits));
    // SAFETY: the caller vouches for the integers.
    unsafe { run(FindBits { start: start.cast(), count, mask, bits }) }
}

/// # Safety
/// As for [`find_bits`].
#[inline]
unsafe fn count_bits<U: Word>(
    start: *const u8,
    count: usize,
    mask: &[u8; MAX_BYTES],
    bits: &[u8; MAX_BYTES],
) -> usize {
    let (mask, bits) = (U::from_first_bytes(mask), U::from_first_bytes(bits));
    // SAFETY: the caller vouches for the integers.
    unsafe { run(CountBits { start: start.cast(), count, mask, bits }) }
}

#[cfg(test)]
mod tests;
