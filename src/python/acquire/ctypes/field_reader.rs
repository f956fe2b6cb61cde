//! Reading the fields of a class of ctypes: `_fields_`, and the descriptor that ctypes made for
//! each field, with its offset and size. Where the two disagree, nobody can say what lies there.

use std::cell::Cell;

use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use super::classes::{Functions, Kind, kind_of};
use super::places::{Places, is_told};
use super::sample::{Proof, Samples, UNPROVED};
use crate::error::Error;
use crate::fallible::{self, Shortened};
use crate::form::{Bits, ElementType, Field};
use crate::format::Kind as CodeKind;
use crate::python::acquire::types::{Namespace, namespace};
use crate::python::objects;

/// Returns the element type of a class, of which an object may be given, at a depth.
pub(super) type ElementTypeOf<'a, 'py> =
    dyn Fn(&Bound<'py, PyType>, Option<&Bound<'py, PyAny>>, usize) -> PyResult<ElementType> + 'a;

/// The largest number of fields and items that is read. Types whose attributes were set later may
/// be made of themselves, and have more of them than bytes.
pub(super) const MAX_PARTS: usize = 100_000;

/// Reads the fields of classes.
pub(super) struct FieldReader<'a, 'py> {
    pub ctypes: &'a Functions,
    /// Reads the type of a field, as `TypeReader::element_type`.
    pub element_type: &'a ElementTypeOf<'a, 'py>,
    /// How many fields and items that has read.
    pub parts: &'a Cell<usize>,
    pub samples: &'static Samples,
}

/// An entry of `_fields_`.
struct Entry<'py> {
    name: String,
    class: Bound<'py, PyType>,
    /// How many bits it has, if it is a bit-field.
    width: Option<u32>,
}

impl<'py> FieldReader<'_, 'py> {
    /// Returns the fields that a class itself has, behind those of its base class, or why they cannot
    /// be told.
    pub(super) fn own_fields(
        &self,
        class: &Bound<'py, PyType>,
        base: Option<&Bound<'py, PyType>>,
        depth: usize,
    ) -> PyResult<Result<Vec<Field>, String>> {
        let start = base.map_or(Ok(0), |base| self.ctypes.sizeof(base))?;
        let namespace = namespace(class)?;
        let Some(list) = namespace.get("_fields_")? else {
            return Ok(match self.ctypes.sizeof(class)? == start {
                true => Ok(Vec::new()),
                false => Err("its _fields_ were deleted".to_owned()),
            });
        };
        let (mut fields, mut classes) = (Vec::new(), Vec::new());
        for entry in items(&list)? {
            let entry = entry_of(&entry)?;
            match self.field(&entry, &namespace, depth)? {
                Ok(field) => fallible::push(&mut fields, field)?,
                Err(why) => return Ok(Err(why)),
            }
            fallible::push(&mut classes, entry.class)?;
            if self.parts.get() > MAX_PARTS {
                return Ok(Err(format!("it has more than {MAX_PARTS} fields")));
            }
        }
        if let Some(names) = namespace.get("_anonymous_")? {
            for name in items(&names)? {
                let name = text_of(&name)?;
                let named = fields.iter_mut().filter(|field| field.name.as_ref() == Some(&name));
                named.for_each(|field| field.anonymous = true);
            }
        }
        let mut names = Vec::new();
        fields.iter().try_for_each(|field| push_names(&mut names, field))?;
        if let Some(twice) = fallible::sorted(names).windows(2).find(|pair| pair[0] == pair[1]) {
            // There is a descriptor for the last one only.
            return Ok(Err(format!("two fields are called {:?}", Shortened(twice[0]))));
        }
        Ok(self.check_places((class, base), start, &fields, &classes)?.map(|()| fields))
    }

    /// Checks that the fields of a class, which are of these types, can be where they are: behind
    /// the `start` bytes of its base class.
    fn check_places(
        &self,
        (class, base): (&Bound<'py, PyType>, Option<&Bound<'py, PyType>>),
        start: usize,
        fields: &[Field],
        classes: &[Bound<'py, PyType>],
    ) -> PyResult<Result<(), String>> {
        let ctypes = self.ctypes;
        let size = ctypes.sizeof(class)?;
        if size < start {
            // That of a union without fields of its own.
            return Ok(Err(format!("it has {size} bytes, and its base class {start}")));
        }
        let is_union = matches!(kind_of(class), Some((Kind::Union, _)));
        let format = ctypes.exported(class)?.format;
        let is_told = is_told(&format);
        // Only what the memory's own format calls an object is followed.
        if !is_union && !is_told && fields.iter().any(|field| field.element_type.has_objects()) {
            return Ok(Err(format!(
                "its format, {format:?}, tells of no objects: ctypes describes packed structures \
                 from Python 3.12 on"
            )));
        }
        let pack = match is_union || is_told {
            true => None,
            false => class.getattr_opt("_pack_")?.map(|pack| pack.extract()).transpose()?,
        };
        let mut places = Places::new(format, start, is_union, pack)?;
        for (field, class) in fields.iter().zip(classes) {
            let end = field.offset.checked_add(field.element_type.size());
            let (exported, alignment) = (ctypes.exported(class)?, ctypes.alignment(class)?);
            let name = Shortened(field.name.as_deref().unwrap_or_default());
            if end.is_none_or(|end| end > size) {
                return Ok(Err(format!("field {name:?} ends beyond its end")));
            }
            if !places.is_next(field, &exported, alignment)? {
                return Ok(Err(format!(
                    "field {name:?} cannot be at offset {}: ctypes would not put it there",
                    field.offset
                )));
            }
        }
        let base = base.map_or(Ok(1), |base| ctypes.alignment(base))?;
        if !places.are_all(size, [ctypes.alignment(class)?, base]) {
            return Ok(Err("the layout of its fields cannot be determined".to_owned()));
        }
        Ok(Ok(()))
    }

    /// Returns the field of an entry, or why it cannot be told.
    fn field(
        &self,
        entry: &Entry<'py>,
        namespace: &Namespace<'py>,
        depth: usize,
    ) -> PyResult<Result<Field, String>> {
        let (name, quoted) = (&entry.name, Shortened(&entry.name));
        let because = |why: std::fmt::Arguments<'_>| Ok(Err(format!("field {quoted:?}: {why}")));
        let Some(descriptor) = namespace.get(name)? else {
            return Ok(Err(format!("field '{quoted}' has no descriptor")));
        };
        if !self.samples.is_descriptor(&descriptor) || !is_called(&descriptor, name)? {
            return because(format_args!("its descriptor was replaced"));
        }
        let offset: isize = descriptor.getattr("offset")?.extract()?;
        let Ok(offset) = usize::try_from(offset) else {
            // Some bit-fields of packed unions.
            return because(format_args!("ctypes puts it at offset {offset}"));
        };
        let described: usize = descriptor.getattr("size")?.extract()?;
        let size = self.ctypes.sizeof(&entry.class)?;
        let end = offset.saturating_add(size);
        let tried = self.samples.read_zeros(&descriptor, &entry.class, end)?;
        let mut element_type = (self.element_type)(&entry.class, tried.object(), depth + 1)?;
        let is_as_said = match entry.width {
            Some(width) => {
                let Some(bits) = bits_of(&descriptor, &element_type, described)? else {
                    return because(format_args!("a bit-field of no whole number"));
                };
                element_type = ElementType::Bits(bits);
                // What is read of a few bits tells little of the type of their unit.
                bits.width == width && is_named_so(&descriptor, &entry.class)?
            }
            None => described == size,
        };
        let right = is_made_for(&descriptor, &entry.class)?;
        let proof = match self.samples.prove(&descriptor, offset, &element_type, tried)? {
            _ if right == Some(false) || !is_as_said => Proof::Wrong,
            Proof::None if right.is_none() && !is_named_so(&descriptor, &entry.class)? => {
                Proof::Wrong
            }
            Proof::None if element_type.has_objects() => {
                return because(format_args!("{UNPROVED}"));
            }
            proof => proof,
        };
        if proof == Proof::Wrong {
            let class = objects::shortened(&entry.class.name()?);
            let made = objects::repr(&descriptor).unwrap_or_default();
            return because(format_args!("its type is {class}, but ctypes has made it {made}"));
        }
        let name = Some(fallible::string(name)?);
        Ok(Ok(Field::new(name, offset, element_type)))
    }
}

/// Appends the names by which a field, or one of an anonymous member, can be asked for.
pub(super) fn push_names<'a>(names: &mut Vec<&'a str>, field: &'a Field) -> Result<(), Error> {
    if let Some(name) = &field.name {
        fallible::push(names, name.as_str())?;
    }
    match &field.element_type {
        ElementType::Record(record) if field.anonymous => {
            record.fields.iter().try_for_each(|field| push_names(names, field))
        }
        _ => Ok(()),
    }
}

/// Returns what an attribute of a class holds, which may be anything by now: one more than can be
/// read at most.
pub(super) fn items<'py>(object: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut items = Vec::new();
    for item in object.try_iter()?.take(MAX_PARTS + 1) {
        fallible::push(&mut items, item?)?;
    }
    Ok(items)
}

fn entry_of<'py>(entry: &Bound<'py, PyAny>) -> PyResult<Entry<'py>> {
    let name = text_of(&entry.get_item(0)?)?;
    let class = entry.get_item(1)?.cast_into::<PyType>()?;
    let width = if entry.len()? > 2 { Some(entry.get_item(2)?.extract()?) } else { None };
    Ok(Entry { name, class, width })
}

fn text_of(name: &Bound<'_, PyAny>) -> PyResult<String> {
    objects::text(name.cast::<PyString>()?)
}

/// Returns whether a descriptor is of a field of that name, which it tells since Python 3.14.
fn is_called(descriptor: &Bound<'_, PyAny>, name: &str) -> PyResult<bool> {
    let Some(own) = descriptor.getattr_opt("name")? else { return Ok(true) };
    Ok(text_of(&own)? == name)
}

/// Returns the bits of a bit-field in the whole number that it is part of.
fn bits_of(
    descriptor: &Bound<'_, PyAny>,
    unit: &ElementType,
    described: usize,
) -> PyResult<Option<Bits>> {
    // `size` holds the width and the lowest bit; since 3.14 they have names of their own.
    let (width, shift): (u32, u32) = match descriptor.getattr_opt("bit_size")? {
        Some(width) => (width.extract()?, descriptor.getattr("bit_offset")?.extract()?),
        None => ((described >> 16) as u32, (described & 0xffff) as u32),
    };
    Ok(match *unit {
        ElementType::Scalar(unit)
            if matches!(unit.dtype.kind(), CodeKind::Signed | CodeKind::Unsigned)
                && width > 0
                && width
                    .checked_add(shift)
                    .is_some_and(|end| end <= 8 * unit.dtype.size() as u32) =>
        {
            Some(Bits { unit, shift, width })
        }
        _ => None,
    })
}

/// Returns whether ctypes made a descriptor for a class, which it tells since Python 3.14.
fn is_made_for(descriptor: &Bound<'_, PyAny>, class: &Bound<'_, PyType>) -> PyResult<Option<bool>> {
    Ok(descriptor.getattr_opt("type")?.map(|made_for| made_for.is(class)))
}

/// Returns whether the text of a descriptor, such as `<Field type=c_int, ofs=0, size=4>`, names a
/// class, if it names any: that is all there is where the descriptor cannot be tried.
fn is_named_so(descriptor: &Bound<'_, PyAny>, class: &Bound<'_, PyType>) -> PyResult<bool> {
    let (text, name) = (objects::text(&descriptor.repr()?)?, objects::text(&class.name()?)?);
    let mut told = text.split("type=").skip(1);
    let is_of =
        |rest: &str| rest.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(','));
    Ok(!text.contains("type=") || told.any(is_of))
}
