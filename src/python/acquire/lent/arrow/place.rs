//! Where the elements of an `ArrowArray` are, and whether any is null.

use std::ffi::c_void;

use super::refusal::{Fault, Refusal, contradiction};
use super::schema::{List, only_child};
use crate::python::abi::arrow::ArrowArray;

/// Where the elements are, one after the other.
pub(super) struct Place {
    pub(super) start: *mut u8,
    /// The length of the array itself, whose elements may be lists.
    pub(super) length: usize,
}

/// Finds the elements, of `itemsize` bytes each, of an array in those lists.
///
/// # Errors
/// A refusal if there are nulls; a contradiction.
///
/// # Safety
/// The array is what a producer has filled in.
pub(super) unsafe fn place(
    array: &ArrowArray,
    lists: &[List],
    itemsize: usize,
) -> Result<Place, Fault> {
    let mut array = array;
    let length = unsigned(array.length, "length")?;
    // Elements of the array at hand, from the start of its buffers on.
    let (mut first, mut count) = (unsigned(array.offset, "offset")?, length);
    for (level, list) in lists.iter().enumerate() {
        // SAFETY: the caller guarantees it.
        let child = unsafe {
            buffers::<1>(array)?;
            check_nulls(array, first, count, |nulls| match level {
                0 => Refusal::NullLists(nulls),
                // There is no one call for these.
                _ => Refusal::NullsInLists(nulls, lists.len() + 1),
            })?;
            only_child(array.n_children, array.children.cast_const())?
        };
        if child.release.is_none() {
            return Err(contradiction("a child of it is released"));
        }
        let end = first.checked_add(count).and_then(|end| end.checked_mul(list.size));
        let inner = unsigned(child.length, "length of a child")?;
        if end.is_none_or(|end| end > inner && count > 0) {
            return Err(contradiction(format!(
                "{count} lists of {} elements, after {first} others, are in {inner} elements",
                list.size
            )));
        }
        // Without an overflow, because there are as many elements. The offset of a child is counted
        // in its own elements.
        first = if count == 0 { 0 } else { first * list.size };
        count *= list.size;
        let offset = unsigned(child.offset, "offset of a child")?;
        first = first.checked_add(offset).ok_or_else(too_far)?;
        array = child;
    }
    if array.n_children != 0 || !array.dictionary.is_null() {
        return Err(contradiction("its elements have children or a dictionary"));
    }
    // SAFETY: the caller guarantees it.
    let data = unsafe {
        let [_, data] = buffers(array)?;
        check_nulls(array, first, count, |nulls| match lists.len() {
            0 => Refusal::Nulls(nulls),
            levels => Refusal::NullsInLists(nulls, levels),
        })?;
        data
    };
    if count == 0 || itemsize == 0 {
        return Ok(Place { start: std::ptr::NonNull::dangling().as_ptr(), length });
    }
    let before = first.checked_mul(itemsize);
    let end = first.checked_add(count).and_then(|end| end.checked_mul(itemsize));
    let end = end.filter(|&end| isize::try_from(end).is_ok());
    let (Some(before), Some(_)) = (before, end.and_then(|end| data.addr().checked_add(end))) else {
        return Err(too_far());
    };
    if data.is_null() {
        return Err(contradiction(format!("{count} elements at address 0")));
    }
    Ok(Place { start: data.cast::<u8>().cast_mut().wrapping_add(before), length })
}

/// Returns a number that is not negative.
fn unsigned(number: i64, name: &str) -> Result<usize, Fault> {
    usize::try_from(number).map_err(|_| contradiction(format!("the {name} is {number}")))
}

fn too_far() -> Fault {
    contradiction("its elements reach further than memory")
}

/// Returns the buffers of an array that has to have that many.
///
/// # Safety
/// The same as for [`place`].
unsafe fn buffers<const N: usize>(array: &ArrowArray) -> Result<[*const c_void; N], Fault> {
    if array.n_buffers != N as i64 || array.buffers.is_null() {
        return Err(contradiction(format!("it has {} buffers, and not {N}", array.n_buffers)));
    }
    // SAFETY: the caller guarantees it: there are `n_buffers`.
    Ok(std::array::from_fn(|index| unsafe { *array.buffers.add(index) }))
}

/// Refuses nulls among the elements from `first` on.
///
/// # Safety
/// The same as for [`place`]; the array has one buffer at least, and as many elements.
unsafe fn check_nulls(
    array: &ArrowArray,
    first: usize,
    count: usize,
    refusal: impl Fn(usize) -> Refusal,
) -> Result<(), Fault> {
    if array.null_count == 0 || count == 0 {
        return Ok(());
    }
    if array.null_count < -1 {
        return Err(contradiction(format!("{} elements are null", array.null_count)));
    }
    // SAFETY: the caller guarantees it.
    let bitmap = unsafe { (*array.buffers).cast::<u8>() };
    if bitmap.is_null() {
        return match array.null_count {
            -1 => Ok(()),
            nulls => Err(contradiction(format!("it has {nulls} nulls, and no bitmap of them"))),
        };
    }
    first.checked_add(count).ok_or_else(too_far)?;
    // SAFETY: the caller guarantees it: the bitmap has a bit for each element.
    match unsafe { count_nulls(bitmap, first, count) } {
        0 => Ok(()),
        nulls => Err(refusal(nulls).into()),
    }
}

/// Counts the bits that are 0 among `count` from bit `first` on. The first bit of a byte is its
/// lowest.
///
/// # Safety
/// The bitmap has them; `count` is not 0.
unsafe fn count_nulls(bitmap: *const u8, first: usize, count: usize) -> usize {
    let last = first + count - 1;
    // SAFETY: the caller guarantees it.
    let byte = |index: usize| unsafe { *bitmap.add(index) };
    let (low, high) = (u8::MAX << (first % 8), u8::MAX >> (7 - last % 8));
    let valid = if first / 8 == last / 8 {
        (byte(first / 8) & low & high).count_ones() as usize
    } else {
        let whole = first / 8 + 1..last / 8;
        let between: usize = whole.map(|index| byte(index).count_ones() as usize).sum();
        let ends = (byte(first / 8) & low).count_ones() + (byte(last / 8) & high).count_ones();
        between + ends as usize
    };
    count - valid
}
