"""Arrays of their own memory, which `ConsumerArray(length)` makes."""

import array
import ctypes

import consumer
import pytest

from support.oracles import address


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
