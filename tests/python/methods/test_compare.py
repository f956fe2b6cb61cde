"""`==`, `!=` and `hash`: values, whatever the formats, and the hashes of bytes."""

import array
import itertools
import pickle
import struct

import consumer
import pytest

from support import oracles
from support.exporters import Exporter

VALUES = {
    "?": [True, False],
    "b": [1, 0],
    "H": [1, 0],
    ">h": [1, 0],
    "<I": [1, 0],
    ">q": [1, 0],
    "Q": [1, 0],
    "n": [1, 0],
    "P": [1, 0],
    "e": [1.0, 0.0],
    ">e": [1.0, -0.0],
    "f": [1.0, 0.0],
    ">d": [1.0, -0.0],
    "d": [1.0, 0.0],
}


def exporter(form, values):
    data = oracles.packed(form, values)
    return Exporter(data, form.encode(), struct.calcsize(form), shape=(len(values),))


def test_equal_values_are_equal_in_any_two_formats():
    for left, right in itertools.product(VALUES, repeat=2):
        one = consumer.consume(exporter(left, VALUES[left]))
        other = exporter(right, VALUES[right])
        assert one == other
        assert one == consumer.consume(other)
        assert one[::-1] != other
        assert (one != other) is False
        assert one == memoryview(exporter("B", [1, 0]))


EDGES = {
    "B": [0, 255],
    "b": [-1, -128],
    "q": [2**63 - 1, -(2**63), 2**53 + 1, -1],
    ">Q": [2**64 - 1, 2**63, 2**53 + 1],
    "P": [2**64 - 1, 2**53],
    "f": [2.0**24, 0.5, float("inf"), float("nan"), -1.0],
    "d": [2.0**53, 2.0**63, 2.0**64, float("inf"), float("nan"), 0.1, -1.0],
    "e": [65504.0, 0.1, float("-inf")],
    "c": [b"a", b"\xff"],
}


def test_numbers_are_compared_exactly_and_bytes_only_with_bytes():
    singles = [(form, value) for form, values in EDGES.items() for value in values]
    for (left, one), (right, other) in itertools.product(singles, repeat=2):
        (one_as_stored,) = oracles.unpacked(left, oracles.packed(left, [one]))
        (other_as_stored,) = oracles.unpacked(right, oracles.packed(right, [other]))
        seen = consumer.consume(exporter(left, [one])) == exporter(right, [other])
        assert seen == (one_as_stored == other_as_stored), (left, one, right, other)


def test_complex_numbers_and_text():
    pair = consumer.consume(Exporter(struct.pack("<4d", 1, 0, 2, 0), b"<Zd", 16))
    assert pair == Exporter(struct.pack(">4f", 1, 0, 2, 0), b">Zf", 8)
    assert pair == array.array("b", [1, 2])
    assert array.array("d", [1, 2]) == pair
    assert pair != Exporter(struct.pack("<4d", 1, 0, 2, 1), b"<Zd", 16)
    text = consumer.consume(Exporter("a€".encode("utf-16-le"), b"<u", 2))
    assert text == Exporter("a€".encode("utf-32-be"), b">w", 4)
    assert text != Exporter("a¬".encode("utf-16-le"), b"<u", 2)
    assert text != Exporter("a€".encode("utf-16-le"), b"<H", 2)


@pytest.mark.long_doubles
def test_long_doubles_have_all_their_digits_among_themselves_alone(np):
    if np.finfo("g").nmant <= 52:
        pytest.skip("a long double is a double here")
    tenth, rounded = np.array([np.longdouble(1) / 10]), np.array([0.1])
    assert consumer.consume(tenth) == tenth.copy()
    assert consumer.consume(tenth) != rounded.astype("g")
    # Compared with other numbers, they are the floats that they are read as.
    assert consumer.consume(tenth) == rounded
    assert consumer.consume(rounded) == tenth
    assert consumer.consume(tenth)[0] == rounded[0]


def test_nan_is_not_equal_to_itself():
    for code in "efd":
        view = consumer.consume(exporter(code, [float("nan")]))
        assert view != view
        assert not view == view  # noqa: SIM201


def test_every_true_byte_is_equal():
    assert consumer.consume(Exporter(b"\x01\x00", b"?", 1)) == Exporter(b"\x80\x00", b"?", 1)
    assert consumer.consume(Exporter(b"\x01", b"?", 1)) != Exporter(b"\x00", b"?", 1)


def test_shapes_have_to_be_the_same():
    flat = consumer.consume(bytes(6))
    shapes = [(6,), (2, 3), (3, 2), (1, 6), (6, 1), (6, 1, 1)]
    for left, right in itertools.product(shapes, repeat=2):
        assert (flat.reshape(left) == flat.reshape(right)) == (left == right)
    assert consumer.consume(b"") != b"\0"
    assert consumer.consume(b"") == array.array("d")
    assert consumer.consume(Exporter(b"", shape=(0, 3))) != consumer.consume(b"")
    assert consumer.consume(Exporter(b"a", shape=())) != b"a"
    assert consumer.consume(Exporter(b"a", shape=())) == Exporter(b"a\0", b"<h", 2, shape=())


def test_layouts_do_not_matter():
    data = bytes(range(24))
    view = consumer.consume(Exporter(data, shape=(2, 3, 4)))
    fortran = bytes(view.tobytes("F"))
    assert view == Exporter(fortran, shape=(2, 3, 4), strides=(1, 2, 6))
    assert view[::-1, :, ::2] == view.copy()[::-1, :, ::2]
    assert view.T == view.copy().T
    assert view[:, ::-1] != view


def test_pointers_are_followed(nd):
    pointers = nd.ndarray(list(range(6)), shape=[2, 3], format="h", flags=nd.ND_PIL)
    view = consumer.consume(pointers)
    assert view == nd.ndarray(list(range(6)), shape=[2, 3], format="q")
    assert view != nd.ndarray([0, 1, 2, 3, 4, 6], shape=[2, 3], format="q")


def test_every_exporter_is_comparable_from_either_side():
    view = consumer.consume(b"abc")
    for other in (b"abc", bytearray(b"abc"), memoryview(b"abc"), array.array("b", b"abc")):
        assert view == other
        assert other == view
        assert not view != other  # noqa: SIM202
    for other in (b"abd", bytearray(b"ab"), memoryview(b"")):
        assert view != other
        assert other != view


def test_what_exports_no_buffer_is_asked_itself():
    class Other:
        def __eq__(self, other):
            return isinstance(other, consumer.ConsumerArray)

        __hash__ = None

    view = consumer.consume(b"abc")
    assert view == Other()
    assert view.__eq__([97, 98, 99]) is NotImplemented
    assert view.__ne__("abc") is NotImplemented
    for other in ([97, 98, 99], "abc", None, 5, object()):
        assert view != other
        assert not view == other  # noqa: SIM201


def test_an_exporter_that_refuses_is_not_equal():
    view = consumer.consume(b"abc")
    released = memoryview(b"abc")
    released.release()
    assert view != released
    assert view.__eq__(released) is NotImplemented


def test_order_is_not_defined():
    view = consumer.consume(b"abc")
    for compare in ("__lt__", "__le__", "__gt__", "__ge__"):
        assert getattr(view, compare)(b"abc") is NotImplemented
    with pytest.raises(TypeError):
        view < b"abc"  # noqa: B015


def test_elements_that_cannot_be_read_are_equal_to_nothing():
    for form, size in ((b"3y", 3), (b"", 1), (b"bfloat16", 2), (b"d", 4), (b"T{B:a:B:b:}", 1)):
        view = consumer.consume(Exporter(b"abcdefghijkl", form, size))
        assert view != view
        assert view != Exporter(b"abcdefghijkl", form, size)
        assert view != consumer.consume(b"abcdefghijkl")


def test_released_views_are_equal_to_themselves_alone():
    view, other = consumer.consume(b"abc"), consumer.consume(b"abc")
    view.release()
    assert view == view
    assert not view != view  # noqa: SIM202
    for whatever in (other, b"abc", None, memoryview(b"abc")):
        assert view != whatever
        assert whatever != view


@pytest.mark.parametrize("form", ["B", "b", "c", "@B", "@b", "@c"])
def test_the_hash_is_that_of_the_bytes(form):
    for data in (b"", b"a", b"abc" * 50):
        view = consumer.consume(Exporter(data, form.encode(), 1))
        assert hash(memoryview(Exporter(data, form.encode(), 1))) == hash(data)
        assert hash(view) == hash(data)
        assert hash(view[::-1]) == hash(data[::-1])
        assert hash(view[::2]) == hash(data[::2])


def test_a_view_finds_its_bytes_in_a_dict():
    assert {b"abc": 1}[consumer.consume(b"abc")] == 1
    assert {consumer.consume(b"abc"): 1}[b"abc"] == 1
    square = consumer.consume(b"abcd").reshape(2, 2)
    assert hash(square) == hash(memoryview(b"abcd").cast("B", (2, 2)))


def test_a_hash_that_was_asked_for_outlives_the_release():
    view, other = consumer.consume(b"abc"), consumer.consume(b"abc")
    assert hash(view) == hash(b"abc")
    view.release()
    other.release()
    assert hash(view) == hash(b"abc")
    with pytest.raises(ValueError, match="released"):
        hash(other)


def test_a_view_without_a_hash_is_refused_as_any_object_without_one():
    """Callers catch the TypeError of other objects, and memoryview's ValueError."""
    for view in (consumer.consume(bytearray(b"abc")), consumer.consume(bytes(4)).cast("h")):
        with pytest.raises(consumer.UnhashableError) as caught:
            hash(view)
        assert isinstance(caught.value, TypeError)
        assert isinstance(caught.value, ValueError)
        for use in ({}.get, set().add, {1: 2}.__contains__):
            with pytest.raises(TypeError, match=r"ConsumerArray|restricted"):
                use(view)
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is consumer.UnhashableError
    assert str(again) == str(caught.value)


def test_what_may_change_has_no_hash():
    with pytest.raises(ValueError, match="cannot hash writable ConsumerArray object"):
        hash(consumer.consume(bytearray(b"abc")))
    for form, size in ((b"h", 2), (b"d", 8), (b"?", 1), (b"<B", 1)):
        with pytest.raises(ValueError, match="restricted to formats 'B', 'b' or 'c'"):
            hash(memoryview(Exporter(bytes(8), form, size)))
        with pytest.raises(ValueError, match="restricted to formats 'B', 'b' or 'c'"):
            hash(consumer.consume(Exporter(bytes(8), form, size)))
    # Read-only, but of an object that changes.
    with pytest.raises(TypeError, match="unhashable"):
        hash(memoryview(bytearray(b"abc")).toreadonly())
    with pytest.raises(TypeError, match="unhashable"):
        hash(consumer.consume(bytearray(b"abc")).toreadonly())


def test_what_lends_its_memory_otherwise_is_equal_to_its_view():
    numpy = pytest.importorskip("numpy")
    records = numpy.array([(1, 2.5), (3, 4.5)], "i4,f8")
    overlapping = {"names": "ab", "formats": ["<u2", "<u4"], "offsets": [0, 0]}

    class Tensor:
        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **names):
            return self.array.__dlpack__(**names)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    for other in (records[["f1", "f0"]], numpy.ones(2, overlapping), Tensor(numpy.arange(3))):
        view = consumer.consume(other)
        assert (view == other) is True
        assert (view != other) is False
        assert view[:1] != other
    # In the other order of fields the values are others.
    assert consumer.consume(records) != records[["f1", "f0"]]


def test_objects_that_lend_nothing_are_asked_themselves():
    class Other:
        def __eq__(self, other):
            return "mine"

        __hash__ = None

    class Raising:
        @property
        def __dlpack__(self):
            raise OSError("no")

    class Interrupted:
        def __init__(self, error):
            self.error = error

        def __array__(self, *_, **__):
            raise self.error

        __dlpack__ = property(__array__)

    view = consumer.consume(b"ab")
    assert (view == Other()) == "mine"
    for error in (KeyboardInterrupt, MemoryError):
        with pytest.raises(error):
            _ = view == Interrupted(error)
    assert view != Interrupted(OSError)
    assert view != Raising()
    for other in (None, 5, "ab", [97, 98], (97, 98), {}, 2.5, bytes, object()):
        assert view != other
