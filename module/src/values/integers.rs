//! Whole numbers, addresses and bools as Python objects, and back.

use std::ffi::{c_long, c_ulong};
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use consumer::element::{Address, I24, U24};
use consumer::format::FormatString;

use super::{Equal, NewReference, PyValue, conversion_error, out_of_range, repr_or_default};

/// Returns the int of an object: itself, or what its `__index__` returns.
pub(super) fn integer<'py>(
    object: &Bound<'py, PyAny>,
    format: &FormatString,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the object is alive; the result is a new reference or NULL.
    let index = unsafe { ffi::PyNumber_Index(object.as_ptr()) };
    // SAFETY: as above.
    unsafe { Bound::from_owned_ptr_or_opt(object.py(), index) }
        .ok_or_else(|| conversion_error(object, "an int", format))
}

/// The value of an int, as far as 64 bits hold it.
pub(crate) enum Integer {
    Signed(i64),
    /// Beyond `i64`.
    Unsigned(u64),
    Beyond,
}

/// Runs no Python code.
fn small_integer(int: &Bound<'_, PyAny>) -> Integer {
    let mut overflow = 0;
    // SAFETY: the object is an int.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(int.as_ptr(), &raw mut overflow) };
    match overflow {
        0 => Integer::Signed(value),
        1 => unsigned_integer(int),
        _ => Integer::Beyond,
    }
}

/// The value of an int beyond `i64`.
#[cold]
fn unsigned_integer(int: &Bound<'_, PyAny>) -> Integer {
    // SAFETY: the object is an int, and the thread is attached. The error is cleared by the
    // interpreter, because the fast paths are outside of what PyO3 knows of: as an object of its
    // own it would be kept.
    unsafe {
        match ffi::PyLong_AsUnsignedLongLong(int.as_ptr()) {
            u64::MAX if !ffi::PyErr_Occurred().is_null() => {
                ffi::PyErr_Clear();
                Integer::Beyond
            }
            value => Integer::Unsigned(value),
        }
    }
}

/// Returns the value of an object that is exactly an int, if 64 bits hold it.
#[inline(always)]
pub(crate) fn exact_int(object: Borrowed<'_, '_, PyAny>) -> Option<i64> {
    // SAFETY: the object is alive, and an int if it is asked for its value.
    unsafe {
        if ffi::PyLong_CheckExact(object.as_ptr()) == 0 {
            return None;
        }
        let mut overflow = 0;
        let value = ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &raw mut overflow);
        (overflow == 0).then_some(value)
    }
}

/// The value of an object that can be compared without running Python code.
pub(crate) enum Number {
    Integer(Integer),
    Float(f64),
    /// An object of another type, which may equal anything.
    Other,
    /// A str or bytes, which no number equals.
    Unlike,
}

pub(crate) fn number(object: &Bound<'_, PyAny>) -> Number {
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

/// The ints from -128 to 255, once [`fill_small_int_table`] has filled it. CPython has only one of
/// each too, but a call to find it takes longer than a look into a table.
static SMALL_INTEGERS: [AtomicPtr<ffi::PyObject>; 384] =
    [const { AtomicPtr::new(std::ptr::null_mut()) }; 384];

/// Fills the table of small ints. Before that they are created one at a time.
pub(crate) fn fill_small_int_table(py: Python<'_>) -> PyResult<()> {
    for (place, value) in SMALL_INTEGERS.iter().zip(-128_i16..) {
        let integer = value.into_pyobject(py)?;
        // The module may be executed more than once; the table keeps the ints that it has.
        let (empty, relaxed) = (std::ptr::null_mut(), Ordering::Relaxed);
        if place.compare_exchange(empty, integer.as_ptr(), relaxed, relaxed).is_ok() {
            std::mem::forget(integer);
        }
    }
    Ok(())
}

/// Returns the int of a number of one byte.
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

/// Returns the int of an object, and its value if 64 bits hold it.
pub(super) fn int_and_value<'py>(
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
                value.ok_or_else(|| out_of_range(repr_or_default(&int), format))
            }

            #[inline(always)]
            fn from_exact(object: Borrowed<'_, '_, PyAny>) -> Option<Self> {
                exact_int(object).and_then(|value| Self::try_from(value).ok())
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
    I24: value, _py => ffi::PyLong_FromLong(c_long::from(value.to_i32()));
    U24: value, _py => ffi::PyLong_FromUnsignedLong(c_ulong::from(value.to_u32()));
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

    /// Negative numbers are taken for the address of the same bits, as in `struct`.
    fn from_object(object: &Bound<'_, PyAny>, format: &FormatString) -> PyResult<Self> {
        let int = integer(object, format)?;
        let value = match small_integer(&int) {
            Integer::Signed(value) => isize::try_from(value).ok().map(|value| value as usize),
            Integer::Unsigned(value) => usize::try_from(value).ok(),
            Integer::Beyond => None,
        };
        value.map(Self).ok_or_else(|| out_of_range(repr_or_default(&int), format))
    }

    fn equal_to(object: &Bound<'_, PyAny>) -> Equal<Self> {
        // No machine has wider addresses than 64 bits; narrower ones equal no number beyond.
        u64::equal_to(object).and_then(|value| usize::try_from(value).ok().map(Self))
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
