"""Writing by key: elements, slices, overlapping sources, and scalars that fill."""

import array
import ctypes
import gc
import itertools
import math
import struct

import consumer
import pytest

from support import oracles
from support.exporters import Exporter
from support.oracles import expand, nest, select
from support.tensors import Producer
from support.views import numbers


def test_an_element_by_every_index():
    exporter, view = numbers()
    for i in range(-6, 6):
        view[i] = 100 + i
        assert exporter[i] == 100 + i
    view[(2,)] = -1
    assert exporter[2] == -1


def test_an_element_of_many_dimensions():
    exporter = Exporter(bytes(24), shape=(2, 3, 4), readonly=False)
    view = consumer.consume(exporter)
    for place, index in enumerate(oracles.indices((2, 3, 4))):
        view[index] = place
    assert exporter.bytes_now() == bytes(range(24))
    view[-1, -1, -1] = 99
    assert exporter.bytes_now()[-1] == 99


def test_no_dimensions():
    exporter = Exporter(b"\x01", shape=(), readonly=False)
    view = consumer.consume(exporter)
    view[()] = 2
    assert exporter.bytes_now() == b"\x02"
    view[...] = 3
    assert exporter.bytes_now() == b"\x03"
    view[()] = True
    assert exporter.bytes_now() == b"\x01"


def test_a_number_of_numpy_in_memory_of_no_dimensions(np):
    exporter = np.array(5, "i4")
    for key in ((), ...):
        memoryview(exporter)[key] = np.int64(6)
        assert exporter == 6
        consumer.consume(exporter)[key] = np.int64(7)
        assert exporter == 7


BOUNDS = [None, -4, -1, 0, 1, 2, 4]


@pytest.mark.parametrize(("to", "source"), list(itertools.product([1, 2, -1, -2], repeat=2)))
def test_a_slice_takes_every_slice_of_its_length(to, source):
    for bounds in itertools.product(BOUNDS, repeat=4):
        left, right = slice(*bounds[:2], to), slice(*bounds[2:], source)
        expected, (exporter, view) = list(range(5)), numbers(range(5))
        if len(expected[left]) == len(expected[right]):
            # A list copies the values before it stores them, so that overlap does no harm.
            values = expected[right]
            for place, value in zip(range(5)[left], values, strict=True):
                expected[place] = value
            view[left] = view[right]
        else:
            with pytest.raises(ValueError, match="cannot assign a buffer"):
                view[left] = view[right]
        assert exporter.tolist() == expected


def test_overlap_seen_through_another_export_of_the_same_memory():
    for shift in (1, -1):
        exporter, view = numbers(range(100))
        expected = exporter.tolist()
        other = memoryview(exporter)
        if shift > 0:
            view[1:] = other[:-1]
            expected[1:] = expected[:-1]
        else:
            view[:-1] = other[1:]
            expected[:-1] = expected[1:]
        assert exporter.tolist() == expected


def test_a_square_takes_its_own_transpose():
    exporter = Exporter(bytes(range(25)), shape=(5, 5), readonly=False)
    view = consumer.consume(exporter)
    view[:] = view.T
    assert view.tolist() == [[row + 5 * column for column in range(5)] for row in range(5)]
    view[::-1, ::-1] = view.copy()
    assert exporter.bytes_now() == bytes(24 - (i % 5) * 5 - i // 5 for i in range(25))


def test_sources_of_every_kind_of_exporter(nd):
    for source in (
        array.array("B", b"abcd"),
        b"abcd",
        bytearray(b"abcd"),
        memoryview(b"axbxcxdx")[::2],
        consumer.consume(b"dcba")[::-1],
        nd.ndarray(list(b"abcd"), shape=[4], format="B"),
        nd.ndarray(list(b"abcd"), shape=[4], format="B", flags=nd.ND_PIL),
        Exporter(b"abcd", None),
    ):
        target = bytearray(4)
        consumer.consume(target)[:] = source
        assert target == b"abcd"


KEYS = [
    ...,
    0,
    (0, slice(None)),
    (slice(None), 1),
    (..., 2),
    (slice(None, None, -1), slice(0, 3, 2)),
]


@pytest.mark.parametrize("key", KEYS)
def test_sub_views_of_many_dimensions_are_assigned_to(key):
    exporter = Exporter(bytes(range(24)), shape=(2, 3, 4), readonly=False)
    view = consumer.consume(exporter)
    target = select(nest(list(range(24)), (2, 3, 4)), expand(key, 3))
    shape = view[key].shape
    count = view[key].nbytes
    source = Exporter(bytes(range(100, 100 + count)), shape=shape)
    view[key] = source
    expected = bytearray(range(24))
    for place, value in zip(oracles.flatten(target, len(shape)), range(100, 124), strict=False):
        expected[place] = value
    assert exporter.bytes_now() == expected
    view[key] = 7
    for place in oracles.flatten(target, len(shape)):
        expected[place] = 7
    assert exporter.bytes_now() == expected


def test_fields_between_strided_elements_are_left_alone():
    exporter = Exporter(bytes(40), b"H", 2, shape=(4, 2), strides=(10, 4), readonly=False)
    view = consumer.consume(exporter)
    view[...] = 0xFFFF
    expected = bytearray(40)
    for i, j in oracles.indices((4, 2)):
        expected[10 * i + 4 * j : 10 * i + 4 * j + 2] = b"\xff\xff"
    assert exporter.bytes_now() == expected


def test_a_slice_of_one_dimension_takes_nothing_but_a_buffer():
    exporter, view = numbers()
    for value in (5, 1.5, None, [1, 2], (1, 2, 3, 4, 5, 6)):
        with pytest.raises(TypeError):
            memoryview(exporter)[:] = value
        with pytest.raises(TypeError, match=r"exports a buffer|buffer protocol"):
            view[:] = value
    assert exporter.tolist() == list(range(6))


@pytest.mark.parametrize("key", [slice(None), Ellipsis, (slice(None),)])
def test_elements_are_taken_from_what_shares_its_memory_without_a_buffer(key):
    exporter, view = numbers()
    memory = (ctypes.c_int64 * 6)(*range(10, 16))
    tensor = Producer(memory, (6,))
    with pytest.raises(ValueError, match="does not hold all of its values"):
        view[key] = tensor
    wide = consumer.consume(array.array("q", [0] * 6))
    wide[key] = tensor
    assert wide.tolist() == list(memory)
    gc.collect()
    assert tensor.deleted == 2
    with pytest.raises(ValueError, match=r"shape \(2, 3\)"):
        wide[key] = Producer(memory, (2, 3))
    with pytest.raises(BufferError, match="CUDA"):
        wide[key] = Producer(memory, (6,), device=(2, 0))
    assert wide.tolist() == list(memory)
    assert exporter.tolist() == list(range(6))


def test_what_shares_no_memory_fills_if_it_is_a_number():
    class Number(Producer):
        def __index__(self):
            return 7

    _, view = numbers()
    memory = (ctypes.c_int64 * 1)(5)
    view[...] = Number(memory, (), device=(2, 0))
    assert view.tolist() == [7] * 6
    small = consumer.consume(bytearray(3))
    small[...] = Producer((ctypes.c_uint8 * 1)(9), (), (1, 8, 1))
    assert small.tolist() == [9] * 3
    with pytest.raises(TypeError, match="slice"):
        small[:] = Producer


def test_objects_take_what_has_memory_of_its_own_as_an_object(np):
    view = consumer.consume(np.array([None] * 2))
    tensor = Producer((ctypes.c_int64 * 2)(1, 2), (2,))
    view[...] = tensor
    assert view.tolist() == [tensor] * 2
    assert not tensor.calls


def test_objects_of_other_records_are_stored_field_by_field(np):
    target = np.array([("a", 1), ("b", 2)], [("o", "O"), ("n", ">i4")])
    source = np.array([(3, "c"), (4, "d")], [("n", "i2"), ("o", "O")])
    view, other = consumer.consume(target), consumer.consume(source)
    with pytest.raises(ValueError, match=r"field by field: v\['name'\] = x\['name'\]"):
        view[:] = other
    for name in "o", "n":
        view[name] = other[name]
    assert target.tolist() == [("c", 3), ("d", 4)]


def test_a_scalar_fills_what_an_ellipsis_names():
    exporter, view = numbers()
    view[...] = 9
    assert exporter.tolist() == [9] * 6
    view[1:4][...] = -1
    assert exporter.tolist() == [9, -1, -1, -1, 9, 9]


def test_a_scalar_fills_what_a_tuple_names():
    """In one dimension, too, where memoryview takes only a buffer for a slice."""
    exporter, view = numbers()
    view[(slice(1, 3),)] = 9
    assert exporter.tolist() == [0, 9, 9, 3, 4, 5]
    with pytest.raises(TypeError, match="fills"):
        view[1:3] = 9


def test_a_number_of_numpy_fills_as_another_number_does(np):
    exporter = np.zeros((2, 3), "i4")
    view = consumer.consume(exporter)
    view[...] = np.int32(5)
    assert exporter.tolist() == [[5] * 3] * 2
    view[0] = np.int64(6)
    assert exporter.tolist() == [[6] * 3, [5] * 3]


@pytest.mark.parametrize("form", ["c", "=c", "xc", "<0qc", "x1s", "2x3p"])
def test_bytes_fill_elements_of_every_format_of_bytes(form):
    size = struct.calcsize(form)
    exporter = Exporter(bytes(2 * size), form.encode(), size, readonly=False)
    consumer.consume(exporter)[...] = b"x"
    assert exporter.bytes_now() == struct.pack(form, b"x") * 2


def test_bytes_fill_elements_of_characters():
    exporter = Exporter(b"abcdef", b"c", 1, shape=(2, 3), readonly=False)
    view = consumer.consume(exporter)
    view[...] = b"x"
    assert exporter.bytes_now() == b"xxxxxx"
    view[0] = b"y"
    assert exporter.bytes_now() == b"yyyxxx"
    with pytest.raises((ValueError, TypeError)):
        view[0] = b"abc"
    assert exporter.bytes_now() == b"yyyxxx"


@pytest.mark.parametrize(
    "source", [array.array("I", range(6)), array.array("f", range(6)), array.array("q", range(6))]
)
def test_sources_of_another_format_are_refused(source):
    exporter, view = numbers()
    with pytest.raises(ValueError, match=r"different structures|cannot assign"):
        memoryview(exporter)[:] = source
    with pytest.raises(ValueError, match=r"format '.' to elements of format 'i', .*astype\('i'\)"):
        view[:] = source
    assert exporter.tolist() == list(range(6))


@pytest.mark.parametrize("target", "?bBhHiIqQefdg")
def test_sources_are_converted_where_numpy_calls_that_safe(np, target):
    for source, swapped in itertools.product([*"?bBhHiIqQefdg", "Zf", "Zd"], (False, True)):
        from_dtype, to_dtype = (
            np.dtype(source.replace("Zf", "F").replace("Zd", "D")),
            np.dtype(target),
        )
        exporter = np.zeros(3, to_dtype)
        numbers = np.array([0, 1, 1]).astype(from_dtype)
        if swapped and source != "g":
            numbers = numbers.astype(from_dtype.newbyteorder())
        if np.can_cast(from_dtype, to_dtype, "safe"):
            consumer.consume(exporter)[:] = numbers
            assert exporter.tolist() == [0, 1, 1]
        else:
            with pytest.raises(ValueError, match="astype"):
                consumer.consume(exporter)[:] = numbers


def test_overlapping_memory_is_converted_as_if_it_was_copied_before(np):
    for shift in (0, 1, 7):
        memory = np.arange(60, dtype="u1")
        source, target = memory[shift : shift + 8], memory[:32].view("<i4")
        expected = source.astype("<i4")
        consumer.consume(target)[:] = source
        assert target.tolist() == expected.tolist()


def test_records_take_others_field_by_field(np):
    target = np.zeros(3, [("a", "<i4"), ("b", ">f8"), ("c", "S5")])
    source = np.array([(b"xy", 1, 2.5)] * 3, [("c", "S3"), ("a", ">i2"), ("b", "f4")])
    consumer.consume(target)[...] = source
    assert target.tolist() == [(1, 2.5, b"xy")] * 3
    with pytest.raises(ValueError, match="astype"):
        consumer.consume(target)[...] = source.astype([("c", "S3"), ("a", ">i8"), ("b", "f4")])
    with pytest.raises(ValueError, match="no field"):
        consumer.consume(target)[...] = source.astype([("c", "S3"), ("a", ">i2"), ("z", "f4")])


def test_lists_are_stored_where_memoryview_takes_no_slice():
    view = consumer.consume(bytearray(12)).cast("h", (2, 3))
    view[0] = [1, 2, 3]
    view[1, ::2] = [4, 5]
    assert view.tolist() == [[1, 2, 3], [4, 0, 5]]
    view[...] = [[1, 2, 3], (4, 5, 6)]
    assert view.tolist() == [[1, 2, 3], [4, 5, 6]]
    for wrong in ([1, 2], [[1, 2], [3, 4]], [[1, 2, 3], 4], [[1, 2, 3], [4, 5, "x"]]):
        with pytest.raises((ValueError, TypeError)):
            view[...] = wrong
    assert view.tolist() == [[1, 2, 3], [4, 5, 6]]
    records = consumer.consume(bytearray(14)).cast("<IHb")
    records[...] = [(1, 2, 3), {"f0": 4, "f1": 5, "f2": 6}]
    assert records.tolist() == [(1, 2, 3), (4, 5, 6)]


def test_formats_that_name_the_same_type_fit_each_other():
    spelled = [b"i", b"@i", b"=i", b"=l", b"1i", b" i", (b"<i", b">i")[oracles.NATIVE == ">"]]
    for left, right in itertools.product(spelled, repeat=2):
        target = Exporter(bytes(8), left, 4, readonly=False)
        consumer.consume(target)[:] = Exporter(b"abcdefgh", right, 4)
        assert target.bytes_now() == b"abcdefgh"


@pytest.mark.parametrize("shape", [(5,), (7,), (2, 3), (1, 6), ()])
def test_sources_of_another_shape_are_refused(shape):
    count = math.prod(shape)
    exporter, view = numbers()
    with pytest.raises(ValueError, match="shape"):
        view[:] = Exporter(bytes(4 * count), b"i", 4, shape=shape)
    assert exporter.tolist() == list(range(6))


def test_elements_that_cannot_be_read_are_copied_as_bytes():
    target = Exporter(bytes(10), b"5y", 5, readonly=False)
    view = consumer.consume(target)
    view[:] = Exporter(b"abcdefghij", b"5y", 5)
    assert target.bytes_now() == b"abcdefghij"
    view[::-1] = view
    assert target.bytes_now() == b"fghijabcde"
    with pytest.raises(ValueError, match="cannot assign"):
        view[:] = Exporter(b"abcdefghij", b"5k", 5)
    with pytest.raises(NotImplementedError, match="5y"):
        view[0] = b"abcde"
    with pytest.raises(NotImplementedError, match="5y"):
        view[...] = 3


@pytest.mark.parametrize(
    "key", [0, slice(None), ..., (), (0,), slice(0, 0), 99, "a", None], ids=repr
)
def test_read_only_memory_is_never_written(key):
    view = consumer.consume(b"abc")
    with pytest.raises(TypeError, match="cannot modify read-only memory"):
        view[key] = 1
    writable = bytearray(b"abc")
    with pytest.raises(TypeError, match="read-only"):
        consumer.consume(writable).toreadonly()[0] = 1
    assert writable == b"abc"


def test_memory_cannot_be_deleted():
    for exporter in (bytearray(3), b"abc"):
        view = consumer.consume(exporter)
        for key in (0, slice(None), ...):
            with pytest.raises(TypeError, match="cannot delete memory"):
                del view[key]


@pytest.mark.parametrize("strides", [(0,), (0, 0), (1, 0), (0, 1), (1, 1), (-1, 2), (2, 0)])
def test_of_elements_in_one_place_the_last_one_stays(strides):
    """In C order, as in memoryview."""
    shape = (7,) if len(strides) == 1 else (3, 4)
    exporter = Exporter(bytes(20), b"H", 2, shape=shape, strides=strides, offset=8, readonly=False)
    source = consumer.consume(array.array("H", range(1, 1 + math.prod(shape))))
    expected = bytearray(20)
    for position, index in enumerate(itertools.product(*map(range, shape)), 1):
        at = 8 + sum(i * stride for i, stride in zip(index, strides, strict=True))
        expected[at : at + 2] = struct.pack("H", position)
    consumer.consume(exporter)[...] = source.reshape(shape)
    assert exporter.bytes_now() == expected
