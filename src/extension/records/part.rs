//! What a field of a record may be in Rust, and where it lies in memory.

use std::fmt::Write;

use crate::dtype::{DType, ScalarType, for_each_scalar};
use crate::element::{Address, Char, F8E4M3, F8E5M2, I24, LongDouble, Swapped, U24, Ucs2, Ucs4};
use crate::extension::atomic::load;
use crate::extension::element::{Native, is_alike};
use crate::form::{ElementType, Record as Fields};
use half::{bf16, f16};
use num_complex::Complex;

/// Where a part of a record lies: found out once, and used for every record.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    /// Bytes from the start of what the part is of.
    offset: usize,
    /// Bytes from one element to the next, where the part is a sub-array.
    step: usize,
    /// Whether its bytes are in the other order.
    swapped: bool,
}

/// What a field of a record may be: a scalar, an array of what a field may be, or a record that
/// [`record!`](crate::record) has declared. A byte string of NumPy's is an array of `u8`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a record",
    note = "fields are scalars, such as f64, arrays of these, and structs declared by `record!`"
)]
pub trait Part: Sized + Copy {
    /// How many places tell where it lies.
    #[doc(hidden)]
    const PLACES: usize;

    /// Writes what it is.
    #[doc(hidden)]
    fn write(text: &mut String);

    /// Fills in where it lies in memory whose type this is, `offset` bytes from the start.
    ///
    /// # Errors
    /// Why it is not in memory of this type.
    #[doc(hidden)]
    fn find(found: &ElementType, offset: usize, places: &mut [Place]) -> Result<(), String>;

    /// Loads it.
    ///
    /// # Safety
    /// `find` has found these places for what is at the address, which is valid for reads.
    #[doc(hidden)]
    unsafe fn load(start: *const u8, places: &[Place]) -> Self;
}

/// Returns what is behind padding, and its offset.
fn unpadded(found: &ElementType, offset: usize) -> (&ElementType, usize) {
    match found {
        ElementType::Padded(padding, inner) => unpadded(inner, offset + padding),
        found => (found, offset),
    }
}

/// Returns why one type is not another.
#[cold]
fn differs<P: Part>(found: &ElementType) -> String {
    let mut text = String::from("is ");
    match found {
        ElementType::Scalar(scalar_type) => text.push_str(scalar_type.dtype.name()),
        ElementType::Bits(bits) => {
            let _ = write!(text, "a bit-field of {} bits", bits.width);
        }
        ElementType::Record(_) => text.push_str("a record"),
        found => {
            let _ = write!(text, "of format {:?}", found.format().to_string());
        }
    }
    text.push_str(", not ");
    P::write(&mut text);
    text
}

/// Fills in where a scalar lies.
fn find_scalar(
    dtype: DType,
    found: &ElementType,
    offset: usize,
    places: &mut [Place],
) -> Option<()> {
    let (found, offset) = unpadded(found, offset);
    let scalar_type = match *found {
        ElementType::Scalar(scalar_type) => scalar_type,
        // One byte of a string.
        ElementType::Bytes(1) => ScalarType::native(DType::U8),
        _ => return None,
    };
    let place = places.first_mut().filter(|_| is_alike(dtype, scalar_type.dtype))?;
    *place = Place { offset, step: 0, swapped: scalar_type.swapped };
    Some(())
}

macro_rules! scalars {
    (
        single { $($s:ident $st:ty, $skind:ident, $scode:literal, $sname:literal;)* }
        multi { $($m:ident $swapped:ident $mt:ty, $mkind:ident, $mcode:literal, $mname:literal;)* }
    ) => {
        $(scalars!(@ $st, $st);)*
        $(scalars!(@ $mt, Swapped<$mt>);)*
    };
    (@ $type:ty, $other_order:ty) => {
        impl Part for $type {
            const PLACES: usize = 1;

            fn write(text: &mut String) {
                text.push_str(<$type>::DTYPE.name());
            }

            fn find(
                found: &ElementType,
                offset: usize,
                places: &mut [Place],
            ) -> Result<(), String> {
                let dtype = <$type as Native>::DTYPE;
                find_scalar(dtype, found, offset, places).ok_or_else(|| differs::<Self>(found))
            }

            #[inline(always)]
            unsafe fn load(start: *const u8, places: &[Place]) -> Self {
                let Place { offset, swapped, .. } = places[0];
                let start = start.wrapping_add(offset);
                // SAFETY: the caller guarantees that it lies there.
                unsafe { if swapped { load::<$other_order>(start) } else { load::<$type>(start) } }
            }
        }
    };
}
for_each_scalar!(scalars);

impl<P: Part, const L: usize> Part for [P; L] {
    const PLACES: usize = 1 + P::PLACES;

    fn write(text: &mut String) {
        P::write(text);
        let _ = write!(text, "[{L}]");
    }

    fn find(found: &ElementType, offset: usize, places: &mut [Place]) -> Result<(), String> {
        let (found, offset) = unpadded(found, offset);
        let wrong = || differs::<Self>(found);
        let rest;
        let element = match found {
            ElementType::Array { shape, element } if shape.first() == Some(&L) => {
                match &shape[1..] {
                    [] => element,
                    inner => {
                        rest =
                            ElementType::Array { shape: inner.to_vec(), element: element.clone() };
                        &rest
                    }
                }
            }
            ElementType::Bytes(size) | ElementType::Void(size) if *size == L => {
                rest = ElementType::Bytes(1);
                &rest
            }
            ElementType::Text(unit, count) if *count == L => {
                rest = ElementType::Scalar(*unit);
                &rest
            }
            _ => return Err(wrong()),
        };
        let (place, inner) = places.split_first_mut().ok_or_else(wrong)?;
        *place = Place { offset, step: element.size(), swapped: false };
        P::find(element, 0, inner).map_err(|_| wrong())
    }

    #[inline(always)]
    unsafe fn load(start: *const u8, places: &[Place]) -> Self {
        let Place { offset, step, .. } = places[0];
        std::array::from_fn(|index| {
            let element = start.wrapping_add(offset + index * step);
            // SAFETY: the caller guarantees that as many elements lie there.
            unsafe { P::load(element, &places[1..]) }
        })
    }
}

/// Fills in where a field lies in a record.
#[doc(hidden)]
pub fn find_field<P: Part>(
    record: &Fields,
    name: &str,
    offset: usize,
    places: &mut [Place],
) -> Result<(), String> {
    let Some((at, found)) = record.field(name) else {
        return Err(format!("it has no field '{name}'"));
    };
    P::find(found, offset + at, places).map_err(|why| match why.strip_prefix("it has") {
        Some(rest) => format!("its field '{name}' has{rest}"),
        None => format!("its field '{name}' {why}"),
    })
}

/// Returns the fields of what is a record.
#[doc(hidden)]
pub fn fields_of<P: Part>(found: &ElementType, offset: usize) -> Result<(&Fields, usize), String> {
    match unpadded(found, offset) {
        (ElementType::Record(record), offset) => Ok((record, offset)),
        (found, _) => Err(differs::<P>(found)),
    }
}
