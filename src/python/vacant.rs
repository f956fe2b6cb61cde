//! ConsumerArrays made where they stay: allocated, filled in place, and taken over when they die.
//!
//! PyO3 makes an object by moving a finished value into it. A `Py_buffer` must not move, and moving
//! a few hundred bytes costs more than making them; so objects are made here, and rely on where PyO3
//! lays their value and their list of weak references, which is checked at import.

use std::cell::UnsafeCell;

use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;
use pyo3::{PyClass, PyTypeInfo, ffi};

use super::class::PyConsumerArray;
use super::iter::PyIterator;

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

/// The value of a view.
///
/// # Safety
/// `object` is alive for `'a`, and a ConsumerArray.
#[inline(always)]
pub(super) unsafe fn value<'a>(object: *mut ffi::PyObject) -> &'a PyConsumerArray {
    // SAFETY: as the caller says; the class is frozen, so that nobody has a `&mut` to it.
    unsafe { &*object.wrapping_byte_add(VALUE_OFFSET).cast() }
}

#[inline(always)]
fn weak_references(object: *mut ffi::PyObject) -> *mut *mut ffi::PyObject {
    object.wrapping_byte_add(WEAK_REFERENCES_OFFSET).cast()
}

/// An object of another class made here, too: 0.7 of the time for an iterator and its end. It becomes
/// known to the garbage collector only where that is `collected`.
///
/// # Safety
/// The class is that of `C`, ready, and has [`dealloc_other`].
pub(super) unsafe fn made<C: PyClass>(
    py: Python<'_>,
    class: *mut ffi::PyTypeObject,
    value: C,
    collected: bool,
) -> PyResult<Bound<'_, C>> {
    // SAFETY: as the caller says; the object is filled in before anybody knows it.
    unsafe {
        let object = ffi::PyObject_GC_New::<ffi::PyObject>(class);
        if object.is_null() {
            return Err(PyErr::fetch(py));
        }
        object.wrapping_byte_add(VALUE_OFFSET).cast::<C>().write(value);
        if collected {
            ffi::PyObject_GC_Track(object.cast());
        }
        Ok(Bound::from_owned_ptr(py, object).cast_into_unchecked())
    }
}

/// The end of such an object.
pub(super) unsafe extern "C" fn dealloc_other<C: PyClass>(object: *mut ffi::PyObject) {
    // SAFETY: the interpreter calls it when the last reference to a complete object is gone.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
        object.wrapping_byte_add(VALUE_OFFSET).cast::<C>().drop_in_place();
        free(object);
    }
}

/// Gives the memory of an object back, without regard to what is in it.
///
/// # Safety
/// The object was made here, and nobody knows it (any more).
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
pub(super) unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
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
pub(super) fn check_layout(py: Python<'_>) -> PyResult<()> {
    let object = Bound::new(py, PyConsumerArray::empty()?)?;
    let offset = (object.get() as *const PyConsumerArray).addr() - object.as_ptr().addr();
    // SAFETY: the class is ready.
    let class = unsafe { &*PyConsumerArray::type_object_raw(py) };
    let weak = usize::try_from(class.tp_weaklistoffset).unwrap_or(0);
    let end = WEAK_REFERENCES_OFFSET + size_of::<usize>();
    let expected = weak == WEAK_REFERENCES_OFFSET && class.tp_basicsize as usize == end;
    // SAFETY: as above. It has neither a dictionary nor weak references.
    let size = unsafe { (*PyIterator::type_object_raw(py)).tp_basicsize } as usize;
    let iterators = size == VALUE_OFFSET + size_of::<PyIterator>();
    if offset == VALUE_OFFSET && expected && iterators {
        return Ok(());
    }
    Err(PySystemError::new_err("consumer was built with a PyO3 that lays out objects otherwise"))
}
