//! The one chunk of an `ArrowArrayStream`.

use std::ffi::{CStr, c_int};

use pyo3::prelude::*;

use super::refusal::{Fault, Refusal, contradiction};
use super::schema::{Described, describe};
use crate::fallible::{Shortened, lossy_start};
use crate::python::abi::arrow::{ArrowArray, ArrowArrayStream, ArrowSchema, Moved, Struct};
use crate::python::exceptions::PyBufferError;

/// Something that goes to a function on the same thread, which must have nothing of Python's.
struct OnThisThread<T>(T);

// SAFETY: `Python::detach` calls its closure on the thread that it is called on.
unsafe impl<T> Send for OnThisThread<T> {}

/// Returns what a stream's elements are, and its one chunk; `None` if it has none.
///
/// # Errors
/// The producer's own; a refusal if there are more chunks.
///
/// # Safety
/// The stream is what a producer has filled in.
pub(super) unsafe fn only_chunk(
    py: Python<'_>,
    mut stream: Moved<ArrowArrayStream>,
) -> Result<(Described, Option<Moved<ArrowArray>>), Fault> {
    // SAFETY: the caller guarantees it.
    unsafe {
        let get_schema = stream.get_schema.ok_or_else(|| contradiction("it has no get_schema"))?;
        let get_next = stream.get_next.ok_or_else(|| contradiction("it has no get_next"))?;
        let schema: Moved<ArrowSchema> = call(py, &mut stream, get_schema)?;
        // What is refused is refused before anything is computed.
        let described = describe(py, &schema)?;
        let chunk: Moved<ArrowArray> = call(py, &mut stream, get_next)?;
        if chunk.is_released() {
            return Ok((described, None));
        }
        if !call(py, &mut stream, get_next)?.is_released() {
            return Err(Refusal::Chunks.into());
        }
        Ok((described, Some(chunk)))
    }
}

/// Calls a function of a stream that fills in a struct.
///
/// # Safety
/// It is one of the stream's own.
unsafe fn call<T: Struct>(
    py: Python<'_>,
    stream: &mut Moved<ArrowArrayStream>,
    function: unsafe extern "C" fn(*mut ArrowArrayStream, *mut T) -> c_int,
) -> Result<Moved<T>, Fault> {
    let mut filled: Moved<T> = Moved::released();
    let arguments = OnThisThread((stream.as_mut_ptr(), filled.as_mut_ptr()));
    // Producers may wait for threads of theirs that need the interpreter.
    let status = py.detach(move || {
        let arguments = arguments;
        let OnThisThread((stream, filled)) = arguments;
        // SAFETY: the caller guarantees the function; both places are valid.
        unsafe { function(stream, filled) }
    });
    if status == 0 {
        return match PyErr::take(py) {
            Some(error) => Err(error.into()),
            None => Ok(filled),
        };
    }
    // What a function that failed has left in the place is nobody's.
    std::mem::forget(filled);
    if let Some(error) = PyErr::take(py) {
        return Err(error.into());
    }
    let text = stream.get_last_error.and_then(|get_last_error| {
        // SAFETY: the stream's own function, called right after the one that failed; the text is
        // NULL or a C string until the next call.
        unsafe {
            let text = get_last_error(stream.as_mut_ptr());
            (!text.is_null()).then(|| lossy_start(CStr::from_ptr(text).to_bytes()).into_owned())
        }
    });
    let text = text.unwrap_or_else(|| format!("error {status}"));
    Err(Fault::Raised(failed(&text)))
}

/// The exception for a stream that fails.
fn failed(text: &str) -> PyErr {
    let text = Shortened(text);
    PyBufferError::new_err(format!("the Arrow stream fails: {text}"))
}
