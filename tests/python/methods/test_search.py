"""`in`, `index` and `count`, as the same searches of a list have it."""

import array
import itertools
import sys
from decimal import Decimal
from fractions import Fraction

import consumer
import pytest

from support import oracles
from support.exporters import Exporter
from support.oracles import indices, nest

NAN = float("nan")


class EqualToAll:
    def __eq__(self, _other):
        return True

    __hash__ = None


SOUGHT = [
    *(
        0,
        1,
        -1,
        2,
        97,
        255,
        256,
        2**53,
        2**53 + 1,
        2**62,
        2**63 - 1,
        2**63,
        2**64 - 1,
        2**64,
        -(2**63),
    ),
    *(2**200, -(2**200), True, False),
    *(
        0.0,
        -0.0,
        1.0,
        1.5,
        -1.0,
        255.0,
        2.0**53,
        2.0**63,
        2.0**64,
        -(2.0**63),
        1e300,
        0.1,
        2.0**-24,
    ),
    *(float("inf"), float("-inf"), NAN, 1 + 0j, 1 + 2j, 0j, complex(NAN, 0)),
    *(Decimal(1), Fraction(3, 2), Decimal("NaN")),
    *(b"a", b"", b"ab", bytearray(b"a"), "a", "", "ab", "€", "\U0001f600"),
    *(None, (), [1], object(), EqualToAll()),
]

ELEMENTS = {
    "?": [True, False, True],
    "b": [0, 1, -1, 97, 1],
    "B": [0, 1, 255, 97, 1],
    "h": [0, 256, -1, 1],
    "H": [0, 256, 65535, 1],
    "i": [0, -(2**31), 2**31 - 1, 97, 1],
    "I": [0, 2**32 - 1, 97, 1],
    "q": [0, -(2**63), 2**63 - 1, 2**53, 2**53 + 1, 2**62, 1, -1],
    "Q": [0, 2**63, 2**64 - 1, 2**53 + 1, 1],
    "n": [0, -(2**63), 1, 1],
    "P": [0, 2**64 - 1, 2**63, 1],
    "e": [0.0, -0.0, 1.5, NAN, float("inf"), 1.0, 2.0**-24],
    "f": [0.0, -0.0, 1.5, NAN, float("-inf"), 1.0, 2.0**53, 0.1],
    "d": [0.0, -0.0, 1.5, NAN, float("-inf"), 1.0, 2.0**53, 0.1, 1e300, 2.0**63],
    "c": [b"a", b"b", b"a"],
}


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("code", ELEMENTS)
def test_numbers_and_bytes_are_found_as_in_a_list(code, order):
    form = code if code in "nP" else order + code
    data = oracles.packed(form, ELEMENTS[code])
    size = len(data) // len(ELEMENTS[code])
    values = oracles.unpacked(form, data)
    check_search(consumer.consume(Exporter(data, form.encode(), size)), values)


@pytest.mark.parametrize(("form", "encoding"), [("<u", "utf-16-le"), (">w", "utf-32-be")])
def test_text_is_found_as_in_a_list(form, encoding):
    values = list("a€b\0a") + (["\U0001f600"] if "w" in form else [])
    data = "".join(values).encode(encoding)
    size = len("a".encode(encoding))
    check_search(consumer.consume(Exporter(data, form.encode(), size)), values)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("part", "fd")
def test_complex_numbers_are_found_as_in_a_list(part, order):
    parts = [1.0, 2.0, 0.0, -0.0, NAN, 0.0, 1.0, 0.0, 1.5, 0.0]
    data = oracles.packed(order + part, parts)
    values = list(itertools.starmap(complex, zip(parts[::2], parts[1::2], strict=True)))
    form = f"{order}Z{part}".encode()
    check_search(consumer.consume(Exporter(data, form, len(data) // len(values))), values)


def check_search(view, values):
    for sought in [*SOUGHT, *values]:
        # Not a list's own search, which finds an identical NaN.
        found = [i for i, value in enumerate(values) if value == sought]
        assert (sought in view) == bool(found), sought
        assert view.count(sought) == len(found), sought
        if found:
            assert view.index(sought) == found[0]
        else:
            with pytest.raises(ValueError, match="not among the elements"):
                view.index(sought)


def test_a_search_within_bounds_is_that_of_a_list():
    numbers = [1, 2, 1, 3, 1, 2]
    bounds = [-100, -6, -5, -2, -1, 0, 1, 2, 4, 5, 6, 100, sys.maxsize, -sys.maxsize - 1]
    view = consumer.consume(array.array("h", numbers))
    for start, stop, value in itertools.product(bounds, bounds, range(5)):
        outcome(lambda s, v=value, a=start, b=stop: s.index(v, a, b), view, numbers)
    for start, value in itertools.product(bounds, range(5)):
        outcome(lambda s, v=value, a=start: s.index(v, a), view, numbers)


def test_bounds_beyond_every_memory_are_those_of_a_list():
    numbers = [1, 2, 1]
    view = consumer.consume(array.array("h", numbers))
    for start, stop in itertools.product([-(2**100), 0, 2**100], repeat=2):
        outcome(lambda s, a=start, b=stop: s.index(1, a, b), view, numbers)


def outcome(search, view, numbers):
    try:
        expected = search(numbers)
    except ValueError:
        with pytest.raises(ValueError, match="not among the elements"):
            search(view)
    else:
        assert search(view) == expected


def test_bounds_of_the_wrong_type():
    view = consumer.consume(b"abc")
    with pytest.raises(TypeError):
        view.index(97, "a")
    with pytest.raises(TypeError):
        view.index(97, 0, 1.5)


def test_a_search_of_many_dimensions_is_in_c_order():
    shape = (2, 3, 4)
    values = [(7 * i) % 5 for i in range(24)]
    nested = nest(values, shape)
    view = consumer.consume(Exporter(bytes(values), shape=shape))
    turned = view.transpose(2, 0, 1)[::-1]
    for value in range(6):
        for seen, at in (
            (view, lambda i: nested[i[0]][i[1]][i[2]]),
            (turned, lambda i: nested[i[1]][i[2]][3 - i[0]]),
        ):
            places = [index for index in indices(seen.shape) if at(index) == value]
            assert (value in seen) == bool(places)
            assert seen.count(value) == len(places)
            # The same through an object that only Python can compare.
            assert seen.count(Fraction(value)) == len(places)
            if places:
                assert seen.index(value) == places[0]
                assert seen.index(Fraction(value)) == places[0]
                assert seen[seen.index(value)] == value
            else:
                with pytest.raises(ValueError, match="not among"):
                    seen.index(value)


def test_bounds_need_one_dimension():
    view = consumer.consume(Exporter(bytes(4), shape=(2, 2)))
    with pytest.raises(TypeError, match="one dimension"):
        view.index(0, 1)
    with pytest.raises(TypeError, match="one dimension"):
        view.index(0, 0, 1)


def test_no_dimensions():
    view = consumer.consume(Exporter(b"a", shape=()))
    assert view.count(97) == 1
    assert 97 in view
    assert 98 not in view
    with pytest.raises(TypeError, match="0-dim"):
        view.index(97)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_no_elements(shape):
    view = consumer.consume(Exporter(b"", shape=shape))
    for value in (0, EqualToAll()):
        assert value not in view
        assert view.count(value) == 0
        with pytest.raises(ValueError, match="not among"):
            view.index(value)


def test_pointers_are_followed(nd):
    exporter = nd.ndarray([5, 6, 7, 5], shape=[2, 2], format="h", flags=nd.ND_PIL)
    view = consumer.consume(exporter)
    assert view.index(7) == (1, 0)
    assert view.count(5) == 2
    assert 8 not in view


def test_long_doubles(np):
    view = consumer.consume(np.array([1.5, 2, 0.1, np.nan], "g"))
    assert (view.index(1.5), view.index(2), view.index(0.1)) == (0, 1, 2)
    assert NAN not in view
    assert 3 not in view


def test_numbers_of_numpy_are_found(np):
    view = consumer.consume(array.array("i", [5, 6, 5]))
    for kind in "bBhHiIlLqQfd":
        assert np.dtype(kind).type(6) in view
        assert view.count(np.dtype(kind).type(5)) == 2


def test_an_exception_of_the_comparison_passes_through():
    class Broken:
        def __eq__(self, _other):
            raise KeyError("mine")

        __hash__ = None

    view = consumer.consume(b"abc")
    for search in (view.index, view.count, view.__contains__):
        with pytest.raises(KeyError, match="mine"):
            search(Broken())


def test_each_element_is_compared_until_one_is_found():
    seen = []

    class Third:
        def __eq__(self, other):
            seen.append(other)
            return len(seen) >= 3

        __hash__ = None

    view = consumer.consume(b"abcdef")
    assert view.index(Third()) == 2
    assert seen == [97, 98, 99]


def test_elements_that_cannot_be_read():
    view = consumer.consume(Exporter(b"abcdef", b"3y", 3))
    for search in (view.index, view.count, view.__contains__):
        for value in (b"abc", 5, object()):
            with pytest.raises(NotImplementedError, match="3y"):
                search(value)


def test_a_released_view_is_not_searched():
    view = consumer.consume(b"abc")
    view.release()
    for search in (view.index, view.count, view.__contains__):
        with pytest.raises(ValueError, match="released"):
            search(97)


def test_no_number_is_a_character():
    """And no number is compared with memory that holds no characters."""
    view = consumer.consume(b"\0\0\0\1a\0\0\0").cast("<w")
    assert (0 in view, view.count(1.5), view.count(b"a"), view.count("a")) == (False, 0, 0, 1)
    assert (97 in consumer.consume(b"a").cast("c"), "a" in consumer.consume(b"a").cast("c")) == (
        False,
        False,
    )
