//! Memory to try ctypes' own descriptors on.
//!
//! Which type ctypes made a field for, no attribute tells before Python 3.14, and `_fields_` may
//! have been changed since. But a descriptor reads from the memory of any object of ctypes, and
//! what it makes of known bytes shows its type.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyComplex, PyFloat, PyInt, PyString, PyType};

use super::classes::Functions;
use crate::dtype::{DType, ScalarType};
use crate::element::Value;
use crate::form::ElementType;
use crate::format::Kind;
use crate::python::acquire::types::{namespace, slot};
use crate::python::errors::{discard, with_exception};
use crate::python::exceptions::{PyMemoryError, PyValueError};
use crate::python::objects;
use crate::python::once::made_once;
use crate::python::version::since_3_14;

/// The size of the memory. Fields that end beyond it cannot be tried.
const SIZE: usize = 1 << 14;

/// Why objects are not read: nothing but attributes says that they are there.
pub(super) const UNPROVED: &str = "nothing proves that it holds objects";

/// Objects of ctypes that nobody else knows of.
pub(super) struct Samples {
    /// All zeros: NULL for what is followed when it is read.
    zeros: Py<PyAny>,
    /// Other bytes: see [`byte`].
    patterns: Vec<Py<PyAny>>,
    /// The class of the descriptors of fields.
    descriptor: Py<PyAny>,
}

/// What trying a descriptor has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// It is of the type that it is said to be.
    Right,
    /// It is of another type.
    Wrong,
    /// It could not be tried.
    None,
}

impl Samples {
    /// Returns the samples, which are made with `root`, ctypes' own class of structures or unions.
    pub(super) fn get(root: &Bound<'_, PyType>, ctypes: &Functions) -> PyResult<&'static Self> {
        static SAMPLES: PyOnceLock<Samples> = PyOnceLock::new();
        made_once(&SAMPLES, root.py(), || Self::make(root, ctypes))
    }

    fn make(root: &Bound<'_, PyType>, ctypes: &Functions) -> PyResult<Self> {
        let py = root.py();
        let class = |fields: Vec<(&str, &Bound<'_, PyAny>)>| {
            let attributes = objects::dict(py)?;
            attributes.set_item("_fields_", fields)?;
            root.get_type().call1(("Sample", (root,), attributes))
        };
        let empty = class(Vec::new())?;
        let with_field = class(vec![("field", &empty)])?.cast_into::<PyType>()?;
        let Some(descriptor) = namespace(&with_field)?.get("field")? else {
            return Err(PyValueError::new_err("ctypes makes no descriptors"));
        };
        let sample = |bytes: Vec<u8>| {
            let sample = empty.call0()?;
            ctypes.resize(&sample, SIZE)?;
            fill(&sample, &bytes)?;
            Ok::<_, PyErr>(sample.unbind())
        };
        let pattern = |number| sample((0..SIZE).map(|index| byte(number, index)).collect());
        Ok(Self {
            zeros: sample(vec![0; SIZE])?,
            patterns: (0..PATTERNS).map(pattern).collect::<PyResult<_>>()?,
            descriptor: descriptor.get_type().into_any().unbind(),
        })
    }

    /// Returns whether an object is a descriptor of a field.
    pub(super) fn is_descriptor(&self, object: &Bound<'_, PyAny>) -> bool {
        object.get_type().is(&self.descriptor)
    }

    /// Tries a descriptor, which is said to be of a class, where all bytes are zeros. Objects of a
    /// class with a finaliser are not made, because it would run.
    pub(super) fn read_zeros<'py>(
        &self,
        descriptor: &Bound<'py, PyAny>,
        class: &Bound<'py, PyType>,
        end: usize,
    ) -> PyResult<Trial<'py>> {
        if end > SIZE || has_finaliser(class) {
            return Ok(Trial::None);
        }
        Ok(match read(descriptor, self.zeros.bind(descriptor.py())) {
            Ok(value) if value.get_type().is(class) => Trial::Object(value),
            Ok(value) => Trial::Value(value),
            Err(error) => {
                let error = with_exception(descriptor.py(), error);
                if PyMemoryError::matches(&error, descriptor.py()) {
                    return Err(error);
                }
                let is_null = PyValueError::matches(&error, descriptor.py());
                discard(descriptor.py(), error);
                if is_null { Trial::Null } else { Trial::Error }
            }
        })
    }

    /// Returns whether a descriptor is of an element type, given what it has made of zeros.
    pub(super) fn prove(
        &self,
        descriptor: &Bound<'_, PyAny>,
        offset: usize,
        element_type: &ElementType,
        trial: Trial<'_>,
    ) -> PyResult<Proof> {
        let value = match trial {
            Trial::None => return Ok(Proof::None),
            Trial::Object(_) => return Ok(Proof::Right),
            Trial::Null if *element_type == ElementType::Object => return Ok(Proof::Right),
            Trial::Null | Trial::Error => return Ok(Proof::Wrong),
            Trial::Value(value) => value,
        };
        let is_right = match element_type {
            // Nothing is read of it.
            ElementType::Unreadable { .. } => return Ok(Proof::None),
            ElementType::Bytes(_) => value.is_exact_instance_of::<PyBytes>(),
            ElementType::Text(..) => value.is_exact_instance_of::<PyString>(),
            ElementType::Bits(_) => value.is_exact_instance_of::<PyInt>(),
            ElementType::Scalar(scalar) => is_of_kind(&value, scalar.dtype.kind()),
            _ => false,
        };
        let is_right = is_right
            && (!has_telling_bytes(element_type)
                || self.reads_the_same(descriptor, offset, element_type)?);
        Ok(if is_right { Proof::Right } else { Proof::Wrong })
    }

    /// Returns whether what a descriptor reads of bytes that are not zeros is what the element type
    /// makes of them at an offset.
    fn reads_the_same(
        &self,
        descriptor: &Bound<'_, PyAny>,
        offset: usize,
        element_type: &ElementType,
    ) -> PyResult<bool> {
        // The first pattern tells all of whole bytes.
        let count = if matches!(element_type, ElementType::Bits(_)) { PATTERNS } else { 1 };
        for (number, sample) in self.patterns.iter().enumerate().take(count) {
            let places = offset..offset + element_type.size();
            let bytes: Vec<u8> = places.map(|index| byte(number, index)).collect();
            let found = read(descriptor, sample.bind(descriptor.py()))?;
            let same = match element_type.value(&bytes) {
                Value::Integer(wanted) => found.extract::<i128>()? == wanted,
                Value::Float(wanted) => found.extract::<f64>()?.to_bits() == wanted.to_bits(),
                _ => true,
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What a descriptor made of zeros.
pub(super) enum Trial<'py> {
    /// It was not tried.
    None,
    /// An object of just the class that it is said to be of.
    Object(Bound<'py, PyAny>),
    /// Something else.
    Value(Bound<'py, PyAny>),
    /// The error for NULL where there should be a reference.
    Null,
    /// Another error.
    Error,
}

impl<'py> Trial<'py> {
    /// Returns the object of the class that the descriptor is said to be of.
    pub(super) fn object(&self) -> Option<&Bound<'py, PyAny>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// Returns whether a value is what ctypes makes of zeros in a scalar of a kind.
fn is_of_kind(value: &Bound<'_, PyAny>, kind: Kind) -> bool {
    match kind {
        Kind::Address => value.is_none(),
        // Since Python 3.14 ctypes makes an int of a bool in the other byte order.
        Kind::Bool => {
            value.is_exact_instance_of::<PyBool>()
                || since_3_14() && value.is_exact_instance_of::<PyInt>()
        }
        Kind::Signed | Kind::Unsigned => value.is_exact_instance_of::<PyInt>(),
        Kind::Float => value.is_exact_instance_of::<PyFloat>(),
        Kind::Complex => value.is_exact_instance_of::<PyComplex>(),
        Kind::Text => value.is_exact_instance_of::<PyString>(),
        Kind::Char => value.is_exact_instance_of::<PyBytes>(),
        _ => false,
    }
}

/// Returns whether any pattern of bytes is a value of a type, and its bytes tell what type it is.
fn has_telling_bytes(element_type: &ElementType) -> bool {
    match element_type {
        ElementType::Bits(_) => true,
        ElementType::Scalar(ScalarType { dtype, .. }) => {
            matches!(dtype.kind(), Kind::Signed | Kind::Unsigned | Kind::Float)
                && *dtype != DType::LongDouble
        }
        _ => false,
    }
}

/// Returns whether arbitrary code runs when an object of a class is finalised.
pub(super) fn has_finaliser(class: &Bound<'_, PyType>) -> bool {
    !slot(class, ffi::Py_tp_finalize).is_null()
}

fn read<'py>(
    descriptor: &Bound<'py, PyAny>,
    sample: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    descriptor.call_method1("__get__", (sample, sample.get_type()))
}

/// The number of patterns of bytes.
const PATTERNS: usize = 8;

/// Returns a byte of a pattern. In the first one no two neighbours are the same and all have their
/// highest bit, so that byte orders, signs and widths show, and no float is infinite or not a
/// number. In all patterns together no two bits of eight bytes have the same values, and each is
/// set in one.
fn byte(number: usize, index: usize) -> u8 {
    let pattern = 0x81 + (index * 37 % 0x67) as u8;
    match number {
        0 => pattern,
        1 => !pattern,
        2..=4 => (index >> (number - 2) & 1) as u8 * 0xff,
        5 => 0xaa,
        6 => 0xcc,
        _ => 0xf0,
    }
}

/// Writes all bytes of an object of ctypes.
fn fill(sample: &Bound<'_, PyAny>, bytes: &[u8]) -> PyResult<()> {
    let mut buffer = std::mem::MaybeUninit::<ffi::Py_buffer>::uninit();
    // SAFETY: the object is alive. Its class is ours, and exports as ctypes does, the whole memory
    // of an object as contiguous bytes; their number is compared, and the buffer is released.
    unsafe {
        let place = buffer.as_mut_ptr();
        if ffi::PyObject_GetBuffer(sample.as_ptr(), place, ffi::PyBUF_WRITABLE) != 0 {
            return Err(PyErr::fetch(sample.py()));
        }
        let fits = usize::try_from((*place).len) == Ok(bytes.len());
        if fits {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), (*place).buf.cast(), bytes.len());
        }
        ffi::PyBuffer_Release(place);
        fits.then_some(()).ok_or_else(|| PyValueError::new_err("the sample has another size"))
    }
}
