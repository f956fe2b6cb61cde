//! Functions that go around PyO3, because it was measured to pay.
//!
//! PyO3 wraps each function that Python calls in a layer that counts attachments and parses
//! arguments. Here are the few for which that layer is a large part of the whole. They do their
//! work by the same functions as the methods of the class, which stay what `v.__getitem__` and the
//! like call. What each gained is the time of a statement with it over the time through PyO3, on CPython
//! 3.11; benches/peers.py shows where that leaves them next to their peers.
//!
//! Where the short way of a function has nothing in it that can panic, it stands outside of what
//! catches panics, and the long way is a function by itself: so the short one has no room to make for
//! it on the stack (0.9 of the time).

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};

use super::class::PyConsumerArray;
use super::install::Behind;
use super::iter::PyIterator;
use super::vacant::value;
use super::{cast, compare, copy, index, module, plain};
use crate::array::AnyArray;
use crate::layout::Order;

pub(super) static TOBYTES: Behind = Behind::new();
pub(super) static CAST: Behind = Behind::new();

/// Runs the body of a raw function: an error becomes the exception and `failure`, and so would a
/// panic, which must not cross into C.
#[inline(always)]
fn guarded<'py, R>(failure: R, body: impl FnOnce(Python<'py>) -> PyResult<R>) -> R {
    // SAFETY: the interpreter calls raw functions attached.
    let py = unsafe { Python::assume_attached() };
    let result = catch_unwind(AssertUnwindSafe(|| body(py)));
    let error = match result {
        Ok(Ok(value)) => return value,
        Ok(Err(error)) => error,
        Err(_) => PySystemError::new_err("internal error of consumer: please report it"),
    };
    // Other errors may have been dropped on the way. PyO3, which did not know that this thread is
    // attached, has put off letting go of them, and of all that their tracebacks hold, until now.
    Python::attach(|_| ());
    error.restore(py);
    failure
}

/// The view that a slot of its own class was called on.
///
/// # Safety
/// `object` is alive for `'a`, and a ConsumerArray.
#[inline(always)]
unsafe fn this<'a, 'py>(
    py: Python<'py>,
    object: *mut ffi::PyObject,
) -> Borrowed<'a, 'py, PyConsumerArray> {
    // SAFETY: as the caller says.
    unsafe { Borrowed::from_ptr(py, object).cast_unchecked() }
}

/// `view.tobytes()`: 0.4 of the time for five elements, 0.9 for eight kilobytes.
pub(super) unsafe extern "C" fn tobytes(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    if count == 0 && names.is_null() {
        // SAFETY: a method of the class is called attached, and on its objects only.
        let (py, view) = unsafe { (Python::assume_attached(), value(object)) };
        // Nothing in it can panic.
        return match copy::adjacent_bytes(py, view) {
            Some(bytes) => bytes,
            None => slow_bytes(view),
        };
    }
    // SAFETY: the arguments are passed on.
    unsafe { TOBYTES.call(object, arguments, count, names) }
}

/// As [`slow_length`].
#[inline(never)]
fn slow_bytes(view: &PyConsumerArray) -> *mut ffi::PyObject {
    guarded(std::ptr::null_mut(), |py| {
        let hold = view.hold(py)?;
        copy::bytes_object(py, &hold, Order::C).map(Bound::into_ptr)
    })
}

/// `view.tolist()`: 0.9 of the time for five elements.
pub(super) unsafe extern "C" fn tolist(
    object: *mut ffi::PyObject,
    _nothing: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    guarded(std::ptr::null_mut(), |py| {
        // SAFETY: a method of the class is called on its objects only.
        copy::list_object(py, unsafe { value(object) }).map(Bound::into_ptr)
    })
}

/// `view.release()`: 0.6 of the time, together with `consume`.
pub(super) unsafe extern "C" fn release(
    object: *mut ffi::PyObject,
    _nothing: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    guarded(std::ptr::null_mut(), |py| {
        // SAFETY: a method of the class is called on its objects only.
        unsafe { value(object) }.let_go(py)?;
        // SAFETY: attached.
        Ok(unsafe { ffi::Py_NewRef(ffi::Py_None()) })
    })
}

/// `view.cast(format)`: 0.5 of the time.
pub(super) unsafe extern "C" fn cast(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    if count == 1 && names.is_null() {
        let mut plain = true;
        let cast = guarded(std::ptr::null_mut(), |py| {
            // SAFETY: a method of the class is called on its objects only; there is one argument.
            let (this, format) = unsafe { (this(py, object), Borrowed::from_ptr(py, *arguments)) };
            let cast = cast::line(&this, format)?;
            plain = cast.is_some();
            Ok(cast.map_or(std::ptr::null_mut(), Bound::into_ptr))
        });
        if plain {
            return cast;
        }
    }
    // SAFETY: the arguments are passed on.
    unsafe { CAST.call(object, arguments, count, names) }
}

/// `view.__enter__()`: 0.6 of the time for a `with` block, together with `__exit__`.
pub(super) unsafe extern "C" fn enter(
    object: *mut ffi::PyObject,
    _nothing: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    guarded(std::ptr::null_mut(), |py| {
        // SAFETY: a method of the class is called on its objects only.
        let this = unsafe { this(py, object) };
        this.get().array()?;
        Ok(this.to_owned().into_ptr())
    })
}

/// `view.__exit__(*exception)`
pub(super) unsafe extern "C" fn exit(
    object: *mut ffi::PyObject,
    _arguments: *mut *mut ffi::PyObject,
    _count: isize,
) -> *mut ffi::PyObject {
    guarded(std::ptr::null_mut(), |py| {
        // SAFETY: a method of the class is called on its objects only.
        unsafe { this(py, object) }.get().let_go(py)?;
        // SAFETY: attached.
        Ok(unsafe { ffi::Py_NewRef(ffi::Py_None()) })
    })
}

/// `len(v)`: 0.7 of the time.
pub(super) unsafe extern "C" fn length(object: *mut ffi::PyObject) -> isize {
    // SAFETY: the slot is called on objects of the class.
    let view = unsafe { value(object) };
    match view.plain_length() {
        Some(length) => length as isize,
        None => slow_length(view),
    }
}

/// By itself, so that the short way has no room to make for it.
#[cold]
#[inline(never)]
fn slow_length(view: &PyConsumerArray) -> isize {
    guarded(-1, |_| view.length().map(|length| length as isize))
}

/// `v[key]`: plain indices and slices without reading a key, 0.3 of the time for an item, a slice or a
/// row, 0.5 for a slice of two dimensions.
pub(super) unsafe extern "C" fn subscript(
    object: *mut ffi::PyObject,
    key: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the slot is called attached, on objects of the class, with a key that is alive.
    let (this, key) = unsafe {
        let py = Python::assume_attached();
        (this(py, object), Borrowed::from_ptr(py, key))
    };
    // A scalar by its index: nothing in it can panic.
    if let Some(access) = this.get().try_access(key.py())
        && let Some(index) = plain::int(key)
        && let Some(pointer) = access.raw().line_element(index)
        && !matches!(*access, AnyArray::Composite(_))
    {
        // SAFETY: the pointer leads to an element, which the access is for.
        return unsafe { index::read(key.py(), &access, pointer) };
    }
    subscript_by_any(this, key)
}

/// By itself, so that the short way has no room to make for it.
#[inline(never)]
fn subscript_by_any(
    this: Borrowed<'_, '_, PyConsumerArray>,
    key: Borrowed<'_, '_, PyAny>,
) -> *mut ffi::PyObject {
    guarded(std::ptr::null_mut(), |_| {
        let selected = match plain::select(this, key)? {
            Some(selected) => selected,
            None => index::get(&this, &key)?,
        };
        Ok(selected.into_ptr())
    })
}

/// `v[key] = value` and `del v[key]`: 0.5 of the time for an item, 0.2 to 0.6 for a slice.
pub(super) unsafe extern "C" fn assign_subscript(
    object: *mut ffi::PyObject,
    key: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: the slot is called attached, on objects of the class, with a key that is alive, and a
    // value that is alive or NULL.
    let (this, key, value) = unsafe {
        let py = Python::assume_attached();
        (this(py, object), Borrowed::from_ptr(py, key), Borrowed::from_ptr_or_opt(py, value))
    };
    // Nothing in the short ways can panic.
    let Some(value) = value else { return slow_assign(this, key, None) };
    if plain::store(this.get(), key, value) {
        return 0;
    }
    match plain::lines(this.get(), key, value) {
        Some(lines) if lines.copy_adjacent() => 0,
        Some(lines) => slow_copy(lines),
        None => slow_assign(this, key, Some(value)),
    }
}

/// As [`slow_length`].
#[inline(never)]
fn slow_copy(lines: plain::Lines<'_>) -> c_int {
    guarded(-1, |_| {
        lines.copy()?;
        Ok(0)
    })
}

/// As [`slow_length`].
#[inline(never)]
fn slow_assign(
    this: Borrowed<'_, '_, PyConsumerArray>,
    key: Borrowed<'_, '_, PyAny>,
    value: Option<Borrowed<'_, '_, PyAny>>,
) -> c_int {
    guarded(-1, |_| {
        match value {
            Some(value) => index::set(&this, &key, &value)?,
            None => index::delete(this.get())?,
        }
        Ok(0)
    })
}

/// `value in view`: 0.85 of the time for a kilobyte.
pub(super) unsafe extern "C" fn contains(
    object: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: the slot is called attached, on objects of the class, with a value that is alive.
    let (view, sought) =
        unsafe { (self::value(object), Borrowed::from_ptr(Python::assume_attached(), value)) };
    match compare::contains_plain(view, &sought) {
        Some(found) => c_int::from(found),
        None => slow_contains(view, sought),
    }
}

/// As [`slow_length`].
#[inline(never)]
fn slow_contains(view: &PyConsumerArray, sought: Borrowed<'_, '_, PyAny>) -> c_int {
    guarded(-1, |_| compare::contains(view, &sought).map(c_int::from))
}

/// `view == other` and `view != other`: 0.6 of the time for five elements, 0.8 for a kilobyte.
pub(super) unsafe extern "C" fn rich_compare(
    object: *mut ffi::PyObject,
    other: *mut ffi::PyObject,
    operator: c_int,
) -> *mut ffi::PyObject {
    // SAFETY: the slot is called attached, on objects of the class, with another object that is
    // alive.
    let (py, same_class) =
        unsafe { (Python::assume_attached(), ffi::Py_TYPE(object) == ffi::Py_TYPE(other)) };
    // Lines of bytes: nothing in it can panic.
    if same_class
        && matches!(operator, ffi::Py_EQ | ffi::Py_NE)
        // SAFETY: both are of the class.
        && let Some(equal) = unsafe { compare::equal_plain(py, value(object), value(other)) }
    {
        return boolean(equal == (operator == ffi::Py_EQ));
    }
    // SAFETY: as above.
    unsafe { slow_compare(this(py, object), Borrowed::from_ptr(py, other), operator) }
}

/// As [`slow_length`].
#[inline(never)]
fn slow_compare(
    this: Borrowed<'_, '_, PyConsumerArray>,
    other: Borrowed<'_, '_, PyAny>,
    operator: c_int,
) -> *mut ffi::PyObject {
    guarded(std::ptr::null_mut(), |_| {
        let equal = match operator {
            ffi::Py_EQ | ffi::Py_NE => compare::equals(&this, &other)?,
            _ => None,
        };
        Ok(match equal {
            Some(equal) => boolean(equal == (operator == ffi::Py_EQ)),
            // SAFETY: it lives for ever.
            None => unsafe { ffi::Py_NewRef(ffi::Py_NotImplemented()) },
        })
    })
}

/// True or False.
#[inline(always)]
fn boolean(truth: bool) -> *mut ffi::PyObject {
    // SAFETY: both live for ever.
    unsafe { ffi::Py_NewRef(if truth { ffi::Py_True() } else { ffi::Py_False() }) }
}

/// A buffer of the view, as memoryview(v) and numpy.asarray(v) ask for: 0.9 of the time for these,
/// together with its release.
pub(super) unsafe extern "C" fn get_buffer(
    object: *mut ffi::PyObject,
    buffer: *mut ffi::Py_buffer,
    flags: c_int,
) -> c_int {
    guarded(-1, |py| {
        // SAFETY: the slot is called on objects of the class, with a buffer to write to.
        unsafe { PyConsumerArray::lend(this(py, object), buffer, flags) }.map(|()| 0)
    })
}

/// The end of such a buffer.
pub(super) unsafe extern "C" fn release_buffer(
    object: *mut ffi::PyObject,
    _buffer: *mut ffi::Py_buffer,
) {
    // SAFETY: the interpreter calls the slot attached, on objects of the class.
    unsafe { this(Python::assume_attached(), object) }.get().take_back();
}

/// `next(iterator)`: 0.4 to 0.5 of the time for a loop over the elements.
pub(super) unsafe extern "C" fn iter_next(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the slot is called attached, and on objects of the class.
    let (py, iterator) = unsafe {
        let py = Python::assume_attached();
        (py, Borrowed::from_ptr(py, object).cast_unchecked::<PyIterator>())
    };
    // Nothing in the way of scalars can panic.
    match iterator.get().next_scalar(py) {
        Some(element) => element,
        None => slow_next(iterator),
    }
}

/// As [`slow_length`].
#[cold]
#[inline(never)]
fn slow_next(iterator: Borrowed<'_, '_, PyIterator>) -> *mut ffi::PyObject {
    guarded(std::ptr::null_mut(), |py| Ok(iterator.get().next(py)))
}

/// `consume(object)`. As METH_FASTCALL with a hand-written look at the arguments: 0.7 to 0.85 of the
/// time.
pub(super) unsafe extern "C" fn consume(
    _module: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    guarded(std::ptr::null_mut(), |py| {
        if count != 1 || !names.is_null() {
            // SAFETY: `names` is NULL or a tuple of the names of the arguments beyond `count`.
            let names = unsafe { Borrowed::from_ptr_or_opt(py, names) };
            module::one_object(count, names)?;
        }
        // SAFETY: there is one argument, positional or named, and it is alive.
        let object = unsafe { Borrowed::from_ptr(py, *arguments) };
        module::consume(&object).map(Bound::into_ptr)
    })
}
