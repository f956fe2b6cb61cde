"""Operations that swallow errors, and those that raise them, keep none of them alive.

What a case repeats are random operations on a random exporter with random arguments, most of them
bad. The oracle is CPython: `sys.getallocatedblocks()` does not grow with the number of rounds, and
no exception that was raised is left.
"""

# ruff: noqa: ARG005 (every operation is called with the same arguments)

import array
import copy
import ctypes
import gc
import pickle
import sys
import weakref
from typing import ClassVar

import consumer

from support.exporters import Exporter

try:
    import numpy as np
except ImportError:
    np = None


class DroppedError(Exception):
    """What objects raise that refuse everything; the instances are counted."""

    alive: ClassVar = weakref.WeakSet()

    def __init__(self):
        super().__init__(bytearray(10))
        DroppedError.alive.add(self)


def _raise(*_arguments):
    raise DroppedError


class Raising:
    """Raises whatever it is asked for."""

    __eq__ = __ne__ = __lt__ = __index__ = __float__ = __complex__ = __bool__ = __len__ = _raise
    __iter__ = __getitem__ = __contains__ = __repr__ = __str__ = __hash__ = __fspath__ = _raise


class RaisingBuffer(Raising):
    """Raises where a buffer is asked for: from Python 3.12 on."""

    __buffer__ = _raise


class RaisingDescriptors(bytearray):
    """Exports bytes, and raises where its type, its name or its length is asked for."""

    __class__ = dtype = obj = __array_interface__ = property(_raise)
    __len__ = _raise


class Wrong:
    """Answers what it is asked for with an object of another type."""

    def __index__(self):
        return "a"

    def __buffer__(self, flags):
        return 5

    __float__ = __complex__ = __bool__ = __len__ = __index__


class Buffer:
    """Exports through Python: from Python 3.12 on."""

    def __init__(self):
        self.data = bytearray(8)

    def __buffer__(self, flags):
        return memoryview(self.data)


class Forgetful(Exporter):
    """An exporter that does not note what it was asked for."""

    def fill(self, buffer):
        self.requests.clear()
        super().fill(buffer)


class _Base(ctypes.Structure):
    _fields_ = (("a", ctypes.c_uint16), ("bits", ctypes.c_uint16, 3))


class _Derived(_Base):
    _fields_ = (("b", ctypes.c_double), ("c", ctypes.c_char * 3))


class _Union(ctypes.Union):
    _fields_ = (("a", ctypes.c_int), ("b", ctypes.c_float))


class _Anonymous(ctypes.Structure):
    _anonymous_ = ("u",)
    _fields_ = (("u", _Union), ("p", ctypes.c_void_p))


class _Unclear(ctypes.Structure):
    _fields_ = (("a", ctypes.c_int), ("a", ctypes.c_short))


def exporters():
    """Exporters of every kind, and objects that are none."""
    structures = (_Derived * 3)()
    found = {
        "bytes": b"abcdef",
        "bytearray": bytearray(b"abcdef"),
        "doubles": array.array("d", [0.5, 1.5, float("nan")]),
        "longs": array.array("Q", [1, 2**64 - 1]),
        "text": Forgetful(b"a\0\0\0\xff\xff\xff\xff", b"w", 4),
        "characters": memoryview(b"abc").cast("c"),
        "bools": memoryview(bytearray(4)).cast("?", (2, 2)),
        "table": memoryview(bytearray(24)).cast("h", (3, 4)),
        "no dimensions": memoryview(bytearray(4)).cast("i", ()),
        "released": memoryview(b"abc"),
        "ctypes numbers": (ctypes.c_int * 3)(),
        "ctypes structure": _Derived(),
        "ctypes structures": structures,
        "ctypes unions": (_Union * 2)(),
        "ctypes anonymous": (_Anonymous * 2 * 2)(),
        "ctypes unclear": (_Unclear * 2)(),
        "ctypes objects": (ctypes.py_object * 2)(5, "a"),
        "memoryview of structures": memoryview(structures),
        "memoryview of a part": memoryview(structures)[1:],
        "view": consumer.consume(array.array("i", range(6))).reshape(2, 3),
        "view of structures": consumer.consume(structures),
        "unknown format": Forgetful(bytes(6), b"q", 3),
        "record": Forgetful(bytes(12), b"T{<H:a:xx(2)i:b:}", 12),
        "wrong shape": Forgetful(bytes(6), shape=(-1,)),
        "raising": Raising(),
        "raising buffer": RaisingBuffer(),
        "raising descriptors": RaisingDescriptors(b"abc"),
        "wrong": Wrong(),
        "buffer class": Buffer(),
        "none": None,
        "number": 5,
        "str": "abc",
    }
    found["released"].release()
    if np is not None:
        record = np.zeros(3, [("a", "u1"), ("b", "f8"), ("c", "S3"), ("d", "i2", (2,))])
        for name, exporter in {
            "records": record,
            "records of objects": np.zeros(2, [("a", "O"), ("b", "i4")]),
            "record scalar": record[0],
            "memoryview of records": memoryview(record)[::2],
            "selected records": record[["a", "c"]],
            "bytes": np.zeros(3, "S5"),
            "texts": np.array(["ab", "c"], "U3"),
            "half": np.zeros(3, "f2"),
            "complex": np.zeros((2, 2), ">c16"),
            "objects": np.array([None, 5, Raising()], object),
            "times": np.zeros(3, "M8[s]"),
            "records of times": np.zeros(3, [("a", "M8[s]")]),
            "float": np.float64(5),
        }.items():
            found[f"NumPy {name}"] = exporter
    return found


VALUES = {
    "0": 0,
    "97": 97,
    "-1": -1,
    "1.5": 1.5,
    "nan": float("nan"),
    "2**64-1": 2**64 - 1,
    "2**70": 2**70,
    "-2**70": -(2**70),
    "10**400": 10**400,
    "1j": 1j,
    "None": None,
    "str": "a",
    "name": "no such name",
    "surrogate": "\udc80",
    "bytes": b"a",
    "tuple": (1, 2),
    "long tuple": (0,) * 70,
    "tuple of odd things": (0, "a", Raising()),
    "list": ["a", "b"],
    "list of odd things": ["\udc80", 5],
    "slice": slice(-(2**70), 2**70, -(2**70)),
    "slice of nothing": slice(None, None, 0),
    "slice of a tuple": (slice(1), slice(2**70)),
    "slice of odd things": slice(Raising(), None),
    "ellipsis": ...,
    "object": object(),
    "raising": Raising(),
    "raising buffer": RaisingBuffer(),
    "wrong": Wrong(),
    "view": consumer.consume(bytearray(b"abc")),
    "structures": (_Derived * 3)(),
}


def _exhaust(iterator):
    for _ in iterator:
        pass
    next(iterator, None)


def _with(view):
    with view[...] as entered:
        raise DroppedError(entered)


def _delete(view):
    del view[0]


# Operations on a view, and on the exporter that it is of.
PLAIN = {
    "consume": lambda v, x: consumer.consume(x),
    "consume, an element": lambda v, x: consumer.consume(x)[0],
    "consume, a list": lambda v, x: consumer.consume(x).tolist(),
    "consume, a part": lambda v, x: consumer.consume(x)[:1],
    "consume as memoryview": lambda v, x: consumer.consume(memoryview(x)),
    "consume without arguments": lambda v, x: consumer.consume(),
    "consume by name": lambda v, x: consumer.consume(object=x),
    "consume by a wrong name": lambda v, x: consumer.consume(other=x),
    "the constructor": lambda v, x: consumer.ConsumerArray(x),
    "_from_flags": lambda v, x: consumer.ConsumerArray._from_flags(x, 0),
    "the exporter": lambda v, x: (v == x, v != x),
    "the exporter is stored": lambda v, x: v.__setitem__(slice(None), x),
    "the exporter is in": lambda v, x: x in v,
    "the exporter is the key": lambda v, x: v[x],
    "len": lambda v, x: len(v),
    "bool": lambda v, x: bool(v),
    "hash": lambda v, x: hash(v),
    "str": lambda v, x: str(v),
    "repr": lambda v, x: repr(v),
    "elements": lambda v, x: _exhaust(iter(v)),
    "elements backwards": lambda v, x: _exhaust(reversed(v)),
    "elements of a released view": lambda v, x: _exhaust((w := v[...], iter(w), w.release())[1]),
    "del": lambda v, x: _delete(v),
    "with": lambda v, x: _with(v),
    "exit by name": lambda v, x: v.__exit__(error=x),
    "release": lambda v, x: (w := v[...], w.release(), w.release(), w[0]),
    "release while exported": lambda v, x: (w := v[...], m := memoryview(w), w.release(), m),
    "tobytes": lambda v, x: v.tobytes(),
    "tobytes of a part": lambda v, x: v[::-1].tobytes(),
    "tolist": lambda v, x: v.tolist(),
    "hex": lambda v, x: v.hex(),
    "copy": lambda v, x: v.copy(),
    "copy.copy": lambda v, x: copy.copy(v),
    "copy.deepcopy": lambda v, x: copy.deepcopy(v),
    "pickle": lambda v, x: pickle.dumps(v),
    "unpickle": lambda v, x: pickle.loads(pickle.dumps(v, 5)),
    "reduce": lambda v, x: (v.__reduce__(), v[::-1].__reduce_ex__(5)),
    "rebuild": lambda v, x: consumer._rebuild(x, *v.__reduce_ex__(5)[1][1:]),
    "byteswap": lambda v, x: v.byteswap(),
    "sum": lambda v, x: (v.sum(), v.mean(), v.sum(axis=0, keepdims=True)),
    "sum of all lanes": lambda v, x: v.sum(axis=tuple(range(v.ndim)), keepdims=True),
    "minmax": lambda v, x: (v.min(), v.max(), v.minmax()),
    "extremes along an axis": lambda v, x: (v.min(0), v.max(0), v.minmax(0)),
    "argmin": lambda v, x: (v.argmin(), v.argmax(), v.argmin(axis=0)),
    "a wrong axis": lambda v, x: v.sum(axis=70),
    "an axis of the wrong type": lambda v, x: v.mean(axis="0"),
    "T": lambda v, x: v.T,
    "toreadonly": lambda v, x: v.toreadonly()[0],
    "__dlpack__": lambda v, x: v.__dlpack__(),
    "__dlpack__ of a copy": lambda v, x: v.__dlpack__(max_version=(1, 0), copy=True),
    "__dlpack__ with a wrong argument": lambda v, x: v.__dlpack__(max_version=1),
    "__dlpack_device__": lambda v, x: v.__dlpack_device__(),
    "memoryview": lambda v, x: memoryview(v),
    "memoryview of a part": lambda v, x: memoryview(v[::-1]).tolist(),
    "bytes": lambda v, x: bytes(v),
    "bytearray": lambda v, x: bytearray(v[::2]),
    "join": lambda v, x: b"".join([v, v]),
    "attributes": lambda v, x: [getattr(v, name, None) for name in ATTRIBUTES],
    "dtype": lambda v, x: v.dtype,
    "fields": lambda v, x: v.fields,
    "fields of the report": lambda v, x: (v._record(), v._record(0)),
    "named": lambda v, x: (v.named().tolist(), v.named()[:1]),
    "rows": lambda v, x: list(v.rows(x)),
    "asarray": lambda v, x: v.__array__(),
    "arrow": lambda v, x: v.__arrow_c_array__(),
    "arrow schema": lambda v, x: v.__arrow_c_schema__(),
    "generic": lambda v, x: consumer.ConsumerArray[x],
    "no such attribute": lambda v, x: v.nothing,
    "an attribute is set": lambda v, x: setattr(v, "shape", x),
    "weakref": lambda v, x: weakref.ref(v[...])(),
}
# What is written in Python, as the report is, leaves tuples in the interpreter's free lists.
ATTRIBUTES = [
    name for name in vars(consumer.ConsumerArray) if not name.startswith("_") and name != "info"
]

# Operations on a view, with an argument.
WITH_VALUE = {
    "in": lambda v, y: y in v,
    "count": lambda v, y: v.count(y),
    "index": lambda v, y: v.index(y),
    "index from": lambda v, y: v.index(0, y),
    "==": lambda v, y: v == y,
    "!=": lambda v, y: y != v,
    "<": lambda v, y: v < y,
    "[]": lambda v, y: v[y],
    "[0, ]": lambda v, y: v[0, y],
    "[] = 0": lambda v, y: v.__setitem__(y, 0),
    "[0] =": lambda v, y: v.__setitem__(0, y),
    "[...] =": lambda v, y: v.__setitem__(..., y),
    "[:2] =": lambda v, y: v.__setitem__(slice(2), y),
    "['a'] =": lambda v, y: v.__setitem__("a", y),
    "cast": lambda v, y: v.cast(y),
    "cast to a shape": lambda v, y: v.cast("B", y),
    "cast in an order": lambda v, y: v.cast("B", None, y),
    "cast a part": lambda v, y: v.cast("B", offset=y, count=y),
    "tobytes": lambda v, y: v.tobytes(y),
    "hex": lambda v, y: v.hex(y),
    "astype": lambda v, y: v.astype(y),
    "astype d": lambda v, y: v.astype("d", overflow=y),
    "reshape": lambda v, y: v.reshape(y),
    "transpose": lambda v, y: v.transpose(y),
    "asarray": lambda v, y: v.__array__(y),
    "arrow": lambda v, y: v.__arrow_c_array__(y),
    "the constructor": lambda v, y: consumer.ConsumerArray(y if type(y) is not int else y % 9),
    "_from_flags": lambda v, y: consumer.ConsumerArray._from_flags(v, y),
    "exit": lambda v, y: v[...].__exit__(y, y, y),
    "reduce": lambda v, y: v.__reduce_ex__(y),
    "rebuild": lambda v, y: consumer._rebuild(*[y if y is not None else v] * 7),
    "rebuild with a shape": lambda v, y: consumer._rebuild(b"", "B", 1, y, "C", "", y),
    "[None, ]": lambda v, y: v[None, y],
    "getattr": lambda v, y: getattr(v, y),
}


def view_of(exporter):
    """The view of an exporter; one of bytes where there is none."""
    try:
        return consumer.consume(exporter)
    except Exception:
        return consumer.consume(bytearray(8))


def repeat(operations, rounds):
    """Does the operations so many times, whatever they raise."""
    for _ in range(rounds):
        for operation, *arguments in operations:
            # `contextlib.suppress` is Python code that would take most of the time.
            try:  # noqa: SIM105
                operation(*arguments)
            except Exception:
                pass


def grows(operations, rounds):
    """Whether so many rounds of operations leave blocks or exceptions, time and again."""
    # NumPy, ctypes and the interpreter fill caches, but not for ever.
    repeat(operations, 10)
    # A collection would call the module in a way that drops what is left.
    gc.disable()
    try:
        return all(_grew(operations, rounds) for _ in range(8))
    finally:
        gc.enable()


def _grew(operations, rounds):
    blocks, errors = sys.getallocatedblocks(), len(DroppedError.alive)
    repeat(operations, rounds)
    blocks, errors = sys.getallocatedblocks() - blocks, len(DroppedError.alive) - errors
    return blocks >= rounds // 4 or errors > 1


def case(random):
    """A few random operations on one random exporter, a few hundred times."""
    exporter = random.choice(list(exporters().values()))
    view, operations = view_of(exporter), []
    for _ in range(random.randint(1, 4)):
        if random.random() < 0.3:
            name = random.choice(list(PLAIN))
            operations.append((PLAIN[name], view, exporter))
        else:
            name = random.choice(list(WITH_VALUE))
            value = random.choice(list(VALUES.values()))
            operations.append((WITH_VALUE[name], view, value))
    assert not grows(operations, 300), operations
