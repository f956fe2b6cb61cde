//! `cast`: the same bytes as elements of another format, in another shape.

use std::ffi::CString;

use pyo3::Borrowed;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use super::class::PyConsumerArray;
use super::copy::order;
use super::index::clipped;
use super::plain;
use crate::array::AnyArray;
use crate::dtype::ScalarType;
use crate::format::{Format, FormatString};
use crate::layout::Layout;

/// A format string out of a str, with the size of its elements.
pub(super) fn parse(format: &Bound<'_, PyString>) -> PyResult<(FormatString, usize)> {
    if let Some((format, scalar_type)) = plain::name(format.as_any().as_borrowed()).and_then(short)
    {
        return Ok((format, scalar_type.dtype.size()));
    }
    let text = match format.to_str() {
        Ok(text) => CString::new(text),
        // Bytes that were no UTF-8 came as surrogates, and go back as what they were.
        Err(_) => {
            let bytes = format.call_method1("encode", ("utf-8", "surrogateescape"))?;
            CString::new(bytes.cast_into::<PyBytes>()?.as_bytes())
        }
    };
    let text =
        text.map_err(|_| PyValueError::new_err("a format cannot contain a null character"))?;
    let unknown = |error: crate::Error| PyValueError::new_err(error.to_string());
    let measure = Format::parse(text.to_bytes()).and_then(|format| format.measure());
    Ok((text.into(), measure.map_err(unknown)?.size))
}

/// A format of one letter, after one prefix or none, as almost all are.
fn short(format: &str) -> Option<(FormatString, ScalarType)> {
    let scalar_type = ScalarType::from_letters(format.as_bytes())?;
    Some((FormatString::inline(format.bytes()), scalar_type))
}

/// The lengths of a shape, given as a list or tuple of ints. Those beyond the machine's integers
/// are an OverflowError, as in memoryview.
fn lengths(shape: &Bound<'_, PyAny>) -> PyResult<Vec<isize>> {
    if !shape.is_instance_of::<PyList>() && !shape.is_instance_of::<PyTuple>() {
        let found = shape.get_type().fully_qualified_name()?;
        return Err(PyTypeError::new_err(format!("shape must be a list or a tuple, not {found}")));
    }
    shape.try_iter()?.map(|length| length?.extract::<isize>()).collect()
}

/// A number of bytes or elements, out of an int. One beyond the machine's integers is more than any
/// memory has.
fn number(object: Option<&Bound<'_, PyAny>>, name: &str) -> PyResult<Option<usize>> {
    let Some(object) = object else { return Ok(None) };
    let negative = |_| PyValueError::new_err(format!("{name} must not be negative"));
    usize::try_from(clipped(object)?).map(Some).map_err(negative)
}

/// What a cast to a format of one letter is, after one prefix or none, of adjacent scalars to one
/// dimension; `None` for all else, and where that cannot be, which the long way then tells.
#[inline]
pub(super) fn line<'py>(
    this: &Bound<'py, PyConsumerArray>,
    format: Borrowed<'_, 'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyConsumerArray>>> {
    let Some((format, scalar_type)) = plain::name(format).and_then(short) else { return Ok(None) };
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
        })
    }
    .map(Some)
}

#[pymethods]
impl PyConsumerArray {
    /// The same memory as elements of another format, in one dimension or in a shape.
    ///
    /// Any format whose size divides the memory will do, from and to any other; unlike memoryview's,
    /// this cast also takes byte orders, and goes from any shape to any other. The elements have to
    /// be adjacent in C order (one dimension of any stride can be cast to a format of the same
    /// size). With order='F' the result is in Fortran order: its first index changes fastest.
    ///
    /// offset, in bytes from the start of the view, and count, in elements of the new format, cast a
    /// part of it: what is left out is not looked at. Without count all bytes from offset on are
    /// taken, and must be whole elements; a shape must be of just as many elements as there are.
    ///
    /// References to objects ('O') are not made out of other elements, and read-only as others.
    ///
    /// Raises TypeError where the elements are not adjacent or the sizes do not fit, ValueError for
    /// a format, a shape or a part that cannot be.
    ///
    /// >>> import consumer
    /// >>> v = consumer.consume(bytes(range(8)))
    /// >>> v.cast('>H').tolist()
    /// [1, 515, 1029, 1543]
    /// >>> v.cast('<H', (2, 2), order='F').tolist()
    /// [[256, 1284], [770, 1798]]
    /// >>> v.cast('<H', offset=1, count=3).tolist()
    /// [513, 1027, 1541]
    #[pyo3(
        signature = (format, shape = None, order = "C", *, offset = None, count = None),
        text_signature = "($self, /, format, shape=None, order='C', *, offset=0, count=None)"
    )]
    fn cast<'py>(
        this: &Bound<'py, Self>,
        format: &Bound<'py, PyString>,
        shape: Option<&Bound<'py, PyAny>>,
        order: &str,
        offset: Option<&Bound<'py, PyAny>>,
        count: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Self>> {
        let (format, itemsize) = parse(format)?;
        let shape = shape.map(lengths).transpose()?;
        let offset = number(offset, "offset")?.unwrap_or(0);
        let count = number(count, "count")?;
        let array = this.get().array()?;
        let order = self::order(Some(order), array.layout())?;
        let layout = if offset == 0 && count.is_none() {
            array.layout().cast(itemsize, shape.as_deref(), order)?
        } else {
            let part = array.layout().bytes(offset, itemsize, count)?;
            part.cast(itemsize, shape.as_deref(), order)?
        };
        let access = this.get().access(this.py())?;
        // Numbers must not be taken for references, nor references be written as numbers.
        let start = access.start().wrapping_add(offset);
        let readonly = access.readonly() || access.has_references();
        // SAFETY: the layout covers bytes of the view's elements from the offset on, and no others.
        let cast = unsafe { AnyArray::new(start, layout, format, readonly, None) };
        if !cast.has_objects() {
            // SAFETY: as said, under access.
            return unsafe { Self::share(this, cast) };
        }
        match (&*access, cast) {
            (AnyArray::Composite(from), AnyArray::Composite(to))
                if from.descriptor() == to.descriptor() && offset.is_multiple_of(itemsize) =>
            {
                // SAFETY: the layout covers bytes of the same elements.
                let cast = unsafe {
                    let (layout, format) = (to.layout().clone(), to.format().clone());
                    let (readonly, element_type) = (access.readonly(), to.descriptor().clone());
                    AnyArray::composite(start, layout, format, readonly, None, element_type)
                };
                // SAFETY: as said, under access.
                unsafe { Self::share(this, cast) }
            }
            (_, cast) => Err(PyTypeError::new_err(format!(
                "cannot cast format '{}' to format '{}': no bytes are references to objects",
                access.format(),
                cast.format()
            ))),
        }
    }
}
