//! What an `ArrowSchema` says of the elements.

use std::ffi::{CStr, c_char};

use pyo3::prelude::*;

use super::metadata::{Extension, extension, tensor};
use super::refusal::{Fault, Refusal, contradiction};
use crate::dtype::DType;
use crate::fallible::{Shortened, lossy_start, sorted};
use crate::layout::MAX_NDIM;
use crate::python::abi::arrow::{ArrowSchema, BOOL8, number_of};

/// The extension type of lists that are arrays of one shape.
const TENSOR: &[u8] = b"arrow.fixed_shape_tensor";

/// How many columns a message names.
const NAMED_COLUMNS: usize = 8;

/// The elements of an array.
pub(super) struct Described {
    pub(super) element: Element,
    /// The lists of fixed size that the elements are in, from the outermost on.
    pub(super) lists: Vec<List>,
}

/// What one element is.
pub(super) enum Element {
    Scalar(DType),
    /// Bytes of that number.
    Bytes(usize),
}

/// A level of lists of fixed size.
pub(super) struct List {
    pub(super) size: usize,
    /// The dimensions that the list is, of `size` elements together.
    pub(super) shape: Vec<usize>,
    /// The order of those dimensions; empty if that is theirs.
    pub(super) axes: Vec<usize>,
}

/// Reads a schema.
///
/// # Errors
/// A refusal, for what is no number, bool or byte string, nor a list of fixed size of these; a
/// contradiction.
///
/// # Safety
/// The schema is what a producer has filled in.
pub(super) unsafe fn describe(py: Python<'_>, schema: &ArrowSchema) -> Result<Described, Fault> {
    let (mut schema, mut lists) = (schema, Vec::new());
    loop {
        if schema.release.is_none() {
            return Err(contradiction("its schema is released"));
        }
        // SAFETY: the texts of a schema that is not released are there.
        let (format, extension) = unsafe {
            let format = text(schema.format).ok_or_else(|| contradiction("it has no format"))?;
            (format, extension(schema.metadata)?)
        };
        if !schema.dictionary.is_null() {
            return Err(Refusal::Dictionary.into());
        }
        if let Some(size) = format.strip_prefix(b"+w:") {
            if lists.len() == MAX_NDIM {
                return Err(contradiction("it nests more lists than there are dimensions"));
            }
            lists.push(list(py, number(size, format)?, extension)?);
            // SAFETY: the caller guarantees the schema.
            schema = unsafe { only_child(schema.n_children, schema.children.cast_const())? };
            continue;
        }
        let element = match (number_of(format), format.strip_prefix(b"w:"), &extension) {
            (Some(DType::I8), _, Some(extension)) if extension.name == BOOL8 => {
                Element::Scalar(DType::Bool)
            }
            (Some(dtype), _, None) => Element::Scalar(dtype),
            (_, Some(size), None) => Element::Bytes(number(size, format)?),
            // SAFETY: the caller guarantees the schema.
            _ => return Err(unsafe { refusal(schema, format, extension) }.into()),
        };
        return Ok(Described { element, lists });
    }
}

/// Returns the one child of a list of fixed size.
///
/// # Safety
/// `children` is NULL or has `count` entries, each of which is NULL or leads to a struct.
pub(super) unsafe fn only_child<'a, T>(
    count: i64,
    children: *const *mut T,
) -> Result<&'a T, Fault> {
    let wrong = || contradiction(format!("a list of fixed size has {count} children"));
    if count != 1 || children.is_null() {
        return Err(wrong());
    }
    // SAFETY: the caller guarantees it.
    unsafe { (*children).as_ref() }.ok_or_else(wrong)
}

/// Returns what the lists of a size are: arrays of a shape, if an extension type says so.
fn list(py: Python<'_>, size: usize, extension: Option<Extension<'_>>) -> Result<List, Fault> {
    let Some(extension) = extension else {
        return Ok(List { size, shape: vec![size], axes: Vec::new() });
    };
    if extension.name != TENSOR {
        return Err(Refusal::Extension(quoted(extension.name)).into());
    }
    let tensor = tensor(py, extension.metadata)?;
    let product = tensor.shape.iter().try_fold(1_usize, |all, &length| all.checked_mul(length));
    let axes = sorted(tensor.axes.clone());
    let orders = axes.is_empty() || axes.into_iter().eq(0..tensor.shape.len());
    if product != Some(size) || !orders {
        return Err(contradiction(format!(
            "lists of {size} elements are no tensors of shape {:?} with the permutation {:?}",
            tensor.shape, tensor.axes
        )));
    }
    // By the specification it says which dimension in memory each one is. There are libraries that
    // write the inverse, so that only one which is its own inverse is understood by all.
    let axes = &tensor.axes;
    if axes.iter().enumerate().any(|(axis, &to)| axes.get(to) != Some(&axis)) {
        return Err(Refusal::Permutation(format!("{axes:?}")).into());
    }
    Ok(List { size, shape: tensor.shape, axes: tensor.axes })
}

/// Returns a text of C; `None` where it is NULL.
///
/// # Safety
/// It is NULL or a C string.
unsafe fn text<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: the caller guarantees it.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// Reads the size in a format.
fn number(digits: &[u8], format: &[u8]) -> Result<usize, Fault> {
    let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| contradiction(format!("its format is {}", quoted(format))))
}

/// Returns text for a message: its start, if it is long.
fn quoted(text: &[u8]) -> String {
    format!("{:?}", Shortened(&lossy_start(text)))
}

/// Returns what elements are that are not viewed.
///
/// # Safety
/// The schema is what a producer has filled in.
unsafe fn refusal(
    schema: &ArrowSchema,
    format: &[u8],
    extension: Option<Extension<'_>>,
) -> Refusal {
    if let Some(extension) = extension {
        return Refusal::Extension(quoted(extension.name));
    }
    match format {
        b"n" => Refusal::NoValues,
        b"b" => Refusal::Bits,
        b"u" | b"U" | b"vu" => Refusal::Text,
        b"z" | b"Z" | b"vz" => Refusal::Binary,
        [b'd', b':', ..] => Refusal::Decimals,
        b"tdD" => Refusal::Times("dates", 32),
        b"tts" | b"ttm" => Refusal::Times("times", 32),
        [b't', b'd', ..] => Refusal::Times("dates", 64),
        [b't', b't', ..] => Refusal::Times("times", 64),
        [b't', b's', ..] => Refusal::Times("timestamps", 64),
        [b't', b'D', ..] => Refusal::Times("durations", 64),
        [b't', b'i', ..] => Refusal::Intervals,
        b"+l" | b"+L" | b"+vl" | b"+vL" => Refusal::Lists,
        // SAFETY: the caller guarantees it.
        b"+s" => Refusal::Columns(unsafe { columns(schema) }),
        b"+m" => Refusal::Map,
        [b'+', b'u', ..] => Refusal::Union,
        b"+r" => Refusal::RunEnds,
        _ => Refusal::Format(quoted(format)),
    }
}

/// Returns the names of the columns of a struct, or the first of them.
///
/// # Safety
/// The same as for [`refusal`].
unsafe fn columns(schema: &ArrowSchema) -> String {
    let count = usize::try_from(schema.n_children).unwrap_or(0);
    let named = if schema.children.is_null() { 0 } else { count.min(NAMED_COLUMNS) };
    let name = |index: usize| {
        // SAFETY: the caller guarantees it: there are `count` children.
        unsafe { (*schema.children.add(index)).as_ref() }
            // SAFETY: as above.
            .and_then(|column| unsafe { text(column.name) })
            .map_or_else(|| "?".to_owned(), quoted)
    };
    let mut names: Vec<String> = (0..named).map(name).collect();
    if count > named {
        names.push("…".to_owned());
    }
    names.join(", ")
}
