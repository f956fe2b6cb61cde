"""Exporters of the standard library, but for ctypes."""

import math
import struct
import sys
import tempfile

import pytest

from matrix.row import NoBuffer, Of, Row, items, no_buffer, tolist
from support.versions import ARRAY_CODES

since_3_12 = (pytest.mark.skipif(sys.version_info < (3, 12), reason="new in Python 3.12"),)
since_3_13 = (pytest.mark.skipif(sys.version_info < (3, 13), reason="new in Python 3.13"),)

# Codes that memoryview reads.
CAST_CODES = "?cbBhHiIlLqQnNfdP"


def numbers_of(code):
    """Values with some of every size, to fit what an array of a code holds."""
    if code in {"Zf", "Zd"}:
        return [0j, 1.5 - 2j, complex(float("inf"), -0.0)]
    if code in {"e", "f", "d"}:
        return [0.0, -0.0, 1.5, -2.25, float("inf"), float("nan")]
    bits = 8 * struct.calcsize(code)
    if code.islower():
        return [0, 1, -1, 97, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1]
    return [0, 1, 97, 2 ** (bits - 1), 2**bits - 1]


def number_array(code):
    return lambda module: module.array(code, numbers_of(code))


def cast(code, shape=None):
    """A memoryview of twelve elements, whose bytes are all different from those beside them."""

    def make(module):
        # A bool is 0 or 1, and one of a hundred bytes makes any float but NaN.
        size = struct.calcsize(code)
        data = bytearray(b"\0\1" * 6 if code == "?" else (i % 100 for i in range(12 * size)))
        view = module.memoryview(data)
        return view.cast(code) if shape is None else view.cast(code, shape)

    return make


def part(form, key):
    return lambda module: cast(form)(module)[key]


def mapped_file(access):
    def make(module):
        with tempfile.TemporaryFile() as file:
            file.write(bytes(range(60, 100)))
            file.flush()
            with module.mmap(file.fileno(), 0, access=getattr(module, access)) as memory:
                yield memory

    return make


def anonymous_mapping(module):
    with module.mmap(-1, 40) as memory:
        memory[:3] = b"abc"
        yield memory


def closed_mapping(module):
    memory = module.mmap(-1, 8)
    memory.close()
    return memory


def shared_memory(form):
    def make(module):
        memory = module.SharedMemory(create=True, size=64)
        try:
            memory.buf[:64] = bytes(range(64))
            with memory.buf[:64].cast(form) as view:
                yield view
        finally:
            memory.close()
            memory.unlink()

    return make


def shareable_list(module):
    shared = module.ShareableList([1, "text", 2.5])
    try:
        yield shared
    finally:
        shared.shm.close()
        shared.shm.unlink()


def stream_buffer(module):
    return module.BytesIO(b"abc").getbuffer()


def pickled_out_of_band(module):
    buffers = []
    module.dumps(module.PickleBuffer(bytearray(b"abc")), 5, buffer_callback=buffers.append)
    return buffers[0]


def released_pickle_buffer(module):
    buffer = module.PickleBuffer(b"abc")
    buffer.release()
    return buffer


def released_memoryview(module):
    view = module.memoryview(b"abc")
    view.release()
    return view


def cpython_exporter(form, shape, *flags, values=None, key=...):
    """CPython's exporter for tests, whose tolist goes element by element with struct."""

    def make(module):
        items = range(math.prod(shape)) if values is None else values
        flag = sum(getattr(module, name) for name in flags)
        made = module.ndarray(list(items), shape=list(shape), format=form, flags=flag)
        return made if key is ... else made[key]

    return make


def python_class(module):
    class Own:
        def __init__(self):
            self.data = module.bytearray(b"abcd")

        def __buffer__(self, _flags):
            return memoryview(self.data)

    own = Own()
    return Of(own, own.data)


def subclass(name):
    return lambda module: type("Own", (getattr(module, name),), {})(b"abc")


ROWS = [
    Row("bytes", "builtins", lambda _: b"\0abc\xff", items),
    Row("bytes: empty", "builtins", lambda _: b"", items),
    Row("bytes: a subclass", "builtins", subclass("bytes"), items),
    Row("bytearray", "builtins", lambda _: bytearray(b"\0abc\xff"), items),
    Row("bytearray: empty", "builtins", lambda _: bytearray(), items),
    Row("bytearray: a subclass", "builtins", subclass("bytearray"), items),
    Row("a class with __buffer__", "builtins", python_class, items, marks=since_3_12),
    *(Row(f"array {code}", "array", number_array(code), tolist) for code in ARRAY_CODES),
    Row("array u", "array", lambda m: m.array("u", "a\0\N{SNOWMAN}\N{GRINNING FACE}"), tolist),
    Row(
        "array w", "array", lambda m: m.array("w", "a\0\N{GRINNING FACE}"), tolist, None, since_3_13
    ),
    Row("array: empty", "array", lambda m: m.array("q"), tolist),
    *(Row(f"memoryview {code}", "builtins", cast(code), tolist) for code in CAST_CODES),
    Row("memoryview @h", "builtins", cast("@h"), tolist),
    Row("memoryview: 2-D", "builtins", cast("h", (3, 4)), tolist),
    Row("memoryview: 3-D", "builtins", cast("d", (3, 2, 2)), tolist),
    Row(
        "memoryview: 0-D",
        "builtins",
        lambda m: m.memoryview(bytearray(b"abcd")).cast("i", ()),
        tolist,
    ),
    Row("memoryview: every third, backwards", "builtins", part("i", slice(10, 1, -3)), tolist),
    Row("memoryview: nothing", "builtins", part("i", slice(5, 5)), tolist),
    Row("memoryview: toreadonly", "builtins", lambda m: cast("i")(m).toreadonly(), tolist),
    Row("memoryview of an array", "array", lambda m: memoryview(m.array("d", [0.5, 1.5])), tolist),
    Row("mmap", "mmap", anonymous_mapping, lambda memory: list(memory[:])),
    Row("mmap: a file", "mmap", mapped_file("ACCESS_WRITE"), lambda memory: list(memory[:])),
    Row(
        "mmap: a file, private", "mmap", mapped_file("ACCESS_COPY"), lambda memory: list(memory[:])
    ),
    Row(
        "mmap: a file, read-only",
        "mmap",
        mapped_file("ACCESS_READ"),
        lambda memory: list(memory[:]),
    ),
    Row("shared memory", "multiprocessing.shared_memory", shared_memory("B"), tolist),
    Row("shared memory as doubles", "multiprocessing.shared_memory", shared_memory("d"), tolist),
    Row(
        "multiprocessing.Array",
        "multiprocessing",
        lambda m: m.Array("i", [1, 2, 3]).get_obj(),
        items,
    ),
    Row(
        "multiprocessing.RawArray", "multiprocessing", lambda m: m.RawArray("d", [0.5, 1.5]), items
    ),
    Row(
        "multiprocessing.RawValue",
        "multiprocessing",
        lambda m: m.RawValue("h", -5),
        lambda v: v.value,
    ),
    Row("BytesIO.getbuffer", "io", stream_buffer, tolist),
    Row("PickleBuffer", "pickle", lambda m: m.PickleBuffer(b"abc"), lambda b: list(b.raw())),
    Row("PickleBuffer: out of band", "pickle", pickled_out_of_band, lambda b: list(b.raw())),
    Row(
        "_testbuffer: strided",
        "_testbuffer",
        cpython_exporter("l", (3, 4), key=slice(None, None, -2)),
        tolist,
    ),
    Row(
        "_testbuffer: Fortran", "_testbuffer", cpython_exporter(">h", (3, 4), "ND_FORTRAN"), tolist
    ),
    Row("_testbuffer: pointers", "_testbuffer", cpython_exporter("<i", (3, 4), "ND_PIL"), tolist),
    Row(
        "_testbuffer: pointers, backwards",
        "_testbuffer",
        cpython_exporter("=q", (3, 4), "ND_PIL", key=slice(None, None, -1)),
        tolist,
    ),
    Row(
        "_testbuffer: records",
        "_testbuffer",
        cpython_exporter("<hBd", (2,), values=[(1, 2, 0.5), (-3, 4, 1.5)]),
        tolist,
    ),
    Row(
        "_testbuffer: writable",
        "_testbuffer",
        cpython_exporter("Q", (2, 2, 2), "ND_WRITABLE"),
        tolist,
    ),
    Row("_testbuffer: 0-D", "_testbuffer", cpython_exporter("d", (), values=[1.5]), tolist),
    no_buffer("str", "builtins", lambda _: "text"),
    no_buffer("list", "builtins", lambda _: [1, 2]),
    no_buffer("range", "builtins", lambda _: range(3)),
    no_buffer("the class bytes", "builtins", lambda _: bytes),
    no_buffer("BytesIO itself", "io", lambda m: m.BytesIO(b"abc")),
    no_buffer("multiprocessing.Array with its lock", "multiprocessing", lambda m: m.Array("i", 3)),
    no_buffer("ShareableList", "multiprocessing.shared_memory", shareable_list),
    Row(
        "mmap: closed",
        "mmap",
        closed_mapping,
        refused=NoBuffer("it is closed", ValueError, "closed"),
    ),
    Row(
        "memoryview: released",
        "builtins",
        released_memoryview,
        refused=NoBuffer("it is released", ValueError, "released"),
    ),
    Row(
        "PickleBuffer: released",
        "pickle",
        released_pickle_buffer,
        refused=NoBuffer("it is released", ValueError, "released"),
    ),
]
