"""Threads that read and store the same references, in memory of our own: each stays counted.

Without a lock, a thread that has loaded a reference may find its object dropped by another one that
stored over it: so the threads run in an interpreter of their own, which would crash.
"""

import pytest

from support.programs import run_python
from support.versions import GIL

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
many = consumer.consume((ctypes.py_object * 20_000)(*things * 5_000)).copy()
end = time.monotonic() + {seconds}
errors = []

def repeated(body):
    def run():
        try:
            while time.monotonic() < end:
                for _ in range(20):
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
many.release()
del threads, thread
assert [sys.getrefcount(thing) for thing in things] == before
"""

STORES = {
    "elements": "v[0] = object()",
    "records": "r[0] = (1, object(), [object(), things[2]])",
    "slices": "v[0] = object(); v[:2] = v[2:]; v[::3] = v[1:3]",
    "fills": "v[...] = object(); r['m'][...] = object()",
}
READS = {
    "elements": "v[0]; v[1]",
    "records": "r[0]; r['m'][0, 1]",
    "lists": "v.tolist(); r.tolist()",
    "copies": "v.copy(); r.copy()",
    "comparisons": "v == v; things[0] in v",
    "text": "str(v); repr(r)",
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
def test_references_that_threads_read_and_store_stay_counted(store, read):
    run_python("-c", PROGRAM.format(store=store, read=read, seconds=0.3))


@pytest.mark.skipif(GIL, reason="takes its time to find what only happens without the GIL")
def test_one_reference_that_threads_read_and_store_stays_counted():
    run_python("-c", PROGRAM.format(store="v[0] = object()", read="v[0]", seconds=3))


@pytest.mark.skipif(GIL, reason="takes its time to find what only happens without the GIL")
def test_many_references_that_threads_copy_and_store_stay_counted():
    # A copy takes long enough for others to store over what it has just read.
    store, read = "many[...] = Thing()", "many.copy()"
    run_python("-c", PROGRAM.format(store=store, read=read, seconds=3))
