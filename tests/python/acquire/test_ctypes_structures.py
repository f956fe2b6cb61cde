"""ctypes structures: the view reads what the attributes read, and they read what it writes.

The formats that ctypes exports are wrong for most structures, on some versions of Python more than
on others. The oracle is attribute access, which knows the types.
"""

import ctypes
import struct
import sys

import consumer
import pytest

from support.ctypes_values import (
    check,
    packing,
    structure,
)


def test_a_byte_then_a_double():
    kind = structure(("a", ctypes.c_byte), ("b", ctypes.c_double))
    instance = kind(-3, 2.5)
    view = check(instance)
    assert view[()] == (-3, 2.5)
    view[()] = (4, 0.5)
    assert (instance.a, instance.b) == (4, 0.5)
    view["b"] = 8
    assert instance.b == 8.0
    assert view.fields == {"a": ("b", 0, ()), "b": ("d", kind.b.offset, ())}


def test_a_packed_structure():
    kind = structure(
        ("a", ctypes.c_byte), ("b", ctypes.c_double), ("c", ctypes.c_int), **packing(1)
    )
    instance = kind(-3, 2.5, 7)
    assert check(instance)[()] == (-3, 2.5, 7)
    assert check((kind * 2)(instance, kind(1, 2, 3))).tolist() == [(-3, 2.5, 7), (1, 2.0, 3)]


@pytest.mark.skipif(
    not hasattr(ctypes, "c_double_complex"), reason="this ctypes has no complex numbers"
)
def test_complex_numbers():
    for kind in (ctypes.c_float_complex, ctypes.c_double_complex, ctypes.c_longdouble_complex):
        record = structure(("a", ctypes.c_byte), ("z", kind), ("two", kind * 2))
        instance = record(1, 1.5 - 2j, (kind * 2)(1j, 2))
        view = check(instance)
        assert view[()] == (1, 1.5 - 2j, [1j, 2])
        view["z"] = 3j
        assert instance.z == 3j
    swapped = structure(
        ("a", ctypes.c_byte), ("z", ctypes.c_float_complex), base=ctypes.BigEndianStructure
    )
    assert check(swapped(1, 1.5 - 2j))[()] == (1, 1.5 - 2j)


def test_a_layout_and_an_alignment_of_ones_own():
    """Before Python 3.14 and 3.13 these attributes mean nothing."""
    fields = [("a", ctypes.c_uint8, 5), ("b", ctypes.c_uint32, 7), ("c", ctypes.c_uint8)]
    for rest in ({}, {"_layout_": "ms"}, {"_layout_": "gcc-sysv"}, {"_align_": 32}):
        kind = structure(*fields, **rest)
        assert check(kind(1, 2, 3))[()] == (1, 2, 3)
        assert check((kind * 2)(kind(1, 2, 3), kind(4, 5, 6))).tolist() == [(1, 2, 3), (4, 5, 6)]
    padded = structure(("n", ctypes.c_int16), _align_=16)
    outer = structure(("a", ctypes.c_byte), ("inner", padded), ("b", ctypes.c_byte))
    instance = outer(1, padded(2), 3)
    view = check(instance)
    assert view[()] == (1, (2,), 3)
    assert view.itemsize == ctypes.sizeof(outer)


def test_inherited_structures():
    base = structure(("a", ctypes.c_int16), ("b", ctypes.c_double))
    middle = type("M", (base,), {})
    derived = type("D", (middle,), {"_fields_": [("c", ctypes.c_int8), ("d", ctypes.c_int32)]})
    instance = derived(1, 2.5, 3, 4)
    view = check(instance)
    assert view[()] == (1, 2.5, 3, 4)
    assert list(view.fields) == ["a", "b", "c", "d"]
    assert check(middle(1, 2))[()] == (1, 2.0)
    view["c"] = 9
    assert instance.c == 9


def test_a_field_that_hides_one_of_a_base_class():
    base = structure(("a", ctypes.c_int16), ("b", ctypes.c_int16))
    derived = type("D", (base,), {"_fields_": [("a", ctypes.c_int32)]})
    instance = derived.from_buffer_copy(struct.pack("hhi", 1, 2, 3))
    view = consumer.consume(instance)
    assert view[()] == (1, 2, 3)
    assert view["a"][()] == instance.a == 3
    assert view.fields == {"b": ("h", 2, ()), "a": ("i", 4, ())}
    view["a"] = 7
    assert (instance.a, view[()]) == (7, (1, 2, 7))
    inner = structure(("a", ctypes.c_int16), ("c", ctypes.c_int16))
    other = type("E", (base,), {"_fields_": [("s", inner)], "_anonymous_": ["s"]})
    instance = other.from_buffer_copy(struct.pack("4h", 1, 2, 3, 4))
    view = consumer.consume(instance)
    assert view[()] == (1, 2, (3, 4))
    assert view["a"][()] == instance.a == 3


@pytest.mark.parametrize("base", [ctypes.BigEndianStructure, ctypes.LittleEndianStructure])
def test_both_byte_orders(base):
    kind = structure(
        ("a", ctypes.c_int16), ("b", ctypes.c_double), ("c", ctypes.c_uint32 * 2), base=base
    )
    instance = kind(-2, 2.5, (1, 2))
    view = check(instance)
    view[()] = (3, 4.5, [5, 6])
    assert (instance.a, instance.b, list(instance.c)) == (3, 4.5, [5, 6])
    copy = view.copy()
    assert copy[()] == (3, 4.5, [5, 6])
    swapped = (base is ctypes.BigEndianStructure) is (sys.byteorder == "little")
    assert (copy.tobytes() != view.tobytes()) is swapped


def test_arrays_of_structures_in_two_dimensions():
    kind = structure(("a", ctypes.c_byte), ("b", ctypes.c_int32 * 2))
    instances = (kind * 3 * 2)()
    for i in range(2):
        for j in range(3):
            instances[i][j] = kind(10 * i + j, (i, j))
    view = check(instances)
    assert view.shape == (2, 3)
    assert view["a"].tolist() == [[0, 1, 2], [10, 11, 12]]
    assert view["b"].shape == (2, 3, 2)
    assert view[1, 2] == (12, [1, 2])
    view["a"][:, 1] = 5
    view.T[2, 0] = (7, [8, 9])
    assert [[s.a for s in row] for row in instances] == [[0, 5, 7], [10, 5, 12]]
    assert list(instances[0][2].b) == [8, 9]


def test_a_format_that_says_two_things_is_written_anew():
    class Inner(ctypes.BigEndianStructure):
        _fields_ = [("a", ctypes.c_int8), ("b", ctypes.c_char)]

    class Outer(ctypes.BigEndianStructure):
        _fields_ = [("n", ctypes.c_int32), ("inner", Inner * 3), ("last", ctypes.c_int64)]

    # ctypes describes the padding in front of `last` as it would that of each `Inner`.
    instance = Outer(1, (Inner * 3)(Inner(2, b"x"), Inner(3, b"y"), Inner(4, b"z")), 5)
    view = check(instance)
    assert view[()] == (1, [(2, b"x"), (3, b"y"), (4, b"z")], 5)
    assert consumer.consume(bytes(view)).cast(view.format)[0] == view[()]


def test_anonymous_members():
    union = structure(("i", ctypes.c_int32), ("f", ctypes.c_float), base=ctypes.Union)
    inner = structure(("u", union), ("k", ctypes.c_int8), _anonymous_=["u"])
    kind = structure(("n", ctypes.c_int16), ("s", inner), _anonymous_=["s"])
    instance = kind(1)
    instance.f, instance.k = 1.5, 7
    view = check(instance)
    assert view["f"][()] == 1.5
    assert view["k"][()] == instance.k == 7
    assert view["i"][()] == instance.i
    view["i"] = 9
    view["k"] = -1
    assert (instance.i, instance.k, instance.n) == (9, -1, 1)
    assert view[["n", "k"]][()] == (1, -1)
    assert set(view.fields) == {"n", "s"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pointers_whose_type_was_incomplete_are_addresses():
    pointer = ctypes.POINTER("Node")

    class Node(ctypes.Structure):
        _fields_ = [("value", ctypes.c_int), ("next", pointer)]

    class Choice(ctypes.Union):
        _fields_ = [("value", ctypes.c_int), ("next", pointer)]

    assert consumer.consume(Node(5))[()] == (5, 0)
    choice = Choice(5)
    assert consumer.consume(choice)[()] == (5, int.from_bytes(choice, sys.byteorder))
    ctypes.SetPointerType(pointer, Node)
    last = Node(7)
    nodes = (Node * 2)((5, ctypes.pointer(last)))
    assert consumer.consume(nodes).tolist() == [(5, ctypes.addressof(last)), (0, 0)]


def test_strings_pointers_and_the_rest():
    class MyInt(ctypes.c_int):
        pass

    kind = structure(
        ("text", ctypes.c_char * 4),
        ("wide", ctypes.c_wchar * 3),
        ("one", ctypes.c_char),
        ("two", ctypes.c_wchar),
        ("flag", ctypes.c_bool),
        ("pointer", ctypes.POINTER(ctypes.c_int)),
        ("function", ctypes.CFUNCTYPE(ctypes.c_int)),
        ("void", ctypes.c_void_p),
        ("chars", ctypes.c_char_p),
        ("wides", ctypes.c_wchar_p),
        ("long", ctypes.c_longdouble),
        ("words", ctypes.c_char * 2 * 2),
        ("mine", MyInt),
        ("size", ctypes.c_size_t),
        ("nothing", ctypes.c_int * 0),
        ("none", ctypes.c_char * 0),
    )
    number = ctypes.c_int(5)
    instance = kind(b"ab", "xy", b"c", "\N{SNOWMAN}", True)
    instance.pointer = ctypes.pointer(number)
    instance.void, instance.long = 99, 2.5
    instance.words = ((ctypes.c_char * 2) * 2)(
        (ctypes.c_char * 2)(*b"pq"), (ctypes.c_char * 2)(*b"r\0")
    )
    instance.mine, instance.size = MyInt(-7), 12
    view = consumer.consume(instance)
    value = view[()]
    assert value[:5] == (b"ab\0\0", "xy", b"c", "\N{SNOWMAN}", True)
    assert value[5] == ctypes.addressof(number)
    assert value[6:10] == (0, 99, 0, 0)
    assert value[10:] == (2.5, [b"pq", b"r\0"], -7, 12, [], b"")
    for other in (consumer.consume(memoryview(instance)), view.copy()):
        assert other[()] == value
    view["text"], view["wide"], view["mine"] = b"longer"[:4], "z", 8
    assert (instance.text, instance.wide) == (b"long", "z")
    with pytest.raises(ValueError, match="do not fit"):
        view["text"] = b"longer"
    with pytest.raises(ValueError, match="does not fit"):
        view["wide"] = "long"
    view[()] = value
    assert (instance.text, instance.wide, instance.flag) == (b"ab", "xy", True)
    assert instance.pointer[0] == 5


def test_nothing_at_all():
    empty = structure()
    view = consumer.consume(empty())
    assert view.itemsize == 0
    assert view[()] == ()
    assert consumer.consume((empty * 3)()).tolist() == [(), (), ()]
    kind = structure(("a", ctypes.c_int16), ("e", empty), ("b", ctypes.c_int16))
    assert check(kind(1, empty(), 2))[()] == (1, (), 2)
    assert check((kind * 0)()).tolist() == []
    assert consumer.consume((kind * 0 * 2)()).tolist() == [[], []]
    assert consumer.consume((ctypes.c_int * 0)()).tolist() == []


@pytest.mark.parametrize("name", ["a:b", "x y", "", "\N{SNOWMAN}", ":", "T{", "a}", "\udc80x"])
def test_odd_names(name):
    try:
        kind = structure(("first", ctypes.c_int8), (name, ctypes.c_int32))
    except (UnicodeEncodeError, ValueError, TypeError, SystemError):
        pytest.skip("ctypes itself refuses the name")
    instance = kind(1, 7)
    try:
        memoryview(instance)
    except UnicodeEncodeError:
        pytest.skip("ctypes itself cannot export it")
    view = consumer.consume(instance)
    assert view[()] == (1, 7)
    assert view.copy()[()] == (1, 7)
    if name.isprintable():
        assert list(view.fields) == ["first", name]
        assert view[name][()] == 7
        view[name] = 8
        assert getattr(instance, name) == 8
    assert consumer.consume(memoryview(view))[()] == (1, getattr(instance, name))


def test_casts_of_views_of_structures():
    kind = structure(("a", ctypes.c_int16), ("b", ctypes.c_int32))
    instances = (kind * 2)(kind(1, 2), kind(3, 4))
    data = bytes(instances)
    for view in (consumer.consume(instances), consumer.consume(memoryview(instances))):
        assert view.cast("B").tobytes() == data
        assert view.cast("B").tolist() == list(data)
        assert view.cast("=hxxi").tolist() == [(1, 2), (3, 4)]
        assert view.cast("B").cast("=h2xi").tolist() == [(1, 2), (3, 4)]
        # And what others make of it, which shows in the format that they chose.
        assert consumer.consume(memoryview(view).cast("B")).tolist() == list(data)
        assert consumer.consume(memoryview(view.cast("h"))).tolist()[0] == 1
        assert consumer.consume(view.cast("B"))[0] == data[0]
        assert view.cast(view.format).tolist() == [(1, 2), (3, 4)]
    eight = structure(("d", ctypes.c_double))
    numbers = consumer.consume((eight * 2)(eight(1), eight(2)))
    assert numbers.cast("d").tolist() == [1.0, 2.0]
    assert consumer.consume(memoryview(numbers.cast("d"))).tolist() == [1.0, 2.0]
    assert consumer.consume(memoryview(numbers.cast("B"))).tolist()[:8] == list(struct.pack("d", 1))


def test_bytes_of_ctypes_stay_bytes():
    one = structure(("a", ctypes.c_int8))
    assert consumer.consume(one(-1))[()] == (-1,)
    assert consumer.consume((ctypes.c_ubyte * 3)(1, 2, 255)).tolist() == [1, 2, 255]
    assert consumer.consume(memoryview((ctypes.c_ubyte * 3)(1, 2, 255))).tolist() == [1, 2, 255]
    view = consumer.consume((one * 2)(one(-1), one(2)))
    assert view.tolist() == [(-1,), (2,)]
    assert view.cast("B").tolist() == [255, 2]
    assert consumer.consume(memoryview(view).cast("B")).tolist() in ([255, 2], [(-1,), (2,)])


def test_other_instances_from_foreign_memory():
    kind = structure(("a", ctypes.c_byte), ("b", ctypes.c_double))
    memory = bytearray(2 * ctypes.sizeof(kind))
    instances = (kind * 2).from_buffer(memory)
    view = check(instances)
    view[1] = (5, 6.5)
    assert (instances[1].a, instances[1].b) == (5, 6.5)
    assert struct.unpack_from("d", memory, ctypes.sizeof(kind) + kind.b.offset) == (6.5,)
    part = instances[1]
    assert check(part)[()] == (5, 6.5)
    assert consumer.consume(memory).tobytes() == view.tobytes()


def test_resized_objects_have_their_elements_at_the_start():
    pair = structure(("a", ctypes.c_int), ("b", ctypes.c_short))
    for kind, element in ((pair, (1, 2)), (ctypes.c_int, 5)):
        instance = kind(*element) if kind is pair else kind(element)
        ctypes.resize(instance, ctypes.sizeof(kind) + 12)
        for exporter in (instance, memoryview(instance)):
            view = consumer.consume(exporter)
            assert view[()] == element
            assert (view.nbytes, view.shape) == (ctypes.sizeof(kind), ())
