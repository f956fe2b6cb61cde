"""Errors that are swallowed, and those that are raised, are gone when an operation is over.

PyO3 puts off dropping what is dropped where it does not know that the thread is attached. So each
operation is repeated by itself, with none in between that would make up for it.
"""

import itertools
import time
import weakref

import consumer
import pytest

from support.versions import needs_buffer_classes
from sweeps import errors_dropped
from sweeps.errors_dropped import PLAIN, VALUES, WITH_VALUE, DroppedError, Raising, RaisingBuffer

EXPORTERS = errors_dropped.exporters()


def grown(operation, *arguments):
    """Whether repeating an operation 10,000 times, or fewer if that takes long, leaves anything."""
    operations = [(operation, *arguments)]
    start = time.perf_counter()
    errors_dropped.repeat(operations, 10)
    rounds = min(10_000, max(100, int(0.03 / (time.perf_counter() - start))))
    return errors_dropped.grows(operations, rounds)


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_operations_leave_nothing(exporter):
    exporter = EXPORTERS[exporter]
    view = errors_dropped.view_of(exporter)
    assert not [name for name in PLAIN if grown(PLAIN[name], view, exporter)]


@pytest.mark.parametrize("operation", WITH_VALUE)
def test_operations_with_a_value_leave_nothing(operation):
    exporters = itertools.cycle(EXPORTERS.values())
    views = map(errors_dropped.view_of, exporters)
    grew = [name for name in VALUES if grown(WITH_VALUE[operation], next(views), VALUES[name])]
    assert not grew


def test_every_name_of_the_class_is_repeated():
    names = {name for name in dir(consumer.ConsumerArray) if name not in dir(object)}
    code = [operation.__code__ for operation in (*PLAIN.values(), *WITH_VALUE.values())]
    used = {name for each in code for name in each.co_names}
    operators = {"contains", "delitem", "enter", "getitem", "iter", "len", "reversed", "exit"}
    operators |= {"setitem", "copy", "deepcopy", "class_getitem", "module", "buffer"}
    operators.add("release_buffer")
    attributes = {"c_contiguous", "contiguous", "f_contiguous", "format", "itemsize", "nbytes"}
    attributes |= {"ndim", "obj", "readonly", "shape", "size", "strides", "suboffsets"}
    # Written in Python.
    attributes |= {"info", "_repr_html_", "_repr_pretty_", "_ipython_key_completions_"}
    assert names - used - attributes <= {f"__{name}__" for name in operators}


@needs_buffer_classes
@pytest.mark.parametrize("compare", [lambda v, x: v == x, lambda v, x: x != v, lambda v, x: x in v])
def test_what_a_swallowed_error_refers_to_is_let_go(compare):
    data = bytearray(b"abc")

    class Exporter:
        def __buffer__(self, flags):
            held = memoryview(data)  # noqa: F841
            raise RuntimeError(self)

    view = consumer.consume(bytes(3))
    exporter = Exporter()
    reference = weakref.ref(exporter)
    compare(view, exporter)
    del exporter
    assert reference() is None
    data.append(1)


@pytest.mark.parametrize("use", [lambda v, x: v[x], lambda v, x: v.__setitem__(0, x)])
def test_an_error_that_is_caught_is_let_go(use):
    view = consumer.consume(bytearray(3))
    for value in (Raising(), RaisingBuffer()):
        with pytest.raises(DroppedError) as caught:
            use(view, value)
        del caught
    assert not DroppedError.alive
