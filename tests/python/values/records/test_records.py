"""Records, strings of fixed width and sub-arrays: against struct, NumPy and values by hand."""

import re
import string
import struct

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.exporters import Exporter
from support.numpy_values import values
from support.oracles import same

CODES = "xcbB?hHiIlLqQfdsp"


@st.composite
def formats(draw):
    """Formats of struct, with counts and white space, of more than one value."""
    prefix = draw(st.sampled_from(["", "@", "=", "<", ">", "!"]))
    codes = CODES + ("nNP" if prefix in ("", "@") else "")
    item = st.builds("{}{}".format, st.integers(0, 4), st.sampled_from(codes))
    # struct itself fails on a Pascal string without room for its length.
    items = draw(st.lists(item.filter("0p".__ne__), min_size=1, max_size=6))
    return prefix + draw(st.sampled_from(["", " "])).join(items)


def as_value(values):
    """What one element is: a format of one value is that value."""
    return values[0] if len(values) == 1 else values


@given(formats(), st.data())
def test_records_are_what_struct_unpacks(form, data):
    size = struct.calcsize(form)
    if size == 0 or not form.strip("@=<>! 0123456789x"):
        return
    memory = data.draw(st.binary(min_size=3 * size, max_size=3 * size))
    exporter = Exporter(memory, form.encode(), size, readonly=False)
    view = consumer.consume(exporter)
    expected = [as_value(values) for values in struct.iter_unpack(form, memory)]
    assert same(view.tolist(), expected)
    assert same(list(reversed(view)), expected[::-1])
    # Reading and writing back is the identity, except for a bool that was neither 0 nor 1, what
    # follows the end of a Pascal string, and NaN.
    values = view.tolist()
    for index, value in enumerate(values):
        view[index] = value
    assert same(view.tolist(), values)
    if "nan" not in repr(values):
        assert view == exporter
        assert view == view.copy()
        assert all(value in view for value in values)


def test_padding_is_left_alone():
    exporter = Exporter(b"\xff" * 16, b"bxi", 8, readonly=False)
    view = consumer.consume(exporter)
    view[0] = (1, 2)
    view[...] = (1, 2)
    expected = b"\x01\xff\xff\xff" + struct.pack("i", 2)
    assert exporter.bytes_now() == expected * 2


def test_nested_records_and_sub_arrays():
    memory = struct.pack("<hbb4hd", 1, 2, 3, 4, 5, 6, 7, 0.5)
    form = b"T{<h:a:T{b:x:b:y:}:b:(2,2)h:c:d:d:}"
    exporter = Exporter(memory, form, len(memory), readonly=False)
    view = consumer.consume(exporter)
    value = (1, (2, 3), [[4, 5], [6, 7]], 0.5)
    assert view[0] == value
    view[0] = (7, [8, 9], ((1, 2), (3, 4)), 2)
    assert exporter.bytes_now() == struct.pack("<hbb4hd", 7, 8, 9, 1, 2, 3, 4, 2.0)
    assert str(view) == "[ (7, (8, 9), [[1, 2], [3, 4]], 2.0) ]"


@pytest.mark.parametrize(
    "form", ["i4,f8", "u1,(2,3)i2,>f4", "?,S3,<i2", ">i2,V3,c16", "i1,i8,e", "b,b,b,b"]
)
@pytest.mark.parametrize("align", [False, True])
def test_numpy_records(np, form, align):
    dtype = np.dtype(form, align=align)
    generator = np.random.default_rng(1)
    count = 3 * dtype.itemsize
    array = np.frombuffer(generator.integers(0, 100, count, "u1").tobytes(), dtype).copy()
    try:
        view = consumer.consume(array)
    except (ValueError, BufferError):
        pytest.skip("NumPy does not export it")
    assert same(view.tolist(), values(array))


def test_numpy_strings(np):
    words = np.array(["a", "", "abc", "\N{SNOWMAN}"])
    for array in (words, words.astype(">U3"), words[::-2]):
        view = consumer.consume(array)
        assert view.tolist() == array.tolist()
        assert "abc" in view or "abc" not in array
    view = consumer.consume(words)
    view[0] = "xy"
    assert words[0] == "xy"
    for wrong, error in ((b"x", TypeError), ("abcd", ValueError), (1, TypeError)):
        with pytest.raises(error):
            view[0] = wrong
    assert words[0] == "xy"
    raw = np.array([b"ab", b""], "S3")
    assert consumer.consume(raw).tolist() == [b"ab\0", b"\0\0\0"]
    assert consumer.consume(np.zeros(2, "V3")).tolist() == [b"\0\0\0"] * 2


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ((1,), ValueError),
        ((1, 2, 3), ValueError),
        (1, TypeError),
        ("ab", TypeError),
        ((1, "x"), TypeError),
        ((1, 300), ValueError),
        ((None, 1), TypeError),
    ],
)
def test_nothing_is_written_of_a_record_that_does_not_fit(value, error):
    exporter = Exporter(bytes(range(1, 9)), b"<HB", 3, shape=(2,), readonly=False)
    before = exporter.bytes_now()
    with pytest.raises(error):
        consumer.consume(exporter)[0] = value
    assert exporter.bytes_now() == before


@pytest.mark.parametrize(
    "form",
    [
        "1000000000b",
        "100000000T{}b",
        "T{99999999b}",
        "(9223372036854775807)0sb",
        "(4611686018427387904)T{}b",
        "65536T{65536T{}}b",
        "65536T{65536b}",
        "(65536,65536)T{}b",
        "(4611686018427387904,0)Hb",
        "(65536,65536,0)Hb",
        "(65537)T{(65537,0)Hb}b",
    ],
)
def test_a_count_costs_neither_memory_nor_time_beyond_measure(form):
    """With absurdly many fields, or more values than bytes, only the bytes can be read."""
    for data in (b"", b"a"):
        try:
            view = consumer.consume(data).cast(form)
        except (TypeError, ValueError):
            continue
        if view.nbytes:
            assert view != view
            with pytest.raises(NotImplementedError, match="more"):
                view.tolist()


def test_as_many_values_as_bytes_are_read_in_any_records():
    data = bytes(range(200)) * 500
    for form, numbers in [
        ("(300,300)?", True),
        ("300T{300T{?:a:}:b:}", False),
        ("100000T{T{T{B:a:}:b:}:c:}", False),
    ]:
        view = consumer.consume(data).cast(f"{form}:mask:", count=1)
        read = view["mask"].tolist()[0]
        assert len(read) == int(re.search(r"\d+", form)[0])
        if numbers:
            assert sum(map(sum, read)) == sum(map(bool, data[:90000]))
    assert read == [(((number,),),) for number in data]


@given(st.text(string.ascii_letters, max_size=5), st.integers(0, 255))
def test_equality_across_formats_goes_by_value(text, number):
    data = text.encode()
    packed = struct.pack("<I6sB", number, data, number)
    left = Exporter(packed, b"<I6sB", 11)
    right = struct.pack(">B2x6sxd", number, data, number)
    view = consumer.consume(left)
    assert view == Exporter(right, b">B2x6sxd", len(right))
    other = struct.pack(">B2x6sxd", number, data, number + 0.5)
    assert view != Exporter(other, b">B2x6sxd", len(other))


def test_strings_are_as_long_as_they_are_whatever_a_subclass_says():
    class Text(str):
        __slots__ = ()

        def __len__(self):
            return 3

    class Bytes(bytes):
        def __len__(self):
            return 200

    view = consumer.consume(bytearray(12)).cast("3w")
    view[0] = Text("a")
    assert view[0] == "a"
    with pytest.raises(ValueError, match="length 4 does not fit"):
        view[0] = Text("abcd")
    for code, stored in (("4p", b"\2ab\0"), ("4s", b"ab\0\0")):
        view = consumer.consume(bytearray(4)).cast(code)
        view[0] = Bytes(b"ab")
        assert view.tobytes() == stored
