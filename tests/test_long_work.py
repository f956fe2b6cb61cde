"""Work on views of many megabytes: right at the seams, other threads run, and signals end it."""

import contextlib
import gc
import operator
import signal
import subprocess
import sys
import textwrap
import threading
import time
from fractions import Fraction
from types import SimpleNamespace

import consumer
import pytest

np = pytest.importorskip("numpy")


def numbers(dtype, *shape):
    """Elements of random bytes."""
    count = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.random.default_rng(1).integers(0, 256, count, "u1").view(dtype).reshape(shape)


LAYOUTS = {
    "contiguous": lambda: numbers("u4", 9_000_001),
    "reversed": lambda: numbers("u4", 5_000_001)[::-1],
    "stepped": lambda: numbers("u2", 20_000_001)[::2],
    "transposed": lambda: numbers("u8", 1501, 1999).T,
    "tall and transposed": lambda: numbers("u4", 5, 1_200_001).T,
    "wide and transposed": lambda: numbers("u4", 1_200_001, 5).T,
    "three dimensions": lambda: numbers("u1", 311, 251, 257).transpose(1, 2, 0),
    "many dimensions": lambda: numbers("u1", *[8] * 8)[..., ::-1].transpose(),
    "broadcast": lambda: np.broadcast_to(numbers("u4", 7), (1_300_000, 7)),
    "swapped": lambda: numbers("u4", 3_000_001).view(">u4")[::-1],
    "records": lambda: numbers("u1", 15 * 1_300_003).view(
        [("a", ">u4"), ("b", "<u8"), ("c", "u1", 3)]
    ),
}


@pytest.fixture(params=LAYOUTS, ids=lambda name: name.replace(" ", "-"))
def long_array(request):
    return LAYOUTS[request.param]()


def test_copies_of_long_views_have_every_element_in_its_place(long_array):
    view = consumer.consume(long_array)
    assert view.tobytes() == long_array.tobytes()
    assert view.tobytes("F") == long_array.tobytes("F")
    native = long_array.astype(long_array.dtype.newbyteorder("="))
    assert view.copy().tobytes() == native.tobytes()
    assert view.hex() == long_array.tobytes().hex()


def test_long_views_equal_what_has_the_same_elements_and_nothing_else(long_array):
    view, same = consumer.consume(long_array), consumer.consume(long_array.copy())
    assert view == same
    for place in 0, -1:
        other = long_array.copy()
        index = np.unravel_index(place % other.size, other.shape)
        bytes_of = other[index].tobytes()
        other[index] = np.frombuffer(bytes(255 - b for b in bytes_of), other.dtype)[0]
        assert view != consumer.consume(other)


def test_long_assignments_store_every_element_in_its_place(long_array):
    target = np.zeros(long_array.shape, long_array.dtype)
    consumer.consume(target)[...] = consumer.consume(long_array)
    assert target.tobytes() == long_array.tobytes()
    turned = np.zeros(long_array.shape[::-1], long_array.dtype).T
    consumer.consume(turned)[...] = consumer.consume(long_array)
    assert turned.tobytes() == long_array.tobytes()


def test_a_long_fill_reaches_every_element(long_array):
    target = np.zeros(long_array.shape, long_array.dtype)
    element = long_array.ravel()[3]
    value = consumer.consume(element).tolist()
    consumer.consume(target)[...] = value
    assert target.tobytes() == np.full(target.shape, element, target.dtype).tobytes()


@pytest.mark.parametrize("shift", [1, -1, 5_000_000, -5_000_000])
@pytest.mark.parametrize("step", [1, 2, -1])
def test_long_views_can_be_copied_onto_themselves(shift, step):
    data = numbers("u4", 12_000_000)
    to = slice(max(shift, 0), len(data) + min(shift, 0))
    source = slice(max(-shift, 0), len(data) + min(-shift, 0))
    expected = data.copy()
    expected[to][::step] = data[source][:: abs(step)].copy()
    view = consumer.consume(data)
    view[to][::step] = view[source][:: abs(step)]
    assert np.array_equal(data, expected)


@pytest.mark.parametrize("place", [0, 4_200_000, 9_000_000, -1])
def test_a_value_is_found_wherever_it_is_in_a_long_view(place):
    data = np.zeros((9_000_001,), "i4")
    data[place] = 7
    data[-1] = 7
    view = consumer.consume(data)
    first = int(np.argmax(data == 7))
    assert view.index(7) == first
    assert view[::-1].index(7) == 0
    assert 7 in view
    assert view.count(7) == np.count_nonzero(data == 7)
    assert view.count(0) == np.count_nonzero(data == 0)
    assert 8 not in view
    matrix = consumer.consume(data[:9_000_000].reshape(3000, 3000).T)
    if 7 in data[:9_000_000]:
        column, row = divmod(int(np.argmax(data == 7)), 3000)
        assert matrix.index(7) == (row, column)


def test_conversions_of_long_views_have_every_element_in_its_place():
    data = np.arange(9_000_001, dtype="f8")[::-1]
    view = consumer.consume(data)
    assert view.astype("i").tobytes() == data.astype("i4").tobytes()
    assert view.byteswap().tobytes() == data.astype(">f8").tobytes()
    square = consumer.consume(data[:9_000_000].reshape(3000, 3000).T)
    assert (
        square.astype("f").tobytes()
        == data[:9_000_000].reshape(3000, 3000).T.astype("f4").tobytes()
    )


def test_an_error_of_a_conversion_names_the_element_wherever_it_is_in_a_long_view():
    data = np.zeros((3000, 3000), "i4")
    data[2999, 1234] = 300
    with pytest.raises(ValueError, match=r"^300 at index \(2999, 1234\) is out of range"):
        consumer.consume(data).astype("B")


def test_lists_of_long_views_have_every_element_in_its_place(long_array):
    small = long_array[: max(2, 300_000 * long_array.shape[0] // long_array.size)]
    view = consumer.consume(small)
    if small.dtype.names is None:
        assert view.tolist() == small.tolist()
    else:
        expected = [(int(r["a"]), int(r["b"]), r["c"].tolist()) for r in small]
        assert view.tolist() == expected


def test_a_view_of_its_own_numbers_them_all():
    view = consumer.ConsumerArray(5_000_001)
    assert view.tobytes() == np.arange(5_000_001, dtype="i4").tobytes()


# Threads.


@pytest.fixture(scope="module")
def long():
    data = numbers("u4", 8_000_000)
    target = consumer.consume(np.zeros_like(data))
    return SimpleNamespace(
        view=consumer.consume(data),
        other=consumer.consume(data.copy()),
        last=data[-1].item(),
        target=target,
        backwards=target[::-1],
        records=consumer.consume(data.view([("a", "u4"), ("b", "u4")])),
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
    "assignment": lambda long: operator.setitem(long.backwards, slice(None), long.view),
    "fill": lambda long: operator.setitem(long.target, ..., 5),
    "numbers": lambda _long: consumer.ConsumerArray(8_000_000),
}


MAKING_OBJECTS = {
    "tolist": lambda long: long.view[:1_000_000].tolist(),
    "tolist of records": lambda long: long.records[:500_000].tolist(),
    "comparison of objects": lambda long: long.view[:500_000].count(Fraction(1, 2)),
}


@pytest.fixture
def ticking():
    """Counts how often another thread has come to run; it waits for the interpreter politely."""
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


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_other_threads_run_during_long_work(work, long, ticking):
    sys.setswitchinterval(1000)  # So that the other one is not let in between two bytecodes.
    before = len(ticking)
    for _ in range(100):
        work(long)
        if len(ticking) > before:
            return
    pytest.fail("the other thread never ran")


@pytest.mark.parametrize("work", MAKING_OBJECTS.values(), ids=MAKING_OBJECTS)
def test_other_threads_run_while_many_objects_are_made(work, long, ticking):
    sys.setswitchinterval(1e-5)  # So that it insists on its turn.
    most = 0
    for _ in range(100):
        before = len(ticking)
        work(long)
        most = max(most, len(ticking) - before)
        # It may also have come to run between two bytecodes, before and after the work.
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


class AlarmError(Exception):
    pass


@contextlib.contextmanager
def alarm(handler, seconds):
    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def endless():
    """Elements without end, all of them the same one in memory."""
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
    # Nobody has a hold on the memory any more.
    endless.view.release()
    endless.records.release()


def test_ctrl_c_ends_long_work():
    program = """
        import consumer, numpy, os, signal, threading
        view = consumer.consume(numpy.broadcast_to(numpy.zeros(1), (1 << 50,)))
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            view.count(0)
        except KeyboardInterrupt:
            print("interrupted")
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "interrupted\n"


@pytest.mark.parametrize("dtype", ["q", [("a", "i4"), ("b", "i4")]], ids=["scalars", "records"])
def test_signal_handlers_run_while_a_long_list_is_made(dtype):
    """And find no list with empty places among all objects."""
    view = consumer.consume(np.arange(2_000_000).view(dtype)).reshape(2, 1_000_000)
    calls = []

    def handler(_number, _frame):
        calls.append(None)
        for candidate in gc.get_objects():
            if type(candidate) is list and len(candidate) in (2, 1_000_000):
                repr(candidate[-1:])
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
