"""Types of ctypes and NumPy that tell lies.

Attributes are set, replaced and mutated after the class was made, classes have only the name of
another, the class of an object is changed.

A value is right, or the elements are refused. The lies are told in processes of their own, because
the worst answer to one is a crash.
"""

import contextlib
import ctypes
import gc
import random as randomness
import sys
import types
from collections import Counter

import consumer

from support.ctypes_values import SWAPPED_TYPE, packing, structure
from support.exporters import Exporter
from support.named_values import check
from support.programs import run_python
from support.random_ctypes import (
    POINTERS,
    SIMPLE,
    bases,
    is_wild,
    random_object,
    random_type,
)

try:
    import numpy as np
except ImportError:
    np = None

LIES_IN_A_PROCESS = 150
REFUSED = (NotImplementedError, BufferError, consumer.BufferProtocolError)


def case(random):
    """Many lies in another process."""
    code = f"import sys; sys.path[:] = {sys.path!r}; from sweeps.lying_types import batch; "
    run_python("-X", "faulthandler", "-c", code + f"print(batch({random.getrandbits(40)}))")


def batch(seed):
    """Tells lies of the seed, and counts what came of them."""
    random, count = randomness.Random(seed), Counter()
    if random.random() < 0.1:
        # Before anything of ctypes was seen.
        sys.modules["_ctypes"] = random.choice([fake_module(), None, types.ModuleType("_ctypes")])
    for number in range(LIES_IN_A_PROCESS):
        tell = about_numpy if np is not None and random.random() < 0.2 else about_ctypes
        if random.random() < 0.1:
            tell = about_names
        single = randomness.Random(f"{seed}-{number}")
        count[tell.__name__, attempt(tell, single, (seed, number))] += 1
    return count


def attempt(tell, random, which):
    """Whether what a liar shows is read or refused; no value may be wrong."""
    exporter, values = tell(random)
    outcome = "refused"
    for object_ in (exporter, *also(exporter)):
        try:
            view = consumer.consume(object_)
            text = view.tolist(), view.copy().tolist(), str(view)
        except REFUSED:
            continue
        except OverflowError:
            # A long double beyond Python's floats has no value in Python.
            continue
        except ValueError:
            # No text at all.
            assert values is None
            continue
        assert text
        try:
            assert values is None or check(view, values) is None
        except Exception as error:
            raise AssertionError(f"{tell.__name__} {which}: {view!r}") from error
        outcome = "read"
    return outcome


def also(exporter):
    """The same object as others hand it on."""
    with contextlib.suppress(BufferError, TypeError, ValueError):
        shown = memoryview(exporter)
        # A single byte could have been cast to bytes.
        if (shown.format, shown.itemsize) != ("B", 1):
            yield shown


def fake_module():
    """A module that calls everything of ctypes something else."""
    module = types.ModuleType("_ctypes")
    module.Structure = module.Union = module.Array = module._SimpleCData = bytearray
    module._Pointer = module.CFuncPtr = module._CData = bytearray
    module.sizeof = module.alignment = lambda _class: 8
    module.buffer_info = lambda _class: ("<O", 0, ())
    return module


class Lying(type(ctypes.Structure)):
    """A metaclass that hides the attributes of its classes and the order of their bases."""

    lie = None

    def mro(cls):
        return [
            cls,
            *bases(cls.__base__)[::-1],
            ctypes.Structure,
            ctypes.Structure.__base__,
            object,
        ]

    def __getattribute__(cls, name):
        if name in {"_fields_", "__dict__", "__mro__", "__name__", "__bases__"} and cls.lie:
            return cls.lie
        return super().__getattribute__(name)


def about_ctypes(random):
    """An object of ctypes and its values, and lies about its types."""
    kind = random_type(random, swapped=random.random() < 0.2)
    if random.random() < 0.1 and issubclass(kind, ctypes.Structure):
        kind = type(ctypes.Structure)("Hidden", (kind,), {"_fields_": []})
    shape = [random.randint(0, 3) for _ in range(random.choice([0, 0, 1, 1, 2]))]
    whole = kind
    for length in shape[::-1]:
        whole = whole * length
    instance, values = random_object(random, whole)
    classes = reachable(kind)
    others = [each for each in [*classes, whole * 3] if not is_wild(each)]
    if random.random() < 0.3:
        # ctypes' own objects of the types are around before the lie.
        consumer.consume(instance)
    # Another entry and the descriptor that fits it are one field as good as any.
    about_fields = random.choice(
        [[change_entry], [change_entry, change_list], [change_descriptor], [change_place]]
    )
    for _ in range(random.randint(1, 3)):
        lie = random.choice(about_fields * 3 + LIES)
        with contextlib.suppress(TypeError, AttributeError, ValueError, IndexError):
            lie(random, random.choice(classes), classes)
    if random.random() < 0.1:
        # Its memory has other elements then, perhaps more than fit; with objects in them, ctypes
        # itself would crash.
        with contextlib.suppress(TypeError):
            instance.__class__ = random.choice([*others, random_type(random, objects=False)])
            return instance, None
    elif random.random() < 0.1 and isinstance(instance, ctypes.Array):
        with contextlib.suppress(TypeError, AttributeError):
            type(instance)._type_ = impostor(random, kind, classes)
    return instance, values


def reachable(kind, found=None):
    """All records in a type."""
    found = [] if found is None else found
    while issubclass(kind, ctypes.Array):
        kind = kind._type_
    if issubclass(kind, (ctypes.Structure, ctypes.Union)) and kind not in found:
        found.append(kind)
        for each in bases(kind):
            if each not in found:
                found.append(each)
            for entry in each._fields_:
                reachable(entry[1], found)
    return found


def impostor(random, kind, classes):
    """Another type, of the same name or the same size where that can be."""
    size = ctypes.sizeof(kind)
    choices = [*SIMPLE, *POINTERS, ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, *classes]
    alike = [other for other in choices if ctypes.sizeof(other) == size and other is not kind]
    other = random.choice(alike if alike and random.random() < 0.8 else choices)
    way = random.random()
    if way < 0.3:
        return type(kind.__name__, (other,), {})
    if way < 0.5 and size % ctypes.sizeof(ctypes.c_void_p) == 0:
        made = type(kind.__name__, (ctypes.Structure,), {})
        made._fields_ = [
            (f"o{index}", ctypes.py_object)
            for index in range(size // ctypes.sizeof(ctypes.c_void_p))
        ]
        return made
    if way < 0.6:
        return getattr(kind, SWAPPED_TYPE, other)
    if way < 0.7 and size:
        base = type("B", (ctypes.Structure,), {"_fields_": [("b", ctypes.c_ubyte * size)]})
        return type(kind.__name__, (base,), {"_fields_": []})
    return other


def change_entry(random, kind, classes):
    """Another type or name in an entry of `_fields_`."""
    entries = kind.__dict__["_fields_"]
    at = random.randrange(len(entries))
    name, inner, *bits = entries[at]
    if random.random() < 0.85:
        entries[at] = (name, impostor(random, inner, classes), *bits)
    elif random.random() < 0.5:
        entries[at] = (random.choice(entries)[0], inner, *bits)
    else:
        entries[at] = (name, inner, *([] if bits else [random.randint(1, 9)]))


def change_list(random, kind, _classes):
    """Other entries in `_fields_`, or another list."""
    entries = kind.__dict__["_fields_"]
    way = random.randrange(6)
    if way == 0:
        entries.pop(random.randrange(len(entries)))
    elif way == 1:
        entries.reverse()
    elif way == 2:
        entries.append(random.choice(entries))
    elif way == 3:
        entries.append(("more", ctypes.py_object))
    elif way == 4:
        others = random.choice([entries[::-1], entries[1:], entries * 2, 5, "ab", [1], [("a",)]])
        kind._fields_ = others
    else:
        entries.clear()


class CField:
    """A class that is only called as that of descriptors is."""

    offset, size, bit_size, bit_offset = 0, 8, None, None


CField.__module__ = "_ctypes"


def change_descriptor(random, kind, classes):
    """Another object in the place of a descriptor."""
    entry = random.choice(kind.__dict__["_fields_"])
    name = entry[0]
    other = random.choice(classes)
    others = [value for value in other.__dict__.values() if type(value).__name__ == "CField"]
    value = random.choice([property(lambda _self: 5), CField(), 5, None, *others * 3])
    if not passes_for(value, entry):
        setattr(kind, name, value)


def change_place(random, kind, _classes):
    """The descriptor of a field of the same name and type, at another offset."""
    name, inner, *bits = random.choice(kind.__dict__["_fields_"])
    before = ctypes.c_ubyte * random.choice([*range(20), *range(0, 80, 4)])
    rest = random.choice([{}, packing(1), packing(1), packing(4)])
    other = structure(("_before", before), (name, inner, *bits), **rest)
    # Of the bits of a number, nobody can tell which ones are meant.
    if not bits:
        setattr(kind, name, getattr(other, name))


def passes_for(descriptor, entry):
    """Whether a descriptor of other bits is as good as that of an entry, for all one can tell."""
    if sys.version_info >= (3, 14) or type(descriptor) is CField or len(entry) < 3:
        return False
    width = getattr(descriptor, "size", 0) >> 16
    return width == entry[2] and f"type={entry[1].__name__}," in repr(descriptor)


def change_attribute(random, kind, _classes):
    """`_pack_`, `_anonymous_` and the like, which count for nothing once a class is final."""
    name = random.choice(
        ["_pack_", "_anonymous_", "_align_", "__module__", "__name__", "_swappedbytes_"]
    )
    value = random.choice([1, 2, 64, ["f1"], "_ctypes", "numpy.ndarray", None])
    setattr(kind, name, value)


def change_item(random, kind, classes):
    """Other attributes of the types of fields: what arrays are of, letters, lengths."""
    inner = random.choice(kind.__dict__["_fields_"])[1]
    if inner.__name__ == "Own":
        inner._type_ = impostor(random, inner._type_, classes)
        if random.random() < 0.3:
            inner._length_ = random.choice([0, 1, 5, 2**62, -1, "x"])
    elif inner.__name__ == "Mine":
        inner._type_ = random.choice("OzZPcbBiIqQdfu?X") if random.random() < 0.9 else 5


def change_metaclass(random, kind, _classes):
    """A metaclass that hides the attributes, for a class derived from the one in an entry."""
    entries = kind.__dict__["_fields_"]
    at = random.randrange(len(entries))
    # To look at the `_anonymous_` of a base that was set later crashes ctypes.
    derived = Lying("L", (entries[at][1],), {"_fields_": [], "_anonymous_": []})
    derived.lie = random.choice([[], (("a", ctypes.py_object),), {}])
    entries[at] = (entries[at][0], derived)


LIES = [change_attribute, change_item, change_item, change_metaclass]


def about_names(random):
    """An exporter of bytes whose class calls itself one of ctypes or NumPy."""
    name = random.choice(["_ctypes.Structure", "numpy.ndarray", "numpy.void", "_ctypes.Array"])
    module, _, name = name.partition(".")
    lies = {
        "_fields_": [("o", ctypes.py_object)],
        "_type_": ctypes.py_object,
        "_length_": 2,
        "dtype": property(lambda _self: np and np.dtype([("o", object)])),
        "__module__": module,
        "__qualname__": name,
    }
    kind = type(name, (Exporter,), lies)
    data = random.randbytes(32)
    pair = [{"a": data[i], "b": data[i + 8 : i + 16]} for i in (0, 16)]
    return kind(data, b"T{B:a:7x8s:b:}", 16), pair


def about_numpy(random):
    """A NumPy array, its values, and lies of its class or its dtype."""
    names = ["a", "b", "c"]
    dtype = np.dtype(
        {
            "names": names,
            "formats": [random.choice(["u1", "i4", ">f8", "O", "S3"]) for _ in names],
            "offsets": [0, 8, 16],
            "itemsize": random.choice([24, 32]),
        }
    )

    class Overridden(np.ndarray):
        @property
        def dtype(self):
            return np.dtype([("o", object)])

        @property
        def __array_interface__(self):
            return {}

    array = np.zeros(3, dtype)
    for name in names:
        plain = [random.randint(0, 99) for _ in range(3)]
        array[name] = [bytes([n]) if dtype[name].kind == "S" else n for n in plain]
    as_plain = {"S": lambda n: bytes(n).ljust(3, b"\0"), "f": float, "O": lambda n: n}
    values = [
        {name: as_plain.get(dtype[name].kind, int)(row[name]) for name in names} for row in array
    ]
    way = random.randrange(5)
    if way == 0:
        return array.view(Overridden), values
    if way == 1:
        names = ["a", "c", "b"]
        array.dtype.names = names
        renamed = [dict(zip(names, row.values(), strict=True)) for row in values]
        return array, renamed
    if way == 2 and not dtype.hasobject:
        [fields] = [part for part in gc.get_referents(dtype.fields) if isinstance(part, dict)]
        fields["b"] = (np.dtype(random.choice(["O", "i8", "V8"])), *fields["b"][1:])
        # What the dtype now says is as good as what it said: only a reference would be a crash.
        with contextlib.suppress(*REFUSED):
            consumer.consume(array).tolist()
        return np.zeros(0, "u1,u2"), []
    if way == 3 and not dtype.hasobject:
        shown = memoryview(array)
        array.dtype = [("x", f"V{dtype.itemsize}")]
        with contextlib.suppress(*REFUSED):
            check(consumer.consume(shown), values)
        return np.zeros(0, "u1,u2"), []
    return array, values
