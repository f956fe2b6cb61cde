"""Views that many tests start from, and the check that one reads what it has to."""

import array
import math

import consumer

from support.exporters import Exporter
from support.oracles import nest, same


def numbers(values=range(6), code="i"):
    """An array of numbers, and a view of it."""
    exporter = array.array(code, values)
    return exporter, consumer.consume(exporter)


def cube(shape, itemsize=2):
    """A view of 16-bit numbers 0, 1, … in a shape, and the same as nested lists."""
    count = math.prod(shape)
    numbers = array.array("h", range(count))
    exporter = Exporter(numbers.tobytes(), b"h", itemsize, shape=shape)
    return consumer.consume(exporter), nest(list(numbers), shape)


def random_array(np, dtype, *shape):
    """An array of NumPy whose elements are random bytes, the same ones each time."""
    count = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.random.default_rng(1).integers(0, 256, count, "u1").view(dtype).reshape(shape)


def check_reading(view, values):
    """Every way to read gives just these values, of just these types."""
    assert same(view.tolist(), values)
    assert same(list(view), values)
    assert same([view[i] for i in range(len(values))], values)
    assert same([view[i - len(values)] for i in range(len(values))], values)
    assert same(list(reversed(view)), values[::-1])
    assert same(view[::2].tolist(), values[::2])
    assert same(view[::-1].tolist(), values[::-1])
    assert same(view.copy().tolist(), values)
