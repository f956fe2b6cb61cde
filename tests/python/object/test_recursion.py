"""Recursion through views ends with RecursionError, however small the stack is."""

import operator
import sys
import textwrap

import consumer
import pytest

from support.programs import run_python
from support.threads import in_small_thread
from support.versions import needs_buffer_classes

np = pytest.importorskip("numpy")

on_stacks = pytest.mark.parametrize(
    "stack",
    [
        pytest.param(256 * 1024, id="small", marks=pytest.mark.small_stack),
        pytest.param(8 << 20, id="usual"),
    ],
)


def holding(*objects):
    array = np.empty(len(objects), object)
    for place, held in enumerate(objects):
        array[place] = held
    return consumer.consume(array)


def cycle():
    """A view of one object, the view itself."""
    view = holding(None)
    view[0] = view
    return view


def long_chain():
    """Views that hold each other, a hundred thousand of them."""
    view = holding(None)
    for _ in range(100_000):
        view = holding(view)
    return view


RECURSIVE = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "in": lambda one, other: one in other,
    "count": lambda one, other: other.count(one),
    "index": lambda one, other: other.index(one),
    "repr": lambda one, _: repr(one),
    "str": lambda one, _: str(one),
}


@on_stacks
@pytest.mark.parametrize("operation", RECURSIVE.values(), ids=RECURSIVE)
@pytest.mark.parametrize("make", [cycle, long_chain])
def test_objects_that_refer_to_views_without_end(make, operation, stack):
    one, other = make(), make()
    result = in_small_thread(lambda: operation(one, other), stack)
    assert isinstance(result, RecursionError)
    # And again, from the beginning: nothing was left behind.
    with pytest.raises(RecursionError):
        operation(one, other)


CONVERTED = {
    "bool": bool,
    "int": int,
    "float": float,
    "complex": complex,
    "stored": lambda view: operator.setitem(consumer.consume(bytearray(8)).cast("d"), 0, view),
}


@on_stacks
@pytest.mark.parametrize("convert", CONVERTED.values(), ids=CONVERTED)
@pytest.mark.parametrize("length", [1, 2, 100_000])
def test_views_without_dimensions_that_hold_each_other(convert, length, stack):
    first = view = consumer.consume(np.empty((), object))
    for _ in range(length - 1):
        view = consumer.consume(np.empty((), object))
        view[()], first = first, view
    # The last one holds the first.
    last = first
    for _ in range(length - 1):
        last = last[()]
    last[()] = first
    assert isinstance(in_small_thread(lambda: convert(first), stack), RecursionError)
    last[()] = None


@on_stacks
def test_what_looks_at_one_level_only_works_on_all_depths(stack):
    def body():
        view = long_chain()
        copy = view.copy()
        assert view.tolist()[0] is next(iter(copy)) is copy[0]
        copy[0] = None
        copy[...] = view
        return copy[0] is view[0]

    assert in_small_thread(body, stack) is True


class Again:
    """Comes back to the operation that called it."""

    def __init__(self, operation):
        self.operation = operation

    def again(self, *_arguments):
        return self.operation(self)

    __index__ = __float__ = __repr__ = again

    def __eq__(self, other):
        return self.operation(self)

    __hash__ = None


NUMBERS = consumer.consume(bytearray(8))
DOUBLES = consumer.consume(bytearray(64)).cast("d")
RECORDS = consumer.consume(bytearray(8)).cast("T{B:a:B:b:}")
COMING_BACK = {
    "v[x]": lambda x: NUMBERS[x],
    "v[x:]": lambda x: NUMBERS[x:],
    "v[x,]": lambda x: NUMBERS[x,],
    "v[x] = 1": lambda x: NUMBERS.__setitem__(x, 1),
    "v[0] = x": lambda x: NUMBERS.__setitem__(0, x),
    "v[...] = x": lambda x: DOUBLES.__setitem__(..., x),
    "v[0] = (x, x)": lambda x: RECORDS.__setitem__(0, (x, 1)),
    "x in v": lambda x: x in NUMBERS,
    "count": lambda x: DOUBLES.count(x),
    "index": lambda x: NUMBERS.index(x),
    "index from": lambda x: NUMBERS.index(1, x),
    "reshape": lambda x: NUMBERS.reshape(2, x),
    "reshape of a tuple": lambda x: NUMBERS.reshape((2, x)),
    "transpose": lambda x: NUMBERS.transpose(x),
    "cast to a shape": lambda x: NUMBERS.cast("B", [x]),
    "cast of a part": lambda x: NUMBERS.cast("B", offset=x),
    "hex": lambda x: NUMBERS.hex(":", x),
    "_from_flags": lambda x: consumer.ConsumerArray._from_flags(NUMBERS, x),
    "ConsumerArray": lambda x: consumer.ConsumerArray(x),
    "repr": lambda x: repr(holding(x)),
    "equality": lambda x: holding(x) == holding(1),
}


@pytest.mark.small_stack
@pytest.mark.parametrize("limit", [1000, 1_000_000])
@pytest.mark.parametrize("operation", COMING_BACK.values(), ids=COMING_BACK)
def test_code_that_comes_back(operation, limit):
    old = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        result = in_small_thread(lambda: operation(Again(operation)))
    finally:
        sys.setrecursionlimit(old)
    assert isinstance(result, RecursionError)


@needs_buffer_classes
@on_stacks
@pytest.mark.parametrize(
    "operation",
    [
        consumer.consume,
        lambda x: memoryview(consumer.consume(x)),
        lambda x: operator.eq(NUMBERS, x),
        lambda x: NUMBERS.__setitem__(slice(None), x),
    ],
    ids=["consume", "memoryview(consume)", "equality", "assignment"],
)
def test_exporters_that_consume_themselves(operation, stack):
    calls = []

    class Exporter:
        def __buffer__(self, flags):
            calls.append(1)
            return operation(self)

    result = in_small_thread(lambda: operation(Exporter()), stack)
    assert isinstance(result, RecursionError)
    # Each was asked once, not once more for each that asked it.
    assert len(calls) < 20_000


@pytest.mark.small_stack
def test_no_thread_is_refused_what_it_has_the_stack_for():
    def body():
        for _ in range(50):
            view = holding(1, [2], (3,))
            assert view == view.copy()
            assert repr(view) == repr(view.copy())
            assert [2] in view
            assert consumer.consume(bytearray(8)).cast("T{B:a:(2)B:b:5x}").tolist() == [(0, [0, 0])]
        return True

    for stack in (256 << 10, 512 << 10, 1 << 20, 64 << 20):
        assert in_small_thread(body, stack) is True


def test_a_stack_that_has_grown_is_used():
    """The limit of the main thread's stack can be set while the program runs."""
    pytest.importorskip("resource")
    program = """
        import resource, consumer
        view = consumer.consume(b"abc")
        assert repr(view)
        soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
        resource.setrlimit(resource.RLIMIT_STACK, (4 << 20, hard))
        assert repr(view) and str(view) and view == view[:]
    """
    run_python("-c", textwrap.dedent(program), timeout=60)
