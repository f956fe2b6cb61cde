"""int(v), float(v) and complex(v): the element of a view without dimensions, and else what a
memoryview gives; and what asks for numbers in other ways."""

import array
import ctypes
import math
import operator
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import consumer

CONVERSIONS = [int, float, complex]


def scalar(code: str, *values) -> consumer.ConsumerArray:
    """One element, without dimensions."""
    return consumer.consume(bytearray(struct.pack(code, *values))).cast(code, ())


def outcome(action, *arguments):
    """What a call gives, or the class of the exception that it raises; its type tells 1 from 1.0."""
    try:
        result = action(*arguments)
    except Exception as error:
        return type(error)
    return type(result), repr(result)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("b", -7),
        ("B", 55),
        (">H", 0x3132),
        ("i", -(2**31)),
        ("<q", -(2**63)),
        ("Q", 2**64 - 1),
        ("?", True),
        ("e", 1.5),
        ("f", -0.0),
        ("d", 1e300),
        (">d", math.inf),
        ("d", math.nan),
        ("P", 4096),
        ("c", b"5"),
        ("c", b"x"),
    ],
)
@pytest.mark.parametrize("convert", CONVERSIONS)
def test_a_view_without_dimensions_is_its_element(convert, code, value):
    assert outcome(convert, scalar(code, value)) == outcome(convert, value)


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_complex_numbers_and_text_without_dimensions(convert):
    number = consumer.consume(struct.pack("2d", 1.5, -2)).cast("Zd", ())
    assert outcome(convert, number) == outcome(convert, 1.5 - 2j)
    for text in ["5", "x"]:
        view = consumer.consume(text.encode("utf-32-le")).cast("<w", ())
        assert outcome(convert, view) == outcome(convert, text)


@pytest.mark.parametrize("code", ["BB", "T{B:a:B:b:}", "2s", "(2)B", "2x", "2p"])
@pytest.mark.parametrize("convert", CONVERSIONS)
def test_records_and_strings_are_no_numbers(convert, code):
    with pytest.raises(TypeError, match="no number"):
        convert(consumer.consume(b"12").cast(code, ()))


def test_an_object_without_dimensions_is_asked_itself():
    np = pytest.importorskip("numpy")
    view = consumer.consume(np.array(12.5, "O"))
    assert (int(view), float(view), complex(view)) == (12, 12.5, 12.5 + 0j)
    with pytest.raises(TypeError):
        float(consumer.consume(np.array(None, "O")))


def test_exporters_without_dimensions():
    np = pytest.importorskip("numpy")
    assert int(consumer.consume(ctypes.c_int(-5))) == -5
    assert float(consumer.consume(np.array(2.5))) == 2.5
    assert complex(consumer.consume(np.array(2.5 + 1j, ">c16"))) == 2.5 + 1j
    assert float(consumer.consume(np.arange(4.0))[..., 2:3].reshape(())) == 2.0


def views(data: bytes):
    """Pairs of a memoryview and a ConsumerArray of the same elements, with dimensions."""
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


TEXTS = st.one_of(
    st.binary(max_size=5),
    st.text("0123456789_+-. einfax", max_size=8).map(str.encode),
    st.integers().map(lambda number: str(number).encode()),
    st.floats().map(lambda number: repr(number).encode()),
)


@given(TEXTS)
def test_a_view_with_dimensions_is_what_a_memoryview_is(data):
    for theirs, ours in views(data):
        for convert in CONVERSIONS:
            assert outcome(convert, ours) == outcome(convert, theirs)
        assert outcome(int, ours, 16) == outcome(int, theirs, 16)


def test_messages_with_dimensions_are_those_of_a_memoryview():
    for data, convert in [(b"zz", int), (b"", int), (b"zz", complex)]:
        with pytest.raises((ValueError, TypeError)) as theirs:
            convert(memoryview(data))
        with pytest.raises((ValueError, TypeError)) as ours:
            convert(consumer.consume(data))
        name = "consumer.ConsumerArray"
        assert str(ours.value) == str(theirs.value).replace("memoryview", name)
    with pytest.raises(ValueError, match="could not convert string to float: <ConsumerArray"):
        float(consumer.consume(b"zz"))


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_a_released_view_is_no_number(convert):
    for view in [scalar("i", 5), consumer.consume(b"55")]:
        view.release()
        gone = memoryview(b"55")
        gone.release()
        assert outcome(convert, view) == outcome(convert, gone) == TypeError


def test_elements_that_nobody_can_read_are_no_numbers():
    flags = [("a", ctypes.c_bool, 1)]
    structure = type("Flags", (ctypes.Structure,), {"_fields_": flags})
    with pytest.raises((NotImplementedError, TypeError)):
        int(consumer.consume(structure()))


@pytest.mark.parametrize("view", [scalar("i", 3), consumer.consume(b"3")], ids=["none", "one"])
def test_no_view_is_an_index(view):
    with pytest.raises(TypeError):
        operator.index(view)
    for ask in [
        range,
        chr,
        hex,
        lambda v: [0] * v,
        lambda v: [1, 2, 3, 4][v],
        lambda v: "%x" % v,  # noqa: UP031
        lambda v: f"{v:d}",
        lambda v: array.array("i", [v]),
        round,
        math.trunc,
        ctypes.c_int,
    ]:
        with pytest.raises(TypeError):
            ask(view)
    with pytest.raises(struct.error):
        struct.pack("i", view)
    target = consumer.consume(bytearray(4)).cast("i")
    with pytest.raises(TypeError):
        target[0] = view


def test_bytes_of_a_view_without_dimensions_are_its_own():
    view = scalar("i", 3)
    assert bytes(view) == bytearray(view) == b"".join([view]) == struct.pack("i", 3)
    assert not hasattr(view, "__index__")


def test_where_a_float_is_asked_for_a_view_without_dimensions_is_one():
    view = scalar("d", 2.25)
    assert math.sqrt(view) == 1.5 and math.floor(view) == 2
    assert "%.2f %d" % (view, view) == "2.25 2"  # noqa: UP031
    assert struct.pack("d", view) == struct.pack("d", 2.25)
    target = consumer.consume(array.array("d", [0, 0]))
    target[1] = view
    assert target.tolist() == [0, 2.25]


def test_text_is_not_stored_as_a_float():
    target = consumer.consume(array.array("d", [0, 0]))
    for text in [b"1.5", b"x", b""]:
        with pytest.raises(TypeError, match="expected a float"):
            target[0] = consumer.consume(text)
    assert target.tolist() == [0, 0]
