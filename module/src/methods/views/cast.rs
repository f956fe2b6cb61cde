//! `cast`: the same bytes as elements of another format, in another shape.

use pyo3::Borrowed;
use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::layout::{Cast, Layout};
use consumer::python::acquire::Elements;
use consumer::python::exceptions::PyTypeError;

use crate::arguments::formats::{self, Measured, format_of_letter};
use crate::arguments::{self, exact};
use crate::object::PyConsumerArray;
use crate::object::consume::viewed;

/// The fast path of `v.cast(format)`: contiguous scalars become those of a format of one letter.
/// Returns `None` for everything else, and for what is an error.
#[inline(always)]
pub(crate) fn cast_exact<'py>(
    this: &Bound<'py, PyConsumerArray>,
    format: Borrowed<'_, 'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyConsumerArray>>> {
    let Some((format, scalar_type)) = exact::str_text(format).and_then(format_of_letter) else {
        return Ok(None);
    };
    let Some(access) = this.get().try_access(this.py()) else { return Ok(None) };
    let size = scalar_type.dtype.size();
    let nbytes = match access.layout().contiguous_len() {
        Some(length) if access.is_scalar() => length * access.layout().itemsize(),
        _ => return Ok(None),
    };
    if !nbytes.is_multiple_of(size) {
        return Ok(None);
    }
    let (start, readonly) = (access.start(), access.readonly());
    let layout = Layout::line(nbytes / size, size as isize, size)?;
    // SAFETY: the layout covers the bytes of the view's elements, under access.
    unsafe {
        PyConsumerArray::share_with(this, |place| {
            place.write(AnyArray::from_scalars(scalar_type, start, layout, format, readonly, None));
            1
        })
    }
    .map(Some)
}

/// The fast path of `v.cast(format, offset=offset, count=count)`: some bytes of contiguous scalars
/// become elements of a format that is a letter or has been measured before. Returns `None` for
/// everything else, and for what is an error.
#[inline(never)]
pub(crate) fn cast_part<'py>(
    this: &Bound<'py, PyConsumerArray>,
    format: Borrowed<'_, 'py, PyAny>,
    offset: usize,
    count: Option<usize>,
) -> PyResult<Option<Bound<'py, PyConsumerArray>>> {
    let Some(text) = exact::str_text(format) else { return Ok(None) };
    let letter = format_of_letter(text);
    let known = if letter.is_none() { formats::measured(text) } else { None };
    let size = match (&letter, &known) {
        (Some((_, found)), _) => found.dtype.size(),
        (_, Some(known)) => known.size,
        _ => return Ok(None),
    };
    let Some(access) = this.get().try_access(this.py()) else { return Ok(None) };
    let available = match access.layout().contiguous_len() {
        Some(length) if access.is_scalar() => length * access.layout().itemsize(),
        _ => return Ok(None),
    };
    let Some(rest) = available.checked_sub(offset) else { return Ok(None) };
    let length = match count {
        Some(count) if count.checked_mul(size).is_some_and(|nbytes| nbytes <= rest) => count,
        None if size > 0 && rest.is_multiple_of(size) => rest / size,
        _ => return Ok(None),
    };
    if length == 0 || size == 0 {
        return Ok(None);
    }
    let layout = Layout::line(length, size as isize, size)?;
    let (start, readonly) = (access.start().wrapping_add(offset), access.readonly());
    // SAFETY: the layout covers bytes of the view's elements from the offset on, under access. The
    // place is filled in with elements of the layout's size.
    unsafe {
        if let Some((format, found)) = letter {
            return PyConsumerArray::share_with(this, |place| {
                place.write(AnyArray::from_scalars(found, start, layout, format, readonly, None));
                1
            })
            .map(Some);
        }
        let Some(Measured { format, element_type: Some(found), .. }) = known else {
            return Ok(None);
        };
        PyConsumerArray::share_with(this, |place| {
            place.write(AnyArray::composite(start, layout, format, readonly, None, found));
            1
        })
        .map(Some)
    }
}

/// The arguments of `v.cast`.
pub(crate) struct CastArguments<'a, 'py> {
    pub(crate) format: &'a Bound<'py, PyAny>,
    pub(crate) shape: Option<&'a Bound<'py, PyAny>>,
    pub(crate) order: &'a str,
    pub(crate) offset: Option<&'a Bound<'py, PyAny>>,
    pub(crate) count: Option<&'a Bound<'py, PyAny>>,
    pub(crate) strides: Option<&'a Bound<'py, PyAny>>,
}

/// `v.cast(format, shape, order, offset=offset, count=count, strides=strides)`
pub(crate) fn cast<'py>(
    this: &Bound<'py, PyConsumerArray>,
    arguments: CastArguments<'_, 'py>,
) -> PyResult<Bound<'py, PyConsumerArray>> {
    let CastArguments { format, shape, order, offset, count, strides } = arguments;
    let Elements { format, itemsize, element_type } = formats::elements(format, viewed)?;
    let shape = shape.map(|shape| arguments::sizes(shape, "shape")).transpose()?;
    let strides = strides.map(|strides| arguments::sizes(strides, "strides")).transpose()?;
    let offset = arguments::count(offset, "offset")?;
    let count = arguments::count(count, "count")?;
    let description = this.get().describe()?;
    let order = arguments::order(Some(order), description.layout())?;
    let (shape, strides) = (shape.as_deref(), strides.as_deref());
    let layout = if offset.is_none() && count.is_none() && strides.is_none() {
        description.layout().cast(itemsize, shape, order)?
    } else {
        let cast = Cast { shape, order, offset, count, strides };
        description.layout().cast_part(itemsize, cast)?
    };
    let offset = offset.unwrap_or(0);
    let mut strides = layout.strides().iter();
    let in_step = strides.all(|stride| stride.unsigned_abs().is_multiple_of(itemsize));
    let access = this.get().access(this.py())?;
    // Numbers must not be taken for references, nor references be written as numbers.
    let start = access.start().wrapping_add(offset);
    let readonly = access.readonly() || access.has_references();
    // SAFETY: the layout covers bytes of the view's elements from the offset on, and no others.
    let cast = unsafe {
        match element_type {
            Some(element_type) => {
                AnyArray::composite(start, layout, format, readonly, None, element_type)
            }
            None => AnyArray::of_own(start, layout, format, readonly, None).judged()?,
        }
    };
    if !cast.has_objects() {
        // SAFETY: as said, under access.
        return unsafe { PyConsumerArray::share(this, cast) };
    }
    match (&*access, cast) {
        (AnyArray::Composite(from), AnyArray::Composite(to))
            if from.descriptor() == to.descriptor()
                && offset.is_multiple_of(itemsize)
                && in_step =>
        {
            // SAFETY: the layout covers bytes of the same elements.
            let cast = unsafe {
                let (layout, format) = (to.layout().clone(), to.format().clone());
                let (readonly, element_type) = (access.readonly(), to.descriptor().clone());
                AnyArray::composite(start, layout, format, readonly, None, element_type)
            };
            // SAFETY: as said, under access.
            unsafe { PyConsumerArray::share(this, cast) }
        }
        (_, cast) => Err(PyTypeError::new_err(format!(
            "cannot cast format '{}' to format '{}': no bytes are references to objects",
            access.format(),
            cast.format()
        ))),
    }
}
