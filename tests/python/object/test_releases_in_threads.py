"""A release lets go at once, in whatever thread it is, and so does the end of an iteration.

The oracle is the exporter: a bytearray can be resized right after, by the thread that released,
while the thread that made the views waits.
"""

import subprocess
import sys
import threading

import consumer
import pytest


def elsewhere(body):
    """Runs `body` in a thread of its own while this one waits, and raises what it raised."""
    errors = []

    def run():
        try:
            body()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def here(body):
    body()


VIEWS = {
    "a view": consumer.consume,
    "a slice of a view that nobody has": lambda data: consumer.consume(data)[2:],
    "a slice of a slice": lambda data: consumer.consume(data)[2:][::2],
    "a cast": lambda data: consumer.consume(data).cast("H"),
    "a transpose": lambda data: consumer.consume(data).reshape(2, 6).T,
    "a row": lambda data: consumer.consume(data).reshape(2, 6)[1],
    "an element of its own": lambda data: consumer.consume(data)[2:3].reshape(()),
    "a view of a view": lambda data: consumer.consume(consumer.consume(data)),
}


def release(view):
    view.release()


def leave(view):
    with view:
        pass


def release_in_the_middle(view):
    """Released by the code that an operation runs, and let go of when the operation ends."""

    class Value:
        def __eq__(self, other):
            view.release()
            return False

        __hash__ = None

    assert Value() not in view


@pytest.mark.parametrize("where", [here, elsewhere])
@pytest.mark.parametrize("end", [release, leave, release_in_the_middle])
@pytest.mark.parametrize("make", VIEWS.values(), ids=VIEWS)
def test_a_release_lets_go_at_once(make, end, where):
    data = bytearray(12)
    view = make(data)

    def body():
        end(view)
        data.append(0)

    references = sys.getrefcount(data)
    where(body)
    # Without a GIL, the reference that another thread drops is counted by the one that made the
    # object, when it runs.
    assert sys.getrefcount(data) == references - 1


@pytest.mark.parametrize("where", [here, elsewhere])
def test_the_last_of_several_releases_lets_go(where):
    data = bytearray(12)
    views = [consumer.consume(data)]
    views += [views[0][start:] for start in range(5)]

    def body():
        for view in views:
            with pytest.raises(BufferError):
                data.append(0)
            view.release()
        data.append(0)

    where(body)


def test_a_view_that_two_threads_made_slices_of():
    data = bytearray(12)
    views = [consumer.consume(data)]
    elsewhere(lambda: views.append(views[0][1:]))
    del views[0]
    elsewhere(lambda: views.append(views[0][1:]))

    def body():
        views.pop(0).release()
        with pytest.raises(BufferError):
            data.append(0)
        views.pop(0).release()
        data.append(0)

    elsewhere(body)


ITERATORS = {
    "elements": iter,
    "elements backwards": reversed,
    "elements of a slice": lambda view: iter(view[1:]),
    "rows": lambda view: iter(view.reshape(3, 4)),
    "records": lambda view: iter(view.cast("BH")),
}


@pytest.mark.parametrize("make", ITERATORS.values(), ids=ITERATORS)
def test_the_end_of_an_iteration_lets_go(make):
    data = bytearray(12)
    iterator = make(consumer.consume(data))
    next(iterator)
    with pytest.raises(BufferError):
        data.append(0)
    while next(iterator, None) is not None:
        pass
    data.append(0)
    assert next(iterator, None) is None


@pytest.mark.parametrize("make", ITERATORS.values(), ids=ITERATORS)
def test_a_release_lets_go_while_an_iterator_is_there(make):
    data = bytearray(12)
    view = consumer.consume(data)
    iterator = make(view)
    next(iterator)
    elsewhere(view.release)
    if make in (iter, reversed):
        data.append(0)
        with pytest.raises(ValueError, match="released"):
            next(iterator)


def test_the_module_leaves_the_gil_as_it_is():
    """An interpreter without one has it switched on, with a warning, by modules that need it."""
    program = (
        "import sys; enabled = getattr(sys, '_is_gil_enabled', lambda: True); before = enabled();"
        "import consumer; assert enabled() == before"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
