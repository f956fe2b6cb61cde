"""What an element takes, and how it is stored: numbers, bytes, text, and what is refused."""

import array
import ctypes
import struct

import consumer
import pytest

from support.exporters import Exporter
from support.oracles import STRUCT_FORMATS
from support.views import numbers

INTEGERS = [form for form in STRUCT_FORMATS if form[-1] in "bBhHiIlLqQnNP"]


@pytest.mark.parametrize("form", INTEGERS)
def test_integers_out_of_range(form):
    size = struct.calcsize(form)
    exporter = Exporter(bytes(size), form.encode(), size, readonly=False)
    view = consumer.consume(exporter)
    for value in (2 ** (8 * size), -(2 ** (8 * size - 1)) - 1, 2**200, -(2**200)):
        with pytest.raises(struct.error):
            struct.pack(form, value)
        with pytest.raises(ValueError, match=f"{value} is out of range for format '{form}'"):
            view[0] = value
    assert exporter.bytes_now() == bytes(size)


class Index:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


class Float:
    def __float__(self):
        return 2.5


class Complex:
    def __complex__(self):
        return 1 - 2j


def test_objects_that_stand_for_a_number():
    exporter, view = numbers()
    view[0], view[1] = Index(7), True
    assert exporter.tolist()[:2] == [7, 1]
    exporter, view = numbers(code="d")
    view[0], view[1], view[2] = Index(7), Float(), True
    assert exporter.tolist()[:3] == [7.0, 2.5, 1.0]
    view = consumer.consume(Exporter(bytes(48), b"Zd", 16, readonly=False))
    view[0], view[1], view[2] = Complex(), 2, Float()
    assert view.tolist() == [1 - 2j, 2 + 0j, 2.5 + 0j]


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        *((code, value, "an int") for code in "bBhHiIlLqQP" for value in (1.0, "1", None, b"1")),
        *((code, value, "a float") for code in "efdg" for value in ("1.0", None, 1j, b"1")),
        *((code, value, "a complex number") for code in ("Zf", "Zd") for value in ("1", None)),
        *(("c", value, "bytes of length 1") for value in (1, "a", bytearray(b"a"), None)),
        *((code, value, "a str of length 1") for code in "uw" for value in (1, b"a", None)),
    ],
)
def test_a_value_of_the_wrong_type_is_named(form, value, expected):
    size = {"Zf": 8, "Zd": 16, "g": 16, "u": 2, "w": 4}.get(form) or struct.calcsize(form)
    exporter = Exporter(bytes(size), form.encode(), size, readonly=False)
    view = consumer.consume(exporter)
    found = type(value).__name__
    message = f"expected {expected} for format '{form}', found {found}"
    with pytest.raises(TypeError, match=message):
        view[0] = value
    assert exporter.bytes_now() == bytes(size)


@pytest.mark.parametrize(
    "value", [array.array("h", [-1]), ctypes.c_short(5), array.array("h", [1, 2])]
)
@pytest.mark.parametrize("key", [0, ...])
def test_numbers_of_several_bytes_are_no_strings(key, value):
    exporter = Exporter(b"abcdefgh", b"4s", 4, readonly=False)
    view = consumer.consume(exporter)
    with pytest.raises(TypeError, match="expected bytes for format '4s', found "):
        view[key] = value
    assert exporter.bytes_now() == b"abcdefgh"


@pytest.mark.parametrize(
    "value", [bytearray(b"ab"), array.array("b", [97, 98]), memoryview(b"a.b")[::2]]
)
def test_buffers_of_single_bytes_are_strings(value):
    view = consumer.consume(Exporter(b"abcdefgh", b"4s", 4, readonly=False))
    view[1] = value
    assert view.tolist() == [b"abcd", b"ab\0\0"]


@pytest.mark.parametrize("value", [b"", b"ab"])
def test_bytes_of_another_length_than_one(value):
    view = consumer.consume(Exporter(b"x", b"c", 1, readonly=False))
    with pytest.raises(ValueError, match=f"length 1 for format 'c', found length {len(value)}"):
        view[0] = value


@pytest.mark.parametrize("value", ["", "ab"])
def test_text_of_another_length_than_one(value):
    view = consumer.consume(Exporter(bytes(4), b"w", 4, readonly=False))
    with pytest.raises(ValueError, match=f"length 1 for format 'w', found length {len(value)}"):
        view[0] = value


def test_characters_beyond_the_width():
    view = consumer.consume(Exporter(bytes(2), b"u", 2, readonly=False))
    with pytest.raises(ValueError, match="0x1f600 is out of range for format 'u'"):
        view[0] = "\U0001f600"


@pytest.mark.parametrize("form", ["e", "f", ">e", ">f", "Zf"])
def test_finite_floats_that_would_become_infinite(form):
    size = {"e": 2, "f": 4}[form[-1]] * (2 if "Z" in form else 1)
    view = consumer.consume(Exporter(bytes(size), form.encode(), size, readonly=False))
    for value in (1e300, -1e300, 10**400, {"e": 65520.0, "f": 3.4028235677973366e38}[form[-1]]):
        with pytest.raises((struct.error, OverflowError)):
            struct.pack("<" + form[-1], value)
        with pytest.raises(ValueError, match="out of range"):
            view[0] = value
    view[0] = float("inf")
    assert abs(view[0]) == float("inf")


@pytest.mark.parametrize("form", ["e", "f", ">e", "<f"])
def test_floats_are_rounded_as_struct_rounds_them(form):
    size = struct.calcsize(form)
    exporter = Exporter(bytes(size), form.encode(), size, readonly=False)
    view = consumer.consume(exporter)
    halves = [1 + 2**-11, 1 + 3 * 2**-11, 1 + 2**-24, 1 + 3 * 2**-24, 2**-25, 3 * 2**-26, 65519.999]
    for value in (0.1, 1 / 3, 2.0**-24, 2.0**-149, 6e-8, 5e-324, -0.0, *halves):
        for sign in (1, -1):
            view[0] = sign * value
            assert exporter.bytes_now() == struct.pack(form, sign * value)


def test_an_exception_of_the_value_passes_through():
    class Broken:
        def __index__(self):
            raise KeyError("mine")

        __float__ = __bool__ = __index__

    for code in "id":
        _, view = numbers(code=code)
        with pytest.raises(KeyError, match="mine"):
            view[0] = Broken()
    view = consumer.consume(Exporter(b"\0", b"?", 1, readonly=False))
    with pytest.raises(KeyError, match="mine"):
        view[0] = Broken()


def test_a_number_too_large_to_be_written_down():
    """Python refuses to write an int of thousands of digits, in an error message as well."""
    for form in ("b", "Q", "P", "d", "<bq"):
        view = consumer.consume(bytearray(72)).cast(form)
        value = -(10**10_000)
        with pytest.raises(ValueError, match="out of range"):
            view[0] = (0, value) if form == "<bq" else value
