"""Other shapes of the same memory: `T`, `transpose` and `reshape`, and what contiguous means."""

import array
import ctypes
import itertools
import math

import consumer
import pytest

from support import oracles
from support.exporters import Exporter
from support.oracles import address, indices, nest

_is_contiguous = ctypes.pythonapi.PyBuffer_IsContiguous
_is_contiguous.argtypes = [ctypes.POINTER(oracles.PyBuffer), ctypes.c_char]
_is_contiguous.restype = ctypes.c_int


def numbers(shape, **rest):
    count = math.prod(shape)
    return consumer.consume(
        Exporter(array.array("h", range(count)).tobytes(), b"h", 2, shape=shape, **rest)
    )


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (2, 1, 3, 2), (0, 3), (1,) * 64])
def test_the_transpose_has_its_dimensions_the_other_way_around(shape):
    view = numbers(shape)
    for turned in (view.T, view.transpose(), view.transpose(None)):
        assert turned.shape == view.shape[::-1]
        assert turned.strides == view.strides[::-1]
        assert address(turned) == address(view)
        assert turned.obj is view.obj
        for index in indices(shape):
            assert turned[index[::-1]] == view[index]
    assert view == view.T.T
    assert view.T.f_contiguous
    assert view.T.tobytes("F") == view.tobytes()


def test_dimensions_in_every_order():
    view = numbers((2, 3, 4))
    for axes in itertools.permutations(range(3)):
        for turned in (
            view.transpose(*axes),
            view.transpose(axes),
            view.transpose(list(axes)),
            view.transpose(*(axis - 3 for axis in axes)),
        ):
            assert turned.shape == tuple(view.shape[axis] for axis in axes)
            assert turned.strides == tuple(view.strides[axis] for axis in axes)
            for index in indices(turned.shape):
                place = [0, 0, 0]
                for axis, number in zip(axes, index, strict=True):
                    place[axis] = number
                assert turned[index] == view[tuple(place)]


@pytest.mark.parametrize(
    "axes", [(0,), (0, 1), (0, 0, 1), (0, 1, 3), (0, 1, -4), (0, 1, 2, 3), ((),), ([],)]
)
def test_axes_that_do_not_name_each_dimension_once(axes):
    with pytest.raises(ValueError, match="do not name each"):
        numbers((2, 3, 4)).transpose(*axes)


@pytest.mark.parametrize("axes", [("a",), (0.0, 1.0, 2.0), (None, 1, 2), (2.5,)])
def test_axes_of_the_wrong_type(axes):
    with pytest.raises(TypeError):
        numbers((2, 3, 4)).transpose(*axes)


def test_no_dimensions_are_transposed_to_none():
    view = numbers(())
    for turned in (view.T, view.transpose(), view.transpose(())):
        assert (turned.shape, turned[()]) == ((), 0)


def test_pointers_stay_between_the_dimensions_that_they_are_between(nd):
    exporter = nd.ndarray(list(range(24)), shape=[2, 3, 4], format="h", flags=nd.ND_PIL)
    view = consumer.consume(exporter)
    nested = exporter.tolist()
    turned = view.transpose(0, 2, 1)
    assert turned.tolist() == [
        [list(column) for column in zip(*plane, strict=True)] for plane in nested
    ]
    for axes in ((1, 0, 2), (2, 1, 0)):
        with pytest.raises(BufferError, match="pointer"):
            view.transpose(axes)
    with pytest.raises(BufferError, match="pointer"):
        view.T  # noqa: B018


def shapes_of(count, most=3):
    """All shapes of `count` elements, with up to `most` dimensions."""
    if most == 0:
        return [()] if count == 1 else []
    found = [()] if count == 1 else []
    for length in range(1, count + 1):
        if count % length == 0:
            found += [(length, *rest) for rest in shapes_of(count // length, most - 1)]
    return found


@pytest.mark.parametrize("order", ["C", "F"])
def test_contiguous_memory_takes_every_shape(order):
    for count in (1, 6, 12):
        for old, new in itertools.product(shapes_of(count), repeat=2):
            view = numbers((count,)).reshape(old, order=order)
            assert view.shape == old
            shaped = view.reshape(*new, order=order)
            assert shaped.shape == new
            assert address(shaped) == address(view)
            # Read in that order, the elements are where they were.
            assert shaped.tobytes(order) == array.array("h", range(count)).tobytes()
            assert shaped.c_contiguous if order == "C" else shaped.f_contiguous


def test_one_length_is_what_the_others_leave():
    view = numbers((2, 3, 4))
    assert view.reshape(-1).tolist() == list(range(24))
    assert view.reshape(4, -1).tolist() == nest(list(range(24)), (4, 6))
    assert view.reshape((-1, 2, 2)).shape == (6, 2, 2)
    assert view.reshape([24, -1]).shape == (24, 1)
    assert numbers((0, 3)).reshape(-1).shape == (0,)
    assert numbers((0, 3)).reshape(-1, 5).shape == (0, 5)
    assert numbers(()).reshape(-1).tolist() == [0]
    assert numbers((1, 1)).reshape(()).tolist() == 0
    assert numbers((1,)).reshape().tolist() == 0


@pytest.mark.parametrize(
    "shape",
    [
        (5,),
        (24, 2),
        (),
        (-1, 5),
        (-1, -1),
        (-2, 12),
        (0, -1),
        (2**40, 2**40),
        (-1, 2**63 - 1),
        (25,),
    ],
)
def test_a_shape_of_another_number_of_elements(shape):
    with pytest.raises(ValueError, match="elements of shape"):
        numbers((2, 3, 4)).reshape(shape)


def test_lengths_beyond_every_memory():
    with pytest.raises((ValueError, IndexError, OverflowError)):
        numbers((4,)).reshape(2**64, 4)
    with pytest.raises(ValueError, match="at most 64"):
        numbers((1,)).reshape((1,) * 65)
    assert numbers((1,)).reshape((1,) * 64).ndim == 64


@pytest.mark.parametrize("shape", [("a",), (1.0, 4), (None,), (4, None), 2.5])
def test_lengths_of_the_wrong_type(shape):
    with pytest.raises(TypeError):
        numbers((4,)).reshape(shape)


def test_orders_by_name():
    view = numbers((2, 3))
    assert view.reshape(6, order="A").tolist() == list(range(6))
    assert view.T.reshape(6, order="A").tolist() == list(range(6))
    for order in ("K", "c", "", "CF"):
        with pytest.raises(ValueError, match="order must be 'C', 'F' or 'A'"):
            view.reshape(6, order=order)


def test_strided_memory_takes_the_shapes_that_need_no_copy(np):
    """NumPy's reshape copies only where it must: where its result shares memory, so must ours."""
    base = np.arange(4 * 6 * 4, dtype="h").reshape(4, 6, 4)
    keys = [slice(None), slice(None, None, 2), slice(None, None, -1), slice(1, 3), 0]
    for key, axes in itertools.product(
        itertools.product(keys, repeat=3), itertools.permutations(range(3))
    ):
        source = base.transpose(axes)[(*key, ...)]
        view = consumer.consume(source)
        for shape, order in itertools.product([*shapes_of(source.size, 2)[::3], (-1,)], "CF"):
            expected = source.reshape(shape, order=order)
            if np.shares_memory(source, expected):
                shaped = view.reshape(shape, order=order)
                assert shaped.shape == expected.shape
                assert shaped.tolist() == expected.tolist()
                assert address(shaped) == expected.__array_interface__["data"][0]
            else:
                with pytest.raises(ValueError, match="without a copy"):
                    view.reshape(shape, order=order)


def test_pointers_keep_their_shape(nd):
    exporter = nd.ndarray(list(range(6)), shape=[2, 3], format="h", flags=nd.ND_PIL)
    view = consumer.consume(exporter)
    assert view.reshape(2, 3).tolist() == exporter.tolist()
    assert view[1].reshape(3, 1).tolist() == [[3], [4], [5]]
    with pytest.raises(ValueError, match="without a copy"):
        view.reshape(6)


def test_contiguous_is_what_cpython_says_of_the_same_layout():
    lengths = [0, 1, 2]
    steps = [0, 1, 2, 4, -2]
    for ndim in range(4):
        for shape in itertools.product(lengths, repeat=ndim):
            for strides in itertools.product(steps, repeat=ndim):
                exporter = Exporter(bytes(40), b"h", 2, shape=shape, strides=strides, offset=20)
                with oracles.raw_buffer(exporter) as buffer:
                    expected = [bool(_is_contiguous(buffer, order)) for order in (b"C", b"F", b"A")]
                view = consumer.consume(exporter)
                seen = [view.c_contiguous, view.f_contiguous, view.contiguous]
                assert seen == expected, (shape, strides)


def test_contiguous_is_what_numpy_says_of_the_same_layout(np):
    base = np.zeros((4, 4, 4), "h")
    keys = [0, slice(None), slice(0, 1), slice(0, 0), slice(None, None, 2), slice(None, None, -1)]
    for key in itertools.product(keys, repeat=3):
        for array_of in (base[key], base[key].T):
            view = consumer.consume(array_of)
            assert view.c_contiguous == array_of.flags.c_contiguous
            assert view.f_contiguous == array_of.flags.f_contiguous


def test_a_released_view_takes_no_shape():
    view = numbers((2, 3))
    view.release()
    for use in (lambda: view.T, view.transpose, lambda: view.reshape(6), lambda: view.reshape(-1)):
        with pytest.raises(ValueError, match="released"):
            use()
