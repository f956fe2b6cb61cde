//! Elements compared as values, one by one: the plain loop, for any types.

#![allow(unsafe_code)]

use crate::element::{Scalar, Value};
use crate::form::ElementType;
use crate::layout::Order;
use crate::view::{RawView, Walk, load};
use smallvec::SmallVec;

/// How to get the value of the element at an address.
#[derive(Clone, Copy)]
pub(crate) enum Decode<'a> {
    /// A scalar, by the function of its type.
    Scalar(unsafe fn(*const u8) -> Value),
    /// An element of an [`ElementType`], of that many bytes.
    Composite(&'a ElementType, usize),
}

/// The copy of an element.
type Bytes = SmallVec<[u8; 64]>;

impl Decode<'_> {
    /// Returns the value of an element, by way of a copy if it is no scalar.
    ///
    /// # Safety
    /// `pointer` leads to an element that this decodes, and that is valid for reads.
    #[inline]
    unsafe fn value(self, pointer: *const u8, bytes: &mut Bytes) -> Value {
        match self {
            // SAFETY: the caller guarantees an element of the function's type.
            Self::Scalar(decode) => unsafe { decode(pointer) },
            Self::Composite(element_type, size) => {
                bytes.clear();
                bytes.reserve(size);
                // SAFETY: the caller guarantees `size` bytes, for which there is room. They are
                // copied because memory that others write to must not be in a slice.
                unsafe {
                    bytes.as_mut_ptr().copy_from_nonoverlapping(pointer, size);
                    bytes.set_len(size);
                }
                element_type.value(bytes)
            }
        }
    }
}

/// Returns whether two views of one shape have equal values in the same places.
///
/// # Safety
/// Each can decode the elements of its view.
pub(crate) unsafe fn equal_decoded(
    (left, decode_left): (RawView<'_>, Decode<'_>),
    (right, decode_right): (RawView<'_>, Decode<'_>),
) -> bool {
    let Ok(mut walk) = Walk::new([left, right], Order::C) else { return false };
    let mut bytes = Bytes::new();
    walk.all(|run| {
        (0..run.length).all(|index| {
            // SAFETY: a run leads to elements of both views, which are valid for reads.
            unsafe {
                decode_left.value(run.pointer(0, index), &mut bytes)
                    == decode_right.value(run.pointer(1, index), &mut bytes)
            }
        })
    })
}

/// Returns the value of the scalar at an address.
///
/// # Safety
/// `pointer` is valid for reads of `T::SIZE` bytes.
pub(crate) unsafe fn decode<T: Scalar>(pointer: *const u8) -> Value {
    // SAFETY: the caller guarantees the bytes.
    unsafe { load::<T>(pointer) }.into()
}
