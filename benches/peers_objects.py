"""What the statements of the table of peers.py work on, and the shorthands that make its rows.

In a row's pattern {} is the object that each one works on, and its name says whose it is: v is
ours, m a memoryview, a an array, b a bytes, n NumPy's, p pyarrow's, s polars'. What has another
name beside them (v2, m2, …) is a second object of the same kind.
"""

import array
import math
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import consumer
from peers_measure import Do, Objects, Row, bottleneck, numkong, numpy, polars, pyarrow

PEERS = {
    "m": "memoryview",
    "a": "array",
    "b": "bytes",
    "n": "NumPy",
    "p": "pyarrow",
    "s": "polars",
}
NOBODY: Mapping[str, Do] = {}

FEW = "5"
SIZES = {FEW: 5, "1e3": 1_000, "1e6": 1_000_000, "1e7": 10_000_000}
BEYOND_CACHES = {"2e6": 2_000_000}
"""What is neither in the caches of one core nor, of doubles, large enough for large pages."""
SQUARES = {"2x2": 4, "32x32": 32**2, "1000x1000": 1000**2, "3200x3200": 3200**2}

Target = float | Mapping[str, float]
"""A target, or one for each size from 1e3 on."""


def sizes(first: str, last: str = "1e7") -> dict[str, int]:
    """The sizes from one to another."""
    return {name: SIZES[name] for name in SIZES if SIZES[first] <= SIZES[name] <= SIZES[last]}


def compare(
    name: str,
    make: Callable[[int], Objects],
    pattern: str,
    peers: str,
    target: float,
    bound: float = 0.0,
    gives: str = "",
    others: Mapping[str, Do] = NOBODY,
    **more: Any,
) -> Row:
    """A row for one pattern; `others` are peers whose statement is another one."""
    ours, *theirs = (Do(pattern.format(who), gives.format(who)) for who in "v" + peers)
    alike = zip((PEERS[who] for who in peers), theirs, strict=True)
    return Row(name, make, ours, {**dict(alike), **others}, target, bound, **more)


def sweep(
    name: str,
    targets: Mapping[str, Target],
    pattern: str,
    peers: str,
    *,
    bound: float = 0.0,
    gives: str = "",
    over: Mapping[str, int] = SIZES,
    of: Callable[[str], Callable[[int], Objects]] | None = None,
    few: str = "d",
    others: Mapping[str, Do] = NOBODY,
) -> Iterator[Row]:
    """Rows for all sizes, and all codes that have a target. The smallest size is for `few` codes.

    Where there are that few elements, everybody's target is 1.0. A peer that is a bytes takes part
    with the code B.
    """
    for size, length in over.items():
        for code, target in targets.items():
            smallest = length <= SIZES[FEW]
            if smallest and code not in few:
                continue
            goal = 1.0 if smallest else target if isinstance(target, float) else target[size]
            is_bytes = code == "B"
            yield compare(
                f"{name} {code} {size}",
                (of or line)(code),
                pattern,
                peers if is_bytes else peers.replace("b", ""),
                goal,
                bound,
                gives,
                {peer: do for peer, do in others.items() if is_bytes or peer != "bytes"},
                length=length,
            )


# Objects.

BLOCK = 1_000_000
MODULES: Objects = {}
if numpy is not None:
    MODULES["numpy"] = numpy
if pyarrow is not None:
    MODULES |= {"pyarrow": pyarrow, "compute": __import__("pyarrow.compute").compute}
for name, module in {"polars": polars, "bottleneck": bottleneck, "numkong": numkong}.items():
    if module is not None:
        MODULES[name] = module


@lru_cache
def block(code: str, length: int) -> "array.array[Any]":
    most = {"B": 254, "b": 126, "h": 32_766}.get(code, length)
    return array.array(code, (n % most for n in range(length)))


def elements(code: str, length: int) -> "array.array[Any]":
    """Most of them are no numbers that Python keeps ready; the last is there only once."""
    whole = block(code, min(length, BLOCK))
    a = whole * -(-length // len(whole))
    del a[length:]
    a[-1] = {"B": 255, "b": 127, "h": 32_767}.get(code, length)
    return a


def kinds(a: "array.array[Any]", suffix: str = "") -> Objects:
    """The same elements as everybody's object, by the names that patterns have for them."""
    made: Objects = {"v": consumer.consume(a), "m": memoryview(a), "a": a}
    if a.typecode == "B":
        made["b"] = bytes(a)
    if numpy is not None:
        made["n"] = numpy.asarray(a)
    if pyarrow is not None:
        kind = pyarrow.from_numpy_dtype(made["n"].dtype)
        memory = made["memory"] = pyarrow.py_buffer(a)
        made["p"] = pyarrow.Array.from_buffers(kind, len(a), [None, memory])
    if polars is not None:
        made["s"] = polars.Series(made["n"])
    return {name + suffix: value for name, value in made.items()}


def line(code: str) -> Callable[[int], Objects]:
    """Elements in one dimension, and as many again that are the same."""

    def make(length: int) -> Objects:
        a = elements(code, length)
        absent = {"B": 254, "b": 126, "h": 32_766}.get(code, length + 1)
        values = {"last": a[-1], "absent": type(a[-1])(absent)}
        return {**kinds(a), **kinds(a[:], "2"), **values, **MODULES}

    return make


def overwritten(code: str) -> Callable[[int], Objects]:
    """Elements in one dimension, and others to put in their place."""

    def make(length: int) -> Objects:
        a = elements(code, length)
        return {**kinds(a), **kinds(a[::-1], "2")}

    return make


def unlike(codes: str) -> Callable[[int], Objects]:
    """The same values in two formats, which are named as in "i, d"."""
    code, other = codes.split(", ")

    def make(length: int) -> Objects:
        a = elements(code, length)
        return {**kinds(a), **kinds(array.array(other, a), "2"), **MODULES}

    return make


def booleans(code: str) -> Callable[[int], Objects]:
    def make(length: int) -> Objects:
        a = array.array("B", bytes([0, 1, 1]) * (length // 3 + 1))[:length]
        m: Any = memoryview(a)
        made: Objects = {"v": consumer.consume(a).cast(code), "m": m.cast(code)}
        if numpy is not None:
            made["n"] = numpy.asarray(a).view(numpy.bool_)
        return made

    return make


def matrix(code: str) -> Callable[[int], Objects]:
    """A square of elements (v, m, n), and its transpose (vt, nt)."""

    def make(length: int) -> Objects:
        side = math.isqrt(length)
        a = elements(code, side * side)
        v = consumer.consume(a).reshape(side, side)
        m: Any = memoryview(a).cast("B")
        made: Objects = {"v": v, "vt": v.T, "m": m.cast(code, (side, side))}
        if numpy is not None:
            made["n"] = numpy.asarray(a).reshape(side, side)
            made["nt"] = made["n"].T
        return made

    return make


def swapped(code: str) -> Callable[[int], Objects]:
    """Elements in the byte order that is not this machine's."""

    def make(length: int) -> Objects:
        a = elements(code, length)
        a.byteswap()
        other = ">" if sys.byteorder == "little" else "<"
        made: Objects = {"v": consumer.consume(a).cast("B").cast(other + code), "a": a}
        made["unpacker"] = struct.Struct(f"{other}{length}{code}")
        if numpy is not None:
            made["n"] = numpy.asarray(a).view(numpy.asarray(a).dtype.newbyteorder())
            made["native"] = numpy.asarray(a).dtype
        return made

    return make


@lru_cache
def packed(length: int) -> tuple[struct.Struct, bytes]:
    unpacker = struct.Struct("<IHd")
    return unpacker, b"".join(unpacker.pack(n, n % 60_000, n / 2) for n in range(length))


def records(length: int) -> Objects:
    """Records of an id, a kind and a value, without names (v) and with (r)."""
    unpacker, part = packed(min(length, BLOCK // 10))
    data = bytearray(part * -(-length * unpacker.size // len(part)))
    view = consumer.consume(data)
    named = view.cast("T{<I:id:H:kind:d:value:}")
    made: Objects = {"v": view.cast("<IHd"), "r": named, "data": data, "unpacker": unpacker}
    made["rows"], made["bytes_of"] = named.named(), view
    if numpy is not None:
        fields = [("id", "<u4"), ("kind", "<u2"), ("value", "<f8")]
        made["n"] = numpy.frombuffer(data, fields)
    return made
