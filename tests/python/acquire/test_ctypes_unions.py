"""ctypes unions and bit-fields, whose fields share bytes."""

import ctypes
import random
import sys

import consumer
import pytest

from support.ctypes_values import (
    SIGNED,
    UNSIGNED,
    check,
    packing,
    raw,
    structure,
)


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
        ("a", ctypes.c_uint32, 3), ("b", ctypes.c_uint32, 7), ("c", ctypes.c_uint8), **packing(1)
    )
    instances = (kind * 3)(kind(1, 2, 3), kind(4, 5, 6), kind(7, 127, 255))
    view = check(instances)
    view["a"] = 0
    assert [(s.a, s.b, s.c) for s in instances] == [(0, 2, 3), (0, 5, 6), (0, 127, 255)]
    view["b"][1:] = view["b"][:2]
    assert [(s.a, s.b, s.c) for s in instances] == [(0, 2, 3), (0, 2, 6), (0, 5, 255)]
    view[:2] = view[1:]
    assert [(s.a, s.b, s.c) for s in instances] == [(0, 2, 6), (0, 5, 255), (0, 5, 255)]


def test_unions_of_both_byte_orders():
    for base in (ctypes.BigEndianUnion, ctypes.LittleEndianUnion):
        union = structure(("i", ctypes.c_int32), ("h", ctypes.c_int16), base=base)
        instance = union(i=0x01020304)
        view = check(instance)
        assert view[()] == (instance.i, instance.h)
        view["h"] = 77
        assert instance.h == 77
        assert view.copy()["i"][()] == instance.i


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
    assert view[["lo", "hi", "n"]][()] == (instance.lo, instance.hi, 1)
    for names in (["i", "f"], ["u", "i"], ["i", "n", "f"], ["hi", "f"], ["z", "lo", "b"]):
        with pytest.raises(ValueError, match="share bytes"):
            view[names]
    both = consumer.consume(union(i=7))[["f", "i"]]
    assert both[()][1] == 7
    with pytest.raises(TypeError, match="union"):
        both[()] = (1.0, 1)


# From Python 3.14 on, and by Microsoft's rules, no two bit-fields of ctypes have a bit in common.
@pytest.mark.skipif(
    sys.version_info >= (3, 14) or sys.platform == "win32", reason="ctypes lays them out apart"
)
@pytest.mark.parametrize(
    ("unit", "widths", "stored"),
    [
        (ctypes.c_uint32, (19, 7, 28), 0b111 << 25),
        (ctypes.c_uint16, (6, 5, 45), 0b11 << 43),
        (ctypes.c_uint8, (2, 4, 54), 0b11 << 52),
    ],
)
def test_bit_fields_that_share_bits_are_read_and_written_one_by_one(unit, widths, stored):
    # ctypes puts the smaller unit at the end of the larger one, but counts its bits on.
    units = (ctypes.c_uint64, unit, ctypes.c_uint64)
    fields = zip("abc", units, widths, strict=True)
    kind = structure(*fields, base=ctypes.LittleEndianStructure)
    instances = (kind * 2)()
    for data in (b"\x5a\xc3\x0f\x81", b"\xa5\x3c\xf0\x7e"):
        ctypes.memmove(instances, data * ctypes.sizeof(kind), ctypes.sizeof(kind))
        view = consumer.consume(instances)
        values = tuple(getattr(instances[0], name) for name in "abc")
        assert view[0] == view.named()[0] == values
        assert tuple(view[name][0] for name in "abc") == values
        assert [view[name].astype("d")[0] for name in "abc"] == list(values)
    before = bytes(instances)
    for whole in ((1, 2, 3), {"a": 1, "b": 2, "c": 3}, [1, 2, 3]):
        with pytest.raises(ValueError, match=r"'b' shares bits.*v\['b'\]\[index\] = x"):
            view[1] = whole
    with pytest.raises(ValueError, match="is missing"):
        view[1] = {"a": 1}
    with pytest.raises(TypeError, match="cannot be converted"):
        consumer.consume((structure(*zip("abc", units, strict=True)) * 2)()).astype(kind)
    assert bytes(instances) == before
    view["b"][1] = 7
    assert (instances[1].b, instances[1].c) == (7, stored)
    view[1] = values
    assert tuple(getattr(instances[1], name) for name in "abc") == view[1] == values
    apart = view[["a", "c"]]
    apart[1] = (2, 9)
    assert (instances[1].a, instances[1].c) == (2, 9)


def test_what_ctypes_makes_of_bit_fields_of_several_units_is_stored_or_refused():
    source = random.Random(3)
    units = [*SIGNED, *UNSIGNED]
    stored = 0
    for _ in range(300):
        base = source.choice([ctypes.LittleEndianStructure, ctypes.BigEndianStructure])
        entries = []
        for index in range(source.randint(2, 5)):
            unit = source.choice(units)
            width = source.randint(1, 8 * ctypes.sizeof(unit))
            entries.append((f"f{index}", unit, *[width] * (source.random() < 0.8)))
        try:
            instance = structure(*entries, base=base, **packing(source.choice([1, 2, 8])))()
        except ValueError:
            continue
        values = []
        for _, unit, *bits in entries:
            width = bits[0] if bits else 8 * ctypes.sizeof(unit)
            low = -(1 << width - 1) if unit in SIGNED else 0
            values.append(source.randint(low, low + (1 << width) - 1))
        before = bytes(instance)
        try:
            consumer.consume(instance)[()] = tuple(values)
        except (ValueError, NotImplementedError):
            assert bytes(instance) == before
        else:
            assert [getattr(instance, name) for name, *_ in entries] == values
            stored += 1
    assert stored > 100
