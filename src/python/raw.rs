//! Functions that go around PyO3, because it was measured to pay.
//!
//! PyO3 wraps each function that Python calls in a layer that counts attachments and parses
//! arguments. Here are the few for which that layer is a large part of the whole. They do their
//! work by the same functions as the methods of the class, which stay what `v.__getitem__` and the
//! like call. What each gained is the time with it over the time through PyO3, on CPython 3.13 and
//! 3.11; benches/peers.py shows where that leaves them next to their peers.

use std::ffi::{CStr, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::exceptions::{PySystemError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use pyo3::{Borrowed, PyTypeInfo, ffi};

use super::class::PyConsumerArray;
use super::iter::PyIterator;
use super::vacant::{check_layout, dealloc, dealloc_other, value};
use super::{cast, compare, copy, index, module, plain};
use crate::array::AnyArray;
use crate::layout::{Layout, Order};

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

/// Puts the raw functions into the slots of the classes, over those that PyO3 made.
pub(super) fn install(py: Python<'_>) -> PyResult<()> {
    check_layout(py)?;
    install_methods(py)?;
    // SAFETY: nobody but this module has seen the classes yet, and each function has the type and
    // the meaning of its slot. A class with methods for them has the tables.
    unsafe {
        let class = &mut *PyConsumerArray::type_object_raw(py);
        if let Some(mapping) = class.tp_as_mapping.as_mut() {
            mapping.mp_length = Some(length);
            mapping.mp_subscript = Some(subscript);
            mapping.mp_ass_subscript = Some(assign_subscript);
        }
        if let Some(sequence) = class.tp_as_sequence.as_mut() {
            sequence.sq_length = Some(length);
            sequence.sq_contains = Some(contains);
        }
        if let Some(buffer) = class.tp_as_buffer.as_mut() {
            buffer.bf_getbuffer = Some(get_buffer);
            buffer.bf_releasebuffer = Some(release_buffer);
        }
        class.tp_richcompare = Some(rich_compare);
        class.tp_dealloc = Some(dealloc);
        // `match` takes it for a sequence: what `Sequence.register` does for classes that can be
        // changed.
        #[cfg(not(Py_GIL_DISABLED))]
        {
            class.tp_flags |= ffi::Py_TPFLAGS_SEQUENCE;
        }
        #[cfg(Py_GIL_DISABLED)]
        class.tp_flags.fetch_or(ffi::Py_TPFLAGS_SEQUENCE, std::sync::atomic::Ordering::Relaxed);
        let iterator = &mut *PyIterator::type_object_raw(py);
        iterator.tp_iternext = Some(iter_next);
        iterator.tp_dealloc = Some(dealloc_other::<PyIterator>);
        ffi::PyType_Modified(class);
    }
    Ok(())
}

/// Puts the raw methods in the place of those that PyO3 made.
fn install_methods(py: Python<'_>) -> PyResult<()> {
    let method = |name: &'static CStr, function, flags, doc: &'static CStr| ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: function,
        ml_flags: flags,
        ml_doc: doc.as_ptr(),
    };
    let methods = [
        method(
            c"__enter__",
            ffi::PyMethodDefPointer { PyCFunction: enter },
            ffi::METH_NOARGS,
            c"__enter__($self, /)\n--\n\n",
        ),
        method(
            c"__exit__",
            ffi::PyMethodDefPointer { PyCFunctionFast: exit },
            ffi::METH_FASTCALL,
            c"__exit__($self, /, *_exception)\n--\n\n",
        ),
    ];
    replace_method(py, c"tobytes", tobytes, &TOBYTES)?;
    replace_method(py, c"cast", cast, &CAST)?;
    // The definitions have to live as long as the class.
    for definition in Box::leak(Box::new(methods)) {
        let class = PyConsumerArray::type_object_raw(py);
        // SAFETY: the class is ready, and nobody but this module has seen it; the definitions are
        // never freed.
        unsafe {
            let descriptor = ffi::PyDescr_NewMethod(class, definition);
            let descriptor = Bound::from_owned_ptr_or_err(py, descriptor)?;
            let dict = (*class).tp_dict;
            if ffi::PyDict_SetItemString(dict, definition.ml_name, descriptor.as_ptr()) != 0 {
                return Err(PyErr::fetch(py));
            }
        }
    }
    Ok(())
}

/// A method with arguments, as PyO3 makes them.
type Method = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    isize,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

/// A method of PyO3's that one of ours stands in front of; NULL before that.
struct Behind(AtomicPtr<c_void>);

impl Behind {
    const fn new() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    fn set(&self, method: Method) {
        self.0.store(method as *mut c_void, Ordering::Relaxed);
    }

    /// Calls it.
    ///
    /// # Safety
    /// The arguments are those that the interpreter calls a method with.
    unsafe fn call(
        &self,
        object: *mut ffi::PyObject,
        arguments: *const *mut ffi::PyObject,
        count: isize,
        names: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        let method = self.0.load(Ordering::Relaxed);
        // SAFETY: there is NULL, which is no function, or a method.
        match unsafe { std::mem::transmute::<*mut c_void, Option<Method>>(method) } {
            // SAFETY: as the caller says.
            Some(method) => unsafe { method(object, arguments, count, names) },
            None => std::ptr::null_mut(),
        }
    }
}

static TOBYTES: Behind = Behind::new();
static CAST: Behind = Behind::new();

/// Puts a method in the place of PyO3's own of that name, which it is given to fall back on.
fn replace_method(
    py: Python<'_>,
    name: &'static CStr,
    function: Method,
    behind: &Behind,
) -> PyResult<()> {
    let class = PyConsumerArray::type_object_raw(py);
    let other = || PySystemError::new_err("consumer was built with a PyO3 of other methods");
    // SAFETY: the class is ready, and nobody but this module has seen it. What the descriptor of a
    // method with these flags has is a function of this type.
    unsafe {
        let descriptor = ffi::PyDict_GetItemString((*class).tp_dict, name.as_ptr());
        if descriptor.is_null() || ffi::Py_TYPE(descriptor) != &raw mut ffi::PyMethodDescr_Type {
            return Err(other());
        }
        let definition = (*descriptor.cast::<ffi::PyMethodDescrObject>()).d_method;
        if (*definition).ml_flags != ffi::METH_FASTCALL | ffi::METH_KEYWORDS {
            return Err(other());
        }
        behind.set((*definition).ml_meth.PyCFunctionFastWithKeywords);
        // The definition has to live as long as the class.
        let definition = Box::leak(Box::new(ffi::PyMethodDef {
            ml_name: (*definition).ml_name,
            ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: function },
            ml_flags: (*definition).ml_flags,
            ml_doc: (*definition).ml_doc,
        }));
        let ours = ffi::PyDescr_NewMethod(class, definition);
        let ours = Bound::from_owned_ptr_or_err(py, ours)?;
        if ffi::PyDict_SetItemString((*class).tp_dict, name.as_ptr(), ours.as_ptr()) != 0 {
            return Err(PyErr::fetch(py));
        }
    }
    Ok(())
}

/// `view.tobytes()`: XX of the time for a kilobyte.
unsafe extern "C" fn tobytes(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    if count == 0 && names.is_null() {
        return guarded(std::ptr::null_mut(), |py| {
            // SAFETY: a method of the class is called on its objects only.
            let hold = unsafe { this(py, object) }.get().hold(py)?;
            copy::bytes_object(py, &hold, Order::C).map(Bound::into_ptr)
        });
    }
    // SAFETY: the arguments are passed on.
    unsafe { TOBYTES.call(object, arguments, count, names) }
}

/// `view.cast(format)`: XX of the time.
unsafe extern "C" fn cast(
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

/// `view.__enter__()`: 0.75 of the time for a `with` block, together with `__exit__`.
unsafe extern "C" fn enter(
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
unsafe extern "C" fn exit(
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

/// `len(v)`
unsafe extern "C" fn length(object: *mut ffi::PyObject) -> isize {
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

/// `v[key]`: plain indices and slices without reading a key.
unsafe extern "C" fn subscript(
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
    guarded(std::ptr::null_mut(), |_| select(this, key).map(Bound::into_ptr))
}

/// What a key selects.
#[inline(always)]
fn select<'py>(
    this: Borrowed<'_, 'py, PyConsumerArray>,
    key: Borrowed<'_, 'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = this.py();
    if let Some(access) = this.get().try_access(py) {
        if let Some((offset, length, stride)) = plain::slice(&access, key) {
            let change = |layout: &mut Layout| layout.set_first(length, stride);
            // SAFETY: a slice of the view's elements, just made under access.
            return unsafe { PyConsumerArray::share_changed(&this, offset, change) }
                .map(Bound::into_any);
        }
        if let Some(pointer) = plain::element(&access, key) {
            // SAFETY: the pointer leads to an element, which the access is for; `read` gives a new
            // reference, or NULL with an exception.
            return unsafe { Bound::from_owned_ptr_or_err(py, index::read(py, &access, pointer)) };
        }
        if let Some(name) = plain::name(key) {
            if let Some(found) = access.find_scalar_field(name) {
                // SAFETY: a field of the view's elements, just found under access.
                return unsafe { PyConsumerArray::share_field(&this, found) }.map(Bound::into_any);
            }
            let part = access.field(name)?;
            // SAFETY: a part of the view's elements, just found under access.
            return unsafe { PyConsumerArray::share(&this, part) }.map(Bound::into_any);
        }
        if let Some(index) = plain::int(key)
            && let Some(offset) = access.layout().index_first(index)
        {
            // SAFETY: a row of the view, just found under access.
            return unsafe { PyConsumerArray::share_changed(&this, offset, Layout::remove_first) }
                .map(Bound::into_any);
        }
        if let Some(part) = plain::part(&access, key) {
            let (offset, change) = (part.offset, |layout: &mut Layout| layout.set_dimensions(part));
            // SAFETY: a selection of the view's elements, just made under access.
            return unsafe { PyConsumerArray::share_changed(&this, offset, change) }
                .map(Bound::into_any);
        }
    }
    index::get(&this, &key)
}

/// `v[key] = value` and `del v[key]`
unsafe extern "C" fn assign_subscript(
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
    // Nothing in the short way can panic.
    match value {
        Some(value) if plain::store(this.get(), key, value) => 0,
        _ => slow_assign(this, key, value),
    }
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
            Some(value) if plain::store_line(this.get(), key, value)? => {}
            Some(value) => index::set(&this, &key, &value)?,
            None => index::delete(this.get())?,
        }
        Ok(0)
    })
}

/// `value in view`
unsafe extern "C" fn contains(object: *mut ffi::PyObject, value: *mut ffi::PyObject) -> c_int {
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

/// `view == other` and `view != other`: 0.6 of the time where both are small.
unsafe extern "C" fn rich_compare(
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

/// A buffer of the view, as memoryview(v) and numpy.asarray(v) ask for.
unsafe extern "C" fn get_buffer(
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
unsafe extern "C" fn release_buffer(object: *mut ffi::PyObject, _buffer: *mut ffi::Py_buffer) {
    // SAFETY: the interpreter calls the slot attached, on objects of the class.
    unsafe { this(Python::assume_attached(), object) }.get().take_back();
}

/// `next(iterator)`
unsafe extern "C" fn iter_next(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
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

/// The function `consume` of the module.
pub(super) fn consume_function(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    // The definition has to live as long as the function; there is one for each interpreter.
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: c"consume".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: consume },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: CONSUME_DOC.as_ptr(),
    }));
    let module = pyo3::types::PyString::intern(py, "consumer");
    // SAFETY: the definition is never freed; the result is a new reference or NULL.
    unsafe {
        let function = ffi::PyCFunction_NewEx(definition, std::ptr::null_mut(), module.as_ptr());
        Bound::from_owned_ptr_or_err(py, function)
    }
}

const CONSUME_DOC: &std::ffi::CStr = c"consume(object)
--

A typed, zero-copy view of the memory of any object that exports a buffer.

The view, a ConsumerArray, shows the memory as what the exporter's format string (PEP 3118) says it
holds: bytes, mmap, array.array, ctypes arrays, memoryview, NumPy arrays and all others, in any
number of dimensions, either byte order, and with any strides. Nothing is copied: what is stored in
the view is stored in the object, and the object's memory stays where it is for as long as the view,
or anything made from it, lives, or until it is released.

Raises BufferProtocolError, which is both a TypeError and a ValueError, for an object that exports
no buffer; BufferError for an export that contradicts itself. An exporter's own error passes.

>>> import array, consumer
>>> data = array.array('d', [0.5, 1.5, 2.5])
>>> v = consumer.consume(data)
>>> v[1]
1.5
>>> v[1] = 7
>>> data
array('d', [0.5, 7.0, 2.5])
>>> print(v[::-1])
[ 2.5 7.0 0.5 ]
";

/// `consume(object)`. As METH_FASTCALL with a hand-written look at the arguments.
unsafe extern "C" fn consume(
    _module: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    guarded(std::ptr::null_mut(), |py| {
        if count != 1 || !names.is_null() {
            // SAFETY: `names` is NULL or a tuple of the names of the arguments beyond `count`.
            let names = unsafe { Borrowed::from_ptr_or_opt(py, names) };
            one_object(count, names)?;
        }
        // SAFETY: there is one argument, positional or named, and it is alive.
        let object = unsafe { Borrowed::from_ptr(py, *arguments) };
        module::consume(&object).map(Bound::into_ptr)
    })
}

/// Refuses a call that does not give just the argument `object`.
#[cold]
fn one_object(positional: isize, names: Option<Borrowed<'_, '_, PyAny>>) -> PyResult<()> {
    let names = names.map(|names| names.cast::<PyTuple>().map(Borrowed::to_owned)).transpose()?;
    let named = names.as_ref().map_or(0, PyTupleMethods::len);
    let given = positional.unsigned_abs() + named;
    if given != 1 {
        let message = format!("consume() takes exactly one argument ({given} given)");
        return Err(PyTypeError::new_err(message));
    }
    for name in names.iter().flatten() {
        if !name.eq("object")? {
            let message = format!("consume() got an unexpected keyword argument {}", name.repr()?);
            return Err(PyTypeError::new_err(message));
        }
    }
    Ok(())
}
