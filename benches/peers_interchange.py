"""Further rows of peers.py, which docs/speed.md does not have: what other protocols hand on."""

from collections.abc import Callable, Iterator

from peers_measure import Do, Objects, Row
from peers_objects import MODULES, line, matrix, records


def beside_modules(make: Callable[[int], Objects]) -> Callable[[int], Objects]:
    return lambda length: {**make(length), **MODULES}


def arrow() -> Iterator[Row]:
    """To pyarrow, which has a way of its own for NumPy's arrays of one dimension."""
    ours, numpys = Do("pyarrow.array(v)"), {"NumPy": Do("pyarrow.array(n)")}
    for code in "Bid":
        yield Row(f"pa.array(v) {code}", line(code), ours, numpys, 1.0, needs="pyarrow")
    flat = "pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(n.reshape(-1)), n.shape[1])"
    make = beside_modules(matrix("d"))
    yield Row("pa.array(v) d 2-D", make, ours, {"NumPy": Do(flat)}, 1.0, needs="pyarrow")
    columns = "pyarrow.table({name: pyarrow.array(n[name].copy()) for name in n.dtype.names})"
    for length in 1000, 100_000:
        yield Row(
            f"pa.table(records) {length:.0e}".replace("e+0", "e"),
            beside_modules(records),
            Do("pyarrow.table(r)", "pyarrow.table(r).to_pylist()"),
            {"NumPy": Do(columns, f"{columns}.to_pylist()")},
            1.0,
            length=length,
            needs="pyarrow",
        )


MORE = (arrow,)
