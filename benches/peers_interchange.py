"""Further rows of peers.py, which docs/speed.md does not have: what other protocols hand on."""

from collections.abc import Callable, Iterator
from typing import Any

from consumer import consume
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


class Tensor:
    """Shares the memory of an ndarray as a tensor, and in no other way."""

    def __init__(self, owner: Any) -> None:
        self.__dlpack__ = owner.__dlpack__
        self.__dlpack_device__ = owner.__dlpack_device__


def tensors() -> Iterator[Row]:
    """As tensors of DLPack: what NumPy takes of us and of itself, and what it and we take."""

    def make(length: int) -> Objects:
        objects = line("d")(length)
        return {**objects, **MODULES, "consume": consume, "tensor": Tensor(objects["n"])}

    out = "tuple(numpy.from_dlpack({}))"
    for call in "__dlpack__()", "__dlpack__(max_version=(1, 0))":
        ours, numpys = (Do(f"{name}.{call}", out.format(name)) for name in "vn")
        yield Row(f"v.{call}", make, ours, {"NumPy": numpys}, 1.5, length=5, needs="NumPy")
    ours, numpys = (Do(f"numpy.from_dlpack({name})", out.format(name)) for name in "vn")
    yield Row("np.from_dlpack(v)", make, ours, {"NumPy": numpys}, 2.0, length=5, needs="NumPy")
    ours = Do("consume(tensor)", "tuple(consume(tensor))")
    numpys = Do("numpy.from_dlpack(tensor)", out.format("tensor"))
    yield Row("consume(tensor)", make, ours, {"NumPy": numpys}, 1.2, length=5, needs="NumPy")


MORE = (arrow, tensors)
