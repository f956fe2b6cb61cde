"""A tour in a screenful: one view for every kind of memory, and a file of records.

Where the memory is, is asked on both sides, of the exporter and of the view: it is the same place,
because nothing is copied.
"""

import array
import ctypes
import mmap
import struct
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
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


def line(name: str, value: object) -> None:
    # Views of several dimensions print as rows.
    rows = str(value).replace("\n", "\n" + 27 * " ")
    print(f"  {name:24} {rows}")


def show(name: str, exporter: Any) -> None:
    with consume(exporter) as view:
        line(name, view)
        assert address(exporter) == address(view), "the memory was copied"


def show_numpy() -> None:
    try:
        import numpy as np
    except ImportError:
        line("numpy", "is not installed: no transpose, no complex numbers")
        return
    show("numpy, transposed", np.arange(6.0).reshape(2, 3).T)
    show("numpy, complex", np.array([1 + 2j, 3 - 4j, 5j]))


def write_pcap(path: Path) -> None:
    """A file of network packets, as tcpdump writes them: a header of 24 bytes, then the packets.

    Each has 16 bytes before it that say when it came and how long it is: one length here.
    """
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for second, payload in enumerate((b"ping", b"pong", b"ping")):
            file.write(struct.pack("<IIII4s", second, 250_000 * second, 4, 4, payload))


PACKET = "T{<I:seconds:<I:micros:<I:kept:<I:length:4s:payload:}"


def show_records(path: Path) -> None:
    """A file is memory, too, if it is mapped: what is stored in a view is stored in the file."""
    with (
        path.open("r+b") as file,
        mmap.mmap(file.fileno(), 0) as mapped,
        consume(mapped) as view,
        view.cast("<IHH", count=1) as header,
        view.cast(PACKET, offset=24) as packets,
        packets["micros"] as micros,
        packets["payload"] as payloads,
    ):
        line("view", f"{view.nbytes} bytes, format {view.format!r}")
        line('cast("<IHH", count=1)', header[0])
        line("cast(PACKET, offset=24)", f"{len(packets)} records, fields {[*packets.fields]}")
        line("packets[1]", packets[1])
        line('packets["payload"]', payloads)
        line('packets["micros"]', micros)
        with micros.astype("d") as doubles:
            line('micros.astype("d")', f"{doubles}, a copy of format {doubles.format!r}")
        micros[0] = 7
        payloads[0] = b"PING"
    line("the file's first packet", struct.unpack_from("<IIII4s", path.read_bytes(), 24))


def five_ints(memory: SharedMemory) -> memoryview:
    """As much of the memory as was asked for: some systems give more."""
    assert memory.buf is not None, "closed"
    return memory.buf[: 5 * 4].cast("i")


def double(name: str) -> None:
    """Doubles the numbers in a shared memory, in another process."""
    memory = SharedMemory(name)
    with five_ints(memory) as exporter, consume(exporter) as view:
        for place, number in enumerate(view):
            view[place] = 2 * number
        assert address(exporter) == address(view), "the memory was copied"
    memory.close()


def show_shared_memory() -> None:
    memory = SharedMemory(create=True, size=5 * 4)
    try:
        with five_ints(memory) as exporter, consume(exporter) as view:
            view[:] = array.array("i", [1, 2, 3, 4, 5])
            line("here", view)
            # A process that shares nothing else with this one.
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                pool.submit(double, memory.name).result()
            line("after it was doubled", view)
    finally:
        memory.close()
        memory.unlink()


def main() -> None:
    print("Whatever exports a buffer, and nothing is copied")
    show("array.array", array.array("i", [1, 2, 3, 4, 5]))
    row = ctypes.c_int * 3
    show("ctypes, 2-D", (row * 2)(row(1, 2, 3), row(4, 5, 6)))
    show("ctypes, big-endian", (ctypes.c_int32.__ctype_be__ * 4)(1, 2, 3, 4))
    show_numpy()

    print("\nA file of network packets, mapped into memory")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "packets.pcap")
        write_pcap(path)
        show_records(path)

    print("\nMemory that processes share")
    show_shared_memory()


if __name__ == "__main__":
    main()
