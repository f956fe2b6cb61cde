"""What a call costs whose argument is an array, and one that returns a vector.

All functions are called in turns in one process, and the least of all turns counts. The floor is a
function that asks for the buffer and releases it, written by hand; what an argument costs is the
time above it.
"""

import array
import ctypes
import sys
import time
from collections.abc import Callable
from typing import Any

import extension_example as example
import numpy as np

TURNS = 20 if "--quick" in sys.argv else 150
CALLS = 4_000

LINE = array.array("d", [1, 2, 3])
RECORDS = np.zeros(3, [("kind", "u1"), ("at", "f8", (2,))])
ARGUMENTS = {
    "NumPy f64[3]": (np.arange(3.0), example.take_line, example.py_buffer, example.readonly_1),
    "NumPy f64[2,3], C": (
        np.ones((2, 3)), example.take_plane, example.py_buffer, example.readonly_2,
    ),
    "NumPy f64[2,3], Fortran": (
        np.ones((3, 2)).T, example.take_plane, example.py_buffer, example.readonly_2,
    ),
    "array('d')": (LINE, example.take_line, example.py_buffer, example.readonly_1),
    "memoryview": (memoryview(LINE), example.take_line, example.py_buffer, example.readonly_1),
    "bytes": (b"12345678", example.take_bytes, example.py_buffer_u8, example.readonly_1),
    "bytearray": (bytearray(8), example.take_bytes, example.py_buffer_u8, example.readonly_1),
    "ctypes double[3]": (
        (ctypes.c_double * 3)(), example.take_line, example.py_buffer, example.readonly_1,
    ),
    "refused: NumPy int64": (
        np.arange(3), example.take_line, example.py_buffer, example.readonly_1,
    ),
    "refused: list": ([1.0], example.take_line, example.py_buffer, example.readonly_1),
}  # fmt: skip
OTHERS = {
    "Array<f64, ANY>, NumPy f64[3]": (example.take_any, np.arange(3.0)),
    "Untyped, second of two types": (example.take_second, np.arange(3.0)),
    "ArrayLike, fits": (example.take_like, np.arange(3.0)),
    "ArrayLike, int64 converted": (example.take_like, np.arange(3)),
    "Bytes, NumPy f64[3]": (example.take_raw, np.arange(3.0)),
    "Records, NumPy": (example.take_records, RECORDS),
    "Owned, f64[3]": (example.ramp, 3),
    "   Vec as a list": (example.listed, 3),
    "   into_pyarray": (example.numpy_owned, 3),
}
LARGE = {
    "Owned, f64[100000]": (example.ramp, 100_000),
    "   Vec as a list": (example.listed, 100_000),
    "   into_pyarray": (example.numpy_owned, 100_000),
}


def turn(function: Callable[[Any], Any], argument: Any, calls: int) -> float:
    """The nanoseconds of a call, refused or not."""
    numbers = range(calls)
    try:
        function(argument)
    except Exception:
        refused = 0
        start = time.perf_counter_ns()
        for _ in numbers:
            try:
                function(argument)
            except Exception:
                refused += 1
        return (time.perf_counter_ns() - start) / refused
    start = time.perf_counter_ns()
    for _ in numbers:
        function(argument)
    return (time.perf_counter_ns() - start) / calls


def least(calls: dict[str, tuple[Callable[[Any], Any], Any]], count: int) -> dict[str, float]:
    """The least time of each of some calls."""
    found = dict.fromkeys(calls, float("inf"))
    for _ in range(TURNS):
        for name, (function, argument) in calls.items():
            found[name] = min(found[name], turn(function, argument, count))
    return found


def accepts(function: Callable[[Any], Any], argument: Any) -> bool:
    """Whether a function takes an argument."""
    try:
        function(argument)
    except Exception:
        return False
    return True


def main() -> None:
    """Measures and prints all of it."""
    heads = ("nothing", "floor", "Array", "PyBuffer", "PyReadonlyArray")
    print(f"{'ns for a call':32}", *(f"{head:>16}" for head in heads))
    for name, (argument, *functions) in ARGUMENTS.items():
        refused = name.startswith("refused")
        calls = {
            head: (function, argument)
            for head, function in zip(
                heads, (example.anything, example.exported, *functions), strict=True
            )
            if refused or accepts(function, argument)
        }
        found = least(calls, CALLS // 10 if refused else CALLS)
        cells = (f"{found[head]:16.1f}" if head in found else f"{'-':>16}" for head in heads)
        print(f"{name:32}", *cells, flush=True)
    for calls, count in ((OTHERS, CALLS), (LARGE, 20)):
        print()
        # The names of a comparison are told apart by those before them.
        found = least(
            {f"{at} {name}": call for at, (name, call) in enumerate(calls.items())}, count
        )
        for name, time_of_it in found.items():
            print(f"{name.partition(' ')[2]:32} {time_of_it:16.1f}", flush=True)


if __name__ == "__main__":
    main()
