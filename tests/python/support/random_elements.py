"""Random records for sweeps: dtypes of NumPy, types of ctypes, and formats of other exporters.

They need `random.Random` alone, unlike the strategies of Hypothesis.
"""

import ctypes

import numpy as np

from support.ctypes_values import (
    ADDRESSES,
    SIGNED,
    UNSIGNED,
    SwappedStructure,
    SwappedUnion,
    packing,
)

CODES = ["?", "i1", "u1", "<i2", ">i2", "<u4", ">i4", "<i8", ">u8", "<f2", ">f4", "<f8", ">f8"]
CODES += ["<c8", ">c16", "g", "G", "S3", "S1", "S0", "<U2", ">U2", "V3", "V1", "O"]
NAMES = ["a", "b", "c c", "é", "a.b", "x}", "T{", "f0", "f2", "(2)h", "<", "日本"]
OBJECTS = [None, 7, "text", (1,), b"bytes"]


def random_dtype(random, depth=0):
    """Records: packed, aligned, or with offsets of any kind; sometimes overlapping."""
    kinds = []
    for _ in range(random.randint(1, 4)):
        if depth < 2 and random.random() < 0.3:
            kind = random_dtype(random, depth + 1)
        else:
            kind = np.dtype(random.choice(CODES))
        while kind.itemsize and random.random() < 0.3:
            kind = np.dtype((kind, random.choice([(1,), (2,), (2, 2), (3,)])))
        kinds.append(kind)
    names = random.sample(NAMES, len(kinds))
    how = random.randrange(4)
    if how == 0:
        return np.dtype(list(zip(names, kinds, strict=True)))
    if how == 1:
        return np.dtype({"names": names, "formats": kinds}, align=True)
    if how == 2:
        titles = [f"title of {name}" for name in names]
        return np.dtype(
            [((t, n), kind) for t, n, kind in zip(titles, names, kinds, strict=True)],
            align=random.random() < 0.5,
        )
    offsets, size = [], 0
    for kind in kinds:
        place = size + random.choice([0, 0, 1, 2, 3, 4])
        offsets.append(-(-place // 8) * 8 if kind.hasobject else place)
        size = offsets[-1] + kind.itemsize
    size += random.choice([0, 0, 1, 2, 4, 8])
    try:
        return np.dtype(
            {"names": names, "formats": kinds, "offsets": offsets, "itemsize": size},
        )
    except ValueError:
        return random_dtype(random, depth)


def fill(random, array):
    """Stores random values, valid ones for text, objects and long doubles."""
    dtype = array.dtype
    if dtype.names is not None:
        for name in dtype.names:
            fill(random, array[name])
    elif dtype.kind == "U":
        array[...] = random.choice(["é", "ab", ""])
    elif dtype.kind == "O":
        for index in np.ndindex(array.shape):
            array[index] = random.choice(OBJECTS)
    elif dtype.kind == "S":
        array[...] = random.choice([b"a", b"xyz", b""])
    elif dtype.kind == "V":
        array[...] = np.void(random.randbytes(dtype.itemsize))
    elif dtype.kind == "b":
        array[...] = random.random() < 0.5
    else:
        numbers = [random.randint(0, 100) for _ in range(array.size)]
        array[...] = np.array(numbers, "u1").reshape(array.shape).astype(dtype)


SIMPLE = [*SIGNED, *UNSIGNED, ctypes.c_float, ctypes.c_double, ctypes.c_bool, ctypes.c_char]
NATIVE = [*ADDRESSES, ctypes.c_longdouble, ctypes.c_wchar, ctypes.POINTER(ctypes.c_int)]


def random_type(random, swapped, depth=0):
    """A structure or union, with bit-fields, arrays, bases, and others within it."""
    union = random.random() < 0.15
    bases = (SwappedStructure, SwappedUnion) if swapped else (ctypes.Structure, ctypes.Union)
    base = bases[union]
    if not union and depth < 2 and random.random() < 0.15:
        inner = random_type(random, swapped, depth + 1)
        base = inner if issubclass(inner, ctypes.Structure) else base
    fields = []
    for index in range(random.randint(1, 4)):
        name = random.choice(["a", "b", "x y", "é", "a:b", "", "f0"]) + f"{depth}{index}"
        if random.random() < 0.1:
            unit = random.choice(SIGNED + UNSIGNED)
            fields.append((name, unit, random.randint(1, 8 * ctypes.sizeof(unit))))
            continue
        simple = random.choice(SIMPLE + (NATIVE if not swapped else []))
        nested = depth < 2 and random.random() < 0.3
        kind = random_type(random, swapped, depth + 1) if nested else simple
        while random.random() < 0.25:
            kind = kind * random.randint(1, 3)
        fields.append((name, kind))
    namespace = {"_fields_": fields}
    if random.random() < 0.2 and base in bases:
        namespace |= packing(random.choice([1, 2, 4]))
    try:
        return type(base)("R", (base,), namespace)
    except (TypeError, ValueError, AttributeError):
        return random_type(random, swapped, depth)


class Maker:
    """Writes a random format from left to right."""

    CODES = "?cbBhHiIlLqQefdsxw" + "pPnNzu"

    def __init__(self, random):
        self.random = random

    def prefix(self):
        return self.random.choice("@^=<>!") if self.random.random() < 0.2 else ""

    def item(self, depth):
        random = self.random
        text = ""
        if random.random() < 0.2:
            text += "(" + ",".join(random.choices("123", k=random.randint(1, 2))) + ")"
        text += self.prefix()
        # A count beside a shape is read in two ways.
        if random.random() < 0.2 and not text.startswith("("):
            text += str(random.randint(0, 4))
        if depth and random.random() < 0.3:
            text += "T{" + self.items(depth - 1) + "}"
        elif random.random() < 0.1:
            text += random.choice(["Zf", "Zd", "g"])
        else:
            text += random.choice(self.CODES[: random.choice([18, 24])])
        if random.random() < 0.7:
            text += ":" + random.choice(NAMES) + ":"
        return text

    def items(self, depth):
        return "".join(self.item(depth) for _ in range(self.random.randint(1, 4)))
