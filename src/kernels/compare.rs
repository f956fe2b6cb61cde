//! Equality of two views, element by element.

#![allow(unsafe_code)]

use crate::element::{Form, Scalar, Value};
use crate::error::Result;
use crate::layout::Order;
use crate::view::{RawView, Run, View, Walk, load};

/// Whether two views have equal elements in the same places; never for different shapes.
///
/// Values are compared, not bytes: the zeros of a float are equal, a NaN equals nothing, and every
/// true `bool` equals every other.
///
/// # Errors
/// None for shapes that are the same; the result is that of walking two views at once.
pub fn equal<T: Scalar>(left: &View<T>, right: &View<T>) -> Result<bool> {
    if left.layout().shape() != right.layout().shape() {
        return Ok(false);
    }
    let mut walk = Walk::new([left.raw(), right.raw()], Order::C)?;
    // SAFETY: runs of these views lead to their elements, which are valid for reads.
    Ok(walk.all(|run| unsafe {
        if T::BITWISE && run.strides == [T::SIZE as isize; 2] {
            equal_bytes(run, T::SIZE)
        } else {
            equal_values::<T>(run)
        }
    }))
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
    if left.layout().shape() != right.layout().shape() {
        return Ok(false);
    }
    let mut walk = Walk::new([left.raw(), right.raw()], Order::C)?;
    Ok(walk.all(|run| {
        // SAFETY: runs of these views lead to their elements, which are valid for reads.
        (0..run.length).all(|index| unsafe {
            load::<T>(run.pointer(0, index)) == load::<U>(run.pointer(1, index))
        })
    }))
}

/// Whether the bytes of two adjacent runs are equal.
///
/// # Safety
/// Both sides are valid for reads of `length` adjacent elements of `itemsize` bytes.
unsafe fn equal_bytes(run: Run<2>, itemsize: usize) -> bool {
    // SAFETY: as the caller says. The slices live for this comparison alone; that nobody stores
    // into the memory meanwhile is what every reader of a buffer has to rely on.
    let [left, right] = run.starts.map(|start| unsafe {
        std::slice::from_raw_parts(start.cast_const(), run.length * itemsize)
    });
    left == right
}

/// Whether the values of two runs are equal: the plain loop for every type and stride.
///
/// # Safety
/// Both sides are valid for reads of the run's elements.
unsafe fn equal_values<T: Scalar>(run: Run<2>) -> bool {
    (0..run.length).all(|index| {
        // SAFETY: as the caller says.
        let [left, right] = [0, 1].map(|view| unsafe { load::<T>(run.pointer(view, index)) });
        left == right
    })
}

/// What takes the value of the element at an address.
#[derive(Clone, Copy)]
pub(crate) enum Decode<'a> {
    /// A scalar, by the function of its type.
    Scalar(unsafe fn(*const u8) -> Value),
    /// An element of a form, in that many bytes.
    Composite(&'a Form, usize),
}

impl Decode<'_> {
    /// # Safety
    /// `pointer` leads to an element that this decodes.
    unsafe fn value(self, pointer: *const u8) -> Value {
        match self {
            // SAFETY: as the caller says.
            Self::Scalar(decode) => unsafe { decode(pointer) },
            Self::Composite(form, size) => {
                // SAFETY: as the caller says. The slice lives for this call alone.
                form.value(unsafe { std::slice::from_raw_parts(pointer, size) })
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
