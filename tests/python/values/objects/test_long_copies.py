"""Copies and stores of many references: whatever runs in between, each owns what it refers to."""

import ctypes
import functools
import gc
import operator
import sys
import threading
import time

import consumer
import pytest

from support.alarms import AlarmError, alarm
from support.references import Counted, Thing, referents
from support.versions import GIL

# References of some megabytes, so that there are pauses.
MANY = 1_500_000


def interrupted(work, seconds):
    """Whether a signal handler ended some work by an exception, after so many seconds or later."""
    working = False

    def handler(_number, _frame):
        nonlocal working
        if working:
            working = False
            raise AlarmError

    with alarm(handler, seconds, again=seconds):
        try:
            working = True
            work()
            working = False
        except AlarmError:
            return True
    return False


def filled(np, dtype, thing, count=MANY):
    array = np.zeros(count, dtype)
    (array["o"] if array.dtype.names else array)[...] = thing
    return array


DTYPES = {
    "objects": "O",
    "records": [("n", "i4"), ("o", "O")],
    "packed records with sub-arrays": [("n", "i1"), ("o", "O", (2, 1))],
}


@pytest.mark.signals
@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
def test_an_interrupted_copy_gives_back_what_it_took(np, dtype):
    thing = Thing()
    view = consumer.consume(filled(np, dtype, thing))
    times = 0
    with Counted(thing) as count:
        for attempt in range(200):
            times += interrupted(view.copy, 1e-4 * (1 + attempt % 20))
            assert count.changes() == [0]
            if times > 3:
                break
    assert times
    view.release()


@pytest.mark.signals
@pytest.mark.parametrize("fill", [False, True], ids=["assignment", "fill"])
def test_an_interrupted_store_owns_what_it_has_stored(np, fill):
    old, new = Thing("old"), Thing("new")
    source = consumer.consume(filled(np, "O", new))
    value = new if fill else source
    times = 0
    with Counted(old, new) as count:
        for attempt in range(100):
            array = filled(np, "O", old)
            store = functools.partial(operator.setitem, consumer.consume(array), ..., value)
            times += interrupted(store, 1e-4 * (1 + attempt % 20))
            stored = sum(element is new for element in array)
            # The function holds what it stores.
            assert count.changes() == [MANY - stored, stored + fill]
            del array, store
            assert count.changes() == [0, 0]
            if times > 3:
                break
    assert times


@pytest.mark.signals
def test_a_signal_handler_may_store_in_what_is_copied(np):
    array = np.empty(MANY, object)
    first, second = Thing(), Thing()

    def handler(_number, _frame):
        array[::100] = second if array[0] is first else first

    with Counted(first, second) as count:
        for _ in range(8):
            array[:] = first
            view = consumer.consume(array)
            with alarm(handler, 2e-3, again=2e-3):
                copy = view.copy()
            array[:] = None
            here = sum(element is first for element in copy)
            assert count.changes() == [here, MANY - here]
            copy[...] = view
            assert count.changes() == [0, 0]


def test_what_is_copied_meanwhile_can_be_collected_and_is_found(np):
    thing = Thing()
    view = consumer.consume(filled(np, "O", thing))
    copy = view.copy()
    gc.collect()
    assert sum(referent is thing for referent in referents(copy)) == MANY
    with Counted(thing) as count:
        copy.release()
        assert count.changes() == [-MANY]


@pytest.mark.skipif(not GIL, reason="NumPy itself stores without a lock")
def test_threads_copy_store_and_compare_one_array(np):
    """The objects of the array end all the time; the sanitizer watches."""
    count = 600_000
    array = np.empty(count, object)
    array[:] = [[number] for number in range(count)]
    view = consumer.consume(array)
    end, errors = time.monotonic() + 2, []
    interval = sys.getswitchinterval()

    def forever(work):
        try:
            while time.monotonic() < end:
                work()
        except BaseException as error:
            errors.append(error)

    def replace():
        array[:] = None
        array[::7] = [[] for _ in range(len(array[::7]))]

    def copy():
        for element in view.copy().tolist()[::7001]:
            type(element)

    def store():
        view[::5] = view[::-5]
        view[1:1000] = view[:999].copy()
        view[0] = [0]

    def compare():
        assert (view[:500] == view[:500].copy()) in {True, False}
        assert ([] in view[:1000]) in {True, False}
        repr(view)

    sys.setswitchinterval(1e-5)
    try:
        threads = [
            threading.Thread(target=forever, args=(work,))
            for work in (replace, copy, store, compare)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not errors


class Union(ctypes.Union):
    _fields_ = [("o", ctypes.py_object), ("n", ctypes.c_size_t)]


class Struct(ctypes.Structure):
    _fields_ = [("number", ctypes.c_int), ("either", Union)]


@pytest.mark.parametrize("kind", [Union, Struct])
def test_references_that_cannot_be_told_are_not_stored(kind):
    """Nobody would own them."""
    one, other = (kind * 2)(), (kind * 2)()
    target, source = consumer.consume(one), consumer.consume(other)
    for key in (..., slice(None), slice(0, 1)):
        part = source if key == ... else source[key]
        with pytest.raises(NotImplementedError, match="references to objects"):
            target[key] = part
    assert target.cast("B").readonly
    assert source.copy().tobytes() == bytes(other)


def test_elements_without_objects_that_cannot_be_read_are_stored():
    class Plain(ctypes.Structure):
        _fields_ = [("number", ctypes.c_int)]

    Plain.number = 5  # The descriptor is gone, and with it what lies where.
    one, other = (Plain * 2)(), (Plain * 2)()
    ctypes.memset(other, 7, ctypes.sizeof(other))
    target = consumer.consume(one)
    target[...] = consumer.consume(other)
    assert bytes(one) == bytes(other)
    assert not target.cast("B").readonly


def test_bytes_are_not_stored_in_fields_that_a_selection_leaves_out(np):
    """They may be references."""
    array = np.zeros(3, [("o", "O"), ("n", "i8")])
    array["o"] = thing = Thing()
    part = consumer.consume(array[["n"]])
    with Counted(thing) as count:
        assert part.cast("B").readonly
        part[...] = consumer.consume(np.ones(3, [("o", "O"), ("n", "i8")])[["n"]])
        part[0] = (7,)
        assert array["n"].tolist() == [7, 1, 1]
        assert count.changes() == [0]
    # Of fields left out that are numbers, the bytes can be written.
    numbers = np.zeros(3, [("m", "i8"), ("n", "i8")])[["n"]]
    assert not consumer.consume(numbers).cast("B").readonly


def test_a_format_that_cannot_be_read_but_has_objects_is_not_copied_with_it():
    from support.exporters import Exporter

    view = consumer.consume(Exporter(bytes(24), b"T{O:o:", 24))
    with pytest.raises(NotImplementedError, match="references to objects"):
        view.copy()
    assert view.tobytes() == bytes(24)
