"""One allocation of Python's that fails: MemoryError, or nothing at all, and never an abort."""

import collections
import ctypes
import functools
import os

import consumer
import numpy as np
import pytest

if not hasattr(os, "fork"):
    pytest.skip("each try is a process of its own", allow_module_level=True)

_testcapi = pytest.importorskip("_testcapi")

pytestmark = pytest.mark.process_memory

VIEW = consumer.consume(bytes(8)).cast("T{B:a:B:b:}")
ROW = VIEW.named()[0]
Pair = collections.namedtuple("Pair", "a b")

ACTIONS = {
    "repr": lambda: repr(ROW),
    "replace": lambda: ROW._replace(a=1),
    "dict": ROW._asdict,
    "reduce": ROW.__reduce__,
    "named": lambda: VIEW.named()[0],
    "keys": VIEW._ipython_key_completions_,
    "reduce a view": lambda: VIEW.__reduce_ex__(5),
    "rows": lambda: list(VIEW.rows(Pair)),
    "info": lambda: VIEW.info,
}


class Inner(ctypes.Structure):
    _fields_ = (("x", ctypes.c_short), ("y", ctypes.c_ubyte * 3))


def structure():
    """An object of a class that nobody has asked for yet."""
    fields = (
        ("bits", ctypes.c_int, 3),
        ("inner", Inner),
        ("pointer", ctypes.c_void_p),
        ("object", ctypes.py_object),
        ("text", ctypes.c_wchar * 3),
    )
    return type("Structure", (ctypes.Structure,), {"_fields_": fields})(object="thing")


def records(**more):
    return np.zeros(3, np.dtype([("a", "i4"), ("b", [("c", "f8"), ("d", "S3", 2)])], **more))


OBJECTS = [structure() for _ in range(3)]
RECORDS = [records(), records(align=True)]
DTYPE = np.dtype(">f8")
BYTES = consumer.consume(bytes(960))
OBJECT_RECORDS = np.array([(1, ("a", 2)), (2, ("b", 1))], [("n", "i4"), ("o", "O,q")])
OBJECT_MEMORY = memoryview(OBJECT_RECORDS)
MASKED = np.ma.array([[1, 2], [3, 4]], mask=[[0, 0], [0, 1]])
MASKED_RECORDS = np.ma.array([(1, 2.0)], "i4,f8", mask=[(False, True)])

# Each is done for the first time in the child: what a type has told is kept.
FIRST = {
    "a structure": lambda: consumer.consume(OBJECTS[0])[()],
    "a memoryview of structures": lambda: consumer.consume(memoryview(OBJECTS[1]))[()],
    "an array": lambda: consumer.consume((type(OBJECTS[2]) * 2)()).tolist(),
    "a class": lambda: BYTES.cast(Inner, count=2)[0],
    "records": lambda: consumer.consume(RECORDS[0]).tolist(),
    "aligned records": lambda: consumer.consume(memoryview(RECORDS[1])).tolist(),
    "a dtype": lambda: BYTES.astype(DTYPE),
    "records of objects": lambda: consumer.consume(OBJECT_RECORDS).tolist(),
    "a memoryview of them": lambda: consumer.consume(OBJECT_MEMORY).tolist(),
    "none masked": lambda: consumer.consume(np.ma.array(MASKED.data)).tolist(),
}

# Called without a frame of Python's: CPython itself raises SystemError where it has no memory for
# one to put in a traceback.
REFUSED = {
    "an int": (functools.partial(consumer.consume, 3), "BufferProtocolError"),
    "dates": (functools.partial(consumer.consume, np.array(["2027"], "M8[Y]")), "ValueError"),
    "masked": (functools.partial(consumer.consume, MASKED), "BufferError"),
    "masked records": (functools.partial(consumer.consume, MASKED_RECORDS), "BufferError"),
}


def ending(action, number):
    """How an action ends in a child whose allocation of that number fails."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        found = b"result"
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            _testcapi.set_nomemory(number, number + 1)
            try:
                action()
            finally:
                _testcapi.remove_mem_hooks()
        except BaseException as error:
            found = type(error).__name__.encode()
        os.write(writing, found)
        os._exit(0)
    os.close(writing)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with open(reading, "rb") as file:
        return file.read().decode() or f"status {status}"


@pytest.mark.parametrize("name", ACTIONS)
def test_an_allocation_that_fails_is_a_memory_error(name):
    ACTIONS[name]()
    endings = {ending(ACTIONS[name], number) for number in range(40)}
    assert endings <= {"result", "MemoryError"}


@pytest.mark.parametrize("name", FIRST)
def test_what_an_exporter_holds_is_found_out_or_there_is_no_memory(name):
    endings = {ending(FIRST[name], number) for number in range(100)}
    assert endings <= {"result", "MemoryError"}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_or_there_is_no_memory(name):
    action, refusal = REFUSED[name]
    endings = {ending(action, number) for number in range(80)}
    assert endings == {refusal, "MemoryError"}
