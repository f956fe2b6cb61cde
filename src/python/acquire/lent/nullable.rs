//! Nulls of pandas, whose arrays have a mask beside the elements.

use pyo3::prelude::*;

use super::arrow::nulls;
use crate::python::acquire::types::attribute;
use crate::python::objects::repr;

/// Returns why an object of pandas is not viewed, a column or an array whose class has that name:
/// because numbers or bools of it are null, and what has none. `None` if that is not why.
///
/// # Errors
/// What the object's methods raise.
pub(super) fn why(object: &Bound<'_, PyAny>, class: &str) -> PyResult<Option<String>> {
    if !class.starts_with("pandas.") {
        return Ok(None);
    }
    let py = object.py();
    let Some(dtype) = attribute(object, pyo3::intern!(py, "dtype"))? else { return Ok(None) };
    let Some(null) = attribute(&dtype, pyo3::intern!(py, "na_value"))? else { return Ok(None) };
    let kind: char = dtype.getattr("kind")?.extract()?;
    // A NaN is a float like any other.
    if repr(&null).as_deref() != Some("<NA>") || !matches!(kind, 'b' | 'i' | 'u' | 'f') {
        return Ok(None);
    }
    let count: usize = object.call_method0("isna")?.call_method0("sum")?.extract()?;
    let filler = if kind == 'b' { "False" } else { "0" };
    let message = || format!("{}; x.fillna({filler}) and x.dropna() have none", nulls(count));
    Ok((count > 0).then(message))
}
