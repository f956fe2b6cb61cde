//! Docstrings of the slots.
//!
//! The wrapper that CPython makes for a slot, such as `__getitem__`, has a text that says the same
//! for every class. It has the text from a description that all classes share (`wrapperbase`), so
//! that ours get a copy of it with another text; the slots themselves stay what they are.

use std::ffi::CStr;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// The texts, each of which begins with the name of the slot and its signature.
pub(super) const OF_VIEWS: &[&CStr] = &[
    c"__repr__($self, /)
--

The class, format and shape of the view, and of many elements the first ones.",
    c"__str__($self, /)
--

The elements in brackets, of many the first ones.",
    c"__len__($self, /)
--

The length of the first dimension, in elements; TypeError where there is none.",
    c"__getitem__($self, key, /)
--

The element at v[i] or v[i, j], or the part that v[i:j:k] or v[i, ..., j:k] selects.

Of records also the fields v[\"name\"], with the dimensions of their sub-array behind those of
the view, and v[[\"name\", \"other\"]], as records of only these.

A None in a tuple is a new dimension of length 1, as in v[:, None].

As many indices as there are dimensions give the element, any other key a view of the same
memory; so that above one dimension v[i] is a view, as v[i, ...] is in any number of them.

IndexError for an index out of range, KeyError for a name that no field has, TypeError for
any other key, or for too many indices; NotImplementedError where the elements are of a
format that cannot be read.

>>> import consumer
>>> v = consumer.consume(b\"abcdef\").reshape(2, 3)
>>> v[1, 0]
100
>>> v[:, 1].tolist()
[98, 101]
>>> v.cast(\"B:a:2s:b:\")[\"b\"].tolist()
[b'bc', b'ef']",
    c"__setitem__($self, key, value, /)
--

Stores an element, or, in a part of the view, those of anything that consume takes.

What has them has to have the same shape, and may overlap. Its elements are converted where
every value of their type is one of the view's, as NumPy's \"safe\" casts say; astype converts
the others. In a part that is selected by an Ellipsis, a tuple or the names of fields one
element can be stored everywhere, as v[...] = 0 and v[\"name\"] = 0 do. A list has a value for
each element instead, and lists of those where there are more dimensions; so has a tuple
where it could not be an element itself. A view without dimensions is its element.

A record is stored from a tuple or list, a mapping, an object with the attributes of a named
tuple or dataclass, or a structure of ctypes or NumPy.

TypeError for read-only memory or an element of the wrong type, ValueError for one out of
range and for another format or shape, IndexError and KeyError as for reading.

>>> import consumer
>>> v = consumer.consume(bytearray(4))
>>> v[0] = 97
>>> v[1:3] = b\"bc\"
>>> v[3:, ...] = 100
>>> v.tobytes()
b'abcd'",
    c"__delitem__($self, key, /)
--

Raises TypeError: what is in the memory of another object cannot be deleted.",
    c"__iter__($self, /)
--

The elements in order; above one dimension, views of one dimension less.

TypeError where there is no dimension.",
    c"__contains__($self, value, /)
--

Whether any element, in any number of dimensions, equals value.",
    c"__eq__($self, other, /)
--

Whether what consume() takes has the same shape and equal elements in any format.

It is one bool for all elements, and elements are equal where their values in Python are.
There is no order: v < w raises TypeError.

>>> import array, consumer
>>> consumer.consume(array.array(\"d\", [1, 2])) == array.array(\"b\", [1, 2])
True",
    c"__ne__($self, other, /)
--

Whether other is nothing of the same shape with equal elements: not v == other.",
    c"__lt__($self, other, /)
--

Raises TypeError: views have no order.",
    c"__le__($self, other, /)
--

Raises TypeError: views have no order.",
    c"__gt__($self, other, /)
--

Raises TypeError: views have no order.",
    c"__ge__($self, other, /)
--

Raises TypeError: views have no order.",
    c"__hash__($self, /)
--

The hash of the bytes, for read-only views of format B, b or c; else UnhashableError.",
    c"__buffer__($self, flags, /)
--

A buffer of the view, as memoryview(v) and others ask for it: the same memory again.

While somebody has one, the view cannot be released. BufferError where the memory is not as
flags ask for it, such as read-only where it is to be written to.",
    c"__release_buffer__($self, buffer, /)
--

Gives back a buffer that __buffer__() gave.",
];

pub(super) const OF_SCALARS: &[&CStr] = &[
    c"__bool__($self, /)
--

bool(v[()]).",
    c"__int__($self, /)
--

int(v[()]).",
    c"__float__($self, /)
--

float(v[()]).",
];

/// Gives the wrappers of a class's slots their texts. To be called before anybody has the class.
///
/// # Errors
/// What the look-up of a name raises.
pub(super) fn document(class: &Bound<'_, PyType>, texts: &[&'static CStr]) -> PyResult<()> {
    for text in texts {
        let name = text.to_str().unwrap_or_default().split('(').next().unwrap_or_default();
        // Some versions of Python have no name for some slots, such as `__buffer__`.
        let Some(wrapper) = class.getattr_opt(name)? else { continue };
        // SAFETY: an object of this very class is a `PyWrapperDescrObject`, whose description is
        // never freed. Nobody else has the wrapper yet, and whoever reads the copy finds all that
        // was in the original, and a text that is static as well.
        unsafe {
            if (*wrapper.as_ptr()).ob_type != &raw mut ffi::PyWrapperDescr_Type {
                continue;
            }
            let wrapper = wrapper.as_ptr().cast::<ffi::PyWrapperDescrObject>();
            let mut description = (*wrapper).d_base.read();
            description.doc = text.as_ptr();
            (*wrapper).d_base = Box::leak(Box::new(description));
        }
    }
    Ok(())
}
