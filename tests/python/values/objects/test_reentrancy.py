"""Objects in memory whose own code runs while they are stored, compared, read or dropped."""

import gc
import sys

import consumer
import pytest

from support.references import Counted, Thing


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
    """Creating a long tuple runs the collector, before 3.12 at once."""
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
