"""What the tests compare with: raw `Py_buffer`s, tables of codes and values, naive walks.

Nothing here uses the module under test: each answer comes from CPython, `struct`, or plain loops.
"""

import contextlib
import ctypes
import itertools
import struct
import sys

NATIVE, SWAPPED = ("<", ">") if sys.byteorder == "little" else (">", "<")

SIMPLE = 0
WRITABLE = 0x1
FORMAT = 0x4
ND = 0x8
STRIDES = 0x10 | ND
C_CONTIGUOUS = 0x20 | STRIDES
F_CONTIGUOUS = 0x40 | STRIDES
ANY_CONTIGUOUS = 0x80 | STRIDES
INDIRECT = 0x100 | STRIDES
FULL_RO = INDIRECT | FORMAT

FLAGS = (WRITABLE, FORMAT, ND, STRIDES, C_CONTIGUOUS, F_CONTIGUOUS, ANY_CONTIGUOUS, INDIRECT)


def every_request():
    """Every request that the flags of the buffer protocol can make, each once."""
    requests = set()
    for count in range(len(FLAGS) + 1):
        for flags in itertools.combinations(FLAGS, count):
            request = 0
            for flag in flags:
                request |= flag
            requests.add(request)
    return sorted(requests)


class PyBuffer(ctypes.Structure):
    """The C structure that the buffer protocol fills in."""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    ]

    def numbers(self, name):
        """The array `shape`, `strides` or `suboffsets` as a tuple; None where it is NULL."""
        pointer = getattr(self, name)
        return tuple(pointer[: self.ndim]) if pointer else None


_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes = [ctypes.py_object, ctypes.POINTER(PyBuffer), ctypes.c_int]
_get_buffer.restype = ctypes.c_int
_release = ctypes.pythonapi.PyBuffer_Release
_release.argtypes, _release.restype = [ctypes.POINTER(PyBuffer)], None


@contextlib.contextmanager
def raw_buffer(exporter, flags=FULL_RO):
    """The `Py_buffer` of an exporter, as PyObject_GetBuffer gives it."""
    buffer = PyBuffer()
    # An exporter that is itself a py_object would otherwise be taken for what it holds.
    _get_buffer(ctypes.py_object(exporter), ctypes.byref(buffer), flags)
    try:
        yield buffer
    finally:
        _release(ctypes.byref(buffer))


def address(exporter):
    """Where an exporter's first element lies in memory."""
    with raw_buffer(exporter) as buffer:
        return buffer.buf


def description(exporter, flags=FULL_RO):
    """All that one request for a buffer returns except its owner; BufferError where it is refused.

    What is refused with another exception lets that exception through.
    """
    try:
        with raw_buffer(exporter, flags) as buffer:
            return {
                "buf": buffer.buf,
                "len": buffer.len,
                "itemsize": buffer.itemsize,
                "readonly": bool(buffer.readonly),
                "ndim": buffer.ndim,
                "format": buffer.format,
                "shape": buffer.numbers("shape"),
                "strides": buffer.numbers("strides"),
                "suboffsets": buffer.numbers("suboffsets"),
            }
    except BufferError:
        return BufferError


# The codes of struct, with values at the edges of each.
def _signed(bits):
    return [0, 1, -1, 5, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1]


def _unsigned(bits):
    return [0, 1, 7, 2 ** (bits - 1), 2**bits - 1, 2**bits - 2]


FLOATS = [0.0, -0.0, 1.5, -2.25, float("inf"), float("-inf")]
HALVES = [*FLOATS, 65504.0, 2.0**-24]
SINGLES = [*FLOATS, struct.unpack("f", b"\xff\xff\x7f\x7f"[:: 1 if NATIVE == "<" else -1])[0]]
DOUBLES = [*FLOATS, sys.float_info.max, sys.float_info.min, 0.1]

COMPLEX = [0j, 1.5 - 2j, complex(-0.0, -0.0), complex(float("inf"), 0.5), complex(-1, float("nan"))]


def values_of(code, size):
    """Values at the edges of a code of struct that takes `size` bytes."""
    return {
        "?": lambda: [True, False, True, True, False, True],
        "c": lambda: [b"a", b"\x00", b"\xff", b"z", b" ", b"\n"],
        "e": lambda: HALVES,
        "f": lambda: SINGLES,
        "d": lambda: DOUBLES,
        "Zf": lambda: COMPLEX,
        "Zd": lambda: COMPLEX,
        "P": lambda: [0, 1, 2 ** (8 * size) - 1, 0x1234, 2 ** (8 * size - 1), 99],
    }.get(code, lambda: (_signed if code.islower() else _unsigned)(8 * size))()


NATIVE_CODES = "?cbBhHiIlLqQnNefdP"
STANDARD_CODES = "?cbBhHiIlLqQefd"
# Every format of one element that struct knows, in each byte order and size.
STRUCT_FORMATS = [
    *NATIVE_CODES,
    *("@" + code for code in NATIVE_CODES),
    *(prefix + code for prefix in "=<>!" for code in STANDARD_CODES),
]


def packed(form, values):
    """The bytes of values, each packed by struct with a format."""
    return b"".join(struct.pack(form, value) for value in values)


def unpacked(form, data):
    """The values in bytes, as struct unpacks them."""
    return [value for (value,) in struct.iter_unpack(form, data)]


def same(left, right):
    """Whether values, or nested lists and tuples, have one type and are equal, signs of 0 as well.

    NaN is the same as NaN.
    """
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, complex):
        return same(left.real, right.real) and same(left.imag, right.imag)
    if isinstance(left, float):
        return repr(left) == repr(right)
    return left == right


def at(nested, index):
    """The item of nested lists that a tuple of indices leads to."""
    for number in index:
        nested = nested[number]
    return nested


def indices(shape):
    """All indices of a shape, in C order."""
    return itertools.product(*map(range, shape))


def nest(flat, shape):
    """A flat list as nested lists of a shape, in C order; without dimensions, its only item."""
    if not shape:
        (only,) = flat
        return only
    step = len(flat) // shape[0] if shape[0] else 0
    return [nest(flat[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


def flatten(nested, ndim):
    """The items of lists nested `ndim` deep, in C order."""
    if ndim == 0:
        return [nested]
    return [item for part in nested for item in flatten(part, ndim - 1)]


def c_strides(shape, itemsize):
    """Byte strides of elements contiguous in C order."""
    strides, step = [], itemsize
    for length in reversed(shape):
        strides.insert(0, step)
        step *= length
    return tuple(strides)


METADATA = (
    "format",
    "itemsize",
    "nbytes",
    "ndim",
    "shape",
    "strides",
    "suboffsets",
    "readonly",
    "c_contiguous",
    "f_contiguous",
    "contiguous",
)


def metadata(view):
    """The attributes that memoryview and views like it have, by name."""
    return {name: getattr(view, name) for name in METADATA}


def expand(key, ndim):
    """A key as a tuple of one int or slice for each dimension, without an Ellipsis."""
    parts = list(key) if isinstance(key, tuple) else [key]
    named = sum(part is not Ellipsis for part in parts)
    rest = [slice(None)] * (ndim - named)
    if Ellipsis not in parts:
        return (*parts, *rest)
    place = parts.index(Ellipsis)
    return (*parts[:place], *rest, *parts[place + 1 :])


def select(nested, key):
    """What an expanded key selects of nested lists, dimension by dimension."""
    if not key:
        return nested
    first, *rest = key
    if isinstance(first, slice):
        return [select(part, rest) for part in nested[first]]
    return select(nested[first], rest)


def selected_layout(shape, strides, key):
    """Offset in bytes, shape and strides of what an expanded key selects."""
    offset, lengths, steps = 0, [], []
    for length, stride, part in zip(shape, strides, key, strict=True):
        if isinstance(part, slice):
            chosen = range(length)[part]
            offset += chosen.start * stride if chosen else 0
            lengths.append(len(chosen))
            steps.append(stride * chosen.step)
        else:
            offset += range(length)[part] * stride
    return offset, tuple(lengths), tuple(steps)
