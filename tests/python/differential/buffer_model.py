"""What a buffer holds, worked out slowly from the raw `Py_buffer`, ctypes and struct alone.

A `Model` knows the address of every element. What a slice or a transpose selects is then a question
about nested lists of addresses, and needs no arithmetic of strides to answer.
"""

import ctypes
import functools
import struct

from support import decoder, oracles
from support.oracles import PyBuffer, flatten, indices, raw_buffer, select

_is_contiguous = ctypes.pythonapi.PyBuffer_IsContiguous
_is_contiguous.argtypes = [ctypes.POINTER(PyBuffer), ctypes.c_char]
_is_contiguous.restype = ctypes.c_int


def places(pointer, shape, strides, suboffsets):
    """The addresses of the elements as nested lists; as PEP 3118 says, dimension by dimension."""
    if not shape:
        return pointer
    nested = []
    for index in range(shape[0]):
        place = pointer + index * strides[0]
        if suboffsets[0] >= 0:
            place = ctypes.c_void_p.from_address(place).value + suboffsets[0]
        nested.append(places(place, shape[1:], strides[1:], suboffsets[1:]))
    return nested


@functools.cache
def unpacker(form, itemsize):
    """The function from the bytes of an element to its value; None where struct cannot say it."""
    try:
        unpack = struct.Struct(form).unpack_from
        size = struct.calcsize(form)
        if itemsize not in {size, decoder.padded_size(form)}:
            return None
    except struct.error:
        return None

    def value(data):
        values = unpack(data)
        return values[0] if len(values) == 1 else values

    return value


class Model:
    """What the `Py_buffer` of an exporter says."""

    def __init__(self, exporter):
        with raw_buffer(exporter) as buffer:
            self.start, self.itemsize, self.ndim = buffer.buf, buffer.itemsize, buffer.ndim
            self.readonly = bool(buffer.readonly)
            self.owner = buffer.obj
            self.form = "B" if buffer.format is None else buffer.format.decode()
            self.shape = buffer.numbers("shape") if self.ndim else ()
            if self.shape is None:
                self.shape = (buffer.len // self.itemsize,)
            strides = buffer.numbers("strides") if self.ndim else ()
            if strides is None:
                strides = oracles.c_strides(self.shape, self.itemsize)
            self.strides = strides
            suboffsets = buffer.numbers("suboffsets") or (-1,) * self.ndim
            self.suboffsets = suboffsets if any(s >= 0 for s in suboffsets) else ()
            if not self.suboffsets:
                # If no suboffset is to be followed, there are none.
                buffer.suboffsets = None
            self.contiguous = {
                order: bool(_is_contiguous(ctypes.byref(buffer), order.encode())) for order in "CFA"
            }
            self.places = (
                places(self.start, self.shape, self.strides, suboffsets)
                if 0 not in self.shape
                else empty(self.shape)
            )
        self.unpack = unpacker(self.form, self.itemsize)
        self.exact = self.unpack is not None and struct.calcsize(self.form) == self.itemsize
        # What a view says: the padding that the exporter leaves out behind a record, too.
        self.told = self.form
        if self.unpack is not None and isinstance(self.unpack(bytes(self.itemsize)), tuple):
            missing = self.itemsize - struct.calcsize(self.form)
            self.told += f"{missing}x" if missing else ""

    def flat(self):
        """The addresses in C order."""
        return flatten(self.places, self.ndim)

    def elements(self, order="C"):
        """The bytes of each element, in an order."""
        if order == "A":
            order = "F" if self.contiguous["F"] and not self.contiguous["C"] else "C"
        found = self.flat()
        if order == "F":
            found = [oracles.at(self.places, i[::-1]) for i in indices(self.shape[::-1])]
        return [ctypes.string_at(place, self.itemsize) for place in found]

    def values(self):
        """The value of each element, in C order."""
        return [self.unpack(data) for data in self.elements()]

    def tolist(self):
        """The values as nested lists."""
        return nested(iter(self.values()), self.shape)

    def select(self, key):
        """Addresses and shape of what an expanded key selects."""
        lengths = [
            len(range(length)[part])
            for length, part in zip(self.shape, key, strict=True)
            if isinstance(part, slice)
        ]
        return select(self.places, key) if 0 not in lengths else empty(lengths), tuple(lengths)


def nested(flat, shape):
    """The items of an iterator as nested lists of a shape, in C order."""
    if not shape:
        return next(flat)
    return [nested(flat, shape[1:]) for _ in range(shape[0])]


def empty(shape):
    """Nested lists of a shape that has a 0 in it."""
    return nested(iter(()), shape[: list(shape).index(0) + 1])


class Memory:
    """The bytes from the first of some elements to the last, whatever lies between them."""

    def __init__(self, model):
        found = model.flat()
        self.low = min(found, default=0)
        self.size = max(found, default=0) + (model.itemsize if found else 0) - self.low
        self.expected = bytearray(self.now())

    def now(self):
        """The bytes as they are."""
        return ctypes.string_at(self.low, self.size) if self.size else b""

    def store(self, place, data, ranges=None):
        """Expects bytes to be stored in an element: all of them, or those in some ranges."""
        for part in ranges or (range(len(data)),):
            start = place - self.low + part.start
            self.expected[start : start + len(part)] = data[part.start : part.stop]

    def restore(self):
        """Makes the bytes what was expected."""
        ctypes.memmove(self.low, bytes(self.expected), self.size)

    def is_as_expected(self):
        """Whether what was expected, and nothing else, was stored."""
        return self.now() == self.expected
