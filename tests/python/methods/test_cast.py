"""cast and hex: against memoryview, NumPy, struct and bytes."""

import array
import ctypes
import itertools
import struct

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import oracles

DATA = bytes(range(1, 121))


@pytest.mark.parametrize("source", ["B", "b", "c", "h", "<I", ">d", "?"])
@pytest.mark.parametrize("target", ["B", "b", "h", "<H", ">H", "i", "=q", "!d", "@f"])
def test_the_bytes_are_read_as_the_new_format(source, target):
    view = consumer.consume(DATA).cast(source).cast(target)
    expected = [value for (value,) in struct.iter_unpack(target, DATA)]
    assert (view.format, view.itemsize) == (target, struct.calcsize(target))
    assert view.shape == (len(expected),)
    # NaN is not equal to itself, its text is.
    assert list(map(repr, view.tolist())) == list(map(repr, expected))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(120,), (60, 2), (2, 3, 4, 5), [5, 24], (1, 120, 1)])
def test_a_shape_in_either_order(np, shape, order):
    view = consumer.consume(DATA).cast("B", shape, order=order)
    expected = np.frombuffer(DATA, "u1").reshape(shape, order=order)
    assert (view.shape, view.strides) == (expected.shape, expected.strides)
    assert view.tolist() == expected.tolist()
    # And on from there to any other shape.
    again = view.cast("<h", (30, 2), order=order)
    expected = np.frombuffer(DATA, "<i2").reshape((30, 2), order=order)
    assert again.tolist() == expected.tolist()


def test_no_dimensions():
    view = consumer.consume(struct.pack("d", 1.5)).cast("d", ())
    assert (view.ndim, view[()]) == (0, 1.5)
    assert view.cast("B").shape == (8,)


def test_casts_write_through():
    data = bytearray(8)
    consumer.consume(data).cast(">H")[1] = 0x0102
    assert data == b"\0\0\1\2\0\0\0\0"


def test_a_cast_to_records_keeps_the_bytes():
    view = consumer.consume(DATA).cast("<IH")
    assert (view.itemsize, len(view), view.format) == (6, 20, "<IH")
    assert view[1:3].tobytes() == DATA[6:18]


NATIVE = {
    "?": ctypes.c_bool,
    "h": ctypes.c_short,
    "i": ctypes.c_int,
    "l": ctypes.c_long,
    "q": ctypes.c_longlong,
    "n": ctypes.c_ssize_t,
    "f": ctypes.c_float,
    "d": ctypes.c_double,
    "g": ctypes.c_longdouble,
    "P": ctypes.c_void_p,
}


@pytest.mark.parametrize("code", NATIVE)
def test_native_sizes_and_alignments_are_those_of_c(code):
    class Record(ctypes.Structure):
        _fields_ = (("a", ctypes.c_byte), ("b", NATIVE[code]))

    record = Record()
    for form, size in [
        (code, ctypes.sizeof(NATIVE[code])),
        (f"b{code}", Record.b.offset + Record.b.size),
        (f"T{{b{code}}}", ctypes.sizeof(Record)),
    ]:
        assert consumer.consume(record).cast(form, offset=0, count=1).itemsize == size


def test_one_dimension_of_any_stride_keeps_its_size(np):
    numbers = np.arange(10, dtype="i4")
    view = consumer.consume(numbers)[::-3].cast("f")
    assert view.tolist() == numbers[::-3].view("f4").tolist()
    with pytest.raises(TypeError, match="contiguous"):
        consumer.consume(numbers)[::2].cast("h")


def test_contiguous_elements_lose_a_stride_that_leads_nowhere():
    source = consumer.consume(DATA)[3:4:7]
    assert (source.strides, source.cast("b").strides) == ((7,), (1,))
    assert memoryview(DATA)[3:4:7].cast("b").strides == (1,)


def test_elements_in_fortran_order_are_contiguous_too(np):
    numbers = np.asfortranarray(np.arange(6, dtype="i4").reshape(2, 3))
    view = consumer.consume(numbers)
    assert view.cast("B", order="F").tobytes() == numbers.tobytes("F")
    assert view.cast("B").tobytes() == numbers.tobytes("F")
    with pytest.raises(TypeError, match="contiguous"):
        view.cast("B", (2, 12))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("h", (7,)), TypeError),
        (("B", (119,)), TypeError),
        (("B", {}), TypeError),
        (("B", 5), TypeError),
        (("B", ["x"]), TypeError),
        (("B", [-120]), ValueError),
        (("B", [0]), ValueError),
        (("B", [2**62, 4]), ValueError),
        (("B", [2**64]), OverflowError),
        (("B", [1] * 65), ValueError),
        (("X",), ValueError),
        (("",), ValueError),
        (("3t",), ValueError),
        (("T{i",), ValueError),
        (("B\0",), ValueError),
        (("0s",), ValueError),
        ((b"B",), TypeError),
        (("7s",), TypeError),
        ((), TypeError),
        (("B", None, "Z"), ValueError),
    ],
)
def test_what_cannot_be_cast(arguments, error):
    with pytest.raises(error):
        consumer.consume(DATA).cast(*arguments)


@pytest.mark.parametrize("form", ["B", "<H", ">I", "<IHH", "d", "3s"])
@pytest.mark.parametrize("offset", [0, 1, 16, 119, 120])
@pytest.mark.parametrize("count", [0, 1, 3, 40, 120])
def test_a_part_of_the_memory(form, offset, count):
    size, view = struct.calcsize(form), consumer.consume(DATA)
    if offset + count * size > len(DATA):
        message = f"{count} elements of {size} bytes are more than the {120 - offset} bytes"
        with pytest.raises(ValueError, match=message):
            view.cast(form, offset=offset, count=count)
        return
    part = view.cast(form, offset=offset, count=count)
    assert (part.format, part.shape) == (form, (count,))
    assert part.tobytes() == DATA[offset : offset + count * size]
    if count:
        assert oracles.address(part) == oracles.address(DATA) + offset


@pytest.mark.parametrize("form", ["B", "<H", ">I", "d", "3s"])
@pytest.mark.parametrize("offset", [0, 1, 2, 8, 112, 120])
def test_without_a_count_all_that_is_left_is_cast(form, offset):
    size, view = struct.calcsize(form), consumer.consume(DATA)
    if (len(DATA) - offset) % size:
        with pytest.raises(TypeError, match="multiple of the itemsize"):
            view.cast(form, offset=offset)
        return
    part = view.cast(form, offset=offset)
    assert part.tobytes() == DATA[offset:]
    assert part.shape == ((120 - offset) // size,)


def test_a_part_in_a_shape(np):
    view = consumer.consume(DATA)
    for order in "CF":
        part = view.cast("<H", (3, 4), order, offset=96)
        expected = np.frombuffer(DATA, "<u2", offset=96).reshape((3, 4), order=order)
        assert (part.shape, part.strides) == (expected.shape, expected.strides)
        assert part.tolist() == expected.tolist()
    assert view.cast("<H", (2, 3), offset=5, count=6).tobytes() == DATA[5:17]
    assert view.cast("<H", (3, 4), offset=8).tobytes() == DATA[8:32]
    assert view.cast("<H", (-1, 4), offset=8).shape == (14, 4)
    for shape, arguments in [((99,), {"offset": 8}), ((2, 3), {"count": 7}), ((3,), {"count": 2})]:
        with pytest.raises(TypeError, match="takes"):
            view.cast("<H", shape, **arguments)


def test_parts_of_rows_and_of_records_write_through():
    data = bytearray(16)
    rows = consumer.consume(data).reshape(2, 8)
    rows.cast(">I", offset=6, count=1)[0] = 0x01020304
    rows[1].cast("<IHH", offset=0, count=1)[0] = (5, 6, 7)
    assert data == b"\0\0\0\0\0\0\1\2\5\0\0\0\6\0\7\0"
    assert rows.toreadonly().cast("B", offset=3).readonly


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"offset": -1}, ValueError, "offset must not be negative"),
        ({"count": -1}, ValueError, "count must not be negative"),
        ({"offset": 121}, ValueError, "offset 121 is beyond the end of 120 bytes"),
        ({"offset": 2**70}, ValueError, "beyond the end"),
        ({"count": 121}, ValueError, "121 elements of 1 bytes are more than the 120 bytes"),
        ({"count": 2**70}, ValueError, "are more than"),
        ({"offset": 1.0}, TypeError, "integer"),
        ({"count": "1"}, TypeError, "integer"),
        ({"start": 1}, TypeError, "start"),
    ],
)
def test_what_is_no_part(arguments, error, message):
    with pytest.raises(error, match=message):
        consumer.consume(DATA).cast("B", **arguments)


def test_a_part_of_elements_that_are_not_contiguous():
    view = consumer.consume(DATA)
    for apart in (view[::2], view[::-1], view.reshape(10, 12)[:, :3]):
        with pytest.raises(TypeError, match=r"copy\(\)\.cast"):
            apart.cast("B", offset=1)
    # As positional arguments, these would not be a cast of memoryview.
    with pytest.raises(TypeError):
        view.cast("B", None, "C", 1)


def test_the_numbers_of_a_part_may_release_the_view():
    view = consumer.consume(bytearray(8))

    class Releasing:
        def __index__(self):
            view.release()
            return 1

    with pytest.raises(ValueError, match="released"):
        view.cast("B", offset=Releasing())


def test_casts_of_nothing():
    empty = consumer.consume(b"")
    assert empty.cast("d").shape == (0,)
    assert empty.cast("d", (0, 3)).shape == empty.cast("d", (-1, 3)).shape == (0, 3)
    assert empty.cast("d", (0, 3)).cast("B").shape == (0,)
    with pytest.raises(TypeError, match="takes 1 bytes, not 0"):
        empty.cast("B", (1,))


@given(st.integers(0, 30), st.integers(-9, 9), st.integers(0, 9))
def test_strides_stay_within_the_memory(offset, stride, length):
    view = consumer.consume(DATA[:30])
    try:
        part = view.cast("<H", (length,), offset=offset, strides=(stride,))
    except ValueError:
        ends = [offset, offset + (length - 1) * stride]
        assert length
        assert min(ends) < 0 or max(ends) + 2 > 30
        return
    places = [offset + index * stride for index in range(length)]
    assert part.tolist() == [struct.unpack_from("<H", DATA, place)[0] for place in places]
    if stride:
        most = view.cast("<H", offset=offset, strides=(stride,))
        assert len(most) >= length
        with pytest.raises(ValueError, match="beyond"):
            view.cast("<H", (len(most) + 1,), offset=offset, strides=(stride,))


@pytest.mark.parametrize(
    ("name", "form"),
    [("float32", "f"), ("<i4", "<i"), (">u2", ">H"), ("c8", "Zf"), ("S5", "5s"), ("bool", "?")],
)
def test_types_as_numpy_names_them(name, form):
    view = consumer.consume(DATA)
    assert view.cast(name).nbytes == 120
    assert view.cast(name) == view.cast(form) or name in {"float32", "c8"}


def test_types_that_objects_state(np):
    class Pair(ctypes.Structure):
        _fields_ = (("a", ctypes.c_short), ("b", ctypes.c_int))

    view = consumer.consume(DATA)
    for stated, form in (
        (np.dtype("<u4"), "<I"),
        (np.uint32, "I"),
        (ctypes.c_uint32, "I"),
        (struct.Struct("<I"), "<I"),
        (ctypes.c_uint32(0), "I"),
    ):
        assert view.cast(stated) == view.cast(form)
        assert view.astype(stated) == view
    assert view.cast(Pair)["b"] == consumer.consume((Pair * 15).from_buffer_copy(DATA))["b"]
    assert view.cast(np.dtype("<i2,<f4"))["f0"] == view.cast("<hf")["f0"]
    assert [view.cast(t).format for t in (int, float, bool)] == ["q", "d", "?"]
    for wrong in (None, 5, b"i", list, object()):
        with pytest.raises(TypeError, match="argument 'format'"):
            view.cast(wrong)


def test_a_cast_shares_the_export():
    data = bytearray(8)
    cast = consumer.consume(data).cast("d")
    assert cast.obj is data
    with pytest.raises(BufferError):
        data.append(1)
    cast.release()
    data.append(1)


def test_formats_that_are_no_text_come_back_as_they_were():
    view = consumer.consume(DATA).cast("B:é:")
    assert view.format == "B:é:"
    with pytest.raises(ValueError, match="UTF-8"):
        consumer.consume(DATA).cast("B:\udcff:")


@given(st.binary(max_size=70), st.integers(1, 3), st.integers(-5, 5))
def test_hex_is_that_of_bytes(data, step, group):
    view = consumer.consume(data)[::step]
    expected = data[::step]
    assert view.hex() == expected.hex()
    assert view.hex(":") == expected.hex(":")
    assert view.hex(b"-", group) == expected.hex(b"-", group)
    assert view.hex(bytes_per_sep=group) == expected.hex(bytes_per_sep=group)


def test_hex_of_every_layout(np):
    numbers = np.arange(24, dtype=">u4").reshape(2, 3, 4)
    for axes in itertools.permutations(range(3)):
        view = consumer.consume(numbers.transpose(axes))
        assert view.hex() == numbers.transpose(axes).tobytes().hex()


@pytest.mark.parametrize(
    "arguments", [("",), ("::",), ("é",), (1,), (None,), (":", "x"), (":", None)]
)
def test_hex_refuses_what_bytes_refuses(arguments):
    with pytest.raises((TypeError, ValueError)) as expected:
        b"ab".hex(*arguments)
    if arguments != (None,):
        with pytest.raises(expected.type):
            consumer.consume(array.array("b", [1, 2])).hex(*arguments)
