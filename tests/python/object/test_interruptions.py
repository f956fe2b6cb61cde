"""Long work leaves the interpreter to others: other threads run, and signals end it."""

import contextlib
import gc
import operator
import signal
import sys
import textwrap
import threading
import time
from fractions import Fraction
from types import SimpleNamespace

import consumer
import pytest

from support.alarms import AlarmError, alarm
from support.programs import run_python
from support.views import random_array

np = pytest.importorskip("numpy")

pytestmark = pytest.mark.signals


@pytest.fixture(scope="module")
def long():
    data = random_array(np, "u4", 8_000_000)
    target = consumer.consume(np.zeros_like(data))
    return SimpleNamespace(
        view=consumer.consume(data),
        other=consumer.consume(data.copy()),
        last=data[-1].item(),
        target=target,
        backwards=target[::-1],
        records=consumer.consume(data.view([("a", "u4"), ("b", "u4")])),
        nothing=consumer.consume(np.empty((0, 8_000_000))),
        objects=consumer.consume(np.empty((2, 300_000), object)),
        values=[[None] * 300_000] * 2,
    )


WORK = {
    "tobytes": lambda long: long.view[::-1].tobytes(),
    "copy": lambda long: long.view.copy(),
    "hex": lambda long: long.view.hex(),
    "astype": lambda long: long.view.astype("d"),
    "byteswap": lambda long: long.view.byteswap(),
    "equality": lambda long: long.view == long.other,
    "equality across formats": lambda long: long.view == long.other.astype("q"),
    "equality of records": lambda long: long.records == long.records.copy(),
    "in": lambda long: 1 in long.view,
    "index": lambda long: long.view.index(long.last),
    "count": lambda long: long.view.count(5),
    "sum": lambda long: long.view.sum(),
    "minmax": lambda long: long.view.minmax(),
    "argmax": lambda long: long.view[::-1].argmax(),
    "sum along an axis": lambda long: long.view.reshape(2000, 4000).sum(axis=0),
    "sums of nothing": lambda long: long.nothing.sum(axis=0),
    "assignment": lambda long: operator.setitem(long.backwards, slice(None), long.view),
    "fill": lambda long: operator.setitem(long.target, ..., 5),
    "numbers": lambda _long: consumer.ConsumerArray(8_000_000),
}

MAKING_OBJECTS = {
    "tolist": lambda long: long.view[:1_000_000].tolist(),
    "tolist of records": lambda long: long.records[:500_000].tolist(),
    "lists stored in objects": lambda long: operator.setitem(long.objects, ..., long.values),
    "comparison of objects": lambda long: long.view[:500_000].count(Fraction(1, 2)),
}


@pytest.fixture
def ticking():
    """Counts how often another thread has run; it only waits for its turn."""
    ticks, ended = [], threading.Event()

    def tick():
        while not ended.is_set():
            ticks.append(None)
            time.sleep(1e-5)

    interval = sys.getswitchinterval()
    thread = threading.Thread(target=tick)
    thread.start()
    yield ticks
    ended.set()
    thread.join()
    sys.setswitchinterval(interval)


@pytest.mark.turns
@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_other_threads_run_during_long_work(work, long, ticking):
    sys.setswitchinterval(1000)  # So that the other one is not let in between two bytecodes.
    before = len(ticking)
    for _ in range(100):
        work(long)
        if len(ticking) > before:
            return
    pytest.fail("the other thread never ran")


@pytest.mark.turns
@pytest.mark.parametrize("work", MAKING_OBJECTS.values(), ids=MAKING_OBJECTS)
def test_other_threads_run_while_many_objects_are_made(work, long, ticking):
    sys.setswitchinterval(1e-5)  # So that it insists on its turn.
    most = 0
    for _ in range(100):
        before = len(ticking)
        work(long)
        most = max(most, len(ticking) - before)
        # It may also have run between two bytecodes, before and after the work.
        if most > 4:
            return
    pytest.fail(f"the other thread ran no more than {most} times")


def test_a_view_can_be_released_by_another_thread_in_the_middle_of_its_work():
    data = bytearray(64 << 20)
    view = consumer.consume(data)
    begun = threading.Event()

    def release():
        begun.wait()
        view.release()

    thread = threading.Thread(target=release)
    thread.start()
    begun.set()
    with contextlib.suppress(ValueError):
        for _ in range(50):
            assert view.tobytes() == data
    thread.join()
    with pytest.raises(ValueError, match="released"):
        view.tobytes()
    data.append(0)  # No buffer is out any more.


# Signals.


@pytest.fixture
def endless():
    """Practically endless views: all of their elements are the same one in memory."""
    strided = np.lib.stride_tricks.as_strided
    one, other = np.zeros(1, "i8"), np.zeros(1, "i8")
    return SimpleNamespace(
        view=consumer.consume(strided(one, (1 << 50,), (0,))),
        other=consumer.consume(strided(other, (1 << 50,), (0,))),
        records=consumer.consume(strided(one.view([("a", "i4"), ("b", "i4")]), (1 << 50,), (0,))),
    )


ENDLESS_WORK = {
    "equality": lambda endless: endless.view == endless.other,
    "equality of records": lambda endless: endless.records == endless.records,
    "in": lambda endless: 1 in endless.view,
    "index": lambda endless: endless.view.index(1),
    "count": lambda endless: endless.view.count(0),
    "sum": lambda endless: endless.view.sum(),
    "max": lambda endless: endless.view.max(),
    "argmin": lambda endless: endless.view.argmin(),
    "sum along an axis": lambda endless: endless.view.sum(axis=0, keepdims=True),
    "comparison of objects": lambda endless: Fraction(1, 2) in endless.view,
    "assignment": lambda endless: operator.setitem(endless.view, ..., endless.other),
    "fill": lambda endless: operator.setitem(endless.view, ..., 5),
    "fill of records": lambda endless: operator.setitem(endless.records, ..., (5, 6)),
}


@pytest.mark.parametrize("work", ENDLESS_WORK.values(), ids=ENDLESS_WORK)
def test_a_signal_handler_that_raises_ends_long_work(work, endless):
    def handler(_number, _frame):
        raise AlarmError

    with pytest.raises(AlarmError), alarm(handler, 0.1):
        work(endless)
    # Nothing holds the memory any more.
    endless.view.release()
    endless.records.release()


def test_ctrl_c_ends_long_work():
    program = """
        import consumer, numpy, signal, threading
        # Ignored, as it is in what a shell runs in the background, it would interrupt nothing.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        view = consumer.consume(numpy.broadcast_to(numpy.zeros(1), (1 << 50,)))
        threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
        try:
            view.count(0)
        except KeyboardInterrupt:
            print("interrupted")
    """
    done = run_python("-c", textwrap.dedent(program), timeout=60)
    assert done.stdout == "interrupted\n"


@pytest.mark.parametrize("dtype", ["q", [("a", "i4"), ("b", "i4")]], ids=["scalars", "records"])
def test_signal_handlers_run_while_a_long_list_is_made(dtype):
    """Nor can they find a half-filled list among all objects."""
    view = consumer.consume(np.arange(2_000_000).view(dtype)).reshape(2, 1_000_000)
    calls = []

    def handler(_number, _frame):
        calls.append(None)
        for candidate in gc.get_objects():
            if type(candidate) is list and len(candidate) in (2, 1_000_000):
                repr(candidate[-1:])
        # Where looking takes longer than the list, it would never be finished.
        if len(calls) < 20:
            signal.setitimer(signal.ITIMER_REAL, 0.001)

    with alarm(handler, 0.001):
        made = view.tolist()
    assert len(calls) >= 3
    assert len(made) == 2
    assert gc.is_tracked(made)
    assert made[1][-1] == view[1, -1]


def test_a_list_that_is_interrupted_leaves_nothing_behind():
    view = consumer.consume(np.arange(4_000_000, dtype="q") + 1000)

    def make_lists():
        for _ in range(1000):
            view.tolist()

    def handler(_number, _frame):
        raise AlarmError

    with pytest.raises(AlarmError), alarm(handler, 0.02):
        make_lists()
    view.release()
