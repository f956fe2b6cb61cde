//! Objects that are filled in where they stay: allocation and deallocation.
//!
//! PyO3 creates an object by moving a finished value into it. A `Py_buffer` must not be moved, and
//! moving a view's few hundred bytes takes longer than creating them. So views are allocated
//! uninitialised and filled in place. That also leaves out `object.__new__` and, where no cycle can
//! lead through an object, the garbage collector.
//!
//! This rests on where PyO3 puts the value of a class and its list of weak references.
//! [`check_layout`] compares that with what PyO3 does, before the first view is created.

use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::prelude::*;
use pyo3::{PyClass, PyTypeInfo, ffi};

use consumer::python::exceptions::{PyMemoryError, PySystemError};
use consumer::python::stack;

use super::chain;
use super::class::PyConsumerArray;
use super::scalar;
use crate::free_list::FreeList;
use crate::reserve;

/// Where PyO3 puts the value of a class: behind the head of its objects.
const VALUE_OFFSET: usize = size_of::<ffi::PyObject>();

/// Where PyO3 puts the list of weak references: behind the value.
const WEAK_REFERENCES_OFFSET: usize = VALUE_OFFSET + size_of::<PyConsumerArray>();

/// A view that is allocated but not filled in. Nobody else has it.
pub(crate) struct UninitObject<'py> {
    object: *mut ffi::PyObject,
    py: Python<'py>,
}

impl<'py> UninitObject<'py> {
    #[inline(always)]
    pub(crate) fn new(py: Python<'py>) -> PyResult<Self> {
        // SAFETY: the class of views.
        unsafe { Self::with_class(py, PyConsumerArray::type_object_raw(py)) }
    }

    /// The same as `new`, without looking the class up.
    #[inline(always)]
    pub(crate) fn like(view: &Bound<'py, PyConsumerArray>) -> PyResult<Self> {
        // SAFETY: the view is alive.
        unsafe { Self::with_class(view.py(), ffi::Py_TYPE(view.as_ptr())) }
    }

    /// # Safety
    /// The class is one of views: either will do, because an object has the right one only once it
    /// is filled in.
    #[inline(always)]
    unsafe fn with_class(py: Python<'py>, class: *mut ffi::PyTypeObject) -> PyResult<Self> {
        if let Some(object) = FREE_LIST.new_object(py) {
            return Ok(Self { object, py });
        }
        // SAFETY: the caller guarantees the class.
        unsafe { Self::allocate(py, class) }
    }

    /// # Safety
    /// The same as for `with_class`.
    #[inline(never)]
    unsafe fn allocate(py: Python<'py>, class: *mut ffi::PyTypeObject) -> PyResult<Self> {
        if reserve::is_needed() {
            return Err(PyMemoryError::new_err("no memory for a view"));
        }
        // SAFETY: the class has the GC flag, as every class of PyO3's, and is ready.
        let object = unsafe { ffi::PyObject_GC_New::<ffi::PyObject>(class) };
        if object.is_null() { Err(PyErr::fetch(py)) } else { Ok(Self { object, py }) }
    }

    /// Where the value lies in the object.
    #[inline]
    pub(crate) fn as_mut_ptr(&self) -> *mut PyConsumerArray {
        self.object.wrapping_byte_add(VALUE_OFFSET).cast()
    }

    /// The object, which from now on is like any other, of the class for that many dimensions: of
    /// them only counts whether there are any.
    ///
    /// They could be read from the array, but whoever has just written it knows them: the processor
    /// would wait for what was written in other pieces.
    ///
    /// # Safety
    /// The value was filled in, with an array of that many dimensions.
    #[inline]
    pub(crate) unsafe fn assume_init(self, ndim: usize) -> Bound<'py, PyConsumerArray> {
        let (object, py, value) = (self.object, self.py, self.as_mut_ptr());
        std::mem::forget(self);
        // SAFETY: what is still missing is the right class, and the list of weak references, which
        // is empty. An object of the free list is not tracked, nor is a new one.
        unsafe {
            debug_assert_eq!((*value).array.layout().ndim() == 0, ndim == 0);
            if (ffi::Py_TYPE(object) == scalar::class_raw(py)) != (ndim == 0) {
                change_class(py, object);
            }
            weak_references(object).write(std::ptr::null_mut());
            if (*value).is_tracked() {
                ffi::PyObject_GC_Track(object.cast());
            }
            Bound::from_owned_ptr(py, object).cast_into_unchecked()
        }
    }
}

impl Drop for UninitObject<'_> {
    fn drop(&mut self) {
        // SAFETY: nobody else has the object, and its value is not to be dropped.
        unsafe { free(self.object) };
    }
}

/// Makes an object of one of the two classes of views one of the other.
///
/// # Safety
/// It is one, and nobody else has it.
#[cold]
#[inline(never)]
unsafe fn change_class(py: Python<'_>, object: *mut ffi::PyObject) {
    let (arrays, scalars) = (PyConsumerArray::type_object_raw(py), scalar::class_raw(py));
    if scalars.is_null() {
        return;
    }
    // SAFETY: the caller guarantees it, so that the class may be written. Objects of the two
    // classes have the same fields. The object's reference is to the class that it has.
    unsafe {
        let old = ffi::Py_TYPE(object);
        let new = if old == arrays { scalars } else { arrays };
        ffi::Py_INCREF(new.cast());
        (*object).ob_type = new;
        ffi::Py_DECREF(old.cast());
    }
}

/// Deallocated views.
static FREE_LIST: FreeList = FreeList::new();

/// The value in a view.
///
/// # Safety
/// `object` is a ConsumerArray, and alive for `'a`.
#[inline(always)]
pub(crate) unsafe fn value<'a>(object: *mut ffi::PyObject) -> &'a PyConsumerArray {
    // SAFETY: the caller guarantees it; the class is frozen, so that there is no `&mut` to it.
    unsafe { &*object.wrapping_byte_add(VALUE_OFFSET).cast() }
}

#[inline(always)]
fn weak_references(object: *mut ffi::PyObject) -> *mut *mut ffi::PyObject {
    object.wrapping_byte_add(WEAK_REFERENCES_OFFSET).cast()
}

/// Returns whether there are weak references to a view, which others may be dropping meanwhile.
///
/// # Safety
/// The object is a view, and filled in.
#[inline(always)]
unsafe fn has_weak_references(object: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller guarantees it; the place is aligned, and valid for as long as the object.
    let list = unsafe { AtomicPtr::from_ptr(weak_references(object)) };
    !list.load(Ordering::Acquire).is_null()
}

/// A class whose objects are created in place like views.
///
/// # Safety
/// It has neither a `__dict__` nor weak references, and its deallocator is [`dealloc_other`].
pub(crate) unsafe trait InPlace: PyClass {
    /// Deallocated objects of the class.
    const FREE_LIST: &'static FreeList;
}

/// Creates an object of another class in place, tracked by the garbage collector only if that is
/// `tracked`.
///
/// # Safety
/// The deallocator has been set.
pub(crate) unsafe fn create_other<C: InPlace>(
    py: Python<'_>,
    value: C,
    tracked: bool,
) -> PyResult<Bound<'_, C>> {
    // SAFETY: the caller guarantees it; the object is filled in before anybody has it.
    unsafe {
        let object = C::FREE_LIST
            .new_object(py)
            .unwrap_or_else(|| ffi::PyObject_GC_New::<ffi::PyObject>(C::type_object_raw(py)));
        if object.is_null() {
            return Err(PyErr::fetch(py));
        }
        object.wrapping_byte_add(VALUE_OFFSET).cast::<C>().write(value);
        if tracked {
            ffi::PyObject_GC_Track(object.cast());
        }
        Ok(Bound::from_owned_ptr(py, object).cast_into_unchecked())
    }
}

/// The deallocator of such objects.
pub(crate) unsafe extern "C" fn dealloc_other<C: InPlace>(object: *mut ffi::PyObject) {
    // SAFETY: the interpreter calls it, attached, when the last reference to an object is gone. An
    // untracked object may be untracked again.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
        object.wrapping_byte_add(VALUE_OFFSET).cast::<C>().drop_in_place();
        keep_or_free(C::FREE_LIST, object);
    }
}

/// Ends an object whose value has been dropped: its memory goes to the list, if there is room.
///
/// # Safety
/// The same as for [`free`]; the thread is attached, and the list is that of the class.
#[inline(always)]
unsafe fn keep_or_free(list: &FreeList, object: *mut ffi::PyObject) {
    // SAFETY: the caller guarantees it.
    unsafe {
        if !list.push(Python::assume_attached(), object) {
            free(object);
        }
    }
}

/// Frees the memory of an object, whatever its value is.
///
/// # Safety
/// The object was created here, and nobody else has it (any more).
unsafe fn free(object: *mut ffi::PyObject) {
    // SAFETY: the caller guarantees it; an object of a heap type has a reference to its class.
    unsafe {
        let class = ffi::Py_TYPE(object);
        ffi::PyObject_GC_Del(object.cast());
        ffi::Py_DECREF(class.cast());
    }
}

/// The deallocator of views: PyO3's does the same, with a layer for panics in between, and knows
/// neither free list nor chains of views.
pub(crate) unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: the interpreter calls it, attached, when the last reference to a view is gone. So
    // nobody else has the view, whose hash nobody asks for any more: its place is free.
    unsafe {
        let value: *mut PyConsumerArray = object.wrapping_byte_add(VALUE_OFFSET).cast();
        if (*value).is_tracked() {
            ffi::PyObject_GC_UnTrack(object.cast());
        }
        // Without a GIL a death may end others after all: it is the stack that says whether it can.
        let has_room = cfg!(not(Py_GIL_DISABLED)) || stack::has_room();
        if !has_weak_references(object) && (*value).ends_alone() && has_room {
            finish(object);
        } else {
            end_in_chain(object);
        }
    }
}

/// Ends a view whose death may end other objects, or run code that is not ours.
///
/// # Safety
/// The same as for [`chain::end`].
#[inline(never)]
unsafe fn end_in_chain(object: *mut ffi::PyObject) {
    // SAFETY: the caller guarantees it; the place of the hash is free, because nobody has the view.
    unsafe { chain::end(object, finish, hash_place) };
}

/// Ends a view that is not tracked, and keeps or frees its memory.
///
/// # Safety
/// The thread is attached, and nobody has the view any more.
#[inline(always)]
unsafe fn finish(object: *mut ffi::PyObject) {
    // SAFETY: the caller guarantees it.
    unsafe {
        if has_weak_references(object) {
            ffi::PyObject_ClearWeakRefs(object);
        }
        let value: *mut PyConsumerArray = object.wrapping_byte_add(VALUE_OFFSET).cast();
        value.drop_in_place();
        keep_or_free(&FREE_LIST, object);
    }
}

/// The place of a view's hash, which is as large as a pointer.
///
/// # Safety
/// The object is a view.
unsafe fn hash_place(object: *mut ffi::PyObject) -> *mut *mut ffi::PyObject {
    let value: *mut PyConsumerArray = object.wrapping_byte_add(VALUE_OFFSET).cast();
    // SAFETY: the caller guarantees it.
    unsafe { (&raw mut (*value).hash).cast() }
}

/// Returns whether PyO3 lays out views as this file expects, by having it create one: `sample`.
pub(crate) fn check_layout(py: Python<'_>, sample: PyConsumerArray) -> PyResult<()> {
    let object = Bound::new(py, sample)?;
    let offset = (object.get() as *const PyConsumerArray).addr() - object.as_ptr().addr();
    // SAFETY: the class is ready.
    let class = unsafe { &*PyConsumerArray::type_object_raw(py) };
    let weak = usize::try_from(class.tp_weaklistoffset).unwrap_or(0);
    let end = WEAK_REFERENCES_OFFSET + size_of::<usize>();
    let expected = weak == WEAK_REFERENCES_OFFSET && class.tp_basicsize as usize == end;
    if offset == VALUE_OFFSET && expected { Ok(()) } else { Err(other_layout()) }
}

/// The same for a class that [`create_other`] is to create objects of.
pub(crate) fn check_layout_of<C: InPlace>(py: Python<'_>) -> PyResult<()> {
    // SAFETY: the class is ready.
    let class = unsafe { &*C::type_object_raw(py) };
    let expected = class.tp_basicsize as usize == VALUE_OFFSET + size_of::<C>();
    let bare = class.tp_weaklistoffset == 0 && class.tp_dictoffset == 0;
    if expected && bare { Ok(()) } else { Err(other_layout()) }
}

#[cold]
fn other_layout() -> PyErr {
    PySystemError::new_err(
        "consumer was built with a version of PyO3 that lays out objects in another way",
    )
}
