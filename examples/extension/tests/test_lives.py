"""How long arrays live, in which thread they end, and what is left of them."""

import array
import gc
import importlib.machinery
import importlib.util
import shutil
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import consumer
import extension_example as example
import numpy as np
import pytest
from exporters import OnlyDLPack, WithBuffer, doubles

WITHOUT_GIL = not getattr(sys, "_is_gil_enabled", lambda: True)()


def is_exported(memory):
    """Whether a bytearray has a buffer."""
    try:
        memory.append(0)
    except BufferError:
        return True
    del memory[-1]
    return False


def exported(count=3):
    """A bytearray, and a way to see it as doubles."""
    memory = bytearray(8 * count)
    return memory, memoryview(memory).cast("d")


def test_a_call_ends_the_export():
    memory, view = exported()
    example.line(view)
    for wrong in (example.plane, example.text, example.bodies, example.heights):
        with pytest.raises(TypeError):
            wrong(view)
    example.floats(view)
    example.lost(view)
    example.checksum(view)
    view.release()
    assert not is_exported(memory)


def test_a_class_keeps_an_array():
    memory, view = exported()
    signal = example.Signal(view)
    assert signal.source is view
    assert signal.total() == 0
    np.frombuffer(memory)[:] = 1
    assert signal.total() == 3
    with pytest.raises(BufferError):
        view.release()
    signal.release()
    assert signal.total() is signal.source is None
    view.release()
    assert not is_exported(memory)


def test_an_array_without_a_buffer_is_kept_and_given_back():
    owner = np.arange(3.0)
    before = sys.getrefcount(owner)
    signal = example.Signal(OnlyDLPack(owner))
    assert signal.total() == 3
    assert isinstance(signal.source, OnlyDLPack)
    assert sys.getrefcount(owner) > before
    del signal
    gc.collect()
    assert sys.getrefcount(owner) == before


class Array(array.array):
    """One that may be part of a cycle."""


def test_a_cycle_through_an_exporter_is_found():
    class Lending:
        def __init__(self):
            self.owner = np.arange(3.0)

        def __dlpack__(self, **options):
            return self.owner.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.owner.__dlpack_device__()

    class Grid(np.ndarray):
        pass

    for make in (lambda: Array("d", [1, 2]), lambda: np.ones(3).view(Grid), Lending):
        exporter = make()
        exporter.signal = example.Signal(exporter)
        died = weakref.ref(exporter)
        del exporter
        for _ in range(3):
            gc.collect()
        assert died() is None


def test_a_memoryview_in_a_cycle_does_no_harm():
    class Owner(bytearray):
        pass

    for _ in range(100):
        owner = Owner(16)
        owner.signal = example.Signal(memoryview(owner).cast("d"))
        del owner
        gc.collect()


def test_an_array_ends_in_another_thread():
    memory, view = exported()
    # The thread that drops it waits for nobody; the next call finds that out.
    assert example.elsewhere(view) == 0
    example.line(doubles(1))
    view.release()
    assert not is_exported(memory)

    memory, view = exported()
    assert example.inside(view) == 0
    view.release()
    assert not is_exported(memory)

    memory, view = exported()
    signals = [example.Signal(view) for _ in range(100)]
    thread = threading.Thread(target=signals.clear)
    thread.start()
    thread.join()
    if WITHOUT_GIL:
        example.line(doubles(1))
        gc.collect()
    view.release()
    assert not is_exported(memory)


def test_threads_use_and_end_arrays_at_once():
    shared = np.ones((300, 4))
    memory, view = exported(100)
    calls = [
        lambda: example.inside(shared.T),
        lambda: example.elsewhere(shared[::2]),
        lambda: example.line(view),
        lambda: example.Signal(view).total(),
        lambda: example.floats(view[::2]),
        lambda: np.asarray(example.ramp(100)).sum(),
        lambda: example.same(shared).shape,
        lambda: example.bodies(np.zeros(3, [("at", "f8", (2,)), ("kind", "u1")])),
        lambda: example.Signal(OnlyDLPack(shared[0])).total(),
    ]
    handed: list[object] = []

    def work(turn):
        for step in range(300):
            calls[(turn + step) % len(calls)]()
            handed.append(example.Signal(view))
            if turn % 2 and len(handed) > 10:
                handed.pop(0)
            with pytest.raises(TypeError):
                example.line([turn])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    handed.clear()
    gc.collect()
    example.line(doubles(1))
    view.release()
    assert not is_exported(memory)


def test_who_stores_meanwhile_makes_old_or_new_elements():
    numbers = np.zeros(100_000)
    ended = threading.Event()

    def store():
        while not ended.is_set():
            numbers[:] = 1.0
            numbers[:] = 0.0

    thread = threading.Thread(target=store)
    thread.start()
    found = {float(value) for _ in range(20) for value in np.unique(example.solid(numbers)[2])}
    ended.set()
    thread.join()
    assert found <= {0.0, 1.0}


def repeat(count, *calls):
    """Calls each function so often, and returns how often one refused."""
    refused = 0
    for _ in range(count):
        for call in calls:
            try:
                call()
            except (TypeError, ValueError):
                refused += 1
    return refused


@pytest.mark.process_memory
def test_a_million_calls_leave_nothing():
    view, many = memoryview(array.array("d", [1, 2])), np.zeros((2, 2, 2, 2))
    lent, records = OnlyDLPack(np.arange(3.0)), np.zeros(2, [("at", "f8", (2,)), ("kind", "u1")])
    often = (
        lambda: example.line(view),
        lambda: example.same(view),
        lambda: example.ramp(3),
        lambda: example.total(view),
    )
    seldom = (
        lambda: example.line([1]),
        lambda: example.plane(view),
        lambda: example.line(np.array(["a"])),
        lambda: example.invert(b"a"),
        lambda: example.solid(many),
        lambda: example.inside(many.T),
        lambda: example.floats(np.arange(3)),
        lambda: example.lost(np.array([1.5])),
        lambda: example.line(lent),
        lambda: example.same(lent),
        lambda: example.bodies(records),
        lambda: example.bodies(view),
        lambda: example.checksum(many),
        lambda: example.Signal(view),
        lambda: example.elsewhere(view),
        lambda: example.line(WithBuffer(view)),
    )

    def used():
        gc.collect()
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * 4096

    if not sys.platform.startswith("linux"):
        return
    repeat(20_000, *often)
    repeat(1_000, *seldom)
    counts = [sys.getrefcount(kept) for kept in (view, many, lent, records)]
    before = used()
    repeat(250_000, *often)
    repeat(5_000, *seldom)
    assert used() - before < 2 << 20
    assert [sys.getrefcount(kept) for kept in (view, many, lent, records)] == counts


def test_two_extensions_and_the_module_live_in_one_process(tmp_path):
    # maturin puts the extension into a package.
    binary = sys.modules.get("extension_example.extension_example", example)
    copy = shutil.copy(binary.__file__, tmp_path)
    loader = importlib.machinery.ExtensionFileLoader(binary.__name__, str(copy))
    spec = importlib.util.spec_from_loader(binary.__name__, loader)
    other = importlib.util.module_from_spec(spec)
    loader.exec_module(other)
    assert other.line is not example.line
    numbers = np.arange(6.0).reshape(2, 3)
    chained = other.same(example.same(consumer.consume(other.grid(2, 3)).astype("d")))
    assert np.array_equal(chained, numbers)
    assert other.plane(chained) == example.plane(numbers) == ((2, 3), 15)
    assert consumer.consume(example.ramp(3)).tolist() == [0, 1, 2]
    for module in (example, other):
        with pytest.raises(TypeError, match="expected a buffer of float64 in 1 dimension"):
            module.line(consumer.consume(b"abc"))
    del chained


def test_nothing_of_the_extension_is_a_class_but_its_own():
    classes = {name for name, found in vars(example).items() if isinstance(found, type)}
    assert classes == {"Signal"}
