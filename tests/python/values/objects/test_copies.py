"""Copies of references own what they refer to, and can be collected."""

import gc
import sys
import weakref

import consumer
import pytest

from support.references import Counted, Thing, objects_of, records_of, referents


@pytest.mark.parametrize("make", [objects_of, records_of])
def test_a_copy_owns_references(np, things, make):
    data = make(np, things)
    view = consumer.consume(data)
    each = 1 if make is objects_of else 2
    with Counted(*things) as count:
        copy = view.copy()
        assert count.changes() == [each] * 4
        assert not copy.readonly
        assert copy.obj is None
        part = view[1:3].copy()
        assert count.changes() == [each, 2 * each, 2 * each, each]
        del data, view
        assert count.changes() == [0, each, each, 0]
        slices = copy[1:], copy[::-1]
        copy.release()
        assert count.changes() == [0, each, each, 0]
        assert slices[1].tolist()[0] == slices[0].tolist()[-1]
        del slices, copy
        assert count.changes() == [-each, 0, 0, -each]
        part.release()
        del part
        assert count.changes() == [-each] * 4


def test_a_copy_can_be_written(np, things):
    copy = consumer.consume(records_of(np, things)).copy()
    new = Thing()
    with Counted(*things, new) as count:
        copy[0] = (1, new, [new, new])
        assert count.changes() == [-2, 0, 0, 0, 3]
        copy[1:3] = copy[2:4]
        copy["o"] = new
        copy["m"][:, 1] = copy["o"]
        copy.copy().copy()
        assert copy["o"].tolist() == [new] * 4
        del copy
        assert count.changes() == [-2] * 4 + [0]


def test_memory_of_a_copy_is_exported_with_its_format(np, things):
    copy = consumer.consume(objects_of(np, things)).copy()
    shared = np.asarray(memoryview(copy))
    assert shared.dtype == object
    shared[0] = None
    assert copy.tolist() == [None, *things[1:]]
    assert memoryview(copy).format == "O"


def test_a_cycle_through_a_copy_is_collected(np):
    thing = Thing()
    copy = consumer.consume(objects_of(np, [thing, None])).copy()
    thing.name = copy
    dead = []
    ref = weakref.ref(thing, lambda _: dead.append(1))
    assert any(referred is thing for referred in referents(copy))
    del thing, copy
    gc.collect()
    assert dead
    assert ref() is None


def test_a_cycle_through_a_slice_of_a_copy_is_collected(np):
    thing = Thing()
    copy = consumer.consume(records_of(np, [thing, None])).copy()
    thing.name = copy["o"][:1], iter(copy)
    copy[1] = (1, thing, [copy[::2], copy.T])
    ref = weakref.ref(thing)
    del thing, copy
    gc.collect()
    assert ref() is None


def test_a_copy_that_holds_itself_is_collected(np):
    copy = consumer.consume(np.array([None, None], object)).copy()
    ref = weakref.ref(copy)
    copy[0] = copy
    copy[1] = memoryview(copy)
    del copy
    gc.collect()
    assert ref() is None


def test_copying_many_times_leaks_nothing(np, things):
    data = records_of(np, things)
    references = sys.getrefcount(data)
    view = consumer.consume(data)
    with Counted(*things) as count:
        for _ in range(100):
            copy = view.copy()
            copy[:2] = copy[2:]
            copy[...] = (1, things[0], [things[1], None])
            view[:] = view[:]
            view[:] = data
            assert copy != view
            assert view == view[:]
            assert list(view)
        del copy
        assert count.changes() == [0] * 4
    del view
    assert sys.getrefcount(data) == references
