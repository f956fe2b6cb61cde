//! `astype` and `byteswap`: copies whose elements are of another type, or in the other byte order.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use consumer::array::AnyArray;
use consumer::dtype::ScalarType;
use consumer::fallible;
use consumer::form::ElementType;
use consumer::format::FormatString;
use consumer::kernels::convert::Overflow;
use consumer::layout::Layout;
use consumer::memory::Memory;
use consumer::python::acquire::Elements;
use consumer::python::exceptions::PyTypeError;

use crate::arguments::names::no_names;
use crate::arguments::{self, formats, str_text};
use crate::object::PyConsumerArray;
use crate::object::consume::viewed;
use crate::object::create::exact_copy_of;
use crate::object::root::Owned;
use crate::transfer;

/// Returns whether a format describes the elements, which are no scalars, as they are.
fn is_of_format(array: &AnyArray, format: &FormatString) -> bool {
    array.format() == format
        || matches!(array, AnyArray::Composite(array)
            if array.descriptor().is_described_by(format.as_bytes()))
}

/// Copies the elements, which are scalars, converted to another scalar format of `itemsize` bytes,
/// to a view over memory of its own. `array` is held.
fn converted<'py>(
    py: Python<'py>,
    array: &AnyArray,
    (format, itemsize): (FormatString, usize),
    overflow: Overflow,
) -> PyResult<Bound<'py, PyConsumerArray>> {
    let memory = transfer::to_format(py, array, &format, overflow)?;
    let layout = Layout::contiguous(array.layout().shape(), itemsize)?;
    PyConsumerArray::over_scalars(py, memory, layout, format)
}

/// The same for elements that are no scalars, which are converted part by part.
fn converted_parts<'py>(
    py: Python<'py>,
    array: &AnyArray,
    elements: Elements,
    overflow: Overflow,
) -> PyResult<Bound<'py, PyConsumerArray>> {
    let Elements { format, itemsize, element_type } = elements;
    let layout = Layout::contiguous(array.layout().shape(), itemsize)?;
    let memory = Memory::zeroed(layout.nbytes())?;
    let start = memory.start();
    // SAFETY: the memory is new, and has room for the elements, of which none are references: no
    // zeros are stored over.
    let target = unsafe {
        match element_type {
            Some(element_type) => {
                AnyArray::composite(start, layout, format, false, None, element_type)
            }
            None => AnyArray::of_own(start, layout, format, false, None).judged()?,
        }
    };
    transfer::convert(py, &target, array, overflow)?;
    // SAFETY: the memory goes to the view with the array.
    unsafe { PyConsumerArray::over(py, Owned::Plain(memory), target) }
}

/// Copies the elements, which are no scalars, with all scalars in them in the other byte order.
fn swapped_parts<'py>(py: Python<'py>, array: &AnyArray) -> PyResult<Bound<'py, PyConsumerArray>> {
    let refused = |why: &str| {
        let format = array.format();
        Err(PyTypeError::new_err(format!("elements of format '{format}' {why}")))
    };
    let AnyArray::Composite(composite) = array else { return refused("cannot be read") };
    let element_type = composite.descriptor();
    let shares_bytes = |part: &ElementType| match part {
        ElementType::Bits(_) => true,
        ElementType::Record(record) => record.union,
        _ => false,
    };
    if element_type.any(&shares_bytes) {
        return refused("have bit-fields or unions, whose bytes have no order of their own");
    }
    fallible::room_for(element_type.weight())?;
    let (swapped, itemsize) = (element_type.to_swapped(), array.layout().itemsize());
    let format = swapped.format_in(itemsize);
    let elements = Elements { format, itemsize, element_type: Some(Arc::new(swapped)) };
    converted_parts(py, array, elements, Overflow::Error)
}

#[pymethods]
impl PyConsumerArray {
    /// A copy whose elements are of another format, with the same values.
    ///
    /// It is a writable view over memory of its own, in the same shape, contiguous in C order.
    ///
    /// Numbers of all kinds and both byte orders become each other as in C: floats become integers
    /// by losing their fraction; integers become floats, and floats narrower ones, by rounding to
    /// the nearest, to even between two; bools are 0 and 1, and what is not 0, NaN too, is True.
    /// Addresses (P) become integers and back, and text of one width (u, w) the other. Records
    /// become others field by field: by name where all fields of both have one, in any order, and
    /// else by place. Strings become longer ones, and bit-fields numbers. All else raises
    /// TypeError, unless the format is the one that the view has: then this is a copy. Formats are
    /// stated as for cast.
    ///
    /// A number that the format has no room for raises ValueError: an integer out of range, an
    /// infinity or NaN that is to become an integer, or a finite number that is to become infinite.
    /// float8_e4m3fn has no infinity, and no room for one. With overflow='wrap' integers keep their
    /// lowest bits, as in C: the number, less its fraction, modulo 2 to the number of bits, and 0
    /// for infinities and NaN. With overflow='saturate' they become the nearest integer that the
    /// format has, and NaN becomes 0. With both, a number too large for a float becomes infinite;
    /// in float8_e4m3fn, NaN with overflow='wrap' and the largest number with overflow='saturate'.
    ///
    /// A complex number becomes a real one only where its imaginary part is 0, and else raises
    /// ValueError; v.cast('d', (len(v), 2))[:, 0] views the real parts.
    ///
    /// >>> import array, consumer
    /// >>> v = consumer.consume(array.array('d', [1.5, -2.5, 300.0]))
    /// >>> v.astype('i').tolist()
    /// [1, -2, 300]
    /// >>> v.astype('B', overflow='wrap').tolist()
    /// [1, 254, 44]
    /// >>> v.astype('B', overflow='saturate').tolist()
    /// [1, 0, 255]
    /// >>> v.astype('B')
    /// Traceback (most recent call last):
    ///     ...
    /// ValueError: -2.5 at index 1 is out of range for format 'B'
    #[pyo3(
        signature = (format, *, overflow = None, **names),
        text_signature = "($self, /, format, *, overflow='error')"
    )]
    fn astype<'py>(
        &self,
        py: Python<'py>,
        format: &Bound<'py, PyAny>,
        overflow: Option<&Bound<'py, PyAny>>,
        names: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Self>> {
        no_names("astype", names)?;
        let elements = formats::elements(format, viewed)?;
        let overflow = overflow.map(|name| str_text("overflow", name)).transpose()?;
        let overflow = arguments::overflow(overflow.unwrap_or("error"))?;
        let hold = self.hold(py)?;
        if hold.scalar_type().is_some() {
            return converted(py, &hold, (elements.format, elements.itemsize), overflow);
        }
        let same = match (&*hold, &elements.element_type) {
            (AnyArray::Composite(array), Some(known)) => array.descriptor() == known,
            _ => is_of_format(&hold, &elements.format),
        };
        if same {
            return exact_copy_of(py, &hold, elements.format);
        }
        converted_parts(py, &hold, elements, overflow)
    }

    /// A copy in the other byte order, with the same values.
    ///
    /// It is a writable view over memory of its own, in the same shape, contiguous in C order. Its
    /// format has '<' or '>' for the order, unless the elements are of one byte. (The method of
    /// that name in NumPy keeps the type instead, so that the values change.) copy() gives a copy
    /// in this machine's order.
    ///
    /// In records each field is swapped, so that v["x"].byteswap() is a field of the copy.
    /// Bit-fields and unions, whose bytes have no order of their own, raise TypeError.
    ///
    /// >>> import consumer
    /// >>> v = consumer.consume(b"\x01\x00\x02\x00").cast("<H").byteswap()
    /// >>> v.format, v.tolist(), v.tobytes()
    /// ('>H', [1, 2], b'\x00\x01\x00\x02')
    fn byteswap<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Self>> {
        let hold = self.hold(py)?;
        let Some(scalar_type) = hold.scalar_type() else {
            return swapped_parts(py, &hold);
        };
        let itemsize = hold.layout().itemsize();
        let swapped = ScalarType { swapped: !scalar_type.swapped && itemsize > 1, ..scalar_type };
        converted(py, &hold, (swapped.explicit_format(), itemsize), Overflow::Error)
    }
}
