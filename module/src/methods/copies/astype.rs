//! `astype` and `byteswap`: copies whose elements are of another type, or in the other byte order.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use consumer::array::AnyArray;
use consumer::dtype::ScalarType;
use consumer::format::FormatString;
use consumer::kernels::convert::Overflow;
use consumer::kernels::pieces::Sequence;
use consumer::layout::Layout;
use consumer::memory::Memory;
use consumer::python::exceptions::PyTypeError;

use crate::arguments::names::no_names;
use crate::arguments::{self, str_argument, str_text};
use crate::gil;
use crate::object::PyConsumerArray;
use crate::object::create::exact_copy_of;

/// Returns whether a format describes the elements, which are no scalars, as they are.
fn is_of_format(array: &AnyArray, format: &FormatString) -> bool {
    array.format() == format
        || matches!(array, AnyArray::Composite(array)
            if array.descriptor().is_described_by(format.as_bytes()))
}

/// Copies the elements, converted to another scalar format of `itemsize` bytes, to a view over
/// memory of its own. `array` is held.
fn converted<'py>(
    py: Python<'py>,
    array: &AnyArray,
    (format, itemsize): (FormatString, usize),
    overflow: Overflow,
) -> PyResult<Bound<'py, PyConsumerArray>> {
    let conversion = array.conversion(&format, overflow)?;
    let layout = Layout::contiguous(array.layout().shape(), itemsize)?;
    // SAFETY: the pieces are parts of the array, and the memory is new and has room for all
    // elements; the conversion touches nothing else.
    let memory = unsafe {
        Memory::written(layout.nbytes(), |start| {
            gil::in_pieces(py, [array.raw()], Sequence::Forward, |[piece], before| {
                conversion.write(piece, before, start).map(|()| true)
            })
        })?
    };
    PyConsumerArray::over_scalars(py, memory, layout, format)
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
    /// Addresses (P) become integers and back, and text of one width (u, w) the other. All else,
    /// such as records and bytes, raises TypeError, unless the format is the one that the view has:
    /// then this is a copy.
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
        let (format, itemsize) = arguments::format(str_argument("format", format)?)?;
        let overflow = overflow.map(|name| str_text("overflow", name)).transpose()?;
        let overflow = arguments::overflow(overflow.unwrap_or("error"))?;
        let hold = self.hold(py)?;
        if hold.scalar_type().is_none() && is_of_format(&hold, &format) {
            return exact_copy_of(py, &hold, format);
        }
        converted(py, &hold, (format, itemsize), overflow)
    }

    /// A copy in the other byte order, with the same values.
    ///
    /// It is a writable view over memory of its own, in the same shape, contiguous in C order. Its
    /// format has '<' or '>' for the order, unless the elements are of one byte. (The method of
    /// that name in NumPy keeps the type instead, so that the values change.) copy() gives a copy
    /// in this machine's order.
    ///
    /// Elements that are no scalars, such as records, raise TypeError.
    ///
    /// >>> import consumer
    /// >>> v = consumer.consume(b"\x01\x00\x02\x00").cast("<H").byteswap()
    /// >>> v.format, v.tolist(), v.tobytes()
    /// ('>H', [1, 2], b'\x00\x01\x00\x02')
    fn byteswap<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Self>> {
        let hold = self.hold(py)?;
        let Some(scalar_type) = hold.scalar_type() else {
            let format = hold.format();
            return Err(PyTypeError::new_err(format!(
                "elements of format '{format}' are no scalars, and have no byte order of their own"
            )));
        };
        let itemsize = hold.layout().itemsize();
        let swapped = ScalarType { swapped: !scalar_type.swapped && itemsize > 1, ..scalar_type };
        converted(py, &hold, (swapped.explicit_format(), itemsize), Overflow::Error)
    }
}
