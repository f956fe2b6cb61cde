"""Masked arrays of NumPy: their buffer does not tell what is masked."""

import consumer
import pytest

from support.programs import run_python


@pytest.fixture
def ma(np):
    assert np
    return pytest.importorskip("numpy.ma")


@pytest.mark.parametrize(
    ("items", "mask", "dtype"),
    [
        ([1, 2, 3], [False, True, False], "i4"),
        ([1.5, 2.5], True, "f8"),
        ([[1, 2], [3, 4]], [[False, False], [False, True]], ">i2"),
        ([b"ab", b"cd"], [True, False], "S2"),
        ([(1, 2.5), (3, 4.5)], [(False, False), (False, True)], "i4,f8"),
        ([None, "text"], [False, True], "O"),
        (5, True, "i8"),
    ],
)
def test_masked_elements_are_not_read_as_others(ma, items, mask, dtype):
    array = ma.MaskedArray(items, mask, dtype)
    for exporter in (array, array[...], array.T):
        with pytest.raises(BufferError, match=r"masked elements.*x\.filled\(value\).*x\.data"):
            consumer.consume(exporter)
    # What the message says to take.
    assert consumer.consume(array.data) == array.data
    assert consumer.consume(array.filled()).tolist() == array.filled().tolist()


def test_arrays_of_which_nothing_is_masked_are_as_any_others(ma):
    for mask in (ma.nomask, [False, False, False], False):
        array = ma.MaskedArray([1, 2, 3], mask, "i4")
        assert consumer.consume(array).tolist() == [1, 2, 3]
    array = ma.MaskedArray([1, 2, 3], [False, True, False])
    assert consumer.consume(array[::2]).tolist() == [1, 3]
    records = ma.MaskedArray([(1, 2.5)], [(False, False)], "i4,f8")
    assert consumer.consume(records).tolist() == [(1, 2.5)]
    assert consumer.consume(ma.MaskedArray([], [], "f8")).tolist() == []


def test_the_masked_constant(ma):
    with pytest.raises(BufferError, match="masked elements"):
        consumer.consume(ma.masked)


def test_classes_derived_from_it(ma):
    class Mine(ma.MaskedArray):
        pass

    array = Mine([1, 2], [True, False])
    with pytest.raises(BufferError, match="Mine has masked elements"):
        consumer.consume(array)
    assert consumer.consume(array[1:]).tolist() == [2]


def test_a_masked_array_is_not_stored(ma):
    target = consumer.consume(bytearray(2))
    with pytest.raises(BufferError, match="masked elements"):
        target[:] = ma.MaskedArray([1, 2], [True, False], "u1")
    assert target.tolist() == [0, 0]
    target[:] = ma.MaskedArray([1, 2], dtype="u1")
    assert target.tolist() == [1, 2]


def test_errors_of_its_own_come_through(ma):
    class Broken(ma.MaskedArray):
        @property
        def _mask(self):
            raise LookupError("mine")

        @_mask.setter
        def _mask(self, mask):
            pass

    array = ma.MaskedArray([1, 2]).view(ma.MaskedArray)
    try:
        array.__class__ = Broken
    except TypeError:
        pytest.skip("the class cannot be set")
    with pytest.raises(LookupError, match="mine"):
        consumer.consume(array)


def test_other_classes_are_not_asked(np):
    class Named(np.ndarray):
        @property
        def _mask(self):
            raise AssertionError

    assert consumer.consume(np.arange(3).view(Named)).tolist() == [0, 1, 2]


PROGRAM = """
import sys, types
import consumer, numpy
class Mine(numpy.ndarray): pass
array = numpy.arange(3).view(Mine)
for module in (None, types.ModuleType("numpy.ma"), 5):
    sys.modules["numpy.ma"] = module
    assert consumer.consume(array).tolist() == [0, 1, 2]
sys.modules["numpy.ma"] = types.SimpleNamespace(MaskedArray="no class")
assert consumer.consume(array).tolist() == [0, 1, 2]
"""


def test_whatever_stands_in_for_the_module(np):
    assert np
    run_python("-c", PROGRAM)
