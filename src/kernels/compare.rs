//! Equality of two views, element by element.
//!
//! Two scalars are compared as one common type that can hold both exactly (but for a `long double`,
//! which beside others is the double that it is read as), block by block, whatever their formats and
//! byte orders: so there are few loops for many pairs of types. What is no scalar is compared as a
//! [`Value`].

#![allow(unsafe_code)]

use super::block::Buffers;
pub(crate) use super::common::equal_bytes;
use super::common::{Common, Pair};
use super::encoding::Encoding;
use super::line::Lines;
use super::loops::{Loops, straight};
use crate::element::{Scalar, Value};
use crate::error::Result;
use crate::form::ElementType;
use crate::layout::Order;
use crate::view::{RawView, View, Walk, load};

/// Elements that are compared in one part before they are in the other.
const PIECE: usize = 1024;

/// Whether two views have equal elements in the same places; never for different shapes.
///
/// Values are compared, not bytes: the zeros of a float are equal, a NaN equals nothing, and every
/// true `bool` equals every other.
///
/// # Errors
/// None for shapes that are the same; the result is that of walking two views at once.
pub fn equal<T: Scalar>(left: &View<T>, right: &View<T>) -> Result<bool> {
    equal_across(left, right)
}

/// As [`equal`] for two types of the same values: one type in two byte orders.
///
/// # Errors
/// As those of [`equal`].
pub fn equal_across<T, U>(left: &View<T>, right: &View<U>) -> Result<bool>
where
    T: Scalar,
    U: Scalar<Value = T::Value>,
{
    let (left, right) = ((left.raw(), Encoding::of::<T>()), (right.raw(), Encoding::of::<U>()));
    // SAFETY: the encodings are those of the views.
    unsafe { equal_scalars(left, right) }
}

/// Whether two views of scalars have equal values in the same places; never for different shapes.
///
/// # Safety
/// Each encoding is that of its view's elements.
///
/// # Errors
/// As those of [`equal`].
pub(crate) unsafe fn equal_scalars(
    (left, left_encoding): (RawView<'_>, Encoding),
    (right, right_encoding): (RawView<'_>, Encoding),
) -> Result<bool> {
    if left.layout().shape() != right.layout().shape() {
        return Ok(false);
    }
    let bitwise = left_encoding == right_encoding && left_encoding.is_bitwise();
    if bitwise && left.layout().is_c_contiguous() && right.layout().is_c_contiguous() {
        // SAFETY: the elements of both views are adjacent; those of an empty one need no address.
        return Ok(left.layout().is_empty()
            || unsafe { equal_bytes(left.start(), right.start(), left.layout().nbytes()) });
    }
    // SAFETY: as the caller says.
    unsafe { equal_encoded((left, left_encoding), (right, right_encoding)) }
}

/// As [`equal_scalars`], in blocks where there have to be: by itself, for it has buffers to set up.
///
/// # Safety
/// As for [`equal_scalars`], for views of the same shape.
#[inline(never)]
unsafe fn equal_encoded(
    (left, left_encoding): (RawView<'_>, Encoding),
    (right, right_encoding): (RawView<'_>, Encoding),
) -> Result<bool> {
    if left.layout().is_empty() {
        return Ok(true);
    }
    if left_encoding.parts() > right_encoding.parts() {
        // SAFETY: as the caller says.
        return unsafe { equal_encoded((right, right_encoding), (left, left_encoding)) };
    }
    let Some(common) = Common::of(left_encoding, right_encoding) else { return Ok(false) };
    if left_encoding.parts() < right_encoding.parts() {
        // SAFETY: as the caller says.
        return unsafe { equal_to_complex((left, left_encoding), (right, right_encoding), common) };
    }
    let mut buffers = [const { Buffers::new() }; 2];
    let mut pair = Pair::new([left_encoding, right_encoding], common, &mut buffers);
    // SAFETY: each line leads to elements of both views, which are valid for reads.
    equal_lines([left, right], |lines| unsafe { pair.equal(&lines) })
}

/// As [`equal_encoded`] for real numbers and complex ones: as numbers with 0 for imaginary parts.
///
/// # Safety
/// As for [`equal_encoded`].
#[inline(never)]
unsafe fn equal_to_complex(
    (left, left_encoding): (RawView<'_>, Encoding),
    (right, right_encoding): (RawView<'_>, Encoding),
    common: Common,
) -> Result<bool> {
    let part = right_encoding.of_part();
    let Some(common_zero) = Common::of(Encoding::of::<f64>(), part) else { return Ok(false) };
    let [mut for_real, mut for_imaginary] = [const { [const { Buffers::new() }; 2] }; 2];
    let mut real = Pair::new([left_encoding, part], common, &mut for_real);
    let mut imaginary = Pair::new([Encoding::of::<f64>(), part], common_zero, &mut for_imaginary);
    let mut zero = 0_f64;
    let zero = (&raw mut zero).cast();
    equal_lines([left, right], |lines| {
        let mut equal = true;
        // Pieces stay in the cache from the one part to the other.
        lines.pieces(PIECE, |piece| {
            let second = piece.starts[1].wrapping_add(part.size);
            let parts = Lines {
                starts: [zero, second],
                strides: [0, piece.strides[1]],
                apart: [0, piece.apart[1]],
                ..piece
            };
            // SAFETY: the lines lead to elements of both views, and so to the parts of complex ones;
            // steps of 0 stay on the one number.
            equal = unsafe { real.equal(&piece) && imaginary.equal(&parts) };
            equal
        });
        equal
    })
}

/// Whether something holds for all lines of two views.
fn equal_lines(views: [RawView<'_>; 2], mut equal: impl FnMut(Lines<2>) -> bool) -> Result<bool> {
    if let Some(run) = straight(views) {
        return Ok(equal(Lines::of(run)));
    }
    match Loops::over(views) {
        Some(loops) => Ok(loops.lines(equal)),
        None => Ok(Walk::new(views, Order::C)?.all(|run| equal(Lines::of(run)))),
    }
}

/// What takes the value of the element at an address.
#[derive(Clone, Copy)]
pub(crate) enum Decode<'a> {
    /// A scalar, by the function of its type.
    Scalar(unsafe fn(*const u8) -> Value),
    /// An element of a form, in that many bytes.
    Composite(&'a ElementType, usize),
}

impl Decode<'_> {
    /// # Safety
    /// `pointer` leads to an element that this decodes.
    unsafe fn value(self, pointer: *const u8) -> Value {
        match self {
            // SAFETY: as the caller says.
            Self::Scalar(decode) => unsafe { decode(pointer) },
            Self::Composite(element_type, size) => {
                // SAFETY: as the caller says. The slice lives for this call alone.
                element_type.value(unsafe { std::slice::from_raw_parts(pointer, size) })
            }
        }
    }
}

/// Whether two views of different types have equal values in the same places.
///
/// # Safety
/// Each can decode the elements of its view.
pub(crate) unsafe fn equal_decoded(
    (left, decode_left): (RawView<'_>, Decode<'_>),
    (right, decode_right): (RawView<'_>, Decode<'_>),
) -> Result<bool> {
    let mut walk = Walk::new([left, right], Order::C)?;
    Ok(walk.all(|run| {
        (0..run.length).all(|index| {
            // SAFETY: a run leads to elements of both views, which are valid for reads.
            unsafe {
                decode_left.value(run.pointer(0, index))
                    == decode_right.value(run.pointer(1, index))
            }
        })
    }))
}

/// Takes the value of a scalar.
///
/// # Safety
/// `pointer` is valid for reads of `T::SIZE` bytes.
pub(crate) unsafe fn decode<T: Scalar>(pointer: *const u8) -> Value {
    // SAFETY: as the caller says.
    unsafe { load::<T>(pointer) }.into()
}
