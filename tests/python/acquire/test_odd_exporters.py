"""Odd exporters: they leave things out, contradict themselves, refuse, or run Python code."""

import math
import sys

import consumer
import pytest

from support.exporters import Exporter
from support.oracles import FULL_RO, address, raw_buffer
from support.programs import run_python
from support.versions import needs_buffer_classes


def test_one_request_is_made_for_all_there_is_to_know():
    exporter = Exporter(b"abc")
    view = consumer.consume(exporter)
    view.tolist()
    str(view)
    view[1:].T.copy()
    consumer.consume(view)
    memoryview(view[1:])
    assert exporter.requests == [FULL_RO]


def test_a_missing_format_is_bytes():
    exporter = Exporter(b"a\xff", None)
    view = consumer.consume(exporter)
    assert (view.format, view.tolist()) == ("B", [97, 255])


def test_a_missing_shape_is_one_dimension():
    view = consumer.consume(Exporter(bytes(12), b"i", 4))
    assert (view.shape, view.strides) == ((3,), (4,))
    assert consumer.consume(Exporter(b"", b"i", 4)).tolist() == []


def test_missing_strides_are_those_of_c_order():
    view = consumer.consume(Exporter(bytes(range(24)), b">I", 4, shape=(1, 2, 3)))
    assert view.strides == (24, 12, 4)
    assert view.tolist() == [[[0x10203, 0x4050607, 0x8090A0B], [0xC0D0E0F, 0x10111213, 0x14151617]]]


def test_a_wrong_length_is_known_from_the_shape():
    for length in (-1, 0, 3, 2**62):
        view = consumer.consume(Exporter(b"abcdefgh", b"h", 2, shape=(4,), length=length))
        assert (view.nbytes, view.tobytes()) == (8, b"abcdefgh")


def test_negative_suboffsets_are_none():
    view = consumer.consume(Exporter(b"abcd", shape=(2, 2), strides=(2, 1), suboffsets=(-1, -5)))
    assert (view.suboffsets, view.tolist()) == ((), [[97, 98], [99, 100]])
    assert view.c_contiguous


def test_the_owner_is_whom_the_buffer_names():
    other = bytearray(b"xyz")
    assert consumer.consume(Exporter(b"abc", owner=other)).obj is other
    nobody = consumer.consume(Exporter(b"", owner=None, shape=(0,)))
    assert (nobody.obj, nobody.tolist()) == (None, [])


def test_owners_of_memoryviews_and_views_of_them():
    data = bytearray(b"abc")
    for exporter in (memoryview(data), memoryview(memoryview(data)), memoryview(data)[1:]):
        with raw_buffer(exporter) as buffer:
            assert id(consumer.consume(exporter).obj) == buffer.obj


def test_no_address_is_fine_without_elements():
    view = consumer.consume(Exporter(b"", address=0, shape=(0,)))
    assert (view.tolist(), view.tobytes(), view.copy().tolist()) == ([], b"", [])
    assert memoryview(view).tolist() == []


@pytest.mark.parametrize(
    ("memory", "wrong", "message"),
    [
        (b"abcd", {"itemsize": -1}, "itemsize is -1"),
        (b"abcd", {"length": -1}, "-1 bytes"),
        (b"abcdefg", {"itemsize": 4}, "7 bytes"),
        (b"abcd", {"ndim": 2}, "2 dimensions"),
        (b"abcd", {"ndim": 0}, "0 dimensions"),
        (b"abcd", {"ndim": -1}, "-1 dimensions"),
        (b"abcd", {"shape": (-1,)}, r"shape is \[-1\]"),
        (b"abcd", {"shape": (2, -2)}, r"shape is \[2, -2\]"),
        (b"abcd", {"shape": (2**62, 4), "length": 4}, "further than memory"),
        (b"abcd", {"shape": (2**60,), "itemsize": 16, "length": 4}, "further than memory"),
        (b"abcd", {"shape": (2,), "strides": (2**63 - 1,)}, "further than memory"),
        (b"abcd", {"shape": (2,), "strides": (-(2**63),)}, "further than memory"),
        (b"abcd", {"shape": (2, 2), "strides": (2**62, -(2**62) - 1)}, "further than memory"),
        (b"abcd", {"shape": (4,), "address": 0}, "address 0"),
    ],
)
def test_an_exporter_that_contradicts_itself_is_refused(memory, wrong, message):
    exporter = Exporter(memory, **wrong)
    references = sys.getrefcount(exporter)
    for _ in range(3):
        with pytest.raises(BufferError, match=f"exporters.Exporter exports .*{message}"):
            consumer.consume(exporter)
    assert sys.getrefcount(exporter) == references


def test_more_dimensions_than_allowed_are_refused():
    with pytest.raises(ValueError, match="65 dimensions"):
        consumer.consume(Exporter(b"a", shape=(1,) * 65))


UNREADABLE = [
    (b"bfloat16", 2),
    (b"", 1),
    (b"d", 4),
    (b"i", 8),
    (b"<l", 8),
    (b"T{", 4),
    (b"}", 4),
    (b"(2,3h", 12),
    (b"5s", 6),
    (b"(2,3)h", 13),
    (b"T{i:a:d:b:}", 11),
    (b"T{O:a:}", 7),
    (b"O", 4),
    (b"t", 1),
    (b"9" * 40 + b"i", 4),
    (b"i:name", 4),
    (b"\xff\xfe", 2),
    (b"i" * 50_000, 4),
    (b"T{" * 50_000 + b"}" * 50_000, 4),
    (b"(" * 50_000, 4),
    (b"&" * 50_000 + b"i", 8),
]


@pytest.mark.parametrize(("form", "size"), UNREADABLE, ids=lambda value: str(value)[:12])
def test_what_cannot_be_read_keeps_its_bytes(form, size):
    data = bytes(range(4 * size))
    exporter = Exporter(data, form, size, readonly=False)
    view = consumer.consume(exporter)
    assert (view.itemsize, view.shape, view.nbytes) == (size, (4,), 4 * size)
    assert view.format == form.decode("utf-8", "surrogateescape")
    items = [data[i : i + size] for i in range(0, len(data), size)]
    assert view.tobytes() == data
    assert view[::-1].tobytes() == b"".join(items[::-1])
    assert view.reshape(2, 2).T.tobytes() == b"".join(items[i] for i in (0, 2, 1, 3))
    if b"O" in form:
        # Whoever is handed the copy goes by its format, and nobody owns such references.
        with pytest.raises(NotImplementedError, match="references to objects"):
            view.copy()
    else:
        assert view.copy().tobytes() == data
    with raw_buffer(view[1:]) as buffer:
        assert (buffer.format, buffer.buf) == (form, exporter.buf + size)
    for read in (lambda: view[0], view.tolist, lambda: next(iter(view)), lambda: 0 in view):
        with pytest.raises(NotImplementedError, match="elements of format"):
            read()
    with pytest.raises(NotImplementedError, match="elements of format"):
        view[0] = 1
    assert exporter.bytes_now() == data


def test_the_contradiction_is_spelled_out():
    view = consumer.consume(Exporter(bytes(8), b"d", 4))
    with pytest.raises(NotImplementedError, match=r'"d" cannot be .* 8 bytes, but itemsize is 4'):
        view[0]


def test_elements_without_a_size():
    view = consumer.consume(Exporter(b"", b"0s", 0, shape=(3, 2)))
    assert (view.shape, view.nbytes, view.tobytes()) == ((3, 2), 0, b"")
    assert view[::-1, 1].shape == (3,)
    assert view.T.copy().shape == (2, 3)
    assert math.prod(view.reshape(-1).shape) == 6
    str(view)
    assert consumer.consume(Exporter(b"", b"B", 0)).shape == (0,)


def test_lengths_without_elements_reach_no_memory():
    high, low = 2**63 - 1, -(2**63)
    for shape, strides in (((5, 0), (high, high)), ((0, 5), (low, high)), ((2**62, 0), (high, 1))):
        view = consumer.consume(Exporter(b"", shape=shape, strides=strides))
        assert view.tobytes() == view.tobytes("F") == view.T.tobytes() == b""
        assert view.copy().shape == shape
        assert view.count(1) == 0
        assert view == view[...]
        assert view[:3, :3].tolist() == [[]] * min(3, shape[0])
    one = consumer.consume(Exporter(b"a", shape=(1,), strides=(high,)))
    assert one[::-1].tolist() == one[::5].tolist() == one.reshape(1, 1)[0].tolist() == [97]


NO_ELEMENTS = """
import consumer
from support.exporters import Exporter
for memory, shape, suboffsets in (
    (b"", (2, 0), (0, -1)),
    (bytes(16), (2, 0), (8, -1)),
    (bytes(16), (2, 3, 0), (0, 4, -1)),
    (bytes(16), (2, 0, 3), (0, 4, -1)),
    (b"", (0, 2, 3), (0, 0, 0)),
):
    strides = (8, 8, 1)[-len(shape):]
    address = {} if memory else {"address": 0}
    exporter = Exporter(memory, shape=shape, strides=strides, suboffsets=suboffsets, **address)
    view = consumer.consume(exporter)
    expected = []
    if shape[0]:
        expected = [[]] * 2 if shape[1] == 0 else [[[]] * 3] * 2
    assert view.tolist() == expected
    assert view.tobytes() == view.tobytes("F") == b""
    assert view.copy().shape == shape
    assert view == view.copy()
    assert 1 not in view and view.count(1) == 0
    assert [part.shape for part in view] == [shape[1:]] * shape[0]
    assert view[:, 1:].nbytes == 0
    if shape[0]:
        assert view[1].shape == shape[1:]
        assert view[1].tobytes() == b""
    str(view), repr(view)
"""


def test_no_pointer_is_followed_where_there_are_no_elements():
    """Runs in a process of its own, because following a wrong pointer would end it."""
    program = f"import sys; sys.path[:0] = {sys.path!r}\n{NO_ELEMENTS}"
    assert run_python("-c", program).stderr == ""


@pytest.mark.usefixtures("nd")
def test_a_type_that_was_never_made_ready():
    """A static C type need not be ready before an attribute is looked up; needs a fresh process."""
    program = (
        "import _testbuffer, consumer\n"
        "exporter = _testbuffer.ndarray([(1, 2)], shape=[1], format='bh')\n"
        "assert consumer.consume(exporter).tolist() == [(1, 2)]"
    )
    assert run_python("-c", program).stderr == ""


def test_an_exporter_may_change_its_layout_while_exported(nd):
    exporter = nd.ndarray([1, 2, 3, 4], shape=[4], format="h", flags=nd.ND_VAREXPORT)
    view = consumer.consume(exporter)
    exporter.push([9, 9, 9, 9, 9, 9], shape=[3, 2], format="q")
    assert (view.shape, view.format, view.tolist()) == ((4,), "h", [1, 2, 3, 4])
    other = consumer.consume(exporter)
    assert (other.shape, other.format) == ((3, 2), "q")
    other.release()
    view.release()


def test_redirected_exports_name_the_last_exporter(nd):
    inner = nd.ndarray([1, 2, 3], shape=[3], format="h")
    outer = nd.ndarray(inner, getbuf=nd.PyBUF_FULL_RO, flags=nd.ND_REDIRECT)
    view = consumer.consume(outer)
    assert (view.obj is inner, view.tolist()) == (True, [1, 2, 3])


def refusing(nd, np):
    closed = memoryview(b"abc")
    closed.release()
    released = consumer.consume(b"abc")
    released.release()
    return [
        closed,
        np.zeros(3, np.dtypes.StringDType()),
        nd.ndarray([1], shape=[1], flags=nd.ND_GETBUF_FAIL),
        nd.ndarray([1], shape=[1], flags=nd.ND_GETBUF_FAIL | nd.ND_GETBUF_UNDEFINED),
        released,
    ]


@pytest.mark.parametrize("which", range(5))
def test_the_error_of_an_exporter_passes_through(nd, np, which):
    exporter = refusing(nd, np)[which]
    with pytest.raises(Exception) as own:  # noqa: PT011
        memoryview(exporter)
    references = sys.getrefcount(exporter)
    with pytest.raises(type(own.value)) as seen:
        consumer.consume(exporter)
    assert type(seen.value) is type(own.value)
    assert str(seen.value) == str(own.value)
    assert seen.value.args == own.value.args
    del seen
    assert sys.getrefcount(exporter) == references


@needs_buffer_classes
def test_a_class_with_a_buffer():
    class Own:
        def __init__(self):
            self.data = bytearray(b"abcd")
            self.asked, self.released = [], 0

        def __buffer__(self, flags):
            self.asked.append(flags)
            return memoryview(self.data)

        def __release_buffer__(self, buffer):
            self.released += 1
            buffer.release()

    own = Own()
    view = consumer.consume(own)
    assert (view.tolist(), own.asked, own.released) == ([97, 98, 99, 100], [FULL_RO], 0)
    assert address(view) == address(own.data)
    part = view[1:]
    view.release()
    assert own.released == 0
    part.release()
    assert own.released == 1
    own.data.append(1)


@needs_buffer_classes
@pytest.mark.parametrize("error", [KeyError("mine"), TypeError("mine"), OSError(5, "mine")])
def test_an_error_of_a_class_with_a_buffer(error):
    class Own:
        def __buffer__(self, _flags):
            raise error

    with pytest.raises(type(error)) as seen:
        consumer.consume(Own())
    assert seen.value is error


@needs_buffer_classes
def test_a_buffer_let_go_while_an_error_is_on_its_way():
    released = []

    class Own:
        def __buffer__(self, _flags):
            return memoryview(b"abc")

        def __release_buffer__(self, buffer):
            released.append(len(str(buffer)))

    with pytest.raises(IndexError, match="out of bounds"):
        consumer.consume(Own())[99]
    assert len(released) == 1


@needs_buffer_classes
def test_a_buffer_that_is_none():
    class Own:
        def __buffer__(self, _flags):
            return b"abc"

    with pytest.raises(TypeError):
        consumer.consume(Own())
