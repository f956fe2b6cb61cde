//! Reading the types of ctypes. Their attributes may have been set since ctypes looked at them, so
//! that each one is compared with what ctypes itself tells.

use std::cell::Cell;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use super::classes::{Functions, Kind, kind_of};
use super::field_reader::{FieldReader, MAX_PARTS, items, push_names};
use super::sample::{Samples, UNPROVED, has_finaliser};
use crate::dtype::{DType, ScalarType};
use crate::error::Error;
use crate::fallible;
use crate::form::{ElementType, Field, Judgement, Record, judge, overlapping};
use crate::format::{Code, Kind as CodeKind};
use crate::layout::MAX_NDIM;
use crate::python::acquire::types::{MAX_DEPTH, base, namespace, slot};
use crate::python::errors::DiscardError;
use crate::python::exceptions::PyTypeError;
use crate::python::objects;

/// The element type of elements that cannot be read because of their type.
pub(super) fn unreadable(
    class: &Bound<'_, PyType>,
    size: usize,
    why: std::fmt::Arguments<'_>,
) -> ElementType {
    let name = objects::repr(class).unwrap_or_else(|| "a type".to_owned());
    let why = Error::unreadable(format!("elements of the type {name} cannot be read: {why}"));
    let py = class.py();
    let holds_objects =
        TypeReader::new(py).and_then(|reader| reader.may_hold_objects(class, 0, &mut Vec::new()));
    let why =
        if holds_objects.or_discard(py).unwrap_or(true) { why.with_references() } else { why };
    ElementType::Unreadable { size, why }
}

/// Reads the types of ctypes.
pub(super) struct TypeReader<'py> {
    pub ctypes: &'py Functions,
    /// How many fields and items were read.
    parts: Cell<usize>,
}

/// The largest number of types of which one is asked whether they are, or hold, references.
const MAX_ASKED: usize = 1000;

/// The type of the items of an array, with an item if one could be made.
type Item<'py> = (Bound<'py, PyType>, Option<Bound<'py, PyAny>>);

impl<'py> TypeReader<'py> {
    pub(super) fn new(py: Python<'py>) -> PyResult<Self> {
        Ok(Self { ctypes: Functions::get(py)?, parts: Cell::new(0) })
    }

    /// Returns the type of the elements of an array of arrays, whose lengths the buffer has as its
    /// shape, and an element if one could be made, or why it cannot be told.
    pub(super) fn item_type(
        &self,
        object: &Bound<'py, PyAny>,
    ) -> PyResult<Result<Item<'py>, String>> {
        let mut found = (object.get_type(), Some(object.clone()));
        for _ in 0..=MAX_NDIM {
            if !matches!(kind_of(&found.0), Some((Kind::Array, _))) {
                break;
            }
            match self.item_of(&found.0, found.1.as_ref())? {
                Ok(item) => found = item,
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(found))
    }

    /// Returns whether there may be references to objects in the memory of a type, as far as its
    /// attributes tell. `asked` has the types that were asked: each is asked once, because one
    /// whose attributes were set later may be made of itself.
    fn may_hold_objects(
        &self,
        class: &Bound<'py, PyAny>,
        depth: usize,
        asked: &mut Vec<Bound<'py, PyType>>,
    ) -> PyResult<bool> {
        let class = class.cast::<PyType>()?;
        if asked.iter().any(|one| one.is(class)) {
            return Ok(false);
        }
        if depth > MAX_DEPTH || asked.len() > MAX_ASKED {
            return Ok(true);
        }
        asked.push(class.clone());
        match kind_of(class) {
            Some((Kind::Simple, _)) => Ok(self.ctypes.exported(class)?.format.ends_with('O')),
            Some((Kind::Array, _)) => {
                self.may_hold_objects(&class.getattr("_type_")?, depth + 1, asked)
            }
            Some((Kind::Address, _)) => Ok(false),
            Some((Kind::Structure | Kind::Union, root)) => {
                let mut class = class.clone();
                while !class.is(&root) {
                    if let Some(list) = namespace(&class)?.get("_fields_")? {
                        let entries = items(&list)?;
                        if entries.len() > MAX_PARTS {
                            return Ok(true);
                        }
                        for entry in entries {
                            if self.may_hold_objects(&entry.get_item(1)?, depth + 1, asked)? {
                                return Ok(true);
                            }
                        }
                    }
                    match base(&class) {
                        Some(base) => class = base,
                        None => return Ok(true),
                    }
                }
                Ok(false)
            }
            None => Ok(true),
        }
    }

    /// Returns the type of the items of an array type, or why it cannot be told. Of an object of
    /// that type only the types of its items are asked; its memory is not read.
    pub(super) fn item_of(
        &self,
        class: &Bound<'py, PyType>,
        object: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Result<Item<'py>, String>> {
        let claimed = class.getattr("_type_")?.cast_into::<PyType>()?;
        let whole = self.ctypes.exported(class)?;
        // Setting the attributes later does not change the memory of arrays.
        let item = self.ctypes.exported(&claimed)?;
        if whole.format != item.format || whole.shape.get(1..) != Some(&item.shape) {
            return Ok(Err(format!("it is no array of {claimed}")));
        }
        // The format tells everything of a type of one letter.
        let known = is_simple(&claimed) || whole.shape.first() == Some(&0);
        let Some(object) = object.filter(|_| !known && !has_finaliser(&claimed)) else {
            return Ok(Ok((claimed, None)));
        };
        let item = first_item(object)?;
        if item.get_type().is(&claimed) {
            return Ok(Ok((claimed, Some(item))));
        }
        Ok(Err(format!("it is no array of {claimed}, but of {}", item.get_type())))
    }

    /// Returns the element type of an object of a type. An object may be given to ask for the types
    /// of its items.
    pub(super) fn element_type(
        &self,
        class: &Bound<'py, PyType>,
        object: Option<&Bound<'py, PyAny>>,
        depth: usize,
    ) -> PyResult<ElementType> {
        let size = self.ctypes.sizeof(class)?;
        let unreadable = |why: std::fmt::Arguments<'_>| Ok(unreadable(class, size, why));
        if depth > MAX_DEPTH {
            return unreadable(format_args!("it nests deeper than {MAX_DEPTH} levels"));
        }
        self.parts.set(self.parts.get() + 1);
        let element_type = match kind_of(class) {
            Some((Kind::Simple, _)) => self.simple(class, size)?,
            Some((Kind::Array, _)) => {
                let length: usize = class.getattr("_length_")?.extract()?;
                let (item, object) = match self.item_of(class, object)? {
                    Ok(item) => item,
                    Err(why) => return unreadable(format_args!("{why}")),
                };
                let element = self.element_type(&item, object.as_ref(), depth + 1)?;
                if length.checked_mul(element.size()) != Some(size) {
                    return unreadable(format_args!("it is no array of {length} elements"));
                }
                let unproved = object.is_none() && !is_simple(&item) && length > 0;
                if unproved && element.has_objects() {
                    return unreadable(format_args!("{UNPROVED}"));
                }
                Some(array_of(length, element))
            }
            Some((Kind::Address, _)) => {
                Some(ElementType::Scalar(ScalarType { dtype: DType::Address, swapped: false }))
            }
            Some((kind, root)) => {
                let fields = match self.fields(class, &root, depth)? {
                    Ok(fields) => fields,
                    Err(why) => return unreadable(format_args!("{why}")),
                };
                // Some versions of ctypes put bit-fields where others are, and let one be part of
                // two fields.
                let union = kind == Kind::Union || overlapping(&fields)?.is_some();
                if union && fields.iter().any(|field| field.element_type.has_objects()) {
                    return unreadable(format_args!("what lies in a union is no object for sure"));
                }
                Some(ElementType::Record(Record::struct_or_union(fields, size, union)))
            }
            None => None,
        };
        match element_type {
            Some(element_type) if element_type.size() == size => Ok(element_type),
            Some(element_type) => {
                unreadable(format_args!("{} bytes of {size}", element_type.size()))
            }
            None => unreadable(format_args!("it is of no known kind")),
        }
    }

    /// Returns the element type of a simple type: one code of native size, in either byte order.
    /// The attribute may have been set later, but the format is that of the memory.
    fn simple(&self, class: &Bound<'py, PyType>, size: usize) -> PyResult<Option<ElementType>> {
        let spelling = class.getattr("_type_")?;
        let spelling = objects::text(spelling.cast::<PyString>()?)?;
        let found = match judge(self.ctypes.exported(class)?.format.as_bytes(), size) {
            Judgement::Scalar(found) => found,
            Judgement::Composite(found) if spelling == "O" && *found == ElementType::Object => {
                return Ok(Some(ElementType::Object));
            }
            _ => return Ok(None),
        };
        let code = match *spelling.as_bytes() {
            [letter] => Code::from_letter(letter),
            [b'Z', part] => Code::complex_of(part),
            _ => None,
        };
        let same = |code: &Code| match code.kind() {
            CodeKind::Text => found.dtype.kind() == CodeKind::Text,
            _ => DType::from_code(*code, size) == Some(found.dtype),
        };
        Ok(code.filter(same).map(|_| ElementType::Scalar(found)))
    }

    /// Returns the fields of a structure or union, those of its base classes first, or why they
    /// cannot be told.
    fn fields(
        &self,
        class: &Bound<'py, PyType>,
        root: &Bound<'py, PyType>,
        depth: usize,
    ) -> PyResult<Result<Vec<Field>, String>> {
        let element_type =
            |class: &Bound<'py, PyType>, object: Option<&Bound<'py, PyAny>>, depth| {
                self.element_type(class, object, depth)
            };
        let samples = Samples::get(root, self.ctypes)?;
        let reader = FieldReader {
            ctypes: self.ctypes,
            element_type: &element_type,
            parts: &self.parts,
            samples,
        };
        let parent = |class: &Bound<'py, PyType>| base(class).filter(|base| !base.is(root));
        // The memory of a class begins with that of its base. The other classes of its method
        // resolution order have no part in it.
        let mut classes = vec![class.clone()];
        while let Some(base) = classes.last().and_then(parent) {
            classes.push(base);
        }
        let mut fields: Vec<Field> = Vec::new();
        let mut base = None;
        for class in classes.iter().rev() {
            match reader.own_fields(class, base.replace(class), depth)? {
                Ok(own) => append(&mut fields, own)?,
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(fields))
    }
}

/// Appends the fields of a class to those of its base classes.
fn append(fields: &mut Vec<Field>, own: Vec<Field>) -> Result<(), Error> {
    let mut names = Vec::new();
    own.iter().try_for_each(|field| push_names(&mut names, field))?;
    let names = fallible::sorted(names);
    // A field of a base class whose name is used again can still be read, but not by its name.
    let taken = |name: &str| names.binary_search(&name).is_ok();
    for field in &mut *fields {
        let mut inherited = Vec::new();
        push_names(&mut inherited, field)?;
        field.anonymous &= !inherited.into_iter().any(taken);
        if field.name.as_deref().is_some_and(taken) {
            field.name = None;
        }
    }
    fields.try_reserve(own.len()).map_err(|_| fallible::no_memory(own.len()))?;
    fields.extend(own);
    Ok(())
}

/// Returns whether a class is one of the simple ones.
pub(super) fn is_simple(class: &Bound<'_, PyType>) -> bool {
    matches!(kind_of(class), Some((Kind::Simple, _)))
}

/// Returns the first item of an array that has one, as ctypes' own class of arrays does.
fn first_item<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let class = array.get_type();
    let root = kind_of(&class).map_or(class, |(_, root)| root);
    let get = slot(&root, ffi::Py_sq_item);
    if get.is_null() {
        return Err(PyTypeError::new_err("an array without items"));
    }
    // SAFETY: the slot is that function, of a class that the array is an instance of; the result is
    // a new reference or NULL.
    unsafe {
        let get = std::mem::transmute::<*mut std::ffi::c_void, ffi::ssizeargfunc>(get);
        Bound::from_owned_ptr_or_err(array.py(), get(array.as_ptr(), 0))
    }
}

/// Returns the element type of an array of a length: text if its elements are characters.
fn array_of(length: usize, element: ElementType) -> ElementType {
    match element {
        ElementType::Scalar(ScalarType { dtype: DType::Char, .. }) => ElementType::Bytes(length),
        ElementType::Scalar(unit) if unit.dtype.kind() == CodeKind::Text => {
            ElementType::Text(unit, length)
        }
        element => ElementType::array(vec![length], element),
    }
}
