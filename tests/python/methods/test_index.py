"""Reading by key: elements, slices and sub-views in any number of dimensions."""

import array
import ctypes
import itertools
import math
import sys

import consumer
import pytest

from support.exporters import Exporter
from support.oracles import (
    address,
    c_strides,
    expand,
    indices,
    select,
    selected_layout,
)
from support.views import cube

SMALL = [None, -9, -4, -1, 0, 1, 3, 4, 9]
STEPS = [None, 1, 2, 3, 9, -1, -2, -9]


def check(view, nested, key):
    """The view that a key gives has the elements, the layout and the place that it should."""
    whole = expand(key, view.ndim)
    offset, shape, strides = selected_layout(view.shape, view.strides, whole)
    part = view[key]
    assert (part.shape, part.strides, part.suboffsets) == (shape, strides, ())
    assert part.tolist() == select(nested, whole)
    if 0 not in shape:
        assert address(part) == address(view) + offset
    assert (part.format, part.itemsize, part.readonly) == (view.format, 2, view.readonly)
    assert part.obj is view.obj
    return part


@pytest.mark.parametrize("length", [0, 1, 4])
def test_slices_of_one_dimension_select_what_those_of_a_list_do(length):
    view, numbers = cube((length,))
    for start, stop, step in itertools.product(SMALL, SMALL, STEPS):
        check(view, numbers, slice(start, stop, step))


def test_slices_of_slices():
    view, numbers = cube((12,))
    keys = [slice(None, None, -1), slice(2, 9, 2), slice(-3, None), slice(8, 2, -3)]
    for first, second in itertools.product(keys, keys):
        part = check(view, numbers, first)
        check(part, numbers[first], second)


PARTS = [0, -1, slice(None), slice(None, None, -1), slice(1, None, 2), slice(5, 9), Ellipsis]


@pytest.mark.parametrize("count", range(4))
def test_keys_of_three_dimensions(count):
    view, numbers = cube((3, 2, 4))
    for key in itertools.product(PARTS, repeat=count):
        if key.count(Ellipsis) > 1:
            continue
        if len(key) == 3 and all(isinstance(part, int) for part in key):
            assert view[key] == select(numbers, key)
        else:
            check(view, numbers, key)


def test_an_index_of_many_dimensions_is_a_view_of_the_others():
    view, numbers = cube((3, 2, 4))
    for i in range(-3, 3):
        check(view, numbers, i)
        check(view[i], numbers[i], -1)
        assert view[i][1][2] == view[i, 1][2] == view[i][1, 2] == numbers[i][1][2]


def test_elements_by_every_index_from_either_end():
    view, numbers = cube((2, 3, 2))
    for index in itertools.product(range(-2, 2), range(-3, 3), range(-2, 2)):
        assert view[index] == select(numbers, index)


def test_sub_views_share_the_memory():
    numbers = array.array("i", range(10))
    view = consumer.consume(numbers)
    part = view[2:8][::-2]
    numbers[7] = 70
    assert part.tolist() == [70, 5, 3]
    part[0] = 71
    assert numbers[7] == 71


def test_no_dimensions():
    view = consumer.consume(Exporter((7).to_bytes(2, sys.byteorder), b"h", 2, shape=()))
    assert view[()] == 7
    whole = view[...]
    assert (whole.shape, whole.tolist(), address(whole)) == ((), 7, address(view))
    assert view[(...,)].tolist() == 7
    for key in (0, slice(None), (0,), (slice(None),), (..., 0)):
        with pytest.raises(TypeError, match="too many indices"):
            view[key]
    if sys.version_info < (3, 12):
        assert len(view) == len(memoryview(view)) == 1
    else:
        with pytest.raises(TypeError, match="0-dim memory has no length"):
            len(view)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 2)])
def test_no_elements(shape):
    view, numbers = cube(shape)
    assert len(view) == shape[0]
    check(view, numbers, ...)
    check(view, numbers, slice(None, None, -1))
    check(view, numbers, slice(0, 0))
    for dimension, length in enumerate(shape):
        if length == 0:
            key = (*(slice(None),) * dimension, 0)
            with pytest.raises(
                IndexError, match=f"index out of bounds on dimension {dimension + 1}"
            ):
                view[key]


def test_strides_that_are_no_multiple_of_the_itemsize():
    data = bytes(range(64))
    view = consumer.consume(Exporter(data, b">H", 2, shape=(3, 4), strides=(17, 3)))
    for index in indices((3, 4)):
        start = 17 * index[0] + 3 * index[1]
        assert view[index] == int.from_bytes(data[start : start + 2])
    nested = view.tolist()
    for key in itertools.product(PARTS[:-1], repeat=2):
        if any(isinstance(part, slice) for part in key):
            assert view[key].tolist() == select(nested, key)


def test_negative_and_zero_strides():
    data = bytes(range(24))
    exporter = Exporter(data, shape=(2, 3, 4), strides=(0, -4, 1), offset=8)
    view = consumer.consume(exporter)
    expected = [[[8 - 4 * j + k for k in range(4)] for j in range(3)] for _ in range(2)]
    assert view.tolist() == expected
    assert view[1, ::-1].tolist() == expected[1][::-1]
    assert address(view[0, 2]) == exporter.buf - 8


def test_sixty_four_dimensions():
    shape = (1,) * 62 + (2, 3)
    view, numbers = cube(shape)
    assert (view.ndim, view.shape, view.strides) == (64, shape, c_strides(shape, 2))
    assert view[(0,) * 62 + (1, 2)] == 5
    assert view.tolist() == numbers
    assert view[(0,) * 62].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert view[..., ::-1, 1].shape == (1,) * 62 + (2,)
    assert view[..., 1, ::-1][(0,) * 62].tolist() == [5, 4, 3]
    with pytest.raises(TypeError, match="too many indices: 65"):
        view[(0,) * 65]


@pytest.mark.parametrize("shape", [(3,), (3, 2), (2, 3, 2), (2, 1, 3, 2)])
def test_arrays_of_pointers(nd, shape):
    count = math.prod(shape)
    exporter = nd.ndarray(list(range(count)), shape=list(shape), format="h", flags=nd.ND_PIL)
    nested = exporter.tolist()
    view = consumer.consume(exporter)
    assert view.suboffsets == exporter.suboffsets
    assert (view.c_contiguous, view.f_contiguous, view.contiguous) == (False, False, False)
    assert view.tolist() == nested
    for index in indices(shape):
        assert view[index] == select(nested, index)
    # The first dimension is the one of pointers, and no key for the others changes that.
    for key in itertools.product(PARTS[:-1], repeat=len(shape)):
        if all(isinstance(part, int) for part in key):
            continue
        part = view[key]
        assert part.tolist() == select(nested, key)
        assert part.tobytes() == bytes_of(select(nested, key))
        assert part.shape == selected_layout(shape, view.strides, key)[1]


def bytes_of(nested):
    if isinstance(nested, int):
        return array.array("h", [nested]).tobytes()
    return b"".join(map(bytes_of, nested))


def test_writing_through_pointers(nd):
    exporter = nd.ndarray(
        list(range(6)), shape=[2, 3], format="h", flags=nd.ND_PIL | nd.ND_WRITABLE
    )
    view = consumer.consume(exporter)
    view[1, 2] = 50
    view[:, 0] = view[:, 1]
    view[0, ::-1] = array.array("h", [7, 8, 9])
    assert exporter.tolist() == [[9, 8, 7], [4, 4, 50]]


def test_pointers_behind_pointers():
    rows = [
        [(ctypes.c_ubyte * 3)(*(10 * i + j + k for k in range(3))) for j in (0, 5)] for i in (0, 1)
    ]
    inner = [(ctypes.c_void_p * 2)(*map(ctypes.addressof, row)) for row in rows]
    outer = (ctypes.c_void_p * 2)(*map(ctypes.addressof, inner))
    exporter = Exporter(bytes(outer), shape=(2, 2, 3), strides=(8, 8, 1), suboffsets=(0, 0, -1))
    view = consumer.consume(exporter)
    nested = [[list(row) for row in plane] for plane in rows]
    assert view.tolist() == nested
    assert view[1].tolist() == nested[1]
    assert view[1, 0].tolist() == nested[1][0]
    assert view[1, ::-1, 1:].tolist() == select(nested, (1, slice(None, None, -1), slice(1, None)))
    assert view[::-1, :, 2].tolist() == select(nested, (slice(None, None, -1), slice(None), 2))
    for index in indices((2, 2, 3)):
        assert view[index] == select(nested, index)
    with pytest.raises(BufferError, match="two pointers"):
        view[:, 0]
