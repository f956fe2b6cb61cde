"""Types that formats have no code for: their names, and the voids that stand for them.

Our own readers take such a void for the type where it is the whole format. All others find a void,
and never other numbers.
"""

import struct

import consumer
import pytest

from support import int24, narrow_floats
from support.exporters import Exporter
from support.narrow_floats import BFLOAT16
from support.oracles import NATIVE, SWAPPED

TYPES = (*narrow_floats.TYPES, *int24.TYPES)
every_type = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
# A number of each type, which is another in the other byte order, and its bits.
NUMBERS = {
    "bfloat16": (0.5, 0x3F00),
    "float8_e4m3fn": (0.5, 0x30),
    "float8_e5m2": (0.5, 0x38),
    "int24": (-5, 0xFFFFFB),
    "uint24": (5, 5),
}


def number(kind):
    return NUMBERS[kind.name][0]


def numbers(kind, order=NATIVE):
    data = NUMBERS[kind.name][1].to_bytes(kind.size, {"<": "little", ">": "big"}[order])
    return bytearray(data * 4)


@every_type
def test_a_name_stands_for_a_void(kind):
    for prefix in ("", "@", "=", "^", NATIVE):
        view = consumer.consume(numbers(kind)).cast(prefix + kind.name)
        assert view.format == prefix + kind.format
        assert view.tolist() == [number(kind)] * 4
        again = consumer.consume(numbers(kind)).cast(view.format, (2, 2))
        assert (again.format, again.tolist()) == (view.format, [[number(kind)] * 2] * 2)
        assert view.astype(prefix + kind.name).format == view.format
    swapped = consumer.consume(numbers(kind, SWAPPED)).cast(SWAPPED + kind.name)
    assert (swapped.format, swapped[0]) == (SWAPPED + kind.format, number(kind))
    assert swapped.copy().format == kind.format
    assert swapped.tobytes() == numbers(kind, SWAPPED)
    turned = swapped.byteswap()
    if kind.size == 1:
        assert (turned.format, turned.tobytes()) == (kind.format, swapped.tobytes())
    else:
        assert (turned.format, turned.tobytes()) == (NATIVE + kind.format, numbers(kind))


def test_other_names_are_no_formats():
    view = consumer.consume(bytes(16))
    for name in (
        "char",
        "bfloat",
        "int25",
        "int24:a:",
        "3int24",
        "BFLOAT16",
        "bfloat16 ",
        " bfloat16",
        "<>bfloat16",
        "2bfloat16",
        "(2)bfloat16",
        "bfloat16:a:",
        "T{bfloat16:a:}",
        "float8_e4m3",
        "float8_e5m2fnuz",
        ":bfloat16:",
    ):
        with pytest.raises(ValueError, match="format"):
            view.cast(name)
        with pytest.raises(ValueError, match="format"):
            view.astype(name)


@every_type
def test_what_is_handed_on_is_read_back(kind):
    for order in (NATIVE, SWAPPED):
        view = consumer.consume(numbers(kind, order)).cast(order + kind.name)
        for one in (view, view[::-2], view.reshape(2, 2).transpose(), view[0, ...]):
            handed = memoryview(one)
            assert handed.format == one.format == order + kind.format
            again = consumer.consume(handed)
            assert (again.format, again.tolist()) == (one.format, one.tolist())
            assert again == one
        again[...] = 2
        assert view[0] == 2


@every_type
def test_others_find_a_void_and_no_number(np, kind):
    view = consumer.consume(numbers(kind)).cast(kind.name)
    handed = memoryview(view)
    with pytest.raises(NotImplementedError):
        handed[0]
    with pytest.raises(NotImplementedError):
        handed.tolist()
    with pytest.raises(struct.error):
        struct.calcsize(view.format)
    for found in (np.asarray(view), np.array(handed)):
        assert found.dtype == np.dtype([(kind.name, f"V{kind.size}")])
        assert found.tobytes() == view.tobytes()
    # What NumPy makes of it is a record with a void in it, to us as well.
    record = consumer.consume(np.asarray(view))
    assert record[0] == (bytes(numbers(kind)[: kind.size]),)
    for ask in (lambda: view.dtype, view.__array__):
        with pytest.raises(TypeError, match=kind.name):
            ask()


@every_type
def test_as_a_part_of_a_format_it_is_a_void(kind):
    data = bytes(numbers(kind))
    void, size = data[: kind.size], kind.size
    for form, value in (
        ("T{%s}", (void,)),
        ("T{%sB:n:}", (void, data[size])),
        ("%sB:n:", (void, data[size])),
        ("B:n:%s", (data[0], data[1 : size + 1])),
        ("%s1x", (void,)),
        ("(1)%s", ([void],)),
        ("(2)%s", ([void, data[size : 2 * size]],)),
        ("T{T{%s}:r:}", ((void,),)),
    ):
        form = form % kind.format
        itemsize = consumer.consume(b"").cast(form).itemsize
        view = consumer.consume(Exporter(data[:itemsize], form.encode(), itemsize))
        cast = consumer.consume(data[:itemsize]).cast(form)
        for one in (view, cast, consumer.consume(memoryview(view))):
            assert (one[0], one.format) == (value, form)
    fields = consumer.consume(data[:size]).cast(f"T{{{kind.format}}}")
    assert fields[kind.name].format == f"{size}x"
    assert fields[[kind.name]][0] == (void,)
    assert fields.fields[kind.name].format == f"{size}x"
    # As bytes it can be cast, like any other.
    assert fields[kind.name].cast(kind.name).tolist() == [number(kind)]


def test_a_void_of_another_size_is_a_record():
    for form in (
        "3x:bfloat16:",
        "1x:bfloat16:",
        "2x:float8_e5m2:",
        "2x:float16:",
        "2x::",
        "4x:int24:",
    ):
        size = int(form[0])
        view = consumer.consume(Exporter(bytes(size), form.encode(), size))
        assert view[0] == (bytes(size),)
    view = consumer.consume(Exporter(bytes(4), b"2x:bfloat16:", 4))
    with pytest.raises(NotImplementedError, match="describes 2 bytes, but itemsize is 4"):
        view.tolist()


def test_conversions_that_have_no_meaning_name_the_formats():
    view = consumer.consume(bytes(16)).cast(BFLOAT16.name)
    for other in ("c", "w", "P", "4s", "2x", f"T{{{BFLOAT16.format}}}"):
        with pytest.raises(TypeError, match="'2x:bfloat16:' cannot be converted"):
            view.astype(other)
        with pytest.raises(TypeError, match="to format '2x:bfloat16:'"):
            consumer.consume(bytes(16)).cast(other).astype(BFLOAT16.name)
