//! The module `consumer` and its function `consume`.

use pyo3::Borrowed;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::class::PyConsumerArray;

/// The view of an object that is a ConsumerArray itself, or else a new one of its buffer.
pub(super) fn view_of<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyConsumerArray>> {
    match object.cast_exact::<PyConsumerArray>() {
        Ok(view) => Ok(view.clone()),
        Err(_) => PyConsumerArray::acquire(object),
    }
}

/// A typed view of the memory of any object that exports a buffer: what `consumer.consume` does.
///
/// A view of a ConsumerArray shares its export, as a view of a memoryview does.
///
/// # Errors
/// The exporter's own error; for an object without a buffer one that is both a TypeError and a
/// ValueError; BufferError for a buffer that contradicts itself.
///
/// # Examples
/// ```no_run
/// use pyo3::prelude::*;
/// use pyo3::types::PyBytes;
///
/// Python::attach(|py| {
///     let view = consumer::python::consume(PyBytes::new(py, b"abc").as_any())?;
///     assert_eq!(view.as_any().len()?, 3);
///     Ok::<_, PyErr>(())
/// });
/// ```
#[inline]
pub fn consume<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyConsumerArray>> {
    match object.cast_exact::<PyConsumerArray>() {
        Ok(view) => {
            let access = view.get().access(object.py())?;
            // SAFETY: the same elements, under access.
            unsafe { PyConsumerArray::share(view, access.clone()) }
        }
        Err(_) => PyConsumerArray::acquire(object),
    }
}

/// Refuses a call that does not give just the argument `object`.
#[cold]
pub(super) fn one_object(
    positional: isize,
    names: Option<Borrowed<'_, '_, PyAny>>,
) -> PyResult<()> {
    let names = names.map(|names| names.cast::<PyTuple>().map(Borrowed::to_owned)).transpose()?;
    let named = names.as_ref().map_or(0, PyTupleMethods::len);
    let given = positional.unsigned_abs() + named;
    if given != 1 {
        let message = format!("consume() takes exactly one argument ({given} given)");
        return Err(PyTypeError::new_err(message));
    }
    for name in names.iter().flatten() {
        if !name.eq("object")? {
            let message = format!("consume() got an unexpected keyword argument {}", name.repr()?);
            return Err(PyTypeError::new_err(message));
        }
    }
    Ok(())
}

/// Typed, zero-copy views of any object that exports a buffer (PEP 3118).
///
/// consume(object) gives a ConsumerArray: memory of another object, seen as what its format says it
/// holds, and never copied.
///
/// >>> import array
/// >>> import consumer as C
/// >>> arr = array.array('i', [1, 2, 3, 4, 5])
/// >>> print(C.consume(arr))
/// [ 1 2 3 4 5 ]
#[cfg(feature = "extension")]
#[pymodule]
pub fn consumer(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let class = py.get_type::<PyConsumerArray>();
    module.add("ConsumerArray", &class)?;
    // The name that the tutorial gave the class.
    module.add("PyConsumerArray", &class)?;
    module.add("Field", super::fields::field_class(py)?)?;
    let error = super::errors::buffer_protocol_error(py)?;
    module.add("BufferProtocolError", error)?;
    module.add("consume", super::install::consume_function(py)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    super::convert::prepare(py)?;
    super::install::install(py)?;
    // `_collections_abc` is what `collections.abc` is made of, and imported at every start.
    py.import("_collections_abc")?.getattr("Sequence")?.call_method1("register", (class,))?;
    Ok(())
}
