"""References to objects in memory: who owns them, and that each is counted once."""

import array
import ctypes
import gc
import itertools
import struct
import sys
import weakref

import consumer
import pytest
from exporters import Exporter
from oracles import FORMAT, FULL_RO, INDIRECT, ND, WRITABLE, description

SIZE = struct.calcsize("P")


class Thing:
    """An object that can be counted, and referred to weakly."""

    def __init__(self, name=None):
        self.name = name

    def __repr__(self):
        return f"Thing({self.name!r})"


def counts(things):
    return [sys.getrefcount(thing) for thing in things]


class Counted:
    """Checks that within a `with` block the counts of things change by what is said."""

    def __init__(self, *things):
        self.things = things

    def __enter__(self):
        self.before = [sys.getrefcount(thing) for thing in self.things]
        return self

    def changes(self):
        now = [sys.getrefcount(thing) for thing in self.things]
        return [new - old for new, old in zip(now, self.before, strict=True)]

    def __exit__(self, *exception):
        pass


@pytest.fixture
def things():
    return [Thing(i) for i in range(4)]


def objects_of(np, things):
    array = np.empty(len(things), object)
    array[:] = things
    return array


def records_of(np, things):
    dtype = np.dtype([("n", ">i2"), ("o", object), ("m", object, (2,))], align=True)
    array = np.zeros(len(things), dtype)
    for index, thing in enumerate(things):
        array[index] = (index, thing, [thing, None])
    return array


def borrowed(*objects):
    """An exporter of references that it only shows; `None` stands for NULL."""
    places = [0 if thing is None else id(thing) for thing in objects]
    return Exporter(struct.pack(f"{len(places)}P", *places), b"O", SIZE)


# --- Reading ------------------------------------------------------------------------------------


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
    record = Exporter(bytes(SIZE + 2), b"=h:a:O:o:", SIZE + 2)
    assert consumer.consume(record).tolist() == [(0, None)]
    assert None in consumer.consume(record)["o"]
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


# --- Writing ------------------------------------------------------------------------------------


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


def test_read_only_memory_is_not_written(np, things):
    data = objects_of(np, things)
    data.flags.writeable = False
    view = consumer.consume(data)
    for key in (0, slice(2), ...):
        with pytest.raises(TypeError, match="read-only"):
            view[key] = view[:2] if isinstance(key, slice) else None
    assert view.tolist() == things


# --- Copies -------------------------------------------------------------------------------------


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
    assert any(referred is thing for referred in gc.get_referents(copy))
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
    assert sys.getrefcount(data) == 2


# --- Others' code -------------------------------------------------------------------------------


def test_a_finaliser_may_use_the_view_that_is_stored_in(np):
    data = np.empty(3, object)
    view = consumer.consume(data)
    seen = []

    class Curious:
        def __del__(self):
            seen.append(view.tolist())
            view[0] = "from within"
            seen.append(view.tolist())

    for store in ("view[1] = 7", "view[...] = 7", "view[:2] = view[::2]", "view[1:2, ...] = 7"):
        view[...] = None
        view[1] = Curious()
        seen.clear()
        exec(store, {"view": view})
        gc.collect()
        assert len(seen) == 2, store
        assert view[0] == "from within"
        assert not any(isinstance(thing, Curious) for thing in data)


def test_a_finaliser_may_release_the_view(np):
    data = np.empty(2, object)
    for key in (0, ..., "o"):
        if key == "o":
            data = np.zeros(2, [("o", object)])
        view = consumer.consume(data)

        class Releases:
            def __init__(self, view):
                self.view = view

            def __del__(self):
                self.view.release()

        view[0] = (Releases(view),) if key == "o" else Releases(view)
        view[key] = None
        with pytest.raises(ValueError, match="released"):
            view[0]
        assert [record[0] if key == "o" else record for record in data.tolist()] == [None] * 2


def test_a_finaliser_may_resize_the_exporter(np):
    data = np.empty(4, object)
    view = consumer.consume(data)

    class Resizes:
        def __del__(self):
            view.release()
            data.resize(100_000, refcheck=False)

    view[2] = Resizes()
    view[2] = None
    assert len(data) == 100_000
    assert data[:4].tolist() == [None] * 4


def test_equality_may_release_and_store(np):
    data = np.empty(4, object)
    view = consumer.consume(data)
    released = []

    class Sly:
        def __eq__(self, other):
            try:
                view.release()
            except BufferError:
                released.append("held")
            else:
                released.append("released")
            data[...] = None
            return False

        __hash__ = None

    def fresh():
        nonlocal view
        view.release()
        data[...] = [Sly(), Sly(), Sly(), Sly()]
        view = consumer.consume(data)

    other = np.empty(4, object)
    for use in (
        lambda: object() in view,
        lambda: view.count(1),
        lambda: view == other,
        lambda: consumer.consume(other) == view,
        lambda: view == view[:],
    ):
        fresh()
        released.clear()
        assert use() in (False, 0)
        assert data.tolist() == [None] * 4
        assert released
    fresh()
    with pytest.raises(ValueError, match="not among"):
        view.index(1)


def test_errors_of_equality_pass(np):
    class Wrong:
        def __eq__(self, other):
            raise RuntimeError("no answer")

        __hash__ = None

    data = np.empty(2, object)
    data[:] = [Wrong(), Wrong()]
    view = consumer.consume(data)
    for use in (
        lambda: 1 in view,
        lambda: view.count(1),
        lambda: view.index(1),
        lambda: view == data,
    ):
        with pytest.raises(RuntimeError, match="no answer"):
            use()
    view.release()


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


def test_conversion_may_release_the_view(np, things):
    data = np.zeros(2, [("o", object), ("n", "i4")])
    view = consumer.consume(data)

    class Releases:
        def __index__(self):
            view.release()
            return 5

    with Counted(*things) as count:
        with pytest.raises(ValueError, match="released"):
            view[0] = (things[0], Releases())
        view = consumer.consume(data)
        with pytest.raises(ValueError, match="released"):
            view[...] = (things[0], Releases())
        assert count.changes() == [0] * 4
    assert data.tolist() == [(0, 0), (0, 0)]


def test_the_collector_may_run_while_elements_are_read(np):
    class Cycle:
        def __init__(self):
            self.me = self

        def __del__(self):
            view[...] = None

    data = np.empty(2000, object)
    data[...] = [Cycle() for _ in range(2000)]
    view = consumer.consume(data)
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(3):
            [Cycle() for _ in range(3)]
            assert len(view.tolist()) == 2000
            assert len(list(view)) == 2000
            view.copy().release()
    finally:
        gc.set_threshold(*threshold)


def test_objects_stored_over_while_they_are_read_live_as_long_as_the_value(np):
    """Making a long tuple runs the collector, before 3.12 at once."""
    ended, ran = [], []

    class Last:
        def __del__(self):
            ended.append(self)

    class Cycle:
        def __init__(self):
            self.me = self

        def __del__(self):
            gc.disable()
            ran.append(True)
            view[...] = (None,) * 30

    data = np.zeros(1, [(f"f{i}", "O") for i in range(30)])
    view = consumer.consume(data)
    threshold = gc.get_threshold()
    gc.disable()
    try:
        gc.set_threshold(1)
        for _ in range(100):
            view[0] = tuple(Last() for _ in range(30))
            Cycle()
            others = [[], [], []]
            gc.enable()
            value = view[0]
            gc.disable()
            assert not ended
            assert {type(part) for part in value} in ({Last}, {type(None)})
            del value, others
            view[...] = (None,) * 30
            ended.clear()
    finally:
        gc.set_threshold(*threshold)
        gc.enable()
    assert ran or sys.version_info >= (3, 12)


# --- Casts --------------------------------------------------------------------------------------


def test_bytes_are_never_made_references(np, things):
    for source in (bytearray(2 * SIZE), np.zeros(2, "u8"), consumer.consume(bytes(2 * SIZE))):
        for form in ("O", "T{O:o:}", "=qO", "2O", "(2)O"):
            view = consumer.consume(source).cast("B")
            with pytest.raises(TypeError, match="references to objects"):
                view.cast(form)
    view = consumer.consume(objects_of(np, things))
    with pytest.raises(TypeError, match="references to objects"):
        view.cast("T{O:o:}")
    numbers = view.cast("P")
    assert numbers.readonly
    assert numbers.tolist() == [id(thing) for thing in things]
    with pytest.raises(TypeError, match="references to objects"):
        numbers.cast("O")
    with pytest.raises(TypeError, match="read-only"):
        numbers[0] = 0
    assert view.cast("B").readonly
    assert view.cast("O", [2, 2]).tolist() == [things[:2], things[2:]]
    reshaped = view.cast("O", [2, 2])
    reshaped[0, 0] = None
    assert view[0] is None


def test_writable_exports_come_with_their_format(np, things):
    # Who is not told the format would take the references for bytes.
    view = consumer.consume(objects_of(np, things))
    for exporter in (view, view.copy(), view[1:]):
        for flags in (WRITABLE, WRITABLE | ND, WRITABLE | INDIRECT):
            assert description(exporter, flags) is BufferError
            assert description(exporter, flags | ND | FORMAT)["format"] == b"O"
        assert description(exporter, FULL_RO)["format"] == b"O"
        with pytest.raises((BufferError, TypeError)):
            struct.pack_into("P", exporter, 0, 0)
    assert view.tobytes() == b"".join(id(thing).to_bytes(SIZE, sys.byteorder) for thing in things)
    assert view.tolist() == things


def test_objects_in_fields_that_were_left_out_are_not_written_as_bytes(np, things):
    data = np.array([(1, things[0]), (2, things[1])], [("n", "q"), ("o", "O")])
    part = consumer.consume(data)[["n"]]
    for view in (part, part[::-1][:1], part[["n"]], consumer.consume(memoryview(part))):
        assert view.cast("B").readonly
        assert description(view, WRITABLE) is BufferError
        assert description(view, WRITABLE | ND) is BufferError
        assert description(view, FULL_RO)["readonly"] is False
    with Counted(*things):
        part[...] = (5,)
    assert data.tolist() == [(5, things[0]), (5, things[1])]
    numbers = np.zeros(2, [("n", "q"), ("m", "q")])
    assert not consumer.consume(numbers)[["n"]].cast("B").readonly


# --- ctypes -------------------------------------------------------------------------------------


class Struct(ctypes.Structure):
    _fields_ = (("a", ctypes.c_byte), ("o", ctypes.py_object), ("n", ctypes.c_int))


def test_objects_of_ctypes_are_read_and_not_written(things):
    data = (ctypes.py_object * 3)(*things[:3])
    single = ctypes.py_object(things[0])
    record = (Struct * 2)(Struct(1, things[0], 2), Struct(3, things[1], 4))
    with Counted(*things) as count:
        view = consumer.consume(data)
        assert view.tolist() == things[:3]
        assert consumer.consume(single)[()] is things[0]
        records = consumer.consume(record)
        assert records.tolist() == [(1, things[0], 2), (3, things[1], 4)]
        assert records["o"].tolist() == things[:2]
        for target, key, value in (
            (view, 0, things[3]),
            (view, ..., things[3]),
            (view, slice(None), view),
            (view[1:], 0, things[3]),
            (consumer.consume(memoryview(data)), 0, things[3]),
            (records, 0, (1, things[3], 2)),
            (records["o"], 0, things[3]),
            (records[["a", "o"]], ..., (1, things[3])),
        ):
            with pytest.raises(TypeError, match="borrows"):
                target[key] = value
        records["n"] = 7
        assert [part.n for part in record] == [7, 7]
        del value, target
        copy = records.copy()
        assert count.changes() == [1, 1, 0, 0]
        copy[0] = (1, things[3], 2)
        assert count.changes() == [0, 1, 0, 1]
        del copy
        assert count.changes() == [0] * 4


def test_an_unset_object_of_ctypes_is_none():
    assert consumer.consume((ctypes.py_object * 2)()).tolist() == [None, None]
    assert consumer.consume(Struct())[()] == (0, None, 0)


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


@pytest.mark.parametrize("form", ["i", "f", "=hi"])
def test_an_error_that_is_replaced_goes_at_once(form):
    """Its traceback holds the frame in which it was raised, and all that is in there."""
    thing = Thing()
    view = consumer.consume(bytearray(12)).cast(form)

    class Wrong:
        def __index__(self):
            held = thing
            raise TypeError(held)

        __float__ = __index__

    value = (1, Wrong()) if form == "=hi" else Wrong()
    with Counted(thing) as count:
        for key in (0, ...):
            with pytest.raises(TypeError, match="expected"):
                view[key] = value
            assert count.changes() == [0]
