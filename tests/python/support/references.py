"""Exporters of references to objects, and reference counts."""

import gc
import struct
import sys

from support.exporters import Exporter
from support.versions import GIL

SIZE = struct.calcsize("P")


class Thing:
    """An object whose references can be counted, and that weak references can refer to."""

    def __init__(self, name=None):
        self.name = name

    def __repr__(self):
        return f"Thing({self.name!r})"


def counts(things):
    return [sys.getrefcount(thing) for thing in things]


class Counted:
    """Tells how the reference counts of things have changed since the `with` block began."""

    def __init__(self, *things):
        self.things = things

    def __enter__(self):
        self.before = [sys.getrefcount(thing) for thing in self.things]
        return self

    def changes(self):
        now = [sys.getrefcount(thing) for thing in self.things]
        return [new - old for new, old in zip(now, self.before, strict=True)]

    def __exit__(self, *exception):
        pass


def referents(view):
    """What the collector finds in a view and its root, which without a GIL is another object."""
    found = gc.get_referents(view)
    return found if GIL else found + gc.get_referents(*found)


def objects_of(np, things):
    array = np.empty(len(things), object)
    array[:] = things
    return array


def records_of(np, things):
    dtype = np.dtype([("n", ">i2"), ("o", object), ("m", object, (2,))], align=True)
    array = np.zeros(len(things), dtype)
    for index, thing in enumerate(things):
        array[index] = (index, thing, [thing, None])
    return array


def borrowed(*objects):
    """An exporter of references that it only shows; `None` stands for NULL."""
    places = [0 if thing is None else id(thing) for thing in objects]
    return Exporter(struct.pack(f"{len(places)}P", *places), b"O", SIZE)
