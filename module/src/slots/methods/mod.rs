//! The methods for which the layer that `#[pymethods]` puts around each would be a large part of
//! the whole: `tobytes`, `hex`, `tolist`, `cast`, `release` and those of `with`.

pub(super) mod dlpack;
pub(super) mod summaries;

use std::ffi::CStr;

use pyo3::impl_::extract_argument::{FunctionDescription, KeywordOnlyParameterDescription};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{Borrowed, ffi};

use consumer::layout::Order;
use consumer::python::exceptions::PyTypeError;

use super::parameters::Call;
use super::trampoline::{attached_trampoline, none, this, trampoline};
use crate::arguments::str_text;
use crate::methods::copies::copy;
use crate::methods::views::cast::{CastArguments, cast as cast_any, cast_exact, cast_part};
use crate::object::PyConsumerArray;
use crate::object::uninit::value;
use crate::values::NewReference;

pub(super) const TOBYTES: &CStr = c"tobytes($self, /, order='C')
--

The bytes of the elements, as they lie in memory, one after the other in an order.

'C': the last index changes fastest; 'F': the first one does; 'A': Fortran order where the
elements lie so, else C order.

>>> import consumer
>>> consumer.consume(b\"abcdef\").reshape(2, 3).tobytes(\"F\")
b'adbecf'";

/// `v.tobytes(order)`
pub(super) unsafe extern "C" fn tobytes(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> NewReference {
    let call = Call { arguments, count, names };
    if call.is_empty() {
        // SAFETY: the method is called attached, and on objects of the class.
        let (py, view) = unsafe { (Python::assume_attached(), value(object)) };
        if let Some(bytes) = copy::contiguous_bytes(py, view) {
            return bytes;
        }
    }
    // SAFETY: as above; the call is passed on.
    unsafe { slow_tobytes(value(object), call) }
}

/// # Safety
/// The call is one that the interpreter makes.
#[inline(never)]
unsafe fn slow_tobytes(view: &PyConsumerArray, call: Call) -> NewReference {
    static PARAMETERS: FunctionDescription =
        FunctionDescription::new(Some("ConsumerArray"), "tobytes", &["order"], 0, 0, &[]);
    let body = |py| -> PyResult<NewReference> {
        // SAFETY: the caller guarantees it for the call; there is one parameter.
        let [order] = unsafe { call.parse(py, &PARAMETERS)? };
        let order = order.filter(|order| !order.is_none());
        let order = order.as_deref().map(|order| str_text("order", order)).transpose()?;
        let bytes: Bound<'_, PyBytes> = match order {
            None => copy::bytes_in_order(py, view, Order::C)?,
            Some(name) => copy::bytes_in_named_order(py, view, name)?,
        };
        Ok(bytes.into_ptr())
    };
    // SAFETY: called by the method.
    unsafe { attached_trampoline(body) }
}

pub(super) const HEX: &CStr = c"hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)
--

The bytes of the elements, in C order, as two hexadecimal digits each.

sep is a character that separates them into groups of bytes_per_sep bytes, counted from the
right where that is positive, as in bytes.hex.

>>> import consumer
>>> consumer.consume(b\"\\xb9\\x01\\xef\").hex(\":\")
'b9:01:ef'";

/// `v.hex(sep, bytes_per_sep)`
pub(super) unsafe extern "C" fn hex(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> NewReference {
    let call = Call { arguments, count, names };
    // SAFETY: the method is called attached, and on objects of the class.
    let (py, view) = unsafe { (Python::assume_attached(), value(object)) };
    if call.is_empty()
        && let Some(digits) = copy::few_digits(py, view)
    {
        return digits;
    }
    // SAFETY: the call is the interpreter's.
    unsafe { slow_hex(view, call) }
}

/// # Safety
/// The call is one that the interpreter makes.
#[inline(never)]
unsafe fn slow_hex(view: &PyConsumerArray, call: Call) -> NewReference {
    let body = |py| -> PyResult<NewReference> {
        // SAFETY: the caller guarantees it for the call.
        let (arguments, names) = unsafe { call.collect(py)? };
        copy::digits(py, view, &arguments, names.as_ref()).map(Bound::into_ptr)
    };
    // SAFETY: called by the method.
    unsafe { attached_trampoline(body) }
}

pub(super) const TOLIST: &CStr = c"tolist($self)
--

The elements as a list, nested as deep as there are dimensions.

Of a view of no dimensions, its one element.

>>> import array, consumer
>>> consumer.consume(array.array(\"i\", range(6))).reshape(2, 3).tolist()
[[0, 1, 2], [3, 4, 5]]";

/// `v.tolist()`
pub(super) unsafe extern "C" fn tolist(
    object: *mut ffi::PyObject,
    _nothing: *mut ffi::PyObject,
) -> NewReference {
    // SAFETY: the method is called attached, and on objects of the class.
    unsafe { trampoline(|py| copy::list_of(py, value(object)).map(Bound::into_ptr)) }
}

pub(super) const RELEASE: &CStr = c"release($self)
--

Lets go of the memory now, rather than when the view dies.

Whatever is done with the view after that raises ValueError. Views that were made from it
live on, and keep the export with them. Releasing twice is allowed; while somebody has a
buffer of this view, as memoryview(v) does, it raises BufferError. Where another thread is
in the middle of an operation on the view, the memory stays until that is over.

>>> import consumer
>>> data = bytearray(b\"abc\")
>>> v = consumer.consume(data)
>>> v.release()
>>> data.append(100)
>>> v[0]
Traceback (most recent call last):
    ...
ValueError: operation forbidden on released ConsumerArray object";

/// `v.release()`
pub(super) unsafe extern "C" fn release(
    object: *mut ffi::PyObject,
    _nothing: *mut ffi::PyObject,
) -> NewReference {
    // SAFETY: the method is called attached, and on objects of the class.
    unsafe { trampoline(|py| value(object).release_view(py).map(|()| none(py))) }
}

pub(super) const CAST: &CStr =
    c"cast($self, /, format, shape=None, order='C', *, offset=None, count=None, strides=None)
--

The same memory as elements of another format, in one dimension or in a shape.

Any format whose size divides the memory will do, from and to any other, also with a byte
order. It may be written as NumPy has it (\"float32\", \"<i4\"), and stated by a numpy.dtype, a
struct.Struct, a class of ctypes, or int, float, bool and complex; and there are names for
types that formats have no code for: int24, uint24, bfloat16, float8_e4m3fn and float8_e5m2.
shape is in elements of the new format, one length for each dimension, and one of them may
be -1. With order='F' the first index of the result changes fastest.

The elements have to be contiguous, and are taken as they lie in memory: those in Fortran
order become one dimension, or several with order='F'. (One dimension of any stride can be
cast to a format of the same size.)

offset, in bytes from the start of the view, and count, in elements of the new format, cast
a part of it: what is left out is not looked at. With an offset, a shape says how many
elements there are; without shape and count all bytes from offset on are taken, and must be
whole elements. strides, in bytes, are for elements that are not side by side, or that
overlap; a length of -1 is then the largest for which they stay within the memory.

References to objects ('O') are not made out of other elements, and are read-only when seen
as others.

Raises TypeError where the elements are not contiguous or the sizes do not fit, ValueError
for a format, a shape or a part that cannot be.

>>> import consumer
>>> v = consumer.consume(bytes(range(8)))
>>> v.cast(\">H\").tolist()
[1, 515, 1029, 1543]
>>> v.cast(\"<H\", (2, 2), order=\"F\").tolist()
[[256, 1284], [770, 1798]]
>>> v.cast(\"<H\", offset=1, count=3).tolist()
[513, 1027, 1541]
>>> v.cast(\"<HB\", count=2).tolist()
[(256, 2), (1027, 5)]
>>> v.cast(\"<H\", strides=(3,)).tolist()
[256, 1027, 1798]";

/// `v.cast(format, shape, order, offset=offset, count=count, strides=strides)`
pub(super) unsafe extern "C" fn cast(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> NewReference {
    let call = Call { arguments, count, names };
    let body = |py| -> PyResult<NewReference> {
        // SAFETY: the method is called attached, on objects of the class, and by the interpreter.
        let (this, only) = unsafe { (this(py, object), call.only(py)) };
        if let Some(format) = only
            && let Some(cast) = cast_exact(&this, format)?
        {
            return Ok(cast.into_ptr());
        }
        // SAFETY: the call is the interpreter's.
        let sizes =
            unsafe { call.one_and_sizes(py, [intern!(py, "offset"), intern!(py, "count")]) };
        if let Some((format, [offset, count])) = sizes
            && let Some(cast) = cast_part(&this, format, offset.unwrap_or(0), count)?
        {
            return Ok(cast.into_ptr());
        }
        // SAFETY: the call is the interpreter's.
        Ok(unsafe { slow_cast(this, call) })
    };
    // SAFETY: called by the interpreter.
    unsafe { trampoline(body) }
}

/// # Safety
/// The call is one that the interpreter makes.
#[inline(never)]
unsafe fn slow_cast(this: Borrowed<'_, '_, PyConsumerArray>, call: Call) -> NewReference {
    static PARAMETERS: FunctionDescription = FunctionDescription::new(
        Some("ConsumerArray"),
        "cast",
        &["format", "shape", "order"],
        0,
        1,
        &[
            KeywordOnlyParameterDescription::new("offset", false),
            KeywordOnlyParameterDescription::new("count", false),
            KeywordOnlyParameterDescription::new("strides", false),
        ],
    );
    let body = |_| -> PyResult<NewReference> {
        // SAFETY: the caller guarantees it for the call; there are six parameters.
        let parsed = unsafe { call.parse(this.py(), &PARAMETERS)? };
        let [format, shape, order, offset, count, strides] = parsed;
        // The one required argument: without it there is an error before.
        let Some(format) = format else { return Ok(std::ptr::null_mut()) };
        let [shape, offset, count, strides] =
            [shape, offset, count, strides].map(|given| given.filter(|given| !given.is_none()));
        let arguments = CastArguments {
            format: &format,
            shape: shape.as_deref(),
            order: order.as_deref().map_or(Ok("C"), |order| str_text("order", order))?,
            offset: offset.as_deref(),
            count: count.as_deref(),
            strides: strides.as_deref(),
        };
        cast_any(&this, arguments).map(Bound::into_ptr)
    };
    // SAFETY: called by the method.
    unsafe { attached_trampoline(body) }
}

pub(super) const ENTER: &CStr =
    c"__enter__($self)\n--\n\nThe view itself; ValueError if it was released.";

/// `v.__enter__()`
pub(super) unsafe extern "C" fn enter(
    object: *mut ffi::PyObject,
    _nothing: *mut ffi::PyObject,
) -> NewReference {
    let body = |py| -> PyResult<NewReference> {
        // SAFETY: the method is called attached, and on objects of the class.
        let this = unsafe { this(py, object) };
        this.get().describe()?;
        Ok(this.to_owned().into_ptr())
    };
    // SAFETY: called by the interpreter.
    unsafe { trampoline(body) }
}

pub(super) const EXIT: &CStr =
    c"__exit__($self, *_exception)\n--\n\nReleases the view, as release() does.";

/// `v.__exit__(*exception)`
pub(super) unsafe extern "C" fn exit(
    object: *mut ffi::PyObject,
    _arguments: *const *mut ffi::PyObject,
    _count: isize,
    names: *mut ffi::PyObject,
) -> NewReference {
    let body = |py| {
        if !names.is_null() {
            let message = "ConsumerArray.__exit__() takes no keyword arguments";
            return Err(PyTypeError::new_err(message));
        }
        // SAFETY: the method is called on objects of the class.
        unsafe { value(object) }.release_view(py).map(|()| none(py))
    };
    // SAFETY: called by the interpreter.
    unsafe { trampoline(body) }
}
