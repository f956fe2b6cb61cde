"""Views of many megabytes, which are worked on part by part: right at every seam."""

import consumer
import pytest

from support.views import random_array

np = pytest.importorskip("numpy")


def numbers(dtype, *shape):
    return random_array(np, dtype, *shape)


LAYOUTS = {
    "contiguous": lambda: numbers("u4", 9_000_001),
    "reversed": lambda: numbers("u4", 5_000_001)[::-1],
    "stepped": lambda: numbers("u2", 20_000_001)[::2],
    "transposed": lambda: numbers("u8", 1501, 1999).T,
    "tall and transposed": lambda: numbers("u4", 5, 1_200_001).T,
    "wide and transposed": lambda: numbers("u4", 1_200_001, 5).T,
    "three dimensions": lambda: numbers("u1", 311, 251, 257).transpose(1, 2, 0),
    "many dimensions": lambda: numbers("u1", *[8] * 8)[..., ::-1].transpose(),
    "broadcast": lambda: np.broadcast_to(numbers("u4", 7), (1_300_000, 7)),
    "swapped": lambda: numbers("u4", 3_000_001).view(">u4")[::-1],
    "records": lambda: numbers("u1", 15 * 1_300_003).view(
        [("a", ">u4"), ("b", "<u8"), ("c", "u1", 3)]
    ),
}


@pytest.fixture(params=LAYOUTS, ids=lambda name: name.replace(" ", "-"))
def long_array(request):
    return LAYOUTS[request.param]()


def test_copies_of_long_views_have_every_element_in_its_place(long_array):
    view = consumer.consume(long_array)
    assert view.tobytes() == long_array.tobytes()
    assert view.tobytes("F") == long_array.tobytes("F")
    native = long_array.astype(long_array.dtype.newbyteorder("="))
    assert view.copy().tobytes() == native.tobytes()
    assert view.hex() == long_array.tobytes().hex()


def test_long_views_equal_what_has_the_same_elements_and_nothing_else(long_array):
    view, same = consumer.consume(long_array), consumer.consume(long_array.copy())
    assert view == same
    for place in 0, -1:
        other = long_array.copy()
        index = np.unravel_index(place % other.size, other.shape)
        bytes_of = other[index].tobytes()
        other[index] = np.frombuffer(bytes(255 - b for b in bytes_of), other.dtype)[0]
        assert view != consumer.consume(other)


def test_long_assignments_store_every_element_in_its_place(long_array):
    target = np.zeros(long_array.shape, long_array.dtype)
    consumer.consume(target)[...] = consumer.consume(long_array)
    assert target.tobytes() == long_array.tobytes()
    turned = np.zeros(long_array.shape[::-1], long_array.dtype).T
    consumer.consume(turned)[...] = consumer.consume(long_array)
    assert turned.tobytes() == long_array.tobytes()


def test_a_long_fill_reaches_every_element(long_array):
    target = np.zeros(long_array.shape, long_array.dtype)
    element = long_array.ravel()[3]
    value = consumer.consume(element).tolist()
    consumer.consume(target)[...] = value
    assert target.tobytes() == np.full(target.shape, element, target.dtype).tobytes()


@pytest.mark.parametrize("shift", [1, -1, 5_000_000, -5_000_000])
@pytest.mark.parametrize("step", [1, 2, -1])
def test_long_views_can_be_copied_onto_themselves(shift, step):
    data = numbers("u4", 12_000_000)
    to = slice(max(shift, 0), len(data) + min(shift, 0))
    source = slice(max(-shift, 0), len(data) + min(-shift, 0))
    expected = data.copy()
    expected[to][::step] = data[source][:: abs(step)].copy()
    view = consumer.consume(data)
    view[to][::step] = view[source][:: abs(step)]
    assert np.array_equal(data, expected)


@pytest.mark.parametrize("place", [0, 4_200_000, 9_000_000, -1])
def test_a_value_is_found_wherever_it_is_in_a_long_view(place):
    data = np.zeros((9_000_001,), "i4")
    data[place] = 7
    data[-1] = 7
    view = consumer.consume(data)
    first = int(np.argmax(data == 7))
    assert view.index(7) == first
    assert view[::-1].index(7) == 0
    assert 7 in view
    assert view.count(7) == np.count_nonzero(data == 7)
    assert view.count(0) == np.count_nonzero(data == 0)
    assert 8 not in view
    matrix = consumer.consume(data[:9_000_000].reshape(3000, 3000).T)
    if 7 in data[:9_000_000]:
        column, row = divmod(int(np.argmax(data == 7)), 3000)
        assert matrix.index(7) == (row, column)


def test_conversions_of_long_views_have_every_element_in_its_place():
    data = np.arange(9_000_001, dtype="f8")[::-1]
    view = consumer.consume(data)
    assert view.astype("i").tobytes() == data.astype("i4").tobytes()
    assert view.byteswap().tobytes() == data.astype(data.dtype.newbyteorder()).tobytes()
    square = consumer.consume(data[:9_000_000].reshape(3000, 3000).T)
    assert (
        square.astype("f").tobytes()
        == data[:9_000_000].reshape(3000, 3000).T.astype("f4").tobytes()
    )


def test_an_error_of_a_conversion_names_the_element_wherever_it_is_in_a_long_view():
    data = np.zeros((3000, 3000), "i4")
    data[2999, 1234] = 300
    with pytest.raises(ValueError, match=r"^300 at index \(2999, 1234\) is out of range"):
        consumer.consume(data).astype("B")


def test_lists_of_long_views_have_every_element_in_its_place(long_array):
    small = long_array[: max(2, 300_000 * long_array.shape[0] // long_array.size)]
    view = consumer.consume(small)
    if small.dtype.names is None:
        assert view.tolist() == small.tolist()
    else:
        expected = [(int(r["a"]), int(r["b"]), r["c"].tolist()) for r in small]
        assert view.tolist() == expected


def test_a_view_of_its_own_numbers_them_all():
    view = consumer.ConsumerArray(5_000_001)
    assert view.tobytes() == np.arange(5_000_001, dtype="i4").tobytes()


LONG = 1_200_003


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("d", "i"),
        ("d", "f"),
        ("d", "q"),
        ("q", "i"),
        ("f", "q"),
        ("i", "d"),
        ("d", "B"),
        ("d", ">d"),
    ],
)
def test_long_arrays_are_converted_to_the_last_element(source, target):
    numbers = (np.arange(LONG) % 251).astype(source)
    view = consumer.consume(numbers)
    assert view.astype(target).tobytes() == numbers.astype(target).tobytes()
    if target in "iqfB" and source != "f":
        for bad in (0, 1_000_000, 2**20 - 1, 2**20, LONG - 1):
            wrong = numbers.copy()
            wrong[bad:] = 1e300 if source == "d" else 2**62
            with pytest.raises(ValueError, match=f"at index {bad} is out of range"):
                consumer.consume(wrong).astype(target)
