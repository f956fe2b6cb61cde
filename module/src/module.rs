//! The module `consumer`.

use pyo3::prelude::*;

use consumer::python::errors::buffer_protocol_error;

use crate::methods::views::fields::field_class;
use crate::object::PyConsumerArray;
use crate::slots;
use crate::values::fill_small_int_table;

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
#[pymodule(name = "consumer")]
fn execute(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let class = py.get_type::<PyConsumerArray>();
    module.add("ConsumerArray", &class)?;
    // The name that the class had first, kept as an alias.
    module.add("PyConsumerArray", &class)?;
    module.add("Field", field_class(py)?)?;
    module.add("BufferProtocolError", buffer_protocol_error(py)?)?;
    module.add("consume", slots::consume::function(py)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    fill_small_int_table(py)?;
    module.add("ConsumerScalar", slots::install(py)?)?;
    // `_collections_abc` is what `collections.abc` is made of, and imported at every start.
    py.import("_collections_abc")?.getattr("Sequence")?.call_method1("register", (class,))?;
    Ok(())
}
