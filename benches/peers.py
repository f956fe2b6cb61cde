"""How fast the module is next to its peers: memoryview, array, bytes and NumPy at the same work.

    python benches/peers.py [--quick] [--only PATTERN] [--markdown]

Each row is one operation, as a statement for us and one for each peer. What they give is compared
first. Then they are timed in turns, in one process, as loops that hold nothing but the statement,
less the time of a loop that holds nothing. The ratio is the median, over all turns, of our time
over the peer's time in the same turn, for the peer that does best: whatever else the machine is
busy with slows down both times of a turn, or spoils a few turns, and moves the median little.
"""

import argparse
import array
import ctypes
import gc
import importlib
import math
import mmap
import os
import platform
import re
import struct
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path
from statistics import median
from time import perf_counter
from types import ModuleType
from typing import Any

import consumer

Objects = dict[str, Any]
"""What a statement works on, by name."""
Sampler = Callable[[], float]
"""Measures once more how many seconds one operation takes."""


def optional(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


numpy = optional("numpy")

# Measuring.


@dataclass(frozen=True)
class Do:
    """A statement; if it is no expression, with one for what it did, to be compared."""

    statement: str
    gives: str = ""

    def result(self, objects: Objects) -> object:
        scope = dict(objects)
        if self.gives:
            exec(self.statement, scope)
        value: Any = eval(self.gives or self.statement, scope)
        return value.tolist() if hasattr(value, "tolist") else value

    def sampler(self, objects: Objects, shortest: float) -> Sampler:
        """The statement in a loop that takes `shortest` seconds or more, its names all local."""
        scope: Objects = {}
        source = (
            f"def loop(rounds, clock, {', '.join(objects)}):\n"
            "    start = clock()\n"
            "    for _ in rounds:\n"
            f"        {self.statement}\n"
            "    return clock() - start\n"
        )
        exec(source, scope)
        loop: Callable[..., float] = scope["loop"]
        rounds = 1
        while (taken := loop(repeat(None, rounds), perf_counter, **objects)) < shortest:
            enough = math.ceil(1.2 * rounds * shortest / max(taken, 1e-9))
            rounds = min(max(2 * rounds, enough), 100 * rounds)
        return lambda: loop(repeat(None, rounds), perf_counter, **objects) / rounds


@dataclass(frozen=True)
class Import(Do):
    """An import, in a new interpreter each time."""

    def result(self, objects: Objects) -> object:
        del objects
        return None

    def sampler(self, objects: Objects, shortest: float) -> Sampler:
        del objects, shortest
        clock = (
            "from time import perf_counter as clock; start = clock(); {}; print(clock() - start)"
        )
        command = [sys.executable, "-c", clock.format(self.statement)]
        return lambda: float(subprocess.run(command, check=True, capture_output=True).stdout)


@dataclass(frozen=True)
class Row:
    """An operation: our statement, the peers', and what makes the objects they work on.

    `target` is the ratio to reach; up to `bound`, where there is one, it is behind but will do.
    """

    name: str
    make: Callable[[], Objects]
    ours: Do
    peers: dict[str, Do]
    target: float
    bound: float
    collector: bool = False
    """Whether the garbage collector runs meanwhile, as it does in programs."""


@dataclass(frozen=True)
class Result:
    row: Row
    ours: float
    peer: str
    theirs: float
    ratio: float

    def cells(self) -> list[str]:
        row = self.row
        mark = "" if self.ratio <= row.target else "behind" if self.ratio <= row.bound else "MISSED"
        times = [self.peer, duration(self.theirs), f"{self.ratio:.2f}", f"{row.target:.2f}"]
        return [row.name, duration(self.ours), *times, mark]


def duration(seconds: float) -> str:
    for unit, size in ("ns", 1e-9), ("µs", 1e-6):
        if seconds < 1000 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds * 1e3:.2f} ms"


def measure(row: Row, turns: int, shortest: float) -> Result:
    objects = row.make()
    result = row.ours.result(objects)
    for peer, do in row.peers.items():
        if do.result(objects) != result:
            raise AssertionError(f"{row.name}: {peer} does something else")
    everybody = {"": row.ours, **row.peers}
    samplers = {name: do.sampler(objects, shortest) for name, do in everybody.items()}
    nothing = Do("pass").sampler(objects, shortest / 2)
    samples: dict[str, list[float]] = {name: [] for name in samplers}
    if row.collector:
        gc.enable()
    for turn in range(turns):
        overhead = 0.0 if isinstance(row.ours, Import) else nothing()
        # Back and forth, so that nobody always comes after the same other.
        for name in list(samplers)[:: 1 if turn % 2 else -1]:
            samples[name].append(max(samplers[name]() - overhead, 1e-10))
    gc.disable()
    ours = samples.pop("")
    ratios = {
        peer: median(our / their for our, their in zip(ours, theirs, strict=True))
        for peer, theirs in samples.items()
    }
    best = max(ratios, key=lambda peer: ratios[peer])
    return Result(row, median(ours), best, median(samples[best]), ratios[best])


# The table. In a row's pattern {} is the object that each one works on, and its name says whose it
# is: v is ours, m a memoryview, a an array, b a bytes, n NumPy's.

PEERS = {"m": "memoryview", "a": "array", "b": "bytes", "n": "NumPy"}
SIZES = {"1e3": 1_000, "1e6": 1_000_000}


def compare(
    name: str,
    make: Callable[[], Objects],
    pattern: str,
    peers: str,
    target: float,
    bound: float = 0.0,
    gives: str = "",
    **others: str,
) -> Iterator[Row]:
    """A row for one pattern; `others` are peers whose statement is another one."""
    ours, *theirs = (Do(pattern.format(who), gives.format(who)) for who in "v" + peers)
    everybody = dict(zip((PEERS[who] for who in peers), theirs, strict=True))
    everybody |= {peer: Do(statement) for peer, statement in others.items()}
    if numpy is None:
        everybody.pop("NumPy", None)
    if everybody:
        yield Row(name, make, ours, everybody, target, bound)


def line(code: str, length: int) -> Callable[[], Objects]:
    """Twice the same elements in one dimension, most of them no numbers that Python keeps ready.

    The last element is there only once.
    """

    def numbers() -> Iterator[int]:
        yield from (n % 255 if code == "B" else n for n in range(length - 1))
        yield 255 if code == "B" else length

    def objects(suffix: str) -> Objects:
        a = array.array(code, numbers())
        made: Objects = {"v": consumer.consume(a), "m": memoryview(a), "a": a}
        if code == "B":
            made["b"] = bytes(a)
        if numpy is not None:
            made["n"] = numpy.asarray(a)
        return {name + suffix: value for name, value in made.items()}

    def make() -> Objects:
        once = objects("")
        return {**once, **objects("2"), "last": once["a"][-1]}

    return make


def square() -> Objects:
    """A hundred rows of a hundred ints."""
    a = array.array("i", range(10_000))
    made: Objects = {"v": consumer.consume(a).reshape(100, 100)}
    made["m"] = memoryview(a).cast("B").cast("i", (100, 100))
    if numpy is not None:
        made["n"] = numpy.asarray(a).reshape(100, 100)
    return made


def exporter(of: Callable[[], object]) -> Callable[[], Objects]:
    return lambda: {"v": consumer.consume, "m": memoryview, "x": of()}


def construction() -> Iterator[Row]:
    exporters: dict[str, Callable[[], object]] = {
        "bytes": lambda: bytes(1000),
        "bytearray": lambda: bytearray(1000),
        "array": lambda: array.array("d", range(1000)),
        "mmap": lambda: mmap.mmap(-1, 4096),
        "ctypes": lambda: (ctypes.c_ubyte * 1000)(),
    }
    # memoryview cannot read every element that it has the memory of.
    do, gives = "{}(x)", "{}(x).tobytes()"
    for name, of in exporters.items():
        yield from compare(f"consume({name})", exporter(of), do, "m", 0.5, 0.6, gives)
    if numpy is not None:
        zeros = exporter(lambda: numpy.zeros((10, 100)))
        yield from compare("consume(ndarray)", zeros, do, "m", 0.6, gives=gives)
    a_bytes = exporter(exporters["bytes"])
    yield from compare("consume(bytes).release()", a_bytes, "{}(x).release()", "m", 0.5)
    with_it = "with {}(x): pass"
    yield from compare("with consume(bytes)", a_bytes, with_it, "m", 0.6, gives="None")


def items() -> Iterator[Row]:
    # 3.11's memoryview and array are harder to beat than those of its successors.
    target = 0.85 if sys.version_info >= (3, 12) else 1.0
    yield from compare("len(v)", line("i", 1000), "len({})", "man", 1.05)
    for code in "Bid":
        yield from compare(f"v[i] {code}", line(code, 1000), "{}[500]", "man", target, 1.0)
    yield from compare("v[i, j] i", square, "{}[3, 4]", "mn", 0.75, 1.0)
    for code in "Bid":
        do, gives = "{}[500] = 7", "{}[500]"
        yield from compare(f"v[i] = x {code}", line(code, 1000), do, "man", 0.75, 1.0, gives)
    yield from compare("v[i, j] = x i", square, "{}[3, 4] = 7", "mn", 0.75, 1.0, "{}[3, 4]")


def slices() -> Iterator[Row]:
    for key in "1:3", "::2", "::-1":
        yield from compare(f"v[{key}]", line("i", 1000), f"{{}}[{key}]", "mn", 0.75, 0.8)
    yield from compare("v[1:3, ::2]", square, "{}[1:3, ::2]", "n", 0.9)
    yield from compare("v[i], a row", square, "{}[1]", "n", 0.6)


def iteration() -> Iterator[Row]:
    for size, length in SIZES.items():
        for code, target in ("B", 1.0), ("i", 1.0), ("q", 1.0), ("d", 1.1), ("f", 1.1):
            peers = "manb" if code == "B" else "man"
            name, do = f"for x in v {code} {size}", "for x in {}: pass"
            yield from compare(name, line(code, length), do, peers, target, 1.1, "list({})")


def leaving() -> Iterator[Row]:
    for size, length in SIZES.items():
        bytes_line, do = line("B", length), "{}.tolist()"
        yield from compare(f"tolist B {size}", bytes_line, do, "man", 0.6, 1.0, bytes="list(b)")
        for code in "iqdf":
            yield from compare(f"tolist {code} {size}", line(code, length), do, "man", 0.9, 1.0)
        yield from compare(f"tobytes d {size}", line("d", length), "{}.tobytes()", "man", 1.1)
    million = line("d", SIZES["1e6"])
    yield from compare("str d 1e6", million, "str({})", "n", 0.05, gives="len({})")
    if numpy is not None:
        made = {**line("d", 1000)(), "asarray": numpy.asarray}
        yield from compare("np.asarray(v)", lambda: made, "asarray({})", "m", 1.0)


def matrix(code: str, length: int) -> Callable[[], Objects]:
    """The transpose of a square of elements."""

    def make() -> Objects:
        a = array.array(code, (n % 251 for n in range(length * length)))
        made: Objects = {"v": consumer.consume(a).reshape(length, length).T}
        if numpy is not None:
            made["n"] = numpy.asarray(a).reshape(length, length).T
        return made

    return make


def swapped(code: str, length: int) -> Callable[[], Objects]:
    """Elements in the byte order that is not this machine's."""

    def make() -> Objects:
        a = array.array(code, range(length))
        a.byteswap()
        other = ">" if sys.byteorder == "little" else "<"
        made: Objects = {"v": consumer.consume(a).cast("B").cast(other + code)}
        if numpy is not None:
            made["n"] = numpy.asarray(a).view(numpy.asarray(a).dtype.newbyteorder())
            made["native"] = numpy.asarray(a).dtype
        return made

    return make


def moving() -> Iterator[Row]:
    """Copies out of and into memory of all layouts."""
    million = SIZES["1e6"]
    for code, by_two, backwards, transposed in (
        ("B", 0.3, 0.2, 0.2),
        ("i", 0.6, 0.5, 0.4),
        ("d", 1.05, 0.8, 0.95),
    ):
        make = line(code, million)
        yield from compare(f"tobytes [::2] {code} 1e6", make, "{}[::2].tobytes()", "n", by_two)
        yield from compare(f"tobytes [::-1] {code} 1e6", make, "{}[::-1].tobytes()", "n", backwards)
        name = f"tobytes .T {code} 1000x1000"
        yield from compare(name, matrix(code, 1000), "{}.tobytes()", "n", transposed)
        yield from compare(f"v[:] = w {code} 1e6", make, "{0}[:] = {0}2", "mn", 1.1, gives="{}")
        every_other, gives = "{0}[::2] = {0}2[::2]", "{}"
        yield from compare(f"v[::2] = w {code} 1e6", make, every_other, "mn", 1.0, gives=gives)
    for size, length in SIZES.items():
        target = 0.5 if length < million else 1.05
        native = "n.astype(native)"
        yield from compare(
            f"swapped copy i {size}", swapped("i", length), "v.copy()", "", target, NumPy=native
        )
    yield from compare("hex B 1e6", line("B", million), "{}.hex()", "mb", 0.15)


def converting() -> Iterator[Row]:
    for size, length in SIZES.items():
        for code, to in ("i", "d"), ("d", "f"), ("B", "f"), ("d", "i"):
            make = line(code, length)
            theirs = f"n.astype('{to}')"
            yield from compare(
                f"astype {code} to {to} {size}", make, f"v.astype('{to}')", "", 1.5, NumPy=theirs
            )


def packed() -> Objects:
    """A million records of an id, a kind and a value."""
    unpacker = struct.Struct("<IHd")
    data = b"".join(unpacker.pack(n, n % 60_000, n / 2) for n in range(SIZES["1e6"]))
    view = consumer.consume(data)
    named = view.cast("T{<I:id:H:kind:d:value:}")
    return {"v": view.cast("<IHd"), "r": named, "data": data, "unpacker": unpacker}


def records() -> Iterator[Row]:
    unpack = "list(unpacker.iter_unpack(data))"
    # The collector has much to do with a million tuples, and little where they are ours.
    peers = {"struct": Do(unpack)}
    yield Row("tolist records 1e6", packed, Do("v.tolist()"), peers, 0.95, 0.0, collector=True)
    field = Do("r['value'].tolist()")
    whole = {"struct": Do("[record[2] for record in unpacker.iter_unpack(data)]")}
    yield Row("tolist of a field 1e6", packed, field, whole, 0.5, 0.0)
    small = {"v": packed()["r"][:1000], "m": memoryview(bytes(1000))}
    peers = {"a slice of memoryview": Do("m[1:3]", "None"), "our own": Do("v[1:3]", "None")}
    yield Row("v['field']", lambda: small, Do("v['value']", "None"), peers, 1.0, 0.0)


def comparison() -> Iterator[Row]:
    for size, length in SIZES.items():
        for code in "Bid":
            make, numpys = line(code, length), "bool((n == n2).all())"
            bytes_too = "mab" if code == "B" else "ma"
            yield from compare(
                f"v == w {code} {size}", make, "{0} == {0}2", bytes_too, 1.2, NumPy=numpys
            )
            target = 1.05 if code == "B" else 0.85
            yield from compare(f"x in v {code} {size}", make, "last in {}", bytes_too + "n", target)


def searching() -> Iterator[Row]:
    for size, length in SIZES.items():
        for code, target in ("B", 0.6), ("i", 0.95), ("d", 0.95):
            peers = {"bytes": Do("b.count(last)")} if code == "B" else {}
            if numpy is not None:
                peers["NumPy"] = Do("int((n == last).sum())")
            if peers:
                make, do = line(code, length), Do("v.count(last)")
                yield Row(f"count {code} {size}", make, do, peers, target, 0.0)
        ints, doubles = line("i", length)(), line("d", length)()
        different: Objects = {**ints, **{name + "2": other for name, other in doubles.items()}}
        make_different: Callable[[], Objects] = partial(dict, different)
        numpys = "bool((n == n2).all())"
        yield from compare(f"v == w i, d {size}", make_different, "v == v2", "", 0.8, NumPy=numpys)


def importing() -> Iterator[Row]:
    if numpy is not None:
        peers: dict[str, Do] = {"NumPy": Import("import numpy")}
        yield Row("import", dict, Import("import consumer"), peers, 2 / 48, 0.0)


TABLE = (
    construction,
    items,
    slices,
    iteration,
    leaving,
    moving,
    converting,
    records,
    comparison,
    searching,
    importing,
)


# The command.


def processor() -> str:
    try:
        cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    name = re.search(r"model name\s*: (.*)", cpuinfo)
    return name[1] if name else platform.processor()


def environment() -> str:
    optimized = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    numpys = f", NumPy {numpy.__version__}" if numpy is not None else ", no NumPy"
    return (
        f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}\n"
        f"{platform.python_implementation()} {platform.python_version()}"
        f"{' (PGO)' if optimized else ''}, consumer {consumer.__version__}{numpys}"
    )


def print_line(cells: list[str], markdown: bool) -> None:
    widths = (26, 10, 10, 10, 5, 6, 6)
    right = (1, 3, 4, 5)
    padded = (
        cell.rjust(width) if place in right else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    text = (" | " if markdown else "  ").join(padded)
    print(f"| {text} |" if markdown else text.rstrip(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns")
    parser.add_argument("--only", metavar="PATTERN", default="", help="rows that it is found in")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    arguments = parser.parse_args()
    turns, shortest = (5, 0.5e-3) if arguments.quick else (15, 2e-3)

    print(environment(), end="\n\n")
    print_line(
        ["operation", "ours", "best peer", "theirs", "ratio", "target", ""], arguments.markdown
    )
    if arguments.markdown:
        print("|---|---:|---|---:|---:|---:|---|")
    results = []
    gc.disable()
    for row in (row for group in TABLE for row in group()):
        if re.search(arguments.only, row.name):
            results.append(measure(row, turns, shortest))
            print_line(results[-1].cells(), arguments.markdown)
    behind = sum(result.cells()[-1] != "" for result in results)
    print(f"\n{len(results)} rows, {behind} of them over their target; smaller ratios are better")


if __name__ == "__main__":
    main()
