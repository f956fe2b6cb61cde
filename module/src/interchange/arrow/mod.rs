//! Arrow's PyCapsule interface: `v.__arrow_c_array__()` and `v.__arrow_c_schema__()`.
//!
//! Arrow has no strides, byte orders or records: its arrays are numbers one after the other, and a
//! record is a table of such columns. So numbers are handed on where they are, if they lie like
//! that, and records as a copy of each field, because they never do (arrays.rs). What each is to
//! Arrow is in types.rs, and in structs.rs the structs that say so.

mod arrays;
mod structs;
mod text;
mod types;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use consumer::array::AnyArray;
use consumer::error::Error;
use consumer::python::abi::arrow::{ArrowSchema, Moved, Struct};
use consumer::python::exceptions::PyTypeError;
use consumer::python::objects;

use self::types::{Leaf, Origin};
use super::lease::Lease;
use crate::arguments::names::no_names;
use crate::object::PyConsumerArray;

/// Returns the elements as they are to be handed on, and whether as a copy.
///
/// # Errors
/// BufferError for what Arrow cannot say.
fn described(array: &AnyArray) -> Result<(AnyArray, Origin), Error> {
    if array.layout().ndim() == 0 {
        return Err(Error::buffer("Arrow has no arrays without dimensions: v.reshape(1) has one"));
    }
    let array = types::unfolded(array)?;
    if matches!(types::leaf(&array, Origin::Copy)?, Leaf::Records(_)) {
        return Ok((array, Origin::Copy));
    }
    types::leaf(&array, Origin::View)?;
    if !array.layout().is_c_contiguous() {
        return Err(Error::buffer(
            "Arrow has no strides, and the elements are not C-contiguous: v.copy() has them so",
        ));
    }
    Ok((array, Origin::View))
}

/// Makes the schema of elements that were [`described`].
fn schema_of(array: &AnyArray, origin: Origin) -> Result<Moved<ArrowSchema>, Error> {
    types::schema(array, 1, "", origin)
}

/// Checks what a consumer asks for. Whether it gets that is up to us: it casts what it gets.
fn check_requested(requested: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let Some(requested) = requested else { return Ok(()) };
    // SAFETY: attached; the object is alive, and the name a C string.
    let is_schema =
        unsafe { ffi::PyCapsule_IsValid(requested.as_ptr(), ArrowSchema::CAPSULE.as_ptr()) } != 0;
    if is_schema {
        return Ok(());
    }
    let name = objects::type_name(requested);
    let message =
        format!("requested_schema must be None or a capsule named 'arrow_schema', not {name}");
    Err(PyTypeError::new_err(message))
}

#[pymethods]
impl PyConsumerArray {
    /// The elements as Arrow's C structs, in two capsules, as pyarrow.array(v) asks for them.
    ///
    /// DuckDB and nanoarrow ask as well; polars takes pl.Series(pyarrow.array(v)), because it asks
    /// sequences for their items. Numbers, bools (as arrow.bool8) and byte strings are handed on
    /// where they are; further dimensions are lists of fixed size. They have to be C-contiguous and
    /// in this machine's byte order: BufferError tells what else they are, and what to call then,
    /// such as v.copy(). While a consumer has them the view cannot be released, and what is stored
    /// in it changes what the consumer sees, which Arrow takes for constant.
    ///
    /// Records are a struct array, which pyarrow.table(v), pandas.DataFrame.from_arrow(v),
    /// polars.from_dataframe(v) and DuckDB take for a table. That is always a copy: of each field
    /// by itself, in this machine's byte order, with bools as bits and text as UTF-8. Fields
    /// without a name are f0, f1, …; one that Arrow has no type for is a BufferError that names it,
    /// and v[["name", "other"]] leaves it out.
    ///
    /// requested_schema is None or a capsule, and changes nothing: pyarrow.array(v).cast(…) gives
    /// another type.
    #[pyo3(
        signature = (requested_schema = None, **names),
        text_signature = "($self, /, requested_schema=None)"
    )]
    fn __arrow_c_array__<'py>(
        this: &Bound<'py, Self>,
        requested_schema: Option<&Bound<'py, PyAny>>,
        names: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        no_names("__arrow_c_array__", names)?;
        check_requested(requested_schema)?;
        let py = this.py();
        // Signals are handled while records are copied.
        let hold = this.get().hold(py)?;
        let (array, origin) = described(&hold)?;
        let schema = schema_of(&array, origin)?;
        let array = match origin {
            Origin::Copy => arrays::copied(py, &array, 1, "")?,
            Origin::View => arrays::shared(&array, Lease::new(this)?)?,
        };
        let capsules = [structs::capsule(py, schema)?, structs::capsule(py, array)?];
        objects::tuple(py, capsules.into_iter().map(Ok))
    }

    /// What the elements are to Arrow, as its C struct in a capsule.
    ///
    /// It is what __arrow_c_array__() begins with, without the elements.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let hold = self.hold(py)?;
        let (array, origin) = described(&hold)?;
        structs::capsule(py, schema_of(&array, origin)?)
    }
}
