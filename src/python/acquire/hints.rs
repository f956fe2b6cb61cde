//! What to take instead of an object that exports no buffer: the end of a message.
//!
//! An object is known by C's flags of its class and by the attributes that its classes have, which
//! runs no code of theirs. Only whether memory is on a GPU has to be asked of the object itself;
//! that one question is asked last, so that objects which consume each other in turn come to an
//! end. Where nothing is found, or anything fails, there is no hint, and the error stays what it
//! is.

use std::borrow::Cow;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{
    PyCapsule, PyDict, PyFloat, PyInt, PyList, PyRange, PyString, PyTuple, PyType, PyTypeMethods,
};

use super::types::{Namespace, is_immutable, is_named, namespace, slot};
use crate::fallible;
use crate::python::errors::DiscardError;
use crate::python::stack;
use crate::python::version::since_3_12;

/// Returns what to take instead of an object that exports no buffer, `x`.
#[cold]
pub(crate) fn hint(object: &Bound<'_, PyAny>) -> Option<Cow<'static, str>> {
    let py = object.py();
    let hint = if object.is_instance_of::<PyString>() {
        "x.encode() does"
    } else if object.is_instance_of::<PyInt>() {
        "array.array('q', [x]) does"
    } else if object.is_instance_of::<PyFloat>() {
        "array.array('d', [x]) does"
    } else if object.is_instance_of::<PyRange>() {
        "array.array('q', x) does"
    } else if object.is_instance_of::<PyDict>() {
        "x[key] may"
    } else if let Ok(list) = object.cast::<PyList>() {
        of_items((0..list.len()).map_while(|index| list.get_item(index).or_discard(py)))?
    } else if let Ok(tuple) = object.cast::<PyTuple>() {
        of_items((0..tuple.len()).map_while(|index| tuple.get_item(index).or_discard(py)))?
    } else if object.is_instance_of::<PyCapsule>() {
        CAPSULE
    } else if let Ok(class) = object.cast::<PyType>() {
        let exports = !slot(class, ffi::Py_bf_getbuffer).is_null();
        exports.then_some("an instance of the class does")?
    } else {
        return of_class(object);
    };
    Some(Cow::Borrowed(hint))
}

/// The hint for what methods of protocols return.
const CAPSULE: &str =
    "the object whose __dlpack__(), __arrow_c_array__() or __arrow_c_stream__() made it does";

/// How many items of a list tell what it is a list of.
const LOOKED_AT: usize = 100;

/// The hint for a list of these items.
fn of_items<'py>(items: impl Iterator<Item = Bound<'py, PyAny>>) -> Option<&'static str> {
    let mut code = "array.array('q', x) does";
    let mut is_empty = true;
    for item in items.take(LOOKED_AT) {
        is_empty = false;
        if item.is_instance_of::<PyCapsule>() {
            return Some(CAPSULE);
        }
        if item.is_instance_of::<PyList>() || item.is_instance_of::<PyTuple>() {
            return Some("numpy.array(x) does");
        }
        if item.is_instance_of::<PyFloat>() {
            code = "array.array('d', x) does";
        } else if !item.is_instance_of::<PyInt>() {
            return None;
        }
    }
    Some(if is_empty { "array.array('d', x) does" } else { code })
}

/// What objects can do whose classes have all of these attributes, in the order in which they are
/// looked for: first what shares the memory, last what makes a copy.
const WAYS: &[(&[&str], &str)] = &[
    (&["getbuffer"], "x.getbuffer() does"),
    (&["get_obj", "get_lock"], "x.get_obj() does"),
    (&["buf", "unlink"], "x.buf does"),
    (&["encoding", "getvalue"], "x.getvalue().encode() does"),
    (&["encoding", "buffer"], "x.buffer.read() does"),
    (&["rollover"], "x.read() does"),
    (&["encoding", "readable"], "x.read().encode() does"),
    (&["readable", "read"], "x.read() does"),
    (&["__exit__", "__getattr__", "close"], "x.read() may"),
    (&["collect", "collect_schema"], "x.collect()['name'] does"),
    (&["__fspath__", "read_bytes"], "x.read_bytes() does"),
    (&["__fspath__"], "pathlib.Path(x).read_bytes() does"),
    (&["__array__"], "numpy.asarray(x) does, which may be a copy"),
    (&["toarray"], "x.toarray() does, a copy"),
    (&["tobytes"], "x.tobytes() does, a copy"),
    (&["__bytes__"], "bytes(x) does, a copy"),
    (&["keys", "__getitem__"], "x[key] may"),
    (&["__iter__"], "array.array('d', x) does, if x is of numbers"),
];

/// Ways to copy memory from a GPU.
const FROM_GPU: &[&str] = &["get", "cpu", "copy_to_host"];

/// The hint for an object by what its class has.
fn of_class(object: &Bound<'_, PyAny>) -> Option<Cow<'static, str>> {
    let class = object.get_type();
    let attributes = attributes(&class);
    let has = |name: &str| {
        let found = attributes.iter().find_map(|all| all.get(name).or_discard(object.py())?);
        // A class that has not what its base has sets it to None.
        found.is_some_and(|attribute| !attribute.is_none())
    };
    if !since_3_12() && has("__buffer__") {
        return Some(Cow::Borrowed("Python asks for __buffer__ from version 3.12 on"));
    }
    if is_immutable(&class) {
        if is_named(&class, "CArgObject") {
            return Some(Cow::Borrowed("x._obj does"));
        }
        // Others that have a descriptor of a file may have other bytes than the file.
        if ["BufferedReader", "BufferedRandom", "FileIO"].iter().any(|name| is_named(&class, name))
        {
            return Some(Cow::Borrowed(
                "x.read() does, and mmap.mmap(x.fileno(), 0, access=mmap.ACCESS_READ)",
            ));
        }
    }
    if has("__cuda_array_interface__") && is_on_gpu(object) {
        let way = FROM_GPU.iter().find(|name| has(name));
        return Some(way.map_or(Cow::Borrowed("its memory is on a GPU"), |name| {
            Cow::Owned(format!("its memory is on a GPU, and x.{name}() copies it"))
        }));
    }
    let way = WAYS.iter().find(|(names, _)| names.iter().all(|name| has(name)));
    way.map(|(_, hint)| Cow::Borrowed(*hint))
}

/// Returns the attributes of a class and of those that it derives from.
fn attributes<'py>(class: &Bound<'py, PyType>) -> Vec<Namespace<'py>> {
    let of =
        |class: Bound<'py, PyAny>| namespace(class.cast::<PyType>().ok()?).or_discard(class.py());
    fallible::collect(class.mro().iter().filter_map(of)).unwrap_or_default()
}

/// Returns whether an object with that attribute has it: arrays whose memory is not on a GPU, of
/// classes that may have it there, raise AttributeError. May run arbitrary Python code.
fn is_on_gpu(object: &Bound<'_, PyAny>) -> bool {
    let interface =
        stack::check(object.py()).and_then(|()| object.getattr("__cuda_array_interface__"));
    interface.or_discard(object.py()).is_some()
}
