//! Functions that go around PyO3, because it was measured to pay.
//!
//! PyO3 wraps each function that Python calls in a layer that counts attachments and parses
//! arguments. Here are the few for which that layer is a large part of the whole. They do their
//! work by the same functions as the methods of the class, which stay what `v.__getitem__` and the
//! like call. What each gained is the time with it over the time through PyO3, on CPython 3.13 and
//! 3.11; benches/peers.py shows where that leaves them next to their peers.

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::{PySystemError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use pyo3::{Borrowed, PyTypeInfo, ffi};

use super::class::PyConsumerArray;
use super::iter::PyIterator;
use super::{fields, index, module};

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

/// A ConsumerArray in the making: allocated in its final place, not filled in, and known to nobody.
///
/// PyO3 makes an object by moving a finished value into it; this fills it in where it is, which a
/// `Py_buffer` needs and which saves moving a few hundred bytes. It also leaves out `object.__new__`
/// and, where no cycle can lead through the object, the garbage collector: 0.5 of the time for
/// `consume`, 0.4 for a slice.
pub(super) struct Vacant<'py> {
    object: *mut ffi::PyObject,
    py: Python<'py>,
}

impl<'py> Vacant<'py> {
    #[inline]
    pub(super) fn new(py: Python<'py>) -> PyResult<Self> {
        Self::of(py, PyConsumerArray::type_object_raw(py))
    }

    /// One more of the class of another view, which need not be looked up.
    #[inline(always)]
    pub(super) fn like(view: &Bound<'py, PyConsumerArray>) -> PyResult<Self> {
        // SAFETY: the view is alive. There are no subclasses.
        Self::of(view.py(), unsafe { ffi::Py_TYPE(view.as_ptr()) })
    }

    #[inline(always)]
    fn of(py: Python<'py>, class: *mut ffi::PyTypeObject) -> PyResult<Self> {
        if let Some(object) = FREE.take(py) {
            // SAFETY: a dead object has no references, and all that makes it one of the class; with
            // a reference it is a new one.
            unsafe { ffi::Py_INCREF(object) };
            return Ok(Self { object, py });
        }
        // SAFETY: the class is one of collected objects, and ready.
        let object = unsafe { ffi::PyObject_GC_New::<ffi::PyObject>(class) };
        if object.is_null() { Err(PyErr::fetch(py)) } else { Ok(Self { object, py }) }
    }

    /// Where the value of the class lies in the object.
    #[inline]
    pub(super) fn place(&self) -> *mut PyConsumerArray {
        self.object.wrapping_byte_add(VALUE_OFFSET).cast()
    }

    /// The object, which from now on is like every other.
    ///
    /// # Safety
    /// The place was filled in.
    #[inline]
    pub(super) unsafe fn filled(self) -> Bound<'py, PyConsumerArray> {
        let (object, py, place) = (self.object, self.py, self.place());
        std::mem::forget(self);
        // SAFETY: the object is complete but for its list of weak references, which is empty.
        unsafe {
            weak_references(object).write(std::ptr::null_mut());
            if (*place).is_collected() {
                ffi::PyObject_GC_Track(object.cast());
            }
            Bound::from_owned_ptr(py, object).cast_into_unchecked()
        }
    }
}

impl Drop for Vacant<'_> {
    fn drop(&mut self) {
        // SAFETY: nobody knows the object, and nothing in it is to be dropped. It still has its one
        // reference, which those in the free list have not.
        unsafe { free(self.object) };
    }
}

/// A few dead views, whose memory the next ones take over, with its reference to the class: 0.7 of
/// the time for a slice.
struct FreeList {
    objects: UnsafeCell<[*mut ffi::PyObject; 32]>,
    count: UnsafeCell<usize>,
}

// SAFETY: it is only used with the GIL held.
unsafe impl Sync for FreeList {}

static FREE: FreeList =
    FreeList { objects: UnsafeCell::new([std::ptr::null_mut(); 32]), count: UnsafeCell::new(0) };

#[cfg(not(Py_GIL_DISABLED))]
impl FreeList {
    /// A dead object, if there is one.
    #[inline(always)]
    fn take(&self, _attached: Python<'_>) -> Option<*mut ffi::PyObject> {
        // SAFETY: the GIL is held, and nothing else runs meanwhile; the first `count` are filled in.
        unsafe {
            let count = (*self.count.get()).checked_sub(1)?;
            *self.count.get() = count;
            (*self.objects.get()).get(count).copied()
        }
    }

    /// Keeps a dead object, if there is room; says whether it did.
    #[inline(always)]
    fn keep(&self, object: *mut ffi::PyObject) -> bool {
        if cfg!(py_sys_config = "Py_TRACE_REFS") {
            // Such an interpreter keeps a list of all objects, and wants to know of new ones.
            return false;
        }
        // SAFETY: as above.
        unsafe {
            let count = *self.count.get();
            let Some(place) = (*self.objects.get()).get_mut(count) else { return false };
            *place = object;
            *self.count.get() = count + 1;
        }
        true
    }
}

#[cfg(Py_GIL_DISABLED)]
impl FreeList {
    /// Without the GIL the list would need a lock, which costs what it saves.
    fn take(&self, _attached: Python<'_>) -> Option<*mut ffi::PyObject> {
        None
    }

    fn keep(&self, _object: *mut ffi::PyObject) -> bool {
        false
    }
}

/// Where PyO3 puts the value of a class behind the head of its objects.
const VALUE_OFFSET: usize = size_of::<ffi::PyObject>();

/// Where PyO3 puts the list of weak references: behind the value.
const WEAK_REFERENCES_OFFSET: usize = VALUE_OFFSET + size_of::<PyConsumerArray>();

#[inline(always)]
fn weak_references(object: *mut ffi::PyObject) -> *mut *mut ffi::PyObject {
    object.wrapping_byte_add(WEAK_REFERENCES_OFFSET).cast()
}

/// Gives the memory of an object back, without regard to what is in it.
///
/// # Safety
/// The object is a ConsumerArray that nobody knows (any more).
unsafe fn free(object: *mut ffi::PyObject) {
    // SAFETY: as the caller says; an object of a class made at run time has a reference to it.
    unsafe {
        let class = ffi::Py_TYPE(object);
        ffi::PyObject_GC_Del(object.cast());
        ffi::Py_DECREF(class.cast());
    }
}

/// The end of an object. PyO3's does the same behind the layer described above: 0.8 of the time for
/// `consume` and the death of the view.
unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: the interpreter calls it when the last reference to a complete object is gone.
    unsafe {
        let value: *mut PyConsumerArray = object.wrapping_byte_add(VALUE_OFFSET).cast();
        if (*value).is_collected() {
            ffi::PyObject_GC_UnTrack(object.cast());
        }
        if !(*weak_references(object)).is_null() {
            ffi::PyObject_ClearWeakRefs(object);
        }
        value.drop_in_place();
        if !FREE.keep(object) {
            free(object);
        }
    }
}

/// Whether objects are laid out as `Vacant` and `dealloc` expect: PyO3 makes one, and tells.
fn check_layout(py: Python<'_>) -> PyResult<()> {
    let object = Bound::new(py, PyConsumerArray::empty()?)?;
    let offset = (object.get() as *const PyConsumerArray).addr() - object.as_ptr().addr();
    // SAFETY: the class is ready.
    let class = unsafe { &*PyConsumerArray::type_object_raw(py) };
    let weak = usize::try_from(class.tp_weaklistoffset).unwrap_or(0);
    let end = WEAK_REFERENCES_OFFSET + size_of::<usize>();
    let expected = weak == WEAK_REFERENCES_OFFSET && class.tp_basicsize as usize == end;
    if offset == VALUE_OFFSET && expected {
        return Ok(());
    }
    Err(PySystemError::new_err("consumer was built with a PyO3 that lays out objects otherwise"))
}

/// Puts the raw functions into the slots of the classes, over those that PyO3 made.
pub(super) fn install(py: Python<'_>) -> PyResult<()> {
    check_layout(py)?;
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
        }
        class.tp_dealloc = Some(dealloc);
        // `match` takes it for a sequence: what `Sequence.register` does for classes that can be
        // changed.
        #[cfg(not(Py_GIL_DISABLED))]
        {
            class.tp_flags |= ffi::Py_TPFLAGS_SEQUENCE;
        }
        #[cfg(Py_GIL_DISABLED)]
        class.tp_flags.fetch_or(ffi::Py_TPFLAGS_SEQUENCE, std::sync::atomic::Ordering::Relaxed);
        (*PyIterator::type_object_raw(py)).tp_iternext = Some(iter_next);
        ffi::PyType_Modified(class);
    }
    Ok(())
}

/// `len(v)`
unsafe extern "C" fn length(object: *mut ffi::PyObject) -> isize {
    guarded(-1, |py| {
        // SAFETY: the slot is called on objects of the class.
        let view = unsafe { this(py, object) };
        view.get().length().map(|length| length as isize)
    })
}

/// `v[key]`: plain indices and slices without reading a key.
unsafe extern "C" fn subscript(
    object: *mut ffi::PyObject,
    key: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    guarded(std::ptr::null_mut(), |py| {
        // SAFETY: the slot is called on objects of the class, with a key that is alive.
        let (this, key) = unsafe { (this(py, object), Borrowed::from_ptr(py, key)) };
        if let Some(access) = this.get().try_access(py) {
            if let Some(slice) = index::plain_slice(&access, key) {
                // SAFETY: a slice of the view's elements, just made under access.
                return unsafe { PyConsumerArray::share_slice(&this, slice) }.map(Bound::into_ptr);
            }
            if let Some(pointer) = index::plain_element(&access, key) {
                // SAFETY: the pointer leads to an element, which the access is for.
                return Ok(unsafe { index::read(py, &access, pointer) });
            }
            if let Some(name) = fields::plain_name(key) {
                let part = access.field(name)?;
                // SAFETY: a part of the view's elements, just found under access.
                return unsafe { PyConsumerArray::share_array(&this, part) }.map(Bound::into_ptr);
            }
            if let Some(index) = index::plain_int(key)
                && let Some((offset, layout)) = access.layout().index_first(index)
            {
                let start = access.start().wrapping_offset(offset);
                // SAFETY: a row of the view, just found under access.
                return unsafe { PyConsumerArray::share_part(&this, start, layout) }
                    .map(Bound::into_ptr);
            }
        }
        index::get(&this, &key).map(Bound::into_ptr)
    })
}

/// `v[key] = value` and `del v[key]`
unsafe extern "C" fn assign_subscript(
    object: *mut ffi::PyObject,
    key: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> c_int {
    guarded(-1, |py| {
        // SAFETY: the slot is called on objects of the class, with a key that is alive, and a value
        // that is alive or NULL.
        let (this, key, value) = unsafe {
            (this(py, object), Borrowed::from_ptr(py, key), Borrowed::from_ptr_or_opt(py, value))
        };
        match value {
            Some(value) => index::set(&this, &key, &value).map(|()| 0),
            None => index::delete(this.get()).map(|()| 0),
        }
    })
}

/// `next(iterator)`
unsafe extern "C" fn iter_next(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    guarded(std::ptr::null_mut(), |py| {
        // SAFETY: the slot is called on objects of the class.
        let iterator = unsafe { Borrowed::from_ptr(py, object).cast_unchecked::<PyIterator>() };
        Ok(iterator.get().next(py))
    })
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
