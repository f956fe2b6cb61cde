"""The values of ctypes objects by their attributes, and checks of views against them."""

import ctypes
import sys

import consumer
import pytest

from support.oracles import same

SIGNED = [ctypes.c_int8, ctypes.c_int16, ctypes.c_int32, ctypes.c_int64]
UNSIGNED = [ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32, ctypes.c_uint64]
REALS = [ctypes.c_float, ctypes.c_double, ctypes.c_longdouble]
ADDRESSES = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_wchar_p]
POINTERS = [ctypes.POINTER(ctypes.c_int), ctypes.CFUNCTYPE(None)]

# What is in the other byte order than this machine's.
SWAPPED = "Big" if sys.byteorder == "little" else "Little"
SwappedStructure = getattr(ctypes, f"{SWAPPED}EndianStructure")
SwappedUnion = getattr(ctypes, f"{SWAPPED}EndianUnion")
SWAPPED_TYPE = "__ctype_be__" if sys.byteorder == "little" else "__ctype_le__"


def structure(*fields, base=ctypes.Structure, name="S", **rest):
    """A class of ctypes with these fields."""
    return type(base)(name, (base,), {**rest, "_fields_": list(fields)})


def packing(size):
    """The attributes of a class whose fields are packed: from Python 3.14 on both are to be set."""
    return {"_pack_": size, "_layout_": "ms"}


def told(kind, value):
    """A value that ctypes has read of a simple type.

    From Python 3.14 on ctypes reads a bool of the other byte order as an int:
    `c_bool.__ctype_be__(True).value` is 1.
    """
    return bool(value) if kind._type_ == "?" else value


def raw(instance, size, offset=0):
    return ctypes.string_at(ctypes.addressof(instance) + offset, size)


def value_of(instance, kind, place):
    """The value at an address, by ctypes alone, as it is documented to be read."""
    data = ctypes.string_at(place, ctypes.sizeof(kind))
    if issubclass(kind, ctypes.Array):
        step = ctypes.sizeof(kind._type_)
        if kind._type_ is ctypes.c_char:
            return data
        if kind._type_ is ctypes.c_wchar:
            units = [data[i : i + step] for i in range(0, len(data), step)]
            text = "".join(ctypes.c_wchar.from_buffer_copy(unit).value for unit in units)
            return text.rstrip("\0")
        return [value_of(instance, kind._type_, place + i * step) for i in range(kind._length_)]
    if issubclass(kind, (ctypes.Structure, ctypes.Union)):
        return tuple(fields_of(instance, kind, place))
    if kind in ADDRESSES or kind in POINTERS:
        return int.from_bytes(data, sys.byteorder)
    return told(kind, kind.from_buffer_copy(data).value)


def fields_of(instance, kind, place):
    here = kind.from_address(place)
    for base in reversed(kind.__mro__):
        for name, inner, *width in base.__dict__.get("_fields_", ()):
            if width or (issubclass(inner, ctypes._SimpleCData) and inner not in ADDRESSES):
                yield told(inner, getattr(here, name))
            else:
                yield value_of(instance, inner, place + getattr(kind, name).offset)


def read(instance):
    """The whole value of a ctypes object, by its attributes."""
    return value_of(instance, type(instance), ctypes.addressof(instance))


def check(instance):
    """Checks that every view of a ctypes object reads what its attributes read."""
    wanted = read(instance)
    view = consumer.consume(instance)
    if not isinstance(instance, ctypes.Array):
        assert (view.ndim, view.itemsize) == (0, ctypes.sizeof(instance))
        assert same(view[()], wanted)
    views = [
        consumer.consume(memoryview(consumer.consume(instance))),
        consumer.consume(view),
        view.copy(),
        view.toreadonly(),
    ]
    # A single byte of format B could also be the result of a cast.
    if (view.itemsize, memoryview(instance).format) != (1, "B"):
        of_memoryview = consumer.consume(memoryview(instance))
        views += [of_memoryview, consumer.consume(memoryview(of_memoryview))]
    for other in views:
        assert same(other.tolist(), wanted)
    return view


def refused(instance, match):
    """Checks that elements cannot be read, that their bytes can, and that everything else works."""
    view = consumer.consume(instance)
    for use in (lambda: view.tolist(), lambda: view.copy().tolist()):
        with pytest.raises(NotImplementedError, match=match):
            use()
    with pytest.raises((NotImplementedError, TypeError)):
        view[...] = 0
    assert view.tobytes() == bytes(instance)
    assert view.cast("B").tolist() == list(bytes(instance))
    # What it says of the elements may be cut.
    assert str(view)
    assert consumer.consume(memoryview(instance)).tobytes() == bytes(instance)
    if view.itemsize > 1:
        with pytest.raises(NotImplementedError, match=match):
            consumer.consume(memoryview(instance)).tolist()
