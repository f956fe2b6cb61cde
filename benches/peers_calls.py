"""Rows of the table of peers.py whose time does not depend on the size: single calls.

The targets are measured facts of what can be reached. Where nothing is known, it is 1.0: not
slower than the best peer.
"""

import array
import ctypes
import mmap
import pickle
from collections.abc import Callable, Iterator

import consumer
from peers_measure import Do, Import, Objects, Row, numpy
from peers_objects import compare, line, matrix, records


def exporter(of: Callable[[], object]) -> Callable[[int], Objects]:
    return lambda _length: {"v": consumer.consume, "m": memoryview, "x": of()}


def construction() -> Iterator[Row]:
    exporters: dict[str, Callable[[], object]] = {
        "bytes": lambda: bytes(1000),
        "bytearray": lambda: bytearray(1000),
        "array": lambda: array.array("d", range(1000)),
        "mmap": lambda: mmap.mmap(-1, 4096),
        "ctypes": lambda: (ctypes.c_ubyte * 1000)(),
        "memoryview": lambda: memoryview(bytes(1000)),
    }
    # memoryview cannot read every element that it has the memory of.
    do, gives = "{}(x)", "{}(x).tobytes()"
    for name, of in exporters.items():
        yield compare(f"consume({name})", exporter(of), do, "m", 0.5, 0.6, gives)
    zeros = exporter(lambda: numpy and numpy.zeros((10, 100)))
    yield compare("consume(ndarray)", zeros, do, "m", 0.6, gives=gives, needs="NumPy")
    a_bytes = exporter(exporters["bytes"])
    yield compare("consume(bytes).release()", a_bytes, "{}(x).release()", "m", 0.5)
    peers = {"memoryview": Do("it.release()", "None", each="m(x)")}
    yield Row("v.release()", a_bytes, Do("it.release()", "None", each="v(x)"), peers, 1.0)
    with_it = "with {}(x): pass"
    yield compare("with consume(bytes)", a_bytes, with_it, "m", 0.6, gives="None")


def handing_on() -> Iterator[Row]:
    """Of the same memory to others."""
    do, gives = "memoryview({})", "memoryview({}).tolist()"
    yield compare("memoryview(v)", line("i"), do, "m", 1.0, gives=gives)
    yield compare("bytes(v) B 1e3", line("B"), "bytes({})", "ma", 1.1)
    do = "numpy.asarray({})"
    yield compare("np.asarray(v)", line("d"), do, "m", 1.0, needs="NumPy")
    for size, length in {"5": 5, "1e3": 1_000, "1e6": 1_000_000}.items():
        dumps, loads = "pickle.dumps({}, 5)", "pickle.loads({})"
        doubles, gives = pickled(length), loads.format(dumps)
        yield compare(f"pickle {size} d in band", doubles, dumps, "na", 1.1, gives=gives)
        dumps = "it = pickle.dumps({}, 5, buffer_callback=buffers.append)"
        loads = "pickle.loads(it, buffers=buffers)"
        beside = f"{dumps}; buffers.clear()"
        gives = "pickle.loads(pickle.dumps({}))"
        yield compare(f"pickle {size} d beside", doubles, beside, "n", 1.5, gives=gives)
        both = f"{dumps}; {loads}; buffers.clear()"
        yield compare(f"pickle {size} d there and back", doubles, both, "n", 1.5, gives=gives)


def pickled(length: int) -> Callable[[int], Objects]:
    return lambda _length: {**line("d")(length), "pickle": pickle, "buffers": []}


def attributes() -> Iterator[Row]:
    yield compare("len(v)", line("i"), "len({})", "manps", 1.05)
    for name, peers in ("shape", "mn"), ("format", "m"), ("nbytes", "mn"), ("readonly", "m"):
        yield compare(f"v.{name}", line("i"), f"{{}}.{name}", peers, 1.0)


def items() -> Iterator[Row]:
    pyarrows = {"pyarrow": Do("p[500].as_py()")}
    for code in "Biqfd":
        peers = "mabns" if code == "B" else "mans"
        # 3.11's memoryview and array are harder to beat than those of its successors.
        yield compare(
            f"v[i] {code}",
            line(code),
            "{}[500]",
            peers,
            0.85,
            1.0,
            others=pyarrows,
            target_311=1.0,
        )
    yield compare("v[i, j] i", matrix("i"), "{}[3, 4]", "mn", 0.75, 1.0)
    structs = {"struct": Do("unpacker.unpack_from(data, 7000)"), "NumPy": Do("n[500].item()")}
    yield Row("v[i], a record", records, Do("v[500]"), structs, 1.0)
    for code in "Biqfd":
        do, gives = "{}[500] = 7", "{}[500]"
        yield compare(f"v[i] = x {code}", line(code), do, "man", 0.75, 1.0, gives)
    yield compare("v[i, j] = x i", matrix("i"), "{}[3, 4] = 7", "mn", 0.75, 1.0, "{}[3, 4]")
    stored = {
        "struct": Do("unpacker.pack_into(data, 7000, 1, 2, 3.0)", structs["struct"].statement),
        "NumPy": Do("n[500] = (1, 2, 3.0)", structs["NumPy"].statement),
    }
    yield Row("v[i] = a record", records, Do("v[500] = (1, 2, 3.0)", "v[500]"), stored, 1.0)


def slices() -> Iterator[Row]:
    for key in "1:3", "::2", "::-1":
        yield compare(f"v[{key}]", line("i"), f"{{}}[{key}]", "mnps", 0.75, 0.8)
    for key, target in ("1:3, ::2", 0.9), (":, 1", 0.9), (":, None", 0.9), ("1:3", 0.9):
        name = f"v[{key}]{'' if ',' in key else ' 2-D'}"
        yield compare(name, matrix("i"), f"{{}}[{key}]", "n", target)
    yield compare("v[i], a row", matrix("i"), "{}[1]", "n", 0.6)
    rows = "[row.tolist() for row in {}]"
    yield compare("for row in v, 2-D", matrix("i"), "for row in {}: pass", "n", 0.6, gives=rows)


def views() -> Iterator[Row]:
    """Of the same memory, seen as something else."""
    yield compare("v.T", matrix("i"), "{}.T", "n", 0.9)
    yield compare("v.reshape(10, 100)", line("i"), "{}.reshape(10, 100)", "n", 1.0)
    yield compare("v.cast('B')", line("i"), "{}.cast('B')", "m", 1.0)
    yield compare("v.toreadonly()", line("i"), "{}.toreadonly()", "m", 1.0)
    peers = {
        "a slice of memoryview": Do("m[1:3]", "None"),
        "our own": Do("v[1:3]", "None"),
        "NumPy": Do("n['value']", "None"),
    }

    def field(length: int) -> Objects:
        made = records(length)
        return {**made, "v": made["r"], "m": memoryview(made["data"])}

    yield Row("v['field']", field, Do("v['value']", "None"), peers, 1.0)


def importing() -> Iterator[Row]:
    # Two milliseconds, where NumPy takes some fifty.
    peers: dict[str, Do] = {"NumPy": Import("import numpy")}
    yield Row("import", lambda _length: {}, Import("import consumer"), peers, 2 / 48)


CALLS = (construction, handing_on, attributes, items, slices, views, importing)
