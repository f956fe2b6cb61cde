"""Rows of sums, means, minima and maxima: of whole arrays in each layout, and along axes."""

import itertools
from collections.abc import Callable, Iterator

from peers_measure import Do, Objects, Row
from peers_objects import FEW, SIZES, SQUARES, line, matrix, sizes, swapped, sweep

CODES = dict.fromkeys("Bhiqfd", 1.0)
METHODS = ("sum", "mean", "min", "max", "argmin", "argmax")
IN_POLARS = {"argmin": "arg_min", "argmax": "arg_max"}
LARGE = sizes("1e3", "1e6")


def summary(call: str, code: str) -> Do:
    """A statement, and what it gives as far as all agree.

    NumPy's means of floats are floats of 32 bits, and others add these up in 32 bits.
    """
    if code == "f":
        return Do(call, f"'%.2g' % {call}")
    return Do(call, f"round(float({call}), 2)" if "mean" in call else "")


def others(method: str, code: str) -> dict[str, Do]:
    """The same of other packages."""
    peers = {"NumPy": summary(f"n.{method}()", code)}
    # Its sums of integers of 32 bits wrap around.
    if (method, code) != ("sum", "i"):
        peers["polars"] = summary(f"s.{IN_POLARS.get(method, method)}()", code)
    if method in ("sum", "mean"):
        peers["pyarrow"] = summary(f"compute.{method}(p).as_py()", code)
    peers["bottleneck"] = summary(f"bottleneck.nan{method}(n)", code)
    if method != "mean" and code != "q":
        peers["numkong"] = summary(f"numkong.{method}(n)", code)
    return peers


def whole() -> Iterator[Row]:
    for method, (code, target) in itertools.product(METHODS, CODES.items()):
        ours = summary(f"v.{method}()", code)
        yield from sweep(
            method,
            {code: target},
            ours.statement,
            "",
            gives=ours.gives,
            few="Bhiqfd",
            others=others(method, code),
        )
    for size, length in {FEW: SIZES[FEW], "1e3": SIZES["1e3"]}.items():
        peers = {"math": Do("math.fsum(a)"), "Python": Do("sum(a)")}
        yield Row(f"sum d {size}, exact", exact, Do("v.sum()"), peers, 0.2, length=length)


def exact(length: int) -> Objects:
    return {**line("d")(length), "math": __import__("math")}


def layouts() -> Iterator[Row]:
    codes = dict.fromkeys("Bid", 1.0)
    several = {"i": 1.0, "d": 1.0}
    square = {"1000x1000": SQUARES["1000x1000"]}
    for method in ("sum", "min", "argmin"):
        do, numpys = f"v.{method}()", {"NumPy": Do(f"n.{method}()")}
        yield from sweep(f"{method} [::2]", codes, do, "", over=LARGE, of=stepped, others=numpys)
        name = f"{method}, byte-swapped"
        yield from sweep(name, several, do, "", over=LARGE, of=swapped, others=numpys)
    for method in ("sum", "min"):
        do, numpys = f"vt.{method}()", {"NumPy": Do(f"nt.{method}()")}
        yield from sweep(f"{method} .T", codes, do, "", over=square, of=matrix, others=numpys)


def stepped(code: str) -> Callable[[int], Objects]:
    """Every other element of twice as many."""

    def make(length: int) -> Objects:
        made = line(code)(2 * length)
        return {name: made[name][::2] for name in "vn" if name in made}

    return make


def axes() -> Iterator[Row]:
    squares = {size: SQUARES[size] for size in ("32x32", "1000x1000")}
    for method in ("sum", "min", "argmin"):
        for axis in (0, 1):
            name, do = f"{method} axis={axis}", f"{{}}.{method}(axis={axis})"
            for code, target in CODES.items():
                gives = f"{do}.tolist()"
                if method == "sum" and code == "f":
                    gives = f"['%.2g' % number for number in {gives}]"
                one = {code: target}
                yield from sweep(name, one, do, "n", of=matrix, over=squares, gives=gives)


SUMMARIES: tuple[Callable[[], Iterator[Row]], ...] = (whole, layouts, axes)
