"""ctypes types whose elements cannot be known for sure: only their bytes can be read."""

import ctypes
import struct
import sys

import consumer
import pytest

from support.ctypes_values import (
    packing,
    refused,
    structure,
)


def test_a_name_that_an_anonymous_member_takes_over():
    inner = structure(("a", ctypes.c_int32), ("b", ctypes.c_int32))
    kind = structure(("a", ctypes.c_int32), ("s", inner), _anonymous_=["s"])
    instance = kind.from_buffer_copy(struct.pack("3i", 1, 2, 3))
    view = consumer.consume(instance)
    with pytest.raises(NotImplementedError, match='two fields are called "a"'):
        view.tolist()
    assert view.tobytes() == struct.pack("3i", 1, 2, 3)
    twice = structure(("s", inner), ("t", inner), _anonymous_=["s", "t"])
    refused(twice(), 'two fields are called "a"')


def test_bit_fields_of_bool_are_refused():
    try:
        kind = structure(("a", ctypes.c_bool, 1), ("b", ctypes.c_bool, 1))
    except TypeError:
        pytest.skip("ctypes itself refuses them")
    refused(kind(), "bit-field of no whole number")


def test_objects_in_a_union_are_refused():
    union = structure(("o", ctypes.py_object), ("n", ctypes.c_size_t), base=ctypes.Union)
    refused(union(n=1), "what lies in a union is no object for sure")
    refused(structure(("n", ctypes.c_int), ("u", union))(), "no object for sure")
    refused((union * 2)(), "no object for sure")


def test_replaced_descriptors_are_refused():
    kind = structure(("a", ctypes.c_int), ("b", ctypes.c_int))
    kind.b = property(lambda _self: 5)
    refused(kind(1), 'field "b": its descriptor was replaced')
    gone = structure(("a", ctypes.c_int), ("b", ctypes.c_int))
    del gone.b
    refused(gone(1), "field 'b' has no descriptor")


def test_two_fields_of_one_name_are_refused():
    kind = structure(("a", ctypes.c_int), ("a", ctypes.c_int))
    refused(kind(), "two fields are called")


def test_fields_changed_behind_ctypes_back_are_refused():
    kind = structure(("a", ctypes.c_int32), ("b", ctypes.c_int32))
    kind._fields_.append(("c", ctypes.c_int32))
    refused(kind(1, 2), "'c' has no descriptor")
    kind = structure(("a", ctypes.c_int32), ("b", ctypes.c_int32))
    kind._fields_[1] = ("b", ctypes.c_int16)
    refused(kind(1, 2), '"b": its type is c_short, but ctypes has made it')
    kind = structure(("a", ctypes.c_int32), ("b", ctypes.c_int32))
    kind._fields_[1] = ("b", ctypes.c_float)
    refused(kind(1, 2), "its type is c_float, but ctypes has made it")
    kind = structure(("a", ctypes.c_int32), ("b", ctypes.c_int32))
    del kind._fields_[0]
    instance = kind.from_buffer_copy(struct.pack("2i", 1, 2))
    refused(instance, '"b" cannot be at offset 4')


@pytest.mark.parametrize("item", [ctypes.py_object, ctypes.c_double])
@pytest.mark.parametrize(
    "before",
    [
        [("a", ctypes.c_int, 7)],
        [("a", ctypes.c_int, 7), ("b", ctypes.c_int, 9)],
        [("c", ctypes.c_uint8), ("a", ctypes.c_uint16, 5)],
        [("a", ctypes.c_uint64, 33), ("c", ctypes.c_uint8)],
    ],
)
@pytest.mark.parametrize("behind", [[], [("n", ctypes.c_int64), ("m", ctypes.c_int64)]])
def test_descriptors_of_other_offsets_are_refused_behind_bit_fields(before, item, behind):
    for bytes_before in (1, 2, 3, 4, 5, 7, 9, 11, 12, 17, 20, 24):
        kind = structure(*before, ("o", item), *behind)
        other = structure(("b", ctypes.c_uint8 * bytes_before), ("o", item), **packing(1))
        if other.o.offset == kind.o.offset:
            continue
        kind.o = other.o
        refused(
            kind(),
            "cannot be at offset|the layout of its fields cannot be determined|ends beyond its end",
        )


@pytest.mark.parametrize("pack", [1, 2, 4, 8])
@pytest.mark.parametrize("behind", [[], [("s", ctypes.c_uint16), ("n", ctypes.c_int64)]])
def test_descriptors_of_other_offsets_are_refused_in_packed_structures(pack, behind):
    for bytes_before in range(1, 17):
        fields = ("c", ctypes.c_uint8), ("o", ctypes.py_object), *behind
        kind = structure(*fields, **packing(pack))
        other = structure(
            ("b", ctypes.c_uint8 * bytes_before), ("o", ctypes.py_object), **packing(1)
        )
        if other.o.offset == kind.o.offset:
            continue
        kind.o = other.o
        refused(
            kind(),
            "cannot be at offset|ends beyond its end|the layout of its fields cannot be determined|"
            "tells of no objects",
        )


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="packed structures have formats")
def test_objects_are_only_where_the_format_says_so():
    kind = structure(("o", ctypes.py_object), **packing(1))
    assert memoryview(kind()).format == "B"
    refused(
        kind("text"),
        'its format, "B", tells of no objects: ctypes describes packed structures from Python '
        "3.12 on",
    )
    # Numbers of which all that can be set later says that they are objects.
    number = structure(("n", ctypes.c_void_p), **packing(1))
    number._fields_[0] = ("n", ctypes.py_object)
    number.n = structure(("n", ctypes.py_object), **packing(1)).n
    refused(number.from_buffer(bytearray(b"A" * 8)), "tells of no objects")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="no format tells of what is in them")
def test_objects_in_packed_classes_are_read_as_the_class_is_packed():
    kind = structure(("c", ctypes.c_uint8), ("o", ctypes.py_object), **packing(2))
    assert consumer.consume(kind(1, "text"))[()] == (1, "text")
    # The base class is aligned as the object would be without packing, and so is the whole.
    base = structure(("n", ctypes.c_int64))
    derived = structure(("c", ctypes.c_uint8), ("o", ctypes.py_object), base=base, **packing(4))
    instance = derived(5, 1, "text")
    assert consumer.consume(instance)[()] == (5, 1, "text")
    derived.o = structure(("b", ctypes.c_int64 * 2), ("o", ctypes.py_object)).o
    refused(derived(5, 1, "text"), '"o" cannot be at offset 16')


def test_classes_whose_fields_were_taken_away_are_refused():
    kind = structure(("n", ctypes.c_int64))
    derived = structure(("m", ctypes.c_int64), base=kind)
    empty = type(kind)("E", (kind,), {})
    assert consumer.consume(empty(5))[()] == (5,)
    del kind._fields_
    refused(derived(), "its _fields_ were deleted")
    refused(kind(), "its _fields_ were deleted")


def test_fields_appended_to_the_list_later_are_read_up_to_a_limit():
    fields = [("n", ctypes.c_int64)]
    kind = type(ctypes.Structure)("L", (ctypes.Structure,), {"_fields_": fields})
    fields *= 200_000
    refused(kind(), "it has more than 100000 fields")
    outer = structure(("s", kind), ("t", kind))
    refused(outer(), "it has more than 100000 fields")


def test_attributes_of_arrays_set_later_lead_nowhere_else():
    array_type = type("A", (ctypes.c_int32 * 1,), {})
    kind = structure(("a", array_type), ("n", ctypes.c_int32, 5))
    array_type._length_ = 2**62 + 1
    instance = kind()
    refused(instance, "no array of 4611686018427387905 elements")
    consumer.consume(instance)[...] = kind(array_type(7), 3)
    assert bytes(instance) == bytes(kind(array_type(7), 3))
    itself = type("B", (kind * 2,), {})
    itself._type_ = itself
    with pytest.raises(NotImplementedError, match="cannot be read"):
        consumer.consume(itself()).tolist()


def test_numbers_are_never_followed_as_objects():
    number = type("N", (ctypes.c_size_t,), {})
    kind = structure(("n", number))
    number._type_ = "O"
    refused(kind(number(5)), "of no known kind")
    reference = type("R", (ctypes.py_object,), {})
    assert consumer.consume(structure(("o", reference))(reference("text")))[()] == ("text",)


@pytest.mark.parametrize("field", [("x", ctypes.c_long), ("x", ctypes.c_long, 62)])
def test_a_union_that_is_smaller_than_its_base_class(field):
    base = structure(field, base=ctypes.Union)
    derived = structure(base=base)
    if ctypes.sizeof(derived) == ctypes.sizeof(base):
        assert consumer.consume((derived * 2)()).tolist() == [(0,), (0,)]
    else:
        refused(derived(), "it has 0 bytes, and its base class")
        refused((derived * 2)(), "it has 0 bytes, and its base class")
