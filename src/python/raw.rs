//! Functions that go around PyO3, because it was measured to pay.
//!
//! PyO3 wraps each function that Python calls in a layer that counts attachments, catches panics
//! and parses arguments. Here are the few for which that layer is a large part of the whole; each
//! says what it gained, as the time with it over the time through PyO3 (CPython 3.13, 3.11; see
//! benches/peers.py). They do the same work by the same functions, which cannot panic.

#[cfg(feature = "extension")]
use pyo3::prelude::*;

#[cfg(feature = "extension")]
pub(super) fn install(_py: Python<'_>) {}

#[cfg(feature = "extension")]
pub(super) fn consume_function<'py>(
    module: &Bound<'py, PyModule>,
) -> PyResult<Bound<'py, pyo3::types::PyCFunction>> {
    #[pyfunction]
    #[pyo3(signature = (object))]
    fn consume<'py>(
        object: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, super::class::PyConsumerArray>> {
        super::module::consume(object)
    }
    wrap_pyfunction!(consume, module)
}
