"""Rows of records and structures: what describing them costs, and rows by name."""

import ctypes
from collections.abc import Callable, Iterator
from functools import partial

from peers_calls import exporter
from peers_measure import Do, Row, numpy
from peers_objects import compare, records


class Sample(ctypes.Structure):
    _fields_ = (("id", ctypes.c_uint), ("kind", ctypes.c_ushort), ("value", ctypes.c_double))


def described() -> Iterator[Row]:
    gives = "bytes({}(x))"
    kinds: dict[str, Callable[[], object]] = {"structure": Sample, "structures": Sample * 100}
    for name, kind in kinds.items():
        yield compare(f"consume({name})", exporter(kind), "{}(x)", "m", 1.0, 1.5, gives)
    structured = exporter(lambda: numpy and numpy.zeros(100, "u4, u2, f8"))
    name = "consume(ndarray of records)"
    yield compare(name, structured, "{}(x)", "m", 1.5, 2.0, gives, needs="NumPy")
    one = Do("bytes_of.cast('<IHd', offset=7000, count=1)[0]")
    peers = {"struct": Do("unpacker.unpack_from(data, 7000)")}
    yield Row("v.cast('<IHd', offset=, count=1)[0]", records, one, peers, 3.0)


def rows_by_name() -> Iterator[Row]:
    tuples = {"our own tuple": Do("r[500]")}
    yield Row("v[i], a named row", records, Do("rows[500]"), tuples, 1.0)
    for size, length in {"1e3": 1000, "1e6": 1_000_000}.items():
        peers = {"our own tuples": Do("r.tolist()")}
        row = partial(Row, f"tolist of named rows {size}", records, Do("rows.tolist()"), peers)
        yield row(1.0, length=length, collector=True)


RECORDS: tuple[Callable[[], Iterator[Row]], ...] = (described, rows_by_name)
