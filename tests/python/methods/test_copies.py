"""What leaves the view: `tolist`, `tobytes`, `copy`, and the read-only view of the same memory."""

import array
import itertools
import math
import operator
import struct

import consumer
import pytest

from support import oracles
from support.exporters import Exporter
from support.oracles import (
    NATIVE,
    SWAPPED,
    address,
    c_strides,
    indices,
    nest,
    same,
    selected_layout,
)

SHAPES = [(), (1,), (5,), (2, 3), (3, 2, 4), (2, 1, 3, 2), (0,), (0, 3), (3, 0), (2, 0, 2)]


def numbers(shape, form="h"):
    count = math.prod(shape)
    values = list(range(count))
    data = oracles.packed(form, values)
    exporter = Exporter(data, form.encode(), struct.calcsize(form), shape=shape)
    return consumer.consume(exporter), nest(values, shape), data


@pytest.mark.parametrize("form", ["B", "h", ">i", "q"])
@pytest.mark.parametrize("shape", SHAPES)
def test_lists_nest_as_deep_as_there_are_dimensions(shape, form):
    view, nested, _ = numbers(shape, form)
    assert same(view.tolist(), nested)


def gathered(data, size, shape, strides, order, offset=0):
    """The bytes of elements in a layout over `data`, one after the other."""
    places = (index[::-1] for index in indices(shape[::-1])) if order == "F" else indices(shape)
    starts = [offset + sum(map(operator.mul, index, strides)) for index in places]
    return b"".join(data[start : start + size] for start in starts)


@pytest.mark.parametrize("form", ["B", "h", ">i", "q", "5s", "Zd", "3s"])
@pytest.mark.parametrize("shape", SHAPES)
def test_bytes_in_every_order(shape, form):
    size = {"5s": 5, "3s": 3, "Zd": 16}.get(form) or struct.calcsize(form)
    count = math.prod(shape)
    data = bytes(i % 251 for i in range(count * size))
    view = consumer.consume(Exporter(data, form.encode(), size, shape=shape))
    assert view.tobytes() == view.tobytes("C") == view.tobytes(order="C") == data
    assert view.tobytes(None) == data
    assert view.tobytes("F") == gathered(data, size, shape, c_strides(shape, size), "F")
    assert view.tobytes("A") == data
    assert view.T.tobytes("A") == data
    assert view.T.tobytes("F") == data
    assert view.T.tobytes("C") == view.tobytes("F")
    for key in itertools.product([slice(None, None, -1), slice(None, None, 2)], repeat=len(shape)):
        offset, lengths, steps = selected_layout(shape, c_strides(shape, size), key)
        part = view[(..., *key)]
        for order in "CF":
            assert part.tobytes(order) == gathered(data, size, lengths, steps, order, offset)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 32, 40])
def test_bytes_of_elements_of_every_size(size):
    data = bytes(i % 253 for i in range(11 * 13 * size))
    view = consumer.consume(Exporter(data, b"x" * size, size, shape=(11, 13)))
    assert view.tobytes() == data
    assert view.T.tobytes() == gathered(data, size, (11, 13), (13 * size, size), "F")
    elements = [data[i : i + size] for i in range(0, len(data), size)]
    # Some steps have loops of their own, for some sizes.
    for step in (-3, -2, -1, 2, 3, 4, 5, 7, 8, 9):
        part = view.reshape(-1)[::step]
        assert part.tobytes() == part.copy().tobytes() == b"".join(elements[::step])
    copy = view.T.copy()
    assert copy.tobytes() == view.T.tobytes()


def test_orders_that_are_none():
    view = consumer.consume(b"abc")
    for order in ("K", "", "c", "CF"):
        with pytest.raises(ValueError, match="order must be 'C', 'F' or 'A'"):
            view.tobytes(order)
    for order in (1, b"C"):
        with pytest.raises(TypeError):
            view.tobytes(order)


@pytest.mark.parametrize("key", [..., slice(None, None, -2), 1, (0, 1)])
def test_bytes_and_lists_of_arrays_of_pointers(nd, key):
    exporter = nd.ndarray(list(range(24)), shape=[2, 3, 4], format=">h", flags=nd.ND_PIL)
    view = consumer.consume(exporter)[key]
    nested = oracles.select(exporter.tolist(), oracles.expand(key, 3))
    assert view.tolist() == nested
    assert view.tobytes() == oracles.packed(">h", oracles.flatten(nested, view.ndim))
    if key == ...:
        assert view.tobytes("F") == memoryview(exporter).tobytes("F")
    copy = view.copy()
    assert (copy.tolist(), copy.suboffsets, copy.shape) == (nested, (), view.shape)


def test_a_copy_is_its_own_memory():
    source = array.array("i", range(6))
    view = consumer.consume(source)
    copy = view.copy()
    source[0] = 100
    assert copy.tolist() == list(range(6))
    copy[1] = 50
    assert source[1] == 1
    assert copy.obj is None
    assert address(copy) != address(view)
    view.release()
    source.append(1)
    assert copy[1] == 50


@pytest.mark.parametrize("form", oracles.STRUCT_FORMATS)
def test_a_copy_is_writable_native_and_in_c_order(form):
    size = struct.calcsize(form)
    values = (oracles.values_of(form[-1], size) * 2)[:12]
    exporter = Exporter(
        oracles.packed(form, values), form.encode(), size, shape=(3, len(values) // 3)
    )
    view = consumer.consume(exporter).T[::-1]
    copy = view.copy()
    assert same(copy.tolist(), view.tolist())
    assert not copy.readonly
    assert copy.c_contiguous
    assert (copy.shape, copy.strides) == (view.shape, c_strides(view.shape, size))
    # The bytes are those of the native code, and the format says so to struct.
    assert copy.format[0] not in (SWAPPED, "!" if SWAPPED == ">" else "")
    assert struct.calcsize(copy.format) == size
    flat = oracles.flatten(copy.tolist(), 2)
    assert copy.tobytes() == oracles.packed(copy.format, flat)


def test_a_copy_of_what_cannot_be_read_has_the_same_bytes():
    view = consumer.consume(Exporter(b"abcdefghij", b">5s", 5))
    copy = view[::-1].copy()
    assert (copy.tobytes(), copy.format, copy.readonly) == (b"fghijabcde", ">5s", False)


def test_a_copy_of_a_swapped_number_of_every_kind(np):
    for code in "hHiIlLqQefdFD":
        source = np.array([0, 1, 2], code).astype(np.dtype(code).newbyteorder(SWAPPED))
        copy = consumer.consume(source).copy()
        assert same(copy.tolist(), source.tolist())
        native = np.asarray(copy)
        assert native.dtype == np.dtype(code)
        assert native.dtype.isnative
        assert native.tobytes() == source.astype(code).tobytes()


def test_large_copies_go_the_same_way(np):
    source = np.arange(300 * 401, dtype="i4").reshape(300, 401)
    for array_of in (
        source,
        source.T,
        source[::-1, ::3],
        source.astype(">i4").T,
        source[:, ::-1].T,
    ):
        view = consumer.consume(array_of)
        assert view.tolist() == array_of.tolist()
        assert view.tobytes() == array_of.tobytes("C")
        assert view.tobytes("F") == array_of.tobytes("F")
        assert view.copy().tobytes() == array_of.astype("=i4").tobytes("C")


def test_the_read_only_view_shares_the_memory():
    data = bytearray(b"abc")
    view = consumer.consume(data)
    fixed = view.toreadonly()
    assert (view.readonly, fixed.readonly) == (False, True)
    assert address(fixed) == address(data)
    view[0] = 122
    assert fixed.tobytes() == b"zbc"
    assert fixed[1:].readonly
    assert fixed.reshape(1, 3).T.readonly
    assert memoryview(fixed).readonly
    assert not fixed.copy().readonly
    assert fixed.toreadonly().tobytes() == b"zbc"
    with pytest.raises(TypeError, match="read-only"):
        fixed[0] = 1
    view.release()
    assert fixed.tobytes() == b"zbc"


def test_nothing_is_taken_from_a_released_view():
    view = consumer.consume(b"abc")
    view.release()
    for use in (view.tolist, view.tobytes, view.copy, view.toreadonly):
        with pytest.raises(ValueError, match="released"):
            use()


def test_characters_are_copied_natively():
    text = "aß€"
    for order, codec in (("<", "utf-32-le"), (">", "utf-32-be")):
        copy = consumer.consume(Exporter(text.encode(codec), (order + "u").encode(), 4)).copy()
        assert copy.tolist() == list(text)
        assert copy.tobytes() == text.encode("utf-32-le" if NATIVE == "<" else "utf-32-be")
