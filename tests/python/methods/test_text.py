"""`str` and `repr`: exact texts, and that they show no more than fits."""

import array
import math
import re
import struct
import sys

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
        (11, "[ 0 1 2 3 4 5 6 7 8 9 10 ]"),
        (12, "[ 0 1 2 3 4 5 6 ... 9 10 11 ]"),
        (100_000, "[ 0 1 2 3 4 5 6 ... 99997 99998 99999 ]"),
    ],
)
def test_the_first_and_the_last_elements_are_shown(length, text):
    assert str(view_of(range(length))) == text
    assert str(consumer.ConsumerArray(length)) == text
    assert repr(view_of(range(length))) == f"<ConsumerArray format='i' shape=({length},) {text}>"


def test_the_example_of_the_tutorial():
    view = consumer.consume(array.array("i", [1, 2, 3, 4, 5]))
    assert str(view) == "[ 1 2 3 4 5 ]"
    assert f"{view}" == "[ 1 2 3 4 5 ]"
    assert format(view, "") == "[ 1 2 3 4 5 ]"


# Many of them lie in the middle between two texts of the fewest digits that are read back as them.
BETWEEN = st.builds(math.ldexp, st.integers(0, 2**53), st.integers(-40, 60))


@pytest.mark.parametrize("order", "<>")
@given(st.lists(st.floats() | BETWEEN | st.integers(0, 2**64 - 1), max_size=10))
@example([562949953421312.25, 562949953421312.75, -(2.0**60), 3 * 2.0**-25, 2.0**-1000])
@example([0.0, -0.0, 5e-324, 1e-5, 9.999999999999999e-05, 1e-4, 1e15, 9999999999999998.0, 1e16])
@example([1e22, 1e23, 1.7976931348623157e308, float("inf"), float("-inf"), float("nan"), 1 << 52])
def test_floats_are_written_as_python_writes_them(order, numbers):
    kinds = {float: "d", int: "Q"}
    memory = b"".join(struct.pack(order + kinds[type(number)], number) for number in numbers)
    floats = struct.unpack(f"{order}{len(numbers)}d", memory)
    view = consumer.consume(memory).cast(f"{order}d")
    assert str(view) == f"[ {''.join(f'{number!r} ' for number in floats)}]"


def test_many_dimensions_are_rows():
    view = consumer.consume(Exporter(bytes(range(12)), shape=(2, 3, 2)))
    assert str(view) == (
        "[ [ [  0  1 ]\n    [  2  3 ]\n    [  4  5 ] ]\n\n"
        "  [ [  6  7 ]\n    [  8  9 ]\n    [ 10 11 ] ] ]"
    )
    assert str(view[0].T) == "[ [ 0 2 4 ]\n  [ 1 3 5 ] ]"
    shown = "[ [  6  7 ]\n  [  8  9 ]\n  [ 10 11 ] ]"
    assert repr(view[1]) == f"<ConsumerArray format='B' shape=(3, 2)\n{shown}>"


def test_columns_are_as_wide_as_their_widest_element():
    view = view_of([1, 100, 3, 20, 5, -600]).reshape(2, 3)
    assert str(view) == "[ [  1 100    3 ]\n  [ 20   5 -600 ] ]"
    text = consumer.consume("abcdé\0".encode("utf-16-le")).cast("<u").reshape(3, 2)
    assert str(text) == "[ [ 'a' 'b'    ]\n  [ 'c' 'd'    ]\n  [ 'é' '\\x00' ] ]"


def test_wide_rows_go_on_between_elements():
    view = consumer.consume(array.array("d", [1 / 3] * 30)).reshape(3, 10)
    number = repr(1 / 3)
    assert max(map(len, str(view).split("\n"))) <= 96
    assert str(view).split() == ["[", *(["[", *[number] * 10, "]"] * 3), "]"]


def test_no_dimensions_show_the_element():
    view = consumer.consume(Exporter(b"\x07", shape=()))
    assert (str(view), repr(view)) == ("7", "<ConsumerArray format='B' shape=() 7>")


def test_no_elements():
    assert str(consumer.consume(Exporter(b"", shape=(0, 3)))) == "[ ]"
    assert str(consumer.consume(Exporter(b"", shape=(3, 0)))) == "[ [ ]\n  [ ]\n  [ ] ]"
    huge = str(consumer.consume(Exporter(b"", shape=(2**62, 0))))
    assert huge.split() == ["[", *["[", "]"] * 7, "...", *["[", "]"] * 3, "]"]


def test_rows_have_a_head_and_a_tail_as_well():
    view = consumer.consume(Exporter(bytes(range(144)), shape=(12, 12)))
    rows = str(view).split("\n")
    assert len(rows) == 11
    assert rows[0] == "[ [   0   1   2   3   4   5   6 ...   9  10  11 ]"
    assert rows[7] == "  ..."
    assert rows[10] == "  [ 132 133 134 135 136 137 138 ... 141 142 143 ] ]"


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
    assert str(consumer.consume(np.broadcast_to(np.int8(1), 2**60))) == (
        "[ 1 1 1 1 1 1 1 ... 1 1 1 ]"
    )


def test_elements_that_cannot_be_read_say_why():
    view = consumer.consume(Exporter(b"abcdef", b"3y", 3))
    for text in (str(view), repr(view)):
        assert 'elements of format "3y" cannot be read' in text
    assert repr(view).startswith("<ConsumerArray format='3y' shape=(2,) [ elements of")
    contradiction = consumer.consume(Exporter(b"abcdef", b"d", 3))
    assert "it describes 8 bytes, but itemsize is 3" in str(contradiction)


def test_pointers_are_followed(nd):
    exporter = nd.ndarray([1, 2, 3, 4], shape=[2, 2], format="h", flags=nd.ND_PIL)
    assert str(consumer.consume(exporter)) == "[ [ 1 2 ]\n  [ 3 4 ] ]"


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


@given(st.integers(0, 2**16 - 1))
def test_half_floats_have_the_digits_that_read_back(np, bits):
    number = np.uint16(bits).view("e")
    (shown,) = str(consumer.consume(np.array([number]))).split()[1:-1]
    assert np.array(float(shown), "e").view("H") == bits or np.isnan(number)
    assert len(shown) <= len(repr(float(number)))
    assert np.isnan(number) or float(shown) == float(str(number))


@given(st.floats(width=32))
@example(0.1)
@example(2.0**-126)
@example(2.0**-149)
@example(3.4028234663852886e38)
def test_single_floats_have_the_digits_that_read_back(np, number):
    number = np.float32(number)
    (shown,) = str(consumer.consume(np.array([number]))).split()[1:-1]
    assert np.float32(float(shown)) == number or np.isnan(number)
    digits = [
        len(text.partition("e")[0].replace("-", "").replace(".", "").strip("0"))
        for text in (shown, np.format_float_scientific(number))
    ]
    assert digits[0] <= digits[1] + 1


def test_narrow_floats_within_records_and_complex_numbers_are_short(np):
    record = np.array([(0.1, [0.1, 1 / 3])], [("a", "f4"), ("b", "f2", 2)])
    assert str(consumer.consume(record)) == "[ (0.1, [0.1, 0.3333]) ]"
    assert str(consumer.consume(np.array([0.1 - 0.2j], "F"))) == "[ (0.1-0.2j) ]"
    for kind in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        narrow = consumer.consume(array.array("d", [0.1, 0.5])).astype(kind)
        shown = str(narrow).split()[1:-1]
        assert shown[0] in {"0.1", "0.102", "0.09"}
        again = consumer.consume(array.array("d", map(float, shown))).astype(kind)
        assert again.tobytes() == narrow.tobytes()


@pytest.mark.parametrize(
    ("form", "size"),
    [("100000s", 100_000), ("T{(1000)d:a:(1000)d:b:}", 16_000), ("100000w", 400_000)],
)
def test_long_elements_are_cut(form, size):
    a = "a".encode(f"utf-32-{sys.byteorder[0]}e")
    view = consumer.consume(a * (size // 2)).cast(form)
    assert len(view) == 2
    for text in (str(view), repr(view)):
        assert len(text) < 250
    assert str(view).count("…") == 2


def test_a_long_format_is_cut():
    form = "T{" + "".join(f"I:field_{n}:" for n in range(20_000)) + "}"
    view = consumer.consume(bytes(80_000 * 2)).cast(form)
    assert len(repr(view)) < 1500
    assert len(str(view)) < 250


def test_an_object_whose_repr_raises_raises():
    class Bad:
        def __repr__(self):
            raise ZeroDivisionError

    ctypes = pytest.importorskip("ctypes")
    view = consumer.consume((ctypes.py_object * 2)(1, Bad()))
    for show in (str, repr):
        with pytest.raises(ZeroDivisionError):
            show(view)
