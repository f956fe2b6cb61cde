//! What Arrow calls the elements of a view, and what it has no name for.

use std::borrow::Cow;
use std::fmt::Display;

use consumer::array::AnyArray;
use consumer::dtype::DType;
use consumer::error::Error;
use consumer::fallible::{self, Shortened};
use consumer::form::{ElementType, Field, Record};
use consumer::format::Kind;
use consumer::python::abi::arrow::{ArrowSchema, Moved, letter_of};

use super::structs;
use super::text::{self, Text};
use crate::interchange::as_wider;

/// What memory an array is in: the view's own, or that of a copy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    View,
    Copy,
}

/// The elements of an array, without their lists.
pub(super) enum Leaf<'a> {
    /// Numbers of one letter.
    Number(u8),
    /// One byte each, 0 for false.
    Bools,
    /// That many bytes each.
    Bytes(usize),
    /// Text, which is copied.
    Text(Text),
    Records(&'a Record),
}

/// Returns the elements of sub-arrays, in further dimensions, where the elements are sub-arrays.
pub(super) fn unfolded(array: &AnyArray) -> Result<AnyArray, Error> {
    let mut array = array.clone();
    while let AnyArray::Composite(typed) = &array
        && let whole @ (ElementType::Array { .. } | ElementType::Padded(..)) = &**typed.descriptor()
    {
        // SAFETY: this is the elements' own type.
        array = unsafe { array.part(0, whole)? };
    }
    Ok(array)
}

/// Returns one field of each record.
pub(super) fn column(records: &AnyArray, field: &Field) -> Result<AnyArray, Error> {
    // SAFETY: a field of the elements' own type lies within them.
    unfolded(&unsafe { records.part(field.offset, &field.element_type)? })
}

/// Returns what the elements are to Arrow.
///
/// # Errors
/// BufferError that names what Arrow has no type for.
pub(super) fn leaf(array: &AnyArray, origin: Origin) -> Result<Leaf<'_>, Error> {
    if let Some(scalar_type) = array.scalar_type() {
        let dtype = scalar_type.dtype;
        if dtype.kind() == Kind::Text && origin == Origin::Copy {
            return Ok(Leaf::Text(Text { unit: scalar_type, count: None }));
        }
        if scalar_type.swapped && origin == Origin::View && dtype_leaf(dtype).is_some() {
            return Err(Error::buffer(format!(
                "Arrow has numbers in this machine's byte order only, and these are swapped \
                 (format {:?}): v.copy() has them in this machine's",
                array.format().to_string()
            )));
        }
        return dtype_leaf(dtype).ok_or_else(|| no_type(dtype.name(), help_for(dtype)));
    }
    let element_type = match array {
        AnyArray::Composite(typed) => &**typed.descriptor(),
        AnyArray::Opaque(typed) => return Err(Error::buffer(typed.descriptor().to_string())),
        _ => return Err(no_type("such", "")),
    };
    match element_type {
        ElementType::Bytes(size) | ElementType::Void(size) => Ok(Leaf::Bytes(*size)),
        ElementType::Record(record) if record.union => {
            Err(no_type("union", ": v['name'] has one of its members"))
        }
        ElementType::Record(record) => Ok(Leaf::Records(record)),
        ElementType::Text(unit, count) if origin == Origin::Copy => {
            Ok(Leaf::Text(Text { unit: *unit, count: Some(*count) }))
        }
        ElementType::Text(..) => Err(no_type("text", help_for(DType::Ucs4))),
        ElementType::Pascal(_) => Err(no_type("Pascal string", "; v.tolist() has their bytes")),
        ElementType::Bits(_) => Err(no_type("bit-field", "; v.tolist() has their numbers")),
        ElementType::Object => Err(no_type("object", "; v.tolist() has them")),
        ElementType::Unreadable { why, .. } => Err(Error::buffer(why.to_string())),
        _ => Err(no_type("such", "")),
    }
}

/// Returns what elements of a scalar type are to Arrow.
fn dtype_leaf(dtype: DType) -> Option<Leaf<'static>> {
    match dtype {
        DType::Bool => Some(Leaf::Bools),
        DType::Char => Some(Leaf::Bytes(1)),
        _ => letter_of(dtype).map(Leaf::Number),
    }
}

fn no_type(name: &str, help: impl Display) -> Error {
    Error::buffer(format!("Arrow has no type for {name} elements{help}"))
}

/// What to call where Arrow does not have a type.
fn help_for(dtype: DType) -> Cow<'static, str> {
    let help = match dtype {
        DType::LongDouble => ": v.astype('d') rounds them to doubles",
        DType::Complex32 => ": v.cast('e') has their parts",
        DType::Complex64 => ": v.cast('f') has their parts",
        DType::Complex128 => ": v.cast('d') has their parts",
        DType::Address => ": v.astype('N') has their numbers",
        _ if dtype.kind() == Kind::Text => " of fixed width; v.tolist() has their text",
        _ => return as_wider(dtype).map_or("".into(), |help| format!(": {help}").into()),
    };
    help.into()
}

/// Makes the schema of an array whose first `outer` dimensions are one, its length, and the others
/// lists of fixed size.
///
/// # Errors
/// BufferError for what Arrow does not have, which names the field that it is in.
pub(super) fn schema(
    array: &AnyArray,
    outer: usize,
    name: &str,
    origin: Origin,
) -> Result<Moved<ArrowSchema>, Error> {
    let sizes = array.layout().shape().get(outer..).unwrap_or_default();
    let name_at = |depth: usize| if depth == 0 { name } else { "item" };
    let own_name = name_at(sizes.len());
    let mut schema = match leaf(array, origin)? {
        Leaf::Number(letter) => {
            structs::schema(char::from(letter).encode_utf8(&mut [0; 4]), own_name, false, vec![])?
        }
        Leaf::Bools if origin == Origin::Copy => structs::schema("b", own_name, false, vec![])?,
        Leaf::Bools => structs::schema("c", own_name, true, vec![])?,
        Leaf::Bytes(size) => structs::schema(&format!("w:{size}"), own_name, false, vec![])?,
        Leaf::Text(text) => {
            let format = text::format(text, array.layout().len());
            structs::schema(format, own_name, false, vec![])?
        }
        Leaf::Records(record) => {
            let mut columns = fallible::vec_for(record.fields.len())?;
            for (index, field) in record.fields.iter().enumerate() {
                columns.push(column_schema(array, index, field)?);
            }
            structs::schema("+s", own_name, false, columns)?
        }
    };
    for (depth, size) in sizes.iter().enumerate().rev() {
        let mut children = fallible::vec_for(1)?;
        children.push(schema);
        schema = structs::schema(&format!("+w:{size}"), name_at(depth), false, children)?;
    }
    Ok(schema)
}

/// Returns the name of a column: of a field without one, as NumPy calls them.
pub(super) fn column_name(index: usize, field: &Field) -> Cow<'_, str> {
    field.name.as_deref().map_or_else(|| format!("f{index}").into(), Into::into)
}

/// Makes the schema of a field of records.
fn column_schema(
    records: &AnyArray,
    index: usize,
    field: &Field,
) -> Result<Moved<ArrowSchema>, Error> {
    let name = &*column_name(index, field);
    let ndim = records.layout().ndim();
    let schema =
        column(records, field).and_then(|column| schema(&column, ndim, name, Origin::Copy));
    schema.map_err(|why| match why.is_buffer() {
        true => Error::buffer(format!("field {:?}: {why}", Shortened(name))),
        false => why,
    })
}
