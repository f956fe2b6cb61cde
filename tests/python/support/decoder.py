"""A slow decoder of format strings, written from PEP 3118 and the documents of struct alone.

It looks at one byte after the other, and shares nothing with the module under test: what it reads,
and what it writes, is what the tests of records compare with.

Where PEP 3118 is silent: padding goes between the items of a format, none after the last one; but
a record under `@` is a structure of C, which has the alignment of the strictest of its fields, and
whose size is a multiple of that.
"""

import ctypes
import struct
import sys

from support import int24, narrow_floats

STANDARD = dict(zip("?cbBhHiIlLqQefd", (1, 1, 1, 1, 2, 2, 4, 4, 4, 4, 8, 8, 2, 4, 8), strict=True))
NATIVE = {code: struct.calcsize(code) for code in "?cbBhHiIlLqQnNefdP"}
# C's compiler, through struct, says how a native value is aligned.
ALIGNMENT = {code: struct.calcsize("b" + code) - size for code, size in NATIVE.items()}
# The rest has one size wherever it stands: characters, addresses and the like.
FIXED = {
    "u": 2,
    "w": 4,
    "z": NATIVE["P"],
    "Z": NATIVE["P"],
    "P": NATIVE["P"],
    "O": NATIVE["P"],
    "n": NATIVE["n"],
    "N": NATIVE["N"],
}
LONG_DOUBLE = ctypes.sizeof(ctypes.c_longdouble)
PREFIXES = "@^=<>!"
SPACE = " \t\n\r\v\f"


class Item:
    """One item of a format: what it is, how often, under which prefix and name."""

    def __init__(self, prefix, shape, count, code, name, items=None):
        self.prefix, self.shape, self.count = prefix, shape, count
        self.code, self.name, self.items = code, name, items

    def element_size(self):
        """Size and alignment of one element."""
        native = self.prefix in "@^"
        count = 1 if self.count is None else self.count
        if self.code == "T":
            end, strictest = layout(self.items)[1:]
            if self.prefix == "@":
                return -(-end // strictest) * strictest, strictest
            return end, 1
        if self.code in "spx":
            return count, 1
        if self.code[0] == "Z" and len(self.code) == 2:
            part = Item(self.prefix, (), None, self.code[1], None)
            size, alignment = part.element_size()
            return 2 * size, alignment
        if self.code == "g":
            size, alignment = LONG_DOUBLE, ctypes.alignment(ctypes.c_longdouble)
        elif native and self.code in NATIVE:
            size, alignment = NATIVE[self.code], ALIGNMENT[self.code]
        else:
            size = STANDARD.get(self.code) or FIXED[self.code]
            alignment = size
        if self.code in "uw" and self.count is not None:
            size *= count
        return size, alignment if self.prefix == "@" else 1

    def repeats(self):
        """How many elements stand side by side for the item's count."""
        is_string = self.code in "spx" or (self.code in "uw" and self.count is not None)
        return 1 if is_string or self.count is None else self.count

    def whole_shape(self):
        """The shape of all that stands under one name, or behind a shape."""
        return self.shape if self.repeats() == 1 else (*self.shape, self.repeats())


def parse(form, by_end=False):
    """The items of a format.

    The prefix in front of a record says whether it is aligned; `by_end` makes it the one that is in
    force where the record ends, as it is for NumPy.
    """
    items, rest, _ = _items(form, "@", by_end)
    assert not rest, f"{rest!r} is left of {form!r}"
    return items


def _items(text, prefix, by_end):
    items = []
    while True:
        text = text.lstrip(SPACE)
        if not text or text[0] == "}":
            return items, text, prefix
        shape, count = (), None
        text, prefix = _prefix(text, prefix)
        while text[:1] == "(":
            inside, text = text[1:].split(")", 1)
            shape += tuple(int(length) for length in inside.split(","))
        text, prefix = _prefix(text, prefix)
        digits = len(text) - len(text.lstrip("0123456789"))
        if digits:
            count, text = int(text[:digits]), text[digits:]
        text, prefix = _prefix(text, prefix)
        if not text or text[0] == "}":
            assert (shape, count) == ((), None)
            return items, text, prefix
        own, inner, code, text = prefix, None, text[0], text[1:]
        if code == "T":
            assert text[0] == "{"
            inner, text, prefix = _items(text[1:], prefix, by_end)
            own = prefix if by_end else own
            assert text[0] == "}"
            text = text[1:]
        elif code == "Z" and text[:1] and text[0] in "efdg":
            code, text = code + text[0], text[1:]
        name = None
        if text[:1] == ":":
            name, text = text[1:].split(":", 1)
        items.append(Item(own, shape, count, code, name, inner))


def _prefix(text, prefix):
    while text and text[0] in PREFIXES:
        prefix, text = text[0], text[1:].lstrip(SPACE)
    return text, prefix


def layout(items):
    """Where each item starts, where the last one ends, and the strictest alignment."""
    offset, strictest, starts = 0, 1, []
    for item in items:
        size, alignment = item.element_size()
        offset = -(-offset // alignment) * alignment
        starts.append(offset)
        total = item.repeats()
        for length in item.shape:
            total *= length
        offset += size * total
        strictest = max(strictest, alignment)
    return starts, offset, strictest


def size_of(form):
    """How many bytes a format describes."""
    return layout(parse(form))[1]


def valued(items):
    """The items that give values: neither padding nor what a count of 0 leaves out."""
    return [
        item
        for item in items
        if item.name is not None or (item.code != "x" and (item.shape or item.repeats()))
    ]


def fields_of(form):
    """Name (or None), offset, size and shape of each field of a format, in order."""
    items = parse(form)
    real = valued(items)
    if len(real) == 1 and real[0].code == "T" and real[0].name is None:
        (only,) = real
        if not only.shape and only.repeats() == 1:
            # A record alone, perhaps with padding after it, is the element.
            items = only.items
    fields = []
    for item, start in zip(items, layout(items)[0], strict=True):
        if item.code == "x" and item.name is None:
            continue
        size = item.element_size()[0]
        if item.name is None and not item.shape:
            # Each of those that a count stands for is a value of its own.
            fields.extend([(None, start, size, ())] * item.repeats())
            continue
        fields.append((item.name, start, size, item.whole_shape()))
    return fields


def read(form, data):
    """The value of one element."""
    items = parse(form)
    if len(items) == 1 and items[0].code == "x" and not items[0].shape:
        (only,) = items
        size = only.element_size()[0]
        if only.name is None:
            return bytes(data[:size])
        for kind in (*narrow_floats.TYPES, *int24.TYPES):
            # As a whole format it stands for a type that has no code.
            if (only.name, size) == (kind.name, kind.size):
                return kind.value(int.from_bytes(data[:size], order_of(only.prefix)))
    values = _read_items(items, data)
    unnamed = len(values) == 1 and all(item.name is None for item in items)
    return values[0] if unnamed else values


def _read_items(items, data):
    values = []
    for item, start in zip(items, layout(items)[0], strict=True):
        if item.code == "x" and item.name is None:
            continue
        size = item.element_size()[0]
        if item.name is not None or item.shape:
            values.append(_read_shape(item, item.whole_shape(), size, data[start:]))
        else:
            values.extend(_read_shape(item, (item.repeats(),), size, data[start:]))
    return tuple(values)


def _read_shape(item, shape, size, data):
    if not shape:
        return _read_element(item, size, data[:size])
    step = size
    for length in shape[1:]:
        step *= length
    return [_read_shape(item, shape[1:], size, data[i * step :]) for i in range(shape[0])]


def order_of(prefix):
    """The byte order of a prefix, as int.from_bytes names it."""
    return {"<": "little", ">": "big", "!": "big"}.get(prefix, sys.byteorder)


def _read_element(item, size, data):
    code, order = item.code, order_of(item.prefix)
    if code == "T":
        return _read_items(item.items, data)
    if code in "sx" or code == "c":
        return bytes(data)
    if code == "p":
        return bytes(data[1 : 1 + data[0]]) if data else b""
    if code in "uw":
        unit = FIXED[code]
        units = [int.from_bytes(data[i : i + unit], order) for i in range(0, size, unit)]
        # What follows the last character of a string is not part of it.
        while item.count is not None and units and units[-1] == 0:
            units.pop()
        return "".join(map(chr, units))
    if len(code) == 2:
        half = size // 2
        return complex(*(_float(code[1], order, part) for part in (data[:half], data[half:])))
    if code in "efdg":
        return _float(code, order, data)
    if code == "?":
        return data != b"\0"
    return int.from_bytes(data, order, signed=code in "bhilqn")


def _float(code, order, data):
    if code == "g":
        data = data if order == sys.byteorder else data[::-1]
        return ctypes.c_longdouble.from_buffer_copy(data).value
    return struct.unpack(("<" if order == "little" else ">") + code, data)[0]


def padded_size(form):
    """The size with the padding of C's structures at the end, which not all writers describe.

    It is there behind a record of which all is aligned as in C, with no record in it.
    """
    items, size = parse(form), size_of(form)
    if not isinstance(read(form, bytes(size)), tuple):
        return size
    strictest = layout(items)[2]
    if len(items) == 1 and items[0].code == "T" and items[0].prefix == "@":
        items = items[0].items
    if not items or not all(item.prefix == "@" and item.code != "T" for item in items):
        return size
    return -(-size // strictest) * strictest


def leaves(form):
    """Offset, size, code and byte order of all the values in an element, in order."""
    return list(_leaves(parse(form), 0))


def _leaves(items, base):
    for item, start in zip(items, layout(items)[0], strict=True):
        if item.code == "x" and item.name is None:
            continue
        size, total = item.element_size()[0], item.repeats()
        for length in item.shape:
            total *= length
        for index in range(total):
            place = base + start + index * size
            if item.code == "T":
                yield from _leaves(item.items, place)
            else:
                yield place, size, item.code, order_of(item.prefix)


def value_bytes(form):
    """The offsets of the bytes of an element that hold values, which is all but padding."""
    items = parse(form)
    if len(items) == 1 and items[0].code == "x" and items[0].name is None:
        return set(range(items[0].element_size()[0]))
    return {place + i for place, size, _, _ in leaves(form) for i in range(size)}
