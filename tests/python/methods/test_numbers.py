"""int(v), float(v) and complex(v): what a memoryview gives.

There are no methods for them, and must not be: bytearray would take a view for a number.
"""

import array
import math
import operator
import struct

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

CONVERSIONS = [int, float, complex]


def outcome(action, *arguments):
    """What a call gives, or the class of the exception that it raises; 1 and 1.0 differ."""
    try:
        result = action(*arguments)
    except Exception as error:
        return type(error)
    return type(result), repr(result)


def views(data: bytes):
    """Pairs of a memoryview and a ConsumerArray of the same elements."""
    m, v = memoryview(data), consumer.consume(data)
    yield m, v
    if data:  # Whether nothing is contiguous, the two do not agree.
        yield m[::-1], v[::-1]
        yield m[::2], v[::2]
    yield m[1:], v[1:]
    yield m.cast("c"), v.cast("c")
    if len(data) % 2 == 0 and data:
        yield m.cast("B", (2, len(data) // 2)), v.cast("B", (2, len(data) // 2))
        yield m.cast("H"), v.cast("H")
    if len(data) == 1:
        yield m.cast("B", (1, 1)), v.cast("B", (1, 1))
        yield m.cast("B", ()), v.cast("B", ())
    if len(data) == 4:
        yield m.cast("i", ()), v.cast("i", ())


TEXTS = st.one_of(
    st.binary(max_size=5),
    st.text("0123456789_+-. einfax", max_size=8).map(str.encode),
    st.integers().map(lambda number: str(number).encode()),
    st.floats().map(lambda number: repr(number).encode()),
)


@given(TEXTS)
def test_a_view_is_the_text_that_a_memoryview_is(data):
    for theirs, ours in views(data):
        for convert in CONVERSIONS:
            assert outcome(convert, ours) == outcome(convert, theirs)
        assert outcome(int, ours, 16) == outcome(int, theirs, 16)


def test_the_element_of_a_view_without_dimensions_is_a_number():
    view = consumer.consume(bytearray(b"7")).cast("B", ())
    assert int(view) == int(memoryview(b"7")) == 7
    assert int(view[()]) == 55


@given(st.binary(max_size=4), st.binary(max_size=4))
def test_a_view_is_stored_in_a_slice_of_a_bytearray(data, new):
    for _theirs, view in views(new):
        stored, expected = bytearray(data), bytearray(data)
        stored[1:2] = view
        expected[1:2] = bytes(view)
        assert stored == expected


@pytest.mark.parametrize("shape", [(), (1,)])
def test_no_view_is_a_number_or_an_index(shape):
    view = consumer.consume(struct.pack("i", 3)).cast("i", shape)
    for ask in [
        operator.index,
        range,
        chr,
        hex,
        lambda v: [0] * v,
        lambda v: [1, 2, 3, 4][v],
        lambda v: "%d" % v,  # noqa: UP031
        lambda v: "%f" % v,  # noqa: UP031
        lambda v: f"{v:d}",
        lambda v: array.array("i", [v]),
        lambda v: array.array("d", [v]),
        round,
        abs,
        math.trunc,
        math.floor,
        math.sqrt,
        complex,
    ]:
        with pytest.raises(TypeError):
            ask(view)
    for code in "id":
        with pytest.raises(struct.error):
            struct.pack(code, view)
        target = consumer.consume(bytearray(8)).cast(code)
        with pytest.raises(TypeError):
            target[0] = view
    assert bytes(view) == bytearray(view) == struct.pack("i", 3)
