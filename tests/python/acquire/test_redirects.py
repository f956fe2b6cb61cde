"""Memory that others hand on: who it belongs to is seen, or its records are not believed."""

import ctypes
import sys

import consumer
import pytest

from support.ctypes_values import structure
from support.exporters import Exporter
from support.versions import needs_buffer_classes

WORD = ctypes.sizeof(ctypes.c_void_p)


class Handing:
    def __init__(self, shown):
        self.shown = shown

    def __buffer__(self, _flags):
        return memoryview(self.shown)


@pytest.mark.parametrize(
    ("form", "size"),
    [
        ("T{b:a:T{^b:x:^d:y:}:p:d:q:}", 24),
        ("T{T{^b:x:^d:y:}:p:i:q:}", 16),
        ("T{^b:a:^T{b:a:d:b:}:i:^h:t:}", 19),
        ("T{^b:a:^T{b:a:d:b:}:i:}", 17),
        ("T{^T{b:a:d:b:}:i:^b:a:}", 17),
        ("T{b:a:T{^b:x:^d:y:}:p:T{^b:x:^d:y:}:q:q:t:}", 32),
        ("T{<B:a:<I:b:}", 8),
        ("T{=h:a:}", 7),
        ("T{h:a:>i:b:}", 8),
        ("T{T{i:x:}:a:h:b:}", 12),
        # No structure of C has as much padding, or ends at such a place.
        ("T{i:a:b:b:}", 12),
        ("T{B:a:}", 8),
        ("T{b:a:l:d:}", 18),
        ("ib", 7),
        ("3i", 13),
    ],
)
def test_bytes_that_the_format_does_not_describe_are_no_padding(form, size):
    view = consumer.consume(Exporter(bytes(2 * size), form.encode(), size))
    with pytest.raises(NotImplementedError, match=f"describes .* itemsize is {size}") as caught:
        view.tolist()
    assert form in str(caught.value)
    assert view.tobytes() == bytes(2 * size)


@pytest.mark.parametrize(
    ("form", "size"), [("T{i:a:b:b:}", 8), ("ib", 8), ("@T{d:a:@b:b:}", 16), ("d3sxx", 16)]
)
def test_padding_ends_a_flat_record_of_native_alignment(form, size):
    view = consumer.consume(Exporter(bytes(2 * size), form.encode(), size))
    assert view[0][0] == 0


@pytest.mark.parametrize("form", ["T{O:a:}", "=h:a:O:o:", "OO", "xO", "T{(2)T{O:x:}:a:}"])
def test_objects_in_records_are_not_believed_of_a_format(form):
    size = WORD * {"OO": 2, "xO": 2, "T{(2)T{O:x:}:a:}": 2}.get(form, 1) + 2 * form.startswith("=")
    view = consumer.consume(Exporter(b"\x81" * size, form.encode(), size))
    for read in (view.tolist, lambda: view[0], view.copy, lambda: list(view)):
        with pytest.raises(NotImplementedError, match="references to objects"):
            read()


def test_objects_alone_are_read():
    things = ("a", 2.5)
    data = b"".join(id(thing).to_bytes(WORD, sys.byteorder) for thing in things)
    assert consumer.consume(Exporter(data, b"O", WORD)).tolist() == list(things)
    assert consumer.consume(Exporter(data, b"(2)O", 2 * WORD)).tolist() == [list(things)]


def ctypes_objects():
    base = structure(("x", ctypes.c_uint8))
    derived = structure(("y", ctypes.py_object), base=base)
    yield (derived * 2)((1, "hello"), (2, "you")), [(1, "hello"), (2, "you")]
    union = structure(("i", ctypes.c_uint64), base=ctypes.Union)
    kind = structure(("k", ctypes.c_uint8), ("u", union), ("o", ctypes.py_object))
    yield (kind * 2)((1, (2,), "x"), (3, (4,), "y")), [(1, (2,), "x"), (3, (4,), "y")]
    bits = structure(("a", ctypes.c_uint8, 3), ("b", ctypes.c_uint8, 5), ("c", ctypes.c_uint16))
    yield (bits * 2)((1, 2, 3), (4, 5, 6)), [(1, 2, 3), (4, 5, 6)]


@needs_buffer_classes
def test_objects_of_ctypes_behind_a_class_are_read_by_their_types():
    for source, values in ctypes_objects():
        for handed in (
            Handing(source),
            Handing(memoryview(source)),
            Handing(Handing(source)),
            Handing(consumer.consume(source)),
            memoryview(Handing(source)),
            memoryview(consumer.consume(Handing(source))),
        ):
            view = consumer.consume(handed)
            assert view.tolist() == values
            assert view.copy().tolist() == values


@needs_buffer_classes
def test_arrays_of_numpy_behind_a_class_are_read_by_their_dtypes():
    np = pytest.importorskip("numpy")
    inner = np.dtype([("a", "O"), ("b", "u1")], align=True)
    array = np.zeros(2, [("o", "i1"), ("r", inner, (2,)), ("z", "i2")])
    array["r"]["a"], array["z"] = [["x", "y"], ["p", "q"]], [7, 8]
    values = [(0, [("x", 0), ("y", 0)], 7), (0, [("p", 0), ("q", 0)], 8)]
    assert consumer.consume(array).tolist() == values
    for handed in (Handing(array), memoryview(Handing(array)), Handing(array[:])):
        view = consumer.consume(handed)
        assert view.tolist() == values
        view[0] = (1, [(None, 1), ("y", 2)], 3)
        assert array[0]["r"]["a"].tolist() == [None, "y"]
        array["o"], array["r"]["b"], array["z"], array["r"]["a"][0, 0] = 0, 0, [7, 8], "x"


@needs_buffer_classes
def test_a_class_derived_from_one_of_ctypes_hands_on_what_it_likes():
    kind = structure(("a", ctypes.c_uint8), ("b", ctypes.c_int32))
    other = structure(("a", ctypes.c_int64))(5)

    class Other(kind):
        def __buffer__(self, _flags):
            return memoryview(other)

    class Itself(kind):
        def __buffer__(self, flags):
            return super().__buffer__(flags)

    assert consumer.consume(Other(1, 2))[()] == (5,)
    assert consumer.consume(Itself(1, 2))[()] == (1, 2)
