//! Keys and values that are just Python's own ints, slices, strs and floats.
//!
//! Reading them runs nobody's code, so that it cannot cost the view its memory: a view is asked for
//! access once, and its element or part is found and used under that. What is out of the ordinary,
//! and what is wrong, is left for the long way in index.rs, which tells.

use std::mem::discriminant;

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use super::access::Access;
use super::class::PyConsumerArray;
use super::convert::{PyElement, plain_int};
use super::index;
use super::long::is_long;
use crate::array::{AnyArray, dispatch};
use crate::error::Result;
use crate::kernels::copy;
use crate::layout::{Key, Layout, Narrowed};
use crate::view::RawView;

/// The address of the element of a key that needs no code of anybody's to be read, and so cannot
/// cost the view its memory: an int, or a tuple of ints. `None` where the key is another, or leads
/// nowhere; the long way then tells which.
#[inline(always)]
pub(super) fn element(array: &AnyArray, key: Borrowed<'_, '_, PyAny>) -> Option<*mut u8> {
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

/// What a key selects; `None` where that takes the long way.
#[inline(always)]
pub(super) fn select<'py>(
    this: Borrowed<'_, 'py, PyConsumerArray>,
    key: Borrowed<'_, 'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = this.py();
    let Some(access) = this.get().try_access(py) else { return Ok(None) };
    // SAFETY: what is shared are elements of the view, or parts of them, just found under access. So
    // is the element that is read; that gives a new reference, or NULL with an exception.
    unsafe {
        if let Some((offset, length, stride)) = slice(&access, key) {
            let change = |layout: &mut Layout| layout.set_first(length, stride);
            PyConsumerArray::share_changed(&this, offset, change)
        } else if let Some(pointer) = element(&access, key) {
            let object = index::read(py, &access, pointer);
            return Bound::from_owned_ptr_or_err(py, object).map(Some);
        } else if let Some(name) = name(key) {
            match access.find_scalar_field(name) {
                Some(found) => PyConsumerArray::share_field(&this, found),
                None => PyConsumerArray::share(&this, access.field(name)?),
            }
        } else if let Some(offset) = int(key).and_then(|index| access.layout().index_first(index)) {
            PyConsumerArray::share_changed(&this, offset, Layout::remove_first)
        } else if let Some(part) = part(&access, key) {
            let (offset, change) = (part.offset, |layout: &mut Layout| layout.set_dimensions(part));
            PyConsumerArray::share_changed(&this, offset, change)
        } else {
            return Ok(None);
        }
    }
    .map(|part| Some(part.into_any()))
}

/// The number of an object that is just an int, of machine size.
#[inline(always)]
pub(super) fn int(object: Borrowed<'_, '_, PyAny>) -> Option<isize> {
    plain_int(object).and_then(|number| isize::try_from(number).ok())
}

/// Stores such a value in the element of such a key. Says whether it did.
#[inline(always)]
pub(super) fn store(
    view: &PyConsumerArray,
    key: Borrowed<'_, '_, PyAny>,
    value: Borrowed<'_, '_, PyAny>,
) -> bool {
    let Some(access) = view.try_access(key.py()) else { return false };
    if access.readonly() {
        return false;
    }
    let Some(pointer) = element(&access, key) else { return false };
    // SAFETY: the pointer leads to an element of the array, which is writable and accessed.
    dispatch!(&*access, array => unsafe { PyElement::store_plain(array, pointer, value) })
}

/// A slice of one view that is to take the elements of another, where both are lines of the same
/// scalars: 0.3 of the time where they are small.
pub(super) struct Lines<'a> {
    start: *mut u8,
    stride: isize,
    count: usize,
    source: Access<'a>,
    /// Keeps the target's elements accessible.
    _target: Access<'a>,
}

impl Lines<'_> {
    /// Copies bytes, if the elements of both are adjacent. Says whether they are. Nothing in it can
    /// panic.
    #[inline(always)]
    pub(super) fn copy_adjacent(&self) -> bool {
        let itemsize = self.source.layout().itemsize();
        let adjacent = self.stride == itemsize as isize && self.source.layout().is_c_contiguous();
        if adjacent {
            // SAFETY: both are as many bytes, under access; they may overlap. The target is writable.
            unsafe { self.start.copy_from(self.source.start(), self.count * itemsize) };
        }
        adjacent
    }

    /// Copies the elements.
    pub(super) fn copy(&self) -> Result<()> {
        let layout = Layout::line(self.count, self.stride, self.source.layout().itemsize())?;
        // SAFETY: the layout leads to elements of a slice of the target, which is writable.
        unsafe { copy::assign_raw(RawView::new(self.start, &layout), self.source.raw()) }
    }
}

/// The lines of such an assignment; `None` where it is another one.
#[inline]
pub(super) fn lines<'a>(
    view: &'a PyConsumerArray,
    key: Borrowed<'a, 'a, PyAny>,
    value: Borrowed<'a, 'a, PyAny>,
) -> Option<Lines<'a>> {
    let py = key.py();
    let (target, source) =
        (view.try_access(py)?, value.cast_exact::<PyConsumerArray>().ok()?.get().try_access(py)?);
    let same_type = discriminant(&*target) == discriminant(&*source) && target.is_scalar();
    let ([_], &[length], []) =
        (target.layout().shape(), source.layout().shape(), source.layout().suboffsets())
    else {
        return None;
    };
    let (offset, count, stride) = slice(&target, key)?;
    let start = target.start().wrapping_offset(offset);
    let fits = same_type && count == length && !target.readonly() && !is_long(source.raw());
    fits.then_some(Lines { start, stride, count, source, _target: target })
}

/// What a slice of the first dimension selects (offset, length and stride), by the short way:
/// `None` where that does not do.
#[inline(always)]
pub(super) fn slice(
    array: &AnyArray,
    key: Borrowed<'_, '_, PyAny>,
) -> Option<(isize, usize, isize)> {
    let (start, stop, step) = bounds(key)?;
    array.layout().slice_first(start, stop, step)
}

/// The bounds and the step of a slice whose parts are ints or None, so that reading them runs
/// nobody's code; as `PySlice_Unpack` gives them.
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

/// What a tuple of ints and slices selects as a view, where reading it runs nobody's code and no
/// pointers lead to the elements; `None` for all else, which the long way then tells.
#[inline]
pub(super) fn part(array: &AnyArray, key: Borrowed<'_, '_, PyAny>) -> Option<Narrowed> {
    // SAFETY: the key is alive, and a tuple where it is asked for its items.
    let items = unsafe {
        if ffi::PyTuple_CheckExact(key.as_ptr()) == 0 {
            return None;
        }
        let items = 0..ffi::PyTuple_GET_SIZE(key.as_ptr());
        items.map(|place| Borrowed::from_ptr(key.py(), ffi::PyTuple_GET_ITEM(key.as_ptr(), place)))
    };
    let (length, ndim) = (items.len(), array.layout().ndim());
    if length == 0 || length > ndim || !array.layout().suboffsets().is_empty() {
        return None;
    }
    let (mut plain, mut slices) = (true, false);
    let keys = items.map_while(|item| {
        let key = match bounds(item) {
            Some((start, stop, step)) => {
                slices = true;
                Some(Key::Slice { start, stop, step })
            }
            None => int(item).map(Key::Index),
        };
        plain &= key.is_some();
        key
    });
    let part = array.layout().narrowed(keys)?;
    // As many ints as there are dimensions are an element.
    (plain && (slices || length < ndim)).then_some(part)
}

/// The text of a key that is just a str of ASCII, as almost all names are.
#[inline(always)]
pub(super) fn name<'a>(key: Borrowed<'a, '_, PyAny>) -> Option<&'a str> {
    // SAFETY: the key is alive, and a str where it is asked for its text, which is kept in it.
    unsafe {
        if ffi::PyUnicode_CheckExact(key.as_ptr()) == 0 {
            return None;
        }
        let mut size = 0;
        let text = ffi::PyUnicode_AsUTF8AndSize(key.as_ptr(), &raw mut size);
        if text.is_null() {
            // Surrogates: the long way tells.
            ffi::PyErr_Clear();
            return None;
        }
        let text = std::slice::from_raw_parts(text.cast(), size as usize);
        // CPython encodes as UTF-8, and nothing else.
        Some(std::str::from_utf8_unchecked(text))
    }
}
