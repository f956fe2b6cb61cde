//! Arguments of exactly Python's own types (`PyLong_CheckExact` and its like): ints, slices, strs
//! and tuples of them.
//!
//! Converting these runs no Python code, so that a view cannot lose its memory meanwhile: it is
//! asked for access once, and what the argument selects is found and used under that. Every
//! function returns `None`, or false, for arguments of other types, for wrong ones and for unusual
//! ones; the slow path then finds out which, and raises.

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use consumer::array::AnyArray;
use consumer::layout::{Key, MAX_NDIM, Narrowed};

use crate::values::exact_int;

/// Returns the address of the element that a key selects: an int, or a tuple of as many ints as
/// there are dimensions.
#[inline(always)]
pub(crate) fn element(array: &AnyArray, key: Borrowed<'_, '_, PyAny>) -> Option<*mut u8> {
    // SAFETY: the key is alive.
    if unsafe { ffi::PyTuple_CheckExact(key.as_ptr()) } != 0 {
        return element_of_tuple(array, key);
    }
    array.raw().line_element(int(key)?)
}

#[inline]
fn element_of_tuple(array: &AnyArray, key: Borrowed<'_, '_, PyAny>) -> Option<*mut u8> {
    let (pointer, ndim) = (key.as_ptr(), array.layout().ndim());
    // SAFETY: the key is a tuple.
    unsafe {
        if ffi::PyTuple_GET_SIZE(pointer) as usize != ndim
            || !array.layout().suboffsets().is_empty()
        {
            return None;
        }
        let mut element = array.start();
        for dimension in 0..ndim {
            let item = ffi::PyTuple_GET_ITEM(pointer, dimension as isize);
            let index = int(Borrowed::from_ptr(key.py(), item))?;
            let index = array.layout().resolve(dimension, index).ok()?;
            element = array.raw().step(element, dimension, index);
        }
        Some(element)
    }
}

/// Converts an int of machine size.
#[inline(always)]
pub(crate) fn int(object: Borrowed<'_, '_, PyAny>) -> Option<isize> {
    exact_int(object).and_then(|number| isize::try_from(number).ok())
}

/// Returns what a slice selects of the first dimension: its offset in bytes, length and stride.
#[inline(always)]
pub(crate) fn slice(
    array: &AnyArray,
    key: Borrowed<'_, '_, PyAny>,
) -> Option<(isize, usize, isize)> {
    let (start, stop, step) = bounds(key)?;
    array.layout().slice_first(start, stop, step)
}

/// Converts a slice of ints and None to its start, stop and step, as `PySlice_Unpack` does.
#[inline(always)]
fn bounds(key: Borrowed<'_, '_, PyAny>) -> Option<(isize, isize, isize)> {
    // SAFETY: the key is alive, and a slice where it is asked for its parts.
    unsafe {
        if ffi::Py_TYPE(key.as_ptr()) != &raw mut ffi::PySlice_Type {
            return None;
        }
        let slice = key.as_ptr().cast::<ffi::PySliceObject>();
        let part = |part: *mut ffi::PyObject, default| {
            if ffi::Py_IsNone(part) != 0 {
                return Some(default);
            }
            int(Borrowed::from_ptr(key.py(), part))
        };
        let step = part((*slice).step, 1)?;
        if step == 0 || step == isize::MIN {
            return None;
        }
        let (first, last) = if step < 0 { (isize::MAX, isize::MIN) } else { (0, isize::MAX) };
        Some((part((*slice).start, first)?, part((*slice).stop, last)?, step))
    }
}

/// Finds out what a tuple of ints, slices and Nones selects, and fills `part` in, which is empty.
/// It holds only where the answer is true: for a view of a few dimensions, where no pointers lead
/// to the elements.
#[inline]
pub(crate) fn selection(
    array: &AnyArray,
    key: Borrowed<'_, '_, PyAny>,
    part: &mut Narrowed,
) -> bool {
    // SAFETY: the key is alive, and a tuple where it is asked for its items.
    let items = unsafe {
        if ffi::PyTuple_CheckExact(key.as_ptr()) == 0 {
            return false;
        }
        let items = 0..ffi::PyTuple_GET_SIZE(key.as_ptr());
        items.map(|place| Borrowed::from_ptr(key.py(), ffi::PyTuple_GET_ITEM(key.as_ptr(), place)))
    };
    let (length, ndim) = (items.len(), array.layout().ndim());
    // What has no dimensions is of another class than what gets one.
    if length == 0
        || ndim == 0
        || length + ndim > MAX_NDIM
        || !array.layout().suboffsets().is_empty()
    {
        return false;
    }
    let (mut all_exact, mut keeps_any) = (true, false);
    let keys = items.map_while(|item| {
        let key = match bounds(item) {
            Some((start, stop, step)) => {
                keeps_any = true;
                Some(Key::Slice { start, stop, step })
            }
            None => match int(item) {
                Some(index) => Some(Key::Index(index)),
                // SAFETY: the item is alive.
                None if unsafe { ffi::Py_IsNone(item.as_ptr()) } != 0 => {
                    keeps_any = true;
                    Some(Key::New)
                }
                None => None,
            },
        };
        all_exact &= key.is_some();
        key
    });
    let is_found = array.layout().narrow(keys, part).is_some();
    // As many ints as there are dimensions select an element.
    is_found && all_exact && (keeps_any || length < ndim)
}

/// Returns the text of a str.
#[inline(always)]
pub(crate) fn str_text<'a>(key: Borrowed<'a, '_, PyAny>) -> Option<&'a str> {
    // SAFETY: the key is alive, and a str if it is asked for its text, which it keeps as long as it
    // lives.
    unsafe {
        if ffi::PyUnicode_CheckExact(key.as_ptr()) == 0 {
            return None;
        }
        let mut size = 0;
        let text = ffi::PyUnicode_AsUTF8AndSize(key.as_ptr(), &raw mut size);
        if text.is_null() {
            // Surrogates have no UTF-8; the slow path handles them.
            ffi::PyErr_Clear();
            return None;
        }
        let text = std::slice::from_raw_parts(text.cast(), size as usize);
        // CPython encodes as UTF-8, and nothing else.
        Some(std::str::from_utf8_unchecked(text))
    }
}
