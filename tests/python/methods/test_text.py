"""`str` and `repr`: exact texts, and that they show no more than fits."""

import array
import re
import struct

import consumer
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.exporters import Exporter


def view_of(values, code="i"):
    return consumer.consume(array.array(code, values))


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (0, "[ ]"),
        (1, "[ 0 ]"),
        (5, "[ 0 1 2 3 4 ]"),
        (10, "[ 0 1 2 3 4 5 6 7 8 9 ]"),
        (11, "[ 0 1 2 3 4 5 6 7 8 9 ... ]"),
        (100_000, "[ 0 1 2 3 4 5 6 7 8 9 ... ]"),
    ],
)
def test_up_to_ten_elements_are_shown(length, text):
    assert str(view_of(range(length))) == text
    assert str(consumer.ConsumerArray(length)) == text
    assert repr(view_of(range(length))) == f"<ConsumerArray format='i' shape=({length},) {text}>"


def test_the_example_of_the_tutorial():
    view = consumer.consume(array.array("i", [1, 2, 3, 4, 5]))
    assert str(view) == "[ 1 2 3 4 5 ]"
    assert f"{view}" == "[ 1 2 3 4 5 ]"
    assert format(view, "") == "[ 1 2 3 4 5 ]"


@pytest.mark.parametrize("order", "<>")
@given(st.lists(st.floats() | st.integers(0, 2**64 - 1), max_size=10))
@example([0.0, -0.0, 5e-324, 1e-5, 9.999999999999999e-05, 1e-4, 1e15, 9999999999999998.0, 1e16])
@example([1e22, 1e23, 1.7976931348623157e308, float("inf"), float("-inf"), float("nan"), 1 << 52])
def test_floats_are_written_as_python_writes_them(order, numbers):
    kinds = {float: "d", int: "Q"}
    memory = b"".join(struct.pack(order + kinds[type(number)], number) for number in numbers)
    floats = struct.unpack(f"{order}{len(numbers)}d", memory)
    view = consumer.consume(memory).cast(f"{order}d")
    assert str(view) == f"[ {''.join(f'{number!r} ' for number in floats)}]"


def test_many_dimensions_nest():
    view = consumer.consume(Exporter(bytes(range(12)), shape=(2, 3, 2)))
    assert str(view) == "[ [ [ 0 1 ] [ 2 3 ] [ 4 5 ] ] [ [ 6 7 ] [ 8 9 ] [ 10 11 ] ] ]"
    assert str(view[0].T) == "[ [ 0 2 4 ] [ 1 3 5 ] ]"
    assert repr(view[1]) == "<ConsumerArray format='B' shape=(3, 2) [ [ 6 7 ] [ 8 9 ] [ 10 11 ] ]>"


def test_no_dimensions_show_the_element():
    view = consumer.consume(Exporter(b"\x07", shape=()))
    assert (str(view), repr(view)) == ("7", "<ConsumerArray format='B' shape=() 7>")


def test_no_elements():
    assert str(consumer.consume(Exporter(b"", shape=(0, 3)))) == "[ ]"
    assert str(consumer.consume(Exporter(b"", shape=(3, 0)))) == "[ [ ] [ ] [ ] ]"
    assert str(consumer.consume(Exporter(b"", shape=(2**62, 0)))) == "[ " + "[ ] " * 10 + "... ]"


def test_ten_of_each_dimension_are_shown():
    view = consumer.consume(Exporter(bytes(12 * 11), shape=(12, 11)))
    row = "[ " + "0 " * 10 + "... ]"
    assert str(view) == "[ " + f"{row} " * 10 + "... ]"


@pytest.mark.parametrize(
    ("form", "data", "text"),
    [
        (
            "d",
            struct.pack("5d", 0.1, -0.0, 1e300, float("inf"), float("nan")),
            "0.1 -0.0 1e+300 inf nan",
        ),
        ("f", struct.pack("2f", 0.5, 3), "0.5 3.0"),
        (">e", struct.pack(">2e", 0.5, -1), "0.5 -1.0"),
        ("?", b"\x00\x01\x02", "False True True"),
        ("c", b"a\x00'", "b'a' b'\\x00' b\"'\""),
        ("<u", "a€'".encode("utf-16-le"), "'a' '€' \"'\""),
        ("Zd", struct.pack("4d", 1, 2, 0, -0.5), "(1+2j) -0.5j"),
        (">Q", struct.pack(">Q", 2**64 - 1), "18446744073709551615"),
        ("P", struct.pack("P", 4096), "4096"),
    ],
)
def test_elements_are_shown_as_python_shows_them(form, data, text):
    size = {"Zd": 16, "<u": 2}.get(form) or struct.calcsize(form)
    view = consumer.consume(Exporter(data, form.encode(), size))
    assert str(view) == f"[ {text} ]"
    shape = f"({len(data) // size},)"
    assert repr(view) == f"<ConsumerArray format={form!r} shape={shape} [ {text} ]>"


def test_the_text_is_short_whatever_the_size(np):
    """Zero strides make 2**60 elements of one byte: only those that are shown may be read."""
    huge = consumer.consume(np.broadcast_to(np.int8(1), (2,) * 60))
    assert len(str(huge)) < 20_000
    assert len(repr(huge)) < 20_000
    assert str(huge).count("[") == str(huge).count("]")
    wide = consumer.consume(np.broadcast_to(np.int8(1), (10,) * 18))
    assert len(str(wide)) < 20_000
    assert str(consumer.consume(np.broadcast_to(np.int8(1), 2**60))) == "[ " + "1 " * 10 + "... ]"


def test_elements_that_cannot_be_read_say_why():
    view = consumer.consume(Exporter(b"abcdef", b"3y", 3))
    for text in (str(view), repr(view)):
        assert 'elements of format "3y" cannot be read' in text
    assert repr(view).startswith("<ConsumerArray format='3y' shape=(2,) [ elements of")
    contradiction = consumer.consume(Exporter(b"abcdef", b"d", 3))
    assert "it describes 8 bytes, but itemsize is 3" in str(contradiction)


def test_pointers_are_followed(nd):
    exporter = nd.ndarray([1, 2, 3, 4], shape=[2, 2], format="h", flags=nd.ND_PIL)
    assert str(consumer.consume(exporter)) == "[ [ 1 2 ] [ 3 4 ] ]"


def test_released_views_say_so():
    view = consumer.consume(b"abc")
    view.release()
    for text in (str(view), repr(view), f"{view}"):
        assert re.fullmatch(r"<released memory of ConsumerArray at 0x[0-9a-f]+>", text)


def test_released_views_say_where_they_are_as_other_objects_do():
    view = consumer.consume(b"abc")[1:]
    view.release()
    assert repr(view).endswith(object.__repr__(view).rpartition(" at ")[2])


def test_released_views_are_told_apart():
    one, other = consumer.consume(b"abc"), consumer.consume(b"abc")
    one.release()
    other.release()
    assert repr(one) != repr(other)
    assert repr(one) == repr(one)


def test_a_format_that_is_no_text_is_shown_all_the_same():
    view = consumer.consume(Exporter(b"abcd", b"\xff\xfe", 2))
    assert view.format == "\udcff\udcfe"
    assert "'\\udcff\\udcfe'" in repr(view)
