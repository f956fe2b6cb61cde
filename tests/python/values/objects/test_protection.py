"""Bytes never become references, and borrowed references are never overwritten."""

import ctypes
import struct
import sys

import consumer
import pytest

from support.oracles import FORMAT, FULL_RO, INDIRECT, ND, WRITABLE, description
from support.references import SIZE, Counted, objects_of


def test_read_only_memory_is_not_written(np, things):
    data = objects_of(np, things)
    data.flags.writeable = False
    view = consumer.consume(data)
    for key in (0, slice(2), ...):
        with pytest.raises(TypeError, match="read-only"):
            view[key] = view[:2] if isinstance(key, slice) else None
    assert view.tolist() == things


def test_bytes_are_never_made_references(np, things):
    for source in (bytearray(2 * SIZE), np.zeros(2, "u8"), consumer.consume(bytes(2 * SIZE))):
        for form in ("O", "T{O:o:}", "=qO", "2O", "(2)O"):
            view = consumer.consume(source).cast("B")
            with pytest.raises(TypeError, match="references to objects"):
                view.cast(form)
    view = consumer.consume(objects_of(np, things))
    with pytest.raises(TypeError, match="references to objects"):
        view.cast("T{O:o:}")
    numbers = view.cast("P")
    assert numbers.readonly
    assert numbers.tolist() == [id(thing) for thing in things]
    with pytest.raises(TypeError, match="references to objects"):
        numbers.cast("O")
    with pytest.raises(TypeError, match="read-only"):
        numbers[0] = 0
    assert view.cast("B").readonly
    assert view.cast("O", [2, 2]).tolist() == [things[:2], things[2:]]
    reshaped = view.cast("O", [2, 2])
    reshaped[0, 0] = None
    assert view[0] is None


def test_writable_exports_come_with_their_format(np, things):
    # A consumer that does not ask for the format would take the references for bytes.
    view = consumer.consume(objects_of(np, things))
    for exporter in (view, view.copy(), view[1:]):
        for flags in (WRITABLE, WRITABLE | ND, WRITABLE | INDIRECT):
            assert description(exporter, flags) is BufferError
            assert description(exporter, flags | ND | FORMAT)["format"] == b"O"
        assert description(exporter, FULL_RO)["format"] == b"O"
        with pytest.raises((BufferError, TypeError)):
            struct.pack_into("P", exporter, 0, 0)
    assert view.tobytes() == b"".join(id(thing).to_bytes(SIZE, sys.byteorder) for thing in things)
    assert view.tolist() == things


def test_objects_in_fields_that_were_left_out_are_not_written_as_bytes(np, things):
    data = np.array([(1, things[0]), (2, things[1])], [("n", "q"), ("o", "O")])
    part = consumer.consume(data)[["n"]]
    for view in (part, part[::-1][:1], part[["n"]], consumer.consume(memoryview(part))):
        assert view.cast("B").readonly
        assert description(view, WRITABLE) is BufferError
        assert description(view, WRITABLE | ND) is BufferError
        assert description(view, FULL_RO)["readonly"] is False
    with Counted(*things):
        part[...] = (5,)
    assert data.tolist() == [(5, things[0]), (5, things[1])]
    numbers = np.zeros(2, [("n", "q"), ("m", "q")])
    assert not consumer.consume(numbers)[["n"]].cast("B").readonly


class Struct(ctypes.Structure):
    _fields_ = (("a", ctypes.c_byte), ("o", ctypes.py_object), ("n", ctypes.c_int))


def test_objects_of_ctypes_are_read_and_not_written(things):
    data = (ctypes.py_object * 3)(*things[:3])
    single = ctypes.py_object(things[0])
    record = (Struct * 2)(Struct(1, things[0], 2), Struct(3, things[1], 4))
    with Counted(*things) as count:
        view = consumer.consume(data)
        assert view.tolist() == things[:3]
        assert consumer.consume(single)[()] is things[0]
        records = consumer.consume(record)
        assert records.tolist() == [(1, things[0], 2), (3, things[1], 4)]
        assert records["o"].tolist() == things[:2]
        for target, key, value in (
            (view, 0, things[3]),
            (view, ..., things[3]),
            (view, slice(None), view),
            (view[1:], 0, things[3]),
            (consumer.consume(memoryview(data)), 0, things[3]),
            (records, 0, (1, things[3], 2)),
            (records["o"], 0, things[3]),
            (records[["a", "o"]], ..., (1, things[3])),
        ):
            with pytest.raises(TypeError, match="borrows"):
                target[key] = value
        records["n"] = 7
        assert [part.n for part in record] == [7, 7]
        del value, target
        copy = records.copy()
        assert count.changes() == [1, 1, 0, 0]
        copy[0] = (1, things[3], 2)
        assert count.changes() == [0, 1, 0, 1]
        del copy
        assert count.changes() == [0] * 4


def test_an_unset_object_of_ctypes_is_none():
    assert consumer.consume((ctypes.py_object * 2)()).tolist() == [None, None]
    assert consumer.consume(Struct())[()] == (0, None, 0)


@pytest.mark.filterwarnings("ignore:A builtin ctypes object:RuntimeWarning")
def test_objects_of_ctypes_are_not_written_by_others_either(np, things):
    held = (Struct * 2)(Struct(1, things[0], 1), Struct(2, things[1], 2))
    plain = (ctypes.py_object * 2)(*things[:2])
    for exporter in (held, plain):
        view = consumer.consume(exporter)
        shown = np.asarray(view)
        assert memoryview(view).readonly
        assert not shown.flags.writeable
        assert description(view, WRITABLE | ND | FORMAT) is BufferError
        # What NumPy takes of ctypes itself is no more the memory's own.
        for other in (consumer.consume(shown), consumer.consume(np.asarray(exporter))):
            with pytest.raises(TypeError, match=r"read-only|only borrows its objects"):
                other[0] = things[2] if exporter is plain else (1, things[2], 3)
        assert not view.readonly
    numbers = np.asarray(consumer.consume(held)["n"])
    numbers[0] = 5
    assert held[0].n == 5


def test_objects_between_the_fields_of_an_array_of_a_view_are_not_written_as_bytes(np, things):
    records = np.array([(thing, 1) for thing in things], [("o", "O"), ("i", "i8")])
    part, whole = records[["i"]], consumer.consume(records)
    held = (Struct * 2)(Struct(1, things[0], 1), Struct(2, things[1], 2))
    for array in (
        np.asarray(consumer.consume(part)),
        np.asarray(memoryview(consumer.consume(part))),
        np.asarray(whole[["i"]])[1:],
        consumer.consume(part).__array__(),
        np.asarray(np.asarray(consumer.consume(part))[1:].view()),
        np.asarray(consumer.consume(held)[["n"]]),
    ):
        for _ in range(2):
            view = consumer.consume(array)
            assert view.tolist() == array.tolist()
            assert view.cast("B").readonly
    # Padding hides nothing.
    padded = np.dtype([("a", "u1"), ("b", "i4")], align=True)
    data = bytearray(4 * padded.itemsize)
    for array in (np.zeros(4, padded), np.frombuffer(data, padded), np.frombuffer(data, padded)):
        assert not consumer.consume(array).cast("B").readonly
        assert not consumer.consume(np.asarray(consumer.consume(array))).cast("B").readonly


def test_references_in_the_data_of_an_interface_are_no_numbers(np, things):
    class Described:
        def __init__(self, data):
            self.__array_interface__ = {
                "version": 3,
                "typestr": "<i8",
                "shape": (len(data),),
                "data": data,
            }

    held = (ctypes.py_object * 2)(*things[:2])
    for data in (np.array(things), consumer.consume(np.array(things)), held):
        with pytest.raises(BufferError, match="its data holds references to objects"):
            consumer.consume(Described(data))
