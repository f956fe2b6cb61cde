//! `v.dtype`: the elements of a view in NumPy's terms.
//!
//! NumPy reads format strings itself, but not all of them, and some of them wrong: it has no
//! addresses in records, aligns nested records by a rule of its own, and takes `5x` for a record
//! without fields. So a dtype is made of the element type, which says what lies where.

use std::borrow::Cow;

use ::numpy::PyArrayDescr;
use pyo3::prelude::*;
use pyo3::types::PyType;

use consumer::array::AnyArray;
use consumer::dtype::{DType, ScalarType};
use consumer::fallible::{self, Shortened};
use consumer::form::{ElementType, Record};
use consumer::format::Kind;
use consumer::python::exceptions::PyTypeError;
use consumer::python::{objects, stack};

use super::import;
use crate::interchange::as_wider;
use crate::object::PyConsumerArray;

/// What the elements of an array are to NumPy: a type that it has.
pub(super) struct NumpyType<'a> {
    element_type: Cow<'a, ElementType>,
    /// The bytes of an element, of which those behind the type's own are padding.
    itemsize: usize,
}

impl<'a> NumpyType<'a> {
    /// Finds out what the elements of an array are to NumPy. Needs no NumPy.
    ///
    /// # Errors
    /// TypeError if NumPy has no such type, and NotImplementedError for elements that cannot be
    /// read: both say which.
    pub(super) fn of(array: &'a AnyArray) -> PyResult<Self> {
        let itemsize = array.layout().itemsize();
        let element_type = match array {
            AnyArray::Opaque(array) => return Err(array.descriptor().clone().into()),
            AnyArray::Composite(composite) => {
                let known = &**composite.descriptor();
                refuse_what_numpy_has_not(known, None)?;
                fallible::room_for(known.weight())?;
                let format = array.format().as_bytes();
                let has_counts = format.iter().any(u8::is_ascii_digit);
                let counted = has_counts.then(|| known.with_counts_of(format)).flatten();
                // A count of zero makes a sub-array of what is otherwise not there.
                let counted = counted.filter(|it| refuse_what_numpy_has_not(it, None).is_ok());
                counted.map_or(Cow::Borrowed(known), Cow::Owned)
            }
            _ => {
                // What is neither composite nor opaque is scalars.
                let scalar_type = array.scalar_type();
                let scalar_type =
                    scalar_type.ok_or_else(|| PyTypeError::new_err("NumPy has no such type"))?;
                scalar_name(scalar_type, None)?;
                Cow::Owned(ElementType::Scalar(scalar_type))
            }
        };
        Ok(Self { element_type, itemsize })
    }

    /// Returns whether the elements are strings of no bytes. NumPy makes an array of them only
    /// where they are a field: by themselves they would have one character.
    pub(super) fn is_empty_text(&self) -> bool {
        matches!(*self.element_type, ElementType::Bytes(0) | ElementType::Text(_, 0))
    }

    /// Makes the dtype. NumPy was imported. May run arbitrary Python code.
    pub(super) fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Dtype<'py>> {
        let make = Maker::new(py);
        let (offset, element_type) = match &*self.element_type {
            ElementType::Padded(offset, element_type) => (*offset, &**element_type),
            element_type => (0, element_type),
        };
        if element_type.size() == self.itemsize {
            return make.dtype(element_type);
        }
        // NumPy has padding in records only.
        make.record(&[(None, offset, element_type)], self.itemsize)
    }

    /// Makes the dtype of records with one field, [`FIELD`], that are the elements: as
    /// [`dtype`](Self::dtype) does.
    pub(super) fn as_field<'py>(&self, py: Python<'py>) -> PyResult<Dtype<'py>> {
        Maker::new(py).record(&[(Some(FIELD), 0, &*self.element_type)], self.itemsize)
    }
}

/// The name of the field that the elements are: see [`NumpyType::as_field`].
pub(super) const FIELD: &str = "f0";

/// A dtype.
pub(super) type Dtype<'py> = Bound<'py, PyArrayDescr>;

/// NumPy's class of dtypes: its own, whatever stands under that name in the module by now.
struct Maker<'py>(Bound<'py, PyType>);

impl<'py> Maker<'py> {
    fn new(py: Python<'py>) -> Self {
        Self(py.get_type::<PyArrayDescr>())
    }

    fn call(&self, description: &Bound<'py, PyAny>) -> PyResult<Dtype<'py>> {
        let arguments = objects::tuple(self.0.py(), std::iter::once(Ok(description.clone())))?;
        Ok(self.0.call1(arguments)?.cast_into()?)
    }

    /// Makes the dtype of elements of which none are refused.
    fn dtype(&self, element_type: &ElementType) -> PyResult<Dtype<'py>> {
        let py = self.0.py();
        let name = match element_type {
            ElementType::Array { shape, element } => {
                let element = Ok(self.dtype(element)?.into_any());
                let shape = objects::sizes(py, shape).map(Bound::into_any);
                return self.call(objects::tuple(py, [element, shape].into_iter())?.as_any());
            }
            ElementType::Record(Record { fields, size, .. }) => {
                let fields = fields
                    .iter()
                    .map(|field| (field.name.as_deref(), field.offset, &field.element_type));
                return self.record(&fallible::collect(fields)?, *size);
            }
            ElementType::Padded(offset, inner) => {
                return self.record(&[(None, *offset, &**inner)], element_type.size());
            }
            ElementType::Scalar(scalar_type) => scalar_name(*scalar_type, None)?,
            ElementType::Text(unit, count) => text_name(*unit, *count, None)?,
            ElementType::Bytes(size) => format!("S{size}"),
            ElementType::Void(size) => format!("V{size}"),
            ElementType::Object => "O".to_owned(),
            ElementType::Bits(_) | ElementType::Pascal(_) | ElementType::Unreadable { .. } => {
                return Err(refusal("such", None));
            }
        };
        self.call(objects::string(py, &name)?.as_any())
    }

    /// Makes the dtype of records of `size` bytes whose fields have these names, offsets and types.
    fn record(
        &self,
        fields: &[(Option<&str>, usize, &ElementType)],
        size: usize,
    ) -> PyResult<Dtype<'py>> {
        let py = self.0.py();
        let given = sorted_names(fields.iter().filter_map(|&(name, ..)| name))?;
        let mut unnamed = 0..;
        let names = fields.iter().map(|&(name, ..)| {
            let text = match name {
                Some(name) => Cow::Borrowed(name),
                // NumPy's own names for fields without one, as it counts them in a format.
                None => unnamed
                    .by_ref()
                    .map(|number: usize| format!("f{number}"))
                    .find(|name| given.binary_search(&name.as_str()).is_err())
                    .map_or(Cow::Borrowed(""), Cow::Owned),
            };
            objects::string(py, &text).map(Bound::into_any)
        });
        let names = objects::tuple(py, names)?;
        let formats = fields.iter().map(|&(.., part)| self.dtype(part).map(Bound::into_any));
        let formats = objects::tuple(py, formats)?;
        let offsets = fields.iter().map(|&(_, offset, _)| objects::size(py, offset));
        let offsets = objects::tuple(py, offsets)?;
        let description = objects::dict(py)?;
        description.set_item("names", names)?;
        description.set_item("formats", formats)?;
        description.set_item("offsets", offsets)?;
        description.set_item("itemsize", objects::size(py, size)?)?;
        self.call(description.as_any())
    }
}

/// Returns names in an order in which they can be searched.
fn sorted_names<'a>(names: impl Iterator<Item = &'a str>) -> PyResult<Vec<&'a str>> {
    Ok(fallible::sorted(fallible::collect(names)?))
}

/// Refuses elements that NumPy has no type for, before it is imported. They are what a field of
/// that name is, if that is not `None`.
fn refuse_what_numpy_has_not(element_type: &ElementType, field: Option<&str>) -> PyResult<()> {
    match element_type {
        ElementType::Scalar(scalar_type) => scalar_name(*scalar_type, field).map(drop),
        ElementType::Text(unit, count) => text_name(*unit, *count, field).map(drop),
        ElementType::Bits(_) => Err(refusal("bit-field", field)),
        ElementType::Pascal(_) => Err(refusal("Pascal string", field)),
        ElementType::Unreadable { why, .. } => Err(why.clone().into()),
        ElementType::Array { element, .. }
            if matches!(
                **element,
                ElementType::Bytes(0) | ElementType::Void(0) | ElementType::Text(_, 0)
            ) =>
        {
            Err(refusal("sub-array of empty", field))
        }
        ElementType::Array { element, .. } | ElementType::Padded(_, element) => {
            refuse_what_numpy_has_not(element, field)
        }
        ElementType::Record(Record { fields, .. }) => {
            let names = sorted_names(fields.iter().filter_map(|field| field.name.as_deref()))?;
            if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
                let name = Shortened(twice[0]);
                return Err(PyTypeError::new_err(format!(
                    "NumPy has no records with two fields of the name {name:?}; v.tolist() has all \
                     values"
                )));
            }
            fields.iter().try_for_each(|inner| {
                refuse_what_numpy_has_not(&inner.element_type, inner.name.as_deref().or(field))
            })
        }
        ElementType::Object | ElementType::Bytes(_) | ElementType::Void(_) => Ok(()),
    }
}

/// The error for elements, or for a field of them, that NumPy has no type for.
#[cold]
fn refusal(kind: &str, field: Option<&str>) -> PyErr {
    let message = match field {
        Some(name) => format!(
            "NumPy has no type for {kind} elements (field {:?}); v.tolist() has the values, and \
             v[[name, ...]] other fields",
            Shortened(name)
        ),
        None => format!("NumPy has no type for {kind} elements; v.tolist() has their values"),
    };
    PyTypeError::new_err(message)
}

/// Returns the name that NumPy has for a scalar type, such as `>f8`.
fn scalar_name(scalar_type: ScalarType, field: Option<&str>) -> PyResult<String> {
    let scalar = scalar_type.dtype;
    if let Some(help) = as_wider(scalar) {
        let name = scalar.name();
        return Err(match field {
            Some(_) => refusal(name, field),
            None => PyTypeError::new_err(format!("NumPy has no type for {name} elements; {help}")),
        });
    }
    let size = scalar.size();
    let name = match scalar.kind() {
        Kind::Bool => "?".to_owned(),
        Kind::Char => "S1".to_owned(),
        Kind::Signed => format!("i{size}"),
        Kind::Unsigned | Kind::Address => format!("u{size}"),
        Kind::Float => format!("f{size}"),
        Kind::Complex => format!("c{size}"),
        Kind::Text => return text_name(scalar_type, 1, field),
        _ => return Err(refusal(scalar.name(), field)),
    };
    Ok(format!("{}{name}", order(scalar_type)))
}

/// Returns the name that NumPy has for strings of so many code units, such as `>U5`.
fn text_name(unit: ScalarType, count: usize, field: Option<&str>) -> PyResult<String> {
    match unit.dtype {
        DType::Ucs4 => Ok(format!("{}U{count}", order(unit))),
        _ => Err(refusal(unit.dtype.name(), field)),
    }
}

fn order(scalar_type: ScalarType) -> char {
    char::from(if scalar_type.swapped { scalar_type.byte_order().prefix() } else { b'=' })
}

#[pymethods]
impl PyConsumerArray {
    /// The numpy.dtype of the elements.
    ///
    /// Records are structured types, whose fields without a name are f0, f1 and so on, and elements
    /// that are sub-arrays are types with a shape. Needs NumPy: ImportError where it is not there,
    /// TypeError where it has no such type, as for bit-fields.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Dtype<'py>> {
        // Element types nest, and the functions that read them with them.
        stack::check(py)?;
        // Making a dtype may run Python code that releases the view.
        let hold = self.hold(py)?;
        let numpy_type = NumpyType::of(&hold)?;
        import(py, "ConsumerArray.dtype")?;
        numpy_type.dtype(py)
    }
}
