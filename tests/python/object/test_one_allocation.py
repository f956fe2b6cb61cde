"""One allocation of Python's that fails: MemoryError, or nothing at all, and never an abort."""

import collections
import os

import consumer
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
