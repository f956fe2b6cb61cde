"""What the differential tests are run on: random formats, layouts, exporters and keys.

All randomness is drawn from a `random.Random` that is passed in, so that one number tells how to
make a case again.
"""

import functools
import math
import re
import struct

from support import oracles
from support.exporters import Exporter

try:
    import _testbuffer as nd
except ImportError:
    nd = None

BYTE_STRINGS = [b"", b"a", b"b", b"a\0", b"\xffa", b"abcdefg"]
# Values that many formats have in common, so that comparing and searching finds some.
COMMON = [0, 1, 2, 1, 0]


@functools.cache
def parse(form):
    """The prefix of a format of struct, and its items as pairs of count and code."""
    prefix = form[0] if form[0] in "@=<>!" else ""
    items = re.findall(r"(\d*)([a-zA-Z?])", form[len(prefix) :])
    return prefix, tuple((int(count or 1), code) for count, code in items)


@functools.cache
def value_ranges(form):
    """Where in an element there are values, and not padding: ranges of bytes."""
    prefix, items = parse(form)
    ranges, so_far = [], prefix
    for count, code in items:
        so_far += f"{count}{code}"
        if code != "x":
            end = struct.calcsize(so_far)
            ranges.append(range(end - struct.calcsize(f"{prefix}{count}{code}"), end))
    return ranges


@functools.cache
def pools(form):
    """For each value of one element of a format, the values to choose from."""
    prefix, items = parse(form)
    result = []
    for count, code in items:
        if code in "sp":
            room = count - (code == "p")
            result.append([text[:room] for text in BYTE_STRINGS])
        elif code != "x":
            size = struct.calcsize(prefix + code)
            pool = list(oracles.values_of(code, size))
            pool += COMMON if code not in "c?" else []
            pool += [math.nan] if code in "efd" else []
            result += [pool] * count
    return result


def is_string(form):
    """Whether the one value of an element is a string of bytes."""
    codes = [code for count, code in parse(form)[1] if code in "sp" or (code != "x" and count)]
    return codes in (["s"], ["p"])


def random_value(random, form):
    """A value for one element: a tuple where the format has not just one."""
    values = tuple(random.choice(pool) for pool in pools(form))
    return values[0] if len(values) == 1 else values


def pack(form, value):
    """The bytes of one element."""
    return struct.pack(form, *value) if len(pools(form)) != 1 else struct.pack(form, value)


def fits(form, value):
    """Whether struct can store a value in a format."""
    try:
        pack(form, value)
    except (struct.error, TypeError, OverflowError):
        return False
    return isinstance(value, tuple) == (len(pools(form)) != 1)


def random_format(random):
    """A format that struct knows, of at least one value, of one item or of several."""
    if random.random() < 0.75:
        return random.choice(oracles.STRUCT_FORMATS)
    while True:
        prefix = random.choice(["", "", "@", "=", "<", ">", "!"])
        codes = (oracles.NATIVE_CODES if prefix in ("", "@") else oracles.STANDARD_CODES) + "sspx"
        items = []
        for _ in range(random.choice([1, 1, 2, 2, 3, 4])):
            code = random.choice(codes)
            # struct itself fails on a Pascal string without room for its length.
            count = random.choice(["", "", "1", "2", "3", "5"] + ["0"] * (code != "p"))
            items.append(count + code)
        form = prefix + random.choice(["", "", " "]).join(items)
        if pools(form) and struct.calcsize(form):
            return form


def random_shape(random):
    """Lengths of no to five dimensions, some of them 0, not many elements in all."""
    ndim = random.choices(range(6), [2, 10, 7, 4, 2, 1])[0]
    most = (1, 9, 5, 4, 3, 2)[ndim]
    return tuple(0 if random.random() < 0.04 else random.randint(1, most) for _ in range(ndim))


def random_strides(random, shape, unit):
    """Strides that are multiples of a unit: in any order, contiguous, gapped, negative, or zero.

    Returned with the number of bytes that lie before the first element, and from it on.
    """
    strides, step = [0] * len(shape), unit
    for axis in random.sample(range(len(shape)), len(shape)):
        kind = random.choice(("contiguous", "contiguous", "gap", "negative", "negative", "zero"))
        if kind == "zero":
            continue
        strides[axis] = step + unit * (random.randint(1, 2) if kind == "gap" else 0)
        step = strides[axis] * max(shape[axis], 1)
        if kind == "negative":
            strides[axis] = -strides[axis]
    reaches = [stride * (length - 1) for stride, length in zip(strides, shape, strict=True)]
    if 0 in shape:
        reaches = []
    before = -sum(reach for reach in reaches if reach < 0)
    return tuple(strides), before, sum(reach for reach in reaches if reach > 0) + unit


def random_ndarray(random, story, form=None, shape=None):
    """An exporter of `_testbuffer`, filled by struct."""
    flags = nd.ND_WRITABLE if random.random() < 0.7 else 0
    if form is None and random.random() < 0.02:
        # No buffer, and what is in the Py_buffer is garbage.
        flags |= random.choice([nd.ND_GETBUF_FAIL, nd.ND_GETBUF_FAIL | nd.ND_GETBUF_UNDEFINED])
    form = form or random_format(random)
    shape = random_shape(random) if shape is None else shape
    size = struct.calcsize(form)
    if shape and random.random() < 0.2:
        flags |= nd.ND_PIL
    if random.random() < 0.1:
        flags |= nd.ND_VAREXPORT
    arguments = {"shape": list(shape), "format": form}
    if shape and random.random() < 0.5:
        strides, before, after = random_strides(random, shape, size)
        count = (before + after) // size + random.randint(0, 2)
        arguments["strides"], arguments["offset"] = list(strides), before
    else:
        count = max(math.prod(shape), 1)
        flags |= nd.ND_FORTRAN if shape and random.random() < 0.4 else 0
    items = [random_value(random, form) for _ in range(count)]
    story.append(f"nd.ndarray({items}, flags={flags}, **{arguments})")
    return nd.ndarray(items if shape else items[0], flags=flags, **arguments)


def random_exporter(random, story):
    """An exporter with odd addresses and strides, or one that leaves things out."""
    form = random_format(random)
    size = struct.calcsize(form)
    shape = random_shape(random)
    itemsize = size + (random.choice([0, 0, 1, 3]) if len(pools(form)) > 1 else 0)
    strides, before, after = random_strides(random, shape, random.choice([itemsize, itemsize + 1]))
    offset = before + random.randint(0, 3)
    memory = bytearray(random.choices((0, 0, 0, 1, 2, 255, 97), k=offset + after + itemsize))
    for start in range(random.randrange(size), len(memory) - size, size):
        memory[start : start + size] = pack(form, random_value(random, form))
    arguments = {"shape": shape, "strides": strides, "offset": offset}
    left_out = random.random()
    if left_out < 0.25:
        # Contiguous, or with nothing but a length.
        memory = memory * (math.prod(shape) * itemsize // len(memory) + 1)
        memory = memory[: math.prod(shape) * itemsize]
        arguments = {"shape": shape}
        if left_out < 0.1:
            arguments = {}
            memory = memory[: len(memory) // itemsize * itemsize]
    if random.random() < 0.1:
        form, itemsize = None, itemsize if random.random() < 0.5 else 1
    arguments["readonly"] = random.random() < 0.3
    story.append(f"Exporter({bytes(memory)}, {form!r}, {itemsize}, **{arguments})")
    return Exporter(bytes(memory), form and form.encode(), itemsize, **arguments)


def random_request(random):
    """Some flags of a request for a buffer."""
    return random.choice(REQUESTS)


REQUESTS = oracles.every_request()


def pointers(exporter):
    """How many dimensions are reached through pointers."""
    return sum(suboffset >= 0 for suboffset in exporter.suboffsets)


def derived(random, exporter, story):
    """Another exporter of the same memory, or of a part of it; None if it cannot be made."""
    kind = random.choice(["memoryview", "slice", "cast"] + ["part", "again", "redirect"] * bool(nd))
    told = len(story)
    try:
        if kind == "memoryview":
            story.append("memoryview(x)")
            return memoryview(exporter)
        if kind == "slice":
            peer = memoryview(exporter)
            key = random_slice(random, peer.shape[0])
            story.append(f"memoryview(x)[{key}]")
            return peer[key]
        if kind == "cast":
            form = random.choice("BbcHhIiLlQqfd?")
            story.append(f"memoryview(x).cast('B').cast({form!r})")
            return memoryview(exporter).cast("B").cast(form)
        if kind == "part":
            key = random_key(random, exporter.shape)
            story.append(f"x[{key}]")
            part = exporter[key]
            if pointers(part) < pointers(exporter):
                return None  # `_testbuffer` makes suboffsets negative, but still follows them.
            return part if isinstance(part, nd.ndarray) else None
        if isinstance(exporter, Exporter):
            # `_testbuffer` needs a shape, which memoryview fills in.
            exporter = memoryview(exporter)
        request, flags = random_request(random), 0
        if random.random() < 0.5:
            request = nd.PyBUF_FULL_RO
        if kind == "redirect":
            request, flags = nd.PyBUF_FULL_RO, nd.ND_REDIRECT
        story.append(f"nd.ndarray(x, getbuf={request}, flags={flags})")
        return nd.ndarray(exporter, getbuf=request, flags=flags)
    except (TypeError, ValueError, BufferError, NotImplementedError, IndexError, AttributeError):
        del story[told:]
        return None


def random_source(random, story):
    """An exporter of any kind, followed by what was derived from it."""
    if nd and random.random() < 0.75:
        exporter = random_ndarray(random, story)
    else:
        exporter = random_exporter(random, story)
    chain = [exporter]
    while random.random() < 0.35:
        further = derived(random, chain[-1], story)
        if further is not None:
            chain.append(further)
    return chain


def random_slice(random, length):
    """A slice for a length, whose bounds may lie beyond it."""

    def bound():
        return random.choice((None, random.randint(-length - 2, length + 2)))

    return slice(bound(), bound(), random.choice((None, None, 1, 1, 2, 3, -1, -1, -2)))


def random_key(random, shape):
    """A key for a shape: indices within it, slices, maybe an Ellipsis; often too short."""
    count = random.randint(0, len(shape)) if random.random() < 0.5 else len(shape)
    place = random.randint(0, count) if random.random() < 0.25 else None
    parts = []
    for number in range(count):
        beyond = place is not None and number >= place
        length = shape[len(shape) - count + number if beyond else number]
        if length and random.random() < 0.35:
            parts.append(random.randrange(-length, length))
        else:
            parts.append(random_slice(random, length))
    if place is not None:
        parts.insert(place, Ellipsis)
    return parts[0] if len(parts) == 1 and random.random() < 0.5 else tuple(parts)
