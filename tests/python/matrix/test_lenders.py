"""Objects that share their memory by another protocol than the buffer's, and their values."""

import importlib
import importlib.util

import consumer
import numpy as np
import pytest

from support.oracles import same

SOURCE = np.arange(12.0).reshape(3, 4)


def listed(thing):
    return np.asarray(thing).tolist()


# A package, what makes an object of it, and what gives its values.
LENDERS = {
    "numpy: flat": ("numpy", lambda np: np.arange(3).flat, lambda flat: flat.base.tolist()),
    "numpy: long doubles, swapped": (
        "numpy",
        lambda np: np.arange(3).astype(np.dtype("g").newbyteorder()),
        lambda array: array.astype(float).tolist(),
    ),
    "torch": ("torch", lambda torch: torch.arange(6.0).reshape(2, 3).T, lambda t: t.tolist()),
    "torch, bfloat16": (
        "torch",
        lambda torch: torch.arange(3).to(torch.bfloat16),
        lambda tensor: tensor.tolist(),
    ),
    "jax, bfloat16": (
        "jax",
        lambda jax: jax.numpy.arange(3, dtype=jax.numpy.bfloat16),
        lambda array: array.astype("f4").tolist(),
    ),
    "jax, float8": (
        "jax",
        lambda jax: jax.numpy.arange(3).astype(jax.numpy.float8_e4m3fn),
        lambda array: array.astype("f4").tolist(),
    ),
    "ml_dtypes, bfloat16": (
        "ml_dtypes",
        lambda ml: SOURCE.astype(ml.bfloat16)[:, ::2],
        lambda array: array.astype(float).tolist(),
    ),
    "ml_dtypes, float8": (
        "ml_dtypes",
        lambda ml: SOURCE.astype(ml.float8_e5m2).T,
        lambda array: array.astype(float).tolist(),
    ),
    "pyarrow": ("pyarrow", lambda pa: pa.array([1, 2, 3])[1:], lambda a: a.to_pylist()),
    "pyarrow, halves": ("pyarrow", lambda pa: pa.array([1.5], "float16"), lambda a: a.to_pylist()),
    "pyarrow, bytes": (
        "pyarrow",
        lambda pa: pa.array([b"abc", b"def"], pa.binary(3)),
        lambda array: array.to_pylist(),
    ),
    "pyarrow, lists": (
        "pyarrow",
        lambda pa: pa.array([[1, 2], [3, 4]], pa.list_(pa.int16(), 2)),
        lambda array: array.to_pylist(),
    ),
    "nanoarrow": ("nanoarrow", lambda na: na.c_array([1, 2], na.int16()), lambda _: [1, 2]),
    "polars": ("polars", lambda pl: pl.Series([1, 2, 3]), lambda series: series.to_list()),
    "polars, arrays": (
        "polars",
        lambda pl: pl.Series([[1.0, 2.0]], dtype=pl.Array(pl.Float64, 2)),
        lambda series: [list(row) for row in series.to_list()],
    ),
    "pandas": ("pandas", lambda pd: pd.Series([1.5, 2.5]), lambda series: series.tolist()),
    "pandas, an index": ("pandas", lambda pd: pd.Index([3, 4]), lambda index: index.tolist()),
    "pandas, a frame": ("pandas", lambda pd: pd.DataFrame({"a": [1, 2], "b": [3, 4]}), listed),
    "xarray": ("xarray", lambda xr: xr.DataArray(SOURCE), listed),
    "awkward": ("awkward", lambda ak: ak.Array([[1, 2], [3, 4]]), lambda array: array.to_list()),
    "Pillow": ("PIL.Image", lambda image: image.new("L", (4, 3), 7), lambda _: [7] * 12),
    "Pillow, colours": (
        "PIL.Image",
        lambda image: image.new("RGB", (2, 1), (1, 2, 3)),
        lambda _: [[1, 2, 3, 255]] * 2,
    ),
    "boost_histogram": (
        "boost_histogram",
        lambda bh: bh.Histogram(bh.axis.Regular(3, 0, 1)).fill([0.1, 0.5, 0.5]),
        lambda histogram: histogram.view().tolist(),
    ),
    "Pillow, floats": ("PIL.Image", lambda image: image.new("F", (2, 1), 1.5), lambda _: [1.5] * 2),
}


@pytest.fixture(params=LENDERS)
def lender(request):
    module, make, values = LENDERS[request.param]
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        pytest.skip(f"needs {module}")
    return make(importlib.import_module(module)), values


def test_the_values_are_those_of_the_object(lender):
    thing, values = lender
    with consumer.consume(thing) as view:
        assert same(view.tolist(), values(thing))
        assert view.obj is thing


def test_what_is_written_reaches_the_object(lender):
    thing, values = lender
    with consumer.consume(thing) as view:
        if view.readonly:
            pytest.skip("read-only")
        view[...] = 1
        assert same(view.tolist(), values(thing))
