"""Arrays of their own memory, which `ConsumerArray(length)` makes."""

import array
import copy
import ctypes
import importlib.util
import pickle

import consumer
import pytest

from support.oracles import address
from support.programs import run_python


@pytest.mark.parametrize("length", [0, 1, 5, 1000])
def test_an_array_of_its_own_counts_up(length):
    view = consumer.ConsumerArray(length)
    assert view.tolist() == list(range(length))
    assert (view.shape, view.strides, view.readonly) == ((length,), (4,), False)
    assert view.itemsize == ctypes.sizeof(ctypes.c_int32)
    assert view.obj is None
    assert address(view) % 4 == 0
    assert view == array.array("i", range(length))


def test_an_array_of_its_own_is_writable_and_belongs_to_nobody_else():
    view, other = consumer.ConsumerArray(5), consumer.ConsumerArray(5)
    view[1] = -7
    assert (view.tolist(), other.tolist()) == ([0, -7, 2, 3, 4], [0, 1, 2, 3, 4])
    part = view[1:3]
    view.release()
    assert part.tolist() == [-7, 2]


@pytest.mark.parametrize("length", [0, 1, 3, 5, 16, 100, 1000, 100_000, 2_000_000])
def test_memory_of_its_own_begins_where_vectors_do(length):
    """Copies of all kinds, several of each: no allocation is aligned by chance every time."""
    source = consumer.consume(array.array("d", range(length)))
    records = source.cast("T{d:a:}") if length else source
    kept = []
    for make in (
        *(source.copy, source[::-1].copy, source.byteswap, records.copy),
        *(lambda: source.astype("f"), lambda: consumer.ConsumerArray(length)),
        *(lambda: copy.copy(source), lambda: copy.deepcopy(source[::2])),
        lambda: pickle.loads(pickle.dumps(source, 4)),
    ):
        kept += [make() for _ in range(4)]
        # Nothing points to where there are no elements.
        assert all(address(view) % 64 == 0 for view in kept if view.nbytes)
    assert all(view.obj is None for view in kept)


JAX = """
import consumer, jax, numpy as np
for length in (5, 1000):
    # An odd place, of which JAX makes a copy.
    view = consumer.consume(np.arange(length + 1, dtype="f4")[1:])
    copied = np.asarray(view.copy())
    shared = jax.dlpack.from_dlpack(copied, copy=False)
    assert shared.unsafe_buffer_pointer() == copied.ctypes.data
    assert shared.tolist() == view.tolist()
"""


def test_jax_shares_copies():
    """In a process of its own: JAX has threads, and no process with them may fork."""
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed")
    run_python("-c", JAX, timeout=300)


def test_lengths_of_every_kind():
    class Two:
        def __index__(self):
            return 2

    assert consumer.ConsumerArray().tolist() == []
    assert consumer.ConsumerArray(length=2).tolist() == [0, 1]
    assert consumer.ConsumerArray(Two()).tolist() == [0, 1]
    assert consumer.ConsumerArray(True).tolist() == [0]
    for negative in (-1, -5, -(2**31), -(2**200)):
        assert consumer.ConsumerArray(negative).tolist() == []


@pytest.mark.parametrize("length", [2**31 + 1, 2**40, 2**62, 2**63 - 1, 2**63, 2**64, 2**200])
def test_a_length_too_large(length):
    with pytest.raises(MemoryError):
        consumer.ConsumerArray(length)


@pytest.mark.parametrize("length", [1.5, "3", b"3", [1], object()])
def test_a_length_of_the_wrong_type(length):
    with pytest.raises(TypeError):
        consumer.ConsumerArray(length)
    with pytest.raises(TypeError):
        consumer.ConsumerArray(1, 2)
    with pytest.raises(TypeError):
        consumer.ConsumerArray(size=1)


def test_an_exception_of_the_length_passes_through():
    class Broken:
        def __index__(self):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        consumer.ConsumerArray(Broken())
