"""int(v), float(v) and complex(v).

Of a view without dimensions they are those of its element, of all others what a memoryview gives.
Views with dimensions have no methods for them, and must not have: bytearray would take them for
numbers.
"""

import array
import ctypes
import math
import operator
import struct

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

CONVERSIONS = [int, float, complex]


def scalar(code: str, *values) -> consumer.ConsumerArray:
    """One element, without dimensions."""
    return consumer.consume(bytearray(struct.pack(code, *values))).cast(code, ())


def outcome(action, *arguments):
    """What a call gives, or the class of the exception that it raises; 1 and 1.0 differ."""
    try:
        result = action(*arguments)
    except Exception as error:
        return type(error)
    return type(result), repr(result)


# --- Without dimensions -------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["", "<", ">"])
@pytest.mark.parametrize("convert", CONVERSIONS)
def test_every_scalar_of_struct(convert, order):
    numbers = {"integer": [0, 1, 55, 127], "signed": [-1, -128], "float": [0.0, -0.0, 1.5, 55.0]}
    kinds = dict.fromkeys("bhilq", "signed") | dict.fromkeys("efd", "float") | {"?": "bool"}
    for code in "bBhHiIlLqQ?efd" + ("" if order else "nN"):
        kind = kinds.get(code, "integer")
        values = [False, True] if kind == "bool" else numbers["integer"] + numbers.get(kind, [])
        for value in values:
            element = struct.unpack(order + code, struct.pack(order + code, value))[0]
            assert outcome(convert, scalar(order + code, value)) == outcome(convert, element)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        (">H", 0x3132),
        ("<q", -(2**63)),
        (">Q", 2**64 - 1),
        ("P", 4096),
        ("d", math.inf),
        (">d", -math.inf),
        ("f", math.nan),
        ("d", 1e300),
        ("c", b"5"),
        ("c", b"x"),
        ("c", b"\x00"),
    ],
)
@pytest.mark.parametrize("convert", CONVERSIONS)
def test_ends_of_the_types_addresses_and_characters(convert, code, value):
    assert outcome(convert, scalar(code, value)) == outcome(convert, value)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("convert", CONVERSIONS)
def test_complex_numbers_and_text(convert, order):
    for code, letter in [("Zf", "f"), ("Zd", "d")]:
        data = struct.pack(f"{order}2{letter}", 1.5, -2)
        number = consumer.consume(data).cast(order + code, ())
        assert outcome(convert, number) == outcome(convert, 1.5 - 2j)
    for text in ["5", "x", "\u0665"]:
        encoding = "utf-32-le" if order == "<" else "utf-32-be"
        view = consumer.consume(text.encode(encoding)).cast(order + "w", ())
        assert outcome(convert, view) == outcome(convert, text)


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_strings_are_text_and_records_and_arrays_are_no_numbers(convert):
    for data in [b"12", b"1x", b"\0\0"]:
        view = consumer.consume(data)
        assert outcome(convert, view.cast("2s", ())) == outcome(convert, data)
        for code in ["BB", "T{B:a:B:b:}", "T{H:a:}", "(2)B"]:
            with pytest.raises(TypeError):
                convert(view.cast(code, ()))


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_numbers_of_numpy_in_both_byte_orders(np, convert):
    codes = "?bBhHiIlLqQefdFD"
    for dtype in [np.dtype(code).newbyteorder(order) for code in codes for order in "<>"]:
        for number in [0, 1, 55, 117]:
            exporter = np.array(number, dtype)
            view = consumer.consume(exporter)
            assert outcome(convert, view) == outcome(convert, exporter.item())
            # One element of many, and back from a view with dimensions.
            for other in [view.reshape(1).reshape(()), consumer.consume(view), view.T]:
                assert outcome(convert, other) == outcome(convert, exporter.item())


def test_a_byte_is_not_the_digit_that_it_might_be(np):
    view = consumer.consume(np.array(55, "u1"))
    assert (int(view), float(view), complex(view)) == (55, 55.0, 55 + 0j)
    assert int(memoryview(b"7").cast("B", ())) == 7
    assert int(consumer.consume(ctypes.c_int(-5))) == -5


def test_fields_of_one_record(np):
    record = np.array([(1, 2.5, b"7", (3, 4))], "i4,>f8,S1,(2,)u1")
    view = consumer.consume(record)[0:1]
    fields = view.reshape(())
    assert int(fields["f0"]) == 1
    assert (float(fields["f1"]), int(fields["f1"])) == (2.5, 2)
    assert int(fields["f2"]) == 7
    assert bytes(fields["f3"]) == b"\x03\x04"
    with pytest.raises(TypeError):
        int(fields)


@pytest.mark.long_doubles
def test_a_long_double_beyond_the_floats(np):
    if np.dtype("g").itemsize <= 8:
        pytest.skip("a long double is a double here")
    for dtype in ["g", "G"]:
        view = consumer.consume(np.array(np.longdouble("1e4000"), dtype))
        for convert in CONVERSIONS:
            with pytest.raises(OverflowError, match=r"1e\+4000"):
                convert(view)
    assert float(consumer.consume(np.array(2.5, "g"))) == 2.5


def test_an_object_is_asked_itself(np):
    class Number:
        def __init__(self):
            self.view = None

        def __int__(self):
            if self.view is not None:
                self.view.release()
            return 5

        def __float__(self):
            return 5.5

        def __complex__(self):
            return 5j

    cell = np.array(None, "O")
    cell[()] = number = Number()
    view = consumer.consume(cell)
    assert (int(view), float(view), complex(view)) == (5, 5.5, 5j)
    number.view = view
    assert int(view) == 5
    with pytest.raises(ValueError, match="released"):
        int(view)
    for element in [None, [1], object(), "12", b"1.5", 10**400, 2.5, 1j]:
        cell[()] = element
        for convert in CONVERSIONS:
            assert outcome(convert, consumer.consume(cell)) == outcome(convert, element)


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_a_released_view_is_no_number(convert):
    view = scalar("i", 5)
    view.release()
    with pytest.raises(ValueError, match="released"):
        convert(view)


def test_elements_that_nobody_can_read_are_no_numbers():
    flags = [("a", ctypes.c_bool, 1)]
    structure = type("Flags", (ctypes.Structure,), {"_fields_": flags})
    view = consumer.consume(structure())
    for convert in CONVERSIONS:
        with pytest.raises(NotImplementedError):
            convert(view)


def test_where_a_float_is_asked_for_a_view_without_dimensions_is_one():
    view = scalar(">d", 2.25)
    assert (math.sqrt(view), math.floor(view), math.ceil(view)) == (1.5, 2, 3)
    assert "%.2f %d" % (view, view) == "2.25 2"  # noqa: UP031
    assert struct.pack("d", view) == struct.pack("d", 2.25)
    assert array.array("d", [view])[0] == 2.25
    target = consumer.consume(array.array("d", [0, 0]))
    target[1] = view
    assert target.tolist() == [0, 2.25]


def test_methods_of_the_class():
    view = scalar("i", 3)
    assert (view.__int__(), view.__float__(), view.__complex__()) == (3, 3.0, 3 + 0j)
    for name in ["__int__", "__float__", "__complex__"]:
        assert not hasattr(view.reshape(1), name)


# --- With dimensions ----------------------------------------------------------------------------


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
def test_a_view_with_dimensions_is_the_text_that_a_memoryview_is(data):
    for theirs, ours in views(data):
        for convert in CONVERSIONS:
            assert outcome(convert, ours) == outcome(convert, theirs)
        assert outcome(int, ours, 16) == outcome(int, theirs, 16)


@given(st.binary(max_size=4), st.binary(max_size=4))
def test_a_view_with_dimensions_is_stored_in_a_slice_of_a_bytearray(data, new):
    for _theirs, view in views(new):
        for part in [slice(1, 2), slice(None), slice(0, 0), slice(None, None, -1)]:
            stored, expected = bytearray(data), bytearray(data)
            assert outcome(operator.setitem, stored, part, view) == outcome(
                operator.setitem, expected, part, bytes(view)
            )
            assert stored == expected


def test_a_view_without_dimensions_is_no_bytes_to_a_slice_of_a_bytearray():
    view, data = scalar("B", 55), bytearray(b"abc")
    with pytest.raises(TypeError):
        data[1:2] = view
    data[1:2] = bytes(view)
    data += view
    data.extend(view.reshape(1))
    assert data == b"a7c77"


@pytest.mark.parametrize("shape", [(), (1,)])
def test_no_view_is_an_index(shape):
    view = consumer.consume(struct.pack("i", 3)).cast("i", shape)
    assert not hasattr(view, "__index__")
    for ask in [
        operator.index,
        range,
        chr,
        hex,
        lambda v: [0] * v,
        lambda v: [1, 2, 3, 4][v],
        lambda v: "%x" % v,  # noqa: UP031
        lambda v: f"{v:d}",
        lambda v: array.array("i", [v]),
        lambda v: v + 1,
        round,
        abs,
        math.trunc,
    ]:
        with pytest.raises(TypeError):
            ask(view)
    with pytest.raises(struct.error):
        struct.pack("i", view)
    target = consumer.consume(bytearray(8)).cast("i")
    if shape == ():
        target[0] = view
        assert target.tolist() == [3, 0]
    else:
        with pytest.raises(TypeError):
            target[0] = view
    assert bytes(view) == bytearray(view) == b"".join([view]) == struct.pack("i", 3)


def test_a_view_with_dimensions_is_no_number():
    view = consumer.consume(struct.pack("d", 3)).cast("d")
    for ask in [
        lambda v: "%d" % v,  # noqa: UP031
        lambda v: "%f" % v,  # noqa: UP031
        lambda v: array.array("d", [v]),
        math.floor,
        math.sqrt,
        complex,
    ]:
        with pytest.raises(TypeError):
            ask(view)
    with pytest.raises(struct.error):
        struct.pack("d", view)
    target = consumer.consume(bytearray(8)).cast("d")
    with pytest.raises(TypeError):
        target[0] = view
