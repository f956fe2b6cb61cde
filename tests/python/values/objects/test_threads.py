"""Threads that read and store the same references, in memory of our own: each stays counted.

Without a lock, a thread that has loaded a reference may find its object dropped by another one that
stored over it: so the threads run in an interpreter of their own, which would crash.
"""

import pytest

from support.programs import run_python

PROGRAM = """
import ctypes, sys, threading, time, consumer

class Thing:
    pass

things = [Thing() for _ in range(4)]
class Record(ctypes.Structure):
    _fields_ = [("n", ctypes.c_int), ("o", ctypes.py_object), ("m", ctypes.py_object * 2)]
objects = (ctypes.py_object * 4)(*things)
records = (Record * 4)(*[Record(0, thing, (thing, thing)) for thing in things])
before = [sys.getrefcount(thing) for thing in things]
v = consumer.consume(objects).copy()
r = consumer.consume(records).copy()
end = time.monotonic() + 0.7
errors = []

def repeated(body):
    def run():
        try:
            while time.monotonic() < end:
                for _ in range(50):
                    body()
        except BaseException as error:
            errors.append(error)
    return run

def store():
    {store}

def read():
    {read}

threads = [threading.Thread(target=repeated(body)) for body in (store, read, store, read)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not errors, errors
v[...] = things[0]
r["o"][...] = things[0]
r["m"][...] = things[0]
v.release()
r.release()
del threads, thread
assert [sys.getrefcount(thing) for thing in things] == before
"""

STORES = {
    "elements": "v[0] = Thing(); v[1] = things[1]; r[0] = (1, Thing(), [Thing(), things[2]])",
    "slices": "v[:2] = v[2:]; v[::3] = v[1:3]; r[1:] = r[:-1]; v[0] = r['o'][0] = Thing()",
    "fills": "v[...] = Thing(); r['o'][:2, ...] = Thing(); r['m'][...] = Thing()",
}
READS = {
    "elements": "v[0]; v[1]; r[0]; r['o'][0]; r['m'][0, 1]",
    "lists": "v.tolist(); r.tolist(); list(v); list(r['m'][0]); [*reversed(v)]",
    "copies": "v.copy(); r.copy(); v[::2].copy()[0]; r['m'].copy(); v.tobytes()",
    "comparisons": "v == v; r == r; things[0] in v; v.count(v[0]); r['o'] == v",
    "text": "str(v); repr(r)",
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
def test_references_that_threads_read_and_store_stay_counted(store, read):
    run_python("-c", PROGRAM.format(store=store, read=read))
