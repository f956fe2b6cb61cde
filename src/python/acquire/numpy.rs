//! What the elements of NumPy's record arrays are, by their dtypes.
//!
//! The formats that NumPy exports for records do not tell the offset of every field. Padding is written
//! as `x` between fields, but not at the end of a record in a sub-array of records; after a nested record
//! it follows the closing brace, so that a parser that aligns the nested record counts it twice; and for
//! a scalar, or an array of one element, an unaligned field is written as aligned. The dtype has all
//! offsets. Formats without records are right, and never come here.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::types::{MAX_DEPTH, base_class};
use crate::array::AnyArray;
use crate::dtype::{Judgement, Scalar, ScalarType, judge};
use crate::element::{Field, Form, Record};

/// Returns the array as its dtype describes it, if NumPy exports it, itself or through a memoryview, and
/// the dtype tells of another layout than the format, or of bytes that belong to no field. For another
/// layout the format is written anew.
///
/// # Safety
/// The array's memory is that of `exporter`.
pub(super) unsafe fn correct(array: &AnyArray, exporter: &Bound<'_, PyAny>) -> Option<AnyArray> {
    if !array.format().as_bytes().contains(&b'{') {
        return None;
    }
    let mut form = form(array, exporter)?;
    let partial = covered(&form) < form.size();
    let told = matches!(array, AnyArray::Composite(claimed) if agree(claimed.descriptor(), &form));
    if told && !partial {
        return None;
    }
    if let Form::Record(record) = &mut form {
        record.partial = partial;
    }
    let format = if told { array.format().clone() } else { form.format() };
    let layout = array.layout().clone();
    // SAFETY: the same memory in elements of the same size, which are of that dtype.
    Some(unsafe {
        AnyArray::composite(array.start(), layout, format, array.readonly(), None, Arc::new(form))
    })
}

/// Returns how many bytes of an element belong to its fields. The others may be more than padding: other
/// fields of the array that this one is a selection from, as in `a[["x", "y"]]`.
fn covered(form: &Form) -> usize {
    match form {
        Form::Record(record) => record.fields.iter().map(|field| covered(&field.form)).sum(),
        Form::Array { shape, element } => shape.iter().product::<usize>() * covered(element),
        _ => form.size(),
    }
}

/// Returns whether two forms of the same fields have them in the same places.
fn agree(claimed: &Form, known: &Form) -> bool {
    match (claimed, known) {
        (Form::Record(claimed), Form::Record(known)) => {
            let same = |(claimed, known): (&Field, &Field)| {
                claimed.offset == known.offset && agree(&claimed.form, &known.form)
            };
            claimed.fields.len() == known.fields.len()
                && claimed.fields.iter().zip(&known.fields).all(same)
        }
        (Form::Array { shape, element }, Form::Array { shape: other_shape, element: other }) => {
            let alone = shape.iter().product::<usize>() <= 1;
            shape == other_shape
                && (alone || element.size() == other.size())
                && agree(element, other)
        }
        (claimed, known) => claimed == known,
    }
}

/// Returns the form of the elements by their dtype; `None` if NumPy does not export them, if the dtype is
/// no longer that of the export, or if it holds what is not read.
fn form(array: &AnyArray, exporter: &Bound<'_, PyAny>) -> Option<Form> {
    let (exporter, class) = owner(exporter)?;
    // The attribute of NumPy's own class, because a class derived from it may have another one.
    let dtype = class.getattr("dtype").ok()?.call_method1("__get__", (&exporter,)).ok()?;
    let form = form_of(&dtype, 0).ok()?;
    let fits = form.size() == array.layout().itemsize() && is_current(array, &exporter);
    fits.then_some(form)
}

/// Returns the NumPy array or scalar whose memory an exporter shows, and NumPy's class for it.
fn owner<'py>(exporter: &Bound<'py, PyAny>) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let mut exporter = exporter.clone();
    // SAFETY: the object is alive.
    while unsafe { ffi::PyMemoryView_Check(exporter.as_ptr()) } != 0 {
        exporter = exporter.getattr("obj").ok()?;
    }
    let class = base_class(&exporter, |name| name == c"numpy.ndarray" || name == c"numpy.void")?;
    Some((exporter, class))
}

/// Returns whether an exporter still exports what the array was made from: its dtype can be set.
fn is_current(array: &AnyArray, exporter: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the object is alive; the result is a new reference or NULL.
    let view = unsafe {
        Bound::from_owned_ptr_or_err(exporter.py(), ffi::PyMemoryView_FromObject(exporter.as_ptr()))
    };
    let format = view.and_then(|view| view.getattr("format")?.extract::<String>());
    format.is_ok_and(|format| format == array.format().to_string())
}

/// Returns the form of one element of a dtype.
fn form_of(dtype: &Bound<'_, PyAny>, depth: usize) -> PyResult<Form> {
    let unknown = || PyValueError::new_err("a dtype that is not read");
    if depth > MAX_DEPTH {
        return Err(unknown());
    }
    let size: usize = dtype.getattr("itemsize")?.extract()?;
    let sub_array = dtype.getattr("subdtype")?;
    let names = dtype.getattr("names")?;
    let form = if let Ok(parts) = sub_array.cast::<PyTuple>() {
        let shape = parts.get_item(1)?.extract()?;
        let element = Box::new(form_of(&parts.get_item(0)?, depth + 1)?);
        Form::Array { shape, element }
    } else if let Ok(names) = names.cast::<PyTuple>() {
        let described = dtype.getattr("fields")?;
        let mut fields = Vec::with_capacity(names.len());
        for name in names {
            let field = described.get_item(&name)?;
            let form = form_of(&field.get_item(0)?, depth + 1)?;
            let offset: usize = field.get_item(1)?.extract()?;
            if offset.checked_add(form.size()).is_none_or(|end| end > size) {
                return Err(unknown());
            }
            let name = Some(name.cast::<PyString>()?.to_string_lossy().into_owned());
            fields.push(Field { name, offset, form, anonymous: false });
        }
        Form::Record(Record::new(fields, size))
    } else {
        simple(&dtype.getattr("str")?.extract::<String>()?, size).ok_or_else(unknown)?
    };
    if form.size() == size { Ok(form) } else { Err(unknown()) }
}

/// Returns the form of one element of a dtype without parts, by its name: byte order, kind and size.
fn simple(name: &str, size: usize) -> Option<Form> {
    let (order, kind) = (*name.as_bytes().first()?, *name.as_bytes().get(1)?);
    let swapped = order == if cfg!(target_endian = "little") { b'>' } else { b'<' };
    let code = match (kind, size) {
        (b'S', _) => return Some(Form::Bytes(size)),
        (b'V', _) => return Some(Form::Void(size)),
        (b'U', _) => {
            return Some(Form::Text(ScalarType { scalar: Scalar::Ucs4, swapped }, size / 4));
        }
        (b'O', _) => return Some(Form::Object),
        (b'b', 1) => "?",
        (b'i', 1) => "b",
        (b'i', 2) => "h",
        (b'i', 4) => "i",
        (b'i', 8) => "q",
        (b'u', 1) => "B",
        (b'u', 2) => "H",
        (b'u', 4) => "I",
        (b'u', 8) => "Q",
        (b'f', 2) => "e",
        (b'f', 4) => "f",
        (b'f', 8) => "d",
        (b'f', _) => "g",
        (b'c', 8) => "Zf",
        (b'c', 16) => "Zd",
        (b'c', _) => "Zg",
        _ => return None,
    };
    // Codes of standard size need their byte order; a long double exists in native order only.
    let prefix = if swapped { order as char } else { '@' };
    match judge(format!("{prefix}{code}").as_bytes(), size) {
        Judgement::Scalar(scalar_type) => Some(Form::Scalar(scalar_type)),
        Judgement::Composite(_) | Judgement::Unreadable(_) => None,
    }
}
