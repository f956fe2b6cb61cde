"""Rows of the table of peers.py whose time depends on the size: whole arrays.

The targets are measured facts of what can be reached; most of them are known from 1e3 or 1e6
elements on, and hold for more of them, too. Where nothing is known, it is 1.0: not slower than
the best peer. So it is for five elements, whatever the operation.
"""

from collections.abc import Iterator
from functools import partial

from peers_measure import Do, Objects, Row
from peers_objects import (
    BEYOND_CACHES,
    FEW,
    SQUARES,
    Target,
    booleans,
    compare,
    line,
    matrix,
    overwritten,
    records,
    sizes,
    swapped,
    sweep,
    unlike,
)

THOUSAND = sizes("1e3")
LARGE = sizes("1e3", "1e6")
UP_TO_1E6 = sizes(FEW, "1e6")


def iteration() -> Iterator[Row]:
    do, gives = "for x in {}: pass", "list({})"
    targets = {"B": 1.0, "b": 1.0, "i": 1.0, "q": 1.0, "d": 1.1, "f": 1.1}
    yield from sweep("for x in v", targets, do, "manbs", bound=1.1, gives=gives, few="Bid")
    booleans_too = {"?": 1.0}
    yield from sweep(
        "for x in v", booleans_too, do, "mn", bound=1.1, gives=gives, over=LARGE, of=booleans
    )
    ints = {"i": 1.0}
    yield from sweep("list(v)", ints, "list({})", "mans", bound=1.1, over=LARGE)
    do, gives = "for x in reversed({}): pass", "list(reversed({}))"
    yield from sweep("for x in reversed(v)", ints, do, "man", bound=1.1, gives=gives, over=LARGE)
    for size, length in LARGE.items():
        peers = {
            "struct": Do(
                "for x in unpacker.iter_unpack(data): pass", "list(unpacker.iter_unpack(data))"
            )
        }
        ours = Do("for x in v: pass", "list(v)")
        yield Row(f"for x in v records {size}", records, ours, peers, 1.0, length=length)


def lists() -> Iterator[Row]:
    do = "{}.tolist()"
    targets = {"B": 0.6, "b": 0.6, "i": 0.9, "q": 0.9, "d": 0.9, "f": 0.9}
    others = {"bytes": Do("list(b)"), "polars": Do("s.to_list()")}
    yield from sweep("tolist", targets, do, "manp", bound=1.0, others=others, few="Bid")
    yield from sweep("tolist", {"?": 0.9}, do, "mn", bound=1.0, over=LARGE, of=booleans)
    squares = {size: SQUARES[size] for size in ("32x32", "1000x1000")}
    yield from sweep("tolist", {"i": 0.9}, do, "mn", bound=1.0, over=squares, of=matrix)
    others = {"struct": Do("list(unpacker.unpack(a))"), "NumPy": Do("n.tolist()")}
    yield from sweep(
        "tolist, byte-swapped",
        {"i": 0.9, "d": 0.9},
        do,
        "",
        bound=1.0,
        over=LARGE,
        of=swapped,
        others=others,
    )
    for size, length in UP_TO_1E6.items():
        # The collector has much to do with a million tuples, and little where they are ours.
        peers = {"struct": Do("list(unpacker.iter_unpack(data))"), "NumPy": Do("n.tolist()")}
        row = partial(Row, f"tolist records {size}", records, Do("v.tolist()"), peers)
        yield row(1.0 if size == FEW else 0.95, length=length, collector=True)
    for size, length in THOUSAND.items():
        column = "[record[2] for record in unpacker.iter_unpack(data)]"
        peers = {"struct": Do(column), "NumPy": Do("n['value'].tolist()")}
        ours = Do("r['value'].tolist()")
        yield Row(f"tolist of a field {size}", records, ours, peers, 0.9, 1.0, length=length)


def copies() -> Iterator[Row]:
    """Copies out of memory of all layouts."""
    do = "{}.tobytes()"
    others = {"bytes": Do("bytes(a)"), "pyarrow": Do("memory.to_pybytes()")}
    # From 32 MiB on the system has pages to clear, and there are large ones.
    large = {"1e3": 1.1, "1e6": 1.1, "1e7": 0.3}
    targets: dict[str, Target] = {"B": 1.1, "i": large, "d": large}
    yield from sweep("tobytes", targets, do, "man", others=others)
    middle: dict[str, Target] = {"d": {"2e6": 1.05}}
    yield from sweep("tobytes", middle, do, "man", over=BEYOND_CACHES, others=others)
    others = {
        "array": Do("a[:]", "a[:].tobytes()"),
        "NumPy": Do("n.copy()", "n.copy().tobytes()"),
    }
    do, gives = "v.copy()", "v.copy().tobytes()"
    yield from sweep("copy", {"d": 1.1}, do, "", gives=gives, others=others)
    yield from sweep("copy", middle, do, "", gives=gives, over=BEYOND_CACHES, others=others)
    every_other = {
        code: {"1e3": 1.0, "1e6": target, "1e7": target}
        for code, target in {"B": 0.3, "i": 0.6, "d": 1.05}.items()
    }
    backwards = {"B": 0.2, "i": 0.5, "d": 0.8}
    yield from sweep("tobytes [::2]", every_other, "{}[::2].tobytes()", "mn")
    yield from sweep("tobytes [::-1]", backwards, "{}[::-1].tobytes()", "mn")
    transposed = {"B": 0.2, "i": 0.4, "d": 0.95}
    yield from sweep("tobytes .T", transposed, "{}t.tobytes()", "n", over=SQUARES, of=matrix)
    digits = {"B": {"1e3": 1.0, "1e6": 0.15, "1e7": 0.15}}
    yield from sweep("hex", digits, "{}.hex()", "mb", few="B")


def assignment() -> Iterator[Row]:
    """Copies into memory."""
    alike = {"B": 1.1, "i": 1.1, "d": 1.1}
    gives = "{}.tobytes()"
    do = "{0}[:] = {0}2"
    yield from sweep("v[:] = w", alike, do, "man", gives=gives, of=overwritten)
    middle = {"d": 1.05}
    yield from sweep("v[:] = w", middle, do, "man", gives=gives, over=BEYOND_CACHES, of=overwritten)
    alike = dict.fromkeys(alike, 1.0)
    do = "{0}[::2] = {0}2[::2]"
    yield from sweep("v[::2] = w", alike, do, "mn", gives=gives, of=overwritten)
    yield from sweep("v[...] = x", {"d": 1.0}, "{}[...] = 7", "n", gives=gives, of=overwritten)


def conversion() -> Iterator[Row]:
    """Copies of the same values in other bytes."""
    target = {"1e3": 0.5, "1e6": 1.05, "1e7": 1.05}
    for name, do, numpys in (
        ("swapped copy", "v.copy()", "n.astype(native)"),
        ("byteswap", "v.byteswap()", "n.byteswap()"),
    ):
        codes = {"i": target, "d": target} if name == "swapped copy" else {"i": target}
        others = {"NumPy": Do(numpys, f"{numpys}.tobytes()")}
        yield from sweep(
            name, codes, do, "", gives=f"{do}.tobytes()", of=swapped, few="i", others=others
        )
    names = {"i": "int32", "d": "float64", "f": "float32"}
    polars_names = {"i": "Int32", "d": "Float64", "f": "Float32"}
    for code, to in ("i", "d"), ("d", "f"), ("B", "f"), ("d", "i"):
        do, numpys = f"v.astype('{to}')", f"n.astype('{to}')"
        pyarrows = f"p.cast(pyarrow.{names[to]}(), safe=False)"
        theirs = f"s.cast(polars.{polars_names[to]})"
        others = {
            "NumPy": Do(numpys, f"{numpys}.tobytes()"),
            "pyarrow": Do(pyarrows, f"{pyarrows}.to_numpy().tobytes()"),
            "polars": Do(theirs, f"{theirs}.to_numpy().tobytes()"),
        }
        for size, length in sizes(FEW).items():
            yield compare(
                f"astype {code} to {to} {size}",
                line(code),
                do,
                "",
                1.0 if size == FEW else 1.5,
                0.0,
                f"{do}.tobytes()",
                others,
                length=length,
            )


EQUAL = {
    "NumPy": Do("bool((n == n2).all())"),
    "pyarrow": Do("p.equals(p2)"),
    "polars": Do("(s == s2).all()"),
}


def comparison() -> Iterator[Row]:
    do = "{0} == {0}2"
    alike = dict.fromkeys("Bid", 1.2)
    yield from sweep("v == w", alike, do, "mab", few="Bid", others=EQUAL)
    others = {**EQUAL, "pyarrow": Do("compute.all(compute.equal(p, p2)).as_py()")}
    yield from sweep("v == w", {"i, d": 0.8}, do, "ma", few="i, d", of=unlike, others=others)


def search() -> Iterator[Row]:
    targets = {"B": 1.05, "i": 0.85, "q": 0.85, "d": 0.85}
    yield from sweep("x in v", targets, "last in {}", "manbs", few="Bd")
    yield from sweep("x in v, absent", targets, "absent in {}", "manbs", over=LARGE)
    others = {
        "NumPy": Do("int((n == last).argmax())"),
        "pyarrow": Do("p.index(last).as_py()"),
        "polars": Do("s.index_of(last)"),
    }
    yield from sweep("index", targets, "{}.index(last)", "ab", few="Bd", others=others)
    others = {
        "NumPy": Do("numpy.count_nonzero(n == last)"),
        "pyarrow": Do("compute.sum(compute.equal(p, last)).as_py()"),
        "polars": Do("(s == last).sum()"),
    }
    targets = {"B": 0.6, "i": 0.95, "d": 0.95}
    yield from sweep("count", targets, "{}.count(last)", "ab", few="Bd", others=others)


def text() -> Iterator[Row]:
    target = {"1e3": 1.0, "1e6": 0.05, "1e7": 0.05}
    yield from sweep("str", {"d": target}, "str({})", "n", gives="None")

    def two_sizes(length: int) -> Objects:
        return {"v": line("d")(length)["v"], "few": line("d")(length // 10)["v"]}

    peers = {"our own 1e6": Do("str(few)", "None")}
    ours = Do("str(v)", "None")
    yield Row("str d, ten times as many", two_sizes, ours, peers, 1.1, length=sizes("1e7")["1e7"])


BULK = (iteration, lists, copies, assignment, conversion, comparison, search, text)
