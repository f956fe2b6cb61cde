//! The metadata of a schema: which extension type its elements are of.

use std::ffi::c_char;

use pyo3::prelude::*;
use pyo3::types::PyList;

use super::refusal::{Fault, contradiction};
use crate::layout::MAX_NDIM;
use crate::python::abi::arrow::{EXTENSION_METADATA, EXTENSION_NAME};
use crate::python::objects;

/// An extension type: its name, and what else its schema says of it.
pub(super) struct Extension<'a> {
    pub(super) name: &'a [u8],
    pub(super) metadata: &'a [u8],
}

/// Returns the extension type that a schema's metadata names, if any.
///
/// # Errors
/// A contradiction, for a negative count or length.
///
/// # Safety
/// `metadata` is NULL, or as the specification lays it out.
pub(super) unsafe fn extension<'a>(
    metadata: *const c_char,
) -> Result<Option<Extension<'a>>, Fault> {
    let mut at = metadata.cast::<u8>();
    let (mut name, mut rest): (Option<&[u8]>, &[u8]) = (None, b"");
    if at.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller guarantees it: a count, and that many keys and values, each after its
    // length.
    unsafe {
        for _ in 0..take_number(&mut at)? {
            let key = take_text(&mut at)?;
            let value = take_text(&mut at)?;
            match key {
                EXTENSION_NAME => name = Some(value),
                EXTENSION_METADATA => rest = value,
                _ => {}
            }
        }
    }
    Ok(name.map(|name| Extension { name, metadata: rest }))
}

/// Takes a number that is not negative.
///
/// # Safety
/// `at` leads to a number, which need not be aligned.
unsafe fn take_number(at: &mut *const u8) -> Result<usize, Fault> {
    // SAFETY: the caller guarantees it.
    let number = unsafe { at.cast::<i32>().read_unaligned() };
    *at = at.wrapping_add(size_of::<i32>());
    usize::try_from(number).map_err(|_| contradiction("its metadata has a negative length"))
}

/// Takes text.
///
/// # Safety
/// `at` leads to a length and as many bytes.
unsafe fn take_text<'a>(at: &mut *const u8) -> Result<&'a [u8], Fault> {
    // SAFETY: the caller guarantees it.
    unsafe {
        let length = take_number(at)?;
        let text = std::slice::from_raw_parts(*at, length);
        *at = at.wrapping_add(length);
        Ok(text)
    }
}

/// What the metadata of `arrow.fixed_shape_tensor` says of the lists.
pub(super) struct Tensor {
    /// The shape as it lies in memory.
    pub(super) shape: Vec<usize>,
    /// Which of its dimensions comes where; in their order if it is empty.
    pub(super) axes: Vec<usize>,
}

/// Reads the metadata of `arrow.fixed_shape_tensor`: JSON.
pub(super) fn tensor(py: Python<'_>, metadata: &[u8]) -> Result<Tensor, Fault> {
    let text =
        std::str::from_utf8(metadata).map_err(|_| contradiction("its metadata is not UTF-8"))?;
    let parsed = py.import("json")?.call_method1("loads", (objects::string(py, text)?,));
    let parsed = parsed.map_err(|why| {
        let why = objects::message(py, &why);
        contradiction(format!("the metadata of arrow.fixed_shape_tensor is no JSON: {why}"))
    })?;
    let numbers = |name: &str| -> Result<Vec<usize>, Fault> {
        let wrong = || contradiction(format!("arrow.fixed_shape_tensor has no {name} that fits"));
        let found = parsed.call_method1("get", (name,)).map_err(|_| wrong())?;
        if found.is_none() {
            return Ok(Vec::new());
        }
        let found = found.cast_into::<PyList>().map_err(|_| wrong())?;
        if found.len() > MAX_NDIM {
            return Err(wrong());
        }
        found.extract().map_err(|_| wrong())
    };
    Ok(Tensor { shape: numbers("shape")?, axes: numbers("permutation")? })
}
