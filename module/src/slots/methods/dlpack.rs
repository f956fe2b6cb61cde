//! `v.__dlpack__()` and `v.__dlpack_device__()`.

use std::ffi::CStr;

use pyo3::Borrowed;
use pyo3::ffi;
use pyo3::impl_::extract_argument::{FunctionDescription, KeywordOnlyParameterDescription};
use pyo3::prelude::*;

use crate::interchange::dlpack::{self, Request};
use crate::slots::parameters::Call;
use crate::slots::trampoline::{this, trampoline};
use crate::values::NewReference;

pub(in crate::slots) const DLPACK: &CStr =
    c"__dlpack__($self, /, *, stream=None, max_version=None, dl_device=None, copy=None)
--

The memory as a tensor (DLPack), for libraries that ask for it: numpy.from_dlpack(v).

Numbers, complex numbers and bools in this machine's byte order are shared, with any
strides; copy=True makes a tensor of a copy, also of what cannot be shared. While somebody
has the tensor, the view cannot be released.

Raises BufferError for what no tensor can be, and for read-only memory unless max_version is
(1, 0) or higher.

>>> import array, consumer
>>> v = consumer.consume(array.array('d', [0.5, 1.5]))
>>> tensor = v.__dlpack__(max_version=(1, 0))
>>> v.__dlpack_device__()
(1, 0)";

/// `v.__dlpack__(stream=None, max_version=None, dl_device=None, copy=None)`
pub(in crate::slots) unsafe extern "C" fn dlpack(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> NewReference {
    static PARAMETERS: FunctionDescription = FunctionDescription::new(
        Some("ConsumerArray"),
        "__dlpack__",
        &[],
        0,
        0,
        &[
            KeywordOnlyParameterDescription::new("stream", false),
            KeywordOnlyParameterDescription::new("max_version", false),
            KeywordOnlyParameterDescription::new("dl_device", false),
            KeywordOnlyParameterDescription::new("copy", false),
        ],
    );
    let call = Call { arguments, count, names };
    let body = |py| -> PyResult<NewReference> {
        // SAFETY: the method is called by the interpreter, on objects of the class; there are four
        // parameters.
        let (this, [stream, max_version, device, copy]) =
            unsafe { (this(py, object), call.parse(py, &PARAMETERS)?) };
        let request = Request {
            stream: given(&stream),
            max_version: given(&max_version),
            device: given(&device),
            copy: given(&copy),
        };
        dlpack::capsule(&this, &request).map(Bound::into_ptr)
    };
    // SAFETY: called by the interpreter.
    unsafe { trampoline(body) }
}

/// An argument that is there, and not None.
fn given<'a, 'py>(argument: &'a Option<Borrowed<'_, 'py, PyAny>>) -> Option<&'a Bound<'py, PyAny>> {
    argument.as_deref().filter(|argument| !argument.is_none())
}

pub(in crate::slots) const DEVICE: &CStr = c"__dlpack_device__($self, /)
--

Where the memory is, to DLPack: (1, 0), the memory of the host.";

/// `v.__dlpack_device__()`
pub(in crate::slots) unsafe extern "C" fn device(
    object: *mut ffi::PyObject,
    _nothing: *mut ffi::PyObject,
) -> NewReference {
    let body = |py| {
        // SAFETY: the method is called by the interpreter, on objects of the class.
        let view = unsafe { this(py, object) };
        dlpack::device(&view).map(Bound::into_ptr)
    };
    // SAFETY: called by the interpreter.
    unsafe { trampoline(body) }
}
