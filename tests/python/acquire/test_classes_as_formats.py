"""Classes of ctypes that state a format: what they say is read of the class, and no object made."""

import ctypes
import gc
import weakref

import consumer
import pytest

from support.ctypes_values import structure

BYTES = bytes(range(96))


def view():
    return consumer.consume(bytearray(BYTES))


PAIR = structure(("a", ctypes.c_int16), ("b", ctypes.c_float * 2))


@pytest.mark.parametrize(
    "kind",
    [
        ctypes.c_int32,
        ctypes.c_int32.__ctype_be__,
        ctypes.c_bool,
        ctypes.c_char,
        ctypes.c_void_p,
        ctypes.POINTER(ctypes.c_int),
        PAIR,
        structure(("n", ctypes.c_int32, 5), ("m", ctypes.c_int32, 27)),
        structure(("n", ctypes.c_int32), ("f", ctypes.c_float), base=ctypes.Union),
    ],
)
def test_a_class_states_what_its_objects_are(kind):
    objects = (kind * 2).from_buffer_copy(BYTES)
    given, taken = view().cast(kind), consumer.consume(objects)
    assert (given.format, given.itemsize) == (taken.format, taken.itemsize)
    assert given[:2] == taken
    assert taken.astype(kind) == taken
    assert view().cast(objects[0] if isinstance(objects[0], PAIR) else kind)[:2] == taken
    rows = view().cast(kind * 2)
    assert (rows.itemsize, rows[0]) == (2 * taken.itemsize, taken.tolist())
    assert view().cast(kind * 2 * 1)[0] == [taken.tolist()]


@pytest.mark.parametrize("size", [1 << 34, 1 << 40, 1 << 50])
def test_no_object_of_a_class_is_made(size):
    huge = ctypes.c_char * size
    for kind in (huge, structure(("n", ctypes.c_int), ("text", huge)), huge * 2):
        with pytest.raises(TypeError, match=f"multiple of the itemsize, {ctypes.sizeof(kind)}$"):
            view().cast(kind)
        with pytest.raises(TypeError, match="cannot be converted"):
            view().astype(kind)


def test_no_code_of_a_class_runs():
    class Kind(ctypes.Structure):
        _fields_ = (("n", ctypes.c_uint8),)

        def __new__(cls, *_):
            raise AssertionError

        __init__ = __del__ = __new__

    assert view().cast(Kind)[5] == (5,)
    assert view().cast(type("Row", (ctypes.c_uint8 * 4,), {"__init__": Kind.__new__}))[0] == [
        *range(4)
    ]


def test_a_class_can_get_its_fields_later():
    class Kind(ctypes.Structure):
        pass

    class Derived(PAIR):
        pass

    with pytest.raises(ValueError, match="0 bytes"):
        view().cast(Kind)
    assert view().cast(Derived) == view().cast(PAIR)
    Kind._fields_ = Derived._fields_ = [("z", ctypes.c_int32)]
    for kind in (Kind, Derived):
        objects = (kind * 2).from_buffer_copy(BYTES)
        assert view().cast(kind)[:2] == consumer.consume(objects)
        assert view().cast(kind)["z"][1] == objects[1].z


def test_classes_that_were_a_format_die():
    kinds = [
        structure(("a", ctypes.c_int32 * 7)),
        structure(("a", ctypes.c_int32)),
        type("Mine", (ctypes.c_int32,), {}),
        type("Unfinished", (ctypes.Structure,), {}),
    ]
    for kind in kinds:
        for use in (view().cast, view().astype):
            with pytest.raises((TypeError, ValueError)):
                use(kind, shape=(5,)) if use.__name__ == "cast" else use(kind, overflow="none")
    dead = [weakref.ref(kind) for kind in kinds]
    del kind, kinds
    gc.collect()
    assert [reference() for reference in dead] == [None] * 4


@pytest.mark.parametrize("kind", [ctypes.Structure, ctypes.Union, ctypes.Array])
def test_classes_without_a_size_are_refused(kind):
    with pytest.raises(TypeError, match="no size"):
        view().cast(kind)
