"""ctypes: what its attributes say is what is read, and what is written they say.

The formats that ctypes exports are wrong for most structures, on some versions of Python more than
on others. The oracle is the access by attribute, which knows the types.
"""

import ctypes
import itertools
import struct
import sys

import consumer
import pytest
from oracles import same

hypothesis = pytest.importorskip("hypothesis")
given, st = hypothesis.given, pytest.importorskip("hypothesis.strategies")
settings = hypothesis.settings(deadline=None, database=None, max_examples=400)

SIGNED = [ctypes.c_int8, ctypes.c_int16, ctypes.c_int32, ctypes.c_int64]
UNSIGNED = [ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32, ctypes.c_uint64]
REALS = [ctypes.c_float, ctypes.c_double, ctypes.c_longdouble]
ADDRESSES = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_wchar_p]
POINTERS = [ctypes.POINTER(ctypes.c_int), ctypes.CFUNCTYPE(None)]


def structure(*fields, base=ctypes.Structure, name="S", **rest):
    """A class of ctypes with these fields."""
    return type(base)(name, (base,), {**rest, "_fields_": list(fields)})


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
    return kind.from_buffer_copy(data).value


def fields_of(instance, kind, place):
    here = kind.from_address(place)
    for base in reversed(kind.__mro__):
        for name, inner, *width in base.__dict__.get("_fields_", ()):
            if width or (issubclass(inner, ctypes._SimpleCData) and inner not in ADDRESSES):
                yield getattr(here, name)
            else:
                yield value_of(instance, inner, place + getattr(kind, name).offset)


def read(instance):
    """All of an object of ctypes, by its attributes."""
    return value_of(instance, type(instance), ctypes.addressof(instance))


def check(instance):
    """That every view of an object of ctypes reads what its attributes say."""
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
    # One byte that ctypes calls B could as well be what somebody has cast to it.
    if (view.itemsize, memoryview(instance).format) != (1, "B"):
        of_memoryview = consumer.consume(memoryview(instance))
        views += [of_memoryview, consumer.consume(memoryview(of_memoryview))]
    for other in views:
        assert same(other.tolist(), wanted)
    return view


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
    kind = structure(("a", ctypes.c_byte), ("b", ctypes.c_double), ("c", ctypes.c_int), _pack_=1)
    instance = kind(-3, 2.5, 7)
    assert check(instance)[()] == (-3, 2.5, 7)
    assert check((kind * 2)(instance, kind(1, 2, 3))).tolist() == [(-3, 2.5, 7), (1, 2.0, 3)]


def test_a_union_reads_all_its_fields_and_is_written_by_one():
    union = structure(
        ("i", ctypes.c_int32), ("f", ctypes.c_float), ("b", ctypes.c_ubyte * 8), base=ctypes.Union
    )
    kind = structure(("n", ctypes.c_int8), ("u", union))
    instance = kind(3)
    instance.u.f = 1.5
    view = check(instance)
    assert view["u"]["f"][()] == 1.5
    assert view["u"].fields["b"] == ("B", 0, (8,))
    view["u"]["i"] = 77
    assert instance.u.i == 77
    before = raw(instance, ctypes.sizeof(kind))
    for write in (
        lambda: view.__setitem__((), (1, (1, 1.0, [1] * 8))),
        lambda: view["u"].__setitem__((), (1, 1.0, [1] * 8)),
    ):
        with pytest.raises(TypeError, match="union cannot be written as a whole"):
            write()
    assert raw(instance, ctypes.sizeof(kind)) == before
    other = kind(9)
    other.u.f = -2.5
    view["u"] = consumer.consume(other)["u"]
    assert (instance.n, instance.u.f) == (3, -2.5)
    view[...] = consumer.consume(other)
    assert (instance.n, instance.u.f) == (9, -2.5)
    assert view == other
    assert check(union(5))[()][0] == 5


@pytest.mark.parametrize("unit", SIGNED + UNSIGNED)
@pytest.mark.parametrize("base", [ctypes.LittleEndianStructure, ctypes.BigEndianStructure])
def test_bit_fields_of_one_word(unit, base):
    bits = 8 * ctypes.sizeof(unit)
    kind = structure(("a", unit, 3), ("b", unit, 3), ("rest", unit, bits - 6), base=base)
    instance = kind()
    view = consumer.consume(instance)
    low, high = (-4, 3) if unit in SIGNED else (0, 7)
    for a in (low, high, 1):
        for b in (low, high, 2):
            instance.a, instance.b = a, b
            assert check(instance)[()] == (a, b, instance.rest)
            before = instance.rest
            view["a"], view["b"] = b, a
            assert (instance.a, instance.b, instance.rest) == (b, a, before)
            view[()] = (a, b, 1)
            assert (instance.a, instance.b, instance.rest) == (a, b, 1)
    for wrong in (low - 1, high + 1, 2**70):
        with pytest.raises(ValueError, match="bit-field of 3 bits"):
            view["a"] = wrong
    for wrong in (1.0, "1", None):
        with pytest.raises(TypeError):
            view["a"] = wrong
    assert (instance.a, instance.b, instance.rest) == (1, 2, 1)
    assert view["a"].tolist() == 1
    assert view["a"] == view["a"]
    assert (1, 2, 1) in view
    view["rest"] = view["rest"].copy()


def test_bit_fields_that_do_not_fit_one_word():
    kind = structure(
        ("a", ctypes.c_uint8, 5),
        ("b", ctypes.c_uint8, 5),
        ("c", ctypes.c_uint16, 9),
        ("d", ctypes.c_int32, 20),
        ("e", ctypes.c_int64, 33),
        ("f", ctypes.c_uint64, 64),
        ("g", ctypes.c_double),
        ("h", ctypes.c_int8, 1),
    )
    instance = kind(31, 17, 300, -5, -(2**32), 2**64 - 1, 0.5, -1)
    view = check(instance)
    value = (1, 2, 3, 4, 5, 6, 7.0, 0)
    view[()] = value
    assert tuple(getattr(instance, name) for name, *_ in kind._fields_) == value


def test_fields_that_share_bytes_with_bits_are_spared():
    kind = structure(
        ("a", ctypes.c_uint32, 3), ("b", ctypes.c_uint32, 7), ("c", ctypes.c_uint8), _pack_=1
    )
    instances = (kind * 3)(kind(1, 2, 3), kind(4, 5, 6), kind(7, 127, 255))
    view = check(instances)
    view["a"] = 0
    assert [(s.a, s.b, s.c) for s in instances] == [(0, 2, 3), (0, 5, 6), (0, 127, 255)]
    view["b"][1:] = view["b"][:2]
    assert [(s.a, s.b, s.c) for s in instances] == [(0, 2, 3), (0, 2, 6), (0, 5, 255)]
    view[:2] = view[1:]
    assert [(s.a, s.b, s.c) for s in instances] == [(0, 2, 6), (0, 5, 255), (0, 5, 255)]


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


def test_unions_of_both_byte_orders():
    for base in (ctypes.BigEndianUnion, ctypes.LittleEndianUnion):
        union = structure(("i", ctypes.c_int32), ("h", ctypes.c_int16), base=base)
        instance = union(i=0x01020304)
        view = check(instance)
        assert view[()] == (instance.i, instance.h)
        view["h"] = 77
        assert instance.h == 77
        assert view.copy()["i"][()] == instance.i


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


def test_fields_that_overlap_are_not_taken_together():
    bits = structure(("lo", ctypes.c_uint32, 4), ("hi", ctypes.c_uint32, 28))
    union = structure(
        ("i", ctypes.c_int32),
        ("f", ctypes.c_float),
        ("b", bits),
        base=ctypes.Union,
        _anonymous_=["b"],
    )
    kind = structure(("n", ctypes.c_int16), ("u", union), ("z", ctypes.c_int32), _anonymous_=["u"])
    instance = kind(n=1, z=5)
    instance.i = 0x01020304
    view = check(instance)
    assert view[["i", "z"]].copy()[()] == (0x01020304, 5)
    assert view[["lo", "hi", "n"]][()] == (4, 0x102030, 1)
    for names in (["i", "f"], ["u", "i"], ["i", "n", "f"], ["hi", "f"], ["z", "lo", "b"]):
        with pytest.raises(ValueError, match="share bytes"):
            view[names]
    both = consumer.consume(union(i=7))[["f", "i"]]
    assert both[()][1] == 7
    with pytest.raises(TypeError, match="union"):
        both[()] = (1.0, 1)


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
        # And what others do with it, told by a format that they chose.
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


# --- What is refused ----------------------------------------------------------------------------


def refused(instance, match):
    """Elements that cannot be told are not read; their bytes are, and everything else works."""
    view = consumer.consume(instance)
    for use in (lambda: view.tolist(), lambda: view.copy().tolist()):
        with pytest.raises(NotImplementedError, match=match):
            use()
    with pytest.raises((NotImplementedError, TypeError)):
        view[...] = 0
    assert view.tobytes() == bytes(instance)
    assert view.cast("B").tolist() == list(bytes(instance))
    assert "cannot be read" in str(view)
    assert consumer.consume(memoryview(instance)).tobytes() == bytes(instance)
    if view.itemsize > 1:
        with pytest.raises(NotImplementedError, match=match):
            consumer.consume(memoryview(instance)).tolist()


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
    assert consumer.consume(instance)[()] == (2,)


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


# --- Random types -------------------------------------------------------------------------------

SIMPLE = [*SIGNED, *UNSIGNED, ctypes.c_float, ctypes.c_double, ctypes.c_bool, ctypes.c_char]
NATIVE_ONLY = [*ADDRESSES, *POINTERS, ctypes.c_longdouble, ctypes.c_wchar]


# No name is there twice: which of two is meant is another test.
NUMBERS = itertools.count()


@st.composite
def types(draw, depth=2, big=None):
    """A random structure or union, with bit-fields, arrays, and others within it."""
    union = draw(st.integers(0, 3)) == 0
    native = big is None
    bases = {
        None: (ctypes.Structure, ctypes.Union),
        True: (ctypes.BigEndianStructure, ctypes.BigEndianUnion),
        False: (ctypes.LittleEndianStructure, ctypes.LittleEndianUnion),
    }[big]
    base = bases[union]
    if not union and draw(st.integers(0, 4)) == 0 and depth:
        base = draw(types(depth - 1, big).filter(lambda kind: not issubclass(kind, ctypes.Union)))
    fields, anonymous = [], []
    for _ in range(draw(st.integers(1, 5))):
        name = f"f{next(NUMBERS)}"
        if draw(st.integers(0, 2)) == 0:
            unit = draw(st.sampled_from(SIGNED + UNSIGNED))
            fields.append((name, unit, draw(st.integers(1, 8 * ctypes.sizeof(unit)))))
            continue
        simple = st.sampled_from(SIMPLE + (NATIVE_ONLY if native else []))
        # A structure of one byte order does not take unions or structures of the other.
        inner = draw(types(depth - 1, big) | simple if depth else simple)
        is_record = issubclass(inner, (ctypes.Structure, ctypes.Union))
        for length in draw(st.lists(st.integers(0, 3), max_size=2)):
            inner = inner * length
            is_record = False
        fields.append((name, inner))
        if is_record and draw(st.booleans()):
            anonymous.append(name)
    namespace = {"_fields_": fields}
    if anonymous and not issubclass(base, ctypes.Union):
        namespace["_anonymous_"] = anonymous
    if draw(st.integers(0, 3)) == 0 and base in bases:
        namespace["_pack_"] = draw(st.sampled_from([1, 2, 4]))
    try:
        return type(base)("R", (base,), namespace)
    except (TypeError, ValueError, AttributeError):
        hypothesis.assume(False)


def tame(kind, place):
    """Puts text and floats where random bytes are none."""
    if issubclass(kind, ctypes.Array):
        for i in range(kind._length_):
            tame(kind._type_, place + i * ctypes.sizeof(kind._type_))
    elif issubclass(kind, (ctypes.Structure, ctypes.Union)):
        for base in reversed(kind.__mro__):
            for name, inner, *width in base.__dict__.get("_fields_", ()):
                if not width:
                    tame(inner, place + getattr(kind, name).offset)
    elif kind in (ctypes.c_wchar, ctypes.c_longdouble):
        kind.from_address(place).value = "é" if kind is ctypes.c_wchar else -2.5


def make(kind, data):
    instance = kind.from_buffer_copy(data)
    tame(kind, ctypes.addressof(instance))
    return instance


def has_texts_under_others(kind):
    """Whether a union could make nonsense of text and long doubles."""
    if issubclass(kind, ctypes.Array):
        return has_texts_under_others(kind._type_)
    if not issubclass(kind, (ctypes.Structure, ctypes.Union)):
        return False
    kinds = [inner for base in kind.__mro__ for _, inner, *_ in base.__dict__.get("_fields_", ())]
    if issubclass(kind, ctypes.Union) and any(contains_wild(inner) for inner in kinds):
        return True
    return any(map(has_texts_under_others, kinds))


def contains_wild(kind):
    if issubclass(kind, ctypes.Array):
        return contains_wild(kind._type_)
    if issubclass(kind, (ctypes.Structure, ctypes.Union)):
        return any(
            contains_wild(inner)
            for base in kind.__mro__
            for _, inner, *_ in base.__dict__.get("_fields_", ())
        )
    return kind in (ctypes.c_wchar, ctypes.c_longdouble)


def is_clear(kind):
    """Whether each bit-field lies within its word, and that within the object.

    Where it is packed, or goes on with a word of another size, ctypes puts some of them elsewhere,
    and reads and writes junk.
    """
    if issubclass(kind, ctypes.Array):
        return kind._length_ == 0 or is_clear(kind._type_)
    if not issubclass(kind, (ctypes.Structure, ctypes.Union)):
        return True
    for base in kind.__mro__:
        for name, inner, *width in base.__dict__.get("_fields_", ()):
            if not is_clear(inner):
                return False
            if width:
                field, size = getattr(base, name), ctypes.sizeof(inner)
                low, count = field.size & 0xFFFF, field.size >> 16
                within = 0 <= field.offset <= ctypes.sizeof(kind) - size
                if not within or count != width[0] or low + count > 8 * size:
                    return False
    return True


def has_union(kind):
    if issubclass(kind, ctypes.Array):
        return has_union(kind._type_)
    if issubclass(kind, ctypes.Union):
        return True
    return issubclass(kind, ctypes.Structure) and any(
        has_union(inner)
        for base in kind.__mro__
        for _, inner, *_ in base.__dict__.get("_fields_", ())
    )


@settings
@given(types() | types(big=True) | types(big=False), st.data())
def test_random_types_read_and_write_as_their_attributes_do(kind, data):
    hypothesis.assume(ctypes.sizeof(kind) <= 2000 and not has_texts_under_others(kind))
    size = ctypes.sizeof(kind)
    bits = st.binary(min_size=size, max_size=size)
    instance, other = make(kind, data.draw(bits)), make(kind, data.draw(bits))
    if not is_clear(kind):
        refused(instance, "cannot be read")
        return
    check(instance)
    view = consumer.consume(instance)
    wanted = read(other)
    if not has_union(kind):
        view[()] = wanted
        assert same(read(instance), wanted)
        view[()] = view[()]
        assert same(read(instance), wanted)
    # One field after the other, and nothing but that field.
    instance = make(kind, bytes(instance))
    view = consumer.consume(instance)
    fields = [
        entry for base in reversed(kind.__mro__) for entry in base.__dict__.get("_fields_", ())
    ]
    for place, (name, inner, *width) in enumerate(fields):
        before = read(instance)
        assert same(view[name].tolist(), before[place]), (name, inner, width)
        view[name] = consumer.consume(other)[name]
        after = read(instance)
        assert same(after[place], wanted[place])
        if not issubclass(kind, ctypes.Union):
            assert same(after[:place] + after[place + 1 :], before[:place] + before[place + 1 :])
    # The elements that lie side by side.
    pair = (kind * 2)(instance, other)
    assert same(consumer.consume(pair).tolist(), [read(instance), read(other)])
    consumer.consume(pair)[::-1] = consumer.consume((kind * 2)(instance, other))
    assert same(consumer.consume(pair).tolist(), [read(other), read(instance)])
