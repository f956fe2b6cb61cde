//! Equality of two views, element by element.
//!
//! Values are compared, not bytes: the zeros of a float are equal, a NaN equals nothing, and every
//! true `bool` equals every other. There are three paths, from the fastest to the most general:
//!
//! 1. Contiguous elements of one encoding that are equal exactly when their bytes are: `memcmp`.
//! 2. Scalars of any two encodings: as one common type that holds both exactly (see `promote`), in
//!    `blocks`, by one loop for each common type, so that there are few loops for many pairs of
//!    formats.
//! 3. Anything else: by its [`Value`](crate::element::Value)s, one by one (see `decoded`). The
//!    others must agree with this path.
//!
//! The comparison ends at the first difference that it finds.

#![allow(unsafe_code)]

mod bytes;
mod decoded;
mod exact;
mod numbers;
mod pair;
mod promote;

pub use bytes::equal_bytes;
pub use decoded::equal_decoded;

use super::axes::all_runs;
use super::blocks::Buffers;
use super::encoding::Encoding;
use super::runs::Runs;
use crate::element::Scalar;
use crate::view::{RawView, View};
use pair::Pair;
use promote::CommonType;

/// Complex elements whose real parts are compared before their imaginary ones: the cache holds
/// them.
const COMPLEX_BLOCK: usize = 1024;

/// Returns whether two views have equal elements in the same places; never for different shapes.
#[must_use]
pub fn equal<T: Scalar>(left: &View<'_, T>, right: &View<'_, T>) -> bool {
    equal_across(left, right)
}

/// The same as [`equal`] for two types of the same values: one type in two byte orders.
#[must_use]
pub fn equal_across<T, U>(left: &View<'_, T>, right: &View<'_, U>) -> bool
where
    T: Scalar,
    U: Scalar<Value = T::Value>,
{
    let (left, right) =
        ((left.raw(), Encoding::from_type::<T>()), (right.raw(), Encoding::from_type::<U>()));
    // SAFETY: each encoding is that of its view's type.
    unsafe { equal_scalars(left, right) }
}

/// Returns whether two views of scalars have equal values in the same places; never for different
/// shapes.
///
/// # Safety
/// Each encoding is that of its view's elements.
#[must_use]
pub unsafe fn equal_scalars(
    (left, left_encoding): (RawView<'_>, Encoding),
    (right, right_encoding): (RawView<'_>, Encoding),
) -> bool {
    if left.layout().shape() != right.layout().shape() {
        return false;
    }
    let bitwise = left_encoding == right_encoding && left_encoding.is_bitwise();
    if bitwise && left.layout().is_c_contiguous() && right.layout().is_c_contiguous() {
        // SAFETY: both views are contiguous and of one itemsize, so valid for reads of as many
        // bytes; those of an empty one need not be, and are not looked at.
        return left.layout().is_empty()
            || unsafe { equal_bytes(left.start(), right.start(), left.layout().nbytes()) };
    }
    // SAFETY: the caller guarantees the encodings.
    unsafe { equal_encoded((left, left_encoding), (right, right_encoding)) }
}

/// The slow path of [`equal_scalars`]. Not inlined, because it sets up buffers.
///
/// # Safety
/// The same as for [`equal_scalars`]; the views are of one shape.
#[inline(never)]
unsafe fn equal_encoded(
    (left, left_encoding): (RawView<'_>, Encoding),
    (right, right_encoding): (RawView<'_>, Encoding),
) -> bool {
    if left.layout().is_empty() {
        return true;
    }
    if left_encoding.numbers() > right_encoding.numbers() {
        // SAFETY: the caller guarantees the encodings.
        return unsafe { equal_encoded((right, right_encoding), (left, left_encoding)) };
    }
    let Some(common) = CommonType::promoted(left_encoding, right_encoding) else { return false };
    if left_encoding.numbers() < right_encoding.numbers() {
        // SAFETY: the caller guarantees the encodings.
        return unsafe { equal_to_complex((left, left_encoding), (right, right_encoding), common) };
    }
    let mut buffers = [const { Buffers::new() }; 2];
    let mut pair = Pair::new([left_encoding, right_encoding], common, &mut buffers);
    // SAFETY: the runs lead to elements of both views, which are valid for reads and, as the caller
    // guarantees, of the encodings.
    all_runs([left, right], |runs| unsafe { pair.equal(&runs) })
}

/// Returns whether real numbers equal complex ones: the imaginary parts must be 0 as well.
///
/// # Safety
/// The same as for [`equal_encoded`].
#[inline(never)]
unsafe fn equal_to_complex(
    (left, left_encoding): (RawView<'_>, Encoding),
    (right, right_encoding): (RawView<'_>, Encoding),
    common: CommonType,
) -> bool {
    let number = right_encoding.of_number();
    let Some(common_zero) = CommonType::promoted(Encoding::from_type::<f64>(), number) else {
        return false;
    };
    let [mut for_real, mut for_imaginary] = [const { [const { Buffers::new() }; 2] }; 2];
    let mut real = Pair::new([left_encoding, number], common, &mut for_real);
    let mut imaginary =
        Pair::new([Encoding::from_type::<f64>(), number], common_zero, &mut for_imaginary);
    let mut zero = 0_f64;
    let zero = (&raw mut zero).cast();
    all_runs([left, right], |runs| {
        runs.all_blocks(COMPLEX_BLOCK, |block| {
            let imaginary_start = block.starts[1].wrapping_add(number.size);
            let imaginary_parts = Runs {
                starts: [zero, imaginary_start],
                strides: [0, block.strides[1]],
                outer_strides: [0, block.outer_strides[1]],
                ..block
            };
            // SAFETY: the runs lead to elements of both views, and so to both parts of complex
            // ones; strides of 0 stay on the one number.
            unsafe { real.equal(&block) && imaginary.equal(&imaginary_parts) }
        })
    })
}
