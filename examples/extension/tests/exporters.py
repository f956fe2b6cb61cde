"""What an author's functions are given: an object for each row of the table, and its elements."""

import array
import ctypes
import sys
from collections.abc import Callable
from typing import Any

import numpy as np


class OnlyDLPack:
    """Shares its memory by DLPack, and by nothing else."""

    def __init__(self, owner: np.ndarray):
        self.owner = owner

    def __dlpack__(self, **options: Any) -> Any:
        return self.owner.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.owner.__dlpack_device__()


class WithBuffer:
    """Exports a buffer by a method of Python's, from 3.12 on."""

    def __init__(self, owner: Any):
        self.owner = owner

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.owner)


def unaligned() -> np.ndarray:
    """Doubles at an odd address."""
    memory = np.zeros(4 * 8 + 1, "u1")
    return memory[1:].view("f8")


def readonly() -> np.ndarray:
    """Doubles that cannot be stored."""
    numbers = np.arange(4.0)
    numbers.flags.writeable = False
    return numbers


def doubles(*shape: int) -> Any:
    """An array of ctypes with the numbers from 1 on."""
    kind: Any = ctypes.c_double
    for length in reversed(shape):
        kind = kind * length
    made = kind()
    flat = (ctypes.c_double * int(np.prod(shape))).from_buffer(made)
    flat[:] = [float(number) for number in range(1, len(flat) + 1)]
    return made


def swapped() -> Any:
    """Doubles of ctypes in the other byte order."""
    other = "__ctype_be__" if sys.byteorder == "little" else "__ctype_le__"
    return (getattr(ctypes.c_double, other) * 3)(1, 2, 3)


RECORDS = np.array([(1.5, 1), (2.5, 2), (3.5, 3)], [("x", "f8"), ("y", "i4")])
LINE = array.array("d", [1, 2, 3, 4])
OTHER_ORDER = ">f8" if sys.byteorder == "little" else "<f8"

# The name of a row, the object, and its elements as NumPy has them, if they are doubles.
ROWS: dict[str, tuple[Callable[[], Any], Any]] = {
    "`array('d')`": (lambda: LINE, [1.0, 2, 3, 4]),
    "NumPy, one dimension": (lambda: np.arange(4.0), np.arange(4.0)),
    "NumPy, strided": (lambda: np.arange(8.0)[::2], np.arange(8.0)[::2]),
    "NumPy, reversed": (lambda: np.arange(4.0)[::-1], np.arange(4.0)[::-1]),
    "NumPy, C order": (lambda: np.ones((2, 3)), np.ones((2, 3))),
    "NumPy, Fortran order": (
        lambda: np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(6.0).reshape(2, 3),
    ),
    "NumPy, transposed": (
        lambda: np.arange(6.0).reshape(2, 3).T,
        np.arange(6.0).reshape(2, 3).T,
    ),
    "NumPy, other byte order": (
        lambda: np.arange(1.0, 4).astype(OTHER_ORDER),
        np.arange(1.0, 4),
    ),
    "NumPy, unaligned": (unaligned, np.zeros(4)),
    "NumPy, float32": (lambda: np.arange(4, dtype="f4"), np.arange(4.0)),
    "NumPy, int64": (lambda: np.arange(4), np.arange(4.0)),
    "NumPy, no dimensions": (lambda: np.array(1.5), np.array(1.5)),
    "`numpy.float64`": (lambda: np.float64(1.5), np.array(1.5)),
    "NumPy, read-only": (readonly, np.arange(4.0)),
    "NumPy, empty": (lambda: np.zeros(0), np.zeros(0)),
    "NumPy, broadcast": (lambda: np.broadcast_to(1.0, (4,)), np.ones(4)),
    "ctypes, `double[3]`": (lambda: doubles(3), [1.0, 2, 3]),
    "ctypes, `double[2][3]`": (lambda: doubles(2, 3), np.arange(1.0, 7).reshape(2, 3)),
    "ctypes, other byte order": (swapped, [1.0, 2, 3]),
    "ctypes, `c_double`": (lambda: ctypes.c_double(2.5), np.array(2.5)),
    "memoryview": (lambda: memoryview(LINE), [1.0, 2, 3, 4]),
    "memoryview, strided": (lambda: memoryview(LINE)[::2], [1.0, 3]),
    "memoryview, two dimensions": (
        lambda: memoryview(LINE).cast("B").cast("d", [2, 2]),
        [[1.0, 2], [3, 4]],
    ),
    "memoryview of ctypes": (lambda: memoryview(doubles(3)), [1.0, 2, 3]),
    "`bytes`": (lambda: b"12345678", None),
    "`bytearray`": (lambda: bytearray(8), None),
    "a field of records": (lambda: RECORDS["x"], RECORDS["x"]),
    "records": (lambda: RECORDS, None),
    "list": (lambda: [1.0, 2.0], None),
    "None": (lambda: None, None),
    "DLPack only": (lambda: OnlyDLPack(np.arange(3.0)), np.arange(3.0)),
    "`__buffer__`, from 3.12 on": (lambda: WithBuffer(np.arange(3.0)), np.arange(3.0)),
}
