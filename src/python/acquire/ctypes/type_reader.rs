//! Reading the types of ctypes: `_fields_`, and the descriptor that ctypes made for each field,
//! with its offset and size. Where the two disagree, nobody can say what lies there.

use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::dtype::{DType, ScalarType};
use crate::error::Error;
use crate::form::{Bits, ElementType, Field, Record};
use crate::format::{ByteOrder, Code, Kind};
use crate::layout::MAX_NDIM;
use crate::python::acquire::types::MAX_DEPTH;
use crate::python::errors::DiscardError;

/// The element type of elements that cannot be read because of their type.
pub(super) fn unreadable(
    class: &Bound<'_, PyAny>,
    size: usize,
    why: std::fmt::Arguments<'_>,
) -> ElementType {
    let name = class.repr().map_or_else(|_| "a type".to_owned(), |name| name.to_string());
    let why = Error::unreadable(format!("elements of the type {name} cannot be read: {why}"));
    let py = class.py();
    let holds_objects = TypeReader::new(py).and_then(|reader| reader.may_hold_objects(class, 0));
    let why =
        if holds_objects.or_discard(py).unwrap_or(true) { why.with_references() } else { why };
    ElementType::Unreadable { size, why }
}

/// Reads the types of ctypes.
pub(super) struct TypeReader<'py> {
    module: Bound<'py, PyModule>,
}

/// The classes of ctypes that all its types derive from.
enum BaseClass {
    Simple,
    Array,
    Structure,
    Union,
    /// Pointers and functions.
    Address,
}

impl<'py> TypeReader<'py> {
    /// Imports ctypes, which is loaded already: one of its objects is at hand.
    pub(super) fn new(py: Python<'py>) -> PyResult<Self> {
        Ok(Self { module: py.import("_ctypes")? })
    }

    pub(super) fn sizeof(&self, class: &Bound<'py, PyAny>) -> PyResult<usize> {
        self.module.getattr("sizeof")?.call1((class,))?.extract()
    }

    fn base_class(&self, class: &Bound<'py, PyAny>) -> PyResult<Option<BaseClass>> {
        let class = class.cast::<PyType>()?;
        let is = |name: &str| class.is_subclass(&self.module.getattr(name)?);
        Ok(if is("_SimpleCData")? {
            Some(BaseClass::Simple)
        } else if is("Array")? {
            Some(BaseClass::Array)
        } else if is("Structure")? {
            Some(BaseClass::Structure)
        } else if is("Union")? {
            Some(BaseClass::Union)
        } else if is("_Pointer")? || is("CFuncPtr")? {
            Some(BaseClass::Address)
        } else {
            None
        })
    }

    /// Returns the type of the elements of an array type, whose lengths the buffer has as its
    /// shape.
    pub(super) fn item_type(&self, class: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let mut class = class;
        for _ in 0..=MAX_NDIM {
            match self.base_class(&class)? {
                Some(BaseClass::Array) => class = class.getattr("_type_")?,
                _ => break,
            }
        }
        Ok(class)
    }

    /// Returns whether there may be references to objects in the memory of a type, as far as its
    /// attributes tell.
    fn may_hold_objects(&self, class: &Bound<'py, PyAny>, depth: usize) -> PyResult<bool> {
        if depth > MAX_DEPTH {
            return Ok(true);
        }
        match self.base_class(class)? {
            Some(BaseClass::Simple) => Ok(class.getattr("_type_")?.eq("O")?),
            Some(BaseClass::Array) => self.may_hold_objects(&class.getattr("_type_")?, depth + 1),
            Some(BaseClass::Address) => Ok(false),
            Some(BaseClass::Structure | BaseClass::Union) => {
                for base in class.cast::<PyType>()?.mro().iter() {
                    let Ok(list) = base.getattr("__dict__")?.get_item("_fields_") else { continue };
                    for entry in list.try_iter()? {
                        if self.may_hold_objects(&entry?.get_item(1)?, depth + 1)? {
                            return Ok(true);
                        }
                    }
                }
                Ok(false)
            }
            None => Ok(true),
        }
    }

    /// Returns the element type of an object of a type.
    pub(super) fn element_type(
        &self,
        class: &Bound<'py, PyAny>,
        depth: usize,
    ) -> PyResult<ElementType> {
        let size = self.sizeof(class)?;
        let unreadable = |why: std::fmt::Arguments<'_>| Ok(unreadable(class, size, why));
        if depth > MAX_DEPTH {
            return unreadable(format_args!("it nests deeper than {MAX_DEPTH} levels"));
        }
        let element_type = match self.base_class(class)? {
            Some(BaseClass::Simple) => self.simple(class, size)?,
            Some(BaseClass::Array) => {
                let length: usize = class.getattr("_length_")?.extract()?;
                let element = self.element_type(&class.getattr("_type_")?, depth + 1)?;
                // Setting the attributes later does not change the memory of arrays.
                if length.checked_mul(element.size()) != Some(size) {
                    return unreadable(format_args!("it is no array of {length} elements"));
                }
                Some(array_of(length, element))
            }
            Some(BaseClass::Address) => {
                Some(ElementType::Scalar(ScalarType { dtype: DType::Address, swapped: false }))
            }
            Some(kind @ (BaseClass::Structure | BaseClass::Union)) => {
                match self.fields(class, size, depth)? {
                    Ok(fields) => {
                        let union = matches!(kind, BaseClass::Union);
                        let holds_objects =
                            fields.iter().any(|field| field.element_type.has_objects());
                        if union && holds_objects {
                            return unreadable(format_args!(
                                "what lies in a union is no object for sure"
                            ));
                        }
                        Some(ElementType::Record(Record { union, ..Record::new(fields, size) }))
                    }
                    Err(why) => return unreadable(format_args!("{why}")),
                }
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

    /// Returns the element type of a simple type: one letter of native size, in either byte order.
    fn simple(&self, class: &Bound<'py, PyAny>, size: usize) -> PyResult<Option<ElementType>> {
        let letter: char = class.getattr("_type_")?.extract()?;
        if letter == 'O' {
            // What is followed has to be a reference. The attribute may have been set later, but
            // the format is that of the memory.
            let described = self.module.getattr("buffer_info")?.call1((class,))?.get_item(0)?;
            let format: String = described.extract()?;
            return Ok(format.ends_with('O').then_some(ElementType::Object));
        }
        let Some(code) = u8::try_from(letter).ok().and_then(Code::from_letter) else {
            return Ok(None);
        };
        let swapped_name = match ByteOrder::NATIVE {
            ByteOrder::Little => "__ctype_be__",
            ByteOrder::Big => "__ctype_le__",
        };
        // Types without a byte order do not have the attribute.
        let swapped = class.getattr_opt(swapped_name)?.is_some_and(|other| other.is(class));
        let scalar = match (code.kind(), size) {
            (Kind::Text, 2) => DType::Ucs2,
            (Kind::Text, 4) => DType::Ucs4,
            (Kind::Text, _) => return Ok(None),
            _ if code.native_size() != size => return Ok(None),
            _ => match DType::from_code(code, size) {
                Some(scalar) => scalar,
                None => return Ok(None),
            },
        };
        Ok(Some(ElementType::Scalar(ScalarType { dtype: scalar, swapped: swapped && size > 1 })))
    }

    /// Returns the fields of a structure or union of `size` bytes, those of its base classes first,
    /// or why they cannot be told.
    fn fields(
        &self,
        class: &Bound<'py, PyAny>,
        size: usize,
        depth: usize,
    ) -> PyResult<Result<Vec<Field>, String>> {
        let mut fields: Vec<Field> = Vec::new();
        for base in class.cast::<PyType>()?.mro().iter().rev() {
            let namespace = base.getattr("__dict__")?;
            let Ok(list) = namespace.get_item("_fields_") else { continue };
            let anonymous = match namespace.get_item("_anonymous_") {
                Ok(names) => names.try_iter()?.collect::<PyResult<Vec<_>>>()?,
                Err(_) => Vec::new(),
            };
            let mut own = Vec::new();
            for entry in list.try_iter()? {
                let entry = entry?;
                let name = entry.get_item(0)?;
                let Ok(descriptor) = namespace.get_item(&name) else {
                    return Ok(Err(format!("field {name:?} has no descriptor")));
                };
                let text = name.cast::<PyString>()?.to_string_lossy().into_owned();
                let mut field = match self.field(&entry, &descriptor, depth)? {
                    Ok(field) => field,
                    Err(why) => return Ok(Err(format!("field {text:?}: {why}"))),
                };
                if field.offset + field.element_type.size() > size {
                    return Ok(Err(format!("field {text:?} ends beyond its end")));
                }
                for other in &anonymous {
                    field.anonymous |= other.eq(&name)?;
                }
                field.name = Some(text);
                own.push(field);
            }
            let mut names: Vec<&str> = own.iter().flat_map(names_of).collect();
            names.sort_unstable();
            if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
                // There is a descriptor for the last one only.
                return Ok(Err(format!("two fields are called {:?}", twice[0])));
            }
            // A field of a base class whose name is used again can still be read, but not by its
            // name.
            let taken = |name: &str| names.binary_search(&name).is_ok();
            for field in &mut fields {
                field.anonymous &= !names_of(field).into_iter().any(taken);
                if field.name.as_deref().is_some_and(taken) {
                    field.name = None;
                }
            }
            fields.extend(own);
        }
        Ok(Ok(fields))
    }

    /// Returns the field of an entry in `_fields_` and its descriptor, or why it cannot be told.
    fn field(
        &self,
        entry: &Bound<'py, PyAny>,
        descriptor: &Bound<'py, PyAny>,
        depth: usize,
    ) -> PyResult<Result<Field, String>> {
        let class = descriptor.get_type();
        if class.module()? != "_ctypes" || class.name()? != "CField" {
            return Ok(Err("its descriptor was replaced".to_owned()));
        }
        let offset: isize = descriptor.getattr("offset")?.extract()?;
        let Ok(offset) = usize::try_from(offset) else {
            // Some bit-fields of packed unions.
            return Ok(Err(format!("ctypes puts it at offset {offset}")));
        };
        let described: usize = descriptor.getattr("size")?.extract()?;
        let class = entry.get_item(1)?;
        let size = self.sizeof(&class)?;
        // Only the text of the descriptor tells which type ctypes made it for: `<Field type=c_int,
        // …>`.
        let text = descriptor.repr()?.to_string_lossy().into_owned();
        let name = class.getattr("__name__")?;
        if text.contains("type=") && !text.contains(&format!("type={name},")) {
            return Ok(Err(format!("its type is {name}, but ctypes has made it {text}")));
        }
        let element_type = self.element_type(&class, depth + 1)?;
        let made =
            |element_type| Ok(Ok(Field { name: None, offset, element_type, anonymous: false }));
        if entry.len()? == 2 {
            if described != size {
                return Ok(Err(format!("its type has {size} bytes, its place {described}")));
            }
            return made(element_type);
        }
        // For bit-fields `size` holds the width and the lowest bit; since 3.14 they have names of
        // their own.
        let (width, shift) = match descriptor.getattr_opt("bit_size")? {
            Some(width) => (width.extract()?, descriptor.getattr("bit_offset")?.extract()?),
            None => ((described >> 16) as u32, (described & 0xffff) as u32),
        };
        match element_type {
            ElementType::Scalar(unit)
                if matches!(unit.dtype.kind(), Kind::Signed | Kind::Unsigned)
                    && width > 0
                    && width.checked_add(shift).is_some_and(|end: u32| end <= 8 * size as u32) =>
            {
                made(ElementType::Bits(Bits { unit, shift, width }))
            }
            _ => Ok(Err("a bit-field of no whole number".to_owned())),
        }
    }
}

/// Returns the names by which a field, or one of an anonymous member, can be asked for.
fn names_of(field: &Field) -> Vec<&str> {
    let mut names: Vec<&str> = field.name.as_deref().into_iter().collect();
    if let (true, ElementType::Record(record)) = (field.anonymous, &field.element_type) {
        names.extend(record.fields.iter().flat_map(names_of));
    }
    names
}

/// Returns the element type of an array of a length: text if its elements are characters.
fn array_of(length: usize, element: ElementType) -> ElementType {
    match element {
        ElementType::Scalar(ScalarType { dtype: DType::Char, .. }) => ElementType::Bytes(length),
        ElementType::Scalar(unit) if unit.dtype.kind() == Kind::Text => {
            ElementType::Text(unit, length)
        }
        element => ElementType::array(vec![length], element),
    }
}
