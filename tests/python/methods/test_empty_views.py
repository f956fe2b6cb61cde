"""Views without elements: what they are equal to, and that no pointer has to lead anywhere."""

import itertools

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.exporters import Exporter

np = pytest.importorskip("numpy")
testbuffer = pytest.importorskip("_testbuffer")

LENGTHS = [0, 1, 2, 3]
SHAPES = [shape for ndim in range(4) for shape in itertools.product(LENGTHS, repeat=ndim)]


def test_shapes_are_compared_up_to_a_length_of_0_as_memoryview_does():
    views = [(memoryview(a), consumer.consume(a)) for a in map(np.zeros, SHAPES)]
    for (left, ours), (right, others) in itertools.product(views, repeat=2):
        assert (ours == others) == (left == right), (ours.shape, others.shape)
        assert (ours == right) == (left == right) != (ours != others)


TYPES = ["B", "d", ">i4", "S3", "i4,f8", "O"]


@pytest.mark.parametrize("types", [*itertools.product(TYPES, repeat=2)], ids="-".join)
def test_nothing_equals_nothing_of_any_type(types):
    left, right = (consumer.consume(np.zeros((2, 0, 3), dtype)) for dtype in types)
    assert left == right
    assert left == consumer.consume(np.zeros((2, 0, 4), types[1]))
    assert left != consumer.consume(np.zeros((3, 0, 3), types[1]))
    assert left != consumer.consume(np.zeros((2, 0), types[1]))


def test_views_that_are_equal_have_equal_hashes():
    empty = [np.zeros(shape, "u1") for shape in [(0, 3), (0, 2), (0, 0)]]
    views = [consumer.consume(bytes(0))]
    for array in empty:
        array.flags.writeable = False
        views.append(consumer.consume(bytes(6)).cast("B", (2, 3))[:0])
    assert all(one == other for one, other in itertools.product(views[1:], repeat=2))
    assert len({hash(view) for view in views}) == 1


def nothing(shape) -> consumer.ConsumerArray:
    """A view with pointers on the way to its elements, of which there are none."""
    pil = testbuffer.ND_PIL | testbuffer.ND_WRITABLE
    return consumer.consume(testbuffer.ndarray([1], shape=list(shape), format="i", flags=pil))


def nowhere(shape, suboffsets) -> consumer.ConsumerArray:
    """The same with pointers behind any dimensions, which nobody may follow."""
    strides = [8] * len(shape)
    data = b"\x01" * 8
    exporter = Exporter(
        data, b"i", 4, shape=shape, strides=strides, suboffsets=suboffsets, readonly=False
    )
    return consumer.consume(exporter)


EMPTY = [shape for shape in SHAPES if 0 in shape]


def keys(shape):
    """Keys of all kinds that a shape allows: indices, slices, ellipses."""
    parts = []
    for length in shape:
        whole = [slice(None), slice(None, None, -1), slice(1, None), slice(-1, None, -2), slice(0)]
        parts.append(st.sampled_from(whole + list(range(-length, length))))
    full = st.tuples(*parts)
    part = full.flatmap(lambda key: st.integers(0, len(key)).map(lambda n: key[:n]))
    return st.one_of(part, part.map(lambda key: (..., *key) if len(key) == len(shape) else key))


def check(view, array):
    """That nothing is in the view, in the shape of the array."""
    assert view.shape == array.shape
    assert view.ndim == array.ndim
    assert view.nbytes == 0
    assert view.tolist() == array.tolist()
    assert view.tobytes() == b""
    assert view.hex() == ""
    assert view.tobytes("F") == b""
    assert view.copy().shape == array.shape
    assert view == array
    assert view == view.copy()
    assert view == view[...]
    assert view.astype("d").shape == array.shape
    assert view.byteswap().shape == array.shape
    assert 5 not in view
    assert view.count(5) == 0
    assert view.__array__(copy=False).shape == array.shape
    assert str(view).count("]") == str(array.tolist()).count("]")
    view[...] = 5
    view[...] = view
    assert [part.shape for part in view if view.ndim > 1] == [
        p.shape for p in array if array.ndim > 1
    ]
    assert [p.shape for p in reversed(view) if view.ndim > 1] == [
        p.shape for p in array if array.ndim > 1
    ]


@given(st.data())
def test_every_part_of_nothing_behind_pointers_can_be_had(data):
    shape = data.draw(st.sampled_from([shape for shape in EMPTY if len(shape) > 0]))
    view, array = nothing(shape), np.zeros(shape, "i4")
    if data.draw(st.booleans()):
        suboffsets = [data.draw(st.integers(-1, 4)) for _ in shape]
        view = nowhere(shape, suboffsets)
    check(view, array)
    for _ in range(data.draw(st.integers(1, 4))):
        if view.ndim and data.draw(st.booleans()):
            axes = data.draw(st.permutations(range(view.ndim)))
            view, array = view.transpose(*axes), array.transpose(*axes)
        else:
            key = data.draw(keys(array.shape))
            part = array[key]
            if part.size:
                return
            view, array = view[key], part
        if array.ndim:
            check(view, array)


@pytest.mark.parametrize("shape", EMPTY, ids=str)
def test_nothing_behind_pointers_has_any_shape(shape):
    view = nothing(shape)
    for other in EMPTY:
        for order in "CF":
            assert view.reshape(*other, order=order).shape == other
            assert nowhere(shape, [0] * len(shape)).reshape(*other, order=order).shape == other
    assert view.T.shape == shape[::-1]


def test_parts_with_elements_are_refused_as_before():
    pil = testbuffer.ndarray(list(range(12)), shape=[3, 4], format="i", flags=testbuffer.ND_PIL)
    view = consumer.consume(pil)
    with pytest.raises(BufferError):
        view.transpose(1, 0)
    assert view[:0].transpose(1, 0).shape == (4, 0)
    assert view[:, :0].T.tolist() == []
    assert view[1:][:, 1:].tolist() == [[5, 6, 7], [9, 10, 11]]
