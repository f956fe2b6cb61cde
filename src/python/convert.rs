//! One element and its Python object, in both directions.
//!
//! Reading takes the element out of memory first, by value, and then makes the object, so that no
//! memory is touched once Python runs. Writing makes the element's bytes first, which may run
//! `__index__`, `__float__` or `__bool__` of the user's, and stores them when that is over.

use std::convert::Infallible;
use std::ffi::{c_long, c_ulong};
use std::fmt::Display;
use std::sync::atomic::{AtomicPtr, Ordering};

use half::f16;
use num_complex::Complex;
use pyo3::exceptions::{PyNotImplementedError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use pyo3::{Borrowed, ffi};

use crate::element::{
    Address, Char, Element, LongDouble, Opaque, Scalar, Ucs2, Ucs4, f16_from_f64,
};
use crate::error::Result;
use crate::format::FormatString;
use crate::kernels::{copy, search};
use crate::view::{View, load};

/// A new reference, or NULL with an exception set: what CPython's own constructors return.
pub(super) type NewReference = *mut ffi::PyObject;

/// An element type whose elements can become Python objects and back.
pub(super) trait PyElement: Element {
    /// One element, ready to be stored.
    type Encoded;
    /// What a store takes out of the memory, to be dropped when that is not touched any more.
    type Old;

    /// The object of the element at `pointer`.
    ///
    /// # Safety
    /// `pointer` leads to an element of `view`.
    unsafe fn read(py: Python<'_>, view: &View<Self>, pointer: *const u8) -> NewReference;

    /// The objects of a line of elements, put into the empty places of a list; NULL, with an
    /// exception, where one has none, else the list.
    ///
    /// # Safety
    /// The line leads to `length` elements of `view`, which is held; the list has as many places.
    #[inline(always)]
    unsafe fn read_line(
        py: Python<'_>,
        view: &View<Self>,
        (pointer, stride): (*const u8, isize),
        list: NewReference,
        length: usize,
    ) -> NewReference {
        // SAFETY: as the caller says.
        unsafe {
            fill_list(list, length, |place| {
                let pointer = pointer.wrapping_offset(stride.wrapping_mul(place as isize));
                Self::read(py, view, pointer)
            })
        }
    }

    /// The bytes of an object as an element of `view`. May run any Python code.
    fn encode(
        view: &View<Self>,
        format: &FormatString,
        object: &Bound<'_, PyAny>,
    ) -> PyResult<Self::Encoded>;

    /// Stores an encoded element.
    ///
    /// # Safety
    /// `pointer` leads to an element of `view` that can be written.
    unsafe fn store(
        view: &View<Self>,
        pointer: *mut u8,
        encoded: Self::Encoded,
    ) -> Result<Self::Old>;

    /// Stores an object that can be read without running anybody's code; says whether it did.
    ///
    /// # Safety
    /// `pointer` leads to an element of `view` that can be written, under access.
    #[inline(always)]
    unsafe fn store_plain(
        _view: &View<Self>,
        _pointer: *mut u8,
        _object: Borrowed<'_, '_, PyAny>,
    ) -> bool {
        false
    }

    /// Stores an encoded element in every element of `view`, which is writable.
    fn fill(view: &View<Self>, encoded: Self::Encoded) -> Result<Self::Old>;

    /// Which elements equal an object, as far as that can be told without asking the object.
    fn sought(object: &Bound<'_, PyAny>) -> Equal<Self::Encoded>;

    /// The position, in C order, of the first element that equals the encoded one.
    fn find(view: &View<Self>, element: &Self::Encoded) -> Option<usize>;

    /// How many elements equal the encoded one.
    fn count(view: &View<Self>, element: &Self::Encoded) -> usize;
}

/// Fills the empty places of a list, which is given up where there is no object for one.
///
/// # Safety
/// The list is new, and has that many places; `object` gives new references, or NULL with an
/// exception. Empty places are NULL, which the collector, should it run meanwhile, passes over.
#[inline(always)]
pub(super) unsafe fn fill_list(
    list: NewReference,
    length: usize,
    mut object: impl FnMut(usize) -> NewReference,
) -> NewReference {
    for place in 0..length {
        let object = object(place);
        // SAFETY: as the caller says.
        unsafe {
            if object.is_null() {
                ffi::Py_DECREF(list);
                return object;
            }
            ffi::PyList_SET_ITEM(list, place as isize, object);
        }
    }
    list
}

/// Which elements of a type equal one Python object.
pub(super) enum Equal<T> {
    /// Those that equal this one.
    To(T),
    /// None of them can.
    None,
    /// Each has to be compared with the object, in Python.
    Unknown,
}

impl<T> Equal<T> {
    fn map<U>(self, f: impl FnOnce(T) -> U) -> Equal<U> {
        match self {
            Self::To(value) => Equal::To(f(value)),
            Self::None => Equal::None,
            Self::Unknown => Equal::Unknown,
        }
    }
}

impl<T: Scalar<Value: PyValue>> PyElement for T {
    type Encoded = T::Bytes;
    type Old = ();

    #[inline(always)]
    unsafe fn read(py: Python<'_>, _view: &View<T>, pointer: *const u8) -> NewReference {
        // SAFETY: as the caller says.
        unsafe { load::<T>(pointer) }.into_object(py)
    }

    fn encode(
        _view: &View<T>,
        format: &FormatString,
        object: &Bound<'_, PyAny>,
    ) -> PyResult<T::Bytes> {
        T::Value::from_object(object, format).map(T::encode)
    }

    #[inline(always)]
    unsafe fn store(_view: &View<T>, pointer: *mut u8, encoded: T::Bytes) -> Result<()> {
        // SAFETY: as the caller says; an array of bytes needs no alignment.
        unsafe { pointer.cast::<T::Bytes>().write(encoded) };
        Ok(())
    }

    #[inline(always)]
    unsafe fn store_plain(
        _view: &View<T>,
        pointer: *mut u8,
        object: Borrowed<'_, '_, PyAny>,
    ) -> bool {
        match T::Value::plain(object) {
            Some(value) => {
                // SAFETY: as the caller says; an array of bytes needs no alignment.
                unsafe { pointer.cast::<T::Bytes>().write(T::encode(value)) };
                true
            }
            None => false,
        }
    }

    fn fill(view: &View<T>, encoded: T::Bytes) -> Result<()> {
        copy::fill(view, encoded.as_ref())
    }

    fn sought(object: &Bound<'_, PyAny>) -> Equal<T::Bytes> {
        T::Value::equal_to(object).map(T::encode)
    }

    fn find(view: &View<T>, element: &T::Bytes) -> Option<usize> {
        search::find(view, T::decode(*element))
    }

    fn count(view: &View<T>, element: &T::Bytes) -> usize {
        search::count(view, T::decode(*element))
    }
}

impl PyElement for Opaque {
    /// There is none.
    type Encoded = Infallible;
    type Old = ();

    unsafe fn read(py: Python<'_>, view: &View<Self>, _pointer: *const u8) -> NewReference {
        unreadable(view).restore(py);
        std::ptr::null_mut()
    }

    fn encode(
        view: &View<Self>,
        _format: &FormatString,
        _object: &Bound<'_, PyAny>,
    ) -> PyResult<Infallible> {
        Err(unreadable(view))
    }

    unsafe fn store(_view: &View<Self>, _pointer: *mut u8, encoded: Infallible) -> Result<()> {
        match encoded {}
    }

    fn fill(_view: &View<Self>, encoded: Infallible) -> Result<()> {
        match encoded {}
    }

    fn sought(_object: &Bound<'_, PyAny>) -> Equal<Infallible> {
        Equal::Unknown
    }

    fn find(_view: &View<Self>, element: &Infallible) -> Option<usize> {
        match *element {}
    }

    fn count(_view: &View<Self>, element: &Infallible) -> usize {
        match *element {}
    }
}

fn unreadable(view: &View<Opaque>) -> PyErr {
    PyNotImplementedError::new_err(view.descriptor().to_string())
}

/// A value and its Python object.
pub(super) trait PyValue: Copy + Sized {
    /// The object of the value.
    fn into_object(self, py: Python<'_>) -> NewReference;

    /// The value of an object. Errors are TypeError for the wrong type and ValueError for a value
    /// out of range, as memoryview has them; they name the format that was to be written.
    fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self>;

    /// The value of an object of just Python's own int or float, if it has that value exactly or
    /// rounded; `None` where anything is out of the ordinary. Runs nobody's code.
    #[inline(always)]
    fn plain(_object: Borrowed<'_, '_, PyAny>) -> Option<Self> {
        None
    }

    /// The one value that equals an object of Python's own types.
    fn equal_to(_object: &Bound<'_, PyAny>) -> Equal<Self> {
        Equal::Unknown
    }
}

#[cold]
pub(super) fn wrong_type(
    object: &Bound<'_, PyAny>,
    expected: &str,
    format: &FormatString,
) -> PyErr {
    let found = object.get_type().fully_qualified_name();
    let found = found.map_or_else(|_| "an object".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("expected {expected} for format '{format}', found {found}"))
}

#[cold]
pub(super) fn out_of_range(value: impl Display, format: &FormatString) -> PyErr {
    PyValueError::new_err(format!("{value} is out of range for format '{format}'"))
}

/// An object in a message. A large int cannot be written: Python has a limit of digits.
#[cold]
pub(super) fn described(object: &Bound<'_, PyAny>) -> String {
    let text = object.repr().map(|repr| repr.to_string_lossy().into_owned());
    text.unwrap_or_else(|_| "the value".to_owned())
}

/// An error out of one of CPython's conversions, in memoryview's words: TypeError where the object
/// is of the wrong type, ValueError for OverflowError. What the user's own code raises passes.
#[cold]
fn conversion_error(object: &Bound<'_, PyAny>, expected: &str, format: &FormatString) -> PyErr {
    let py = object.py();
    let error = PyErr::fetch(py);
    if error.is_instance_of::<PyOverflowError>(py) {
        return out_of_range(described(object), format);
    }
    if error.is_instance_of::<PyTypeError>(py) {
        return wrong_type(object, expected, format);
    }
    error
}

/// The int of an object: itself, or what its `__index__` gives.
fn integer<'py>(object: &Bound<'py, PyAny>, format: &FormatString) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the object is alive; the result is a new reference or NULL.
    let index = unsafe { ffi::PyNumber_Index(object.as_ptr()) };
    // SAFETY: as above.
    unsafe { Bound::from_owned_ptr_or_opt(object.py(), index) }
        .ok_or_else(|| conversion_error(object, "an int", format))
}

/// An int of Python's as far as 64 bits hold it.
enum Integer {
    Signed(i64),
    /// Beyond `i64`.
    Unsigned(u64),
    Beyond,
}

fn small_integer(int: &Bound<'_, PyAny>) -> Integer {
    let mut overflow = 0;
    // SAFETY: the object is an int.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(int.as_ptr(), &raw mut overflow) };
    match overflow {
        0 => Integer::Signed(value),
        // SAFETY: as above.
        1 => match unsafe { ffi::PyLong_AsUnsignedLongLong(int.as_ptr()) } {
            u64::MAX if PyErr::take(int.py()).is_some() => Integer::Beyond,
            value => Integer::Unsigned(value),
        },
        _ => Integer::Beyond,
    }
}

/// The number of an object that is just an int, if 64 bits hold it.
#[inline(always)]
pub(super) fn plain_int(object: Borrowed<'_, '_, PyAny>) -> Option<i64> {
    // SAFETY: the object is alive, and an int where it is asked for its number.
    unsafe {
        if ffi::PyLong_CheckExact(object.as_ptr()) == 0 {
            return None;
        }
        let mut overflow = 0;
        let value = ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &raw mut overflow);
        (overflow == 0).then_some(value)
    }
}

/// An object of Python's own number types, so that comparing it runs no other code.
enum Number {
    Integer(Integer),
    Float(f64),
    /// A number of another type, or nothing like a number.
    Other,
    /// An object of Python's own types that no number equals.
    Unlike,
}

fn number(object: &Bound<'_, PyAny>) -> Number {
    let pointer = object.as_ptr();
    // SAFETY: the object is alive.
    unsafe {
        if ffi::PyLong_CheckExact(pointer) != 0 || ffi::PyBool_Check(pointer) != 0 {
            Number::Integer(small_integer(object))
        } else if ffi::PyFloat_CheckExact(pointer) != 0 {
            Number::Float(ffi::PyFloat_AS_DOUBLE(pointer))
        } else if ffi::PyUnicode_CheckExact(pointer) != 0 || ffi::PyBytes_CheckExact(pointer) != 0 {
            Number::Unlike
        } else {
            Number::Other
        }
    }
}

/// The ints of one byte, from -128 to 255, once `prepare` has made them. CPython has each of them
/// just once, and looks it up at every call; to look here is 0.4 of the time for a list of bytes.
static SMALL_INTEGERS: [AtomicPtr<ffi::PyObject>; 384] =
    [const { AtomicPtr::new(std::ptr::null_mut()) }; 384];

/// Makes the small ints. Before that they are made one at a time.
pub(super) fn prepare(py: Python<'_>) -> PyResult<()> {
    for (place, value) in SMALL_INTEGERS.iter().zip(-128_i16..) {
        let integer = value.into_pyobject(py)?.into_ptr();
        // Another interpreter, or thread, may have been here before.
        if place.swap(integer, Ordering::Relaxed) == integer {
            // SAFETY: one reference, for ever, is enough.
            unsafe { ffi::Py_DECREF(integer) };
        }
    }
    Ok(())
}

/// The int of a number of one byte.
#[inline(always)]
fn small(_attached: Python<'_>, value: i16) -> NewReference {
    let integer = SMALL_INTEGERS[(value + 128) as usize].load(Ordering::Relaxed);
    // SAFETY: attached; the table keeps its ints alive, and the result is a new reference or NULL.
    unsafe {
        if integer.is_null() {
            return ffi::PyLong_FromLong(c_long::from(value));
        }
        ffi::Py_INCREF(integer);
    }
    integer
}

/// The int of an object, and its number if 64 bits hold it.
pub(super) fn whole_number<'py>(
    object: &Bound<'py, PyAny>,
    format: &FormatString,
) -> PyResult<(Bound<'py, PyAny>, Option<i128>)> {
    let int = integer(object, format)?;
    let value = match small_integer(&int) {
        Integer::Signed(value) => Some(i128::from(value)),
        Integer::Unsigned(value) => Some(i128::from(value)),
        Integer::Beyond => None,
    };
    Ok((int, value))
}

macro_rules! integers {
    ($($type:ty: $value:ident, $py:ident => $new:expr;)*) => {
        $(impl PyValue for $type {
            #[inline(always)]
            fn into_object(self, $py: Python<'_>) -> NewReference {
                let $value = self;
                // SAFETY: attached; the result is a new reference or NULL.
                #[allow(unused_unsafe, reason = "the small ones are made by safe code")]
                unsafe {
                    $new
                }
            }

            fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
                let int = integer(object, format)?;
                let value = match small_integer(&int) {
                    Integer::Signed(value) => Self::try_from(value).ok(),
                    Integer::Unsigned(value) => Self::try_from(value).ok(),
                    Integer::Beyond => None,
                };
                value.ok_or_else(|| out_of_range(described(&int), format))
            }

            #[inline(always)]
            fn plain(object: Borrowed<'_, '_, PyAny>) -> Option<Self> {
                plain_int(object).and_then(|value| Self::try_from(value).ok())
            }

            fn equal_to(object: &Bound<'_, PyAny>) -> Equal<Self> {
                let value = match number(object) {
                    Number::Integer(Integer::Signed(value)) => Self::try_from(value).ok(),
                    Number::Integer(Integer::Unsigned(value)) => Self::try_from(value).ok(),
                    // Floats up to 2^63 that are whole are exactly some i64.
                    Number::Float(value) if value.fract() == 0.0 && value.abs() < 9e18 => {
                        Self::try_from(value as i64).ok()
                    }
                    Number::Float(value) if value.is_finite() && value.fract() == 0.0 => {
                        return Equal::Unknown;
                    }
                    Number::Other => return Equal::Unknown,
                    _ => None,
                };
                value.map_or(Equal::None, Equal::To)
            }
        })*
    };
}

integers! {
    i8: value, py => small(py, i16::from(value));
    u8: value, py => small(py, i16::from(value));
    i16: value, _py => ffi::PyLong_FromLong(c_long::from(value));
    u16: value, _py => ffi::PyLong_FromLong(c_long::from(value));
    i32: value, _py => ffi::PyLong_FromLong(c_long::from(value));
    u32: value, _py => ffi::PyLong_FromUnsignedLong(c_ulong::from(value));
    // Where C's long has as many bits, it has the faster functions.
    i64: value, _py => match c_long::try_from(value) {
        Ok(value) => ffi::PyLong_FromLong(value),
        Err(_) => ffi::PyLong_FromLongLong(value),
    };
    u64: value, _py => match c_ulong::try_from(value) {
        Ok(value) => ffi::PyLong_FromUnsignedLong(value),
        Err(_) => ffi::PyLong_FromUnsignedLongLong(value),
    };
}

impl PyValue for Address {
    #[inline]
    fn into_object(self, py: Python<'_>) -> NewReference {
        (self.0 as u64).into_object(py)
    }

    /// Addresses may be negative, as in `struct`: they are the same bits.
    fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
        let int = integer(object, format)?;
        let value = match small_integer(&int) {
            Integer::Signed(value) => isize::try_from(value).ok().map(|value| value as usize),
            Integer::Unsigned(value) => usize::try_from(value).ok(),
            Integer::Beyond => None,
        };
        value.map(Self).ok_or_else(|| out_of_range(described(&int), format))
    }

    fn equal_to(object: &Bound<'_, PyAny>) -> Equal<Self> {
        // No machine has wider addresses than 64 bits; narrower ones equal no number beyond.
        u64::equal_to(object).map(|value| Self(usize::try_from(value).unwrap_or(usize::MAX)))
    }
}

impl PyValue for bool {
    #[inline]
    fn into_object(self, _py: Python<'_>) -> NewReference {
        // SAFETY: attached.
        unsafe { ffi::PyBool_FromLong(c_long::from(self)) }
    }

    fn from_object(object: &Bound<'_, PyAny>, _format: &FormatString) -> PyResult<Self> {
        object.is_truthy()
    }
}

/// The double of an object: a float, or what its `__float__` or `__index__` gives.
fn double(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<f64> {
    // SAFETY: the object is alive.
    let value = unsafe { ffi::PyFloat_AsDouble(object.as_ptr()) };
    // SAFETY: attached.
    if value == -1.0 && !unsafe { ffi::PyErr_Occurred() }.is_null() {
        return Err(conversion_error(object, "a float", format));
    }
    Ok(value)
}

/// A float of any width next to Python's, which is `f64`.
trait Narrow: Copy + PartialEq {
    fn narrow(value: f64) -> Self;
    fn widen(self) -> f64;

    /// The nearest number of this width; a finite one that would become infinite is an error.
    fn fit(value: f64, format: &FormatString) -> PyResult<Self> {
        let narrow = Self::narrow(value);
        if value.is_finite() && narrow.widen().is_infinite() {
            return Err(out_of_range(value, format));
        }
        Ok(narrow)
    }

    /// The number of this width that is exactly this one, if there is one.
    fn exactly(value: f64) -> Option<Self> {
        let narrow = Self::narrow(value);
        (narrow.widen() == value).then_some(narrow)
    }
}

impl Narrow for f16 {
    fn narrow(value: f64) -> Self {
        f16_from_f64(value)
    }
    fn widen(self) -> f64 {
        self.to_f64()
    }
}

impl Narrow for f32 {
    fn narrow(value: f64) -> Self {
        value as Self
    }
    fn widen(self) -> f64 {
        f64::from(self)
    }
}

impl Narrow for f64 {
    fn narrow(value: f64) -> Self {
        value
    }
    fn widen(self) -> f64 {
        self
    }
}

impl Narrow for LongDouble {
    fn narrow(value: f64) -> Self {
        Self::from_f64(value)
    }
    fn widen(self) -> f64 {
        self.to_f64()
    }
}

macro_rules! floats {
    ($($type:ty)*) => {
        $(
            impl PyValue for $type {
                #[inline(always)]
                fn into_object(self, _py: Python<'_>) -> NewReference {
                    // SAFETY: attached; the result is a new reference or NULL.
                    unsafe { ffi::PyFloat_FromDouble(self.widen()) }
                }

                fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
                    Self::fit(double(object, format)?, format)
                }

                #[inline(always)]
                fn plain(object: Borrowed<'_, '_, PyAny>) -> Option<Self> {
                    // SAFETY: the object is alive, and a float where it is asked for its number.
                    let value = unsafe {
                        if ffi::PyFloat_CheckExact(object.as_ptr()) != 0 {
                            ffi::PyFloat_AS_DOUBLE(object.as_ptr())
                        } else {
                            // Up to 2^53 every whole number is exactly an f64.
                            let value = plain_int(object)?;
                            if value.unsigned_abs() > 1 << 53 {
                                return None;
                            }
                            value as f64
                        }
                    };
                    let narrow = Self::narrow(value);
                    (narrow.widen().is_finite() || !value.is_finite()).then_some(narrow)
                }

                fn equal_to(object: &Bound<'_, PyAny>) -> Equal<Self> {
                    let value = match number(object) {
                        Number::Float(value) => value,
                        // Up to 2^53 every whole number is exactly an f64.
                        Number::Integer(Integer::Signed(value)) if value.unsigned_abs() <= 1 << 53 => {
                            value as f64
                        }
                        Number::Unlike => return Equal::None,
                        _ => return Equal::Unknown,
                    };
                    Self::exactly(value).map_or(Equal::None, Equal::To)
                }
            }

            impl PyValue for Complex<$type> {
                #[inline]
                fn into_object(self, _py: Python<'_>) -> NewReference {
                    // SAFETY: attached; the result is a new reference or NULL.
                    unsafe { ffi::PyComplex_FromDoubles(self.re.widen(), self.im.widen()) }
                }

                fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
                    // SAFETY: the object is alive.
                    let value = unsafe { ffi::PyComplex_AsCComplex(object.as_ptr()) };
                    // SAFETY: attached.
                    if value.real == -1.0 && !unsafe { ffi::PyErr_Occurred() }.is_null() {
                        return Err(conversion_error(object, "a complex number", format));
                    }
                    Ok(Complex::new(
                        <$type>::fit(value.real, format)?,
                        <$type>::fit(value.imag, format)?,
                    ))
                }
            }
        )*
    };
}
floats!(f16 f32 f64);

impl PyValue for LongDouble {
    #[inline]
    fn into_object(self, py: Python<'_>) -> NewReference {
        self.to_f64().into_object(py)
    }

    fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
        double(object, format).map(Self::from_f64)
    }
}

impl PyValue for Complex<LongDouble> {
    #[inline]
    fn into_object(self, py: Python<'_>) -> NewReference {
        Complex::new(self.re.to_f64(), self.im.to_f64()).into_object(py)
    }

    fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
        let value = Complex::<f64>::from_object(object, format)?;
        Ok(Complex::new(LongDouble::from_f64(value.re), LongDouble::from_f64(value.im)))
    }
}

impl PyValue for Char {
    #[inline]
    fn into_object(self, _py: Python<'_>) -> NewReference {
        let byte = self.0;
        // SAFETY: one byte is read; the result is a new reference or NULL.
        unsafe { ffi::PyBytes_FromStringAndSize((&raw const byte).cast(), 1) }
    }

    fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
        let bytes = object.cast::<PyBytes>();
        let bytes = bytes.map_err(|_| wrong_type(object, "bytes of length 1", format))?;
        match bytes.as_bytes() {
            &[byte] => Ok(Self(byte)),
            other => Err(PyValueError::new_err(format!(
                "expected bytes of length 1 for format '{format}', found length {}",
                other.len()
            ))),
        }
    }

    fn equal_to(object: &Bound<'_, PyAny>) -> Equal<Self> {
        match object.cast_exact::<PyBytes>().map(PyBytesMethods::as_bytes) {
            Ok(&[byte]) => Equal::To(Self(byte)),
            Ok(_) => Equal::None,
            Err(_) => Equal::Unknown,
        }
    }
}

/// The code point of a str of length 1.
fn character(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<u32> {
    let text = object.cast::<PyString>();
    let text = text.map_err(|_| wrong_type(object, "a str of length 1", format))?;
    code_point(text.as_borrowed()).ok_or_else(|| {
        let length = text.len().unwrap_or(0);
        PyValueError::new_err(format!(
            "expected a str of length 1 for format '{format}', found length {length}"
        ))
    })
}

fn code_point(text: Borrowed<'_, '_, PyString>) -> Option<u32> {
    // SAFETY: the object is a str, and index 0 is looked at only where there is one.
    unsafe {
        match ffi::PyUnicode_GetLength(text.as_ptr()) {
            1 => Some(ffi::PyUnicode_ReadChar(text.as_ptr(), 0)),
            _ => None,
        }
    }
}

macro_rules! texts {
    ($($type:ident($unit:ty);)*) => {
        $(impl PyValue for $type {
            #[inline]
            fn into_object(self, py: Python<'_>) -> NewReference {
                text_object(py, u32::from(self.0))
            }

            fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
                let code = character(object, format)?;
                <$unit>::try_from(code).map(Self).map_err(|_| {
                    out_of_range(format_args!("code point {code:#x}"), format)
                })
            }

            fn equal_to(object: &Bound<'_, PyAny>) -> Equal<Self> {
                match object.cast_exact::<PyString>() {
                    Ok(text) => code_point(text.as_borrowed())
                        .and_then(|code| <$unit>::try_from(code).ok())
                        .map_or(Equal::None, |code| Equal::To(Self(code))),
                    Err(_) => Equal::Unknown,
                }
            }
        })*
    };
}
texts! {
    Ucs2(u16);
    Ucs4(u32);
}

/// The str of one code point. Surrogates stand for themselves.
fn text_object(py: Python<'_>, code: u32) -> NewReference {
    match i32::try_from(code) {
        // SAFETY: attached; the result is a new reference or NULL.
        Ok(ordinal) if code <= 0x10_ffff => unsafe { ffi::PyUnicode_FromOrdinal(ordinal) },
        _ => {
            let message = format!("{code:#x} is no code point: the last one is 0x10ffff");
            PyValueError::new_err(message).restore(py);
            std::ptr::null_mut()
        }
    }
}
