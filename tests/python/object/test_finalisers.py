"""Code that runs when objects are destroyed: finalisers, and callbacks of weak references.

It releases views and uses them, in the middle of whatever is going on.
"""

import gc
import weakref

import consumer
import pytest


def finaliser(action):
    """Garbage that runs an action when it is collected."""

    class Garbage:
        def __init__(self):
            self.itself = self

        def __del__(self):
            action()

    Garbage()


MAKING = {
    "slice": lambda v: v[1:5],
    "slice in a tuple": lambda v: v[1:5, ...],
    "everything": lambda v: v[...],
    "row": lambda v: v.reshape(2, -1)[1],
    "toreadonly": lambda v: v.toreadonly(),
    "cast": lambda v: v.cast("b"),
    "T": lambda v: v.T,
    "transpose": lambda v: v.transpose(0),
    "reshape": lambda v: v.reshape(-1, 2),
    "consume": consumer.consume,
    "copy": lambda v: v.copy(),
    "iterator": iter,
    "rows": lambda v: next(iter(v.reshape(2, -1))),
    "list": lambda v: v.tolist(),
    "lists": lambda v: v.reshape(100, -1).tolist(),
    "text": repr,
    "bytes": lambda v: v.tobytes(),
    "exported": memoryview,
    "records": lambda v: v.cast("BB").tolist()[0],
    "record": lambda v: v.cast("BB")[3],
    "stored": lambda v: v.__setitem__(slice(0, 4), b"abcd"),
    "compared": lambda v: v == bytes(v.nbytes),
}


@pytest.mark.parametrize("name", MAKING)
def test_release_by_the_collector(name):
    """Creating an object can start the collector, up to Python 3.11 immediately.

    What is created then refers to memory that is held, or creating it fails.
    """
    data = bytearray(range(200)) * 500
    view = consumer.consume(data)
    # The memory of dead views is reused; here none is left, so that a new object is allocated.
    kept = [consumer.consume(b"") for _ in range(100)]
    done = []

    def release():
        try:
            view.release()
            data.clear()
            done.append("gone")
        except BufferError:
            done.append("held")

    use, threshold = MAKING[name], gc.get_threshold()
    gc.collect()
    gc.disable()
    finaliser(release)
    gc.set_threshold(1)
    gc.enable()
    try:
        # Nothing else may be created here, or the collector would run too early.
        result = use(view)
    except ValueError:
        result = None
    gc.set_threshold(*threshold)
    gc.collect()
    assert done
    if isinstance(result, consumer.ConsumerArray) and name != "copy":
        assert (result.obj, len(data)) == (data, 100_000)
        assert result.tolist()
    del result, kept
    view.release()
    data.append(1)


def test_the_exporters_end_uses_the_view():
    seen = []

    class Data(bytearray):
        def __del__(self):
            view = kept[0]
            seen.append(repr(view)[:9])
            with pytest.raises(ValueError, match="released"):
                view.tolist()
            view.release()
            seen.append(consumer.consume(b"ab").tolist())

    kept = [consumer.consume(Data(b"abc"))]
    kept[0].release()
    assert seen == ["<released", [97, 98]]


def test_weak_references_are_called_when_views_die():
    """The callback creates views itself, which may reuse the memory of the one that is dying."""
    made_meanwhile = []

    def called(_reference):
        made_meanwhile.append(consumer.consume(bytearray(b"abc"))[1:])
        gc.collect()

    data = bytearray(range(10))
    references = [weakref.ref(consumer.consume(data)[2:], called) for _ in range(3)]
    view = consumer.consume(data)
    references.append(weakref.ref(view, called))
    part = view[1:]
    references.append(weakref.ref(part, called))
    del view
    assert part.tolist() == list(range(1, 10))
    del part
    assert [view.tolist() for view in made_meanwhile] == [[98, 99]] * 5
    data.append(1)


def test_an_iteration_may_end_while_it_makes_an_element():
    """Creating a long tuple runs the collector, before 3.12 at once.

    Nothing but the iterator keeps the view.
    """

    class Cycle:
        def __init__(self):
            self.me = self

        def __del__(self):
            gc.disable()
            for _ in iterator:
                pass
            # Other objects now use the memory that was freed.
            junk.extend(bytearray(b"\xff") * size for size in range(512, 8192, 8))

    junk, threshold = [], gc.get_threshold()
    gc.disable()
    try:
        gc.set_threshold(1)
        for _ in range(50):
            view = consumer.consume(bytearray(b"abc" * 90))
            iterator = iter(view.cast("9s" * 30)[...])
            del view
            Cycle()
            others = [[], [], []]
            gc.enable()
            element = next(iterator)
            gc.disable()
            assert element == (b"abcabcabc",) * 30
            del others
            junk.clear()
    finally:
        gc.set_threshold(*threshold)
        gc.enable()
