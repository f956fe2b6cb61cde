"""Scalars of NumPy: every number in either byte order, long doubles among them."""

import consumer
import pytest

from support import numpy_values
from support.exporters import Exporter
from support.oracles import NATIVE, SWAPPED, address, metadata, same
from support.views import check_reading

NUMPY_CODES = "?bBhHiIlLqQefdgFDG"


def numpy_array(np, code, order):
    dtype = np.dtype(code) if order == NATIVE else np.dtype(code).newbyteorder(order)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return np.array([info.min, info.max, 0, 1, 5], dtype)
    if dtype.kind == "f":
        # What is beyond Python's floats cannot be read: test_long_doubles.py.
        info = np.finfo("d" if code == "g" else code)
        return np.array([0.0, -0.0, info.max, info.tiny, 0.1, np.inf, -np.inf, np.nan], dtype)
    if dtype.kind == "c":
        return np.array([0, 1 + 2j, complex(-0.0, -0.1), complex("nan+infj")], dtype)
    return np.array([True, False, True], dtype)


# NumPy exports long doubles aligned and in native order only.
LONG_DOUBLES = "gG"
NUMPY_TYPES = [(c, o) for c in NUMPY_CODES for o in "<>" if c not in LONG_DOUBLES or o == NATIVE]


@pytest.mark.parametrize(("code", "order"), NUMPY_TYPES)
def test_numpy_arrays_of_every_number(np, code, order):
    exporter = numpy_array(np, code, order)
    view = consumer.consume(exporter)
    items = numpy_values.values(exporter)
    check_reading(view, items)
    assert metadata(view) == metadata(memoryview(exporter))
    assert view.obj is exporter
    assert address(view) == exporter.__array_interface__["data"][0]
    before = exporter.tobytes()
    for index, value in enumerate(items[::-1]):
        view[index] = value
    assert same(numpy_values.values(exporter), items[::-1])
    if code not in LONG_DOUBLES:
        assert exporter[::-1].tobytes() == before


@pytest.mark.parametrize(("code", "order"), [t for t in NUMPY_TYPES if t[0] not in LONG_DOUBLES])
def test_numpy_arrays_that_are_not_aligned(np, code, order):
    aligned = numpy_array(np, code, order)
    raw = np.zeros(aligned.nbytes + 1, "u1")
    exporter = raw[1:].view(aligned.dtype)
    exporter[:] = aligned
    view = consumer.consume(exporter)
    check_reading(view, numpy_values.values(aligned))
    assert address(view) == raw.__array_interface__["data"][0] + 1


@pytest.mark.parametrize("code", NUMPY_CODES)
def test_numpy_scalars_have_no_dimensions(np, code):
    exporter = numpy_array(np, code, "=")[2]
    view = consumer.consume(exporter)
    assert (view.ndim, view.readonly) == (0, True)
    assert same(view[()], numpy_values.values(exporter))


@pytest.mark.long_doubles
def test_long_doubles_are_rounded_to_the_nearest_float(np):
    if np.dtype("g").itemsize != 16 or np.finfo("g").nmant != 63:
        pytest.skip("no 80-bit long double here")
    generator = np.random.default_rng(7)
    mantissa = generator.integers(2**63, 2**64, 4000, dtype="u8")
    # Halves of the last place, and their neighbours: where rounding goes wrong first.
    mantissa[::4] = (mantissa[::4] >> 11 << 11) | 0x400
    mantissa[1::4] = (mantissa[1::4] >> 11 << 11) | 0x401
    mantissa[2::8] |= 0xFFFF_FFFF_FFFF_F800
    # The ordinary exponents, those of subnormal floats, and those beyond both ends.
    exponent = generator.integers(16383 - 1100, 16383 + 1030, 4000, dtype="u8")
    exponent[::3] = generator.integers(16383 - 1080, 16383 - 1015, len(exponent[::3]))
    words = np.stack([mantissa, exponent | (generator.integers(0, 2, 4000, dtype="u8") << 15)], 1)
    exporter = words.view("g").reshape(-1)
    with np.errstate(all="ignore"):
        floats = exporter.astype("d")
        exporter = exporter[np.isfinite(floats)]
        expected = [float(value) for value in exporter]
    assert len(expected) > 3900
    assert same(consumer.consume(exporter).tolist(), expected)
    swapped = exporter.astype(SWAPPED + "g").tobytes()
    view = consumer.consume(Exporter(swapped, SWAPPED.encode() + b"g", 16))
    assert same(view.tolist(), expected)


@pytest.mark.parametrize("code", LONG_DOUBLES)
def test_swapped_long_doubles(np, code):
    values = numpy_array(np, code, "=")
    size = values.itemsize
    form = SWAPPED.encode() + {"g": b"g", "G": b"Zg"}[code]
    data = values.astype(SWAPPED + code).tobytes()
    exporter = Exporter(data, form, size, readonly=False)
    view = consumer.consume(exporter)
    items = numpy_values.values(values)
    check_reading(view, items)
    for index, value in enumerate(items[::-1]):
        view[index] = value
    stored = np.frombuffer(exporter.bytes_now(), SWAPPED + code)
    assert same(numpy_values.values(stored), items[::-1])


def test_every_float_survives_the_way_through_a_long_double(np):
    values = [0.1, -1e308, 5e-324, 2.2250738585072014e-308, float("inf"), float("nan"), -0.0]
    exporter = np.zeros(len(values), "g")
    view = consumer.consume(exporter)
    for index, value in enumerate(values):
        view[index] = value
    assert same([float(item) for item in exporter], values)
    assert same(view.tolist(), values)
