"""Threads that use the same views at once, which without a GIL they truly do.

A case is a few exporters, views of them and of memory of our own with objects in it, and eight
threads that do random operations on all of it, and release and replace the views meanwhile. The
oracle is CPython: nothing crashes, nothing raises but what the release of a view explains, and in
the end every reference is counted as it was before, and the exporter can be resized.
"""

# ruff: noqa: B015 (comparisons are made for what they do)

import contextlib
import ctypes
import gc
import struct
import sys
import threading
import time
import weakref

import consumer

THREADS = 8
# How long the threads of a case run.
SECONDS = 0.5
LENGTH = 48
# What the release of a view by another thread explains, and searches that find nothing.
EXPLAINED = ("released", "is not among", "exported buffer")


class Thing:
    """An object that is compared and shown by Python code, which uses a view meanwhile."""

    view = None

    def __eq__(self, other):
        with contextlib.suppress(ValueError, TypeError):
            assert self.view[3] is not None
        return self is other

    __hash__ = None

    def __repr__(self):
        return "a thing"


class Record(ctypes.Structure):
    _fields_ = (("number", ctypes.c_int), ("one", ctypes.py_object), ("two", ctypes.py_object * 2))


class World:
    """What the threads share."""

    def __init__(self):
        self.things = [Thing() for _ in range(LENGTH)]
        self.data = bytearray(struct.pack(f"{LENGTH}i", *range(LENGTH)))
        self.letters = bytes(range(LENGTH))
        # The memory of ctypes borrows its objects; copies own theirs.
        self.objects = (ctypes.py_object * LENGTH)(*self.things)
        records = [Record(i, t, (t, self.things[0])) for i, t in enumerate(self.things)]
        self.records = (Record * LENGTH)(*records)
        self.make = {
            "v": lambda: consumer.consume(self.data),
            "ints": lambda: consumer.consume(self.data)[:].cast("i"),
            "constant": lambda: consumer.consume(self.letters)[1:],
            "owned": lambda: consumer.consume(self.objects).copy(),
            "owned_records": lambda: consumer.consume(self.records).copy(),
        }
        self.iterators = {}
        for name in self.make:
            self.replace(name)

    def replace(self, name):
        """Puts a new view where all threads find it, and new iterators over it."""
        view = self.make[name]()
        setattr(self, name, view)
        self.iterators[name] = [iter(view), reversed(view[::2])]

    def release(self):
        """Lets go of everything that the threads shared."""
        for name in self.make:
            getattr(self, name).release()
            delattr(self, name)
        Thing.view = None
        self.iterators.clear()


def operations(world, random):
    """What a thread does, again and again."""

    def element():
        return random.randrange(LENGTH)

    def thing():
        return world.things[element()]

    def read():
        world.v[element()]
        world.ints[element()]
        assert isinstance(world.owned[element()], Thing)
        number, one, two = world.owned_records[element()]
        assert isinstance(number, int)
        assert isinstance(one, Thing)
        assert len(two) == 2

    def store():
        world.v[element()] = 7
        world.ints[element()] = element()
        world.owned[element()] = thing()
        world.owned_records[element()] = (1, thing(), (thing(), thing()))
        world.owned_records["one"][element()] = thing()
        world.owned_records["two"][element(), 1] = thing()

    def store_many():
        world.v[10:60] = world.v[30:80]
        world.v[...] = world.v
        world.owned[3:9] = world.owned[10:16]
        world.owned[::2] = world.owned[1::2]
        world.owned[:5, ...] = thing()
        world.owned_records[3:9] = world.owned_records[2:8]

    def fresh():
        # Objects that only the memory refers to, and that the next store ends.
        world.owned[element()] = Thing()
        world.owned[:3, ...] = Thing()
        world.owned_records[element()] = (2, Thing(), [Thing(), Thing()])

    def slices():
        part = world.v[element() :]
        again = part[::2]
        part.release()
        assert len(again.tolist()) == len(again)
        again[...] = 3
        again.release()
        world.owned[2:][element() // 2]

    def shapes():
        rows = world.v.reshape(12, 16)
        assert sum(len(row) for row in rows) == 192
        rows.T.tolist()
        world.owned.reshape(6, 8).T.tolist()

    def export():
        with memoryview(world.v[1:]) as buffer:
            bytes(buffer[:9])
        with memoryview(world.ints) as buffer:
            buffer[3]

    def follow():
        for iterators in list(world.iterators.values()):
            for iterator in iterators:
                next(iterator, None)

    def drain():
        for iterators in list(world.iterators.values()):
            assert len(list(random.choice(iterators))) <= 4 * LENGTH

    def consume():
        with consumer.consume(world.data) as view:
            part = view[3:]
        part[0]
        part.release()
        consumer.consume(world.objects)[element()]

    def compare():
        world.v == world.data
        world.ints == world.ints[:]
        world.owned == world.owned[:]
        world.owned_records == world.owned_records
        thing() in world.owned
        world.owned.count(thing())
        7 in world.v
        world.v.count(3)
        world.ints.index(world.ints[0])

    def copy():
        world.ints.astype("d").astype("<f").byteswap()
        world.owned.copy()[1:3].tolist()
        world.owned_records.copy()["two"].tolist()
        world.v.tobytes("F")
        world.owned.tobytes()
        world.v.hex()

    def lists():
        world.v.tolist()
        assert len(world.owned.tolist()) == LENGTH
        world.owned_records.tolist()
        world.owned_records["two"].tolist()

    def text():
        str(world.v)
        repr(world.ints)
        str(world.owned)
        repr(world.owned_records)

    def refer():
        references = [weakref.ref(world.v), weakref.ref(world.v[1:]), weakref.ref(world.owned)]
        [reference() for reference in references]
        weakref.ref(world.v[2:], lambda _: None)
        hash(world.constant)
        hash(world.constant[3:])

    def describe():
        view = world.v
        assert view.shape == (4 * LENGTH,)
        assert view.obj is world.data
        assert list(world.owned_records.fields) == ["number", "one", "two"]
        view.toreadonly()

    def collect():
        gc.collect(random.randrange(3)) if random.random() < 0.05 else gc.get_count()

    def replace():
        name = random.choice(list(world.make))
        with contextlib.suppress(BufferError):
            getattr(world, name).release()
        world.replace(name)
        if name == "owned":
            Thing.view = world.owned

    every = [read, store, store_many, fresh, slices, shapes, export, follow, drain, consume]
    return [*every, compare, copy, lists, text, refer, describe, collect, replace]


def counts(world):
    """The references to whatever the threads take references to."""
    shared = [world.data, world.letters, world.objects, world.records, *world.things]
    return [sys.getrefcount(thing) for thing in shared]


def run(world, random, errors):
    """What a thread does until the time is over, or something is wrong."""
    every = operations(world, random)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and not errors:
        operation = random.choice(every)
        try:
            operation()
        except (ValueError, BufferError) as error:
            if not any(text in str(error) for text in EXPLAINED):
                errors.append(f"{operation.__name__}: {error!r}")
        except BaseException as error:
            errors.append(f"{operation.__name__}: {error!r}")


def case(random):
    """Some threads, and what is left of what they did."""
    world, errors = World(), []
    world.release()
    before = counts(world)
    for name in world.make:
        world.replace(name)
    generators = [type(random)(random.random()) for _ in range(THREADS)]
    threads = [
        threading.Thread(target=run, args=(world, own, errors), daemon=True) for own in generators
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    world.release()
    gc.collect()
    assert counts(world) == before
    with memoryview(world.data), contextlib.suppress(BufferError):
        world.data.append(0)
        raise AssertionError("the exporter was released more often than it was acquired")
    world.data.append(0)
