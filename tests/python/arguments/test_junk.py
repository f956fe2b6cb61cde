"""Junk arguments to everything there is: only documented errors, and never a panic.

Every name that `dir` finds is called with every combination of up to three arguments of every odd
kind; so is every operator, and every function of Python that uses a protocol. New methods are
included automatically.
"""

import array
import copy
import ctypes
import gc
import itertools
import math
import operator
import pickle
import struct
import sys
import types
import warnings

import consumer
import pytest

from support.exporters import Exporter


class MineError(Exception):
    """The junk's own error."""


# BufferProtocolError is a TypeError. Elements that cannot be read raise NotImplementedError. An
# OverflowError only comes from CPython's own conversion to a C integer.
DOCUMENTED = (
    TypeError,
    ValueError,
    BufferError,
    IndexError,
    KeyError,
    NotImplementedError,
    MemoryError,
    ImportError,
    AttributeError,
    StopIteration,
    MineError,
)
# Where memoryview raises it, too: lengths of a shape, buffer flags, the width of groups; and the
# arguments of the methods of object.
OVERFLOWS = {
    "cast",
    "_from_flags",
    "__buffer__",
    "hex",
    "__reduce_ex__",
    "_rebuild",
    "_rebuild_shape",
}
# The special methods of the junk: those of Python's own types, and of protocols they do not have.
DUNDERS = {name for kind in (int, complex, list, dict, set, bytes) for name in dir(kind)}
DUNDERS -= {"__class__", "__new__", "__init__", "__init_subclass__", "__subclasshook__", "__doc__"}
DUNDERS -= {"__getattribute__", "__setattr__", "__delattr__", "__class_getitem__"}
DUNDERS |= {"__buffer__", "__release_buffer__", "__array__", "__complex__", "__length_hint__"}
DUNDERS |= {"__call__", "__next__", "__enter__", "__exit__", "__fspath__"}
DUNDERS = {name for name in DUNDERS if name.startswith("__")}


def raising(*_arguments, **_names):
    raise MineError


def wrong(*_arguments, **_names):
    return object


def junk_class(name, base, method):
    """A class whose special methods are all this one, as far as the base class permits."""
    namespace = dict.fromkeys(DUNDERS, method)
    return type(name, (base,), {**namespace, "__del__": lambda _self: None})


Raising = junk_class("Raising", object, raising)
Wrong = junk_class("Wrong", object, wrong)
SUBCLASSES = [
    junk_class(f"{base.__name__}{method.__name__}", base, method)
    for base in (int, float, str, bytes, bytearray, tuple, list)
    for method in (raising, wrong)
]


class Record(ctypes.Structure):
    _fields_ = (("a", ctypes.c_char), ("b", ctypes.c_int))


def released():
    view = consumer.consume(b"abc")
    view.release()
    return view


def released_memoryview():
    view = memoryview(b"abc")
    view.release()
    return view


LOOP = []
LOOP.append(LOOP)
LOOP_IN_TUPLE = ([],)
LOOP_IN_TUPLE[0].append(LOOP_IN_TUPLE)

OPAQUE = Exporter(bytes(6), b"B", 3, shape=(2,), readonly=False)
EMPTY_ITEMS = Exporter(b"", b"0s", 0, shape=(3,), length=0, readonly=False)
UNKNOWN = Exporter(bytes(4), b"$#\xff", 2, shape=(2,), readonly=False)

# Functions that make a fresh view, one for every odd kind.
VIEWS = {
    "bytes": lambda: consumer.consume(b"abcdef"),
    "writable": lambda: consumer.consume(bytearray(b"abcdef")),
    "ints": lambda: consumer.consume(array.array("i", [1, 2, 3])),
    "strided": lambda: consumer.consume(bytearray(12))[::-3],
    "rows": lambda: consumer.consume(bytearray(6)).reshape(2, 3),
    "columns": lambda: consumer.consume(bytearray(24)).cast("i", (2, 3)).T,
    "no dimensions": lambda: consumer.consume(bytearray(4)).cast("i", ()),
    "64 dimensions": lambda: consumer.consume(bytearray(2)).reshape(*[1] * 63, 2),
    "nothing": lambda: consumer.consume(b""),
    "no rows": lambda: consumer.consume(b"").reshape(0, 3),
    "no size": lambda: consumer.consume(EMPTY_ITEMS),
    "opaque": lambda: consumer.consume(OPAQUE),
    "unknown": lambda: consumer.consume(UNKNOWN),
    "structures": lambda: consumer.consume((Record * 2)()),
    "records": lambda: consumer.consume(bytearray(6)).cast("<BH"),
    "named": lambda: consumer.consume(bytearray(7)).cast("T{<B:x:2s:y:}x3x"),
    "strings": lambda: consumer.consume(bytearray(6)).cast("3s"),
    "pascal": lambda: consumer.consume(bytearray(6)).cast("3p"),
    "sub-arrays": lambda: consumer.consume(bytearray(8)).cast("(2,2)B"),
    **{
        f"format {form}": lambda form=form: consumer.consume(bytearray(32)).cast(form)
        for form in ["?", "c", ">h", "Q", "P", "e", ">f", "d", "g", "Zf", "<u", "w", "2w"]
    },
    "own": lambda: consumer.ConsumerArray(3),
    "released": released,
}
ITERATORS = {
    "iterator": lambda: iter(consumer.consume(b"abc")),
    "backward iterator": lambda: reversed(VIEWS["rows"]()),
    "finished iterator": lambda: consumer.consume(b"").__iter__(),
    "iterator of records": lambda: iter(VIEWS["records"]()),
}

NUMBERS = [None, True, 0, 1, -1, 3, 255, 256, 2**62, -(2**63), 2**64, -(2**200), 10**5000]
NUMBERS += [0.5, -0.0, math.nan, math.inf, 1e308, 1j, complex(math.nan, 0)]
STRINGS = [
    "",
    "B",
    ">i",
    "T{",
    "T{B:\ud800:}",
    "i\0",
    "é",
    "\ud800",
    "C",
    "F",
    "3s",
    "9" * 30 + "B",
]
BYTES = [b"", b"a", b"abc", b"\xff" * 9]
GROUPS = [(), (0,), (1, 2), ((),), (((1,),),), (-1,), (2**70,), (0,) * 70, [], [1, 2], LOOP]
GROUPS += [LOOP_IN_TUPLE, {}, {1: 2}, set(), range(3), (Ellipsis, 0), (None,), ("x", 0)]
KEYS = [Ellipsis, slice(None), slice(1, None, -1), slice(None, None, 0), slice("a", 2**70)]
KEYS += [
    slice(Raising()),
    slice(Wrong(), None, Raising()),
    (slice(None), Ellipsis, 0),
    (Raising(),),
]
OBJECTS = [
    object(),
    Raising,
    int,
    raising,
    NotImplemented,
    MineError(),
    sys,
    types.SimpleNamespace(),
]
OBJECTS += [Raising(), Wrong(), [Raising()], (Wrong(), 1), *(kind() for kind in SUBCLASSES)]
BUFFERS = [
    memoryview(b"ab"),
    memoryview(bytearray(6)).cast("B", (2, 3)),
    memoryview(b"a").cast("B", ()),
    released_memoryview(),
    array.array("d", [1.5, math.nan]),
    (ctypes.c_int * 3)(),
    (Record * 2)(),
    ctypes.c_void_p(),
    OPAQUE,
    EMPTY_ITEMS,
    UNKNOWN,
    Exporter(bytes(4), b"B", 1, shape=(-4,), length=4),
    Exporter(bytes(4), b"B", 1, ndim=65),
    *(VIEWS[name]() for name in ["ints", "rows", "no dimensions", "64 dimensions", "records"]),
    released(),
]
JUNK = [*NUMBERS, *STRINGS, *BYTES, *GROUPS, *KEYS, *OBJECTS, *BUFFERS]
# One or two of each kind, for combinations.
FEW = [None, -1, 10**5000, math.nan, "B", "\ud800", b"abc", (), (2, 3), LOOP, Ellipsis, slice(None)]
FEW += [Raising(), Wrong(), memoryview(b"ab"), OPAQUE, released()]
FEWEST = [0, 2**64, "B", (2, 3), slice(None), Raising(), Wrong(), b"abc", released()]

# These would break the test itself; the other names of object are tested.
LEFT_OUT = {"__class__"}


@pytest.fixture(autouse=True)
def unraisable(monkeypatch):
    """Errors that had nowhere to be raised: the junk's own, or none."""
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", lambda hook: seen.append(hook.exc_value))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    assert [error for error in seen if not isinstance(error, MineError)] == []


def expect_documented(name, function, *arguments, **names):
    """Calls a function, and fails if it raises an error that is not documented."""
    try:
        function(*arguments, **names)
    except DOCUMENTED:
        pass
    except OverflowError as error:
        if name not in OVERFLOWS:
            pytest.fail(f"{name}: {error!r}")
    except BaseException as error:
        # The arguments may have no repr.
        pytest.fail(f"{name}{tuple(map(type, arguments))}: {type(error)} {error}")


def expect_documented_of_views(function, arguments, index):
    """The same for a function that is not ours, which has errors of its own.

    Those are raised, too, when another buffer takes the place of the view, at this index; or a
    number, of a view that is one.
    """
    try:
        function(*arguments)
    except DOCUMENTED:
        return
    except BaseException as error:
        found = error
    else:
        return
    numbers = [0.5] if isinstance(arguments[index], consumer.ConsumerScalar) else []
    for stand_in in [b"abc", b"", array.array("d", [0.5]), *numbers]:
        try:
            function(*arguments[:index], stand_in, *arguments[index + 1 :])
        except type(found):
            return
        except DOCUMENTED:
            pass
    pytest.fail(f"{function}({index}, {list(map(type, arguments))}: {found!r}")


def combinations(few=FEW, fewest=FEWEST, all_of=JUNK):
    yield ()
    yield from itertools.product(all_of)
    yield from itertools.product(few, repeat=2)
    yield from itertools.product(fewest, repeat=3)


def members(kind):
    return sorted(set(dir(kind)) - LEFT_OUT)


MEMBERS = members(consumer.ConsumerArray)


@pytest.mark.parametrize("name", MEMBERS)
def test_every_member_with_up_to_three_arguments(name):
    for arguments in combinations():
        for make in (VIEWS["writable"], VIEWS["rows"]):
            member = getattr(make(), name)
            if callable(member):
                expect_documented(name, member, *arguments)


@pytest.mark.parametrize("kind", VIEWS)
def test_every_member_of_every_kind_of_view(kind):
    make = VIEWS[kind]
    for name in members(type(make())):
        expect_documented(name, getattr, make(), name)
        if callable(getattr(type(make()), name)):
            for arguments in combinations([None, 0, "B", (2, 3)], [], FEW):
                expect_documented(name, getattr(make(), name), *arguments)


@pytest.mark.parametrize("name", MEMBERS)
def test_every_member_by_name_of_its_arguments(name):
    names = ["object", "format", "shape", "order", "sep", "bytes_per_sep", "flags", "dtype", "copy"]
    names += ["length", "value", "start", "memo", "\ud800", "self"]
    for given, value in itertools.product(names, FEW):
        member = getattr(VIEWS["writable"](), name)
        if callable(member):
            expect_documented(name, member, **{given: value})
            expect_documented(name, member, "B", **{given: value, "order": value})


@pytest.mark.parametrize("kind", ITERATORS)
def test_every_member_of_an_iterator(kind):
    for name in members(type(ITERATORS[kind]())):
        for arguments in combinations(few=FEWEST, fewest=[]):
            member = getattr(ITERATORS[kind](), name)
            if callable(member):
                expect_documented(name, member, *arguments)


MAKERS = {
    "consume": consumer.consume,
    "ConsumerArray": consumer.ConsumerArray,
    "ConsumerScalar": consumer.ConsumerScalar,
    "_from_flags": consumer.ConsumerArray._from_flags,
    "__class_getitem__": consumer.ConsumerArray.__class_getitem__,
    "BufferProtocolError": consumer.BufferProtocolError,
    "UnhashableError": consumer.UnhashableError,
    "_rebuild": consumer._rebuild,
    "_rebuild_shape": lambda *x: consumer._rebuild(b"abc", "B", 1, *x, "C", "", 0),
    "iterator": type(iter(consumer.consume(b""))),
}


@pytest.mark.parametrize("name", MAKERS)
def test_everything_that_makes_something(name):
    for arguments in combinations():
        expect_documented(name, MAKERS[name], *arguments)
    for given, value in itertools.product(["object", "length", "flags", "x", "\ud800"], JUNK):
        expect_documented(name, MAKERS[name], **{given: value})
        expect_documented(name, MAKERS[name], value, **{given: value})


OPERATORS = {
    name: function
    for name, function in vars(operator).items()
    if isinstance(function, types.BuiltinFunctionType) and not name.startswith("_")
}


@pytest.mark.parametrize("kind", [*VIEWS, *ITERATORS])
def test_every_operator(kind):
    make = {**VIEWS, **ITERATORS}[kind]
    for function in OPERATORS.values():
        expect_documented_of_views(function, [make()], 0)
    for function, value in itertools.product(OPERATORS.values(), JUNK):
        expect_documented_of_views(function, [make(), value], 0)
        # What a list does with a view on its own account.
        if function not in (operator.iadd, operator.iconcat):
            expect_documented_of_views(function, [value, make()], 1)


@pytest.mark.parametrize("kind", VIEWS)
def test_every_key_and_value(kind):
    make = VIEWS[kind]
    for key, value in itertools.product([*GROUPS, *KEYS, *FEW], FEW):
        expect_documented("[]", operator.setitem, make(), key, value)
    keys = [0, (0, 0), slice(0, 1), (slice(None), 0), ...]
    for key, value in itertools.product(keys, JUNK):
        expect_documented("[]", operator.setitem, make(), key, value)
        expect_documented("[]", operator.setitem, make(), key, [value, value])
        expect_documented("[]", operator.setitem, make(), key, (value, value))


PROTOCOLS = [
    *(len, iter, next, reversed, hash, repr, str, bytes, bytearray, bool, memoryview, list, tuple),
    *(set, sum, max, sorted, int, float, complex, abs, round, format, dir, vars, callable, id, any),
    *(copy.copy, copy.deepcopy, pickle.dumps, pickle.PickleBuffer, gc.get_referents, sys.getsizeof),
    *(ascii, enumerate, zip, dict, frozenset, all, range, slice, divmod, pow),
    *(struct.pack_into, struct.unpack_from, ctypes.c_char.from_buffer, operator.length_hint),
    *(isinstance, issubclass, array.array, b"".join, " ".join, b"abc".find, "abc".join),
    *(consumer.consume, consumer.ConsumerArray, bytearray().extend, gc.is_tracked),
    *(getattr, setattr, delattr, map, filter),
]


@pytest.mark.parametrize("kind", [*VIEWS, *ITERATORS])
def test_every_protocol(kind):
    make = {**VIEWS, **ITERATORS}[kind]
    for function in PROTOCOLS:
        expect_documented_of_views(function, [make()], 0)
        for value in FEW:
            expect_documented_of_views(function, [make(), value], 0)
            expect_documented_of_views(function, [value, make()], 1)
    for name in MEMBERS:
        expect_documented(name, setattr, make(), name, None)
        expect_documented(name, delattr, make(), name)


class Panic(BaseException):
    """Like PyO3's exception for a panic, not an Exception."""


@pytest.mark.parametrize("error", [Panic, SystemError, RuntimeError, OverflowError, RecursionError])
def test_what_is_not_documented_fails(error):
    def function():
        raise error

    with pytest.raises(pytest.fail.Exception):
        expect_documented("tolist", function)
