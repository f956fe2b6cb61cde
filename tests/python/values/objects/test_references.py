"""References to objects in memory: who owns them, and that each is counted once."""

import array
import itertools
import weakref

import consumer
import pytest

from support.exporters import Exporter
from support.references import SIZE, Counted, Thing, borrowed, counts, objects_of, records_of


def test_reading_gives_the_objects_and_counts_each_once(np, things):
    view = consumer.consume(objects_of(np, things))
    with Counted(*things) as count:
        assert view[1] is things[1]
        read = view.tolist()
        assert all(one is other for one, other in zip(read, things, strict=True))
        assert count.changes() == [1, 1, 1, 1]
        del read
        assert all(one is other for one, other in zip(view, things, strict=True))
        assert [thing.name for thing in reversed(view)] == [3, 2, 1, 0]
        assert str(view[:2]) == "[ Thing(0) Thing(1) ]"
        assert things[2] in view
        assert view.index(things[2]) == 2
        assert view.count(things[3]) == 1
        iterator = iter(view)
        next(iterator)
        del iterator
        assert count.changes() == [0, 0, 0, 0]


def test_null_is_none(np):
    empty = np.empty(2, object)
    assert consumer.consume(empty).tolist() == [None, None]
    thing = Thing()
    exporter = borrowed(thing, None)
    assert consumer.consume(exporter).tolist() == [thing, None]
    pair = Exporter(bytes(2 * SIZE), b"(2)O", 2 * SIZE)
    assert consumer.consume(pair).tolist() == [[None, None]]
    copy = consumer.consume(exporter).copy()
    assert copy.tolist() == [thing, None]
    copy[1] = thing
    copy[0] = None
    assert copy.tolist() == [None, thing]


def test_records_with_objects(np, things):
    data = records_of(np, things)
    view = consumer.consume(data)
    with Counted(*things) as count:
        assert view.tolist() == [(i, things[i], [things[i], None]) for i in range(4)]
        assert view["o"].tolist() == things
        assert view["m"][:, 0].tolist() == things
        assert view[["o", "n"]][2] == (things[2], 2)
        assert view["o"].format == view.fields["o"].format == "O"
        assert count.changes() == [0] * 4
        view[0] = (7, things[1], (things[2], things[3]))
        assert count.changes() == [-2, 1, 1, 1]
        view["o"] = things[0]
        assert count.changes() == [2, -1, 0, 0]
        view["n"] = 5
        view[["n", "o"]] = (1, things[3])
    assert data["o"].tolist() == [things[3]] * 4
    assert data["n"].tolist() == [1] * 4
    assert data["m"].tolist() == [[things[2], things[3]]] + [[thing, None] for thing in things[1:]]


def test_storing_moves_one_reference(np, things):
    data = objects_of(np, things)
    view = consumer.consume(data)
    new = Thing("new")
    with Counted(*things, new) as count:
        view[1] = new
        assert count.changes() == [0, -1, 0, 0, 1]
        view[1] = new
        assert count.changes() == [0, -1, 0, 0, 1]
        view[-1] = view[0]
        assert count.changes() == [1, -1, 0, -1, 1]
        view[...] = new
        assert count.changes() == [-1, -1, -1, -1, 4]
        view[::2, ...] = None
        assert count.changes() == [-1, -1, -1, -1, 2]
        del data, view
        assert count.changes() == [-1, -1, -1, -1, 0]


def test_what_is_stored_over_is_freed(np):
    data = np.empty(3, object)
    data[:] = [Thing(), Thing(), Thing()]
    dead = []
    refs = [weakref.ref(data[i], lambda _, i=i: dead.append(i)) for i in range(3)]
    view = consumer.consume(data)
    view[1] = 0
    assert dead == [1]
    view[...] = None
    assert sorted(dead) == [0, 1, 2]
    assert len(refs) == 3


@pytest.mark.parametrize(
    ("target", "source"),
    [
        (slice(None), slice(None)),
        (slice(1, None), slice(None, -1)),
        (slice(None, -1), slice(1, None)),
        (slice(None), slice(None, None, -1)),
        (slice(None, None, 2), slice(1, None, 2)),
    ],
)
def test_slices_are_assigned_as_if_through_a_copy(np, things, target, source):
    data = objects_of(np, things)
    records = records_of(np, things)
    view, record_view = consumer.consume(data), consumer.consume(records)
    with Counted(*things) as count:
        view[target] = view[source]
        wanted = list(things)
        wanted[target] = things[source]
        assert data.tolist() == wanted
        changed = [wanted.count(thing) - 1 for thing in things]
        del wanted
        assert count.changes() == changed
        record_view[target] = record_view[source]
        assert count.changes() == [3 * c for c in changed]
        view[target] = objects_of(np, things)[source]
    del view, record_view, data, records
    assert counts(things)


def test_several_dimensions_and_gaps(np, things):
    data = np.empty((3, 4), object)
    data[...] = None
    view = consumer.consume(data)
    with Counted(*things) as count:
        view[:, 1] = things[1]
        view.T[2] = things[2]
        view[::2, ::-3] = consumer.consume(objects_of(np, things)).reshape(2, 2)
        assert data[:, 1].tolist() == [things[1]] * 3
        assert data[::2, ::-3].tolist() == [things[:2], things[2:]]
        assert count.changes() == [1, 4, 4, 1]
        assert view.index(things[3]) == (2, 0)
        del data, view
        assert count.changes() == [0] * 4


def test_errors_in_the_middle_leave_everything_as_it_was(np, things):
    data = records_of(np, things)
    view = consumer.consume(data)
    new = Thing("new")
    before = view.tolist()
    wrong = [
        (1, new),
        (1, new, [new]),
        (1, new, [new, new, new]),
        (1, new, new),
        (100000, new, [new, new]),
        (None, new, [new, new]),
        ("x", new, [new, new]),
        new,
    ]
    with Counted(new, *things) as count:
        for value in wrong:
            for key in (0, ..., (slice(1, 3), ...)):
                with pytest.raises((TypeError, ValueError, NotImplementedError)):
                    view[key] = value
            with pytest.raises((TypeError, ValueError, NotImplementedError)):
                view["m"] = consumer.consume(data)["n"]
        del value
        assert count.changes() == [0] * 5
    assert view.tolist() == before


def test_a_value_whose_conversion_fails_gives_its_objects_back(np, things):
    data = np.zeros(1, [("o", object), ("n", "i4"), ("p", object)])
    view = consumer.consume(data)

    class Fails:
        def __index__(self):
            raise RuntimeError("no number")

    with Counted(*things) as count:
        with pytest.raises(RuntimeError, match="no number"):
            view[0] = (things[0], Fails(), things[1])
        assert count.changes() == [0] * 4
    assert data.tolist() == [(0, 0, 0)]


def test_arrays_compare_by_their_objects(np, things):
    left, right = objects_of(np, things), objects_of(np, things)
    view = consumer.consume(left)
    assert view == right
    right[3] = things[0]
    assert view != right
    left[:] = [1, 2.0, 1 + 0j, True]
    assert view == array.array("d", [1, 2, 1, 1])
    assert consumer.consume(array.array("b", [1, 2, 1, 1])) == left
    assert consumer.consume(records_of(np, things)) == records_of(np, things)
    assert consumer.consume(records_of(np, things)) != records_of(np, things[::-1])


def test_searches_through_objects_agree_with_lists(np):
    values = [1, "a", None, 2.5, (1, 2), b"a", True, float("inf")]
    data = np.empty(len(values), object)
    for index, value in enumerate(values):
        data[index] = value
    view = consumer.consume(data)
    for value in [*values, 0, "b", False, 1.0, (1,)]:
        assert (value in view) is (value in values)
        assert view.count(value) == values.count(value)
        if value in values:
            assert view.index(value) == values.index(value)
    for left, right in itertools.combinations_with_replacement(range(len(values) + 1), 2):
        assert view[left:right].tolist() == values[left:right]
