//! One element and its Python object, in both directions.
//!
//! Reading takes the element out of memory first, by value, and then makes the object, so that no
//! memory is touched once Python runs. Writing makes the element's bytes first, which may run
//! `__index__`, `__float__` or `__bool__` of the user's, and stores them when that is over.

mod floats;
mod integers;
mod text;

use std::convert::Infallible;
use std::fmt::Display;

use pyo3::exceptions::{PyNotImplementedError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

pub(super) use integers::{plain_int, prepare, whole_number};

use super::long::{self, Pauses};
use crate::element::{Element, Opaque, Scalar};
use crate::error::{Error, Result};
use crate::format::FormatString;
use crate::kernels::copy;
use crate::kernels::pieces::Sequence;
use crate::kernels::search::Pattern;
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
        pauses: &mut Pauses<'_>,
    ) -> NewReference {
        // SAFETY: as the caller says.
        unsafe {
            fill_list(list, length, pauses, |place, _| {
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

    /// Stores an encoded element in every element of `view`, which is held.
    fn fill(py: Python<'_>, view: &View<Self>, encoded: Self::Encoded) -> PyResult<Self::Old>;

    /// Which elements equal an object, as far as that can be told without asking the object.
    fn sought(object: &Bound<'_, PyAny>) -> Equal<Pattern>;
}

/// Fills the empty places of a list, which is given up where there is no object for one.
///
/// # Safety
/// The list is new, and has that many places; `object` gives new references, or NULL with an
/// exception. Empty places are NULL, which the collector, should it run meanwhile, passes over.
/// Whatever is read is held: any code may run in the pauses.
#[inline(always)]
pub(super) unsafe fn fill_list<'py>(
    list: NewReference,
    length: usize,
    pauses: &mut Pauses<'py>,
    mut object: impl FnMut(usize, &mut Pauses<'py>) -> NewReference,
) -> NewReference {
    // Nobody but the collector knows the list, and who asks that for all objects in a pause must
    // not be given one with empty places.
    let hidden = pauses.are_some();
    // SAFETY: as the caller says. A list is tracked from its beginning.
    unsafe {
        if hidden {
            ffi::PyObject_GC_UnTrack(list.cast());
        }
        let mut done = 0;
        while done < length {
            let next = match pauses.next(length - done) {
                Ok(next) => next,
                Err(error) => {
                    ffi::Py_DECREF(list);
                    error.restore(pauses.py());
                    return std::ptr::null_mut();
                }
            };
            for place in done..done + next {
                let object = object(place, pauses);
                if object.is_null() {
                    ffi::Py_DECREF(list);
                    return object;
                }
                ffi::PyList_SET_ITEM(list, place as isize, object);
            }
            done += next;
        }
        if hidden {
            ffi::PyObject_GC_Track(list.cast());
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
        self.and_then(|value| Some(f(value)))
    }

    /// What comes of the value, if anything: `None` equals no element.
    fn and_then<U>(self, f: impl FnOnce(T) -> Option<U>) -> Equal<U> {
        match self {
            Self::To(value) => f(value).map_or(Equal::None, Equal::To),
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

    fn fill(py: Python<'_>, view: &View<T>, encoded: T::Bytes) -> PyResult<()> {
        if view.readonly() {
            return Err(Error::read_only().into());
        }
        // SAFETY: the view is writable and held, and nothing else is touched.
        unsafe {
            long::in_pieces(py, [view.raw()], Sequence::Any, |[part], _| {
                copy::fill_raw(part, encoded.as_ref()).map(|()| true)
            })
        }
    }

    #[inline]
    fn sought(object: &Bound<'_, PyAny>) -> Equal<Pattern> {
        T::Value::equal_to(object).and_then(Pattern::of::<T>)
    }
}

impl PyElement for Opaque {
    /// There is none.
    type Encoded = Infallible;
    type Old = ();

    #[cold]
    #[inline(never)]
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

    fn fill(_py: Python<'_>, _view: &View<Self>, encoded: Infallible) -> PyResult<()> {
        match encoded {}
    }

    fn sought(_object: &Bound<'_, PyAny>) -> Equal<Pattern> {
        Equal::Unknown
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
