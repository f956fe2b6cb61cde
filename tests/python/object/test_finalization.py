"""Operations while the interpreter ends: in atexit, in `__del__`, and in threads that it leaves.

PyO3 lets no thread attach then, from Python 3.13 on, and panics where one has to.
"""

import pytest

from support.programs import run_python

OPERATIONS = """
import array, ctypes, os, sys
import consumer

sys.modules["numpy"] = None

class Structure(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int)]

class Raising:
    def __index__(self, *_):
        raise RuntimeError
    __eq__ = __buffer__ = __index__

class Odd:
    __array_interface__ = {}

def operations():
    structures, large = (Structure * 2)(), consumer.consume(bytearray(9 << 20))
    view, other = consumer.consume(bytearray(8)), consumer.consume(array.array("d", [0.5]))
    raising, released, odd = Raising(), consumer.consume(b"abc"), Odd()
    text = consumer.consume(b"\\xff" * 8).cast("w")
    released.release()
    return [
        (IndexError, lambda: view[99]),
        (TypeError, lambda: view["a"]),
        (RuntimeError, lambda: view[raising]),
        (RuntimeError, lambda: view.__setitem__(0, raising)),
        (ValueError, lambda: view.__setitem__(0, 999)),
        (ValueError, lambda: released[0]),
        (consumer.BufferProtocolError, lambda: consumer.consume(5)),
        (ValueError, lambda: view.cast("\\udc80")),
        (ValueError, lambda: view.index(300)),
        (AttributeError, lambda: view.nothing),
        (consumer.UnhashableError, lambda: hash(view)),
        (MemoryError, lambda: consumer.ConsumerArray(10**30)),
        (None, lambda: 2**70 in view),
        (None, lambda: 10**400 in other),
        (RuntimeError, lambda: raising in view),
        (None, lambda: view == released),
        (None, lambda: view == structures),
        (None, lambda: consumer.consume(structures)[0]),
        (None, lambda: large.tobytes()),
        (None, lambda: large[::-1].copy().count(5)),
        (None, lambda: large == large[:]),
        (None, lambda: list(view[::2])),
        (BufferError, lambda: consumer.consume(odd)),
        (None, lambda: view == odd),
        (TypeError, lambda: other.__setitem__(0, "text")),
        (ValueError, lambda: other.__setitem__(0, released)),
        (TypeError, lambda: view[released]),
        (None, lambda: repr(text)),
        (ImportError, lambda: view.dtype),
        (ImportError, view.__array__),
        (ImportError, lambda: view.sum(dtype="q")),
    ]

def use(operations, write):
    for place, (expected, operation) in enumerate(operations):
        try:
            operation()
        except BaseException as error:
            seen = type(error)
        else:
            seen = None
        write(1, b"right\\n" if seen is expected else f"{place} {seen}\\n".encode())

class AtTheEnd:
    def __init__(self):
        self.operations = operations()

    def __del__(self, use=use, write=os.write):
        use(self.operations, write)
"""

ENDS = {
    "atexit": "import atexit; atexit.register(use, operations(), os.write)",
    "module": "kept = AtTheEnd()",
    "sys": "import sys; sys.kept = AtTheEnd()",
    "cycle": "cycle = AtTheEnd(); cycle.itself = cycle",
    "thread": "import threading; local = threading.local(); local.kept = AtTheEnd()",
}

DAEMONS = """
import threading, time
def work():
    while True:
        use(operations(), lambda *_: None)
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)
"""


@pytest.mark.parametrize("end", ENDS)
def test_operations_at_the_end_are_right_or_raise(end):
    done = run_python("-c", OPERATIONS + ENDS[end], timeout=60)
    assert done.stderr == ""
    seen = done.stdout.splitlines()
    assert len(seen) == 31
    if end == "atexit":
        assert set(seen) == {"right"}
    # What they need of the standard library may be gone; a panic would be a SystemError.
    assert not any("SystemError" in line or "Panic" in line for line in seen)


def test_daemon_threads_do_not_keep_the_interpreter_from_ending():
    # Where the threads are when the interpreter ends varies from run to run.
    for _ in range(3):
        run_python("-c", OPERATIONS + DAEMONS, timeout=60)
