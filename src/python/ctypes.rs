//! What the elements of ctypes objects are, by their types.
//!
//! The formats that ctypes exports for structures and unions are wrong on some versions of Python:
//! they leave out padding, bit-fields and the fields of base classes. Their types tell the truth:
//! `_fields_`, and a descriptor for each field with its offset and size. Where even that is not
//! clear the elements are refused. Formats of simple types, and of arrays of them, are right, and
//! never come here.

use std::ffi::CStr;
use std::sync::Arc;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use super::class::PyConsumerArray;
use crate::array::AnyArray;
use crate::dtype::{DType, ScalarType};
use crate::error::Error;
use crate::form::{Bits, ElementType, Field, Record};
use crate::format::{Code, FormatString, Kind};
use crate::layout::{Layout, MAX_NDIM};

/// How deep types may nest, as in format strings.
pub(super) const MAX_DEPTH: usize = 64;

/// The object of ctypes whose memory an exporter shows: itself, or what memoryviews and
/// ConsumerArrays are views of.
pub(super) fn owner<'py>(exporter: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let mut exporter = exporter.clone();
    loop {
        let inner = if let Ok(view) = exporter.cast_exact::<PyConsumerArray>() {
            view.get().exporter(exporter.py()).ok()?
        // SAFETY: the object is alive.
        } else if unsafe { ffi::PyMemoryView_Check(exporter.as_ptr()) } != 0 {
            exporter.getattr("obj").ok()
        } else {
            return is_of_ctypes(&exporter).then_some(exporter);
        };
        exporter = inner?;
    }
}

/// Whether an object is one of ctypes.
fn is_of_ctypes(object: &Bound<'_, PyAny>) -> bool {
    base_class(object, |name| name.to_bytes().starts_with(b"_ctypes.")).is_some()
}

/// The nearest class of a name, by the chain of base classes that decide on the layout, which even a
/// class has that was never made ready.
pub(super) fn base_class<'py>(
    object: &Bound<'py, PyAny>,
    is_it: impl Fn(&CStr) -> bool,
) -> Option<Bound<'py, PyAny>> {
    let mut class = object.get_type_ptr();
    while !class.is_null() {
        // SAFETY: it is a class, whose name is a C string, and whose base is a class or NULL.
        unsafe {
            if is_it(CStr::from_ptr((*class).tp_name)) {
                return Some(Bound::from_borrowed_ptr(object.py(), class.cast()));
            }
            class = (*class).tp_base;
        }
    }
    None
}

/// What an array whose format is not to be believed really is: the one that the exporter, or what
/// it is a view of, knows. `None` where ctypes has nothing to do with it, or where the format is not
/// that of the object itself: then somebody has cast it to one that can be believed.
///
/// # Safety
/// The array's memory is that of `exporter`.
pub(super) unsafe fn correct(array: &AnyArray, exporter: &Bound<'_, PyAny>) -> Option<AnyArray> {
    let mut exporter = exporter.clone();
    let mut direct = true;
    loop {
        let inner = if let Ok(view) = exporter.cast_exact::<PyConsumerArray>() {
            let known = view.get().array().ok()?;
            if let (true, AnyArray::Composite(known)) = (alike(known, array), known) {
                let element_type = known.descriptor().clone();
                // SAFETY: the same memory in the same elements, seen as the view sees them.
                return Some(unsafe { with_form(array, array.format().clone(), element_type) });
            }
            view.get().exporter(exporter.py()).ok()?
        // SAFETY: the object is alive.
        } else if unsafe { ffi::PyMemoryView_Check(exporter.as_ptr()) } != 0 {
            exporter.getattr("obj").ok()
        } else {
            break;
        };
        direct = false;
        exporter = inner?;
    }
    if !is_of_ctypes(&exporter) {
        return None;
    }
    let class = exporter.get_type().into_any();
    let element_type = match form_of(&class, array, direct) {
        Ok(element_type) => element_type?,
        Err(error) => unreadable(&class, array.layout().itemsize(), format_args!("{error}")),
    };
    let layout = || array.layout().clone();
    let (start, readonly) = (array.start(), array.readonly());
    // SAFETY: the same memory in elements of the same size, which are of that type.
    Some(unsafe {
        match element_type {
            ElementType::Unreadable { why, .. } => {
                AnyArray::opaque(start, layout(), array.format().clone(), readonly, None, why)
            }
            ElementType::Scalar(scalar_type) => {
                let format = scalar_type.format();
                AnyArray::from_scalars(scalar_type, start, layout(), format, readonly, None)
            }
            element_type => with_form(array, element_type.format(), Arc::new(element_type)),
        }
    })
}

/// The form of the elements of an array over an object of a class; `None` where the array's own
/// format is to be believed.
fn form_of(
    class: &Bound<'_, PyAny>,
    array: &AnyArray,
    direct: bool,
) -> PyResult<Option<ElementType>> {
    let reader = Reader { module: class.py().import("_ctypes")? };
    let item = reader.item_type(class.clone())?;
    let (size, itemsize) = (reader.sizeof(&item)?, array.layout().itemsize());
    // What somebody has cast has another size, or the format of a simple type.
    if !direct && (size != itemsize || array.scalar_type().is_some()) {
        return Ok(None);
    }
    if size != itemsize {
        let why = format_args!("it has {size} bytes, but itemsize is {itemsize}");
        return Ok(Some(unreadable(&item, itemsize, why)));
    }
    reader.element_type(&item, 0).map(Some)
}

/// The same elements by another form.
///
/// # Safety
/// The form is that of the elements.
unsafe fn with_form(
    array: &AnyArray,
    format: FormatString,
    element_type: Arc<ElementType>,
) -> AnyArray {
    let layout: Layout = array.layout().clone();
    // SAFETY: as the caller says.
    unsafe {
        AnyArray::composite(array.start(), layout, format, array.readonly(), None, element_type)
    }
}

/// Whether two arrays claim the same of their elements.
fn alike(left: &AnyArray, right: &AnyArray) -> bool {
    left.format() == right.format() && left.layout().itemsize() == right.layout().itemsize()
}

/// What cannot be read because of its type.
fn unreadable(class: &Bound<'_, PyAny>, size: usize, why: std::fmt::Arguments<'_>) -> ElementType {
    let name = class.repr().map_or_else(|_| "a type".to_owned(), |name| name.to_string());
    let why = Error::unreadable(format!("elements of the type {name} cannot be read: {why}"));
    ElementType::Unreadable { size, why }
}

/// Reads the types of ctypes. It is imported where one of its objects is there.
struct Reader<'py> {
    module: Bound<'py, PyModule>,
}

/// What kind of type it is.
enum Family {
    Simple,
    Array,
    Structure,
    Union,
    /// Pointers and functions.
    Address,
}

impl<'py> Reader<'py> {
    fn sizeof(&self, class: &Bound<'py, PyAny>) -> PyResult<usize> {
        self.module.getattr("sizeof")?.call1((class,))?.extract()
    }

    fn kind(&self, class: &Bound<'py, PyAny>) -> PyResult<Option<Family>> {
        let class = class.cast::<PyType>()?;
        let is = |name: &str| class.is_subclass(&self.module.getattr(name)?);
        Ok(if is("_SimpleCData")? {
            Some(Family::Simple)
        } else if is("Array")? {
            Some(Family::Array)
        } else if is("Structure")? {
            Some(Family::Structure)
        } else if is("Union")? {
            Some(Family::Union)
        } else if is("_Pointer")? || is("CFuncPtr")? {
            Some(Family::Address)
        } else {
            None
        })
    }

    /// The type of the elements of an array, whose dimensions the buffer has as its shape.
    fn item_type(&self, class: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let mut class = class;
        for _ in 0..=MAX_NDIM {
            match self.kind(&class)? {
                Some(Family::Array) => class = class.getattr("_type_")?,
                _ => break,
            }
        }
        Ok(class)
    }

    /// What an object of a type holds.
    fn element_type(&self, class: &Bound<'py, PyAny>, depth: usize) -> PyResult<ElementType> {
        let size = self.sizeof(class)?;
        let unreadable = |why: std::fmt::Arguments<'_>| Ok(unreadable(class, size, why));
        if depth > MAX_DEPTH {
            return unreadable(format_args!("it nests deeper than {MAX_DEPTH} levels"));
        }
        let element_type = match self.kind(class)? {
            Some(Family::Simple) => self.simple(class, size)?,
            Some(Family::Array) => {
                let length: usize = class.getattr("_length_")?.extract()?;
                let element = self.element_type(&class.getattr("_type_")?, depth + 1)?;
                // Whoever sets the attributes does not change the array.
                if length.checked_mul(element.size()) != Some(size) {
                    return unreadable(format_args!("it is no array of {length} elements"));
                }
                Some(array_of(length, element))
            }
            Some(Family::Address) => {
                Some(ElementType::Scalar(ScalarType { dtype: DType::Address, swapped: false }))
            }
            Some(kind @ (Family::Structure | Family::Union)) => {
                match self.fields(class, size, depth)? {
                    Ok(fields) => {
                        let union = matches!(kind, Family::Union);
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

    /// A simple type: one letter, natively sized, and maybe in the other byte order.
    fn simple(&self, class: &Bound<'py, PyAny>, size: usize) -> PyResult<Option<ElementType>> {
        let letter: char = class.getattr("_type_")?.extract()?;
        if letter == 'O' {
            // What is followed has to be a reference: the attribute may have been set later, the
            // format is that of the memory.
            let described = self.module.getattr("buffer_info")?.call1((class,))?.get_item(0)?;
            let format: String = described.extract()?;
            return Ok(format.ends_with('O').then_some(ElementType::Object));
        }
        let Some(code) = u8::try_from(letter).ok().and_then(Code::from_letter) else {
            return Ok(None);
        };
        let swapped_name =
            if cfg!(target_endian = "little") { "__ctype_be__" } else { "__ctype_le__" };
        // Types that have no byte order do not have the attribute.
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

    /// The fields of a structure or union of `size` bytes, those of its base classes first; why they
    /// cannot be told, where they cannot.
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
                // The descriptor is that of the last one.
                return Ok(Err(format!("two fields are called {:?}", twice[0])));
            }
            // A field of a base class whose name is taken can still be read, but not be asked for.
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

    /// A field from its entry in `_fields_` and its descriptor; why it cannot be told.
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
        // Which type ctypes read into the descriptor only its text tells: `<Field type=c_int, …>`.
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
        // For bit-fields `size` tells the width and the lowest bit, since 3.14 by other names.
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

/// The names by which a field, or one of an anonymous member, can be asked for.
fn names_of(field: &Field) -> Vec<&str> {
    let mut names: Vec<&str> = field.name.as_deref().into_iter().collect();
    if let (true, ElementType::Record(record)) = (field.anonymous, &field.element_type) {
        names.extend(record.fields.iter().flat_map(names_of));
    }
    names
}

/// An array of a length: text where its elements are characters.
fn array_of(length: usize, element: ElementType) -> ElementType {
    match element {
        ElementType::Scalar(ScalarType { dtype: DType::Char, .. }) => ElementType::Bytes(length),
        ElementType::Scalar(unit) if unit.dtype.kind() == Kind::Text => {
            ElementType::Text(unit, length)
        }
        ElementType::Array { mut shape, element } => {
            shape.insert(0, length);
            ElementType::Array { shape, element }
        }
        element => ElementType::Array { shape: vec![length], element: Box::new(element) },
    }
}
