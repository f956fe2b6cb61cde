"""A tour: views of many kinds of memory, with the address of the memory on both sides.

"exporter" is where an object says that its memory is, "view" where the view of it says so. They are
the same, because nothing is copied.
"""

import array
import ctypes
import mmap
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory
from typing import Any

from consumer import consume


class Buffer(ctypes.Structure):
    """CPython's Py_buffer: what an object says of its memory."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_void_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    )


def address(exporter: object) -> int:
    """Where the memory of an object is that exports a buffer, asked of CPython itself."""
    full_read_only = 0x11C
    buffer = Buffer()
    target = ctypes.byref(buffer)
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(exporter), target, full_read_only)
    try:
        return int(buffer.buf)
    finally:
        ctypes.pythonapi.PyBuffer_Release(target)


def title(text: str) -> None:
    print(f"\n{text}")


def addresses(exporter: int, view: int) -> None:
    print(f"  memory  exporter {exporter:#x}, view {view:#x}")
    assert exporter == view, "the memory was copied"


def show(text: str, exporter: Any) -> None:
    title(text)
    with consume(exporter) as view:
        print(f"  {view}")
        print(f"  format  {view.format!r}, shape {view.shape}, strides {view.strides}")
        addresses(address(exporter), address(view))


def show_numpy() -> None:
    try:
        import numpy as np
    except ImportError:
        title("NumPy is not installed: no transpose, no complex numbers")
        return
    show("A 2-D NumPy array", np.arange(6.0).reshape(2, 3))
    show("Its transpose", np.arange(6.0).reshape(2, 3).T)
    show("Complex numbers", np.array([1 + 2j, 3 - 4j, 5j]))


def show_file() -> None:
    """A file is memory, too, if it is mapped: what is stored in the view is stored in the file."""
    with tempfile.TemporaryFile() as file:
        file.write(b"zero-copy")
        file.flush()
        with mmap.mmap(file.fileno(), 0) as mapped:
            show("A file, mapped into memory", mapped)
            with consume(mapped) as view:
                view[0] = ord("Z")
        file.seek(0)
        print(f"  file    {file.read()!r} after view[0] = ord('Z')")


def five_ints(memory: SharedMemory) -> memoryview:
    """As much of the memory as was asked for: some systems give more."""
    assert memory.buf is not None, "closed"
    return memory.buf[: 5 * 4].cast("i")


def double(name: str) -> tuple[int, int]:
    """Doubles the numbers in a shared memory, in another process; where it is mapped there."""
    memory = SharedMemory(name)
    with five_ints(memory) as exporter, consume(exporter) as view:
        for place, number in enumerate(view):
            view[place] = 2 * number
        found = address(exporter), address(view)
    memory.close()
    return found


def show_shared_memory() -> None:
    memory = SharedMemory(create=True, size=5 * 4)
    try:
        with five_ints(memory) as exporter, consume(exporter) as view:
            view[:] = array.array("i", [1, 2, 3, 4, 5])
            title("Shared memory, in this process")
            print(f"  {view}")
            addresses(address(exporter), address(view))
            # A process that shares nothing else with this one.
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                there = pool.submit(double, memory.name).result()
            title("The same memory, in another process, which doubles the numbers")
            addresses(*there)
            print(f"  {view}  in this process, after that")
    finally:
        memory.close()
        memory.unlink()


def main() -> None:
    show("array.array, as in the tutorial", array.array("i", [1, 2, 3, 4, 5]))
    show("A ctypes array", (ctypes.c_double * 4)(0.5, 1.5, 2.5, 3.5))
    row = ctypes.c_int * 3
    show("A ctypes array of arrays", (row * 2)(row(1, 2, 3), row(4, 5, 6)))
    show("A big-endian ctypes array", (ctypes.c_int32.__ctype_be__ * 4)(1, 2, 3, 4))
    show_numpy()
    show_file()
    show_shared_memory()


if __name__ == "__main__":
    main()
