"""`None` in a tuple key: a new dimension of length 1, as in NumPy; and `size`."""

import itertools
import math
import pickle
import random

import consumer
import pytest

from support.oracles import address
from support.tricksters import Releasing
from support.views import cube

PARTS = [None, ..., 0, -1, slice(None), slice(None, None, -1), slice(1, None), slice(0, 0)]


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (2, 3, 4)])
def test_keys_with_new_dimensions_select_what_numpy_selects(np, shape):
    source = np.arange(math.prod(shape), dtype="i4").reshape(shape)
    view = consumer.consume(source)
    for key in itertools.chain.from_iterable(
        itertools.product(PARTS, repeat=n) for n in range(1, 5)
    ):
        named = sum(part is not None and part is not ... for part in key)
        if None not in key or key.count(...) > 1 or named > len(shape):
            continue
        try:
            expected = source[key]
        except IndexError:
            with pytest.raises(IndexError):
                view[key]
            continue
        part = view[key]
        assert part.tolist() == expected.tolist()
        assert (part.shape, part.strides) == (expected.shape, expected.strides)
        assert part.c_contiguous == expected.flags.c_contiguous
        assert part.f_contiguous == expected.flags.f_contiguous
        assert memoryview(part).c_contiguous == part.c_contiguous
        assert memoryview(part).f_contiguous == part.f_contiguous
        if expected.size:
            assert address(part) == expected.__array_interface__["data"][0]
        assert np.shares_memory(np.asarray(part), source) == bool(expected.size)


@pytest.mark.parametrize("ndim", range(3, 9))
def test_keys_select_what_numpy_selects_from_few_and_many_dimensions(np, ndim):
    source = np.arange(3 * 2 ** (ndim - 1)).reshape((3, *(2,) * (ndim - 1)))
    view = consumer.consume(source)
    choose = random.Random(ndim)
    for _ in range(500):
        key = tuple(choose.choices(PARTS, k=choose.randrange(1, ndim + 3)))
        named = sum(part is not None and part is not ... for part in key)
        if key.count(...) > 1 or named > ndim:
            continue
        part, expected = view[key], source[key]
        if not isinstance(part, consumer.ConsumerArray):
            assert part == expected
            continue
        assert (part.shape, part.strides) == (expected.shape, expected.strides)
        assert part.tolist() == expected.tolist()


def test_a_new_dimension_is_a_view_like_any_other():
    view = consumer.consume(bytearray(range(6)))
    column = view[:, None]
    assert column.tolist() == [[n] for n in range(6)]
    column[2, 0] = 9
    assert view[2] == 9
    assert column[::-2].T.tolist() == [[5, 3, 1]]
    assert column.reshape(2, 3).tolist() == [[0, 1, 9], [3, 4, 5]]
    assert column.copy() == column == pickle.loads(pickle.dumps(column))
    assert column[..., None].reshape(-1) == view
    assert 9 in column
    assert column.index(9) == (2, 0)
    assert type(consumer.consume(b"7").cast("B", ())[None,]) is consumer.ConsumerArray
    assert type(column[0, 0, None][0, ...]) is consumer.ConsumerScalar


def test_an_element_with_a_new_dimension_is_a_view():
    view, _ = cube((2, 3))
    for key in ((1, 2, None), (None, 1, 2), (1, None, 2), (..., 1, 2, None)):
        part = view[key]
        assert (part.shape, part.tolist()) == ((1,), [5])


def test_new_dimensions_take_what_is_assigned(np):
    for key in ((slice(None), None), (None, ..., 0), (1, None), (None, None), (0, 1, None)):
        source, expected = (np.arange(6, dtype="i4").reshape(2, 3) for _ in range(2))
        view = consumer.consume(source)
        value = -np.arange(expected[key].size, dtype="i4").reshape(expected[key].shape)
        view[key] = value
        expected[key] = value
        assert source.tolist() == expected.tolist()
        view[key] = 7
        expected[key] = 7
        assert source.tolist() == expected.tolist()
        with pytest.raises(ValueError, match="cannot assign"):
            view[key] = value[None]


def test_new_dimensions_of_fields_and_of_memory_behind_pointers(nd):
    records = consumer.consume(bytearray(range(12))).cast("T{<h:a:<h:b:}")
    assert records["b"][:, None].tolist() == [[770], [1798], [2826]]
    flags = nd.ND_PIL
    view = consumer.consume(nd.ndarray(list(range(12)), shape=[3, 4], format="i", flags=flags))
    for key, plain in (
        ((None,), ()),
        ((slice(None), None), ()),
        ((None, 1, None, slice(1, None)), (1, slice(1, None))),
        ((slice(None, None, -1), None, 2), (slice(None, None, -1), 2)),
    ):
        assert view[key].tobytes() == view[plain].tobytes()
        assert memoryview(view[key]).tobytes() == view[plain].tobytes()


def test_none_alone_is_no_key():
    view, _ = cube((4,))
    with pytest.raises(TypeError, match="not NoneType"):
        view[None]
    with pytest.raises(TypeError):
        view[None] = 0
    with pytest.raises(TypeError, match="cannot delete"):
        del view[:, None]


def test_as_many_dimensions_as_there_can_be():
    view, _ = cube((4,))
    assert view[(None,) * 63].ndim == 64
    assert view[(0, *(None,) * 64)].ndim == 64
    assert view[(None,) * 63].tobytes() == view.tobytes()
    for key in ((None,) * 64, (None,) * 1_000_000, (0, *(None,) * 65), (..., *(None,) * 64)):
        with pytest.raises(ValueError, match="dimensions"):
            view[key]
    for key in ((0, 0, None), (None, slice(None), slice(None)), (None,) * 9 + (0,) * 100):
        with pytest.raises(TypeError, match="too many indices"):
            view[key]
    with pytest.raises(TypeError, match="ellipsis"):
        view[..., None, ...]


def test_a_key_with_a_new_dimension_that_releases_the_view():
    data = bytearray(range(10))
    view = consumer.consume(data)
    with pytest.raises(ValueError, match="released"):
        view[None, Releasing(view, data)]
    view = consumer.consume(bytearray(10))
    assert view[None, Releasing(view) :].shape == (1, 10)


@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3), (0,), (3, 0), (2, 1, 4)])
def test_the_size_is_the_number_of_elements(np, shape):
    view, _ = cube(shape)
    assert view.size == np.empty(shape).size == view.nbytes // view.itemsize
    assert type(view.size) is int
    view.release()
    with pytest.raises(ValueError, match="released"):
        _ = view.size


def test_matplotlib_plots_a_view(np):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot

    source = np.array([0.5, 1.5, 1.0])
    figure, axes = pyplot.subplots()
    try:
        for drawn in (*axes.plot(consumer.consume(source)), *axes.plot(source)):
            assert drawn.get_ydata().tolist() == source.tolist()
        both = consumer.consume(source[::-1])
        (line,) = axes.plot(both, consumer.consume(source), "o")
        assert line.get_xydata().tolist() == np.stack([source[::-1], source], 1).tolist()
        table = consumer.consume(np.arange(6.0).reshape(3, 2))
        assert [line.get_ydata().tolist() for line in axes.plot(table)] == [[0, 2, 4], [1, 3, 5]]
    finally:
        pyplot.close(figure)
