"""Iteration, forwards and backwards, unpacking and pattern matching."""

import array
import operator
from collections.abc import Iterator, Sequence

import consumer
import pytest

from support.exporters import Exporter
from support.oracles import address, nest


def test_elements_in_order():
    numbers = array.array("q", [3, -1, 2**62, 0])
    view = consumer.consume(numbers)
    assert list(view) == numbers.tolist()
    assert list(reversed(view)) == numbers.tolist()[::-1]
    assert [*view] == numbers.tolist()
    assert tuple(view[::-2]) == tuple(numbers[::-2])
    assert sum(view) == sum(numbers)
    assert sorted(view) == sorted(numbers)
    first, *rest = view
    assert (first, rest) == (3, numbers.tolist()[1:])


def test_no_elements():
    assert list(consumer.consume(b"")) == []
    assert list(reversed(consumer.consume(b""))) == []


def test_sub_views_above_one_dimension():
    exporter = Exporter(bytes(range(24)), shape=(2, 3, 4))
    view = consumer.consume(exporter)
    nested = nest(list(range(24)), (2, 3, 4))
    planes = list(view)
    assert all(isinstance(plane, consumer.ConsumerArray) for plane in planes)
    assert [plane.tolist() for plane in planes] == nested
    assert [address(plane) for plane in planes] == [exporter.buf, exporter.buf + 12]
    assert [[list(row) for row in plane] for plane in view] == nested
    assert [plane.tolist() for plane in reversed(view)] == nested[::-1]
    assert [row.tolist() for row in view.T] == [
        [[nested[i][j][k] for i in range(2)] for j in range(3)] for k in range(4)
    ]


def test_sub_views_without_elements():
    parts = list(consumer.consume(Exporter(b"", shape=(3, 0))))
    assert [(part.shape, part.tolist()) for part in parts] == [((0,), [])] * 3


def test_pointers_are_followed(nd):
    exporter = nd.ndarray(list(range(6)), shape=[2, 3], format="h", flags=nd.ND_PIL)
    assert [list(row) for row in consumer.consume(exporter)] == [[0, 1, 2], [3, 4, 5]]
    line = nd.ndarray([5, 6, 7], shape=[3], format="h", flags=nd.ND_PIL)
    view = consumer.consume(line)
    assert view.suboffsets
    assert list(view) == [5, 6, 7]
    assert list(reversed(view)) == [7, 6, 5]


def test_memory_without_dimensions_is_not_iterable():
    view = consumer.consume(Exporter(b"a", shape=()))
    for function in (iter, reversed, list):
        with pytest.raises(TypeError, match="0-dim memory"):
            function(view)


def test_an_iterator_is_its_own_and_stays_at_its_end():
    iterator = iter(consumer.consume(b"ab"))
    assert isinstance(iterator, Iterator)
    assert iter(iterator) is iterator
    assert (next(iterator), next(iterator)) == (97, 98)
    for _ in range(3):
        with pytest.raises(StopIteration):
            next(iterator)


def test_iterators_of_one_view_do_not_disturb_each_other():
    view = consumer.consume(b"abc")
    first, second = iter(view), iter(view)
    next(first)
    assert next(second) == 97
    assert list(first) == [98, 99]
    assert list(second) == [98, 99]


def test_the_length_that_is_left_is_known():
    for iterator in (iter(consumer.consume(b"abc")), reversed(consumer.consume(b"abc"))):
        for left in (3, 2, 1, 0):
            assert operator.length_hint(iterator) == left
            next(iterator, None)
        assert operator.length_hint(iterator) == 0


def test_what_is_written_meanwhile_is_seen():
    data = bytearray(b"abc")
    iterator = iter(consumer.consume(data))
    next(iterator)
    data[1] = 0
    assert list(iterator) == [0, 99]


def test_release_in_the_middle_ends_with_an_error():
    for function in (iter, reversed):
        data = bytearray(b"abc")
        view = consumer.consume(data)
        iterator = function(view)
        next(iterator)
        view.release()
        data.clear()
        for _ in range(2):
            with pytest.raises(ValueError, match="released"):
                next(iterator)


def test_a_released_view_has_no_iterator():
    view = consumer.consume(b"abc")
    view.release()
    for function in (iter, reversed, list):
        with pytest.raises(ValueError, match="released"):
            function(view)


def test_elements_that_cannot_be_read_say_so():
    view = consumer.consume(Exporter(b"abcdef", b"3y", 3))
    with pytest.raises(NotImplementedError, match="3y"):
        next(iter(view))
    planes = list(consumer.consume(Exporter(b"abcdef", b"3y", 3, shape=(2, 1))))
    assert [plane.tobytes() for plane in planes] == [b"abc", b"def"]


def test_a_view_is_a_sequence():
    view = consumer.consume(b"abc")
    assert isinstance(view, Sequence)
    assert issubclass(consumer.ConsumerArray, Sequence)


def test_a_view_matches_as_a_sequence_does():
    match consumer.consume(b"abc"):
        case [97, second, *rest]:
            assert (second, rest) == (98, [99])
        case _:
            pytest.fail("no sequence")
    match consumer.consume(Exporter(bytes(range(4)), shape=(2, 2))):
        case [[a, b], [c, d]]:
            assert (a, b, c, d) == (0, 1, 2, 3)
        case _:
            pytest.fail("no sequence of sequences")
