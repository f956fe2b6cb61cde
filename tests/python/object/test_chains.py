"""Long chains of views that hold each other end without using up the stack, and at once."""

import ctypes
import gc
import sys
import weakref

import consumer
import pytest

from support.threads import in_small_thread

np = pytest.importorskip("numpy")

LONG = 100_000


class End:
    """What is at the end of a chain."""


def objects(held):
    array = np.empty(1, object)
    array[0] = held
    return consumer.consume(array)


def records(held):
    array = np.empty(1, [("n", "i4"), ("o", "O", (2,))])
    array["o"][0, 0] = held
    return consumer.consume(array)


def py_objects(held):
    array = (ctypes.py_object * 1)()
    array[0] = held
    return consumer.consume(array)


LINKS = {
    "objects in own memory": lambda held: objects(held).copy(),
    "objects in NumPy's memory": objects,
    "records in own memory": lambda held: records(held).copy(),
    "py_objects of ctypes": py_objects,
    "memoryviews": lambda held: consumer.consume(memoryview(held)),
    "slices of memoryviews": lambda held: consumer.consume(memoryview(held))[:],
    "iterators": lambda held: objects(iter(held)).copy(),
    "lists": lambda held: objects([held]).copy(),
    "tuples and dicts": lambda held: objects(({"held": held},)),
    "slices of copies": lambda held: objects(held).copy()[::-1],
}
if sys.version_info >= (3, 12):

    class Exporter:
        def __init__(self, held):
            self.held = held

        def __buffer__(self, flags):
            return memoryview(self.held)

    LINKS["classes with __buffer__"] = lambda held: consumer.consume(Exporter(held))


def chain(link, length):
    """A chain of so many links, and a weak reference to what is at its end."""
    end = End()
    last, weak = objects(end), weakref.ref(end)
    for _ in range(length):
        last = link(last)
    return last, weak


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_a_long_chain_ends_whole(link):
    last, weak = chain(link, LONG)
    assert weak() is not None
    del last
    assert weak() is None


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_a_chain_ends_whole_in_a_small_stack(link):
    def body():
        last, weak = chain(link, 10_000)
        del last
        return weak() is None

    assert in_small_thread(body) is True


def test_a_long_chain_ends_with_a_release():
    last, weak = chain(LINKS["objects in own memory"], LONG)
    last.release()
    assert weak() is None


def test_a_long_chain_ends_with_the_collector():
    last, weak = chain(LINKS["objects in own memory"], LONG)
    cycle = [last]
    cycle.append(cycle)
    del last, cycle
    gc.collect()
    assert weak() is None


def test_a_long_cycle_ends_with_the_collector():
    first = objects(None).copy()
    weak = weakref.ref(first)
    last = first
    for _ in range(50_000):
        last = objects(last).copy()
    first[0] = last
    del first, last
    gc.collect()
    assert weak() is None


def test_a_chain_ends_while_an_exception_is_propagated():
    def fail():
        last, weak = chain(LINKS["lists"], LONG)
        weak_ones.append(weak)
        del weak
        raise KeyError(len(last))

    weak_ones = []
    with pytest.raises(KeyError) as caught:
        fail()
    assert caught.value.args == (1,)
    del caught
    gc.collect()
    assert weak_ones[0]() is None


def test_a_short_chain_ends_link_by_link_from_the_outside():
    ended = []

    class Told:
        def __init__(self, name, held=None):
            self.name, self.held = name, held

        def __del__(self):
            ended.append(self.name)

    last = None
    for name in range(8):
        last = objects(Told(name, last)).copy()
    del last
    assert ended == [7, 6, 5, 4, 3, 2, 1, 0]


def test_what_ends_a_long_chain_can_make_and_end_views():
    """Nor can it find a view that waits for its end."""
    ended = []

    class Ender:
        def __init__(self, held):
            self.held, self.weak = held, weakref.ref(held)

        def __del__(self):
            data = bytearray(4)
            view = consumer.consume(data)
            view[0] = 1
            del view
            data.append(0)
            del self.held
            ended.append(self.weak() is None)

    last = objects(None).copy()
    for _ in range(200):
        last = objects(Ender(last)).copy()
    del last
    assert ended == [True] * 200


def test_weak_references_to_every_view_of_a_chain_are_told():
    told, weak = [], []
    last = objects(None).copy()
    for place in range(1000):
        weak.append(weakref.ref(last, lambda _, place=place: told.append(place)))
        last = objects(last).copy()
    del last
    assert sorted(told) == list(range(1000))
    assert all(reference() is None for reference in weak)


def test_a_wide_tree_ends_whole():
    ends = [End() for _ in range(10_000)]
    weak = [weakref.ref(end) for end in ends]
    array = np.empty(len(ends), object)
    for place, end in enumerate(ends):
        array[place] = objects(end).copy()
    last = consumer.consume(array).copy()
    del array, ends, end
    for _ in range(30):
        last = objects(last).copy()
    del last
    assert all(reference() is None for reference in weak)


def test_a_chain_is_hashed_or_refused():
    last = consumer.consume(b"abc")
    wanted = hash(b"abc")
    for _ in range(10):
        last = consumer.consume(memoryview(last))
    assert hash(last) == wanted
    for _ in range(LONG):
        last = consumer.consume(memoryview(last))
    with pytest.raises(RecursionError):
        hash(last)
    assert last.tolist() == [97, 98, 99]
