//! What goes around PyO3, and why.
//!
//! PyO3 wraps each function that Python calls in a layer that counts attachments, converts
//! arguments and catches panics. Construction, item access, slices and iteration take so little
//! time that the layer would be a large part of it. Their functions are written by hand here, with
//! the body of the operation in `methods/`, `interchange/` or `object/`. They are handed to PyO3
//! the way `#[pymethods]` hands over its own ([`class_items`]), so that there is one implementation
//! of each operation, and `v[i]` and `v.__getitem__(i)` are the same function.
//!
//! Where the fast path of a function has nothing in it that can panic (no indexing, no allocation
//! of Rust's), it stands outside of what catches panics, and the slow path is a function of its
//! own, so that the fast one sets up no stack frame for it. A panic there would abort the process.
//!
//! Four things PyO3 has no way for, and [`install`] adds to the finished classes: the
//! deallocators, the flag by which `match` takes a view for a sequence, the subclass of views
//! without dimensions, and the docstrings of slots.

mod buffer;
mod compare;
pub(crate) mod consume;
mod documents;
mod iter;
mod methods;
mod parameters;
mod scalar;
mod search;
mod select;
mod store;
mod trampoline;

use std::sync::Once;

use pyo3::impl_::pyclass::{PyClassImpl, PyClassItems};
use pyo3::impl_::pymethods::{PyMethodDef, PyMethodDefType};
use pyo3::prelude::*;
use pyo3::sync::OnceExt;
use pyo3::types::PyType;
use pyo3::{PyTypeInfo, ffi};

use consumer::python::objects::change_flag;

use self::documents::document;
use crate::methods::elements::iter::PyIterator;
use crate::object::PyConsumerArray;
use crate::object::scalar::class_or_create;
use crate::object::uninit::{check_layout, check_layout_of, dealloc, dealloc_other};

/// Hands methods and slots of a class to PyO3, as the expansion of `#[pymethods]` does.
macro_rules! class_items {
    ($class:ty {
        methods { $($method:expr;)* }
        slots { $($slot:ident: $kind:ty = $function:expr;)* }
    }) => {
        pyo3::inventory::submit! {
            type Inventory = <$class as PyClassImpl>::Inventory;
            Inventory::new(PyClassItems {
                methods: &[$(PyMethodDefType::Method($method)),*],
                slots: &[$(ffi::PyType_Slot {
                    slot: ffi::$slot,
                    pfunc: $function as $kind as *mut std::ffi::c_void,
                }),*],
            })
        }
    };
}

class_items!(PyConsumerArray {
    methods {
        PyMethodDef::fastcall_cfunction_with_keywords(
            c"tobytes", methods::tobytes, methods::TOBYTES
        );
        PyMethodDef::fastcall_cfunction_with_keywords(c"hex", methods::hex, methods::HEX);
        PyMethodDef::noargs(c"tolist", methods::tolist, methods::TOLIST);
        PyMethodDef::fastcall_cfunction_with_keywords(c"cast", methods::cast, methods::CAST);
        PyMethodDef::fastcall_cfunction_with_keywords(c"index", search::index, search::INDEX);
        PyMethodDef::fastcall_cfunction_with_keywords(c"count", search::count, search::COUNT);
        PyMethodDef::fastcall_cfunction_with_keywords(
            c"sum", methods::summaries::summary::<0>, methods::summaries::SUM
        );
        PyMethodDef::fastcall_cfunction_with_keywords(
            c"mean", methods::summaries::summary::<1>, methods::summaries::MEAN
        );
        PyMethodDef::fastcall_cfunction_with_keywords(
            c"min", methods::summaries::summary::<2>, methods::summaries::MIN
        );
        PyMethodDef::fastcall_cfunction_with_keywords(
            c"max", methods::summaries::summary::<3>, methods::summaries::MAX
        );
        PyMethodDef::fastcall_cfunction_with_keywords(
            c"argmin", methods::summaries::summary::<4>, methods::summaries::ARGMIN
        );
        PyMethodDef::fastcall_cfunction_with_keywords(
            c"argmax", methods::summaries::summary::<5>, methods::summaries::ARGMAX
        );
        PyMethodDef::fastcall_cfunction_with_keywords(
            c"minmax", methods::summaries::summary::<6>, methods::summaries::MINMAX
        );
        PyMethodDef::noargs(c"release", methods::release, methods::RELEASE);
        PyMethodDef::noargs(c"__enter__", methods::enter, methods::ENTER);
        PyMethodDef::fastcall_cfunction_with_keywords(c"__exit__", methods::exit, methods::EXIT);
        PyMethodDef::fastcall_cfunction_with_keywords(
            c"__dlpack__", methods::dlpack::dlpack, methods::dlpack::DLPACK
        );
        PyMethodDef::noargs(
            c"__dlpack_device__", methods::dlpack::device, methods::dlpack::DEVICE
        );
    }
    slots {
        Py_mp_length: ffi::lenfunc = select::length;
        Py_sq_length: ffi::lenfunc = select::length;
        Py_mp_subscript: ffi::binaryfunc = select::subscript;
        Py_mp_ass_subscript: ffi::objobjargproc = store::assign_subscript;
        Py_sq_contains: ffi::objobjproc = search::contains;
        Py_tp_richcompare: ffi::richcmpfunc = compare::rich_compare;
        Py_tp_hash: ffi::hashfunc = compare::hash;
        Py_tp_iter: ffi::getiterfunc = iter::iter;
        Py_bf_getbuffer: ffi::getbufferproc = buffer::get_buffer;
        Py_bf_releasebuffer: ffi::releasebufferproc = buffer::release_buffer;
    }
});

class_items!(PyIterator {
    methods {}
    slots {
        Py_tp_iternext: ffi::iternextfunc = iter::iter_next;
    }
});

/// Completes the classes, and checks what is assumed of them; returns that of views without
/// dimensions. To be called before any view is created, and as often as the module is executed.
///
/// # Errors
/// SystemError if PyO3 lays out objects in another way than is assumed.
pub(crate) fn install(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static INSTALLED: Once = Once::new();
    if !INSTALLED.is_completed() {
        check_layout(py, PyConsumerArray::empty()?)?;
        check_layout_of::<PyIterator>(py)?;
        document(&py.get_type::<PyConsumerArray>(), documents::OF_VIEWS)?;
        // SAFETY: the classes are ready, nobody has a view yet, and each function has the type of
        // its place.
        INSTALLED.call_once_py_attached(py, || unsafe {
            let class = &mut *PyConsumerArray::type_object_raw(py);
            class.tp_dealloc = Some(dealloc);
            // What `Sequence.register` does for classes that can be changed.
            change_flag(class, ffi::Py_TPFLAGS_SEQUENCE, true);
            let iterator = &mut *PyIterator::type_object_raw(py);
            iterator.tp_dealloc = Some(dealloc_other::<PyIterator>);
            ffi::PyType_Modified(class);
        });
    }
    // SAFETY: the class that is created adds no fields, has the deallocator that its base has by
    // now, and accepts no subclasses.
    unsafe {
        class_or_create(py, || {
            let class = scalar::create(py)?;
            document(&class, documents::OF_SCALARS)?;
            Ok(class)
        })
    }
}
